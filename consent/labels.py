"""Security labels of one resource: what it says of itself, what its source makes of it, what its codes
suggest.

Three questions are kept apart (requirement W8). *Source*: every record of a Part 2 program is a Part 2
record, whatever it says (42 CFR §2.12, P2-12-01). *Label*: what arrived in `meta.security` is kept and only
ever raised (DS4P, FH-LBL-05). *Codes*: code families and words only suggest sensitivity, never the law that
applies (P2-12-05).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from consent.model import Resource
from consent.tables import NO_LABELS, NOTE_LABELS, Finding, LabelTable, Tables

INLINE_LABEL = "http://hl7.org/fhir/uv/security-label-ds4p/StructureDefinition/extension-inline-sec-label"
PART2 = "42CFRPart2"
UNREADABLE_LABEL = "SPI"
"""A label without a readable code counts as specially protected information."""

SAME_MEANING = {"HIPAAPsyNotes": "PSYTHPN"}
UNSTRUCTURED_TYPES = frozenset({"Binary", "DocumentReference", "Media"})
NOTE_TYPES = UNSTRUCTURED_TYPES | {"ClinicalImpression", "Communication", "Composition", "DiagnosticReport"}
NO_SCAN = frozenset({
    "address", "contained", "div", "identifier", "meta", "name", "note", "resourceType", "subject", "telecom", "url",
})  # fmt: skip
PLAIN_WORDS = frozenset({"description", "text", "title", "valueString"})
"""Read for words. The display of a reference is not: it names somebody; `redact` decides who reads it."""

MAY_BEAR_LABELS = NO_SCAN - {"contained", "div", "meta", "resourceType", "url"}
"""Not read for codes and words, but a label on one of them, or inside, is a label. FH-LBL-05."""

REMEMBERED_LABELLINGS = 1_000
LONGEST_REMEMBERED = 400
"""Characters of all label codes together; what arrives may hold longer ones, and is not kept."""

READ = PLAIN_WORDS | {"display", "url"}
SIMPLE = frozenset({bool, float, int, str, type(None)})
CHILDREN_OF_SUD = frozenset({"ETHUD", "OPIOIDUD"})


@dataclass(frozen=True, slots=True)
class Labelling:
    """The labels of one resource.

    `codes`: every label code. `level`: effective confidentiality (`N` where nothing says otherwise).
    `sensitive`: labels that stand for themselves and that a permit limited by label has to cover (all but a
    parent that only accompanies its child, such as SUD beside OPIOIDUD from one code); a deny on a child
    also matches a parent among them. `note`: a counseling or psychotherapy note. `inline`: labels of single
    elements by JSON Pointer; only those of the root (empty pointer) are among `codes`, the others decide
    about their element.
    """

    codes: frozenset[str]
    level: str
    sensitive: frozenset[str]
    part2: bool
    note: bool
    unstructured: bool
    inline: tuple[tuple[str, frozenset[str]], ...] = ()

    @property
    def shown(self) -> tuple[str, ...]:
        """Label codes as a decision lists them: sorted."""
        return tuple(sorted(self.codes))

    def matches_deny(self, label: str, tables: Tables) -> bool:
        """Whether a deny on `label` matches: by closure, or because an asserted parent leaves it open.
        FH-LBL-03, -07.
        """
        rank = tables.labels.rank
        if label in rank:
            return rank[self.level] >= rank[label]
        return not self.codes.isdisjoint(tables.deny_matches(label)) or not self.sensitive.isdisjoint(
            tables.ambiguous_for(label)
        )

    def within(self, labels: frozenset[str], tables: Tables) -> Labelling:
        """The labelling of an element with `labels` of its own: the highest protection of both. FH-LBL-05."""
        table = tables.labels
        codes = set(self.codes | labels)
        own = frozenset(
            code
            for code in labels - table.rank.keys()
            if table.kinds.get(code, "sensitivity") == "sensitivity"
        )
        level = _raised(_higher(self.level, labels, table), codes, self.part2, table)
        codes.add(level)
        note = not own.isdisjoint(NOTE_LABELS)
        return replace(
            self, codes=frozenset(codes), level=level, sensitive=own or self.sensitive, note=note, inline=()
        )


def from_program(sources: Sequence[str], part2_sources: Sequence[str]) -> bool:
    """Whether one of the `sources` is a Part 2 program: equal to one of `part2_sources` or ending in `/`
    and it.
    """
    return any(
        source == program or source.endswith("/" + program) for source in sources for program in part2_sources
    )


def label_resource(resource: Resource, part2_source: bool, tables: Tables) -> Labelling:
    """All labels of `resource`; contained resources are labelled on their own. FH-LBL-01, -02, -05.

    `part2_source` says that it came from, or through, a Part 2 program (42 CFR §2.12(b), (d)(2)).
    """
    found = _Found()
    meta = resource.get("meta")
    level = _read_incoming(meta, tables, found) if meta is not None else ""
    _walk(resource, tables, found, part2_source)
    inline = tuple(_inline_labels(resource, tables)) if found.has_inline else ()
    kind, unstructured = resource.get("resourceType"), _is_unstructured(resource)
    if inline:
        return _settled(found, level, inline, part2_source, kind in NOTE_TYPES, unstructured, tables)
    key = (level, *found.frozen(), part2_source, kind in NOTE_TYPES, unstructured)
    known = tables.seen_labellings.get(key)
    if known is None:
        known = _settled(found, level, (), part2_source, kind in NOTE_TYPES, unstructured, tables)
        if len(tables.seen_labellings) >= REMEMBERED_LABELLINGS:
            tables.seen_labellings.clear()
        if sum(map(len, known.codes)) <= LONGEST_REMEMBERED:
            tables.seen_labellings[key] = known
    assert isinstance(known, Labelling)
    return known


def _settled(
    found: _Found,
    level: str,
    inline: tuple[tuple[str, frozenset[str]], ...],
    part2_source: bool,
    may_be_note: bool,
    unstructured: bool,
    tables: Tables,
) -> Labelling:
    """The labels that follow from what was found in a resource."""
    table = tables.labels
    for labels in (labels for place, labels in inline if not place):
        level = _higher(level, labels, table)
        found.asserted |= labels - table.rank.keys()
    part2 = part2_source or PART2 in found.asserted
    _settle_notes(may_be_note, found, part2)
    if part2:
        found.asserted |= table.part2_set - table.rank.keys()
        if found.asserted.isdisjoint(CHILDREN_OF_SUD):
            found.asserted.add("SUD")
    kinds = table.kinds
    sensitive = frozenset(code for code in found.asserted if kinds.get(code, "sensitivity") == "sensitivity")
    codes = found.asserted | found.implied | found.handling
    level = _raised(level, codes, part2, table)
    if level:
        codes.add(level)
    return Labelling(
        codes=frozenset(codes),
        level=level or "N",
        sensitive=sensitive,
        part2=part2,
        note=not sensitive.isdisjoint(NOTE_LABELS),
        unstructured=unstructured,
        inline=inline,
    )


class _Found:
    """What one walk collects: labels that stand for themselves, those from codes, implied parents, tags for
    handling.
    """

    __slots__ = ("asserted", "coded", "handling", "has_inline", "implied")

    def __init__(self) -> None:
        self.asserted: set[str] = set()
        self.coded: set[str] = set()
        self.implied: set[str] = set()
        self.handling: set[str] = set()
        self.has_inline = False

    def frozen(self) -> tuple[frozenset[str], ...]:
        """What was found so far, to know it again."""
        return tuple(
            frozenset(labels) if labels else NO_LABELS
            for labels in (self.asserted, self.coded, self.implied, self.handling)
        )

    def add(self, finding: Finding) -> None:
        self.coded |= finding.specific
        self.implied |= finding.implied


def normalised(system: str, code: object, tables: Tables) -> tuple[str, ...]:
    """Label codes that one coding of `meta.security` stands for; retired ones become their successors.
    FH-LBL-04.

    A code that is no label in the tables stays as it is, whatever its system.
    """
    table = tables.labels
    if not isinstance(code, str) or not code:
        return (UNREADABLE_LABEL,)
    if system in table.confidentiality_systems or (not system and code in table.rank):
        return (
            (code,)
            if code in table.rank
            else table.retired_confidentiality.get(code, ("V", UNREADABLE_LABEL))
        )
    return table.retired_labels.get(code) or (SAME_MEANING.get(code, code),)


def _read_incoming(meta: object, tables: Tables, found: _Found) -> str:
    """The highest confidentiality in `meta.security`, or empty; its other labels go to `found`."""
    level = ""
    security = meta.get("security", ()) if isinstance(meta, Mapping) else ()
    rank = tables.labels.rank
    for coding in security if isinstance(security, list | tuple) else (security,):
        system, code = _system_and_code(coding)
        for label in normalised(system, code, tables):
            if label in rank:
                level = _higher(level, (label,), tables.labels)
            elif system in tables.labels.handling_systems and label not in tables.labels.kinds:
                found.handling.add(label)
            else:
                found.asserted.add(label)
    return level


def _higher(level: str, labels: Iterable[str], table: LabelTable) -> str:
    """The highest confidentiality of `level` (may be empty) and those among `labels`."""
    return max(
        (label for label in (level, *labels) if label in table.rank), key=table.rank.__getitem__, default=""
    )


def _settle_notes(may_be_note: bool, found: _Found, part2: bool) -> None:
    """Move what codes and words said to the asserted labels; words make a note only of a document. P2-11-02.

    A counseling note of a program carries both note labels, one of anybody else is a psychotherapy note.
    """
    notes = found.coded & NOTE_LABELS
    found.coded -= NOTE_LABELS
    found.asserted |= found.coded
    if notes and may_be_note:
        found.asserted |= NOTE_LABELS if part2 else {"PSYTHPN"}
    if part2 and not found.asserted.isdisjoint(NOTE_LABELS):
        found.asserted |= NOTE_LABELS


def _raised(level: str, codes: set[str], part2: bool, table: LabelTable) -> str:
    """The confidentiality that `codes` demand, never lower than `level`; empty when nothing says anything."""
    wanted = level
    if part2 or not codes.isdisjoint(table.restricted):
        wanted = "R"
    if not codes.isdisjoint(table.very_restricted):
        wanted = "V"
    return level if level and table.rank[level] >= table.rank[wanted] else wanted


def _walk(resource: Resource, tables: Tables, found: _Found, part2_source: bool) -> None:
    """One walk over codings, displays, titles and descriptions; narrative, notes and contained resources
    are not read.
    """
    waiting: list[object] = [resource]
    while waiting:
        node = waiting.pop()
        kind = node.__class__
        if kind is dict or (kind not in SIMPLE and isinstance(node, Mapping)):
            _read_object(node, tables, found, part2_source, waiting)  # type: ignore[arg-type]  # asked by class
        elif isinstance(node, list | tuple):
            waiting.extend(node)


def _read_object(
    node: Mapping[str, object], tables: Tables, found: _Found, part2_source: bool, waiting: list[object]
) -> None:
    is_coding = "system" in node
    if "code" in node:
        code = node["code"]
        if isinstance(code, str):
            is_coding = True
            finding = tables.find_code(node.get("system", ""), code)
            if finding.tier and (finding.tier < 3 or part2_source):
                found.add(finding)
    for key, value in node.items():
        kind = value.__class__
        if kind is str:
            if key in READ:
                if key in PLAIN_WORDS or (is_coding and key == "display"):
                    finding = tables.find_words(value)  # type: ignore[arg-type]  # asked by class
                    if finding.tier:
                        found.add(finding)
                elif value == INLINE_LABEL and key == "url":
                    found.has_inline = True
        elif kind is list:
            if key not in NO_SCAN:
                waiting.extend(value)  # type: ignore[arg-type]  # asked by class
            elif key in MAY_BEAR_LABELS:
                found.has_inline = found.has_inline or _bears_label(value)
        elif kind not in SIMPLE:
            if key not in NO_SCAN:
                waiting.append(value)
            elif key in MAY_BEAR_LABELS:
                found.has_inline = found.has_inline or _bears_label(value)


def _bears_label(value: object) -> bool:
    """Whether an element that is not read for codes and words bears a label."""
    waiting = [value]
    while waiting:
        node = waiting.pop()
        if isinstance(node, Mapping):
            if node.get("url") == INLINE_LABEL:
                return True
            waiting += [below for below in node.values() if below.__class__ not in SIMPLE]
        elif isinstance(node, list | tuple):
            waiting += [below for below in node if below.__class__ not in SIMPLE]
    return False


def _inline_labels(resource: Resource, tables: Tables) -> Iterator[tuple[str, frozenset[str]]]:
    """Every element label, with the JSON Pointer of its element. DS4P inline labels."""
    waiting: list[tuple[object, str]] = [(resource, "")]
    while waiting:
        node, place = waiting.pop()
        if isinstance(node, Mapping):
            extensions = node.get("extension")
            for entry in extensions if isinstance(extensions, list | tuple) else ():
                if isinstance(entry, Mapping) and entry.get("url") == INLINE_LABEL:
                    coding = entry.get("valueCoding")
                    system, code = _system_and_code(coding)
                    yield place, frozenset(normalised(system, code, tables))
            # a label on a primitive stands in its `_name` twin; it labels the element itself
            waiting += [
                (value, f"{place}/{key.removeprefix('_')}")
                for key, value in node.items()
                if (key not in NO_SCAN or key in MAY_BEAR_LABELS) and key != "extension"
            ]
        elif isinstance(node, list | tuple):
            waiting += [(entry, f"{place}/{number}") for number, entry in enumerate(node)]


def _system_and_code(coding: object) -> tuple[str, object]:
    """System (empty where it is no text) and code of a label."""
    if not isinstance(coding, Mapping):
        return "", None
    system = coding.get("system")
    return system if isinstance(system, str) else "", coding.get("code")


def _is_unstructured(resource: Resource) -> bool:
    """Whether the resource as a whole is free text or an attachment, which nobody has scanned."""
    kind = resource.get("resourceType")
    return (
        kind in UNSTRUCTURED_TYPES
        or (kind == "Communication" and bool(resource.get("payload")))
        or (kind == "Composition" and bool(resource.get("section")))
        or (kind == "DiagnosticReport" and bool(resource.get("presentedForm")) and not resource.get("result"))
    )
