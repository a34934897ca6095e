"""A case manager's day: a client found, referred, followed, sent elsewhere, met; the plan, and what is in the way."""

from __future__ import annotations

import re
from functools import partial
from typing import Any

import pytest

from gateway.agency_desk.case_charts import of_goal, series_of
from gateway.demo import person
from gateway.disclosure import gate
from gateway.flows.desk_clients import number_system
from gateway.partners import DeskDelivery, Route
from gateway.store import Intent, intents, patients
from tests.gateway.agency_desk.conftest import Browser
from tests.gateway.agency_desk.crisis_county import HER, come_in
from tests.gateway.county import County
from tests.gateway.flows.test_emergency import add

NUMBER = (number_system("case-management"), "CM-7")
WORKER = "Lena Ortiz"


@pytest.fixture
def cases(county: County) -> County:
    """Case management has a desk and may refer to peer support and to housing; she is a client of theirs."""
    county.change_partner("case-management", desk=("clients",), delivery=DeskDelivery())
    county.change_partner("peer-support", delivery=DeskDelivery())
    others = [
        one
        for one in county.premises.network.content.routes
        if "case-management" not in (one.source, one.addressee)
    ]
    routes = (
        Route("cm-to-peer", "case-management", "peer-support", "referral", "COC"),
        Route("cm-to-psychiatry", "case-management", "psychiatry", "referral", "COC"),
        Route("peer-to-cm", "peer-support", "case-management", "status", "COC"),
        Route("plans-to-cm", "otp", "case-management", "care_plan", "COC"),
    )
    county.change_network(routes=(*others, *routes))
    county.share_plan()
    her = person.person(*NUMBER)
    key = "77777777-1111-4111-8111-111111111111"
    entry = {"fullUrl": f"urn:uuid:{key}", "resource": her, "request": {"method": "POST", "url": "Patient"}}
    county.submit("case-management", {"resourceType": "Bundle", "type": "transaction", "entry": [entry]})
    return county


@pytest.fixture
def lena(cases: County) -> Browser:
    """The case manager, at the page of her client."""
    browser = come_in(cases, "case-management", WORKER)
    browser.get("/agency/clients")
    browser.post("/agency/clients", {"token": browser.hidden("token"), **HER})
    assert "Maribel Testperson" in browser.page.text
    return browser


def at(county: County, rest: str = "") -> str:
    return f"/agency/clients/{county.patient_id}{rest}"


def ask(lena: Browser, county: County, agency: str = "peer-support", **more: str) -> str:
    """What the preview says of a referral for peer support."""
    lena.get(at(county))
    form = {
        "token": lena.hidden("token"),
        "key": lena.hidden("key"),
        "need": "peer-support",
        "agency": agency,
    }
    return lena.post(at(county, "/preview"), {**form, "priority": "urgent", "instead": "", **more}).text


def send(lena: Browser, county: County) -> str:
    """Save what the preview offers."""
    names = ("token", "key", "need", "agency", "priority", "instead")
    return lena.post(at(county, "/refer"), {name: lena.hidden(name) for name in names}).text


def permit(county: County, recipient: str = "peer-support", **limits: Any) -> None:
    seen = {"classes": ("Patient", "ServiceRequest", "Task"), "identifier": NUMBER, **limits}
    county.consent(recipient, discloser="case-management", by="case-management", purpose="COC", **seen)


def referred(county: County, partner: str = "peer-support") -> list[Intent]:
    return [one for one in county.intents() if (one.partner, one.kind) == (partner, "referral")]


def to_peers(county: County) -> str:
    """What was referred comes to the peers' desk; the id of what waits there."""
    (mine,) = [one for one in county.claim() if one.partner == "peer-support"]
    county.run(gate.release(county.premises, mine))
    county.settle(mine, "delivered", intents.AT_DESK)
    return mine.id


@pytest.mark.requirement("DM-20", "SD-03")
def test_what_the_other_side_would_see_is_said_before_anything_is_sent(cases: County, lena: Browser) -> None:
    before = len(cases.audit("query"))
    assert "It would wait" in ask(lena, cases) and not referred(cases)
    assert len(cases.audit("query")) == before + 2, "that it was asked is in the log"

    permit(cases, classes=("ServiceRequest", "Task"))
    page = ask(lena, cases)
    assert "It would wait" in page and "<dd>Yes</dd>" in page and "<dd>Not yet</dd>" in page

    permit(cases)
    assert "It can go now" in ask(lena, cases)


