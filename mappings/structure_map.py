"""A mapping as FHIR R4 StructureMap, one for each direction: for readers and tools that know FHIR's own language.

An export, not what runs here. It says which value goes where, when, from which ConceptMap, and between which resources.
What that language has no words for is named in `description` and in the rules' `documentation`, never left out silently:
lenses that are not a copy, a cast or a translation are groups of their own without content (`dependent`), carried and
dropped values, labels on every resource, keys and ids.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal

from mappings.model import MappingRoomError
from mappings.rows import (
    EVERY_ROLE,
    Condition,
    Group,
    MappingFile,
    Role,
    Row,
    Target,
    all_groups,
    inner_roles,
)
from mappings.syntax.hl7v2_tree import V2Address

Rule = dict[str, Any]
Direction = Literal["in", "out"]
_CAST = {"boolean": "boolean", "integer": "integer", "decimal": "decimal"}
_TRANSLATED = {"code": "code", "concept": "CodeableConcept", "coding": "Coding"}
_SOURCE = "source"


def structure_map(mapping: MappingFile, direction: Direction) -> dict[str, Any]:
    """The StructureMap of one direction. Raises MappingRoomError `DIRECTION_IN` or `DIRECTION_OUT` for the other one."""
    if mapping.direction not in (direction, "both"):
        code = "DIRECTION_IN" if direction == "out" else "DIRECTION_OUT"
        raise MappingRoomError(code, f"mapping `{mapping.id}` is for the other direction only")
    export = _Export(mapping)
    rule = export.inward(mapping.root) if direction == "in" else export.outward()
    name = mapping.id.replace("/", ":")
    local = {"url": f"urn:warm-handoff:format:{name}", "alias": "local"}
    types = dict.fromkeys(mapping.types.values())
    fhir = [{"url": f"http://hl7.org/fhir/StructureDefinition/{type_}", "alias": type_} for type_ in types]
    modes = ("source", "target") if direction == "in" else ("target", "source")
    inputs = [{"name": _SOURCE, "mode": "source"}, {"name": "target", "mode": "target"}]
    main = {"name": "main", "typeMode": "none", "input": inputs, "rule": [rule]}
    return {
        "resourceType": "StructureMap",
        "url": f"urn:warm-handoff:mapping:{name}:{direction}",
        "version": mapping.version,
        "name": "".join(part.title() for part in name.replace("_", ":").split(":")) + direction.title(),
        "status": "draft",
        "description": export.description(),
        "structure": [{**local, "mode": modes[0]}, *({**one, "mode": modes[1]} for one in fhir)],
        "group": [main, *export.lens_groups()],
    }


class _Export:
    """One direction of one mapping: its rules, and what they cannot say."""

    def __init__(self, mapping: MappingFile) -> None:
        self.mapping = mapping
        self.unsaid: dict[str, set[int]] = {}
        self.opened: list[str] = []
        """Roles whose variables can be seen."""
        self.lenses: dict[str, None] = {}
        self.count = 0

    def cannot(self, what: str, row: Row) -> None:
        """Remember what has no words in StructureMap."""
        self.unsaid.setdefault(what, set()).add(row.number)

    def variable(self) -> str:
        """A new variable."""
        self.count += 1
        return f"v{self.count}"

    def description(self) -> str:
        """What the export does not say, with the numbers of the rows."""
        said = [
            f"{what}: rows {', '.join(map(str, sorted(rows)))}" for what, rows in sorted(self.unsaid.items())
        ]
        keys = "ids and business keys are made from the partner's own numbers"
        return f"Export of {self.mapping.id}, not executable as it stands. Not said here: {'; '.join([keys, *said])}."

    def lens_groups(self) -> list[Rule]:
        """A group for each lens that is more than a copy; its content is code and not part of the export."""
        inputs = [{"name": "value", "mode": "source"}, {"name": "element", "mode": "target"}]
        return [
            {
                "name": name,
                "typeMode": "none",
                "documentation": "A lens of the mapping language; its steps are not part of this export.",
                "input": inputs,
                "rule": [{"name": "not-said", "source": [{"context": "value"}]}],
            }
            for name in self.lenses
        ]

    # ------------------------------------------------------------------------------------------------- inward

    def inward(self, group: Group, context: str = _SOURCE) -> Rule:
        """The record, or each instance of a group: its resources, their rows, and the groups inside."""
        source: Rule = {"context": context}
        here = context
        if group.each is not None:
            here = self.variable()
            source |= {"element": group.each.text, "variable": here}
        if group.when is not None:
            source["condition"] = self.condition(group.when, group, here)
        sure = [role for role in group.roles if role.when is None]
        before = len(self.opened)
        self.opened += [role.name for role in sure]
        rules = list(self.rows_of(group, here, [role.name for role in group.roles if role.when is not None]))
        rules += [self.perhaps(role, group, here) for role in group.roles if role.when is not None]
        rules += [self.inward(inner, here) for inner in group.groups]
        del self.opened[before:]
        name = "record" if group.each is None else f"each-{here}"
        made = [target for role in sure for target in _created(role)]
        return _rule(name, [source], made, rules)

    def perhaps(self, role: Role, group: Group, here: str) -> Rule:
        """A resource that is made only if something holds, with all that is said of it."""
        assert role.when is not None
        source = {"context": here, "condition": self.condition(role.when, group, here)}
        self.opened.append(role.name)
        rows = [row for one in all_groups(self.mapping.root) for row in one.rows if _concerns(row, role.name)]
        rules = [
            rule
            for row in rows
            if row in group.rows or row.verb == "ref"
            for rule in self.row(row, group, here)
        ]
        self.opened.pop()
        return _rule(f"perhaps-{_id(role.name)}", [source], list(_created(role)), rules)

    def rows_of(self, group: Group, here: str, perhaps: list[str]) -> Iterator[Rule]:
        """The rows of a group, and references of rows outside to its resources."""
        inside = inner_roles(group)
        for row in group.rows:
            if any(_concerns(row, name) for name in perhaps) or (row.verb == "ref" and row.role in inside):
                continue
            yield from self.row(row, group, here)
        own = {role.name for role in group.roles} if group.each is not None else set()
        for other in all_groups(self.mapping.root):
            for row in other.rows if other is not group else ():
                if row.verb == "ref" and row.role in own:
                    yield from self.row(row, group, here)

    def row(self, row: Row, group: Group, here: str) -> Iterator[Rule]:
        """One row as a rule; nothing where the language has no words for it."""
        if row.target is None:
            if row.verb in ("carry", "drop"):
                what = (
                    "values that go back to their source alone"
                    if row.verb == "carry"
                    else "values that are dropped"
                )
                self.cannot(what, row)
            return
        if row.target.role == EVERY_ROLE:
            self.cannot("labels on every resource", row)
            return
        if row.target.role not in self.opened or (row.verb == "ref" and row.role not in self.opened):
            self.cannot(
                "what is between two resources that may both be missing, or of a group from outside", row
            )
            return
        sources = self.sources(row, group, here)
        path, context = self.path(row.target)
        rule: Rule = {"name": f"row{row.number}", "source": sources}
        if row.verb == "ref":
            reference = {"transform": "reference", "parameter": [{"valueId": _id(row.role)}]}
            rule["target"] = [*path, {**_last(row.target, context), **reference}]
        elif row.verb == "const":
            rule["target"] = [*path, *self.constant(context, row.target.steps[-1].name, row.value)]
        else:
            last, more = self.through(row, [str(source["variable"]) for source in sources])
            rule |= {"target": [*path, {**_last(row.target, context), **last}], **more}
        yield rule

    def sources(self, row: Row, group: Group, here: str) -> list[Rule]:
        """Where a row looks, and when it applies."""
        found: list[Rule] = [
            {
                "context": _SOURCE if _elsewhere(one, group) else here,
                "element": one.text,
                "variable": self.variable(),
            }
            for one in row.sources
        ] or [{"context": here}]
        if row.when is not None:
            found[0]["condition"] = self.condition(row.when, group, here)
        return found

    def path(self, target: Target) -> tuple[list[Rule], str]:
        """The elements before the last one, and the variable of the innermost. Items that rows fill together are
        shared."""
        context, made = _id(target.role), []
        for step in target.steps[:-1]:
            variable = self.variable()
            element: Rule = {
                "context": context,
                "contextType": "variable",
                "element": step.name,
                "variable": variable,
            }
            if step.many:
                element |= {"listMode": ["share"], "listRuleId": _id(step.label or step.name)}
            made.append(element)
            context = variable
        return made, context

    def constant(self, context: str, name: str, value: Any) -> Iterator[Rule]:
        """A constant, element by element."""
        for one in value if isinstance(value, list) else [value]:
            element: Rule = {"context": context, "contextType": "variable", "element": name}
            if isinstance(one, Mapping):
                variable = self.variable()
                yield {**element, "variable": variable}
                for key, inner in one.items():
                    yield from self.constant(variable, key, inner)
            else:
                yield {**element, "transform": "copy", "parameter": [_parameter(one)]}

    def through(self, row: Row, values: list[str]) -> tuple[Rule, Rule]:
        """The transform of a row's lens, and what the rule says beside it."""
        first = {"valueId": values[0]}
        if len(values) == 1 and row.lens_name == "string":
            return {"transform": "copy", "parameter": [first]}, {}
        if len(values) == 1 and row.lens_name in _CAST:
            return {"transform": "cast", "parameter": [first, {"valueString": _CAST[row.lens_name]}]}, {}
        if len(values) == 1 and row.lens_name in _TRANSLATED and row.table:
            kind = _TRANSLATED[row.lens_name]
            wanted = [first, {"valueString": row.table}, {"valueString": kind}]
            note = (
                {} if kind == "code" else {"documentation": "The original code is kept as a further coding."}
            )
            return {"transform": "translate", "parameter": wanted}, note
        return self.lens(row, values)

    def lens(self, row: Row, values: list[str]) -> tuple[Rule, Rule]:
        """The group of a lens, called with the values and the element."""
        name, variable = f"lens-{_id(row.lens_name)}", self.variable()
        self.lenses[name] = None
        self.cannot(f"the steps of lens {row.lens_name}", row)
        calls = [{"name": name, "variable": [value, variable]} for value in values]
        return {"variable": variable}, {"dependent": calls}

    # ------------------------------------------------------------------------------------------------ outward

    def outward(self) -> Rule:
        """The resources of a release into the partner's own form."""
        groups = all_groups(self.mapping.root)
        rules = []
        for role in {role.name: role for group in groups for role in group.roles}.values():
            rows = [
                row for group in groups for row in group.rows if row.target and row.target.role == role.name
            ]
            inner = [rule for row in rows for rule in self.written(row)]
            found = {
                "context": _SOURCE,
                "element": "entry.resource",
                "type": role.type,
                "variable": _id(role.name),
            }
            rules.append(_rule(f"from-{_id(role.name)}", [found], [], inner))
        for group in groups:
            for row in group.rows:
                rules += self.own(row)
                if group.each is not None and row.target is not None:
                    self.cannot("that each instance of a group is written on its own", row)
        return _rule("record", [{"context": _SOURCE}], [], rules)

    def written(self, row: Row) -> Iterator[Rule]:
        """A row backwards: the element into its place in the partner's form."""
        assert row.target is not None
        if row.verb in ("const", "ref"):
            self.cannot("how resources of one type, and items of a list, are told apart", row)
        if row.verb != "map" or row.lens is None:
            return
        if row.lens.backward is None or len(row.sources) > 1:
            self.cannot("values without a way back", row)
            return
        value = self.variable()
        element = ".".join(step.name for step in row.target.steps)
        target: Rule = {"context": "target", "contextType": "variable", "element": row.sources[0].text}
        more: Rule = {}
        if row.lens_name == "string":
            target |= {"transform": "copy", "parameter": [{"valueId": value}]}
        else:
            back, more = self.lens(row, [value])
            target |= back
        source = {"context": _id(row.target.role), "element": element, "variable": value}
        yield {"name": f"row{row.number}", "source": [source], "target": [target], **more}

    def own(self, row: Row) -> Iterator[Rule]:
        """What the partner's form says of itself: constants; facts of the sending gateway are handed in."""
        if row.verb == "setting":
            self.cannot("facts of the sending gateway", row)
        elif row.target is not None and row.target.role == EVERY_ROLE:
            self.cannot("labels on every resource", row)
        elif row.verb == "local":
            element = {"context": "target", "contextType": "variable", "element": row.sources[0].text}
            copied = {**element, "transform": "copy", "parameter": [_parameter(row.value)]}
            yield {"name": f"row{row.number}", "source": [{"context": _SOURCE}], "target": [copied]}

    # --------------------------------------------------------------------------------------------- conditions

    def condition(self, when: Condition, group: Group, here: str) -> str:
        """A condition as FHIRPath; what is no element of the instance is one of the record."""
        if when.kind in ("present", "in"):
            assert when.address is not None
            context = _SOURCE if _elsewhere(when.address, group) else here
            element = f"%{context}.`{when.address.text}`"
            if when.kind == "present":
                return f"{element}.exists()"
            values = " | ".join(
                "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'" for value in when.values
            )
            return f"({element} in ({values}))"
        parts = [self.condition(part, group, here) for part in when.parts]
        if when.kind == "not":
            return f"({parts[0]}).not()"
        return "(" + f" {when.kind} ".join(parts) + ")"


