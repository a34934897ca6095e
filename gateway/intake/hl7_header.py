"""Reading MSH straight from the bytes, before anything is decoded or understood.

Copes with what real senders do: a byte order mark, LF or CRLF between segments, batch segments in front,
encoding characters other than `^~\\&` (HL7 v2.5.1 ch. 2.5.4: they are always read from MSH-1 and MSH-2).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

WINDOW_BYTES = 4096
"""MSH is looked for, and must end, in the first bytes of a message."""

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_MSH_BEHIND_BATCH = re.compile(rb"(?:FHS|BHS)[^\r\n]*(?:[\r\n]+BHS[^\r\n]*)?[\r\n]+(?=MSH)")
_LINE_END = re.compile(rb"[\r\n]")
_CONTROL = re.compile(rb"[\x00-\x1f\x7f]")
_STANDARD_SIGNS = b"^~\\&"
_NO_SIGN = b"_.+-"  # our own answers write these as values


@dataclass(frozen=True, slots=True)
class Hl7Header:
    """The fields of one MSH as sent (bytes), with MSH-1 as `separator` and MSH-2 as `signs`."""

    separator: bytes
    signs: bytes
    fields: tuple[bytes, ...]

    def field(self, number: int) -> bytes:
        """MSH-`number` (3 and up) as sent, without control bytes; empty when absent."""
        place = number - 1
        return self.fields[place] if place < len(self.fields) else b""

    @property
    def component_sign(self) -> bytes:
        """What stands between components (`^`)."""
        return self.signs[0:1] or b"^"

    @property
    def subcomponent_sign(self) -> bytes:
        """What stands between subcomponents (`&`)."""
        return self.signs[3:4] or b"&"

    @property
    def control_id(self) -> bytes:
        """MSH-10, byte for byte."""
        return self.field(10)

    @property
    def kind(self) -> tuple[bytes, bytes]:
        """MSH-9.1 and MSH-9.2: message code and trigger event."""
        parts = self.field(9).split(self.component_sign)
        return parts[0], parts[1] if len(parts) > 1 else b""


def read_header(content: bytes) -> Hl7Header | None:
    """The header of the first message in `content`, or none when it does not begin like HL7 v2.

    The last field is left out when MSH does not end in the first 4,096 bytes: it may have been cut.
    """
    window = content[:WINDOW_BYTES].removeprefix(_BYTE_ORDER_MARK).lstrip(b"\r\n \t")
    batch = _MSH_BEHIND_BATCH.match(window)
    if batch:
        window = window[batch.end() :]
    separator = window[3:4]
    if not window.startswith(b"MSH") or not _is_sign(separator):
        return None
    end = _LINE_END.search(window)
    fields = (window[: end.start()] if end else window).split(separator)
    if end is None and len(content) > WINDOW_BYTES:
        fields.pop()
    signs = fields[1] if len(fields) > 1 else b""
    usable = len(signs) >= 2 and all(_is_sign(signs[place : place + 1]) for place in range(len(signs)))
    return Hl7Header(separator, signs if usable else _STANDARD_SIGNS, tuple(map(_without_control, fields)))


def first_segment(content: bytes, name: bytes, header: Hl7Header) -> tuple[bytes, ...]:
    """The fields of the first segment called `name` (index 0 is the name itself), or () when there is none.

    Control bytes are removed.
    """
    found = re.search(rb"[\r\n]" + re.escape(name + header.separator) + rb"[^\r\n]*", content)
    if found is None:
        return ()
    return tuple(map(_without_control, found.group()[1:].split(header.separator)))


def text_of(value: bytes) -> str:
    """Header bytes as text: UTF-8 where they are that, else byte for byte (ISO 8859-1)."""
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.decode("latin-1")


def _is_sign(byte: bytes) -> bool:
    return len(byte) == 1 and 0x21 <= byte[0] <= 0x7E and not byte.isalnum() and byte not in _NO_SIGN


def _without_control(value: bytes) -> bytes:
    return _CONTROL.sub(b"", value)
