"""Files that partners leave on their SFTP servers, through the whole house. A real server, a real store."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import asyncssh
import msgspec
import pytest

from gateway.flows.files import ArrivedFile, TakenFile, accept_file
from gateway.intake.certificate_watch import CertificateWatch
from gateway.intake.folder_watch import FolderWatch
from gateway.intake.watched_folder import WatchSettings
from gateway.intake.watched_place import MANIFEST_END, PlaceTrouble
from gateway.intake.watched_server import FileTrouble, WatchedServer
from gateway.partners import NetworkFileRefused, parse_network
from gateway.partners.deliveries import SftpServer
from gateway.partners.network import FolderListener
from gateway.store import InboxMessage, inbox
from gateway.wiring.lines import folder_watches
from tests.gateway.county import County
from tests.gateway.delivery.sftp_partner import OTHER_KEY, OUR_KEY, SERVER_KEY, Partner, partner_server
from tests.gateway.disclosure.unsteady import FullStore
from tests.gateway.partners.test_network_file import STARTER
from tests.gateway.wiring.test_watched_folders import BAD, FORMATS, HEADER, ONE, TWO

pytestmark = pytest.mark.timeout(180)


class Server:
    """The program's folder on its own server, and the door that polls it."""

    def __init__(self, county: County, root: Path, **settings: Any) -> None:
        self.county, self.root, self.folder = county, root, root / "in"
        self.folder.mkdir(exist_ok=True)
        self.settings = {"formats": FORMATS, "poll_seconds": 0.01, **settings}
        self.faults: Callable[[str, bytes], None] = lambda _operation, _path: None
        self.is_: dict[str, Any] = {}
        self.pinned = SERVER_KEY
        key = county.folder.path / "sftp-key"
        key.write_bytes(OUR_KEY.export_private_key())
        key.chmod(0o600)

    def put(self, name: str, content: str, manifest: dict[str, Any] | None = None) -> None:
        fresh = self.folder / f"{name}.part"
        fresh.write_text(content)
        if manifest is not None:
            (self.folder / f"{name}{MANIFEST_END}").write_text(json.dumps(manifest))
        fresh.rename(self.folder / name)

    def watch(self, enough: Callable[[Partner], bool] | None = None, premises: Any = None) -> None:
        """Let the door look until `enough` (nothing is left to take)."""

        async def scene() -> None:
            async with partner_server(self.root) as partner:
                partner.fault = self.faults
                for name, value in self.is_.items():
                    setattr(partner, name, value)
                folder = self._folder(partner.port)
                watch, self.key_watch = folder_watches(folder, premises or self.county.premises)
                assert isinstance(watch, FolderWatch)
                running = asyncio.create_task(watch.run())
                async with asyncio.timeout(90):
                    while not (enough(partner) if enough else self.empty()):  # noqa: ASYNC110
                        await asyncio.sleep(0.01)
                await watch.stop(60.0)
                await running
                self.partner = partner

        self.county.run(scene())

    def _folder(self, port: int) -> Any:
        server = SftpServer(
            address=f"127.0.0.1:{port}",
            user="handoff",
            key="sftp-key",
            host_keys=(self.pinned.get_fingerprint(),),
        )
        watched = FolderListener(partner="counseling", folder="/in", sftp=server, **self.settings)
        content = msgspec.structs.replace(self.county.folder.network.content, folders=(watched,))
        return replace(self.county.folder, network=type(self.county.folder.network)(content))

    def names(self, place: str = "") -> list[str]:
        with suppress(FileNotFoundError):
            return sorted(file.name for file in (self.folder / place).iterdir() if file.is_file())
        return []

    def empty(self) -> bool:
        return not self.names() and not self.names(".handoff")

    def codes(self) -> list[str]:
        """What the errors say that were written back."""
        found = []
        for name in self.names("rejected"):
            if name.endswith(".errors.json"):
                told = json.loads((self.folder / "rejected" / name).read_bytes())
                found += [one["faults"][0]["code"] for one in told["records"]]
        return found

    def states(self) -> list[str]:
        return [message.state for message in reversed(self.kept())]

    def kept(self) -> tuple[InboxMessage, ...]:
        return self.county.look(inbox.list_messages)


