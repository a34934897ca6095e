"""A needs assessment asked on a screen: the questions, the answers, and the needs that came out of it, to refer for."""

from __future__ import annotations

from collections.abc import Mapping

from gateway.agency_desk.records_in_words import name_of
from gateway.agency_desk.screens import Answer, GoTo, Page, Screen, Visit
from gateway.clock import new_id
from gateway.flows.desk_cases import PRIORITIES, RIGHT
from gateway.flows.needs_questions import PRAPARE, QUESTIONS, TOOLS

_LONG_FORM = 16_384


async def _ask(visit: Visit) -> Answer:
    cases, patient_id = visit.desk.cases, visit.path["id"]
    client = await cases.client(visit.worker, patient_id, "needs")
    asked = visit.form.get("tool", "") or visit.query.get("tool", "")
    tool = asked if asked in TOOLS else PRAPARE
    agencies = dict.fromkeys(one.addressee for one in cases.agencies(visit.worker))
    facts = {
        "client": client,
        "person": name_of(client.patient),
        "tool": tool,
        "tools": tuple(TOOLS),
        "questions": QUESTIONS[tool],
        "assessed": await cases.assessments(visit.worker, patient_id),
        "agencies": tuple(agencies),
        "priorities": PRIORITIES,
        "key": new_id(),
        "said": visit.query.get("said", ""),
    }
    return Page("case_needs.html", facts)


async def _answered(visit: Visit) -> Answer:
    patient_id, form = visit.path["id"], visit.form
    key = f"needs-{form.get('key', '')}"
    tool = form.get("tool", "")
    await visit.desk.cases.assess(visit.worker, patient_id, tool, _given(form), key)
    return GoTo(f"needs?said=needs&tool={tool}")


def _given(form: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """The answers of the form: `a.QUESTION` is one word, `a.QUESTION.WORD` one tick of several."""
    given: dict[str, tuple[str, ...]] = {}
    for name, value in form.items():
        part, _, rest = name.partition(".")
        question, _, word = rest.partition(".")
        if part == "a":
            given[question] = (*given.get(question, ()), word or value)
    return given


SCREENS = (Screen("/clients/{id}/needs", RIGHT, _ask, _answered, again=_ask, largest_form=_LONG_FORM),)
