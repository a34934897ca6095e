"""One MLLP connection, from its first byte to its last."""

from __future__ import annotations

import asyncio
import contextlib
import math
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Protocol

from gateway import logs
from gateway.clock import Clock, new_id
from gateway.errors import HandoffError
from gateway.flows.messages import Fault, Receipt, ReceiptOutcome, ReceivedMessage
from gateway.intake.arrived import message_of
from gateway.intake.framing import Frame, FrameReader, framed
from gateway.intake.hl7_ack import AckSettings, acknowledge
from gateway.intake.hl7_header import Hl7Header, read_header
from gateway.logs import Event

_READ_BYTES = 65536
_STRAY_LIMIT = 4096
LARGE_BYTES = 256 * 1024
"""A frame that has grown so large goes on only when it is among the few that may."""

LARGE_AT_ONCE = 4
"""Large frames that one port takes at once: more would fill the memory when many senders send at the same time."""

_LINGER_SECONDS = 2.0


class ConversationSettings(Protocol):
    """What a conversation needs to know of its port; see `mllp.ListenerSettings`."""

    @property
    def channel(self) -> str: ...
    @property
    def formats(self) -> Mapping[str, str]: ...
    @property
    def processing_ids(self) -> frozenset[str]: ...
    @property
    def wants(self) -> AckSettings: ...
    @property
    def frame_bytes(self) -> int: ...
    @property
    def idle_seconds(self) -> float: ...
    @property
    def frame_seconds(self) -> float: ...
    @property
    def turn_seconds(self) -> float: ...


