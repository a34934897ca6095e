"""Corners of the gate that no ordinary day reaches."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from msgspec import structs

from gateway.demo import person
from gateway.disclosure.content import as_it_leaves, notice_of, notice_outcomes, transaction_bundle
from gateway.disclosure.gate import LastLook, release, still_stands
from gateway.disclosure.gather import own_resource
from gateway.disclosure.handovers import interrupted
from gateway.disclosure.local_format import in_local_format
from gateway.disclosure.release import Release
from gateway.disclosure.release_questions import released_bytes
from gateway.disclosure.seen import Asking, seen_alone
from gateway.errors import NotUnderstood
from gateway.flows.consent_record import keep_consent
from gateway.flows.library import mapping_files
from gateway.partners import FhirDelivery
from gateway.resources import to_json
from gateway.store import Intent, Reading, Record, Transaction, intents, outbox, patients, records
from mappings import read_library
from tests.gateway.county import NOW, OTP, County, caller, matches
from tests.gateway.disclosure.unsteady import UnsteadyStore

AT = "2026-04-11T15:00:00.000000Z"


@pytest.fixture
def made(county: County) -> Release:
    """A release that has not left, to a program that a repeat would harm."""
    county.change_partner("otp", delivery=FhirDelivery(url="http://127.0.0.1:9/fhir", on_unknown="ask"))
    county.consent()
    county.refer()
    return county.released()


# ------------------------------------------------------------------------------------------- the last look


@pytest.mark.requirement("P2-31-12")
def test_the_last_look_says_yes_once_and_that_is_stored(county: County, made: Release) -> None:
    look = LastLook(county.premises, made)

    assert county.run(look())
    row = county.look(lambda reading: outbox.get(reading, made.id))
    assert row is not None
    assert (row.state, look.said_yes) == ("handed_over", True)


@pytest.mark.requirement("P2-31-12")
@pytest.mark.parametrize("after", [False, True], ids=["while it is stored", "just after it was stored"])
def test_a_withdrawal_during_the_last_look_still_stops_it(county: County, made: Release, after: bool) -> None:
    store = UnsteadyStore(county.store, county.patient_id, 1, after=after)
    look = LastLook(replace(county.premises, store=store), made)

    assert not county.run(look())
    row = county.look(lambda reading: outbox.get(reading, made.id))
    assert row is not None
    assert (row.state, look.said_yes) == (("handed_over" if after else "prepared"), False)


@pytest.mark.requirement("P2-31-11")
def test_a_release_does_not_outlive_the_consent_it_rests_on(county: County, made: Release) -> None:
    assert made.valid_until is not None
    assert still_stands(county.premises, made)
    county.clock.advance(made.valid_until - NOW)

    assert not still_stands(county.premises, made)
    assert still_stands(county.premises, replace(made, valid_until=None))


def test_only_what_was_being_handed_over_is_accounted_for_after_a_crash(
    county: County, made: Release
) -> None:
    county.write(lambda tx: interrupted(tx, made.id, "INTERRUPTED", NOW))
    county.write(lambda tx: interrupted(tx, "none", "INTERRUPTED", NOW))

    assert county.audit("handover") == []


@pytest.mark.requirement("AU-06")
def test_a_destroyed_audit_entry_does_not_keep_a_release_open(county: County, made: Release) -> None:
    """At the end of the accounting period the facts are gone; what was handed over is settled all the same."""
    scope = f"audit:{county.patient_id}"
    county.write(lambda tx: outbox.mark(tx, made.id, "handed_over", AT))
    county.write(lambda tx: tx.execute("data_key.mark_destroyed", {"scope": scope, "at": AT}))
    county.write(lambda tx: tx.execute("data_key.destroy", {"scope": scope}))
    county.folder.keys.cipher.forget(scope, for_ever=True)

    county.write(lambda tx: interrupted(tx, made.id, "INTERRUPTED", NOW))

    row = county.look(lambda reading: outbox.get(reading, made.id))
    assert row is not None
    assert row.state == "unknown"


# ------------------------------------------------------------------------------------ what is in the bytes


def test_where_a_record_came_from_and_which_version_is_held_never_leave() -> None:
    held = {"source": "urn:otp", "versionId": "1", "lastUpdated": AT}
    told = {"resourceType": "Goal", "id": "g", "meta": {**held, "profile": ["urn:p"]}}

    assert as_it_leaves(told) == {"resourceType": "Goal", "id": "g", "meta": {"profile": ["urn:p"]}}
    assert as_it_leaves({"resourceType": "Goal", "meta": held}) == {"resourceType": "Goal"}
    assert as_it_leaves({"resourceType": "Goal"}) == {"resourceType": "Goal"}


def test_every_reference_to_a_source_s_own_id_of_her_becomes_ours(county: County) -> None:
    county.share_plan()
    theirs = next(r.id for r in county.records("Patient") if r.id != county.patient_id)
    own, other = f"Patient/{county.patient_id}", {"reference": "Patient/x", "display": "other"}
    resource: dict[str, Any] = {
        "resourceType": "Basic",
        "reference": f"Patient/{theirs}",
        "rank": 1,
        "subject": {"reference": f"Patient/{theirs}", "display": "she"},
        "author": {"reference": f"Patient/{theirs}"},
        "nested": [[{"reference": f"Patient/{theirs}"}, 5], ["text"], {"who": other}, "word"],
        "unchanged": other,
        "alone": {"reference": "Patient/x"},
        "empty": {"reference": None},
    }
    record = Record("Basic", "b", 1, county.patient_id, "otp", ("otp",), True, AT, False, resource)

    shown = county.look(lambda reading: own_resource(reading, county.patient_id, record))

    assert theirs not in str(shown)
    assert shown["subject"] == {"reference": own, "display": "she"}
    assert shown["nested"] == [[{"reference": own}, 5], ["text"], {"who": other}, "word"]
    assert (shown["unchanged"], shown["rank"], shown["empty"]) == (other, 1, {"reference": None})
    assert resource["author"] == {"reference": f"Patient/{theirs}"}, "what is held is not changed"


@pytest.mark.requirement("P2-32-03")
def test_a_notice_for_somebody_outside_the_network_keeps_the_reference(county: County, made: Release) -> None:
    elsewhere = replace(made.decision, recipient="Organization/elsewhere")

    assert (
        notice_of(county.premises, elsewhere).statement == notice_of(county.premises, made.decision).statement
    )
    assert "Sunrise" not in notice_of(county.premises, elsewhere).scope_text


def test_a_decision_that_owes_no_notice_adds_none(county: County, made: Release) -> None:
    notice = notice_of(county.premises, made.decision)
    bare = replace(notice, statement=None, scope_text="")

    content = transaction_bundle([{"resourceType": "Goal", "id": "g"}], bare, "Patient/p", NOW)
    nothing = transaction_bundle([], notice, "Patient/p", NOW)

    assert b"DocumentReference" not in content
    assert b"entry" not in nothing
    beside = transaction_bundle([{"resourceType": "Goal", "id": "g"}], notice, "Patient/p", NOW)
    assert b"DocumentReference" in beside and b"Patient/p" not in beside, "she is not there to be referred to"
    assert notice_outcomes(()) == ()


def test_a_format_without_a_place_for_the_notice_cannot_carry_the_release(
    county: County, made: Release
) -> None:
    notice = replace(notice_of(county.premises, made.decision), scope_text="words that no format would write")
    mapping: Any = county.premises.library.mapping("hospital/rri_i12")
    settings = {"notice": ""}
    resources = [record.resource for record in county.records("Task", "ServiceRequest", "Patient")]
    made_with_notice = in_local_format(
        mapping, resources, notice, at=NOW, control_id="C1", zone="UTC", settings=settings
    )

    assert b"words that no format would write" in made_with_notice.content
    with pytest.raises(NotUnderstood) as refused:
        in_local_format(mapping, [], notice, at=NOW, control_id="C1", zone="UTC", settings=settings)
    assert refused.value.code in ("RENDER_REFUSED", "NOTICE_CANNOT_BE_CARRIED")


# ------------------------------------------------------------------------------------ records of several


def answer(county: County) -> None:
    """The program has accepted the hospital's referral."""
    county.consent()
    county.refer()
    county.deliver()
    county.answer("otp", "accepted")


