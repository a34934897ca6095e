"""OSU^O51 from outside: who fills an order says where it stands, who placed it takes it back; all else is refused."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from gateway.errors import NotUnderstood
from gateway.flows.answers import Saved
from gateway.flows.library import open_library
from gateway.flows.messages import Receipt, ReceivedMessage
from gateway.flows.receive import accept_message
from gateway.flows.referral import require_addressees_unnamed
from gateway.flows.status import BSER_STATUS
from gateway.flows.status import NO_SHOW as NO_SHOW_CODE
from gateway.identity import IDENTIFIER
from gateway.intake import AckSettings, acknowledge, read_header
from gateway.partners import DeskDelivery
from gateway.store import Transaction, inbox, patients, records
from tests.gateway.county import OTP, County, resources_of
from tests.gateway.delivery.test_formats import send_order
from tests.gateway.flows.test_orders import ORM, take_orders
from tests.gateway.flows.test_status import reach

OSU = "OSU^O51"
HERS, AS_PLACED = "770011^^^&2.16.840.1.113883.19.5&ISO^MR", "R-9^EHR"


def say(
    county: County,
    state: str,
    *,
    control: str = "SC",
    number: str = AS_PLACED,
    filler: str = "F-1^OTP",
    reason: str = "",
    who: str = HERS,
    by: str = "otp",
    made: str = "20260411090000-0700",
) -> Receipt:
    """What a partner says of an order."""
    said = len(county.look(inbox.list_messages))
    orc = f"ORC|{control}|{number}|{filler}||{state}||||20260411090000-0700|||||||{reason}"
    raw = (
        f"MSH|^~\\&|LAB|OTP|HANDOFF|COUNTY|{made}||{OSU}^OSU_O51|OSU-{said}|P|2.5.1\r"
        f"PID|1||{who}||Sample^Synthia\r{orc}\r"
    ).encode()
    at = county.clock.now()
    message = ReceivedMessage(by, "mllp", "hl7v2", f"OSU-{said}", f"{OSU}^OSU_O51", raw, at)
    receipt = county.run(accept_message(county.premises, message))
    answer = acknowledge(raw, read_header(raw), receipt, AckSettings()) or b""
    assert (b"\rMSA|AA|" in answer) == (receipt.outcome == "accepted")
    assert (b"\rMSA|AE|" in answer) == (receipt.outcome == "content_error")
    return receipt


def refused(receipt: Receipt) -> tuple[str, str | None]:
    (fault,) = receipt.faults
    assert receipt.outcome == "content_error"
    return fault.code, fault.place


@pytest.fixture
def ordered(county: County) -> County:
    """The program has the hospital's order, and may say what becomes of it."""
    take_orders(county, ORM)
    for partner in ("hospital", "otp", "psychiatry"):
        messages = {**county.premises.network.partners[partner].messages, OSU: "hospital/osu_o51"}
        county.change_partner(partner, messages=messages)
    county.consent()
    send_order(county)
    county.deliver()
    return county


def stands(county: County) -> str:
    return str(county.task().resource["status"])


def told(county: County) -> list[str]:
    return [intent.partner for intent in county.intents() if intent.kind == "status"]


@pytest.mark.requirement("SD-02")
def test_an_order_goes_on_as_its_filler_says_and_its_placer_is_told(ordered: County) -> None:
    receipt = say(ordered, "IP")

    assert (receipt.outcome, stands(ordered), told(ordered)) == ("accepted", "accepted", ["hospital"])
    assert (ordered.task().source_partner, ordered.task().sources) == ("otp", ("hospital", "otp"))
    kept = ordered.look(lambda reading: inbox.get(reading, receipt.message_id))
    assert kept is not None and kept.patient_id == ordered.patient_id
    assert len(ordered.records("Patient")) == 1, "what a status says of her is not kept"
    assert say(ordered, "A").outcome == "accepted" and stands(ordered) == "in-progress"
    assert say(ordered, "IP").outcome == "accepted" and stands(ordered) == "in-progress"
    assert say(ordered, "CM").outcome == "accepted" and stands(ordered) == "completed"

    assert refused(say(ordered, "IP")) == ("STATUS_JUMP", "ORC-5")
    assert stands(ordered) == "completed" and told(ordered) == ["hospital"] * 3

    ordered.share_plan()
    ordered.consent("hospital", discloser="otp", identifier=OTP, classes=("Task",))
    ordered.change_partner("hospital", delivery=DeskDelivery())
    (task,) = resources_of(ordered.deliver().content)["Task"]
    assert task["status"] == "accepted" and "F-1" not in str(task)


