"""MLLP under TLS as `network.yaml` sets it up: who is let in, who is turned away by what name, and to whom we speak."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
import json
import socket
import ssl
import threading
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import asyncssh
import msgspec
import pytest
import uvloop
from cryptography.hazmat.primitives.asymmetric import rsa

from gateway.clock import SystemClock
from gateway.delivery.mllp_push import MllpConnections, MllpEndpoint, MllpTimeouts, send_frame
from gateway.delivery.outcome import DeliveryOutcome
from gateway.delivery.ways import Timeouts, Ways
from gateway.flows.messages import Receipt, ReceivedMessage
from gateway.partners import (
    FilesDelivery,
    MllpDelivery,
    Network,
    NetworkFileRefused,
    WebhookDelivery,
    read_network,
)
from gateway.partners.deliveries import SftpServer
from gateway.settings import Settings
from gateway.wiring.certificate_gauges import CertificateGauges
from gateway.wiring.lines import mllp_listeners, partner_watches, port_watches, reach_of
from gateway.wiring.network_folder import NetworkFolder, make_network_folder, open_folder
from tests.gateway.certificates import DAY, Paper, authority, issued

pytestmark = pytest.mark.timeout(180)

MESSAGE = (
    rb"MSH|^~\&|EHR|RIVERBEND|HANDOFF|COUNTY|20261122083000||REF^I12^REF_I12|MSG-1|P|2.5.1" + b"\r"
    b"PID|1||P-1^^^RIVERBEND^MR||Marker^Canary||19900101|F\r"
)
LOOPS = [asyncio.new_event_loop, uvloop.new_event_loop]


@dataclass(frozen=True, slots=True)
class Town:
    """A network folder whose hospital speaks TLS both ways, and everybody's papers."""

    path: Path
    papers: dict[str, Paper]

    def folder(self) -> NetworkFolder:
        return open_folder(self.path)

    def context(self, name: str | None) -> ssl.SSLContext:
        """Of a client that shows the paper called `name`, or none."""
        context = ssl.create_default_context(cafile=str(self.papers["county"].file))
        if name is not None:
            context.load_cert_chain(self.papers[name].file)
        return context


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Town:
    path = tmp_path_factory.mktemp("town") / "network"
    make_network_folder(path, "http://127.0.0.1:9/fhir")
    (path / "tls").mkdir()
    county, stranger = authority(path / "tls", "county"), authority(path / "tls", "stranger")
    papers = {
        "county": county,
        "gateway": issued(path / "tls", "gateway", county),
        "hospital": issued(path / "tls", "hospital", county),
        "renewed": issued(path / "tls", "renewed", county),
        "clinic": issued(path / "tls", "clinic", county),
        "expired": issued(path / "tls", "expired", county, (-2 * DAY, -DAY)),
        "early": issued(path / "tls", "early", county, (DAY, 2 * DAY)),
        "forged": issued(path / "tls", "forged", stranger),
    }
    shown = json.dumps([papers["hospital"].sha256, ":".join(_pairs(papers["renewed"].sha256.upper()))])
    listener = f"{{certificate: tls/gateway.pem, authorities: tls/county.pem, partner_certificates: {shown}}}"
    text = (path / "network.yaml").read_text()
    text = text.replace('address: "127.0.0.1:2575"}', f'address: "127.0.0.1:0", tls: {listener}}}')
    reached = "tls: {authorities: tls/county.pem, certificate: tls/gateway.pem}"
    text = text.replace("receiving_facility: RIVERBEND}", f"receiving_facility: RIVERBEND, {reached}}}")
    (path / "network.yaml").write_text(text)
    return Town(path, papers)


def _pairs(digits: str) -> Iterator[str]:
    return (digits[place : place + 2] for place in range(0, len(digits), 2))


class Desk:
    """What the flow was handed."""

    def __init__(self) -> None:
        self.messages: list[ReceivedMessage] = []

    async def accept(self, message: ReceivedMessage) -> Receipt:
        self.messages.append(message)
        return Receipt("0a0b0c0d-0000-4000-8000-000000000000", message.received_at, "accepted")


def private_key() -> bytes:
    """A new key to log in with."""
    made: bytes = asyncssh.generate_private_key("ssh-ed25519").export_private_key()
    return made


