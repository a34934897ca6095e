"""A file of an agency's own format arrives: every record in it goes the way of a message, one after the other.

Nothing is kept of a file but its records, each with its own bytes: so what is held about one person can be destroyed
without the others, and a refused record is corrected alone. The same file again finds each record known: a file may
be taken in halfway and again from its beginning, and loses and doubles nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import islice

import mappings
from gateway.disclosure.premises import Premises
from gateway.errors import NotUnderstood
from gateway.flows.body_hash import body_hash
from gateway.flows.messages import Receipt, ReceivedMessage
from gateway.flows.receive import accept_message
from gateway.partners import Network
from gateway.partners.deliveries import BY_MESSAGE_TYPE
from gateway.store import inbox

CHANNEL = "files"
"""Channels of files begin with this."""

_BY_RECORD = ("csv", "csv_set", "xlsx", "json", "ccda", "fhir")
_HL7 = "hl7v2"
_AT_A_TIME = 50
Records = Iterator[tuple[mappings.TranslatedRecord, bytes]]


@dataclass(frozen=True, slots=True)
class ArrivedFile:
    """A whole file. `mapping` is the id of the mapping it is read by; `received_at` has zone UTC."""

    partner: str
    channel: str
    mapping: str
    raw: bytes = field(repr=False)
    received_at: datetime


@dataclass(frozen=True, slots=True)
class TakenRecord:
    """One record of a file: its place (`row 7`, `[3]`, `message 2`; empty for the file itself) and its receipt."""

    place: str
    receipt: Receipt


@dataclass(frozen=True, slots=True)
class TakenFile:
    """What became of a file. `rejected_rows`: the refused rows with what is wrong, to be corrected and sent again."""

    records: tuple[TakenRecord, ...]
    rejected_rows: bytes | None = field(default=None, repr=False)


async def accept_file(premises: Premises, file: ArrivedFile) -> TakenFile:
    """The receipts of all records of `file`, after everything they name is durable.

    A file that cannot be read at all is kept whole, as one record that is refused. Raises NotNow when the store takes
    no more: what was taken in until then is known when the file comes again.
    """
    mapping = premises.library.mapping(file.mapping)
    name = _name(premises, file)
    taken: list[TakenRecord] = []
    async for number, record, source in _read(premises, file, mapping):
        message = ReceivedMessage(
            partner=file.partner,
            channel=file.channel,
            # A cell that cannot be said truly cannot be seen in a row alone: such a row is corrected, never replayed.
            format="" if record.refusal is not None and mapping.format == "xlsx" else mapping.id,
            control_id=f"{name}.{number}",
            message_type="",
            raw=source,
            received_at=file.received_at,
        )
        receipt = await accept_message(premises, message, understood=record)
        taken.append(TakenRecord(record.place, receipt))
    rejected = await asyncio.to_thread(_rejected, mapping, file.raw, taken)
    return TakenFile(tuple(taken), rejected)


def _name(premises: Premises, file: ArrivedFile) -> str:
    """What the file's records are numbered under; as long ago for a file that came long ago."""
    body = body_hash(premises, file.partner, file.raw)
    kept, plain = body.kept[:32], body.plain[:32]
    with premises.store.read() as reading:
        return plain if inbox.find(reading, file.partner, file.channel, f"{plain}.0") else kept


def understood_again(premises: Premises, message: ReceivedMessage) -> mappings.TranslatedRecord | None:
    """What a kept record of an agency's own format says now; None where the message is HL7 v2."""
    if not message.channel.startswith(CHANNEL) or message.message_type:
        return None
    if not message.format:
        refusal = mappings.TranslationRefused("ROW_NOT_ALONE", "correct the sheet and send it again instead")
        return mappings.TranslatedRecord("", None, refusal)
    file = ArrivedFile(message.partner, message.channel, message.format, message.raw, message.received_at)
    try:
        ((record, _),) = _apart(premises, file, premises.library.mapping(message.format))
    except mappings.MappingRoomError as error:
        return mappings.TranslatedRecord("", None, _as_refusal(error))
    return record


def mappings_of_folders(network: Network) -> frozenset[str]:
    """Ids of the mappings by which the network's watched folders are read."""
    named = {mapping for watched in network.content.folders for mapping in watched.formats.values()}
    return frozenset(named - {BY_MESSAGE_TYPE})


def require_file_formats(library: mappings.Library, network: Network) -> None:
    """Nothing, when every mapping of the network's folders reads files record by record.

    Raises NotUnderstood `FORMAT_NOT_FOR_FILES`.
    """
    for mapping_id in sorted(mappings_of_folders(network)):
        mapping = library.mapping(mapping_id)
        if mapping.direction == "out" or mapping.format not in _BY_RECORD:
            also = f"; HL7 v2 is `{BY_MESSAGE_TYPE}`" if mapping.format == _HL7 else ""
            message = f"is no mapping by which a folder's files can be read{also}"
            raise NotUnderstood("FORMAT_NOT_FOR_FILES", message, mapping_id)


def _apart(premises: Premises, file: ArrivedFile, mapping: mappings.Mapping_) -> Records:
    zone = premises.network.zone_of(file.partner)
    return mappings.records_apart(
        mapping, file.raw, partner=file.partner, id_key=premises.keys.id_key, zone=zone
    )


async def _read(
    premises: Premises, file: ArrivedFile, mapping: mappings.Mapping_
) -> AsyncIterator[tuple[int, mappings.TranslatedRecord, bytes]]:
    """Each record with its number and its own bytes; the file as the one record that is refused when it cannot be read.

    Read beside the loop and a few at a time: a large file neither holds up other doors nor is held in memory as a whole.
    """
    try:
        records = await asyncio.to_thread(_apart, premises, file, mapping)
    except mappings.MappingRoomError as error:
        yield 0, mappings.TranslatedRecord("", None, _as_refusal(error)), file.raw
        return
    number = 0
    while few := await asyncio.to_thread(lambda: tuple(islice(records, _AT_A_TIME))):
        for record, source in few:
            yield number, record, source
            number += 1


def _as_refusal(error: mappings.MappingRoomError) -> mappings.TranslationRefused:
    if isinstance(error, mappings.TranslationRefused):
        return error
    return mappings.TranslationRefused(error.code, error.message, error.place)


def _rejected(mapping: mappings.Mapping_, raw: bytes, taken: Iterable[TakenRecord]) -> bytes | None:
    """The refused rows of a sheet with what is wrong, whoever found it: the mapping, or the flow behind it."""
    refused = [
        mappings.TranslatedRecord(one.place, None, _first_fault(one))
        for one in taken
        if one.receipt.outcome != "accepted" and one.place
    ]
    if not refused or mapping.format not in ("csv", "xlsx"):
        return None
    return mappings.rejected_rows(mapping, raw, refused)


def _first_fault(one: TakenRecord) -> mappings.TranslationRefused:
    fault = next(fault for fault in one.receipt.faults if fault.severity == "E")
    column = (fault.place or "").partition(" column ")[2]
    place = f"{one.place} column {column}" if column else one.place
    return mappings.TranslationRefused(fault.code, fault.message, place)


def in_the_file(one: TakenRecord) -> TakenRecord:
    """The same with the places of its faults counted in the file, not in the record alone."""
    faults = tuple(replace(fault, place=_place(one.place, fault.place)) for fault in one.receipt.faults)
    return TakenRecord(one.place, replace(one.receipt, faults=faults))


def _place(record: str, within: str | None) -> str:
    if not within or within.startswith("row "):
        column = (within or "").partition(" column ")[2]
        return f"{record} column {column}" if column else record
    return mappings.place_in_file(record, within)
