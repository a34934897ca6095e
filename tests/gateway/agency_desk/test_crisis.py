"""In a crisis: at most one person, by two identifiers, as far as she has agreed; else one page whatever the cause."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from gateway.agency_desk.crisis import _first
from gateway.demo import person
from gateway.disclosure.recorder_only import is_recorder_only
from gateway.flows.desk_crisis import Found
from gateway.store import emergency_uses, patients
from tests.gateway.agency_desk.conftest import Browser
from tests.gateway.agency_desk.crisis_county import (
    COPING,
    HER,
    PSYCHIATRY,
    WORKER,
    come_in,
    look_up,
    permit,
    safety_plan,
    set_up,
)
from tests.gateway.county import OTP, County
from tests.gateway.flows.test_emergency import add


@pytest.fixture
def crisis(county: County) -> County:
    """Her safety plan is at the psychiatry clinic; the crisis team has a desk, and no permission."""
    set_up(county)
    return county


def without_ids(page: str) -> str:
    """The page without what is new on each: token, key of the form, reference, and what was typed into it."""
    page = re.sub(r'name="(token|key)" value="[^"]*"', "", page)
    page = re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", "", page)
    return re.sub(r'name="(given|family|born|phone)" value="[^"]*"', "", page)


@pytest.mark.requirement("DM-11", "DM-22")
def test_a_safety_plan_is_one_tap_away_where_she_has_agreed(crisis: County) -> None:
    permit(crisis)
    before = len(crisis.audit())

    page = look_up(come_in(crisis))

    assert COPING in page and "Maribel Testperson" in page and "What I can do myself" in page
    assert "Opioid dependence" not in page and "Riverbend" not in page
    shown = [one.entry for one in crisis.audit()][before:]
    assert [(one.kind, one.partner, one.purpose) for one in shown if one and one.kind == "disclose"] == [
        ("disclose", "crisis", "COC")
    ]
    (read,) = [one for one in shown if one and one.kind == "read"]
    assert (read.recipient_name, read.outcome, read.description) == (WORKER, "disclose", "crisis")


@pytest.mark.requirement("DM-12", "P2-13-01")
def test_unknown_not_permitted_and_two_of_a_name_are_one_page(crisis: County) -> None:
    browser = come_in(crisis)
    not_permitted = look_up(browser)
    nobody = look_up(browser, given="Nina", family="Nobody", born="1980-01-01")

    assert "No certain match" in not_permitted
    assert without_ids(not_permitted) == without_ids(nobody)

    permit(crisis)
    stranger = {**person.person("urn:mesa-psychiatry:client", "P-2"), "address": [{"city": "Phoenix"}]}
    stranger["telecom"] = [{"system": "phone", "value": "602-555-0177"}]
    key = "99999999-1111-4111-8111-111111111111"
    entry = {
        "fullUrl": f"urn:uuid:{key}",
        "resource": stranger,
        "request": {"method": "POST", "url": "Patient"},
    }
    crisis.submit("psychiatry", {"resourceType": "Bundle", "type": "transaction", "entry": [entry]})
    assert COPING in look_up(browser), "whom nobody is certain about makes nobody else uncertain"
    assert COPING in look_up(browser, phone=person.PHONE, born=person.BORN)
    assert "No certain match" in look_up(browser, **{**HER, "phone": "602-555-0000"})


@pytest.mark.parametrize(
    "said", [{"given": "Maribel", "family": "Testperson"}, {"born": "1996-04-17"}, {"phone": "602-555-0142"}]
)
def test_one_identifier_is_not_enough(crisis: County, said: dict[str, str]) -> None:
    permit(crisis)
    assert "Give two" in look_up(come_in(crisis), **said)


@pytest.mark.requirement("DM-22")
def test_a_plan_that_says_less_than_ours_is_shown_all_the_same(crisis: County) -> None:
    """FHIR R4 asks a CarePlan for no day, no author and no words of its activities; some systems tell none."""
    permit(crisis)
    bundle = safety_plan()
    plan = bundle["entry"][1]["resource"]
    del plan["created"], plan["activity"][0]["detail"]["code"]
    plan["activity"].append({"detail": {"status": "not-started"}})
    crisis.submit("psychiatry", bundle)

    page = look_up(come_in(crisis))

    assert COPING in page and "The latest one, of" not in page, "of what day it is, nobody has told"


@pytest.mark.requirement("DM-22", "P2-31-12")
def test_the_latest_plan_alone_and_none_after_she_takes_it_back(crisis: County) -> None:
    permit(crisis)
    crisis.submit("psychiatry", safety_plan("2026-04-11", "sit in the garden"))
    browser = come_in(crisis)

    page = look_up(browser)
    assert "sit in the garden" in page and COPING not in page

    for one in crisis.records("Consent"):
        crisis.replace("psychiatry", one.id, {**one.resource, "status": "inactive"})
    assert "No certain match" in look_up(browser) and "garden" not in browser.page.text


def test_without_the_right_there_is_no_such_page(crisis: County) -> None:
    crisis.change_partner("peer-support", desk=("clients",))
    browser = come_in(crisis, "peer-support")
    for path in ("/agency/crisis", "/agency/crisis/emergency", "/agency/crisis/paper"):
        assert browser.get(path).status_code == 404


def test_without_a_route_for_plans_nothing_is_released(crisis: County) -> None:
    permit(crisis)
    routes = tuple(one for one in crisis.premises.network.content.routes if one.addressee != "crisis")
    crisis.change_network(routes=routes)
    assert "No certain match" in look_up(come_in(crisis))


@pytest.mark.requirement("DM-12")
def test_a_number_that_is_kept_from_the_team_neither_finds_her_nor_is_told(crisis: County) -> None:
    permit(crisis)
    browser = come_in(crisis)
    secret = "480-555-0199"
    mine = person.person(*OTP)
    mine["telecom"] = [*mine["telecom"], {"system": "phone", "value": secret}]
    entry = {"fullUrl": f"urn:uuid:{'9' * 8}-1111-4111-8111-{'2' * 12}", "resource": mine}
    entry["request"] = {"method": "POST", "url": "Patient"}
    crisis.submit("otp", {"resourceType": "Bundle", "type": "transaction", "entry": [entry]})

    assert COPING in look_up(browser)
    hit, miss = (look_up(browser, **{**HER, "phone": number}) for number in (secret, "480-555-0198"))
    assert "No certain match" in hit
    assert without_ids(hit) == without_ids(miss)


@pytest.mark.requirement("P2-31-12")
def test_what_was_shown_once_makes_nobody_known_after_she_takes_it_back(crisis: County) -> None:
    permit(crisis)
    browser = come_in(crisis)
    look_up(browser)
    form = plan_form(browser, coping="x")
    assert "seal" in form
    for one in crisis.records("Consent"):
        crisis.replace("psychiatry", one.id, {**one.resource, "status": "inactive"})

    assert browser.post("/agency/crisis/plan", form).status_code == 404
    assert not crisis.look(lambda reading: patients.knows(reading, "crisis", crisis.patient_id))


# ------------------------------------------------------------------------------------------ writing down


def plan_form(browser: Browser, **words: str) -> dict[str, str]:
    steps = {f"step.{name.replace('_', '-')}": text for name, text in words.items()}
    seal = re.search(r'name="seal" value="([^"]*)"', browser.page.text)
    whom = {"seal": seal[1]} if seal else {**HER, "sex": "female", "phone": person.PHONE}
    return {"token": browser.hidden("token"), "key": browser.hidden("key"), **whom, **steps}


@pytest.mark.requirement("DM-22")
def test_a_plan_written_for_somebody_not_shown_is_hers_and_tells_nothing(crisis: County) -> None:
    browser = come_in(crisis)
    look_up(browser)

    said = browser.post(
        "/agency/crisis/plan", plan_form(browser, coping="call my sister <b>", safe_space="locked")
    )

    assert "The safety plan is written down" in said.text and "sister" not in said.text
    (plan,) = [one for one in crisis.records("CarePlan") if one.source_partner == "crisis"]
    assert plan.patient_id == crisis.patient_id, "name, birth date, sex and phone are hers"
    codes = [one["detail"]["code"]["coding"][0]["code"] for one in plan.resource["activity"]]
    assert codes == ["coping", "safe-space"]
    assert "MH" in {one["code"] for one in plan.resource["meta"]["security"]}
    (who,) = crisis.records("Provenance")
    assert who.resource["agent"][0]["who"]["display"] == WORKER

    page = look_up(browser)
    assert "call my sister &lt;b&gt;" in page and COPING not in page, "their own, and of nobody else"
    browser.post("/agency/crisis/plan", plan_form(browser, coping="sleep"))
    (again,) = [one for one in crisis.records("CarePlan") if one.source_partner == "crisis"]
    assert (again.id, again.version) == (plan.id, plan.version + 1)


def test_what_is_sent_twice_counts_once_and_an_old_or_foreign_seal_for_nothing(crisis: County) -> None:
    permit(crisis)
    browser = come_in(crisis)
    look_up(browser)
    form = plan_form(browser, coping="breathe")
    assert "seal" in form
    assert browser.post("/agency/crisis/plan", form).status_code == 200
    crisis.clock.advance(timedelta(seconds=2))
    assert browser.post("/agency/crisis/plan", {**form, "step.coping": "else"}).status_code == 409

    other = come_in(crisis, name="Somebody Else")
    look_up(other)
    theirs = {**plan_form(other, coping="x"), "seal": form["seal"]}
    assert other.post("/agency/crisis/plan", theirs).status_code == 403
    crisis.clock.advance(timedelta(minutes=29))
    browser.get("/agency/crisis")
    crisis.clock.advance(timedelta(minutes=29))
    browser.get("/agency/crisis")
    crisis.clock.advance(timedelta(minutes=5))
    assert browser.post("/agency/crisis/plan", {**form, "key": "k" * 20}).status_code == 403


def test_an_empty_plan_is_none(crisis: County) -> None:
    browser = come_in(crisis)
    look_up(browser)
    assert "at least one part" in browser.post("/agency/crisis/plan", plan_form(browser, coping=" ")).text


@pytest.mark.requirement("DM-11")
def test_an_event_note_stays_with_who_wrote_it(crisis: County) -> None:
    browser = come_in(crisis)
    look_up(browser)
    form = {
        **plan_form(browser),
        "setting": "line",
        "reason": "panic",
        "outcome": "home",
        "note": "words of hers",
    }

    assert "What happened is written down" in browser.post("/agency/crisis/event", form).text
    assert crisis.records("Encounter")[0].resource["reasonCode"][0]["coding"][0]["code"] == "panic"
    crisis.consent("psychiatry", discloser="crisis", by="psychiatry", purpose="TREAT", identifier=PSYCHIATRY)
    found = crisis.search("psychiatry", "DocumentReference", PSYCHIATRY)
    assert found["total"] == 0
    (note,) = crisis.records("DocumentReference")
    assert is_recorder_only(note), "nor may it go on any consent"
    look_up(browser)
    bad = {**form, "key": browser.hidden("key"), "reason": "gossip"}
    assert browser.post("/agency/crisis/event", bad).status_code == 400


@pytest.mark.requirement("DM-20")
def test_the_next_morning_is_a_referral_that_waits_for_her_word(crisis: County) -> None:
    browser = come_in(crisis)
    look_up(browser)
    form = {**plan_form(browser), "day": "2026-04-12", "hour": "09:00", "agency": "counseling"}

    assert "task are written down" in browser.post("/agency/crisis/follow-up", form).text

    (intent,) = [one for one in crisis.intents() if one.partner == "counseling"]
    assert (intent.source_partner, intent.purpose) == ("crisis", "COC")
    (meeting,) = crisis.records("Appointment")
    assert meeting.resource["start"].startswith("2026-04-12T09:00:00-07:00")
    own = {**form, "key": f"{form['key']}2", "agency": "crisis"}
    assert browser.post("/agency/crisis/follow-up", own).status_code == 200
    assert len([one for one in crisis.intents() if one.source_partner == "crisis"]) == 1, (
        "its own goes nowhere"
    )
    for wrong in ({"agency": "otp"}, {"day": "2025-01-01"}, {"hour": "soon"}):
        assert browser.post("/agency/crisis/follow-up", {**form, "key": "k" * 20, **wrong}).status_code == 400


# ------------------------------------------------------------------------------------------ emergencies


EMERGENCY = {"facility": "Van 3", "nature": "overdose, not answering", "unobtainable": "yes"}


def emergency(browser: Browser, **more: str) -> str:
    browser.get("/agency/crisis/emergency")
    form = {"token": browser.hidden("token"), "key": browser.hidden("key"), **HER, **EMERGENCY, **more}
    return browser.post("/agency/crisis/emergency", form).text


@pytest.fixture
def medical(crisis: County) -> County:
    """The crisis team has medical personnel."""
    crisis.change_partner("crisis", standing=("crisis_line", "medical_personnel"))
    add(
        crisis,
        "dose",
        "MedicationStatement",
        status="active",
        medicationCodeableConcept={"text": "Methadone"},
    )
    return crisis


@pytest.mark.requirement("P2-51-01", "P2-51-02")
def test_a_clinician_opens_the_emergency_set_in_her_own_name(medical: County) -> None:
    page = emergency(come_in(medical))

    assert "Methadone" in page and COPING in page and "Do not use or disclose it beyond" in page
    (use,) = medical.look(emergency_uses.not_reviewed)
    (entry,) = [
        one.entry
        for one in medical.audit("disclose")
        if one.entry and one.entry.source == ("Organization/otp",)
    ]
    assert entry.request_id == use.id and entry.emergency is not None
    assert (entry.emergency.recipient, entry.emergency.facility) == (WORKER, "Van 3")
    assert entry.emergency.nature == "overdose, not answering"


@pytest.mark.requirement("P2-51-02")
def test_each_field_is_needed_and_the_third_use_needs_another_person(medical: County) -> None:
    browser = come_in(medical)
    for name in ("facility", "nature", "unobtainable"):
        refused = emergency(browser, **{name: ""})
        assert "Methadone" not in refused and 'role="alert">' in refused
        assert name == "nature" or f"required>{EMERGENCY['nature']}</textarea>" in refused
        assert ('value="yes" required checked' in refused) == (name != "unobtainable")
    assert not medical.look(emergency_uses.not_reviewed)

    for _ in range(2):
        assert "Methadone" in emergency(browser)
    assert "second person must agree" in emergency(browser)
    first, *rest = WORKER.split()
    for herself in (f" {WORKER.upper()} ", f"{' '.join(rest)}, {first}"):
        assert "second person must agree" in emergency(browser, second=herself)
    assert "second person must agree" in emergency(browser, second="Dr. Lee"), "nobody of that name was here"
    come_in(medical, name="Dr. Lee")
    assert "Methadone" in emergency(browser, second=" dr.  lee ")


@pytest.mark.requirement("P2-51-01")
def test_a_use_sent_again_for_another_name_does_not_tell_who_is_known(medical: County) -> None:
    browser = come_in(medical)
    browser.get("/agency/crisis/emergency")
    key = browser.hidden("key")
    other = {**person.person("urn:sunrise:mrn", "X-77"), "birthDate": "1971-02-03"}
    other.pop("telecom")
    other["name"] = [{"family": "Elsewhere", "given": ["Rosa"]}]
    whom = {"given": "Rosa", "family": "Elsewhere", "born": "1971-02-03"}
    entry = {"fullUrl": f"urn:uuid:{'9' * 8}-1111-4111-8111-{'1' * 12}", "resource": other}
    entry["request"] = {"method": "POST", "url": "Patient"}
    medical.submit("otp", {"resourceType": "Bundle", "type": "transaction", "entry": [entry]})

    assert "Methadone" in emergency(browser, key=key)
    known = emergency(browser, key=key, **whom)
    unknown = emergency(browser, key=key, **{**whom, "born": "1971-02-04"})

    assert "NO_SUCH_RECORD" in known and "REQUEST_ID_REUSED" not in known
    assert without_ids(known) == without_ids(unknown)


@pytest.mark.requirement("P2-51-01")
def test_nobody_and_nothing_are_one_answer_and_others_cannot_use_it(medical: County) -> None:
    browser = come_in(medical)
    nobody = emergency(browser, family="Nobody")
    assert "Nothing can be shown" in nobody and "NO_SUCH_RECORD" in nobody

    medical.change_partner("crisis", standing=("crisis_line",))
    assert "Your role cannot use this" in emergency_page(browser)
    said = emergency_form_without_page(browser)
    assert "NOT_MEDICAL_PERSONNEL" in said and "Methadone" not in said


def emergency_page(browser: Browser) -> str:
    return browser.get("/agency/crisis/emergency").text


def emergency_form_without_page(browser: Browser) -> str:
    token = browser.hidden("token")
    return browser.post(
        "/agency/crisis/emergency", {"token": token, "key": "k" * 12, **HER, **EMERGENCY}
    ).text


@pytest.mark.requirement("DM-11")
def test_what_a_worker_has_typed_is_not_lost_and_she_stays_with_the_person(crisis: County) -> None:
    permit(crisis)
    browser = come_in(crisis)
    page = look_up(browser, given="Maribel", family="", born="", phone="")
    assert 'role="alert">Give two' in page and 'name="given" type="text" value="Maribel"' in page

    look_up(browser)
    form = {
        **HER,
        "token": browser.hidden("token"),
        "key": browser.hidden("key"),
        "seal": browser.hidden("seal"),
    }
    saved = browser.post("/agency/crisis/plan", {**form, "step.coping": "sing"}).text
    assert "The safety plan is written down" in saved and "Maribel Testperson" in saved
    again = browser.post("/agency/crisis/plan", {**form, "step.coping": "sing"})
    assert again.status_code == 200, "loaded again, it is the same plan"
    plans = [one for one in crisis.records("CarePlan") if one.source_partner == "crisis"]
    assert len(plans) == 1

    crisis.clock.advance(timedelta(minutes=31))
    ended = browser.post("/agency/crisis/event", {**form, "note": "she will <sing>"})
    assert ended.status_code == 401 and "she will &lt;sing&gt;</textarea>" in ended.text
    assert "Maribel" not in ended.text and "1996" not in ended.text
    other = browser.post("/agency/crisis/event", {**form, "note": "theirs"}, origin="http://elsewhere.test")
    assert other.status_code == 403 and "theirs" not in other.text


@pytest.mark.requirement("DM-22")
@pytest.mark.parametrize("order", [1, -1])
def test_who_she_is_says_the_patient_that_has_a_name(order: int) -> None:
    """An agency's own number of her may stand beside it, and says nothing else."""
    number = {"resourceType": "Patient", "id": "z", "identifier": [{"value": "7"}]}
    named = {"resourceType": "Patient", "id": "a", "name": [{"family": HER["family"]}]}
    found = Found("z", (number, named)[::order], (), "r")

    assert _first(found, "Patient") is named
    assert _first(found, "CarePlan") == {}
