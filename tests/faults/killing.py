"""Kill the gateway again and again under load, and see afterwards that the laws of `ledgers` held.

python -m tests.faults.killing --messages 2000 --kills 60 --seed 1
python -m tests.faults.killing --messages 600 --failover
python -m tests.faults.killing SCENE, say `revocation`: another story (SCENES)
"""

from __future__ import annotations

import argparse
import importlib
import json
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from gateway.demo import person
from gateway.demo.desks import Desk
from gateway.demo.processes import Running, start_gateway
from gateway.partners import read_network
from gateway.settings import environment_without_settings
from gateway.wiring.network_folder import make_network_folder
from tests.bench.forward import referral_template
from tests.faults.hospital import Hospital, has_consented, mrn
from tests.faults.ledgers import Told, broken_laws, delivered, read_ledger

LASTING = 0.6
"""Seconds of sending for each kill, beside the time that the gateway is away."""

WITHDRAWING = 0
"""The patient who takes her consent back while her referrals are on their way."""


StartOne = Callable[[Path, Path], tuple[Running, dict[str, Any]]]


def begin(command: list[str], log: Path, place: Path | None = None) -> Running:
    """A gateway that is being started, in the folder `place`; what it says beside its ready line goes to `log`."""
    with log.open("ab") as errors:
        process = subprocess.Popen(
            command,
            cwd=place,
            env=environment_without_settings(),
            stdout=subprocess.PIPE,
            stderr=errors,
            stdin=subprocess.DEVNULL,
            text=True,
        )
    gateway = Running("gateway", process)
    gateway.listen()
    return gateway


@dataclass
class Scene:
    """A gateway that is killed and started again, a partner and a hospital."""

    place: Path
    start_one: StartOne = start_gateway
    store: str | None = None
    gateway: Running | None = None
    port: int = 0
    http: str = ""
    sink_url: str = ""
    consents: dict[int, dict[str, Any]] = field(default_factory=dict)
    withdrawn: dict[int, float] = field(default_factory=dict)

    @property
    def network(self) -> Path:
        return self.place / "network"

    def mode(self, word: str) -> None:
        """How the partner answers from now on; written in one go, as it is read at any time."""
        fresh = self.place / "mode.new"
        fresh.write_text(word)
        fresh.rename(self.place / "mode")

    def open(self) -> Running:
        """The partner's process, and the network folder that names it."""
        self.mode("ok")
        command = [sys.executable, "-m", "tests.faults.partner"]
        partner = Running(
            "partner",
            subprocess.Popen(
                [*command, str(self.place / "ledger"), str(self.place / "mode")],
                stdout=subprocess.PIPE,
                text=True,
            ),
        )
        partner.listen()
        self.sink_url = f"http://127.0.0.1:{partner.wait_for('listening')['port']}/fhir"
        make_network_folder(self.network, self.sink_url)
        return partner

    def start(self) -> float:
        """The gateway, started; the seconds it took until it served."""
        began = time.monotonic()
        self.gateway, ready = self.start_one(self.network, self.place / "gateway.log")
        self.port, self.http = int(ready["mllp"][0].rpartition(":")[2]), ready["http"]
        return time.monotonic() - began

    def kill(self) -> None:
        """As the power goes: no handler runs."""
        assert self.gateway is not None
        self.gateway.process.kill()
        self.gateway.process.wait()

    def desk(self, client: httpx.Client) -> tuple[str, dict[str, str]]:
        made = Desk("hospital", self.network, read_network(self.network), self.http, client)
        return self.http, {
            "Authorization": f"Bearer {made.token('TREAT')}",
            "Content-Type": "application/fhir+json",
        }

    def permit(self, patients: int, recipients: Sequence[str] = ("otp",)) -> None:
        """A consent of each patient who gives one, for the recipients in turns."""
        with httpx.Client(trust_env=False, timeout=20.0) as client:
            http, headers = self.desk(client)
            for patient in filter(has_consented, range(patients)):
                recipient = recipients[patient % len(recipients)]
                identifier = (person.MRN_SYSTEM, mrn(patient))
                made = person.consent("hospital", recipient, "TREAT", identifier=identifier)
                answer = client.post(f"{http}/fhir/Consent", json=made, headers=headers).raise_for_status()
                self.consents[patient] = answer.json()

    def withdraw(self, patient: int) -> None:
        """She takes it back; from the answer on it binds."""
        with httpx.Client(trust_env=False, timeout=20.0) as client:
            http, headers = self.desk(client)
            resource = {**self.consents[patient], "status": "inactive"}
            client.put(
                f"{http}/fhir/Consent/{resource['id']}", json=resource, headers=headers
            ).raise_for_status()
        self.withdrawn[patient] = time.time()


