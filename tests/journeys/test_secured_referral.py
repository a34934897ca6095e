"""One referral over secured lines: in by MLLP under TLS, out by a signed webhook, as a running gateway serves them."""

from __future__ import annotations

import base64
import socket
import ssl
import time
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from gateway.demo import person
from tests.gateway.certificates import authority, issued
from tests.gateway.delivery.test_webhook import recipe
from tests.gateway.wiring.syslog_listener import Listener

pytestmark = pytest.mark.unmeasured
SECRET = bytes(range(32))


@pytest.mark.requirement("HI-312-02", "AU-07")
def test_a_referral_in_under_tls_goes_out_signed_and_is_told_to_the_repository(
    start, tmp_path: Path, httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "network"
    (folder / "tls").mkdir()
    county = authority(folder / "tls", "county")
    hospital, ours = issued(folder / "tls", "hospital", county), issued(folder / "tls", "gateway", county)
    (folder / "keys" / "hook.key").write_text(f"otp-1 {base64.b64encode(SECRET).decode()}\n")
    (folder / "keys" / "hook.key").chmod(0o600)
    repository = Listener(hospital.file, county.file)
    feed = {
        "TO": f"127.0.0.1:{repository.port}",
        "CA": county.file,
        "CERTIFICATE": ours.file,
        "KEY": ours.file,
    }
    for name, value in feed.items():
        monkeypatch.setenv(f"HANDOFF_ATNA_{name}", str(value))
    heard: list[tuple[dict[str, str], bytes]] = []

    def answer(request: Request) -> Response:
        heard.append(({name.lower(): value for name, value in request.headers.items()}, request.get_data()))
        return Response("", 202)

    httpserver.expect_request("/hook", method="POST").respond_with_handler(answer)
    url = httpserver.url_for("/hook")
    file = folder / "network.yaml"
    tls = f"certificate: tls/gateway.pem, authorities: tls/county.pem, partner_certificates: [{hospital.sha256}]"
    text = file.read_text().replace('address: "127.0.0.1:2575"}', f'address: "127.0.0.1:0", tls: {{{tls}}}}}')
    kind, hook = "{kind: fhir", f'{{kind: webhook, url: "{url}", format: fhir+json, key: keys/hook.key}}'
    at = text.index(kind)
    file.write_text(text[:at] + hook + text[text.index("}", at) + 1 :])
    gateway = start()
    gateway.consent()

    trusting = ssl.create_default_context(cafile=str(county.file))
    with (
        pytest.raises(OSError),
        trusting.wrap_socket(_line(gateway.mllp), server_hostname="127.0.0.1") as line,
    ):
        line.sendall(b"\x0bMSH\x1c\r")
        assert line.recv(100) == b"", "who shows no certificate hears nothing"
        raise ConnectionResetError
    trusting.load_cert_chain(hospital.file)
    with trusting.wrap_socket(_line(gateway.mllp), server_hostname="127.0.0.1") as line:
        line.sendall(b"\x0b" + person.referral_message("ED-1", "R-1", "SUNRISE", "Reyes^Sol") + b"\x1c\r")
        assert b"MSA|AA|ED-1" in line.recv(4096)
    until = time.monotonic() + 60
    while not heard:
        assert time.monotonic() < until
        time.sleep(0.02)

    headers, body = heard[0]
    assert recipe()("POST", url, headers, body, {"otp-1": SECRET}, time.time(), {})
    assert b"use of these records" in body
    assert '"reason":"CERTIFICATE_ABSENT"' in gateway.output()
    assert ours.sha256 != hospital.sha256
    told = b"".join(repository.wait_for(4))
    repository.close()
    assert b"warm-handoff - IHE+RFC-3881" in told and b'csd-code="110106"' in told, (
        "that something left (export)"
    )


def _line(address: str) -> socket.socket:
    host, _, port = address.rpartition(":")
    return socket.create_connection((host, int(port)), timeout=20)
