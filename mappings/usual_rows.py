"""The rows of the usual form, looked at once: each becomes a function of a run and an instance of its group."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from mappings.compile_conditions import CODED
from mappings.compiled_parts import LONGEST_VALUE, MOST_VALUES, Suspect
from mappings.elements import STAFF_TYPES
from mappings.lenses import Forward
from mappings.placing import frozen, put
from mappings.rows import EVERY_ROLE, Group, Row, inner_roles
from mappings.usual_conditions import condition
from mappings.usual_reading import NO_CLAIMS, Claims, Reading, Record
from mappings.usual_run import Do, Made, Opened, Run

V2_DELETE = '""'


class NotUsual(Exception):
    """A construct that has no usual form; the interpreter runs."""


class KnownCells(dict[str, Any]):
    """Cell -> what the lens of its row makes of it: codes and dates, the same in many records. Raises as the lens, which
    needs no zone, does."""

    def __init__(self, forward: Forward) -> None:
        super().__init__()
        self.forward = forward

    def __missing__(self, cell: str) -> Any:
        found = self.forward(cell, None)
        if len(self) < MOST_VALUES and len(cell) < LONGEST_VALUE:
            self[cell] = found
        return found


class Rows:
    """Makes the functions of rows and conditions, for one syntax."""

    def __init__(self, reading: Reading, filled_on: frozenset[int], always: frozenset[str]) -> None:
        self.reading = reading
        self.filled_on = filled_on
        self.always = always
        """Roles that every record has."""
        self.sure: set[str] = set()
        """Columns that a row names in every record: nothing has to be noted of them."""

    def drop(self, row: Row) -> Do:
        """Leaves that nothing may use."""
        found, when = tuple(map(self.reading.every, row.sources)), condition(row.when, self.reading)

        def do(run: Run, at: Opened) -> None:
            if when is None or when(run.record, at.scope)[0]:
                for every in found:
                    run.record.drop(every(run.record, at.scope))

        return do

    def const(self, row: Row) -> Do:
        """A constant of a resource."""
        targets, when, place, value = (
            _targets(row),
            condition(row.when, self.reading),
            self.placer(row),
            row.value,
        )

        def do(run: Run, at: Opened) -> None:
            looked = NO_CLAIMS
            if when is not None:
                answer, looked = when(run.record, at.scope)
                if not answer:
                    return
            for made in targets(run, at):
                if place(run, at, made, value):
                    _claim_around(run.record, at, looked)

        return do

    def row(self, row: Row, group: Group) -> Do:
        """A row that is no constant."""
        if row.verb == "ref":
            return self.refer(row, group)
        if row.verb == "map":
            return self.together(row) if len(row.sources) > 1 else self.map(row)
        found, when = tuple(map(self.reading.every, row.sources)), condition(row.when, self.reading)

        def carry(run: Run, at: Opened) -> None:
            if when is None or when(run.record, at.scope)[0]:
                for every in found:
                    run.record.claim(every(run.record, at.scope))

        return carry

    def refer(self, row: Row, group: Group) -> Do:
        """References to the role's resources: the nearest, or all where the element repeats."""
        targets, when, place, name = (
            _targets(row),
            condition(row.when, self.reading),
            self.placer(row),
            row.role,
        )
        within = group.each is not None and name in inner_roles(group)

        def do(run: Run, at: Opened) -> None:
            looked = NO_CLAIMS
            if when is not None:
                answer, looked = when(run.record, at.scope)
                if not answer:
                    return
            named: Iterable[Made]
            if name in at.roles:
                near = at.roles[name]
                named = (near,) if near is not None else ()
            elif within:
                named = [made for made in at.inside if made.role == name]
            else:
                named = run.by_role.get(name, ())
            for made in targets(run, at):
                for other in named:
                    if place(run, at, made, {"reference": other.reference}):
                        _claim_around(run.record, at, looked)

        return do

    def map(self, row: Row) -> Do:
        """Values at the row's address, through its lens, into its target."""
        if row.lens is None or row.target is None:
            raise NotUsual
        if row.target.role == EVERY_ROLE:
            return self.label(row, row.target.text)
        column = self.reading.column(row.sources[0])
        if column and row.when is None and row.target.role in self.always:
            self.sure.add(column)
            return self.cell(row, column, row.target.role, row.lens.forward)
        return self.values(row, row.target.role, row.lens.forward)

    def values(self, row: Row, role: str, forward: Forward) -> Do:
        """Each value at the row's address, into the resource of a role."""
        required = row.required
        spots, when, place = (
            self.reading.spots(row.sources[0]),
            condition(row.when, self.reading),
            self.placer(row),
        )

        def do(run: Run, at: Opened) -> None:
            record, looked = run.record, NO_CLAIMS
            if when is not None:
                answer, looked = when(record, at.scope)
                if not answer:
                    return
            found = spots(record, at.scope)
            if record.drops and found:
                found = _undropped(record, found)
            if not found:
                if required:
                    raise Suspect
                return
            made = at.roles.get(role)
            if made is None:
                return
            for raw, claims, tested in found:
                if raw == V2_DELETE or not place(run, at, made, forward(raw, run.zone)):
                    raise Suspect
                record.claim(claims)
                if tested:
                    record.claim(tested)
            _claim_around(record, at, looked)

        return do

    def is_sure_to_carry(self, row: Row, group: Group) -> bool:
        """Whether a row carries whole columns of every record, so that it has nothing left to do."""
        columns = [self.reading.column(source) for source in row.sources]
        if row.verb in ("map", "ref") or row.when is not None or group.each is not None or not all(columns):
            return False
        self.sure.update(columns)
        return True

    def cell(self, row: Row, column: str, role: str, forward: Forward) -> Do:
        """The cell of a column that this row always takes, into a resource that every record has."""
        place, required, claims = self.placer(row), row.required, (column,)
        known = KnownCells(forward) if row.lens_name in CODED or row.lens_name == "date" else None

        def do(run: Run, at: Opened) -> None:
            cell = run.record.row.get(column)  # type: ignore[attr-defined]  # only sheets have columns
            if not cell or (run.record.drops and run.record.dropped(claims)):
                if required:
                    raise Suspect
                return
            made = at.roles[role]
            if made is None or cell == V2_DELETE:
                raise Suspect
            value = forward(cell, run.zone) if known is None else known[cell]
            if not place(run, at, made, value):
                raise Suspect

        return do

    def placer(self, row: Row) -> Place:
        """Puts a value where a row wants it; False when the element is already taken."""
        place = _placer(row)
        return _with_its_own(place) if row.number in self.filled_on else place

    def label(self, row: Row, text: str) -> Do:
        """Sensitivity labels on every resource about the patient."""
        if row.lens is None:
            raise NotUsual
        spots, when, place = (
            self.reading.spots(row.sources[0]),
            condition(row.when, self.reading),
            self.placer(row),
        )
        targets, forward, required = _targets(row), row.lens.forward, row.required

        def do(run: Run, at: Opened) -> None:
            record, looked = run.record, NO_CLAIMS
            if when is not None:
                answer, looked = when(record, at.scope)
                if not answer:
                    return
            found, made = _undropped(record, spots(record, at.scope)), targets(run, at)
            if not found and required:
                raise Suspect
            if not found or not made:
                return
            for raw, claims, tested in found:
                if raw == V2_DELETE:
                    raise Suspect
                value = forward(raw, run.zone)
                known = text, frozen(value)
                if known not in run.labelled:
                    run.labelled.add(known)
                    placed = [place(run, at, one, value) for one in made]
                    if not any(placed):
                        raise Suspect
                record.claim((*claims, *tested))
            _claim_around(record, at, looked)

        return do

    def together(self, row: Row) -> Do:
        """Several values that belong together."""
        if row.lens is None:
            raise NotUsual
        readers, when, place = (
            [*map(self.reading.spots, row.sources)],
            condition(row.when, self.reading),
            self.placer(row),
        )
        targets, forward, required = _targets(row), row.lens.forward, row.required

        def do(run: Run, at: Opened) -> None:
            record, looked = run.record, NO_CLAIMS
            if when is not None:
                answer, looked = when(record, at.scope)
                if not answer:
                    return
            found = [_undropped(record, spots(record, at.scope)) for spots in readers]
            if not found[0]:
                if required:
                    raise Suspect
                return
            raws = tuple(spots[0][0] if spots else "" for spots in found)
            made = targets(run, at)
            if not made:
                return
            value = forward(raws, run.zone)
            placed = [place(run, at, one, value) for one in made]
            if raws[0] == V2_DELETE or not any(placed):
                raise Suspect
            for spots in found:
                record.claim(spots[0][1] if spots else NO_CLAIMS)
            _claim_around(record, at, looked)

        return do


