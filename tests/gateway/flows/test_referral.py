"""What a repeated, changed or cancelled referral does to what is already under way."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest

from gateway.disclosure import gate
from gateway.disclosure.release import Refusal, Release
from gateway.partners.network import Route
from tests.gateway.county import County, matches, resources_of

CHANGED = {"F53.0^Postpartum depression": "F32.9^Depression"}


def again(county: County, event: str = "I12", change: dict[str, str] | None = None) -> None:
    """The hospital sends the referral once more, a minute later and under another control id."""
    county.clock.advance(timedelta(minutes=1))
    receipt = county.refer(f"ED-{event}-{county.clock.now():%H%M}", event=event, change=change)
    assert receipt.outcome == "accepted", receipt.faults


@pytest.mark.parametrize("state", ["due", "held", "delivered"])
def test_the_same_content_again_adds_nothing(county: County, state: str) -> None:
    if state == "delivered":
        county.consent()
    county.refer()
    if state == "held":
        county.refused()
    elif state == "delivered":
        county.deliver()

    again(county)
    again(county)

    assert county.states() == [state]


def test_changed_content_takes_the_place_of_what_has_not_left(county: County) -> None:
    county.refer()
    again(county, "I13", CHANGED)
    county.consent()

    assert county.states() == ["cancelled", "due"]
    assert county.intents()[0].reason == "SUPERSEDED"
    made = county.deliver()
    assert b"F32.9" in made.content
    assert b"F53.0" not in made.content


def test_changed_content_follows_what_was_delivered(county: County) -> None:
    county.consent()
    county.refer()
    county.deliver()
    again(county, "I13", CHANGED)

    assert county.states() == ["delivered", "due"]
    diagnoses = resources_of(county.deliver().content)["Condition"]
    said = {one["code"]["coding"][0]["code"]: str(one.get("verificationStatus")) for one in diagnoses}
    assert "entered-in-error" in said.pop("F53.0"), "it was sent, and is told to be withdrawn"
    assert "F32.9" in said
    assert "entered-in-error" not in "".join(said.values())
    again(county, "I13", CHANGED)
    assert county.states() == ["delivered", "delivered"], "the same again is no news"


def test_a_cancellation_of_what_never_left_ends_it_and_tells_nobody(county: County) -> None:
    county.refer()
    county.refused()

    again(county, "I14")

    assert county.states() == ["cancelled"]
    assert county.task().resource["status"] == "cancelled"


@pytest.mark.parametrize("state", ["delivered", "unknown"])
def test_a_cancellation_of_what_may_have_arrived_is_told_to_the_addressee(county: County, state: str) -> None:
    county.consent()
    county.refer()
    county.released()
    county.settle(county.intents("sending")[0], state, "TIMEOUT")

    again(county, "I14")

    told = county.intents("due")[-1]
    assert told.kind == "cancel"
    (task,) = resources_of(county.released().content)["Task"]
    assert task["status"] == "cancelled"


@pytest.mark.requirement("P2-13-01")
def test_who_has_a_referral_that_goes_to_somebody_else_is_told_that_it_is_taken_back_and_no_more(
    county: County,
) -> None:
    def released() -> dict[str, bytes]:
        """What goes now, by recipient and kind; all of it arrives."""
        found = {}
        for intent in county.claim():
            made = county.run(gate.release(county.premises, intent))
            assert isinstance(made, Release)
            county.settle(intent, "delivered", "HTTP_200")
            found[f"{intent.kind} to {intent.partner}"] = made.content
        return found

    def addressed(to: str, event: str = "I12") -> dict[str, bytes]:
        county.clock.advance(timedelta(minutes=1))
        number = f"ED-{county.clock.now():%H%M}"
        assert county.refer(number, addressee=to, event=event).outcome == "accepted"
        return released()

    for agency in ("otp", "psychiatry"):
        county.consent(agency)
    (first,) = addressed("SUNRISE").values()
    moved = addressed("MESAPSY")

    assert sorted(moved) == ["cancel to otp", "referral to psychiatry"]
    (sent,), (task,) = resources_of(first)["Task"], resources_of(moved["cancel to otp"])["Task"]
    assert task == sent | {one: task[one] for one in ("status", "lastModified", "meta", "text")}
    assert task["status"] == "cancelled"
    assert b"Mesa" not in moved["cancel to otp"] and b"MESAPSY" not in moved["cancel to otp"]
    assert resources_of(moved["referral to psychiatry"])["Task"][0]["status"] == "requested"
    assert county.task().resource["status"] == "requested"

    assert addressed("MESAPSY") == {}, "it is told once"
    assert sorted(addressed("SUNRISE")) == ["cancel to psychiatry", "referral to otp"]
    assert sorted(addressed("MESAPSY", "I14")) == ["cancel to otp", "cancel to psychiatry"], "who has it, too"


def test_who_may_not_see_it_any_more_is_not_told_that_it_goes_to_somebody_else(county: County) -> None:
    kept = county.consent()
    county.refer()
    county.deliver()
    county.withdraw(kept)
    county.refer("ED-2", addressee="MESAPSY")

    told = [county.run(gate.release(county.premises, intent)) for intent in county.claim()]
    assert [type(one) for one in told] == [Refusal, Refusal]


def test_a_referral_that_was_turned_away_can_be_corrected(county: County) -> None:
    county.consent()
    county.refer()
    county.released()
    county.settle(county.intents("sending")[0], "dead", "HTTP_422")

    again(county, "I13", CHANGED)

    assert b"F32.9" in county.released().content


def test_the_sender_s_repeat_does_not_reset_the_addressee_s_word(county: County) -> None:
    county.consent()
    county.refer()
    county.deliver()
    county.answer("otp", "rejected", statusReason={"text": "no bed this week"})

    again(county, "I13", CHANGED)

    task = county.task().resource
    assert (task["status"], task["statusReason"]) == ("rejected", {"text": "no bed this week"})


@pytest.mark.requirement("P2-12-01")
def test_a_message_that_names_a_program_as_the_referring_provider_is_the_program_s_record(
    county: County,
) -> None:
    """A hospital that passes on a program's referral does not make it its own, in HL7 as in FHIR."""
    own = "Okafor^Ada^^^Dr|100 River Road^^Phoenix^AZ^85001|||^WPN^PH^^^602^5550110|RIVERBEND"
    county.consent("psychiatry")

    county.refer(addressee="MESAPSY", change={own: "|||||1000000012^NPI"})

    (request,) = county.records("ServiceRequest")
    assert (request.sources, request.part2) == (("hospital", "otp"), True)
    assert county.refused()

    county.refer("ED-2", addressee="MESAPSY")

    for one in county.records("ServiceRequest", "Task"):
        assert (one.version, one.sources, one.part2) == (2, ("hospital", "otp"), True), (
            "in all later versions"
        )


