"""CDS Hooks: a clinician is told that a referral would wait, and nothing else, whatever others hold of the patient."""

from __future__ import annotations

import json
from typing import Any

import pytest

from gateway.errors import NotAllowed, NotUnderstood
from gateway.flows.cds_hooks import (
    CONSULT,
    DISCHARGE,
    MOST_ORDERS,
    MOST_PERFORMERS,
    ORDER_SIGN,
    _ordered,
    answer_hook,
)
from gateway.store import Record, patients, records
from tests.gateway.county import MRN, County, caller

OTP_NPI = {"system": "http://hl7.org/fhir/sid/us-npi", "value": "1000000012"}
ASTHMA = {"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "J45.909"}


def order(performer: Any = None, **more: Any) -> dict[str, Any]:
    performers = [performer or {"identifier": OTP_NPI}]
    made = {"resourceType": "ServiceRequest", "id": "x1", "status": "draft", "intent": "order"}
    return {**made, "subject": {"reference": "Patient/77"}, "performer": performers, **more}


def signing(*orders: dict[str, Any], identifier: tuple[str, str] = MRN, **more: Any) -> dict[str, Any]:
    named = [{"system": identifier[0], "value": identifier[1]}]
    entries = [{"resource": one} for one in orders or (order(),)]
    return {
        "hook": ORDER_SIGN,
        "hookInstance": "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea",
        "context": {
            "userId": "Practitioner/9",
            "patientId": "77",
            "draftOrders": {"resourceType": "Bundle", "entry": entries},
        },
        "prefetch": {"patient": {"resourceType": "Patient", "id": "77", "identifier": named}},
        **more,
    }


def consulting(**context: Any) -> dict[str, Any]:
    usual = {"patientId": [{"system": MRN[0], "value": MRN[1]}], "actor": [OTP_NPI], "purposeOfUse": "TREAT"}
    return {"hook": CONSULT, "hookInstance": "i", "context": {**usual, **context}}


def leaving(*orders: dict[str, Any], **more: Any) -> dict[str, Any]:
    """What is asked when she is discharged; the orders of the stay come along, if there are any."""
    named = [{"system": MRN[0], "value": MRN[1]}]
    prefetch: dict[str, Any] = {"patient": {"resourceType": "Patient", "id": "77", "identifier": named}}
    if orders:
        entries = [{"resource": one} for one in orders]
        prefetch["orders"] = {"resourceType": "Bundle", "type": "searchset", "entry": entries}
    context = {"userId": "Practitioner/9", "patientId": "77", "encounterId": "E-1"}
    return {"hook": DISCHARGE, "hookInstance": "i", "context": context, "prefetch": prefetch, **more}


def cards(county: County, asked: dict[str, Any], partner: str = "hospital", purpose: str = "TREAT") -> Any:
    who = caller(partner, purpose)
    return county.run(answer_hook(county.premises, who, str(asked["hook"]), asked))["cards"]


@pytest.mark.requirement("P2-13-02")
def test_the_card_is_the_same_whatever_the_cause_and_whatever_others_hold(county: County) -> None:
    told = [cards(county, signing())]  # nobody knows her
    county.refer()
    told.append(cards(county, signing()))  # no consent
    county.share_plan()
    told.append(cards(county, signing()))  # a program has a plan of hers
    consent = county.consent("psychiatry")
    told.append(cards(county, signing()))  # one that covers somebody else
    given = county.consent()
    assert cards(county, signing()) == []
    county.withdraw(given)
    county.withdraw(consent)
    told.append(cards(county, signing()))  # taken back
    county.write(lambda tx: patients.doubt(tx, county.patient_id))
    told.append(cards(county, signing()))  # not certain who she is
    assert len({json.dumps(one, sort_keys=True) for one in told}) == 1
    ((card,),) = told[:1]
    assert card["indicator"] == "warning" and len(card["summary"]) < 140
    for word in ("substance", "program", "methadone", "refus", "withdr", "protected", "Part 2"):
        assert word.lower() not in json.dumps(card).replace("Treatment Program", "").lower()


@pytest.mark.requirement("P2-13-02", "FH-RED-01")
@pytest.mark.parametrize("asked", [signing(), consulting(), leaving(), leaving(order())])
@pytest.mark.parametrize("permitted", [False, True])
def test_hidden_records_change_no_byte(county: County, asked: dict[str, Any], permitted: bool) -> None:
    county.refer()
    if permitted:
        county.consent()
    before = json.dumps(cards(county, asked))
    county.share_plan()
    resource = {
        "resourceType": "Condition",
        "id": "hidden",
        "subject": {"reference": f"Patient/{county.patient_id}"},
    }
    resource["code"] = {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "F11.20"}]}
    at = "2026-04-11T15:00:00.000000Z"
    row = Record("Condition", "hidden", 0, county.patient_id, "otp", ("otp",), True, at, False, resource)
    county.write(lambda tx: records.save(tx, row))
    assert json.dumps(cards(county, asked)) == before


def test_each_addressee_is_told_of_by_itself(county: County) -> None:
    county.refer()
    county.consent()
    both = order(performer={"reference": "Organization/otp"}), order({"reference": "Organization/psychiatry"})
    (card,) = cards(county, signing(*both))
    assert "Mesa Psychiatry Clinic" in card["detail"] and "Sunrise" not in card["detail"]


