"""Lenses on the HL7 v2 data types that say who and where: XPN, XAD, XTN. Codes of tables 0190, 0200 and 0201 that
have no FHIR counterpart are not held (the complement keeps them), so that no name or number is lost with them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mappings.lenses import Lens, LensSpec
from mappings.lenses_hl7v2 import (
    boolean_lens,
    code_lens,
    coding_lens,
    components,
    concept_lens,
    date_lens,
    datetime_lens,
    day_lens,
    instant_lens,
    integer_lens,
    joined,
    label_lens,
    number_lens,
    pieces,
    plain,
    quantity_lens,
    text_lens,
    until_lens,
)
from mappings.lenses_identifiers import cx_lens, ei_lens, pln_lens
from mappings.lenses_structured import structured_lens
from mappings.syntax.hl7v2 import escape
from mappings.times import Zone
from mappings.unfit import Unfit

_NAME_USE = {"L": "official", "D": "usual", "M": "maiden", "N": "nickname", "T": "temp", "S": "anonymous"}
_NAME_TYPE = {use: code for code, use in _NAME_USE.items()}
_ADDRESS_USE = {"H": "home", "B": "work", "O": "work", "BI": "billing", "C": "temp"}
_ADDRESS_TYPE = {"home": "H", "work": "B", "billing": "BI", "temp": "C"}
_ADDRESS_KIND = {**{code: {"use": use} for code, use in _ADDRESS_USE.items()}, "M": {"type": "postal"}}
_NOTHING: dict[str, str] = {}
_TELECOM_USE = {"PRN": "home", "ORN": "home", "VHN": "temp", "WPN": "work", "PRS": "mobile"}
_TELECOM_SYSTEM = {
    "PH": "phone",
    "CP": "phone",
    "SAT": "phone",
    "FX": "fax",
    "BP": "pager",
    "INTERNET": "email",
    "X.400": "email",
    "TDD": "other",
    "TTY": "other",
    "MD": "other",
}
_TELECOM_USES = {code: {"use": use} for code, use in _TELECOM_USE.items()}
_MOBILE = {"use": "mobile"}
_TELECOM_CODED = frozenset({2, 3, 5, 6, 7, 8, 12})
"""Use and equipment; and the parts of a number, which may be the same as another one in a single part."""
_NUMBER_ALONE = frozenset(_TELECOM_SYSTEM) - {"INTERNET", "X.400"}
"""Equipment whose component 1 is the number, where nothing else is given."""


def name_lens(spec: LensSpec) -> Lens:
    """XPN: HumanName; with `datatype: xcn`, the name in an XCN."""
    if spec.text("datatype") == "xcn":
        plain_name = name_lens(LensSpec("name", {}, None, None))
        return Lens(lambda raw, zone: plain_name.forward(_name_in(raw), zone), None, frozenset({10}))

    def forward(raw: str, zone: Zone) -> dict[str, Any]:
        family, given, more, suffix, prefix, degree, kind, _ = components(raw, 7)
        result: dict[str, Any] = {"use": _NAME_USE[kind]} if kind in _NAME_USE else {}
        if family:
            result["family"] = family
        if more:
            result["given"] = [given, more] if given else [more]
        elif given:
            result["given"] = [given]
        if prefix:
            result["prefix"] = [prefix]
        if suffix or degree:
            result["suffix"] = [part for part in (suffix, degree) if part]
        if not (family or given or more):
            raise Unfit("EMPTY", "a family or given name was expected")
        return result

    def backward(value: Any) -> str:
        given = [escape(part) for part in value.get("given", ())]
        suffix = [escape(part) for part in value.get("suffix", ())]
        prefix = " ".join(escape(part) for part in value.get("prefix", ()))
        family = escape(value.get("family", "") or ("" if given else value.get("text", "")))
        use = _NAME_TYPE.get(value.get("use", ""), "")
        return joined(family, *(given[:1] or [""]), " ".join(given[1:]), " ".join(suffix), prefix, "", use)

    return Lens(forward, backward, frozenset({7}))


def _name_in(raw: str) -> str:
    """The XPN in an XCN: components 2 to 7, and the type of name in 10."""
    c = [*raw.split("^"), *[""] * 10]
    return joined(*c[1:7], c[9])


def _identifier_in(raw: str) -> str:
    """The CX in an XCN: its id, authority (9) and type (13)."""
    c = [*raw.split("^"), *[""] * 13]
    return joined(c[0], "", "", c[8], c[12])


def xcn_identifier_lens(spec: LensSpec) -> Lens:
    """XCN: the Identifier in it."""
    inner = cx_lens(spec)
    return Lens(lambda raw, zone: inner.forward(_identifier_in(raw), zone), None, frozenset({9, 13}))


def address_lens(spec: LensSpec) -> Lens:
    """XAD: Address."""

    def forward(raw: str, zone: Zone) -> dict[str, Any]:
        first, second, city, state, code, country, kind, _, district, _ = components(raw, 9)
        result: dict[str, Any] = {**_ADDRESS_KIND.get(kind, _NOTHING)}
        if second:
            result["line"] = [first, second] if first else [second]
        elif first:
            result["line"] = [first]
        if city:
            result["city"] = city
        if state:
            result["state"] = state
        if code:
            result["postalCode"] = code
        if country:
            result["country"] = country
        if district:
            result["district"] = district
        if not (first or second or city or state or code or country or district):
            raise Unfit("EMPTY", "a part of an address was expected")
        return result

    def backward(value: Any) -> str:
        lines = [escape(part) for part in value.get("line", ())]
        kind = _ADDRESS_TYPE.get(value.get("use", ""), "M" if value.get("type") == "postal" else "")
        rest = [escape(value.get(name, "")) for name in ("city", "state", "postalCode", "country")]
        district = escape(value.get("district", ""))
        return joined(*(lines[:1] or [""]), ", ".join(lines[1:]), *rest, kind, "", district)

    return Lens(forward, backward, frozenset({7}))


def _number_text(c: list[str], count: int) -> str:
    if count > 11 and c[11]:
        return c[11]
    if count > 6 and c[6]:
        text = f"({c[5]}) {c[6]}" if c[5] else c[6]
        text = f"+{c[4].lstrip('+')} {text}" if c[4] else text
        return f"{text} ext. {c[7]}" if count > 7 and c[7] else text
    return c[0]


def _telecom_use(code: str, kind: str) -> dict[str, str]:
    return _MOBILE if kind == "CP" else _TELECOM_USES.get(code, _NOTHING)


def telecom_lens(spec: LensSpec) -> Lens:
    """XTN: ContactPoint. The number in the form the sender gave; parts are joined, none is guessed."""

    def forward(raw: str, zone: Zone) -> dict[str, Any]:
        c = pieces(raw)
        count = len(c)
        kind = c[2] if count > 2 else ""
        if count == 3 and c[0] and kind in _NUMBER_ALONE:
            return {"system": _TELECOM_SYSTEM[kind], "value": c[0], **_telecom_use(c[1], kind)}
        if kind and kind not in _TELECOM_SYSTEM:
            kind = kind.upper()
        value = _number_text(c, count) if count > 6 else c[0]
        if count > 3 and c[3] and (kind in ("INTERNET", "X.400") or not value):
            value = c[3]
            system = "email" if "@" in value else "url" if "://" in value else "other"
        else:
            if not value:
                raise Unfit("EMPTY", "a number or address was expected")
            system = _TELECOM_SYSTEM.get(kind, "other") if kind else "phone"
            if system == "email" and "@" not in value:
                system = "other"
        return {"system": system, "value": value, **_telecom_use(c[1] if count > 1 else "", kind)}

    def backward(value: Any) -> str:
        system, use, text = value.get("system", "phone"), value.get("use", ""), escape(value.get("value", ""))
        code = {"home": "PRN", "work": "WPN", "temp": "VHN", "mobile": "PRS"}.get(use, "")
        if system in ("email", "url"):
            return joined("", code or "NET", "Internet", text)
        kind = "CP" if use == "mobile" else {"phone": "PH", "fax": "FX", "pager": "BP"}.get(system, "MD")
        return joined("", code, kind, *[""] * 8, text)

    return Lens(forward, backward, _TELECOM_CODED)


def _identifier_lens(spec: LensSpec) -> Lens:
    makers: dict[str, Callable[[LensSpec], Lens]] = {
        "cx": cx_lens,
        "ei": ei_lens,
        "pln": pln_lens,
        "xcn": xcn_identifier_lens,
    }
    return makers[spec.text("datatype", "cx")](spec)


def annotation_lens(spec: LensSpec) -> Lens:
    """FT, TX: Annotation. Free text: only where a mapping marks it so on purpose (rule V2-02)."""

    def forward(raw: str, zone: Zone) -> dict[str, str]:
        text = plain(raw)
        if not text:
            raise Unfit("EMPTY", "a text was expected")
        return {"text": text}

    return Lens(forward, lambda value: escape(value.get("text", "")), frozenset())


V2_LENSES: dict[str, tuple[Callable[[LensSpec], Lens], frozenset[str]]] = {
    "string": (text_lens, frozenset()),
    "code": (code_lens, frozenset({"map", "with_name", "coding_system"})),
    "concept": (concept_lens, frozenset({"map", "system", "unknown", "worded"})),
    "coding": (coding_lens, frozenset({"map", "system"})),
    "label": (label_lens, frozenset({"map"})),
    "identifier": (_identifier_lens, frozenset({"datatype", "map", "use", "type"})),
    "date": (date_lens, frozenset()),
    "day": (day_lens, frozenset()),
    "datetime": (datetime_lens, frozenset()),
    "instant": (instant_lens, frozenset()),
    "until": (until_lens, frozenset({"as"})),
    "integer": (integer_lens, frozenset()),
    "decimal": (number_lens, frozenset()),
    "boolean": (boolean_lens, frozenset()),
    "quantity": (quantity_lens, frozenset()),
    "structured": (structured_lens, frozenset({"as"})),
    "name": (name_lens, frozenset({"datatype"})),
    "address": (address_lens, frozenset()),
    "telecom": (telecom_lens, frozenset()),
    "annotation": (annotation_lens, frozenset()),
}
"""Lens name -> how to make it, and the parameters it knows."""
