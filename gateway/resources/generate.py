"""Writes `generated/` from the models of fhir.resources (R4B, the same as R4 for these types).

Run by a person when a type is added or the library changes: `python -m gateway.resources.generate`. The
result is committed; nothing imports the library on the hot path (a Bundle of 20 takes it 30 ms). Four things
come out: `structs.py`, classes for msgspec (shape, cardinality, formats, required bindings), `walks.py`,
what the invariant pass must visit in each class, `orders.py`, the elements of each class in the order of XML, and
`summaries.py`, those of them that a summary has.
"""

from __future__ import annotations

import keyword
import typing
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from fhir.resources.R4B import fhirtypes

from gateway.resources.bindings import BINDINGS, NOT_BOUND

TYPES = tuple(
    """
    AllergyIntolerance Appointment AuditEvent Binary Bundle CarePlan CareTeam Communication Composition
    Condition Consent Coverage Device DiagnosticReport DocumentReference Encounter Endpoint
    EpisodeOfCare Flag Goal Group HealthcareService Immunization Location Medication
    MedicationAdministration MedicationRequest MedicationStatement MessageHeader Observation
    OperationOutcome Organization Parameters Patient Practitioner PractitionerRole Procedure Provenance
    QuestionnaireResponse RelatedPerson ServiceRequest Specimen Task
    """.split()  # noqa: SIM905  a list of forty strings is harder to read
)

# Written by the gateway and never taken in: their order in XML is needed, and no check.
WRITTEN_ONLY = ("CapabilityStatement", "OperationDefinition", "Subscription")

# Present in R4B, absent from R4 4.0.1.
NOT_IN_R4 = {"valueCodeableReference", "valueRatioRange"}

_FORMATS = {
    "Base64Binary": "Base64",
    "Canonical": "Uri",
    "Code": "Code",
    "Date": "Date",
    "DateTime": "DateTime",
    "Decimal": "Decimal",
    "EncodedBytes": "Base64",
    "Id": "Id",
    "Instant": "Instant",
    "Integer": "Integer",
    "Markdown": "Text",
    "Oid": "Oid",
    "PositiveInt": "PositiveInt",
    "String": "Text",
    "Time": "Time",
    "UnsignedInt": "UnsignedInt",
    "Uri": "Uri",
    "Url": "Uri",
    "UuidVersion": "Uri",
    "Xhtml": "Text",
}
_CALENDAR = {"Date", "DateTime", "Instant"}


@dataclass(frozen=True, slots=True)
class Element:
    """One element of a class, as JSON names it."""

    name: str
    type: str
    primitive: bool
    many: bool
    required: bool
    choice: str | None
    choice_required: bool
    targets: tuple[str, ...]
    codes: tuple[str, ...]


def main() -> None:
    """Write all of `generated/` beside this one."""
    models = dict(sorted(_models(TYPES).items()))
    classes = {name: _elements(name, model) for name, model in models.items()}
    written = dict(sorted(_models((*TYPES, *WRITTEN_ONLY)).items()))
    folder = Path(__file__).parent / "generated"
    folder.mkdir(exist_ok=True)
    (folder / "__init__.py").write_text('"""Written by `gateway.resources.generate`; do not edit."""\n')
    (folder / "structs.py").write_text("\n".join(_structs(classes)) + "\n")
    (folder / "walks.py").write_text("\n".join(_walks(classes)) + "\n")
    (folder / "orders.py").write_text("\n".join(_orders(written)) + "\n")
    (folder / "summaries.py").write_text("\n".join(_summaries(models)) + "\n")


def _models(types: tuple[str, ...]) -> dict[str, typing.Any]:
    """Every model class that the types need, by name."""
    found: dict[str, typing.Any] = {}
    waiting = [_model_of(getattr(fhirtypes, f"{name}Type")) for name in types]
    while waiting:
        model = waiting.pop()
        if model.__name__ in found or model.__name__ in ("Resource", "FHIRPrimitiveExtension"):
            continue
        found[model.__name__] = model
        for field in model.model_fields.values():
            inner, _ = _unwrapped(field.annotation)
            if hasattr(inner, "_model_klass"):
                waiting.append(_model_of(inner))
    return found


def _model_of(kind: typing.Any) -> typing.Any:
    module, _, name = kind._model_klass.rpartition(".")
    return getattr(import_module(module), name)


