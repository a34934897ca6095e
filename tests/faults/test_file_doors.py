"""The same laws where everything comes and goes as files: folder in, folder out, and a gateway that is killed."""

from __future__ import annotations

import json
import random
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from gateway.wiring.network_folder import make_network_folder
from tests import strategies
from tests.bench.forward import referral_template
from tests.faults.hospital import CANARY_EVERY, Referral, content, has_consented
from tests.faults.killing import Scene
from tests.faults.ledgers import Told, broken_laws
from tests.faults.partner import CANARY, REFERRAL
from tests.warm_gateway import start_warm_gateway

MESSAGES, PATIENTS, IN_A_FILE, KILLS = (96, 8, 4, 20) if strategies.long_run else (8, 4, 4, 1)
_IN = "{partner: hospital, folder: in, formats: {hl7: by-message-type}, poll_seconds: 0.05}"
_OUT = "{kind: files, folder: out, format: fhir+json, encryption: none}"


@dataclass
class Reader:
    """The program's own reader of its folder: takes each file that has a manifest, and writes down what it says."""

    folder: Path
    took: list[dict[str, Any]] = field(default_factory=list)
    stopping: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        while not self.stopping.wait(0.01):
            for manifest in sorted(
                self.folder.glob("*.manifest.json"), key=lambda file: file.stat().st_mtime_ns
            ):
                self._take(manifest)

    def _take(self, manifest: Path) -> None:
        began, told = time.time(), json.loads(manifest.read_bytes())
        file = self.folder / told["file"]
        body = file.read_bytes()
        assert len(body) == told["bytes"]
        line = {
            "began": began,
            "ended": time.time(),
            "mode": "ok",
            "key": told["delivery"],
            "sha256": told["sha256"],
            "referrals": sorted({found.decode() for found in REFERRAL.findall(body)}),
            "canary": CANARY in body,
        }
        manifest.unlink()
        file.unlink()
        self.took.append(line)

    def markers(self) -> set[str]:
        return {marker for line in self.took for marker in line["referrals"]}


def _open(scene: Scene) -> Path:
    """A network whose hospital writes files and whose program reads files; the hospital's folder."""
    make_network_folder(scene.network, "http://127.0.0.1:9/fhir")
    text = (scene.network / "network.yaml").read_text()
    text = text.replace('{kind: fhir, url: "http://127.0.0.1:9/fhir"}', _OUT, 1)
    (scene.network / "network.yaml").write_text(text.replace("policy:", f"folders: [{_IN}]\npolicy:", 1))
    (scene.network / "out" / ".handoff").mkdir(parents=True)
    (scene.network / "in").mkdir()
    return scene.network / "in"


def _put(folder: Path, referrals: list[Referral]) -> None:
    name = f"{referrals[0].number:04}.hl7"
    fresh = folder / f"{name}.part"
    fresh.write_bytes(b"".join(content(referral_template(), one) for one in referrals))
    fresh.rename(folder / name)


def _until(enough: Any, seconds: float = 120.0) -> None:
    until = time.monotonic() + seconds
    while not enough():
        assert time.monotonic() < until, "did not come to rest"
        time.sleep(0.05)


@pytest.mark.unmeasured
@pytest.mark.timeout(600)
@pytest.mark.requirement("P2-31-11", "DM-20")
def test_killed_again_and_again_files_are_neither_lost_nor_doubled_nor_leaked(tmp_path: Path) -> None:
    scene, chance = Scene(tmp_path, start_one=start_warm_gateway), random.Random(11)
    folder = _open(scene)
    sent = [Referral(number, number % PATIENTS) for number in range(1, MESSAGES + 1)]
    wanted = {one.marker for one in sent if has_consented(one.patient)}
    reader = Reader(scene.network / "out")
    reading = threading.Thread(target=reader.run, daemon=True)
    reading.start()
    try:
        scene.start()
        scene.permit(PATIENTS)
        for kill, start in enumerate(range(0, MESSAGES, IN_A_FILE)):
            _put(folder, sent[start : start + IN_A_FILE])
            if kill < KILLS:
                time.sleep(chance.uniform(0.05, 0.5))
                scene.kill()
                scene.start()
        done = folder / "done"
        _until(lambda: done.is_dir() and len(list(done.iterdir())) == MESSAGES // IN_A_FILE)
        _until(lambda: wanted <= reader.markers())
        time.sleep(0.3)
        assert scene.gateway is not None
        assert scene.gateway.end() == 0
    finally:
        if scene.gateway is not None and scene.gateway.process.poll() is None:
            scene.kill()
        reader.stopping.set()
        reading.join(5)
    told = Told(tuple(sent), frozenset(one.number for one in sent), tuple(reader.took), {}, scene.network)

    assert broken_laws(told) == []
    assert MESSAGES - len(wanted) == MESSAGES // CANARY_EVERY
    keys = [line["key"] for line in reader.took]
    assert len(keys) == len(set(keys)), "given once, though the reader takes everything away at once"
    assert not (folder / "rejected").exists()
    assert CANARY.decode() not in (tmp_path / "gateway.log").read_text()
