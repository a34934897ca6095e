"""Files that partners put into their folders, through the whole house. Real folders, real mappings, a real store."""

from __future__ import annotations

import asyncio
import csv
import errno
import hashlib
import json
import os
import sys
from collections.abc import Callable
from contextlib import nullcontext, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest

from gateway.clock import new_id
from gateway.demo import person
from gateway.errors import NotNow, NotUnderstood
from gateway.flows.files import ArrivedFile, TakenFile, accept_file
from gateway.flows.replay import replay
from gateway.intake import FolderWatch
from gateway.intake.watched_folder import WatchedFolder, WatchSettings
from gateway.partners import NetworkFileRefused, parse_network
from gateway.partners.network import FolderListener
from gateway.store import InboxMessage, inbox, intents, records
from gateway.wiring.folder_gauges import FolderGauges
from gateway.wiring.lines import folder_watches
from gateway.wiring.opening import open_premises
from mappings import pack_files
from mappings.syntax.xlsx_rows import write_lines
from tests.gateway.county import County
from tests.gateway.disclosure.unsteady import FullStore
from tests.gateway.partners.test_network_file import STARTER

pytestmark = pytest.mark.timeout(180)

FORMATS = {
    "csv": "counseling/treatment_plan",
    "xlsx": "counseling/treatment_plan_xlsx",
    "json": "crisis/event",
    "xml": "ccda/any",
    "hl7": "by-message-type",
    "zip": "housing/hmis_fy2026",
}
SAMPLES = Path(__file__).parents[3] / "mappings/formats"
HEADER = "line_id,plan_no,client_no,name,dob,plan_status,goal,goal_status\n"
ONE = 'TP-1,P-1,SC-1,"Canary, Ann",1990-01-02,active,Sleep through the night,active\n'
TWO = 'TP-2,P-2,SC-2,"Canary, Bea",1991-02-03,active,Find a flat,proposed\n'
BAD = 'TP-3,P-3,SC-3,"Canary, Cleo",1992-03-04,nonsense,Canary,proposed\n'
BATCH = b"FHS|^~\\&|EHR\rBHS|^~\\&|EHR\r%sBTS|2\rFTS|1\r"


class Drop:
    """The program's folder in a county, and the door that watches it."""

    def __init__(self, county: County, partner: str = "counseling", **settings: Any) -> None:
        self.county = county
        self.partner = partner
        self.folder = county.folder.path / "in" / partner
        self.folder.mkdir(parents=True, exist_ok=True)
        watched = FolderListener(
            partner=partner, folder=f"in/{partner}", formats=FORMATS, poll_seconds=0.01, **settings
        )
        content = msgspec.structs.replace(county.folder.network.content, folders=(watched,))
        county.folder = replace(county.folder, network=type(county.folder.network)(content))
        county.change_network(folders=(watched,))

    def put(self, name: str, content: bytes | str) -> None:
        """As a careful sender does it."""
        fresh = self.folder / f"{name}.part"
        fresh.write_bytes(content if isinstance(content, bytes) else content.encode())
        fresh.rename(self.folder / name)

    def watch(self, enough: Callable[[], bool] | None = None, premises: Any = None) -> None:
        """Let the door look until `enough` (nothing is left to take)."""

        async def scene() -> None:
            (watch,) = folder_watches(self.county.folder, premises or self.county.premises)
            assert isinstance(watch, FolderWatch)
            self.gauges = FolderGauges()
            self.gauges.add(watch)
            running = asyncio.create_task(watch.run())
            async with asyncio.timeout(90):
                while not (enough or self.empty)():  # noqa: ASYNC110
                    await asyncio.sleep(0.01)
            await watch.stop()
            await running

        self.county.run(scene())

    def closed(self) -> bool:
        """Whether a monitor is told that nothing can be taken."""
        (told,) = self.gauges.collect()
        return max(one.value for one in told.samples) > 0

    def empty(self) -> bool:
        return not self.names("") and not self.names(".handoff")

    def names(self, place: str) -> list[str]:
        """Plain files in the folder or one of its parts."""
        with suppress(FileNotFoundError):
            return sorted(file.name for file in (self.folder / place).iterdir() if file.is_file())
        return []

    def told(self) -> dict[str, Any]:
        """The one page of errors."""
        (name,) = [name for name in self.names("rejected") if name.endswith(".errors.json")]
        found: dict[str, Any] = json.loads((self.folder / "rejected" / name).read_bytes())
        return found

    def kept(self) -> list[InboxMessage]:
        """What is in the inbox, oldest first."""
        return list(reversed(self.county.look(inbox.list_messages)))

    def raw(self, message: InboxMessage) -> bytes:
        return self.county.look(lambda reading: inbox.raw(reading, message.id))


