"""What matching needs to know of one resource, read once: labels, codings, dates, authors, references."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import tzinfo
from functools import cached_property

from consent.codings import clean_text
from consent.directives import plain_reference
from consent.instants import LATEST, Span, read_span
from consent.labels import PART2, Labelling, label_resource, labelling_of
from consent.model import Identifier, Resource, SubjectResource
from consent.outline import Outline, outline_of
from consent.tables import Tables

Pair = tuple[str, str]

MAIN_CODES = (
    "code", "type", "category", "class", "serviceType", "serviceCategory", "medicationCodeableConcept",
    "vaccineCode", "specialty", "intent", "scope",
)  # fmt: skip
CLINICAL_DATES = (
    "effectiveDateTime", "effectivePeriod", "effectiveInstant", "onsetDateTime", "onsetPeriod",
    "performedDateTime", "performedPeriod", "occurrenceDateTime", "occurrencePeriod", "period",
    "servicedDate", "servicedPeriod",
    "executionPeriod", "startDate", "startDateTime", "start", "whenHandedOver", "whenPrepared", "sent",
    "authoredOn",
    "authored", "recordedDate", "dateAsserted", "assertedDate", "dateRecorded", "collectedDateTime", "date",
    "occurredDateTime", "created", "issued", "recorded",
)  # fmt: skip
AUTHORS = (
    "author", "performer", "recorder", "asserter", "requester", "contributor", "practitioner", "sender",
    "informationSource", "enterer", "provider", "participant", "custodian", "attester", "source",
    "expressedBy",
)  # fmt: skip
UNNAMED = "?"
"""A subject of whom it cannot be told who that is; never this patient."""

SUBJECTS = ("subject", "patient", "beneficiary", "for", "individual", "candidate")
TAKING_PART = {
    "Appointment": ("participant", "actor"),
    "AppointmentResponse": ("", "actor"),
    "Group": ("member", "entity"),
    "Person": ("link", "target"),
    "Schedule": ("", "actor"),
}
"""Types that name their patients among those who take part: in which rows (none: the record itself), as what."""

NO_SUBJECTS: frozenset[str] = frozenset()
MOST_ITEMS = 200_000
SIMPLE = frozenset({str, int, float, bool, type(None)})
PARTS = ("actor", "individual", "party", "provider")


@dataclass(frozen=True, slots=True)
class Person:
    """The patient of a question: the reference, and the identifiers that the question gives nobody else.

    `others`: identifiers that the question gives to other patients.
    """

    reference: str
    identifiers: frozenset[Identifier] = frozenset()
    others: frozenset[Identifier] = frozenset()


@dataclass
class ResourceFacts:
    """Facts of one resource, never changed.

    Labels and subjects matter to every decision. What only some provisions ask is found when it is asked first and
    kept with the rest, for which the class has no slots. It is not frozen only because a frozen one takes three times
    as long to make.
    """

    reference: str
    type: str
    labelling: Labelling
    part2_source: bool
    subjects: frozenset[str]
    sources: tuple[str, ...]
    resource: Resource = field(repr=False, compare=False)
    zone: tzinfo = field(repr=False, compare=False)
    outline: Outline = field(repr=False, compare=False)

    @cached_property
    def _codes_and_references(self) -> tuple[frozenset[Pair], frozenset[str]]:
        return _walk(self.resource)

    def read_whole(self) -> None:
        """Find what is anywhere in the resource now. Raises ValueError where it is too large to read."""
        self._codes_and_references  # noqa: B018  # a cached property

    def read_size(self) -> None:
        """Raises ValueError as `read_whole`; reads only what may be too large."""
        outline = self.outline
        if not outline.is_plain or outline.size > MOST_ITEMS or "contained" in self.resource:
            self.read_whole()

    @property
    def all_codes(self) -> frozenset[Pair]:
        """Every coding anywhere in the resource. Raises ValueError as `read_whole`."""
        return self._codes_and_references[0]

    @property
    def references(self) -> frozenset[str]:
        """Every reference anywhere in the resource. Raises ValueError as `read_whole`."""
        return self._codes_and_references[1]

    @cached_property
    def main_codes(self) -> frozenset[Pair]:
        """Codings that say what the resource is: of its own code, type, category, class."""
        return frozenset(_main_codes(self.resource))

    @cached_property
    def code_words(self) -> str:
        """Texts, displays and codes of the resource's own code, in lower case."""
        return " ".join(_code_words(self.resource))

    @cached_property
    def when(self) -> Span | None:
        """When it happened; None if that is not said or cannot be read."""
        return clinical_date(self.resource, self.zone)

    @cached_property
    def authors(self) -> frozenset[str]:
        """References to whoever wrote, made or stands for the record."""
        return frozenset(_authors(self.resource))

    @cached_property
    def profiles(self) -> frozenset[str]:
        """Profiles that it claims."""
        meta = self.resource.get("meta")
        return frozenset(_texts(meta.get("profile")) if isinstance(meta, Mapping) else ())


