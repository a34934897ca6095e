"""The way back to who sent a referral: the status in its own folder, or as OSU for an order, and no more than agreed."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import asyncssh
import pytest

from gateway.delivery.http_push import open_transport
from gateway.delivery.sender import Sender
from gateway.delivery.ways import Reach, Timeouts
from gateway.demo import person
from gateway.partners import FilesDelivery, MllpDelivery
from gateway.partners.deliveries import SftpServer
from tests.gateway.county import OTP, County
from tests.gateway.delivery.sftp_partner import OTHER_KEY, SERVER_KEY, Partner, partner_server
from tests.gateway.delivery.test_mllp_push import Hospital
from tests.gateway.delivery.test_sender import until
from tests.gateway.flows.test_orders import ORM, message, order, take_orders

pytestmark = pytest.mark.timeout(180)
SECONDS = 90
HIDDEN = (b"F11", b"methadone", b"Opioid", b"F53")


def deliver(county: County, enough: Callable[[], bool], reach: Reach, serve: Any = None) -> None:
    """Run a sender until `enough`; `serve` answers behind the hospital's port."""

    async def scene() -> None:
        listening = None
        if serve is not None:
            listening = await asyncio.start_server(serve, "127.0.0.1", 0)
            address = f"127.0.0.1:{listening.sockets[0].getsockname()[1]}"
            county.change_partner(
                "hospital", delivery=MllpDelivery(address=address, format="hospital/osu_o51")
            )
        async with open_transport() as client:
            ours = replace(county.premises, work_waiting=asyncio.Event())
            sender = Sender(ours, client, Timeouts(), reach)
            running = asyncio.create_task(sender.run())
            try:
                async with asyncio.timeout(SECONDS):
                    await until(enough)
            finally:
                await sender.stop(1.0)
                await running
                if listening is not None:
                    listening.close()

    county.run(scene())


def answered(county: County, *, may_tell: bool = True) -> None:
    """The clinic has what was sent, and accepts; she lets it say so, or not."""
    county.deliver()
    county.share_plan()
    if may_tell:
        county.consent("hospital", discloser="otp", identifier=OTP, classes=("Task",))
    county.answer("otp", "accepted")


def states(county: County) -> list[str]:
    return [intent.state for intent in county.intents() if intent.kind == "status"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "back" / ".handoff").mkdir(parents=True)
    return tmp_path / "back"


@pytest.mark.parametrize(
    ("form", "ending", "said"),
    [("fhir+json", ".json", b'"accepted"'), ("housing/referral_csv", ".csv", b"accepted")],
)
def test_the_status_lies_in_the_sender_s_folder(
    county: County, folder: Path, form: str, ending: str, said: bytes
) -> None:
    county.change_partner("hospital", delivery=FilesDelivery(folder="back", format=form, encryption="none"))
    county.consent()
    county.refer()
    answered(county)
    deliver(county, lambda: states(county) == ["delivered"], Reach(folder=folder.parent))

    (file,) = [one for one in folder.iterdir() if one.suffix == ending and "manifest" not in one.name]
    assert said in file.read_bytes()
    assert [word for word in HIDDEN if word in file.read_bytes()] == []
    assert [entry.row.partner for entry in county.audit("handover")][-1] == "hospital"


def deliver_by_sftp(
    county: County, root: Path, enough: Callable[[], bool], *, pinned: asyncssh.SSHKey = SERVER_KEY
) -> Partner:
    """Run a sender until `enough`, with the hospital's SFTP server, whose files are in `root`; what the server saw."""

    async def scene() -> Partner:
        async with partner_server(root) as server, open_transport() as client:
            ours = replace(county.premises, work_waiting=asyncio.Event())
            sender = Sender(ours, client, Timeouts(), Reach(sftp={"hospital": server.door(pinned=pinned)}))
            running = asyncio.create_task(sender.run())
            try:
                async with asyncio.timeout(SECONDS):
                    await until(enough)
            finally:
                await sender.stop(1.0)
                await running
            return server

    found: Partner = county.run(scene())
    return found


def receives_by_sftp(county: County, form: str) -> None:
    """The hospital has a folder on a server of its own for what becomes of its referrals."""
    login = SftpServer(address="127.0.0.1:22", user="handoff", key="k", host_keys=("SHA256:" + "A" * 43,))
    delivery = FilesDelivery(folder="/back", format=form, encryption="none", sftp=login)
    county.change_partner("hospital", delivery=delivery)


