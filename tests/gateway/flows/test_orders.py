"""Orders (ORM, OMG, OML) name no addressee: a route does; and one message may bring several of them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import msgspec
import pytest

from gateway.errors import NotUnderstood
from gateway.flows.messages import Receipt
from gateway.flows.replay import replay
from gateway.intake import AckSettings, acknowledge, read_header
from gateway.partners import Network, Route
from gateway.store import InboxMessage, inbox
from gateway.wiring.opening import open_premises
from tests.gateway.county import County, resources_of

OTHER = "880022"
ORM, OMG, OML = "ORM^O01", "OMG^O19", "OML^O21"
MAPPING_OF = {
    ORM: "hospital/orm_o01",
    OMG: "hospital/omg_o19",
    OML: "hospital/oml_o21",
    "ORU^R01": "hospital/oru_r01",
}


def order(number: str, control: str = "NW", tail: str = "") -> str:
    """One order, with segments behind it."""
    return (
        f"ORC|{control}|{number}^EHR|||||||20260411080000-0700|||1000000004^Reed^Rosa\r"
        f"OBR|1|{number}^EHR||24317-0^Hemogram and platelet count, automated^LN\r{tail}"
    )


def message(*orders: str, control_id: str = "ORD-1", kind: str = ORM, mrn: str = "770011") -> bytes:
    """A whole message; the two parts of MSH-9 stand in `kind`."""
    name = "Sample^Synthia" if mrn != OTHER else "Model^Otto"
    head = (
        f"MSH|^~\\&|EHR|RIVERBEND|HANDOFF|COUNTY|20260411081500-0700||{kind}|{control_id}|P|2.5.1\r"
        f"PID|1||{mrn}^^^RIVERBEND&2.16.840.1.113883.19.5&ISO^MR||{name}||19900101|F\r"
        "PV1|1|O\r"
    )
    return (head + "".join(orders)).encode()


def send(county: County, *orders: str, control_id: str = "ORD-1", kind: str = ORM, **more: str) -> Receipt:
    return county.send(message(*orders, control_id=control_id, kind=kind, **more), control_id, kind)


def take_orders(county: County, *kinds: str, to: str = "otp") -> None:
    """The hospital is set up to send these, and its route to a partner names their addressee."""
    network = county.premises.network
    messages = {**network.partners["hospital"].messages, **MAPPING_OF}
    county.change_partner("hospital", messages=messages)
    routes = tuple(
        msgspec.structs.replace(route, when_none_named=kinds)
        if (route.source, route.addressee, route.carries) == ("hospital", to, "referral")
        else route
        for route in network.content.routes
    )
    assert not kinds or routes != network.content.routes
    county.change_network(routes=routes)


@pytest.fixture
def ordering(county: County) -> County:
    """A county in which the hospital's route to the treatment program is where its orders go."""
    take_orders(county, ORM, OMG, OML)
    return county


def kept(county: County, receipt: Receipt) -> InboxMessage:
    found = county.look(lambda reading: inbox.get(reading, receipt.message_id))
    assert found is not None
    return found


def places(receipt: Receipt) -> list[tuple[str, str | None]]:
    return [(fault.code, fault.place) for fault in receipt.faults]


# --- who the addressee is ------------------------------------------------------------------------------------------


@pytest.mark.requirement("SD-01")
@pytest.mark.parametrize("kind", [ORM, OMG, OML])
def test_an_order_goes_to_whom_the_route_names(ordering: County, kind: str) -> None:
    receipt = send(ordering, order("R-1"), kind=kind)

    (intent,) = ordering.intents()
    assert (receipt.outcome, receipt.faults) == ("accepted", ())
    assert (intent.partner, intent.state, intent.kind, intent.purpose) == ("otp", "due", "referral", "TREAT")
    assert {reference.split("/")[0] for reference in intent.focus} >= {"Task", "ServiceRequest"}
    assert kept(ordering, receipt).business_key == intent.business_key


