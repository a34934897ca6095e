"""Files for a partner's folder: whole or not at all, once, however the process ends in between."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import shutil
import stat
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization.pkcs7 import pkcs7_decrypt_der

from gateway.clock import instant_text, read_instant
from gateway.delivery import ways
from gateway.delivery.file_drop import FileDrop, Parcel, _give, _Stage
from gateway.delivery.http_push import open_transport
from gateway.delivery.outcome import DeliveryOutcome
from gateway.delivery.sender import Sender
from gateway.delivery.ways import Reach, Timeouts
from gateway.disclosure.premises import Premises
from gateway.flows import consent_record
from gateway.partners import FilesDelivery, NetworkFileRefused, parse_network
from gateway.partners.certificates import recipient_certificate
from gateway.store import Intent, outbox
from tests.gateway.certificates import DAY, authority, issued
from tests.gateway.county import County, caller
from tests.gateway.delivery.test_sender import release_states, settled, until
from tests.gateway.partners.test_network_file import STARTER

pytestmark = pytest.mark.timeout(180)

CONTENT = b'{"resourceType":"Bundle","entry":"Canary"}'
DELIVERY = "01a2037e-02ff-78e5-82a2-4f409b32de07"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A partner's folder, prepared."""
    made = tmp_path / "drop"
    (made / ".handoff").mkdir(parents=True)
    return made


def parcel(folder: Path, digest: str = "0123456789abcdef", content: bytes = CONTENT) -> Parcel:
    return Parcel(
        folder=folder,
        name=f"{DELIVERY}-{digest}.json",
        delivery=DELIVERY,
        content=content,
        media_type="application/fhir+json",
        network="county",
        written_at="2026-11-22T08:30:00.000000Z",
        encryption="none",
        sealed_by=bytes,
    )


async def yes() -> bool:
    return True


def drop(sent: Parcel, check: Any = yes, seconds: float = 10.0) -> DeliveryOutcome:
    async def scene() -> DeliveryOutcome:
        files = FileDrop()
        return await files.drop(sent, seconds, check)

    return asyncio.run(scene())


def taken(folder: Path) -> list[dict[str, Any]]:
    """What a reader of the folder takes: every file with a manifest that fits it; both are gone afterwards."""
    found = []
    for file in sorted(folder.glob("*.manifest.json")):
        manifest = json.loads(file.read_bytes())
        content = (folder / manifest["file"]).read_bytes()
        assert (len(content), hashlib.sha256(content).hexdigest()) == (manifest["bytes"], manifest["sha256"])
        found.append({**manifest, "content": content})
        file.unlink()
        (folder / manifest["file"]).unlink()
    return found


def visible(folder: Path) -> list[str]:
    return sorted(file.name for file in folder.iterdir() if file.name != ".handoff")


def test_a_file_lies_there_whole_with_its_manifest(folder: Path) -> None:
    assert drop(parcel(folder)) == DeliveryOutcome("delivered", "FILE_WRITTEN")

    name = f"{DELIVERY}-0123456789abcdef.json"
    assert visible(folder) == [name, f"{name}.manifest.json"]
    assert stat.S_IMODE((folder / name).stat().st_mode) & 0o007 == 0
    manifest = json.loads((folder / f"{name}.manifest.json").read_bytes())
    assert manifest == {
        "manifest": 1,
        "file": name,
        "bytes": len(CONTENT),
        "sha256": hashlib.sha256(CONTENT).hexdigest(),
        "media_type": "application/fhir+json",
        "encryption": "none",
        "delivery": DELIVERY,
        "network": "county",
        "written_at": "2026-11-22T08:30:00.000000Z",
        "replaces": [],
    }
    assert b"Canary" not in (folder / f"{name}.manifest.json").read_bytes()


