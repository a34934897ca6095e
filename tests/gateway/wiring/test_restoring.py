"""A store is lost and a backup takes its place: what came since is known, and nothing withdrawn comes back."""

from __future__ import annotations

import asyncio
import itertools
import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from gateway.audit import newest, read_witness, verifier_of, verify
from gateway.audit.journal import Journal
from gateway.cli.looked import tell_missing
from gateway.errors import Internal, NotFound, NotNow, NotUnderstood
from gateway.flows.destruction import destroy_patient, remains
from gateway.flows.restored import CHANGED_SINCE, MAY_BE_SENT, confirm_consents
from gateway.flows.same_person import join, part
from gateway.flows.stop_notices import to_tell, told
from gateway.security.keys import read_keys
from gateway.store import consents, patients, same_person
from gateway.store.model import AuditFilter
from gateway.wiring.backing_up import MadeBackup
from gateway.wiring.backup_notes import newest_keys_backup, newest_store_backup
from gateway.wiring.kept_notes import paused, put_aside_at
from gateway.wiring.last_restore import last_restore, spans_missing
from gateway.wiring.network_folder import NetworkFolder
from gateway.wiring.restoring import Restored, Wanted, restore
from gateway.wiring.standstill import CHECKED, Standstill
from tests.gateway.county import HOUSING, County
from tests.gateway.flows.test_same_person import hand_over
from tests.gateway.killing_points import killed_at_each_change
from tests.gateway.wiring.keeping import back_up, place, reopen, seal, with_own_keys


@pytest.fixture
def own(county: County) -> Iterator[County]:
    """A referral waits for its consent, is backed up, and then the world goes on."""
    with_own_keys(county)
    county.refer()
    yield county


def carry_on(county: County) -> None:
    """What the gateway does each second: sign the head, write the journal."""
    seal(county)
    journal = Journal(county.store, county.folder.path / "journal", county.clock)
    journal.begin()
    journal.carry_on()


def lose(county: County, *, journal: bool = True, witness: bool = True, aside: Path | None = None) -> None:
    """The disk with the store is gone; so are, where said, journal and witness."""
    county.close()
    for file in county.folder.path.glob("handoff.db*"):
        if aside is not None:
            shutil.copy(file, aside)
        file.unlink()
    if not journal:
        shutil.rmtree(county.folder.path / "journal", ignore_errors=True)
    if not witness:
        (county.folder.path / "witness.log").unlink(missing_ok=True)


def put_back(county: County, made: MadeBackup | None = None, old: Path | None = None) -> Restored:
    signer = county.folder.keys.signer
    rows = made.rows if made else newest_store_backup(place(county), signer)
    keys = newest_keys_backup(county.folder.path / "backups-keys", signer)
    done = restore(county.folder, None, Wanted(rows, keys, "anna", "the disk is broken", old), county.clock)
    reopen(county)
    return done


def verified(county: County) -> Any:
    witness = read_witness(county.folder.path / "witness.log")
    return county.look(lambda reading: verify(reading, verifier_of(county.folder.keys.signer), witness))


@pytest.mark.requirement("HI-312-02")
def test_the_log_goes_on_unbroken_and_says_what_was_done(own: County) -> None:
    back_up(own)
    own.consent()
    own.refer(control_id="ED-2", referral="R-2")
    own.release()
    carry_on(own)
    before = own.look(lambda reading: newest(reading, 1))[0].row.seq
    lose(own)

    done = put_back(own)

    assert (done.lost, done.whole, done.since.entries) == (0, True, before)
    report = verified(own)
    # beside what was done: what stands in for the consent, of which nothing can be read (test_restoring_denials)
    assert report.ok and report.entries == before + 2 and report.signed_to == before
    (said,) = own.look(lambda reading: newest(reading, 1, AuditFilter(kind="outcome")))
    assert said.entry is not None and said.entry.outcome == "restored"
    assert "the disk is broken (by anna)" in said.entry.description
    assert "the log goes on unbroken" in said.entry.description
    assert last_restore(own.store) == own.clock.now()