def test_an_order_is_released_only_by_a_consent_and_then_with_its_request(ordering: County) -> None:
    send(ordering, order("R-1"))
    assert ordering.refused()

    ordering.consent()

    assert {"Task", "ServiceRequest"} <= set(resources_of(ordering.released().content))


def test_without_a_route_for_its_type_an_order_is_refused_and_the_text_says_what_to_add(
    county: County,
) -> None:
    take_orders(county)
    receipt = send(county, order("R-1"))

    (fault,) = receipt.faults
    assert (receipt.outcome, fault.code, fault.place) == ("content_error", "ADDRESSEE_MISSING", "PRD-7")
    assert "`when_none_named`" in fault.message
    assert "`ORM^O01`" in fault.message
    assert kept(county, receipt).state == "needs_attention"
    assert county.claim() == ()


def test_a_route_for_one_type_is_none_for_another(county: County) -> None:
    take_orders(county, ORM)

    assert send(county, order("R-1")).outcome == "accepted"
    assert places(send(county, order("R-2"), kind=OMG, control_id="ORD-2")) == [
        ("ADDRESSEE_MISSING", "PRD-7")
    ]


def test_a_type_set_up_without_its_event_is_named_so_in_the_route(county: County) -> None:
    take_orders(county, "ORM")
    county.change_partner("hospital", messages={"ORM": "hospital/orm_o01"})

    assert send(county, order("R-1")).outcome == "accepted"


def test_another_sender_s_route_names_nobody_for_this_one(county: County) -> None:
    take_orders(county)
    other = Route("x", "counseling", "otp", "referral", "TREAT", when_none_named=(ORM,))
    county.change_network(routes=(*county.premises.network.content.routes, other))

    assert places(send(county, order("R-1"))) == [("ADDRESSEE_MISSING", "PRD-7")]


def test_who_is_joined_to_the_addressee_gets_an_intent_of_its_own(ordering: County) -> None:
    joined = Route("y", "hospital", "case-management", "referral", "COC", with_addressee="otp")
    ordering.change_network(routes=(*ordering.premises.network.content.routes, joined))

    send(ordering, order("R-1"))

    assert [(i.partner, i.purpose) for i in ordering.intents()] == [
        ("otp", "TREAT"),
        ("case-management", "COC"),
    ]


def test_a_referral_without_its_addressee_s_code_never_goes_where_orders_go(county: County) -> None:
    """PRD names somebody by words alone: sending it to another one would be a guess."""
    take_orders(county, "REF^I12")
    receipt = county.refer(change={"SUNRISE": ""})

    assert (receipt.outcome, [fault.code for fault in receipt.faults]) == (
        "content_error",
        ["ADDRESSEE_MISSING"],
    )
    assert county.claim() == ()


@pytest.mark.parametrize(
    ("kind", "code"), [("REF^I12", "ADDRESSEE_NAMED"), ("ORU^R01", "NOTHING_REFERRED"), (OML, None)]
)
def test_a_route_for_messages_that_name_their_addressee_or_need_none_stops_the_start(
    county: County, kind: str, code: str | None
) -> None:
    take_orders(county, ORM, kind)
    folder = replace(county.folder, network=Network(county.premises.network.content))
    if code is None:
        assert open_premises(folder, county.store)
        return
    with pytest.raises(NotUnderstood) as refused:
        open_premises(folder, county.store)

    assert (refused.value.code, refused.value.place) == (code, f"hospital-to-otp.when_none_named {kind}")


def test_messages_that_refer_nobody_are_kept_and_go_nowhere(county: County) -> None:
    take_orders(county, ORM)
    result = "OBR|1|R-1^EHR|F-1^EHR|24317-0^Hemogram^LN|||20260411080000-0700||||||||||||||||||F\r"
    receipt = send(county, result, kind="ORU^R01")

    assert (receipt.outcome, receipt.faults, county.claim()) == ("accepted", (), ())