@pytest.mark.parametrize("reads", [False, True], ids=["still there", "taken meanwhile"])
def test_a_second_attempt_finds_the_first(folder: Path, *, reads: bool) -> None:
    drop(parcel(folder))
    first = taken(folder) if reads else visible(folder)

    async def never() -> bool:
        raise AssertionError("nothing is to leave")

    assert drop(parcel(folder), never) == DeliveryOutcome("delivered", "FILE_GIVEN_BEFORE")
    assert len(first) == (1 if reads else 2)
    assert visible(folder) == ([] if reads else first)


def test_other_content_of_the_same_delivery_says_what_it_replaces(folder: Path) -> None:
    drop(parcel(folder))
    drop(parcel(folder, "fedcba9876543210", CONTENT + b" "))

    found = {manifest["file"]: manifest["replaces"] for manifest in taken(folder)}
    first, second = f"{DELIVERY}-0123456789abcdef.json", f"{DELIVERY}-fedcba9876543210.json"
    assert found == {first: [], second: [first]}


def killed_at(step: int, folder: Path) -> bool:
    """Drop in a child that dies as by kill -9 just before its `step`-th touch of the folder; False: it came through."""
    child = os.fork()
    if child == 0:
        left = [step]

        def dying(event: str, given: tuple[Any, ...]) -> None:
            if event in ("open", "os.rename") and isinstance(given[0], str | Path):
                left[0] -= 1
                if left[0] == 0:
                    os._exit(9)

        sys.addaudithook(dying)
        from gateway.delivery.file_drop import _look

        _look(parcel(folder), sweep=True)
        _give(parcel(folder), _Stage())
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9


@pytest.mark.parametrize("reads_between", [False, True])
def test_killed_at_any_step_it_is_given_once(tmp_path: Path, *, reads_between: bool) -> None:
    for step in range(1, 40):
        folder = tmp_path / f"drop{step}"
        (folder / ".handoff").mkdir(parents=True)
        died = killed_at(step, folder)
        found = taken(folder) if reads_between else []
        outcome = drop(parcel(folder))
        found += taken(folder)

        assert outcome.kind == "delivered", step
        assert [manifest["content"] for manifest in found] == [CONTENT], step
        assert visible(folder) == [], step
        if not died:
            assert step > 8, "each file and each move was a step"
            return
    pytest.fail("it never came through")


def test_a_folder_that_was_not_prepared_is_taken_for_a_missing_mount(tmp_path: Path) -> None:
    (tmp_path / "drop").mkdir()
    assert drop(parcel(tmp_path / "drop")) == DeliveryOutcome("retry", "FOLDER_NOT_PREPARED")
    assert drop(parcel(tmp_path / "nowhere")) == DeliveryOutcome("retry", "FOLDER_NOT_PREPARED")
    (tmp_path / "drop" / ".handoff").symlink_to(tmp_path)
    assert drop(parcel(tmp_path / "drop")) == DeliveryOutcome("retry", "FOLDER_NOT_PREPARED")
    assert visible(tmp_path / "drop") == []


