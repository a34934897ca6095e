"""The few functions that generated mappings call. Each gives what the interpreter would, or raises Suspect."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any

from mappings.model import Addressee
from mappings.placing import SHORT, frozen
from mappings.syntax.hl7v2_tree import part
from mappings.times import v2_date, v2_moment

Segment = list[str]


class Suspect(Exception):
    """Something unusual: the interpreter must run the record and say what it is."""


class Numbered(dict[int, bytes]):
    """The name of a role at each instance of its group, as its id is made from it: `related/1`, `related/2`, ..."""

    def __init__(self, role: bytes) -> None:
        super().__init__((number, role + b"/%d" % number) for number in range(1, 64))
        self.role = role
        self.few = [*self.values()]

    def first(self, count: int) -> list[bytes]:
        """The names of the first instances."""
        if count <= len(self.few):
            return self.few[:count]
        return [self[number] for number in range(1, count + 1)]

    def __missing__(self, number: int) -> bytes:
        return self.role + b"/%d" % number


class Remembered(dict[str, Any]):
    """Raw text of a field -> what its lens makes of it: few values, the same in many records. `known` are codes as the
    table says; what is not there goes through the lens, which needs no zone. Raises Suspect for a field that repeats
    where the element takes one value."""

    def __init__(self, lens: Callable[[Any, Any], Any], known: Mapping[str, Any], many: bool) -> None:
        super().__init__({raw: [value] if many else value for raw, value in known.items()})
        self.lens, self.many = lens, many

    def __missing__(self, raw: str) -> Any:
        found = items(raw, self.lens, None) if self.many else one_value(raw, self.lens, None)
        if len(self) < MOST_VALUES and len(raw) < LONGEST_VALUE:
            self[raw] = found
        return found


class Kinds(dict[str, tuple[str, str]]):
    """MSH-9 -> message type and event."""

    def __missing__(self, text: str) -> tuple[str, str]:
        found = part1(text, 1, 1), part1(text, 2, 1)
        if len(self) < MOST_VALUES and len(text) < LONGEST_VALUE:
            self[text] = found
        return found


class Days(dict[str, str]):
    """A v2 date of eight digits -> FHIR date; empty for any other text. Raises NotATime for a day that is none."""

    def __missing__(self, text: str) -> str:
        if len(text) != 8 or not text.isdigit():
            return ""
        if len(self) > MOST_VALUES:
            self.clear()
        found = self[text] = v2_date(text)
        return found


def roles_of(names: Iterable[bytes], ids: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Role -> its ids, from the names that the ids were made from (`task`, `result/2`)."""
    found: dict[str, list[str]] = {}
    for name, made in zip(names, ids, strict=True):
        found.setdefault(name.partition(b"/")[0].decode(), []).append(made)
    return {role: tuple(made) for role, made in found.items()}


def suspect() -> str:
    """Raises Suspect, as an expression."""
    raise Suspect


BLANK = [""] * 128
_MORE = "^" * 15
_SUBS = "&" * 15
_LONGEST_ADDRESSEE = 200
MOST_VALUES = 4096
LONGEST_VALUE = 200


def moment(text: str, lens: Callable[[Any, Any], Any], zone: Any) -> Any:
    """A v2 time through its lens; the usual form at once."""
    return v2_moment(text, zone) or one_value(text, lens, zone)


def nothing_beyond(segment: Segment, size: int) -> None:
    """Suspect when a field beyond those that rows name is filled."""
    if any(segment[size:]):
        raise Suspect


def filled(text: str) -> bool:
    """Whether a field has any leaf."""
    return bool(text) and bool(text.strip("~^&"))


def has(text: str, component: int, value: str) -> bool:
    """Whether any repetition has this value in a component."""
    if value not in text:
        return False
    if component == 1 and "~" not in text and "&" not in text:
        return text.split("^", 1)[0] == value
    return any(part(one, component, 1) == value for one in text.split("~"))


def part1(text: str, component: int, sub: int) -> str:
    """The plain value at a place of the first repetition."""
    if not text:
        return ""
    if "~" in text:
        text = text.split("~", 1)[0]
    if component == 1 and sub == 1:
        text = text.split("^", 1)[0]
        return text.split("&", 1)[0] if "&" in text else text
    return part(text, component, sub)


def there(text: str, repetition: int, component: int, sub: int) -> bool:
    """Whether any leaf is at a place; 0 stands for all repetitions, components or sub-components."""
    if not text:
        return False
    for number, one in enumerate(text.split("~"), 1):
        if repetition in (0, number) and part(one, component, sub).strip("^&"):
            return True
    return False


def kept(text: str, filters: tuple[tuple[int, str], ...]) -> str:
    """The field without the repetitions that drop rows name."""
    if "~" not in text:
        return "" if _named_by(text, filters) else text
    found = [one for one in text.split("~") if not _named_by(one, filters)]
    return found[0] if len(found) == 1 else "~".join(found)


def _named_by(text: str, filters: tuple[tuple[int, str], ...]) -> bool:
    for number, value in filters:
        if value in text and (text + _MORE).split("^", number)[number - 1].split("&", 1)[0] == value:
            return True
    return False


def one_value(text: str, lens: Callable[[Any, Any], Any], zone: Any) -> Any:
    """The only repetition through the lens."""
    if "~" in text:
        raise Suspect
    return lens(text, zone)


