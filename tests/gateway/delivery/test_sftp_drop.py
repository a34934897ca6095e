"""Files for a partner's SFTP server: whole or not at all, once, to the server that is pinned and to no other."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import asyncssh
import pytest

from gateway.delivery.file_drop import Parcel
from gateway.delivery.http_push import open_transport
from gateway.delivery.outcome import DeliveryOutcome
from gateway.delivery.sender import Sender
from gateway.delivery.sftp_drop import SftpDrop
from gateway.delivery.ways import Reach, Timeouts
from gateway.errors import NotUnderstood
from gateway.partners import FilesDelivery, NetworkFileRefused, parse_network
from gateway.partners.deliveries import SftpServer
from gateway.partners.sftp_doors import SftpDoor, sftp_door
from gateway.store import outbox
from tests.gateway.county import County
from tests.gateway.delivery.sftp_partner import OTHER_KEY, OUR_KEY, SERVER_KEY, Partner, partner_server
from tests.gateway.delivery.test_file_drop import CONTENT, DELIVERY, left, parcel, taken, visible, yes
from tests.gateway.delivery.test_sender import settled, until
from tests.gateway.partners.test_network_file import STARTER

pytestmark = pytest.mark.timeout(180)

NAME = f"{DELIVERY}-0123456789abcdef.json"
MANIFEST = f"{NAME}.manifest.json"
ONTO = Path("/drop")
SECONDS = 90.0
Scene = Callable[[Partner, SftpDrop], Awaitable[Any]]


def play(root: Path, scene: Scene) -> Any:
    """What `scene` gives back, played with a partner's server whose files are in `root`."""

    async def whole() -> Any:
        async with partner_server(root) as partner:
            drops = SftpDrop(SECONDS, SECONDS)
            try:
                return await scene(partner, drops)
            finally:
                drops.close()

    return asyncio.run(whole())


def drop(root: Path, sent: Parcel | None = None, check: Any = yes, **with_door: Any) -> DeliveryOutcome:
    async def scene(partner: Partner, drops: SftpDrop) -> DeliveryOutcome:
        return await drops.drop(partner.door(**with_door), sent or parcel(ONTO), check)

    found: DeliveryOutcome = play(root, scene)
    return found


def failing(root: Path, fault: Callable[[Partner, str, bytes], None], **partner_is: Any) -> DeliveryOutcome:
    """What came of one attempt at a server that answers as `fault` says."""

    async def scene(partner: Partner, drops: SftpDrop) -> DeliveryOutcome:
        for name, value in partner_is.items():
            setattr(partner, name, value)
        partner.fault = lambda operation, path: fault(partner, operation, path)
        return await drops.drop(partner.door(), parcel(ONTO), yes)

    found: DeliveryOutcome = play(root, scene)
    return found


async def never() -> bool:
    raise AssertionError("nothing is to leave")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The partner's folder as the partner sees it, prepared."""
    (tmp_path / "drop" / ".handoff").mkdir(parents=True)
    return tmp_path / "drop"


@pytest.mark.parametrize("renames_over", [True, False])
def test_a_file_lies_there_whole_with_its_manifest_and_is_given_once(
    tmp_path: Path, folder: Path, *, renames_over: bool
) -> None:
    async def scene(partner: Partner, drops: SftpDrop) -> list[DeliveryOutcome]:
        partner.renames_over = renames_over
        found = [await drops.drop(partner.door(), parcel(ONTO), yes)]
        found.append(await drops.drop(partner.door(), parcel(ONTO), never))
        assert visible(folder) == [NAME, MANIFEST]
        (manifest,) = taken(folder)
        assert (manifest["content"], manifest["replaces"]) == (CONTENT, [])
        found.append(await drops.drop(partner.door(), parcel(ONTO), never))
        found.append(await drops.drop(partner.door(), parcel(ONTO, "fedcba9876543210", b"new"), yes))
        assert partner.connections == 1, "kept for the next"
        assert partner.methods == {"publickey"}
        renamed = [path for operation, path in partner.asked if operation == "rename"]
        assert renamed[:2] == [f"/drop/{NAME}", f"/drop/{MANIFEST}"]
        return found

    found = play(tmp_path, scene)
    assert [one.code for one in found] == [
        "FILE_WRITTEN",
        "FILE_GIVEN_BEFORE",
        "FILE_GIVEN_BEFORE",
        "FILE_WRITTEN",
    ]
    (correction,) = taken(folder)
    assert correction["replaces"] == [NAME]