def _rule(name: str, source: list[Rule], target: list[Rule], rules: list[Rule]) -> Rule:
    found: Rule = {"name": name, "source": source}
    if target:
        found["target"] = target
    if rules:
        found["rule"] = rules
    return found


def _created(role: Role) -> Iterator[Rule]:
    """A new resource in the bundle."""
    entry = f"entry-{_id(role.name)}"
    yield {"context": "target", "contextType": "variable", "element": "entry", "variable": entry}
    create = {"transform": "create", "parameter": [{"valueString": role.type}]}
    yield {
        "context": entry,
        "contextType": "variable",
        "element": "resource",
        "variable": _id(role.name),
        **create,
    }


def _last(target: Target, context: str) -> Rule:
    return {"context": context, "contextType": "variable", "element": target.steps[-1].name}


def _parameter(value: Any) -> Rule:
    kinds = {bool: "valueBoolean", int: "valueInteger", str: "valueString"}
    return {kinds[type(value)]: value} if type(value) in kinds else {"valueDecimal": value}


def _concerns(row: Row, role: str) -> bool:
    return (row.target is not None and row.target.role == role) or (row.verb == "ref" and row.role == role)


def _elsewhere(address: Any, group: Group) -> bool:
    """Whether an address is one of the record, not of the group's instance: in HL7 v2 another segment."""
    each = group.each
    return isinstance(address, V2Address) and isinstance(each, V2Address) and address.segment != each.segment


def _id(text: str) -> str:
    """A name as FHIR's type `id` allows it."""
    return text.replace("_", "-")


__all__ = ["structure_map"]
