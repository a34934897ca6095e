"""Mappings as the network uses them: which, by whom, what they leave over; and a sample tried without keeping anything.

What is tried goes through the same translation as a message and ends there: it is not stored, logged or recorded, and
its ids are made with the published test key, so that nothing in the answer can be joined with what the network holds.
"""

from __future__ import annotations

import json
import re
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import msgspec

import mappings
from gateway.disclosure.premises import Premises
from gateway.errors import HandoffError, NotFound, NotNow, NotUnderstood
from gateway.flows.corrections import said_now
from gateway.partners import mappings_of
from gateway.store import InboxMessage, Reading, desk_lists, inbox

LARGEST_SAMPLE = 64 * 1024
"""Octets of a pasted sample."""
NEWEST = 1_000
_OPENED = 50
_RECORDS = 20
_LONGEST_TEXT = 200_000
_NOT_TEXT = frozenset({"xlsx", "csv_set"})
_ENCODER = msgspec.json.Encoder(decimal_format="number")
_NUMBERS = re.compile(r"\[\d+\]|\brow \d+\b:?|\bline \d+\b:?")
_VERBS = ("carry", "drop")
_one_at_a_time = threading.Lock()


@dataclass(frozen=True, slots=True)
class InUse:
    """One mapping that the network names: by whom and how; how many addresses it carries along or drops on purpose."""

    id: str
    version: str
    content_hash: str
    format: str
    direction: str
    uses: tuple[tuple[str, str], ...]
    carried: int
    dropped: int


@dataclass(frozen=True, slots=True)
class LeftOver:
    """Something a partner sent that no row of a mapping takes, or not as it is: code, place, in how many messages."""

    partner: str
    format: str
    code: str
    place: str
    messages: int
    newest: str
    message_id: str


@dataclass(frozen=True, slots=True)
class Covered:
    """Of one partner's newest messages in one format: how many were taken whole, with something left over, or not."""

    partner: str
    format: str
    whole: int
    with_left_over: int
    refused: int

    @property
    def messages(self) -> int:
        """All of them."""
        return self.whole + self.with_left_over + self.refused


@dataclass(frozen=True, slots=True)
class Found:
    """One thing found while a sample was tried, in the sample's own places."""

    severity: str
    code: str
    place: str
    message: str


