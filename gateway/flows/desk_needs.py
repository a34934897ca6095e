"""A needs assessment asked at the desk: each answer in the response and as an Observation, and the needs it tells.

What is asked is written down by the path of every submission and decided answer by answer where it may go. A question
that was passed over is not there; who chose not to answer has said so.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from gateway.disclosure.premises import Premises
from gateway.errors import NotUnderstood
from gateway.flows.agency_desk import Worker
from gateway.flows.desk_cases import NEEDS, RIGHT
from gateway.flows.desk_clients import require_client, require_right
from gateway.flows.desk_written import Writing, name_of, written_down
from gateway.flows.needs_questions import (
    GROUPS,
    HITS,
    HOW_OFTEN,
    LOINC,
    NEVER,
    QUESTIONS,
    TOOLS,
    Question,
)
from gateway.flows.own_records import own_records
from gateway.partners import reference_of
from gateway.store import Record

ASSESSMENTS = "urn:warm-handoff:desk-assessment"
Given = Mapping[str, Sequence[str]]
"""By a question's name the words of its answers."""

_SURVEY = {
    "coding": [
        {
            "system": "http://terminology.hl7.org/CodeSystem/observation-category",
            "code": "survey",
            "display": "Survey",
        }
    ]
}
_VIOLENCE = {"security": [{"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "SDV"}]}
_SAFETY = ("safe_home", "partner_fear")
_UNSAFE = frozenset({("safe_home", "no"), ("partner_fear", "yes"), *((name, "unsure") for name in _SAFETY)})
_HITS_LIMIT = 11
_CHOSEN_ALONE = frozenset({"no", "none", "declined", "cannot-say"})


@dataclass(frozen=True, slots=True)
class Assessed:
    """An assessment of the organization's own: which one, its day (`YYYY-MM-DD`), its answers, and the needs they tell.

    `asks_for_safety`: an answer says that somebody may not be safe at home; no referral is made of that.
    """

    tool: str
    day: str
    answers: Given
    needs: tuple[str, ...]
    asks_for_safety: bool


async def assess(
    premises: Premises, worker: Worker, patient_id: str, tool: str, given: Given, key: str
) -> None:
    """Write an assessment of today down.

    Raises NotAllowed `RIGHT_MISSING`, NotFound `NO_SUCH_CLIENT`, NotUnderstood `CHOICE_UNKNOWN`, `NOTHING_ANSWERED`, and
    as `written_down`.
    """
    require_right(premises, worker, RIGHT)
    with premises.store.read() as reading:
        require_client(reading, worker, patient_id)
    at = premises.clock.now().astimezone(ZoneInfo(premises.network.zone)).isoformat(timespec="seconds")
    made = resources_of(worker.partner, tool, given, at, key)
    await written_down(premises, worker, patient_id, Writing(key, made))


async def assessments_of(premises: Premises, worker: Worker, patient_id: str) -> tuple[Assessed, ...]:
    """The organization's own assessments of a client that were asked here, the newest first; the look is logged.

    Raises NotAllowed `RIGHT_MISSING`, NotFound `NO_SUCH_CLIENT`.
    """
    require_right(premises, worker, RIGHT)
    with premises.store.read() as reading:
        require_client(reading, worker, patient_id)

    def is_asked_here(record: Record) -> bool:
        named = record.resource.get("identifier", {})
        return bool(named.get("system") == f"{ASSESSMENTS}:{worker.partner}") and not record.deleted

    kind = "QuestionnaireResponse"
    found = await own_records(premises, worker, "needs", patient_id, kind, is_asked_here)
    newest_first = sorted(found, key=lambda one: str(one.get("authored", "")), reverse=True)
    return tuple(map(_assessed, newest_first))


def resources_of(partner: str, tool: str, given: Given, at: str, key: str) -> tuple[Mapping[str, Any], ...]:
    """The QuestionnaireResponse of that instant (ISO 8601) and an Observation for each question that was answered.

    Raises NotUnderstood `CHOICE_UNKNOWN`, `NOTHING_ANSWERED`.
    """
    answered = [(one, _answers(one, given)) for one in QUESTIONS.get(tool, ())]
    if tool not in TOOLS or not set(given) <= {one.name for one, _ in answered}:
        raise NotUnderstood("CHOICE_UNKNOWN", "choose one of what the page offers", "tool")
    answered = [(one, words) for one, words in answered if words]
    if not answered:
        raise NotUnderstood("NOTHING_ANSWERED", "answer at least one question", "answers")
    names = f"{ASSESSMENTS}:{partner}"
    response: dict[str, Any] = {
        "resourceType": "QuestionnaireResponse",
        "identifier": {"system": names, "value": key},
        "questionnaire": TOOLS[tool],
        "status": "completed",
        "authored": at,
        "author": {"reference": reference_of(partner)},
        "item": _items(answered),
    }
    if any(one.is_of_violence for one, _ in answered):
        response["meta"] = _VIOLENCE
    about = {"reference": name_of(key, 0)}
    observations = (
        {
            **_observation(one, words),
            "identifier": [{"system": names, "value": f"{key}-{one.code}"}],
            "effectiveDateTime": at[: len("YYYY-MM-DD")],
            "performer": [{"reference": reference_of(partner)}],
            "derivedFrom": [about],
        }
        for one, words in answered
    )
    return (response, *observations)


def _answers(question: Question, given: Given) -> tuple[str, ...]:
    words = tuple(dict.fromkeys(word for word in given.get(question.name, ()) if word))
    several = len(words) > 1
    if not set(words) <= set(question.answers) or (several and not question.many):
        raise NotUnderstood("CHOICE_UNKNOWN", "choose one of what the page offers", question.name)
    if several and _CHOSEN_ALONE & set(words):
        raise NotUnderstood("CHOICE_UNKNOWN", "this answer stands alone", question.name)
    return words


def _coding(question: Question, word: str) -> dict[str, str]:
    code, display = question.answers[word]
    return {"system": LOINC, "code": code, "display": display}


def _items(answered: Sequence[tuple[Question, tuple[str, ...]]]) -> list[dict[str, Any]]:
    """The items, in the groups of the questionnaire where it has some."""
    items: list[dict[str, Any]] = []
    groups: dict[str, dict[str, Any]] = {}
    for one, words in answered:
        answers = [{"valueCoding": _coding(one, word)} for word in words]
        item = {"linkId": one.link_id, "text": one.text, "answer": answers}
        if not one.group:
            items.append(item)
            continue
        if one.group not in groups:
            groups[one.group] = {"linkId": one.group, "text": GROUPS[one.group], "item": []}
            items.append(groups[one.group])
        groups[one.group]["item"].append(item)
    return items


def _observation(question: Question, words: Sequence[str]) -> dict[str, Any]:
    made: dict[str, Any] = {
        "resourceType": "Observation",
        "status": "final",
        "category": [_SURVEY],
        "code": {"coding": [{"system": LOINC, "code": question.code, "display": question.text}]},
    }
    if question.about:
        system, display = NEEDS[question.about]
        coding = {"system": system, "code": question.about, "display": display}
        made["category"] = [_SURVEY, {"coding": [coding]}]
    if question.is_of_violence:
        made["meta"] = _VIOLENCE
    values = [{"coding": [_coding(question, word)]} for word in words]
    if not question.parted:
        return {**made, "valueCodeableConcept": values[0]}
    code = {"coding": [{"system": LOINC, "code": question.code}]}
    return {**made, "component": [{"code": code, "valueCodeableConcept": value} for value in values]}


def _assessed(response: Mapping[str, Any]) -> Assessed:
    tool = next(name for name, url in TOOLS.items() if url == response["questionnaire"])
    codes = dict(_codes(response.get("item", ())))
    answers: dict[str, tuple[str, ...]] = {}
    needs: dict[str, None] = {}
    for one in QUESTIONS[tool]:
        given = codes.get(one.link_id, ())
        answers[one.name] = tuple(word for word, (code, _) in one.answers.items() if code in given)
        needs |= dict.fromkeys(one.needs[word] for word in answers[one.name] if word in one.needs)
    said = {name: words for name, words in answers.items() if words}
    return Assessed(tool, str(response.get("authored", ""))[:10], said, tuple(needs), _says_unsafe(answers))


def _says_unsafe(answers: Given) -> bool:
    """Whether somebody may not be safe: said so, not sure, ever hurt or threatened, or a HITS of 11 and more."""
    said = {(name, word) for name in _SAFETY for word in answers.get(name, ())}
    hits = [list(HOW_OFTEN).index(word) + 1 for name in HITS for word in answers.get(name, ())]
    harmed = (word != NEVER for name in ("hurt", "threaten") for word in answers.get(name, ()))
    return bool(said & _UNSAFE) or any(harmed) or sum(hits) >= _HITS_LIMIT


def _codes(items: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, frozenset[str]]]:
    for item in items:
        found = (one.get("valueCoding", {}).get("code", "") for one in item.get("answer", ()))
        yield str(item["linkId"]), frozenset(found)
        yield from _codes(item.get("item", ()))
