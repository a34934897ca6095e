"""A notice of a Subscription as an e-mail: that something waits, and not a word of what."""

from __future__ import annotations

import asyncio
import smtplib
from collections.abc import Awaitable, Callable
from typing import Protocol

from gateway.delivery.outcome import DeliveryOutcome
from gateway.flows.subscription_events import ToTell
from gateway.flows.subscription_topics import MAIL_SUBJECT, MAILTO


class SendMail(Protocol):
    """Hands one mail to the mail server; `key` is the same for the same notice. Raises OSError, SMTPException."""

    def __call__(self, address: str, subject: str, text: str, key: str, /) -> None: ...


async def mail_notice(
    send: SendMail | None, to_tell: ToTell, may_leave: Callable[[], Awaitable[bool]]
) -> DeliveryOutcome:
    """What came of handing `to_tell` to the mail server. `may_leave` is asked just before."""
    if send is None:
        return DeliveryOutcome("retry", "NO_MAIL_SERVER")
    if not await may_leave():
        return DeliveryOutcome("aborted", "CHECK_SAID_NO")
    address = to_tell.made.endpoint.removeprefix(MAILTO)
    try:
        await asyncio.to_thread(send, address, MAIL_SUBJECT, to_tell.content.decode(), to_tell.key)
    except smtplib.SMTPRecipientsRefused as error:
        return _answered(min(code for code, _ in error.recipients.values()))
    except smtplib.SMTPResponseException as error:
        return _answered(error.smtp_code)
    except ConnectionRefusedError:
        return DeliveryOutcome("retry", "CONNECT_FAILED")
    except OSError:  # a mail that may have left is sent again: it says nothing twice
        return DeliveryOutcome("unknown", "CONNECTION_LOST")
    return DeliveryOutcome("delivered", "MAILED")


def _answered(code: int) -> DeliveryOutcome:
    """RFC 5321 section 4.2.1: from 500 on the answer is for good."""
    return DeliveryOutcome("refused" if code >= 500 else "retry", f"SMTP_{code}")
