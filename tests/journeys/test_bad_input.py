"""What is wrong with a message is told by place, kept, and can be taken in again; the connection lives on."""

from __future__ import annotations

import json
import os
import random
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from gateway.demo import person
from gateway.settings import Settings
from gateway.store import InboxMessage, inbox
from gateway.wiring.looking import reading
from gateway.wiring.network_folder import make_network_folder
from tests.warm_gateway import start_warm_gateway

pytestmark = pytest.mark.unmeasured  # others reach the same lines; measured, a gateway starts at half speed

MARK = "Canary"


def referral(control_id: str, addressee: str = "SUNRISE") -> bytes:
    """A good message whose provider, address and note carry the mark that no answer may show."""
    message = person.referral_message(control_id, f"R-{control_id}", addressee, f"{MARK}^Sol")
    return message.replace(b"Palm Lane", f"{MARK} Lane".encode())


@dataclass(frozen=True, slots=True)
class Answer:
    """MSA-1, MSA-2 and of each ERR place, HL7 number, severity and our code."""

    code: str
    control_id: str
    errors: tuple[tuple[str, str, str, str], ...]
    raw: bytes


class Line:
    """One connection of the hospital, open for the whole of the tests of this file."""

    def __init__(self, address: str) -> None:
        host, _, port = address.rpartition(":")
        self._socket = socket.create_connection((host, int(port)), timeout=20)

    def ask(self, content: bytes) -> Answer:
        self._socket.sendall(b"\x0b" + content + b"\x1c\r")
        received = b""
        while not received.endswith(b"\x1c\r"):
            piece = self._socket.recv(65536)
            assert piece, "the connection was closed"
            received += piece
        segments = [segment.split("|") for segment in received[1:-2].decode("latin-1").split("\r")[:-1]]
        msa = next(fields for fields in segments if fields[0] == "MSA")
        errors = tuple(
            (fields[2], fields[3].split("^")[0], fields[4], fields[5].split("^")[0])
            for fields in segments
            if fields[0] == "ERR"
        )
        return Answer(msa[1], msa[2], errors, received)

    def close(self) -> None:
        self._socket.close()


class House:
    """One gateway for this file, and its commands."""

    def __init__(self, folder: Path, address: str) -> None:
        self.folder = folder
        self.address = address
        self.line = Line(address)

    def handoff(self, *words: str) -> subprocess.CompletedProcess[bytes]:
        command = [sys.executable, "-m", "gateway", *words, "--network", str(self.folder)]
        return subprocess.run(command, capture_output=True, env=dict(os.environ))

    def named(self, control_id: str) -> tuple[InboxMessage, ...]:
        """What was kept under that control id, newest first."""
        with reading(self.folder, None) as (_, view):
            return inbox.find(view, "hospital", "mllp-hospital", control_id)

    def newest(self, control_id: str) -> tuple[InboxMessage, bytes]:
        """The newest message of that control id, and its bytes."""
        message = self.named(control_id)[0]
        with reading(self.folder, None) as (_, view):
            return message, inbox.raw(view, message.id)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("bad_input") / "network"
    make_network_folder(folder, "http://127.0.0.1:1/fhir")
    process, ready = start_warm_gateway(folder, folder / "gateway.log")
    made = House(folder, ready["mllp"][0])
    yield made
    made.line.close()
    process.end()


def cut(message: bytes, before: bytes, more: int = 0) -> bytes:
    return message[: message.index(before) + more]


def without(message: bytes, segment: bytes) -> bytes:
    return b"\r".join(line for line in message.split(b"\r") if not line.startswith(segment))


