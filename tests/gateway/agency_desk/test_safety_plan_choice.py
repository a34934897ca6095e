"""Her safety plan is a choice of its own at the consent desk, and taken back by itself it is hidden at once (DM-22)."""

from __future__ import annotations

import json
import re
from html import unescape

import pytest

from gateway.care_plan import SHARED_TYPES
from gateway.disclosure.desk_forms import types_in_words, types_permitted
from gateway.flows import pull
from tests.gateway.agency_desk.crisis_county import COPING, HER, come_in, look_up, safety_plan, set_up
from tests.gateway.agency_desk.test_consent_pages import Counter
from tests.gateway.county import County, caller

STEP = "Call the sponsor on Mondays"
APART = "your safety plan for a crisis"
CHOSEN = {
    "see.crisis.safety_plan": "yes",
    "see.peer-support.contact": "yes",
    "see.peer-support.plan": "yes",
    "see.peer-support.safety_plan": "yes",
    "see.hospital.plan": "yes",
    "for.COC": "yes",
    "for.TREAT": "yes",
}


@pytest.fixture
def clinic(county: County) -> County:
    """The psychiatry clinic has a safety plan and another plan of hers, and takes consents at its own desk."""
    set_up(county)
    county.change_partner("psychiatry", desk=("consents",))
    other = safety_plan(words=STEP)
    assess = [{"coding": [{"system": "urn:warm-handoff:care-plan-category", "code": "assess-plan"}]}]
    other["entry"][1]["resource"] |= {"category": assess, "identifier": [{"system": "urn:x", "value": "2"}]}
    county.submit("psychiatry", other)
    return county


def at_the_desk(county: County) -> Counter:
    """A worker of the clinic, with her file open."""
    kim = Counter(county)
    path, code = kim.link("Kim", "psychiatry")
    kim.post(path, {"code": code})
    kim.get("/agency/consents/")
    kim.fill("/find", **HER)
    kim.follow("Yes, go on")
    return kim


def her_id(kim: Counter) -> str:
    """As the clinic knows her."""
    return kim.page.url.path.rsplit("/", 1)[1]


def shared(county: County, partner: str, her: str) -> str:
    """The shared plan as that partner gets it."""
    asked = pull.shared_plan(county.premises, caller(partner, "COC"), her, SHARED_TYPES)
    return json.dumps(json.loads(county.run(asked).content))


def take_back(kim: Counter, agency: str, what: str) -> None:
    """The one permission of that agency which reads so."""
    rows = re.findall(r"<li><strong>.*?</li>", kim.page.text, re.DOTALL)
    (row,) = [one for one in rows if agency in one and re.search(rf"<p>[^<]*{what}", one)]
    (consent,) = set(re.findall(r'name="consent" value="([^"]+)"', row))
    kim.post(f"/agency/consents/{her_id(kim)}/withdraw", {"token": kim.hidden("token"), "consent": consent})


@pytest.mark.requirement("DM-22")
@pytest.mark.parametrize(
    ("named", "words"),
    [
        (["CarePlan"], ["your care plan", APART]),
        (["care-plan", "Goal"], ["your care plan", "your goals"]),
        (["Patient", "safety-plan"], ["your name and how to reach you", APART]),
    ],
)
def test_what_was_signed_before_is_said_to_cover_both_kinds_of_plans(
    named: list[str], words: list[str]
) -> None:
    """Her own page and the desk read it from the Consent: care plans as such are the safety plan too."""
    signed = {"provision": {"class": [{"code": one} for one in named]}}
    assert list(types_in_words(types_permitted(signed), "en")) == words


@pytest.mark.requirement("DM-22", "DM-09", "DM-11", "P2-31-12")
def test_the_safety_plan_is_chosen_shown_and_taken_back_by_itself(clinic: County) -> None:
    kim = at_the_desk(clinic)
    page, her = kim.page.text, her_id(kim)
    assert "see.crisis.safety_plan" in page and "see.hospital.safety_plan" in page
    assert "see.housing.safety_plan" not in page, "whose data set has none is not offered one"

    kim.fill("/read", **CHOSEN)
    told = unescape(kim.page.text)
    sees = dict(
        re.findall(r'<section class="card[^"]*" aria-label="([^"]+)"[^>]*>(.*?)</section>', told, re.DOTALL)
    )
    would_not = {name: text.partition("would not see")[2] for name, text in sees.items()}
    plan, both = "your care plan", APART
    assert plan in would_not["County Mobile Crisis: A choice of its own: the safety plan"]
    assert (
        both in would_not["Riverbend General Hospital"]
        and plan not in would_not["Riverbend General Hospital"]
    )
    peers = [text for name, text in sees.items() if name.startswith("Walk With Me")]
    assert len(peers) == 2 and not any(both in text.partition("would not see")[2] for text in peers), (
        "both permissions say what both together let them see"
    )
    assert f"New with this form, Walk With Me Peer Support would see: {APART}." in peers[1]
    assert "(treatment)" not in told and peers[1].count(" would ") == 1, "what is the same is said once"
    copies = re.findall(r'<pre class="paper">(.*?)</pre>', kim.sign().text, re.DOTALL)
    own = [one for one in copies if f"What may be shared: your name and how to reach you; {APART}\n" in one]
    assert (len(copies), len(own)) == (4, 2), "the printed copy repeats it"

    assert COPING in look_up(come_in(clinic))
    assert COPING in shared(clinic, "peer-support", her), "with its words (DM-09)"
    assert STEP in shared(clinic, "hospital", her) and COPING not in shared(clinic, "hospital", her)
    kim.follow("Back to their permissions")
    take_back(kim, "County Mobile Crisis", APART)
    take_back(kim, "Walk With Me Peer Support", APART)
    assert "No certain match" in look_up(come_in(clinic))
    assert COPING not in shared(clinic, "peer-support", her)
    assert '"CarePlan"' in shared(clinic, "peer-support", her) and STEP in shared(clinic, "hospital", her), (
        "the rest stands"
    )
