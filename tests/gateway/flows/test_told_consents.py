"""A Consent that a message (CON) or a document (authorization) tells of: a denial binds at once, nothing permits, and no
later word of its sender lifts it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gateway.clock import instant_text
from gateway.disclosure import gate
from gateway.disclosure.release import Release
from gateway.disclosure.replay_decision import replay_decisions
from gateway.errors import NotFound, NotUnderstood
from gateway.flows.contribution import Contribution
from gateway.flows.messages import Receipt
from gateway.flows.operator_acts import ACTS
from gateway.flows.told_consents import keep_told_consents
from gateway.store import Reading, consents, intents, patients, records
from tests.gateway.county import MRN, County, resources_of
from tests.gateway.disclosure.twins import Api
from tests.gateway.flows.test_kept_messages import hospital as hospital  # a fixture
from tests.gateway.flows.test_orders import ORM, order, take_orders
from tests.gateway.flows.test_orders import send as send_order
from tests.gateway.wiring.test_watched_folders import SAMPLES, Drop

DOCUMENT = (SAMPLES / "ccda/care_plan/samples/care_plan.xml").read_bytes()
HER_NUMBER = ("urn:oid:2.16.840.1.113883.3.9999.30.5", "MP-2207")


def con(state: str, form: str = "FORM-12") -> str:
    return f"CON|1|001|100-2|{form}|Release of information|||||W|{state}||20260410091500-0700\r"


def told(
    county: County, state: str, minute: str = "01", *, rest: str = "V", form: str = "FORM-12"
) -> Receipt:
    """A note (or, without `rest`, no more than who she is) of that minute, with the state of a form."""
    kind = "MDM^T02^MDM_T02" if rest else "ADT^A28^ADT_A05"
    place = f"{state}-{minute}-{form}"
    note = "PV1|1|O\rTXA|1|CN|TX|20260411070000-0700||||||||D-1^EHR|||||AU|V|AV\r" if rest else ""
    raw = (
        f"MSH|^~\\&|EHR|RIVERBEND|HANDOFF|COUNTY|202604110701-0700||{kind}|{place}|P|2.5.1\r"
        f"EVN||2026041107{minute}00-0700\r"
        f"PID|1||{MRN[1]}^^^RIVERBEND&2.16.840.1.113883.19.5&ISO^MR||Reyes^Sol\r"
        f"{note}{con(state, form) if state else ''}"
    )
    receipt = county.send((raw + ("OBX|1|TX|CN^x^L||Well.||||||F\r" if rest else "")).encode(), place, kind)
    assert receipt.outcome == "accepted", receipt.faults
    return receipt


def stands(county: County) -> dict[str, tuple[str, str]]:
    """What was told, by the number of its form: its status, and what the network may do with it."""

    def look(reading: Reading) -> dict[str, tuple[str, str]]:
        held = records.of_patient(reading, county.patient_id, ("Consent",))
        by_id = {one.consent_id: one.standing for one in consents.of_patient(reading, county.patient_id)}
        return {
            one.resource["identifier"][0]["value"]: (one.resource["status"], by_id[one.id])
            for one in held
            if "verification" in one.resource
        }

    return county.look(look)


def epoch(county: County) -> int:
    return county.look(lambda reading: patients.epoch(reading, county.patient_id))


def codes(receipt: Receipt) -> list[str]:
    return [fault.code for fault in receipt.faults]


@pytest.mark.requirement("V2-01")
def test_a_refusal_told_by_a_message_stops_what_is_about_to_leave_and_no_later_word_lifts_it(
    hospital: County,
) -> None:
    hospital.consent()
    hospital.refer()
    told(hospital, "A")
    before = epoch(hospital)
    told(hospital, "A", "02")  # the same word again moves nothing
    assert (stands(hospital), epoch(hospital)) == ({"FORM-12": ("proposed", "unverified")}, before)
    made = hospital.released()
    assert gate.still_stands(hospital.premises, made)
    refused = told(hospital, "R", "03")
    assert stands(hospital) == {"FORM-12": ("active", "unverified")}
    assert not gate.still_stands(hospital.premises, made), "the bytes would leave"
    entry = hospital.audit("consent")[-1].entry
    assert entry is not None
    assert (entry.request_id, entry.outcome) == (refused.message_id, "unverified")
    assert [one.code for one in entry.reasons] == ["TOLD_BY_MESSAGE"]
    assert not hospital.audit("revoke"), "what never permitted is not taken back"
    (intent,) = hospital.intents("sending")
    hospital.settle(intent, "due")
    assert hospital.refused()
    assert hospital.states() == ["held"]
    last = hospital.audit("refuse")[-1].entry
    assert last is not None
    (again,) = hospital.look(lambda reading: replay_decisions(reading, last.request_id))
    assert again.verdict == "same", again.findings
    assert codes(told(hospital, "A", "05")) == ["DENIAL_STANDS"]
    assert stands(hospital) == {"FORM-12": ("active", "unverified")}
    _ended_by_a_person(hospital)


def _ended_by_a_person(county: County) -> None:
    """What a person has ended the same words do not begin again; other words do."""
    (denied,) = [one for one in county.records("Consent") if "verification" in one.resource]
    county.replace("hospital", denied.id, {**denied.resource, "status": "inactive"})
    assert codes(told(county, "R", "07")) == ["DENIAL_HAS_ENDED"], "its sender would think that it binds"
    assert stands(county) == {"FORM-12": ("inactive", "unverified")}
    told(county, "X", "09", form="FORM-13")
    assert stands(county)["FORM-13"] == ("active", "unverified")


@pytest.mark.requirement("V2-01")
def test_a_person_ends_a_refusal_that_was_told_and_no_other(hospital: County) -> None:
    """Its sender may have no way to say so, and the desk lists permissions alone."""
    hospital.consent()
    hospital.refer()
    told(hospital, "R")
    assert hospital.refused()
    (denied,) = [one for one in hospital.records("Consent") if "verification" in one.resource]
    other = hospital.record("hospital", {**denied.resource, "dateTime": "2026-03-02"})
    act = ACTS["requests denial-ended"]
    for consent_id, reason in ((other.resource["id"], "she said so"), (denied.id, " ")):
        with pytest.raises((NotFound, NotUnderstood)):
            hospital.run(act(hospital.premises, consent_id, reason))
    hospital.withdraw(other)

    done = hospital.run(act(hospital.premises, denied.id, "she said so to K. Ortiz"))

    assert isinstance(hospital.release(), Release), "what was held for it alone is decided again"
    entry = hospital.audit("outcome")[-1]
    assert (entry.row.seq, entry.row.outcome) == (done["entry"], "denial_ended")
    assert entry.entry is not None
    assert (entry.entry.subject, entry.entry.description) == (denied.reference, "she said so to K. Ortiz")
    told(hospital, "R", "09")
    assert stands(hospital)["FORM-12"][0] == "inactive", "the same words do not begin it again"
    with pytest.raises(NotFound):
        hospital.run(act(hospital.premises, denied.id, "again"))


@pytest.mark.requirement("V2-01")
def test_an_older_refusal_that_comes_late_changes_nothing(hospital: County) -> None:
    told(hospital, "A", "05")
    before = epoch(hospital)
    assert codes(told(hospital, "R", "03")) == ["NEWER_IS_KEPT"]
    assert (stands(hospital), epoch(hospital)) == ({"FORM-12": ("proposed", "unverified")}, before)
    told(hospital, "R", "07")
    assert stands(hospital) == {"FORM-12": ("active", "unverified")}


def test_who_only_named_her_cannot_stop_her_care_until_it_has_to_do_with_her(hospital: County) -> None:
    hospital.change_partner(
        "hospital",
        messages={**hospital.premises.network.partners["hospital"].messages, "ADT^A28": "hospital/adt_a01"},
    )
    told(hospital, "R", rest="")
    assert stands(hospital) == {"FORM-12": ("active", "unrelated")}
    heard = told(hospital, "", "03")  # a note of hers: what was said at registration is not said again
    assert stands(hospital) == {"FORM-12": ("active", "unverified")}
    entry = hospital.audit("consent")[-1].entry
    assert entry is not None
    assert (entry.request_id, [one.code for one in entry.reasons]) == (heard.message_id, ["TOLD_BY_MESSAGE"])
    before = epoch(hospital)
    told(hospital, "R", "05", rest="")
    assert (stands(hospital), epoch(hospital)) == ({"FORM-12": ("active", "unverified")}, before)


@pytest.mark.requirement("V2-02")
def test_a_consent_goes_along_with_no_order_and_a_refusal_in_it_holds_it(county: County) -> None:
    """It names other parties; nobody but its recorder is shown it."""
    take_orders(county, ORM)
    county.consent()
    assert send_order(county, order("R-9", tail=con("A"))).outcome == "accepted"
    assert stands(county) == {"FORM-12": ("proposed", "unverified")}
    (intent,) = county.intents()
    assert not [one for one in intent.focus if one.startswith("Consent/")]
    (told_of,) = [one for one in county.records("Consent") if one.resource["status"] == "proposed"]
    taken_along = replace(intent, id="made-long-ago", focus=(*intent.focus, f"{told_of.reference}/1"))
    county.settle(intent, "cancelled")
    county.write(lambda tx: intents.add(tx, taken_along))
    assert "Consent" not in resources_of(county.deliver().content)
    send_order(county, order("R-10", tail=con("R", "FORM-14")), control_id="ORD-2")
    assert stands(county)["FORM-14"] == ("active", "unverified")
    assert county.refused()


@pytest.mark.requirement("V2-02", "V2-03")
def test_a_refusal_in_a_referral_holds_that_very_referral_and_a_permission_in_it_permits_nothing(
    county: County,
) -> None:
    """A hospital's registration often prints its form's state into the referral itself."""
    county.refer(change={"\rPID|": f"\r{con('A')}PID|"})
    assert stands(county) == {"FORM-12": ("proposed", "unverified")}
    assert county.refused(), "evidence of a consent has permitted"
    (intent,) = county.intents()
    assert not [one for one in intent.focus if one.startswith("Consent/")]
    county.consent()
    assert "Consent" not in resources_of(county.deliver().content)
    again = {"\rPID|": f"\r{con('R', 'FORM-13')}PID|"}
    assert county.refer("MSG-2", "R-13", change=again).outcome == "accepted"
    assert stands(county)["FORM-13"] == ("active", "unverified")
    assert county.refused()
    assert "held" in county.states()


@pytest.mark.requirement("V2-02")
def test_a_refusal_told_by_a_document_is_heeded_by_a_process_that_has_decided_before(county: County) -> None:
    drop = Drop(county)

    def document(name: str, code: str, number: str, made: str = "202604110701-0700") -> None:
        told = (
            f'<authorization typeCode="AUTH"><consent classCode="CONS" moodCode="EVN">'
            f'<id root="1.2.3.4" extension="{number}"/><code code="{code}"/><statusCode code="completed"/>'
            "</consent></authorization>"
        )
        text = DOCUMENT.replace(b"</documentationOf>", b"</documentationOf>" + told.encode(), 1)
        drop.put(name, text.replace(b"202611181500-0700", made.encode(), 1))
        drop.watch()

    def seen() -> int:
        asked = api.ask("psychiatry TREAT", "GET", f"/fhir/CarePlan?patient={_her(county)}")
        return len([one for one in asked.json().get("entry", ()) if one["search"]["mode"] == "match"])

    document("a.xml", "64292-6", "ROI-1")
    county.consent("psychiatry", discloser="counseling", identifier=HER_NUMBER)
    api = Api(county)
    assert seen() == 1
    document("b.xml", "OPTOUT", "ROI-1", "202604110601-0700")  # older than what is known of that form
    assert seen() == 1
    document("c.xml", "OPTOUT", "ROI-1", "202604110702-0700")
    assert seen() == 0, "it was decided by what stood before"
    document("d.xml", "64292-6", "ROI-1", "202604110703-0700")
    assert seen() == 0, "a later document has lifted it"


def _her(county: County) -> str:
    token = county.premises.keys.index("Patient.identifier", *HER_NUMBER)
    ((_, her),) = set(county.look(lambda reading: patients.find_by_token(reading, None, token)))
    return str(her)


@pytest.mark.requirement("P2-31-01")
def test_no_other_word_of_a_format_narrows_or_lifts_a_denial(county: County) -> None:
    """An agency's own format may say more than a CON does: an active permission permits nothing either."""
    county.refer()
    hers = {"patient": {"reference": f"Patient/{county.patient_id}"}}
    coded = {"scope": {"text": "privacy"}, "category": [{"text": "consent"}]}
    consent = {"resourceType": "Consent", "id": "c-1", "status": "active", **coded, **hers}
    all_of_it, part_of_it = {"type": "deny"}, {"type": "deny", "class": [{"code": "CarePlan"}]}
    but_for = {"type": "permit", "provision": [part_of_it]}
    at = instant_text(county.clock.now())
    for provision in (all_of_it, part_of_it, but_for, {"type": "permit"}, all_of_it):
        said = Contribution("hospital", "", [{**consent, "provision": provision}])
        county.write(
            lambda tx, said=said: keep_told_consents(county.premises, tx, said, county.patient_id, "m-1", at)
        )

    held = [one.resource["provision"] for one in county.records("Consent")]
    standing = county.look(lambda reading: consents.of_patient(reading, county.patient_id))

    assert sorted(map(str, held)) == sorted(map(str, (all_of_it, part_of_it, but_for)))
    assert {one.standing for one in standing} == {"unverified"}
    assert len(county.audit("consent")) == 3
