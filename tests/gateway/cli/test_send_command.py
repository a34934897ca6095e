"""`handoff send`: what a gateway answers is printed, and the exit code says whether it took the message."""

from __future__ import annotations

import socket
from collections.abc import Callable
from pathlib import Path
from threading import Thread

import pytest

from gateway.cli.send_command import send

ACK = "MSH|^~\\&|HANDOFF|COUNTY|EHR|R|20260301||ACK^I12^ACK|1|P|2.5.1\rMSA|{}|ED-1\r"


def answering(answer: Callable[[bytes], bytes]) -> tuple[str, list[bytes]]:
    """The address of a listener that takes one message, and what it heard."""
    door, heard = socket.create_server(("127.0.0.1", 0)), list[bytes]()

    def once() -> None:
        with door, door.accept()[0] as line:
            heard.append(line.recv(65_536))
            line.sendall(answer(heard[0]))

    Thread(target=once, daemon=True).start()
    return f"127.0.0.1:{door.getsockname()[1]}", heard


@pytest.mark.parametrize(("code", "exit_code"), [("AA", 0), ("AE", 1)])
def test_a_message_goes_as_one_frame_and_its_acknowledgement_is_printed(
    code: str, exit_code: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "m.hl7").write_bytes(b"MSH|^~\\&|A\nPID|1\r\nDG1|1\r")
    where, heard = answering(lambda _: b"\x0b" + ACK.format(code).encode() + b"\x1c\r")

    assert send(str(tmp_path / "m.hl7"), "mllp", where) == exit_code
    assert heard == [b"\x0bMSH|^~\\&|A\rPID|1\rDG1|1\r\x1c\r"]
    assert f"MSA|{code}|ED-1" in capsys.readouterr().out.splitlines()


@pytest.mark.parametrize(("status", "exit_code"), [("201 Created", 0), ("403 Forbidden", 1)])
def test_a_resource_goes_to_the_address_of_its_type(
    status: str, exit_code: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "r.json").write_text('{"resourceType": "Consent"}')
    (tmp_path / "token").write_text("T0\n")
    where, heard = answering(lambda _: f"HTTP/1.1 {status}\r\nContent-Length: 2\r\n\r\n{{}}".encode())

    assert (
        send(str(tmp_path / "r.json"), "http", f"http://{where}/fhir/", str(tmp_path / "token")) == exit_code
    )
    assert heard[0].startswith(b"POST /fhir/Consent HTTP/1.1")
    assert b"authorization: bearer t0" in heard[0].lower()
    assert capsys.readouterr().out == f"HTTP {status[:3]}\n{{}}\n"


def test_what_is_not_sent_is_said_by_a_code_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "m.hl7"
    file.write_text("MSH|^~\\&|Reyes")
    closed, _ = answering(lambda _: b"")

    for way, where in [
        ("mllp", closed),
        ("mllp", "127.0.0.1:1"),
        ("mllp", "here"),
        ("http", "http://127.0.0.1:1"),
    ]:
        assert send(str(file), way, where) == 2
    assert send(str(file), "mllp", closed, str(tmp_path / "none")) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert [line.split(":")[0] for line in err.splitlines()] == [
        "NO_ANSWER",
        "NO_CONNECTION",
        "WAY_UNKNOWN",
        "NO_RESOURCE",
        "FILE_UNREADABLE",
    ]
    assert "Reyes" not in err
