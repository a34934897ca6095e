"""Lenses on HL7 v2 data types. Each takes the text of one repetition (or one component) and says what it can.

Components that a lens does not hold are not lost: they stay in the complement (`carry`). Source: HL7 v2.5.1 chapter 2A
and the v2-to-FHIR guide's data type tables; deviations are listed in `formats/hospital/README.md`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from mappings.concept_map import Concept, ConceptMap
from mappings.lenses import Backward, Lens, LensSpec, coding, integer, number
from mappings.syntax.hl7v2 import EscapeError, escape, unescape
from mappings.times import Zone, is_reversed, v2_back, v2_date, v2_datetime
from mappings.unfit import Partly, Unfit

PLAIN: frozenset[int] = frozenset()
"""Of a lens with no component whose very text counts (`Lens.coded`)."""
_MORE = "^" * 15
_EMPTY = ("",) * 16
_HL7_TABLE = re.compile(r"^HL7(\d{1,4})$", re.IGNORECASE)
V2_SYSTEM = "http://terminology.hl7.org/CodeSystem/v2-"


def plain(text: str) -> str:
    """The value of one component: first sub-component, unescaped, trimmed; a v2 delete is no value."""
    if not text or text.isalnum():
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
    if " " in raw and (" ^" in raw or "^ " in raw or raw[0] == " " or raw[-1] == " "):
        return [part.strip() for part in raw.split("^")]
    return raw.split("^")


def components(raw: str, count: int) -> list[str]:
    """The first `count` (at most 15) components of a repetition, each as `plain` gives it and empty where the sender
    gives fewer, and one entry more: what follows them, of no use."""
    if "&" in raw or "\\" in raw or '"' in raw:
        return [*pieces(raw), *_EMPTY][: count + 1]
    if " " in raw and (" ^" in raw or "^ " in raw or raw[0] == " " or raw[-1] == " "):
        return [*pieces(raw), *_EMPTY][: count + 1]
    return (raw + _MORE).split("^", count)


def joined(*parts: str) -> str:
    """Components as text, without empty ones at the end."""
    return "^".join(parts).rstrip("^")


def need(text: str) -> str:
    """The text; raises Unfit when there is none."""
    if not text:
        raise Unfit("EMPTY", "no usable value")
    return text


def text_lens(spec: LensSpec) -> Lens:
    """ST: the text."""

    def forward(raw: str, zone: Zone) -> str:
        return raw if raw.isalnum() else plain(raw.split("^", 1)[0] if "^" in raw else raw) or need("")

    return Lens(forward, lambda value: escape(str(value)), PLAIN)


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
        return joined(local.code, local.display, system) if with_name else local.code

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
        return V2_SYSTEM + mnemonic[3:]
    found = systems.forward.get(mnemonic.upper())
    if found:
        return found[0].code
    table = _HL7_TABLE.match(mnemonic)
    return f"{V2_SYSTEM}{table.group(1).zfill(4)[-4:]}" if table else ""


def system_mnemonic(systems: ConceptMap | None, uri: str) -> str:
    """The v2 mnemonic of a coding system URI, or ""."""
    if uri.startswith(V2_SYSTEM) and uri[-4:].isdigit():
        return f"HL7{uri[-4:]}"
    local = systems.local(uri) if systems is not None else None
    return local.code if local is not None else ""


def concept_lens(spec: LensSpec) -> Lens:
    """CE, CWE: CodeableConcept with up to two codings; with a table, the targets first and the original kept.

    With `unknown: keep`, a code that the table does not know stays as the sender gave it, without a target; with
    `worded: true`, its name (else the code) is the text where the sender gives none."""
    systems, table, default = spec.systems, spec.table, spec.text("system")
    keep, worded = spec.text("unknown") == "keep", spec.parameters.get("worded") is True

    def translated(c: list[str], codings: list[dict[str, str]]) -> list[dict[str, str]]:
        targets = table.targets(c[0]) if table is not None else ()
        if not targets and not keep:
            raise Unfit("NO_CONCEPT", "the code is not in the table of this row", "103")
        return [coding(target) for target in targets] + codings

    def forward(raw: str, zone: Zone) -> dict[str, Any]:
        c = pieces(raw)
        count = len(c)
        codings: list[dict[str, str]] = []
        if c[0]:
            codings.append(_one(systems, c[0], c[1] if count > 1 else "", c[2] if count > 2 else "", default))
        if count > 3 and c[3]:
            codings.append(_one(systems, c[3], c[4] if count > 4 else "", c[5] if count > 5 else "", ""))
        if table is not None:
            codings = translated(c, codings)
        text = c[8] if count > 8 else ""
        if not codings:
            text = text or (c[1] if count > 1 else "")
            if not text:
                raise Unfit("EMPTY", "a code or a text was expected")
            return {"text": text}
        if worded:
            text = text or _words(codings)
        return {"coding": codings, "text": text} if text else {"coding": codings}

    return Lens(
        forward, _concept_back(systems, table, worded), frozenset({3, 6} if table is None else {1, 3, 6})
    )


def _one(systems: ConceptMap | None, code: str, name: str, mnemonic: str, fallback: str) -> dict[str, str]:
    """One coding. Raises Unfit where the code is none."""
    if "\n" in code or "  " in code:
        raise Unfit("NOT_A_CODE", "a code has no line breaks or double spaces")
    system = system_uri(systems, mnemonic) if mnemonic else fallback
    found = {"system": system, "code": code} if system else {"code": code}
    if name:
        found["display"] = name
    return found


def _words(codings: Sequence[Mapping[str, Any]]) -> str:
    """The name of a concept's first code, else that code."""
    return next((str(entry.get("display") or entry.get("code", "")) for entry in codings), "")


