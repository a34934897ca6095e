"""Lenses on the HL7 v2 identifier types CX, EI and PLN. An authority is named by URI, or kept by its name: no guess."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from mappings.concept_map import ConceptMap
from mappings.lenses import Lens, LensSpec
from mappings.lenses_hl7v2 import V2_SYSTEM, joined, need, pieces, plain
from mappings.syntax.hl7v2 import escape
from mappings.times import Zone, v2_back, v2_date
from mappings.unfit import Unfit

_OID = re.compile(r"^[0-2](\.(0|[1-9]\d*))+$")
_UUID = re.compile(r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$")
NPI = "http://hl7.org/fhir/sid/us-npi"
_IDENTIFIER_TYPE = V2_SYSTEM + "0203"
_TYPE_CODE = re.compile(r"^[A-Z][A-Z0-9&]{0,5}$")
_LONGEST_AUTHORITY = 200


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


def _authorities(namespaces: ConceptMap | None, separator: str) -> Callable[[str], dict[str, Any]]:
    """A function of the text of an HD -> `system` where a URI is known for the authority; else its namespace as the
    assigner's name, so that it can be echoed. Never a made-up system. Authorities are few and remembered."""

    def authority(text: str) -> dict[str, Any]:
        namespace, universal_id, kind = ([plain(part) for part in text.split(separator)] + ["", ""])[:3]
        system = authority_uri(universal_id, kind)
        if not system and namespaces is not None and namespace in namespaces.forward:
            system = namespaces.forward[namespace][0].code
        if system:
            return {"system": system}
        return {"assigner": {"display": namespace}} if namespace else {}

    known = lru_cache(maxsize=512)(authority)
    return lambda text: known(text) if len(text) < _LONGEST_AUTHORITY else authority(text)


def _authority_parts(value: Any, namespaces: ConceptMap | None) -> tuple[str, str, str]:
    system = str(value.get("system", ""))
    if not system:
        return escape(str(value.get("assigner", {}).get("display", ""))), "", ""
    local = namespaces.local(system) if namespaces is not None else None
    return (local.code, "", "") if local is not None else ("", *_authority_back(system))


def _kind_of(value: Any) -> str:
    for entry in value["type"].get("coding", ()) if "type" in value else ():
        return str(entry.get("code", ""))
    return ""


@lru_cache(maxsize=512)
def _identifier_type(code: str, system: str = _IDENTIFIER_TYPE) -> dict[str, Any]:
    return {"coding": [{"system": system, "code": code}]}


@lru_cache(maxsize=512)
def _type_of(code: str) -> dict[str, Any]:
    """`type` for a code of table 0203; empty for what cannot be one."""
    return {"type": _identifier_type(code)} if _TYPE_CODE.match(code) else {}


def cx_lens(spec: LensSpec) -> Lens:
    """CX: Identifier; CX.4 is the system (OID, UUID, URI, or a namespace of the row's table), never the assigner."""
    namespaces, use = spec.table, spec.text("use")
    authority = _authorities(namespaces, "&")

    def forward(raw: str, zone: Zone) -> dict[str, Any]:
        c = raw.split("^")
        if "\\" in raw:
            pieces(raw)
        count = len(c)
        kind = plain(c[4]) if count > 4 else ""
        result: dict[str, Any] = {**_type_of(kind)} if kind else {}
        if use:
            result["use"] = use
        if count > 3 and c[3]:
            result.update(authority(c[3]))
        if kind == "NPI" and "system" not in result:
            result["system"] = NPI
        result["value"] = plain(c[0]) or need("")
        if count > 6:
            _period(result, plain(c[6]), plain(c[7]) if count > 7 else "")
        return result

    def backward(value: Any) -> str:
        kind = _kind_of(value)
        if kind == "NPI" and value.get("system") == NPI:
            authority = ""
        else:
            authority = "&".join(_authority_parts(value, namespaces)).rstrip("&")
        start, end = _period_back(value)
        return joined(escape(value.get("value", "")), "", "", authority, escape(kind), "", start, end)

    return Lens(forward, backward, frozenset({4, 5, 7, 8}))


def _period(result: dict[str, Any], start: str, end: str) -> None:
    if start or end:
        period = {}
        if start:
            period["start"] = v2_date(start[:8])
        if end:
            period["end"] = v2_date(end[:8])
        result["period"] = period


def _period_back(value: Any) -> tuple[str, str]:
    period = value.get("period")
    if not period:
        return "", ""
    return tuple(v2_back(period[name])[:8] if name in period else "" for name in ("start", "end"))  # type: ignore[return-value]


def ei_lens(spec: LensSpec) -> Lens:
    """EI: Identifier; EI.3 and EI.4 (or the namespace table) give the system. `type` is a code of table 0203."""
    namespaces, kind = spec.table, spec.text("type")
    authority, typed = _authorities(namespaces, "^"), {"type": _identifier_type(kind)} if kind else {}

    def forward(raw: str, zone: Zone) -> dict[str, Any]:
        value, _, assigner = raw.partition("^")
        return {**typed, **authority(assigner), "value": plain(value) or need("")}

    def backward(value: Any) -> str:
        if kind and _kind_of(value) not in ("", kind):
            raise Unfit("OTHER_TYPE", "an identifier of another type")
        return joined(escape(value.get("value", "")), *_authority_parts(value, namespaces))

    return Lens(forward, backward, frozenset({2, 3, 4}))


def pln_lens(spec: LensSpec) -> Lens:
    """PLN: Identifier of a practitioner; NPI gets its system, other types (table 0338) are kept as type."""

    def forward(raw: str, zone: Zone) -> dict[str, Any]:
        c = pieces(raw)
        c += ("", "", "")
        result: dict[str, Any] = {}
        if c[1] == "NPI":
            result = {"type": _identifier_type("NPI"), "system": NPI}
        elif _TYPE_CODE.match(c[1]):
            result["type"] = _identifier_type(c[1], V2_SYSTEM + "0338")
        result["value"] = need(c[0])
        if c[3]:
            result["period"] = {"end": v2_date(c[3][:8])}
        return result

    def backward(value: Any) -> str:
        kind = _kind_of(value)
        end = value.get("period", {}).get("end", "")
        return joined(escape(value.get("value", "")), escape(kind), "", v2_back(end)[:8] if end else "")

    return Lens(forward, backward, frozenset({2, 4}))
