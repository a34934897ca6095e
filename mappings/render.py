"""FHIR resources to the bytes of an agency: the same rows read backwards.

A disclosure is rendered with an empty complement; only what goes back to the agency it came from may bring its own.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import NAMESPACE_OID, uuid5

from mappings.assigning import Cast, Resource, in_its_item, values_at
from mappings.complement import overlay_csv, overlay_json, overlay_v2
from mappings.homes import Homes
from mappings.library import Mapping_
from mappings.model import Issue, Rendered, RenderRefused
from mappings.placing import flat
from mappings.rows import EVERY_ROLE, Condition, Group, MappingFile, Row, Step, Target, all_groups
from mappings.syntax.hl7v2 import escape
from mappings.syntax.page import write_page
from mappings.syntax.sheets import SHEETS
from mappings.translate import named_zone
from mappings.unfit import Unfit
from mappings.writing import Builder, CsvBuilder, JsonBuilder, Slot, V2Builder, json_bytes
from mappings.writing_ccda import CcdaBuilder, is_for_a_new_document
from mappings.writing_sets import SetBuilder

MEDIA_TYPES = {
    "hl7v2": "x-application/hl7-v2+er7",
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "json": "application/json",
    "ccda": "text/xml; charset=utf-8",
    "html": "text/html; charset=utf-8",
    "csv_set": "application/zip",
}
_UNTRACED = ("resourceType", "id", "meta", "text")


def render(
    mapping: Mapping_,
    resources: Sequence[Mapping[str, object]],
    *,
    at: datetime,
    control_id: str | None,
    zone: str | None,
    complement: Mapping[str, object] | None = None,
    settings: Mapping[str, str] | None = None,
) -> Rendered:
    """The bytes an agency reads; `issues` lists each element without a local home. Raises RenderRefused.

    `settings` are facts of the sender for rows with `setting:` (`sending_application`, `notice`, ...). `at` and
    `control_id` make header times and ids, so that the same release is the same bytes.
    """
    if mapping.direction == "in":
        raise RenderRefused("DIRECTION_IN", f"mapping `{mapping.id}` is for reading only")
    facts = {**(settings or {}), "at": _instant(mapping.format, at, zone), "control_id": control_id or ""}
    if mapping.format == "ccda":
        facts["document_id"] = str(uuid5(NAMESPACE_OID, f"{mapping.id}|{control_id}|{at.isoformat()}"))
    run = Rendering(mapping.file, resources, facts, complement or {})
    return run.finish(run.write())


def _instant(syntax: str, at: datetime, zone: str | None) -> str:
    known = named_zone(zone)
    local = at.astimezone(known) if known is not None else at
    if syntax in ("hl7v2", "ccda"):
        return local.strftime("%Y%m%d%H%M%S%z")
    return local.isoformat(timespec="seconds")


class Rendering:
    """One record being written."""

    def __init__(
        self,
        mapping: MappingFile,
        resources: Sequence[Resource],
        settings: Mapping[str, str],
        complement: Mapping[str, Any],
    ) -> None:
        self.mapping = mapping
        if mapping.format == "ccda" and not complement:
            resources = [one for one in resources if is_for_a_new_document(one)]
        self.homes = Homes(complement)
        self.cast = Cast(mapping, resources, self.homes.group)
        self.resources = resources
        self.settings = settings
        self.complement = complement
        self.synonyms = list(complement.get("synonyms", {}).items())
        makers: dict[str, type[Builder]] = {"hl7v2": V2Builder, "json": JsonBuilder, "csv_set": SetBuilder}
        self.builder: Builder = makers.get(mapping.format, CsvBuilder)()
        if mapping.format == "ccda":
            self.builder = CcdaBuilder(complement)
        self.used: set[tuple[int, str]] = set()
        self.within: dict[str, tuple[str, Any, tuple[Step, ...]]] = {}
        self.rows = [row for group in all_groups(mapping.root) for row in group.rows]

    def write(self) -> Builder:
        """Everything but the complement."""
        top = {
            role.name: self.cast.roles[role.name][0]
            for role in self.mapping.root.roles
            if self.cast.roles.get(role.name)
        }
        self.group(self.mapping.root, top, None)
        for address in self.mapping.required:
            if not self.builder.head(address, None) and self.mapping.format != "hl7v2":
                raise RenderRefused("REQUIRED_MISSING", "a required value has no source", address.text)
        return self.builder

    def group(self, group: Group, roles: dict[str, Resource], slot: Slot) -> None:
        """One instance: values first, then facts of the sender, then constants."""
        if isinstance(self.builder, CcdaBuilder):
            self.conditions(group, roles, slot)
        for verb in ("map", "setting", "local"):
            for row in group.rows:
                if row.verb == verb:
                    self.row(row, roles, slot)
        for row in group.rows:
            if row.verb in ("const", "ref"):
                self.account(row, roles, slot)
        for inner in group.groups:
            if inner.of is not None:
                self.items(inner, inner.of, roles, slot)
                continue
            for instance in self.cast.instances(inner, roles):
                self.group(inner, instance, self.opened(inner, instance, slot))

    def conditions(self, group: Group, roles: Mapping[str, Resource], slot: Slot) -> None:
        """Write the one value on which a constant of the resource hangs (`negationInd` of what is not taken)."""
        for row in group.rows:
            if row.verb != "const" or row.target is None or row.when is None or row.when.kind != "in":
                continue
            resource = roles.get(row.target.role, {})
            said = any(value == row.value for _, value in values_at(resource, row.target.steps))
            if said and len(row.when.values) == 1:
                self.settle(row.when, slot)

    def opened(self, group: Group, instance: Mapping[str, Resource], slot: Slot) -> Slot:
        """A new instance of a group, at the place its resource came from if the complement knows it."""
        if isinstance(self.builder, CcdaBuilder) and self.complement:
            place = self.homes.element(instance[group.roles[0].name]) if instance else ""
            if place or not instance:
                return self.builder.open_at(place)
        return self.builder.open(group.each, slot)

    def items(self, group: Group, of: Target, roles: dict[str, Resource], slot: Slot) -> None:
        """One instance for each item of a list of a resource: the rows see only what stands in it."""
        resource = roles.get(of.role)
        for path, item in values_at(resource, of.steps) if resource is not None else ():
            self.within[of.role] = (path, item, of.steps)
            self.group(group, roles, self.opened(group, {}, slot))
            del self.within[of.role]

    def values(self, row: Row, target: Target, resource: Resource) -> list[tuple[str, Any]]:
        """(path, value) of what the row reads: in the present item of a list, or in the whole resource."""
        if target.role not in self.within:
            return values_at(resource, target.steps)
        place, item, of = self.within[target.role]
        depth = len(of)
        if [step.name for step in target.steps[:depth]] != [step.name for step in of]:
            return []
        return [(f"{place}.{path}", value) for path, value in values_at(item, target.steps[depth:])]

    def account(self, row: Row, roles: Mapping[str, Resource], slot: Slot) -> None:
        """Constants and references need no home of their own."""
        if row.target is None or row.target.role not in roles:
            return
        if isinstance(self.builder, CcdaBuilder) and not self.fits(row.when, slot, strict=True):
            return
        resource = roles[row.target.role]
        for path, value in values_at(resource, row.target.steps):
            if row.verb == "ref" or value == row.value:
                self.use(resource, path)

    def use(self, resource: Resource, path: str) -> None:
        """Note that this element has a local home."""
        self.used.add((id(resource), path))

    def row(self, row: Row, roles: Mapping[str, Resource], slot: Slot) -> None:
        """One row."""
        if row.verb == "map":
            self.map(row, roles, slot)
            return
        if self.complement and (row.verb == "setting" or _is_carried(self.builder, slot)):
            return
        text = row.value if row.verb == "local" else self.fact(row.value, roles)
        if text and self.fits(row.when, slot, strict=True):
            self.builder.add(row.sources[0], text, slot, repeat=False)
        elif row.required and not text:
            raise RenderRefused(
                "SETTING_MISSING", f"the setting `{row.value}` is needed", row.sources[0].text
            )

    def fact(self, name: str, roles: Mapping[str, Resource]) -> str:
        """A setting, or the id of a role's resource (`task_id`), of this instance where it has one."""
        if name in self.settings:
            found = self.settings[name]
            raw = name in ("at",) or self.mapping.format != "hl7v2"
            return found if raw else escape(found)
        if name.endswith("_id"):
            played = [roles[name[:-3]]] if name[:-3] in roles else self.cast.roles.get(name[:-3])
            return str(played[0].get("id", "")) if played else ""
        return ""

    def map(self, row: Row, roles: Mapping[str, Resource], slot: Slot) -> None:
        """The element's values, through the lens backwards, to the row's address."""
        if row.target is None or row.lens is None or row.target.role == EVERY_ROLE or len(row.sources) > 1:
            return
        resource = roles.get(row.target.role)
        written = False
        if resource is not None and row.lens.backward is not None:
            taken = bool(self.builder.head(row.sources[0], slot)) and row.target.steps[-1].many
            repeat = row.target.steps[-1].many and not (taken and self.mapping.format == "hl7v2")
            for path, value in self.values(row, row.target, resource):
                if in_its_item(self.rows, row, resource, path):
                    written |= self.value(row, resource, path, value, slot, repeat)
        applies = resource is not None and self.fits(row.when, slot, strict=True)
        wanted = row.required and (row.when is None or applies)
        if wanted and not written and not self.builder.head(row.sources[0], slot):
            raise RenderRefused("REQUIRED_MISSING", "a required value has no source", row.sources[0].text)

    def value(self, row: Row, resource: Resource, path: str, value: Any, slot: Slot, repeat: bool) -> bool:
        """One value; False when the lens has no form for it or its place is taken."""
        if (id(resource), path) in self.used or self.is_const(row, value) or row.lens is None:
            return False
        home = self.homes.value(resource, path)
        carried = home is None and _is_carried(self.builder, slot)
        if carried and (self.by_constant(row, value, slot) or self.homes.inside(resource, path)):
            return False
        if home is not None and isinstance(self.builder, CcdaBuilder):
            if row.number not in home[1] or not self.put_back(self.builder, row, value, home[0]):
                return False
            self.settle(row.when, slot)
            self.use(resource, path)
            return True
        if not self.fits(row.when, slot, strict=False):
            return False
        try:
            assert row.lens.backward is not None
            text = self.synonym(row, value)
            if text is None:
                text = row.lens.backward(value)
        except (Unfit, KeyError, TypeError):
            return False
        if text == "":
            return False
        if not self.builder.add(row.sources[0], text, slot, repeat):
            if self.builder.holds(row.sources[0], text, slot):
                self.use(resource, path)
            return False
        self.settle(row.when, slot)
        self.use(resource, path)
        return True

    def put_back(self, builder: CcdaBuilder, row: Row, value: Any, places: Sequence[str]) -> bool:
        """A value at all places that said it, in the sender's form where it still is that; False if it has no form."""
        for place in places:
            form = self.own_form(row, value, place)
            try:
                if form is None and row.lens is not None and row.lens.backward is not None:
                    form = row.lens.backward(value)
            except (Unfit, KeyError, TypeError):
                return False
            builder.put_at(place, form)
        return True

    def own_form(self, row: Row, value: Any, place: str) -> Any:
        """The sender's form of the value at a place, if it still says this value."""
        raw = self.homes.synonym(place)
        if raw is None or row.lens is None:
            return None
        said = self.homes.read(row.lens, raw)
        return raw if said == value or (isinstance(said, list) and value in said) else None

    def by_constant(self, row: Row, value: Any, slot: Slot) -> bool:
        """Whether a constant whose condition holds at this instance said the value, so that it came from no place."""
        return any(
            other.verb == "const"
            and (other.target, other.value) == (row.target, value)
            and self.fits(other.when, slot, strict=True)
            for other in self.rows
        )

    def is_const(self, row: Row, value: Any) -> bool:
        """Whether an unconditional constant of the same list element says this value itself."""
        target = row.target
        if target is None or not target.steps[-1].many:
            return False
        return any(
            other.verb == "const" and other.when is None and other.target == target and other.value == value
            for other in self.mapping.root.rows
        )

    def synonym(self, row: Row, value: Any) -> Any:
        """The sender's own form of the value, from the complement."""
        prefix = row.sources[0].text
        for place, raw in self.synonyms:
            if not _same_address(prefix, place, self.mapping.format) or row.lens is None:
                continue
            try:
                if row.lens.forward(raw, None) == value:
                    return raw
            except Unfit:
                continue
        return None

    def fits(self, when: Condition | None, slot: Slot, strict: bool) -> bool:
        """Whether what is written so far allows the row. A value not written yet is settled behind it."""
        if when is None:
            return True
        if when.kind == "present":
            return bool(self.builder.head(when.address, slot)) or not strict
        if when.kind == "in":
            found = self.builder.head(when.address, slot)
            return found in when.values or (not found and not strict)
        if when.kind == "not":
            inner = when.parts[0]
            if inner.kind in ("present", "in") and not strict and not self.builder.head(inner.address, slot):
                return True
            return not self.fits(inner, slot, strict=True)
        answers = [self.fits(part, slot, strict) for part in when.parts]
        return all(answers) if when.kind == "and" else any(answers)

    def settle(self, when: Condition | None, slot: Slot) -> None:
        """Write the value that an `equals` of the row needs."""
        if when is None:
            return
        if when.kind == "in" and not self.builder.head(when.address, slot):
            self.builder.add(when.address, when.values[0], slot, repeat=False)
        for part in when.parts if when.kind == "and" else ():
            self.settle(part, slot)

    def homeless(self) -> tuple[Issue, ...]:
        """Each element that found no local home."""
        found: list[Issue] = []
        kinds = set(self.mapping.types.values())
        homes: dict[int, set[str]] = {}
        for one, path in self.used:
            homes.setdefault(one, set()).add(path)
        for resource in self.resources:
            name = str(resource.get("resourceType"))
            if name not in kinds:
                found.append(Issue("NO_LOCAL_HOME", "I", name, "the format has no place for this resource"))
                continue
            rest = {key: value for key, value in resource.items() if key not in _UNTRACED}
            used = homes.get(id(resource), set())
            for path in flat(rest, ""):
                if not any(part in used for part in _with_parents(path)):
                    place = f"{name}.{path}"
                    found.append(
                        Issue("NO_LOCAL_HOME", "I", place, "the format has no place for this element")
                    )
        return tuple(found)

    def finish(self, builder: Builder) -> Rendered:
        """The bytes, with the complement laid under."""
        kind = MEDIA_TYPES[self.mapping.format]
        issues = self.homeless()
        if isinstance(builder, V2Builder):
            order = overlay_v2(builder, self.complement) or self.mapping.columns
            return Rendered(builder.text(order), kind, issues)
        if isinstance(builder, CsvBuilder):
            overlay_csv(builder.row, self.complement)
            if self.mapping.format == "html":
                return Rendered(write_page(self.mapping.columns, builder.row, builder.parts), kind, issues)
            write_rows = SHEETS[self.mapping.format].write_rows
            return Rendered(write_rows(self.mapping.columns, builder.lines()), kind, issues)
        if isinstance(builder, CcdaBuilder):
            return Rendered(builder.content(self.resources), kind, issues)
        if isinstance(builder, SetBuilder):
            builder.overlay(self.complement, self.mapping.files)
            return Rendered(builder.content(self.mapping.files), kind, (*issues, *builder.unwritten))
        assert isinstance(builder, JsonBuilder)
        overlay_json(builder.document, self.complement)
        return Rendered(json_bytes(builder.document), kind, issues)


def _is_carried(builder: Builder, slot: Slot) -> bool:
    """Whether the constants of an instance are among what was carried: it stands where it came from."""
    return isinstance(builder, CcdaBuilder) and builder.has_own(slot)


def _with_parents(path: str) -> list[str]:
    """The path, and the path of each element around it: `a[0].b` -> `a`, `a[0]`, `a[0].b`."""
    return [path[: found.start()] for found in re.finditer(r"[.\[]|$", path)]


def _same_address(address: str, place: str, syntax: str) -> bool:
    if syntax == "csv_set":
        file, _, column = address.partition(".")
        return place.startswith(f"{file}.csv row ") and place.endswith(f" column {column}")
    if syntax in SHEETS:
        return place.endswith(f"column {address}")
    bare = "".join(part.partition("]")[2] if index else part for index, part in enumerate(place.split("[")))
    return bare == address.replace("[*]", "") or bare.startswith(address.replace("[*]", "") + ".")
