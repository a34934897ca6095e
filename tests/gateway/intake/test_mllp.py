"""The door over real sockets: what a sender sees on its connection."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import ssl
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from gateway.errors import NotNow
from gateway.flows.messages import Fault, Receipt, ReceivedMessage
from gateway.intake.conversation import LARGE_AT_ONCE, LARGE_BYTES

pytestmark = pytest.mark.timeout(180)


def msa(answer: bytes) -> str:
    return next(line for line in answer.decode().split("\r") if line.startswith("MSA"))


def test_referral_is_handed_over_and_answered(door: Any, referral: bytes) -> None:
    answer = door.open().connect().ask(referral)
    assert msa(answer) == "MSA|AA|MSG-0001"
    (message,) = door.flow.messages
    assert (message.partner, message.channel, message.format) == ("hospital", "mllp", "hospital/ref_i12")
    assert (message.control_id, message.message_type) == ("MSG-0001", "REF^I12^REF_I12")
    assert message.raw == referral
    assert b"Canary" not in answer


def test_frame_that_comes_byte_by_byte_is_one_message(door: Any, referral: bytes) -> None:
    wire = door.open().connect()
    wire.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for place in range(len(referral)):
        if place == 0:
            wire.write(b"\x0b")
        wire.write(referral[place : place + 1])
    wire.write(b"\x1c")
    wire.write(b"\r")
    assert msa(wire.answer()) == "MSA|AA|MSG-0001"


def test_several_frames_in_one_write_are_answered_in_order(door: Any, referral: bytes) -> None:
    wire = door.open().connect()
    wire.write(b"".join(b"\x0b" + referral.replace(b"0001", b"%04d" % n) + b"\x1c\r" for n in range(20)))
    assert [msa(wire.answer()) for _ in range(20)] == [f"MSA|AA|MSG-{n:04d}" for n in range(20)]


def test_same_bytes_get_the_same_answer_bytes(door: Any, referral: bytes) -> None:
    door.open()
    first = door.connect().ask(referral)
    assert door.connect().ask(referral) == first
    other = door.connect().ask(referral.replace(b"|R|", b"|S|"))
    assert msa(other) == msa(first)
    assert other != first


@pytest.mark.parametrize("content", [b"", b"\r\n"], ids=["empty", "only line ends"])
def test_empty_frame_is_rejected_and_the_connection_lives_on(
    door: Any, content: bytes, referral: bytes
) -> None:
    wire = door.open().connect()
    assert b"MSA|AR|\rERR|||207^Application internal error^HL70357|E|EMPTY_FRAME^^L" in wire.ask(content)
    assert msa(wire.ask(referral)) == "MSA|AA|MSG-0001"
    assert len(door.flow.messages) == 1


def test_binary_is_handed_over_to_be_kept_and_rejected(door: Any, referral: bytes) -> None:
    wire = door.open().connect()
    binary = bytes(range(256)).replace(b"\x0b", b"").replace(b"\x1c", b"")
    answer = wire.ask(binary)
    assert msa(answer) == "MSA|AR|"
    assert b"NOT_HL7" in answer
    assert door.flow.messages[0].raw == binary
    assert door.flow.messages[0].control_id == ""
    assert msa(wire.ask(referral)) == "MSA|AA|MSG-0001"


def test_what_the_door_saw_is_told_rather_than_what_followed_from_it(door: Any) -> None:
    async def puzzled(message: ReceivedMessage) -> Receipt:
        fault = Fault("MESSAGE_TYPE_UNKNOWN", "no type", "MSH-9.1", "200")
        return Receipt("0a0b0c0d-0000-4000-8000-000000000000", message.received_at, "rejected", (fault,))

    door.open().flow.answer = puzzled
    answer = door.connect().ask(b"<xml/>")
    assert msa(answer) == "MSA|AR|"
    assert answer.count(b"ERR") == 1
    assert b"ERR||MSH^1|100^Segment sequence error^HL70357|E|NOT_HL7^^L" in answer


def test_message_over_64_kib_is_accepted(door: Any, referral: bytes) -> None:
    large = referral + b"NTE|1||" + b"x" * (65_537 - len(referral) - 8) + b"\r"
    assert len(large) == 65_537
    assert msa(door.open().connect().ask(large)) == "MSA|AA|MSG-0001"
    assert door.flow.messages[0].raw == large


def test_large_frames_come_in_a_few_at_a_time_and_small_ones_do_not_wait(door: Any, referral: bytes) -> None:
    """So that many senders of large frames at once do not fill the memory. Each is answered in its turn."""
    large, go = referral + b"NTE|1||" + b"x" * 900_000 + b"\r", threading.Event()

    def send(wire: Any) -> str:
        wire.write(b"\x0b" + large)
        go.wait(90)
        wire.write(b"\x1c\r")
        return msa(wire.answer())

    def held() -> list[int]:
        return [one.held_bytes for one in tuple(door._listener._conversations.values())]

    wires = [door.open(turn_seconds=90).connect(), *(door.connect() for _ in range(8))]
    with ThreadPoolExecutor(len(wires)) as several:
        answers = [several.submit(send, wire) for wire in wires]
        until = time.monotonic() + 90
        while sum(one > LARGE_BYTES for one in held()) < len(wires) and time.monotonic() < until:
            time.sleep(0.01)
        assert msa(door.connect().ask(referral)) == "MSA|AA|MSG-0001"
        time.sleep(0.2)
        most = sorted(held(), reverse=True)
        go.set()
        assert [one.result(90) for one in answers] == ["MSA|AA|MSG-0001"] * len(wires)
    assert sum(one > 2 * LARGE_BYTES for one in most) == LARGE_AT_ONCE, most


def test_slow_peers_with_large_frames_keep_no_other_large_frame_out(door: Any, referral: bytes) -> None:
    """Half of them half open, half byte by byte: all turns are theirs, and would be until their frames' end."""
    large, over = referral + b"NTE|1||" + b"x" * (2 * LARGE_BYTES) + b"\r", threading.Event()

    def drip(wire: Any) -> None:
        with contextlib.suppress(OSError):
            while not over.wait(0.02):
                wire.write(b"x")

    def turns_taken() -> int:
        return sum(one._has_turn for one in tuple(door._listener._conversations.values()))

    other = door.open(turn_seconds=2).connect()
    other.write(b"\x0b" + large[:10_000])  # its time is over before theirs
    slow = [door.connect() for _ in range(LARGE_AT_ONCE)]
    time.sleep(0.1)
    for wire in slow:
        wire.write(b"\x0b" + large)
    threads = [threading.Thread(target=drip, args=(wire,), daemon=True) for wire in slow[::2]]
    for thread in threads:
        thread.start()
    until = time.monotonic() + 30
    while turns_taken() < LARGE_AT_ONCE and time.monotonic() < until:
        time.sleep(0.005)
    other.write(large[10_000:] + b"\x1c\r")
    assert msa(other.answer()) == "MSA|AA|MSG-0001"
    over.set()
    assert b"FRAME_CUT_OFF" in slow[1].rest()
    assert len(door.flow.messages) == 1


