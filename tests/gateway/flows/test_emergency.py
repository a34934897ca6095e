"""Emergency access through the gate (42 CFR §2.51): medical personnel alone, everything written down, nothing more."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from consent.notice import STATEMENT_1
from gateway.cli.audit_commands import print_why
from gateway.clock import instant_text
from gateway.demo import person
from gateway.disclosure.accounting import account_of
from gateway.disclosure.audit_events import audit_events
from gateway.disclosure.emergency import MOST_AN_HOUR
from gateway.errors import AlreadyReceived, HandoffError, NotAllowed, NotFound, NotNow, NotUnderstood
from gateway.flows import emergency
from gateway.flows.emergency import EMERGENCY_TYPES
from gateway.flows.held_requests import to_see_to
from gateway.flows.operator_acts import ACTS
from gateway.store import Record, emergency_uses, records
from tests.gateway.county import HOUSING, MRN, OTP, County, caller, resources_of
from tests.gateway.disclosure.unsteady import FullStore

NATURE = "unresponsive in the emergency department"
FACILITY = "Emergency department, Riverbend General Hospital"
PSYCHOTHERAPY = {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "PSYTHPN"}
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"


def clinician(value: str = "1990000001", name: str = "Dr. Ada Lindqvist") -> list[dict[str, Any]]:
    system = "http://hl7.org/fhir/sid/us-npi"
    identifier = {"name": "identifier", "valueIdentifier": {"system": system, "value": value}}
    return [identifier, {"name": "name", "valueString": name}]


def sound(**changes: Any) -> dict[str, Any]:
    """A sound request of the hospital's; a parameter given as None is left out."""
    stated: dict[str, tuple[str, Any]] = {
        "requestId": ("valueString", "ed-2026-0001"),
        "patient": ("valueReference", {"identifier": {"system": MRN[0], "value": MRN[1]}}),
        "clinician": ("part", clinician()),
        "facility": ("valueString", FACILITY),
        "nature": ("valueString", NATURE),
        "consentUnobtainable": ("valueBoolean", True),
        "authentication": ("valueCode", "mfa"),
    }
    kinds = {"disclosedBy": "valueString", "secondPerson": "part"}
    for name, value in changes.items():
        stated[name] = (stated[name][0] if name in stated else kinds[name], value)
    parameter = [{"name": n, kind: value} for n, (kind, value) in stated.items() if value is not None]
    return {"resourceType": "Parameters", "parameter": parameter}


def add(county: County, name: str, kind: str, source: str = "otp", **more: Any) -> None:
    """A record of hers from a partner."""
    subject = {"reference": f"Patient/{county.patient_id}"}
    named = {"AllergyIntolerance": "patient", "RelatedPerson": "patient"}.get(kind, "subject")
    resource = {"resourceType": kind, "id": name, named: subject, **more}
    at, part2 = instant_text(county.clock.now()), source == "otp"
    row = Record(kind, name, 0, county.patient_id, source, (source,), part2, at, False, resource)
    county.write(lambda tx: records.save(tx, row))


@pytest.fixture
def known(county: County) -> County:
    """Hospital and program know her; the program has her medicine, a note, and a plan; she has permitted nothing."""
    county.refer()
    county.share_plan()
    methadone = {"coding": [{"system": RXNORM, "code": "6813", "display": "Methadone"}]}
    add(county, "dose", "MedicationStatement", status="active", medicationCodeableConcept=methadone)
    add(
        county,
        "note",
        "MedicationStatement",
        status="active",
        medicationCodeableConcept={"text": "hidden-note"},
        meta={"security": [PSYCHOTHERAPY]},
    )
    add(county, "session", "Observation", status="final", code={"text": "hidden-observation"})
    add(county, "allergy", "AllergyIntolerance", code={"text": "Penicillin"})
    return county


def opened(
    county: County,
    parameters: Mapping[str, Any],
    partner: str = "hospital",
    purpose: str = "BTG",
    types: Any = EMERGENCY_TYPES,
) -> bytes:
    asked = caller(partner, purpose)
    return county.run(emergency.emergency_access(county.premises, asked, parameters, types)).content


