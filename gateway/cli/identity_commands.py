"""`handoff identity …`: who is in doubt, who they may be, and what speaks for it. Ids and agreements, no value."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any, TextIO

from gateway.cli.tables import print_table
from gateway.errors import NotFound
from gateway.identity import Candidate, candidates
from gateway.store import Reading, intents, patients, same_person

LISTED = 200


def identity_list(network: Path, store: str | None, *, as_json: bool) -> int:
    """Print the patients of whom it is not certain who they are, by id; 0."""
    from gateway.cli.looked import looked

    def asked(view: Reading) -> tuple[str, Iterable[str]]:
        doubted = [patient_id for patient_id, _ in patients.in_doubt(view, LISTED)]
        return "identity list", (one for patient_id in doubted for one in _alike(view, patient_id))

    with looked(network, store, asked) as (_, view):
        return print_doubts(view, as_json=as_json)


def print_doubts(view: Reading, *, as_json: bool = False, out: TextIO | None = None) -> int:
    """Print each with the partners that know her, who she may be, and how much waits; 0."""
    rows: list[dict[str, Any]] = []
    for patient_id, since in patients.in_doubt(view, LISTED):
        waiting = [i for i in intents.of_patient(view, patient_id) if i.state == "held"]
        rows.append(
            {
                "patient": patient_id,
                "since": since[:19] + "Z",
                "known to": sorted({partner for partner, _ in patients.links_of(view, patient_id)}),
                "may be": [one.patient_id for one in _candidates(view, patient_id)],
                "waiting": len(waiting),
            }
        )
    if as_json:
        print(json.dumps(rows, indent=2), file=out)
        return 0
    heads = ("patient", "since", "known to", "may be", "waiting")
    print_table(heads, [tuple(_cell(row[head]) for head in heads) for row in rows], out)
    return 0


def _candidates(view: Reading, patient_id: str) -> tuple[Candidate, ...]:
    """None where the key of either was destroyed: nothing can be compared then."""
    try:
        return candidates(view, patient_id)
    except NotFound:
        return ()


def _alike(view: Reading, patient_id: str) -> tuple[str, ...]:
    """Everybody who is shown with a patient: as whom she is kept, and who she may be."""
    now = same_person.stays(view, patient_id)
    return (patient_id, now, *(one.patient_id for one in _candidates(view, now)))


def identity_show(network: Path, store: str | None, patient_id: str, *, as_json: bool) -> int:
    """Print who a patient may also be and why; 1 when nobody has that id."""
    from gateway.cli.looked import looked

    def asked(view: Reading) -> tuple[str, Iterable[str]]:
        is_known = patients.exists(view, patient_id)
        return "identity show", _alike(view, patient_id) if is_known else ()

    with looked(network, store, asked) as (_, view):
        return print_candidates(view, patient_id, as_json=as_json)


def print_candidates(
    view: Reading, patient_id: str, *, as_json: bool = False, out: TextIO | None = None
) -> int:
    """Print each candidate with how the fields agree; 1 when nobody has that id."""
    if not patients.exists(view, patient_id):
        print("no patient has that id", file=sys.stderr)
        return 1
    now = same_person.stays(view, patient_id)
    if now != patient_id:
        print(f"was found to be {now}; `handoff identity part {patient_id}` takes it back", file=sys.stderr)
    rows = [_told(view, one) for one in _candidates(view, now)]
    if as_json:
        print(json.dumps(rows, indent=2), file=out)
        return 0
    heads = ("may be", "that is", "bits", "same", "nearly", "other", "known to", "caution")
    print_table(heads, [tuple(_cell(row[head]) for head in heads) for row in rows], out)
    return 0


def _told(view: Reading, one: Candidate) -> dict[str, Any]:
    def agreeing(how: str) -> list[str]:
        return [found.field for found in one.likeness.evidence if found.agreement == how]

    return {
        "may be": one.patient_id,
        "that is": one.likeness.word,
        "bits": round(one.likeness.bits, 1),
        "same": agreeing("same"),
        "nearly": agreeing("nearly"),
        "other": agreeing("other"),
        "known to": sorted({partner for partner, _ in patients.links_of(view, one.patient_id)}),
        "caution": list(one.likeness.cautions),
    }


def _cell(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
