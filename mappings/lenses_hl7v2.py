"""Lenses on HL7 v2 data types. Each takes the text of one repetition (or one component) and says what it can.

Components that a lens does not hold are not lost: they stay in the complement (`carry`). Source: HL7 v2.5.1 chapter 2A
and the v2-to-FHIR guide's data type tables; deviations are listed in `formats/hospital/README.md`.
"""

from __future__ import annotations

import re
from typing import Any

from mappings.concept_map import Concept, ConceptMap
from mappings.lenses import Backward, Lens, LensSpec, coding, number
from mappings.syntax.hl7v2 import EscapeError, escape, unescape
from mappings.times import Zone, v2_back, v2_date, v2_datetime
from mappings.unfit import Unfit

_MORE = "^" * 14
_OID = re.compile(r"^[0-2](\.(0|[1-9]\d*))+$")
_UUID = re.compile(r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$")
_HL7_TABLE = re.compile(r"^HL7(\d{1,4})$", re.IGNORECASE)
_V2_SYSTEM = "http://terminology.hl7.org/CodeSystem/v2-"
NPI = "http://hl7.org/fhir/sid/us-npi"
_IDENTIFIER_TYPE = _V2_SYSTEM + "0203"
_TYPE_CODE = re.compile(r"^[A-Z][A-Z0-9&]{0,5}$")


def plain(text: str) -> str:
    """The value of one component: first sub-component, unescaped, trimmed; a v2 delete is no value."""
    if not text:
        return text
    if "&" in text:
        text = text.split("&", 1)[0]
    if "\\" in text:
        try:
            text = unescape(text)
        except EscapeError:
            raise Unfit("ESCAPE_WRONG", "an escape sequence is cut off or unknown") from None
    text = text.strip()
    return "" if text == '""' else text


def pieces(raw: str) -> list[str]:
    """The components of a repetition, each as `plain` gives it."""
    if "&" in raw or "\\" in raw or '"' in raw:
        return [plain(part) for part in raw.split("^")]
    if " " in raw and (raw[0] == " " or raw[-1] == " " or " ^" in raw or "^ " in raw):
        return [part.strip() for part in raw.split("^")]
    return raw.split("^")


def components(raw: str) -> list[str]:
    """At least 15 components of a repetition, each as `plain` gives it."""
    return pieces(raw + _MORE)


def _joined(*parts: str) -> str:
    return "^".join(parts).rstrip("^")


def _need(text: str) -> str:
    if not text:
        raise Unfit("EMPTY", "no usable value")
    return text


def text_lens(spec: LensSpec) -> Lens:
    """ST: the text."""

    def forward(raw: str, zone: Zone) -> str:
        return plain(raw.split("^", 1)[0] if "^" in raw else raw) or _need("")

    return Lens(forward, lambda value: escape(str(value)))


def code_lens(spec: LensSpec) -> Lens:
    """ID, IS, or the first component of a CE: a code of the row's table."""
    table = spec.table
    if table is None:
        raise KeyError("map")
    with_name, system = bool(spec.parameters.get("with_name")), spec.text("coding_system")

    def forward(raw: str, zone: Zone) -> str:
        found = table.targets(plain(raw.split("^", 1)[0]))
        if not found:
            raise Unfit("NO_CONCEPT", "the code is not in the table of this row", "103")
        return found[0].code

    def backward(value: Any) -> str:
        local = table.local(str(value))
        if local is None:
            raise Unfit("NO_LOCAL_CODE", "no local code stands for this code", "103")
        return _joined(local.code, local.display, system) if with_name else local.code

    return Lens(forward, backward)


def system_uri(systems: ConceptMap | None, mnemonic: str) -> str:
    """The URI of a v2 coding system mnemonic (table 0396, `HL7nnnn`), or "" when unknown: never a guess."""
    if not mnemonic or systems is None:
        return ""
    known = systems.forward.get(mnemonic)
    if known:
        return known[0].code
    return _system_uri(systems, mnemonic)


def _system_uri(systems: ConceptMap, mnemonic: str) -> str:
    if mnemonic[:3] == "HL7" and len(mnemonic) == 7 and mnemonic[3:].isdigit():
        return _V2_SYSTEM + mnemonic[3:]
    found = systems.forward.get(mnemonic.upper())
    if found:
        return found[0].code
    table = _HL7_TABLE.match(mnemonic)
    return f"{_V2_SYSTEM}{table.group(1).zfill(4)[-4:]}" if table else ""


def system_mnemonic(systems: ConceptMap | None, uri: str) -> str:
    """The v2 mnemonic of a coding system URI, or ""."""
    if uri.startswith(_V2_SYSTEM) and uri[-4:].isdigit():
        return f"HL7{uri[-4:]}"
    local = systems.local(uri) if systems is not None else None
    return local.code if local is not None else ""


def concept_lens(spec: LensSpec) -> Lens:
    """CE, CWE: CodeableConcept with up to two codings; with a table, the targets first and the original kept."""
    systems, table, default = spec.systems, spec.table, spec.text("system")

    def one(code: str, name: str, mnemonic: str, fallback: str) -> dict[str, str]:
        system = system_uri(systems, mnemonic) if mnemonic else fallback
        found = {"system": system, "code": code} if system else {"code": code}
        if name:
            found["display"] = name
        return found

    def translated(c: list[str], codings: list[dict[str, str]]) -> list[dict[str, str]]:
        targets = table.targets(c[0]) if table is not None else ()
        if not targets:
            raise Unfit("NO_CONCEPT", "the code is not in the table of this row", "103")
        return [coding(target) for target in targets] + codings

    def forward(raw: str, zone: Zone) -> dict[str, Any]:
        c = pieces(raw)
        count = len(c)
        codings = []
        if c[0]:
            codings.append(one(c[0], c[1] if count > 1 else "", c[2] if count > 2 else "", default))
        if count > 3 and c[3]:
            codings.append(one(c[3], c[4] if count > 4 else "", c[5] if count > 5 else "", ""))
        if table is not None:
            codings = translated(c, codings)
        text = c[8] if count > 8 else ""
        if not codings:
            text = text or (c[1] if count > 1 else "")
            if not text:
                raise Unfit("EMPTY", "a code or a text was expected")
            return {"text": text}
        return {"coding": codings, "text": text} if text else {"coding": codings}

    return Lens(forward, _concept_back(systems, table))


def _concept_back(systems: ConceptMap | None, table: ConceptMap | None) -> Backward:
    def backward(value: Any) -> str:
        parts: list[str] = []
        for entry in value.get("coding", ()):
            if table is not None and entry.get("code") in table.backward and entry.get("code") not in table.forward:
                continue
            mnemonic = system_mnemonic(systems, str(entry.get("system", "")))
            parts += [escape(str(entry.get("code", ""))), escape(str(entry.get("display", ""))), mnemonic]
        if not parts and table is not None:
            for entry in value.get("coding", ()):
                local = table.local(str(entry.get("code", "")))
                if local is not None:
                    parts = [local.code, escape(local.display), system_mnemonic(systems, local.system)]
        parts = (parts + [""] * 6)[:6]
        text = escape(str(value.get("text", "")))
        if text and not parts[0]:
            return _joined("", text)
        return _joined(*parts, "", "", text)

    return backward


def coding_lens(spec: LensSpec) -> Lens:
    """CE, CWE as one Coding."""
    systems, default = spec.systems, spec.text("system")

    def forward(raw: str, zone: Zone) -> dict[str, str]:
        c = components(raw)
        system = system_uri(systems, c[2]) or ("" if c[2] else default)
        return coding(Concept(system, _need(c[0]), c[1]))

    def backward(value: Any) -> str:
        mnemonic = system_mnemonic(systems, str(value.get("system", "")))
        return _joined(escape(value.get("code", "")), escape(value.get("display", "")), mnemonic)

    return Lens(forward, backward)


def label_lens(spec: LensSpec) -> Lens:
    """Sensitivity labels (a list of Coding) from the row's table; a set of sources never goes back."""
    table = spec.table
    if table is None:
        raise KeyError("map")

    def forward(raw: str, zone: Zone) -> list[dict[str, str]]:
        code = plain(raw.split("^", 1)[0])
        found = table.targets(code.upper()) if code else ()
        if not found:
            raise Unfit("NO_CONCEPT", "the code is not in the table of this row", "103")
        return [coding(target) for target in found]

    return Lens(forward, None)


def authority_uri(universal_id: str, kind: str) -> str:
    """The URI of an HD's universal id, or "" when it is none we can state without a guess."""
    if kind == "ISO" and _OID.match(universal_id):
        return f"urn:oid:{universal_id}"
    if kind in ("UUID", "GUID") and _UUID.match(universal_id):
        return f"urn:uuid:{universal_id.lower()}"
    if kind == "URI" and ":" in universal_id:
        return universal_id
    return ""


def _authority_back(system: str) -> tuple[str, str]:
    if system.startswith("urn:oid:"):
        return system[8:], "ISO"
    if system.startswith("urn:uuid:"):
        return system[9:], "UUID"
    return (escape(system), "URI") if system else ("", "")


def _name_authority(result: dict[str, Any], authority: tuple[str, str, str], namespaces: ConceptMap | None) -> None:
    """`system` where a URI is known for the authority; else its namespace as the assigner's name, so that it can
    be echoed. Never a made-up system."""
    namespace, universal_id, kind = authority
    system = authority_uri(universal_id, kind)
    if not system and namespaces is not None and namespace in namespaces.forward:
        system = namespaces.forward[namespace][0].code
    if system:
        result["system"] = system
    elif namespace:
        result["assigner"] = {"display": namespace}


def _authority_parts(value: Any, namespaces: ConceptMap | None) -> tuple[str, str, str]:
    system = str(value.get("system", ""))
    if not system:
        return escape(str(value.get("assigner", {}).get("display", ""))), "", ""
    local = namespaces.local(system) if namespaces is not None else None
    return (local.code, "", "") if local is not None else ("", *_authority_back(system))


def _kind_of(value: Any) -> str:
    return next((str(entry.get("code", "")) for entry in value.get("type", {}).get("coding", ())), "")


def _identifier_type(code: str, system: str = _IDENTIFIER_TYPE) -> dict[str, Any]:
    return {"coding": [{"system": system, "code": code}]}


def cx_lens(spec: LensSpec) -> Lens:
    """CX: Identifier; CX.4 is the system (OID, UUID, URI, or a namespace of the row's table), never the assigner."""
    namespaces, use = spec.table, spec.text("use")

    def forward(raw: str, zone: Zone) -> dict[str, Any]:
        c = pieces(raw)
        count = len(c)
        result: dict[str, Any] = {"use": use} if use else {}
        kind = c[4] if count > 4 else ""
        if kind and _TYPE_CODE.match(kind):
            result["type"] = _identifier_type(kind)
        if count > 3:
            field = raw.split("^", 4)[3]
            if "&" in field:
                authority = [*map(plain, field.split("&")), ""]
                _name_authority(result, (authority[0], authority[1], authority[2]), namespaces)
            elif c[3]:
                _name_authority(result, (c[3], "", ""), namespaces)
        if kind == "NPI" and "system" not in result:
            result["system"] = NPI
        result["value"] = c[0] or _need("")
        if count > 6:
            _period(result, c[6], c[7] if count > 7 else "")
        return result

    def backward(value: Any) -> str:
        kind = _kind_of(value)
        if kind == "NPI" and value.get("system") == NPI:
            authority = ""
        else:
            authority = "&".join(_authority_parts(value, namespaces)).rstrip("&")
        start, end = _period_back(value)
        return _joined(escape(value.get("value", "")), "", "", authority, escape(kind), "", start, end)

    return Lens(forward, backward)


def _period(result: dict[str, Any], start: str, end: str) -> None:
    if start or end:
        period = {}
        if start:
            period["start"] = v2_date(start[:8])
        if end:
            period["end"] = v2_date(end[:8])
        result["period"] = period


def _period_back(value: Any) -> tuple[str, str]:
    period = value.get("period", {})
    return tuple(v2_back(period[name])[:8] if name in period else "" for name in ("start", "end"))  # type: ignore[return-value]


def ei_lens(spec: LensSpec) -> Lens:
    """EI: Identifier; EI.3 and EI.4 (or the namespace table) give the system. `type` is a code of table 0203."""
    namespaces, kind = spec.table, spec.text("type")

    def forward(raw: str, zone: Zone) -> dict[str, Any]:
        c = pieces(raw)
        result: dict[str, Any] = {"type": _identifier_type(kind)} if kind else {}
        if len(c) > 1:
            c += ("", "")
            _name_authority(result, (c[1], c[2], c[3]), namespaces)
        result["value"] = _need(c[0])
        return result

    def backward(value: Any) -> str:
        if kind and _kind_of(value) not in ("", kind):
            raise Unfit("OTHER_TYPE", "an identifier of another type")
        return _joined(escape(value.get("value", "")), *_authority_parts(value, namespaces))

    return Lens(forward, backward)


def pln_lens(spec: LensSpec) -> Lens:
    """PLN: Identifier of a practitioner; NPI gets its system, other types (table 0338) are kept as type."""

    def forward(raw: str, zone: Zone) -> dict[str, Any]:
        c = pieces(raw)
        c += ("", "", "")
        result: dict[str, Any] = {}
        if c[1] == "NPI":
            result = {"type": _identifier_type("NPI"), "system": NPI}
        elif _TYPE_CODE.match(c[1]):
            result["type"] = _identifier_type(c[1], _V2_SYSTEM + "0338")
        result["value"] = _need(c[0])
        if c[3]:
            result["period"] = {"end": v2_date(c[3][:8])}
        return result

    def backward(value: Any) -> str:
        kind = _kind_of(value)
        end = value.get("period", {}).get("end", "")
        return _joined(escape(value.get("value", "")), escape(kind), "", v2_back(end)[:8] if end else "")

    return Lens(forward, backward)


def date_lens(spec: LensSpec) -> Lens:
    """DT, or TS without a time."""
    return Lens(lambda raw, zone: v2_date(_need(plain(raw.split("^", 1)[0]))), v2_back)


def datetime_lens(spec: LensSpec) -> Lens:
    """TS, DTM: precision and zone kept, never invented."""

    def forward(raw: str, zone: Zone) -> str:
        if raw.isalnum():
            return v2_date(raw) if len(raw) <= 8 else v2_datetime(raw, zone)
        return v2_datetime(_need(plain(raw.split("^", 1)[0])), zone)

    return Lens(forward, v2_back)


def day_lens(spec: LensSpec) -> Lens:
    """TS whose time is of no meaning where it goes (a birth date): the date alone; the complement keeps the rest."""
    return Lens(lambda raw, zone: v2_date(_need(plain(raw.split("^", 1)[0]))[:8]), v2_back)


def number_lens(spec: LensSpec) -> Lens:
    """NM: exact decimal, digits kept."""
    return Lens(lambda raw, zone: number(_need(plain(raw.split("^", 1)[0]))), str)


def boolean_lens(spec: LensSpec) -> Lens:
    """ID of table 0136."""

    def forward(raw: str, zone: Zone) -> bool:
        code = plain(raw)
        if code not in ("Y", "N"):
            raise Unfit("NOT_BOOLEAN", "neither Y nor N", "103")
        return code == "Y"

    return Lens(forward, lambda value: "Y" if value else "N")


def quantity_lens(spec: LensSpec) -> Lens:
    """NM with a unit (CE, CWE): Quantity. UCUM where the unit says so, else the unit as text."""

    def forward(raw: tuple[str, str], zone: Zone) -> dict[str, Any]:
        value, unit = raw
        result: dict[str, Any] = {"value": number(_need(plain(value.split("^", 1)[0])))}
        c = components(unit)
        if c[0]:
            result["unit"] = c[1] or c[0]
            if c[2].upper() == "UCUM":
                result["system"] = "http://unitsofmeasure.org"
                result["code"] = c[0]
        return result

    return Lens(forward, None)