def test_too_large_a_frame_is_rejected_by_its_control_id_and_the_connection_lives_on(
    door: Any, referral: bytes
) -> None:
    wire = door.open(frame_bytes=100_000).connect()
    answer = wire.ask(referral + b"x" * 300_000)
    assert msa(answer) == "MSA|AR|MSG-0001"
    assert b"FRAME_TOO_LARGE" in answer
    assert msa(wire.ask(referral)) == "MSA|AA|MSG-0001"
    assert len(door.flow.messages) == 1


def test_endless_frame_is_answered_and_the_connection_closed(door: Any, referral: bytes) -> None:
    wire = door.open(frame_bytes=10_000).connect()
    try:
        wire.write(b"\x0b" + referral)
        for _ in range(200):
            wire.write(b"x" * 10_000)
    except (BrokenPipeError, ConnectionResetError):
        pass
    assert b"MSA|AR|MSG-0001" in wire.rest()


def test_silent_connection_is_closed(door: Any) -> None:
    wire = door.open(idle_seconds=0.1).connect()
    assert wire.rest() == b""


def test_half_a_frame_is_answered_and_closed_after_its_time(door: Any, referral: bytes) -> None:
    wire = door.open(frame_seconds=0.2, idle_seconds=30).connect()
    wire.write(b"\x0b" + referral)
    rest = wire.rest()
    assert b"MSA|AR|MSG-0001" in rest
    assert b"FRAME_CUT_OFF" in rest
    assert door.flow.messages == []


