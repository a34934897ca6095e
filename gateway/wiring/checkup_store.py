"""The part of `handoff doctor` that looks into the store: log, queues, and what waits for a person."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from gateway.audit import read_witness, verifier_of
from gateway.audit.journal import FOLDER as JOURNAL
from gateway.audit.journal import follows, last_row
from gateway.audit.verify import read_heads
from gateway.clock import instant_text, read_instant
from gateway.security.rotation import CURRENT
from gateway.settings import read_settings
from gateway.store import Reading, audit_agreements, audit_feeds, audit_rows, awaited_answers
from gateway.wiring.atna_lines import feeds_of
from gateway.wiring.checkup import Check, Examined, Finding

WITNESS = "witness.log"
WAITS_TOO_LONG = timedelta(hours=1)
ATTENTION_TOO_LONG = timedelta(days=1)
AGREEMENT_ENDS = timedelta(days=14)
_SEALED_WITHIN = timedelta(seconds=10)
_CLOCK_SLACK = timedelta(seconds=60)
_TAIL = 500
Look = Callable[[Examined, Reading], Iterator[Finding]]


def store_checks() -> tuple[tuple[str, Check], ...]:
    """The checks by name; each opens the store for itself."""
    return tuple((name, _on_the_store(look)) for name, look in _LOOKS)


def _on_the_store(look: Look) -> Check:
    def check(seen: Examined) -> Iterator[Finding]:
        with seen.reading() as reading:
            yield from look(seen, reading)

    return check


def _log_tail(seen: Examined, reading: Reading) -> Iterator[Finding]:
    last = audit_rows.last(reading)
    size = 0 if last is None else last[0]
    rows = audit_rows.page(reading, max(1, size - _TAIL), _TAIL + 1)
    for before, row in pairwise(rows):
        if not follows(row, before.seq, before.chain_hash):
            yield Finding(
                "audit log", f"entry {row.seq} does not follow from the one before", "`handoff audit verify`"
            )
            return
    yield from _seal(seen, reading, size)
    heads, forged = read_heads(read_witness(seen.folder.path / WITNESS), verifier_of(seen.folder.keys.signer))
    if forged:
        yield Finding(
            "audit log", f"{forged} lines of the witness file are not signed by us", "`handoff audit verify`"
        )
    for head in heads[-1:]:
        if not _fits(reading, head.size, head.chain_hash):
            yield Finding(
                "audit log",
                f"it does not fit its last witnessed head of {head.size} entries",
                "`handoff audit verify`",
            )


def _seal(seen: Examined, reading: Reading, size: int) -> Iterator[Finding]:
    sealed = audit_rows.last_checkpoint(reading)
    signed = 0 if sealed is None else sealed.size
    if sealed is not None and not _fits(reading, signed, sealed.chain_hash):
        yield Finding(
            "audit log", f"it does not fit its signed head of {signed} entries", "`handoff audit verify`"
        )
    oldest = audit_rows.get(reading, signed + 1)
    if size > signed and oldest is not None and read_instant(oldest.at) < seen.now - _SEALED_WITHIN:
        do = (
            "the gateway's log says why it does not sign" if seen.runs else "it signs them when it is started"
        )
        yield Finding(
            "audit log",
            f"{size - signed} entries since {oldest.at[:19]}Z are not signed",
            do,
            is_wrong=seen.runs,
        )


def _fits(reading: Reading, size: int, chain_hash: bytes) -> bool:
    row = audit_rows.get(reading, size)
    return row is not None and row.chain_hash == chain_hash


def _journal(seen: Examined, reading: Reading) -> Iterator[Finding]:
    row = last_row(seen.folder.path / JOURNAL)
    written = 0 if row is None else row.seq
    missing = audit_rows.get(reading, written + 1)
    if missing is not None and read_instant(missing.at) < seen.now - _SEALED_WITHIN:
        text = f"entries from {missing.at[:19]}Z on are not in the journal"
        yield Finding("journal", text, "is `journal` writable, and is there room?", is_wrong=seen.runs)


def _clock(seen: Examined, reading: Reading) -> Iterator[Finding]:
    last = audit_rows.last(reading)
    row = None if last is None else audit_rows.get(reading, last[0])
    if row is not None and read_instant(row.at) > seen.now + _CLOCK_SLACK:
        text = f"the clock stands at {instant_text(seen.now)[:19]}Z, before the last entry of {row.at[:19]}Z"
        yield Finding("clock", text, "set it by NTP; consents are decided by it")


def _waiting(seen: Examined, reading: Reading) -> Iterator[Finding]:
    before = instant_text(seen.now - WAITS_TOO_LONG)
    for row in reading.rows("checkup.waiting", {"before": before}):
        text = f"{row['number']} wait for {row['partner']}, the oldest due since {row['oldest'][:16]}Z"
        yield Finding(
            "delivery", text, f"`handoff lanes list --partner {row['partner']}`; is the partner reachable?"
        )
    for row in reading.rows("checkup.for_a_person"):
        what = "were refused for good" if row["state"] == "dead" else "may or may not have arrived"
        text = f"{row['number']} to {row['partner']} {what}, the oldest since {row['oldest'][:16]}Z"
        yield Finding("delivery", text, f"`handoff lanes list --state {row['state']}`")


def _held(seen: Examined, reading: Reading) -> Iterator[Finding]:
    now = instant_text(seen.now)
    for row in reading.rows("checkup.consent_requests", {"now": now}):
        if not row["owner"].strip():
            yield Finding(
                "consent requests", f"{row['number']} have no owner", "name one in network.yaml (`owner`)"
            )
        elif row["overdue"]:
            text = f"{row['overdue']} of {row['owner']} are overdue, the oldest since {row['oldest'][:16]}Z"
            yield Finding("consent requests", text, "ask the owner; `handoff lanes list --state held`")
    alone = reading.row("checkup.held_without_request")
    if alone is not None and alone["number"]:
        text = f"{alone['number']} held have nobody who was asked"
        yield Finding("consent requests", text, "`handoff lanes list --state held`")


def _unanswered(seen: Examined, reading: Reading) -> Iterator[Finding]:
    for one in awaited_answers.over_by_partner(reading):
        since = f"the oldest should have been by {one.oldest[:16]}Z"
        text = f"{one.number} referrals to {one.partner} are not answered, {since}"
        yield Finding("answers", text, "`handoff requests list` (`unanswered`); call its owner")


def _attention(seen: Examined, reading: Reading) -> Iterator[Finding]:
    row = reading.row("checkup.messages_in_need")
    if row is not None and row["number"]:
        late = read_instant(row["oldest"]) < seen.now - ATTENTION_TOO_LONG
        text = f"{row['number']} messages need attention, the oldest since {row['oldest'][:16]}Z"
        yield Finding("messages", text, "`handoff messages list --state needs_attention`", is_wrong=late)
    doubts = reading.row("checkup.in_doubt")
    if doubts is not None and doubts["number"]:
        since = f"the oldest since {doubts['oldest'][:16]}Z"
        text = f"of {doubts['number']} patients it is not certain who they are, {since}"
        late = read_instant(doubts["oldest"]) < seen.now - ATTENTION_TOO_LONG
        yield Finding("identity", text, "`handoff identity list`", is_wrong=late)


def _destructions(seen: Examined, reading: Reading) -> Iterator[Finding]:
    """A destroyed key's wrapped form is in old copies of the store, under a wrapping key that should go too."""
    row = reading.row("checkup.last_destruction")
    if row is None or row["at"] is None:
        return
    made = (seen.folder.keys_folder / CURRENT).stat().st_mtime
    at = read_instant(row["at"])
    if made < at.timestamp() and at < seen.now - ATTENTION_TOO_LONG:
        text = "a patient's key was destroyed since the wrapping key was last rotated"
        yield Finding("keys", text, "`handoff keys rotate`: until then, old copies of the store hold it")