def test_large_content_arrives_byte_for_byte(tmp_path: Path, folder: Path) -> None:
    content = os.urandom(3 * 1024 * 1024 + 17)
    assert drop(tmp_path, parcel(ONTO, content=content)).code == "FILE_WRITTEN"
    assert taken(folder)[0]["content"] == content


@pytest.mark.parametrize(
    ("shown", "code"),
    [({"pinned": OTHER_KEY}, "HOST_KEY_NOT_PINNED"), ({"key": OTHER_KEY}, "LOGIN_REFUSED")],
)
def test_who_is_not_known_gets_nothing(tmp_path: Path, folder: Path, shown: Any, code: str) -> None:
    async def scene(partner: Partner, drops: SftpDrop) -> None:
        door = partner.door(**shown)
        assert await drops.drop(door, parcel(ONTO), never) == DeliveryOutcome("retry", code)
        assert "password" not in partner.methods
        assert partner.asked == []
        if "pinned" in shown:
            assert partner.methods == set(), "we show no key to a stranger"

    play(tmp_path, scene)
    assert left(folder) == []


def test_nobody_listens_or_somebody_who_knows_no_ssh(tmp_path: Path) -> None:
    async def scene() -> list[DeliveryOutcome]:
        async def deaf(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(b"SSH-1.0-of_long_ago\r\n")
            writer.close()

        async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.read()
            writer.close()

        found = []
        for behaves, seconds in ((deaf, SECONDS), (silent, 0.2)):
            server = await asyncio.start_server(behaves, "127.0.0.1", 0)
            door = SftpDoor(
                "127.0.0.1",
                server.sockets[0].getsockname()[1],
                "handoff",
                frozenset(),
                OUR_KEY.export_private_key(),
            )
            found.append(await SftpDrop(seconds, SECONDS).drop(door, parcel(ONTO), never))
            server.close()
            await server.wait_closed()
        found.append(await SftpDrop(SECONDS, SECONDS).drop(door, parcel(ONTO), never))
        return found

    found = asyncio.run(scene())
    assert {one.kind for one in found} == {"retry"}
    assert [one.code for one in found] == ["SSH_FAILED", "CONNECT_TIMEOUT", "CONNECT_FAILED"]


def test_a_check_that_says_no_leaves_no_byte_also_of_what_was_cut_short_before(
    tmp_path: Path, folder: Path
) -> None:
    (folder / NAME).write_bytes(CONTENT)
    (folder / ".handoff" / f"{NAME}.mark").write_bytes(b"")
    (folder / ".handoff" / f"{NAME}.manifest").write_bytes(b"")

    async def no() -> bool:
        return False

    assert drop(tmp_path, check=no) == DeliveryOutcome("aborted", "CHECK_SAID_NO")
    assert left(folder) == []


def test_a_folder_that_was_not_prepared_is_left_alone(tmp_path: Path, folder: Path) -> None:
    (folder / ".handoff").rmdir()
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()

    async def scene(partner: Partner, drops: SftpDrop) -> list[str]:
        (folder / ".handoff").rmdir()
        found = [(await drops.drop(partner.door(), parcel(ONTO), never)).code]
        (folder / ".handoff").symlink_to(elsewhere)
        found.append((await drops.drop(partner.door(), parcel(ONTO), never)).code)
        (tmp_path / "link").symlink_to(folder)
        found.append((await drops.drop(partner.door(), parcel(Path("/link")), never)).code)
        return found

    assert play(tmp_path, scene) == ["FOLDER_NOT_PREPARED"] * 3
    assert list(elsewhere.iterdir()) == visible(folder) == []


def test_a_planted_link_is_replaced_and_not_followed(tmp_path: Path, folder: Path) -> None:
    outside = tmp_path / "outside"
    outside.write_text("theirs")
    for planted in (f".handoff/{NAME}.part", f".handoff/{NAME}.manifest", NAME, MANIFEST):
        (folder / planted).symlink_to(outside)

    assert drop(tmp_path).code == "FILE_WRITTEN"
    assert outside.read_text() == "theirs"
    assert taken(folder)[0]["content"] == CONTENT


def test_same_content_that_lies_there_without_its_mark_is_not_given_again(
    tmp_path: Path, folder: Path
) -> None:
    drop(tmp_path)
    (folder / ".handoff" / f"{NAME}.mark").unlink()

    def closed(_partner: Partner, asked: str, path: bytes) -> None:
        if asked == "open" and not path.endswith(MANIFEST.encode()):
            raise asyncssh.SFTPPermissionDenied("")

    assert failing(tmp_path, closed) == DeliveryOutcome("delivered", "FILE_GIVEN_BEFORE")
    assert drop(tmp_path, check=never) == DeliveryOutcome("delivered", "FILE_GIVEN_BEFORE")

    taken(folder)
    assert drop(tmp_path, check=never).code == "FILE_GIVEN_BEFORE", "the mark is there again"


@pytest.mark.parametrize("manifest", [b"{", b"[]", b"{}", b"\xff" * 70_000])
def test_what_somebody_else_put_under_our_name_is_not_taken_for_ours(
    tmp_path: Path, folder: Path, manifest: bytes
) -> None:
    (folder / NAME).write_bytes(b"theirs")
    (folder / MANIFEST).write_bytes(manifest)
    assert drop(tmp_path).code == "FILE_WRITTEN"
    assert taken(folder)[0]["content"] == CONTENT


@pytest.mark.parametrize("at", ["part", "manifest", "mark", NAME, MANIFEST])
def test_a_line_that_breaks_leaves_it_unknown_and_the_next_attempt_gives_it_once(
    tmp_path: Path, folder: Path, at: str
) -> None:
    def breaks(partner: Partner, operation: str, path: bytes) -> None:
        if path.decode("utf-8", "replace").endswith(at) and operation in ("open", "rename"):
            partner.cut()

    outcome = failing(tmp_path, breaks)
    assert outcome == DeliveryOutcome("unknown", "CONNECTION_LOST")
    found = taken(folder)
    assert drop(tmp_path).kind == "delivered"
    found += taken(folder)
    assert [one["content"] for one in found] == [CONTENT]
    assert visible(folder) == []


def test_a_line_that_breaks_in_the_middle_of_the_content_shows_nothing(tmp_path: Path, folder: Path) -> None:
    written = 0

    def breaks(partner: Partner, operation: str, path: bytes) -> None:
        nonlocal written
        written += operation == "write"
        if written == 2:
            partner.cut()

    async def scene(partner: Partner, drops: SftpDrop) -> DeliveryOutcome:
        partner.fault = lambda operation, path: breaks(partner, operation, path)
        return await drops.drop(partner.door(), parcel(ONTO, content=b"x" * 2_000_000), yes)

    assert play(tmp_path, scene) == DeliveryOutcome("unknown", "CONNECTION_LOST")
    assert visible(folder) == []
    assert drop(tmp_path).code == "FILE_WRITTEN"
    assert [one["content"] for one in taken(folder)] == [CONTENT]


def test_a_line_that_ended_between_two_deliveries_is_opened_again(tmp_path: Path, folder: Path) -> None:
    async def scene(partner: Partner, drops: SftpDrop) -> tuple[str, int]:
        await drops.drop(partner.door(), parcel(ONTO), yes)
        partner.cut()
        second = await drops.drop(partner.door(), parcel(ONTO, "0" * 16), yes)
        return second.code, partner.connections

    assert play(tmp_path, scene) == ("FILE_WRITTEN", 2)


@pytest.mark.parametrize(
    ("operation", "end", "answer", "kind", "code"),
    [
        ("open", ".part", asyncssh.SFTPPermissionDenied, "retry", "FOLDER_CLOSED"),
        ("write", "Canary\"}", asyncssh.SFTPFailure, "retry", "FOLDER_FULL"),
        ("write", "\n", asyncssh.SFTPNoSpaceOnFilesystem, "retry", "FOLDER_FULL"),
        ("rename", NAME, asyncssh.SFTPPermissionDenied, "retry", "FOLDER_CLOSED"),
        ("rename", MANIFEST, asyncssh.SFTPPermissionDenied, "unknown", "FOLDER_CLOSED"),
        ("lstat", "drop", asyncssh.SFTPPermissionDenied, "retry", "FOLDER_CLOSED"),
        ("lstat", "drop", asyncssh.SFTPFailure, "retry", "FOLDER_FAILED"),
    ],
)  # fmt: skip
def test_what_the_server_will_not_do_is_taken_back_and_tried_again(
    tmp_path: Path, folder: Path, operation: str, end: str, answer: Any, kind: str, code: str
) -> None:
    def refuses(_partner: Partner, asked: str, path: bytes) -> None:
        if asked == operation and path.decode("utf-8", "replace").endswith(end):
            raise answer("a text with Canary in it")

    outcome = failing(tmp_path, refuses)
    assert outcome == DeliveryOutcome(kind, code), "and no text of the server's"  # type: ignore[arg-type]
    assert left(folder) == []
    assert drop(tmp_path).code == "FILE_WRITTEN"


def test_what_cannot_be_taken_back_is_unknown(tmp_path: Path, folder: Path) -> None:
    closed = asyncio.Event()

    def refuses(_partner: Partner, asked: str, _path: bytes) -> None:
        if asked == "rename":
            closed.set()
        if closed.is_set():
            raise asyncssh.SFTPPermissionDenied("")

    assert failing(tmp_path, refuses) == DeliveryOutcome("unknown", "FOLDER_CLOSED")
    assert visible(folder) == []


def test_a_name_that_is_taken_by_a_folder_is_tried_again(tmp_path: Path, folder: Path) -> None:
    (folder / NAME).mkdir()
    outcome = failing(tmp_path, lambda *_: None)
    assert outcome.kind == "unknown", "the folder in its place cannot be removed"
    assert visible(folder) == [NAME]


def test_a_server_that_hangs_holds_up_no_other(tmp_path: Path, folder: Path) -> None:
    async def scene(partner: Partner, drops: SftpDrop) -> None:
        asked, answers = asyncio.Event(), asyncio.Event()

        async def hold() -> bool:
            asked.set()
            return await answers.wait()

        slow = asyncio.create_task(drops.drop(partner.door(), parcel(ONTO), hold))
        await asked.wait()
        (line,) = drops._lines.values()
        line.seconds = 0.01
        second = await drops.drop(partner.door(), parcel(ONTO, "0" * 16), never)
        assert second == DeliveryOutcome("retry", "FOLDER_BUSY")
        line.seconds = SECONDS
        async with partner_server(tmp_path / "other") as others:
            assert (await drops.drop(others.door(), parcel(ONTO), yes)).code == "FILE_WRITTEN"
        answers.set()
        assert (await slow).code == "FILE_WRITTEN"

    play(tmp_path, scene)


async def short_of_time(drops: SftpDrop, seconds: float) -> bool:
    """Yes; but from now on each step has only `seconds`."""
    for line in drops._lines.values():
        line.seconds = seconds
    return True


@pytest.mark.parametrize(
    ("hangs_at", "kind"),
    [("scandir", "retry"), ("open", "unknown"), ("write", "unknown"), ("rename", "unknown")],
)
def test_a_server_that_says_no_more_is_given_up(
    tmp_path: Path, folder: Path, hangs_at: str, kind: str
) -> None:
    async def scene(partner: Partner, drops: SftpDrop) -> DeliveryOutcome:
        partner.silent_at = hangs_at

        seconds = 0.1
        while True:  # on a slow machine its time may be over before the server comes to that
            seconds *= 2
            outcome = await drops.drop(partner.door(), parcel(ONTO), partial(short_of_time, drops, seconds))
            if partner.fell_silent:
                return outcome
            drops.close()
            next(iter(drops._lines.values())).seconds = SECONDS

    assert play(tmp_path, scene) == DeliveryOutcome(kind, "ATTEMPT_TIMEOUT")  # type: ignore[arg-type]
    assert not (folder / MANIFEST).exists()
    assert drop(tmp_path).code == "FILE_WRITTEN"


def test_an_attempt_that_is_cut_ends_its_connection_and_shows_nothing(tmp_path: Path, folder: Path) -> None:
    async def scene(partner: Partner, drops: SftpDrop) -> None:
        begun = asyncio.Event()

        def noticed(operation: str, _path: bytes) -> None:
            if operation == "write":
                begun.set()

        partner.fault = noticed
        running = asyncio.create_task(
            drops.drop(partner.door(), parcel(ONTO, content=b"x" * 20_000_000), yes)
        )
        await begun.wait()
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        partner.fault = lambda *_: None
        assert visible(folder) == []
        assert (await drops.drop(partner.door(), parcel(ONTO), yes)).code == "FILE_WRITTEN"
        assert partner.connections == 2

    play(tmp_path, scene)
    assert [one["content"] for one in taken(folder)] == [CONTENT]


def test_names_on_the_server_are_never_more_than_looked_at(tmp_path: Path, folder: Path) -> None:
    """Ours are swept when they were cut short long ago; whatever else there is stays, whatever it is called."""
    cut_short = f"{DELIVERY[:-1]}9-0123456789abcdef.json"
    tricks = [
        os.fsdecode(b"\xff.mark"),
        "..x",
        "a\nb.mark",
        f"{DELIVERY}-\n.mark",
        f"{DELIVERY}-evil.mark",
        "ü.part",
        "-rf",
    ]
    for name in (*tricks, f"{cut_short}.part"):
        (folder / ".handoff" / name).write_bytes(b"theirs")
        os.utime(folder / ".handoff" / name, (0, 0))
    (folder / ".handoff" / f"{NAME[:-5]}x.mark").symlink_to(tmp_path)

    assert drop(tmp_path).code == "FILE_WRITTEN"
    kept = set(os.listdir(folder / ".handoff"))
    assert kept == {*tricks, f"{NAME}.mark", f"{NAME[:-5]}x.mark"}
    assert json.loads((folder / MANIFEST).read_bytes())["replaces"] == []


@pytest.mark.parametrize("is_cut", [True, False])
def test_a_trouble_while_sweeping_leaves_a_delivery_delivered(
    tmp_path: Path, folder: Path, *, is_cut: bool
) -> None:
    swept = []

    def troubled(partner: Partner, asked: str, path: bytes) -> None:
        if (asked, path) == ("scandir", b"/drop"):  # only the sweep looks at that
            swept.append(path)
            if is_cut:
                partner.cut()
            raise asyncssh.SFTPFailure("")

    assert failing(tmp_path, troubled) == DeliveryOutcome("delivered", "FILE_WRITTEN")
    assert swept
    assert [one["content"] for one in taken(folder)] == [CONTENT]


def test_marks_of_long_ago_are_forgotten(tmp_path: Path, folder: Path) -> None:
    old = folder / ".handoff" / f"{DELIVERY[:-1]}9-0123456789abcdef.json.mark"
    old.write_bytes(b"")
    os.utime(old, (0, 0))
    drop(tmp_path)
    assert os.listdir(folder / ".handoff") == [f"{NAME}.mark"]


def test_a_folder_of_a_server_that_lists_other_names_than_it_has(tmp_path: Path, folder: Path) -> None:
    sweeper = replace(parcel(ONTO), name=f"{DELIVERY[:-1]}8-0123456789abcdef.json")
    outside = tmp_path / f"{DELIVERY[:-1]}7-0123456789abcdef.json.part"
    outside.write_bytes(b"theirs")
    os.utime(outside, (0, 0))

    async def scene(partner: Partner, drops: SftpDrop) -> None:
        real = asyncssh.SFTPClient.scandir

        async def lying(self: asyncssh.SFTPClient, path: Any = ".") -> Any:
            async for entry in real(self, path):
                yield entry
            attrs = asyncssh.SFTPAttrs(permissions=0o100644, mtime=1)
            yield asyncssh.SFTPName(f"../../{outside.name}", attrs=attrs)
            yield asyncssh.SFTPName(f"/{outside.name}", attrs=attrs)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(asyncssh.SFTPClient, "scandir", lying)
            assert (await drops.drop(partner.door(), sweeper, yes)).code == "FILE_WRITTEN"

    play(tmp_path, scene)
    assert outside.exists()


# --- through the sender ---------------------------------------------------------------------------------------------


@pytest.mark.requirement("AU-06")
def test_a_referral_goes_to_the_server_and_is_accounted_for(county: County, tmp_path: Path) -> None:
    root = tmp_path / "partner"
    county.consent()
    county.refer()

    async def scene() -> None:
        async with partner_server(root) as partner, open_transport() as client:
            server = SftpServer(
                address=f"127.0.0.1:{partner.port}",
                user="handoff",
                key="sftp.key",
                host_keys=(SERVER_KEY.get_fingerprint(),),
            )
            county.change_partner(
                "otp",
                delivery=FilesDelivery(folder="/drop", format="fhir+json", encryption="none", sftp=server),
            )
            OUR_KEY.write_private_key(tmp_path / "sftp.key")
            (tmp_path / "sftp.key").chmod(0o600)
            reach = Reach(sftp={"otp": sftp_door(tmp_path, server)})
            ours = replace(county.premises, work_waiting=asyncio.Event())
            sender = Sender(ours, client, Timeouts(), reach)
            running = asyncio.create_task(sender.run())
            try:
                async with asyncio.timeout(90):
                    await until(settled(county, "delivered"))
            finally:
                await sender.stop(1.0)
                await running

    county.run(scene())
    (found,) = taken(root / "drop")
    (row,) = county.look(lambda r: outbox.of_patient(r, county.patient_id))
    assert found["sha256"] == row.sha256
    (entry,) = county.audit("handover")
    assert (entry.row.outcome, entry.row.partner) == ("delivered", "otp")


def test_the_library_is_loaded_only_where_a_partner_needs_it() -> None:
    code = "import sys, gateway.wiring.lines, gateway.delivery; sys.exit('asyncssh' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


# --- settings -------------------------------------------------------------------------------------------------------

PIN = SERVER_KEY.get_fingerprint()
GOOD = {"address": '"127.0.0.1:22"', "user": "us", "key": "sftp.key", "host_keys": f'["{PIN}"]'}


def faults(folder: Path | None, place: str = "/drop", **changed: str) -> list[str]:
    """Where the network file is found wrong; each time with the line on which the setting stands."""
    said = ", ".join(f"{name}: {value}" for name, value in {**GOOD, **changed}.items() if value)
    text = STARTER.replace(
        'delivery: {kind: fhir, url: "http://127.0.0.1:9/fhir"}',
        f"delivery: {{kind: files, folder: {place}, format: fhir+json, encryption: none, sftp: {{{said}}}}}",
        1,
    )
    try:
        parse_network(text.encode(), folder=folder)
    except NetworkFileRefused as refused:
        (line,) = [number for number, one in enumerate(text.splitlines(), 1) if "sftp:" in one]
        assert {fault.line for fault in refused.faults} == {line}
        return [fault.place for fault in refused.faults]
    return []


@pytest.fixture
def network(tmp_path: Path) -> Path:
    """A network's folder with our key for the server."""
    OUR_KEY.write_private_key(tmp_path / "sftp.key")
    (tmp_path / "sftp.key").chmod(0o600)
    return tmp_path


@pytest.mark.parametrize(
    ("changed", "place"),
    [
        ({"address": "nowhere"}, "sftp.address"),
        ({"address": '"h:0"'}, "sftp.address"),
        ({"address": '"h:70000"'}, "sftp.address"),
        ({"user": '"a b"'}, "sftp.user"),
        ({"key": '""'}, "sftp.key"),
        ({"key": "absent.key"}, "sftp.key"),
        ({"key": "open.key"}, "sftp.key"),
        ({"key": "wrong.key"}, "sftp.key"),
        ({"key": "locked.key"}, "sftp.key"),
        ({"host_keys": ""}, "sftp"),
        ({"host_keys": "[]"}, "sftp.host_keys"),
        ({"host_keys": '["MD5:aa"]'}, "sftp.host_keys"),
        ({"password": "secret"}, "sftp"),
        ({"place": "a/../b"}, "folder"),
        ({"place": '"~root/x"'}, "folder"),
        ({"place": '"a\\nb"'}, "folder"),
    ],
)
def test_a_wrong_setting_is_named_with_its_line(network: Path, changed: dict[str, str], place: str) -> None:
    OUR_KEY.write_private_key(network / "open.key")
    (network / "open.key").chmod(0o644)
    OUR_KEY.write_private_key(network / "locked.key", "pkcs8-pem", "x")
    (network / "wrong.key").write_text("no key")
    for name in ("locked.key", "wrong.key"):
        (network / name).chmod(0o600)
    (found,) = faults(network, **changed)
    assert found.startswith(f"partners.otp.delivery.{place}".removesuffix(".sftp"))


def test_right_settings_are_taken_and_a_remote_folder_is_no_local_one(network: Path) -> None:
    assert faults(network) == []
    assert faults(network, place="keys") == [], "a folder of the server's, not ours"


def test_two_partners_do_not_share_a_folder_of_one_login() -> None:
    server = ", ".join(f"{name}: {value}" for name, value in GOOD.items())
    out = 'delivery: {kind: fhir, url: "http://127.0.0.1:9/fhir"}'

    def places(second: str) -> list[str]:
        text = STARTER
        for said in (f"folder: /drop, sftp: {{{server}}}", second):
            text = text.replace(
                out, f"delivery: {{kind: files, format: fhir+json, encryption: none, {said}}}", 1
            )
        try:
            parse_network(text.encode())
        except NetworkFileRefused as refused:
            return [fault.place for fault in refused.faults]
        return []

    assert len(places(f"folder: /drop/./in, sftp: {{{server}}}")) == 1
    assert places(f"folder: /drop2, sftp: {{{server}}}") == []
    assert places(f"folder: /drop, sftp: {{{server.replace('user: us', 'user: them')}}}") == []
    assert places("folder: /drop") == []


def test_without_the_library_the_setting_says_what_to_install(
    network: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "asyncssh", None)
    server = SftpServer(address="h:22", user="us", key="sftp.key", host_keys=(PIN,))
    with pytest.raises(NotUnderstood) as refused:
        sftp_door(network, server)

    assert (refused.value.code, "pip install" in refused.value.message) == ("SFTP_NOT_INSTALLED", True)
    assert faults(network) == ["partners.otp.delivery.sftp"]