def test_slow_frame_cannot_stretch_its_time_by_dripping(door: Any) -> None:
    wire = door.open(frame_seconds=0.3, idle_seconds=30).connect()
    began = time.monotonic()
    try:
        wire.write(b"\x0b")
        while time.monotonic() - began < 90:
            wire.write(b"x")
            time.sleep(0.02)
    except (BrokenPipeError, ConnectionResetError):
        pass
    assert time.monotonic() - began < 60, "the gateway ended it"


@pytest.mark.slow
def test_time_of_one_frame_does_not_count_for_the_next(door: Any, referral: bytes) -> None:
    wire = door.open(frame_seconds=2.0).connect()
    whole = b"\x0b" + referral + b"\x1c\r"
    wire.write(whole[:50])
    for _ in range(3):
        time.sleep(0.8)
        wire.write(whole[50:] + whole[:50])
        assert msa(wire.answer()) == "MSA|AA|MSG-0001"


def test_truncated_frame_before_a_new_one_is_not_answered(door: Any, referral: bytes) -> None:
    wire = door.open().connect()
    wire.write(b"\x0b" + referral[:60])
    assert msa(wire.ask(referral)) == "MSA|AA|MSG-0001"
    assert wire.is_silent(0.1)
    assert len(door.flow.messages) == 1


def test_peer_that_stops_sending_still_gets_its_answer(door: Any, referral: bytes) -> None:
    wire = door.open().connect()
    wire.send(referral)
    wire.socket.shutdown(socket.SHUT_WR)
    assert b"MSA|AA|MSG-0001" in wire.rest()


def test_message_type_is_told_in_one_spelling(door: Any, referral: bytes) -> None:
    door.open().connect().ask(referral.replace(b"^", b"*"))
    assert door.flow.messages[0].message_type == "REF*I12*REF_I12".replace("*", "^")
    assert door.flow.messages[0].format == "hospital/ref_i12"