@pytest.mark.requirement("P2-12-01", "P2-13-02")
def test_what_one_of_its_sources_may_not_disclose_is_withheld_and_audited_so(county: County) -> None:
    """The hospital's repeat may go to psychiatry, but the program has written to the Task and may not tell."""
    answer(county)
    county.consent("psychiatry")
    task = county.task()
    both = structs.replace(task, version=0, source_partner="hospital", updated_at=AT)
    county.write(lambda tx: records.save(tx, both))

    found = county.search("psychiatry", "Task", None, patient=county.patient_id)

    assert matches(found) == []
    entry = county.audit("refuse")[-1].entry
    assert entry is not None
    codes = {reason.code for resource in entry.resources for reason in resource.reasons}
    assert "OTHER_SOURCE_WITHHOLDS" in codes


@pytest.mark.requirement("P2-13-02")
def test_who_began_a_task_still_sees_its_own_last_version_of_it(county: County) -> None:
    answer(county)

    (task,) = matches(county.search("hospital", "Task", (person.MRN_SYSTEM, "770011")))

    assert task["status"] == "requested"
    assert "otp" not in str(task.get("meta"))


@pytest.mark.requirement("DM-28", "P2-13-02")
@pytest.mark.parametrize("why", ["practising", "uncertain"])
def test_others_records_are_not_even_decided_for_whom_or_about_whom_it_is_too_early(
    county: County, why: str
) -> None:
    county.share_plan()
    county.consent("housing", discloser="otp", purpose="COC", identifier=OTP)
    if why == "practising":
        county.change_partner("housing", state="test")
        patient_id = county.patient_id
    else:
        patient_id = county.write(lambda tx: patients.create(tx, AT, False))
        goal = structs.replace(county.records("Goal")[0], id="g2", version=0, patient_id=patient_id)
        county.write(lambda tx: records.save(tx, goal))

    assert county.search("housing", "Goal", None, "COC", patient=patient_id)["total"] == 0