def uses(county: County) -> int:
    return len(county.look(emergency_uses.not_reviewed))


@pytest.mark.requirement("P2-51-01", "P2-51-02", "P2-32-04", "P2-26-01")
def test_a_clinician_gets_the_emergency_set_and_nothing_else(known: County) -> None:
    content = opened(known, sound())

    found = resources_of(content)
    assert {"MedicationStatement", "AllergyIntolerance"} <= set(found)
    assert [one["id"] for one in found["MedicationStatement"]] == ["dose"]
    assert b"6813" in content and STATEMENT_1.encode() in content
    assert b"hidden-note" not in content and b"hidden-observation" not in content
    assert "Goal" not in found and "CarePlan" not in found, "a treatment plan is no safety plan"
    labels = {label["code"] for label in found["MedicationStatement"][0]["meta"]["security"]}
    assert "42CFRPart2" in labels
    told = json.dumps(found["OperationOutcome"])
    assert "Do not use or disclose it beyond" in told


@pytest.mark.requirement("P2-51-01")
def test_it_holds_against_her_denial_and_gives_no_more_for_a_permission(known: County) -> None:
    before = resources_of(opened(known, sound()))
    denial = person.consent("otp", "hospital", "TREAT", identifier=OTP)
    known.record("otp", {**denial, "provision": {"type": "deny"}})
    assert resources_of(opened(known, sound(requestId="ed-2026-0002"))) == before
    known.consent("hospital", discloser="otp", by="otp", identifier=OTP)
    allowed = resources_of(
        opened(known, sound(requestId="ed-2026-0003", secondPerson=clinician("2", "Dr. B")))
    )
    assert set(allowed) == set(before)


@pytest.mark.requirement("P2-51-02")
def test_a_reviewer_reads_what_was_stated(known: County, capsys: pytest.CaptureFixture[str]) -> None:
    opened(known, sound())
    (use,) = known.look(emergency_uses.not_reviewed)
    known.look(lambda reading: print_why(reading, use.id, as_json=False))
    told = capsys.readouterr().out
    for fact in (NATURE, "Dr. Ada Lindqvist", FACILITY, "On-call lead"):
        assert fact in told


@pytest.mark.requirement("P2-51-02", "AU-05")
def test_everything_the_law_names_stands_in_the_log_before_it_leaves(known: County) -> None:
    opened(known, sound(disclosedBy="Night nurse R. Okafor"))

    (entry,) = (one.entry for one in known.audit("disclose") if one.entry and one.entry.emergency)
    assert entry.emergency is not None and entry.bytes_sha256 and entry.basis == "MEDICAL_EMERGENCY"
    facts = entry.emergency
    assert facts.recipient == "Dr. Ada Lindqvist" and facts.recipient_identifier.endswith("|1990000001")
    assert (facts.facility, facts.nature) == (FACILITY, NATURE)
    assert facts.discloser == "Night nurse R. Okafor"
    assert entry.at == facts.opened_at == instant_text(known.clock.now())
    assert {"EMERGENCY_RECORD", "REVIEW", "TELL_DISCLOSER", "NO_FURTHER_USE"} <= set(entry.obligations)
    assert NATURE.encode() not in known.look(lambda reading: _row_bytes(known))


@pytest.mark.requirement("P2-51-02")
def test_who_got_it_is_named_once_where_the_facility_is_the_organization(known: County) -> None:
    named = known.premises.network.partners["hospital"].organization.name
    opened(known, sound(facility=named))

    (entry,) = (one.entry for one in known.audit("disclose") if one.entry and one.entry.emergency)
    assert entry.recipient_name == f"Dr. Ada Lindqvist, {named}"


def _row_bytes(county: County) -> bytes:
    """Every stored byte."""
    return b"".join(one.read_bytes() for one in county.folder.path.glob("handoff.db*"))