@pytest.fixture
def server(county: County, tmp_path: Path) -> Server:
    root = tmp_path / "server"
    root.mkdir()
    return Server(county, root)


@pytest.mark.parametrize("renames_over", [True, False])
def test_what_lies_there_is_taken_once_and_what_is_wrong_comes_back(
    server: Server, *, renames_over: bool
) -> None:
    server.is_["renames_over"] = renames_over
    server.put("Canary plans.csv", HEADER + ONE + BAD)
    server.watch()
    assert server.states() == ["accepted", "needs_attention"]
    (name,) = server.names("done")
    assert name == hashlib.sha256((HEADER + ONE + BAD).encode()).hexdigest()[:32] + ".csv"
    assert server.codes() == ["NO_CONCEPT"]
    assert any(name.endswith(".rejected.csv") for name in server.names("rejected"))

    server.put("again.csv", HEADER + ONE + BAD)
    server.watch()
    assert (len(server.kept()), len(server.names("done")), len(server.names("rejected"))) == (2, 1, 2)


def test_a_server_that_lets_nothing_be_renamed_or_written_is_read_once(
    server: Server, capfd: pytest.CaptureFixture[str]
) -> None:
    """And once more by the next process, which finds every record known."""
    refuse_changes(server)
    server.put("plans.csv", HEADER + ONE + BAD)
    server.put("plans.json", "{}", {"sha256": "0" * 64})
    server.watch(lambda partner: opened(partner) >= 3 and looks(partner) >= 8)

    assert server.states() == ["accepted", "needs_attention"]
    assert opened(server.partner) == 3, "two files and a manifest, once each"
    server.watch(lambda partner: looks(partner) >= 5)
    assert server.states() == ["accepted", "needs_attention"]
    assert server.names() == ["plans.csv", "plans.json", f"plans.json{MANIFEST_END}"]
    assert capfd.readouterr().err.count('"event":"file_refused"') == 4

    server.put("plans.csv", HEADER + ONE + TWO)
    server.watch(lambda _: len(server.kept()) >= 4)
    assert server.states().count("accepted") == 3


def refuse_changes(server: Server) -> None:
    def refuse(operation: str, path: bytes) -> None:
        if operation in ("rename", "remove", "write") or (operation == "open" and b"rejected" in path):
            raise asyncssh.SFTPPermissionDenied("read only")

    server.faults = refuse


def opened(partner: Partner) -> int:
    return sum(operation == "open" for operation, _ in partner.asked)


def looks(partner: Partner) -> int:
    return sum((operation, path) == ("scandir", "/in") for operation, path in partner.asked)


def test_a_file_is_what_its_manifest_says_or_is_refused(server: Server) -> None:
    good, bad = HEADER + ONE, HEADER + TWO
    digest = hashlib.sha256(good.encode()).hexdigest()
    server.put("good.csv", good, {"bytes": len(good), "sha256": digest.upper()})
    server.put("bad.csv", bad, {"bytes": len(bad), "sha256": digest})
    server.put("short.csv", bad + TWO, {"bytes": 1, "sha256": digest})
    server.watch()

    assert server.states() == ["accepted"]
    assert server.codes() == ["FILE_NOT_AS_MANIFEST"] * 2
    assert server.names("done") == [f"{digest[:32]}.csv"]


def test_a_file_waits_for_its_manifest_where_one_is_asked_for(server: Server) -> None:
    server.settings["manifests"] = "required"
    server.put("plans.csv", HEADER + ONE)
    server.watch(lambda partner: looks(partner) >= 4)
    assert (server.kept(), server.names()) == ((), ["plans.csv"])

    digest = hashlib.sha256((HEADER + ONE).encode()).hexdigest()
    (server.folder / f"plans.csv{MANIFEST_END}").write_text(json.dumps({"sha256": digest}))
    server.watch()
    assert server.states() == ["accepted"]


@pytest.mark.parametrize("broken_at", ["scandir", "open", "write", "rename"])
def test_a_line_that_breaks_at_any_step_loses_and_doubles_nothing(server: Server, broken_at: str) -> None:
    left = [3]

    def break_it(operation: str, _: bytes) -> None:
        if operation == broken_at and left[0]:
            left[0] -= 1
            raise asyncssh.SFTPConnectionLost("cut")

    server.faults = break_it
    server.put("plans.csv", HEADER + ONE + BAD)
    server.watch()

    assert left == [0]
    assert server.states() == ["accepted", "needs_attention"]
    assert (len(server.names("done")), len(server.names("rejected"))) == (1, 2)