class Conversation:
    """Reads frames, hands them over, writes the answers; one at a time."""

    def __init__(
        self,
        partner: str,
        settings: ConversationSettings,
        accept: Callable[[ReceivedMessage], Awaitable[Receipt]],
        clock: Clock,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        large_frames: asyncio.Semaphore,
    ) -> None:
        """`large_frames`: the turns of the port's large frames, `LARGE_AT_ONCE` of them."""
        self._partner = partner
        self._settings = settings
        self._accept = accept
        self._clock = clock
        self._reader = reader
        self._writer = writer
        self._frames = FrameReader(settings.frame_bytes)
        self._large_frames = large_frames
        self._has_turn = False
        self._turn_ends, self._came_in_turn = math.inf, 0
        self._frame_began: float | None = None
        self.leaving = False
        self._in_hand = False

    @property
    def held_bytes(self) -> int:
        """Bytes of an unfinished frame in memory."""
        return self._frames.held

    def leave(self) -> None:
        """Stop after the messages in hand; at once when there are none."""
        self.leaving = True
        if not self._in_hand and not self._writer.is_closing():
            self._writer.transport.pause_reading()  # type: ignore[attr-defined]  # a transport that also reads
            self._reader.feed_eof()

    async def hold(self) -> None:
        """Serve the connection until the peer ends it, a time limit passes, or `leave` was called.

        Raises ConnectionError when the peer breaks the connection.
        """
        try:
            await self._hold()
        finally:
            self._end_turn()

    async def _hold(self) -> None:
        while not self.leaving:
            try:
                piece = await self._next_piece()
            except TimeoutError:
                return await self._give_up("FRAME_TIMEOUT" if self._frames.inside else "IDLE_TIMEOUT")
            if not piece:
                return await self._give_up("FRAME_CUT_OFF" if self._frames.inside else "CLOSED_BY_PEER")
            if not await self._take(piece):
                return None
            if self._frames.held <= LARGE_BYTES:
                self._end_turn()
        return None

    async def _next_piece(self) -> bytes:
        """What the peer sends next. Raises TimeoutError when its time is over: of a large frame that hardly goes on, as
        soon as every turn is taken, or a few slow peers would keep all other large frames out.
        """
        ends = self._deadline()
        if self._frames.held > LARGE_BYTES and not self._has_turn:
            async with asyncio.timeout_at(ends):
                await self._wait_for_turn()
        while True:
            try:
                async with asyncio.timeout_at(min(ends, self._turn_ends)):
                    piece = await self._reader.read(_READ_BYTES)
            except TimeoutError:
                if not self._has_turn or self._large_frames.locked() or _now() >= ends:
                    raise
                self._go_on_in_turn()
                continue
            self._came_in_turn += len(piece)
            if self._has_turn and self._came_in_turn >= _READ_BYTES:
                self._go_on_in_turn()
            return piece

    async def _wait_for_turn(self) -> None:
        """Read a large frame on only in its turn; meanwhile its sender waits, as the network lets nothing more in."""
        await self._large_frames.acquire()
        self._has_turn = True
        self._go_on_in_turn()

    def _go_on_in_turn(self) -> None:
        self._turn_ends, self._came_in_turn = _now() + self._settings.turn_seconds, 0

    def _end_turn(self) -> None:
        if self._has_turn:
            self._has_turn, self._turn_ends = False, math.inf
            self._large_frames.release()

    def _deadline(self) -> float:
        """When the wait for the next bytes ends, in the loop's time."""
        now = _now()
        if not self._frames.inside:
            return now + self._settings.idle_seconds
        if self._frame_began is None:
            self._frame_began = now
        return self._frame_began + self._settings.frame_seconds

    async def _take(self, piece: bytes) -> bool:
        """Answer every frame that `piece` completes. False when the connection must end."""
        self._in_hand = True
        for frame in self._frames.feed(piece):
            self._frame_began = None
            if not await self._answer(frame):
                return False
        self._in_hand = False
        if self._frames.endless:
            await self._give_up("FRAME_TOO_LARGE")
            await self._linger()
            return False
        if self._frames.stray > _STRAY_LIMIT:
            logs.warning(Event.CONNECTION_CLOSED, partner=self._partner, reason="NOT_FRAMED")
            return False
        return True

    async def _give_up(self, reason: str) -> None:
        """Answer an unfinished frame, so that its sender sends it again; the connection ends after this."""
        frame = self._frames.finish()
        if frame is not None:
            await self._answer(frame)
        write = logs.debug if reason == "CLOSED_BY_PEER" else logs.info
        write(Event.CONNECTION_CLOSED, partner=self._partner, reason=reason)

    async def _linger(self) -> None:
        """Read on for a moment: closing on unread bytes can take back the answer (RFC 1122, 4.2.2.13)."""
        if self._writer.can_write_eof():
            self._writer.write_eof()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_LINGER_SECONDS):
                while await self._reader.read(_READ_BYTES):
                    pass

    async def _answer(self, frame: Frame) -> bool:
        """Hand one frame over and write its answer.

        False when its sender can learn of a trouble only by a break.
        """
        if frame.standing == "abandoned":  # a second answer would be taken for that of the frame that follows
            logs.warning(Event.FRAME_REFUSED, partner=self._partner, code="FRAME_ABANDONED")
            return True
        at = self._clock.now()
        header = read_header(frame.content)
        refused = self._refused_at_the_door(frame, at)
        receipt = refused or await self._hand_over(frame, header, at)
        answer = acknowledge(frame.content, header, receipt, self._settings.wants)
        if answer is None:
            return receipt.outcome != "our_fault"
        self._writer.write(framed(answer))
        if self._writer.transport.get_write_buffer_size():
            async with asyncio.timeout(self._settings.frame_seconds):
                await self._writer.drain()
        return True

    def _refused_at_the_door(self, frame: Frame, at: datetime) -> Receipt | None:
        """A receipt for what cannot be kept: nothing to keep, too much, or only a part."""
        if frame.standing == "too_large":
            return self._refusal(
                "rejected", "FRAME_TOO_LARGE", "the frame is larger than this port takes", at
            )
        if frame.standing == "cut_off":
            return self._refusal("our_fault", "FRAME_CUT_OFF", "the frame has no end; send again", at)
        if not frame.content.strip():
            return self._refusal("rejected", "EMPTY_FRAME", "the frame is empty", at)
        if self.leaving:
            return self._refusal("our_fault", "STOPPING", "the gateway is stopping; send again", at)
        return None

    def _refusal(self, outcome: ReceiptOutcome, code: str, message: str, at: datetime) -> Receipt:
        receipt = Receipt(new_id(), at, outcome, (Fault(code, message),))
        logs.warning(Event.FRAME_REFUSED, partner=self._partner, code=code, incident_id=receipt.message_id)
        return receipt

    async def _hand_over(self, frame: Frame, header: Hl7Header | None, at: datetime) -> Receipt:
        """The receipt of `accept`.

        Any trouble inside becomes a fault of ours: the message is good, send it again.
        """
        message = self._message(frame, header, at)
        try:
            receipt = await self._accept(message)
        except HandoffError as trouble:
            return self._refusal("our_fault", trouble.code, trouble.message, at)
        except Exception as unexpected:  # noqa: BLE001 - last resort: AR, and the connection lives on
            receipt = Receipt(new_id(), at, "our_fault", (Fault("INTERNAL", "a fault of ours"),))
            logs.fault(Event.FAULT, unexpected, partner=self._partner, incident_id=receipt.message_id)
            return receipt
        if message.refusals and receipt.outcome in ("rejected", "content_error"):
            return replace(receipt, faults=message.refusals)  # what the door saw is nearer to the cause
        return receipt

    def _message(self, frame: Frame, header: Hl7Header | None, at: datetime) -> ReceivedMessage:
        return message_of(
            frame.content,
            header,
            partner=self._partner,
            channel=self._settings.channel,
            formats=self._settings.formats,
            processing_ids=self._settings.processing_ids,
            at=at,
            application_acks=self._settings.wants.application_acks,
        )


def _now() -> float:
    return asyncio.get_running_loop().time()