def facts_of(
    subject: SubjectResource, part2_source: bool, person: Person, zone: tzinfo, tables: Tables
) -> ResourceFacts:
    """The facts of one resource; never raises for its content."""
    resource = subject.resource
    outline = outline_of(resource, subject.type, tables)
    labelling = labelling_of(outline, part2_source, tables)
    if labelling.inline:
        # labels of single elements do not speak for the rest: the rest is labelled without them; only whether it is
        # a Part 2 record is a question of the whole
        part2 = part2_source or any(PART2 in labels for _, labels in labelling.inline)
        rest = without(resource, [pointer for pointer, _ in labelling.inline])
        labelling = replace(label_resource(rest, part2, tables), inline=labelling.inline)
    subjects = subjects_of(person, resource, subject.reference, outline)
    return ResourceFacts(
        subject.reference,
        subject.type,
        labelling,
        part2_source,
        subjects,
        subject.sources,
        resource,
        zone,
        outline,
    )


def without(resource: Resource, pointers: Iterable[str]) -> Resource:
    """A copy of the resource without what the JSON Pointers point to; the rest is shared."""
    gone: dict[str, dict[str, object]] = {}
    for pointer in pointers:
        branch: dict[str, dict[str, object]] = gone
        for part in pointer.split("/")[1:]:
            branch = branch.setdefault(part.replace("~1", "/").replace("~0", "~"), {})  # type: ignore[assignment]  # tree of trees
        branch[""] = {}
    found = _pruned(resource, gone)
    return found if isinstance(found, Mapping) else {}


def _pruned(node: object, gone: Mapping[str, object]) -> object:
    if not gone:
        return node
    if isinstance(node, Mapping):
        return {
            name: _pruned(value, below)
            for name, value in node.items()
            if "" not in (below := _below(gone, name))
        }
    if isinstance(node, list | tuple):
        return [
            _pruned(value, below)
            for number, value in enumerate(node)
            if "" not in (below := _below(gone, str(number)))
        ]
    return node


def _below(gone: Mapping[str, object], name: str) -> Mapping[str, object]:
    found = gone.get(name, {})
    return found if isinstance(found, Mapping) else {}


def _walk(resource: Resource) -> tuple[frozenset[Pair], frozenset[str]]:
    """All codings and all references anywhere in the resource (not in `meta`); without recursion."""
    codes: set[Pair] = set()
    references: set[str] = set()
    waiting: list[object] = [
        value for key, value in resource.items() if key != "meta" and value.__class__ not in SIMPLE
    ]
    seen = 0
    while waiting:
        value = waiting.pop()
        seen += 1
        if seen > MOST_ITEMS:
            raise ValueError("the resource holds too many elements")
        if value.__class__ is dict or isinstance(value, Mapping):
            code, reference = value.get("code"), value.get("reference")
            if isinstance(code, str):
                system = value.get("system")
                codes.add((system if isinstance(system, str) else "", code))
            if isinstance(reference, str):
                references.add(plain_reference(reference))
            waiting.extend(entry for entry in value.values() if entry.__class__ not in SIMPLE)
        elif isinstance(value, list | tuple):
            waiting.extend(entry for entry in value if entry.__class__ not in SIMPLE)
    return frozenset(codes), frozenset(references)


def _child(resource: Resource, name: str) -> Mapping[str, object]:
    found = resource.get(name)
    return found if isinstance(found, Mapping) else {}


def _rows(value: object) -> list[Mapping[str, object]]:
    """The objects of an element that may repeat."""
    if value is None:
        return []
    rows = value if isinstance(value, list | tuple) else [value]
    return [row for row in rows if isinstance(row, Mapping)]


def _texts(value: object) -> list[str]:
    return [text for text in value if isinstance(text, str)] if isinstance(value, list | tuple) else []


def _main_codes(resource: Resource) -> Iterable[Pair]:
    """Codings that say what the resource is: of its own code, type, category, class."""
    for name in MAIN_CODES:
        for concept in _rows(resource.get(name)):
            for coding in _rows(concept.get("coding")) if "coding" in concept else [concept]:
                code, system = coding.get("code"), coding.get("system")
                if isinstance(code, str):
                    yield (system if isinstance(system, str) else "", code)


def _code_words(resource: Resource) -> Iterable[str]:
    """Texts and displays of the resource's own code, in lower case, for designations in words."""
    for concept in _rows(resource.get("code")):
        for holder in (concept, *_rows(concept.get("coding"))):
            for name in ("text", "display", "code"):
                text = clean_text(holder.get(name))
                if text:
                    yield text.lower()