def test_one_id_for_orders_and_what_is_said_of_them(ordered: County, tmp_path: Path) -> None:
    """Of several mappings under one id each message is what its own says, and no route is advised for an answer."""
    folder = tmp_path / "own" / "clinic" / "orders"
    folder.mkdir(parents=True)
    of = "mapping: clinic/orders\nversion: 1.0.0\none_of: [hospital/orm_o01, hospital/osu_o51]\n"
    (folder / "mapping.yaml").write_text(of)
    library = open_library(tmp_path / "own")
    ordered.premises = dataclasses.replace(ordered.premises, library=library)
    for partner in ("hospital", "otp"):
        messages = {**ordered.premises.network.partners[partner].messages, OSU: "clinic/orders"}
        ordered.change_partner(partner, messages={**messages, ORM: "clinic/orders"})

    assert (say(ordered, "IP").outcome, stands(ordered), told(ordered)) == (
        "accepted",
        "accepted",
        ["hospital"],
    )
    require_addressees_unnamed(library, ordered.premises.network)
    (placed, *others) = ordered.premises.network.content.routes
    assert placed.when_none_named == (ORM,)
    ordered.change_network(routes=(msgspec.structs.replace(placed, when_none_named=(OSU,)), *others))
    with pytest.raises(NotUnderstood, match="NOTHING_REFERRED"):
        require_addressees_unnamed(library, ordered.premises.network)


@pytest.mark.requirement("FH-RED-02")
def test_what_its_filler_may_not_see_of_an_order_has_no_part_in_its_answer(ordered: County) -> None:
    """She takes her permission back, then the placer the order: the filler, told neither, is answered as before."""
    say(ordered, "IP")
    (consent,) = ordered.records("Consent")
    ordered.withdraw(Saved(consent.resource, "", "", ""))
    task = ordered.task()
    ended = replace(task, source_partner="hospital", resource={**task.resource, "status": "cancelled"})
    ordered.write(lambda tx: records.save(tx, ended))

    assert say(ordered, "CM").outcome == "accepted"

    assert stands(ordered) == "cancelled" and told(ordered) == ["hospital"]
    assert refused(say(ordered, "IP")) == ("STATUS_JUMP", "ORC-5"), "as after its own word"


@pytest.mark.requirement("CD-02", "SD-02")
@pytest.mark.parametrize(
    ("before", "control", "state", "reason", "after"),
    [
        ("requested", "OK", "", "", "accepted"),
        ("requested", "UA", "", "FULL^no place^L", "rejected"),
        ("requested", "SC", "CA", "FULL^no place^L", "rejected"),
        ("requested", "SC", "CM", "", "completed"),  # who completes it has accepted it
        ("received", "SC", "A", "", "in-progress"),
        ("accepted", "SC", "CA", "FULL^no place^L", "failed"),
        ("in-progress", "SC", "CA", "FULL^no place^L", "failed"),
        ("in-progress", "SC", "HD", "", "on-hold"),
        ("on-hold", "SC", "IP", "", "in-progress"),
        ("accepted", "SC", "DC", "", "cancelled"),
    ],
)
def test_what_a_state_means_from_where_the_order_stands(
    ordered: County, before: str, control: str, state: str, reason: str, after: str
) -> None:
    reach(ordered, before)

    assert say(ordered, state, control=control, reason=reason).outcome == "accepted"

    assert stands(ordered) == after
    said = ordered.task().resource.get("statusReason", {}).get("text")
    assert said == ("no place" if reason else None)
    assert told(ordered) == ["hospital"]