BINARY = bytes(range(256)).replace(b"\x0b", b"").replace(b"\x1c", b"")
NO_HL7 = ("AR", "", ("MSH^1", "100", "NOT_HL7"))
BAD = {
    "binary": (BINARY, *NO_HL7),
    "xml": (b"<ClinicalDocument/>", *NO_HL7),
    "a NUL byte": (referral("B1").replace(b"Lane", b"La\x00ne"), "AE", "B1", ("MSH^1", "102", "NOT_TEXT")),
    "cut off in MSH": (
        cut(referral("B2"), b"REF^I12"),
        "AR",
        "",
        ("MSH^1^9^1^1", "200", "MESSAGE_TYPE_UNKNOWN"),
    ),
    "cut off in PID": (cut(referral("B3"), b"PID|", 12), "AE", "B3", ("PID^1^5", "101", "REQUIRED_MISSING")),
    "several messages": (referral("B4") + referral("B5"), "AE", "B4", ("MSH^2", "207", "SEVERAL_RECORDS")),
    "wrong charset": (
        referral("B6").replace(b"Lane", b"L\xe1ne"),
        "AE",
        "B6",
        ("MSH^1^18", "102", "CHARSET_WRONG"),
    ),
    "unknown type": (
        referral("B7").replace(b"REF^I12^REF_I12", b"ZZZ^Z01"),
        "AR",
        "B7",
        ("MSH^1^9^1^1", "200", "MESSAGE_TYPE_UNKNOWN"),
    ),
    "unknown event": (
        referral("B8").replace(b"REF^I12^REF_I12", b"REF^I99"),
        "AR",
        "B8",
        ("MSH^1^9^1^2", "201", "MESSAGE_EVENT_UNKNOWN"),
    ),
    "unknown partner": (referral("B9", "NOBODY"), "AE", "B9", ("PRD^2^7^1", "207", "ADDRESSEE_UNKNOWN")),
    "no control id": (referral(""), "AE", "", ("MSH^1^10^1", "101", "CONTROL_ID_MISSING")),
    "no patient": (without(referral("B10"), b"PID"), "AE", "B10", ("PID^1^3", "101", "REQUIRED_MISSING")),
    "no provider": (without(referral("B11"), b"PRD"), "AE", "B11", ("PRD^1", "101", "REQUIRED_MISSING")),
    "no referral id": (
        referral("B12").replace(b"R-B12^RIVERBEND", b""),
        "AE",
        "B12",
        ("RF1^1^6^1^1", "101", "KEY_MISSING"),
    ),
}


@pytest.mark.parametrize(("content", "code", "control_id", "error"), BAD.values(), ids=BAD)
def test_bad_message_is_located_and_kept(
    house: House, content: bytes, code: str, control_id: str, error: tuple[str, str, str]
) -> None:
    answer = house.line.ask(content)
    kept, raw = house.newest(control_id)

    assert (answer.code, answer.control_id) == (code, control_id)
    place, number, own = error
    assert answer.errors[0] == (place, number, "E", own)
    assert MARK.encode() not in answer.raw
    assert house.line.ask(content).raw == answer.raw
    assert kept.state == ("needs_attention" if code == "AE" else "rejected")
    assert raw == content


@pytest.mark.parametrize("name", ["binary", "unknown partner"])
def test_bad_message_can_be_found_and_replayed(house: House, name: str) -> None:
    content, _, control_id, _ = BAD[name]
    house.line.ask(content)
    listed = json.loads(house.handoff("messages", "list", "--json").stdout)
    found = house.newest(control_id)[0].id

    replayed = house.handoff("messages", "replay", found, "--reason", "test")

    assert found in {message["id"] for message in listed}
    assert replayed.returncode == 1
    assert json.loads(replayed.stdout)["outcome"] in ("content_error", "rejected")


HOSTILE = (
    *(
        b"|",
        b"^",
        b"~",
        b"\\",
        b"&",
        b"\r",
        b"\n",
        b"",
        b"\x00",
        b"\xff",
        b'""',
        b"\\X0D\\",
        b"\\F\\",
        b"\\.br\\",
    ),
    *(b"MSH|^~\\&|", b"\rPRD|RT|||||||SUNRISE\r", b"99999999", b"-1", b"20261399", b"A" * 300),
)

TAKEN = {
    "byte order mark": b"\xef\xbb\xbf" + referral("T1"),
    "LF": referral("T2").replace(b"\r", b"\n"),
    "CRLF": referral("T3").replace(b"\r", b"\r\n"),
    "64 KiB + 1": (long := referral("T4") + b"NTE|2||") + b"x" * (65_537 - len(long) - 1) + b"\r",
    "declared character set": referral("T5")
    .replace(b"Lane", b"L\xe1ne")
    .replace(b"|2.5.1\r", b"|2.5.1||||||8859/1\r"),
    "odd encoding characters": referral("T6").replace(b"&", b"%").replace(b"^", b"*"),
    "no last line end": referral("T7").removesuffix(b"\r"),
}


@pytest.mark.parametrize("content", TAKEN.values(), ids=TAKEN)
def test_odd_but_good_message_is_taken(house: House, content: bytes) -> None:
    answer = house.line.ask(content)

    assert (answer.code, answer.errors) == ("AA", ())
    assert house.line.ask(content).raw == answer.raw


def test_empty_frame_is_refused_and_the_connection_lives_on(house: House) -> None:
    assert house.line.ask(b"").errors[0][3] == "EMPTY_FRAME"
    assert house.line.ask(referral("E1")).code == "AA"