def clinical_date(resource: Resource, zone: tzinfo) -> Span | None:
    """When it happened: the first clinical date there is; None if there is none or it cannot be read."""
    for name in CLINICAL_DATES:
        value = resource.get(name)
        if isinstance(value, str):
            return read_span(value, zone)
        if isinstance(value, Mapping):
            start = read_span(value.get("start"), zone)
            end = read_span(value.get("end"), zone) if "end" in value else start
            if start is None or end is None or end.end < start.start:
                return None
            return Span(start.start, min(end.end, LATEST))
    return None


def _authors(resource: Resource) -> Iterable[str]:
    """References to whoever wrote, made or stands for the record; `UNNAMED` for one named in another way."""
    for name in AUTHORS:
        for row in _rows(resource.get(name)):
            holders = [row, *(_child(row, part) for part in PARTS if part in row)]
            named = [reference for one in holders if isinstance(reference := one.get("reference"), str)]
            yield from map(plain_reference, named)
            if not named and any("display" in one or "identifier" in one for one in holders):
                yield UNNAMED


def is_only_about(person: Person, resource: Resource, reference: str, outline: Outline) -> bool:
    """Whether it is about the person, or about nobody."""
    patient = person.reference
    if (reference == patient or not reference.startswith("Patient/")) and (
        resource.get("resourceType") not in TAKING_PART
    ):
        for name in SUBJECTS:
            if name in resource:
                value = resource[name]
                if value.__class__ is not dict or value.get("reference") != patient:
                    break
        else:
            for named in outline.references:
                if named.startswith("Patient/") and named != patient:
                    break
            else:
                if not outline.others:
                    return True
    return subjects_of(person, resource, reference, outline) <= {patient}


def subjects_of(person: Person, resource: Resource, reference: str, outline: Outline) -> frozenset[str]:
    """The patients it is about; `UNNAMED` among them where a subject is stated that cannot be told.

    Whoever else is named as a patient anywhere in it counts too: what is told of one patient is no other's to release.
    Only a Patient may link to another, who is the same person.
    """
    found = [reference] if reference.startswith("Patient/") else []
    for name in SUBJECTS:
        if name in resource:
            value = resource[name]
            for row in value if isinstance(value, list | tuple) else (value,):
                found += _patients(row, person)
    found += _patients_taking_part(resource, person)
    if resource.get("resourceType") != "Patient":
        named = [*outline.references, *(node.get("reference") for _, node in outline.others)]
        found += [
            plain_reference(one) for one in named if isinstance(one, str) and one.startswith("Patient/")
        ]
    if reference == person.reference:  # the patient's own Patient: who it is, is told
        found = [one for one in found if one != UNNAMED]
    return frozenset(found) if found else NO_SUBJECTS


def _patients_taking_part(resource: Resource, person: Person) -> list[str]:
    """The patients among those who take part. Who is not said to be a patient is none: most are workers and places."""
    kind = resource.get("resourceType")
    rows, role = TAKING_PART.get(kind, ("", "")) if isinstance(kind, str) else ("", "")
    found: list[str] = []
    for row in (_rows(resource.get(rows)) if rows else [resource]) if role else ():
        for one in _rows(row.get(role)):
            if _may_be_a_patient(one, resource, person):
                found += _patients(one, person)
    return found


def _may_be_a_patient(holder: Mapping[str, object], resource: Resource, person: Person) -> bool:
    """Whether one who takes part is a patient, or may be one: said so, numbered like one, or named in no way known."""
    reference, kind = holder.get("reference"), holder.get("type")
    if kind == "Patient":
        return True
    if isinstance(reference, str) and reference.startswith("#"):
        inside = [one for one in _rows(resource.get("contained")) if f"#{one.get('id')}" == reference]
        return any(one.get("resourceType") == "Patient" for one in inside)
    if isinstance(reference, str):
        return "Patient/" in reference or (kind is None and reference.startswith("urn:"))
    identifier = holder.get("identifier")
    if not isinstance(identifier, Mapping):
        return False
    system, value = clean_text(identifier.get("system")), clean_text(identifier.get("value"))
    return Identifier(system or "", value or "") in person.identifiers | person.others


def _patients(subject: object, person: Person) -> list[str]:
    """Whom a subject names: a patient, somebody unknown, or nobody (an empty one, or a reference to what is no patient).

    Without a reference only an identifier of the patient's own names the patient. 42 CFR §2.13(a).
    """
    if not subject:
        return []
    reference = subject.get("reference") if isinstance(subject, Mapping) else None
    if isinstance(reference, str) and "/" in reference:
        return [plain_reference(reference)] if "Patient/" in reference else []
    identifier = subject.get("identifier") if isinstance(subject, Mapping) else None
    if reference is None and isinstance(identifier, Mapping):
        system, value = clean_text(identifier.get("system")), clean_text(identifier.get("value"))
        if system and value and Identifier(system, value) in person.identifiers:
            return [person.reference]
    return [UNNAMED]
