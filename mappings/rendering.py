"""One record being written, row by row: the plain form, which knows everything (complement, documents, what is left).

Where a mapping has a generated form (`compile_render`), records without a complement are written by it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from mappings.assigning import Cast, Resource, in_its_item, values_at
from mappings.compile_render import Write
from mappings.compiled_parts import Suspect
from mappings.homes import Homes
from mappings.library import Mapping_
from mappings.model import Issue, RenderRefused
from mappings.render_plan import Names, PlannedGroup, PlannedRow
from mappings.rows import Condition
from mappings.syntax.hl7v2 import escape
from mappings.syntax.sheets import SHEETS
from mappings.unfit import Unfit
from mappings.writing import Builder, CsvBuilder, JsonBuilder, Slot, V2Builder
from mappings.writing_ccda import CcdaBuilder, is_for_a_new_document, is_not_withdrawn
from mappings.writing_sets import SetBuilder

_NO_HOMES = Homes({})
_UNTRACED = ("resourceType", "id", "meta", "text")
_MAKERS: dict[str, type[Builder]] = {"hl7v2": V2Builder, "json": JsonBuilder, "csv_set": SetBuilder}


class Rendering:
    """One record being written."""

    def __init__(
        self,
        mapping: Mapping_,
        resources: Sequence[Resource],
        settings: Mapping[str, str],
        complement: Mapping[str, Any],
    ) -> None:
        self.whole = mapping
        self.mapping = mapping.file
        self.plan = mapping.render_plan
        if not complement:
            is_said = is_for_a_new_document if mapping.format == "ccda" else is_not_withdrawn
            resources = [one for one in resources if is_said(one)]
        self.homes = Homes(complement) if complement else _NO_HOMES
        self.cast = Cast(mapping.file, self.plan, resources, self.homes.group)
        self.resources = resources
        self.settings = settings
        self.complement = complement
        self.synonyms = list(complement.get("synonyms", {}).items())
        self.document = CcdaBuilder(complement) if mapping.format == "ccda" else None
        self.builder: Builder = self.document or _MAKERS.get(mapping.format, CsvBuilder)()
        self.generated = None if complement or not self.cast.all_differ else mapping.compiled_render
        self.used: dict[int, set[str]] = {}
        """id of a resource -> the paths of its elements that have a local home."""
        self.within: dict[str, tuple[str, Any, Names]] = {}
        self.later: list[tuple[Sequence[PlannedRow], dict[str, Resource]]] = []
        """Constants and references of each instance, looked at when somebody asks what has no local home."""

    def write(self) -> Builder:
        """Everything but the complement."""
        played = self.cast.roles
        top = {name: played[name][0] for name in self.plan.top if played.get(name)}
        if self.generated is None or not self._write_generated(self.generated, top):
            self.group(self.plan.root, top, None)
        for address in self.mapping.required:
            if not self.builder.head(address, None) and self.mapping.format != "hl7v2":
                raise RenderRefused("REQUIRED_MISSING", "a required value has no source", address.text)
        return self.builder

    def _write_generated(self, write: Write, top: dict[str, Resource]) -> bool:
        """Whether the generated form could write the record."""
        try:
            write(self.cast, top, self.fact, self.builder)
        except Suspect:
            self.generated, self.builder = None, type(self.builder)()
            return False
        return True

    def group(self, group: PlannedGroup, roles: dict[str, Resource], slot: Slot) -> None:
        """One instance: values first, then facts of the sender, then constants."""
        if self.document is not None:
            self.conditions(group, roles, slot)
        for row in group.rows:
            if row.verb == "map":
                self.map(row, roles, slot)
            else:
                self.say(row, roles, slot)
        for row in group.accounts_now:
            if row.role in roles:
                self.account(row, roles[row.role], slot)
        self.later.append((group.accounts, roles))
        for inner in group.groups:
            if inner.of:
                self.items(inner, roles, slot)
                continue
            for instance in self.cast.instances(inner, roles):
                self.group(inner, instance, self.opened(inner, instance, slot))

    def conditions(self, group: PlannedGroup, roles: Mapping[str, Resource], slot: Slot) -> None:
        """Write the one value on which a constant of the resource hangs (`negationInd` of what is not taken)."""
        for row in group.conditions:
            resource = roles.get(row.role, {})
            said = any(value == row.value for _, value in values_at(resource, row.names))
            if said and row.only is not None and len(row.only.values) == 1:
                self.settle(row.only, slot)

    def opened(self, group: PlannedGroup, instance: Mapping[str, Resource], slot: Slot) -> Slot:
        """A new instance of a group, at the place its resource came from if the complement knows it."""
        if self.document is not None and self.complement:
            place = self.homes.element(instance[group.first]) if instance else ""
            if place or not instance:
                return self.document.open_at(place)
        return self.builder.open(group.group.each, slot)

    def items(self, group: PlannedGroup, roles: dict[str, Resource], slot: Slot) -> None:
        """One instance for each item of a list of a resource: the rows see only what stands in it."""
        role = group.group.of.role if group.group.of is not None else ""
        resource = roles.get(role)
        for path, item in values_at(resource, group.of) if resource is not None else ():
            self.within[role] = (path, item, group.of)
            self.group(group, roles, self.opened(group, {}, slot))
            del self.within[role]

    def values(self, row: PlannedRow, resource: Resource) -> list[tuple[str, Any]]:
        """(path, value) of what the row reads: in the present item of a list, or in the whole resource."""
        if row.role not in self.within:
            return values_at(resource, row.names)
        place, item, of = self.within[row.role]
        if row.names[: len(of)] != of:
            return []
        return [(f"{place}.{path}", value) for path, value in values_at(item, row.names[len(of) :])]

    def account(self, row: PlannedRow, resource: Resource, slot: Slot) -> None:
        """Constants and references need no home of their own."""
        if self.document is not None and not self.fits(row.when, slot, strict=True):
            return
        for path, value in values_at(resource, row.names):
            if row.verb == "ref" or value == row.value:
                self.use(resource, path)

    def use(self, resource: Resource, path: str) -> None:
        """Note that this element has a local home."""
        used = self.used.get(id(resource))
        if used is None:
            used = self.used[id(resource)] = set()
        used.add(path)

    def say(self, row: PlannedRow, roles: Mapping[str, Resource], slot: Slot) -> None:
        """A fact of the sender, or a constant of the agency's side."""
        if self.complement and (row.verb == "setting" or self.is_carried(slot)):
            return
        text = row.value if row.verb == "local" else self.fact(row.value, roles)
        if text and self.fits(row.when, slot, strict=True):
            self.builder.add(row.address, text, slot, repeat=False)
        elif row.required and not text:
            raise RenderRefused("SETTING_MISSING", f"the setting `{row.value}` is needed", row.address.text)

    def is_carried(self, slot: Slot) -> bool:
        """Whether the constants of an instance are among what was carried: it stands where it came from."""
        return self.document is not None and self.document.has_own(slot)

    def fact(self, name: str, roles: Mapping[str, Resource]) -> str:
        """A setting, or the id of a role's resource (`task_id`), of this instance where it has one."""
        found = self.settings.get(name)
        if found is not None:
            return found if name == "at" or self.mapping.format != "hl7v2" else escape(found)
        if name.endswith("_id"):
            played = [roles[name[:-3]]] if name[:-3] in roles else self.cast.roles.get(name[:-3])
            return str(played[0].get("id", "")) if played else ""
        return ""

    def map(self, row: PlannedRow, roles: Mapping[str, Resource], slot: Slot) -> None:
        """The element's values, through the lens backwards, to the row's address."""
        resource = roles.get(row.role)
        written = False
        if resource is not None and (row.names[0] in resource or row.role in self.within):
            values = self.values(row, resource)
            repeat = row.many
            if values and repeat and self.mapping.format == "hl7v2":
                repeat = not self.builder.head(row.address, slot)
            for path, value in values:
                if not row.telling or in_its_item(row.telling, resource, path):
                    written |= self.value(row, resource, path, value, slot, repeat)
        if not row.required or written:
            return
        wanted = row.when is None or (resource is not None and self.fits(row.when, slot, strict=True))
        if wanted and not self.builder.head(row.address, slot):
            raise RenderRefused("REQUIRED_MISSING", "a required value has no source", row.address.text)

    def value(
        self, row: PlannedRow, resource: Resource, path: str, value: Any, slot: Slot, repeat: bool
    ) -> bool:
        """One value; False when the lens has no form for it or its place is taken."""
        if path in self.used.get(id(resource), ()) or value in row.itself:
            return False
        if self.document is not None and self.complement:
            home = self.homes.value(resource, path)
            if home is not None:
                return self.put_home(self.document, row, resource, path, value, slot, home)
            if self.is_carried(slot) and (
                self.by_constant(row, value, slot) or self.homes.inside(resource, path)
            ):
                return False
        if row.when is not None and not self.fits(row.when, slot, strict=False):
            return False
        try:
            text = self.synonym(row, value) if self.synonyms else None
            if text is None:
                text = row.backward(value)
        except (Unfit, KeyError, TypeError):
            return False
        if text == "":
            return False
        if not self.builder.add(row.address, text, slot, repeat):
            if self.builder.holds(row.address, text, slot):
                self.use(resource, path)
            return False
        if row.when is not None:
            self.settle(row.when, slot)
        self.use(resource, path)
        return True

    def put_home(
        self,
        document: CcdaBuilder,
        row: PlannedRow,
        resource: Resource,
        path: str,
        value: Any,
        slot: Slot,
        home: tuple[Sequence[str], set[int]],
    ) -> bool:
        """A value that came from places of a document, back to them; False if it is another row's."""
        if row.row.number not in home[1] or not self.put_back(document, row, value, home[0]):
            return False
        self.settle(row.when, slot)
        self.use(resource, path)
        return True

    def put_back(self, builder: CcdaBuilder, row: PlannedRow, value: Any, places: Sequence[str]) -> bool:
        """A value at all places that said it, in the sender's form where it still is that; False if it has no form."""
        for place in places:
            form = self.own_form(row, value, place)
            try:
                if form is None:
                    form = row.backward(value)
            except (Unfit, KeyError, TypeError):
                return False
            builder.put_at(place, form)
        return True

    def own_form(self, row: PlannedRow, value: Any, place: str) -> Any:
        """The sender's form of the value at a place, if it still says this value."""
        raw = self.homes.synonym(place)
        if raw is None or row.row.lens is None:
            return None
        said = self.homes.read(row.row.lens, raw)
        return raw if said == value or (isinstance(said, list) and value in said) else None

    def by_constant(self, row: PlannedRow, value: Any, slot: Slot) -> bool:
        """Whether a constant whose condition holds at this instance said the value, so that it came from no place."""
        return any(said == value and self.fits(when, slot, strict=True) for said, when in row.said)

    def synonym(self, row: PlannedRow, value: Any) -> Any:
        """The sender's own form of the value, from the complement."""
        lens, prefix = row.row.lens, row.address.text
        for place, raw in self.synonyms:
            if lens is None or not _same_address(prefix, place, self.mapping.format):
                continue
            try:
                if lens.forward(raw, None) == value:
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
        wanted = when.kind == "or"
        for part in when.parts:
            if self.fits(part, slot, strict) is wanted:
                return wanted
        return not wanted

    def settle(self, when: Condition | None, slot: Slot) -> None:
        """Write the value that an `equals` of the row needs."""
        if when is None:
            return
        if when.kind == "in" and not self.builder.head(when.address, slot):
            self.builder.add(when.address, when.values[0], slot, repeat=False)
        for part in when.parts if when.kind == "and" else ():
            self.settle(part, slot)

    def homeless(self) -> tuple[Issue, ...]:
        """Each element that found no local home. Asked for once; the generated form does not know."""
        if self.generated is not None:
            plain = Rendering(self.whole, self.resources, self.settings, self.complement)
            plain.generated = None
            plain.write()
            return plain.homeless()
        found: list[Issue] = []
        for rows, roles in self.later:
            for row in rows:
                if row.role in roles:
                    self.account(row, roles[row.role], None)
        for resource in self.resources:
            name = str(resource.get("resourceType"))
            if name not in self.plan.kinds:
                found.append(Issue("NO_LOCAL_HOME", "I", name, "the format has no place for this resource"))
                continue
            paths: list[str] = []
            used: Collection[str] = self.used.get(id(resource), ())
            for key, value in resource.items():
                if key not in _UNTRACED and key not in used:
                    _leaves_without(used, value, key, paths)
            message = "the format has no place for this element"
            found += [Issue("NO_LOCAL_HOME", "I", f"{name}.{path}", message) for path in paths]
        return tuple(found)


def _leaves_without(used: Collection[str], value: Any, path: str, found: list[str]) -> None:
    """Add the paths of the leaves below a value that stand in nothing with a home."""
    if isinstance(value, dict):
        for name, inner in value.items():
            below = f"{path}.{name}"
            if below not in used:
                _leaves_without(used, inner, below, found)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            below = f"{path}[{index}]"
            if below not in used:
                _leaves_without(used, inner, below, found)
    else:
        found.append(path)


def _same_address(address: str, place: str, syntax: str) -> bool:
    if syntax == "csv_set":
        file, _, column = address.partition(".")
        return place.startswith(f"{file}.csv row ") and place.endswith(f" column {column}")
    if syntax in SHEETS:
        return place.endswith(f"column {address}")
    bare = "".join(part.partition("]")[2] if index else part for index, part in enumerate(place.split("[")))
    return bare == address.replace("[*]", "") or bare.startswith(address.replace("[*]", "") + ".")
