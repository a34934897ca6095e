"""A consent that ends with an event permits while somebody watches for it; whoever has to look is asked (P2-31-09)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from gateway.demo import person
from gateway.errors import NotFound, NotUnderstood
from gateway.flows.expiry_reviews import goes_on
from gateway.flows.held_requests import ToSeeTo, to_see_to
from gateway.store import consents, records
from tests.gateway.county import MRN, County

pytestmark = pytest.mark.requirement("P2-31-09")

EVENT = "urn:gateway:consent:expiry-event"
WORDS = {"url": "event", "valueString": "she leaves the program"}
OWNER = {"url": "owner", "valueString": "Dana Desk"}


def record(county: County, *parts: dict[str, str]) -> str:
    """Id of a consent for the program that ends with an event."""
    made: dict[str, Any] = person.consent("hospital", "otp", "TREAT", identifier=MRN)
    del made["provision"]["period"]
    made["extension"] = [*made.get("extension", ()), {"url": EVENT, "extension": [WORDS, *parts]}]
    return str(county.record("hospital", made).resource["id"])


def reviews(county: County) -> list[ToSeeTo]:
    network, now = county.premises.network, county.clock.now()
    listed = county.look(lambda reading: to_see_to(reading, network, now, held_days=90, limit=50))
    return [one for one in listed if one.kind == "event"]


def in_days(county: County, days: int) -> str:
    return f"{county.clock.now() + timedelta(days=days):%Y-%m-%d}"


def standing(county: County, consent_id: str) -> str:
    state = county.look(lambda reading: consents.get(reading, consent_id))
    assert state is not None
    return state.standing


def test_without_a_day_it_permits_nothing_until_a_person_sets_one(county: County) -> None:
    county.refer()
    county.refused()
    consent_id = record(county)
    assert standing(county, consent_id) == "deficient"
    county.refused()
    (asked,) = reviews(county)
    assert (asked.about, asked.is_due, asked.ends) == (consent_id, True, "")

    done = county.run(goes_on(county.premises, f"{consent_id} {in_days(county, 90)} Dana  Desk", "asked her"))

    assert (done["version"], done["standing"], done["next review"]) == (2, "usable", in_days(county, 90))
    county.released()
    logged = [one.entry for one in county.audit("outcome") if one.entry is not None]
    assert len(logged) == 1, "one entry for one look"
    assert (logged[-1].outcome, logged[-1].description) == ("expiry_reviewed", "asked her")
    assert not reviews(county), "not before the last 30 days"
    county.clock.advance(timedelta(days=61))
    (later,) = reviews(county)
    assert (later.owner, later.ends, later.is_due) == ("Dana Desk", done["next review"], False)


def test_after_the_day_of_review_it_is_still_listed_and_looking_again_opens_it(county: County) -> None:
    consent_id = record(county, OWNER, {"url": "review", "valueDate": in_days(county, 10)})
    assert standing(county, consent_id) == "usable"
    county.clock.advance(timedelta(days=12))
    (asked,) = reviews(county)
    assert (asked.owner, asked.is_due) == ("Dana Desk", True)
    county.refer()
    county.refused()

    county.run(goes_on(county.premises, f"{consent_id} {in_days(county, 365)}", "still in treatment"))

    assert reviews(county) == []
    county.released()


def sent_again(county: County, consent_id: str, *parts: dict[str, str]) -> None:
    """The recorder's own system sends the Consent anew with these parts."""
    before = county.look(lambda reading: records.get(reading, "Consent", consent_id))
    assert before is not None
    others = [one for one in before.resource["extension"] if one["url"] != EVENT]
    changed = [*others, {"url": EVENT, "extension": [WORDS, *parts]}]
    county.replace("hospital", consent_id, {**before.resource, "extension": changed})


def test_days_of_review_that_the_recorder_sends_are_logged_as_its_act(county: County) -> None:
    consent_id = record(county, OWNER, {"url": "review", "valueDate": in_days(county, 10)})
    county.clock.advance(timedelta(days=12))
    looked, again = in_days(county, 0), in_days(county, 364)
    parts = (OWNER, {"url": "reviewed", "valueDate": looked}, {"url": "review", "valueDate": again})
    sent_again(county, consent_id, *parts)

    (logged,) = county.audit("outcome")
    entry = logged.entry
    assert entry is not None
    assert (entry.outcome, entry.partner, entry.subject) == (
        "expiry_reviewed",
        "hospital",
        f"Consent/{consent_id}",
    )
    assert entry.description == f"set by Organization/hospital: review {again}; reviewed {looked}"
    assert [reason.code for reason in entry.reasons] == ["BY_RECORDER"]
    (version,) = [one for one in county.audit("consent") if one.row.request_id == logged.row.request_id]
    assert version.entry is not None and version.entry.consents == (f"Consent/{consent_id}/_history/2",)

    sent_again(county, consent_id, *parts, {"url": "event", "valueString": "x"})
    assert len(county.audit("outcome")) == 1, "the days are the same"
    sent_again(county, consent_id, OWNER)
    last = county.audit("outcome")[-1].entry
    assert last is not None and last.description.endswith("no day of review any more")


@pytest.mark.parametrize(
    ("said", "reason", "error", "code"),
    [
        ("{id} {soon} Dana", " ", NotUnderstood, "REASON_MISSING"),
        ("nobody {soon} Dana", "why", NotFound, "NO_SUCH_CONSENT"),
        ("{id} soon Dana", "why", NotUnderstood, "REVIEW_DAY"),
        ("{id} {today} Dana", "why", NotUnderstood, "REVIEW_DAY"),
        ("{id} {far} Dana", "why", NotUnderstood, "REVIEW_DAY"),
        ("{id} {soon}", "why", NotUnderstood, "OWNER_MISSING"),
        ("{other} {soon} Dana", "why", NotUnderstood, "NO_EXPIRY_EVENT"),
    ],
)
def test_what_cannot_be_reviewed_is_refused(
    county: County, said: str, reason: str, error: type[Exception], code: str
) -> None:
    other = str(
        county.record("hospital", person.consent("hospital", "housing", "COC", identifier=MRN)).resource["id"]
    )
    named = {"id": record(county), "other": other, "today": in_days(county, 0), "soon": in_days(county, 30)}
    with pytest.raises(error, match=code):
        county.run(goes_on(county.premises, said.format(**named, far=in_days(county, 366)), reason))
