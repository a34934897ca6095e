"""Messages, patients, records, consents, releases: what goes in comes out, and what may not go in does not."""

from __future__ import annotations

from decimal import Decimal
from types import MappingProxyType
from typing import Any

import pytest

from gateway import audit
from gateway.errors import AlreadyReceived, Internal, NotFound, NotUnderstood
from gateway.store import (
    ConsentRequest,
    ConsentState,
    ReleaseRow,
    Transaction,
    consent_requests,
    consents,
    inbox,
    intents,
    outbox,
    patients,
    records,
    tokens,
)
from tests.gateway.store.samples import AT, LATER, MUCH_LATER, entry, intent, message, record, with_patient

RESOURCE = {"resourceType": "Observation", "valueQuantity": {"value": Decimal("1.50")}, "tags": ["a", "b"]}


# messages


def test_a_message_comes_back_byte_for_byte(write: Any, store: Any) -> None:
    raw = b"\xef\xbb\xbfMSH|^~\\&|\r\n\x00\xff"
    write(lambda tx: inbox.keep(tx, message(), raw))
    with store.read() as reading:
        assert inbox.get(reading, "m1") == message()
        assert inbox.raw(reading, "m1") == raw
        assert inbox.get(reading, "m2") is None
        with pytest.raises(NotFound, match="NO_SUCH_MESSAGE"):
            inbox.raw(reading, "m2")


def test_the_same_bytes_are_kept_once_but_a_replay_again(write: Any) -> None:
    write(lambda tx: inbox.keep(tx, message(1), b"raw"))
    same = {"control_id": "C1", "body_sha256": message(1).body_sha256}
    with pytest.raises(AlreadyReceived, match="ROW_EXISTS"):
        write(lambda tx: inbox.keep(tx, message(2, **same), b"raw"))
    write(lambda tx: inbox.keep(tx, message(3, replay_of="m1", **same), b"raw"))
    write(lambda tx: inbox.keep(tx, message(4, replay_of="m1", **same), b"raw"))


def test_a_control_id_used_again_finds_both_newest_first(write: Any, store: Any) -> None:
    write(lambda tx: inbox.keep(tx, message(1, control_id="C"), b"one"))
    write(lambda tx: inbox.keep(tx, message(2, control_id="C", received_at=LATER), b"two"))
    write(lambda tx: inbox.keep(tx, message(3, control_id="C", channel="other"), b"three"))
    with store.read() as reading:
        assert [found.id for found in inbox.find(reading, "hospital", "mllp", "C")] == ["m2", "m1"]
        assert inbox.find(reading, "clinic", "mllp", "C") == ()


def test_messages_are_listed_by_state_and_partner(write: Any, store: Any) -> None:
    write(lambda tx: inbox.keep(tx, message(1), b""))
    write(lambda tx: inbox.keep(tx, message(2, partner="clinic", received_at=LATER), b""))
    write(lambda tx: inbox.set_state(tx, "m2", "needs_attention", '[{"code":"X"}]'))
    with store.read() as reading:
        assert [found.id for found in inbox.list_messages(reading)] == ["m2", "m1"]
        assert [found.id for found in inbox.list_messages(reading, state="needs_attention")] == ["m2"]
        assert [found.id for found in inbox.list_messages(reading, partner="hospital")] == ["m1"]
        assert inbox.list_messages(reading, state="needs_attention", partner="hospital") == ()
        assert len(inbox.list_messages(reading, limit=1)) == 1


@pytest.mark.parametrize(
    "work",
    [
        lambda tx: inbox.set_state(tx, "m9", "accepted", "[]"),
        lambda tx: outbox.mark(tx, "rel9", "delivered", AT),
        lambda tx: patients.raise_epoch(tx, "p9"),
        lambda tx: patients.certain(tx, "p9"),
        lambda tx: outbox.content(tx, "rel9"),
    ],
)
def test_nothing_happens_silently_to_what_does_not_exist(write: Any, work: Any) -> None:
    with pytest.raises(NotFound):
        write(work)


# patients


def test_a_patient_is_found_by_a_partners_identifier(write: Any, store: Any) -> None:
    write(with_patient("p2"))
    write(lambda tx: patients.link(tx, "hospital", "t", "p1"))
    write(lambda tx: patients.link(tx, "hospital", "t", "p1"))
    write(lambda tx: patients.link(tx, "clinic", "t", "p2"))
    with store.read() as reading:
        assert patients.find_by_token(reading, "hospital", "t") == (("hospital", "p1"),)
        assert patients.find_by_token(reading, None, "t") == (("clinic", "p2"), ("hospital", "p1"))
        assert patients.find_by_token(reading, "hospital", "u") == ()
        assert patients.links_of(reading, "p2") == (("clinic", "t"),)
    with pytest.raises(AlreadyReceived, match="LINKED_ELSEWHERE"):
        write(lambda tx: patients.link(tx, "hospital", "t", "p2"))


def test_a_provisional_patient_is_not_certain(write: Any, store: Any) -> None:
    made = write(lambda tx: patients.create(tx, AT, False))
    with store.read() as reading:
        assert not patients.certain(reading, made)
        assert patients.certain(reading, "p1")
        assert patients.exists(reading, made) and not patients.exists(reading, "p9")