def files_in(folder: Path, ending: str) -> list[bytes]:
    """What lies there whole, with a manifest that tells the truth, the oldest delivery first."""
    found = []
    for manifest in sorted(folder.glob("*.manifest.json"), key=lambda one: one.stat().st_mtime_ns):
        content = (folder / manifest.name.removesuffix(".manifest.json")).read_bytes()
        said = json.loads(manifest.read_bytes())
        assert (said["bytes"], said["sha256"]) == (len(content), hashlib.sha256(content).hexdigest())
        assert said["file"].endswith(ending)
        found.append(content)
    assert len(list(folder.glob(f"*{ending}"))) == len(found) * (2 if ending == ".json" else 1)
    return found


@pytest.mark.parametrize(
    ("form", "ending", "done"),
    [("fhir+json", ".json", b"completed"), ("housing/referral_csv", ".csv", b"housed")],
)
def test_the_status_lies_on_the_sender_s_server(
    county: County, folder: Path, form: str, ending: str, done: bytes
) -> None:
    receives_by_sftp(county, form)
    county.consent()
    county.refer()
    answered(county)

    server = deliver_by_sftp(county, folder.parent, lambda: states(county) == ["delivered"])

    (content,) = files_in(folder, ending)
    assert b"accepted" in content and [word for word in HIDDEN if word in content] == []
    assert server.methods == {"publickey"}
    left = [entry.row for entry in county.audit("handover")]
    assert [row.partner for row in left][-1] == "hospital"
    county.answer("otp", "completed")
    deliver_by_sftp(county, folder.parent, lambda: states(county) == ["delivered"] * 2)
    assert [done in one for one in files_in(folder, ending)] == [False, True]


def test_a_server_that_is_not_the_sender_s_is_told_nothing_and_the_answers_wait_in_order(
    county: County, folder: Path
) -> None:
    receives_by_sftp(county, "fhir+json")
    county.consent()
    county.refer()
    answered(county)
    county.answer("otp", "in-progress")

    def waits() -> bool:
        (first, *_) = [intent for intent in county.intents() if intent.kind == "status"]
        return (first.state, first.reason) == ("retry", "HOST_KEY_NOT_PINNED")

    server = deliver_by_sftp(county, folder.parent, waits, pinned=OTHER_KEY)
    assert (server.methods, server.asked, states(county)) == (set(), [], ["retry", "due"])
    assert [one.name for one in folder.iterdir()] == [".handoff"]
    assert "hospital" not in [entry.row.partner for entry in county.audit("handover")]

    county.clock.advance(timedelta(hours=1))
    deliver_by_sftp(county, folder.parent, lambda: states(county) == ["delivered"] * 2)
    told = [
        one["resource"]["status"]
        for content in files_in(folder, ".json")
        for one in json.loads(content)["entry"]
        if one["resource"]["resourceType"] == "Task"
    ]
    assert told == ["accepted", "in-progress"]


def test_without_her_word_the_server_is_not_asked(county: County, folder: Path) -> None:
    receives_by_sftp(county, "fhir+json")
    county.consent()
    county.refer()
    answered(county, may_tell=False)

    server = deliver_by_sftp(county, folder.parent, lambda: states(county) == ["held"])

    assert (server.connections, [one.name for one in folder.iterdir()]) == (0, [".handoff"])


def test_without_her_word_nothing_comes_back(county: County, folder: Path) -> None:
    delivery = FilesDelivery(folder="back", format="fhir+json", encryption="none")
    county.change_partner("hospital", delivery=delivery)
    county.consent()
    county.refer()
    answered(county, may_tell=False)
    deliver(county, lambda: states(county) == ["held"], Reach(folder=folder.parent))

    assert [one.name for one in folder.iterdir()] == [".handoff"]


def test_an_order_s_status_is_an_osu_under_its_own_number(county: County) -> None:
    take_orders(county, ORM)
    county.consent()
    known = person.referral_message("ED-1", "R-1", "SUNRISE", "Reyes^Sol")
    (her,) = [line for line in known.split(b"\r") if line.startswith(b"PID")]
    lines = message(order("R-1")).split(b"\r")
    raw = b"\r".join(her if line.startswith(b"PID") else line for line in lines)
    assert county.send(raw, "ORD-1", ORM).outcome == "accepted"

    class Ordering(Hospital):
        async def _answer(self, writer: asyncio.StreamWriter) -> None:
            control_id = self.frames[-1].split(b"|")[9].decode()
            said = f"MSH|^~\\&|A|B|C|D|2026||ACK|1|P|2.5.1\rMSA|AA|{control_id}\r"
            writer.write(f"\x0b{said}\x1c\r".encode())

    ordering = Ordering()
    answered(county)
    deliver(county, lambda: states(county) == ["delivered"], Reach(), ordering.serve)

    (frame,) = ordering.frames
    said = {line[:3]: line.split("|") for line in frame.decode().split("\r") if line}
    assert said["MSH"][8] == "OSU^O51^OSU_O51"
    assert said["ORC"][2].startswith("R-1^EHR")