@pytest.mark.requirement("P2-31-11", "P2-16-01")
def test_a_consent_withdrawn_since_permits_nothing_until_a_person_has_looked(own: County) -> None:
    saved = own.consent()
    back_up(own)
    own.withdraw(saved)
    carry_on(own)
    lose(own)

    done = put_back(own)

    assert done.since.withdrawn == {own.patient_id}
    (state,) = own.look(lambda reading: consents.of_patient(reading, own.patient_id))
    assert state.standing == "unverified" and CHANGED_SINCE in json.loads(state.reasons)
    own.refused()

    told = own.run(confirm_consents(own.premises, own.patient_id, "asked the hospital"))
    assert (told["consents"], told["withdrawn"]) == (0, 1), "nobody's word brings a withdrawn one back"
    (state,) = own.look(lambda reading: consents.of_patient(reading, own.patient_id))
    assert state.standing == "unverified"


def test_another_consent_of_hers_stands_again_when_a_person_has_asked(own: County) -> None:
    saved = own.consent()
    own.consent("housing")
    back_up(own)
    own.withdraw(saved)
    carry_on(own)
    lose(own)
    put_back(own)
    assert {one.standing for one in own.look(lambda r: consents.of_patient(r, own.patient_id))} == {
        "unverified"
    }
    with pytest.raises(NotUnderstood, match="REASON_MISSING"):
        own.run(confirm_consents(own.premises, own.patient_id, " "))
    with pytest.raises(NotFound, match="NO_SUCH_PATIENT"):
        own.run(confirm_consents(own.premises, "nobody", "asked"))

    told = own.run(confirm_consents(own.premises, own.patient_id, "asked the hospital"))

    assert (told["consents"], told["withdrawn"]) == (1, 1)
    found = {
        one.consent_id: one.standing for one in own.look(lambda r: consents.of_patient(r, own.patient_id))
    }
    assert found.pop(str(saved.resource["id"])) == "unverified"
    assert list(found.values()) == ["usable"]


def test_a_consent_that_did_not_change_goes_on_permitting(own: County) -> None:
    own.consent()
    back_up(own)
    carry_on(own)
    lose(own)
    put_back(own)
    own.released()


@pytest.mark.requirement("DM-28")
def test_two_who_were_parted_since_are_in_doubt_again(own: County) -> None:
    """In the backup they are still one: what is hers must not go by the other's consent."""
    own.refer("ED-2", "R-2", change={"770011": "880022", "5550142": "5550777", "12 Palm Lane": "9 Elm Court"})
    token = own.premises.keys.index("Patient.identifier", "urn:oid:2.16.840.1.113883.19.5", "880022")
    ((_, again),) = own.look(lambda reading: patients.find_by_token(reading, "hospital", token))
    own.run(join(own.premises, again, own.patient_id, "one card"))
    made = back_up(own)
    own.run(part(own.premises, again, "her sister"))
    carry_on(own)
    lose(own)

    put_back(own, made)

    assert not own.look(lambda reading: patients.certain(reading, own.patient_id))
    assert own.look(lambda reading: same_person.joined(reading, again)) is not None


@pytest.mark.requirement("P2-16-01")
def test_a_patient_destroyed_since_does_not_come_back(own: County) -> None:
    made = back_up(own)
    patient_id = own.patient_id
    own.run(destroy_patient(own.premises, patient_id, "she asked for it"))
    carry_on(own)
    lose(own)

    done = put_back(own, made)

    assert done.applied.destroyed == 1
    assert own.look(lambda reading: patients.is_destroyed(reading, patient_id))
    assert own.look(lambda reading: remains(reading, patient_id)).readable == 0
    with pytest.raises(AssertionError, match="nobody knows her"):
        _ = own.patient_id  # no index leads to her


@pytest.mark.requirement("P2-16-01")
def test_nor_does_she_when_only_a_newer_key_backup_knows_of_it(own: County) -> None:
    own.consent()
    made = back_up(own)
    patient_id = own.patient_id
    own.run(destroy_patient(own.premises, patient_id, "she asked for it"))
    back_up(own)
    lose(own)

    done = put_back(own, made)

    assert not done.whole
    assert own.look(lambda reading: remains(reading, patient_id)).readable == 0


def test_what_may_have_been_sent_since_is_no_news(own: County) -> None:
    own.consent()
    back_up(own)
    own.deliver()
    carry_on(own)
    lose(own)

    done = put_back(own)

    assert done.applied.possible_duplicates == 1
    (intent,) = own.intents("retry")
    assert intent.reason == "POSSIBLE_DUPLICATE"


