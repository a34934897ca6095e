r"""The answer to an HL7 v2 message, as a pure function of its header, the receipt and what its sender wants.

The same message with the same receipt gets the same bytes: MSH-10 comes from the message id, MSH-7 from the
instant of receipt. The one table of HL7 answers (HL7 v2.5.1 ch. 2.9 and 2.15, tables 0008, 0155, 0357, 0516):

=============  ==========  =============  ===================================================
receipt        original    enhanced       the sender should
=============  ==========  =============  ===================================================
accepted       AA          CA             do nothing; warnings stand in ERR
content_error  AE          CE             correct what ERR names, then send again
rejected       AR          CR             correct type, version, mode or framing
our_fault      AR          CE             send the same bytes later
=============  ==========  =============  ===================================================

Consent plays no part: an answer is the same whatever consent says. No value of the message is quoted but
MSH-3 to 6, 9 to 12, 18 and 10 (as MSA-2), and for an RRI the sender's own RF1-6.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Literal

from gateway.flows.messages import Fault, Receipt, ReceiptOutcome
from gateway.intake.header_check import refusals
from gateway.intake.hl7_header import Hl7Header, first_segment, read_header

REJECTING_CODES = frozenset({"200", "201", "202", "203"})
"""HL7 table 0357 codes of class "rejection": the answer is AR (CR) whatever else is wrong."""

ERROR_TEXTS = {
    "0": "Message accepted",
    "100": "Segment sequence error",
    "101": "Required field missing",
    "102": "Data type error",
    "103": "Table value not found",
    "104": "Value too long",
    "200": "Unsupported message type",
    "201": "Unsupported event code",
    "202": "Unsupported processing id",
    "203": "Unsupported version id",
    "204": "Unknown key identifier",
    "205": "Duplicate key identifier",
    "206": "Application record locked",
    "207": "Application internal error",
}

_ORIGINAL = {"accepted": b"AA", "content_error": b"AE", "rejected": b"AR", "our_fault": b"AR"}
_ENHANCED = {"accepted": b"CA", "content_error": b"CE", "rejected": b"CR", "our_fault": b"CE"}
_ERRORS_SHOWN = 20
_NO_HEADER = Hl7Header(b"|", b"^~\\&", (b"MSH", b"^~\\&"))
_CODE = re.compile(r"[A-Z][A-Z0-9_]{1,59}")
_PLACE = re.compile(r"[A-Z][A-Z0-9]{2}(?:\^\d{0,5}){0,5}")
_NAMED_PLACE = re.compile(
    r"([A-Z][A-Z0-9]{2})(?:\[(\d{1,5})\])?(?:-(\d{1,3})(?:\[(\d{1,3})\])?(?:\.(\d{1,3})(?:\.(\d{1,3}))?)?)?"
)
_EVENT = re.compile(rb"[A-Z][A-Z0-9]{2}")
_VERSION = re.compile(rb"2\.([0-9])")
_REFERRAL_EVENTS = frozenset({b"I12", b"I13", b"I14", b"I15"})


@dataclass(frozen=True, slots=True)
class AckSettings:
    """What one partner wants as an answer.

    `rri`: RRI instead of ACK for an accepted referral, where an application answers (original mode, MSH-16).
    `application_acks`: it can be sent what MSH-16 asks for.
    """

    immediate_reply: Literal["ack", "rri"] = "ack"
    application_acks: bool = False


def acknowledge(
    content: bytes, header: Hl7Header | None, receipt: Receipt, wants: AckSettings
) -> bytes | None:
    """The answer to `content`, unframed; none where enhanced mode asks for silence.

    Silence is asked for by MSH-15 `NE`, by `ER` on success and by `SU` on error. `header` is none when
    `content` is no HL7: the answer is then AR with an empty MSA-2.
    """
    outcome = outcome_of(header, receipt)
    asked = header or _NO_HEADER
    enhanced = bool(asked.field(15) or asked.field(16))
    later = wants.application_acks and _wanted(asked.field(16), outcome)
    if enhanced and outcome == "content_error" and later:
        outcome, receipt = "accepted", replace(receipt, faults=())  # it is kept; what is wrong is told later
    if enhanced and not _wanted(asked.field(15), outcome):
        return None
    if not enhanced:
        return _of_the_application(content, asked, outcome, receipt, wants, header is not None)
    msh = _msh(asked, receipt, _plain_kind(asked), answer_id(receipt.message_id))
    errors = _errors(asked, receipt.faults if header else (*receipt.faults, *_no_hl7(receipt)))
    return _lines(msh, _msa(asked, _ENHANCED[outcome]), *errors)


def acknowledge_later(content: bytes, receipt: Receipt, wants: AckSettings) -> tuple[str, bytes] | None:
    """MSH-10 and the application acknowledgement of `content` as a message of its own; None where MSH-16 asks for none.

    None, too, for what the accept acknowledgement has refused already (CR), and for a fault of ours (CE). It asks for
    an accept acknowledgement itself (MSH-15 `AL`) and for nothing more.
    """
    asked = read_header(content)
    if asked is None:
        return None
    outcome = outcome_of(asked, receipt)
    said = outcome == "rejected" and _wanted(asked.field(15), outcome)
    if outcome == "our_fault" or said or not _wanted(asked.field(16), outcome):
        return None
    answer = _of_the_application(content, asked, outcome, receipt, wants, True, later_id(receipt.message_id))
    head, _, rest = answer.partition(b"\r")
    fields = head.split(asked.separator)
    fields += [b""] * (16 - len(fields))
    fields[14:16] = b"AL", b"NE"
    control_id = later_id(receipt.message_id)
    return control_id.decode(), asked.separator.join(fields) + b"\r" + rest


def _of_the_application(
    content: bytes,
    asked: Hl7Header,
    outcome: ReceiptOutcome,
    receipt: Receipt,
    wants: AckSettings,
    is_hl7: bool,
    control_id: bytes | None = None,
) -> bytes:
    """AA, AE or AR, as ACK or, for an accepted referral where that is wanted, as RRI."""
    code, own = _ORIGINAL[outcome], control_id or answer_id(receipt.message_id)
    if outcome == "accepted" and wants.immediate_reply == "rri" and _is_referral(asked):
        msh = _msh(asked, receipt, (b"RRI", asked.kind[1], b"RRI_I12"), own)
        return _lines(msh, _msa(asked, code), _pending(content, asked))
    errors = _errors(asked, receipt.faults if is_hl7 else (*receipt.faults, *_no_hl7(receipt)))
    return _lines(_msh(asked, receipt, _plain_kind(asked), own), _msa(asked, code), *errors)


def _plain_kind(asked: Hl7Header) -> tuple[bytes, ...]:
    """MSH-9 of an ACK."""
    event = asked.kind[1]
    return (b"ACK", event, b"ACK") if _EVENT.fullmatch(event) else (b"ACK",)


def outcome_of(header: Hl7Header | None, receipt: Receipt) -> ReceiptOutcome:
    """What the sender is told.

    A rejecting error code, or no HL7 at all, makes a rejection of a fault of content.
    """
    if receipt.outcome == "our_fault":
        return "our_fault"
    errors = {fault.hl7_code for fault in receipt.faults if fault.severity == "E"}
    if header is None or (errors & REJECTING_CODES and receipt.outcome != "accepted"):
        return "rejected"
    return receipt.outcome


def _no_hl7(receipt: Receipt) -> tuple[Fault, ...]:
    """For content without MSH: say so, unless the receipt already names a fault."""
    if receipt.faults:
        return ()
    return refusals(None, frozenset())


def _wanted(condition: bytes, outcome: ReceiptOutcome) -> bool:
    """Whether MSH-15 asks for an accept acknowledgement of this outcome (table 0155).

    Empty beside MSH-16 is `NE`.
    """
    if condition in (b"", b"NE"):
        return False
    if condition == b"ER":
        return outcome != "accepted"
    if condition == b"SU":
        return outcome == "accepted"
    return True


def _is_referral(header: Hl7Header) -> bool:
    code, event = header.kind
    return code == b"REF" and event in _REFERRAL_EVENTS


def _msh(asked: Hl7Header, receipt: Receipt, kind: tuple[bytes, ...], control_id: bytes) -> bytes:
    """MSH of the answer: MSH-3..6 swapped, MSH-11, 12 and 18 as received."""
    sent = [
        b"MSH" + asked.separator + asked.signs,
        *(asked.field(number) for number in (5, 6, 3, 4)),
        _instant(receipt.received_at),
        b"",
        asked.component_sign.join(kind),
        control_id,
        asked.field(11) or b"P",
        asked.field(12) or b"2.5.1",
    ]
    charset = asked.field(18)
    return asked.separator.join([*sent, *([b""] * 5 + [charset] if charset else [])])


def _msa(asked: Hl7Header, code: bytes) -> bytes:
    return asked.separator.join((b"MSA", code, asked.control_id))


def _pending(content: bytes, asked: Hl7Header) -> bytes:
    """RF1 of an immediate RRI: RF1-1 `P` (pending) and the sender's own RF1-6, nothing else."""
    referral = first_segment(content, b"RF1", asked)
    own = referral[6] if len(referral) > 6 else b""
    return asked.separator.join((b"RF1", b"P", b"", b"", b"", b"", own))


