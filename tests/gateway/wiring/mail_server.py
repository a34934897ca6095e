"""A mail server for tests, on 127.0.0.1: SMTP with STARTTLS or TLS from the first byte, and AUTH PLAIN."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import datetime
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec


@dataclass
class MailServer:
    """What it took. `starts_tls`: plain until STARTTLS, which it insists on; `login`: who must log in;
    `leaves_badly`: QUIT is not answered as RFC 5321 says.
    """

    context: ssl.SSLContext | None
    starts_tls: bool = False
    login: tuple[str, str] | None = None
    port: int = 0
    refuses: bool = False
    leaves_badly: bool = False
    mails: list[EmailMessage] = field(default_factory=list)
    receivers: list[str] = field(default_factory=list)
    in_the_clear: list[bytes] = field(default_factory=list)
    took: threading.Event = field(default_factory=threading.Event)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        is_sealed, is_known = not self.starts_tls, self.login is None
        await _say(writer, "220 mail.example.org ESMTP")
        while line := await reader.readline():
            if not is_sealed:
                self.in_the_clear.append(line)
            word, _, rest = line.decode().strip().partition(" ")
            match word.upper():
                case "EHLO":
                    offers = [] if is_sealed else ["STARTTLS"]
                    offers += ["AUTH PLAIN"] if is_sealed and not is_known else []
                    lines = ["mail.example.org", *offers]
                    for number, offer in enumerate(lines, 1):
                        await _say(writer, f"250{' ' if number == len(lines) else '-'}{offer}")
                case "STARTTLS" if not is_sealed:
                    await _say(writer, "220 go ahead")
                    assert self.context is not None
                    await writer.start_tls(self.context)
                    is_sealed = True
                case "AUTH" if is_sealed:
                    _, user, password = base64.b64decode(rest.partition(" ")[2]).decode().split("\0")
                    is_known = (user, password) == self.login
                    await _say(writer, "235 ok" if is_known else "535 no")
                case "MAIL" if not is_sealed or not is_known or self.refuses:
                    await _say(writer, "451 not now" if self.refuses else "530 not like that")
                case "RCPT":
                    self.receivers.append(rest.partition("<")[2].partition(">")[0])
                    await _say(writer, "250 ok")
                case "DATA":
                    await _say(writer, "354 go on")
                    content = await reader.readuntil(b"\r\n.\r\n")
                    self.mails.append(message_from_bytes(content[:-3], policy=policy.default))  # type: ignore[arg-type]
                    await _say(writer, "250 taken")
                    self.took.set()
                case "QUIT":
                    await _say(writer, "421 shutting down" if self.leaves_badly else "221 bye")
                    break
                case _:
                    await _say(writer, "250 ok")
        writer.close()


async def _say(writer: asyncio.StreamWriter, line: str) -> None:
    writer.write(line.encode() + b"\r\n")
    await writer.drain()


@contextlib.contextmanager
def serving(server: MailServer) -> Iterator[MailServer]:
    """The server, in a thread of its own, between `with` and its end."""
    loop = asyncio.new_event_loop()
    sealed = server.context if not server.starts_tls else None

    async def begin() -> asyncio.Server:
        return await asyncio.start_server(server.serve, "127.0.0.1", 0, ssl=sealed)

    listening = loop.run_until_complete(begin())
    server.port = listening.sockets[0].getsockname()[1]
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        listening.close()
        loop.close()


def certified(place: Path) -> tuple[ssl.SSLContext, Path]:
    """What the server shows, and the file of the authority that vouches for it: itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "mail")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    shown, hidden = place / "mail.pem", place / "mail.key"
    shown.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    hidden.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(shown, hidden)
    return context, shown
