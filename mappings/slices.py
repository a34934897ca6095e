"""One record of a file as a file of its own, so that it can be kept, destroyed and taken in again alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from mappings.library import Mapping_
from mappings.model import MappingRoomError, TranslatedRecord
from mappings.syntax.json_tree import read_json
from mappings.syntax.sheets import SHEETS
from mappings.translate import translate_each

_JSON = msgspec.json.Encoder(decimal_format="number")


def records_apart(
    mapping: Mapping_, source: bytes, *, partner: str, id_key: bytes, zone: str | None
) -> Iterator[tuple[TranslatedRecord, bytes]]:
    """Every record of a file, and with it its own part of the file as a whole file of its format, one after the other.

    A row with the header before it, an item of a list; the source itself where it holds one record. Raises
    TranslationRefused when the file cannot be read, and MappingRoomError `SEVERAL_RECORDS` for a format whose records
    cannot be told apart in the bytes, both at once.
    """
    records = translate_each(mapping, source, partner=partner, id_key=id_key, zone=zone)
    if mapping.format in SHEETS:
        return zip(records, _rows(mapping, source), strict=True)
    if mapping.format == "json":
        document: Any = read_json(source)
        items = map(_JSON.encode, document) if isinstance(document, list) else iter((source,))
        return zip(records, items, strict=True)
    found = tuple(records)
    if len(found) > 1:
        raise MappingRoomError("SEVERAL_RECORDS", "a file of this format may hold one record", found[1].place)
    return zip(found, (source,), strict=True)


def _rows(mapping: Mapping_, source: bytes) -> Iterator[bytes]:
    sheet = SHEETS[mapping.format]
    header, rows = sheet.read_rows(source)
    return (sheet.write_lines([header, cells], source) for _, cells in rows)
