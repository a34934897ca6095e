"""The addressee answers; the hospital hears of it as far as she permits."""

from __future__ import annotations

import socket
import threading

import pytest

from gateway.demo import person
from gateway.demo.agency import _acknowledge
from gateway.intake import FrameReader, framed

pytestmark = pytest.mark.unmeasured  # others reach the same lines; measured, a gateway starts at half speed


class HospitalPort:
    """An MLLP port of the hospital that keeps what it gets."""

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self.received: list[str] = []
        self.arrived = threading.Event()
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        connection, _ = self._socket.accept()
        frames = FrameReader(65536)
        while piece := connection.recv(65536):
            for frame in frames.feed(piece):
                message = frame.content.decode()
                self.received.append(message)
                connection.sendall(framed(_acknowledge(message)))
                self.arrived.set()


@pytest.fixture
def hospital_port(tmp_path, start):
    """The hospital's port, written into the test's network before the gateway starts."""
    port = HospitalPort()
    file = tmp_path / "network" / "network.yaml"
    file.write_text(file.read_text().replace("127.0.0.1:2576", f"127.0.0.1:{port.port}"))
    return port


def test_an_acceptance_reaches_the_hospital_as_rri(hospital_port, start, sink):
    gateway = start()
    gateway.consent()
    gateway.refer("ED-1", "R-77")
    task = next(e["resource"] for e in sink.wait(1)[0]["entry"] if e["resource"]["resourceType"] == "Task")
    otp = gateway.desk("otp")
    otp.ask("POST", "", "TREAT", json=person.treatment_plan())
    back = person.consent(
        "otp", "hospital", "TREAT", identifier=(person.OTP_SYSTEM, "OTP-3391"), classes=("Task",)
    )
    assert otp.ask("POST", "/Consent", "TREAT", json=back).status_code == 201

    answer = otp.ask("PUT", f"/Task/{task['id']}", "TREAT", json={**task, "status": "accepted"})

    assert answer.status_code == 200, answer.text
    assert hospital_port.arrived.wait(15)
    segments = {s.split("|")[0]: s for s in hospital_port.received[0].split("\r") if s}
    assert segments["MSH"].split("|")[8] == "RRI^I12^RRI_I12"
    assert segments["RF1"].startswith("RF1|A")
    assert "R-77" in segments["RF1"].split("|")[6]
    assert "MSA" not in segments


@pytest.mark.requirement("SD-02")
def test_a_status_that_cannot_follow_is_refused(gateway, sink):
    gateway.consent()
    gateway.refer()
    task = next(e["resource"] for e in sink.wait(1)[0]["entry"] if e["resource"]["resourceType"] == "Task")

    jump = gateway.desk("otp").ask(
        "PUT", f"/Task/{task['id']}", "TREAT", json={**task, "status": "completed"}
    )

    assert jump.status_code == 409
    assert jump.json()["issue"][0]["expression"] == ["Task.status"]


def test_nobody_but_the_addressee_may_answer(gateway, sink):
    gateway.consent()
    gateway.refer()
    task = next(e["resource"] for e in sink.wait(1)[0]["entry"] if e["resource"]["resourceType"] == "Task")
    changed = {**task, "status": "accepted"}

    others = gateway.desk("psychiatry").ask("PUT", f"/Task/{task['id']}", "TREAT", json=changed)
    nothing = gateway.desk("psychiatry").ask(
        "PUT",
        "/Task/00000000-0000-8000-8000-000000000000",
        "TREAT",
        json={**changed, "id": "00000000-0000-8000-8000-000000000000"},
    )

    assert others.status_code == nothing.status_code == 404
