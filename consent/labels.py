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
from consent.outline import INLINE_LABEL, MAY_BEAR_LABELS, NO_SCAN, Outline, outline_of
from consent.tables import NO_LABELS, NOTE_LABELS, LabelTable, Tables

PART2 = "42CFRPart2"
UNREADABLE_LABEL = "SPI"
"""A label without a readable code counts as specially protected information."""

SAME_MEANING = {"HIPAAPsyNotes": "PSYTHPN"}
UNSTRUCTURED_TYPES = frozenset({"Binary", "DocumentReference", "Media"})
MAY_BE_UNSTRUCTURED = UNSTRUCTURED_TYPES | {"Communication", "Composition", "DiagnosticReport"}
NOTE_TYPES = UNSTRUCTURED_TYPES | {"ClinicalImpression", "Communication", "Composition", "DiagnosticReport"}
REMEMBERED_LABELLINGS = 1_000
MOST_FINDINGS = 32
LONGEST_REMEMBERED = 400
"""Characters of all label codes together; what arrives may hold longer ones, and is not kept."""

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
    return labelling_of(outline_of(resource, str(resource.get("resourceType")), tables), part2_source, tables)


def labelling_of(outline: Outline, part2_source: bool, tables: Tables) -> Labelling:
    """The labels of the resource that `outline` was made of, as `label_resource`."""
    resource, said = outline.resource, outline.findings
    meta, kind = resource.get("meta"), resource.get("resourceType")
    unstructured = kind in MAY_BE_UNSTRUCTURED and is_unstructured(resource)
    is_labelled = meta is not None and (meta.__class__ is not dict or "security" in meta)
    if is_labelled or outline.may_bear_labels or len(said) > MOST_FINDINGS:
        return _labelling(outline, part2_source, unstructured, tables)
    key: object = (part2_source, kind in NOTE_TYPES, unstructured)
    if said:
        key = (key, *map(id, said))
    known = tables.seen_labellings.get(key)
    if known is None:
        known = said, _labelling(outline, part2_source, unstructured, tables)
        _remember(key, known, tables)  # with the findings, so that their ids stay theirs
    return known[1]  # type: ignore[index,no-any-return]


def _labelling(outline: Outline, part2_source: bool, unstructured: bool, tables: Tables) -> Labelling:
    resource, found = outline.resource, _Found()
    level = _read_incoming(resource.get("meta"), tables, found)
    for finding in outline.findings:
        if finding.tier < 3 or part2_source:
            found.coded |= finding.specific
            found.implied |= finding.implied
    may_be_note = resource.get("resourceType") in NOTE_TYPES
    inline = tuple(_inline_labels(resource, tables)) if outline.may_bear_labels else ()
    if inline:
        return _settled(found, level, inline, part2_source, may_be_note, unstructured, tables)
    key = (level, *found.frozen(), part2_source, may_be_note, unstructured)
    known = tables.seen_labellings.get(key)
    if known is None:
        known = _settled(found, level, (), part2_source, may_be_note, unstructured, tables)
        if sum(map(len, known.codes)) <= LONGEST_REMEMBERED:
            _remember(key, known, tables)
    assert isinstance(known, Labelling)
    return known


def _remember(key: object, known: object, tables: Tables) -> None:
    if len(tables.seen_labellings) >= REMEMBERED_LABELLINGS:
        tables.seen_labellings.clear()
    tables.seen_labellings[key] = known


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
    """What is known of one resource: labels that stand for themselves, those from codes, implied parents, tags for
    handling.
    """

    __slots__ = ("asserted", "coded", "handling", "implied")

    def __init__(self) -> None:
        self.asserted: set[str] = set()
        self.coded: set[str] = set()
        self.implied: set[str] = set()
        self.handling: set[str] = set()

    def frozen(self) -> tuple[frozenset[str], ...]:
        """What was found so far, to know it again."""
        return tuple(
            frozenset(labels) if labels else NO_LABELS
            for labels in (self.asserted, self.coded, self.implied, self.handling)
        )


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
    security = meta.get("security", ()) if isinstance(meta, Mapping) else () if meta is None else meta
    rank = tables.labels.rank
    for coding in security if isinstance(security, list | tuple) else (security,):
        system, code = _system_and_code(coding)
        is_level = not system or system in tables.labels.confidentiality_systems
        for label in normalised(system, code, tables):
            if label in rank and not is_level and rank[label] < rank["R"]:
                found.asserted.add(UNREADABLE_LABEL)  # `N` of a system nobody knows need not mean normal
            elif label in rank:
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


def is_unstructured(resource: Resource) -> bool:
    """Whether the resource as a whole is free text or an attachment, which nobody has scanned."""
    kind = resource.get("resourceType")
    return (
        kind in UNSTRUCTURED_TYPES
        or (kind == "Communication" and bool(resource.get("payload")))
        or (kind == "Composition" and bool(resource.get("section")))
        or (kind == "DiagnosticReport" and bool(resource.get("presentedForm")) and not resource.get("result"))
    )