@pytest.mark.requirement("P2-31-11", "HI-312-02")
def test_what_the_journal_had_not_yet_is_asked_for_and_the_log_says_that_it_may_lack_it(
    own: County, capsys: pytest.CaptureFixture[str]
) -> None:
    """The journal is a second behind: nothing knows of what left and was withdrawn in the last one."""
    saved = own.consent()
    back_up(own)
    carry_on(own)
    (known,) = own.look(lambda reading: newest(reading, 1))
    own.clock.advance(timedelta(seconds=1))
    own.deliver()
    own.withdraw(saved)
    lose(own)

    done = put_back(own)

    span = (done.missing_from, done.missing_to)
    assert (done.lost, done.whole) == (0, True), "by all that is known"
    assert known.row.at <= span[0] < span[1]
    assert done.report()["ask for withdrawals and denials since"] == {"hospital": 1}
    (intent,) = own.intents("retry")
    assert intent.reason == "POSSIBLE_DUPLICATE", "it may have left"
    (said,) = own.look(lambda reading: newest(reading, 1, AuditFilter(outcome="restored")))
    assert said.entry is not None and f"from {span[0]} to {span[1]} others may be" in said.entry.description
    assert spans_missing(own.store) == (span,)
    own.look(tell_missing)  # as `handoff accounting` and `handoff audit received` do
    assert capsys.readouterr().err.startswith(f"entries from {span[0]} to {span[1]} may be missing")
    standstill = Standstill(own.folder.path, own.store, own.clock)
    with pytest.raises(NotUnderstood, match=f"CONSENTS_NOT_CHECKED.*{span[0]}"):
        own.run(standstill.resume("", "go on"))
    own.run(standstill.resume(CHECKED, "asked the hospital"))


def test_what_was_held_then_and_may_have_gone_since_waits_for_a_person(own: County) -> None:
    own.refused()
    back_up(own)
    own.consent()
    own.deliver()
    carry_on(own)
    lose(own)

    put_back(own)

    (intent,) = own.intents("unknown")
    assert intent.reason == MAY_BE_SENT


def test_to_a_partner_that_no_repeat_may_reach_a_person_is_asked(own: County) -> None:
    own.consent()
    back_up(own)
    own.deliver()
    carry_on(own)
    lose(own)
    delivery = msgspec.structs.replace(own.folder.network.partners["otp"].delivery, on_unknown="ask")
    own.change_partner("otp", delivery=delivery)
    own.folder = replace(own.folder, network=own.premises.network)

    done = put_back(own)

    assert (done.applied.possible_duplicates, done.applied.for_a_person) == (0, 1)
    assert [intent.reason for intent in own.intents("unknown")] == [MAY_BE_SENT]


def test_what_an_interrupted_restore_left_is_not_mixed_in(own: County) -> None:
    """The log beside a half made store would be played into the next one by SQLite."""
    expected = own.records("ServiceRequest")
    back_up(own)
    own.refer(control_id="ED-2", referral="R-2")
    left = {suffix: (own.folder.path / f"handoff.db{suffix}").read_bytes() for suffix in ("", "-wal")}
    assert left["-wal"]
    carry_on(own)
    lose(own)
    for suffix, content in left.items():
        (own.folder.path / f"handoff.db.restoring{suffix}").write_bytes(content)

    put_back(own)

    assert verified(own).ok
    assert own.records("ServiceRequest") == expected
    assert len(own.intents()) == 1


def test_with_nothing_but_the_backup_everything_that_waits_may_have_gone(own: County) -> None:
    back_up(own)
    seal(own)
    lose(own, witness=False)

    done = put_back(own)

    assert not done.whole and done.applied.possible_duplicates == 1
    (intent,) = own.intents("retry")
    assert intent.reason == "POSSIBLE_DUPLICATE"


def test_entries_that_only_the_witness_knows_of_are_called_lost(own: County) -> None:
    back_up(own)
    own.consent()
    own.release()
    carry_on(own)
    number = own.look(lambda reading: newest(reading, 1))[0].row.seq
    lose(own, journal=False)

    done = put_back(own)

    assert done.lost == number - done.entries > 0 and not done.whole
    assert verified(own).ok, "the new log has a witness of its own"
    (former,) = own.folder.path.glob("before-restore-*")
    assert (former / "witness.log").exists()
    said = own.look(lambda reading: newest(reading, 1, AuditFilter(kind="outcome")))[0].entry
    assert (
        said is not None
        and f"entries {done.entries + 1} to {number} of the former log are lost" in said.description
    )
    assert (paused(own.folder.path) or {})["audit entries lost"] == done.lost


