"""The one gate. Everything that leaves, by any door, is decided, redacted, written and audited here.

`release` answers for one intent (a push), `show` for one question of a caller (a pull). Both commit the audit entry
and the release in one transaction before a byte can leave (invariant I1), and decide again when consent moved in the
meantime. Nothing here catches an error on the way to a release: what raises releases nothing.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

import consent
from gateway.audit import AuditEntry, append
from gateway.clock import instant_text, new_row_id, read_instant
from gateway.disclosure.account import entry_of, refusal_codes
from gateway.disclosure.answered import sent_before_answers
from gateway.disclosure.co_sources import gather_with_vetoes
from gateway.disclosure.content import (
    FHIR_JSON,
    as_it_leaves,
    known_elsewhere,
    notice_of,
    rendered_message,
    sha256_of,
    transaction_bundle,
)
from gateway.disclosure.gather import own_resource
from gateway.disclosure.gathered import Gathered
from gateway.disclosure.held import hold, hold_for_identity
from gateway.disclosure.named_versions import keep_named
from gateway.disclosure.outlook import HEART_OF
from gateway.disclosure.premises import Premises
from gateway.disclosure.recorder_only import is_recorder_only
from gateway.disclosure.redacted import shown_resources
from gateway.disclosure.release import Refusal, Release
from gateway.disclosure.seen import what_stands
from gateway.errors import Internal, NotNow
from gateway.partners import format_of
from gateway.partners.deliveries import FHIR_JSON as BUNDLE
from gateway.store import (
    Intent,
    Reading,
    Record,
    ReleaseRow,
    Transaction,
    intents,
    outbox,
    patients,
    records,
)

_TRIES = 5


@dataclass(frozen=True, slots=True)
class _Prepared:
    """A decision for an intent, and the bytes it allows (None: it allows none)."""

    gathered: Gathered
    decision: consent.Decision
    shown: tuple[Mapping[str, Any], ...]
    content: bytes | None
    media_type: str
    returned: tuple[str, ...]
    at: datetime
    control_id: str
    valid_until: datetime | None


async def release(premises: Premises, intent: Intent) -> Release | Refusal:
    """The release that consent allows for `intent` now, or the refusal; either is audited before this returns.

    Raises NotNow `CONSENT_KEEPS_CHANGING` when consent changed under each of several tries.
    """
    for _ in range(_TRIES):
        done: Release | Refusal | None
        prepared = _prepare(premises, intent)
        if prepared is None:
            done = await premises.store.write(partial(hold_for_identity, premises, intent))
        else:
            done = await premises.store.write(partial(_commit, premises, intent, prepared))
        if done is not None:
            return done
    raise NotNow("CONSENT_KEEPS_CHANGING", "the patient's consents change faster than they can be decided")


def still_stands(premises: Premises, made: Release) -> bool:
    """Whether nothing has moved or run out since `made`: asked just before its first byte (invariant I3)."""
    with premises.store.read() as reading:
        return _stands(premises, reading, made)


class LastLook:
    """Asked just before the first byte. A restart takes whatever was released and not settled as what may have left;
    where a repeat would harm the recipient, that it is leaving is stored first, so that only that is asked about.
    """

    def __init__(self, premises: Premises, made: Release) -> None:
        self._premises = premises
        self._made = made
        self.said_yes = False

    async def __call__(self) -> bool:
        """Whether the release may leave now. Raises NotNow `STORE_BUSY` when that cannot be stored."""
        stands = still_stands(self._premises, self._made)
        if stands and self._premises.network.asks_a_person(self._made.partner):
            # Committing takes a moment, in which she may have withdrawn.
            stands = await self._premises.store.write(self._mark) and still_stands(self._premises, self._made)
        self.said_yes = stands
        return stands

    def _mark(self, tx: Transaction) -> bool:
        intent = intents.get(tx, self._made.intent_id)
        if intent is None or (intent.state, intent.attempts) != ("sending", self._made.attempts):
            return False  # it took so long that another process has it now, and may have sent it
        if not _stands(self._premises, tx, self._made):
            return False
        outbox.mark(tx, self._made.id, outbox.HANDED_OVER, instant_text(self._premises.clock.now()))
        return True


def _stands(premises: Premises, reading: Reading, made: Release) -> bool:
    if premises.network.partners[made.partner].state != "live":
        return False
    if made.valid_until is not None and premises.clock.now() >= made.valid_until:
        return False
    return patients.epoch_unless_paused(reading, made.patient_id, made.partner) == made.epoch


def _prepare(premises: Premises, intent: Intent) -> _Prepared | None:
    """The decision and its bytes; None while it is not certain whom they are about."""
    at = premises.clock.now()
    with premises.store.read() as reading:
        if not patients.certain(reading, intent.patient_id):
            return None
        decided, own = _records_of(reading, intent)
        gathered, decision, shown = _asked(premises, reading, intent, decided, at)
        if not _has_heart(intent, shown):
            # What another has answered must not hold up the sender's own words: by that the recipient would know.
            before = [sent_before_answers(reading, intent, record) for record in decided]
            if before != decided:
                gathered, decision, shown = _asked(premises, reading, intent, before, at)
        returned = tuple(as_it_leaves(own_resource(reading, intent.patient_id, record)) for record in own)
    control_id = intent.id.replace("-", "")[-20:]  # MSH-10 holds 20 characters (HL7 v2.5.1); the random ones
    content, media_type = None, FHIR_JSON
    if shown and _has_heart(intent, shown):
        content, media_type = _write(premises, intent, gathered, decision, (*shown, *returned), control_id)
    references = tuple(f"{r['resourceType']}/{r['id']}" for r in returned)
    valid_until = next_change(gathered.compiled, at)
    return _Prepared(gathered, decision, shown, content, media_type, references, at, control_id, valid_until)


def _asked(
    premises: Premises, reading: Reading, intent: Intent, asked: Sequence[Record], at: datetime
) -> tuple[Gathered, consent.Decision, tuple[Mapping[str, Any], ...]]:
    """The question of an intent about these records, its decision, and what is left of them."""
    gathered = gather_with_vetoes(
        premises,
        reading,
        patient_id=intent.patient_id,
        discloser=intent.source_partner,
        recipient=intent.partner,
        purpose=intent.purpose,
        held_records=asked,
        at=at,
    )
    decision = consent.decide(gathered.request, premises.tables, gathered.compiled)
    shown = shown_resources(premises, gathered, decision)
    return gathered, decision, what_stands(premises, reading, gathered, shown, intent.purpose)


def next_change(compiled: consent.CompiledConsents, at: datetime) -> datetime | None:
    """The next instant at which one of her consents begins or ends; None: never."""
    index = bisect_right(compiled.boundaries, at)
    return compiled.boundaries[index] if index < len(compiled.boundaries) else None


def _records_of(reading: Reading, intent: Intent) -> tuple[list[Record], list[Record]]:
    """The focus of the intent: what must be decided, and what is the recipient's own and only goes back to it; never
    what only its recorder is shown, whoever put it there.
    """
    decided: list[Record] = []
    own: list[Record] = []
    keys = [(kind, record_id, int(version)) for kind, record_id, version in map(_parts, intent.focus)]
    found = records.versions(reading, keys)
    for key in keys:
        record = found.get(key)
        if record is None:
            raise Internal("FOCUS_MISSING", "an intent names a record version that is not there", intent.id)
        if set(record.sources) == {intent.partner}:
            own.append(record)
        elif not is_recorder_only(record):
            decided.append(record)
    return decided, own


def _parts(reference: str) -> tuple[str, str, str]:
    kind, record_id, version = reference.split("/")
    return kind, record_id, version


def _has_heart(intent: Intent, shown: Sequence[Mapping[str, Any]]) -> bool:
    kinds = {resource["resourceType"] for resource in shown}
    return all(kind in kinds for kind in HEART_OF.get(intent.kind, ()))


def _write(
    premises: Premises,
    intent: Intent,
    gathered: Gathered,
    decision: consent.Decision,
    resources: Sequence[Mapping[str, Any]],
    control_id: str,
) -> tuple[bytes, str]:
    """The bytes and their media type. Their date is the intent's, so that trying again writes the same bytes."""
    at = read_instant(intent.created_at)
    delivery = premises.network.partners[intent.partner].delivery
    notice = notice_of(premises, decision)
    written_in = format_of(delivery, intent.kind, intent.message_type)
    if written_in == BUNDLE:
        asked = gathered.request.resources
        tasks = {one.reference: one.resource for one in asked if one.reference.startswith("Task/")}
        sent = known_elsewhere(premises.network, intent.partner, resources, tasks)
        return transaction_bundle(sent, notice, gathered.request.patient, at), FHIR_JSON
    if written_in:
        zone = premises.network.zone_of(intent.partner)
        return rendered_message(
            premises, delivery, written_in, resources, notice, at=at, control_id=control_id, zone=zone
        )
    raise Internal("NO_DELIVERY", "the partner has no delivery to write for", intent.partner)


