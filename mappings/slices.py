"""One record of a file as a file of its own, so that it can be kept, destroyed and taken in again alone."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from mappings.library import Mapping_
from mappings.model import MappingRoomError, TranslatedRecord
from mappings.syntax.sheets import SHEETS
from mappings.translate import json_records, set_parts, translate_each

_NUMBER = re.compile(r"\[\d+\]")
_JSON = msgspec.json.Encoder(decimal_format="number")


def records_apart(
    mapping: Mapping_, source: bytes, *, partner: str, id_key: bytes, zone: str | None
) -> Iterator[tuple[TranslatedRecord, bytes]]:
    """Every record of a file, and with it its own part of the file as a whole file of its format, one after the other.

    A row with the header before it, an item of a list, the rows of a set that one row's keys lead to; the source itself
    where it holds one record. Raises
    TranslationRefused when the file cannot be read, and MappingRoomError `SEVERAL_RECORDS` for a format whose records
    cannot be told apart in the bytes, both at once.
    """
    records = translate_each(mapping, source, partner=partner, id_key=id_key, zone=zone)
    if mapping.format in SHEETS:
        return zip(records, _rows(mapping, source), strict=True)
    if mapping.format == "json":
        documents = [one for _, one in json_records(mapping, source)]
        items = [source] if len(documents) == 1 else map(_JSON.encode, documents)
        return zip(records, items, strict=True)
    if mapping.format == "csv_set":
        return zip(records, (one.own() for one in set_parts(mapping, source)), strict=True)
    found = tuple(records)
    if len(found) > 1:
        raise MappingRoomError("SEVERAL_RECORDS", "a file of this format may hold one record", found[1].place)
    return zip(found, (source,), strict=True)


def place_in_file(record: str, within: str) -> str:
    """A place within a record as its sender finds it in the file: `people[7].born` of `people[7]`, whose own document
    has that item alone (`people[0].born`)."""
    alone = _NUMBER.sub("[0]", record)
    if record and within.startswith(f"{alone}."):
        return record + within[len(alone) :]
    if within.startswith(record):
        return within
    return f"{record} {within}".strip()


def _rows(mapping: Mapping_, source: bytes) -> Iterator[bytes]:
    sheet = SHEETS[mapping.format]
    layout = mapping.file.layout
    header, rows = sheet.each_row(source, layout)
    return (sheet.write_lines([header, cells], source, layout) for _, cells in rows)