def run(
    messages: int,
    kills: int,
    seed: int,
    patients: int = 32,
    drain_seconds: float = 400.0,
    start_one: StartOne = start_gateway,
) -> dict[str, Any]:
    """One story with `kills` kills at random moments; what was seen, and `broken`: every law that did not hold."""
    chance = random.Random(seed)  # a story that can be told again
    with tempfile.TemporaryDirectory(prefix="handoff-faults-") as place:
        scene = Scene(Path(place), start_one)
        partner = scene.open()
        try:
            starts = [scene.start()]
            scene.permit(patients)
            pause = LASTING * kills * Hospital.connections / messages
            hospital = Hospital(referral_template(), lambda: scene.port, messages, patients, pause=pause)
            hospital.start()
            starts += _trouble(scene, kills, chance)
            scene.mode("ok")
            all_accepted = hospital.wait(drain_seconds)
            drain(scene, hospital, drain_seconds)
            code = scene.gateway.end() if scene.gateway else None
        finally:
            if scene.gateway is not None and scene.gateway.process.poll() is None:
                scene.kill()
            partner.end()
        told = told_of(scene, hospital)
        return {
            "seed": seed,
            "messages": messages,
            "kills": kills,
            "accepted": len(hospital.accepted),
            "sent again": hospital.sent_again,
            "requests the partner saw": len(told.received),
            "referrals that arrived": len(delivered(told.received)),
            "slowest start": round(max(starts), 2),
            "exit code": code,
            "broken": ([] if all_accepted else ["the hospital could not hand over everything"])
            + broken_laws(told),
        }


def _trouble(scene: Scene, kills: int, chance: random.Random) -> list[float]:
    """Kills at random moments, a partner that fails now and then, and one withdrawal halfway; the start times."""
    starts = []
    for number in range(kills):
        scene.mode(chance.choice(["ok", "ok", "busy", "drop"]))
        time.sleep(chance.uniform(0.05, 1.2))
        if number == kills // 2:
            scene.withdraw(WITHDRAWING)
        scene.kill()
        starts.append(scene.start())
    return starts


def drain(scene: Scene, hospital: Hospital, seconds: float) -> None:
    """Wait until everything that may arrive has arrived, as the partner's ledger says, and then a little more."""
    wanted = {
        one.marker
        for one in hospital.referrals()
        if one.number in hospital.accepted
        and has_consented(one.patient)
        and one.patient not in scene.withdrawn
    }
    until = time.monotonic() + seconds
    while time.monotonic() < until and not wanted <= delivered(read_ledger(scene.place / "ledger")).keys():
        time.sleep(0.1)
    time.sleep(0.5)


def told_of(scene: Scene, hospital: Hospital) -> Told:
    return Told(
        sent=tuple(hospital.referrals()),
        accepted=frozenset(hospital.accepted),
        received=read_ledger(scene.place / "ledger"),
        withdrawn=dict(scene.withdrawn),
        network=scene.network,
        consents={patient: str(resource["id"]) for patient, resource in scene.consents.items()},
        store=scene.store,
    )


def _warm() -> StartOne:
    from tests.warm_gateway import start_warm_gateway

    return start_warm_gateway


SCENES = (
    "duplicates",
    "mutated",
    "oversized",
    "partner_down",
    "reload",
    "restore",
    "revocation",
    "slow",
    "soak",
    "trouble",
    "upgrade",
)
"""Other stories, each a module here with `run(seed)`; what each is about stands at its top."""


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("scene", nargs="?", choices=SCENES, help="another story than kills")
    parser.add_argument("--minutes", type=float, help="with soak: how long")
    parser.add_argument("--way", help="with partner_down: how it is down")
    parser.add_argument("--at-once", type=int, help="with oversized: how many send")
    parser.add_argument(
        "--warm", action="store_true", help="start gateways by forking: more kills in a minute"
    )
    parser.add_argument("--messages", type=int, help="how many (2000; of a scene that counts them, its own)")
    parser.add_argument("--kills", type=int, default=60)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument(
        "--failover", action="store_true", help="on PostgreSQL: kill the primary, promote its standby"
    )
    parser.add_argument(
        "--stopped", type=float, default=0.0, help="on PostgreSQL: seconds without its server"
    )
    parser.add_argument("--workers", type=int, default=1, help="with --failover: processes of the gateway")
    parser.add_argument("--power", action="store_true", help="cut the power instead (needs strace)")
    asked = parser.parse_args()
    if asked.scene:
        given = {
            "minutes": asked.minutes,
            "messages": asked.messages,
            "way": asked.way,
            "at_once": asked.at_once,
        }
        more = {name: value for name, value in given.items() if value}
        told = importlib.import_module(f"tests.faults.{asked.scene}").run(asked.seed, **more)
        print(json.dumps(told, indent=1))
        return 1 if told["broken"] else 0
    messages = asked.messages or 2000
    if asked.power:
        from tests.faults.power_cut import run as cut_power

        told = cut_power(min(messages, 300), asked.seed)
        print(json.dumps(told, indent=1))
        return 1 if told["broken"] else 0
    if asked.failover or asked.stopped:
        from tests.faults.failover import run as fail_over

        told = fail_over(messages, asked.seed, asked.workers, stopped_seconds=asked.stopped)
        print(json.dumps(told, indent=1))
        return 1 if told["broken"] else 0
    found = run(messages, asked.kills, asked.seed, start_one=_warm() if asked.warm else start_gateway)
    print(json.dumps(found, indent=1))
    return 1 if found["broken"] else 0


if __name__ == "__main__":
    sys.exit(main())