def _rewrapping(seen: Examined, reading: Reading) -> Iterator[Finding]:
    provider = seen.folder.keys.provider
    if not provider.older_ids:
        return
    if reading.row("data_key.any_under_other_key", {"kek_id": provider.current_id}) is not None:
        text = "data keys are still under an older wrapping key"
        do = "the gateway goes on by itself" if seen.runs else "it goes on when it is started"
        yield Finding("keys", text, do, is_wrong=False)


def _agreements(seen: Examined, reading: Reading) -> Iterator[Finding]:
    """Agreements of auditors that end within two weeks, or ended by their day in the last two."""
    today = seen.now.astimezone(ZoneInfo(seen.folder.network.zone)).date()
    first, last = ((today + days).isoformat() for days in (-AGREEMENT_ENDS, AGREEMENT_ENDS))
    for one in audit_agreements.ending_from(reading, first):
        if one.last_day <= last and not one.ended_at:
            verb = "ended" if one.last_day < today.isoformat() else "ends"
            text = f"agreement {one.id[:8]} of an auditor {verb} on {one.last_day}"
            yield Finding("auditors", text, "a new one is recorded at the console, Requests", is_wrong=False)


def _fed(seen: Examined, reading: Reading) -> Iterator[Finding]:
    """Whether each audit record repository is told the log."""
    for feed, setting in feeds_of(read_settings()):
        told = audit_feeds.told_to(reading, feed) or 0
        first = audit_rows.get(reading, told + 1)
        if first is not None and read_instant(first.at) < seen.now - WAITS_TOO_LONG:
            text = f"the audit record repository was told the log up to entry {told}, nothing later in the last hour"
            yield Finding("audit feed", text, f"see whether `{setting}` answers; nothing is lost meanwhile")


_LOOKS: tuple[tuple[str, Look], ...] = (
    ("audit log", _log_tail),
    ("journal", _journal),
    ("clock", _clock),
    ("delivery", _waiting),
    ("consent requests", _held),
    ("answers", _unanswered),
    ("messages and identity", _attention),
    ("data keys", _rewrapping),
    ("destroyed keys", _destructions),
    ("auditors", _agreements),
    ("audit feed", _fed),
)
