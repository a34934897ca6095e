"""What travels between the doors and the flows: a message that arrived, and the receipt for it.

All frozen. Nothing here says how a message is answered: that is the door's business (`intake/hl7_ack.py`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

ReceiptOutcome = Literal["accepted", "content_error", "rejected", "our_fault"]
Severity = Literal["E", "W", "I"]


@dataclass(frozen=True, slots=True)
class ReceivedMessage:
    """Bytes that arrived, with what the door knows about them without understanding them.

    `channel` is the door (the listener's name); (`partner`, `channel`, `control_id`, hash of `raw`) is the
    key under which the inbox knows a repeated message. `message_type` is MSH-9 for HL7 v2, its components
    parted by `^` whatever the sender uses (`REF^I12^REF_I12`). `raw` is exactly what was framed, byte order
    mark and line ends included. `received_at` has zone UTC. `refusals` says what the door could already see
    to be unacceptable (no HL7, processing id, version): such a message is kept and its receipt is `rejected`
    with these faults; its `message_type` is empty, so that no mapping can be found for it. `asks_later`: its
    sender wants an answer as a message of its own, too (HL7 v2, MSH-16), and can be sent one.
    """

    partner: str
    channel: str
    format: str
    control_id: str
    message_type: str
    raw: bytes = field(repr=False)
    received_at: datetime
    refusals: tuple[Fault, ...] = ()
    asks_later: bool = False


@dataclass(frozen=True, slots=True)
class Fault:
    """One located fault of a message, or a remark (`I`): codes and places only, never a value of the message.

    `code` is ours (UPPER_SNAKE), `hl7_code` is from HL7 table 0357 (`101`), `erl` is an ERL
    (segment^sequence^field^repetition^component, for example `PID^1^3^1^1`), `place` the same for people
    (`PID-3.1`).
    """

    code: str
    message: str
    place: str | None = None
    hl7_code: str = "207"
    erl: str | None = None
    severity: Severity = "E"


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a received message, in the only four ways that matter to its sender.

    accepted: in our custody, nothing to do (`faults` are warnings). content_error: kept, but the sender
    should correct it. rejected: type, version, processing mode or key not acceptable. our_fault: a trouble of
    ours, the message is good and should be sent again. Consent plays no part in any of them.

    For a message that was received before (`duplicate`), `message_id` and `received_at` are those of the
    first receipt, so that the same bytes get the same answer.
    """

    message_id: str
    received_at: datetime
    outcome: ReceiptOutcome
    faults: tuple[Fault, ...] = ()
    duplicate: bool = False
