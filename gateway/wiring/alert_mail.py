"""Alerts by e-mail: what calls for a person, told to a mail server over TLS; ids and numbers only, never content.

At most one mail for a cause and hour, also over a restart: when each was told last stands in `last-alerts.json`. A mail
that cannot be sent is tried again at the next look.
"""

from __future__ import annotations

import asyncio
import contextlib
import email.utils
import ipaddress
import json
import smtplib
import ssl
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from email.message import EmailMessage
from pathlib import Path

from prometheus_client.core import CounterMetricFamily, Metric
from prometheus_client.registry import Collector

from gateway import logs
from gateway.clock import Clock, instant_text, read_instant
from gateway.delivery.notice_mail import SendMail
from gateway.errors import NotNow
from gateway.flows.subscription_topics import MAILTO
from gateway.logs import Event
from gateway.partners import Network
from gateway.settings import Settings, SettingsRefused, read_secret
from gateway.wiring.alert_rules import Cause, Watch, numbers_of
from gateway.wiring.backup_notes import write_whole

TOLD = "last-alerts.json"
_AGAIN = timedelta(hours=1)
_LOOK_SECONDS = 30.0
_SMTP_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class Post:
    """A mail server and who is written to. `tls`: `tls` from the first byte, `starttls`, or `none` on this machine."""

    host: str
    port: int
    tls: str
    sender: str
    receivers: tuple[str, ...]
    context: ssl.SSLContext | None = None
    user: str = ""
    password: str = field(default="", repr=False)

    def send(self, subject: str, text: str, key: str = "") -> None:
        """Hand one mail over; with the same `key` it is the same. Raises OSError (`SMTPException` is one too)."""
        message = EmailMessage()
        message["From"], message["To"] = self.sender, ", ".join(self.receivers)
        message["Subject"] = subject
        message["Date"] = email.utils.localtime()
        domain = self.sender.rpartition("@")[2]
        message["Message-ID"] = f"<{key}@{domain}>" if key else email.utils.make_msgid(domain=domain)
        message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no holiday answers
        message.set_content(text)
        with _leaving_quietly(self._connected()) as line:
            if self.tls == "starttls":
                line.starttls(context=self.context)
            if self.user:
                line.login(self.user, self.password)
            line.send_message(message)

    def _connected(self) -> smtplib.SMTP:
        if self.tls == "tls":
            return smtplib.SMTP_SSL(self.host, self.port, timeout=_SMTP_SECONDS, context=self.context)
        return smtplib.SMTP(self.host, self.port, timeout=_SMTP_SECONDS)


@contextlib.contextmanager
def _leaving_quietly(line: smtplib.SMTP) -> Iterator[smtplib.SMTP]:
    """What the server has said of the mail stands, however it answers QUIT: `with line` would raise for that answer."""
    try:
        yield line
    finally:
        with contextlib.suppress(OSError):
            line.quit()
        line.close()


def post_of(settings: Settings) -> Post | None:
    """The post that the settings describe; None without `HANDOFF_ALERT_TO`. Raises SettingsRefused."""
    receivers = tuple(one.strip() for one in settings.alert_to.split(",") if one.strip())
    if not receivers:
        return None
    if settings.alert_smtp is None or not settings.alert_from:
        raise SettingsRefused("`HANDOFF_ALERT_TO` needs `HANDOFF_ALERT_SMTP` and `HANDOFF_ALERT_FROM`")
    return _server(settings, settings.alert_smtp, receivers)


def mail_of(settings: Settings, network: Network) -> SendMail | None:
    """How notices of Subscriptions and links are mailed, over the same server as the alerts; None without one.

    Raises SettingsRefused where the network names addresses and there is none.
    """
    clients = (partner.client for partner in network.partners.values() if partner.client is not None)
    wanted = any(one.startswith(MAILTO) for client in clients for one in client.subscription_endpoints)
    if settings.alert_smtp is None or not settings.alert_from:
        if wanted:
            text = "`mailto:` in `subscription_endpoints` needs `HANDOFF_ALERT_SMTP` and `HANDOFF_ALERT_FROM`"
            raise SettingsRefused(text)
        if any(partner.workers for partner in network.partners.values()):
            raise SettingsRefused(
                "`workers` of a partner needs `HANDOFF_ALERT_SMTP` and `HANDOFF_ALERT_FROM`"
            )
        return None
    server = _server(settings, settings.alert_smtp, ())

    def send(address: str, subject: str, text: str, key: str) -> None:
        replace(server, receivers=(address,)).send(subject, text, key)

    return send


