"""Handing an HL7 v2 message to a partner over real sockets."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import pytest

from gateway.delivery.mllp_push import MllpConnections, MllpEndpoint, MllpTimeouts, send_frame
from gateway.delivery.outcome import DeliveryOutcome

pytestmark = pytest.mark.timeout(180)

MESSAGE = b"MSH|^~\\&|HANDOFF|COUNTY|EHR|RIVERBEND|20261122||RRI^I12^RRI_I12|OUT-1|P|2.5.1\rRF1|A|||||R-1\r"
SHORT = MllpTimeouts(connect=30.0, answer=0.5)
LONG = MllpTimeouts(connect=30.0, answer=30.0)


def ack(code: str, control_id: str = "OUT-1", errors: str = "") -> bytes:
    text = f"MSH|^~\\&|EHR|R|HANDOFF|C|2026||ACK^I12^ACK|A1|P|2.5.1\rMSA|{code}|{control_id}\r{errors}"
    return b"\x0b" + text.encode() + b"\x1c\r"


class Hospital:
    """A partner that writes the pieces it is told to, one list of pieces for each frame that comes in."""

    def __init__(self, *answers: list[bytes | float | None]) -> None:
        self._answers = list(answers)
        self.frames: list[bytes] = []
        self.bytes_seen = 0
        self.connections = 0
        self.endpoint = MllpEndpoint("127.0.0.1", 1)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        with contextlib.suppress(ConnectionError, asyncio.CancelledError):
            pending = b""
            while piece := await reader.read(65536):
                self.bytes_seen += len(piece)
                pending += piece
                while b"\x1c\r" in pending:
                    frame, _, pending = pending.partition(b"\x1c\r")
                    self.frames.append(frame[1:])
                    await self._answer(writer)
        writer.close()

    async def _answer(self, writer: asyncio.StreamWriter) -> None:
        for step in self._answers.pop(0) if self._answers else []:
            if step is None:
                writer.transport.abort()
            elif isinstance(step, bytes):
                writer.write(step)
                await writer.drain()
            else:
                await asyncio.sleep(step)


async def yes() -> bool:
    return True


def play(
    hospital: Hospital,
    scene: Callable[[Callable[..., Awaitable[DeliveryOutcome]]], Coroutine[Any, Any, Any]],
    limit: int = 4,
) -> Any:
    """Run `scene` with a `send(control_id=…, timeouts=…, check=…)` towards `hospital`."""

    async def run() -> Any:
        server = await asyncio.start_server(hospital.serve, "127.0.0.1", 0)
        hospital.endpoint = MllpEndpoint("127.0.0.1", server.sockets[0].getsockname()[1])
        connections = MllpConnections(limit)

        async def send(
            control_id: str = "OUT-1",
            timeouts: MllpTimeouts = LONG,
            check: Any = yes,
            frame: bytes = MESSAGE,
        ) -> DeliveryOutcome:
            return await send_frame(connections, hospital.endpoint, frame, control_id, timeouts, check)

        try:
            return await scene(send)
        finally:
            connections.close()
            server.close()

    return asyncio.run(run())


def sent_once(*answer: bytes | float | None, timeouts: MllpTimeouts = LONG) -> DeliveryOutcome:
    hospital = Hospital(list(answer))
    outcome: DeliveryOutcome = play(hospital, lambda send: send(timeouts=timeouts))
    assert hospital.frames == [MESSAGE]
    return outcome


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("AA", "delivered"),
        ("CA", "delivered"),
        ("AE", "refused"),
        ("CR", "refused"),
        ("AR", "retry"),
        ("CE", "retry"),
    ],
)
def test_answer_decides_the_outcome(code: str, kind: str) -> None:
    assert sent_once(ack(code)) == DeliveryOutcome(kind, f"ACK_{code}")  # type: ignore[arg-type]


@pytest.mark.parametrize("number", ["200", "201", "202", "203"])
def test_rejection_that_cannot_get_better_is_a_refusal(number: str) -> None:
    outcome = sent_once(ack("AR", errors=f"ERR|||{number}^x^HL70357|E\r"))
    assert (outcome.kind, outcome.code, outcome.detail) == ("refused", "ACK_AR", number)


def test_detail_has_numbers_and_places_and_never_text() -> None:
    errors = "ERR||PID^1^3^1^1|101^Canary^HL70357|E|Canary||Canary|Canary\rERR||Canary^1|Canary|E\r"
    outcome = sent_once(ack("AE", errors=errors))
    assert outcome == DeliveryOutcome("refused", "ACK_AE", "101@PID^1^3^1^1")


def test_answer_in_pieces_is_one_answer() -> None:
    whole = ack("AA")
    assert sent_once(whole[:10], 0.01, whole[10:-1], 0.01, whole[-1:]).kind == "delivered"


def test_answer_with_byte_order_mark_and_line_feeds_is_read() -> None:
    assert (
        sent_once(b"\x0b\xef\xbb\xbf" + ack("AA")[1:-2].replace(b"\r", b"\n") + b"\x1c\r").kind == "delivered"
    )


def test_no_answer_leaves_it_unknown_and_closes_the_connection() -> None:
    hospital = Hospital([60.0, ack("AA")], [ack("AR", "OUT-2")])

    async def scene(send: Any) -> list[DeliveryOutcome]:
        return [await send("OUT-1", SHORT), await send("OUT-2")]

    first, second = play(hospital, scene)
    assert (first.kind, first.code) == ("unknown", "ANSWER_TIMEOUT")
    assert second.kind == "retry"
    assert hospital.connections == 2


def test_answer_for_another_message_is_never_credited() -> None:
    outcome = sent_once(ack("AA", "OUT-2"), ack("AA", ""), ack("AA", "OUT-10"), timeouts=SHORT)
    assert (outcome.kind, outcome.code) == ("unknown", "ANSWER_FOR_ANOTHER")


def test_own_answer_counts_after_that_of_another_and_the_connection_is_not_used_again() -> None:
    hospital = Hospital([ack("AE", "OLD"), ack("AA")], [ack("AA", "OUT-2")])

    async def scene(send: Any) -> list[DeliveryOutcome]:
        return [await send(), await send("OUT-2")]

    assert [outcome.kind for outcome in play(hospital, scene)] == ["delivered", "delivered"]
    assert hospital.connections == 2


def test_late_second_answer_is_never_taken_for_the_next_message() -> None:
    hospital = Hospital([ack("AA"), 0.05, ack("AA", "OUT-2")], [ack("AE", "OUT-2")])

    async def scene(send: Any) -> list[DeliveryOutcome]:
        first = await send()
        await asyncio.sleep(0.2)
        return [first, await send("OUT-2")]

    assert [outcome.kind for outcome in play(hospital, scene)] == ["delivered", "refused"]
    assert hospital.connections == 2


@pytest.mark.parametrize("content", [b"", b"junk", b"MSH|^~\\&|X\rMSA|AA", b"MSA|AA|OUT-1\r"])
@pytest.mark.slow
def test_what_is_no_answer_leaves_it_unknown(content: bytes) -> None:
    assert sent_once(b"\x0b" + content + b"\x1c\r", timeouts=SHORT).kind == "unknown"


def test_unknown_code_leaves_it_unknown() -> None:
    assert sent_once(ack("ZZ")) == DeliveryOutcome("unknown", "ANSWER_NOT_UNDERSTOOD")


def test_connection_that_breaks_before_the_answer_leaves_it_unknown() -> None:
    assert sent_once(None) == DeliveryOutcome("unknown", "CONNECTION_LOST")


def test_answer_without_end_leaves_it_unknown() -> None:
    assert sent_once(b"\x0bMSH" + b"x" * 400_000).kind == "unknown"


def test_nobody_listening_is_tried_again_later() -> None:
    hospital = Hospital()

    async def scene(send: Any) -> DeliveryOutcome:
        hospital.endpoint = MllpEndpoint("127.0.0.1", 1)
        outcome: DeliveryOutcome = await send(check=never)
        return outcome

    async def never() -> bool:
        raise AssertionError("asked without a connection")

    assert play(hospital, scene) == DeliveryOutcome("retry", "CONNECT_FAILED")


def test_check_that_says_no_sends_nothing_and_keeps_the_connection() -> None:
    hospital = Hospital([ack("AA")])

    async def no() -> bool:
        return False

    async def scene(send: Any) -> list[DeliveryOutcome]:
        stopped = await send(check=no)
        await asyncio.sleep(0.05)
        assert hospital.bytes_seen == 0
        return [stopped, await send()]

    assert play(hospital, scene) == [
        DeliveryOutcome("aborted", "CHECK_SAID_NO"),
        DeliveryOutcome("delivered", "ACK_AA"),
    ]
    assert hospital.connections == 1


def test_check_is_asked_on_an_open_connection_before_the_first_byte() -> None:
    hospital = Hospital([ack("AA")])
    seen: list[tuple[int, int]] = []

    async def check() -> bool:
        await asyncio.sleep(0.05)
        seen.append((hospital.connections, hospital.bytes_seen))
        return True

    assert play(hospital, lambda send: send(check=check)).kind == "delivered"
    assert seen == [(1, 0)]


def test_trouble_of_the_check_comes_out_with_nothing_sent() -> None:
    hospital = Hospital()

    async def broken() -> bool:
        raise KeyError("store")

    with pytest.raises(KeyError):
        play(hospital, lambda send: send(check=broken))
    assert hospital.bytes_seen == 0


@pytest.mark.parametrize("byte", [b"\x0b", b"\x1c"])
def test_content_that_would_break_the_frame_is_never_sent(byte: bytes) -> None:
    hospital = Hospital()
    outcome = play(hospital, lambda send: send(frame=MESSAGE + byte))
    assert outcome == DeliveryOutcome("refused", "CONTENT_BREAKS_FRAME")
    assert hospital.connections == 0


def test_connections_are_used_again_and_bounded() -> None:
    hospital = Hospital(*([0.02, ack("AA", f"OUT-{n}")] for n in range(12)))

    async def scene(send: Any) -> list[DeliveryOutcome]:
        return [await send(f"OUT-{n}") for n in range(12)]

    assert {outcome.kind for outcome in play(hospital, scene)} == {"delivered"}
    assert hospital.connections == 1


def test_at_most_so_many_messages_are_in_flight() -> None:
    hospital = Hospital(*([0.1, ack("AA")] for _ in range(6)))

    async def scene(send: Any) -> list[DeliveryOutcome]:
        return list(await asyncio.gather(*(send() for _ in range(6))))

    assert [outcome.kind for outcome in play(hospital, scene, limit=2)] == ["delivered"] * 6
    assert hospital.connections == 2


def test_cancelled_attempt_closes_its_connection() -> None:
    hospital = Hospital([0.3, ack("AA")], [ack("AR", "OUT-2")])

    async def scene(send: Any) -> DeliveryOutcome:
        attempt = asyncio.ensure_future(send())
        await asyncio.sleep(0.1)
        attempt.cancel()
        with pytest.raises(asyncio.CancelledError):
            await attempt
        outcome: DeliveryOutcome = await send("OUT-2")
        return outcome

    assert play(hospital, scene).kind == "retry"
    assert hospital.connections == 2


@pytest.mark.slow
def test_partner_without_the_expected_certificate_gets_nothing() -> None:
    hospital = Hospital([ack("AA")])

    async def scene(send: Any) -> DeliveryOutcome:
        plain = hospital.endpoint
        hospital.endpoint = MllpEndpoint(plain.host, plain.port, ssl.create_default_context())
        outcome: DeliveryOutcome = await send(timeouts=MllpTimeouts(connect=1.0, answer=30.0))
        return outcome

    assert play(hospital, scene).kind == "retry"
    assert hospital.frames == []
