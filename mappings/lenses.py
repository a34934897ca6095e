"""What a lens is, and the lenses on plain values (CSV cells, JSON scalars).

A lens turns one local value into one FHIR value and back. It is small, closed and pure; a value outside its domain
raises `Unfit` (never a guess); `Partly` is an `Unfit` that carries what could be said safely.

| lens | domain | inverse and canonical form |
|---|---|---|
| string, annotation | text that is not blank | trimmed text |
| code, concept, coding, label | codes of its ConceptMap | the preferred reverse code |
| identifier | text that is not blank | the text |
| date | `pattern` (default `YYYY-MM-DD`); for `YY` `years_from: 1930` (29 is 2029) | the same pattern, precision kept |
| datetime | date, or date and time with a known zone | ISO 8601 |
| boolean | `true_word` / `false_word` | the words |
| integer, decimal, quantity | a number, digits kept | the digits |
| name | `Family, Given Given` (or one text) | the same |
| telecom | text, with `system` and `use` | the text |
| reference | text id of a resource | the text |
| join | several texts | split at the separator |
| time | `HH:MM`, `HH:MM:SS` | `HH:MM:SS` |
| words | text | what a person reads: text, display, code, or number and unit |
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from mappings.concept_map import Concept, ConceptMap
from mappings.times import Zone, date_back, date_forward, datetime_back, iso_datetime_forward
from mappings.unfit import Unfit

Forward = Callable[[Any, Zone], Any]
Backward = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Lens:
    """One lens, bound to its parameters. `backward` is None where the lens has no inverse.

    `coded`: the components (from 1) on whose very text it hangs which part of the input feeds which part of the output:
    codes, coding systems, authorities. Of all others only the form counts (`account_shapes`). None: of every one."""

    forward: Forward
    backward: Backward | None
    coded: frozenset[int] | None = None


@dataclass(frozen=True, slots=True)
class LensSpec:
    """A lens as a mapping row names it, with its parameters and the tables it may use."""

    name: str
    parameters: Mapping[str, Any]
    table: ConceptMap | None
    systems: ConceptMap | None

    def text(self, parameter: str, default: str = "") -> str:
        """The parameter as text."""
        return str(self.parameters.get(parameter, default))


def plain_text(value: object) -> str:
    """The trimmed text of a scalar. Raises Unfit when it is not a scalar or blank."""
    if value.__class__ is str and (text := value.strip()):
        return text
    if value is True or value is False:
        return "true" if value else "false"
    if isinstance(value, (str, int, Decimal)):
        text = str(value).strip()
        if text:
            return text
    raise Unfit("NOT_TEXT", "a text was expected")


def coding(concept: Concept) -> dict[str, str]:
    """A FHIR Coding; empty parts are left out."""
    found: dict[str, str] = {}
    if concept.system:
        found["system"] = concept.system
    found["code"] = concept.code
    if concept.display:
        found["display"] = concept.display
    return found


def _table(spec: LensSpec) -> ConceptMap:
    if spec.table is None:
        raise KeyError("map")
    return spec.table


def _targets(table: ConceptMap, value: object) -> tuple[Concept, ...]:
    found = table.targets(plain_text(value))
    if not found:
        raise Unfit("NO_CONCEPT", "the code is not in the table of this row", "103")
    return found


def _local_code(table: ConceptMap, code: object) -> str:
    found = table.local(str(code))
    if found is None:
        raise Unfit("NO_LOCAL_CODE", "no local code stands for this code", "103")
    return found.code


def string_lens(spec: LensSpec) -> Lens:
    """Text as it is, trimmed."""
    return Lens(lambda value, zone: plain_text(value), str)


def code_lens(spec: LensSpec) -> Lens:
    """A code of the row's table, or one of the closed list `codes`."""
    if spec.table is None:
        codes = frozenset(map(str, spec.parameters["codes"]))

        def check(value: object, zone: Zone) -> str:
            text = plain_text(value)
            if text not in codes:
                raise Unfit("NO_CONCEPT", "the code is not one of the codes of this row", "103")
            return text

        return Lens(check, str)
    table = spec.table
    return Lens(lambda value, zone: _targets(table, value)[0].code, lambda value: _local_code(table, value))


def concept_lens(spec: LensSpec) -> Lens:
    """A CodeableConcept: the targets, then the original code when the table names its system."""
    if spec.table is None:
        system = spec.text("system")

        def forward_plain(value: object, zone: Zone) -> dict[str, Any]:
            return {"coding": [coding(Concept(system, plain_text(value), ""))]}

        return Lens(forward_plain, lambda value: _coding_in(value, system)["code"])
    table = spec.table

    def forward(value: object, zone: Zone) -> dict[str, Any]:
        codings = [coding(target) for target in _targets(table, value)]
        if table.source_system and table.source_system.startswith(("http", "urn:")):
            codings.append(coding(Concept(table.source_system, plain_text(value), "")))
        return {"coding": codings}

    def backward(value: Any) -> str:
        for entry in value.get("coding", ()):
            if entry.get("system") == table.source_system and entry.get("code") in table.forward:
                return str(entry["code"])
        for entry in value.get("coding", ()):
            local = table.local(str(entry.get("code", "")))
            if local is not None:
                return local.code
        raise Unfit("NO_LOCAL_CODE", "no local code stands for this concept", "103")

    return Lens(forward, backward)


