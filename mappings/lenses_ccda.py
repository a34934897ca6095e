"""Lenses on the CDA data types. A value is an element in its plain form (`ccda_tree.plain`), or an attribute's text.

Codes, ids and null flavours as in C-CDA on FHIR: an OID becomes the URI that FHIR uses for it (ConceptMap
`oid-systems`), else `urn:oid:`; a code that is only null keeps its translations and its original text. What a lens does
not hold (`codeSystemName`, assigning authority, qualifiers) is carried. References into the narrative are not followed:
the narrative is free text (V2-02).
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable
from typing import Any

from mappings.concept_map import Concept, ConceptMap
from mappings.lenses import Lens, LensSpec, coding, integer, number
from mappings.lenses_ccda_people import address_lens, name_lens, telecom_lens
from mappings.times import Zone, v2_back, v2_date, v2_datetime
from mappings.unfit import Partly, Unfit

_OID = re.compile(r"^[0-2](\.(0|[1-9]\d*))+$")
_UUID = re.compile(r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$")
_UCUM = "http://unitsofmeasure.org"
_CODE = re.compile(r"^\S+( \S+)*$")
_URI = "urn:ietf:rfc:3986"
_PLAIN_TEXT = "text/plain; charset=utf-8"


def word(raw: Any) -> str:
    """The text of an attribute or element, or its `code` or `value`. Raises Unfit when there is none."""
    if isinstance(raw, str):
        return raw
    found = raw.get("@code") or raw.get("@value") or raw.get("#")
    if not found:
        raise Unfit("EMPTY", "no usable value")
    return str(found)


def system_of(systems: ConceptMap | None, oid: str) -> str:
    """The URI of a code system or assigning authority by OID or UUID; "" for what is neither."""
    known = systems.forward.get(oid) if systems is not None else None
    if known:
        return known[0].code
    if _OID.match(oid):
        return f"urn:oid:{oid}"
    return f"urn:uuid:{oid.lower()}" if _UUID.match(oid) else ""


def root_of(systems: ConceptMap | None, uri: str) -> str:
    """The OID or UUID of a URI. Raises Unfit when none is known."""
    local = systems.local(uri) if systems is not None else None
    if local is not None:
        return local.code
    if uri.startswith(("urn:oid:", "urn:uuid:")):
        return uri.partition(":")[2].partition(":")[2]
    raise Unfit("NO_LOCAL_CODE", "the system has no OID", "103")


def string_lens(spec: LensSpec) -> Lens:
    """ST, ED: the text."""
    return Lens(lambda raw, zone: word(raw), lambda value: {"#": str(value)})


def code_lens(spec: LensSpec) -> Lens:
    """CS, CE: a code of the row's table, or one of the closed list `codes`."""
    table = spec.table
    codes = frozenset(map(str, spec.parameters["codes"])) if table is None else frozenset()

    def forward(raw: Any, zone: Zone) -> str:
        found = word(raw)
        if table is None:
            if found in codes:
                return found
        elif targets := table.targets(found):
            return targets[0].code
        raise Unfit("NO_CONCEPT", "the code is not in the table of this row", "103")

    def backward(value: Any) -> dict[str, str]:
        if table is None:
            return {"@code": str(value)}
        return _local(table, spec.systems, str(value))

    return Lens(forward, backward)


def _local(table: ConceptMap, systems: ConceptMap | None, code: str) -> dict[str, str]:
    local = table.local(code)
    if local is None:
        raise Unfit("NO_LOCAL_CODE", "no local code stands for this code", "103")
    found = {"@code": local.code}
    if local.system and not local.system.startswith("urn:warm-handoff:"):
        found["@codeSystem"] = root_of(systems, local.system)
        if local.display:
            found["@displayName"] = local.display
    return found


def _coding_of(raw: Any, systems: ConceptMap | None) -> dict[str, str] | None:
    """The Coding of a CD, CE or translation; None when it has no code."""
    code = raw.get("@code", "")
    if not code:
        return None
    if not _CODE.match(code):
        raise Unfit("NOT_A_CODE", "a code has no line breaks or double spaces", "103")
    return coding(Concept(system_of(systems, raw.get("@codeSystem", "")), code, raw.get("@displayName", "")))


def _text_in(raw: Any) -> str:
    """The original text of a CD written out in the entry (a reference into the narrative is not followed)."""
    texts = raw.get("originalText") or [{}]
    return str(texts[0].get("#", ""))