@pytest.fixture
def drop(county: County) -> Drop:
    return Drop(county)


def test_every_row_is_a_record_of_its_own_with_its_own_bytes(drop: Drop) -> None:
    drop.put("Canary plans.csv", HEADER + ONE + TWO)
    drop.watch()

    first, second = drop.kept()
    assert (first.state, second.state) == ("accepted", "accepted")
    assert {first.patient_id, second.patient_id}.isdisjoint({None})
    assert first.patient_id != second.patient_id
    assert drop.raw(first).decode().splitlines() == [HEADER.strip(), ONE.strip()]
    kinds = {
        r.resource_type for r in drop.county.look(lambda v: records.of_patient(v, str(first.patient_id)))
    }
    assert {"CarePlan", "Goal", "Patient"} <= kinds
    assert drop.names("rejected") == []
    (name,) = drop.names("done")
    assert name.endswith(".csv")
    assert "Canary" not in name


@pytest.mark.requirement("P2-12-01")
def test_what_a_program_s_file_says_is_the_program_s(drop: Drop) -> None:
    drop.put("plans.csv", HEADER + ONE)
    drop.watch()

    (kept,) = drop.kept()
    held = drop.county.look(lambda v: tuple(records.of_patient(v, str(kept.patient_id))))
    assert {(record.sources, record.part2) for record in held} == {(("counseling",), True)}


@pytest.mark.parametrize(
    ("sample", "name"),
    [
        ("counseling/treatment_plan_xlsx/samples/plans.xlsx", "a.xlsx"),
        ("crisis/event/samples/mobile_team.json", "a.json"),
        ("ccda/care_plan/samples/care_plan.xml", "a.XML"),
        ("ccda/discharge_summary/samples/discharge.xml", "b.xml"),
    ],
)
def test_every_format_goes_by_its_ending(drop: Drop, sample: str, name: str) -> None:
    drop.put(name, (SAMPLES / sample).read_bytes())
    drop.watch()

    assert {message.state for message in drop.kept()} == {"accepted"}
    assert len(drop.names("done")) == 1


def test_items_of_a_list_are_records_of_their_own(drop: Drop) -> None:
    event = json.loads((SAMPLES / "crisis/event/samples/mobile_team.json").read_bytes())
    other = {**event, "event_id": "CR-9", "client": {"id": "CC-9"}}
    drop.put("a.json", json.dumps([event, other]))
    drop.watch()

    first, second = drop.kept()
    assert first.patient_id != second.patient_id
    assert json.loads(drop.raw(second)) == other


def test_a_batch_of_messages_goes_as_on_the_partner_s_port(county: County) -> None:
    drop = Drop(county, "hospital")
    one = person.referral_message("ED-1", "R-1", "SUNRISE", "Reyes^Sol")
    two = person.referral_message("ED-2", "R-2", "NOBODY", "Reyes^Sol")
    drop.put("batch.hl7", BATCH % (one + two))
    drop.watch()

    assert [(m.control_id, m.state) for m in drop.kept()] == [
        ("ED-1", "accepted"),
        ("ED-2", "needs_attention"),
    ]
    assert drop.raw(drop.kept()[0]) == one
    assert [intent.partner for intent in county.intents()] == ["otp"]
    (record,) = drop.told()["records"]
    assert record["place"] == "message 2"
    assert record["faults"][0] | {"what is wrong": ""} == {
        "code": "ADDRESSEE_UNKNOWN",
        "place": "message 2 PRD[2]-7",
        "what is wrong": "",
    }