def test_the_same_state_again_tells_nobody_and_a_new_reason_does(ordered: County) -> None:
    say(ordered, "IP")
    version = ordered.task().version
    say(ordered, "IP")
    assert (ordered.task().version, len(told(ordered))) == (version, 1)
    say(ordered, "IP", reason="W^waits for a room^L")
    assert ordered.task().resource["statusReason"]["text"] == "waits for a room"
    say(ordered, "IP", reason="W^waits for a room^L")
    assert len(told(ordered)) == 2


FIRST, THEN, LAST = (f"20260411{at}00-0700" for at in ("0701", "0702", "0703"))


def test_of_states_that_overtake_each_other_the_one_made_last_stands(ordered: County) -> None:
    say(ordered, "IP", made=FIRST)
    assert say(ordered, "CM", made=LAST).faults == ()
    version = ordered.task().version

    late = say(ordered, "HD", made=THEN)

    assert (late.outcome, [one.code for one in late.faults]) == ("accepted", ["NEWER_IS_KEPT"])
    assert (stands(ordered), ordered.task().version, told(ordered)) == (
        "completed",
        version,
        ["hospital"] * 2,
    )
    assert refused(say(ordered, "HD", made=LAST)) == ("STATUS_JUMP", "ORC-5"), "made at the same time"


def test_what_was_refused_and_what_its_placer_says_overtakes_nothing(ordered: County) -> None:
    say(ordered, "IP", made=FIRST)
    assert refused(say(ordered, "ER", made=LAST)) == ("STATUS_JUMP", "ORC-5")
    assert say(ordered, "HD", made=THEN).faults == () and stands(ordered) == "on-hold"
    say(ordered, "HD", made=LAST)

    receipt = say(ordered, "", control="CA", filler="", by="hospital", made=FIRST)

    assert (receipt.outcome, receipt.faults, stands(ordered)) == ("accepted", (), "cancelled")
    assert refused(say(ordered, "CM", made=FIRST)) == ("STATUS_JUMP", "ORC-5")


NO_SHOW = {"coding": [{"system": BSER_STATUS, "code": NO_SHOW_CODE}]}


def holds(county: County, state: str, **words: Any) -> None:
    """The Task as an answer of the program's, with these elements in it."""
    task = county.task()
    content = {**task.resource, "status": state, **words}
    theirs = replace(task, version=0, source_partner="otp", sources=("hospital", "otp"), resource=content)
    county.write(lambda tx: records.save(tx, theirs))


def test_what_a_message_has_no_place_for_stays_with_its_status_and_ends_with_it(ordered: County) -> None:
    period = {"start": "2026-04-11"}
    holds(ordered, "on-hold", businessStatus=NO_SHOW, executionPeriod=period)

    assert say(ordered, "HD", reason="W^still waits^L").outcome == "accepted"

    held = ordered.task().resource
    assert (held["status"], held["statusReason"]["text"]) == ("on-hold", "still waits")
    assert (held["businessStatus"], held["executionPeriod"]) == (NO_SHOW, period)
    say(ordered, "IP")
    held = ordered.task().resource
    assert (held["status"], held["executionPeriod"]) == ("in-progress", period)
    assert not {"businessStatus", "statusReason"} & held.keys()


def test_a_reason_said_as_it_is_shown_stays_as_it_is_held(ordered: County) -> None:
    """What is hidden in it from who says it is not lost."""
    say(ordered, "HD", reason="W^waits^L")
    reason = ordered.task().resource["statusReason"]
    unseen = [{"url": "https://x.example/of-our-own", "valueString": "kept"}]
    holds(ordered, "on-hold", statusReason={**reason, "extension": unseen})
    assert ordered.read("otp", "Task", ordered.task().id)["statusReason"] == reason, "it is not shown"
    number = len(told(ordered))

    assert say(ordered, "HD", reason="W^waits^L").outcome == "accepted"

    assert ordered.task().resource["statusReason"] == {**reason, "extension": unseen}
    assert len(told(ordered)) == number