@pytest.mark.requirement("P2-12-01", "P2-13-02")
def test_the_sender_s_repeat_does_not_make_the_addressee_s_word_its_own_to_disclose(county: County) -> None:
    county.consent()
    county.refer()
    county.deliver()
    county.answer("otp", "accepted")
    county.consent("psychiatry")

    again(county)

    assert county.states() == ["delivered", "due"], "the program's status, and no second referral"
    found = matches(county.search("psychiatry", "Task", None, patient=county.patient_id))
    assert [task["status"] for task in found] == ["requested"], "the sender's own words, as before the answer"


def test_a_cancellation_after_an_answer_is_the_sender_s_to_make(county: County) -> None:
    county.consent()
    county.refer()
    county.deliver()
    county.answer("otp", "accepted")

    again(county, "I14")

    assert county.task().resource["status"] == "cancelled"
    assert county.task().sources == ("hospital",), "there is nothing of the answer in it"
    assert county.read("hospital", "Task", county.task().id)["status"] == "cancelled"


@pytest.mark.requirement("P2-12-01", "P2-13-02")
@pytest.mark.parametrize("addressee", ["SUNRISE", "WALKWITHME"])
def test_a_referral_that_its_addressee_ended_stays_the_addressee_s_word(
    county: County, addressee: str
) -> None:
    county.consent()
    county.refer()
    county.deliver()
    county.answer("otp", "accepted")
    county.answer("otp", "cancelled", statusReason={"text": "her urine showed it"})

    county.refer("ED-2", addressee=addressee, event="I13", change=CHANGED)

    task = county.task()
    assert (task.resource["status"], task.sources) == ("cancelled", ("hospital", "otp"))


def test_a_route_that_joins_an_addressee_gets_an_intent_of_its_own(county: County) -> None:
    joined = Route(
        name="hospital-to-psychiatry-with-otp",
        source="hospital",
        addressee="case-management",
        carries="referral",
        purpose="COC",
        with_addressee="otp",
    )
    county.change_network(routes=(*county.premises.network.content.routes, joined))

    county.refer()

    assert [(i.partner, i.purpose) for i in county.intents()] == [
        ("otp", "TREAT"),
        ("case-management", "COC"),
    ]


def test_an_addressee_that_is_reached_only_together_with_another_cannot_be_addressed(county: County) -> None:
    routes = tuple(
        msgspec.structs.replace(route, with_addressee="counseling") if route.addressee == "otp" else route
        for route in county.premises.network.content.routes
    )
    county.change_network(routes=routes)

    assert [fault.code for fault in county.refer().faults] == ["ADDRESSEE_UNKNOWN"]


def test_the_format_of_an_intent_is_that_of_the_addressee(county: County) -> None:
    county.refer("ED-1", "R-1")
    county.change_partner("otp", delivery=county.premises.network.partners["hospital"].delivery)
    county.refer("ED-2", "R-2")
    county.change_partner("otp", delivery=county.premises.network.partners["housing"].delivery)
    county.refer("ED-3", "R-3")

    assert [intent.format for intent in county.intents()] == ["fhir+json", "hospital/rri_i12", ""]