def test_refused_rows_come_back_with_what_is_wrong_and_are_taken_once_corrected(drop: Drop) -> None:
    drop.put("plans.csv", HEADER + ONE + BAD)
    drop.watch()

    assert [m.state for m in drop.kept()] == ["accepted", "needs_attention"]
    assert len(drop.names("done")) == 1
    told = drop.told()
    assert (told["accepted"], told["refused"]) == (1, 1)
    (record,) = told["records"]
    assert (record["place"], record["faults"][0]["place"]) == ("row 3", "row 3 column plan_status")
    assert record["message"] == drop.kept()[1].id
    assert "Canary" not in json.dumps(told)
    (rows,) = [name for name in drop.names("rejected") if name.endswith(".rejected.csv")]
    corrected = (drop.folder / "rejected" / rows).read_text().replace("nonsense", "active")
    assert "TP-1" not in corrected

    drop.put("corrected.csv", corrected)
    drop.watch()
    assert [m.state for m in drop.kept()] == ["accepted", "needs_attention", "accepted"]


def test_a_row_that_tells_nobody_is_refused_by_the_flow_and_comes_back_too(drop: Drop) -> None:
    """The mapping takes it; who it is about cannot be told."""
    drop.put("plans.csv", HEADER + ONE)
    drop.watch()
    other = ONE.replace("SC-1", "SC-8").replace("Ann", "Zoe").replace("1990", "1950")
    drop.put("plans2.csv", HEADER + other)
    drop.watch()

    assert [m.state for m in drop.kept()] == ["accepted", "needs_attention"]
    assert drop.told()["records"][0]["faults"][0]["code"] == "RECORD_OF_ANOTHER_PATIENT"
    assert any(name.endswith(".rejected.csv") for name in drop.names("rejected"))


def test_the_same_file_again_changes_nothing_whatever_it_is_called(drop: Drop) -> None:
    drop.put("plans.csv", HEADER + ONE + BAD)
    drop.watch()
    before = drop.kept(), drop.names("done"), drop.names("rejected")
    drop.put("again.csv", HEADER + ONE + BAD)
    drop.watch()

    assert (drop.kept(), drop.names("done"), drop.names("rejected")) == before


@pytest.mark.parametrize(
    ("name", "content", "code", "kept"),
    [
        ("a.csv", b"line_id;;\xff\xfe", "CHARSET_WRONG", 1),
        ("a.csv", b"nothing,of,ours\n1,2,3\n", "COLUMN_MISSING", 1),
        ("a.csv", b" \n", "FILE_EMPTY", 0),
        ("a.xlsx", b"Canary", "NOT_XLSX", 1),
        ("a.json", b'{"a":1,"a":2}', "DUPLICATE_KEY", 1),
        ("a.xml", b'<!DOCTYPE x [<!ENTITY a "b">]><x/>', "DOCTYPE_REFUSED", 1),
        ("a.hl7", b"Canary|1", "NOT_HL7", 1),
        ("a.exe", b"Canary", "ENDING_UNKNOWN", 0),
        ("noending", b"Canary", "ENDING_UNKNOWN", 0),
        ("a.csv", b"Canary" * 400, "FILE_TOO_LARGE", 0),
    ],
)
def test_what_cannot_be_read_is_rejected_whole_and_by_name(
    county: County, name: str, content: bytes, code: str, kept: int
) -> None:
    drop = Drop(county, most_bytes=1024)
    drop.put(name, content)
    drop.watch()

    (record,) = drop.told()["records"]
    assert record["faults"][0]["code"] == code
    assert len(drop.kept()) == kept
    assert len(drop.names("rejected")) == 2
    assert drop.names("done") == []