def _coding_in(value: Any, system: str) -> Any:
    for entry in value.get("coding", ()):
        if entry.get("system", "") == system and entry.get("code"):
            return entry
    raise Unfit("NO_LOCAL_CODE", "the concept has no code of this system", "103")


def coding_lens(spec: LensSpec) -> Lens:
    """One Coding from the row's table, or with the fixed `system`."""
    table, system = spec.table, spec.text("system")
    if table is None:
        return Lens(
            lambda value, zone: coding(Concept(system, plain_text(value), "")), lambda value: value["code"]
        )
    return Lens(
        lambda value, zone: coding(_targets(table, value)[0]), lambda value: _local_code(table, value["code"])
    )


def label_lens(spec: LensSpec) -> Lens:
    """Sensitivity labels (a list of Coding) from the row's table. Labels have no way back."""
    table = _table(spec)
    return Lens(lambda value, zone: [coding(target) for target in _targets(table, value)], None)


def identifier_lens(spec: LensSpec) -> Lens:
    """An Identifier with the fixed `system`. Backwards another system's number is never taken for the agency's own."""
    fixed = {name: spec.text(name) for name in ("use", "system") if name in spec.parameters}

    def backward(value: Any) -> str:
        if fixed.get("system", value.get("system")) != value.get("system"):
            raise Unfit("NO_LOCAL_HOME", "the identifier is not of this system")
        return str(value["value"])

    return Lens(lambda value, zone: {**fixed, "value": plain_text(value)}, backward)


def date_lens(spec: LensSpec) -> Lens:
    """A date in `pattern` (default YYYY-MM-DD); coarser precision is kept. Years of two digits need `years_from`: no
    century is made up."""
    pattern = spec.text("pattern", "YYYY-MM-DD")
    since = 0
    if "YY" in pattern.replace("YYYY", ""):
        if re.fullmatch(r"[1-8]\d{3}", spec.text("years_from"), re.ASCII) is None:
            raise KeyError("years_from")
        since = int(spec.text("years_from"))
    return Lens(
        lambda value, zone: date_forward(plain_text(value), pattern, since),
        lambda v: date_back(v, pattern, since),
    )


def datetime_lens(spec: LensSpec) -> Lens:
    """An ISO 8601 date, or date and time; a time needs a zone of its own or of the source."""
    return Lens(lambda value, zone: iso_datetime_forward(plain_text(value), zone), datetime_back)


def boolean_lens(spec: LensSpec) -> Lens:
    """Two words, or JSON true and false."""
    yes, no = spec.parameters.get("true_word", True), spec.parameters.get("false_word", False)
    if not isinstance(yes, bool):
        yes, no = str(yes), str(no)

    def forward(value: object, zone: Zone) -> bool:
        found = value.strip() if isinstance(value, str) else value
        for word, meaning in ((yes, True), (no, False)):
            if type(found) is type(word) and found == word:
                return meaning
        raise Unfit("NOT_BOOLEAN", "neither of the two words of this row", "103")

    return Lens(forward, lambda value: yes if value else no)


_NUMBER = re.compile(r"^[+-]?\d+(\.\d+)?$")


def number(value: object) -> Decimal:
    """An exact decimal with its digits kept. Raises Unfit."""
    if isinstance(value, Decimal):
        return value
    if isinstance(value, str) and value.isdigit() and value.isascii():
        return Decimal(value)
    text = plain_text(value)
    if isinstance(value, bool) or not _NUMBER.match(text):
        raise Unfit("NOT_NUMBER", "not a plain number")
    try:
        return Decimal(text)
    except InvalidOperation:  # pragma: no cover - the pattern is stricter
        raise Unfit("NOT_NUMBER", "not a plain number") from None


def integer(value: object) -> int:
    """A whole number. Raises Unfit."""
    found = number(value)
    if found != found.to_integral_value() or abs(found) > 2147483647:
        raise Unfit("NOT_INTEGER", "not a whole number of at most 31 bits")
    return int(found)


def integer_lens(spec: LensSpec) -> Lens:
    """A whole number."""
    return Lens(lambda value, zone: integer(value), _number_back(spec))


def decimal_lens(spec: LensSpec) -> Lens:
    """An exact decimal."""
    return Lens(lambda value, zone: number(value), _number_back(spec))


def _number_back(spec: LensSpec) -> Backward:
    if spec.parameters.get("json_number"):
        return lambda value: value
    return str


def quantity_lens(spec: LensSpec) -> Lens:
    """A Quantity with fixed `unit`, `system`, `code`; digits kept."""
    fixed = {name: spec.text(name) for name in ("unit", "system", "code") if name in spec.parameters}
    back = _number_back(spec)
    return Lens(lambda value, zone: {"value": number(value), **fixed}, lambda value: back(value["value"]))


