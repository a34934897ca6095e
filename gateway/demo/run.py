"""Setting the stage, playing the story, and telling what was proved."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from gateway.demo.desks import Desk
from gateway.demo.processes import Running, start_agency, start_gateway
from gateway.demo.story import Stage, StoryBroken, play
from gateway.demo.worker import PageWorker
from gateway.partners import read_network
from gateway.wiring.network_folder import make_network_folder

REPORT = Path("demo-report.json")


@dataclass(frozen=True, slots=True)
class _Set:
    stage: Stage
    folder: Path
    base: str


def run_demo(*, once: bool) -> int:
    """Play the story on this machine; 0 when every promise was kept, 1 when not.

    With `once`, write `demo-report.json` and end; otherwise stay up until Ctrl-C and say what to try.
    """
    with _stage() as built:
        try:
            play(built.stage)
            root = _verify(built)
        except (StoryBroken, TimeoutError, httpx.HTTPError) as error:
            print(f"The story broke: {error}", file=sys.stderr)
            print(f"The gateway's log is {built.folder / 'gateway.log'}", file=sys.stderr)
            if once:
                print((built.folder / "gateway.log").read_text(encoding="utf-8")[-4000:], file=sys.stderr)
            return 1
        _tell_end(built, root)
        if once:
            REPORT.write_text(json.dumps({**built.stage.report, "audit": root}, indent=2), encoding="utf-8")
            print(f"Wrote {REPORT}.")
            return 0
        _stay(built)
    return 0


@contextlib.contextmanager
def _stage() -> Iterator[_Set]:
    with contextlib.ExitStack() as stack:
        place = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="handoff-demo-")))
        folder = place / "network"
        agencies: dict[str, tuple[Running, int]] = {}
        for name, kind in (("otp", "fhir"), ("psychiatry", "fhir"), ("hospital", "mllp")):
            agencies[name] = start_agency(name, kind)
            stack.callback(agencies[name][0].end)
        addresses = {name: f"http://127.0.0.1:{port}/fhir" for name, (_, port) in agencies.items()}
        addresses["hospital"] = f"127.0.0.1:{agencies['hospital'][1]}"
        make_network_folder(folder, None, addresses)
        gateway, ready = start_gateway(folder, folder / "gateway.log")
        stack.callback(gateway.end)
        client = stack.enter_context(httpx.Client(trust_env=False, timeout=20.0))
        visitor = stack.enter_context(httpx.Client(trust_env=False, timeout=20.0))
        network = read_network(folder)
        desks = {
            name: Desk(name, folder, network, ready["http"], client)
            for name in ("hospital", "otp", "housing")
        }
        stage = Stage(
            hospital=desks["hospital"],
            otp=desks["otp"],
            housing=desks["housing"],
            receives={name: agency for name, (agency, _) in agencies.items()},
            mllp=ready["mllp"][0],
            peer=PageWorker("peer-support", "Rosa Medina", folder, ready["http"], visitor),
            otp_door=f"http://127.0.0.1:{agencies['otp'][1]}",
            tell=lambda line: print(line, flush=True),
        )
        yield _Set(stage, folder, ready["http"])


def _verify(built: _Set) -> dict[str, Any]:
    """`handoff audit verify` on the running gateway's store. Raises StoryBroken when the log does not hold."""
    command = [sys.executable, "-m", "gateway", "audit", "verify", "--network", str(built.folder)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    built.stage.tell("7. The audit log is recomputed from the first entry on:")
    built.stage.tell("   " + done.stdout.strip().replace("\n", "\n   "))
    if done.returncode != 0:
        raise StoryBroken(f"the audit log does not verify: {done.stderr.strip()}")
    return {"verified": True, "says": done.stdout.strip()}


def _tell_end(built: _Set, root: dict[str, Any]) -> None:
    kept = built.stage.report["promises_kept"]
    print(f"\n{len(kept)} promises were kept, and the audit log is whole: {root['verified']}.")


def _stay(built: _Set) -> None:
    """Say what to try, and wait for Ctrl-C."""
    here = f"--network {built.folder}"
    print(
        "\nThe gateway stays up. Try, in another terminal:\n"
        f"  handoff disclosures {here}\n"
        f"  handoff messages list {here}\n"
        f"  handoff audit verify {here}\n"
        f"  the compliance page: handoff console-link --name You {here}\n"
        f"  the page of an agency without software: handoff agency link peer-support --name You {here}\n"
        "Ctrl-C ends everything and removes it."
    )
    with contextlib.suppress(KeyboardInterrupt):
        threading.Event().wait()
