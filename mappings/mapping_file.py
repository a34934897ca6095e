"""Reading a mapping file: YAML in, checked rows out. Every complaint names file and line.

Checked here: verbs, addresses, lenses and their parameters, roles, element paths and cardinality against FHIR R4.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any, NamedTuple

from mappings.concept_map import ConceptMap
from mappings.elements import elements_of, is_resource
from mappings.lenses import PLAIN_LENSES, Lens, LensSpec
from mappings.lenses_ccda import CCDA_LENSES
from mappings.lenses_fhir import FHIR_LENSES
from mappings.lenses_people import V2_LENSES
from mappings.model import MappingFileError
from mappings.record_rules import layout_of, record_of
from mappings.rows import (
    EVERY_ROLE,
    AddresseeRule,
    Condition,
    Group,
    MappingFile,
    Once,
    Role,
    Row,
    Step,
    Target,
    Verb,
    groups_fault,
    rows_filled_on,
)
from mappings.set_rules import set_rules
from mappings.syntax import ccda_address, csv_rows, csv_set, hl7v2_tree, json_tree
from mappings.tree import Address
from mappings.wording import expected_words
from mappings.yaml_text import Located, plain_value

_STEP = re.compile(r"^([A-Za-z]\w*)(?:\[([\w-]+)\])?$")
_VERBS = frozenset({"from", "to", "lens", "const", "ref", "carry", "drop", "when", "required", "setting"})
_AROUND = ("behind", "unclear", "before")
_TOP = frozenset(
    {
        "charset",
        "mapping",
        "version",
        "format",
        "direction",
        "base",
        "layer",
        "accepts",
        "sends",
        "record",
        "required",
        "once",
        "addressee",
        "resources",
        "rows",
        "columns",
        "order",
        "files",
        "left_out",
    }
)
_GROUP = frozenset({"each", "with", "key", "when", "resources", "rows", "of"})


class Format(NamedTuple):
    """How the addresses and lenses of a format are read."""

    parse: Callable[[str], Address]
    lenses: Mapping[str, tuple[Callable[[LensSpec], Lens], frozenset[str]]]


FORMATS: dict[str, Format] = {
    "hl7v2": Format(hl7v2_tree.parse_address, V2_LENSES),
    "json": Format(json_tree.parse_address, PLAIN_LENSES),
    "ccda": Format(ccda_address.parse_address, CCDA_LENSES),
    "csv": Format(csv_rows.parse_address, PLAIN_LENSES),
    "xlsx": Format(csv_rows.parse_address, PLAIN_LENSES),
    "html": Format(csv_rows.parse_address, PLAIN_LENSES),
    "csv_set": Format(csv_set.parse_address, PLAIN_LENSES),
    "fhir": Format(json_tree.parse_address, FHIR_LENSES),
}


class Tables(NamedTuple):
    """The ConceptMaps a file may name, and the coding systems of HL7 v2."""

    by_name: Mapping[str, ConceptMap]
    systems: ConceptMap | None


class Reader:
    """Reads one file. Holds what every row needs: the format, the roles and the tables."""

    def __init__(self, document: Located, file: str, tables: Tables) -> None:
        self.document = document
        self.file = file
        self.tables = tables
        self.number = 0
        self.lenses: dict[str, Lens] = {}
        self.types: dict[str, str] = {}
        name = str(document.get("format", ""))
        if name not in FORMATS:
            raise self.wrong("FORMAT_UNKNOWN", f"format `{name}` is none of {', '.join(FORMATS)}", document)
        self.format = FORMATS[name]

    def wrong(self, code: str, message: str, at: Located) -> MappingFileError:
        """The complaint, located: in the layer's own file where a row comes from a layer."""
        if at.file not in ("", self.file):
            message += f", in a layer of {self.file}"
        return MappingFileError(code, message, at.file or self.file, at.line, at.column)

    def read(self) -> MappingFile:
        """The whole file."""
        d = self.document
        self._known(d, _TOP)
        direction = str(d.get("direction", "in"))
        if direction not in ("in", "out", "both"):
            raise self.wrong("DIRECTION_UNKNOWN", "direction is in, out or both", d)
        record = record_of(d, self._known, self.wrong)
        key = tuple(self.address(text, d) for text in _texts(record.get("key", ())))
        required = tuple(self.address(text, d) for text in _texts(d.get("required", ())))
        self._collect_types(d)
        return MappingFile(
            id=str(d.get("mapping", "")),
            version=str(d.get("version", "")),
            format=str(d["format"]),
            direction=direction,  # type: ignore[arg-type]  # checked four lines above
            accepts=tuple(_texts(d.get("accepts", ()))),
            sends=str(d.get("sends", "")),
            record_key=key,
            required=required,
            once=tuple(self._once(rule, d) for rule in d.get("once") or ()),
            other_keys=tuple(
                tuple(self.address(text, d) for text in _texts(key)) for key in record.get("or") or ()
            ),
            addressee=self._addressee(d),
            root=self.group(d, None),
            file=self.file,
            content_hash="",
            types=dict(self.types),
            columns=tuple(_texts(d.get("columns") or d.get("order") or ())),
            files=set_rules(d, self._known, self.wrong),
            root_type=self.address(str(record["of"]), d).text if record.get("of") else "",
            page=str(record.get("page") or ""),
            layout=layout_of(d, record, (*key, *required), self.wrong),
        )

    def _known(self, at: Located, known: frozenset[str]) -> None:
        for key in at:
            if key not in known:
                raise self.wrong("KEY_UNKNOWN", f"`{key}` is not a word of the mapping language here", at)

    def _collect_types(self, at: Located) -> None:
        """All roles of the file first: a reference may name a role of a later group."""
        for name, spec in (at.get("resources") or {}).items():
            kind = str(spec.get("type", "")) if isinstance(spec, Located) else str(spec)
            if not is_resource(kind):
                raise self.wrong("TYPE_UNKNOWN", f"`{kind}` is no FHIR R4 resource we know", at)
            if self.types.setdefault(name, kind) != kind:
                raise self.wrong("ROLE_TWICE", f"role `{name}` has two types", at)
        for row in at.get("rows") or ():
            if isinstance(row, Located) and "each" in row:
                self._collect_types(row)

    def _once(self, rule: Any, d: Located) -> Once:
        if not isinstance(rule, Located):
            return Once(self.address(str(rule), d))
        self._known(rule, frozenset({"each", "apart", *_AROUND}))
        behind, unclear, before = (tuple(_texts(rule.get(name, ()))) for name in _AROUND)
        each = self.address(str(rule.get("each")), rule)
        return Once(each, behind, unclear, before, rule.get("apart") is True)

    def _addressee(self, d: Located) -> AddresseeRule | None:
        rule = d.get("addressee")
        if not isinstance(rule, Located):
            return None
        each, codes = self.address(str(rule.get("each")), rule), self.address(str(rule.get("codes")), rule)
        return AddresseeRule(each, self.condition(rule.get("when"), rule), codes)

    def group(self, at: Located, each: Address | None) -> Group:
        """The rows of the file, or of one `each`."""
        roles = tuple(self._role(name, spec, at) for name, spec in (at.get("resources") or {}).items())
        rows: list[Row] = []
        groups: list[Group] = []
        for row in at.get("rows") or ():
            if not isinstance(row, Located):
                raise self.wrong("ROW_WRONG", "a row is a map such as {from: …, to: …}", at)
            if "each" in row:
                self._known(row, _GROUP)
                groups.append(self.group(row, self.address(str(row["each"]), row)))
            else:
                rows.append(self.row(row))
        if fault := groups_fault(groups):
            raise self.wrong(*fault, at)
        keys = [self.address(text, at) for text in _texts(at.get("key", ()))]
        if len(keys) > (2 if self.format is FORMATS["hl7v2"] else 1):
            raise self.wrong("ROW_WRONG", "one key is enough (HL7 v2: and one for what lacks it)", at)
        return Group(
            each,
            tuple(_texts(at.get("with", ()))),
            keys[0] if keys else None,
            self.condition(at.get("when"), at) if each else None,
            roles,
            tuple(rows),
            tuple(groups),
            keys[1] if len(keys) > 1 else None,
            self._items(at),
        )

    def _items(self, at: Located) -> Target | None:
        if "of" not in at:
            return None
        if str(self.document.get("direction", "in")) == "in":
            raise self.wrong("ROW_WRONG", "`of` is for mappings of `direction: out` or `both`", at)
        return self.target(str(at["of"]), at)

    def _role(self, name: str, spec: Any, at: Located) -> Role:
        if not isinstance(spec, Located):
            return Role(name, str(spec), (), None)
        self._known(spec, frozenset({"type", "key", "when", "same_as"}))
        keys = tuple(self.address(text, spec) for text in _texts(spec.get("key", ())))
        same = str(spec.get("same_as", ""))
        if same and (self.types.get(same) != self.types[name] or not keys):
            raise self.wrong(
                "ROLE_UNKNOWN", f"`same_as: {same}` needs a role of the same type, and a key", spec
            )
        return Role(name, self.types[name], keys, self.condition(spec.get("when"), spec), same)

    def address(self, text: str, at: Located) -> Address:
        """A source address. Raises MappingFileError `ADDRESS_WRONG`."""
        try:
            return self.format.parse(text)
        except ValueError as error:
            raise self.wrong("ADDRESS_WRONG", f"`{text}`: {error}", at) from None

    def condition(self, spec: Any, at: Located) -> Condition | None:
        """A `when`. Raises MappingFileError `CONDITION_WRONG`."""
        if spec is None:
            return None
        if not isinstance(spec, Located) or len(spec) != 1:
            raise self.wrong("CONDITION_WRONG", "a condition is {present|equals|in|and|or|not: …}", at)
        [(kind, value)] = spec.items()
        if kind == "present":
            return Condition("present", self.address(str(value), at), (), ())
        if kind in ("equals", "in") and isinstance(value, list) and len(value) == 2:
            return Condition("in", self.address(str(value[0]), at), tuple(_texts(value[1])), ())
        if kind == "not":
            return Condition("not", None, (), (self._part(value, spec),))
        if kind in ("and", "or") and isinstance(value, list):
            return Condition(kind, None, (), tuple(self._part(part, spec) for part in value))  # type: ignore[arg-type]
        raise self.wrong("CONDITION_WRONG", f"`{kind}` is no condition, or has wrong parts", spec)

    def _part(self, spec: Any, at: Located) -> Condition:
        found = self.condition(spec, at)
        if found is None:
            raise self.wrong("CONDITION_WRONG", "an empty condition", at)
        return found

    def row(self, at: Located) -> Row:
        """One row. Raises MappingFileError with its line."""
        self.number += 1
        verb = self._verb(at)
        sources = tuple(self.address(text, at) for text in _texts(at.get("from", ())))
        target = self.target(str(at["to"]), at) if "to" in at else None
        reason = str(at.get("carry") or at.get("drop") or "")
        when = self.condition(at.get("when"), at)
        lens_name = str(at.get("lens", "string"))
        lens = self._lens(lens_name, at) if verb == "map" else None
        value: Any = None
        if verb == "const" and target is not None:
            value = _typed(at["const"], target)
        elif verb in ("local", "setting"):
            value = str(at["const"] if verb == "local" else at["setting"])
        role = str(at.get("ref", ""))
        if verb == "ref" and role not in self.types:
            raise self.wrong("ROLE_UNKNOWN", f"role `{role}` is not in `resources`", at)
        required = at.get("required") is True
        codes = self._codes(at) if verb == "map" and lens_name == "code" else None
        table = self.tables.by_name.get(str(at.get("map", "")))
        expects = expected_words(lens_name, at, table) if verb == "map" else ""
        return Row(
            self.number,
            at.line,
            verb,
            sources,
            target,
            lens,
            lens_name,
            value,
            role,
            reason,
            when,
            required,
            codes,
            expects,
            table.url if table is not None else "",
        )

    def _codes(self, at: Located) -> Mapping[str, str] | None:
        table = self.tables.by_name.get(str(at.get("map", "")))
        if table is None:
            return None
        return {code: targets[0].code for code, targets in table.forward.items() if targets}

    def _verb(self, at: Located) -> Verb:
        named = [word for word in ("const", "ref", "carry", "drop", "setting") if word in at]
        if len(named) > 1:
            raise self.wrong("VERB_TWICE", f"one verb a row, not {' and '.join(named)}", at)
        word = named[0] if named else "map"
        has_from, has_to = "from" in at, "to" in at
        if word == "const" and has_from and not has_to:
            return "local"
        wanted = {
            "map": (True, True),
            "const": (False, True),
            "ref": (False, True),
            "carry": (True, False),
            "drop": (True, False),
            "setting": (True, False),
        }[word]
        if (has_from, has_to) != wanted:
            raise self.wrong(
                "ROW_WRONG", f"`{word}` needs {'from' if wanted[0] else 'to'} (and nothing else)", at
            )
        if word in ("carry", "drop") and not str(at[word]).strip():
            raise self.wrong("REASON_MISSING", f"`{word}` needs a reason", at)
        if word != "map" and (extra := sorted(at.keys() - _VERBS)):
            raise self.wrong("KEY_UNKNOWN", f"`{extra[0]}` is not a word of the mapping language here", at)
        return word  # type: ignore[return-value]  # one of the six words above

    def _lens(self, name: str, at: Located) -> Lens:
        found = self.format.lenses.get(name)
        if found is None:
            raise self.wrong("LENS_UNKNOWN", f"lens `{name}` is none of {', '.join(self.format.lenses)}", at)
        make, known = found
        parameters = {key: value for key, value in at.items() if key not in _VERBS}
        if extra := sorted(parameters.keys() - known):
            raise self.wrong("KEY_UNKNOWN", f"`{extra[0]}` is not a parameter of lens `{name}`", at)
        table = None
        if "map" in parameters:
            table = self.tables.by_name.get(str(parameters["map"]))
            if table is None:
                raise self.wrong("MAP_UNKNOWN", f"ConceptMap `{parameters['map']}` not found", at)
            if table.unclear and name != "label":
                message = f"several codes lead to `{table.unclear[0]}`: mark exactly one `equivalent`"
                raise self.wrong("REVERSE_UNCLEAR", message, at)
        spec = f"{name} {sorted((key, repr(value)) for key, value in parameters.items())}"
        try:
            if spec not in self.lenses:
                self.lenses[spec] = make(LensSpec(name, parameters, table, self.tables.systems))
            return self.lenses[spec]
        except KeyError as error:
            raise self.wrong("PARAMETER_MISSING", f"lens `{name}` needs `{error.args[0]}`", at) from None

    def target(self, text: str, at: Located) -> Target:
        """An element path checked against R4. Raises MappingFileError `ROLE_UNKNOWN`, `ELEMENT_UNKNOWN`."""
        role, _, rest = text.partition(".")
        kind = "Patient" if role == EVERY_ROLE else self.types.get(role)
        if kind is None:
            raise self.wrong("ROLE_UNKNOWN", f"role `{role}` is not in `resources`", at)
        steps: list[Step] = []
        for part in rest.split("."):
            found = _STEP.match(part)
            element = elements_of(kind).get(found[1]) if found else None
            if found is None or element is None:
                raise self.wrong("ELEMENT_UNKNOWN", f"`{part}` is no element of {kind} in FHIR R4", at)
            if found[2] and not element.many:
                raise self.wrong("NOT_A_LIST", f"`{found[1]}` of {kind} does not repeat", at)
            steps.append(Step(found[1], element.many, found[2] or ""))
            kind = element.type
        return Target(role, tuple(steps), kind)


def _typed(value: Any, target: Target) -> Any:
    if isinstance(value, (Located, list)):
        return plain_value(value)
    text = str(value)
    if target.type in ("integer", "positiveInt", "unsignedInt"):
        return int(text)
    if target.type == "decimal":
        return Decimal(text)
    return value


def _texts(value: Any) -> list[str]:
    return [str(item) for item in value] if isinstance(value, (list, tuple)) else [str(value)]


def read_mapping(document: Located, file: str, tables: Tables, content: bytes) -> MappingFile:
    """The mapping in a document. `content` is all that its behaviour hangs on, for the content hash."""
    found, digest = Reader(document, file, tables).read(), hashlib.sha256(content).hexdigest()
    return replace(found, content_hash=digest, filled_on=rows_filled_on(found.root))
