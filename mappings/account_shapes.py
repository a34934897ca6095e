"""The account of an HL7 v2 message by its shape: lineage is found by trial for the first message of a shape only.

Two messages have one shape when the same segments follow each other, the same components are filled, every text that
may decide anything (what a condition looks at, codes, systems, authorities: `Lens.coded`) is the same, every other text
is of the same form (letters, a number, the same punctuation), and the same of them are alike. For these the trials give
the same answer, so it is kept, without any value, and the places are filled with the values of the message in hand.
A test compares it with the interpreter's on other values of the same shape.

Only for messages that the generated form took (nothing unusual). Shapes are known by a hash: what was in a message is
not held.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from hashlib import blake2b
from operator import add, itemgetter
from typing import Any, NamedTuple

from mappings.compile_conditions import simple
from mappings.model import Account, Accounting, LineageRow
from mappings.rows import Group, MappingFile, Row, all_groups
from mappings.syntax.hl7v2 import Segment, leaves, split
from mappings.syntax.hl7v2_tree import V2Address, V2Tree

Slow = Callable[[], Account]
"""The interpreter's account of the message."""
EVERY = 0
"""In place of a component: all of the field."""
MOST_SHAPES = 512
_LONGEST = 50_000
"""Characters of a message that is looked up at all; a longer one is hardly ever of a shape that comes again."""
_MARKS = b"|^~&\r"
_APART = bytes(13 if byte in _MARKS else byte for byte in range(256))
_NO_MARK = bytes(byte for byte in range(256) if byte not in _MARKS)
_ALNUM = bytes(byte for byte in range(128) if chr(byte).isalnum())
_ZEROS = bytes(48 if 48 <= byte <= 57 else byte for byte in range(256))
_MARK = re.compile(r"[\^~&]")
_BETWEEN = "\x1e"
_DELETE = re.compile(f'(?<={_BETWEEN})""(?={_BETWEEN})')
_SPACE = re.compile(r"[^\S ]")
_FIGURES = frozenset({"date", "day", "datetime", "instant", "until"})
"""Lenses by which the number of figures counts: a date, an hour, a second."""


class _Field(NamedTuple):
    """How the texts of a field count. `coded`: components that count as they are; `alike`: it matters which are the
    same, since equal items of a list are one and equal keys are numbered; `figures`: how many there are."""

    coded: frozenset[int] = frozenset()
    alike: bool = False
    figures: bool = False


_Pick = Callable[[Sequence[str]], tuple[str, ...]]


class _Layout(NamedTuple):
    """Where what counts stands among the pieces of all messages with the same pieces at the same places."""

    coded: _Pick
    alike: _Pick
    figures: _Pick
    formed: _Pick
    """Those of `alike` among them."""
    piece_of: Mapping[str, int]
    """Place of a leaf -> its piece."""


class _Template(NamedTuple):
    """An account without its values. Of each row of lineage: the resource, the path in it, the inputs, the row."""

    resources: _Pick
    paths: tuple[str, ...]
    inputs: tuple[tuple[str, ...], ...]
    rows: tuple[str, ...]
    complement: Mapping[str, object]
    carried: tuple[str, ...]
    values: _Pick
    synonyms: tuple[tuple[str, str, slice], ...]
    """Place, how its text is put together, and of which pieces."""
    accounting: Accounting


class AccountShapes:
    """The accounts of one mapping's messages, by shape."""

    def __init__(self, mapping: MappingFile, most: int = MOST_SHAPES) -> None:
        self._most = most
        self._fields = _fields(mapping)
        self._layouts: dict[bytes, _Layout | None] = {}
        self._templates: dict[bytes, _Template] = {}
        self.found = 0
        """How many accounts were given by shape."""

    def account(
        self,
        lines: list[str],
        numbers: tuple[int, ...],
        resources: Sequence[Mapping[str, Any]],
        slow: Slow,
    ) -> Account:
        """The account of a message that the generated form took; `slow` gives it where the shape is new."""
        text = "\r".join(lines)
        if len(text) > _LONGEST:
            return slow()
        content = text.encode()
        pieces = content.translate(_APART).decode().split("\r")
        digest = blake2b(content.translate(None, _NO_MARK), digest_size=16)
        digest.update(bytes(map(bool, pieces)))
        digest.update("".join([line[:3] for line in lines]).encode())
        if numbers:
            digest.update(str(numbers).encode())
        shape = digest.digest()
        if shape not in self._layouts:
            self._room()
            self._layouts[shape] = _layout(self._fields, lines, numbers, pieces)
        layout = self._layouts.get(shape)
        if layout is None:
            return slow()
        digest.update(_told(layout, pieces))
        key = digest.digest()
        template = self._templates.get(key)
        if template is not None:
            self.found += 1
            return _filled(template, pieces, resources)
        account = slow()
        template = _template(account, layout, resources, pieces)
        if template is not None:
            self._room()
            self._templates[key] = template
        return account

    def _room(self) -> None:
        if len(self._templates) >= self._most or len(self._layouts) >= self._most:
            self._templates, self._layouts = {}, {}