def _claim_around(record: Record, at: Opened, looked: Claims) -> None:
    """What an instance was found by, and what a condition looked at, are in what was placed."""
    if at.claims:
        record.claim(at.claims)
        at.claims = NO_CLAIMS  # once is enough
    if looked:
        record.claim(looked)


def _undropped(record: Record, found: Spots_) -> Spots_:
    """The spots without those that are dropped; Suspect where part of one is."""
    kept = []
    for spot in found:
        gone = record.dropped(spot[1])
        if gone is None:
            raise Suspect
        if not gone:
            kept.append(spot)
    return kept


Spots_ = Sequence[tuple[Any, Claims, Claims]]


def _targets(row: Row) -> Callable[[Run, Opened], Sequence[Made]]:
    """The resources a row writes into."""
    role = row.target.role if row.target is not None else ""
    if role != EVERY_ROLE:

        def one(run: Run, at: Opened) -> Sequence[Made]:
            made = at.roles.get(role)
            return (made,) if made is not None else ()

        return one

    def every(run: Run, at: Opened) -> Sequence[Made]:
        if not run.about:
            run.about = [made for made in run.made if made.type not in STAFF_TYPES]
        return run.about

    return every


Place = Callable[[Run, Opened, Made, Any], bool]


def _with_its_own(place: Place) -> Place:
    """Each resource gets a copy, as another row writes into the value."""
    return lambda run, at, made, value: place(run, at, made, _copied(value))


def _copied(value: Any) -> Any:
    """A value of JSON that shares nothing with this one: a fifth of the time that `deepcopy` takes."""
    if value.__class__ is dict:
        return {key: _copied(one) for key, one in value.items()}
    return [_copied(one) for one in value] if value.__class__ is list else value


def _placer(row: Row) -> Place:
    if row.target is None:
        raise NotUsual
    steps = row.target.steps
    name = steps[0].name
    if len(steps) == 1 and not steps[0].many:

        def only(run: Run, at: Opened, made: Made, value: Any) -> bool:
            if name in made.resource:
                return False
            made.resource[name] = value
            return True

        return only

    if len(steps) == 1:

        def item(run: Run, at: Opened, made: Made, value: Any) -> bool:
            if name not in made.resource and value.__class__ is not list:
                made.resource[name] = [value]
                return True
            return bool(put(made.resource, steps, value, {}, run.long))

        return item

    def general(run: Run, at: Opened, made: Made, value: Any) -> bool:
        return bool(put(made.resource, steps, value, at.marks_of(made), run.long))

    return general
