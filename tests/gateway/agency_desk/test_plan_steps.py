"""A client's own words on her plan, a change asked of everybody who works on it, and a step down as one act."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape

import pytest

from gateway.disclosure import gate
from gateway.store import Record, intents
from tests.gateway.agency_desk.conftest import Browser
from tests.gateway.agency_desk.crisis_county import come_in
from tests.gateway.agency_desk.test_cases import (
    ask,
    at,
    cases,
    lena,
    permit,
    person_number,
    referred,
    send,
)
from tests.gateway.county import County

__all__ = ["cases", "lena"]


def page(lena: Browser, county: County, rest: str) -> str:
    """A page of the client's."""
    return unescape(lena.get(at(county, rest)).text)


def act(lena: Browser, county: County, on: str, to: str, **said: str) -> str:
    """Send a form of one page of the client's; what is shown then."""
    lena.get(at(county, on))
    form = {"token": lena.hidden("token"), "key": lena.hidden("key")}
    given = {name.replace("__", "."): value for name, value in said.items()}
    return unescape(lena.post(at(county, to), {**form, **given}).text)


def ours(county: County, kind: str) -> list[Record]:
    """The records of that type that the case managers have written."""
    return [one for one in county.records(kind) if one.source_partner == "case-management"]


# ------------------------------------------------------------------------------------------ her own words


@pytest.mark.requirement("DM-21")
def test_a_goal_of_hers_stands_in_the_plan_in_her_words(cases: County, lena: Browser) -> None:
    said = act(
        lena,
        cases,
        "/plan",
        "/own-goal",
        words=" See my <kids>  again ",
        need="housing-instability",
        day="2026-12-24",
    )
    assert "The goal is saved." in said and "See my <kids> again" in said and "2026-12-24" in said
    assert '<h2 id="by-' in said and "In the client's own words</h2>" in said
    (goal,) = ours(cases, "Goal")
    assert goal.resource["expressedBy"]["reference"] == f"Patient/{cases.patient_id}"
    assert goal.resource["lifecycleStatus"] == "proposed" and not cases.intents()
    act(lena, cases, "/plan", "/own-goal", words="Sleep", need="", day="")
    assert "Sleep" in page(lena, cases, "/plan")


def test_what_she_says_of_the_plan_stands_there(cases: County, lena: Browser) -> None:
    assert "too many rides" in act(lena, cases, "/plan", "/comment", words="too many rides")


@pytest.mark.parametrize(
    ("to", "said", "code"),
    [
        ("/own-goal", {"words": " ", "need": "", "day": ""}, "WORDS_MISSING"),
        ("/own-goal", {"words": "x" * 201, "need": "", "day": ""}, "WORDS_TOO_LONG"),
        ("/own-goal", {"words": "x", "need": "gold", "day": ""}, "CHOICE_UNKNOWN"),
        ("/own-goal", {"words": "x", "need": "", "day": "soon"}, "DAY_INVALID"),
        ("/comment", {"words": ""}, "WORDS_MISSING"),
        ("/change", {"reason": "gossip", "ask__peer-support": "yes"}, "CHOICE_UNKNOWN"),
        ("/change", {"reason": "no-help"}, "CHOICE_UNKNOWN"),
        ("/change", {"reason": "no-help", "ask__otp": "yes"}, "CHOICE_UNKNOWN"),
        (
            "/step-down",
            {"level": "x", "day": "2026-04-10", "with__peer-support": "treatment"},
            "CHOICE_UNKNOWN",
        ),
        ("/step-down", {"level": "shelter", "day": "2026-04-10", "with__otp": "treatment"}, "CHOICE_UNKNOWN"),
        ("/step-down", {"level": "shelter", "day": "2026-04-10"}, "CHOICE_UNKNOWN"),
        ("/step-down", {"level": "shelter", "day": "x", "with__peer-support": "treatment"}, "DAY_INVALID"),
    ],
)
def test_what_the_page_does_not_offer_is_refused(
    cases: County, lena: Browser, to: str, said: dict[str, str], code: str
) -> None:
    shown = act(lena, cases, "/plan", to, **said)
    assert code in shown and lena.page.status_code == 400
    assert ('id="again"' in shown) and said.get("words", "") in shown, "the form is there as it was filled in"
    assert not cases.intents() and not ours(cases, "CarePlan")


def test_a_stranger_has_no_plan_to_change(cases: County, lena: Browser) -> None:
    lena.get(at(cases))
    form = {"token": lena.hidden("token"), "key": "0" * 12, "words": "x", "need": "", "day": ""}
    for to in ("own-goal", "comment"):
        assert lena.post(f"/agency/clients/nobody/{to}", form).status_code == 404
    more = {"level": "shelter", "day": "2026-04-10", "with.peer-support": "treatment"}
    assert lena.post("/agency/clients/nobody/step-down", {**form, **more}).status_code == 404
    for rest in ("change", "step-down"):
        assert lena.get(f"/agency/clients/nobody/{rest}").status_code == 404


# ------------------------------------------------------------------------------------------ it does not work