@pytest.mark.parametrize(
    "performer",
    [{"reference": "Organization/nobody"}, {"display": "Dr. X"}, {"reference": "Organization/hospital"}, 7],
)
def test_an_order_that_goes_nowhere_through_us_has_no_card(county: County, performer: Any) -> None:
    county.refer()
    assert cards(county, signing(order(performer=performer))) == []


@pytest.mark.requirement("P2-13-02")
def test_as_she_leaves_one_s_own_referral_that_would_wait_is_told(county: County) -> None:
    assert cards(county, leaving()) == [], "nothing was ordered"
    county.refer()
    (card,) = cards(county, leaving())
    assert (card,) == tuple(cards(county, signing())), "the same words as at the signing"
    assert cards(county, leaving(order(performer={"reference": "Organization/otp"}))) == [card]
    county.consent()
    assert cards(county, leaving()) == []
    assert cards(county, leaving(), partner="psychiatry") == [], "of another's referral nothing is told"


@pytest.mark.parametrize(
    "orders", [None, {"resourceType": "Bundle", "type": "searchset"}, {"resourceType": "Bundle", "entry": []}]
)
def test_a_stay_without_orders_has_no_card(county: County, orders: Any) -> None:
    asked = leaving()
    asked["prefetch"]["orders"] = orders
    assert cards(county, asked) == []


@pytest.mark.parametrize("change", ["encounterId", "patientId"])
def test_a_discharge_names_the_stay_and_the_patient(county: County, change: str) -> None:
    asked = leaving()
    del asked["context"][change]
    with pytest.raises(NotUnderstood, match="HOOK_INVALID"):
        cards(county, asked)


def test_that_it_was_asked_is_in_the_log(county: County) -> None:
    county.refer()
    before = len(county.audit("query"))
    cards(county, signing())
    cards(county, consulting())
    logged = county.audit("query")[before:]
    assert len(logged) == 2
    asked = [one.entry.asked for one in logged if one.entry]
    assert asked[0].startswith("cds-services/order-sign?context=") and "draftOrders" in asked[0]
    assert asked[1].startswith("cds-services/patient-consent-consult?context=")


@pytest.mark.requirement("AU-03")
def test_a_question_that_names_no_partner_is_in_the_log_too(county: County) -> None:
    county.refer()
    before = len(county.audit("query"))
    nobody = signing()
    nobody["context"]["draftOrders"]["entry"][0]["resource"]["performer"] = []
    cards(county, nobody)
    (logged,) = county.audit("query")[before:]
    assert logged.entry is not None and "draftOrders" in logged.entry.asked


@pytest.mark.parametrize("actors", [[OTP_NPI], [OTP_NPI, OTP_NPI]])
def test_a_consultation_says_whether_what_the_caller_holds_may_go(county: County, actors: Any) -> None:
    county.refer(change={})
    (card,) = cards(county, consulting(actor=actors))
    assert card["extension"] == {"decision": "CONSENT_DENY", "obligations": []}
    county.consent()
    (card,) = cards(county, consulting(actor=actors))
    assert card["extension"]["decision"] == "CONSENT_PERMIT"
    (card,) = cards(county, consulting(actor=[{"system": "urn:x", "value": "nobody"}]))
    assert card["extension"]["decision"] == "CONSENT_DENY"


@pytest.mark.requirement("SM-03")
@pytest.mark.parametrize(("asked", "token"), [("HRESCH", "HRESCH"), ("TREAT", "COC"), ("HLEGAL", "")])
def test_a_consultation_is_for_a_purpose_of_the_client_s(county: County, asked: str, token: str) -> None:
    county.refer()
    with pytest.raises(NotAllowed, match="PURPOSE_NOT_REGISTERED"):
        cards(county, consulting(purposeOfUse=asked), purpose=token)


@pytest.mark.parametrize(
    "asked",
    [
        {**signing(), "hook": CONSULT},
        signing(hookInstance=None),
        signing(context=None),
        signing(context={"patientId": 7, "draftOrders": {}}),
        signing(context={"patientId": "7"}),
        signing(*[order()] * (MOST_ORDERS + 1)),
        consulting(actor=[]),
        consulting(purposeOfUse=["TREAT", "COC"]),
        consulting(purposeOfUse=None),
    ],
)
def test_odd_calls_are_refused(county: County, asked: dict[str, Any]) -> None:
    service = ORDER_SIGN if "prefetch" in asked else CONSULT
    with pytest.raises(NotUnderstood, match="HOOK_INVALID"):
        county.run(answer_hook(county.premises, caller("hospital"), service, asked))


def test_one_order_names_few_performers_and_each_partner_counts_once(county: County) -> None:
    county.refer()
    same = order(performer=None)["performer"] * MOST_PERFORMERS
    who, many = caller("hospital", "TREAT"), order()
    many["performer"] = same
    orders = _ordered(county.premises, who, county.patient_id, [many])
    assert len(orders) == 1
    assert len(cards(county, signing(many))) == 1
    many["performer"] = [*same, same[0]]
    with pytest.raises(NotUnderstood, match="HOOK_INVALID"):
        cards(county, signing(many))