@dataclass(frozen=True, slots=True)
class TriedRecord:
    """One record of a sample: the FHIR as text, where each value came from, what was found; or why it was refused."""

    place: str
    refused: Found | None
    fhir: str
    lineage: tuple[tuple[str, str, str], ...]
    issues: tuple[Found, ...]
    accounting: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of a sample. `refused`: it could not be read at all."""

    mapping: str
    version: str
    refused: Found | None
    records: tuple[TriedRecord, ...]
    is_cut: bool


def mappings_in_use(premises: Premises) -> tuple[InUse, ...]:
    """Every mapping that the network file names, by id."""
    uses: dict[str, dict[tuple[str, str], None]] = {}
    for partner_id, how, mapping_id in _named(premises):
        uses.setdefault(mapping_id, {})[partner_id, how] = None
    known = premises.library.names()
    return tuple(_in_use(premises, one, tuple(uses[one])) for one in sorted(uses) if one in known)


def _named(premises: Premises) -> Iterator[tuple[str, str, str]]:
    content = premises.network.content
    for partner_id, partner in premises.network.partners.items():
        for kind, mapping_id in partner.messages.items():
            yield partner_id, f"{kind} in", mapping_id
        for what, written in mappings_of(partner.delivery).items():
            yield partner_id, f"{what} out".strip(), written
    for watched in content.folders:
        for ending, mapping_id in watched.formats.items():
            yield watched.partner, f"{ending} files in", mapping_id


def _in_use(premises: Premises, mapping_id: str, uses: tuple[tuple[str, str], ...]) -> InUse:
    found = premises.library.mapping(mapping_id)
    carried, dropped = (sum(len(row.addresses) for row in found.rows(verb)) for verb in _VERBS)
    return InUse(
        found.id, found.version, found.content_hash, found.format, found.direction, uses, carried, dropped
    )


def coverage(
    reading: Reading, since: str, before: str
) -> tuple[tuple[Covered, ...], tuple[LeftOver, ...], bool]:
    """How the newest 1,000 messages between two instants were covered, what was left over (the most frequent first), and
    whether there are more messages. Codes and places alone.
    """
    found = desk_lists.messages_before(
        reading, state="", partner="", since=since, before=before, limit=NEWEST
    )
    counts: dict[tuple[str, str], Counter[str]] = {}
    numbers: Counter[tuple[str, str, str, str]] = Counter()
    newest: dict[tuple[str, str, str, str], InboxMessage] = {}
    for message in found:
        left = _left_over(message)
        taken = "left" if left else "whole"
        how = taken if message.state == "accepted" else "refused"
        counts.setdefault((message.partner, message.format), Counter())[how] += 1
        for code, place in left:
            key = (message.partner, message.format, code, place)
            numbers[key] += 1
            newest.setdefault(key, message)
    covered = tuple(
        Covered(*key, of["whole"], of["left"], of["refused"]) for key, of in sorted(counts.items())
    )
    ranked = tuple(
        LeftOver(*key, number, newest[key].received_at, newest[key].id)
        for key, number in numbers.most_common()
    )
    return covered, ranked, len(found) == NEWEST


def _left_over(message: InboxMessage) -> set[tuple[str, str]]:
    """Code and place, without the number of a repetition, of each warning that is kept with a message."""
    noted = (one for one in json.loads(message.faults) if isinstance(one, dict))
    return {
        (str(one.get("code", "")), _NUMBERS.sub("", str(one.get("place") or "")).strip())
        for one in noted
        if one.get("severity") == "W" and one.get("code")
    }


@dataclass(frozen=True, slots=True)
class Opened:
    """The newest messages read once more: how their values were accounted for, and what FHIR gets nothing of: how
    (`unmapped`: no row names it; `carried`: a row keeps it for the sender alone), partner, place, in how many, the
    unmapped first. `patients`: whose messages were opened; `gone`: how many could not be.
    """

    messages: int
    gone: int
    accounting: Mapping[str, int]
    ranked: tuple[tuple[str, str, str, int], ...]
    patients: frozenset[str]


def opened_newest(premises: Premises, reading: Reading, partner: str) -> Opened:
    """The newest 50 messages (of one partner, unless empty) by the mappings of today. Partners, places and counts come
    back, no value.
    """
    found = desk_lists.messages_before(reading, state="", partner=partner, since="", before="", limit=_OPENED)
    accounts, places, gone = Counter[str](), Counter[tuple[str, str, str]](), 0
    for message in found:
        try:
            raw = inbox.raw(reading, message.id)
        except HandoffError:
            gone += 1
            continue
        for record in said_now(premises, message, raw):
            if record.translation is not None:
                accounts.update(record.translation.accounting.answer())
                places.update(_not_in_fhir(message.partner, record.translation.complement))
    by_number = sorted(places.items(), key=lambda one: (one[0][0] != "unmapped", -one[1], one[0]))
    known = frozenset(message.patient_id for message in found if message.patient_id)
    ranked = tuple((*key, number) for key, number in by_number)
    return Opened(len(found) - gone, gone, dict(accounts), ranked, known)


def _not_in_fhir(partner: str, complement: Mapping[str, object]) -> set[tuple[str, str, str]]:
    kept = {how: complement.get(how) for how in ("unmapped", "carried")}
    return {
        (how, partner, _NUMBERS.sub("", place))
        for how, places in kept.items()
        for place in (places if isinstance(places, Mapping) else ())
    }


def try_sample(premises: Premises, mapping_id: str, text: str) -> Tried:
    """What the mapping makes of a pasted sample; one at a time, for a thread.

    Raises NotFound `MAPPING_UNKNOWN`, NotUnderstood `SAMPLE_EMPTY`, `SAMPLE_TOO_LARGE`, `FORMAT_NOT_TEXT`, NotNow
    `TRIAL_BUSY`.
    """
    if mapping_id not in premises.library.names():
        raise NotFound("MAPPING_UNKNOWN", "no mapping has that id")
    sample = text.encode()
    if not text.strip():
        raise NotUnderstood("SAMPLE_EMPTY", "paste a sample", "sample")
    if len(sample) > LARGEST_SAMPLE:
        raise NotUnderstood("SAMPLE_TOO_LARGE", "a sample has at most 64 KiB", "sample")
    mapping = premises.library.mapping(mapping_id)
    if mapping.format in _NOT_TEXT:
        message = "this format is a file; try it with `handoff mapping try`"
        raise NotUnderstood("FORMAT_NOT_TEXT", message, "mapping")
    if not _one_at_a_time.acquire(blocking=False):
        raise NotNow("TRIAL_BUSY", "another sample is being tried; send it again in a moment")
    try:
        return _tried(premises, mapping, sample)
    finally:
        _one_at_a_time.release()


def _tried(premises: Premises, mapping: mappings.Mapping_, sample: bytes) -> Tried:
    refused: Found | None = None
    records: tuple[TriedRecord, ...] = ()
    try:
        every = mappings.translate_all(
            mapping,
            sample,
            partner="sample",
            id_key=mappings.PUBLISHED_TEST_KEY,
            zone=premises.network.zone,
        )
        records = tuple(_tried_record(one) for one in every[:_RECORDS])
        is_cut = len(every) > _RECORDS
    except mappings.MappingRoomError as error:
        refused, is_cut = _refusal(error), False
    return Tried(mapping.id, mapping.version, refused, records, is_cut)


def _tried_record(one: mappings.TranslatedRecord) -> TriedRecord:
    if one.translation is None:
        refusal = one.refusal or mappings.TranslationRefused("NO_RECORD", "no record found")
        issues = tuple(_found(issue) for issue in refusal.issues)
        return TriedRecord(one.place, _refusal(refusal), "", (), issues, {})
    made = one.translation
    fhir = msgspec.json.format(_ENCODER.encode(list(made.resources)), indent=2).decode()
    lineage = tuple((row.output, ", ".join(row.inputs), row.row) for row in made.lineage)
    issues = tuple(_found(issue) for issue in made.issues)
    return TriedRecord(one.place, None, fhir[:_LONGEST_TEXT], lineage, issues, made.accounting.answer())


def _refusal(error: mappings.MappingRoomError) -> Found:
    return Found("error", error.code, error.place or "", error.message)


def _found(issue: mappings.Issue) -> Found:
    return Found(issue.severity, issue.code, issue.place, issue.message)
