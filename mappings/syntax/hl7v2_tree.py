"""HL7 v2 addresses (`RF1-6.1`, `PID-3[CX.5=MR].1`, `OBX[OBX-3.1=44261-6]-5`, `GT1`, `Z*`), one message as a tree."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from mappings.syntax.hl7v2 import Leaf, Segment, Taken, erl, leaves, occurrences, place_text
from mappings.tree import Scope, Spot

_ADDRESS = re.compile(
    r"^(?P<segment>[A-Z][A-Z0-9]{2}|Z\*)(?:\[(?P<where>[^\]]+)\])?"
    r"(?:-(?P<field>\d+)(?:\[(?P<which>[^\]]+)\])?(?:\.(?P<component>\d+))?(?:\.(?P<sub>\d+))?)?$"
)
_OF_THE_PERSON = ("A28", "A31")
_LISTS = {"AL1": "AllergyIntolerance", "DG1": "Condition"}
_FILTER = re.compile(r"^(?:[A-Z][A-Z0-9]{1,2}[.-])?(?P<number>\d+)(?:\.(?P<component>\d+))?=(?P<value>.*)$")


@dataclass(frozen=True, slots=True)
class V2Address:
    """A parsed address. Numbers count from 1; 0 means not given."""

    text: str
    segment: str
    occurrence: int
    where: tuple[int, int, str] | None
    field: int
    repetition: int
    which: tuple[int, str] | None
    component: int
    sub: int


def parse_address(text: str) -> V2Address:
    """The address. Raises ValueError with what is wrong."""
    found = _ADDRESS.match(text)
    if found is None:
        raise ValueError("not an HL7 v2 address like `PID-3.1`")
    where, occurrence = found["where"], 0
    where_filter: tuple[int, int, str] | None = None
    if where is not None:
        if where.isdigit():
            occurrence = int(where)
        else:
            number, component, value = _filter(where)
            where_filter = (number, component or 1, value)
    which, repetition = found["which"], 0
    which_filter: tuple[int, str] | None = None
    if which is not None:
        if which.isdigit():
            repetition = int(which)
        else:
            number, _, value = _filter(which)
            which_filter = (number, value)
    return V2Address(
        text,
        found["segment"],
        occurrence,
        where_filter,
        int(found["field"] or 0),
        repetition,
        which_filter,
        int(found["component"] or 0),
        int(found["sub"] or 0),
    )


def follower_of(text: str) -> tuple[str, tuple[str, ...]]:
    """`OBX`, or `OBX before SPM ORC`: a segment that belongs to a group, and the segments that end its run there."""
    name, _, rest = text.partition(" before ")
    return name, tuple(rest.split())


def _next(indexes: Sequence[int], index: int, end: int) -> int:
    """The first of ascending indexes behind this one, or the end."""
    at = bisect_right(indexes, index)
    return indexes[at] if at < len(indexes) else end


def _between(indexes: Sequence[int], start: int, end: int) -> list[int]:
    """Those of ascending indexes between two, neither of them included."""
    return list(indexes[bisect_right(indexes, start) : bisect_left(indexes, end)])


def _filter(text: str) -> tuple[int, int, str]:
    found = _FILTER.match(text)
    if found is None:
        raise ValueError("not a filter like `CX.5=MR`")
    return int(found["number"]), int(found["component"] or 0), found["value"]


def head_of(raw: str) -> str:
    """First sub-component of the first component of the first repetition."""
    return raw.split("~", 1)[0].split("^", 1)[0].split("&", 1)[0]


def part(text: str, component: int, sub: int) -> str:
    """A component (and sub-component) of one repetition; empty when absent."""
    if not component:
        return text
    components = text.split("^")
    found = components[component - 1] if component <= len(components) else ""
    if not sub:
        return found
    subs = found.split("&")
    return subs[sub - 1] if sub <= len(subs) else ""


def _put(items: list[str], index: int, value: str) -> list[str]:
    return [*items[:index], value, *items[index + 1 :]]


def _alter(text: str, inner: Sequence[tuple[int, int]], index: int, value: str) -> str:
    component, sub = inner[index]
    components = text.split("^")
    subs = _put(components[component - 1].split("&"), sub - 1, value)
    return "^".join(_put(components, component - 1, "&".join(subs)))


class V2Tree:
    """One message, as the interpreter sees it. Slow and plain on purpose.

    `numbers`: of each segment among those of its name, where these are a part of a message."""

    def __init__(self, segments: list[Segment], numbers: Sequence[int] = ()) -> None:
        self.segments = segments
        self._numbers = list(numbers) or occurrences(segments)
        taken: Taken = {}
        self._leaves = {
            place_text(segments, self._numbers, leaf, taken): (leaf, raw)
            for leaf, raw in leaves(segments).items()
        }
        self._places = {leaf: place for place, (leaf, _) in self._leaves.items()}

    def leaves(self) -> Mapping[str, str]:
        """Every leaf by place."""
        return {place: raw for place, (_, raw) in self._leaves.items()}

    def top(self) -> Scope:
        """Segment name -> indexes of its occurrences."""
        found: dict[str, list[int]] = {}
        for index, fields in enumerate(self.segments):
            found.setdefault(fields[0], []).append(index)
        return found

    def scopes(self, each: V2Address, followers: Sequence[str], scope: Scope) -> Sequence[Scope]:
        """One scope for each occurrence; a follower belongs to the occurrence it comes behind."""
        own = list(scope.get(each.segment, ()))
        belonging = [follower_of(text) for text in followers]
        found: list[Scope] = []
        for position, index in enumerate(own):
            end = own[position + 1] if position + 1 < len(own) else len(self.segments)
            inner = dict(scope)
            inner[each.segment] = [index]
            for name, before in belonging:
                last = min((_next(scope.get(other, ()), index, end) for other in before), default=end)
                inner[name] = _between(scope.get(name, ()), index, min(end, last))
            found.append(inner)
        return found

    def _segments_at(self, address: V2Address, scope: Scope, every: bool) -> list[int]:
        if address.segment == "Z*":
            return [i for name, indexes in scope.items() if name[:1] == "Z" for i in indexes]
        indexes = list(scope.get(address.segment, ()))
        if address.where is not None:
            field, component, value = address.where
            indexes = [i for i in indexes if part(head_rep(self.segments[i], field), component, 1) == value]
        if address.occurrence:
            return indexes[address.occurrence - 1 : address.occurrence]
        return indexes if every else indexes[:1]

    def spots(self, address: V2Address, scope: Scope, every: bool = False) -> Sequence[Spot]:
        """Non-empty values at the address, one for each repetition."""
        found: list[Spot] = []
        for index in self._segments_at(address, scope, every):
            fields = self.segments[index]
            start = 3 if fields[0] == "MSH" else 1
            numbers = [address.field] if address.field else range(start, len(fields))
            for number in numbers:
                if number < len(fields) and fields[number]:
                    found += self._field_spots(address, index, number)
        return found

    def _field_spots(self, address: V2Address, index: int, number: int) -> list[Spot]:
        found = []
        for repetition, text in enumerate(self.segments[index][number].split("~"), 1):
            if address.repetition and repetition != address.repetition:
                continue
            if address.which and part(text, address.which[0], 1) != address.which[1]:
                continue
            spot = self._spot(address, index, number, repetition, part(text, address.component, address.sub))
            if spot is not None:
                found.append(spot)
        return found

    def _spot(self, address: V2Address, index: int, number: int, repetition: int, text: str) -> Spot | None:
        inner, places = [], []
        for c, component in enumerate(text.split("^"), 1):
            for s, sub in enumerate(component.split("&"), 1):
                if sub:
                    leaf = Leaf(index, number, repetition, address.component or c, address.sub or s)
                    inner.append((c, s))
                    places.append(self._places[leaf])
        if not places:
            return None
        place = erl_place(places[0], len(places))
        return Spot(place, text, tuple(places), partial(_alter, text, tuple(inner)))

    def head(self, address: V2Address, scope: Scope) -> tuple[Any, tuple[str, ...]]:
        """The first plain value at an address: for conditions and keys."""
        for index in self._segments_at(address, scope, False):
            fields = self.segments[index]
            if address.field >= len(fields):
                continue
            for repetition, text in enumerate(fields[address.field].split("~"), 1):
                if address.repetition not in (0, repetition):
                    continue
                if address.which and part(text, address.which[0], 1) != address.which[1]:
                    continue
                value = part(text, address.component or 1, address.sub or 1)
                leaf = Leaf(index, address.field, repetition, address.component or 1, address.sub or 1)
                return value, ((self._places[leaf],) if leaf in self._places else ())
        return "", ()

    def expected(self, address: V2Address) -> str:
        """The address itself names the place."""
        return address.text

    def facts(self) -> Mapping[str, str]:
        """Facts of MSH."""
        return message_facts(self.segments)

    def skeleton(self) -> object:
        """The names of the segments in their order."""
        return [fields[0] for fields in self.segments]


def head_rep(fields: Segment, number: int) -> str:
    """The first repetition of a field; empty when absent."""
    return fields[number].split("~", 1)[0] if number < len(fields) else ""


def erl_place(first_leaf: str, count: int) -> str:
    """The place of a whole value: its only leaf, or the field (or component) around its leaves."""
    return first_leaf if count == 1 else first_leaf.rpartition(".")[0] or first_leaf


def message_facts(segments: list[Segment]) -> dict[str, str]:
    """What the envelope says, as plain text (`type`, `event`, `structure`, `control_id`, `version`, ...); and
    `lists_told`.
    """
    head = head_facts(segments[0] + [""] * (20 - len(segments[0])))
    return {**head, **lists_told(segments if _says_of_what(head, segments) else ())}


def _says_of_what(head: Mapping[str, str], segments: Iterable[Segment]) -> bool:
    """Whether the lists of an ADT can be told from other lists about the person: by their visit's number (PV1-19), or as
    the person's own (A28, A31). Without it a second visit's list would stand in the first one's place.
    """
    if head.get("type") != "ADT" or head.get("event") in _OF_THE_PERSON:
        return True
    numbers = [head_rep(fields, 19).split("^", 1)[0] for fields in segments if fields[0] == "PV1"]
    return any(number not in ("", '""') for number in numbers)


def lists_told(segments: Iterable[Segment]) -> dict[str, str]:
    """The types of whose list the message has entries (`listed`), and those that it tells as a `whole`: what is not in
    it has been withdrawn (snapshot mode, HL7 v2.5.1 2.10.4.1; one segment of `""` is the empty list). Not whole is a
    list without a segment, with an entry in words alone, or whose entries have action codes (DG1-21, table 0206): these
    change themselves only (2.10.4.2), but a later whole list tells of them too.
    """
    told: dict[str, bool] = {}
    for fields in segments:
        kind = _LISTS.get(fields[0], "")
        if kind:
            plain = fields[3:4] not in ([], [""]) and fields[21:22] in ([], [""], ["S"])
            told[kind] = plain and told.get(kind, True)
    whole = sorted(kind for kind, is_whole in told.items() if is_whole)
    return {"listed": " ".join(sorted(told)), "whole": " ".join(whole)}


def head_facts(fields: Segment) -> dict[str, str]:
    """The facts of an MSH of at least 20 entries."""
    kind = fields[9].split("~", 1)[0]
    return {
        "type": part(kind, 1, 1),
        "event": part(kind, 2, 1),
        "structure": part(kind, 3, 1),
        "control_id": fields[10],
        "processing_id": fields[11].split("^", 1)[0],
        "version": fields[12].split("^", 1)[0],
        "sending_application": fields[3],
        "sending_facility": fields[4],
        "receiving_application": fields[5],
        "receiving_facility": fields[6],
        "sent_at": fields[7],
    }


__all__ = [
    "V2Address",
    "V2Tree",
    "erl",
    "follower_of",
    "head_facts",
    "head_of",
    "lists_told",
    "message_facts",
    "parse_address",
    "part",
]