def concept_lens(spec: LensSpec) -> Lens:
    """CD, CE, CV: CodeableConcept with its translations; with a table, the targets first and the original kept.

    With `unknown: keep`, a code that the table does not know stays as the sender gave it; with `original: left out`,
    only the targets go on (where the original would say something else without what stands beside it)."""
    systems, table, keep = spec.systems, spec.table, spec.text("unknown") == "keep"
    without_original = spec.text("original") == "left out"

    def forward(raw: Any, zone: Zone) -> dict[str, Any]:
        raw = {"@code": raw} if isinstance(raw, str) else raw
        found = [_coding_of(one, systems) for one in (raw, *raw.get("translation", ()))]
        codings = [one for one in found if one is not None]
        text = _text_in(raw) or ("" if codings else raw.get("@displayName", ""))
        if table is not None:
            targets = table.targets(raw.get("@code", ""))
            if not targets and not keep:
                raise Unfit("NO_CONCEPT", "the code is not in the table of this row", "103")
            named = [coding(target) for target in targets]
            others = [] if without_original else codings
            codings = named + [one for one in others if one.get("system") and one not in named]
        if not codings and not text:
            raise Unfit("EMPTY", "a code or a text was expected")
        return {**({"coding": codings} if codings else {}), **({"text": text} if text else {})}

    written = _concept_back(systems, table)

    def backward(value: Any) -> dict[str, Any]:
        if table is not None and not keep:
            codes = {entry.get("code") for entry in value.get("coding", ())}
            if codes.isdisjoint(table.backward):
                raise Unfit("NO_LOCAL_CODE", "no local code stands for this concept", "103")
        return written(value)

    return Lens(forward, backward)


def _concept_back(systems: ConceptMap | None, table: ConceptMap | None) -> Callable[[Any], dict[str, Any]]:
    def written(entry: Any) -> dict[str, Any]:
        found = {"@code": str(entry.get("code", ""))}
        if entry.get("system"):
            found["@codeSystem"] = root_of(systems, str(entry["system"]))
        if entry.get("display"):
            found["@displayName"] = str(entry["display"])
        return found

    def backward(value: Any) -> dict[str, Any]:
        entries: list[dict[str, Any]] = []
        for entry in value.get("coding", ()):
            if table is not None and entry.get("code") in table.backward:
                if entry.get("code") in table.forward:
                    entries.insert(0, _local(table, systems, str(entry.get("code"))))
                continue
            try:
                entries.append(written(entry))
            except Unfit:
                continue
        if not entries and table is not None:
            known = [e for e in value.get("coding", ()) if e.get("code") in table.backward]
            entries = [_local(table, systems, str(entry["code"])) for entry in known[:1]]
        found: dict[str, Any] = dict(entries[0]) if entries else {"@nullFlavor": "OTH"}
        if value.get("text"):
            found["originalText"] = [{"#": str(value["text"])}]
        if len(entries) > 1:
            found["translation"] = entries[1:]
        if not entries and not value.get("text"):
            raise Unfit("NO_LOCAL_CODE", "the concept has neither a code with an OID nor a text", "103")
        return found

    return backward


def coding_lens(spec: LensSpec) -> Lens:
    """CE as one Coding: of the row's table, else as the sender names it."""
    systems, table = spec.systems, spec.table

    def forward(raw: Any, zone: Zone) -> dict[str, str]:
        if table is not None:
            targets = table.targets(word(raw))
            if not targets:
                raise Unfit("NO_CONCEPT", "the code is not in the table of this row", "103")
            return coding(targets[0])
        found = _coding_of(raw, systems)
        if found is None:
            raise Unfit("EMPTY", "a code was expected")
        return found

    def backward(value: Any) -> dict[str, Any]:
        if table is not None:
            return _local(table, systems, str(value.get("code", "")))
        return _concept_back(systems, None)({"coding": [value]})

    return Lens(forward, backward)