def test_what_is_no_finished_file_is_left_alone(drop: Drop, tmp_path: Path) -> None:
    outside = tmp_path / "outside.csv"
    outside.write_text(HEADER + ONE)
    (drop.folder / "link.csv").symlink_to(outside)
    os.mkfifo(drop.folder / "pipe.csv")
    for name in (".hidden.csv", "writing.csv.part", "plans.csv~", "x.tmp"):
        (drop.folder / name).write_text(HEADER + ONE)
    drop.put("plans.csv", HEADER + TWO)
    drop.watch(lambda: bool(drop.names("done")))

    assert len(drop.kept()) == 1
    assert len(list(drop.folder.iterdir())) == 6 + 2


@pytest.mark.parametrize("part", [".handoff", "done", "rejected"])
def test_a_link_in_place_of_a_part_of_the_folder_leads_nowhere(
    drop: Drop, tmp_path: Path, capfd: pytest.CaptureFixture[str], part: str
) -> None:
    """As its partner can put it there: what it leads to is another's."""
    another_s = tmp_path / "another"
    another_s.mkdir()
    (another_s / "plan.csv").write_text(HEADER + ONE)
    (another_s / f"{new_id()}.csv").write_text(HEADER + ONE)
    before = sorted(another_s.iterdir())
    (drop.folder / part).symlink_to(another_s)
    drop.put("plans.csv", HEADER + TWO + BAD)
    said: list[str] = []

    def told() -> bool:
        said.append(capfd.readouterr().err)
        return "PLACE_IS_NO_FOLDER" in "".join(said)

    drop.watch(told)
    assert (drop.kept(), sorted(another_s.iterdir())) == ([], before)

    (drop.folder / part).unlink()
    drop.watch()
    assert [m.state for m in drop.kept()] == ["accepted", "needs_attention"]