@pytest.mark.requirement("P2-51-02", "P2-25-01")
@pytest.mark.parametrize("law", ["all", "part2", "hipaa"])
def test_the_account_lists_it(known: County, law: str) -> None:
    opened(known, sound())
    entries = [one.entry for one in known.audit() if one.entry is not None]
    lines = [one for one in account_of(entries, law, known.clock.now()) if one.basis == "MEDICAL_EMERGENCY"]
    (line,) = lines
    assert "Dr. Ada Lindqvist" in line.recipient and FACILITY in line.recipient
    assert "MedicationStatement" in line.description and line.discloser == "Organization/otp"


def test_the_log_as_fhir_tells_it_as_a_disclosure(known: County) -> None:
    opened(known, sound())
    (logged,) = (one for one in known.audit("disclose") if one.entry and one.entry.emergency)
    kinds = [event["type"]["code"] for event in audit_events(logged, known.premises.network)]
    assert kinds == ["110106"]


@pytest.mark.requirement("P2-51-02")
def test_the_program_finds_a_note_in_the_record_and_nobody_else_does(known: County) -> None:
    opened(known, sound())
    (note,) = known.records("Communication")
    found = known.search("otp", "Communication", OTP)
    (entry,) = found["entry"]
    text = entry["resource"]["payload"][0]["contentString"]
    for fact in ("Dr. Ada Lindqvist", FACILITY, NATURE, "Riverbend General Hospital"):
        assert fact in text
    assert note.sources == ("otp",)
    assert "entry" not in known.search("hospital", "Communication", MRN)
    assert "entry" not in known.search("housing", "Communication", HOUSING, "COC")


@pytest.mark.requirement("P2-51-02")
def test_it_waits_for_a_review_and_is_reviewed_once(known: County) -> None:
    opened(known, sound())

    def listed() -> list[str]:
        network, now = known.premises.network, known.clock.now()
        found = known.look(lambda reading: to_see_to(reading, network, now, held_days=0, limit=10))
        return [one.about for one in found if one.kind == "emergency"]

    (use,) = listed()
    review = ACTS["requests reviewed"]
    with pytest.raises(NotUnderstood, match="REASON_MISSING"):
        known.run(review(known.premises, use, " "))
    known.run(review(known.premises, use, "seen with the charge nurse: sound"))
    assert listed() == []
    with pytest.raises(AlreadyReceived, match="USE_REVIEWED"):
        known.run(review(known.premises, use, "again"))
    (logged,) = (one for one in known.audit("outcome") if one.row.outcome == "emergency_reviewed")
    assert logged.entry is not None and "charge nurse" in logged.entry.description


@pytest.mark.requirement("P2-51-01", "P2-CR-01")
@pytest.mark.parametrize(
    ("standing", "code"),
    [
        (("covered_entity",), "NOT_MEDICAL_PERSONNEL"),
        (("crisis_line",), "NOT_MEDICAL_PERSONNEL"),
        (("community",), "NOT_MEDICAL_PERSONNEL"),
        ((), "NOT_MEDICAL_PERSONNEL"),
        (("medical_personnel", "law_enforcement"), "PROCEEDINGS_BARRED"),
        (("medical_personnel", "court"), "PROCEEDINGS_BARRED"),
    ],
)
def test_only_medical_personnel_by_the_network_file(known: County, standing: Any, code: str) -> None:
    known.change_partner("hospital", standing=standing)
    before = len(known.records())
    with pytest.raises(NotAllowed, match=code):
        opened(known, sound())
    assert uses(known) == 0 and len(known.records()) == before


@pytest.mark.requirement("P2-51-02")
@pytest.mark.parametrize(
    "changes",
    [
        *({name: None} for name in ("requestId", "patient", "clinician", "facility", "nature")),
        *({name: None} for name in ("consentUnobtainable", "authentication")),
        {"facility": "  "},
        {"nature": ""},
        {"clinician": []},
        {"clinician": clinician()[:1]},
        {"clinician": clinician()[1:]},
        {"clinician": clinician(value=" ")},
        {"clinician": clinician(name=" ")},
        {"secondPerson": clinician(value="")},
    ],
)
def test_what_the_law_wants_written_down_must_be_stated(known: County, changes: dict[str, Any]) -> None:
    with pytest.raises(NotUnderstood, match="EMERGENCY_RECORD_INCOMPLETE"):
        opened(known, sound(**changes))
    assert uses(known) == 0 and not [one for one in known.audit() if one.entry and one.entry.emergency]


