"""MLLP framing: from a stream of bytes to frames, without any input or output.

A frame is 0x0B, content, 0x1C 0x0D (HL7 v2.5.1 Appendix C, "Minimal Lower Layer Protocol"). Neither 0x0B nor
0x1C can be part of the content, so a 0x0B inside a frame means that the sender gave up on the frame before
and started anew.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

START = b"\x0b"
END = b"\x1c\r"
HEAD_BYTES = 4096
"""How much of a refused frame is kept, so that its answer can quote MSH-10."""

_SKIP_FACTOR = 4
_WHITE = b"\r\n \t\x00"

Standing = Literal["whole", "too_large", "cut_off", "abandoned"]


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame as it came. `content` is complete when `whole`, else at most its first 4,096 bytes.

    `cut_off`: the stream ended inside it. `abandoned`: its sender began a new frame instead of ending it.
    """

    content: bytes
    standing: Standing


def framed(content: bytes) -> bytes:
    """`content` as one frame.

    Raises ValueError when `content` holds 0x0B or 0x1C, which would break the frame.
    """
    if START in content or END[:1] in content:
        raise ValueError("content holds a framing byte")
    return START + content + END


class FrameReader:
    """Takes bytes in pieces of any size and gives back the frames that are complete.

    Holds at most `limit` bytes and one piece, however long a frame is.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._buffer = bytearray()
        self._scanned = 0
        self._inside = False
        self._head: bytes | None = None
        self._skipped = 0
        self.stray = 0
        """Bytes outside any frame since the last frame, white space not counted."""

    @property
    def inside(self) -> bool:
        """Whether a frame has begun and not ended."""
        return self._inside

    @property
    def held(self) -> int:
        """Bytes of an unfinished frame that are kept until it ends."""
        return len(self._buffer)

    @property
    def endless(self) -> bool:
        """Whether the frame at hand is so far over the limit that waiting for its end is no use."""
        return self._skipped > self._limit * _SKIP_FACTOR

    def feed(self, piece: bytes) -> list[Frame]:
        """The frames that `piece` completes, in order."""
        self._buffer += piece
        frames = []
        while (frame := self._take()) is not None:
            frames.append(frame)
        return frames

    def finish(self) -> Frame | None:
        """What is left of a frame that will not be completed, or none. The reader is empty afterwards."""
        if not self._inside:
            return None
        frame = self._cut(len(self._buffer), "cut_off")
        self._inside = False
        self._drop(len(self._buffer))
        return frame

    def _take(self) -> Frame | None:
        if not self._inside and not self._open():
            return None
        end = self._buffer.find(END, self._scanned)
        restart = self._buffer.find(START, self._scanned, end if end >= 0 else len(self._buffer))
        if restart >= 0:
            frame = self._cut(restart, "abandoned")
            self._drop(restart + 1)
            return frame
        if end < 0:
            self._wait()
            return None
        frame = self._close(end)
        self._drop(end + len(END))
        self._inside = False
        return frame

    def _open(self) -> bool:
        """Find the start of a frame and drop what stands before it."""
        start = self._buffer.find(START)
        before = self._buffer if start < 0 else self._buffer[:start]
        self.stray += len(before) - sum(before.count(white) for white in _WHITE) if before else 0
        if start < 0:
            self._buffer.clear()
            return False
        self._drop(start + 1)
        self._inside = True
        self.stray = 0
        return True

    def _wait(self) -> None:
        """Nothing complete: remember how far was searched, and hold no more than the limit."""
        if len(self._buffer) - 1 <= self._limit and self._head is None:
            self._scanned = max(len(self._buffer) - 1, 0)
            return
        if self._head is None:
            self._head = bytes(self._buffer[:HEAD_BYTES])
        self._skipped += len(self._buffer) - 1
        del self._buffer[:-1]  # the last byte may be the first half of the end
        self._scanned = 0

    def _close(self, end: int) -> Frame:
        """The frame that ends at `end` of the buffer."""
        if self._head is not None:
            return Frame(self._head, "too_large")
        if end > self._limit:
            return Frame(bytes(self._buffer[: min(end, HEAD_BYTES)]), "too_large")
        return Frame(bytes(memoryview(self._buffer)[:end]), "whole")  # one copy, not two

    def _cut(self, end: int, standing: Standing) -> Frame:
        """The frame that stops at `end` without 0x1C 0x0D.

        With its 0x1C it is whole: some senders leave 0x0D out.
        """
        if self._head is not None:
            return Frame(self._head, "abandoned" if standing == "abandoned" else "too_large")
        if 0 < end <= self._limit + 1 and self._buffer[end - 1] == END[0]:
            return Frame(bytes(self._buffer[: end - 1]), "whole")
        return Frame(bytes(self._buffer[: min(end, HEAD_BYTES)]), standing)

    def _drop(self, count: int) -> None:
        del self._buffer[:count]
        self._scanned = 0
        self._head = None
        self._skipped = 0
