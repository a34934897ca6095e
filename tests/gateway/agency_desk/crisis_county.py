"""A crisis team with a desk, a psychiatry clinic that has a safety plan of hers, and a route by which plans go there."""

from __future__ import annotations

from typing import Any

from gateway.demo import person
from gateway.partners import Route
from tests.gateway.agency_desk.conftest import Browser
from tests.gateway.county import County

PSYCHIATRY = ("urn:mesa-psychiatry:client", "P-1")
COPING = "walk round the block twice"
WORKER = "Ana Torres"
HER = {"given": "Maribel", "family": "Testperson", "born": "1996-04-17"}


def set_up(county: County) -> None:
    """Rights, routes, and her plan at psychiatry; she has permitted nothing."""
    county.change_partner("crisis", desk=("crisis",))
    routes = (
        Route("plans-to-crisis", "psychiatry", "crisis", "care_plan", "COC"),
        Route("crisis-to-counseling", "crisis", "counseling", "referral", "COC"),
    )
    others = [
        one for one in county.premises.network.content.routes if "crisis" not in (one.source, one.addressee)
    ]
    county.change_network(routes=(*others, *routes))
    county.refer()
    county.submit("psychiatry", safety_plan())


def safety_plan(day: str = "2026-04-10", words: str = COPING) -> dict[str, Any]:
    """A safety plan as the psychiatry clinic submits it."""
    key = "11111111-1111-4111-8111-111111111111"
    plan = {
        "resourceType": "CarePlan",
        "identifier": [{"system": "urn:mesa-psychiatry:plan", "value": day}],
        "status": "active",
        "intent": "plan",
        "category": [
            {"coding": [{"system": "urn:warm-handoff:care-plan-category", "code": "safety-plan"}]},
        ],
        "subject": {"reference": f"urn:uuid:{key}"},
        "created": day,
        "activity": [
            {
                "detail": {
                    "status": "not-started",
                    "code": {"coding": [{"system": "urn:warm-handoff:safety-plan-step", "code": "coping"}]},
                    "description": words,
                }
            }
        ],
    }
    entries = [
        {
            "fullUrl": f"urn:uuid:{name}",
            "resource": one,
            "request": {"method": "POST", "url": one["resourceType"]},
        }
        for name, one in ((key, person.person(*PSYCHIATRY)), (key.replace("1", "2"), plan))
    ]
    return {"resourceType": "Bundle", "type": "transaction", "entry": entries}


def permit(county: County) -> None:
    """She lets the crisis team see her name and her safety plan."""
    county.consent(
        "crisis", discloser="psychiatry", by="psychiatry", purpose="COC", identifier=PSYCHIATRY,
        classes=("CarePlan", "Patient"),
    )  # fmt: skip


def come_in(county: County, partner: str = "crisis", name: str = WORKER) -> Browser:
    """A worker of that partner, logged in."""
    browser = Browser(county)
    path, code = browser.link(name, partner)
    browser.post(path, {"code": code})
    return browser


def look_up(browser: Browser, **said: str) -> str:
    """The page after a look-up."""
    token = browser.get("/agency/crisis") and browser.hidden("token")
    return browser.post("/agency/crisis", {"token": token, **(said or HER)}).text


__all__ = [
    "COPING",
    "HER",
    "PSYCHIATRY",
    "WORKER",
    "come_in",
    "look_up",
    "permit",
    "safety_plan",
    "set_up",
]