@pytest.mark.parametrize(
    ("change", "code", "place"),
    [
        ({"state": "CA"}, "STATUS_REASON_MISSING", "ORC-16"),
        ({"state": "ER"}, "STATUS_JUMP", "ORC-5"),
        ({"state": "IP", "number": "R-8^EHR"}, "ORDER_UNKNOWN", "ORC-2"),
        ({"state": "IP", "number": "", "filler": "F-1^OTP"}, "ORDER_UNKNOWN", "ORC-2"),
        ({"state": "IP", "by": "psychiatry"}, "ORDER_UNKNOWN", "ORC-2"),  # never sent to it
    ],
)
def test_what_cannot_be_is_refused_with_its_place(
    ordered: County, change: dict[str, str], code: str, place: str
) -> None:
    before = ordered.task()

    receipt = say(ordered, **change)  # type: ignore[arg-type]

    assert refused(receipt) == (code, place)
    assert (ordered.task(), told(ordered)) == (before, [])
    kept = ordered.look(lambda reading: inbox.get(reading, receipt.message_id))
    assert kept is not None and (kept.state, kept.patient_id) == ("needs_attention", None)


def test_an_order_that_is_there_and_was_not_sent_is_refused_as_one_that_is_not_there(ordered: County) -> None:
    there, absent = (say(ordered, "IP", by="psychiatry", number=one) for one in (AS_PLACED, "R-8^EHR"))

    assert there.faults == absent.faults


@pytest.mark.parametrize(
    "numbers",
    [
        lambda county: {"number": "R-9^^1.2.3^ISO"},
        lambda county: {"number": "", "filler": county.task().id},
    ],
)
def test_a_number_written_otherwise_is_found_by_the_person(
    ordered: County, numbers: Callable[[County], dict[str, str]]
) -> None:
    """Who was sent the order as FHIR has its number with its system, and our id of it."""
    task = ordered.task()
    identifier = [{**task.resource["identifier"][0], "system": "urn:oid:1.2.3"}]
    written = replace(task, version=0, resource={**task.resource, "identifier": identifier})
    ordered.write(lambda tx: records.save(tx, written))

    assert say(ordered, "IP", who="999^^^&1.2.3&ISO", **numbers(ordered)).outcome == "content_error"
    assert say(ordered, "IP", by="psychiatry", **numbers(ordered)).outcome == "content_error"
    assert say(ordered, "IP", who="770011^^^RIVERBEND^MR", **numbers(ordered)).outcome == "content_error"
    assert say(ordered, "IP", **numbers(ordered)).outcome == "accepted"
    assert stands(ordered) == "accepted"


@pytest.mark.parametrize("also_places", [False, True])
def test_an_identifier_that_only_another_agency_uses_tells_nothing(
    ordered: County, also_places: bool
) -> None:
    """Not that somebody is known by it either: also where that agency sends orders of its own to who asks."""
    task = ordered.task()
    identifier = [{**task.resource["identifier"][0], "system": "urn:oid:1.2.3"}]
    written = replace(task, version=0, resource={**task.resource, "identifier": identifier})
    ordered.write(lambda tx: records.save(tx, written))
    token = ordered.premises.keys.index(IDENTIFIER, "urn:oid:1.2.9", "SECRET-7")
    ordered.write(lambda tx: patients.link(tx, "psychiatry", token, ordered.patient_id))
    if also_places:
        routes = ordered.premises.network.content.routes
        (route,) = [one for one in routes if (one.source, one.when_none_named) == ("hospital", (ORM,))]
        ordered.change_network(
            routes=(*routes, msgspec.structs.replace(route, source="psychiatry", name="theirs"))
        )

    known, unknown = (
        say(ordered, "IP", number="R-9^^1.2.3^ISO", who=f"{one}^^^&1.2.9&ISO")
        for one in ("SECRET-7", "SECRET-8")
    )

    assert refused(known) == refused(unknown) == ("ORDER_UNKNOWN", "ORC-2")
    assert known.faults == unknown.faults and stands(ordered) == "requested"
    own = ordered.premises.keys.index(IDENTIFIER, "urn:oid:1.2.9", "OURS-7")
    ordered.write(lambda tx: patients.link(tx, "otp", own, ordered.patient_id))
    assert say(ordered, "IP", number="R-9^^1.2.3^ISO", who="OURS-7^^^&1.2.9&ISO").outcome == "accepted"