def _told(layout: _Layout, pieces: Sequence[str]) -> bytes:
    """What counts of the texts: two messages of one layout have the same account when it is the same."""
    known: dict[str, int] = {}
    alike = [known.setdefault(text, len(known)) for text in layout.alike(pieces)]
    ranks = bytes(alike) if len(known) < 256 else str(alike).encode()
    formed = _BETWEEN.join(["", *layout.formed(pieces), ""])
    told = formed.encode()
    if not _odd(formed):
        told = told.translate(None, _ALNUM)  # letters and figures are exchangeable, all else is not
    figures = _BETWEEN.join(layout.figures(pieces)).encode().translate(_ZEROS)
    return b"\x1f".join((_BETWEEN.join(layout.coded(pieces)).encode(), ranks, told, figures))


def _odd(texts: str) -> bool:
    """Whether texts count as they are: escapes, quotation marks (but for a delete), and spaces that are trimmed."""
    return (
        "\\" in texts
        or ('"' in texts and '"' in _DELETE.sub("", texts))
        or "  " in texts
        or f"{_BETWEEN} " in texts
        or f" {_BETWEEN}" in texts
        or "\t" in texts
        or "\f" in texts
        or not (texts.isascii() or _SPACE.search(texts) is None)
    )


def _layout(
    fields: Mapping[str, Mapping[int, _Field]],
    lines: list[str],
    numbers: tuple[int, ...],
    pieces: Sequence[str],
) -> _Layout | None:
    """The layout of a message; None where its pieces are not its leaves (which should not be)."""
    segments = split(lines)
    found: dict[str, list[int]] = {"coded": [], "alike": [], "figures": [], "formed": []}
    piece_of: dict[str, int] = {}
    first = _first_pieces(segments)
    for place, (leaf, raw) in zip(V2Tree(segments, numbers).leaves(), leaves(segments).items(), strict=True):
        text = segments[leaf.segment][leaf.field].split("~", leaf.repetition - 1)
        before = sum(map(len, map(_marks, text[:-1]))) + len(text) - 1
        components = text[-1].split("~", 1)[0].split("^", leaf.component - 1)
        before += sum(map(len, map(_marks, components[:-1]))) + len(components) - 1
        at = first[leaf.segment, leaf.field] + before + leaf.sub - 1
        if at >= len(pieces) or pieces[at] != raw:
            return None
        piece_of[place] = at
        field = fields.get(segments[leaf.segment][0], {}).get(leaf.field)
        if field is None:
            continue
        if EVERY in field.coded or leaf.component in field.coded:
            found["coded"].append(at)
            continue
        found["figures" if field.figures else "formed"].append(at)
        if field.alike:
            found["alike"].append(at)
    return _Layout(**{name: _picker(wanted) for name, wanted in found.items()}, piece_of=piece_of)


def _marks(text: str) -> list[str]:
    """The marks within a field's text."""
    return _MARK.findall(text)


def _first_pieces(segments: list[Segment]) -> dict[tuple[int, int], int]:
    """The first piece of each field. A line begins with the piece of its name; MSH-2 has marks of its own in it."""
    found: dict[tuple[int, int], int] = {}
    at = 0
    for index, fields in enumerate(segments):
        at += 1
        for number, text in enumerate(fields[1:], 1):
            if fields[0] == "MSH" and number == 1:
                continue
            found[index, number] = at
            at += len(_marks(text)) + 1
    return found


def _picker(wanted: Sequence[int]) -> Callable[[Sequence[Any]], tuple[Any, ...]]:
    """A function of a sequence -> its items at these places."""
    if len(wanted) > 1:
        return itemgetter(*wanted)
    return lambda found: tuple(found[at] for at in wanted)


