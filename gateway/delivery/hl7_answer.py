"""What a partner's HL7 v2 answer says: MSA and ERR read straight from the bytes, codes and places only.

HL7 v2.5.1 ch. 2.9 and tables 0008, 0357: AA and CA deliver, AE and CR refuse, AR and CE ask for the same
again. An AR that names type, event, processing id or version (200 to 203) refuses, since the same bytes
cannot fare better.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from gateway.delivery.outcome import DeliveryOutcome, OutcomeKind

_KINDS: dict[bytes, OutcomeKind] = {
    b"AA": "delivered",
    b"CA": "delivered",
    b"AE": "refused",
    b"CR": "refused",
    b"AR": "retry",
    b"CE": "retry",
}
_NEVER_BETTER = frozenset({b"200", b"201", b"202", b"203"})
_NUMBER = re.compile(rb"\d{1,3}")
_PLACE = re.compile(rb"[A-Z][A-Z0-9]{2}(?:\^\d{0,4}){0,5}")
_LINES = re.compile(rb"[\r\n]+")
_ERRORS_READ = 5


@dataclass(frozen=True, slots=True)
class Answer:
    """MSA-1, MSA-2 and, of each ERR, its number (ERR-3) and place (ERR-2) where they have the right form."""

    code: bytes
    control_id: bytes
    errors: tuple[tuple[bytes, bytes], ...] = ()

    def outcome(self) -> DeliveryOutcome:
        """What the sender of the answered message should do. A code nobody knows leaves it unknown."""
        kind = _KINDS.get(self.code)
        if kind is None:
            return DeliveryOutcome("unknown", "ANSWER_NOT_UNDERSTOOD")
        if kind == "retry" and any(number in _NEVER_BETTER for number, _ in self.errors):
            kind = "refused"
        detail = " ".join(b"@".join(filter(None, error)).decode() for error in self.errors)
        return DeliveryOutcome(kind, f"ACK_{self.code.decode()}", detail)


def read_answer(content: bytes) -> Answer | None:
    """The answer in `content` (unframed), or none when it is no HL7 answer."""
    message = content.removeprefix(b"\xef\xbb\xbf").lstrip()
    separator = message[3:4]
    if not message.startswith(b"MSH") or not separator:
        return None
    sign = message[4:5]
    found: tuple[bytes, bytes] | None = None
    errors: list[tuple[bytes, bytes]] = []
    for line in _LINES.split(message):
        fields = line.split(separator)
        if fields[0] == b"MSA" and len(fields) > 2 and found is None:
            found = fields[1], fields[2]
        elif fields[0] == b"ERR" and len(errors) < _ERRORS_READ:
            errors.append(_error(fields, sign))
    if found is None:
        return None
    return Answer(found[0], found[1], tuple(error for error in errors if any(error)))


def _error(fields: list[bytes], sign: bytes) -> tuple[bytes, bytes]:
    """Number and place of one ERR, each empty where it is not of the form that cannot carry content."""
    number = fields[3].split(sign)[0] if len(fields) > 3 else b""
    place = fields[2].replace(sign, b"^") if len(fields) > 2 else b""
    return number if _NUMBER.fullmatch(number) else b"", place if _PLACE.fullmatch(place) else b""