def label_lens(spec: LensSpec) -> Lens:
    """Sensitivity labels (a list of Coding) from the row's table; one that the table has goes back out."""
    table = spec.table
    if table is None:
        raise KeyError("map")

    def forward(raw: Any, zone: Zone) -> list[dict[str, str]]:
        found = table.targets(word(raw).upper() if word(raw) not in table.forward else word(raw))
        if not found:
            raise Unfit("NO_CONCEPT", "the code is not in the table of this row", "103")
        return [coding(target) for target in found]

    def backward(value: Any) -> dict[str, str]:
        if isinstance(value, list):
            raise Unfit("ONE_VALUE_ONLY", "one label is written at a time")
        code = str(value.get("code", ""))
        targets = table.forward.get(code, ())
        if not any((one.system, one.code) == (value.get("system"), code) for one in targets):
            raise Unfit("NO_LOCAL_CODE", "the table of this row has no such label", "103")
        return {"@code": code, "@codeSystem": root_of(spec.systems, table.source_system)}

    return Lens(forward, backward)


def identifier_lens(spec: LensSpec) -> Lens:
    """II: Identifier. A root alone is the value of an id without a system (RFC 3986)."""
    systems, fixed = spec.systems, {"use": spec.text("use")} if "use" in spec.parameters else {}

    def forward(raw: Any, zone: Zone) -> dict[str, str]:
        root, extension = raw.get("@root", ""), raw.get("@extension", "")
        system = system_of(systems, root)
        if extension:
            return {**fixed, **({"system": system} if system else {}), "value": extension}
        if not system:
            raise Unfit("NOT_AN_ID", "an id has an OID or UUID as its root, or an extension")
        if _UUID.match(root):
            return {**fixed, "system": _URI, "value": system}
        return {**fixed, "system": _URI, "value": f"urn:oid:{root}"}

    def backward(value: Any) -> dict[str, str]:
        system, text = str(value.get("system", "")), str(value["value"])
        if system == _URI:
            return {"@root": root_of(None, text)}
        found = {"@root": root_of(systems, system)} if system else {}
        return {**found, "@extension": text}

    return Lens(forward, backward)


def date_lens(spec: LensSpec) -> Lens:
    """TS whose time is of no meaning where it goes (a birth date): the date alone."""
    return Lens(lambda raw, zone: v2_date(word(raw)[:8]), lambda value: {"@value": v2_back(value)})


def datetime_lens(spec: LensSpec) -> Lens:
    """TS: precision and zone kept, never invented."""
    return Lens(lambda raw, zone: v2_datetime(word(raw), zone), lambda value: {"@value": v2_back(value)})


def instant_lens(spec: LensSpec) -> Lens:
    """TS to the minute and with a known zone; a date alone is no instant."""

    def forward(raw: Any, zone: Zone) -> str:
        try:
            found = v2_datetime(word(raw), zone)
        except Partly as partly:
            raise Unfit(partly.code, partly.message) from None
        if "T" not in found:
            raise Unfit("TIME_TOO_COARSE", "a date without a time is no instant", "102")
        return found

    return Lens(forward, lambda value: {"@value": v2_back(value)})


def _bound(raw: Any, name: str) -> Any:
    """`low` or `high` of an interval; None when it is not there or says only why."""
    there = [one for one in raw.get(name, ()) if one.get("@value")]
    return there[0] if there else None


def period_lens(spec: LensSpec) -> Lens:
    """IVL_TS with a beginning, an end or both: Period."""

    def forward(raw: Any, zone: Zone) -> dict[str, str]:
        found: dict[str, str] = {}
        partly: Partly | None = None
        for name, element in (("low", "start"), ("high", "end")):
            bound = _bound(raw, name)
            if bound is None:
                continue
            try:
                found[element] = v2_datetime(word(bound), zone)
            except Partly as part:
                partly = Partly(part.code, part.message, found)
                found[element] = str(part.value)
        if not found:
            raise Unfit("EMPTY", "an interval with a beginning or an end was expected")
        if partly is not None:
            raise partly
        return found

    def backward(value: Any) -> dict[str, Any]:
        pairs = (("low", "start"), ("high", "end"))
        return {name: [{"@value": v2_back(value[e])}] for name, e in pairs if value.get(e)}

    return Lens(forward, backward)


def quantity_of(raw: Any) -> dict[str, Any]:
    """The Quantity of a PQ. Raises Unfit."""
    unit = raw.get("@unit", "")
    found: dict[str, Any] = {"value": number(raw.get("@value", ""))}
    if unit and unit != "1":
        found |= {"unit": unit, "system": _UCUM, "code": unit}
    return found


def _pq(value: Any) -> dict[str, str]:
    unit = str(value.get("code") or value.get("unit") or "")
    return {"@value": str(value["value"]), **({"@unit": unit} if unit else {})}


