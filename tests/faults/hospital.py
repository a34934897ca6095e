"""A hospital's sender that gives up nothing: the same bytes again until they are accepted, and a ledger of it."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

CANARY_EVERY = 4
"""Every so many-th patient has given no consent: nothing of theirs may reach a partner."""

_ANSWER_SECONDS, _AGAIN_SECONDS = 60.0, 0.1
_IN_TEMPLATE = "SUNRISE"


@dataclass(frozen=True, slots=True)
class Referral:
    """One message: its number, its patient's number."""

    number: int
    patient: int

    @property
    def control_id(self) -> str:
        return f"FLT{self.number:08d}"

    @property
    def marker(self) -> str:
        return f"FLTR{self.number:08d}"


def has_consented(patient: int) -> bool:
    """Whether the patient permits the referral at the start."""
    return patient % CANARY_EVERY != CANARY_EVERY - 1


def mrn(patient: int) -> str:
    """The hospital's number of a patient."""
    return f"FLTP{patient:07d}"


def content(template: bytes, referral: Referral) -> bytes:
    """The message. Those without a consent are called Zzcanary, so that they are found wherever they turn up."""
    patient = referral.patient
    family = ("Tester" if has_consented(patient) else "Zzcanary") + _letters(patient)
    values = {
        b"@CONTROL@": referral.control_id,
        b"@REFERRAL@": referral.marker,
        b"@PATIENT@": mrn(patient),
        b"@FAMILY@": family,
        b"@GIVEN@": "Given" + _letters(patient * 7 + 3),
        b"@BIRTH@": f"{1940 + patient % 60:04d}{1 + patient % 12:02d}{1 + patient % 28:02d}",
    }
    for sign, value in values.items():
        template = template.replace(sign, value.encode())
    return template


def _letters(number: int) -> str:
    return "".join(chr(97 + number // 26**place % 26) for place in range(4))


@dataclass
class Hospital:
    """Its connections, each with patients of its own, so that the order for each patient is the order of the numbers."""

    template: bytes
    port: Callable[[], int]
    messages: int
    patients: int
    connections: int = 4
    pause: float = 0.0
    """Seconds each connection waits before its next message, so that the story lasts as long as the trouble."""
    addressees: tuple[str, ...] = (_IN_TEMPLATE,)
    """Codes of the partners referred to, patient by patient in turns; each patient has one."""
    first: int = 1
    """The number of the first message."""
    accepted: dict[int, float] = field(default_factory=dict)
    """By number: when the answer that it is accepted came."""
    refused: dict[int, str] = field(default_factory=dict)
    sent_again: int = 0
    asked_again: int = 0
    """How often the gateway said that it cannot take the message now."""
    _stop: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)

    def start(self) -> None:
        for connection in range(self.connections):
            thread = threading.Thread(target=self._send_all, args=(connection,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def wait(self, seconds: float) -> bool:
        """Whether everything was accepted within the time."""
        until = time.monotonic() + seconds
        for thread in self._threads:
            thread.join(max(0.0, until - time.monotonic()))
        self._stop.set()
        return not any(thread.is_alive() for thread in self._threads)

    def referrals(self) -> Iterator[Referral]:
        """Everything there is to send."""
        numbers = range(self.first, self.first + self.messages)
        return (Referral(number, number % self.patients) for number in numbers)

    def _send_all(self, connection: int) -> None:
        line: socket.socket | None = None
        for referral in self.referrals():
            if referral.patient % self.connections != connection:
                continue
            time.sleep(self.pause)
            while referral.number not in self.accepted and not self._stop.is_set():
                try:
                    line = line or socket.create_connection(("127.0.0.1", self.port()), _ANSWER_SECONDS)
                    self._send(line, referral)
                except (OSError, EOFError):
                    line = self._lost(line)
        if line is not None:
            line.close()

    def _lost(self, line: socket.socket | None) -> None:
        if line is not None:
            line.close()
        self.sent_again += 1
        time.sleep(0.05)

    def _send(self, line: socket.socket, referral: Referral) -> None:
        code = self.addressees[referral.patient % len(self.addressees)]
        template = self.template.replace(_IN_TEMPLATE.encode(), code.encode())
        line.sendall(b"\x0b" + content(template, referral) + b"\x1c\r")
        answer = b""
        while not answer.endswith(b"\x1c\r"):
            part = line.recv(65536)
            if not part:
                raise EOFError
            answer += part
        code = _answer_to(answer, referral.control_id)
        if code == "AA":
            self.accepted[referral.number] = time.time()
        elif code == "AR":  # a fault of the gateway's own: the message is good and goes again
            self.asked_again += 1
            time.sleep(_AGAIN_SECONDS)
        else:
            self.refused[referral.number] = code
            raise AssertionError(f"answered {code}")


def _answer_to(answer: bytes, control_id: str) -> str:
    for line in answer.split(b"\r"):
        if line.startswith(b"MSA"):
            _, code, echoed = line.decode().split("|")[:3]
            if echoed == control_id:
                return code
    return "an answer to another message"