def _template(
    account: Account,
    layout: _Layout,
    resources: Sequence[Mapping[str, Any]],
    pieces: Sequence[str],
) -> _Template | None:
    """What is kept of an account; None where something was said or left unmapped."""
    carried, synonyms = account.complement["carried"], account.complement["synonyms"]
    if account.issues or account.accounting.unmapped:
        return None
    assert isinstance(carried, Mapping)
    assert isinstance(synonyms, Mapping)
    number_of = {f"{r['resourceType']}/{r['id']}": number for number, r in enumerate(resources)}
    parted = [row.output.partition("#") for row in account.lineage]
    spots = _spots(synonyms, layout, pieces)
    if spots is None:
        return None
    return _Template(
        resources=_picker([number_of[reference] for reference, _, _ in parted]),
        paths=tuple(f"#{path}" for _, _, path in parted),
        inputs=tuple(row.inputs for row in account.lineage),
        rows=tuple(row.row for row in account.lineage),
        complement={
            k: v for k, v in account.complement.items() if k not in ("carried", "unmapped", "synonyms")
        },
        carried=tuple(carried),
        values=_picker([layout.piece_of[place] for place in carried]),
        synonyms=spots,
        accounting=account.accounting,
    )


def _spots(
    synonyms: Mapping[str, Any], layout: _Layout, pieces: Sequence[str]
) -> tuple[tuple[str, str, slice], ...] | None:
    """How each synonym is put together of pieces; None when one is not what stands at its place."""
    found = []
    for place, raw in synonyms.items():
        start = min(
            at
            for leaf, at in layout.piece_of.items()
            if leaf == place or leaf[: len(place) + 1] == f"{place}."
        )
        start -= len(_marks(raw)) - len(_marks(raw.lstrip("^&")))
        form = "".join(["%s", *(f"{mark}%s" for mark in _marks(raw))])
        where = slice(start, start + form.count("%s"))
        if form % tuple(pieces[where]) != raw:
            return None
        found.append((place, form, where))
    return tuple(found)


def _filled(template: _Template, pieces: Sequence[str], resources: Sequence[Mapping[str, Any]]) -> Account:
    """The account of a message of the template's shape."""
    references = [f"{r['resourceType']}/{r['id']}" for r in resources]
    outputs = map(add, template.resources(references), template.paths)
    complement = {
        **template.complement,
        "carried": dict(zip(template.carried, template.values(pieces), strict=True)),
        "unmapped": {},
        "synonyms": {place: form % tuple(pieces[where]) for place, form, where in template.synonyms},
    }
    return Account(
        complement, tuple(map(LineageRow, outputs, template.inputs, template.rows)), template.accounting, ()
    )


def _fields(mapping: MappingFile) -> dict[str, dict[int, _Field]]:
    """Segment and field -> how its texts count. Fields that nothing reads are not named: of them only which components
    are filled counts."""
    found: dict[str, dict[int, _Field]] = {}

    def count(address: Any, coded: Iterable[int], alike: bool = False, figures: bool = False) -> None:
        if not isinstance(address, V2Address):
            return
        if address.where is not None:
            _add(found, address.segment, address.where[0], (address.where[1],))
        if address.which is not None:
            _add(found, address.segment, address.field, (address.which[0],))
        if address.field:
            _add(found, address.segment, address.field, coded, alike, figures)

    count(V2Address("", "MSH", 0, None, 9, 0, None, 0, 0), (EVERY,))
    for group in all_groups(mapping.root):
        for address in _keys(group):
            count(address, (), alike=True)
        for row in group.rows:
            _count_row(row, count)
        for when in (group.when, *(role.when for role in group.roles), *(row.when for row in group.rows)):
            for one in simple(when):
                assert isinstance(one.address, V2Address)
                count(one.address, (one.address.component or 1,) if one.kind == "in" else ())
    for key in (mapping.record_key, *mapping.other_keys):
        for address in key:
            count(address, (), alike=True)
    return found


def _keys(group: Group) -> list[Any]:
    own = (key for key in (group.key, group.other_key) if key is not None)
    return [*own, *(a for role in group.roles for a in role.key)]


def _count_row(row: Row, count: Callable[..., None]) -> None:
    """The fields that a row reads or names."""
    listed = row.target is None or row.target.steps[-1].many
    for number, address in enumerate(row.sources):
        plain = not number or row.lens_name == "until"  # of two times the text of neither counts
        coded = row.lens.coded if row.lens is not None and plain else None
        if row.verb != "map":
            count(address, ()) if _filtered(address) else None
        elif coded is None or (address.component and coded):  # type: ignore[attr-defined]  # a v2 address
            count(address, (EVERY,))
        else:
            count(address, coded, listed, row.lens_name in _FIGURES)


def _filtered(address: Any) -> bool:
    return isinstance(address, V2Address) and (address.where is not None or address.which is not None)


def _add(
    found: dict[str, dict[int, _Field]],
    segment: str,
    field: int,
    coded: Iterable[int],
    alike: bool = False,
    figures: bool = False,
) -> None:
    fields = found.setdefault(segment, {})
    there = fields.get(field, _Field())
    fields[field] = _Field(there.coded | set(coded), there.alike or alike, there.figures or figures)


__all__ = ["AccountShapes"]