def _errors(asked: Hl7Header, faults: Iterable[Fault]) -> list[bytes]:
    """One ERR for each fault, the first 20; errors before warnings."""
    ordered = sorted(faults, key=lambda fault: fault.severity != "E")
    return [_err(asked, fault) for fault in ordered[:_ERRORS_SHOWN]]


def _err(asked: Hl7Header, fault: Fault) -> bytes:
    """One ERR: place (2), HL7 code (3), severity (4), our code (5); of a remark also what to read (8). Versions before
    2.5 also get ERR-1.
    """
    sign = asked.component_sign
    number = fault.hl7_code if fault.hl7_code in ERROR_TEXTS else "207"
    described = number.encode(), ERROR_TEXTS[number].encode(), b"HL70357"
    place = _location(fault)
    own = fault.code if _CODE.fullmatch(fault.code) else "INTERNAL"
    version = _VERSION.match(asked.field(12))
    old = b""
    if version and version.group(1) < b"5":
        old = sign.join((*(place + [b""] * 3)[:3], asked.subcomponent_sign.join(described)))
    return asked.separator.join(
        (
            b"ERR",
            old,
            sign.join(place),
            sign.join(described),
            fault.severity.encode(),
            sign.join((own.encode(), b"", b"L")),
            *((b"", b"", _readable(asked, fault.message)) if fault.severity == "I" else ()),
        )
    )


