"""Links by mail, over the server of the alerts: sent beside whatever goes on, so that no page waits for it or shows by
its time whether something was sent. What waits stands in the store, and goes on where a process ended.
"""

from __future__ import annotations

import asyncio
import contextlib
import smtplib
import socket
from collections.abc import Sequence
from datetime import timedelta

from gateway import logs
from gateway.agency_desk.link_mail import SUBJECT, mail_text
from gateway.delivery.notice_mail import SendMail
from gateway.disclosure.premises import Premises
from gateway.errors import HandoffError, NotNow
from gateway.flows import link_letters, own_contacts
from gateway.flows.link_letters import Claimed, Letter
from gateway.logs import Event
from gateway.store import Reading
from gateway.wiring import worker_links
from gateway.wiring.last_restore import last_restore

WAITS_SECONDS = (20.0, 120.0)
"""Before each try but the first; after the last, whoever waits asks for another link."""
_LOOK_SECONDS = 1.0
_NOT_NOW = range(400, 500)


class LinkPost:
    """Mails what waits, until stopped; what may speak against it is asked in the transaction before each try."""

    def __init__(self, premises: Premises, send: SendMail, waits: Sequence[float] = WAITS_SECONDS) -> None:
        self._premises, self._send, self._waits = premises, send, tuple(waits)
        self._stopping = asyncio.Event()

    async def run(self) -> None:
        """Send what is due until `stop`. A busy store is tried again the next time."""
        while not self._stopping.is_set():
            with contextlib.suppress(NotNow):
                await self.send_due()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), _LOOK_SECONDS)

    async def stop(self) -> None:
        """Let `run` end."""
        self._stopping.set()

    async def send_due(self) -> None:
        """Send all that is due now."""
        restored_at = last_restore(self._premises.store)
        while not self._stopping.is_set():
            claimed = await link_letters.claim(self._premises, _against, restored_at)
            if claimed is None:
                return
            if isinstance(claimed, str):
                logs.warning(Event.LINK_NOT_MAILED, error=claimed)
            else:
                await self._try(claimed)

    async def _try(self, claimed: Claimed) -> None:
        """One try. Only what certainly did not leave is tried again."""
        letter = claimed.letter
        try:
            await asyncio.to_thread(self._send, letter.address, SUBJECT, mail_text(letter.link), claimed.id)
        except (OSError, ValueError, HandoffError) as error:  # a server's no is an OSError too
            logs.warning(Event.LINK_NOT_MAILED, error=type(error).__name__)
            if _has_not_left(error) and claimed.attempt <= len(self._waits):
                wait = timedelta(seconds=self._waits[claimed.attempt - 1])
                await link_letters.not_sent(self._premises, claimed, wait)
                return
        else:
            logs.info(Event.LINK_MAILED)
        await link_letters.sent(self._premises, claimed)


def _against(premises: Premises, reading: Reading, letter: Letter) -> str:
    ask = worker_links.against_mail if letter.patient_id is None else own_contacts.against_mail
    return ask(premises, reading, letter)


def _has_not_left(error: Exception) -> bool:
    """Whether the server has said no for now (RFC 5321, section 4.2.1), or was not reached at all. An answer that is
    neither yes nor no, or that cannot be read (-1), may have come after it took the mail.
    """
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return all(code in _NOT_NOW for code, _ in error.recipients.values())
    if isinstance(error, smtplib.SMTPResponseException):
        return error.smtp_code in _NOT_NOW
    return isinstance(error, ConnectionRefusedError | socket.gaierror)