def test_after_the_claim_an_ended_process_loses_nothing(server: Server) -> None:
    """As after a kill: claimed with what its manifest said, and taken in, but not put away."""
    content = HEADER + ONE
    server.put("plans.csv", content, {"sha256": hashlib.sha256(b"other").hexdigest()})

    async def claims(there: WatchedServer) -> None:
        await there.look()
        (found,) = await there.look()
        assert await there.claim(found) is not None

    by_hand(server, claims)
    (claimed,) = server.names(".handoff")
    assert server.names() == []
    server.watch()
    assert (server.codes(), server.kept()) == (["FILE_NOT_AS_MANIFEST"], ())

    file = ArrivedFile(
        "counseling", "files-counseling", FORMATS["csv"], content.encode(), server.county.clock.now()
    )
    server.county.run(accept_file(server.county.premises, file))
    (server.folder / ".handoff" / (claimed[:36] + ".csv")).write_text(content)
    server.watch()
    assert (server.states(), len(server.names("done"))) == (["accepted"], 1)


def by_hand(server: Server, scene: Callable[[WatchedServer], Any]) -> None:
    settings = WatchSettings(partner="counseling", folder=Path("/in"), channel="files", formats=FORMATS)

    async def played() -> None:
        async with partner_server(server.root) as partner:
            there = WatchedServer(settings, partner.door(), 60.0, 60.0)
            await scene(there)
            await there.close()

    asyncio.run(played())


def test_while_it_is_written_it_is_not_taken_and_what_changed_after_is_read_again(server: Server) -> None:
    slow = server.folder / "slow.csv"

    async def scene(there: WatchedServer) -> None:
        for end in range(40, len(HEADER + ONE) + 40, 40):
            slow.write_text((HEADER + ONE)[:end])
            assert await there.look() == ()
        (found,) = await there.look()
        slow.write_text(HEADER + ONE + TWO)
        assert await there.claim(found) is None
        assert await there.look() == ()
        (found,) = await there.look()
        claimed = await there.claim(found)
        assert claimed is not None
        assert await there.read(claimed) == (HEADER + ONE + TWO).encode()
        (name,) = server.names(".handoff")
        (server.folder / ".handoff" / name).write_text(HEADER)
        await there.put_away(claimed, "0" * 64, _nothing(), server.county.clock.now())
        assert server.names("done") == []
        (server.folder / ".handoff" / name).unlink()
        with pytest.raises(FileTrouble):
            await there.read(claimed)

    by_hand(server, scene)


def _nothing() -> Any:

    return TakenFile(())


@pytest.mark.parametrize("part", ["", ".handoff", "done", "rejected"])
def test_a_link_in_place_of_a_folder_is_not_followed(server: Server, part: str) -> None:
    elsewhere = server.root / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "plan.csv").write_text(HEADER + ONE)
    place = server.folder / part
    if not part:
        server.folder.rmdir()
        place = server.folder
    place.symlink_to("elsewhere" if not part else "../elsewhere")

    async def scene(there: WatchedServer) -> None:
        with pytest.raises(PlaceTrouble) as refused:
            await there.look()
        assert refused.value.code == "PLACE_IS_NO_FOLDER"

    by_hand(server, scene)


def test_links_and_unfinished_files_are_left_alone(server: Server) -> None:
    (server.root / "outside.csv").write_text(HEADER + ONE)
    (server.folder / "link.csv").symlink_to("../outside.csv")
    for name in (".hidden.csv", "writing.csv.part", "plans.csv~"):
        (server.folder / name).write_text(HEADER + ONE)
    server.put("plans.csv", HEADER + TWO)
    server.watch(lambda _: bool(server.names("done")))
    assert len(server.kept()) == 1
    assert len(list(server.folder.iterdir())) == 4 + 2