@pytest.mark.requirement("P2-31-12")
def test_a_second_restore_reads_what_the_first_put_aside(own: County) -> None:
    """The first one lost entries, so journal and witness went aside; the store was lost again before it had others."""
    saved = own.consent()
    first = back_up(own)
    own.withdraw(saved)
    carry_on(own)
    own.refer(control_id="ED-2", addressee="NOBODY")
    own.consent("housing", purpose="COC")
    seal(own)
    lose(own)
    once = put_back(own, first)
    assert once.lost > 0 and once.since.withdrawn == {own.patient_id}
    own.clock.advance(timedelta(hours=1))
    lose(own)

    twice = put_back(own, first)

    assert twice.since.withdrawn == {own.patient_id}
    assert (twice.carried_on, twice.lost, twice.whole) == (once.carried_on, once.lost, False)
    assert verified(own).ok


def test_what_a_restore_said_was_lost_is_not_lost_once_more(own: County) -> None:
    own.consent()
    first = back_up(own)
    own.consent("housing", purpose="COC")
    seal(own)
    lose(own, journal=False)
    once = put_back(own, first)
    carry_on(own)
    own.clock.advance(timedelta(hours=1))
    lose(own)

    twice = put_back(own, first)

    assert once.lost > 0
    assert (twice.lost, twice.whole, twice.carried_on) == (0, True, 2), "what it said, and that all is held"


def test_a_folder_of_another_name_is_no_time() -> None:
    assert put_aside_at(Path("before-restore-yesterday")) == ""


def test_what_is_left_of_the_old_store_tells_as_much_as_a_journal(own: County, tmp_path: Path) -> None:
    saved = own.consent()
    back_up(own)
    own.withdraw(saved)
    seal(own)
    aside = tmp_path / "aside"
    aside.mkdir()
    lose(own, aside=aside)

    done = put_back(own, old=aside / "handoff.db")

    assert done.whole and done.since.withdrawn == {own.patient_id}
    assert verified(own).ok


def test_an_old_store_that_cannot_be_read_is_as_good_as_none(own: County, tmp_path: Path) -> None:
    back_up(own)
    lose(own)
    broken = tmp_path / "broken.db"
    broken.write_bytes(b"no store")

    done = put_back(own, old=broken)

    assert done.carried_on == 0 and not done.whole


def test_rows_of_another_log_are_not_carried_on(own: County) -> None:
    back_up(own)
    own.consent()
    carry_on(own)
    (file,) = (own.folder.path / "journal").iterdir()
    lines = file.read_bytes().splitlines(keepends=True)
    file.write_bytes(b"".join(lines[:-1]) + lines[-1].replace(b'"usable"', b'"forged"'))
    lose(own)

    done = put_back(own)

    assert done.lost == 1 and not done.whole


@pytest.mark.parametrize("file", ["handoff.db", "handoff.db-wal"])
def test_nothing_is_written_over(own: County, file: str) -> None:
    back_up(own)
    own.close()
    for path in own.folder.path.glob("handoff.db*"):
        path.unlink()
    (own.folder.path / file).write_bytes(b"somebody's")
    with pytest.raises(NotNow, match="STORE_NOT_EMPTY"):
        put_back(own)
    assert (own.folder.path / file).read_bytes() == b"somebody's"
    (own.folder.path / file).unlink()
    put_back(own)


def test_while_a_gateway_holds_the_store_nothing_is_restored(own: County) -> None:
    back_up(own)
    with pytest.raises(NotNow, match="STORE_IN_USE"):
        put_back(own)


@pytest.mark.parametrize("left", ["journal", "paused.json", "before-restore-20260411.part"])
def test_where_a_store_was_lost_no_empty_one_is_made(own: County, left: str) -> None:
    back_up(own)
    if left == "journal":
        own.consent()
        carry_on(own)
    elif left == "paused.json":
        (own.folder.path / left).write_text("{}")
    else:
        (own.folder.path / left).mkdir()
    lose(own)

    with pytest.raises(NotNow, match=f"STORE_LOST.*{left}"):
        reopen(own)

    assert not (own.folder.path / "handoff.db").exists()
    put_back(own)