def key_parts(text: str, wanted: tuple[tuple[int, int], ...], count: int) -> list[str]:
    """The plain values at places of the first repetition, all within its first `count` (at most 15) components."""
    if "~" in text:
        text = text.split("~", 1)[0]
    components = (text + _MORE).split("^", count)
    if "&" not in text:
        return [components[component - 1] if sub == 1 else "" for component, sub in wanted]
    return [(components[component - 1] + _SUBS).split("&", sub)[sub - 1] for component, sub in wanted]


def only(text: str, components: frozenset[int]) -> None:
    """Suspect when a field has values in other components than those that rows name."""
    if "~" in text or "&" in text:
        raise Suspect
    for number, component in enumerate(text.split("^"), 1):
        if component and number not in components:
            raise Suspect


def first_where(segments: Iterable[Segment], field: int, component: int, value: str) -> Segment:
    """The first segment whose field has this value, or an empty one."""
    for segment in segments:
        if field < len(segment) and part1(segment[field], component, 1) == value:
            return segment
    return BLANK


def behind(
    segments: list[Segment], each: str, followers: tuple[tuple[str, tuple[str, ...]], ...]
) -> list[tuple[Segment, dict[str, list[Segment]]]]:
    """Each segment of a name, with the segments that belong to it: those behind it, up to the next one or to a segment
    that ends their run."""
    found: list[tuple[Segment, dict[str, list[Segment]]]] = []
    ends = {name: frozenset(before) for name, before in followers}
    open_: dict[str, list[Segment]] = {}
    for segment in segments:
        name = segment[0]
        if name == each:
            held: dict[str, list[Segment]] = {follower: [] for follower in ends}
            open_ = dict(held)
            found.append((segment, held))
            continue
        if name in open_:
            open_[name].append(segment)
        for follower in [follower for follower in open_ if name in ends[follower]]:
            del open_[follower]
    return found


def keyed(seen: set[str], key: str, count: int) -> str:
    """The step of one instance in the path of its ids: by its key, by its number where an earlier one has the same key
    or it has none."""
    if not key:
        return f"/{count}"
    if key in seen:
        return f"/#{count}={key}"
    seen.add(key)
    return f"/={key}"


def items(text: str, lens: Callable[[Any, Any], Any], zone: Any) -> list[Any]:
    """Each repetition through the lens; equal ones once."""
    if "~" not in text:
        return [lens(text, zone)]
    node: dict[str, Any] = {}
    extend(node, "", (_usual(one, lens, zone) for one in text.split("~") if one))
    if not node[""]:
        raise Suspect
    return list(node[""])


def _usual(text: str, lens: Callable[[Any, Any], Any], zone: Any) -> Any:
    if text == '""':
        raise Suspect
    return lens(text, zone)


def extend(node: dict[str, Any], name: str, values: Iterable[Any]) -> None:
    """Add to a list element, equal items once."""
    there = node.get(name)
    if there is None:
        there = node[name] = []
    known: set[Any] | None = None
    for value in values:
        if len(there) < SHORT:
            if value not in there:
                there.append(value)
            continue
        if known is None:
            known = {frozen(one) for one in there}
        key = frozen(value)
        if key not in known:
            known.add(key)
            there.append(value)


def label_first(resources: Iterable[dict[str, Any]], name: str, values: list[Any]) -> None:
    """Sensitivity labels on every one of the resources, none of which has a `meta` yet; they share it."""
    fresh = {name: values}
    for resource in resources:
        resource["meta"] = fresh


def label_all(resources: Iterable[dict[str, Any]], name: str, values: list[Any]) -> None:
    """Sensitivity labels on every one of the resources; they share one `meta` until they get their own."""
    seen: Any = None
    mixed: dict[str, Any] = {}
    fresh = {name: values}
    for resource in resources:
        meta = resource.get("meta")
        if meta is None:
            resource["meta"] = fresh
        else:
            if meta is not seen:
                seen, there = meta, meta.get(name, [])
                mixed = {**meta, name: [*there, *(value for value in values if value not in there)]}
            resource["meta"] = mixed


def own_meta(resource: dict[str, Any]) -> dict[str, Any]:
    """The resource's `meta`, no longer shared with others."""
    meta = {
        name: [*value] if isinstance(value, list) else value
        for name, value in resource.get("meta", {}).items()
    }
    resource["meta"] = meta
    return meta


def addressees(found: list[tuple[int, Segment]], field: int) -> tuple[Addressee, ...]:
    """The codes of the one addressee. Suspect when there is none, or more than one."""
    if len(found) != 1:
        raise Suspect
    number, segment = found[0]
    text = segment[field]
    if not text:
        return ()
    if len(text) > _LONGEST_ADDRESSEE:
        raise Suspect
    return _addressee(segment[0], number, field, text)


@lru_cache(maxsize=512)
def _addressee(name: str, number: int, field: int, text: str) -> tuple[Addressee, ...]:
    if "~" in text or "&" in text:
        raise Suspect
    parts = text.split("^")
    if not parts[0]:
        return ()
    place = f"{name}[{number}]-{field}" if number > 1 else f"{name}-{field}"
    if len(parts) > 1:
        return (Addressee(parts[0], parts[1], f"{place}.1"),)
    return (Addressee(parts[0], "", place),)


PARTS: Mapping[str, Any] = {
    found.__name__: found
    for found in (
        Suspect,
        suspect,
        nothing_beyond,
        moment,
        filled,
        has,
        part1,
        there,
        kept,
        one_value,
        key_parts,
        own_meta,
        only,
        first_where,
        items,
        extend,
        label_all,
        label_first,
        addressees,
        behind,
        keyed,
    )
} | {"BLANK": BLANK, "DAYS": Days(), "KINDS": Kinds()}
"""The names that generated source may use."""