def test_a_number_of_several_orders_moves_none_of_them(ordered: County) -> None:
    task = ordered.task()
    identifier = [{**task.resource["identifier"][0], "system": "urn:oid:1.2.3"}]
    send_order(ordered, "R-10")
    ordered.deliver()
    for one in ordered.records("Task"):
        made = replace(one, version=0, resource={**one.resource, "identifier": identifier})
        ordered.write(lambda tx, made=made: records.save(tx, made))  # type: ignore[misc]

    assert refused(say(ordered, "IP", number="R-9^^1.2.3^ISO")) == ("ORDER_AMBIGUOUS", "ORC-2")
    assert {one.resource["status"] for one in ordered.records("Task")} == {"requested"}


@pytest.mark.parametrize(
    ("system", "written"),
    [("urn:oid:1.2.3", "O-7^^^&1.2.3&ISO"), ("assigner|OTP|MR", "O-7^^^OTP^MR")],
)
def test_who_is_another_for_the_filler_stops_it(ordered: County, system: str, written: str) -> None:
    def another(tx: Transaction) -> None:
        token = ordered.premises.keys.index(IDENTIFIER, system, "O-7")
        patients.link(tx, "otp", token, patients.create(tx, "2026-04-11T15:00:00Z", certain=True))

    ordered.write(another)

    assert refused(say(ordered, "IP", who=written)) == ("REFERRAL_OF_ANOTHER_PATIENT", "PID-3")
    assert stands(ordered) == "requested"


@pytest.mark.requirement("CD-02")
def test_its_placer_takes_an_order_back(ordered: County) -> None:
    say(ordered, "IP", reason="W^waits for a room^L")
    answered = ordered.task()
    words = {"businessStatus": {"text": "waits"}, "executionPeriod": {"start": "2026-04-11"}}
    ordered.write(
        lambda tx: records.save(tx, replace(answered, version=0, resource={**answered.resource, **words}))
    )

    assert refused(say(ordered, "IP", by="hospital")) == ("ONLY_CANCELLED", "ORC-5")
    receipt = say(ordered, "", control="CA", reason="W^withdrawn^L", filler="", by="hospital")
    again = say(ordered, "", control="CA", reason="W^withdrawn^L", filler="", by="hospital")

    assert (receipt.outcome, again.outcome, stands(ordered)) == ("accepted", "accepted", "cancelled")
    task = ordered.task()
    assert (task.resource["statusReason"]["text"], task.sources) == ("withdrawn", ("hospital",))
    assert not words.keys() & task.resource.keys(), "nothing of an answer is in the placer's own word"
    (cancel,) = [intent for intent in ordered.intents() if intent.kind == "cancel"]
    assert (cancel.partner, cancel.message_type) == ("otp", OSU)
    assert f"Task/{task.id}/{task.version}" in cancel.focus
    assert any(one.startswith("ServiceRequest/") for one in cancel.focus)
    assert refused(say(ordered, "CM")) == ("STATUS_JUMP", "ORC-5")


def take_back(county: County) -> Receipt:
    return say(county, "", control="CA", filler="", by="hospital")