def test_an_altered_backup_is_not_restored(own: County) -> None:
    made = back_up(own)
    lose(own)
    content = bytearray(made.rows.rows.read_bytes())
    content[len(content) // 2] ^= 1
    made.rows.rows.write_bytes(content)
    with pytest.raises(Internal, match="BACKUP_ALTERED"):
        put_back(own)
    assert not (own.folder.path / "handoff.db").exists()
    reopen(own)


def test_a_gateway_stands_still_until_somebody_says_so(own: County) -> None:
    back_up(own)
    carry_on(own)
    lose(own)
    put_back(own)

    async def story() -> list[str]:
        told = []
        standstill = Standstill(own.folder.path, own.store, own.clock)
        stopping = asyncio.Event()

        async def send() -> None:
            told.append("sends")

        async def show() -> str:
            return "shows"

        sending = asyncio.create_task(standstill.then(send, stopping))
        with pytest.raises(NotNow, match="PAUSED_AFTER_RESTORE"):
            await standstill.guard(show)()
        with pytest.raises(NotUnderstood, match="REASON_MISSING"):
            await standstill.resume("", " ")
        assert told == []
        await standstill.resume(CHECKED, "all agencies are told (said by anna)")
        await sending
        told.append(await standstill.guard(show)())
        with pytest.raises(NotFound, match="NOT_PAUSED"):
            await standstill.resume("", "again")
        return told

    assert own.run(story()) == ["sends", "shows"]
    assert paused(own.folder.path) is None
    said = own.look(lambda reading: newest(reading, 1, AuditFilter(kind="outcome")))[0].entry
    assert said is not None and said.outcome == "resumed_after_restore"


def test_where_withdrawals_may_be_unknown_somebody_must_have_asked(own: County) -> None:
    back_up(own)
    lose(own)
    put_back(own)
    standstill = Standstill(own.folder.path, own.store, own.clock)
    with pytest.raises(NotUnderstood, match="CONSENTS_NOT_CHECKED"):
        own.run(standstill.resume("", "go on"))
    own.run(standstill.resume(CHECKED, "go on"))
    assert paused(own.folder.path) is None


def test_a_gateway_that_is_stopped_while_it_stands_still_ends(own: County) -> None:
    (own.folder.path / "paused.json").write_text("damaged")

    async def story() -> None:
        stopping = asyncio.Event()
        stopping.set()
        await Standstill(own.folder.path, own.store, own.clock).then(_never, stopping)

    own.run(story())


async def _never() -> None:
    raise AssertionError("it sent")


@pytest.mark.slow
def test_killed_at_any_change_the_next_try_restores_all_of_it(own: County, tmp_path: Path) -> None:
    made = back_up(own)
    own.consent()
    own.release()
    carry_on(own)
    source = own.folder.path
    own.close()
    number = itertools.count()

    def folder() -> Path:
        at = tmp_path / f"killed-{next(number)}"
        at.mkdir()
        shutil.copy(
            source / "witness.log", at
        )  # without a journal: entries are lost, the most steps are taken
        return at

    def there(path: Path) -> NetworkFolder:
        return replace(own.folder, path=path, keys=read_keys(source / "keys"))

    def work(path: Path) -> Restored:
        keys = newest_keys_backup(source / "backups-keys", own.folder.keys.signer)
        return restore(there(path), None, Wanted(made.rows, keys, "anna", "broken"), own.clock)

    kills = 0
    for path in killed_at_each_change(folder, work):
        kills += 1
        if (path / "handoff.db").exists():
            assert paused(path) is not None, "no restored store without its standstill"
        else:
            done = work(path)
            assert done.lost > 0, "the witness was not forgotten"
        assert len([*path.glob("before-restore-*/witness.log")]) == 1
        assert not [*path.glob("*.restoring*")]
    assert kills > 10
    reopen(own)


def test_housing_is_not_known_by_a_restore(own: County) -> None:
    """A restore makes nobody known to a partner that never named her."""
    back_up(own)
    carry_on(own)
    lose(own)
    put_back(own)
    assert own.search("housing", "CarePlan", HOUSING)["total"] == 0


@pytest.mark.requirement("P2-31-12")
@pytest.mark.parametrize("from_old_store", [False, True])
def test_who_received_something_under_a_consent_withdrawn_since_is_to_be_told(
    own: County, tmp_path: Path, from_old_store: bool
) -> None:
    saved = own.consent()
    hand_over(own, own.deliver())
    back_up(own)
    own.withdraw(saved)
    before = own.look(lambda reading: list(to_tell(reading)))
    assert [one.partner for one in before] == ["otp"]
    carry_on(own)
    aside = tmp_path / "aside"
    aside.mkdir()
    lose(own, journal=not from_old_store, aside=aside)

    put_back(own, old=aside / "handoff.db" if from_old_store else None)

    assert own.look(lambda reading: list(to_tell(reading))) == before
    own.run(told(own.premises, f"{saved.resource['id']} otp", "letter"))
    assert own.look(lambda reading: list(to_tell(reading))) == []