def test_stop_leaves_no_trace_of_trouble_in_the_log(
    door: Any, referral: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    idle, half = door.open().connect(), door.connect()
    idle.ask(referral)
    half.write(b"\x0b" + referral)
    time.sleep(0.05)
    door.stop()
    assert idle.rest() == b""
    assert b"FRAME_CUT_OFF" in half.rest()
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


def test_peer_without_framing_is_closed(door: Any) -> None:
    wire = door.open().connect()
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        wire.write(b"GET / HTTP/1.1\r\n" * 1000)
    assert wire.rest() == b""


def test_busy_store_is_a_fault_of_ours(door: Any, referral: bytes) -> None:
    async def busy(_message: ReceivedMessage) -> Receipt:
        raise NotNow("STORE_BUSY", "the store is busy")

    door.open().flow.answer = busy
    wire = door.connect()
    answer = wire.ask(referral)
    assert msa(answer) == "MSA|AR|MSG-0001"
    assert b"STORE_BUSY" in answer
    door.flow.answer = door.flow.accepted
    assert msa(wire.ask(referral)) == "MSA|AA|MSG-0001"


def test_unforeseen_trouble_is_a_fault_of_ours_without_its_text(
    door: Any, referral: bytes, capfd: pytest.CaptureFixture[str]
) -> None:
    async def broken(_message: ReceivedMessage) -> Receipt:
        raise KeyError("Canary")

    door.open().flow.answer = broken
    wire = door.connect()
    answer = wire.ask(referral)
    assert msa(answer) == "MSA|AR|MSG-0001"
    assert b"INTERNAL" in answer
    output = "".join(capfd.readouterr())
    assert "Canary" not in answer.decode() + output
    assert '"incident_id"' in output


def test_fault_of_ours_breaks_a_connection_that_wants_no_answers(door: Any, referral: bytes) -> None:
    async def busy(_message: ReceivedMessage) -> Receipt:
        raise NotNow("STORE_BUSY", "the store is busy")

    silent = referral.replace(b"|2.5.1\r", b"|2.5.1|||NE|NE\r")
    wire = door.open().connect()
    wire.send(silent)
    assert wire.is_silent(0.1)
    door.flow.answer = busy
    wire.send(silent)
    assert wire.rest() == b""


def test_content_error_reaches_the_sender_with_its_place(door: Any, referral: bytes) -> None:
    async def refuse(message: ReceivedMessage) -> Receipt:
        fault = Fault("FIELD_MISSING", "field missing", "PID-3", "101", "PID^1^3")
        return Receipt("0a0b0c0d-0000-4000-8000-000000000000", message.received_at, "content_error", (fault,))

    door.open().flow.answer = refuse
    answer = door.connect().ask(referral)
    assert msa(answer) == "MSA|AE|MSG-0001"
    assert b"ERR||PID^1^3|101^" in answer


def test_slow_message_on_one_connection_does_not_hold_up_another(door: Any, referral: bytes) -> None:
    release = threading.Event()

    async def slow(message: ReceivedMessage) -> Receipt:
        if message.control_id == "MSG-SLOW":
            await asyncio.to_thread(release.wait, 90)
        return await door.flow.accepted(message)

    door.open().flow.answer = slow
    held = door.connect()
    held.send(referral.replace(b"MSG-0001", b"MSG-SLOW"))
    assert msa(door.connect().ask(referral)) == "MSA|AA|MSG-0001"
    release.set()
    assert msa(held.answer()) == "MSA|AA|MSG-SLOW"


def test_connections_of_one_peer_are_limited(door: Any, referral: bytes) -> None:
    door.open(connections_per_peer=2)
    first, second, third = door.connect(), door.connect(), door.connect()
    assert msa(first.ask(referral)) == msa(second.ask(referral)) == "MSA|AA|MSG-0001"
    assert third.rest() == b""
    first.socket.close()
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline:
        fourth = door.connect()
        fourth.send(referral)
        if b"MSA|AA" in (fourth.socket.recv(4096) or b""):
            return
        time.sleep(0.02)
    pytest.fail("no new connection after one was closed")


def test_stop_finishes_the_message_in_hand_and_asks_for_the_others_again(door: Any, referral: bytes) -> None:
    entered, release = threading.Event(), threading.Event()

    async def slow(message: ReceivedMessage) -> Receipt:
        entered.set()
        await asyncio.to_thread(release.wait, 90)
        return await door.flow.accepted(message)

    door.open().flow.answer = slow
    idle, busy = door.connect(), door.connect()
    busy.write(b"\x0b" + referral + b"\x1c\r\x0b" + referral.replace(b"0001", b"0002") + b"\x1c\r")
    assert entered.wait(90)
    stopping = threading.Thread(target=door.stop)
    stopping.start()
    assert idle.rest() == b""
    release.set()
    stopping.join(90)
    assert not stopping.is_alive()
    rest = busy.rest()
    assert rest.index(b"MSA|AA|MSG-0001") < rest.index(b"MSA|AR|MSG-0002")
    assert b"STOPPING" in rest
    assert len(door.flow.messages) == 1
    with pytest.raises(ConnectionRefusedError):
        door.connect()


def test_stop_does_not_wait_beyond_its_grace(door: Any, referral: bytes) -> None:
    entered = threading.Event()

    async def stuck(_message: ReceivedMessage) -> Receipt:
        entered.set()
        await asyncio.sleep(60)
        raise AssertionError

    door.open().flow.answer = stuck
    wire = door.connect()
    wire.send(referral)
    assert entered.wait(90)
    began = time.monotonic()
    door.stop(grace_seconds=0.2)
    assert time.monotonic() - began < 55, "the message would have taken 60"
    assert wire.rest() == b""


def test_unknown_partner_is_closed_without_a_word(door: Any, referral: bytes) -> None:
    wire = door.open(recognise=lambda _peer: None).connect()
    assert wire.rest() == b""
    assert door.flow.messages == []


def test_partner_may_be_known_by_the_peer(door: Any, referral: bytes) -> None:
    door.open(recognise=lambda peer: "clinic" if peer.address == "127.0.0.1" else None)
    door.connect().ask(referral)
    assert door.flow.messages[0].partner == "clinic"


def test_no_log_line_has_anything_of_a_message(
    door: Any, referral: bytes, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    wire = door.open(frame_bytes=5_000).connect()
    for content in (referral, b"", b"Canary", referral + b"x" * 9_000):
        wire.ask(content)
    wire.write(b"\x0b" + referral[:-5])
    wire.socket.close()
    door.stop()
    assert "Canary" not in "".join(capfd.readouterr()) + caplog.text


def test_tls_with_client_certificates(door: Any, referral: bytes, certificates: Any) -> None:
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(certificates.server)
    server.load_verify_locations(certificates.authority)
    server.verify_mode = ssl.CERT_REQUIRED
    seen: list[str | None] = []
    door.open(tls=server, recognise=lambda peer: (seen.append(peer.certificate_sha256), "hospital")[1])
    client = ssl.create_default_context(cafile=str(certificates.authority))
    client.load_cert_chain(certificates.client)
    assert msa(door.connect(client).ask(referral)) == "MSA|AA|MSG-0001"
    assert seen == [certificates.client_sha256]
    nameless = ssl.create_default_context(cafile=str(certificates.authority))
    with pytest.raises((ssl.SSLError, ConnectionError, AssertionError)):
        door.connect(nameless).ask(referral)
    assert len(door.flow.messages) == 1


def test_what_the_header_rules_out_is_handed_over_to_be_kept(door: Any, referral: bytes) -> None:
    async def obey(message: ReceivedMessage) -> Receipt:
        outcome = "rejected" if message.refusals else "accepted"
        return Receipt("0a0b0c0d-0000-4000-8000-000000000000", message.received_at, outcome, message.refusals)

    door.open(processing_ids=frozenset({"P"})).flow.answer = obey
    wire = door.connect()
    training = wire.ask(referral.replace(b"|P|2.5.1", b"|T|2.5.1"))
    assert msa(training) == "MSA|AR|MSG-0001"
    assert b"ERR||MSH^1^11^1^1|202^Unsupported processing id^HL70357|E|PROCESSING_ID_NOT_TAKEN^^L" in training
    assert msa(wire.ask(referral)) == "MSA|AA|MSG-0001"
    assert len(door.flow.messages) == 2


def test_stop_ends_an_idle_tls_connection(
    door: Any, referral: bytes, certificates: Any, caplog: pytest.LogCaptureFixture
) -> None:
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(certificates.server)
    client = ssl.create_default_context(cafile=str(certificates.authority))
    wire = door.open(tls=server).connect(client)
    wire.ask(referral)
    began = time.monotonic()
    door.stop()
    assert wire.rest() == b""
    assert time.monotonic() - began < 55, "not before its grace ends"
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []
