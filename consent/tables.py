"""The tables that give codes their meaning: labels, closure, code families, purposes, class phrases.

`read_tables` turns the bytes of `consent/value_sets/*.json` (and whatever else the caller hands in: rule
packs, caps, a site's own licensed code lists) into one frozen `Tables`. Every file states its `kind`; files
of a kind that this module does not read itself are kept as parsed in `Tables.documents`, for the rules.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from consent.model import Coding

NO_LABELS: frozenset[str] = frozenset()
LONGEST_CODE = 8
REMEMBERED = 20_000

LOCAL_PURPOSES = {"CJ-MONITOR": "urn:gateway:purpose"}
"""Purposes that v3-ActReason has no code for, with their system."""

NOTE_LABELS = frozenset({"PSYTHPN", "SUDCOUNSELNOTE"})
"""Labels of notes that need a consent of their own. 42 CFR §2.31(b), 45 CFR 164.508(a)(2)."""


class TablesError(Exception):
    """A table that cannot be used; `file` names it."""

    def __init__(self, code: str, message: str, file: str) -> None:
        super().__init__(f"{code}: {message} in `{file}`")
        self.code = code
        self.message = message
        self.file = file


@dataclass(frozen=True, slots=True)
class Finding:
    """What one code says: `specific` labels, and `implied` parents (SUD beside OPIOIDUD); `tier` 0 to 3."""

    specific: frozenset[str] = NO_LABELS
    implied: frozenset[str] = NO_LABELS
    tier: int = 0


NOTHING = Finding()


@dataclass(frozen=True, slots=True)
class LabelTable:
    """Which label codes exist, of what kind, and which ones a rule on a label also covers."""

    kinds: Mapping[str, str]
    confidentiality: tuple[str, ...]
    rank: Mapping[str, int]
    label_systems: frozenset[str]
    confidentiality_systems: frozenset[str]
    handling_systems: frozenset[str]
    retired_labels: Mapping[str, tuple[str, ...]]
    retired_confidentiality: Mapping[str, tuple[str, ...]]
    restricted: frozenset[str]
    very_restricted: frozenset[str]
    part2_set: frozenset[str]
    permit_cover: Mapping[str, frozenset[str]]
    deny_cover: Mapping[str, frozenset[str]]
    asserted_parents: Mapping[str, frozenset[str]]


@dataclass(frozen=True, slots=True)
class Tables:
    """All tables of one version. `version` is a content hash; `documents` holds files of other kinds by
    their name.

    The dictionaries `_seen_codes`, `_seen_words`, `seen_codings` (kept by `consent.outline`), `seen_labellings` (by
    `consent.labels`) and `seen_securities` (by `consent.present`) only remember answers that the tables determine.
    """

    version: str
    labels: LabelTable
    purpose_systems: frozenset[str]
    permit_purposes: Mapping[str, frozenset[str]]
    deny_purposes: Mapping[str, frozenset[str]]
    designations: Mapping[str, frozenset[str]]
    systems: Mapping[str, str]
    exact: Mapping[tuple[str, str], Finding]
    prefix: Mapping[tuple[str, str], Finding]
    anywhere: Mapping[str, Finding]
    words: re.Pattern[str]
    word_labels: tuple[Finding, ...]
    documents: Mapping[str, Mapping[str, object]]
    _seen_codes: dict[tuple[object, object], Finding] = field(default_factory=dict, repr=False, compare=False)
    _seen_words: dict[str, Finding] = field(default_factory=dict, repr=False, compare=False)
    seen_codings: dict[tuple[object, ...], tuple[Finding, ...]] = field(
        default_factory=dict, repr=False, compare=False
    )
    seen_labellings: dict[object, object] = field(default_factory=dict, repr=False, compare=False)
    seen_securities: dict[tuple[tuple[str, ...], bool], tuple[tuple[str, str], ...]] = field(
        default_factory=dict, repr=False, compare=False
    )

    def of_kind(self, kind: str) -> tuple[Mapping[str, object], ...]:
        """The documents of one `kind`, in the order of their file names."""
        return tuple(
            self.documents[name] for name in sorted(self.documents) if self.documents[name]["kind"] == kind
        )

    def permit_covers(self, label: str) -> frozenset[str]:
        """Sensitivity labels that a permit on `label` covers; an unknown label covers itself."""
        return self.labels.permit_cover.get(label) or frozenset({label})

    def deny_matches(self, label: str) -> frozenset[str]:
        """Labels that a deny on `label` matches, wherever they come from (closure)."""
        return self.labels.deny_cover.get(label) or frozenset({label})

    def ambiguous_for(self, label: str) -> frozenset[str]:
        """Parent labels that, when asserted, a deny on `label` matches too (consent-semantics section 4)."""
        return self.labels.asserted_parents.get(label, NO_LABELS)

    def permit_reaches(self, purpose: str) -> frozenset[str]:
        """Purposes that a permit for `purpose` reaches: children, without those of FH-PUR-01."""
        return self.permit_purposes.get(purpose) or frozenset({purpose})

    def deny_reaches(self, purpose: str) -> frozenset[str]:
        """Purposes that a deny for `purpose` reaches: all children."""
        return self.deny_purposes.get(purpose) or frozenset({purpose})

    def knows_purpose(self, purpose: Coding) -> bool:
        """Whether it is a purpose of v3-ActReason or one of our own: then it can be told what it covers."""
        if purpose.system in self.purpose_systems:
            return purpose.code in self.deny_purposes
        return LOCAL_PURPOSES.get(purpose.code) == purpose.system

    def classes_named(self, phrase: str) -> frozenset[str]:
        """Standings that a designation in the regulation's own words reaches; empty for any other text.
        §2.31(a)(4).
        """
        words = " ".join(phrase.lower().replace(";", ",").split()).rstrip(".")
        found: set[str] = set()
        for part in re.split(r",\s*(?:and\s+)?|\s+and\s+", words):
            reached = self.designations.get(part)
            if reached is None:
                return NO_LABELS
            found |= reached
        return frozenset(found)

    def find_code(self, system: object, code: object) -> Finding:
        """What the code families say of one coding; longest prefix wins, unknown codes say nothing."""
        key = (system, code)
        try:
            return self._seen_codes[key]
        except (KeyError, TypeError):
            pass
        if not isinstance(code, str):
            return NOTHING
        found = self._look_up(self.systems.get(system, "") if isinstance(system, str) else "", code)
        if len(self._seen_codes) >= REMEMBERED:
            self._seen_codes.clear()
        self._seen_codes[(system if isinstance(system, str) else "", code)] = found
        return found

    def find_words(self, text: str) -> Finding:
        """What the words of a display, title or name say."""
        seen = self._seen_words.get(text)
        if seen is not None:
            return seen
        found = _joined(
            self.word_labels[int(match.lastgroup[1:])]
            for match in self.words.finditer(text)
            if match.lastgroup
        )
        if len(self._seen_words) >= REMEMBERED:
            self._seen_words.clear()
        if len(text) <= 100:
            self._seen_words[text] = found
        return found

    def _look_up(self, family: str, code: str) -> Finding:
        plain = code.strip().upper()
        exact = self.exact.get((family, plain))
        if exact is not None:
            return exact
        plain = plain.replace(".", "")[:LONGEST_CODE]
        if not family:
            return self.anywhere.get(plain) or self._by_prefix("icd10", plain, 3)
        return self._by_prefix(family, plain, 1)

    def _by_prefix(self, family: str, plain: str, shortest: int) -> Finding:
        for length in range(len(plain), shortest - 1, -1):
            found = self.prefix.get((family, plain[:length]))
            if found is not None:
                return found
        return NOTHING


def _joined(findings: Iterable[Finding]) -> Finding:
    specific: frozenset[str] = NO_LABELS
    implied: frozenset[str] = NO_LABELS
    for finding in findings:
        specific |= finding.specific
        implied |= finding.implied
    return Finding(specific, implied, 2) if specific else NOTHING


def read_tables(files: Mapping[str, bytes]) -> Tables:
    """All tables from the bytes of their files, by file name.

    Raises `TablesError` for a file that is no JSON object with a `kind`, for a missing table, or for a row
    that does not fit; nothing is skipped. The version is the SHA-256 over names and bytes.
    """
    documents = {name: _document(name, files[name]) for name in sorted(files)}
    digest = hashlib.sha256()
    for name in sorted(files):
        digest.update(name.encode() + b"\0" + hashlib.sha256(files[name]).digest())
    labels, closure = _one(documents, "labels"), _one(documents, "label_closure")
    purposes, words = _one(documents, "purposes"), _one(documents, "sensitive_words")
    try:
        pattern, word_labels = _words([*words["words"], *words["note_words"]])
        permit, deny = _purpose_covers(purposes)
        systems, exact, prefix, anywhere = _families(documents)
        return Tables(
            version=digest.hexdigest()[:16],
            labels=_label_table(labels, closure),
            purpose_systems=frozenset(purposes["systems"]),
            permit_purposes=permit,
            deny_purposes=deny,
            designations=MappingProxyType(
                {row[0]: frozenset(row[1]) for row in _one(documents, "class_designations")["rows"]}
            ),
            systems=systems,
            exact=exact,
            prefix=prefix,
            anywhere=anywhere,
            words=pattern,
            word_labels=word_labels,
            documents=MappingProxyType(documents),
        )
    except (KeyError, IndexError, TypeError, ValueError, re.error) as fault:
        raise TablesError(
            "TABLE_ROW_INVALID", f"{type(fault).__name__} while reading the rows", "value_sets"
        ) from fault


def _document(name: str, content: bytes) -> Mapping[str, object]:
    try:
        document = json.loads(content)
    except ValueError as fault:
        raise TablesError("TABLE_NOT_JSON", "the file is no JSON", name) from fault
    if not isinstance(document, dict) or not isinstance(document.get("kind"), str):
        raise TablesError("TABLE_KIND_MISSING", "the file does not state its `kind`", name)
    return MappingProxyType(document)


def _one(documents: Mapping[str, Mapping[str, object]], kind: str) -> dict[str, list]:  # type: ignore[type-arg]  # JSON
    named = [name for name in documents if documents[name]["kind"] == kind]
    if len(named) != 1:
        raise TablesError(
            "TABLE_MISSING" if not named else "TABLE_TWICE", "expected one table of this kind", kind
        )
    return dict(documents[named[0]])  # type: ignore[arg-type]  # shape is checked by use, TABLE_ROW_INVALID


def _label_table(labels: dict[str, list], closure: dict[str, list]) -> LabelTable:  # type: ignore[type-arg]  # JSON
    kinds = {row[0]: row[1] for row in labels["rows"]}
    children: dict[str, set[str]] = {}
    for code, kind, parents, _ in labels["rows"]:
        if kind == "sensitivity":
            for parent in parents:
                children.setdefault(parent, set()).add(code)
    own_deny = {code: frozenset(covered) for code, covered in dict(closure["deny"]).items()}
    own_permit = {code: frozenset(covered) for code, covered in dict(closure["permit"]).items()}
    deny = {code: _below(code, children, own_deny) for code, kind in kinds.items() if kind == "sensitivity"}
    levels = tuple(labels["confidentiality"])
    return LabelTable(
        kinds=MappingProxyType(kinds),
        confidentiality=levels,
        rank=MappingProxyType({level: rank for rank, level in enumerate(levels)}),
        label_systems=frozenset(labels["label_systems"]),
        confidentiality_systems=frozenset(labels["confidentiality_systems"]),
        handling_systems=frozenset(labels["handling_systems"]),
        retired_labels=_tuples(labels["retired_labels"]),
        retired_confidentiality=_tuples(labels["retired_confidentiality"]),
        restricted=frozenset(labels["raise_to_restricted"]),
        very_restricted=frozenset(labels["raise_to_very_restricted"]),
        part2_set=frozenset(labels["part2_set"]),
        permit_cover=MappingProxyType(own_permit),
        deny_cover=MappingProxyType(deny),
        asserted_parents=MappingProxyType(
            {code: frozenset(parents) for code, parents in dict(closure["asserted_parents"]).items()}
        ),
    )


def _tuples(table: object) -> Mapping[str, tuple[str, ...]]:
    return MappingProxyType({code: tuple(labels) for code, labels in dict(table).items()})  # type: ignore[call-overload]  # JSON


def _below(code: str, children: Mapping[str, set[str]], own: Mapping[str, frozenset[str]]) -> frozenset[str]:
    """`code` with everything under it: own closure first, then the THO tree."""
    found: set[str] = set()
    waiting = [code]
    while waiting:
        current = waiting.pop()
        if current not in found:
            found.add(current)
            waiting.extend(own.get(current, NO_LABELS))
            waiting.extend(children.get(current, ()))
    return frozenset(found)


def _purpose_covers(
    purposes: dict[str, list],  # type: ignore[type-arg]  # JSON
) -> tuple[Mapping[str, frozenset[str]], Mapping[str, frozenset[str]]]:
    parents = {row[0]: row[1] for row in purposes["rows"]}
    alone = frozenset(purposes["not_by_parent"])
    permit: dict[str, set[str]] = {code: {code} for code in parents}
    deny: dict[str, set[str]] = {code: {code} for code in parents}
    for code in parents:
        above: str | None = parents[code]
        reached = code not in alone
        while above is not None:
            deny[above].add(code)
            if reached:
                permit[above].add(code)
            reached = reached and above not in alone
            above = parents[above]
    return (
        MappingProxyType({code: frozenset(covered) for code, covered in permit.items()}),
        MappingProxyType({code: frozenset(covered) for code, covered in deny.items()}),
    )


_Families = tuple[
    Mapping[str, str],
    Mapping[tuple[str, str], Finding],
    Mapping[tuple[str, str], Finding],
    Mapping[str, Finding],
]


def _families(documents: Mapping[str, Mapping[str, object]]) -> _Families:
    """Code families of the shipped table and of any site table of the same kind; later files add and
    override.
    """
    systems: dict[str, str] = {}
    exact: dict[tuple[str, str], Finding] = {}
    prefix: dict[tuple[str, str], Finding] = {}
    anywhere: dict[str, Finding] = {}
    for document in documents.values():
        if document["kind"] != "code_families":
            continue
        for family, addresses in dict(document.get("systems", {})).items():  # type: ignore[call-overload]  # JSON
            systems.update(dict.fromkeys(addresses, family))
        for family, match, code, labels, tier, _origin, _name in document["rows"]:  # type: ignore[attr-defined]  # JSON
            finding = _finding(labels, tier)
            if match == "prefix":
                prefix[(family, code.replace(".", ""))] = finding
            elif match == "exact":
                exact[(family, code)] = finding
            else:
                raise ValueError(match)
            if family == "hcpcs" and tier == 1:
                anywhere[code] = finding
    return (
        MappingProxyType(systems),
        MappingProxyType(exact),
        MappingProxyType(prefix),
        MappingProxyType(anywhere),
    )


def _finding(labels: list[str], tier: int) -> Finding:
    """A row's labels; a first label SUD with a child beside it is implied by the child."""
    found = frozenset(labels)
    implied = frozenset({"SUD"}) if "SUD" in found and found & {"ETHUD", "OPIOIDUD"} else NO_LABELS
    if "PSY" in found and "MH" in found:
        implied |= {"MH"}
    return Finding(found - implied, implied, tier)


def _words(groups: list[list]) -> tuple[re.Pattern[str], tuple[Finding, ...]]:  # type: ignore[type-arg]  # JSON
    """One pattern with one named group per row; a group's number finds its labels."""
    parts = [
        f"(?P<w{number}>\\b(?:{re.sub(r'[(](?![?])', '(?:', row[0])})\\b)"
        for number, row in enumerate(groups)
    ]
    return re.compile("|".join(parts), re.IGNORECASE), tuple(_finding(row[1], 2) for row in groups)
