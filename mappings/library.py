"""All mappings of one deployment, read from bytes that were handed in.

A file with `layer: true` is only a base for others: checked like them, but none of the library's mappings. One with
`one_of: […]` is a choice: it stands for several mappings of one format, of which each record takes its own.

Keys are paths like `formats/hospital/ref_i12/mapping.yaml`. ConceptMaps are found in the mapping's own `concept_maps/`
folder first, then in `formats/vocabulary/concept_maps/`, by file name, name or URL.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cached_property
from typing import NamedTuple

from mappings.account_shapes import AccountShapes
from mappings.compile import Compiled, compile_mapping
from mappings.compile_render import Write, compile_render
from mappings.concept_map import ConceptMap, read_concept_map
from mappings.layers import chain_of, merged_layers
from mappings.mapping_file import Tables, read_mapping
from mappings.model import MappingFileError, MappingRoomError, RenderRefused
from mappings.render_plan import RenderPlan, plan_of
from mappings.rows import MappingFile, all_groups
from mappings.structure_map import Direction, structure_map
from mappings.usual import UsualForm, usual_form
from mappings.yaml_text import Located, read_yaml

_ROOT = "formats/"
_SHARED = "formats/vocabulary/concept_maps/"
_LAYER = re.compile(rb"^layer:[ \t]*true[ \t]*$", re.MULTILINE)
_CHOICE = re.compile(rb"^one_of:", re.MULTILINE)
_OF_A_CHOICE = frozenset({"mapping", "version", "one_of"})


class NamedRow(NamedTuple):
    """A row of a mapping by its number: the addresses it names (without `[*]`), and its reason."""

    number: int
    addresses: tuple[str, ...]
    reason: str


class Mapping_:
    """One mapping, ready to run."""

    def __init__(self, file: MappingFile) -> None:
        self.file = file
        self.id = file.id
        self.version = file.version
        self.content_hash = file.content_hash
        self.format = file.format
        self.direction: str = file.direction
        self.names_addressee = file.addressee is not None
        self.resource_types = frozenset(file.types.values())
        self.accepts = frozenset(file.accepts)

    def rows(self, verb: str) -> list[NamedRow]:
        """The rows with this verb (`carry`, `drop`), as far as a person asks: number, addresses, reason."""
        return [
            NamedRow(row.number, tuple(re.sub(r"\[\*\]", "", one.text) for one in row.sources), row.reason)
            for group in all_groups(self.file.root)
            for row in group.rows
            if row.verb == verb
        ]

    def structure_map(self, direction: Direction) -> dict[str, object]:
        """One direction as FHIR R4 StructureMap, an export. Raises MappingRoomError for a mapping of the other one."""
        return structure_map(self.file, direction)

    def taking(self, kinds: Iterable[str]) -> Mapping_:
        """Itself. A choice: the mapping that takes a record of these kinds, the first kind counting most."""
        return self

    def writing(self) -> Mapping_:
        """Itself. A choice: the only one of its mappings that writes; raises RenderRefused `SEVERAL_WRITE`."""
        return self

    @cached_property
    def compiled(self) -> Compiled | None:
        """The generated form, or None where the format has none yet (the interpreter runs instead)."""
        return compile_mapping(self.file)

    @cached_property
    def account_shapes(self) -> AccountShapes:
        """The accounts of messages that the generated form took, by the shape of the message."""
        return AccountShapes(self.file)

    @cached_property
    def usual(self) -> UsualForm | None:
        """The form for records without anything unusual, where the format has one other than `compiled`."""
        return usual_form(self.file)

    @cached_property
    def render_plan(self) -> RenderPlan:
        """What a rendering knows before it sees any resource."""
        return plan_of(self.file)

    @cached_property
    def compiled_render(self) -> Write | None:
        """The generated form of the way out, or None where there is none (rows are written one by one)."""
        return compile_render(self.file, self.render_plan)


class Choice(Mapping_):
    """One id for several mappings of a format: a record is read by the one that takes records of its kind.

    Where none does, the first of them says so. It holds no rows of its own; `file` is the first one's.
    """

    def __init__(self, choice_id: str, version: str, of: Sequence[Mapping_]) -> None:
        super().__init__(of[0].file)
        self.of = tuple(of)
        self.id = choice_id
        self.version = version
        self.content_hash = hashlib.sha256("".join(one.content_hash for one in of).encode()).hexdigest()
        # Where several write, nobody says which would.
        writing = [one.direction for one in of if one.direction != "in"]
        self.direction = writing[0] if len(writing) == 1 else "in"
        self.names_addressee = any(one.names_addressee for one in of)
        self.accepts = frozenset(kind for one in of for kind in one.accepts)
        self.resource_types = frozenset(kind for one in of for kind in one.resource_types)

    def rows(self, verb: str) -> list[NamedRow]:
        """The rows of all of them."""
        return [row for one in self.of for row in one.rows(verb)]

    def structure_map(self, direction: Direction) -> dict[str, object]:
        """Of the only one. Raises MappingRoomError `ONE_OF_SEVERAL`."""
        if direction == "in" and len(self.of) > 1:
            names = ", ".join(one.id for one in self.of)
            raise MappingRoomError(
                "ONE_OF_SEVERAL", f"`{self.id}` stands for several mappings: name one of {names}"
            )
        return (self.of[0] if len(self.of) == 1 else self.writing()).structure_map(direction)

    def taking(self, kinds: Iterable[str]) -> Mapping_:
        """The mapping of the first kind that any of them takes."""
        return next((one for kind in kinds for one in self.of if kind in one.file.accepts), self.of[0])

    def writing(self) -> Mapping_:
        """The only one that writes; the first where none does, which says so. Raises RenderRefused `SEVERAL_WRITE`."""
        able = [one for one in self.of if one.direction != "in"]
        if len(able) > 1:
            names = ", ".join(one.id for one in able)
            raise RenderRefused(
                "SEVERAL_WRITE", f"`{self.id}` can be written in several ways: name one of {names}"
            )
        return able[0] if able else self.of[0]


class Library:
    """Every mapping by id, and one content hash over all files."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self._files = files
        self._paths = {
            path[len(_ROOT) : -len("/mapping.yaml")]: path
            for path in sorted(files)
            if path.endswith("/mapping.yaml")
        }
        self._documents: dict[str, Located] = {}
        self._read: dict[str, Mapping_] = {}
        self.version = hashlib.sha256(_content(files, files)).hexdigest()

    def mapping(self, mapping_id: str) -> Mapping_:
        """The mapping or choice with this id, read when it is asked for first.

        Raises MappingRoomError `MAPPING_UNKNOWN`, MappingFileError naming file, line and column.
        """
        if mapping_id not in self._mappings and mapping_id not in self.choices:
            raise MappingRoomError("MAPPING_UNKNOWN", f"no mapping `{mapping_id}`")
        return self.file_of(mapping_id)

    def file_of(self, mapping_id: str) -> Mapping_:
        """The mapping, choice or layer of this folder. Raises as `mapping`."""
        found = self._read.get(mapping_id)
        if found is None:
            found = self._read[mapping_id] = self._mapping(self._paths[mapping_id], mapping_id)
        return found

    @cached_property
    def _mappings(self) -> tuple[str, ...]:
        """Looked for once: whether a file is a layer stands in its text."""
        return tuple(
            one
            for one, path in self._paths.items()
            if not _LAYER.search(self._files[path]) and not _CHOICE.search(self._files[path])
        )

    def ids(self) -> tuple[str, ...]:
        """The ids of all mappings, sorted; layers and choices are none."""
        return self._mappings

    def names(self) -> tuple[str, ...]:
        """What a network or a command may name, sorted: mappings and choices."""
        return tuple(sorted((*self._mappings, *self.choices)))

    def folders(self) -> tuple[str, ...]:
        """All ids, of mappings, choices and layers, sorted."""
        return tuple(self._paths)

    @cached_property
    def choices(self) -> Mapping[str, tuple[str, ...]]:
        """Id of each choice -> the ids of its mappings. Raises MappingFileError `CHOICE_WRONG`."""
        return {
            one: self._members(path) for one, path in self._paths.items() if _CHOICE.search(self._files[path])
        }

    def _members(self, path: str) -> tuple[str, ...]:
        document = self._document(path)
        named = document.get("one_of")
        ids = tuple(map(str, named)) if isinstance(named, list) else ()
        fault = (
            next((f"`{key}` is no word of a choice" for key in document if key not in _OF_A_CHOICE), "")
            or next((f"`{one}` is no mapping" for one in ids if one not in self._mappings), "")
            or ("" if ids else "`one_of` names the mappings that this one stands for")
        )
        if fault:
            raise MappingFileError("CHOICE_WRONG", fault, path, document.line)
        return ids

    def _choice(self, path: str, choice_id: str) -> Choice:
        of = [self.file_of(one) for one in self.choices[choice_id]]
        if len({one.format for one in of}) > 1 or not all(one.file.accepts for one in of):
            text = "mappings of one format can be told apart, each by what it `accepts`"
            raise MappingFileError("CHOICE_WRONG", text, path, self._document(path).line)
        return Choice(choice_id, str(self._document(path).get("version", "")), of)

    @cached_property
    def layers(self) -> Mapping[str, tuple[str, ...]]:
        """Id of each layer -> ids of the mappings that stand on it. A layer is checked, but takes no records."""
        chains = {one: self._chain(self._paths[one]) for one in self.ids()}
        return {
            layer: tuple(one for one, chain in chains.items() if self._paths[layer] in chain)
            for layer in self._paths.keys() - chains.keys() - self.choices.keys()
        }

    def _document(self, path: str) -> Located:
        if path not in self._documents:
            self._documents[path] = read_yaml(self._files[path], path)
        return self._documents[path]

    def _chain(self, path: str) -> list[str]:
        return chain_of(path, self._document, self._paths)

    @cached_property
    def _shared(self) -> Mapping[str, ConceptMap]:
        return _tables(self._files, _SHARED)

    def _mapping(self, path: str, mapping_id: str) -> Mapping_:
        document = self._document(path)
        if document.get("mapping") != mapping_id:
            raise MappingFileError(
                "ID_WRONG", f"`mapping` must be `{mapping_id}`, the folder's path", path, 1
            )
        if mapping_id in self.choices:
            return self._choice(path, mapping_id)
        chain = self._chain(path)
        folders = [link.rpartition("/")[0] + "/concept_maps/" for link in chain]
        own = dict(self._shared)
        for folder in reversed(folders):
            own.update(_tables(self._files, folder))
        content = _content(
            self._files,
            (name for name in self._files if name in chain or name.startswith((*folders, _SHARED))),
        )
        merged = merged_layers([self._document(link) for link in chain])
        systems = (
            own.get("oid-systems") if merged.get("format") == "ccda" else self._shared.get("coding-systems")
        )
        return Mapping_(read_mapping(merged, path, Tables(own, systems), content))


def read_library(files: Mapping[str, bytes], later: Collection[str] = ()) -> Library:
    """The library made of these files. Raises MappingFileError naming file, line and column.

    Those whose ids are in `later` are read when they are asked for, as reading all of them takes a while.
    """
    library = Library(files)
    for mapping_id in library.folders():
        if mapping_id not in later:
            library.file_of(mapping_id)
    return library


def _content(files: Mapping[str, bytes], names: Iterable[str]) -> bytes:
    return b"\0".join(name.encode() + b"\0" + files[name] for name in sorted(names))


def _tables(files: Mapping[str, bytes], folder: str) -> dict[str, ConceptMap]:
    found: dict[str, ConceptMap] = {}
    for path, content in sorted(files.items()):
        if path.startswith(folder) and path.endswith(".json"):
            table = read_concept_map(content, path)
            for name in (path[len(folder) : -len(".json")], table.name, table.url):
                if name:
                    found[name] = table
    return found
