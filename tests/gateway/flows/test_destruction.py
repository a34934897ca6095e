"""One patient's key is destroyed: nothing of hers opens, nothing of hers goes, and the proof about her stays."""

from __future__ import annotations

import asyncio
import sqlite3
from typing import Any

import pytest

from gateway.audit import verifier_of, verify
from gateway.demo import person
from gateway.errors import AlreadyReceived, HandoffError, NotFound, NotNow, NotUnderstood
from gateway.flows.destruction import KEY_DESTROYED, destroy_patient, remains
from gateway.flows.nothing import NothingToShow
from gateway.flows.same_person import join
from gateway.store import Record, Transaction, patients, records
from tests.gateway.county import HOUSING, County


def destroy(county: County, patient_id: str, reason: str = "she asked for it") -> dict[str, Any]:
    return county.run(destroy_patient(county.premises, patient_id, reason))


@pytest.mark.requirement("P2-16-01")
def test_nothing_of_hers_opens_and_the_log_stays_whole(county: County) -> None:
    county.consent()
    county.refer()
    county.deliver()
    patient_id = county.patient_id
    before = county.look(lambda reading: remains(reading, patient_id))

    done = destroy(county, patient_id)

    after = county.look(lambda reading: remains(reading, patient_id))
    assert before.readable > 3 and before.unreadable == 0
    assert (after.readable, after.unreadable) == (0, before.readable)
    report = county.look(lambda reading: verify(reading, verifier_of(county.folder.keys.signer)))
    assert report.ok and report.shredded == 0
    logged = county.look(lambda reading: [*reversed_audit(reading, patient_id)])
    assert logged[0].row.seq == done["entry"]
    assert (logged[0].row.outcome, logged[0].entry.description) == (KEY_DESTROYED, "she asked for it")
    assert after.audit_entries == before.audit_entries + 1 == len(logged)


def reversed_audit(reading: Any, patient_id: str) -> Any:
    from gateway.audit import of_patient

    return reversed(of_patient(reading, patient_id))


def test_what_waited_for_her_ends_with_its_requests(county: County) -> None:
    county.refer()
    county.refused()
    (intent,) = county.intents("held")

    done = destroy(county, intent.patient_id)

    assert done["ended"] == 1
    found = county.look(lambda r: r.row("intents.get", {"id": intent.id}))
    assert (found["state"], found["reason"]) == ("cancelled", "KEY_DESTROYED")
    assert county.look(lambda r: r.row("consent_requests.of_intent", {"intent_id": intent.id})) is None


def test_the_same_person_again_is_somebody_new(county: County) -> None:
    county.refer()
    before = county.patient_id
    destroy(county, before)

    county.refer(control_id="ED-2", referral="R-2")

    assert county.patient_id != before
    assert county.intents("due")


@pytest.mark.parametrize(
    ("reason", "error", "code"),
    [("", NotUnderstood, "REASON_MISSING"), (" ", NotUnderstood, "REASON_MISSING")],
)
def test_without_a_reason_nothing_is_destroyed(
    county: County, reason: str, error: type[HandoffError], code: str
) -> None:
    county.refer()
    patient_id = county.patient_id
    with pytest.raises(error, match=code):
        destroy(county, patient_id, reason)
    assert county.look(lambda reading: remains(reading, patient_id)).unreadable == 0


def test_nobody_is_destroyed_twice_or_without_being_there(county: County) -> None:
    county.refer()
    patient_id = county.patient_id
    destroy(county, patient_id)
    with pytest.raises(AlreadyReceived, match="KEY_DESTROYED"):
        destroy(county, patient_id)
    with pytest.raises(NotFound, match="NO_SUCH_PATIENT"):
        destroy(county, "nobody")


def test_while_something_of_hers_is_being_sent_it_waits(county: County) -> None:
    county.consent()
    county.refer()
    patient_id = county.patient_id
    county.claim()
    with pytest.raises(NotNow, match="BEING_SENT"):
        destroy(county, patient_id)


@pytest.mark.requirement("P2-16-01")
def test_a_save_in_the_same_group_as_the_destruction_is_refused_and_brings_no_key_back(
    county: County,
) -> None:
    """The group shares a transaction; before its commit the key would still be in memory."""
    county.refer()
    patient_id = county.patient_id
    record = county.records("Patient")[0]
    later = Record(
        "Observation", "late", 0, patient_id, "hospital", ("hospital",), False, record.updated_at, False,
        {"resourceType": "Observation", "id": "late"},
    )  # fmt: skip

    async def one_group() -> list[Any]:
        store = county.store
        works = [
            store.write(lambda tx: patients.destroy_patient_key(tx, patient_id, record.updated_at)),
            store.write(lambda tx: records.save(tx, later)),
        ]
        return await asyncio.gather(*works, return_exceptions=True)

    destroyed, saved = county.run(one_group())

    assert destroyed is None
    assert isinstance(saved, NotFound) and saved.code == "KEY_GONE"
    scope = {"scope": f"patient:{patient_id}"}
    assert county.look(lambda reading: reading.row("data_key.newest", scope)) is None
    assert county.look(lambda reading: records.get(reading, "Observation", "late")) is None