def _concept_back(systems: ConceptMap | None, table: ConceptMap | None, worded: bool) -> Backward:
    def backward(value: Any) -> str:
        parts: list[str] = []
        for entry in value.get("coding", ()):
            if (
                table is not None
                and entry.get("code") in table.backward
                and entry.get("code") not in table.forward
            ):
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
            return joined("", text)
        if worded and value.get("text") == _words(value.get("coding", ())):
            text = ""
        return joined(*parts, "", "", text)

    return backward


def coding_lens(spec: LensSpec) -> Lens:
    """CE, CWE as one Coding: of the row's table, else as the sender names it."""
    systems, table, default = spec.systems, spec.table, spec.text("system")

    def forward(raw: str, zone: Zone) -> dict[str, str]:
        code, name, mnemonic, _ = components(raw, 3)
        if table is not None:
            found = table.targets(code)
            if not found:
                raise Unfit("NO_CONCEPT", "the code is not in the table of this row", "103")
            return coding(found[0])
        system = system_uri(systems, mnemonic) or ("" if mnemonic else default)
        return coding(Concept(system, need(code), name))

    def backward(value: Any) -> str:
        mnemonic = system_mnemonic(systems, str(value.get("system", "")))
        return joined(escape(value.get("code", "")), escape(value.get("display", "")), mnemonic)

    return Lens(forward, backward if table is None else None)


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
        return _label_codings(found)

    return Lens(forward, None)


@lru_cache(maxsize=256)
def _label_codings(found: tuple[Concept, ...]) -> list[dict[str, str]]:
    return [coding(target) for target in found]


def date_lens(spec: LensSpec) -> Lens:
    """DT, or TS without a time."""
    return Lens(lambda raw, zone: v2_date(need(plain(raw.split("^", 1)[0]))), v2_back, PLAIN)


def datetime_lens(spec: LensSpec) -> Lens:
    """TS, DTM: precision and zone kept, never invented."""

    def forward(raw: str, zone: Zone) -> str:
        if raw.isalnum():
            return v2_date(raw) if len(raw) <= 8 else v2_datetime(raw, zone)
        return v2_datetime(need(plain(raw.split("^", 1)[0])), zone)

    return Lens(forward, v2_back, PLAIN)


def until_lens(spec: LensSpec) -> Lens:
    """The end of a period (`as`: date, datetime), and behind it its beginning: no end lies before it (per-1), and beside
    one that cannot be read none is said, so that lineage names the beginning too."""
    made = {"date": date_lens, "datetime": datetime_lens}[spec.text("as", "datetime")](spec)

    def said(text: str, zone: Zone) -> tuple[str, Partly | None]:
        try:
            return made.forward(text, zone), None
        except Partly as partly:
            return str(partly.value), partly

    def forward(raw: tuple[str, str], zone: Zone) -> str:
        end, partly = said(raw[0], zone)
        if raw[1] and is_reversed(said(raw[1], zone)[0], end):
            raise Unfit("PERIOD_REVERSED", "the end lies before the beginning", "102")
        if partly is not None:
            raise partly
        return end

    return Lens(forward, None, PLAIN)


def day_lens(spec: LensSpec) -> Lens:
    """TS whose time is of no meaning where it goes (a birth date): the date alone; the complement keeps the rest."""
    return Lens(lambda raw, zone: v2_date(need(plain(raw.split("^", 1)[0]))[:8]), v2_back, PLAIN)


def instant_lens(spec: LensSpec) -> Lens:
    """TS, DTM to the minute and with a known zone; a date alone is no instant."""

    def forward(raw: str, zone: Zone) -> str:
        try:
            found = v2_datetime(need(plain(raw.split("^", 1)[0])), zone)
        except Partly as partly:
            raise Unfit(partly.code, partly.message, partly.hl7_error_code) from None
        if "T" not in found:
            raise Unfit("TIME_TOO_COARSE", "a date without a time is no instant", "102")
        return found

    return Lens(forward, v2_back, PLAIN)


def integer_lens(spec: LensSpec) -> Lens:
    """NM that is a whole number."""
    return Lens(lambda raw, zone: integer(need(plain(raw.split("^", 1)[0]))), str)


def number_lens(spec: LensSpec) -> Lens:
    """NM: exact decimal, digits kept."""
    return Lens(lambda raw, zone: number(need(plain(raw.split("^", 1)[0]))), str)


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
        if not value.isdigit():
            value = need(plain(value.split("^", 1)[0]))
        return {"value": number(value), **unit_of(unit)}

    return Lens(forward, None, PLAIN)


def unit_of(text: str) -> dict[str, str]:
    """What a Quantity says of its unit (CE, CWE); nothing where there is none."""
    return _known_unit(text) if len(text) < _LONGEST_UNIT else _unit(text)


def _unit(text: str) -> dict[str, str]:
    code, name, system, _ = components(text, 3)
    if code and system.upper() == "UCUM":
        return {"unit": name or code, "system": "http://unitsofmeasure.org", "code": code}
    return {"unit": name or code} if name or code else {}


_LONGEST_UNIT = 64
_known_unit = lru_cache(maxsize=512)(_unit)
