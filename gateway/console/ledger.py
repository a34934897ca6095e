"""A patient's ledger: who got what of this person, and the accounts of disclosures that she may ask for."""

from __future__ import annotations

import re
from dataclasses import dataclass

from gateway.audit import is_look
from gateway.console.look import Look, Sheet, Shown
from gateway.disclosure.accounting import ACCOUNT_HEADS, YEARS, AccountLine, account_cells, account_of
from gateway.disclosure.log_about import log_about
from gateway.errors import NotFound
from gateway.flows.legal_holds import over_patient
from gateway.store import consents, patients, same_person

FILTERS = frozenset({"law", "partner", "since", "until", "as"})
LAWS = {
    "all": "Everything that left",
    "part2": "42 CFR §2.25: with consent, 3 years",
    "intermediary": "42 CFR §2.24: through an intermediary, 3 years",
    "hipaa": "45 CFR 164.528: 6 years",
}
_ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")


@dataclass(frozen=True, slots=True)
class Received:
    """What one recipient got of her: how many items, the first and the last, under which consents."""

    recipient: str
    items: int
    first: str
    last: str
    consents: tuple[str, ...]


def choose(look: Look) -> Shown:
    """The page that asks for a patient id; with one that exists it says where her ledger is."""
    wanted = look.address["patient"]
    exists = bool(wanted) and patients.exists(look.reading, wanted)
    return Shown("patients.html", {"wanted": wanted, "exists": exists}, frozenset({wanted} if exists else ()))


def ledger(look: Look) -> Shown:
    """The ledger of one patient. Raises NotFound `NO_SUCH_PATIENT`."""
    patient_id = known_patient(look)
    logged = log_about(look.reading, patient_id)
    law = look.address["law"] if look.address["law"] in YEARS else "all"
    entries = [one.entry for one in logged if one.entry is not None]
    wanted = look.address["partner"]
    lines = tuple(
        line
        for line in account_of(entries, law, look.now)
        if look.window.since <= line.at < look.window.until
        and wanted in ("", *(one.partner for one in entries if one.request_id == line.request_id))
    )
    left = [one.row for one in reversed(logged) if one.row.kind in ("disclose", "handover")]
    shown = {
        "patient_id": patient_id,
        "lines": lines,
        "laws": LAWS,
        "law": law,
        "seqs": {row.request_id: row.seq for row in left},
        "received": _received(lines),
        "recipients": sorted({one.partner for one in entries if one.kind in ("disclose", "handover")}),
        "gone": sum(one.entry is None for one in logged),
        "now_is": _other_id(look, patient_id),
        "consents": len(consents.of_patient(look.reading, patient_id)),
        "refusals": sum(one.row.kind == "refuse" for one in logged),
        "holds": over_patient(look.reading, patient_id),
        "is_destroyed": patients.is_destroyed(look.reading, patient_id),
        "history": tuple(reversed([one for one in logged if not is_look(one)]))[: look.limit],
        "looks": len({one.row.request_id for one in logged if is_look(one)}),
        "entries": sum(not is_look(one) for one in logged),
    }
    return Shown(
        "ledger.html",
        shown,
        frozenset({patient_id}),
        Sheet(f"account-{law}", ACCOUNT_HEADS, map(account_cells, lines)),
    )


def known_patient(look: Look) -> str:
    """The id in the path. Raises NotFound `NO_SUCH_PATIENT`."""
    patient_id = look.path["id"]
    if _ID.fullmatch(patient_id) is None or not patients.exists(look.reading, patient_id):
        raise NotFound("NO_SUCH_PATIENT", "no patient has that id")
    return patient_id


def _other_id(look: Look, patient_id: str) -> str:
    """The id under which she is kept now, when she was found to be somebody else; empty otherwise."""
    stays = same_person.stays(look.reading, patient_id)
    return "" if stays == patient_id else stays


def _received(lines: tuple[AccountLine, ...]) -> tuple[Received, ...]:
    by: dict[str, list[AccountLine]] = {}
    for line in lines:
        by.setdefault(line.recipient, []).append(line)
    made = [
        Received(
            recipient,
            len(of),
            min(one.at for one in of),
            max(one.at for one in of),
            tuple(sorted({consent for one in of for consent in one.consents})),
        )
        for recipient, of in by.items()
    ]
    return tuple(sorted(made, key=lambda one: one.last, reverse=True))
