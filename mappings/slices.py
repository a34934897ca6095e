"""One record of a file as a file of its own, so that it can be kept, destroyed and taken in again alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from mappings.library import Mapping_
from mappings.model import MappingRoomError, TranslatedRecord
from mappings.syntax.json_tree import read_json
from mappings.syntax.sheets import SHEETS

_JSON = msgspec.json.Encoder(decimal_format="number")


def record_sources(
    mapping: Mapping_, source: bytes, records: Sequence[TranslatedRecord]
) -> tuple[bytes, ...]:
    """For each of `records`, which `translate_all` made of `source`, its own part of it as a whole file of its format.

    A row with the header before it, an item of a list; the source itself where it holds one record. Raises
    MappingRoomError `SEVERAL_RECORDS` for a format whose records cannot be told apart in the bytes.
    """
    if len(records) == 1 and not records[0].place.startswith(("row ", "[")):
        return (source,)
    if mapping.format in SHEETS:
        return _rows(mapping, source, records)
    if mapping.format == "json":
        items: Any = read_json(source)
        return tuple(_JSON.encode(items[int(record.place[1:-1])]) for record in records)
    raise MappingRoomError("SEVERAL_RECORDS", "a file of this format may hold one record", records[1].place)


def _rows(mapping: Mapping_, source: bytes, records: Sequence[TranslatedRecord]) -> tuple[bytes, ...]:
    sheet = SHEETS[mapping.format]
    header, rows = sheet.read_rows(source)
    by_place = {f"row {number}": cells for number, cells in rows}
    return tuple(sheet.write_lines([header, by_place[record.place]], source) for record in records)