def test_repeated_control_id_with_the_same_body_is_one_message(house: House) -> None:
    first, again = house.line.ask(referral("S1")), house.line.ask(referral("S1"))

    assert first == again
    assert len(house.named("S1")) == 1


def test_sixteen_senders_of_the_same_message_at_once_bring_one(house: House) -> None:
    lines = [Line(house.address) for _ in range(16)]
    with ThreadPoolExecutor(16) as pool:
        answers = {answer.raw for answer in pool.map(lambda line: line.ask(referral("S2")), lines)}
    for line in lines:
        line.close()

    assert len(answers) == 1
    assert len(house.named("S2")) == 1


def test_header_that_rules_a_message_out_is_a_rejection(house: House) -> None:
    wrong_mode = house.line.ask(referral("H1").replace(b"|P|2.5.1", b"|X|2.5.1"))
    wrong_version = house.line.ask(referral("H2").replace(b"|P|2.5.1", b"|P|3.0"))

    assert (wrong_mode.code, wrong_mode.errors[0][:2]) == ("AR", ("MSH^1^11^1^1", "202"))
    assert (wrong_version.code, wrong_version.errors[0][:2]) == ("AR", ("MSH^1^12^1^1", "203"))
    assert house.newest("H1")[0].state == house.newest("H2")[0].state == "rejected"


@pytest.mark.parametrize("seed", range(3))
def test_mutated_message_is_always_answered_and_never_a_fault_of_ours(house: House, seed: int) -> None:
    chance = random.Random(seed)
    for number in range(40):
        answer = house.line.ask(mutated(referral(f"M{seed}-{number}"), chance))

        assert answer.code in {"AA", "AE", "AR", "CA", "CE", "CR"}
        assert not {error[3] for error in answer.errors} & {"INTERNAL", "STORE_RULE_BROKEN"}
        assert not any(byte < 0x20 for byte in answer.raw[1:-2].replace(b"\r", b""))


def mutated(message: bytes, chance: random.Random) -> bytes:
    """`message` with a few places overwritten by what breaks parsers; MSH-15 and 16, which may ask for silence, not."""
    header, _, rest = message.partition(b"\r")
    for _ in range(chance.choice((1, 2, 4, 10))):
        begin = chance.randrange(len(rest))
        end = begin + chance.choice((0, 1, 5, 60))
        rest = rest[:begin] + chance.choice(HOSTILE) + rest[end:]
    return header + b"\r" + rest


def test_repeated_control_id_with_another_body_is_taken_with_a_warning(house: House) -> None:
    other = referral("O1").replace(b"R-O1^", b"R-O2^")
    house.line.ask(referral("O1"))
    answer = house.line.ask(other)

    assert answer.code == "AA"
    assert answer.errors == (("MSH^1^10^1", "207", "W", "CONTROL_ID_REUSED"),)
    assert house.line.ask(other).raw == answer.raw
    assert len(house.named("O1")) == 2


def test_too_large_a_message_is_refused_by_its_control_id(house: House) -> None:
    large = referral("L1") + b"NTE|2||" + b"x" * Settings().mllp_frame_bytes
    answer = house.line.ask(large)

    assert (answer.code, answer.control_id, answer.errors[0][3]) == ("AR", "L1", "FRAME_TOO_LARGE")
    assert house.line.ask(referral("L2")).code == "AA"


def test_nothing_of_a_bad_message_is_in_the_log(house: House) -> None:
    for content, *_ in BAD.values():
        house.line.ask(content)

    log = (house.folder / "gateway.log").read_text()
    assert "frame_refused" in log
    assert MARK not in log


@pytest.mark.parametrize(
    ("name", "change"), [("answer", (b"", b"")), ("refused-answer", (b"|MESAPSY", b"|NOBODY"))]
)
def test_messages_on_the_analysts_page_are_answered_as_shown(
    house: House, name: str, change: tuple[bytes, bytes]
) -> None:
    page = (Path(__file__).parents[2] / "gateway/intake/README.md").read_text()
    shown = {
        title: text.replace("\n", "\r").encode()
        for title, text in re.findall(r"^```hl7 (\S+)\n(.*?)^```", page, re.DOTALL | re.MULTILINE)
    }
    answer = house.line.ask(shown["accepted"].replace(*change)).raw[1:-2]

    assert constant(answer) == constant(shown[name])


def constant(answer: bytes) -> list[bytes]:
    """An answer's segments without MSH-7 and MSH-10, which differ from message to message."""
    header, *others = answer.split(b"\r")
    fields = header.split(b"|")
    return [b"|".join(field for place, field in enumerate(fields) if place not in (6, 9)), *others]
