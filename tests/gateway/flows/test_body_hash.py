"""The same bytes are known again, and what is kept for it tells nobody who guesses them that the guess is right."""

from __future__ import annotations

import hashlib
import sqlite3
from contextlib import closing

import orjson
import pytest

from gateway.demo import person
from gateway.errors import AlreadyReceived
from gateway.flows.files import ArrivedFile, TakenFile, accept_file
from gateway.resources import to_json
from gateway.store import inbox
from tests.gateway.county import CONTROL_ID, MRN, REFERRAL, County

ROWS = (
    b"line_id,plan_no,client_no,name,dob,plan_status,goal,goal_status\n"
    b'TP-1,P-1,SC-1,"Canary, Ann",1990-01-02,active,Sleep,active\n'
    b'TP-2,P-2,SC-2,"Canary, Bea",1991-02-03,nonsense,Sleep,active\n'
)
REFERRED = person.referral_message(CONTROL_ID, REFERRAL, "SUNRISE", "Reyes^Sol")


def put(county: County) -> TakenFile:
    file = ArrivedFile("counseling", "files", "counseling/treatment_plan", ROWS, county.clock.now())
    return county.run(accept_file(county.premises, file))


def as_kept_long_ago(county: County) -> None:
    """Rows as they were before their hash was keyed: the plain one, also where it stands for a missing key."""
    with (
        closing(sqlite3.connect(county.folder.path / "handoff.db", isolation_level=None)) as db,
        county.store.read() as reading,
    ):
        name = hashlib.sha256(ROWS).hexdigest()[:32]
        for message_id, kept, control_id in db.execute(
            "SELECT id, body_sha256, control_id FROM inbox"
        ).fetchall():
            raw = inbox.raw(reading, message_id)
            plain = hashlib.sha256(raw if control_id != kept or b"Bundle" in raw else CONSENT).hexdigest()
            under = plain if control_id == kept else control_id
            if "." in control_id:
                under = f"{name}.{control_id.rpartition('.')[2]}"
            db.execute(
                "UPDATE inbox SET body_sha256 = ?, control_id = ? WHERE id = ?", (plain, under, message_id)
            )


SIGNED = person.consent("hospital", "otp", "TREAT", identifier=MRN) | {
    "dateTime": "2026-03-01T10:01:00-07:00"
}
CONSENT = to_json(SIGNED)


def test_no_hash_of_what_came_is_in_the_store_without_the_key(county: County) -> None:
    county.refer()
    put(county)
    plan = person.treatment_plan()
    county.submit("otp", plan)
    county.record("hospital", SIGNED)

    with county.store.read() as reading:
        kept = inbox.list_messages(reading)
        guessed = {hashlib.sha256(inbox.raw(reading, one.id)).hexdigest() for one in kept}
    guessed |= {hashlib.sha256(one).hexdigest() for one in (ROWS, CONSENT, orjson.dumps(plan), REFERRED)}
    county.close()
    file = b"".join(path.read_bytes() for path in county.folder.path.glob("handoff.db*"))

    assert len(kept) == 5
    assert [one for one in guessed if one[:32].encode() in file] == []


@pytest.mark.parametrize("long_ago", [False, True])
def test_the_same_bytes_are_known_again_also_from_before(county: County, long_ago: bool) -> None:
    plan = person.treatment_plan()
    first = [county.refer().message_id, county.submit("otp", plan).request_id]
    first += [one.receipt.message_id for one in put(county).records]
    first += [county.record("hospital", SIGNED).request_id]
    keyed = county.submit("otp", person.treatment_plan(), key="K-1")
    if long_ago:
        as_kept_long_ago(county)

    again = [county.refer().message_id, county.submit("otp", plan).request_id]
    again += [one.receipt.message_id for one in put(county).records]
    again += [county.record("hospital", SIGNED).request_id]

    assert again == first
    assert county.submit("otp", person.treatment_plan(), key="K-1").request_id == keyed.request_id
    with pytest.raises(AlreadyReceived, match="IDEMPOTENCY_KEY_REUSED"):
        county.submit("otp", {**person.treatment_plan(), "id": "other"}, key="K-1")


def test_equal_bytes_of_two_partners_look_unlike(county: County) -> None:
    county.submit("otp", person.treatment_plan())
    county.submit("psychiatry", person.treatment_plan())
    with county.store.read() as reading:
        assert len({one.body_sha256 for one in inbox.list_messages(reading)}) == 2
