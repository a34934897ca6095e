"""A peer that is turned away while TLS is being agreed: said in the log, by a code and nothing else."""

from __future__ import annotations

import ssl

from gateway import logs
from gateway.logs import Event
from gateway.partners.certificates import tls_trouble


def name_refusals(context: ssl.SSLContext, partner: str) -> None:
    """Have every failed handshake of `context` written to the log: the loop's own servers drop it in silence."""

    class Handshake(ssl.SSLObject):
        def do_handshake(self) -> None:
            try:
                super().do_handshake()
            except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
                raise
            except ssl.SSLError as trouble:
                logs.warning(Event.CONNECTION_REFUSED, partner=partner, reason=tls_trouble(trouble))
                raise

    context.sslobject_class = Handshake