def test_a_folder_in_which_nothing_may_be_moved_is_told_of_and_taken_from_afterwards(
    drop: Drop, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """As under a systemd unit without `ReadWritePaths=`."""
    drop.put("plans.csv", HEADER + ONE)
    said: list[str] = []

    def read_only(*_arguments: object, **_named: object) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    def told() -> bool:
        said.append(capfd.readouterr().err)
        return "FOLDER_CLOSED" in "".join(said) and drop.closed()

    with monkeypatch.context() as mounted:
        mounted.setattr("gateway.intake.watched_folder.os.rename", read_only)
        drop.watch(told)
    assert (drop.kept(), "task_failed" in "".join(said)) == ([], False)
    drop.watch(lambda: drop.empty() and not drop.closed())
    assert len(drop.kept()) == 1


@pytest.mark.parametrize("part", [".handoff", "done"])
def test_a_link_put_there_between_two_steps_leads_nowhere_either(
    drop: Drop, tmp_path: Path, part: str
) -> None:
    another_s = tmp_path / "another"
    another_s.mkdir()
    watched = WatchedFolder(_settings(drop))
    drop.put("a.csv", HEADER + ONE)
    watched.look()
    claimed = watched.claim(watched.look()[0])
    assert claimed is not None
    if part == ".handoff":
        (drop.folder / part).rename(drop.folder / "away")
        (another_s / claimed).write_text(HEADER + ONE)
    (drop.folder / part).symlink_to(another_s)
    before = list(another_s.iterdir())

    with pytest.raises(NotADirectoryError):
        watched.put_away(claimed, "0" * 64, TakenFile(()), drop.county.clock.now())
    with pytest.raises(NotADirectoryError) if part == ".handoff" else nullcontext():
        watched.read(claimed)
    assert list(another_s.iterdir()) == before


def test_in_our_part_of_the_folder_only_what_we_put_there_is_taken(drop: Drop) -> None:
    (drop.folder / ".handoff").mkdir()
    (drop.folder / ".handoff" / "x.csv").write_text(HEADER + ONE)
    assert WatchedFolder(_settings(drop)).look() == ()


def test_an_ending_of_any_length_or_letters_does_not_get_stuck(drop: Drop) -> None:
    drop.put("y." + "a" * 200, "Canary")
    drop.put("z.Ünï cöde", "Canary of another kind")
    drop.watch()
    assert len(drop.names("rejected")) == 4


def test_a_manifest_beside_a_file_is_believed_and_never_taken_for_a_file(drop: Drop) -> None:
    good, bad = HEADER + ONE, HEADER + TWO
    digest = hashlib.sha256(good.encode()).hexdigest()
    for name, content in (("good.csv", good), ("bad.csv", bad)):
        (drop.folder / f"{name}.manifest.json").write_text(json.dumps({"sha256": digest}))
        drop.put(name, content)
    (drop.folder / "torn.csv.manifest.json").write_text("{")
    drop.put("torn.csv", good)
    drop.watch()

    assert [m.state for m in drop.kept()] == ["accepted"]
    codes = [
        json.loads((drop.folder / "rejected" / name).read_bytes())["records"][0]["faults"][0]["code"]
        for name in drop.names("rejected")
        if name.endswith(".errors.json")
    ]
    assert codes == ["FILE_NOT_AS_MANIFEST"] * 2
    assert drop.names("done") == [f"{digest[:32]}.csv"]


def test_a_file_is_taken_only_once_it_has_stopped_changing(drop: Drop) -> None:
    """Each look finds it grown; only then two looks find it the same."""
    watched = WatchedFolder(_settings(drop))
    file = drop.folder / "slow.csv"
    content = HEADER + ONE + TWO
    for end in range(20, len(content) + 20, 20):
        file.write_text(content[:end])
        assert watched.look() == ()
    (found,) = watched.look()
    file.write_text(content + BAD)
    assert watched.claim(found) is None, "it has changed after all"
    assert watched.look() == ()
    (found,) = watched.look()
    assert watched.claim(found) is not None


def test_a_file_that_is_written_to_after_it_was_claimed_is_read_again(drop: Drop) -> None:
    settings, content = _settings(drop), HEADER + ONE
    watched = WatchedFolder(settings)
    drop.put("a.csv", content)
    watched.look()
    with (drop.folder / "a.csv").open("a") as held_open:
        claimed = watched.claim(watched.look()[0])
        assert claimed is not None
        assert watched.read(claimed) == content.encode()
        held_open.write(TWO)
    watched.put_away(claimed, "0" * 64, TakenFile(()), drop.county.clock.now())

    assert drop.names(".handoff") == [claimed]
    assert watched.read(claimed) == (content + TWO).encode()


def _settings(drop: Drop) -> WatchSettings:
    return WatchSettings(
        partner=drop.partner, folder=drop.folder, channel="files-counseling", formats=FORMATS
    )


def test_while_the_store_takes_nothing_the_file_waits(drop: Drop) -> None:
    """Neither done nor rejected: it is taken in when the store takes again."""
    drop.put("plans.csv", HEADER + ONE + TWO)
    full = FullStore(drop.county.store, 1)
    drop.watch(lambda: bool(drop.names(".handoff")), premises=replace(drop.county.premises, store=full))
    assert drop.names("done") == drop.names("rejected") == []

    drop.watch()
    assert [m.state for m in drop.kept()] == ["accepted", "accepted"]
    assert len(drop.names("done")) == 1


@pytest.mark.slow
def test_killed_at_any_step_it_loses_and_doubles_nothing(tmp_path: Path) -> None:
    """In a child that dies just before its n-th touch of the folder; then the gateway is started again."""
    for step in range(1, 40):
        child = os.fork()
        if child == 0:
            _die_at(Drop(County(tmp_path)), step)
        died = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9
        county = County(tmp_path)
        drop = Drop(county)
        drop.watch()
        assert drop.empty(), step
        assert sorted(m.state for m in drop.kept()) == ["accepted", "accepted", "needs_attention"], step
        assert len(drop.names("done")) == 1, step
        assert len(drop.names("rejected")) == 2, step
        county.close()
        if not died:
            assert step > 10
            return
    pytest.fail("it never came through")


def _die_at(drop: Drop, step: int) -> None:
    left = [step]

    def dying(event: str, given: tuple[Any, ...]) -> None:
        if event in ("open", "os.rename", "os.mkdir", "os.remove") and _in_the_folder(given[0], drop.folder):
            left[0] -= 1
            if left[0] == 0:
                os._exit(9)

    with suppress(BaseException):
        drop.put("plans.csv", HEADER + ONE + TWO + BAD)
        sys.addaudithook(dying)
        watched = WatchedFolder(_settings(drop))
        watched.look()
        (found,) = watched.look()
        claimed = watched.claim(found)
        assert claimed is not None
        raw = watched.read(claimed)
        assert raw is not None
        receipts = asyncio.run(_taken_in(drop, raw))
        watched.put_away(claimed, hashlib.sha256(raw).hexdigest(), receipts, drop.county.clock.now())
        os._exit(0)
    os._exit(1)


def _in_the_folder(touched: Any, folder: Path) -> bool:
    """A name alone counts from a folder that is held open."""
    return isinstance(touched, str | Path) and (
        str(touched).startswith(str(folder)) or not os.path.isabs(touched)
    )


async def _taken_in(drop: Drop, raw: bytes) -> TakenFile:
    file = ArrivedFile("counseling", "files-counseling", FORMATS["csv"], raw, drop.county.clock.now())
    return await accept_file(drop.county.premises, file)


@pytest.mark.parametrize("writes", [0, 1, 2])
def test_taken_in_halfway_it_goes_on_where_it_was(drop: Drop, writes: int) -> None:
    """Killed between the records of one file: those before are known when it comes again."""
    county, raw = drop.county, (HEADER + ONE + TWO + BAD).encode()
    file = ArrivedFile("counseling", "files-counseling", FORMATS["csv"], raw, county.clock.now())
    half = replace(county.premises, store=FullStore(county.store, writes))
    with suppress(NotNow):
        county.run(accept_file(half, file))
    assert len(drop.kept()) == writes
    taken = county.run(accept_file(county.premises, file))

    assert [one.receipt.duplicate for one in taken.records] == [True] * writes + [False] * (3 - writes)
    assert len(drop.kept()) == 3


def test_a_refused_row_can_be_replayed_alone(drop: Drop) -> None:
    """As after a mapping was mended; here nothing was, and it is refused again with the same fault."""
    drop.put("plans.csv", HEADER + ONE + BAD)
    drop.watch()
    _, refused = drop.kept()

    again = drop.county.run(replay(drop.county.premises, refused.id, ""))

    assert (again["outcome"], again["faults"][0]["code"]) == ("content_error", "NO_CONCEPT")
    accepted = drop.county.run(replay(drop.county.premises, drop.kept()[0].id, "asked for"))
    assert accepted["outcome"] == "accepted"


def test_a_row_of_a_workbook_is_corrected_and_never_replayed_alone(drop: Drop) -> None:
    """What made its cells untrue (merged, rounded) cannot be seen in the row alone."""
    drop.put("a.xlsx", write_lines(list(csv.reader((HEADER + BAD).splitlines()))))
    drop.watch()
    (refused,) = drop.kept()

    again = drop.county.run(replay(drop.county.premises, refused.id, ""))
    assert again["faults"][0]["code"] == "ROW_NOT_ALONE"


def test_one_person_s_rows_can_be_destroyed_without_the_others(drop: Drop) -> None:
    drop.put("plans.csv", HEADER + ONE + TWO)
    drop.watch()
    first, second = drop.kept()
    scopes = drop.county.look(
        lambda reading: reading.rows("data_key.message_scopes", {"patient_id": first.patient_id})
    )

    assert [row["scope"] for row in scopes] == [f"message:{first.id}"]
    assert second.patient_id not in (None, first.patient_id)


@pytest.mark.requirement("P2-32-02")
def test_a_referral_in_a_file_is_sent_on_as_one_that_came_by_the_api(county: County) -> None:
    county.change_network(
        routes=(
            *county.premises.network.content.routes,
            msgspec.structs.replace(
                county.premises.network.content.routes[0],
                name="cm",
                source="case-management",
                addressee="otp",
            ),
        )
    )
    bundle = (SAMPLES / "community/sdohcc_task/samples/food_pantry.json").read_text()
    npi = '"identifier": [{"system": "http://hl7.org/fhir/sid/us-npi", "value": "1000000012"}]'
    raw = bundle.replace('"name": "Example Pantry"', f'"name": "Example Pantry", {npi}').encode()
    file = ArrivedFile("case-management", "files-cm", "community/sdohcc_task", raw, county.clock.now())
    taken = county.run(accept_file(county.premises, file))

    (one,) = taken.records
    assert one.receipt.outcome == "accepted"
    kept = county.look(lambda reading: inbox.get(reading, one.receipt.message_id))
    assert kept is not None and kept.patient_id is not None
    (intent,) = county.look(lambda reading: intents.of_patient(reading, str(kept.patient_id)))
    assert (intent.partner, intent.kind, intent.state) == ("otp", "referral", "due")
    unknown = replace(file, raw=bundle.encode())
    (other,) = county.run(accept_file(county.premises, unknown)).records
    assert other.receipt.faults[0].code == "ADDRESSEE_UNKNOWN"


def test_a_poisoned_file_holds_up_no_other(drop: Drop, capfd: pytest.CaptureFixture[str]) -> None:
    taken: list[ArrivedFile] = []

    async def accept(message: Any) -> Any:
        raise AssertionError("no message is sent here")

    async def poisoned(file: ArrivedFile) -> TakenFile:
        if b"TP-1" in file.raw:
            raise KeyError("Canary")
        taken.append(file)
        return await accept_file(drop.county.premises, file)

    async def scene() -> None:
        watch = FolderWatch(replace(_settings(drop), poll_seconds=0.01), accept, poisoned, drop.county.clock)
        running = asyncio.create_task(watch.run())
        async with asyncio.timeout(90):
            while not taken or not drop.names("done"):  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        await watch.stop()
        await running

    drop.put("a.csv", HEADER + ONE)
    drop.put("b.csv", HEADER + TWO)
    drop.county.run(scene())

    assert len(drop.names(".handoff")) == 1
    assert "Canary" not in "".join(capfd.readouterr())


def test_a_folder_that_is_away_is_looked_for_until_it_is_there(
    drop: Drop, capfd: pytest.CaptureFixture[str]
) -> None:
    away = drop.folder.with_name("away")
    drop.folder.rename(away)
    looked: list[int] = []

    def back() -> bool:
        looked.append(1)
        if len(looked) == 10:
            away.rename(drop.folder)
            drop.put("a.csv", HEADER + ONE)
        return len(looked) > 10 and drop.empty()

    drop.watch(back)

    assert len(drop.kept()) == 1
    logged = "".join(capfd.readouterr())
    assert logged.count('"event":"folder_unreadable"') == logged.count('"event":"folder_readable"') == 1


def test_no_log_line_has_anything_of_a_file(drop: Drop, capfd: pytest.CaptureFixture[str]) -> None:
    drop.put("Canary.csv", HEADER + ONE + BAD)
    drop.watch()

    assert "Canary" not in "".join(capfd.readouterr())


def test_a_paused_partner_s_folder_is_not_looked_into(drop: Drop) -> None:
    partners = dict(drop.county.folder.network.partners)
    partners["counseling"] = msgspec.structs.replace(partners["counseling"], state="paused")
    content = msgspec.structs.replace(drop.county.folder.network.content, partners=partners)
    folder = replace(drop.county.folder, network=type(drop.county.folder.network)(content))

    assert list(folder_watches(folder, drop.county.premises)) == []


# --- settings -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("setting", "place"),
    [
        ("{partner: nobody, folder: in/a, formats: {csv: counseling/treatment_plan}}", "folders.0.partner"),
        ("{partner: counseling, folder: in/a, formats: {}}", "folders.0.formats"),
        ("{partner: counseling, folder: in/a, formats: {CSV: x}}", "folders.0.formats"),
        ("{partner: counseling, folder: in/a, formats: {csv: ''}}", "folders.0.formats.csv"),
        ("{partner: counseling, folder: in/a, formats: {csv: x}, poll_seconds: 0}", "folders.0.poll_seconds"),
        ("{partner: counseling, folder: out/otp/in, formats: {csv: x}}", "folders.0.folder"),
    ],
)
def test_a_wrong_setting_is_named_with_its_place(setting: str, place: str) -> None:
    out = "{kind: files, folder: out/otp, format: fhir+json, encryption: none}"
    text = STARTER.replace('{kind: fhir, url: "http://127.0.0.1:9/fhir"}', out, 1)
    with pytest.raises(NetworkFileRefused) as refused:
        parse_network(text.replace("policy:", f"folders: [{setting}]\npolicy:", 1).encode())

    (fault,) = refused.value.faults
    assert fault.place.startswith(place)