def test_only_the_pinned_server_is_asked(server: Server, capfd: pytest.CaptureFixture[str]) -> None:
    server.pinned = OTHER_KEY
    server.put("plans.csv", HEADER + ONE)
    told: list[str] = []

    def said(partner: Partner) -> bool:
        told.append(capfd.readouterr().err)
        return partner.connections >= 2 and "HOST_KEY_NOT_PINNED" in "".join(told)

    server.watch(said)
    assert server.partner.methods == set(), "we show no key to a stranger"
    assert server.kept() == ()
    server.pinned = SERVER_KEY
    server.watch()
    assert server.states() == ["accepted"]


def test_a_renewed_key_logs_in_without_a_restart(server: Server) -> None:
    key, renewed = server.county.folder.path / "sftp-key", []
    key.write_bytes(OTHER_KEY.export_private_key())
    server.put("plans.csv", HEADER + ONE)

    def taken(partner: Partner) -> bool:
        if partner.connections >= 2 and not renewed:
            assert server.kept() == (), "the server does not take that key"
            key.write_bytes(OUR_KEY.export_private_key())
            assert isinstance(server.key_watch, CertificateWatch)
            renewed.append(asyncio.ensure_future(server.key_watch.look()))
        return server.empty()

    server.watch(taken)
    assert server.states() == ["accepted"]


def test_while_the_store_takes_nothing_the_file_waits(server: Server) -> None:
    server.put("plans.csv", HEADER + ONE + TWO)
    full: Any = replace(server.county.premises, store=FullStore(server.county.store, 1))  # type: ignore[arg-type]
    server.watch(lambda _: bool(server.names(".handoff")) and bool(server.kept()), premises=full)
    assert server.names("done") == server.names("rejected") == []
    server.watch()
    assert server.states() == ["accepted", "accepted"]


def test_a_file_over_the_limit_is_not_held_in_memory(server: Server) -> None:
    server.settings["most_bytes"] = 1024
    server.put("plans.csv", "Canary" * 400)
    server.watch()
    assert server.codes() == ["FILE_TOO_LARGE"]
    assert server.names("rejected")[0].startswith(hashlib.sha256(b"Canary" * 400).hexdigest()[:32])


def test_one_file_that_cannot_be_read_holds_up_no_other(server: Server) -> None:
    def closed(operation: str, path: bytes) -> None:
        if operation == "open" and path.endswith(b".json"):
            raise asyncssh.SFTPPermissionDenied("not yours")

    server.faults = closed
    server.put("a.json", "{}")
    server.put("b.csv", HEADER + ONE)
    server.watch(lambda _: bool(server.names("done")))
    assert server.states() == ["accepted"]
    assert len(server.names(".handoff")) == 1


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"folder": "../up"}, "folders.0.folder"),
        ({"address": "h:0"}, "folders.0.sftp.address"),
        ({"partner": "nobody"}, "folders.0.partner"),
        ({"manifests": "sometimes"}, "folders"),
    ],
)
def test_a_wrong_setting_is_named_with_its_place(change: dict[str, str], place: str) -> None:
    said = {"partner": "counseling", "folder": "/in", "address": "sftp.example.org:22", **change}
    sftp = f"{{address: '{said.pop('address')}', user: county, key: k, host_keys: ['SHA256:{'a' * 43}']}}"
    rest = "".join(f"{name}: '{value}', " for name, value in said.items())
    text = STARTER.replace("policy:", f"folders: [{{{rest}formats: {{csv: x}}, sftp: {sftp}}}]\npolicy:", 1)
    with pytest.raises(NetworkFileRefused) as refused:
        parse_network(text.encode())
    assert refused.value.faults[0].place.startswith(place)


def test_two_lines_with_one_login_share_no_folder() -> None:
    sftp = f"{{address: 'S.example.org:22', user: county, key: k, host_keys: ['SHA256:{'a' * 43}']}}"
    out = (
        f"{{kind: files, folder: /x, format: fhir+json, encryption: none, sftp: {sftp.replace('S.', 's.')}}}"
    )
    text = STARTER.replace('{kind: fhir, url: "http://127.0.0.1:9/fhir"}', out, 1)
    line = f"{{partner: counseling, folder: /x/in, formats: {{csv: x}}, sftp: {sftp}}}"
    with pytest.raises(NetworkFileRefused) as refused:
        parse_network(text.replace("policy:", f"folders: [{line}]\npolicy:", 1).encode())
    assert [fault.place for fault in refused.value.faults] == ["folders.0.folder"]
