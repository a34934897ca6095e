"""What a mapping file says of its records as a whole: what a record is, and how a sheet of them stands in its file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from mappings.model import MappingFileError
from mappings.syntax.sheet_layout import CHARSETS, Layout
from mappings.syntax.sheets import SHEETS
from mappings.tree import Address
from mappings.yaml_text import Located

_RECORD = frozenset({"key", "or", "of", "page", "above"})
Wrong = Callable[[str, str, Located], MappingFileError]


def record_of(
    d: Located, known: Callable[[Located, frozenset[str]], None], wrong: Wrong
) -> Located | dict[str, Any]:
    """The `record` of a file. Raises MappingFileError for a word that is none, and for one of another format."""
    record = d.get("record") or {}
    if isinstance(record, Located):
        known(record, _RECORD)
    direction = d.get("direction", "in")
    if record.get("of") and d["format"] != "fhir" and (d["format"] != "json" or direction != "in"):
        raise wrong("ROW_WRONG", "`of` in `record` is for fhir, and for json with `direction: in`", d)
    if "page" in record and (
        d["format"] != "json" or record.get("of") or not isinstance(record["page"], str)
    ):
        raise wrong(
            "ROW_WRONG", "`page` in `record` names the list of records in a page of json, without `of`", d
        )
    if "above" in record and (d["format"] not in SHEETS or not str(record["above"] or "").strip()):
        text = "`above` in `record` says why the rows above the header of a csv or xlsx are dropped"
        raise wrong("REASON_MISSING", text, d)
    return record


def layout_of(d: Located, record: Mapping[str, Any], needed: tuple[Address, ...], wrong: Wrong) -> Layout:
    """How the sheet stands in its file: with `above` in `record`, its header is the first row that has what is needed.

    Raises MappingFileError `CHARSET_UNKNOWN`.
    """
    charset = str(d.get("charset", CHARSETS[0])).lower()
    if charset not in CHARSETS or ("charset" in d and d["format"] != "csv"):
        raise wrong("CHARSET_UNKNOWN", f"`charset` is for csv: one of {', '.join(CHARSETS)}", d)
    names = tuple(dict.fromkeys(one.text for one in needed)) if "above" in record else ()
    return Layout(charset, names)