def _readable(asked: Hl7Header, text: str) -> bytes:
    """Our own words for ERR-8: in ASCII, as the sender's charset is not known to be more, and without its delimiters."""
    signs = {*asked.separator, *asked.signs, *range(0x20), 0x7F}
    return bytes(0x20 if one in signs else one for one in text.encode("ascii", "replace"))


def _location(fault: Fault) -> list[bytes]:
    """The parts of ERR-2: from the fault's ERL, else from its place (`PRD[2]-7.1`); none where neither is one."""
    if fault.erl and _PLACE.fullmatch(fault.erl):
        return fault.erl.encode().split(b"^")
    named = _NAMED_PLACE.fullmatch(fault.place or "")
    if named is None:
        return []
    segment, which, number, repetition, component, subcomponent = named.groups()
    parts = [segment, which or "1", number, repetition or ("1" if number else None), component, subcomponent]
    return [part.encode() for part in parts if part]


def answer_id(message_id: str) -> bytes:
    """MSH-10 of the answer: the first 20 letters and digits of the message id (2.5.1 allows 20)."""
    return re.sub(r"[^A-Za-z0-9]", "", message_id)[:20].upper().encode()


def later_id(message_id: str) -> bytes:
    """MSH-10 of the application acknowledgement: the last 20, so that it is never that of the accept one."""
    return re.sub(r"[^A-Za-z0-9]", "", message_id)[-20:].upper().encode()


def _instant(at: datetime) -> bytes:
    """`at` as an HL7 timestamp in UTC with milliseconds: `20261122014341.123+0000`."""
    utc = at.astimezone(UTC)
    return f"{utc:%Y%m%d%H%M%S}.{utc.microsecond // 1000:03d}+0000".encode()


def _lines(*segments: bytes) -> bytes:
    return b"".join(segment + b"\r" for segment in segments)
