"""Setting the stage, playing the story, and telling what was proved."""

from __future__ import annotations

import contextlib
import json
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from gateway.demo import manic_upswing, new_mother, night_call, whole_county
from gateway.demo.desks import Desk
from gateway.demo.processes import Running, start_agency, start_gateway
from gateway.demo.stage import Stage, StoryBroken
from gateway.demo.worker import PageWorker
from gateway.partners import read_network
from gateway.partners.starter import clients_wanted
from gateway.wiring.network_folder import make_network_folder

REPORT = Path("demo-report.json")
STORIES = {1: new_mother, 2: manic_upswing, 3: night_call, 4: whole_county}
"""The stories by their number. Each says who receives and how (`AGENCIES`), and is played by `play`."""


@dataclass(frozen=True, slots=True)
class _Set:
    stage: Stage
    folder: Path
    base: str


def run_demo(*, once: bool, story: int = 1) -> int:
    """Play one of `STORIES` on this machine; 0 when every promise was kept, 1 when not.

    With `once`, write `demo-report.json` and end; otherwise stay up until Ctrl-C and say what to try. SIGTERM ends it as
    Ctrl-C does: with all that it started.
    """
    for one in (signal.SIGINT, signal.SIGTERM):  # a shell switches the first off in its background
        signal.signal(one, signal.default_int_handler)
    with _stage(story) as built:
        try:
            STORIES[story].play(built.stage)
            root = _verify(built)
        except (StoryBroken, OSError, httpx.HTTPError) as error:
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
def _stage(story: int) -> Iterator[_Set]:
    receiving: Mapping[str, str] = STORIES[story].AGENCIES
    with contextlib.ExitStack() as stack:
        place = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="handoff-demo-")))
        folder = place / "network"
        agencies: dict[str, tuple[Running, dict[str, Any]]] = {}
        for name, kind in receiving.items():
            agencies[name] = start_agency(name, kind)
            stack.callback(agencies[name][0].end)
        doors = {name: f"127.0.0.1:{said['port']}" for name, (_, said) in agencies.items()}
        addresses = {
            name: doors[name] if kind == "mllp" else f"http://{doors[name]}/fhir"
            for name, kind in receiving.items()
        }
        make_network_folder(folder, None, addresses)
        if story == 4:
            whole_county.prepare(folder, {name: said for name, (_, said) in agencies.items()})
        gateway, ready = start_gateway(folder, folder / "gateway.log")
        stack.callback(gateway.end)
        client = stack.enter_context(httpx.Client(trust_env=False, timeout=20.0))
        visitor = stack.enter_context(httpx.Client(trust_env=False, timeout=20.0))
        network = read_network(folder)
        stage = Stage(
            desks={name: Desk(name, folder, network, ready["http"], client) for name in clients_wanted()},
            receives={name: agency for name, (agency, _) in agencies.items()},
            doors={name: f"http://{door}" for name, door in doors.items()},
            mllp=ready["mllp"][0],
            peer=PageWorker("peer-support", "Rosa Medina", folder, ready["http"], visitor),
            tell=lambda line: print(line, flush=True),
        )
        yield _Set(stage, folder, ready["http"])


def _verify(built: _Set) -> dict[str, Any]:
    """`handoff audit verify` on the running gateway's store. Raises StoryBroken when the log does not hold."""
    command = [sys.executable, "-m", "gateway", "audit", "verify", "--network", str(built.folder)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    built.stage.tell("The audit log is recomputed from the first entry on:")
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
        f"  the FHIR API: {built.base}/fhir, described at {built.base}/docs; a token to try it with:\n"
        f"    handoff token otp --purpose TREAT {here}\n"
        f"  the page of an agency without software: handoff agency link peer-support --name You {here}\n"
        "Ctrl-C ends everything and removes it."
    )
    with contextlib.suppress(KeyboardInterrupt):
        threading.Event().wait()