@pytest.mark.requirement("DM-10", "P2-13-01")
def test_what_others_have_referred_her_for_is_listed_as_far_as_she_lets_it_be_seen(
    cases: County, lena: Browser
) -> None:
    """A referral by HL7 v2 stands on her case manager's page once she has permitted that, and not before."""
    cases.refer()
    cases.refer("ED-2", "R-2", "MESAPSY")
    assert "Other referrals" not in lena.get(at(cases)).text and "Sunrise" not in lena.page.text
    seen = cases.consent(
        "case-management", discloser="hospital", purpose="COC", classes=("ServiceRequest", "Task")
    )
    page = lena.get(at(cases)).text
    _, _, others = page.partition("Other referrals you may see")
    listed = others.partition("</ul>")[0]
    assert listed.count("<li>") == 2 and "Medical" in listed and "Mesa Psychiatry Clinic" in listed
    assert "Another agency" in listed and "Sunrise" not in listed, (
        "that she was sent to a program is not told (FH-RED-04)"
    )
    (read,) = [
        one.entry for one in cases.audit("read") if one.entry and one.entry.description == "other referrals"
    ][-1:]
    assert (read.recipient_name, read.outcome) == (WORKER, "disclose")
    cases.withdraw(seen)
    assert "Other referrals" not in lena.get(at(cases)).text


@pytest.mark.requirement("DM-20", "DM-09")
def test_a_referral_goes_as_she_has_agreed_and_both_workers_confirm_that_they_met(
    cases: County, lena: Browser
) -> None:
    permit(cases)
    ask(lena, cases)
    said = send(lena, cases)
    assert "as far as the client has agreed" in said and "Walk With Me" in said
    waiting = to_peers(cases)
    peer = come_in(cases, "peer-support", "Sol Reyes")
    page = peer.get(f"/agency/referrals/{waiting}").text
    assert "Maribel Testperson" in page

    form = {"token": peer.hidden("token"), "version": peer.hidden("version"), "step": "accept"}
    peer.post(f"/agency/referrals/{waiting}", form)
    task = cases.task()
    assert task.resource["status"] == "accepted"
    peer_met = {"token": peer.hidden("token"), "day": "2026-04-11", "hour": "07:30"}
    assert peer.post(f"/agency/referrals/{waiting}/met", peer_met).status_code == 200
    assert cases.task().resource["status"] == "accepted", "one side alone is not enough"
    mine = {"token": lena.hidden("token"), "task": task.id, "day": "2026-04-11", "hour": "07:45"}
    assert lena.post(at(cases, "/met"), {**mine, "day": "2026-04-12"}).status_code == 400
    assert lena.post(at(cases, "/met"), mine).status_code == 200
    assert cases.task().resource["status"] == "in-progress"
    assert len(cases.task().resource["output"]) == 2 and len(cases.records("Communication")) == 2
    card = lena.get(at(cases, f"/cards/{task.id}")).text
    assert "Walk With Me" in card and "Maribel" in card and WORKER in card and "peer-support" not in card
    left = {one: it for one, it in cases.premises.network.partners.items() if one != "peer-support"}
    content = cases.premises.network.content
    stay = tuple(one for one in content.routes if "peer-support" not in (one.source, one.addressee))
    cases.change_network(partners=left, routes=stay)
    gone = come_in(cases, "case-management", WORKER).get(at(cases, f"/cards/{task.id}"))
    assert gone.status_code == 200 and "Maribel" in gone.text, "an agency that has left the network since"


@pytest.mark.requirement("DM-20", "SD-02")
def test_what_was_declined_goes_elsewhere_with_a_consent_check_of_its_own(
    cases: County, lena: Browser
) -> None:
    permit(cases)
    ask(lena, cases)
    send(lena, cases)
    task = cases.task()

    page = ask(lena, cases, "psychiatry", instead=task.id)
    assert "It would wait" in page, "she has permitted peer support alone"
    send(lena, cases)

    assert {one.id: one.resource["status"] for one in cases.records("Task")}[task.id] == "cancelled"
    (other,) = referred(cases, "psychiatry")
    assert other.state == "due"
    assert [one.state for one in referred(cases)] == ["cancelled"]
    (mine,) = [one for one in cases.claim() if one.partner == "psychiatry"]
    assert type(cases.run(gate.release(cases.premises, mine))).__name__ == "Refusal"


@pytest.mark.requirement("SD-02")
def test_a_referral_is_called_off_once_and_nobody_elses(cases: County, lena: Browser) -> None:
    ask(lena, cases)
    send(lena, cases)
    task = cases.task()
    form = {"token": lena.hidden("token"), "task": task.id, "key": "abcdefgh-1"}

    assert "Called off" in lena.post(at(cases, "/cancel"), form).text
    assert cases.task().resource["status"] == "cancelled"
    assert lena.post(at(cases, "/cancel"), form).status_code == 409
    cases.refer()
    (theirs,) = [one for one in cases.records("Task") if one.source_partner == "hospital"]
    for path in ("/cancel", "/met"):
        other = {**form, "task": theirs.id, "day": "2026-04-11", "hour": "08:00"}
        assert lena.post(at(cases, path), other).status_code == 404
    assert lena.get(at(cases, f"/cards/{theirs.id}")).status_code == 404
    assert theirs.id not in lena.get(at(cases)).text and "Riverbend" not in lena.page.text


