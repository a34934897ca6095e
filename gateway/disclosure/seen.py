"""What a caller may see of some records: each discloser asked, its decision, and what is left after redaction.

Nothing here says which stored version a resource was made of: `shown_versions` gives it one for whom it is shown to.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import consent
from gateway.disclosure.answered import older_versions, only_answers
from gateway.disclosure.co_sources import gather_with_vetoes
from gateway.disclosure.content import as_it_leaves
from gateway.disclosure.decided_beside import Documents, decided_beside, needing, standing
from gateway.disclosure.gather import HERSELF, asked_as, is_durable
from gateway.disclosure.gathered import Gathered
from gateway.disclosure.premises import Premises
from gateway.disclosure.recorder_only import is_recorder_only
from gateway.disclosure.redacted import shown_resources
from gateway.disclosure.seen_before import Before
from gateway.store import Reading, Record, patients


@dataclass(frozen=True, slots=True)
class Asking:
    """Who asks, for what purpose, and when."""

    partner: str
    purpose: str
    at: datetime
    documents: Documents = field(default_factory=Documents, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Seen:
    """A resource as it may be seen, without any version, and the record that it was made of."""

    resource: Mapping[str, Any]
    record: Record


@dataclass(frozen=True, slots=True)
class Question:
    """A question to one discloser, its decision, and what may be seen of it."""

    gathered: Gathered
    decision: consent.Decision
    seen: tuple[Seen, ...]
    beside: frozenset[str] = frozenset()
    """References of what was only decided beside what was asked about (`decided_beside`)."""
    before: Before | None = field(default=None, compare=False, repr=False)
    """What is remembered of all that may be seen of it."""


def questions(
    premises: Premises,
    reading: Reading,
    asking: Asking,
    patient_id: str | None,
    found: Sequence[Record],
    *,
    each_alone: bool = False,
) -> list[Question]:
    """Each discloser's question, its decision, and what may be seen of it.

    `each_alone`: every record is a question of its own, as it must be for several versions of one.
    """
    if patient_id is None or not _may_be_decided(premises, reading, asking.partner, patient_id):
        return []
    answers: list[Question] = []
    for together in [[record] for record in found] if each_alone else [found]:
        those = needing(together, asking.partner)
        if not those:
            answers += _asked(premises, reading, asking, patient_id, together)
            continue
        beside = _beside(premises, reading, asking, patient_id, together, those)
        asked = _asked(premises, reading, asking, patient_id, [*together, *beside])
        answers += _standing(asked, [*together, *beside], beside, asking, patient_id)
    return answers


def _asked(
    premises: Premises, reading: Reading, asking: Asking, patient_id: str, together: Sequence[Record]
) -> list[Question]:
    """Each discloser's question about these records, decided."""
    answers = []
    for discloser, theirs in _by_discloser(together, asking.partner).items():
        gathered = gather_with_vetoes(
            premises,
            reading,
            patient_id=patient_id,
            discloser=discloser,
            recipient=asking.partner,
            purpose=asking.purpose,
            held_records=theirs,
            at=asking.at,
        )
        decision, shown, before = _decided(premises, reading, gathered, asking.at)
        answers.append(Question(gathered, decision, _seen(gathered, shown), before=before))
    return answers


def _beside(
    premises: Premises,
    reading: Reading,
    asking: Asking,
    patient_id: str,
    found: Sequence[Record],
    those: Sequence[Record],
) -> list[Record]:
    """What has to be decided along with `those`, each in the version that stands for it (`shown_instead`): what is said
    of a record does not vanish when another party answers it.
    """

    def standing_for(one: Record) -> Record:
        if len(one.sources) < 2 or needing((one,), asking.partner):
            return one
        if seen_alone(premises, reading, asking, patient_id, one)[0] is not None:
            return one
        return shown_instead(premises, reading, asking, patient_id, one) or one

    return [standing_for(one) for one in decided_beside(reading, found, those, asking.documents)]


def _standing(
    asked: Sequence[Question],
    together: Sequence[Record],
    beside: Sequence[Record],
    asking: Asking,
    patient_id: str,
) -> list[Question]:
    """The questions without what was only decided beside, and what may not stand without that."""
    may_stand = standing(_shown_with_sources(asked, together, asking.partner), patient_id)
    only = frozenset(record.reference for record in beside)

    def stands(one: Seen) -> bool:
        return one.record.reference not in only and may_stand(one.resource, one.record.source_partner)

    return [
        replace(question, seen=tuple(filter(stands, question.seen)), beside=only, before=None)
        for question in asked
    ]


