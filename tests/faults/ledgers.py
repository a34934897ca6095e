"""The fault laws, checked from what the senders and receivers wrote down. `reliability.md` section 3, F1 to F6."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gateway.audit import newest, read_witness, verifier_of, verify
from gateway.flows.stop_sending import SENDING
from gateway.store import intents, outbox, records
from gateway.wiring.looking import reading
from tests.faults.hospital import Referral, has_consented

Line = Mapping[str, Any]
_MAY_BE_THERE = ("handed_over", "unknown", "delivered")


@dataclass(frozen=True, slots=True)
class Told:
    """What both sides say, after everything has come to rest."""

    sent: tuple[Referral, ...]
    accepted: frozenset[int]
    received: tuple[Line, ...]
    withdrawn: Mapping[int, float]
    """By patient: when the gateway had answered that the withdrawal is recorded."""
    network: Path
    consents: Mapping[int, str] = field(default_factory=dict)
    """By patient: the id of her Consent."""
    store: str | None = None
    """The URL of the store, where it is not the file in the network's folder."""
    sent_anew_from: float | None = None
    """When the hospital began to send everything once more, after a backup was put back; None without one."""
    maybe_missing: tuple[float, float] = (0.0, 0.0)
    """From when to when entries may be missing, as the log of a restored store says itself."""


def read_ledger(file: Path) -> tuple[Line, ...]:
    """The lines of a partner's ledger; a line cut short by a kill is none."""
    found = []
    for line in file.read_text().splitlines():
        try:
            found.append(json.loads(line))
        except ValueError:
            continue
    return tuple(found)


def delivered(received: tuple[Line, ...]) -> dict[str, list[Line]]:
    """By referral: what the partner took and said yes to, in order."""
    found: dict[str, list[Line]] = defaultdict(list)
    for line in received:
        if line["mode"] == "ok":
            for marker in line["referrals"]:
                found[marker].append(line)
    return found


def broken_laws(told: Told) -> list[str]:
    """Every breach, in words; empty when all laws held."""
    return [
        *_nothing_lost(told),
        *_one_effect(told),
        *_in_order(told),
        *_nothing_leaked(told),
        *_audited(told),
    ]


def _nothing_lost(told: Told) -> Iterator[str]:
    """F1, F6: what was accepted was delivered, or waits for a consent; the gateway's own count is the same."""
    arrived = delivered(told.received)
    missing = [one for one in told.sent if one.number not in told.accepted]
    if missing:
        yield f"F1: {len(missing)} messages were never accepted"
    taken = [one for one in told.sent if one.number in told.accepted]
    lost = [one for one in taken if _must_arrive(one, told) and one.marker not in arrived]
    if lost:
        yield f"F1: {len(lost)} accepted referrals never arrived, the first is {lost[0].marker}"
    with reading(told.network, told.store) as (_, view):
        waiting = intents.counts_by_state(view)
        taken_back = [records.get(view, "Consent", told.consents[patient]) for patient in told.withdrawn]
        hers = [
            one for found in taken_back if found for one in intents.of_patient(view, found.patient_id or "")
        ]
        # Killed between the partner's answer and its mark, and withdrawn before it could be tried again.
        may_be_there = sum(
            any(row.state in _MAY_BE_THERE for row in outbox.of_intent(view, one.id))
            for one in hers
            if one.state in ("held", "cancelled")
        )
    if told.sent_anew_from is not None:
        may_be_there += sum(one.marker in arrived for one in told.sent if one.patient in told.withdrawn)
    held = sum(number for (_, state), number in waiting.items() if state == "held")
    ended = sum(one.state == "cancelled" for one in hers)  # released once, and stopped by the withdrawal
    if others := {state: number for (_, state), number in waiting.items() if state != "held"}:
        yield f"F6: not at rest: {others}"
    expected = sum(one.marker not in arrived for one in taken)
    if not held + ended - may_be_there <= expected <= held + ended:
        yield f"F1: {held} are held and {ended} stopped, {expected} did not arrive"


def _must_arrive(referral: Referral, told: Told) -> bool:
    return has_consented(referral.patient) and referral.patient not in told.withdrawn


def _one_effect(told: Told) -> Iterator[str]:
    """F2: whoever keeps `Idempotency-Key` has each referral once."""
    return broken_deliveries(told.received)


def broken_deliveries(received: tuple[Line, ...]) -> Iterator[str]:
    """F2 of what one partner has received."""
    for marker, lines in delivered(received).items():
        if len(keys := {line["key"] for line in lines}) > 1:
            yield f"F2: {marker} has {len(keys)} effects"
        if any(not line["key"] for line in lines):
            yield f"F2: {marker} came without a key"


def _in_order(told: Told) -> Iterator[str]:
    """F3: for each patient in the order in which they were sent. What a disk took with it comes when it is sent anew:
    in order too, behind what came by then.
    """
    arrived = delivered(told.received)
    by_patient: dict[tuple[int, bool], list[float]] = defaultdict(list)
    for one in told.sent:
        if one.marker in arrived:
            line = arrived[one.marker][0]
            is_anew = told.sent_anew_from is not None and line["began"] >= told.sent_anew_from
            by_patient[one.patient, is_anew].append(line["ended"])
    for (patient, _), times in by_patient.items():
        if times != sorted(times):
            yield f"F3: the referrals of patient {patient} arrived out of order"


def _nothing_leaked(told: Told) -> Iterator[str]:
    """F4: nothing of those who gave no consent, and nothing that began after a withdrawal was recorded."""
    if leaks := sum(line["canary"] for line in told.received):
        yield f"F4: {leaks} requests carried somebody who has not consented"
    whose = {one.marker: one.patient for one in told.sent}
    for line in told.received:
        for marker in line["referrals"]:
            at = told.withdrawn.get(whose.get(marker, -1))
            if at is not None and line["began"] > at:
                yield f"F4: {marker} was sent after its consent was withdrawn"


def _audited(told: Told) -> Iterator[str]:
    """F5: every body that a partner has seen is in the log, and the log is whole; or it came while, as the log says
    itself, entries may be missing.
    """
    with reading(told.network, told.store) as (folder, view):
        report = verify(view, verifier_of(folder.keys.signer), read_witness(told.network / "witness.log"))
    if not report.ok:
        yield f"F5: the log is broken at {report.first_bad_seq}"
    begun, ended = told.maybe_missing
    if untold := sum(not begun <= line["began"] <= ended for line in unlogged(told)):
        yield f"F5: {untold} bodies that a partner has seen are not in the log"


def unlogged(told: Told) -> list[Line]:
    """What a partner has seen and no entry tells of."""
    with reading(told.network, told.store) as (_, view):
        logged = {
            found.entry.bytes_sha256
            for found in newest(view, 10**9)
            if found.entry is not None
            and (found.row.kind in ("disclose", "handover") or found.row.outcome == SENDING)
        }
    return [line for line in told.received if line["sha256"] not in logged]
