"""The main path under load: MLLP in, translated, consent decided, audited, sealed, durable, forwarded to a local sink.

A real gateway process, eight MLLP connections and a sink, each a process of its own. The rate is messages accepted and
forwarded per second of the gateway's own processor time; the ratio is against python-hl7 only parsing the same messages.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import hl7
import httpx

from gateway.demo import person
from gateway.demo.desks import Desk
from gateway.demo.processes import Running, start_gateway
from gateway.partners import read_network
from gateway.wiring.network_folder import make_network_folder

HERE = Path(__file__).parent
MESSAGES = 3000
WARMING = 200
PATIENTS = 100
CONNECTIONS = 8


def run() -> list[dict[str, object]]:
    """Rows for the table of benchmarks."""
    with tempfile.TemporaryDirectory(prefix="handoff-bench-") as place:
        return _run(Path(place))


def _run(place: Path) -> list[dict[str, object]]:
    template = place / "referral.hl7"
    template.write_bytes(referral_template())
    sink, sink_port = begin_sink()
    folder = place / "network"
    make_network_folder(folder, f"http://127.0.0.1:{sink_port}/fhir")
    gateway, ready = start_gateway(folder, place / "gateway.log")
    at_first = resident(gateway.process.pid) / 1e6
    try:
        permit_all(folder, ready["http"])
        load(template, ready["mllp"][0], WARMING, "WARM")
        wait_for(sink_port, WARMING)
        process = gateway.process.pid
        forwarded_before, cpu_before = count(sink_port), cpu(process)
        began = time.monotonic()
        with Parsing(template.read_bytes()) as parsing:
            accepted = load(template, ready["mllp"][0], MESSAGES, "LOAD")
            wait_for(sink_port, forwarded_before + MESSAGES)
        seconds, used = time.monotonic() - began, cpu(process) - cpu_before
        forwarded = count(sink_port) - forwarded_before
        half = load(template, ready["mllp"][0], MESSAGES // 5, "LOAD", MESSAGES + 1, forwarded / seconds / 2)
        wait_for(sink_port, forwarded_before + MESSAGES + MESSAGES // 5)
        memory = resident(process) / 1e6
    finally:
        gateway.end()
        sink.end()
    per_core = forwarded / used
    return [
        {
            "what": "accepted and forwarded",
            "value": per_core,
            "unit": "messages/CPU s",
            "forwarded": forwarded,
        },
        {
            "what": "the same",
            "value": per_core / parsing.rate(),
            "unit": "times",
            "than": "python-hl7 parsing alone",
            "parses": parsing.rate(),
        },
        {
            "what": "accepted and forwarded",
            "value": forwarded / seconds,
            "unit": "messages/s, both cores shared",
        },
        {
            "what": "time to the answer",
            "value": accepted["milliseconds"]["p50"],
            "unit": "ms (median)",
            "p99": accepted["milliseconds"]["p99"],
        },
        {
            "what": "the same at half that load",
            "value": half["milliseconds"]["p50"],
            "unit": "ms (median)",
            "p99": half["milliseconds"]["p99"],
            "a_second": half["per_second"],
        },
        {"what": "memory of the gateway", "value": memory, "unit": "MB", "when_ready": at_first},
        {"what": "size of a message", "value": len(template.read_bytes()), "unit": "bytes"},
    ]


def begin_sink() -> tuple[Running, int]:
    """A sink in a process of its own, and the loopback port it listens on."""
    process = subprocess.Popen([sys.executable, "-m", "tests.bench.sink"], stdout=subprocess.PIPE, text=True)
    sink = Running("sink", process)
    sink.listen()
    return sink, int(sink.wait_for("listening")["port"])


def referral_template() -> bytes:
    """A REF^I12 of about 3 KB with places for control id, referral, patient."""
    message = person.referral_message("@CONTROL@", "@REFERRAL@", "SUNRISE", "Reyes^Sol").decode()
    message = message.replace("770011", "@PATIENT@").replace("Testperson^Maribel", "@FAMILY@^@GIVEN@")
    message = message.replace("||19960417|", "||@BIRTH@|")
    results = [
        f"OBX|{n}|NM|{code}^{name}^LN||{value}|{unit}^{unit}^UCUM|||||F|||20260301091500-0700"
        for n, (code, name, value, unit) in enumerate(_RESULTS, 2)
    ]
    lines = message.strip().split("\r")
    place = next(i for i, line in enumerate(lines) if line.startswith("NTE"))
    notes = [f"NTE|{n}||{'Synthetic note for load. ' * 4}" for n in range(2, 7)]
    return "\r".join([*lines[:place], *results, *lines[place:], *notes]).encode() + b"\r"


_RESULTS = (
    ("8480-6", "Systolic blood pressure", 118, "mm[Hg]"),
    ("8462-4", "Diastolic blood pressure", 76, "mm[Hg]"),
    ("8867-4", "Heart rate", 84, "/min"),
    ("9279-1", "Respiratory rate", 16, "/min"),
    ("8310-5", "Body temperature", 37, "Cel"),
    ("29463-7", "Body weight", 61, "kg"),
    ("2339-0", "Glucose", 92, "mg/dL"),
    ("718-7", "Hemoglobin", 12, "g/dL"),
    ("2160-0", "Creatinine", 1, "mg/dL"),
    ("70274-6", "GAD-7 total score", 9, "{score}"),
)


def permit_all(folder: Path, base: str) -> None:
    """A consent of each patient for the treatment program."""
    with httpx.Client(trust_env=False, timeout=20.0) as client:
        desk = Desk("hospital", folder, read_network(folder), base, client)
        headers = {"Authorization": f"Bearer {desk.token('TREAT')}", "Content-Type": "application/fhir+json"}
        for prefix in ("WARM", "LOAD"):
            for number in range(PATIENTS):
                identifier = (person.MRN_SYSTEM, f"{prefix}P{number:07d}")
                made = person.consent("hospital", "otp", "TREAT", identifier=identifier)
                client.post(f"{base}/fhir/Consent", json=made, headers=headers).raise_for_status()


def load(
    template: Path, address: str, messages: int, prefix: str, first: int = 1, a_second: float = 0.0
) -> dict[str, Any]:
    """Send `messages`, numbered from `first`, over the connections, so many a second (0: as fast as it goes); the
    sender's summary.

    Raises AssertionError unless all were accepted.
    """
    command = [sys.executable, str(HERE / "mllp_load.py"), "--port", address.rpartition(":")[2]]
    command += ["--messages", str(messages), "--connections", str(CONNECTIONS), "--patients", str(PATIENTS)]
    command += ["--prefix", prefix, "--first", str(first), "--template", str(template)]
    command += ["--a-second", str(a_second)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=300)
    found: dict[str, Any] = json.loads(done.stdout)
    assert found["codes"] == {"AA": messages}, found
    return found


def wait_for(port: int, number: int) -> None:
    """Wait until the sink has taken `number` Bundles, two minutes at most."""
    began = time.monotonic()
    while count(port) < number and time.monotonic() - began < 120:
        time.sleep(0.02)


def count(port: int) -> int:
    """How many Bundles the sink has taken."""
    return int(httpx.get(f"http://127.0.0.1:{port}/count", trust_env=False).text)


def cpu(process: int) -> float:
    """Seconds of processor time used so far, user and system (Linux)."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident(process: int) -> int:
    """Bytes of memory in use (Linux)."""
    return int(Path(f"/proc/{process}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


class Parsing:
    """How fast python-hl7 parses while the load runs: a little of it every half second.

    The speed of a shared machine changes by half within a minute; both sides are measured in the same minutes.
    """

    def __init__(self, template: bytes) -> None:
        self._template = template
        self._seconds: list[float] = []
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._go_on)

    def __enter__(self) -> Parsing:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _go_on(self) -> None:
        text = self._template.decode()
        while not self._over.wait(0.5):
            began = time.thread_time()
            for _ in range(_PARSES):
                hl7.parse(text)
            self._seconds.append(time.thread_time() - began)

    def rate(self) -> float:
        """Messages per second of processor time."""
        return _PARSES * len(self._seconds) / sum(self._seconds)


_PARSES = 10


def parse_rate(template: bytes) -> float:
    """Messages per second that python-hl7 parses, and does nothing else."""
    text = template.decode()
    began = time.process_time()
    for _ in range(100):
        hl7.parse(text)
    return 100 / (time.process_time() - began)


if __name__ == "__main__":
    print(json.dumps(run(), indent=1))