def run(loop: Callable[[], asyncio.AbstractEventLoop], scene: Coroutine[Any, Any, Any]) -> Any:
    with asyncio.Runner(loop_factory=loop) as runner:
        return runner.run(scene)


async def knock(town: Town, desk: Desk, tls: ssl.SSLContext | None) -> bytes:
    """What a sender hears on the hospital's port; empty when it is turned away."""
    (listener,) = mllp_listeners(town.folder(), Settings(), None, desk.accept, SystemClock())
    host, _, port = (await listener.start()).rpartition(":")
    try:
        reader, writer = await asyncio.open_connection(host, int(port), ssl=tls)
        writer.write(b"\x0b" + MESSAGE + b"\x1c\r")
        heard = await reader.read(65536)
        writer.close()
        return heard
    except (ssl.SSLError, ConnectionError):
        return b""
    finally:
        await listener.stop()


@pytest.mark.requirement("HI-312-02")
@pytest.mark.parametrize("name", ["hospital", "renewed"])
def test_a_partner_is_known_by_each_of_its_certificates(town: Town, name: str) -> None:
    desk = Desk()
    answer = asyncio.run(knock(town, desk, town.context(name)))

    assert b"MSA|AA|MSG-1" in answer
    assert [message.partner for message in desk.messages] == ["hospital"]


@pytest.mark.requirement("HI-312-02")
@pytest.mark.parametrize("loop", LOOPS)
@pytest.mark.parametrize(
    ("name", "reason"),
    [
        (None, "CERTIFICATE_ABSENT"),
        ("clinic", "CERTIFICATE_NOT_BOUND"),
        ("expired", "CERTIFICATE_EXPIRED"),
        ("early", "CERTIFICATE_NOT_YET_VALID"),
        ("forged", "CERTIFICATE_UNTRUSTED"),
    ],
)
def test_who_cannot_prove_to_be_the_partner_is_turned_away_by_name(
    town: Town, name: str | None, reason: str, loop: Any, capfd: pytest.CaptureFixture[str]
) -> None:
    desk = Desk()
    assert run(loop, knock(town, desk, town.context(name))) == b""

    assert desk.messages == []
    logged = "".join(capfd.readouterr())
    assert f'"reason":"{reason}"' in logged
    assert "Canary" not in logged


def test_no_session_is_resumed(town: Town) -> None:
    """A resumed one would show no certificate again."""
    desk = Desk()

    async def scene() -> list[bool]:
        (listener,) = mllp_listeners(town.folder(), Settings(), None, desk.accept, SystemClock())
        host, _, port = (await listener.start()).rpartition(":")

        def twice() -> list[bool]:
            session, resumed, context = None, [], town.context("hospital")
            for _ in range(2):
                plain = socket.create_connection((host, int(port)), timeout=10)
                with context.wrap_socket(plain, server_hostname="127.0.0.1", session=session) as line:
                    line.sendall(b"\x0b" + MESSAGE + b"\x1c\r")
                    assert b"MSA|AA" in line.recv(65536)
                    session = line.session
                    resumed.append(bool(line.session_reused))
            return resumed

        try:
            return await asyncio.to_thread(twice)
        finally:
            await listener.stop()

    assert asyncio.run(scene()) == [False, False]


@pytest.mark.requirement("HI-312-02")
@pytest.mark.parametrize("loop", LOOPS)
def test_a_renewed_certificate_is_shown_to_who_comes_next_and_a_broken_one_to_nobody(
    town: Town, loop: Any, capfd: pytest.CaptureFixture[str]
) -> None:
    ours, desk = town.path / "tls" / "gateway.pem", Desk()
    before = ours.read_bytes()

    async def opened(port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter, bytes]:
        reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=town.context("hospital"))
        shown = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
        return reader, writer, hashlib.sha256(shown).hexdigest().encode()

    async def asked(line: tuple[asyncio.StreamReader, asyncio.StreamWriter, bytes]) -> bytes:
        line[1].write(b"\x0b" + MESSAGE + b"\x1c\r")
        return await line[0].readuntil(b"\x1c\r")

    async def scene() -> list[bytes]:
        folder = town.folder()
        (listener,) = mllp_listeners(folder, Settings(), None, desk.accept, SystemClock())
        watch, _ = port_watches(folder, 0, listener)
        port = int((await listener.start()).rpartition(":")[2])
        lines, unusable = [await opened(port)], list[float]()
        for content in (town.papers["clinic"].file.read_bytes(), b"half a certif", None):
            ours.unlink() if content is None else ours.write_bytes(content)
            await watch.look()
            await watch.look()
            unusable.append(next(CertificateGauges(folder).collect()).samples[0].value)
            lines.append(await opened(port))
        for line in lines:
            assert b"MSA|AA|MSG-1" in await asked(line)
            line[1].close()
        await listener.stop()
        with pytest.raises(OSError):
            await opened(port)
        assert unusable == [0, 1, 1]
        return [line[2] for line in lines]

    try:
        shown = run(loop, scene())
    finally:
        ours.write_bytes(before)
        ours.chmod(0o600)
    gateway, clinic = (town.papers[name].sha256.encode() for name in ("gateway", "clinic"))
    assert shown == [gateway, clinic, clinic, clinic]
    logged = "".join(capfd.readouterr())
    assert logged.count('"event":"certificate_taken"') == 1
    assert logged.count('"event":"certificate_refused"') == 2