def _commit(
    premises: Premises, intent: Intent, prepared: _Prepared, tx: Transaction
) -> Release | Refusal | None:
    """One transaction: the audit entry with the release it allows, or with the intent held. None: decide again."""
    if patients.epoch(tx, intent.patient_id) != prepared.gathered.epoch:
        return None
    request_id, content = new_row_id(), prepared.content
    digest = sha256_of(content) if content is not None else None
    entry = entry_of(
        premises,
        prepared.gathered,
        prepared.decision,
        kind=_kind(premises, intent, content),
        request_id=request_id,
        at=prepared.at,
        shown=prepared.shown,
        content_sha256=digest,
        subject=intent.id,
        returned=prepared.returned if content is not None else (),
    )
    keep_named(premises, tx)
    seq = append(tx, entry).seq
    if content is None or digest is None:
        codes = refusal_codes(prepared.decision)
        ended = hold(premises, tx, intent, prepared.at, prepared.valid_until)
        return Refusal(request_id, codes, seq, ended)
    release_id = new_row_id()
    outbox.add(tx, _row(premises, release_id, intent, prepared, seq, entry), content)
    return _made(release_id, intent, prepared, entry, seq, content)


def _made(
    release_id: str, intent: Intent, prepared: _Prepared, entry: AuditEntry, seq: int, content: bytes
) -> Release:
    digest = entry.bytes_sha256 or ""
    return Release(
        id=release_id,
        intent_id=intent.id,
        attempts=intent.attempts,
        patient_id=intent.patient_id,
        partner=intent.partner,
        audit_seq=seq,
        epoch=prepared.gathered.epoch,
        content=content,
        content_sha256=digest,
        media_type=prepared.media_type,
        request_id=entry.request_id,
        decision=prepared.decision,
        entry=entry,
        key=f"{intent.id}.{digest[:16]}",
        control_id=prepared.control_id,
        valid_until=prepared.valid_until,
    )


