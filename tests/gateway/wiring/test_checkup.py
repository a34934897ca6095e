"""`handoff doctor` finds what is wrong, each fault by its own words, and says nothing about a person."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from gateway.audit.journal import Journal
from gateway.cli.doctor_command import doctor
from gateway.clock import instant_text
from gateway.flows.destruction import KEY_DESTROYED, destroy_patient
from gateway.security.rotation import rotate_files
from gateway.store import ConsentRequest, consent_requests, inbox, intents
from gateway.wiring import checkup
from gateway.wiring.checkup import Finding, look_over
from gateway.wiring.checkup_store import store_checks
from gateway.wiring.kept_notes import LAST_DRILL, PAUSED_FILE
from tests.gateway.county import County
from tests.gateway.wiring.keeping import back_up, seal, with_own_keys


@pytest.fixture
def own(county: County) -> Iterator[County]:
    """A sound gateway: backed up, drilled, signed, with a journal, everything delivered."""
    with_own_keys(county)
    county.consent()
    county.refer()
    county.deliver()
    keep(county)
    for file in (county.folder.keys_folder / "clients").iterdir():
        file.unlink()
    county.change_network()
    back_up(county)
    note = {"at": instant_text(county.clock.now()), "faults": []}
    (county.folder.path / LAST_DRILL).write_text(json.dumps(note))
    yield county


def keep(county: County) -> None:
    """What the gateway does each second."""
    seal(county)
    journal = Journal(county.store, county.folder.path / "journal", county.clock)
    journal.begin()
    journal.carry_on()


def findings(county: County) -> list[Finding]:
    found, _ = look_over(county.folder.path, None, store_checks(), county.clock)
    return found


def wrong(county: County) -> list[str]:
    return [one.what for one in findings(county) if one.is_wrong]


def test_in_a_sound_gateway_nothing_is_wrong(own: County) -> None:
    found, fine = look_over(own.folder.path, None, store_checks(), own.clock)
    assert [one.what for one in found] == []
    assert len(fine) == 18


def _no_gateway(own: County) -> None:
    own.close()


def _open_key(own: County) -> None:
    (own.folder.keys_folder / "clients").chmod(0o705)


def _test_keys(own: County) -> None:
    (own.folder.keys_folder / "clients" / "otp.json").touch(0o600)


def _old_backup(own: County) -> None:
    own.clock.advance(timedelta(hours=30))


def _no_backup(own: County) -> None:
    (own.folder.path / "last-backup.json").unlink()


def _failed_drill(own: County) -> None:
    (own.folder.path / LAST_DRILL).write_text(json.dumps({"faults": ["x"]}))


def _standstill(own: County) -> None:
    (own.folder.path / PAUSED_FILE).write_text("{}")


def _unsigned(own: County) -> None:
    own.consent("housing")
    own.clock.advance(timedelta(seconds=30))


def _clock_went_back(own: County) -> None:
    own.clock.advance(timedelta(hours=-3))


def _witness_knows_more(own: County) -> None:
    own.consent("housing")
    seal(own)
    _without_triggers(own, "DELETE FROM audit WHERE seq = (SELECT max(seq) FROM audit)")


def _altered_entry(own: County) -> None:
    own.consent("housing")
    seal(own)
    _without_triggers(own, "UPDATE audit SET outcome = 'none' WHERE seq = (SELECT max(seq) - 1 FROM audit)")


def _without_triggers(own: County, statement: str) -> None:
    with sqlite3.connect(own.folder.path / "handoff.db") as store:
        store.execute("DROP TRIGGER audit_never_changes")
        store.execute("DROP TRIGGER audit_never_shrinks")
        store.execute(statement)


def _waits(own: County) -> None:
    own.refer(control_id="ED-2", referral="R-2")
    own.clock.advance(timedelta(hours=2))


def _dead(own: County) -> None:
    own.refer(control_id="ED-2", referral="R-2")
    (intent,) = own.claim()
    own.settle(intent, "dead", "HTTP_400")


def _asked(own: County, owner: str) -> None:
    """A held intent, and somebody who was asked three days ago to see to it in one."""
    _nobody_asked(own)
    (intent,) = own.intents("held")
    due = instant_text(own.clock.now() + timedelta(days=1))
    asked = ConsentRequest("c1", intent.id, intent.patient_id, owner, intent.created_at, due)
    own.write(lambda tx: consent_requests.open_request(tx, asked))
    own.clock.advance(timedelta(days=3))


def _overdue(own: County) -> None:
    _asked(own, "Dana Desk")


def _without_owner(own: County) -> None:
    _asked(own, " ")


def _nobody_asked(own: County) -> None:
    own.refer(control_id="ED-2", referral="R-2")
    (intent,) = own.claim()
    own.write(lambda tx: intents.hold(tx, intent.id, instant_text(own.clock.now()), "CONSENT_NEEDED"))


def _message(own: County) -> None:
    kept = own.refer(control_id="ED-3", addressee="NOBODY")
    assert own.look(lambda r: inbox.get(r, kept.message_id)) is not None
    own.clock.advance(timedelta(days=2))


def _overdue_key(own: County) -> None:
    rotate_files(own.folder.keys_folder, own.clock.now() - timedelta(days=40))


def _destroyed_and_not_rotated(own: County) -> None:
    written = (own.clock.now() - timedelta(days=9)).timestamp()
    os.utime(own.folder.keys_folder / "store.key", (written, written))
    own.run(destroy_patient(own.premises, own.patient_id, "she asked for it"))
    own.clock.advance(timedelta(days=2))


@pytest.mark.parametrize(
    ("harm", "words"),
    [
        (_no_gateway, "no gateway runs"),
        (_open_key, "open to other users"),
        (_old_backup, "the last verified backup is"),
        (_no_backup, "there is no verified backup"),
        (_failed_drill, "the last restore drill found faults"),
        (_standstill, "it stands still since"),
        (_unsigned, "1 entries since 2026-04-11T16:00:00Z are not signed"),
        (_unsigned, "are not in the journal"),
        (_clock_went_back, "the clock stands at"),
        (_witness_knows_more, "does not fit its last witnessed head"),
        (_witness_knows_more, "does not fit its signed head"),
        (_altered_entry, "does not follow from the one before"),
        (_waits, "1 wait for otp, the oldest due since"),
        (_dead, "1 to otp were refused for good"),
        (_overdue, "1 of Dana Desk are overdue, the oldest since"),
        (_without_owner, "1 have no owner"),
        (_nobody_asked, "1 held have nobody who was asked"),
        (_message, "1 messages need attention"),
        (_destroyed_and_not_rotated, "a patient's key was destroyed since the wrapping key was last rotated"),
        (_overdue_key, "should have been destroyed 30 days after"),
    ],
)
def test_each_fault_is_found(own: County, harm: Callable[[County], None], words: str) -> None:
    harm(own)
    found = wrong(own)
    assert [one for one in found if words in one], found


def test_private_test_keys_beside_live_partners_are_wrong(own: County) -> None:
    _test_keys(own)
    (what,) = wrong(own)
    assert what.startswith("private test keys of partners lie in `clients`")


def test_a_full_disk_is_seen_coming(own: County, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkup, "_LEAST_ROOM", 10**18)
    assert [one for one in wrong(own) if "MB are free beside the store" in one]


@pytest.mark.parametrize(
    ("days", "words"),
    [(-1, "ended on"), (20, "ends on"), (40, None)],
)
def test_certificates_near_their_end_are_told_with_whose_they_are(
    own: County, days: int, words: str | None
) -> None:
    (own.folder.path / "tls").mkdir()
    (own.folder.path / "tls" / "otp.pem").write_bytes(certificate(own.clock.now() + timedelta(days=days)))
    network = own.folder.path / "network.yaml"
    text = network.read_text()
    start = text.index("kind: mllp")
    network.write_text(text[:start] + "tls: {authorities: tls/otp.pem}, " + text[start:])

    found = wrong(own)

    assert [one for one in found if "tls/otp.pem" in one and (words or "") in one] == (found if words else [])
    assert bool(found) == (words is not None)


@pytest.mark.parametrize(
    ("days", "renewed", "wrong_too"),
    [(-3, False, True), (5, False, True), (20, False, False), (20, True, None), (40, False, None)],
)
def test_agreements_near_their_end_are_told_unless_another_carries_on(
    own: County, days: int, renewed: bool, wrong_too: bool | None
) -> None:
    network, ends = own.folder.path / "network.yaml", own.clock.now().date() + timedelta(days=days)
    later = f", {{kind: qso, with: otp, from: {ends + timedelta(days=1)}, document: new}}" if renewed else ""
    start = network.read_text()
    start = start[: start.index("agreements:")] + start[start.index("\npartners:") :]
    network.write_text(
        f"{start}agreements: [{{kind: qso, with: otp, from: 2020-01-01, until: {ends}, document: x}}{later}]\n"
    )

    found = [one for one in findings(own) if one.about == "agreements"]

    assert [one.is_wrong for one in found] == ([] if wrong_too is None else [wrong_too])
    assert all("the qso agreement with otp end" in one.what and str(ends) in one.what for one in found)


def certificate(until: datetime) -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "otp")])
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    made = made.serial_number(1).not_valid_before(datetime(2020, 1, 1, tzinfo=UTC)).not_valid_after(until)
    return made.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM)


def test_a_network_that_cannot_be_read_is_the_one_finding(own: County, tmp_path: Path) -> None:
    (own.folder.path / "network.yaml").write_text("partners: [")
    (found,) = findings(own)
    assert found.is_wrong and found.about == "network" and "network.yaml:" in found.what


def test_a_broken_store_hides_no_other_finding(own: County) -> None:
    own.close()
    for file in own.folder.path.glob("handoff.db*"):
        file.unlink()
    (own.folder.path / "handoff.db").write_bytes(b"no store at all" * 100)
    found = wrong(own)
    assert "no gateway runs on this store" in found
    assert [one for one in found if "cannot be looked at: STORE_UNREADABLE" in one]


@pytest.mark.requirement("HI-312-01")
def test_the_page_names_no_person_and_says_by_its_code_that_something_is_wrong(
    own: County, capsys: pytest.CaptureFixture[str]
) -> None:
    for harm in (_waits, _dead, _message, _failed_drill):
        harm(own)
    assert doctor(own.folder.path, None, as_json=False) == 1
    page = capsys.readouterr().out
    assert "wrong." in page and len(page.splitlines()) < 60
    assert doctor(own.folder.path, None, as_json=True) == 1
    told = json.loads(capsys.readouterr().out)
    assert {one["is_wrong"] for one in told["findings"]} <= {True, False}
    for word in ("Reyes", "Sol", "770011", "OTP-3391", own.patient_id, KEY_DESTROYED):
        assert word not in page
