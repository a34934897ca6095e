"""Errors that a sender can act on, in one tree.

HandoffError
├── NotUnderstood   the content cannot be used as it is: change the message
├── NotSupported    a type, version or feature we do not have: ask us
├── AlreadyReceived an id was used before for other content: use a new one
├── NotAllowed      the caller's identity or rights do not suffice: renew or ask
├── NotFound        nothing to show; also when consent refuses a read
├── NotNow          a passing trouble of ours: send the same again later
└── Internal        a fault of ours that a person must look at

Messages are lower case, without a full stop and without any value of the message; `place` names the place in the
sender's own terms (`PID-3.1`, `CarePlan.activity[2].detail.status`, `row 14 column dob`).
"""

from __future__ import annotations


class HandoffError(Exception):
    """A located error with a stable UPPER_SNAKE code."""

    def __init__(self, code: str, message: str, place: str | None = None) -> None:
        super().__init__(f"{code}: {message}" + (f" at `{place}`" if place else ""))
        self.code = code
        self.message = message
        self.place = place


class NotUnderstood(HandoffError):
    """The content cannot be used as it is; the sender should change it."""


class NotSupported(HandoffError):
    """A message type, version or feature this gateway does not have."""


class AlreadyReceived(HandoffError):
    """The same id was used before for other content."""


class NotAllowed(HandoffError):
    """The caller's identity or rights do not suffice. Never used for a refusal by consent."""


class NotFound(HandoffError):
    """Nothing to show. The same for unknown, no consent and withheld."""


class NotNow(HandoffError):
    """A passing trouble of ours; the same bytes can be sent again."""

    def __init__(
        self, code: str, message: str, place: str | None = None, *, retry_after_seconds: int = 5
    ) -> None:
        super().__init__(code, message, place)
        self.retry_after_seconds = retry_after_seconds


class Internal(HandoffError):
    """A fault of ours; nothing of its detail leaves the gateway."""