def read_by_placer(county: County) -> str:
    return str(county.read("hospital", "Task", county.task().id, "TREAT")["status"])


@pytest.mark.parametrize("held", ["requested", "rejected", "completed", "failed", "cancelled"])
def test_taking_an_order_back_tells_nothing_of_an_end_that_its_placer_may_not_see(
    ordered: County, held: str
) -> None:
    if held != "requested":
        task = ordered.task()
        theirs = replace(
            task,
            version=0,
            source_partner="otp",
            sources=("hospital", "otp"),
            resource={**task.resource, "status": held},
        )
        ordered.write(lambda tx: records.save(tx, theirs))
    assert read_by_placer(ordered) == "requested"

    receipt = take_back(ordered)

    assert (receipt.outcome, receipt.faults, read_by_placer(ordered)) == ("accepted", (), "cancelled")
    assert (stands(ordered), ordered.task().sources) == ("cancelled", ("hospital",))
    assert [one.partner for one in ordered.intents() if one.kind == "cancel"] == ["otp"]


def test_an_end_that_its_placer_may_see_stays(ordered: County) -> None:
    say(ordered, "CA", reason="FULL^no place^L")
    ordered.share_plan()
    ordered.consent("hospital", discloser="otp", identifier=OTP, classes=("Task",))
    assert read_by_placer(ordered) == "rejected"

    assert refused(take_back(ordered)) == ("STATUS_JUMP", "ORC-5")
    assert stands(ordered) == "rejected"


def test_an_order_that_never_left_ends_and_nobody_is_told(county: County) -> None:
    take_orders(county, ORM)
    messages = {**county.premises.network.partners["hospital"].messages, OSU: "hospital/osu_o51"}
    county.change_partner("hospital", messages=messages)
    send_order(county)

    assert say(county, "", control="CA", filler="", by="hospital").outcome == "accepted"

    assert [(one.kind, one.state, one.reason) for one in county.intents()] == [
        ("referral", "cancelled", "SUPERSEDED")
    ]


@pytest.mark.requirement("SD-02")
def test_what_was_said_over_fhir_later_than_a_message_was_made_stands(ordered: County) -> None:
    say(ordered, "IP", made="20260411073000-0700")
    ordered.clock.advance(timedelta(minutes=5))
    ordered.answer("otp", "in-progress")

    late = say(ordered, "CA", reason="FULL^no place^L", made="20260411080400-0700")

    assert (late.outcome, [fault.code for fault in late.faults]) == ("accepted", ["NEWER_IS_KEPT"])
    assert stands(ordered) == "in-progress"
    ordered.clock.advance(timedelta(minutes=1))
    assert say(ordered, "CM", made="20260411080600-0700").faults == () and stands(ordered) == "completed"


def reply(
    county: County, state: str, *, number: str = "R-1^RIVERBEND", by: str = "otp", who: str = HERS
) -> Receipt:
    """What an agency answers to a referral by HL7 v2."""
    said = len(county.look(inbox.list_messages))
    raw = (
        f"MSH|^~\\&|EHR|OTP|HANDOFF|COUNTY|{county.clock.now():%Y%m%d%H%M%S}+0000||RRI^I12^RRI_I12|RRI-{said}|P|2.5.1\r"
        f"RF1|{state}|||||{number}|||||OUR-77^OTP\rPRD|RP|Reed^Rosa\rPRD|RT|Sunrise|||||SUNRISE\r"
        f"PID|1||{who}||Sample^Synthia\rNTE|1||canary of the answer\r"
    ).encode()
    message = ReceivedMessage(by, "mllp", "hl7v2", f"RRI-{said}", "RRI^I12^RRI_I12", raw, county.clock.now())
    return county.run(accept_message(county.premises, message))


