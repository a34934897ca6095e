"""Whether a partner can be reached: the line is opened and secured as for a delivery, and nothing is said on it."""

from __future__ import annotations

import asyncio
import os
import ssl
import time
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

from gateway.clock import Clock
from gateway.console.office import LineTest
from gateway.delivery.http_push import open_transport
from gateway.delivery.partner_tokens import PartnerTokens
from gateway.errors import NotUnderstood
from gateway.partners import FhirDelivery, FilesDelivery, MllpDelivery, Partner, WebhookDelivery
from gateway.partners.certificates import partner_context, tls_trouble
from gateway.partners.login_keys import read_login_key

SECONDS = 5.0


async def try_line(folder: Path, partner: Partner, clock: Clock) -> LineTest:
    """What came of opening the line to a partner, and of asking for a token where one is needed; a code where it failed.
    No byte of content leaves.
    """
    delivery = partner.delivery
    try:
        if isinstance(delivery, MllpDelivery):
            host, _, port = delivery.address.rpartition(":")
            context = partner_context(folder, delivery.tls) if delivery.tls else None
            name = (delivery.tls.server_name if delivery.tls else "") or None
            return await _open(host.strip("[]"), int(port), context, name)
        if isinstance(delivery, FhirDelivery | WebhookDelivery):
            parts = urlsplit(delivery.url)
            secured = parts.scheme == "https"
            context = ssl.create_default_context() if secured else None
            found = await _open(parts.hostname or "", parts.port or (443 if secured else 80), context, None)
            if isinstance(delivery, FhirDelivery) and found.is_reached:
                return await _with_token(folder, delivery, clock, found)
            return found
        if isinstance(delivery, FilesDelivery) and delivery.sftp is not None:
            host, _, port = delivery.sftp.address.rpartition(":")
            return await _open(host.strip("[]"), int(port), None, None)
        if isinstance(delivery, FilesDelivery):
            place = folder / delivery.folder
            can_write = await asyncio.to_thread(lambda: place.is_dir() and os.access(place, os.W_OK))
            return LineTest(can_write, "" if can_write else "FOLDER_UNUSABLE", 0, is_secured=False)
    except NotUnderstood as error:
        return LineTest(False, error.code, 0, is_secured=False)
    return LineTest(True, "NOTHING_TO_REACH", 0, is_secured=False)


async def _with_token(folder: Path, delivery: FhirDelivery, clock: Clock, found: LineTest) -> LineTest:
    """What was `found`, unless the server asks for a token and we get none."""
    if delivery.smart is None:
        return found
    key = await asyncio.to_thread(read_login_key, folder, delivery.smart)
    async with open_transport() as transport:
        got = await PartnerTokens(transport, clock).token("", delivery, key)
    return found if isinstance(got, str) else replace(found, is_reached=False, code=got.code)


async def _open(host: str, port: int, context: ssl.SSLContext | None, name: str | None) -> LineTest:
    began = time.monotonic()

    def ended(code: str) -> LineTest:
        took = round((time.monotonic() - began) * 1000)
        return LineTest(not code, code, took, is_secured=context is not None)

    try:
        async with asyncio.timeout(SECONDS):
            server_name = (name or host) if context is not None else None
            _, writer = await asyncio.open_connection(host, port, ssl=context, server_hostname=server_name)
    except ssl.SSLError as trouble:
        return ended(tls_trouble(trouble))
    except TimeoutError:
        return ended("NO_ANSWER_IN_TIME")
    except OSError:
        return ended("NOT_CONNECTED")
    writer.close()
    return ended("")