def _unwrapped(annotation: typing.Any) -> tuple[typing.Any, bool]:
    """The element's own type without `Optional` and `List`, and whether it repeats."""
    many = False
    while typing.get_origin(annotation) is not typing.Annotated and typing.get_args(annotation):
        many = many or typing.get_origin(annotation) is list
        annotation = next(part for part in typing.get_args(annotation) if part is not type(None))
    return annotation, many


def _elements(owner: str, model: typing.Any) -> tuple[Element, ...]:
    fields = {name: field for name, field in model.model_fields.items() if name != "fhir_comments"}
    return tuple(
        _element(owner, field)
        for name, field in fields.items()
        if not name.endswith("__ext") and field.alias not in NOT_IN_R4
    )


def _element(owner: str, field: typing.Any) -> Element:
    inner, many = _unwrapped(field.annotation)
    facts = field.json_schema_extra or {}
    if typing.get_origin(inner) is typing.Annotated:
        name, primitive = _FORMATS[type(typing.get_args(inner)[1]).__name__], True
        if field.alias == "id" and owner not in TYPES:
            name = "Text"
    elif inner is bool:
        name, primitive = "bool", True
    else:
        name, primitive = _model_of(inner).__name__, False
    return Element(
        name=field.alias,
        type="AnyResource" if name == "Resource" else name,
        primitive=primitive,
        many=many,
        required=bool(facts.get("element_required")) or field.is_required(),
        choice=facts.get("one_of_many"),
        choice_required=bool(facts.get("one_of_many_required")),
        targets=tuple(facts.get("enum_reference_types", ())),
        codes=_codes(owner, field.alias, facts) if name == "Code" else (),
    )


def _codes(owner: str, name: str, facts: dict[str, typing.Any]) -> tuple[str, ...]:
    """The codes of a required binding. The library cuts long lists with `+`; those stand in `bindings.py`."""
    if (owner, name) in NOT_BOUND:
        return ()
    codes = BINDINGS.get((owner, name)) or tuple(facts.get("enum_values", ()))
    if "+" in codes:
        raise SystemExit(f"the codes of {owner}.{name} are cut short; add them to bindings.py")
    return codes


def _structs(classes: dict[str, tuple[Element, ...]]) -> list[str]:
    lines = [
        '"""Written by `gateway.resources.generate`; do not edit."""',
        "",
        "from __future__ import annotations",
        "",
        "from typing import Literal, Union",
        "",
        "from msgspec import UNSET, Struct, UnsetType, field",
        "",
        "from gateway.resources.formats import (",
        "    Base64, Code, Date, DateTime, Decimal, Id, Instant, Integer, Many, Oid, PositiveInt, Text,",
        "    Time, UnsignedInt, Uri,",
        ")",
        "",
        "",
        "class PrimitiveExtension(Struct, kw_only=True, forbid_unknown_fields=True):",
        "    id: Text | UnsetType = UNSET",
        "    extension: Many[Extension] | UnsetType = UNSET",
    ]
    for name, elements in classes.items():
        tag = f', tag="{name}", tag_field="resourceType"' if name in TYPES else ""
        lines += ["", "", f"class {name}(Struct, kw_only=True, forbid_unknown_fields=True{tag}):"]
        for element in elements:
            lines += _struct_lines(element)
    lines += ["", "", "AnyResource = Union[", *(f"    {name}," for name in TYPES), "]"]
    lines += ["", "BY_TYPE = {", *(f'    "{name}": {name},' for name in TYPES), "}"]
    return lines


def _struct_lines(element: Element) -> list[str]:
    inner = element.type
    if element.codes:
        inner = "Literal[" + ", ".join(repr(code) for code in element.codes) + "]"
    if element.many:
        inner = f"Many[{inner} | None]" if element.primitive else f"Many[{inner}]"
    lines = [_struct_line(element.name, inner, element.required and not element.primitive)]
    if element.primitive and element.name != "id":
        companion = "Many[PrimitiveExtension | None]" if element.many else "PrimitiveExtension"
        lines.append(_struct_line(f"_{element.name}", companion, False))
    return lines


def _struct_line(name: str, kind: str, required: bool) -> str:
    attribute = f"{name}_" if keyword.iskeyword(name) else name.replace("_", "extension_of_")
    renamed = f'name="{name}"' if attribute != name else ""
    if required:
        return f"    {attribute}: {kind}" + (f" = field({renamed})" if renamed else "")
    default = f"field(default=UNSET, {renamed})" if renamed else "UNSET"
    return f"    {attribute}: {kind} | UnsetType = {default}"