# --- several orders in one message ---------------------------------------------------------------------------------


def test_each_order_has_its_own_records_and_its_own_intent_and_one_receipt(ordering: County) -> None:
    receipt = send(ordering, order("R-1"), order("R-2"), order("R-3"))

    found = ordering.intents()
    assert (receipt.outcome, receipt.faults) == ("accepted", ())
    assert [intent.message_id for intent in found] == [receipt.message_id] * 3
    assert len({intent.business_key for intent in found}) == 3
    tasks = [{r for r in intent.focus if r.startswith("Task/")} for intent in found]
    assert [len(named) for named in tasks] == [1, 1, 1]
    assert len(set.union(*tasks)) == 3
    assert numbers(ordering) == ["R-1", "R-2", "R-3"]
    assert len(ordering.records("ServiceRequest")) == 3
    assert len(ordering.records("Patient")) == 1
    assert kept(ordering, receipt).patient_id == ordering.patient_id


def numbers(county: County) -> list[str]:
    """The order numbers of her Tasks."""
    return sorted(task.resource["identifier"][0]["value"] for task in county.records("Task"))


def test_an_order_has_the_same_records_whether_sent_alone_or_among_others(ordering: County) -> None:
    send(ordering, order("R-1"), order("R-2"))
    before = {(r.reference, r.version) for r in ordering.records()}
    first, second = ordering.intents()

    again = send(ordering, order("R-2"), control_id="ORD-2")

    assert again.outcome == "accepted"
    assert {(r.reference, r.version) for r in ordering.records()} == before
    assert ordering.intents() == (first, second)


def test_the_same_message_again_is_a_duplicate(ordering: County) -> None:
    first = send(ordering, order("R-1"), order("R-2"))
    second = send(ordering, order("R-1"), order("R-2"))

    assert second == replace(first, duplicate=True)
    assert len(ordering.intents()) == 2


def test_a_refused_order_keeps_all_of_its_message_out_and_each_faulty_one_is_named(ordering: County) -> None:
    receipt = send(ordering, order("R-1"), order("R-2", "ZZ"), order("R-3"), order("R-3"))

    assert receipt.outcome == "content_error"
    assert places(receipt) == [("NO_CONCEPT", "ORC[2]-1"), ("DUPLICATE_KEY", "ORC[4]")]
    assert [fault.erl for fault in receipt.faults] == ["ORC^2^1", "ORC^4"]
    assert nothing_taken(ordering, receipt)
    raw = message(order("R-1"), order("R-2", "ZZ"), order("R-3"), order("R-3"))
    answer = acknowledge(raw, read_header(raw), receipt, AckSettings()) or b""
    assert b"\rMSA|AE|ORD-1\rERR||ORC^2^1|103^" in answer
    assert b"\rERR||ORC^4|205^" in answer
    assert send(ordering, order("R-1"), order("R-2", "ZZ"), order("R-3"), order("R-3")).duplicate


def nothing_taken(county: County, receipt: Receipt) -> bool:
    message = kept(county, receipt)
    return (message.state, message.patient_id, message.business_key) == (
        "needs_attention",
        None,
        "",
    ) and county.claim() == ()


def test_what_is_wrong_with_all_orders_alike_is_said_once(ordering: County) -> None:
    receipt = send(ordering, order("R-1"), order("R-2"), mrn="")

    assert places(receipt) == [("KEY_MISSING", "PID-3.1")]


def test_several_orders_without_a_route_are_refused_in_one_word(county: County) -> None:
    take_orders(county)
    receipt = send(county, order("R-1"), order("R-2"))

    assert places(receipt) == [("ADDRESSEE_MISSING", "PRD-7")]
    assert nothing_taken(county, receipt)


