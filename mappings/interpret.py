"""The specification: a plain interpreter of a mapping, with the full account of every leaf.

It is slow on purpose and says everything: which leaf made which output, what was carried, dropped or named by no row.
The compiled form (`compile`) must give the same resources; when the compiled form meets anything unusual it hands over
to this one, so every issue a person reads comes from here.

With `explain` off it gives the same resources and issues, but no lineage, and leaves a lens holds count as carried.

Lineage is found by trial, not by trust: each leaf under a row is blanked and altered, and the outputs that change are
the outputs it feeds. What changes nothing is carried.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from copy import deepcopy
from functools import partial
from typing import Any

from mappings.elements import STAFF_TYPES
from mappings.envelope import business_key, check_envelope, named_addressees, record_key
from mappings.homes import homes_of, items_apart
from mappings.instances import (
    V2_DELETE,
    Instance,
    Interpreted,
    Made,
    holds,
    issue_of,
    made_roles,
    refused,
    says_any,
)
from mappings.model import Account, Accounting, Addressee, Issue, LineageRow
from mappings.placing import Long, flat, frozen, put
from mappings.rows import EVERY_ROLE, Group, MappingFile, Role, Row, inner_roles
from mappings.syntax.hl7v2 import erl
from mappings.times import Zone
from mappings.tree import Scope, Spot, Tree
from mappings.trials import fed_by
from mappings.unfit import Partly, Unfit

Feeds = Callable[[str], Iterable[str]]
_Spots = Sequence[Spot | None]


class Interpreter:
    """One run over one record."""

    def __init__(
        self,
        mapping: MappingFile,
        tree: Tree,
        make_id: Callable[[str, bytes], str],
        zone: Zone,
        *,
        explain: bool = True,
    ) -> None:
        self.mapping = mapping
        self.tree = tree
        self.make_id = make_id
        self.zone = zone
        self.explain = explain
        self.made: list[Made] = []
        self.instances: list[Instance] = []
        self.inputs: dict[str, tuple[dict[str, None], str]] = {}
        self.dropped: set[str] = set()
        self.carried: set[str] = set()
        self.unfit: set[str] = set()
        self.issues: list[Issue] = []
        self.synonyms: dict[str, Any] = {}
        self.homes: dict[str, Any] = {}
        self.long: Long = {}
        self.about: list[Made] = []
        self.labelled: set[Any] = set()
        self.key = ""
        self.key_places: tuple[str, ...] = ()
        self.leaves = tree.leaves()

    def run(self) -> Interpreted:
        """The resources and the account. Raises TranslationRefused."""
        check_envelope(self.mapping, self.tree)
        self.key, self.key_places = business_key(self.mapping, self.tree)
        for address in self.mapping.required:
            if not self.tree.spots(address, self.tree.top()):
                raise refused(
                    "REQUIRED_MISSING", "a required value is missing", self.tree.expected(address), "101"
                )
        addressees = named_addressees(self.mapping.addressee, self.tree)
        self.open(self.mapping.root, self.tree.top(), {}, (), "")
        for instance in self.instances:
            self.drop(instance)
        for wanted in ("const", ""):
            for instance in self.instances:
                for row in instance.group.rows:
                    if (row.verb == "const") == (wanted == "const"):
                        self.apply(row, instance)
        return self.finish(addressees)

    def open(
        self, group: Group, scope: Scope, roles: dict[str, Made | None], places: tuple[str, ...], path: str
    ) -> None:
        """Make the resources of one instance of a group, and open the groups inside it."""
        seen = dict(roles)
        for role in group.roles:
            answer, looked = holds(role.when, self.tree, scope)
            seen[role.name] = self.make(role, scope, path, places + looked) if answer else None
        instance = Instance(group, scope, seen, places)
        self.instances.append(instance)
        before = len(self.made)
        counts: dict[str, int] = {}
        keyed: dict[str, list[tuple[str, ...]]] = {}
        for inner in group.groups:
            names = "+".join(role.name for role in inner.roles)
            for inner_scope in self.tree.scopes(inner.each, inner.followers, scope):
                answer, looked = holds(inner.when, self.tree, inner_scope)
                if not answer:
                    continue
                counts[names] = counts.get(names, 0) + 1
                suffix = str(counts[names])
                if inner.key is not None:
                    value, key_places = self.tree.head(inner.key, inner_scope)
                    if not value and inner.other_key is not None:
                        value, key_places = self.tree.head(inner.other_key, inner_scope)
                    alike = keyed.setdefault(f"{names}={value}", [])
                    looked += key_places if len(alike) != 1 else alike[0] + key_places
                    suffix = f"{'#' + suffix if alike else ''}={value}" if value else suffix
                    alike.append(key_places)
                self.open(inner, inner_scope, seen, places + looked, f"{path}/{suffix}")
        instance.inside = self.made[before:]

    def make(self, role: Role, scope: Scope, path: str, looked: tuple[str, ...]) -> Made:
        """An empty resource with its id."""
        key, places = self.key, self.key_places
        if role.key:
            own, own_places = record_key(self.tree, role.key, scope)
            key, places = f"{role.named}:{own}", own_places
        made_id = self.make_id(key, (role.named + path).encode())
        resource: dict[str, Any] = {"resourceType": role.type, "id": made_id}
        if role.same_as and any(made.id == made_id for made in self.made):
            raise refused(
                "SAME_RECORD", "a record cannot end in itself", self.tree.expected(role.key[0]), "207"
            )
        made = Made(role.name, role.type, made_id, resource, places + looked)
        self.made.append(made)
        self.note(f"{made.reference}#id", made.key_places, "id")
        return made

    def note(self, output: str, places: Iterable[str], row: str) -> None:
        """Remember that these places made this output."""
        inputs, _ = self.inputs.setdefault(output, ({}, row))
        inputs.update(dict.fromkeys(places))

    def drop(self, instance: Instance) -> None:
        """Find what drop rows name, before anything else may use it."""
        for row in instance.group.rows:
            if row.verb == "drop" and holds(row.when, self.tree, instance.scope)[0]:
                for address in row.sources:
                    for spot in self.tree.spots(address, instance.scope, every=True):
                        self.dropped.update(spot.leaves)

    def apply(self, row: Row, instance: Instance) -> None:
        """One row at one instance."""
        answer, looked = holds(row.when, self.tree, instance.scope)
        if not answer:
            return
        places = instance.places + looked
        if row.verb == "map":
            self.map(row, instance, places)
        elif row.verb == "const":
            for made in self.targets(row, instance):
                self.place(row, made, row.value, _always(places), instance)
        elif row.verb == "ref":
            self.refer(row, instance, places)
        elif row.verb in ("carry", "local", "setting"):
            for address in row.sources:
                for spot in self.tree.spots(address, instance.scope, every=True):
                    self.carried.update(spot.leaves)

    def targets(self, row: Row, instance: Instance) -> Sequence[Made]:
        """The resources a row writes into."""
        if row.target is None:
            return ()
        if row.target.role == EVERY_ROLE:
            self.about = self.about or [made for made in self.made if made.type not in STAFF_TYPES]
            return self.about
        made = instance.roles.get(row.target.role)
        return [made] if made is not None else []

    def refer(self, row: Row, instance: Instance, places: tuple[str, ...]) -> None:
        """References to the role's resources: the nearest, or all where the element repeats."""
        near = instance.roles.get(row.role)
        if row.role in instance.roles:
            found = [near] if near is not None else []
        elif instance.group.each is not None and row.role in inner_roles(instance.group):
            found = [made for made in instance.inside if made.role == row.role]
        else:
            found = [made for made in self.made if made.role == row.role]
        for made in self.targets(row, instance):
            for other in found:
                inputs = places + other.key_places
                self.place(row, made, {"reference": other.reference}, _always(inputs), instance)

    def place(self, row: Row, made: Made, value: Any, fed: Feeds, instance: Instance, at: str = "") -> bool:
        """Put a value and note its lineage; False when the element was already taken."""
        if row.target is None:
            return False
        if row.number in self.mapping.filled_on:
            value = deepcopy(value)
        placed = put(made.resource, row.target.steps, value, instance.marks_of(made), self.long)
        if not self.explain:
            if placed:
                self.note(f"{made.reference}#{row.number}", fed(""), str(row.number))
            return bool(placed)
        items = value if isinstance(value, list) and row.target.steps[-1].many else [value]
        for position, (path, item) in enumerate(placed):
            if at:
                self.homes.setdefault(f"{made.reference}#{path}", []).append([at, row.number])
            prefix = f"[{position}]" if len(items) > 1 or isinstance(value, list) else ""
            for leaf in flat(item, ""):
                output = f"{path}.{leaf}" if leaf else path
                inner = f"{prefix}.{leaf}" if prefix and leaf else prefix or leaf
                self.note(f"{made.reference}#{output}", fed(inner), str(row.number))
        return bool(placed)

    def map(self, row: Row, instance: Instance, places: tuple[str, ...]) -> None:
        """Values at the row's addresses, through its lens, into its target."""
        found = [self.usable(self.tree.spots(address, instance.scope)) for address in row.sources]
        if not found[0]:
            if row.required:
                place = self.tree.expected(row.sources[0])
                raise refused("REQUIRED_MISSING", "a required value is missing", place, "101")
            return
        if len(row.sources) > 1:
            first = [spots[0] if spots else None for spots in found]
            self.convert(row, instance, first, places)
            return
        spare = row.required and says_any(found[0], lambda raw: self.see(row, [raw]))
        for spot in found[0]:
            self.convert(row, instance, [spot], places + spot.looked, spare)

    def usable(self, spots: Sequence[Spot]) -> list[Spot]:
        """The spots without what is dropped."""
        found = []
        for spot in spots:
            gone = [i for i, place in enumerate(spot.leaves) if place in self.dropped]
            if len(gone) == len(spot.leaves):
                continue
            raw = spot.raw
            for index in gone:
                raw = Spot(spot.place, raw, spot.leaves, spot.alter).alter(index, "")
            found.append(Spot(spot.place, raw, spot.leaves, spot.alter) if gone else spot)
        return found

    def convert(
        self, row: Row, at: Instance, spots: _Spots, places: tuple[str, ...], spare: bool = False
    ) -> None:
        """One value (or several that belong together) through the lens; `spare`: another repetition has a value."""
        raws = [spot.raw if spot is not None else "" for spot in spots]
        first = next(spot for spot in spots if spot is not None)
        leaves = [place for spot in spots if spot is not None for place in spot.leaves]
        made = self.targets(row, at)
        if not made:
            return
        if raws[0] == V2_DELETE:
            if row.required and not spare:
                raise refused("REQUIRED_MISSING", "a required value is deleted", first.place, "101")
            self.carried.update(leaves)
            return
        try:
            value = self.see(row, raws)
        except Unfit as unfit:
            self.unfit.update(leaves)
            self.say(row, unfit, first.place, row.required and not (spare and unfit.code == "EMPTY"))
            return
        self.say_partly(row, spots, raws)
        feeds = self.trials(row, spots, raws, value) if self.explain else {}
        made = made if self.explain else self.unlabelled(row, made, value)
        home = first.place if self.mapping.format == "ccda" else ""
        placed = False
        for one in made:
            placed |= self.place(row, one, value, lambda path: [*feeds.get(path, ()), *places], at, home)
        if not placed:
            self.unfit.update(leaves)
            twice = Unfit("ONE_VALUE_ONLY", "the element takes one value and already has one", "207")
            self.say(row, twice, first.place, row.required)
            return
        fed = {place for found in feeds.values() for place in found}
        self.carried.update(place for place in leaves if place not in fed)
        if self.explain:
            self.keep_synonym(row, first, raws, value)

    def unlabelled(self, row: Row, made: Sequence[Made], value: Any) -> Sequence[Made]:
        """The resources a row writes into: of labels that all of them have already, one is enough (a message may have
        as many ORC as it has results)."""
        if row.target is None or row.target.role != EVERY_ROLE:
            return made
        label = row.target.text, frozen(value)
        if label in self.labelled:
            return made[:1]
        self.labelled.add(label)
        return made

    def see(self, row: Row, raws: Sequence[Any]) -> Any:
        """The lens's value; a partial one is used and said. Raises Unfit."""
        if row.lens is None:
            raise Unfit("NO_LENS", "the row has no lens", "207")
        try:
            return row.lens.forward(raws[0] if len(raws) == 1 else tuple(raws), self.zone)
        except Partly as partly:
            return partly.value

    def say(self, row: Row, unfit: Unfit, place: str, required: bool) -> None:
        """An issue, or a refusal when the row is required; of a code that is in no table, with those that are."""
        issue = issue_of(unfit, place, row.expects)
        if required:
            raise refused(issue.code, issue.message, place, unfit.hl7_error_code)
        self.issues.append(issue)

    def trials(
        self, row: Row, spots: Sequence[Spot | None], raws: list[Any], value: Any
    ) -> dict[str, list[str]]:
        """Output path below the value -> leaves that feed it; what is dropped feeds nothing."""
        tried = [place for spot in spots if spot is not None for place in spot.leaves]
        leaves = {place: self.leaves.get(place, "") for place in tried if place not in self.dropped}
        return fed_by(partial(self.see, row), spots, raws, value, leaves)

    def say_partly(self, row: Row, spots: Sequence[Spot | None], raws: list[Any]) -> None:
        try:
            assert row.lens is not None
            row.lens.forward(raws[0] if len(raws) == 1 else tuple(raws), self.zone)
        except Partly as partly:
            first = next(spot for spot in spots if spot is not None)
            self.issues.append(issue_of(partly, first.place))

    def keep_synonym(self, row: Row, spot: Spot, raws: list[Any], value: Any) -> None:
        """Where the way back would write another form, keep the sender's own."""
        if row.lens is None or row.lens.backward is None or len(raws) > 1:
            return
        try:
            if row.lens.backward(value) == raws[0]:
                return
        except (Unfit, KeyError, TypeError, ValueError):
            pass
        self.synonyms[spot.place] = raws[0]

    def finish(self, addressees: tuple[Addressee, ...]) -> Interpreted:
        """Every leaf in one class, and all that was found."""
        leaves = self.leaves
        mapped = {place for inputs, _ in self.inputs.values() for place in inputs} - self.dropped
        dropped = self.dropped
        carried = self.carried - mapped - dropped - self.unfit
        unmapped = [p for p in leaves if p not in mapped and p not in dropped and p not in carried]
        for place in unmapped:
            if place not in self.unfit:
                message = "no row of the mapping names this value"
                self.issues.append(Issue("UNMAPPED", "W", place, message, "207", erl(place)))
        accounting = Accounting(len(mapped), len(carried), len(dropped), len(unmapped), len(leaves))
        complement = {
            "mapping": self.mapping.id,
            "version": self.mapping.version,
            "order": self.tree.skeleton() if self.explain else None,
            "carried": {place: raw for place, raw in leaves.items() if place in carried},
            "unmapped": {place: leaves[place] for place in unmapped},
            "synonyms": self.synonyms,
            **homes_of(
                self.instances, self.homes, self.zone, {p: raw for p, raw in leaves.items() if p in mapped}
            ),
            **(items_apart(leaves, mapped) if self.explain and self.mapping.format == "json" else {}),
        }
        lineage = tuple(
            LineageRow(output, tuple(p for p in inputs if p not in dropped), f"{self.mapping.id}:{row}")
            for output, (inputs, row) in (self.inputs.items() if self.explain else ())
        )
        roles = made_roles(self.made)
        account = Account(complement, lineage, accounting, tuple(self.issues))
        resources = tuple(made.resource for made in self.made)
        return Interpreted(resources, roles, self.key, addressees, self.tree.facts(), account)


def _always(places: Iterable[str]) -> Feeds:
    """The same inputs for every path."""
    return lambda path: places