def test_who_is_no_client_of_theirs_is_nobody(cases: County, lena: Browser) -> None:
    housing = come_in_with_clients(cases)
    for path in ("", "/plan"):
        assert housing.get(at(cases, path)).status_code == 404
    assert "did not find" in found(housing, HER)
    assert "did not find" in found(lena, {**HER, "family": "Nobody"})
    lena.get("/agency/clients")
    bad = {
        "token": lena.hidden("token"),
        "key": "k" * 20,
        "need": "gossip",
        "agency": "otp",
        "priority": "asap",
    }
    assert lena.post(at(cases, "/refer"), bad).status_code == 400
    assert lena.post(at(cases, "/refer"), {**bad, "need": "treatment"}).status_code == 400


def test_a_new_client_is_written_down_once_and_a_number_is_one_persons(cases: County, lena: Browser) -> None:
    new = {"given": "Rosa", "family": "Nueva", "born": "1990-02-03", "number": "CM-90", "sex": "female"}
    assert "Write down a new client" in found(lena, {key: new[key] for key in ("given", "family", "born")})
    made = lena.post("/agency/clients/register", {"token": lena.hidden("token"), **new})
    assert made.status_code == 200 and "Rosa Nueva" in made.text and "/agency/clients/" in str(made.url)
    assert "Rosa Nueva" in found(lena, {key: new[key] for key in ("given", "family", "born")})
    lena.get("/agency/clients")
    other = {"token": lena.hidden("token"), **new, "family": "Otra"}
    again = lena.post("/agency/clients/register", other)
    assert again.status_code == 409 and 'role="alert">Somebody has that client number already' in again.text
    for given in (
        'value="Rosa"',
        'value="Otra"',
        'value="1990-02-03"',
        'value="CM-90"',
        'value="female" selected',
    ):
        assert given in again.text


def come_in_with_clients(county: County) -> Browser:
    """A worker of employment services, where she is unknown."""
    county.change_partner("employment", desk=("clients",))
    return come_in(county, "employment", "Max")


def found(browser: Browser, said: dict[str, str]) -> str:
    browser.get("/agency/clients")
    return browser.post("/agency/clients", {"token": browser.hidden("token"), **said}).text


def test_what_is_in_the_way_has_an_owner_and_a_day_and_goes_to_nobody(cases: County, lena: Browser) -> None:
    lena.get(at(cases))
    form = {
        "token": lena.hidden("token"),
        "key": lena.hidden("key"),
        "kind": "transport",
        "owner": "Lena <i>",
    }
    page = lena.post(at(cases, "/barriers"), {**form, "day": "2026-04-18"}).text
    assert "Lena &lt;i&gt;" in page and "2026-04-18" in page and not cases.intents()
    for wrong in ({"kind": "x"}, {"day": "soon"}, {"owner": " "}):
        assert lena.post(at(cases, "/barriers"), {**form, "day": "2026-04-18", **wrong}).status_code == 400

    to_do = lena.get("/agency/").text
    assert "Transport" in to_do and "Lena &lt;i&gt;" in to_do and f"{at(cases)}#bar" in to_do
    assert "Lena &lt;i&gt;" not in come_in_with_clients(cases).get("/agency/").text
    task = cases.task()
    lena.get(at(cases))
    lena.post(at(cases, "/cleared"), {"token": lena.hidden("token"), "task": task.id})
    assert cases.task().resource["status"] == "completed" and "Lena &lt;i&gt;" not in lena.page.text
    assert (
        lena.post(at(cases, "/cleared"), {"token": lena.hidden("token"), "task": task.id}).status_code == 404
    )
    assert "Lena &lt;i&gt;" not in lena.get("/agency/").text


@pytest.mark.requirement("DM-10")
def test_the_plan_stands_by_who_contributed_it_as_far_as_she_permits(cases: County, lena: Browser) -> None:
    assert "Rent agreement" not in lena.get(at(cases, "/plan")).text

    cases.consent(
        "case-management",
        discloser="otp",
        by="otp",
        purpose="COC",
        identifier=person_number(),
        classes=("CarePlan", "Goal"),
    )
    page = lena.get(at(cases, "/plan")).text

    assert "Rent agreement renewed" in page
    shown = [
        one.entry for one in cases.audit("disclose") if one.entry and one.entry.partner == "case-management"
    ]
    assert shown


def person_number() -> tuple[str, str]:
    return (person.OTP_SYSTEM, "OTP-3391")