def _shown_with_sources(
    asked: Sequence[Question], together: Sequence[Record], partner: str
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for question in asked:
        yield from ((one.record.source_partner, one.resource) for one in question.seen)
    yield from ((one.source_partner, one.resource) for one in together if is_own(one, partner))


def what_stands(
    premises: Premises,
    reading: Reading,
    gathered: Gathered,
    shown: Sequence[Mapping[str, Any]],
    purpose: str,
) -> tuple[Mapping[str, Any], ...]:
    """Of what is left of a question, what may be sent without anybody asking: as a read would have it, nothing whose
    document or object is withheld. What is not of the question is decided in others, to know just that.
    """
    those = needing(gathered.read, gathered.recipient)
    if not those:
        return tuple(shown)
    patient_id = gathered.patient_id
    asking = Asking(gathered.recipient, purpose, gathered.request.at)
    beside = _beside(premises, reading, asking, patient_id, gathered.read, those)
    asked = _asked(premises, reading, asking, patient_id, beside)
    seen = _seen(gathered, shown)
    sent = [(one.record.source_partner, one.resource) for one in seen]
    may_stand = standing([*sent, *_shown_with_sources(asked, beside, asking.partner)], patient_id)
    return tuple(one.resource for one in seen if may_stand(one.resource, one.record.source_partner))


def _decided(
    premises: Premises, reading: Reading, gathered: Gathered, at: datetime
) -> tuple[consent.Decision, tuple[Mapping[str, Any], ...], Before | None]:
    """The decision and what it shows: those of before, where the same was asked of the same versions."""
    durable = is_durable(reading)
    before = premises.seen_before.get(gathered, at) if durable else None
    if before is not None:
        return before.decision, before.shown, before
    decision = consent.decide(gathered.request, premises.tables, gathered.compiled)
    shown = shown_resources(premises, gathered, decision)
    return decision, shown, premises.seen_before.keep(gathered, at, decision, shown) if durable else None


def _seen(gathered: Gathered, shown: Sequence[Mapping[str, Any]]) -> tuple[Seen, ...]:
    if not shown:
        return ()
    held = {asked_as(record, gathered.patient_id): record for record in gathered.read}
    return tuple([Seen(one, held[f"{one['resourceType']}/{one['id']}"]) for one in shown])


def seen_alone(
    premises: Premises, reading: Reading, asking: Asking, patient_id: str, record: Record
) -> tuple[Mapping[str, Any] | None, datetime | None]:
    """What may be seen of one record, whatever else there is; and the next instant at which that may be otherwise."""
    if is_own(record, asking.partner):
        return own_words(record), None
    for question in questions(premises, reading, asking, patient_id, (record,)):
        boundaries = question.gathered.compiled.boundaries
        index = bisect_right(boundaries, asking.at)
        until = boundaries[index] if index < len(boundaries) else None
        return next((one.resource for one in question.seen), None), until
    return None, None


def is_own(record: Record, partner: str) -> bool:
    """Whether the record came from `partner` and nobody else."""
    return set(record.sources) == {partner}


def own_words(record: Record) -> Mapping[str, Any]:
    """A record as its only source wrote it, under its own ids."""
    return as_it_leaves(record.resource)


def last_own_version(reading: Reading, record: Record, partner: str) -> Record | None:
    """Of what `partner` began and others have added to: its own last version."""
    if partner not in record.sources:
        return None
    return next((one for one in older_versions(reading, record) if is_own(one, partner)), None)


def shown_instead(
    premises: Premises, reading: Reading, asking: Asking, patient_id: str, record: Record
) -> Record | None:
    """The earlier version that is shown in the place of a present one that may not be seen; None: there is none.

    So an answer of another party does not show in a record that suddenly cannot be found. Who began it gets its own last
    version; anybody else the newest that it may see today, if all since is other parties' answers to that one: nothing
    its own source has since corrected or ended is shown on.
    """
    if len(record.sources) < 2:
        return None
    own = last_own_version(reading, record, asking.partner)
    if own is not None:
        return own
    since = [record]
    for older in older_versions(reading, record):
        if seen_alone(premises, reading, asking, patient_id, older)[0] is not None:
            return older if all(only_answers(one, older) for one in since) else None
        since.append(older)
    return None


def present_questions(
    premises: Premises, reading: Reading, asking: Asking, patient_id: str | None, found: Sequence[Record]
) -> tuple[list[Question], list[Record]]:
    """The questions about these present records, and the versions that stand for them: the earlier one where the present
    may not be seen (`shown_instead`), decided beside the others as if nothing had come after it.

    The one that is hidden is asked about as well, so that the log names it, and its words stay out of those beside it.
    """
    asked = questions(premises, reading, asking, patient_id, found)
    seen = {one.record.version_reference for question in asked for one in question.seen}
    instead: dict[str, Record] = {}
    for record in found:
        if patient_id is None or is_own(record, asking.partner) or record.version_reference in seen:
            continue
        earlier = shown_instead(premises, reading, asking, patient_id, record)
        if earlier is not None:
            instead[record.version_reference] = earlier
    if not instead:
        return asked, list(found)
    standing = [instead.get(record.version_reference, record) for record in found]
    if all(is_own(one, asking.partner) for one in instead.values()):
        return asked, standing
    hidden = [record for record in found if record.version_reference in instead]
    # One question cannot hold two versions of a record.
    apart = [one for one in hidden if _same_discloser(one, instead[one.version_reference], asking.partner)]
    beside = [one for one in hidden if one not in apart]
    asked = questions(premises, reading, asking, patient_id, [*standing, *beside])
    return asked + questions(premises, reading, asking, patient_id, apart), standing


def _same_discloser(one: Record, other: Record, partner: str) -> bool:
    return not is_own(other, partner) and who_discloses(one, partner) == who_discloses(other, partner)


def _may_be_decided(premises: Premises, reading: Reading, partner: str, patient_id: str) -> bool:
    """Not while it is uncertain who she is; and a partner that still practises is shown nothing of others."""
    if partner != HERSELF and premises.network.partners[partner].state == "test":
        return False
    return patients.certain(reading, patient_id)


def _by_discloser(found: Sequence[Record], partner: str) -> dict[str, list[Record]]:
    """Records of others, by the party that would disclose them; never what only its recorder sees, such as a Consent."""
    groups: dict[str, list[Record]] = {}
    for record in found:
        if record.patient_id is None or is_recorder_only(record):
            continue
        if not is_own(record, partner):
            groups.setdefault(who_discloses(record, partner), []).append(record)
    return dict(sorted(groups.items()))


def who_discloses(record: Record, partner: str) -> str:
    """Who discloses a record to `partner`: its last source, but nobody discloses to herself what she has written to;
    then another of its sources, and the rest have a veto.
    """
    if record.source_partner != partner:
        return record.source_partner
    return min(source for source in record.sources if source != partner)