@pytest.mark.parametrize(
    ("mapping", "code"),
    [
        ("community/care_plan_sheet", "FORMAT_NOT_FOR_FILES"),
        ("hospital/ref_i12", "FORMAT_NOT_FOR_FILES"),
        ("no/such", "MAPPING_UNKNOWN"),
    ],
)
def test_a_mapping_that_reads_no_files_stops_the_start(county: County, mapping: str, code: str) -> None:
    watched = FolderListener(partner="counseling", folder="in", formats={"csv": mapping})
    content = msgspec.structs.replace(county.folder.network.content, folders=(watched,))
    folder = replace(county.folder, network=type(county.folder.network)(content))
    with pytest.raises(NotUnderstood) as refused:
        open_premises(folder, county.store)

    assert (refused.value.code, refused.value.place) == (code, mapping)
    assert ("`by-message-type`" in refused.value.message) == (mapping == "hospital/ref_i12")


def test_a_set_of_files_comes_as_a_zip_and_each_enrollment_is_a_message_of_its_own(county: County) -> None:
    """HUD HMIS: what belongs to nobody is told, and what is kept of one person holds no other."""
    sample = SAMPLES / "housing/hmis_fy2026/samples/one_person"
    files = {file.name: file.read_bytes() for file in sample.glob("*.csv")}
    files["Event.csv"] += files["Event.csv"].splitlines(keepends=True)[1].replace(b"E-5501", b"E-none")
    drop = Drop(county, "housing")
    drop.put("export.zip", pack_files(files))
    drop.watch()

    enrollment, stray = drop.kept()
    assert (enrollment.state, stray.state) == ("accepted", "needs_attention")
    (told,) = drop.told()["records"]
    assert (told["place"], told["faults"][0]["code"]) == ("Event.csv row 4 column EnrollmentID", "NO_OWNER")
    assert b"Delgado-Example" in drop.raw(enrollment) and b"Delgado" not in drop.raw(stray)
    drop.put("again.zip", pack_files(files))
    drop.watch()
    assert len(drop.kept()) == 2, "nothing doubles"
    assert county.run(replay(county.premises, enrollment.id, "asked for"))["outcome"] == "accepted"


def test_the_receipt_of_a_known_record_is_the_first_one(drop: Drop) -> None:
    raw = (HEADER + BAD).encode()
    first, again = drop.county.run(_taken_in(drop, raw)), drop.county.run(_taken_in(drop, raw))

    assert again.records[0].receipt == replace(first.records[0].receipt, duplicate=True)
    assert again.rejected_rows == first.rejected_rows
