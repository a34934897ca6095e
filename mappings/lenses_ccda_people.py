"""Lenses on the CDA data types that say who and where: PN, AD, TEL.

Uses as in the C-CDA on FHIR tables for names, addresses and numbers; a use that FHIR does not know is not held (the
complement keeps it), so that no name or number is lost with it. A name to be called by (`given` of qualifier CL) is no
second given name: it is carried; where there is no other, it is the given name.
"""

from __future__ import annotations

import re
from typing import Any

from mappings.lenses import Lens, LensSpec
from mappings.times import Zone
from mappings.unfit import Unfit

_NAME_USE = {"L": "usual", "C": "official", "A": "nickname", "P": "nickname"}
_NAME_CODE = {"usual": "L", "official": "C", "nickname": "P"}
_ADDRESS_USE = {
    "H": "home",
    "HP": "home",
    "HV": "home",
    "WP": "work",
    "DIR": "work",
    "PUB": "work",
    "TMP": "temp",
    "BAD": "old",
}
_ADDRESS_CODE = {"home": "HP", "work": "WP", "temp": "TMP", "old": "BAD"}
_TELECOM_USE = {**_ADDRESS_USE, "MC": "mobile", "PG": "mobile", "AS": "work"}
_TELECOM_CODE = {**_ADDRESS_CODE, "mobile": "MC"}
_SCHEMES = {
    "tel": "phone",
    "fax": "fax",
    "x-text-fax": "fax",
    "mailto": "email",
    "http": "url",
    "https": "url",
}
_SCHEME_OF = {"phone": "tel", "fax": "fax", "email": "mailto"}
_SCHEME = re.compile(r"^([A-Za-z][A-Za-z0-9+.-]*):\s*(.*)$", re.DOTALL)
_PARTS = (("city", "city"), ("state", "state"), ("postalCode", "postalCode"), ("country", "country"))


def texts(raw: Any, name: str) -> list[str]:
    """The texts of the elements of one name."""
    return [one["#"] for one in raw.get(name, ()) if one.get("#")]


def _use(raw: Any, known: dict[str, str]) -> dict[str, str]:
    """`use` from the first of the codes in @use that has a meaning."""
    found = [known[code] for code in str(raw.get("@use", "")).split() if code in known]
    return {"use": found[0]} if found else {}


def name_lens(spec: LensSpec) -> Lens:
    """PN, EN: HumanName."""

    def forward(raw: Any, zone: Zone) -> dict[str, Any]:
        if isinstance(raw, str):
            return {"text": raw}
        result: dict[str, Any] = _use(raw, _NAME_USE)
        family = texts(raw, "family")
        given = [one["#"] for one in raw.get("given", ()) if one.get("#") and one.get("@qualifier") != "CL"]
        given = given or texts(raw, "given")
        if family:
            result["family"] = " ".join(family)
        if given:
            result["given"] = given
        for name in ("prefix", "suffix"):
            if texts(raw, name):
                result[name] = texts(raw, name)
        if not family and not given:
            if not raw.get("#"):
                raise Unfit("EMPTY", "a family or given name was expected")
            return {**_use(raw, _NAME_USE), "text": raw["#"]}
        return result

    def backward(value: Any) -> dict[str, Any]:
        found: dict[str, Any] = {}
        code = _NAME_CODE.get(str(value.get("use", "")))
        if code:
            found["@use"] = code
        for name in ("prefix", "given", "family", "suffix"):
            parts = value.get(name, ())
            if parts:
                found[name] = [{"#": str(part)} for part in ([parts] if isinstance(parts, str) else parts)]
        if "given" not in found and "family" not in found:
            found["#"] = str(value["text"])
        return found

    return Lens(forward, backward)


def address_lens(spec: LensSpec) -> Lens:
    """AD: Address."""

    def forward(raw: Any, zone: Zone) -> dict[str, Any]:
        result: dict[str, Any] = _use(raw, _ADDRESS_USE)
        if lines := texts(raw, "streetAddressLine"):
            result["line"] = lines
        for name, element in _PARTS:
            if found := texts(raw, name):
                result[element] = found[0]
        if county := texts(raw, "county"):
            result["district"] = county[0]
        if not result.keys() - {"use"}:
            if not raw.get("#"):
                raise Unfit("EMPTY", "a part of an address was expected")
            result["text"] = raw["#"]
        return result

    def backward(value: Any) -> dict[str, Any]:
        found: dict[str, Any] = {}
        if code := _ADDRESS_CODE.get(str(value.get("use", ""))):
            found["@use"] = code
        if value.get("line"):
            found["streetAddressLine"] = [{"#": str(line)} for line in value["line"]]
        for name, element in (*_PARTS, ("county", "district")):
            if value.get(element):
                found[name] = [{"#": str(value[element])}]
        if not found.keys() - {"@use"}:
            found["#"] = str(value["text"])
        return found

    return Lens(forward, backward)


def telecom_lens(spec: LensSpec) -> Lens:
    """TEL: ContactPoint. The number as the sender writes it; an unknown scheme stays a whole (`other`)."""

    def forward(raw: Any, zone: Zone) -> dict[str, str]:
        text = raw if isinstance(raw, str) else raw.get("@value", "")
        found = _SCHEME.match(text)
        system = _SCHEMES.get(found[1].lower(), "other") if found else "phone"
        value = found[2] if found and system in _SCHEME_OF else text
        if not value:
            raise Unfit("EMPTY", "a number or address was expected")
        if system == "phone" and found is None and "@" in value:
            system = "email"
        use = {} if isinstance(raw, str) else _use(raw, _TELECOM_USE)
        if system == "phone" and not isinstance(raw, str) and "PG" in str(raw.get("@use", "")).split():
            system = "pager"
        return {"system": system, "value": value, **use}

    def backward(value: Any) -> dict[str, str]:
        system, text = str(value.get("system", "phone")), str(value["value"])
        scheme = "tel" if system == "pager" else _SCHEME_OF.get(system, "")
        found = {"@value": f"{scheme}:{text}" if scheme else text}
        code = "PG" if system == "pager" else _TELECOM_CODE.get(str(value.get("use", "")))
        return {**({"@use": code} if code else {}), **found}

    return Lens(forward, backward)