def test_a_destruction_that_is_rolled_back_destroys_nothing(county: County) -> None:
    county.refer()
    patient_id = county.patient_id

    def broken_off(tx: Transaction) -> None:
        patients.destroy_patient_key(tx, patient_id, "2026-04-11T15:00:00.000000Z")
        raise ValueError

    with pytest.raises(ValueError):
        county.write(broken_off)

    assert county.look(lambda reading: remains(reading, patient_id)).unreadable == 0
    sealed = county.write(lambda tx: tx.cipher.seal(tx, f"patient:{patient_id}", "row", b"more"))
    assert county.look(lambda r: r.cipher.open(r, f"patient:{patient_id}", "row", sealed)) == b"more"


def test_nobody_learns_from_an_answer_that_she_was_ever_here(county: County) -> None:
    county.submit("otp", person.treatment_plan())
    (plan,) = county.records("CarePlan")
    destroy(county, plan.patient_id or "")

    answers = []
    for asked in (plan.id, "00000000-0000-4000-8000-000000000000"):
        with pytest.raises(NothingToShow) as nothing:
            county.read("housing", "CarePlan", asked)
        answers.append((nothing.value.code, nothing.value.message, nothing.value.place))

    assert answers[0] == answers[1]


def test_her_sources_can_send_her_again_with_the_same_numbers(county: County) -> None:
    county.submit("otp", person.treatment_plan())
    before = {record.reference: record for record in county.records()}
    destroy(county, county.patient_id)

    county.submit("otp", person.treatment_plan(), key="again")

    after = {record.reference: record for record in county.records()}
    assert set(after) == set(before)
    again = [record for record in after.values() if record.patient_id is not None]
    assert {record.patient_id for record in again}.isdisjoint({one.patient_id for one in before.values()})
    plan = county.records("CarePlan")[0]
    history = county.look(lambda reading: records.history(reading, "CarePlan", plan.id))
    assert [one.version for one in history] == [plan.version]


def _known_to(county: County, identifier: tuple[str, str]) -> set[str]:
    token = county.premises.keys.index("Patient.identifier", *identifier)
    return {one for _, one in county.look(lambda reading: patients.find_by_token(reading, None, token))}


@pytest.mark.requirement("P2-16-01", "DM-28")
def test_whoever_was_found_to_be_her_goes_with_her(county: County) -> None:
    county.refer()
    stays = county.patient_id
    other = person.housing_client()
    other["entry"][0]["resource"] |= {
        "birthDate": "1970-01-01",
        "name": [{"family": "Other", "given": ["Ann"]}],
    }
    county.submit("housing", other, purpose="COC")
    (leaves,) = _known_to(county, HOUSING) - {stays}
    county.run(join(county.premises, leaves, stays, "one person (said by anna)"))
    before = county.look(lambda reading: remains(reading, stays))

    with pytest.raises(AlreadyReceived, match="JOINED"):
        destroy(county, leaves)
    done = destroy(county, stays)

    assert set(done["patients"]) == {stays, leaves}
    assert county.look(lambda reading: remains(reading, stays)).readable == 0 < before.readable
    assert county.look(lambda reading: remains(reading, leaves)).readable == 0


def test_every_table_that_seals_something_is_thought_of(county: County) -> None:
    """A new one must be opened by `handoff keys prove`, or hold nothing that belongs to one patient alone."""
    proven = {"record_set", "releases", "inbox"}
    not_hers = {
        "audit": "a key of its own",
        "kept_version": "configuration",
        "joined_patient": "ids only",
        "bulk_export_part": "names of records, deleted with her key",
        "mailed_link": "an address and a link, under her key; deleted when it is sent or its hours are over",
    }
    with sqlite3.connect(county.folder.path / "handoff.db") as store:
        asked = (
            "SELECT DISTINCT m.name FROM sqlite_master m, pragma_table_info(m.name) c WHERE c.name = 'sealed'"
        )
        assert {row[0] for row in store.execute(asked)} == proven | set(not_hers)
