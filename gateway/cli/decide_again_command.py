"""`handoff why REQUEST-ID --replay`: is what was decided then still what its records, consents and tables say?"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TextIO

import msgspec

from gateway.disclosure.replay_decision import Finding, Replayed, replay_decisions
from gateway.errors import HandoffError
from gateway.store.model import Reading

SAME, DIFFERS, IMPOSSIBLE = 0, 1, 2
_VERDICTS = {
    "same": "same: decided again from what it read then, it says the same, byte for byte",
    "differs": "differs: decided again from what it read then, it says something else",
    "impossible": "cannot be decided again",
}
_FINDINGS = {
    "SEMANTICS_DIFFERS": "the meaning of consents has another version since",
    "ENGINE_DIFFERS": "another version of the program decides",
    "OUTCOME_DIFFERS": "the answer is another one for",
    "DECISION_DIFFERS": "another part of the decision is not the same:",
    "FACTS_DESTROYED": "the facts of the entry were destroyed with their key",
    "KEY_GONE": "the patient's records were destroyed with their key:",
    "RECORD_MISSING": "a record that was read is not there:",
    "SEAL_BROKEN": "something that was read was altered in the store:",
    "VERSION_NOT_KEPT": "no copy of that version is kept:",
    "KEPT_COPY_ALTERED": "the kept copy was altered:",
}


def why_again(network: Path, store: str | None, request_id: str, *, as_json: bool) -> int:
    """Print what deciding again gives; exit code 0 the same, 1 it differs, 2 it cannot be decided again."""
    from gateway.cli.audit_commands import of_request
    from gateway.cli.looked import looked

    with looked(network, store, lambda view: of_request(view, "why --replay", request_id)) as (_, view):
        return print_replay(view, request_id, as_json=as_json)


def print_replay(view: Reading, request_id: str, *, as_json: bool, out: TextIO | None = None) -> int:
    """The same on an opened store."""
    try:
        replayed = replay_decisions(view, request_id)
    except HandoffError as fault:
        print(fault, file=sys.stderr)
        return IMPOSSIBLE
    if as_json:
        content = [_as_dict(one) for one in replayed]
        print(msgspec.json.format(msgspec.json.encode(content), indent=2).decode(), file=out)
    elif not replayed:
        print("consent decided nothing for that request", file=out)
    else:
        print("\n".join(line for one in replayed for line in _told(one)), file=out)
    return _exit_code({one.verdict for one in replayed})


def _exit_code(verdicts: set[str]) -> int:
    if "differs" in verdicts:
        return DIFFERS
    return SAME if verdicts == {"same"} else IMPOSSIBLE


def _told(one: Replayed) -> list[str]:
    entry = one.entry
    head = f"entry {one.seq}"
    if entry is not None:
        source = ", ".join(entry.source)
        head += f"  {entry.at}  {entry.kind}: {source} to {entry.partner} for {entry.purpose}"
    return [head, f"  {_VERDICTS[one.verdict]}", *(f"  - {_finding(finding)}" for finding in one.findings)]


def _finding(finding: Finding) -> str:
    words = _FINDINGS.get(finding.code, finding.code)
    return f"{words} {finding.place}".rstrip(" :") + f" ({finding.code})"


def _as_dict(one: Replayed) -> dict[str, object]:
    findings = [{"code": finding.code, "place": finding.place} for finding in one.findings]
    return {"seq": one.seq, "verdict": one.verdict, "findings": findings}