def test_every_raise_gives_a_new_epoch(write: Any, store: Any) -> None:
    assert write(lambda tx: patients.raise_epoch(tx, "p1")) == 2
    assert write(lambda tx: patients.raise_epoch(tx, "p1")) == 3


def test_match_keys_find_all_who_share_them(write: Any, store: Any) -> None:
    write(with_patient("p2"))
    for patient in ("p1", "p2", "p2"):
        write(lambda tx, patient=patient: patients.add_match_key(tx, patient, "k"))
    with store.read() as reading:
        assert patients.find_by_match_key(reading, "k") == ("p1", "p2")


# records


def test_a_record_comes_back_exactly(write: Any, store: Any) -> None:
    saved = write(lambda tx: records.save(tx, record(RESOURCE)))
    assert saved == record(RESOURCE, version=1)
    with store.read() as reading:
        found = records.get(reading, "Observation", "r1")
    assert found == saved
    assert str(found.resource["valueQuantity"]["value"]) == "1.50"
    assert found.reference == "Observation/r1"
    assert found.version_reference == "Observation/r1/_history/1"


def test_the_same_content_again_is_the_same_version(write: Any) -> None:
    first = write(lambda tx: records.save(tx, record(RESOURCE)))
    again = write(lambda tx: records.save(tx, record(MappingProxyType(RESOURCE), updated_at=LATER)))
    assert (again.version, again.updated_at) == (1, first.updated_at)


@pytest.mark.parametrize(
    "change",
    [
        {"resource": RESOURCE | {"status": "final"}},
        {"sources": ("m1", "m2")},
        {"part2": True},
        {"deleted": True},
        {"source_partner": "clinic"},
        {"resource": RESOURCE | {"valueQuantity": {"value": Decimal("1.5")}}},
    ],
)
def test_another_content_or_fact_is_a_new_version_and_the_old_one_stays(
    write: Any, store: Any, change: dict[str, Any]
) -> None:
    write(lambda tx: records.save(tx, record(RESOURCE)))
    saved = write(lambda tx: records.save(tx, record(RESOURCE, updated_at=LATER, **change)))
    assert (saved.version, saved.updated_at) == (2, LATER)
    with store.read() as reading:
        assert records.get(reading, "Observation", "r1") == saved
        assert records.version(reading, "Observation", "r1", 1) == record(RESOURCE, version=1)
        assert records.version(reading, "Observation", "r1", 3) is None
        assert [found.version for found in records.history(reading, "Observation", "r1")] == [2, 1]


def test_a_patients_records_come_by_type_and_id_without_the_deleted(write: Any, store: Any) -> None:
    write(with_patient("p2"))

    def save(tx: Transaction) -> None:
        for kind, name, changed in (
            ("Task", "2", {}),
            ("Task", "1", {}),
            ("Goal", "3", {}),
            ("Goal", "4", {"deleted": True}),
            ("Goal", "5", {"patient_id": "p2"}),
            ("Organization", "6", {"patient_id": None}),
        ):
            records.save(tx, record({"resourceType": kind}, id=name, **changed))

    write(save)
    with store.read() as reading:
        assert [r.reference for r in records.of_patient(reading, "p1")] == ["Goal/3", "Task/1", "Task/2"]
        assert [r.id for r in records.of_patient(reading, "p1", ["Task", "Goal"])] == ["3", "1", "2"]
        assert records.of_patient(reading, "p1", ["Patient"]) == ()
        assert records.get(reading, "Organization", "6") is not None


def test_tokens_find_a_record_until_they_are_replaced(write: Any, store: Any) -> None:
    saved = write(lambda tx: records.save(tx, record(RESOURCE)))
    write(lambda tx: records.set_tokens(tx, saved, [("code", "a"), ("code", "b"), ("code", "a")]))
    with store.read() as reading:
        assert records.find_token(reading, "Observation", "code", "b") == (("Observation", "r1"),)
        assert records.find_token(reading, "Observation", "status", "b") == ()
    write(lambda tx: records.set_tokens(tx, saved, [("code", "c")]))
    with store.read() as reading:
        assert records.find_token(reading, "Observation", "code", "b") == ()
        assert records.find_token(reading, "Observation", "code", "c") == (("Observation", "r1"),)


def test_a_resource_that_is_no_json_is_refused(write: Any) -> None:
    with pytest.raises(TypeError):
        write(lambda tx: records.save(tx, record({"resourceType": "Patient", "x": object()})))


# consents


def test_a_consents_state_is_the_last_one_saved(write: Any, store: Any) -> None:
    first = ConsentState("c1", "p1", 1, "unverified", "clinic", AT, '["X"]')
    last = ConsentState("c1", "p1", 2, "usable", "clinic", LATER)
    write(lambda tx: consents.save(tx, first))
    write(lambda tx: consents.save(tx, last))
    with store.read() as reading:
        assert consents.get(reading, "c1") == last
        assert consents.of_patient(reading, "p1") == (last,)
        assert consents.get(reading, "c2") is None
    with pytest.raises(Internal, match="STORE_RULE_BROKEN"):
        write(lambda tx: consents.save(tx, ConsentState("c2", "p1", 1, "perhaps", "clinic", AT)))


