"""A FHIR transaction: our ids on it, references that follow, about one patient, all of it or nothing."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from gateway.demo import person
from gateway.errors import AlreadyReceived, HandoffError, NotUnderstood
from gateway.store import Record, records
from tests.gateway.county import HOUSING, MRN, OTP, County

SHE = "urn:uuid:11111111-1111-4111-8111-111111111111"
WISH = "urn:uuid:22222222-2222-4222-8222-222222222222"
TASK = "urn:uuid:33333333-3333-4333-8333-333333333333"
NPI = "http://hl7.org/fhir/sid/us-npi"


def entry(name: str, resource: dict[str, Any], method: str = "POST", url: str = "") -> dict[str, Any]:
    return {
        "fullUrl": name,
        "resource": resource,
        "request": {"method": method, "url": url or resource["resourceType"]},
    }


def bundle(*entries: dict[str, Any], kind: str = "transaction") -> dict[str, Any]:
    return {"resourceType": "Bundle", "type": kind, "entry": list(entries)}


def goal(subject: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "resourceType": "Goal",
        "lifecycleStatus": "active",
        "description": {"text": "a ride"},
        "subject": subject,
        **more,
    }


def wish(**more: Any) -> dict[str, Any]:
    return {
        "resourceType": "ServiceRequest",
        "status": "active",
        "intent": "order",
        "subject": {"reference": SHE},
        "code": {"text": "counseling"},
        **more,
    }


def task(**more: Any) -> dict[str, Any]:
    made = {
        "resourceType": "Task",
        "status": "requested",
        "intent": "order",
        "focus": {"reference": WISH},
        "for": {"reference": SHE},
        "owner": {"reference": "Organization/counseling"},
        **more,
    }
    return {name: value for name, value in made.items() if value is not None}


def referral(changed_task: dict[str, Any] | None = None, **changed_wish: Any) -> dict[str, Any]:
    return bundle(
        entry(SHE, person.person(*MRN)),
        entry(WISH, wish(**changed_wish)),
        entry(TASK, changed_task or task()),
    )


def refused(county: County, sent: dict[str, Any], partner: str = "hospital") -> HandoffError:
    with pytest.raises(HandoffError) as error:
        county.submit(partner, sent)
    return error.value


# --------------------------------------------------------------------------------------------------- ids


def test_everything_gets_our_id_and_references_follow(county: County) -> None:
    outcome = county.submit("hospital", referral())

    kinds = [one.reference.split("/")[0] for one in outcome.entries]
    assert kinds == ["Patient", "ServiceRequest", "Task"]
    assert {one.status for one in outcome.entries} == {"201 Created"}
    made = county.task().resource
    assert made["focus"]["reference"] == outcome.entries[1].reference
    assert made["for"]["reference"] == outcome.entries[0].reference
    assert "urn:uuid" not in orjson.dumps(made).decode()


@pytest.mark.parametrize(
    "again",
    [
        entry("urn:uuid:0", goal({"reference": SHE}, identifier=[{"system": "urn:g", "value": "1"}])),
        entry("", goal({"reference": SHE}, identifier=[{"value": "x"}, {"system": "urn:g", "value": "1"}])),
    ],
)
def test_an_identifier_names_the_same_thing_each_time(county: County, again: dict[str, Any]) -> None:
    first = entry(
        "urn:uuid:9", goal({"reference": SHE}, identifier=[{"system": "urn:g", "value": "1"}], statusDate="2026-01-01")
    )  # fmt: skip
    she = entry(SHE, person.person(*OTP))
    one = county.submit("otp", bundle(she, first))

    two = county.submit("otp", bundle(she, again))

    assert two.entries[1].reference == one.entries[1].reference
    assert (two.entries[1].status, two.entries[1].version) == ("200 OK", 2)


def test_of_many_entries_each_is_as_if_it_had_come_after_those_before_it(county: County) -> None:
    numbers = [*range(20), 3, 3, 19]
    goals = [
        entry(f"urn:uuid:{place}", goal({"reference": SHE}, identifier=[{"system": "urn:g", "value": str(number)}],
              note=[{"text": "again" if place > 20 else "first"}]))
        for place, number in enumerate(numbers)
    ]  # fmt: skip

    _, *made = county.submit("otp", bundle(entry(SHE, person.person(*OTP)), *goals)).entries

    assert [(one.status, one.version) for one in made[:20]] == [("201 Created", 1)] * 20
    assert [(one.status, one.version) for one in made[20:]] == [("200 OK", 1), ("200 OK", 2), ("200 OK", 2)]
    assert [one.reference for one in made[20:]] == [made[3].reference, made[3].reference, made[19].reference]
    with county.store.read() as reading:
        there = records.present(reading, [("Goal", one.reference.split("/")[1]) for one in made])
    again = {made[3].reference, made[19].reference}
    assert len(there) == 20
    assert {one.reference for one in there.values() if one.resource["note"][0]["text"] == "again"} == again


def test_a_put_names_the_same_thing_each_time_and_no_other_partner_s(county: County) -> None:
    sent = bundle(
        entry("http://x/Patient/p", {**person.person(*OTP), "id": "p"}, "PUT", "Patient/p"),
        entry("http://x/Goal/g", goal({"reference": "Patient/p"}, id="g"), "PUT", "Goal/g"),
    )
    one = county.submit("otp", sent)
    two = county.submit("otp", {**sent, "id": "again"})
    other = county.submit("psychiatry", sent)

    assert [e.reference for e in one.entries] == [e.reference for e in two.entries]
    assert [e.version for e in two.entries] == [1, 1]
    assert one.entries[1].reference != other.entries[1].reference
    assert "Goal/g" not in one.entries[1].reference


def test_a_reference_inside_is_found_by_full_url_and_by_type_and_id(county: County) -> None:
    sent = bundle(
        entry(SHE, {**person.person(*OTP), "id": "p"}),
        entry("urn:uuid:a", goal({"reference": "Patient/p"})),
        entry("urn:uuid:b", goal({"reference": SHE})),
    )
    county.submit("otp", sent)

    (patient,) = county.records("Patient")
    assert {g.resource["subject"]["reference"] for g in county.records("Goal")} == {f"Patient/{patient.id}"}


@pytest.mark.parametrize(
    ("entries", "code", "place"),
    [
        ([entry("urn:uuid:a", goal({"reference": SHE}), "DELETE")], "METHOD_UNKNOWN", "Bundle.entry[1].request.method"),
        ([entry("http://x/Goal/1", goal({"reference": SHE}))], "ENTRY_UNNAMED", "Bundle.entry[1].fullUrl"),
        ([entry("urn:uuid:a", goal({"reference": SHE}), "PUT", "Goal?x=1")] * 1, None, None),
        (
            [entry("urn:uuid:a", goal({"reference": SHE}, identifier=[{"system": "urn:g", "value": "1"}])),
             entry("urn:uuid:a", goal({"reference": SHE}, identifier=[{"system": "urn:g", "value": "2"}]))],
            "ENTRY_TWICE", "Bundle.entry[2].fullUrl",
        ),
    ],
)  # fmt: skip
def test_an_entry_that_cannot_be_told_again_is_refused_at_its_place(
    county: County, entries: list[dict[str, Any]], code: str | None, place: str | None
) -> None:
    sent = bundle(entry(SHE, person.person(*OTP)), *entries)
    if code is None:
        assert county.submit("otp", sent).entries[1].status == "201 Created"
        return

    error = refused(county, sent, "otp")

    assert (error.code, error.place) == (code, place)


# ---------------------------------------------------------------------------------------- the one patient


@pytest.mark.requirement("DM-28")
def test_two_patients_in_one_transaction_are_refused_and_nothing_is_kept(county: County) -> None:
    other = {**person.person(*MRN), "identifier": [{"system": MRN[0], "value": "880022"}]}
    other["name"] = [{"family": "Other", "given": ["Ana"]}]
    sent = bundle(entry(SHE, person.person(*MRN)), entry("urn:uuid:o", other))

    assert refused(county, sent).code == "ONE_PATIENT"
    with pytest.raises(AssertionError, match="nobody knows her"):
        assert county.patient_id


def test_the_same_patient_twice_is_one(county: County) -> None:
    sent = bundle(entry(SHE, person.person(*MRN)), entry("urn:uuid:o", person.person(MRN[0], "770011-B")))

    assert len(county.submit("hospital", sent).entries) == 2


@pytest.mark.parametrize(
    "subject",
    [
        {"identifier": {"system": OTP[0], "value": OTP[1]}},
        {"reference": f"Patient?identifier={OTP[0]}|{OTP[1]}"},
    ],
)
def test_she_may_be_named_by_a_number_its_submitter_has_sent(county: County, subject: dict[str, Any]) -> None:
    county.submit("otp", person.treatment_plan())

    county.submit("otp", bundle(entry("urn:uuid:a", goal(subject))))

    (added,) = [g for g in county.records("Goal") if g.resource["description"].get("text") == "a ride"]
    assert added.resource["subject"]["reference"] == f"Patient/{county.patient_id}"


@pytest.mark.requirement("P2-13-02")
@pytest.mark.parametrize(
    "subject",
    [
        {"identifier": {"system": OTP[0], "value": OTP[1]}},
        {"reference": f"Patient?identifier={OTP[0]}|{OTP[1]}"},
        {"reference": "Patient/unknown"},
        {"display": "Maribel"},
    ],
)
def test_a_number_that_only_others_use_names_nobody(county: County, subject: dict[str, Any]) -> None:
    county.share_plan()

    error = refused(county, bundle(entry("urn:uuid:a", goal(subject))), "housing")

    assert (error.code, error.place) == ("PATIENT_UNKNOWN", "Bundle.entry[0].resource.subject")


def test_what_is_about_nobody_is_refused(county: County) -> None:
    organization = {
        "resourceType": "Organization",
        "name": "A clinic",
        "identifier": [{"system": "u", "value": "1"}],
    }

    assert refused(county, bundle(entry("urn:uuid:a", organization))).code == "ONE_PATIENT"


# ------------------------------------------------------------------------------------------ the same again


def test_the_same_bytes_again_get_the_same_answer(county: County) -> None:
    first = county.submit("hospital", referral())
    again = county.submit("hospital", referral())

    assert again.duplicate
    assert (again.entries, again.request_id) == (first.entries, first.request_id)
    assert len(county.intents()) == 1


def test_an_idempotency_key_holds_for_one_content_of_one_partner(county: County) -> None:
    first = county.submit("hospital", referral(), key="k-1")
    again = county.submit("hospital", referral(), key="k-1")
    with pytest.raises(AlreadyReceived) as used:
        county.submit("hospital", referral(priority="urgent"), key="k-1")
    county.submit("otp", person.treatment_plan(), key="k-1")

    assert (first.duplicate, again.duplicate) == (False, True)
    assert (used.value.code, used.value.place) == ("IDEMPOTENCY_KEY_REUSED", "Idempotency-Key")


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        ({"resourceType": "Patient"}, "BUNDLE_TYPE"),
        (bundle(kind="searchset"), "BUNDLE_TYPE"),
        (bundle(), "ENTRY_COUNT"),
        (bundle(*[entry("urn:uuid:a", goal({"reference": SHE}))] * 501), "ENTRY_COUNT"),
        (bundle({"fullUrl": "urn:uuid:a"}), "RESOURCE_TYPE_UNKNOWN"),
    ],
)
def test_what_is_no_transaction_is_refused(county: County, sent: dict[str, Any], code: str) -> None:
    assert refused(county, sent).code == code


def test_a_fault_inside_is_located_by_its_entry(county: County) -> None:
    error = refused(county, referral({**task(), "status": "bogus"}))

    assert isinstance(error, NotUnderstood)
    assert (error.place or "").startswith("Bundle.entry[2].resource.")


def test_the_addressee_s_word_stands_when_the_sender_repeats_itself(county: County) -> None:
    county.submit("hospital", referral())
    before = county.task()
    shared = Record(
        "Task", before.id, 0, before.patient_id, "counseling", ("counseling", "hospital"), True,
        before.updated_at, False, {**before.resource, "status": "accepted"},
    )  # fmt: skip
    county.write(lambda tx: records.save(tx, shared))

    county.submit("hospital", referral({**task(), "description": "changed"}))

    now = county.task()
    assert (now.resource["status"], now.resource["description"]) == ("accepted", "changed")
    assert (now.source_partner, now.sources) == ("counseling", ("counseling", "hospital"))


@pytest.mark.requirement("P2-31-04", "SD-03")
def test_a_consent_in_the_transaction_binds_at_once_and_is_not_sent_itself(county: County) -> None:
    consent = person.consent("hospital", "counseling", "TREAT", identifier=MRN)
    sent = referral()
    sent["entry"].append(entry("urn:uuid:c", consent))
    county.submit("hospital", sent)

    made = county.released()

    assert made.partner == "counseling"
    (intent,) = county.intents()
    assert {f.split("/")[0] for f in intent.focus} == {"Patient", "ServiceRequest", "Task"}
    (record,) = county.records("Consent")
    assert record.resource["patient"]["reference"] == f"Patient/{county.patient_id}"


# ----------------------------------------------------------------------------------------- FHIR referrals


@pytest.mark.requirement("SD-01")
@pytest.mark.parametrize(
    "owner",
    [
        {"reference": "Organization/counseling"},
        {"identifier": {"system": NPI, "value": "1000000020"}},
    ],
)
def test_a_task_with_an_owner_in_the_network_becomes_an_intent(county: County, owner: dict[str, Any]) -> None:
    county.submit("hospital", referral(task(owner=owner)))

    (intent,) = county.intents()
    assert (intent.partner, intent.kind, intent.purpose, intent.state) == (
        "counseling", "referral", "TREAT", "due",
    )  # fmt: skip


@pytest.mark.parametrize(
    "changed",
    [
        task(owner=None),
        task(status="draft"),
        task(focus={"reference": "urn:uuid:elsewhere"}),
        task(focus=None),
    ],
)
def test_a_task_that_asks_nobody_for_anything_is_only_kept(county: County, changed: dict[str, Any]) -> None:
    county.submit("hospital", referral(changed))

    assert county.states() == []
    assert county.task()


@pytest.mark.parametrize(
    "owner",
    [
        {"reference": "Organization/housing"},
        {"reference": "Organization/unknown"},
        {"identifier": {"system": NPI, "value": "none"}},
        {"display": "New Path"},
    ],
)
def test_an_owner_without_a_route_is_refused_at_its_place(county: County, owner: dict[str, Any]) -> None:
    error = refused(county, referral(task(owner=owner)))

    assert (error.code, error.place) == ("ADDRESSEE_UNKNOWN", "Task.owner")


def test_the_same_fhir_referral_again_adds_no_intent(county: County) -> None:
    county.submit("hospital", referral())
    county.submit("hospital", {**referral(), "id": "other-bytes"})

    assert county.states() == ["due"]


def test_numbers_of_housing_and_program_stay_theirs(county: County) -> None:
    """One person to the network; each agency's own view of her is its own record."""
    county.share_plan()

    assert {r.source_partner for r in county.records("Patient")} == {"otp", "housing"}
    assert HOUSING[1] not in str(county.search("otp", "Patient", OTP))