def _server(settings: Settings, place: str, receivers: tuple[str, ...]) -> Post:
    host, _, port = place.rpartition(":")
    if settings.alert_tls == "none" and not _is_here(host):
        raise SettingsRefused("`HANDOFF_ALERT_TLS`: none is for a mail server on this machine only")
    if settings.alert_user and settings.alert_password is None:
        raise SettingsRefused("`HANDOFF_ALERT_USER` needs `HANDOFF_ALERT_PASSWORD`")
    if settings.alert_user and settings.alert_tls == "none":
        raise SettingsRefused("`HANDOFF_ALERT_USER`: no password is sent without TLS")
    return Post(
        host=host.strip("[]"),
        port=int(port),
        tls=settings.alert_tls,
        sender=settings.alert_from,
        receivers=receivers,
        context=_context(settings.alert_ca) if settings.alert_tls != "none" else None,
        user=settings.alert_user,
        password=read_secret(settings.alert_password).decode() if settings.alert_password else "",
    )


class AlertMail:
    """Looks once a minute, until stopped, and writes a mail about what is wrong."""

    def __init__(self, gauges: Iterable[Collector], post: Post, folder: Path, clock: Clock, who: str) -> None:
        """`who`: the operator's name, by which the receiver knows which gateway it is."""
        self._gauges, self._post, self._clock, self._who = gauges, post, clock, who
        self._file = folder / TOLD
        self._watch = Watch()
        self._told = _read(self._file)
        self._stopping = asyncio.Event()

    async def run(self, every_seconds: float = _LOOK_SECONDS) -> None:
        """Look again and again until `stop`."""
        while not self._stopping.is_set():
            with contextlib.suppress(NotNow):
                await asyncio.to_thread(self.look_once)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), every_seconds)

    async def stop(self) -> None:
        """Let `run` end."""
        self._stopping.set()

    def look_once(self) -> tuple[Cause, ...]:
        """Look, and tell what was not told within the hour; the causes that were told now. Raises NotNow."""
        now = self._clock.now()
        families = [*(one for gauges in self._gauges for one in gauges.collect()), _dropped()]
        found = self._watch.look(numbers_of(families), time.monotonic())
        news = tuple(cause for cause in found if self._is_news(cause, now))
        if not news:
            return ()
        try:
            self._post.send(_subject(news), _text(news, self._who, now))
        except (OSError, ValueError) as error:
            logs.warning(Event.ALERT_NOT_SENT, error=type(error).__name__)
            return ()
        for cause in news:
            self._told[cause.key] = instant_text(now)
        with contextlib.suppress(OSError):  # a full disk is itself a cause, and told once an hour from memory
            write_whole(self._file, json.dumps(self._told, indent=1).encode())
        logs.info(Event.ALERT_SENT, count=len(news))
        return news

    def _is_news(self, cause: Cause, now: datetime) -> bool:
        told = self._told.get(cause.key)
        # One that was told "later" than now was told before the clock was put back.
        return told is None or not timedelta() <= now - read_instant(told) < _AGAIN


def _subject(causes: Sequence[Cause]) -> str:
    first = causes[0].key
    return f"Warm Handoff: {first}" + (f" and {len(causes) - 1} more" if len(causes) > 1 else "")


def _text(causes: Sequence[Cause], who: str, now: datetime) -> str:
    lines = [f"{who}, {instant_text(now)[:16]}Z. `handoff doctor` says more; this mail names no person.", ""]
    for cause in causes:
        lines += [
            f"{cause.key}: {cause.value:g}, more than {cause.limit:g}",
            f"  {cause.do}",
            "",
        ]
    lines.append("No more about each of these for an hour.")
    return "\n".join(lines) + "\n"


def _dropped() -> Metric:
    made = CounterMetricFamily("handoff_log_facts_dropped", "facts that were left out of log lines")
    made.add_metric((), logs.dropped_facts())
    return made


def _read(file: Path) -> dict[str, str]:
    """When each cause was told last; a damaged note counts as none."""

    def entries() -> Iterator[tuple[str, str]]:
        for key, at in json.loads(file.read_bytes()).items():
            read_instant(at)
            yield key, at

    try:
        return dict(entries())
    except (OSError, ValueError, AttributeError, TypeError):
        return {}


def _context(authorities: Path | None) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=authorities)
    except (OSError, ssl.SSLError):
        raise SettingsRefused("`HANDOFF_ALERT_CA` cannot be read as certificates") from None
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def _is_here(host: str) -> bool:
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"