def _walks(classes: dict[str, tuple[Element, ...]]) -> list[str]:
    lines = [
        '"""Written by `gateway.resources.generate`; do not edit."""',
        "",
        "from __future__ import annotations",
        "",
        "from gateway.resources.steps import (",
        "    BASE64, CHILD, COMPANION, DATE, DECIMAL, LIST, LIST_COMPANION, Walk,",
        ")",
        "",
        "WALKS: dict[str, Walk] = {",
    ]
    for name, elements in classes.items():
        lines += _walk_lines(name, elements)
    return [*lines, "}"]


def _walk_lines(name: str, elements: tuple[Element, ...]) -> list[str]:
    needed = [item.name for item in elements if item.primitive and item.required and not item.choice]
    targets = {
        item.name: item.targets for item in elements if item.targets and "Resource" not in item.targets
    }
    choices: dict[str, tuple[list[str], bool]] = {}
    for item in elements:
        if item.choice:
            names, required = choices.get(item.choice, ([], False))
            choices[item.choice] = ([*names, item.name], required or item.choice_required)
    steps = {
        **{item.name: f"(CHILD, {item.type!r})" for item in elements if not item.primitive},
        **{item.name: "(DATE, '')" for item in elements if item.type in _CALENDAR},
        **{item.name: "(DECIMAL, '')" for item in elements if item.type == "Decimal"},
        **{item.name: "(BASE64, '')" for item in elements if item.type == "Base64"},
        **{f"_{item.name}": "(COMPANION, '')" for item in elements if item.primitive and item.name != "id"},
        **{item.name: "(LIST, '')" for item in elements if item.primitive and item.many},
        **{f"_{item.name}": "(LIST_COMPANION, '')" for item in elements if item.primitive and item.many},
    }
    facts = [
        "        steps={" + ", ".join(f"{key!r}: {value}" for key, value in steps.items()) + "},",
        f"        needed={tuple(sorted(needed))!r},",
        "        targets={"
        + "".join(f"{key!r}: frozenset({sorted(value)!r})," for key, value in targets.items())
        + "},",
        "        choices=("
        + "".join(
            f"({key!r}, frozenset({_with_companions(value[0])!r}), {value[1]}),"
            for key, value in choices.items()
        )
        + "),",
    ]
    return [f'    "{name}": Walk(', *(fact for fact in facts if not _empty(fact)), "    ),"]


_WRITTEN_AS = {
    "bool": "bool",
    "Decimal": "decimal",
    "Integer": "int",
    "PositiveInt": "int",
    "UnsignedInt": "int",
}


def _orders(models: dict[str, typing.Any]) -> list[str]:
    """Of each class its elements as (kind, repeats); a kind is `bool`, `int`, `decimal`, `str`, or a class."""
    lines = [
        '"""Written by `gateway.resources.generate`; do not edit."""',
        "",
        "from __future__ import annotations",
        "",
        "ORDERS: dict[str, dict[str, tuple[str, bool]]] = {",
    ]
    for name, model in models.items():
        place = {one: number for number, one in enumerate(model.elements_sequence())}
        ordered = sorted(_elements(name, model), key=lambda element: place[element.name])
        lines.append(f'    "{name}": {{')
        for one in ordered:
            kind = _WRITTEN_AS.get(one.type, "str") if one.primitive else one.type
            lines.append(f'        "{one.name}": ("{kind}", {one.many}),')
        lines.append("    },")
    return [*lines, "}"]


def _summaries(models: dict[str, typing.Any]) -> list[str]:
    """Of each resource the elements marked as summary. A part of one is whole."""
    lines = [
        '"""Written by `gateway.resources.generate`; do not edit."""',
        "",
        "from __future__ import annotations",
        "",
        "SUMMARIES: dict[str, frozenset[str]] = {",
    ]
    for name in TYPES:
        listed = ", ".join(f'"{one}"' for one in models[name].summary_elements_sequence())
        lines.append(f'    "{name}": frozenset({{{listed}}}),')
    return [*lines, "}"]


def _with_companions(names: list[str]) -> list[str]:
    return sorted([*names, *(f"_{name}" for name in names)])


def _empty(fact: str) -> bool:
    return fact.endswith(("={},", "=(),"))


if __name__ == "__main__":
    main()