def name_lens(spec: LensSpec) -> Lens:
    """A HumanName from `Family, Given Given`; a text without comma is kept as text."""

    def forward(value: object, zone: Zone) -> dict[str, Any]:
        text = plain_text(value)
        family, comma, given = text.partition(",")
        if not comma or not family.strip() or not given.split():
            return {"text": text}
        return {"family": family.strip(), "given": given.split()}

    def backward(value: Any) -> str:
        if "family" in value or "given" in value:
            return ", ".join(part for part in (value.get("family"), " ".join(value.get("given", ()))) if part)
        return str(value["text"])

    return Lens(forward, backward)


def telecom_lens(spec: LensSpec) -> Lens:
    """A ContactPoint with fixed `system` and `use`."""
    fixed = {name: spec.text(name) for name in ("system", "use") if name in spec.parameters}
    return Lens(lambda value, zone: {**fixed, "value": plain_text(value)}, lambda value: value["value"])


def annotation_lens(spec: LensSpec) -> Lens:
    """An Annotation. Free text: only where the agency's mapping marks it so on purpose."""
    return Lens(lambda value, zone: {"text": plain_text(value)}, lambda value: value["text"])


def reference_lens(spec: LensSpec) -> Lens:
    """A reference by `type` and the local id."""
    kind = spec.text("type")

    def forward(value: object, zone: Zone) -> dict[str, str]:
        text = plain_text(value)
        if not re.fullmatch(r"[A-Za-z0-9\-.]{1,64}", text):
            raise Unfit("NOT_AN_ID", "not a resource id")
        return {"reference": f"{kind}/{text}"}

    return Lens(forward, lambda value: str(value["reference"]).partition("/")[2])


def join_lens(spec: LensSpec) -> Lens:
    """A list of texts (or, with a table, of codes) from one text cut at `separator`; joined on the way back."""
    separator, table = spec.text("separator", ";"), spec.table

    def forward(value: object, zone: Zone) -> list[str]:
        found = [part.strip() for part in plain_text(value).split(separator)]
        known = [part for part in found if part]
        return [_targets(table, part)[0].code for part in known] if table is not None else known

    def backward(value: Any) -> str:
        return separator.join(_local_code(table, part) if table is not None else part for part in value)

    return Lens(forward, backward)


_TIME = re.compile(r"^([01]\d|2[0-3]):([0-5]\d)(:[0-5]\d)?$")


def time_lens(spec: LensSpec) -> Lens:
    """A time of day, `HH:MM` or `HH:MM:SS`. FHIR has no zone here, so one that is given is not guessed away."""

    def forward(value: object, zone: Zone) -> str:
        found = _TIME.match(plain_text(value))
        if found is None:
            raise Unfit("NOT_A_TIME", "not a time of day as HH:MM")
        return f"{found[1]}:{found[2]}{found[3] or ':00'}"

    return Lens(forward, str)


def words_lens(spec: LensSpec) -> Lens:
    """A concept by its words. Backwards whatever says it best: text, display, code, or a quantity with its unit."""
    return Lens(lambda value, zone: {"text": plain_text(value)}, _words)


def _words(value: Any) -> str:
    if not isinstance(value, Mapping):
        return plain_text(value)
    for one in (value, *value.get("coding", ())):
        for name in ("text", "display", "code"):
            if isinstance(one.get(name), str) and "value" not in one:
                return str(one[name])
    if "value" in value:
        unit = value.get("unit") or value.get("code") or ""
        return f"{value.get('comparator', '')}{value['value']} {unit}".strip()
    raise Unfit("NO_LOCAL_CODE", "no words stand for this value")


PLAIN_LENSES: dict[str, tuple[Callable[[LensSpec], Lens], frozenset[str]]] = {
    "string": (string_lens, frozenset()),
    "code": (code_lens, frozenset({"map", "codes"})),
    "concept": (concept_lens, frozenset({"map", "system"})),
    "coding": (coding_lens, frozenset({"map", "system"})),
    "label": (label_lens, frozenset({"map"})),
    "identifier": (identifier_lens, frozenset({"system", "use"})),
    "date": (date_lens, frozenset({"pattern", "years_from"})),
    "datetime": (datetime_lens, frozenset()),
    "boolean": (boolean_lens, frozenset({"true_word", "false_word"})),
    "integer": (integer_lens, frozenset({"json_number"})),
    "decimal": (decimal_lens, frozenset({"json_number"})),
    "quantity": (quantity_lens, frozenset({"unit", "system", "code", "json_number"})),
    "name": (name_lens, frozenset()),
    "telecom": (telecom_lens, frozenset({"system", "use"})),
    "annotation": (annotation_lens, frozenset()),
    "reference": (reference_lens, frozenset({"type"})),
    "join": (join_lens, frozenset({"separator", "map"})),
    "time": (time_lens, frozenset()),
    "words": (words_lens, frozenset()),
}
"""Lens name -> how to make it, and the parameters it knows."""
