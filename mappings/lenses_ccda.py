"""Lenses on the CDA data types. A value is an element in its plain form (`ccda_tree.plain`), or an attribute's text.

Codes, ids and null flavours as in C-CDA on FHIR: an OID becomes the URI that FHIR uses for it (ConceptMap
`oid-systems`), else `urn:oid:`; a code that is only null keeps its translations and its original text. What a lens does
not hold (`codeSystemName`, assigning authority, qualifiers) is carried. References into the narrative are not followed:
the narrative is free text (V2-02).
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Sequence
from typing import Any

from mappings.concept_map import Concept, ConceptMap
from mappings.lenses import Lens, LensSpec, coding
from mappings.lenses_ccda_people import address_lens, name_lens, telecom_lens
from mappings.lenses_ccda_values import (
    boolean_lens,
    date_lens,
    datetime_lens,
    instant_lens,
    integer_lens,
    period_lens,
    quantity_lens,
    range_lens,
    timing_lens,
    word,
)
from mappings.times import Zone
from mappings.unfit import Unfit

_OID = re.compile(r"^[0-2](\.(0|[1-9]\d*))+$")
_UUID = re.compile(r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$")
_CODE = re.compile(r"^\S+( \S+)*$")
_URI = "urn:ietf:rfc:3986"
_PLAIN_TEXT = "text/plain; charset=utf-8"


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
            codings = named + [one for one in others if (one.get("system") or not named) and one not in named]
        if not codings and not text:
            raise Unfit("EMPTY", "a code or a text was expected")
        return {**({"coding": codings} if codings else {}), **({"text": text} if text else {})}

    return Lens(forward, _concept_back(systems, table, keep=keep))


def _written(entry: Any, systems: ConceptMap | None) -> dict[str, Any]:
    """A Coding as CD. Raises Unfit when its system has no OID."""
    found = {"@code": str(entry.get("code", ""))}
    if entry.get("system"):
        found["@codeSystem"] = root_of(systems, str(entry["system"]))
    if entry.get("display"):
        found["@displayName"] = str(entry["display"])
    return found


def _by_table(codings: Sequence[Any], systems: ConceptMap | None, table: ConceptMap) -> dict[str, Any] | None:
    """The code of the table's own side: the original if it is still there, else the one that stands for the target."""
    for entry in codings:
        own = table.source_system and entry.get("system") == table.source_system
        if own and entry.get("code") in table.forward:
            return _written(entry, systems)
    known = next((entry for entry in codings if entry.get("code") in table.backward), None)
    return _local(table, systems, str(known["code"])) if known is not None else None


def _concept_back(
    systems: ConceptMap | None, table: ConceptMap | None, *, keep: bool
) -> Callable[[Any], dict[str, Any]]:
    def backward(value: Any) -> dict[str, Any]:
        codings = value.get("coding", ())
        first = _by_table(codings, systems, table) if table is not None else None
        if first is None and table is not None and not keep:
            raise Unfit("NO_LOCAL_CODE", "no local code stands for this concept", "103")
        entries = [first] if first is not None else []
        for entry in codings:
            if table is not None and entry.get("code") in table.backward:
                continue
            try:
                written = _written(entry, systems)
            except Unfit:
                continue
            if written not in entries:
                entries.append(written)
        if not entries and not value.get("text"):
            raise Unfit("NO_LOCAL_CODE", "the concept has neither a code with an OID nor a text", "103")
        found: dict[str, Any] = dict(entries[0]) if entries else {"@nullFlavor": "OTH"}
        if value.get("text"):
            found["originalText"] = [{"#": str(value["text"])}]
        if len(entries) > 1:
            found["translation"] = entries[1:]
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
        return _concept_back(systems, None, keep=True)({"coding": [value]})

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
        if not system:
            raise Unfit("NO_LOCAL_CODE", "an identifier without a system has no root", "103")
        return {"@root": root_of(systems, system), "@extension": text}

    return Lens(forward, backward)


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
        except ValueError:
            raise Unfit("NOT_TEXT", "the attachment is no text") from None
        return {"paragraph": [{"#": line} for line in text.split("\n") if line.strip()]}

    return Lens(forward, backward)


def file_lens(spec: LensSpec) -> Lens:
    """Encapsulated data (ED) as an Attachment: its bytes (`representation="B64"`) or its plain text. Free text, or a
    picture of it: the decision treats it as such. What is only pointed at, or compressed, is not there.
    """

    def forward(raw: Any, zone: Zone) -> dict[str, str]:
        said = "".join(str(raw.get("#", "")).split()) if raw.get("@representation") == "B64" else ""
        if raw.get("@compression") or "#2" in raw or not raw.get("#"):
            raise Unfit(
                "EMPTY", "the bytes of the document were expected here, neither compressed nor elsewhere"
            )
        if raw.get("@representation") != "B64":
            kind = raw.get("@mediaType", "text/plain")
            return {
                "contentType": f"{kind}; charset=utf-8",
                "data": base64.b64encode(raw["#"].encode()).decode(),
            }
        try:
            base64.b64decode(said, validate=True)
        except ValueError:  # `binascii.Error`, or a letter outside ASCII
            raise Unfit("NOT_TEXT", "this is no Base64") from None
        return {"contentType": raw.get("@mediaType", "application/octet-stream"), "data": said}

    def backward(value: Any) -> dict[str, Any]:
        kind = str(value.get("contentType", "")).partition(";")[0]
        return {"@mediaType": kind, "@representation": "B64", "#": value.get("data", "")}

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
    "boolean": (boolean_lens, frozenset({"true_word"})),
    "name": (name_lens, frozenset()),
    "address": (address_lens, frozenset()),
    "telecom": (telecom_lens, frozenset()),
    "attachment": (attachment_lens, frozenset()),
    "file": (file_lens, frozenset()),
}
"""Lens name -> how to make it, and the parameters it knows."""
