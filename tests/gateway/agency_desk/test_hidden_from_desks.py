"""An agency with every right at the desk, and much held of its client that it may not see: on no page is a word of it.

The pages are those that are registered, so a new one cannot be forgotten: it is opened here with the ids of what is the
agency's and of what is others', and its form is sent.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from http import HTTPStatus

import pytest

from gateway.agency_desk.pages import SCREENS
from gateway.agency_desk.screens import Screen
from gateway.demo import person
from gateway.demo import records as demo
from gateway.disclosure import gate
from gateway.flows.desk_cases import REFERRALS
from gateway.flows.desk_public_safety import RIGHT as REFER_IN
from gateway.partners import DeskDelivery, Route
from gateway.partners.network import FolderListener
from gateway.store import intents
from tests.gateway.agency_desk.conftest import Browser
from tests.gateway.agency_desk.crisis_county import HER, come_in
from tests.gateway.county import County
from tests.gateway.disclosure.hidden_county import CANARY, hide

PEERS, POLICE = "peer-support", "crisis-intervention-police"
NUMBER = ("urn:walk-with-me:client", "W-7")
SECRETS = (CANARY, "opioid dependence", "f11.20", "methadone")
FORM = {
    **HER, "step": "accept", "reason": "a reason", "version": "1", "number": "W-8", "agency": "psychiatry", "need":
    "peer-support", "priority": "urgent", "key": "k-1", "day": "2026-05-01", "hour": "09:00", "kind": "transport",
    "owner": "Ana", "text": "words", "words": "words", "step.coping": "words", "setting": "mobile", "outcome":
    "home", "note": "words", "nature": "words", "facility": "here", "unobtainable": "yes", "for.COC": "yes",
    "until": "2026-10-01", "see.psychiatry": "contact", "days": "30", "pin": "270514", "document": "license",
    "code": "123456",
}  # fmt: skip
"""What the forms ask for, as far as one word fits many."""
NEEDS_AN_ACT_FIRST = {"/consents/{id}/drafts/{draft}", "/consents/{id}/papers/{consent}"}
"""What stands there is what she and this very agency have filled in and signed."""


@pytest.fixture
def ids(county: County) -> Mapping[str, tuple[str, ...]]:
    """By what an address asks for: what is the agency's own or came to its desk, and what is others'."""
    hide(county)
    all_rights = ("consents", "clients", "crisis", "own_pages")
    county.change_partner(PEERS, desk=all_rights, delivery=DeskDelivery())
    county.change_partner(POLICE, desk=("refer_in",))
    routes = (
        Route("peers-on", PEERS, "psychiatry", "referral", "COC"),
        Route("plans-to-peers", "otp", PEERS, "care_plan", "COC"),
    )
    sheets = FolderListener(partner=PEERS, folder="in", formats={"csv": "housing/referral_csv"})
    county.change_network(routes=(*county.premises.network.content.routes, *routes), folders=(sheets,))
    order, task = demo.referral(2, PEERS, "psychiatry", "Peer support", "W-1", priority="routine")
    task["identifier"][0]["system"] = f"{REFERRALS}:{PEERS}"
    county.submit(PEERS, demo.transaction(person.person(*NUMBER), order, task), purpose="COC")
    county.consent(PEERS, purpose="COC", classes=("Patient", "ServiceRequest", "Task"))
    county.refer("ED-7", "R-7", "WALKWITHME", change={"Says that": f"{CANARY} says that"})
    due = {one.partner: one for one in county.claim()}
    asked, mine = due["psychiatry"], due[PEERS]
    county.run(gate.release(county.premises, asked))
    county.settle(asked, "held", "CONSENT_NEEDED")
    county.settle(mine, "delivered", intents.AT_DESK)
    others = [one.id for one in county.intents() if one not in (mine, asked)]
    tasks = sorted(county.records("Task"), key=lambda one: one.source_partner != PEERS)
    return {
        "id": (mine.id, asked.id, county.patient_id, others[0]),
        "task": (tasks[0].id, tasks[-1].id),
        "consent": (county.records("Consent")[0].id,),
        "draft": (asked.id,),
    }


def addresses(screen: Screen, ids: Mapping[str, tuple[str, ...]]) -> Iterator[str]:
    """The screen's address with each id in its places; what it asks for has to be known here."""
    names = re.findall(r"\{(\w+)\}", screen.path)
    for number in range(max((len(ids[name]) for name in names), default=1)):
        chosen = {name: ids[name][number % len(ids[name])] for name in names}
        yield "/agency" + screen.path.format(**chosen)


def said(browser: Browser, screen: Screen, path: str, token: str) -> Iterator[tuple[bool, str]]:
    """Whether it opens, and what stands there; and what is said to its form."""
    browser.county.clock.advance(timedelta(seconds=2))  # no faster than a hand
    if screen.shows:
        page = browser.get(path)
        yield page.status_code == HTTPStatus.OK, page.text.lower()
    if screen.does and not screen.with_file:
        yield False, browser.post(path, {**FORM, "token": token}).text.lower()


@pytest.mark.requirement("P2-13-01", "P2-13-02", "DM-12")
def test_on_no_page_of_the_desk_is_what_its_agency_may_not_see(
    county: County, ids: Mapping[str, tuple[str, ...]]
) -> None:
    worker, officer = come_in(county, PEERS), come_in(county, POLICE)
    assert worker.get(f"/agency/referrals/{ids['id'][0]}").text.count(HER["family"]), (
        "what it may see, it sees"
    )
    tokens = {}
    for browser, first in ((worker, "clients"), (officer, "le-referral")):
        browser.get(f"/agency/{first}")
        tokens[browser] = browser.hidden("token")
    reached, told = set(), []
    for screen in SCREENS:
        browser = officer if screen.right == REFER_IN else worker
        for path in addresses(screen, ids):
            for is_open, text in said(browser, screen, path, tokens[browser]):
                told += [(path, one) for one in SECRETS if one in text]
                reached |= {screen.path} if is_open else set()

    assert told == []
    shown = {one.path for one in SCREENS if one.shows}
    assert shown - reached == NEEDS_AN_ACT_FIRST, "an id that opens the page has to stand in `ids`"
