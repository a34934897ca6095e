"""A stored decision, made again from what it read: the same bytes, or what differs (consent-semantics 11, "Replay").

The question is rebuilt from the audit entry: the records at their versions, the consents of that epoch, the network and
the tables it named. Nothing is disclosed and nothing written.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import consent
from gateway.audit import AuditedResource, AuditEntry, AuditReason, LoggedEntry, find_by_request
from gateway.clock import read_instant
from gateway.disclosure.co_sources import vetoes
from gateway.disclosure.corrected_records import with_corrected
from gateway.disclosure.decision_bytes import decision_sha256, engine_version
from gateway.disclosure.gather import (
    aliases_of,
    consents_as_asked,
    never_shown,
    patients_of,
    request_of,
    subjects_of,
)
from gateway.disclosure.named_versions import kept_network, kept_tables
from gateway.errors import HandoffError, Internal, NotFound
from gateway.partners import Network, directory_resources, partner_of
from gateway.store import ConsentState, Reading, Record, consents, records

_DECIDING = ("disclose", "practice", "refuse")
_OTHER_SOURCE = "OTHER_SOURCE_WITHHOLDS"
# What the gate may add to a row of a decision, when it withholds what consent would have let go.
_ADDED_BY_THE_GATE = (
    _OTHER_SOURCE,
    "HUMAN_RELEASE",
    "NOTHING_WITHOUT_HEART",
    "NOT_ASKED_FOR",
    "NOT_VALID_WITHOUT_WHAT_WAS_REMOVED",
)


@dataclass(frozen=True, slots=True)
class Finding:
    """What differs, or why nothing can be compared; `place` says where: a reference, a version, a kind."""

    code: str
    place: str = ""


@dataclass(frozen=True, slots=True)
class Replayed:
    """What came of deciding again for one audit entry.

    With `same` there may be findings that made no difference, such as another engine.
    """

    seq: int
    entry: AuditEntry | None
    verdict: Literal["same", "differs", "impossible"]
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class _Then:
    """What was in force when it was decided."""

    entry: AuditEntry
    patient_id: str
    network: Network
    tables: consent.Tables
    held: tuple[Record, ...]
    states: tuple[ConsentState, ...]
    consents: tuple[Record, ...]
    patients: tuple[Record, ...]
    joined: tuple[str, ...]


def replay_decisions(reading: Reading, request_id: str) -> tuple[Replayed, ...]:
    """Each decision made for that request, made again; in the order of the log.

    Empty when consent decided nothing for it. Raises NotFound `NO_SUCH_REQUEST`, Internal `SEAL_BROKEN` when the audit
    log itself was altered.
    """
    found = find_by_request(reading, request_id)
    if not found:
        raise NotFound("NO_SUCH_REQUEST", "no entry of the audit log has that request id")
    return tuple(_replayed(reading, logged) for logged in found if _is_a_decision(logged))


def _is_a_decision(logged: LoggedEntry) -> bool:
    if logged.row.kind not in _DECIDING:
        return False
    return logged.entry is None or bool(logged.entry.decision_sha256)


def _replayed(reading: Reading, logged: LoggedEntry) -> Replayed:
    seq, entry = logged.row.seq, logged.entry
    if entry is None:
        return Replayed(seq, None, "impossible", (Finding("FACTS_DESTROYED"),))
    changed = tuple(_other_program(entry))
    try:
        then = _then(reading, entry)
        decision, vetoed = _decided_again(reading, then)
    except HandoffError as fault:
        return Replayed(seq, entry, "impossible", (*changed, Finding(fault.code, fault.place or "")))
    differing = tuple(_differing_rows(entry, decision, vetoed))
    if decision_sha256(decision) != entry.decision_sha256 and not differing:
        differing = tuple(_differing_parts(entry, decision))
    return Replayed(seq, entry, "differs" if differing else "same", (*changed, *differing))


def _other_program(entry: AuditEntry) -> Iterator[Finding]:
    """Replay is promised within one version of the meaning and one engine."""
    meaning, engine = entry.versions.get("semantics", ""), entry.versions.get("engine", "")
    if meaning != consent.SEMANTICS_VERSION:
        yield Finding("SEMANTICS_DIFFERS", f"{meaning}, now {consent.SEMANTICS_VERSION}")
    if engine != engine_version():
        yield Finding("ENGINE_DIFFERS", f"{engine}, now {engine_version()}")


def _then(reading: Reading, entry: AuditEntry) -> _Then:
    """Raises NotFound, Internal: what cannot be had any more, with its place."""
    patient_id = entry.patient_id or ""
    named = entry.versions.get("patients", "").split()
    states = consents.of_patient_at(reading, patient_id, int(entry.versions["epoch"]))
    return _Then(
        entry,
        patient_id,
        network=kept_network(reading, entry.versions["network"]),
        tables=kept_tables(reading, entry.versions["tables"]),
        held=tuple(
            _record_read(reading, row, read) for row, read in zip(entry.resources, entry.read, strict=False)
        ),
        states=states,
        consents=tuple(_version(reading, "Consent", state.consent_id, state.version) for state in states),
        patients=tuple(_patient_read(reading, one) for one in named if "/_history/" in one),
        joined=tuple(one.removeprefix("Patient/") for one in named if "/_history/" not in one),
    )


def _patient_read(reading: Reading, reference: str) -> Record:
    """`Patient/<id>/_history/<version>`, as the log names it."""
    kind, record_id, _, number = reference.split("/")
    return _version(reading, kind, record_id, int(number))


def _record_read(reading: Reading, row: AuditedResource, read: str) -> Record:
    kind, _, own_id = row.reference.partition("/")
    other_id, _, version = read.rpartition("/")
    return _version(reading, kind, other_id or own_id, int(version))


def _version(reading: Reading, kind: str, record_id: str, version: int) -> Record:
    place = f"{kind}/{record_id}/_history/{version}"
    try:
        record = records.version(reading, kind, record_id, version)
    except (NotFound, Internal) as fault:
        raise type(fault)(fault.code, fault.message, place) from None
    if record is None:
        raise NotFound("RECORD_MISSING", "a record version that was decided about is not there", place)
    return record


def _decided_again(reading: Reading, then: _Then) -> tuple[consent.Decision, frozenset[str]]:
    """The decision, and what another source of the same records may not disclose."""
    renamed = aliases_of(then.patient_id, then.patients, then.joined)

    def decided(discloser: str, held: Sequence[Record]) -> consent.Decision:
        asked = consents_as_asked(
            then.network, then.patient_id, discloser, then.consents, then.states, renamed
        )
        request = request_of(
            then.network,
            directory_resources(then.network) + patients_of(then.patient_id, then.patients, then.joined),
            at=read_instant(then.entry.at),
            patient_id=then.patient_id,
            discloser=discloser,
            recipient=then.entry.partner,
            purpose=then.entry.purpose,
            resources=subjects_of(then.patient_id, held, renamed),
            consents=with_corrected(reading, then.patient_id, asked, then.entry.at),
        )
        compiled = consent.compile_consents(replace(request, resources=()), then.tables)
        return consent.decide(request, then.tables, compiled)

    discloser = partner_of(then.entry.source[0])
    vetoed = vetoes(then.held, discloser, then.entry.partner, decided)
    vetoed |= never_shown(then.network, discloser, then.held)
    return decided(discloser, then.held), vetoed


def _differing_rows(
    entry: AuditEntry, decision: consent.Decision, vetoed: frozenset[str]
) -> Iterator[Finding]:
    for row, now in zip(entry.resources, decision.resources, strict=False):
        if not _is_the_same(row, now, now.reference in vetoed):
            yield Finding("OUTCOME_DIFFERS", row.reference)


def _is_the_same(row: AuditedResource, now: consent.ResourceDecision, is_vetoed: bool) -> bool:
    """Whether a logged row is what is decided now, with what the gate may have withheld beyond it."""
    reasons = tuple(AuditReason(reason.code, reason.citation, reason.consent) for reason in now.reasons)
    if row.reference != now.reference or row.labels != now.labels:
        return False
    if row.reasons == reasons:
        return row.outcome == now.outcome and not (is_vetoed and now.outcome != "withhold")
    added = row.reasons[len(reasons) :]
    codes = tuple(reason.code for reason in added)
    if row.reasons[: len(reasons)] != reasons or len(codes) != 1 or codes[0] not in _ADDED_BY_THE_GATE:
        return False
    return row.outcome == "withhold" != now.outcome and (codes[0] == _OTHER_SOURCE) == is_vetoed


def _differing_parts(entry: AuditEntry, decision: consent.Decision) -> Iterator[Finding]:
    """Where the rows are the same and the bytes are not: which other part of the decision it is."""
    duties = tuple(sorted({obligation.code for obligation in decision.obligations}))
    notes = tuple((reason.code, reason.citation, reason.consent) for reason in decision.notes)
    logged_notes = tuple((reason.code, reason.citation, reason.consent) for reason in entry.reasons)
    parts = {
        "consents": entry.consents == decision.consents,
        "obligations": entry.obligations == duties,
        "basis": entry.basis == decision.basis,
        "notes": logged_notes == notes,
    }
    named = [name for name, same in parts.items() if not same]
    for name in named or ["elements removed"]:
        yield Finding("DECISION_DIFFERS", name)