def _kind(premises: Premises, intent: Intent, content: bytes | None) -> str:
    """What a partner in `test` sends or would get goes to nobody: what was decided is practice, and no disclosure."""
    if content is None:
        return "refuse"
    found = (premises.network.partners.get(one) for one in (intent.source_partner, intent.partner))
    return "practice" if any(one is not None and one.state == "test" for one in found) else "disclose"


def _may_leave_at_once(premises: Premises, partner: str, kind: str) -> bool:
    """Whether a restart must take the release as what may have left: to a live partner that no repeat harms."""
    live = kind != "practice" and premises.network.partners[partner].state == "live"
    return live and not premises.network.asks_a_person(partner)


def _row(
    premises: Premises, release_id: str, intent: Intent, prepared: _Prepared, seq: int, entry: AuditEntry
) -> ReleaseRow:
    return ReleaseRow(
        id=release_id,
        intent_id=intent.id,
        patient_id=intent.patient_id,
        partner=intent.partner,
        audit_seq=seq,
        sha256=entry.bytes_sha256 or "",
        media_type=prepared.media_type,
        created_at=instant_text(prepared.at),
        state=outbox.HANDED_OVER
        if _may_leave_at_once(premises, intent.partner, entry.kind)
        else outbox.PREPARED,
    )