@pytest.mark.requirement("DM-25")
def test_not_working_reaches_everybody_of_the_plan_as_far_as_she_agreed(cases: County, lena: Browser) -> None:
    assert "We may not see that anybody works" in page(lena, cases, "/change")
    permit(cases)
    for agency in ("peer-support", "psychiatry"):
        ask(lena, cases, agency)
        send(lena, cases)
    known = {"identifier": person_number(), "classes": ("CarePlan", "Goal")}
    cases.consent("case-management", discloser="otp", by="otp", purpose="COC", **known)

    found = page(lena, cases, "/change")
    peers, psychiatry = "ask.peer-support", "ask.psychiatry"
    assert peers in found and psychiatry in found and "It can go now" in found and "It would wait" in found
    assert "Somebody whom we may not name here" in found and "Sunrise" not in found and "otp" not in found
    before = {one.id for one in cases.intents()}
    form = {"token": lena.hidden("token"), "key": lena.hidden("key"), "reason": "no-help"}
    form |= {peers: "yes", psychiatry: "yes"}
    assert "Each is asked as far as the client has agreed" in lena.post(at(cases, "/change"), form).text
    asked = [one for one in cases.intents() if one.id not in before]
    assert sorted(one.partner for one in asked) == ["peer-support", "psychiatry"]
    cases.clock.advance(timedelta(minutes=1))
    assert lena.post(at(cases, "/change"), form).status_code == 200
    assert len(cases.intents()) == len(before) + 2, "sent twice it counts once"
    held = {one.reference: one for one in cases.records("Task", "ServiceRequest", "Patient", "Provenance")}
    for one in asked:
        (other,) = {"peer-support", "psychiatry"} - {one.partner}
        goes = [held[reference.rpartition("/")[0]] for reference in one.focus]
        assert goes and not [it for it in goes if f"Organization/{other}" in str(it.resource)]

    (mine,) = [one for one in asked if one.partner == "peer-support"]
    to_the_desk(cases)
    shown = come_in(cases, "peer-support", "Sol Reyes").get(f"/agency/referrals/{mine.id}").text
    assert "A change of the care plan" in shown and "<dd>plan-change" not in shown


def to_the_desk(county: County) -> None:
    """Everything that is due is released, in order, and what may go to the peers comes to their desk."""
    while claimed := county.claim():
        for one in claimed:
            went = not isinstance(county.run(gate.release(county.premises, one)), gate.Refusal)
            if went and one.partner == "peer-support":
                county.settle(one, "delivered", intents.AT_DESK)


# ------------------------------------------------------------------------------------------ a step down


@pytest.mark.requirement("DM-26", "DM-24")
def test_a_step_down_says_what_goes_on_with_whom_and_ends_what_went_with_the_level(
    cases: County, lena: Browser
) -> None:
    permit(cases)
    ask(lena, cases)
    send(lena, cases)
    old = cases.task().id
    found = page(lena, cases, "/step-down")
    assert f"ends.{old}" in found and "Walk With Me" in found
    form = {
        "token": lena.hidden("token"),
        "key": lena.hidden("key"),
        "level": "residential",
        "day": "2026-04-10",
        "with.psychiatry": "treatment",
        "with.peer-support": "",
        f"ends.{old}": "yes",
    }
    assert "Each is told of its own part alone" in lena.post(at(cases, "/step-down"), form).text

    (plan,) = ours(cases, "CarePlan")
    (going,) = plan.resource["activity"]
    assert going["detail"]["performer"] == [{"reference": "Organization/psychiatry"}]
    assert plan.resource["meta"]["security"][0]["code"] == "SUD", "the level tells of addiction treatment"
    assert {one.id: one.resource["status"] for one in cases.records("Task")}[old] == "cancelled"
    (new,) = referred(cases, "psychiatry")
    assert new.state == "due"
    cases.clock.advance(timedelta(minutes=1))
    assert lena.post(at(cases, "/step-down"), form).status_code == 200
    assert len(referred(cases, "psychiatry")) == 1, "sent twice it counts once"


@pytest.mark.requirement("DM-26")
def test_until_the_last_day_the_old_goes_on_beside_the_new(cases: County, lena: Browser) -> None:
    permit(cases)
    ask(lena, cases)
    send(lena, cases)
    old = cases.task().id
    said = {
        "level": "shelter",
        "day": "2026-06-01",
        "with__psychiatry": "housing-instability",
        f"ends__{old}": "yes",
    }
    act(lena, cases, "/step-down", "/step-down", **said)
    assert {one.id: one.resource["status"] for one in cases.records("Task")}[old] == "requested"
    (plan,) = ours(cases, "CarePlan")
    assert not [one for one in plan.resource.get("meta", {}).get("security", ()) if one["code"] == "SUD"]
    assert re.search("2026-06-01", page(lena, cases, "/plan"))


def test_the_pages_speak_spanish(cases: County, lena: Browser) -> None:
    lena.post("/agency/language", {"language": "es"})
    assert "No funciona: cambiarlo" in page(lena, cases, "/change")
    assert "Paso a menos cuidado" in page(lena, cases, "/step-down")