@pytest.mark.requirement("P2-51-01")
@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"consentUnobtainable": False}, "CONSENT_OBTAINABLE"),
        ({"consentUnobtainable": "true"}, "CONSENT_OBTAINABLE"),
        ({"authentication": "pwd"}, "SECOND_FACTOR_MISSING"),
    ],
)
def test_what_is_stated_must_hold(known: County, changes: dict[str, Any], code: str) -> None:
    with pytest.raises(NotAllowed, match=code):
        opened(known, sound(**changes))


@pytest.mark.requirement("P2-51-01", "SM-03")
def test_the_purpose_of_the_token_must_be_an_emergency(known: County) -> None:
    with pytest.raises(NotAllowed, match="EMERGENCY_PURPOSE_MISSING"):
        opened(known, sound(), purpose="TREAT")


ODD = [
    [],
    "x",
    [{"name": "nature"}],
    [{"name": "elsewhere", "valueString": "x"}],
    [{"name": "nature", "valueString": "x", "extension": []}],
    [{"name": "nature", "valueCode": "x"}],
    [7],
]


@pytest.mark.parametrize("listed", ODD)
def test_odd_parameters_are_refused_by_place(known: County, listed: Any) -> None:
    with pytest.raises(NotUnderstood) as caught:
        opened(known, {"resourceType": "Parameters", "parameter": listed})
    assert caught.value.code in ("EMERGENCY_PARAMETER", "EMERGENCY_RECORD_INCOMPLETE")
    doubled = sound()["parameter"] + sound()["parameter"][:1]
    with pytest.raises(NotUnderstood, match="EMERGENCY_PARAMETER"):
        opened(known, {"resourceType": "Parameters", "parameter": doubled})


@pytest.mark.requirement("P2-13-02", "P2-51-01")
def test_of_the_patient_no_refusal_tells_anything(known: County) -> None:
    """Somebody only others know, nobody at all, another's id, and one of whom it is not certain who she is."""
    others = [
        {"identifier": {"system": OTP[0], "value": OTP[1]}},
        {"identifier": {"system": MRN[0], "value": "nobody"}},
        {"reference": "Patient/nobody"},
        {"reference": f"Patient/{known.own_patient_id('otp')}"},
        {},
    ]
    told = set()
    for number, patient in enumerate(others):
        with pytest.raises(NotFound) as caught:
            opened(known, sound(patient=patient, requestId=f"probe-{number:04}"))
        told.add((caught.value.code, caught.value.message, caught.value.place))
    from gateway.store import patients

    known.write(lambda tx: patients.doubt(tx, known.patient_id))
    with pytest.raises(NotFound) as caught:
        opened(known, sound())
    told.add((caught.value.code, caught.value.message, caught.value.place))
    assert len(told) == 1 and uses(known) == 0
    refused = [one.entry for one in known.audit("refuse") if one.entry and one.entry.emergency]
    assert [reason.code for entry in refused for reason in entry.reasons] == ["IDENTITY_PENDING"]


@pytest.mark.requirement("P2-13-02")
def test_nothing_to_release_and_nobody_there_are_one_answer(county: County) -> None:
    county.refer()
    told = set()
    for number, value in enumerate((MRN[1], "nobody")):
        patient = {"identifier": {"system": MRN[0], "value": value}}
        with pytest.raises(NotFound) as caught:
            opened(county, sound(patient=patient, requestId=f"probe-{number:04}"))
        told.add((caught.value.code, caught.value.message))
    assert len(told) == 1 and uses(county) == 0


@pytest.mark.requirement("P2-51-01")
def test_the_same_request_again_is_the_same_use_for_four_hours(known: County) -> None:
    opened(known, sound())
    known.clock.advance(timedelta(hours=3, minutes=59))
    opened(known, sound())
    assert uses(known) == 1
    both = [one for one in known.audit("disclose") if one.entry and one.entry.emergency]
    assert len(both) == 2, "each release is written down"

    known.clock.advance(timedelta(minutes=1))
    with pytest.raises(NotAllowed, match="EMERGENCY_OVER"):
        opened(known, sound())