def test_an_intent_has_one_open_consent_request(write: Any, store: Any) -> None:
    write(lambda tx: intents.add(tx, intent("a", state="held")))
    first = ConsentRequest("q1", "a", "p1", "worker-7", AT, LATER, reason="NO_CONSENT")
    second = ConsentRequest("q2", "a", "p1", "worker-7", LATER, MUCH_LATER)
    assert write(lambda tx: consent_requests.open_request(tx, first))
    assert not write(lambda tx: consent_requests.open_request(tx, second))
    with store.read() as reading:
        assert consent_requests.of_intent(reading, "a") == first
        assert consent_requests.open_of_owner(reading, "worker-7") == (first,)
    assert write(lambda tx: consent_requests.close(tx, "a", LATER, "CONSENT_CAME"))
    assert not write(lambda tx: consent_requests.close(tx, "a", LATER, "CONSENT_CAME"))
    assert write(lambda tx: consent_requests.open_request(tx, second))


# releases


def _release(name: str = "rel1", audit_seq: int = 1) -> ReleaseRow:
    return ReleaseRow(name, "a", "p1", "clinic", audit_seq, "00", "application/fhir+json", AT, "prepared")


@pytest.mark.requirement("AU-06")
def test_a_release_without_an_audit_entry_is_impossible(write: Any) -> None:
    write(lambda tx: intents.add(tx, intent("a")))
    with pytest.raises(Internal, match="STORE_RULE_BROKEN"):
        write(lambda tx: outbox.add(tx, _release(audit_seq=1), b"bytes"))
    with pytest.raises(Internal, match="STORE_RULE_BROKEN"):
        write(lambda tx: outbox.add(tx, _release(audit_seq=None), b"bytes"))


@pytest.mark.requirement("AU-06")
def test_an_audit_entry_that_fails_takes_the_release_with_it(write: Any, store: Any) -> None:
    def work(tx: Transaction) -> None:
        receipt = audit.append(tx, entry())
        outbox.add(tx, _release(audit_seq=receipt.seq), b"bytes")
        raise ZeroDivisionError

    write(lambda tx: intents.add(tx, intent("a")))
    with pytest.raises(ZeroDivisionError):
        write(work)
    with store.read() as reading:
        assert outbox.get(reading, "rel1") is None
        assert audit.newest(reading, 10) == ()


def test_released_bytes_come_back_exactly_with_how_far_they_got(write: Any, store: Any) -> None:
    write(lambda tx: intents.add(tx, intent("a")))
    write(lambda tx: outbox.add(tx, _release(audit_seq=audit.append(tx, entry()).seq), b"\x00bytes"))
    write(lambda tx: outbox.mark(tx, "rel1", "handed_over", LATER))
    with store.read() as reading:
        found = outbox.get(reading, "rel1")
        assert found is not None and found.state == "handed_over"
        assert outbox.content(reading, "rel1") == b"\x00bytes"
        assert outbox.of_intent(reading, "a") == outbox.of_audit(reading, 1) == (found,)
        assert outbox.of_patient(reading, "p1") == (found,)


# tokens


@pytest.mark.requirement("SM-01")
def test_an_assertion_counts_once_until_it_expires(write: Any) -> None:
    assert write(lambda tx: tokens.use_jti(tx, "clinic", "j", LATER))
    assert not write(lambda tx: tokens.use_jti(tx, "clinic", "j", MUCH_LATER))
    assert write(lambda tx: tokens.use_jti(tx, "housing", "j", LATER))
    assert write(lambda tx: tokens.forget_expired(tx, LATER)) == 0
    assert write(lambda tx: tokens.forget_expired(tx, MUCH_LATER)) == 2
    assert write(lambda tx: tokens.use_jti(tx, "clinic", "j", MUCH_LATER))


def test_kept_ids_are_found_by_how_they_begin(write: Any, store: Any) -> None:
    for jti in ("a-2", "a-1", "a", "b-1", "aa-1"):
        write(lambda tx, jti=jti: tokens.remember(tx, "clinic", jti, LATER))
    write(lambda tx: tokens.remember(tx, "housing", "a-3", LATER))
    with store.read() as reading:
        assert tokens.that_begin(reading, "clinic", "a-") == ("1", "2")
        assert tokens.that_begin(reading, "clinic", "c") == ()


def test_text_that_not_every_database_takes_is_refused_by_all_alike(store: Any, write: Any) -> None:
    def with_nul(tx: Transaction) -> None:
        inbox.keep(tx, message(1, control_id="ED\x001"), b"raw")

    with pytest.raises(NotUnderstood) as refused:
        write(with_nul)
    assert (refused.value.code, refused.value.place) == ("TEXT_HOLDS_NUL", "control id")
    with pytest.raises(NotUnderstood, match="TEXT_HOLDS_NUL"):
        write(lambda tx: consent_requests.assign(tx, "i1", "Dana\0", LATER))
    with store.read() as reading:
        assert inbox.list_messages(reading) == ()
