"""Who received what of whom, the question of a breach: all that left in a span of time, to everybody or one partner.

It reads the log once from beginning to end of the span and keeps nothing, so a million entries are a matter of reading.
An answer that was made and overtaken by a withdrawal before its first byte left is listed too: a breach is never told
smaller than it may be.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from gateway.audit import AuditEntry
from gateway.audit.chain import START
from gateway.audit.log import open_facts, read_facts, scope_of
from gateway.disclosure.accounting import left
from gateway.disclosure.named_versions import kept_networks
from gateway.errors import NotFound
from gateway.partners import Network
from gateway.store import Reading, audit_rows, audit_window
from gateway.store.model import AuditRow

HEADS = (
    "at", "recipient id", "recipient", "patient", "what", "records", "labels", "purpose", "basis", "consents",
    "disclosed by", "outcome", "request", "entry", "sha256",
)  # fmt: skip
_FINGERPRINT = re.compile(r"[0-9a-f]{64}")
_LEAVES = frozenset({"disclose", "handover"})


def received(
    reading: Reading, since: str, until: str, partner: str = "", key: str = ""
) -> Iterator[tuple[str, ...]]:
    """One line (see `HEADS`) for everything that left from `since` to before `until` (ISO 8601 UTC text), oldest first;
    with `key` without what was asked for by another one.

    Of an entry whose key was destroyed there is what stands beside its facts.
    """
    newest = (audit_rows.last(reading) or (0, b""))[0]
    first = audit_window.seq_before(reading, since, newest)
    end = audit_window.seq_before(reading, until, newest) + 2 * audit_window.SLACK
    earlier = audit_rows.get(reading, first) if first else None
    before = START if earlier is None else earlier.chain_hash
    while first < end and (page := audit_rows.page(reading, first + 1)):
        wanted = {
            row.seq: scope_of(row.patient_id)
            for row in page
            if row.kind in _LEAVES and partner in ("", row.partner) and since <= row.at < until
        }
        reading.cipher.fetch(reading, wanted.values())
        for row in page:
            if row.seq in wanted:
                entry = _entry(reading, row, before)
                if entry is None or not _by_another(entry.credentials, key):
                    yield from _lines(row, entry)
            before, first = row.chain_hash, row.seq


def holders_of(reading: Reading, network: Network, key: str) -> set[str]:
    """The partners whose key that is, or was in any network by which something was decided.

    `key`: a `kid` or `client_id`, or the SHA-256 of a certificate, however it is spelt.
    """
    return {
        partner_id
        for known in (network, *kept_networks(reading))
        for partner_id, keys in known.keys_of_partners()
        if key in keys or _plain(key) in keys
    }


def _plain(key: str) -> str:
    """The fingerprint of a certificate as it is kept, however it is spelt."""
    return key.replace(":", "").lower()


def _by_another(credentials: tuple[str, ...], key: str) -> bool:
    """Whether it was asked for by another key of the same sort. What was sent and not asked for, what names no key, and
    of a certificate what was bound to none, may have been read by whoever has it.
    """
    if not key or not credentials or key in credentials or _plain(key) in credentials:
        return False
    is_certificate = _FINGERPRINT.fullmatch(_plain(key)) is not None
    return not is_certificate or any(_FINGERPRINT.fullmatch(one) for one in credentials[2:])


def _entry(reading: Reading, row: AuditRow, before: bytes) -> AuditEntry | None:
    try:
        return read_facts(open_facts(reading, row, before)[1])
    except NotFound:
        return None


def _lines(row: AuditRow, entry: AuditEntry | None) -> Iterator[tuple[str, ...]]:
    told = (row.purpose, "", "", "", row.outcome, row.request_id, str(row.seq), "")
    if entry is None:
        yield (row.at, row.partner, "", row.patient_id or "", "(facts destroyed)", "", "", *told)
    elif left(entry):
        shown = [one for one in entry.resources if one.outcome in ("disclose", "redact")]
        labels = sorted({label for one in shown for label in one.labels})
        yield (
            row.at, row.partner, entry.recipient_name, row.patient_id or "", entry.description,
            " ".join(one.reference for one in shown), " ".join(labels), row.purpose, entry.basis,
            " ".join(entry.consents), " ".join(entry.source), row.outcome, row.request_id, str(row.seq),
            entry.bytes_sha256 or "",
        )  # fmt: skip