def test_an_intent_of_no_special_kind_needs_no_special_resource(county: County) -> None:
    county.consent(classes=("Condition",))
    county.refer()
    (intent,) = county.claim()
    notice: Intent = replace(intent, id="n1", kind="notice", business_key="other")
    county.write(lambda tx: intents.add(tx, replace(notice, state="held")))
    done = county.run(release(county.premises, notice))

    assert isinstance(done, Release)
    assert b"F11.20" in done.content


# ---------------------------------------------------------------------------------------- formats and notices


def without_notice(county: County) -> Any:
    """The hospital's own answer format, with the row taken out that holds the notice."""
    file = "formats/hospital/rri_i12/mapping.yaml"
    files = mapping_files()
    files[file] = files[file].replace(b"  - {setting: notice, from: NTE-3}\n", b"")
    return read_library(files).mapping("hospital/rri_i12")


@pytest.mark.requirement("P2-32-04", "P2-32-02")
def test_a_format_with_no_place_for_the_notice_carries_nothing_that_owes_one(county: County) -> None:
    answer(county)
    county.share_plan()
    county.consent("hospital", discloser="otp", identifier=OTP, classes=("Task",))
    made = county.released()
    notice = notice_of(county.premises, made.decision)
    resources = [record.resource for record in county.records()]

    with pytest.raises(NotUnderstood) as refused:
        in_local_format(
            without_notice(county), resources, notice, at=NOW, control_id="C1", zone="UTC", settings={}
        )

    assert refused.value.code == "NOTICE_CANNOT_BE_CARRIED"


def test_a_question_asked_offline_may_be_answered_in_a_partner_s_format(county: County) -> None:
    """She asks for her own records: nothing is withheld and no notice is owed."""
    county.refer()
    own = {"reference": f"Patient/{county.records('Patient')[0].id}"}
    asked = {
        "at": "2026-04-11T15:00:00Z",
        "patient": own["reference"],
        "discloser": {"references": ["Organization/hospital"]},
        "recipient": {"references": [own["reference"]], "standing": ["patient"]},
        "purposes": ["PATRQT"],
        "action": "disclose",
        "directory": [],
        "consents": [],
        "resources": [dict(record.resource) for record in county.records()],
        "policy": {"packs": ["hipaa"], "part2_sources": [], "zone": "UTC"},
        "format": "hospital/rri_i12",
    }
    library = county.premises.library

    once = released_bytes(to_json(asked), library.mapping)
    again = released_bytes(to_json(asked), library.mapping)

    assert once is not None
    assert once.startswith(b"MSH|")
    assert b"RRI^I12^RRI_I12" in once
    assert once == again


@pytest.mark.requirement("FH-CON-06", "P2-32-01")
def test_what_is_released_for_treatment_without_a_consent_owes_no_notice(county: County) -> None:
    policy = type(county.premises.network.content.policy)
    county.change_network(policy=policy(no_consent="treatment"))
    county.refer()

    found = county.search("psychiatry", "Condition", None, patient=county.patient_id)

    assert [entry["search"]["mode"] for entry in found["entry"]] == ["match"]


def test_what_is_read_in_a_transaction_is_not_remembered(county: County) -> None:
    """It may be rolled back, and another consent get the same epoch: what it permitted would be permitted by nothing."""
    county.share_plan()
    (plan,) = county.records("CarePlan")

    def permitted(reading: Reading) -> bool:
        at = county.premises.clock.now()
        asking = Asking("housing", "COC", at)
        return seen_alone(county.premises, reading, asking, county.patient_id, plan)[0] is not None

    class UndoneError(Exception):
        """What the disk says to the commit."""

    def undone(tx: Transaction) -> None:
        made = person.consent("otp", "housing", "COC", identifier=OTP, classes=("CarePlan",))
        keep_consent(county.premises, tx, caller("otp"), {**made, "id": "c"}, county.patient_id, NOW, "r")
        assert permitted(tx)
        raise UndoneError

    with pytest.raises(UndoneError):
        county.write(undone)
    county.write(lambda tx: patients.raise_epoch(tx, county.patient_id))  # the epoch that was undone

    assert not county.look(permitted)
