"""FHIR resources to the bytes of an agency: the same rows read backwards.

A disclosure is rendered with an empty complement; only what goes back to the agency it came from may bring its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import NAMESPACE_OID, uuid5

from mappings.complement import overlay_csv, overlay_json, overlay_v2
from mappings.library import Mapping_
from mappings.model import Rendered, RenderRefused
from mappings.rendering import Rendering
from mappings.syntax.page import write_page
from mappings.syntax.sheets import SHEETS
from mappings.translate import named_zone
from mappings.writing import Builder, CsvBuilder, JsonBuilder, V2Builder, json_bytes
from mappings.writing_ccda import CcdaBuilder
from mappings.writing_sets import SetBuilder

MEDIA_TYPES = {
    "hl7v2": "x-application/hl7-v2+er7",
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "json": "application/json",
    "ccda": "text/xml; charset=utf-8",
    "html": "text/html; charset=utf-8",
    "csv_set": "application/zip",
}


def render(
    mapping: Mapping_,
    resources: Sequence[Mapping[str, object]],
    *,
    at: datetime,
    control_id: str | None,
    zone: str | None,
    complement: Mapping[str, object] | None = None,
    settings: Mapping[str, str] | None = None,
) -> Rendered:
    """The bytes an agency reads; `issues` lists each element without a local home. Raises RenderRefused.

    `settings` are facts of the sender for rows with `setting:` (`sending_application`, `notice`, ...). `at` and
    `control_id` make header times and ids, so that the same release is the same bytes.
    """
    mapping = mapping.writing()
    if mapping.direction == "in":
        raise RenderRefused("DIRECTION_IN", f"mapping `{mapping.id}` is for reading only")
    facts = {**(settings or {}), "at": _instant(mapping.format, at, zone), "control_id": control_id or ""}
    if mapping.format == "ccda":
        facts["document_id"] = str(uuid5(NAMESPACE_OID, f"{mapping.id}|{control_id}|{at.isoformat()}"))
    run = Rendering(mapping, resources, facts, complement or {})
    return rendered(run, run.write())


def _instant(syntax: str, at: datetime, zone: str | None) -> str:
    known = named_zone(zone)
    local = at.astimezone(known) if known is not None else at
    text = local.isoformat(timespec="seconds")
    if syntax not in ("hl7v2", "ccda"):
        return text
    return text[:10].replace("-", "") + text[11:].replace(":", "")


def rendered(run: Rendering, builder: Builder) -> Rendered:
    """The bytes, with the complement laid under."""
    kind = MEDIA_TYPES[run.mapping.format]
    issues = run.homeless
    if isinstance(builder, V2Builder):
        order = (overlay_v2(builder, run.complement) if run.complement else None) or run.mapping.columns
        return Rendered(builder.text(order), kind, issues)
    if isinstance(builder, CsvBuilder):
        overlay_csv(builder.row, run.complement)
        if run.mapping.format == "html":
            return Rendered(write_page(run.mapping.columns, builder.row, builder.parts), kind, issues)
        write_rows = SHEETS[run.mapping.format].write_rows
        return Rendered(write_rows(run.mapping.columns, builder.lines(), run.mapping.layout), kind, issues)
    if isinstance(builder, CcdaBuilder):
        return Rendered(builder.content(run.resources), kind, issues)
    if isinstance(builder, SetBuilder):
        builder.overlay(run.complement, run.mapping.files)
        content = builder.content(run.mapping.files)
        return Rendered(content, kind, lambda: (*issues(), *builder.unwritten))
    assert isinstance(builder, JsonBuilder)
    overlay_json(builder.document, run.complement)
    return Rendered(json_bytes(builder.document), kind, issues)