@pytest.mark.requirement("DM-25")
def test_what_was_measured_is_drawn_with_its_numbers_beside(cases: County, lena: Browser) -> None:
    code = {"coding": [{"system": "urn:x", "code": "attended", "display": "Attended this week"}]}
    for day, came in (("2026-03-06", True), ("2026-03-13", False), ("2026-03-20", True)):
        add(
            cases, f"week-{day}", "Observation", "case-management", status="final", code=code,
            effectiveDateTime=day, valueBoolean=came,
        )  # fmt: skip
    page = lena.get(at(cases, "/plan")).text
    assert "Attended this week" in page and "<polyline" in page and "<dt>2026-03-13</dt><dd>No</dd>" in page
    assert "style=" not in page and "<script" not in page

    series = series_of([one.resource for one in cases.records("Observation")])
    goal = {"target": [{"measure": code}]}
    assert of_goal(goal, series) == series and of_goal({}, series) == ()
    assert len(set(re.findall(r"[\d.]+,[\d.]+", series[0].line))) == 3


@pytest.mark.requirement("DM-23")
def test_who_told_of_self_harm_in_a_phq_9_is_to_be_talked_to_today(cases: County, lena: Browser) -> None:
    item = {"linkId": "/44260-8", "answer": [{"valueInteger": 1}]}
    for source, answered in (
        ("psychiatry", item),
        ("case-management", {**item, "answer": [{"valueInteger": 0}]}),
    ):
        add(
            cases, source, "QuestionnaireResponse", source, status="completed", item=[answered],
            questionnaire="http://loinc.org/q/44249-1", authored="2026-04-01",
        )  # fmt: skip
    page = lena.get(at(cases, "/plan"))
    assert "call 988" not in page.text, "she permits psychiatry nothing toward case management"
    add(
        cases, "own", "QuestionnaireResponse", "case-management", status="completed", item=[item],
        questionnaire="http://loinc.org/q/44249-1", authored="2026-04-02",
    )  # fmt: skip
    page = lena.get(at(cases, "/plan"))
    assert "Talk with them alone today" in page.text and at(cases, "/change") in page.text
    assert "plan de seguridad" in lena.get(at(cases, "/plan"), **{"accept-language": "es"}).text


@pytest.mark.requirement("DM-28")
def test_while_it_is_in_doubt_who_she_is_a_case_reads_like_any_other(cases: County, lena: Browser) -> None:
    read = [client_referred(cases, lena, "Maribel", "CM-8"), client_referred(cases, lena, "Unheard", "CM-9")]
    in_doubt = cases.look(lambda reading: [one for one, _ in patients.in_doubt(reading)])
    assert len(in_doubt) == 1 and f"/clients/{in_doubt[0]}/" in read[0][0], "the namesake waits for a person"
    for one in cases.claim():
        if one.partner == "peer-support":
            cases.run(gate.release(cases.premises, one))
    hers = [cases.look(partial(intents.of_patient, patient_id=path[-36:])) for _, path, _ in read]
    assert [[(one.state, one.reason) for one in found] for found in hers] == [
        [("held", "IDENTITY_PENDING")],
        [("sending", "")],
    ]
    (gone,) = hers[1]
    cases.settle(gone, "delivered", intents.AT_DESK)
    pages = [as_of_anybody(lena.get(path).text, name) for _, path, name in read]
    assert pages[0] == pages[1]
    assert "No answer yet" in pages[0] and "When they answer" in pages[0] and "Waiting" not in pages[0]
    spanish = lena.get(read[0][1], **{"accept-language": "es"}).text
    assert "Cuando respondan, lo verá aquí." in spanish


def client_referred(cases: County, lena: Browser, given: str, number: str) -> tuple[str, str, str]:
    """A client written down with her permission and referred: her page, its path and her name."""
    lena.get("/agency/clients")
    said = {**HER, "given": given, "phone": "520-555-0107", "number": number, "sex": "female"}
    lena.post("/agency/clients/register", {"token": lena.hidden("token"), **said})
    path = str(lena.page.url.path)
    patient_id = path.rpartition("/")[2]
    permit(cases, identifier=(number_system("case-management"), number))
    form = {name: lena.hidden(name) for name in ("token", "key")}
    wanted = {"need": "peer-support", "agency": "peer-support", "priority": "urgent", "instead": ""}
    lena.post(f"{path}/preview", {**form, **wanted})
    names = ("token", "key", "need", "agency", "priority", "instead")
    page = lena.post(f"{path}/refer", {name: lena.hidden(name) for name in names}).text
    assert patient_id in page
    return page, path, given


def as_of_anybody(page: str, name: str) -> str:
    """The page without what is hers alone: her name, and ids and tokens of the page."""
    page = page.replace(name, "NAME")
    return re.sub(r'[0-9a-f]{8}-[0-9a-f-]{27}|value="[^"]*"', "ID", page)