@pytest.mark.requirement("P2-51-02")
@pytest.mark.parametrize(
    "changes",
    [
        {"nature": "another emergency"},
        {"facility": "Another ward"},
        {"clinician": clinician("1990000002", "Dr. Somebody Else")},
    ],
)
def test_a_request_id_is_not_used_for_another_emergency(known: County, changes: dict[str, Any]) -> None:
    opened(known, sound())
    with pytest.raises(AlreadyReceived, match="REQUEST_ID_REUSED"):
        opened(known, sound(**changes))


def test_a_request_id_does_not_carry_over_to_another_patient(known: County) -> None:
    opened(known, sound())
    swap = {
        "Testperson^Maribel": "Smith^Robert",
        "19960417|F": "19510101|M",
        "5550142": "5550777",
        "770011": "880022",
    }
    known.refer("ED-2", "R-2", change=swap)
    patient = {"identifier": {"system": MRN[0], "value": "880022"}}
    with pytest.raises(AlreadyReceived, match="REQUEST_ID_REUSED"):
        opened(known, sound(patient=patient))


@pytest.mark.requirement("P2-51-01")
def test_the_third_use_of_a_day_needs_somebody_else(known: County) -> None:
    for number in range(2):
        opened(known, sound(requestId=f"ed-use-{number}"))
    with pytest.raises(NotAllowed, match="SECOND_PERSON_MISSING"):
        opened(known, sound(requestId="ed-use-2"))
    with pytest.raises(NotAllowed, match="SECOND_PERSON_MISSING"):
        own = clinician(name="Another name for herself")
        opened(known, sound(requestId="ed-use-2", secondPerson=own))
    opened(known, sound(requestId="ed-use-2", secondPerson=clinician("1990000009", "Dr. Second")))
    last = known.audit("disclose")[-1].entry
    assert last is not None and last.emergency is not None and "Dr. Second" in last.emergency.second_person


@pytest.mark.requirement("P2-51-01")
def test_a_facility_cannot_empty_the_store_by_emergencies(known: County) -> None:
    for number in range(MOST_AN_HOUR):
        opened(known, sound(requestId=f"ed-use-{number}", clinician=clinician(f"19900001{number:02}")))
    with pytest.raises(NotNow, match="EMERGENCY_TOO_MANY"):
        opened(known, sound(requestId="ed-use-x", clinician=clinician("1990000200")))
    known.clock.advance(timedelta(hours=1))
    opened(known, sound(requestId="ed-use-x", clinician=clinician("1990000200")))


@pytest.mark.requirement("AU-06", "P2-51-02")
def test_what_the_log_does_not_take_is_not_released(known: County) -> None:
    known.premises = replace(known.premises, store=FullStore(known.store))  # type: ignore[arg-type]
    with pytest.raises(NotNow, match="STORE_BUSY"):
        opened(known, sound())
    known.premises = replace(known.premises, store=known.store)
    assert uses(known) == 0 and not known.records("Communication")


def test_a_partner_that_practises_gets_nothing(known: County) -> None:
    known.change_partner("hospital", state="test")
    with pytest.raises(NotAllowed, match="PARTNER_PRACTISES"):
        opened(known, sound())


def test_only_what_the_token_covers_is_released(known: County) -> None:
    found = resources_of(opened(known, sound(), types=("AllergyIntolerance", "Observation", "Goal")))
    assert set(found) == {"AllergyIntolerance", "OperationOutcome"}


def test_a_request_is_one_of_its_partner_alone(known: County) -> None:
    opened(known, sound())
    known.change_partner("psychiatry", standing=("covered_entity", "medical_personnel"))
    with pytest.raises(HandoffError) as caught:
        opened(known, sound(), partner="psychiatry")
    assert caught.value.code == "NO_SUCH_RECORD", "neither the request id nor the patient is known to it"