def test_an_order_number_of_another_patient_keeps_all_of_the_message_out(ordering: County) -> None:
    send(ordering, order("R-2"), order("R-4"), mrn=OTHER)
    receipt = send(ordering, order("R-1"), order("R-2"), order("R-3"), order("R-4"), control_id="ORD-2")

    assert places(receipt) == [
        ("REFERRAL_OF_ANOTHER_PATIENT", "ORC[2]"),
        ("REFERRAL_OF_ANOTHER_PATIENT", "ORC[4]"),
    ]
    assert kept(ordering, receipt).state == "needs_attention"
    assert send(ordering, order("R-9"), control_id="ORD-3").outcome == "accepted"
    assert numbers(ordering) == ["R-9"]
    assert len(ordering.intents()) == 1


def test_an_order_number_of_another_patient_is_named_at_the_patient_when_it_came_alone(
    ordering: County,
) -> None:
    send(ordering, order("R-2"), mrn=OTHER)

    found = send(ordering, order("R-2"), control_id="ORD-2")
    assert places(found) == [("REFERRAL_OF_ANOTHER_PATIENT", "PID-3")]


def test_more_than_one_message_in_a_frame_is_still_refused(ordering: County) -> None:
    raw = message(order("R-1"), order("R-2")) + message(order("R-3"), control_id="ORD-2")
    receipt = ordering.send(raw, "ORD-1", ORM)

    assert places(receipt) == [("SEVERAL_RECORDS", "MSH[2]")]


def test_more_orders_than_are_taken_at_once_are_refused_where_the_first_one_too_many_begins(
    ordering: County,
) -> None:
    receipt = send(ordering, *(order(f"R-{n}") for n in range(101)))

    assert places(receipt) == [("TOO_MANY_ORDERS", "ORC[101]")]
    assert nothing_taken(ordering, receipt)


def test_a_kept_message_of_several_orders_is_taken_in_again(county: County) -> None:
    take_orders(county)
    refused = send(county, order("R-1"), order("R-2"))
    take_orders(county, ORM)

    made: dict[str, Any] = county.run(replay(county.premises, refused.message_id, ""))

    assert (made["outcome"], made["faults"]) == ("accepted", [])
    assert kept(county, refused).state == "replayed"
    assert kept(county, refused).patient_id == county.patient_id
    assert [intent.message_id for intent in county.intents()] == [made["message"]] * 2


# --- an order is cancelled -----------------------------------------------------------------------------------------


def test_a_cancelled_order_that_never_left_ends_and_tells_nobody(ordering: County) -> None:
    send(ordering, order("R-1"), order("R-2"))
    send(ordering, order("R-1", "CA"), control_id="ORD-2")

    assert ordering.states() == ["cancelled", "due"]


def test_a_cancelled_order_that_was_delivered_is_told_even_after_an_answer(ordering: County) -> None:
    ordering.consent()
    send(ordering, order("R-1"))
    ordering.deliver()
    ordering.answer("otp", "accepted")

    send(ordering, order("R-1", "CA"), control_id="ORD-2")

    assert ordering.task().resource["status"] == "cancelled"
    assert [(i.partner, i.kind) for i in ordering.intents("due") if i.partner == "otp"] == [("otp", "cancel")]


def test_an_order_that_was_entered_in_error_does_not_begin_again(ordering: County) -> None:
    ordering.consent()
    send(ordering, order("R-1"))
    ordering.deliver()
    in_error = order("R-1", "XO").replace("^EHR||||", "^EHR|||ER|", 1)

    send(ordering, in_error, control_id="ORD-2")
    send(ordering, order("R-1", "XO"), control_id="ORD-3")

    assert ordering.task().resource["status"] == "entered-in-error"
    assert [i.kind for i in ordering.intents() if i.partner == "otp"] == ["referral", "cancel"]


def test_one_message_may_cancel_one_order_and_make_another(ordering: County) -> None:
    send(ordering, order("R-1"))
    send(ordering, order("R-1", "CA"), order("R-2"), control_id="ORD-2")

    assert [(i.kind, i.state) for i in ordering.intents()] == [("referral", "cancelled"), ("referral", "due")]
