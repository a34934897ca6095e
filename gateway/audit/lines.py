"""The lines of an export and of a file of proofs: JSON, one a line, in their order. `PROOF.md` describes both."""

from __future__ import annotations

import base64
from typing import Any

import msgspec

from gateway.audit.chain import InBoth, in_both, says_what_they_say, sealed_hash
from gateway.audit.checkpoint import exact_bytes
from gateway.audit.log import open_facts
from gateway.errors import Internal, NotFound
from gateway.store.model import AuditRow, Reading

_ENCODER = msgspec.json.Encoder()


class _Said(InBoth, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """What both kinds of entry lines say of an entry: its row but for the hashes over it."""

    seq: int
    sealed_sha256: str
    facts_hash: str
    facts: str | None = None
    salt: str | None = None


class EntryLine(_Said, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """An entry of an export of the whole log."""

    leaf_hash: str
    chain_hash: str


class ProvedLine(_Said, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """An entry with its inclusion proof."""

    path: tuple[str, ...]


class ExportStart(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """The first line of an export. In version 1 all heads stood before the entries, in 2 only the newest."""

    audit_export: int
    verifier_key: str


class ProofStart(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """The first line of a file of proofs; `about` says what was asked for."""

    audit_proof: int
    verifier_key: str
    about: str


class CheckpointLine(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """A signed head."""

    checkpoint: str


class ConsistencyLine(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """An older signed head, and the proof that the log only grew since."""

    older: str
    consistency: tuple[str, ...]


class EndLine(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """The last line: how many entries there are."""

    end: int


def encoded(line: msgspec.Struct) -> bytes:
    """The line with its end."""
    return _ENCODER.encode(line) + b"\n"


def hashes(texts: tuple[str, ...]) -> tuple[bytes, ...]:
    """Hashes written as hex. Raises ValueError."""
    return tuple(_hash(text) for text in texts)


def _hash(text: str) -> bytes:
    """The hash of a text that is the one form of it. Raises ValueError."""
    found = bytes.fromhex(text)
    if len(found) != 32 or found.hex() != text:
        raise ValueError("no hash")
    return found


def entry_line(reading: Reading, row: AuditRow, before: bytes, facts: bool) -> EntryLine:
    """An entry of an export; `before` is the chain hash before it."""
    said = _said(reading, row, before, facts)
    return EntryLine(**said, leaf_hash=row.leaf_hash.hex(), chain_hash=row.chain_hash.hex())


def proved_line(
    reading: Reading, row: AuditRow, before: bytes, path: tuple[bytes, ...], facts: bool
) -> ProvedLine:
    """An entry with its proof."""
    return ProvedLine(**_said(reading, row, before, facts), path=tuple(one.hex() for one in path))


def row_in(line: EntryLine | ProvedLine) -> tuple[AuditRow, bytes]:
    """The row that a line says, without its sealed bytes, and their hash. Raises ValueError."""
    leaf, chain = (line.leaf_hash, line.chain_hash) if isinstance(line, EntryLine) else (None, None)
    row = AuditRow(
        line.seq,
        line.at,
        line.kind,
        line.patient_id,
        line.partner,
        line.purpose,
        line.outcome,
        line.request_id,
        b"",
        _hash(line.facts_hash),
        b"" if leaf is None else _hash(leaf),
        b"" if chain is None else _hash(chain),
    )
    return row, _hash(line.sealed_sha256)


def shows_its_own_facts(line: EntryLine | ProvedLine, row: AuditRow) -> bool:
    """Whether the facts that a line shows, if any, are those that its hash is about, and say what `row`, the line's own,
    says. Raises ValueError.
    """
    if line.facts is None or line.salt is None:
        return line.facts is line.salt
    return says_what_they_say(row, exact_bytes(line.salt), line.facts.encode())


def _said(reading: Reading, row: AuditRow, before: bytes, facts: bool) -> dict[str, Any]:
    salt_text, facts_text = _shown_facts(reading, row, before) if facts else (None, None)
    said = dict(zip(InBoth.__struct_fields__, in_both(row), strict=True))
    hashes_of = {"sealed_sha256": sealed_hash(row).hex(), "facts_hash": row.facts_hash.hex()}
    return {"seq": row.seq, **said, **hashes_of, "facts": facts_text, "salt": salt_text}


def _shown_facts(reading: Reading, row: AuditRow, before: bytes) -> tuple[str | None, str | None]:
    """Salt and facts as text; neither when they were destroyed or do not open (which `verify` reports)."""
    try:
        salt, facts = open_facts(reading, row, before)
    except (NotFound, Internal):
        return None, None
    return base64.b64encode(salt).decode(), facts.decode()