@pytest.fixture
def referred(county: County) -> County:
    """The program has the hospital's referral, and may answer by HL7 v2."""
    for partner in ("otp", "psychiatry"):
        messages = {**county.premises.network.partners[partner].messages, "RRI^I12": "hospital/rri_i12"}
        county.change_partner(partner, messages=messages)
    county.consent()
    county.refer()
    county.deliver()
    return county


@pytest.mark.requirement("SD-02")
def test_an_agency_answers_a_referral_by_hl7(referred: County) -> None:
    pending = reply(referred, "P")
    assert (pending.outcome, pending.faults, stands(referred)) == ("accepted", (), "requested")

    taken = reply(referred, "A^Accepted^HL70283")

    assert (taken.outcome, stands(referred), told(referred)) == ("accepted", "accepted", ["hospital"])
    assert len(referred.records("Patient", "ServiceRequest")) == 2, "what an answer repeats is not kept"
    assert "canary" not in str([one.resource for one in referred.records()])
    referred.clock.advance(timedelta(minutes=1))
    assert reply(referred, "R").outcome == "accepted"
    assert (stands(referred), len(told(referred))) == ("failed", 2)
    assert referred.task().resource["statusReason"]["text"] == "Declined. No reason was given."
    assert refused(reply(referred, "A")) == ("STATUS_JUMP", "RF1-1")


def test_an_answer_by_who_was_never_sent_it_finds_nothing(referred: County) -> None:
    nothing = refused(reply(referred, "A", number="R-999^RIVERBEND"))
    assert refused(reply(referred, "A", by="psychiatry")) == nothing
    assert nothing == ("ORDER_UNKNOWN", "RF1-6") and stands(referred) == "requested"


@pytest.mark.requirement("SD-02")
def test_a_filler_s_own_number_alone_is_known_once_it_was_told_and_to_that_filler_only(
    ordered: County,
) -> None:
    alone = {"number": "", "filler": "F-1^OTP"}
    assert refused(say(ordered, "IP", **alone)) == ("ORDER_UNKNOWN", "ORC-2"), "it was never told"
    assert say(ordered, "IP").outcome == "accepted"

    assert say(ordered, "A", **alone).outcome == "accepted"

    assert (stands(ordered), told(ordered)) == ("in-progress", ["hospital"] * 2)
    assert refused(say(ordered, "CM", by="psychiatry", **alone)) == ("ORDER_UNKNOWN", "ORC-2")
    unheard = "555999^^^&1.2.3.77&ISO^MR"
    assert refused(say(ordered, "CM", who=unheard, **alone)) == ("ORDER_UNKNOWN", "ORC-2"), "somebody else's"
    assert refused(say(ordered, "CM", number="R-X^EHR")) == ("ORDER_UNKNOWN", "ORC-2"), (
        "a placer's that is wrong"
    )
    hers = {"patient_id": ordered.patient_id}
    gone = ordered.write(lambda tx: tx.execute("filler_numbers.drop_of_patient", hers))
    assert gone == 1, "as when her key is destroyed"


@pytest.mark.requirement("SD-02")
def test_a_late_message_does_not_give_a_filler_s_number_back_to_the_order_it_was_said_of_before(
    ordered: County,
) -> None:
    """V2-01: neither where a newer word on that order is kept, nor where none is."""

    def completed() -> set[str]:
        return {
            one.resource["identifier"][0]["value"]
            for one in ordered.records("Task")
            if one.resource["status"] == "completed"
        }

    for number in ("R-10", "R-11"):
        send_order(ordered, number)
        ordered.deliver()
    at = "2026041107{}00-0700".format
    say(ordered, "IP", filler="F-2^OTP", made=at("02"))
    say(ordered, "IP", number="R-10^EHR", made=at("03"))
    late = say(ordered, "IP", made=at("01"))
    assert [fault.code for fault in late.faults] == ["NEWER_IS_KEPT"]
    assert say(ordered, "IP", number="R-11^EHR", made=at("01")).faults == ()

    say(ordered, "CM", number="", made=at("04"))

    assert completed() == {"R-10"}
