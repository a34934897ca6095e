"""Links by mail, over the server of the alerts: handed over beside whatever goes on, so that no page waits for it or
shows by its time whether something was sent.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

from gateway import logs
from gateway.agency_desk.link_mail import SUBJECT, mail_text
from gateway.clock import new_id
from gateway.delivery.notice_mail import SendMail
from gateway.errors import HandoffError
from gateway.logs import Event

WAITS_SECONDS = (0.0, 20.0, 120.0)
"""Before each try; after the last, whoever waits asks for another link."""


class LinkPost:
    """Mails links. What is under way when the process ends is not sent: links are good for a day and made anew."""

    def __init__(self, send: SendMail, waits: Sequence[float] = WAITS_SECONDS) -> None:
        self._send, self._waits = send, tuple(waits)

    def mail(self, address: str, link: str, may_leave: Callable[[], bool]) -> None:
        """Begin to send. `may_leave` is asked just before each try, on another thread; after a no nothing is tried."""
        args = (address, mail_text(link), new_id(), may_leave)
        threading.Thread(target=self._try, args=args, daemon=True).start()

    def _try(self, address: str, text: str, key: str, may_leave: Callable[[], bool]) -> None:
        for wait in self._waits:
            threading.Event().wait(wait)
            try:
                if not may_leave():
                    logs.warning(Event.LINK_NOT_MAILED, error="CHECK_SAID_NO")
                    return
                self._send(address, SUBJECT, text, key)
            except (OSError, ValueError, HandoffError) as error:  # a server's no is an OSError too
                logs.warning(Event.LINK_NOT_MAILED, error=type(error).__name__)
            else:
                logs.info(Event.LINK_MAILED)
                return