def test_a_planted_link_is_not_followed(folder: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    (folder / ".handoff" / f"{DELIVERY}-0123456789abcdef.json.part").symlink_to(outside)

    assert drop(parcel(folder)).kind == "retry"
    assert not outside.exists()


def test_a_name_that_cannot_be_written_is_tried_again(folder: Path) -> None:
    (folder / f"{DELIVERY}-0123456789abcdef.json").mkdir()
    assert drop(parcel(folder)) == DeliveryOutcome("retry", "FOLDER_FAILED")
    (folder / f"{DELIVERY}-0123456789abcdef.json").rmdir()
    assert drop(parcel(folder)).code == "FILE_WRITTEN"


def test_a_check_that_says_no_leaves_no_byte(folder: Path) -> None:
    async def no() -> bool:
        return False

    assert drop(parcel(folder), no) == DeliveryOutcome("aborted", "CHECK_SAID_NO")
    assert visible(folder) == []
    assert list((folder / ".handoff").iterdir()) == []


def test_a_folder_that_hangs_holds_up_no_other(folder: Path, tmp_path: Path) -> None:
    """As a network share does that has gone: a pipe that nobody reads blocks its writer."""
    other = tmp_path / "other"
    (other / ".handoff").mkdir(parents=True)
    digests = ("0123456789abcdef", "fedcba9876543210", "0" * 16)
    pipes = [folder / ".handoff" / f"{DELIVERY}-{digest}.json.part" for digest in digests[:2]]
    for pipe in pipes:
        os.mkfifo(pipe)

    async def scene() -> list[DeliveryOutcome]:
        files = FileDrop()
        found = [await files.drop(parcel(folder, digest), 0.05, yes) for digest in (digests[0], *digests)]
        found.append(await files.drop(parcel(other), 10.0, yes))
        return found

    with asyncio.Runner() as runner:
        found = runner.run(scene())
        for pipe in pipes:
            os.close(os.open(pipe, os.O_RDONLY | os.O_NONBLOCK))  # let the threads go
    assert [(one.kind, one.code) for one in found] == [
        ("unknown", "ATTEMPT_TIMEOUT"),
        ("retry", "FOLDER_BUSY"),
        ("unknown", "ATTEMPT_TIMEOUT"),
        ("retry", "FOLDER_BUSY"),
        ("delivered", "FILE_WRITTEN"),
    ]


def left(folder: Path) -> list[str]:
    """All names in the folder and in our part of it."""
    return sorted(file.name for file in folder.rglob("*") if file.name != ".handoff")


def test_what_was_called_off_is_not_given_by_a_thread_that_comes_back(folder: Path) -> None:
    """She may have withdrawn between the end of the attempt and that."""
    back = threading.Event()
    slow = replace(parcel(folder), sealed_by=lambda content: content if back.wait(30) else b"")

    async def scene() -> DeliveryOutcome:
        outcome = await FileDrop().drop(slow, 0.05, yes)
        back.set()
        return outcome

    before = set(threading.enumerate())  # their numbers are given again
    outcome = asyncio.run(scene())
    for thread in set(threading.enumerate()) - before:
        thread.join(30)

    assert outcome == DeliveryOutcome("unknown", "ATTEMPT_TIMEOUT")
    assert left(folder) == []


@pytest.mark.parametrize("looks", [1, 2])
def test_called_off_before_either_of_the_two_moves_nothing_stays(folder: Path, looks: int) -> None:
    class Late(_Stage):
        seen = 0

        @property
        def called_off(self) -> bool:  # type: ignore[override]
            self.seen += 1
            return self.seen >= looks

    assert _give(parcel(folder), Late()) == DeliveryOutcome("retry", "ATTEMPT_TIMEOUT")
    assert left(folder) == []
    assert drop(parcel(folder)).code == "FILE_WRITTEN"


@pytest.mark.parametrize(
    ("taken_name", "kind", "code"),
    [
        (f".handoff/{DELIVERY}-0123456789abcdef.json.manifest", "retry", "FOLDER_FAILED"),
        (f"{DELIVERY}-0123456789abcdef.json.manifest.json", "unknown", "FOLDER_FAILED"),
    ],
)
def test_a_file_whose_manifest_could_not_be_given_does_not_stay(
    folder: Path, taken_name: str, kind: str, code: str
) -> None:
    (folder / taken_name).mkdir()
    outcome = drop(parcel(folder))

    assert (outcome.kind, outcome.code) == (kind, code)
    assert left(folder) == [Path(taken_name).name]
    (folder / taken_name).rmdir()
    assert drop(parcel(folder)).code == "FILE_WRITTEN"


def test_what_an_ended_process_left_is_taken_back_when_the_check_says_no(tmp_path: Path) -> None:
    async def no() -> bool:
        return False

    for step in range(1, 40):
        folder = tmp_path / f"drop{step}"
        (folder / ".handoff").mkdir(parents=True)
        died = killed_at(step, folder)
        if not died:
            return
        assert drop(parcel(folder), no).kind == "aborted"
        assert left(folder) == [], step
    pytest.fail("it never came through")


def test_what_was_cut_short_is_taken_back_by_a_process_that_goes_on_running(folder: Path) -> None:
    """Too young at its first delivery, it is found at a later one."""
    cut_short = folder / f"{DELIVERY[:-1]}9-0123456789abcdef.json"
    cut_short.write_bytes(CONTENT)
    begun = read_instant(parcel(folder).written_at)
    os.utime(cut_short, (begun.timestamp(), begun.timestamp()))

    async def scene() -> list[bool]:
        files, there = FileDrop(), []
        for minutes, digest in ((1, "0" * 16), (5, "1" * 16), (30, "2" * 16)):
            at = instant_text(begun + timedelta(minutes=minutes))
            await files.drop(replace(parcel(folder, digest), written_at=at), 10.0, yes)
            there.append(cut_short.exists())
        return there

    assert asyncio.run(scene()) == [True, True, False]


def test_a_link_put_there_between_look_and_writing_leads_nowhere(folder: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()

    async def swapped() -> bool:
        (folder / ".handoff").rename(folder / "away")
        (folder / ".handoff").symlink_to(elsewhere)
        return True

    assert drop(parcel(folder), swapped) == DeliveryOutcome("retry", "FOLDER_NOT_PREPARED")
    assert list(elsewhere.iterdir()) == []


def test_a_folder_that_hangs_does_not_keep_the_process_from_ending(folder: Path) -> None:
    os.mkfifo(folder / ".handoff" / f"{DELIVERY}-0123456789abcdef.json.part")
    child = os.fork()
    if child == 0:
        code = 0 if drop(parcel(folder), seconds=0.05).code == "ATTEMPT_TIMEOUT" else 1
        threading._shutdown()  # type: ignore[attr-defined]  # what the interpreter does at its end
        os._exit(code)

    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_marks_of_long_ago_are_forgotten(folder: Path) -> None:
    drop(parcel(folder))
    old = folder / ".handoff" / f"{DELIVERY[:-1]}9-0123456789abcdef.json.mark"
    old.write_bytes(b"")
    os.utime(old, (0, 0))
    drop(parcel(folder, "fedcba9876543210"))

    assert not old.exists()
    assert len(list((folder / ".handoff").glob("*.mark"))) == 2


def test_what_was_cut_short_is_taken_back_with_the_next_delivery(tmp_path: Path) -> None:
    """She may have withdrawn meanwhile, so that the first is never tried again."""
    for step in range(1, 40):
        folder = tmp_path / f"drop{step}"
        (folder / ".handoff").mkdir(parents=True)
        died = killed_at(step, folder)
        given = bool(list(folder.glob("*.manifest.json")))
        of_theirs = folder / "theirs.json"
        of_theirs.write_text("theirs")
        for file in (*folder.rglob("*.*"),):
            if file.is_file():
                os.utime(file, (0, 0))
        other = replace(parcel(folder), name=f"{DELIVERY[:-1]}8-0123456789abcdef.json")
        assert drop(other).code == "FILE_WRITTEN"

        of_first = [name for name in visible(folder) if name.startswith(DELIVERY)]
        assert len(of_first) == (2 if given else 0), step
        assert of_theirs.exists()
        assert not list((folder / ".handoff").glob("*.part"))
        assert drop(parcel(folder)).code == ("FILE_GIVEN_BEFORE" if given else "FILE_WRITTEN"), step
        if not died:
            return
    pytest.fail("it never came through")


def test_what_was_given_stays_however_long_the_partner_leaves_it(folder: Path) -> None:
    drop(parcel(folder))
    for _ in range(2):  # as two processes would, one after the other
        for file in folder.rglob("*.*"):
            os.utime(file, (0, 0))
        drop(replace(parcel(folder), name=f"{DELIVERY[:-1]}8-0123456789abcdef.json"))

    assert {f"{DELIVERY}-0123456789abcdef.json", f"{DELIVERY}-0123456789abcdef.json.manifest.json"} <= set(
        visible(folder)
    )
    assert drop(parcel(folder)).code == "FILE_GIVEN_BEFORE"


def test_what_is_under_way_is_not_taken_back(folder: Path) -> None:
    under_way = folder / ".handoff" / f"{DELIVERY}-0123456789abcdef.json.part"
    under_way.write_bytes(CONTENT)
    drop(replace(parcel(folder), name=f"{DELIVERY[:-1]}8-0123456789abcdef.json"))

    assert under_way.exists()


# --- through the sender ---------------------------------------------------------------------------------------------


@pytest.fixture
def due(county: County) -> County:
    county.consent()
    county.refer()
    return county


def play(
    county: County, delivery: FilesDelivery, enough: Callable[[], bool], reach: Reach | None = None
) -> None:
    county.change_partner("otp", delivery=delivery)

    async def scene() -> None:
        async with open_transport() as client:
            ours = replace(county.premises, work_waiting=asyncio.Event())
            sender = Sender(ours, client, Timeouts(), reach)
            running = asyncio.create_task(sender.run())
            try:
                async with asyncio.timeout(90):
                    await until(enough)
            finally:
                await sender.stop(1.0)
                await running

    county.run(scene())


@pytest.mark.requirement("P2-32-02", "AU-06")
def test_a_referral_goes_as_a_file_with_the_notice_in_it_and_is_accounted_for(
    due: County, folder: Path
) -> None:
    play(
        due,
        FilesDelivery(folder=str(folder), format="fhir+json", encryption="none"),
        settled(due, "delivered"),
    )

    (found,) = taken(folder)
    (row,) = due.look(lambda r: outbox.of_patient(r, due.patient_id))
    (intent,) = due.intents()
    assert found["sha256"] == row.sha256, "the bytes that were audited, and no others"
    assert found["delivery"] == intent.id
    assert b"use of these records" in found["content"], "the notice is a document of its own"
    assert not any(part in found["file"].lower() for part in ("testperson", "maribel", "770011"))
    (left,) = due.audit("handover")
    assert (left.row.outcome, left.row.partner) == ("delivered", "otp")


def test_without_a_consent_no_file_is_written(county: County, folder: Path) -> None:
    county.refer()
    play(
        county,
        FilesDelivery(folder=str(folder), format="fhir+json", encryption="none"),
        settled(county, "held"),
    )

    assert visible(folder) == list((folder / ".handoff").iterdir()) == []


@pytest.mark.requirement("P2-31-11")
def test_a_withdrawal_just_before_the_first_byte_leaves_no_file(
    due: County, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from gateway.delivery import sender as room

    saved = due.records("Consent")[0]
    real = room.release

    async def then_withdrawn(premises: Premises, intent: Intent) -> Any:
        made = await real(premises, intent)
        withdrawn = {**saved.resource, "status": "inactive"}
        await consent_record.replace_consent(due.premises, caller("hospital"), saved.id, withdrawn, None)
        return made

    monkeypatch.setattr(room, "release", then_withdrawn)
    play(
        due,
        FilesDelivery(folder=str(folder), format="fhir+json", encryption="none"),
        settled(due, "cancelled"),
    )

    assert visible(folder) == list((folder / ".handoff").iterdir()) == []


def test_a_delivery_that_may_have_arrived_before_a_restart_is_not_given_twice(
    due: County, folder: Path
) -> None:
    delivery = FilesDelivery(folder=str(folder), format="fhir+json", encryption="none")
    due.change_partner("otp", delivery=delivery)
    made = due.released()
    (intent,) = due.intents("sending")
    way = ways.Ways(due.premises, None, Timeouts(), Reach())  # type: ignore[arg-type]  # nothing goes by HTTP
    due.run(way.hand_over("otp", made, yes))  # type: ignore[arg-type]  # and then the power went
    first = taken(folder)
    due.settle(intent, "retry", "POSSIBLE_DUPLICATE")
    due.clock.advance(timedelta(hours=1))

    play(due, delivery, settled(due, "delivered"))

    assert due.intents()[0].reason == "FILE_GIVEN_BEFORE"
    assert len(first) == 1
    assert taken(folder) == []
    assert release_states(due)[-1] == "delivered"


def test_an_encrypted_file_opens_for_its_recipient_alone(due: County, folder: Path, tmp_path: Path) -> None:
    key = rsa.generate_private_key(65537, 2048)
    paper = issued(tmp_path, "reader", authority(tmp_path), key=key)
    reach = Reach(readers={"otp": recipient_certificate(tmp_path, "reader.pem")})
    delivery = FilesDelivery(
        folder=str(folder), format="fhir+json", encryption="cms", certificate="reader.pem"
    )
    play(due, delivery, settled(due, "delivered"), reach)

    (found,) = taken(folder)
    (row,) = due.look(lambda r: outbox.of_patient(r, due.patient_id))
    assert found["file"].endswith(".json.p7m")
    assert b"resourceType" not in found["content"]
    opened = pkcs7_decrypt_der(found["content"], paper.certificate, key, [])
    assert hashlib.sha256(opened).hexdigest() == row.sha256
    if (openssl := shutil.which("openssl")) is not None:  # the recipe of the partners' page
        command = [openssl, "cms", "-decrypt", "-inform", "DER", "-inkey", str(paper.file)]
        by_hand = subprocess.run(command, input=found["content"], capture_output=True, check=True)
        assert by_hand.stdout == opened


def test_nothing_is_encrypted_for_a_certificate_that_has_ended(
    due: County, folder: Path, tmp_path: Path
) -> None:
    key = rsa.generate_private_key(65537, 2048)
    issued(tmp_path, "reader", authority(tmp_path), (-900 * DAY, -800 * DAY), key=key)
    reach = Reach(readers={"otp": recipient_certificate(tmp_path, "reader.pem")})
    delivery = FilesDelivery(
        folder=str(folder), format="fhir+json", encryption="cms", certificate="reader.pem"
    )
    play(due, delivery, settled(due, "retry"), reach)

    assert due.intents()[0].reason == "CERTIFICATE_EXPIRED"
    assert visible(folder) == []


# --- settings -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("delivery", "place"),
    [
        ("{kind: files, folder: out/otp, format: fhir+json}", "partners.otp.delivery"),
        ("{kind: files, folder: out/otp, format: '', encryption: none}", "partners.otp.delivery.format"),
        ("{kind: files, folder: '', format: fhir+json, encryption: none}", "partners.otp.delivery.folder"),
        ("{kind: files, folder: o, format: fhir+json, encryption: cms}", "partners.otp.delivery.certificate"),
        (
            "{kind: files, folder: o, format: fhir+json, encryption: none, certificate: a.pem}",
            "partners.otp.delivery.certificate",
        ),
        (
            "{kind: files, folder: drops/a/b, format: fhir+json, encryption: none}",
            "partners.counseling.delivery.folder",
        ),
    ],
)
def test_a_wrong_setting_is_named_with_its_place(delivery: str, place: str) -> None:
    text = STARTER.replace(
        'delivery: {kind: fhir, url: "http://127.0.0.1:9/fhir"}', f"delivery: {delivery}", 1
    )
    other = "delivery: {kind: files, folder: drops/./a, format: fhir+json, encryption: none}"
    text = text.replace('delivery: {kind: fhir, url: "http://127.0.0.1:9/fhir"}', other, 1)
    with pytest.raises(NetworkFileRefused) as refused:
        parse_network(text.encode())

    assert [fault.place for fault in refused.value.faults] == [place]


def test_files_are_encrypted_for_a_certificate_that_can_do_that(tmp_path: Path) -> None:
    authority(tmp_path)  # of an elliptic curve
    (tmp_path / "network.yaml").write_text(STARTER)
    delivery = "{kind: files, folder: o, format: fhir+json, encryption: cms, certificate: authority.pem}"
    text = STARTER.replace('{kind: fhir, url: "http://127.0.0.1:9/fhir"}', delivery, 1)
    with pytest.raises(NetworkFileRefused) as refused:
        parse_network(text.encode(), folder=tmp_path)

    (fault,) = refused.value.faults
    assert (fault.place, "RSA" in fault.what) == ("partners.otp.delivery.certificate", True)