def quantity_lens(spec: LensSpec) -> Lens:
    """PQ: Quantity in UCUM, digits kept."""
    return Lens(lambda raw, zone: quantity_of(raw), _pq)


def range_lens(spec: LensSpec) -> Lens:
    """IVL_PQ: Range."""

    def forward(raw: Any, zone: Zone) -> dict[str, Any]:
        bounds = {name: _bound(raw, name) for name in ("low", "high")}
        found = {name: quantity_of(bound) for name, bound in bounds.items() if bound is not None}
        if not found:
            raise Unfit("EMPTY", "an interval with a bound was expected")
        return found

    return Lens(
        forward, lambda value: {name: [_pq(value[name])] for name in ("low", "high") if value.get(name)}
    )


_UNITS = frozenset({"s", "min", "h", "d", "wk", "mo", "a"})


def timing_lens(spec: LensSpec) -> Lens:
    """PIVL_TS: once in each period, as Timing."""

    def forward(raw: Any, zone: Zone) -> dict[str, Any]:
        periods = raw.get("period", ())
        unit = periods[0].get("@unit", "") if periods else ""
        if unit not in _UNITS:
            raise Unfit("NOT_A_TIME", "a period in seconds to years was expected")
        return {
            "repeat": {"frequency": 1, "period": number(periods[0].get("@value", "")), "periodUnit": unit}
        }

    def backward(value: Any) -> dict[str, Any]:
        repeat = value.get("repeat", {})
        if repeat.get("frequency", 1) != 1 or not repeat.keys() <= {"frequency", "period", "periodUnit"}:
            raise Unfit("NOT_A_TIME", "only once in each period has a form here")
        return {"period": [{"@value": str(repeat["period"]), "@unit": str(repeat["periodUnit"])}]}

    return Lens(forward, backward)


def integer_lens(spec: LensSpec) -> Lens:
    """INT: a whole number."""
    return Lens(lambda raw, zone: integer(word(raw)), lambda value: {"@value": str(value)})


def boolean_lens(spec: LensSpec) -> Lens:
    """BL: true or false."""

    def forward(raw: Any, zone: Zone) -> bool:
        if word(raw) not in ("true", "false"):
            raise Unfit("NOT_BOOLEAN", "neither true nor false", "103")
        return word(raw) == "true"

    return Lens(forward, lambda value: {"@value": "true" if value else "false"})


def attachment_lens(spec: LensSpec) -> Lens:
    """Narrative (`narrative()`) as an Attachment of plain text. Free text: the decision treats it as such."""

    def forward(raw: Any, zone: Zone) -> dict[str, str]:
        text = "".join(gap + line for gap, line, _ in raw).strip()
        if not text:
            raise Unfit("EMPTY", "a text was expected")
        return {"contentType": _PLAIN_TEXT, "data": base64.b64encode(text.encode()).decode()}

    def backward(value: Any) -> dict[str, Any]:
        if not str(value.get("contentType", "")).startswith("text/plain"):
            raise Unfit("OTHER_TYPE", "only plain text becomes a narrative")
        try:
            text = base64.b64decode(value.get("data", ""), validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            raise Unfit("NOT_TEXT", "the attachment is no text") from None
        return {"paragraph": [{"#": line} for line in text.split("\n") if line.strip()]}

    return Lens(forward, backward)


CCDA_LENSES: dict[str, tuple[Callable[[LensSpec], Lens], frozenset[str]]] = {
    "string": (string_lens, frozenset()),
    "code": (code_lens, frozenset({"map", "codes"})),
    "concept": (concept_lens, frozenset({"map", "unknown", "original"})),
    "coding": (coding_lens, frozenset({"map"})),
    "label": (label_lens, frozenset({"map"})),
    "identifier": (identifier_lens, frozenset({"use"})),
    "date": (date_lens, frozenset()),
    "datetime": (datetime_lens, frozenset()),
    "instant": (instant_lens, frozenset()),
    "period": (period_lens, frozenset()),
    "quantity": (quantity_lens, frozenset()),
    "range": (range_lens, frozenset()),
    "timing": (timing_lens, frozenset()),
    "integer": (integer_lens, frozenset()),
    "boolean": (boolean_lens, frozenset()),
    "name": (name_lens, frozenset()),
    "address": (address_lens, frozenset()),
    "telecom": (telecom_lens, frozenset()),
    "attachment": (attachment_lens, frozenset()),
}
"""Lens name -> how to make it, and the parameters it knows."""
