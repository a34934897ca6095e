"""The operator's door: one machine, one owner, one line in and one line out."""

from __future__ import annotations

import asyncio
import json
import socket
import stat
import threading
from pathlib import Path
from typing import Any

import pytest

from gateway.errors import NotNow
from gateway.wiring.asking import CONTROL_FILE, ask, running_at
from gateway.wiring.control import ControlDoor
from tests.gateway.county import County

HTTP = "http://127.0.0.1:1"


def with_door(county: County, scene: Any) -> Any:
    """What `scene(folder)` comes to, in a thread, while a door of the gateway is open."""

    async def play() -> Any:
        door = ControlDoor(county.folder.path, county.premises)
        await door.start(HTTP)
        try:
            return await asyncio.to_thread(scene, county.folder.path)
        finally:
            await door.stop()

    return county.run(play())


def line(folder: Path, sent: bytes) -> bytes:
    note = json.loads((folder / CONTROL_FILE).read_bytes())
    with socket.create_connection(("127.0.0.1", note["port"]), timeout=5) as connection:
        connection.sendall(sent)
        with connection.makefile("rb") as answer:
            return answer.readline()


@pytest.mark.requirement("HI-312-01")
def test_the_note_is_for_its_owner_alone_and_goes_with_the_gateway(county: County) -> None:
    def scene(folder: Path) -> tuple[int, str | None]:
        return stat.S_IMODE((folder / CONTROL_FILE).stat().st_mode), running_at(folder)

    assert with_door(county, scene) == (0o600, HTTP)
    assert running_at(county.folder.path) is None
    assert ask(county.folder.path, {"command": "replay"}) is None


def test_a_replay_is_done_by_the_running_gateway(county: County) -> None:
    kept = county.refer(addressee="NOBODY")

    answer = with_door(
        county,
        lambda folder: ask(folder, {"command": "replay", "message": kept.message_id, "reason": ""}),
    )

    assert (answer["outcome"], answer["replay_of"]) == ("content_error", kept.message_id)


def test_what_cannot_be_done_is_told_with_its_code(county: County) -> None:
    unknown = {"command": "replay", "message": "none", "reason": ""}

    assert with_door(county, lambda f: ask(f, unknown))["error"]["code"] == "NO_SUCH_MESSAGE"
    assert with_door(county, lambda f: ask(f, {"command": "stop"}))["error"]["code"] == "COMMAND_UNKNOWN"


@pytest.mark.requirement("HI-312-01")
@pytest.mark.parametrize(
    "sent", [b'{"secret": "guess", "command": "replay"}\n', b"[]\n", b'{"command": "x"}\n']
)
def test_without_the_secret_nothing_is_done(county: County, sent: bytes) -> None:
    answer = json.loads(with_door(county, lambda folder: line(folder, sent)))

    assert answer == {"error": {"code": "NOT_ALLOWED", "message": "the secret does not fit"}}


@pytest.mark.parametrize("sent", [b"no json\n", b"\xff\n", b"x" * 40_000])
def test_a_line_that_is_none_ends_the_connection_and_nothing_else(county: County, sent: bytes) -> None:
    def scene(folder: Path) -> tuple[bytes, Any]:
        try:
            said = line(folder, sent)
        except OSError:
            said = b""
        return said, ask(folder, {"command": "stop"})

    said, after = with_door(county, scene)

    assert said == b""
    assert after["error"]["code"] == "COMMAND_UNKNOWN"


def note(folder: Path, port: int) -> None:
    (folder / CONTROL_FILE).write_text(json.dumps({"port": port, "secret": "s", "http": HTTP}))


def test_a_note_that_a_killed_gateway_left_counts_as_none(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    note(tmp_path, port)

    assert ask(tmp_path, {"command": "replay"}) is None


@pytest.mark.parametrize("said", [b"", b"no json\n"])
def test_a_gateway_that_does_not_answer_is_told_from_none(tmp_path: Path, said: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        note(tmp_path, server.getsockname()[1])

        def answer() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(said)

        threading.Thread(target=answer, daemon=True).start()
        with pytest.raises(NotNow) as silent:
            ask(tmp_path, {"command": "replay"})

    assert silent.value.code == "CONTROL_SILENT"


@pytest.mark.parametrize("content", [b"", b"{}", b"no json"])
def test_a_note_that_cannot_be_read_names_no_address(tmp_path: Path, content: bytes) -> None:
    (tmp_path / CONTROL_FILE).write_bytes(content)

    assert running_at(tmp_path) is None


def test_a_door_that_was_never_opened_can_be_stopped(county: County) -> None:
    county.run(ControlDoor(county.folder.path, county.premises).stop())