@pytest.mark.requirement("HI-312-02")
def test_by_which_certificates_a_partner_is_known_is_taken_from_the_file_as_it_is_now(
    town: Town, capfd: pytest.CaptureFixture[str]
) -> None:
    file, desk = town.path / "network.yaml", Desk()
    before = file.read_text()
    mine, new = (town.papers[name].sha256 for name in ("hospital", "clinic"))

    async def said(line: tuple[asyncio.StreamReader, asyncio.StreamWriter]) -> bytes:
        line[1].write(b"\x0b" + MESSAGE + b"\x1c\r")
        with contextlib.suppress(ConnectionError, ssl.SSLError):
            return await line[0].read(65536)
        return b""

    async def scene() -> None:
        folder = town.folder()
        (listener,) = mllp_listeners(folder, Settings(), None, desk.accept, SystemClock())
        _, watch = port_watches(folder, 0, listener)
        port = int((await listener.start()).rpartition(":")[2])

        async def opened(name: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
            return await asyncio.open_connection("127.0.0.1", port, ssl=town.context(name))

        first = await opened("hospital")
        assert b"MSA|AA" in await said(first)
        for text, known in (
            (before.replace("zone: America/Phoenix", "zone: America/Denver"), "hospital"),  # of no port
            (before.replace(mine, new), "clinic"),
            (before.replace(mine, "half a finger"), "clinic"),
            (before.replace("127.0.0.1:0", "127.0.0.1:1"), "clinic"),
            (before, "hospital"),
        ):
            file.write_text(text)
            await watch.look()
            await watch.look()
            for name in ("hospital", "clinic", "renewed"):
                line = await opened(name)
                assert (b"MSA|AA" in await said(line)) == (name in (known, "renewed")), text
                line[1].close()
        assert await said(first) == b"", "it belongs to nobody once its certificate is taken out"
        await listener.stop()

    try:
        asyncio.run(scene())
    finally:
        file.write_text(before)
    logged = "".join(capfd.readouterr())
    assert logged.count('"event":"certificate_taken"') == 2
    assert [logged.count(f'"code":"{code}"') for code in ("NETWORK_FILE_REFUSED", "PORT_CHANGED")] == [1, 1]


def test_a_sender_in_the_clear_is_turned_away(town: Town, capfd: pytest.CaptureFixture[str]) -> None:
    desk = Desk()
    answer = asyncio.run(knock(town, desk, None))

    assert b"MSA" not in answer
    assert desk.messages == []
    assert '"reason":"TLS_FAILED"' in "".join(capfd.readouterr())


# --- out ------------------------------------------------------------------------------------------------------------


class Hospital:
    """A partner's listener: a blocking socket in a thread, which tells its peer why it ends a handshake."""

    def __init__(self, town: Town, shows: str) -> None:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(town.papers[shows].file)
        context.load_verify_locations(town.papers["county"].file)
        context.verify_mode = ssl.CERT_REQUIRED
        self._context = context
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        self.read = b""
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    def _serve(self) -> None:
        plain, _ = self._listening.accept()
        line = self._context.wrap_socket(plain, server_side=True, do_handshake_on_connect=False)
        try:
            line.do_handshake()
            while not self.read.endswith(b"\x1c\r") and (piece := line.recv(65536)):
                self.read += piece
            line.sendall(b"\x0bMSH|^~\\&|EHR|R|H|C|2026||ACK|1|P|2.5.1\rMSA|AA|OUT-1\r\x1c\r")
        except OSError:
            with contextlib.suppress(OSError), socket.socket(fileno=line.detach()) as unsecured:
                while unsecured.recv(65536):  # a close on unread bytes would take the alert back
                    pass
        line.close()
        self._listening.close()


async def deliver(town: Town, shows: str) -> tuple[DeliveryOutcome, bytes]:
    """What comes of a message to a hospital that shows the paper `shows`, and what it read."""
    hospital = Hospital(town, shows)
    endpoint = MllpEndpoint("127.0.0.1", hospital.port, reach_of(town.folder()).tls["hospital"])
    connections = MllpConnections()

    async def yes() -> bool:
        return True

    outcome = await send_frame(connections, endpoint, MESSAGE, "OUT-1", MllpTimeouts(5.0, 5.0), yes)
    connections.close()
    await asyncio.to_thread(hospital.thread.join, 10)
    return outcome, hospital.read


def test_what_secures_the_way_to_a_partner_is_renewed_while_the_gateway_runs(
    town: Town, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """TLS, whom files are encrypted for, with which key requests are signed, with which one we log in at a server."""
    keys = {name: tmp_path / name for name in ("reader.pem", "hook", "login")}
    keys["hook"].write_text(f"one {base64.b64encode(bytes(32)).decode()}")
    key = rsa.generate_private_key(65537, 2048)
    readers = [issued(tmp_path, f"reader-{one}", town.papers["county"], key=key).file for one in "ab"]
    keys["reader.pem"].write_bytes(readers[0].read_bytes())
    keys["login"].write_bytes(private_key())
    for file in keys.values():
        file.chmod(0o600)
    server = SftpServer(
        address="127.0.0.1:22", user="u", key=str(keys["login"]), host_keys=("SHA256:" + "A" * 43,)
    )
    folder, partners = town.folder(), {}
    for name, delivery in {
        "otp": WebhookDelivery(url="https://x/", format="fhir+json", key=str(keys["hook"])),
        "housing": FilesDelivery(
            folder="x", format="fhir+json", encryption="cms", certificate=str(keys["reader.pem"]), sftp=server
        ),
    }.items():
        partners[name] = msgspec.structs.replace(folder.network.partners[name], delivery=delivery)
    content = folder.network.content
    content = msgspec.structs.replace(content, partners={**content.partners, **partners})
    folder = replace(folder, network=Network(content))
    toward = folder.network.partners["hospital"].delivery
    assert isinstance(toward, MllpDelivery)

    async def scene() -> None:
        premises = SimpleNamespace(network=folder.network, clock=SystemClock())
        ways = Ways(premises, None, Timeouts(), reach_of(folder))  # type: ignore[arg-type]
        watches = list(partner_watches(folder, ways))
        assert len(watches) == 4
        hospital = await asyncio.start_server(lambda _reader, _writer: None, "127.0.0.1", 0)
        port = hospital.sockets[0].getsockname()[1]

        def in_use() -> tuple[object, ...]:
            reach = ways._reach
            return (
                ways.endpoint("hospital", toward).tls,
                reach.readers["housing"].serial_number,
                reach.sftp["housing"].key,
                reach.signing["otp"].id,
            )

        first = in_use()
        plain = MllpEndpoint("127.0.0.1", port)
        lines = [await ways.connections.take(plain, MllpTimeouts()) for _ in range(2)]
        secured = replace(plain, tls=first[0])  # as if it had been agreed
        ways.connections._places[secured] = asyncio.Semaphore(0)
        ways.connections.give_back(secured, lines[0])
        for changed in (
            lambda: (town.path / "tls" / "gateway.pem").touch(),
            lambda: keys["reader.pem"].write_bytes(readers[1].read_bytes()),
            lambda: keys["login"].write_bytes(private_key()),
            lambda: keys["hook"].write_text(f"two {base64.b64encode(bytes(32)).decode()}"),
        ):
            changed()
        for watch in watches:
            await watch.look()
        second = in_use()
        assert [before == after for before, after in zip(first, second, strict=True)] == [False] * 4
        ways.connections.give_back(secured, lines[1])
        assert [line.closed for line in lines] == [True, True], "no connection of before is used again"
        for file in keys.values():
            file.write_bytes(b"half")
        for watch in watches:
            await watch.look()
        assert in_use() == second
        hospital.close()

    asyncio.run(scene())
    logged = "".join(capfd.readouterr())
    assert logged.count('"event":"certificate_taken"') == 4
    assert logged.count('"event":"certificate_refused"') == 3


@pytest.mark.requirement("HI-312-02")
def test_a_message_goes_to_a_partner_that_proves_itself_and_asks_for_our_certificate(town: Town) -> None:
    outcome, read = asyncio.run(deliver(town, "hospital"))

    assert outcome == DeliveryOutcome("delivered", "ACK_AA")
    assert MESSAGE in read


@pytest.mark.requirement("HI-312-02")
@pytest.mark.parametrize("loop", LOOPS)
@pytest.mark.parametrize(
    ("shows", "code"), [("expired", "CERTIFICATE_EXPIRED"), ("forged", "CERTIFICATE_UNTRUSTED")]
)
def test_nothing_goes_to_a_partner_that_cannot_prove_itself(
    town: Town, shows: str, code: str, loop: Any
) -> None:
    outcome, read = run(loop, deliver(town, shows))

    assert outcome == DeliveryOutcome("retry", code)
    assert read == b""


@pytest.mark.parametrize("loop", LOOPS)
def test_a_partner_that_takes_our_certificate_no_more_is_tried_again_later(town: Town, loop: Any) -> None:
    """It says so only after our side of the handshake is done; it has read nothing then."""
    delivery = town.folder().network.partners["hospital"].delivery
    assert isinstance(delivery, MllpDelivery) and delivery.tls is not None
    without = msgspec.structs.replace(delivery.tls, certificate="")
    hospital = msgspec.structs.replace(delivery, tls=without)

    class Bare(Town):
        def folder(self) -> NetworkFolder:
            made = open_folder(self.path)
            partners = {**made.network.partners}
            partners["hospital"] = msgspec.structs.replace(partners["hospital"], delivery=hospital)
            content = msgspec.structs.replace(made.network.content, partners=partners)
            return replace(made, network=type(made.network)(content))

    outcome, read = run(loop, deliver(Bare(town.path, town.papers), "hospital"))

    assert outcome == DeliveryOutcome("retry", "OUR_CERTIFICATE_REFUSED")
    assert read == b""


# --- settings -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ("tls/gateway.pem, authorities", "tls/nobody.pem, authorities", "mllp.0.tls.certificate"),
        ("certificate: tls/gateway.pem}", "certificate: network.yaml}", "hospital.delivery.tls.certificate"),
        ("{authorities: tls/county.pem", "{authorities: keys/store.key", "hospital.delivery.tls.authorities"),
        ("partner_certificates: [", "partner_certificates: [], x: [", "file"),
        ("certificate: tls/gateway.pem}", "key: tls/gateway.pem}", "partners.hospital.delivery.tls.key"),
    ],
)
def test_a_wrong_setting_is_named_with_its_place(town: Town, old: str, new: str, place: str) -> None:
    text = (town.path / "network.yaml").read_text()
    assert old in text
    try:
        (town.path / "network.yaml").write_text(text.replace(old, new, 1))
        with pytest.raises(NetworkFileRefused) as refused:
            read_network(town.path)
    finally:
        (town.path / "network.yaml").write_text(text)

    assert any(fault.place.endswith(place) for fault in refused.value.faults) or place == "file"


def test_a_private_key_that_others_can_read_stops_the_start(town: Town) -> None:
    file = town.papers["gateway"].file
    file.chmod(0o604)
    try:
        with pytest.raises(NetworkFileRefused) as refused:
            read_network(town.path)
    finally:
        file.chmod(0o600)

    assert "open to other users" in refused.value.faults[0].what


def test_one_certificate_cannot_be_two_partners(town: Town) -> None:
    text = (town.path / "network.yaml").read_text()
    second = text[text.index("  - {partner: hospital") :].splitlines()[0].replace("hospital", "otp", 1)
    with pytest.raises(NetworkFileRefused) as refused:
        from gateway.partners import parse_network

        parse_network(text.replace("\nmllp:\n", f"\nmllp:\n{second}\n").encode())

    assert refused.value.faults[0].place == "mllp.1.tls.partner_certificates"
