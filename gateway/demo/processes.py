"""Starting and ending the demonstration's processes: the gateway and its stand-in agencies."""

from __future__ import annotations

import json
import queue
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gateway.settings import environment_without_settings

_START_SECONDS = 120.0


@dataclass
class Running:
    """A child process that says what happens, one JSON object a line on its standard output."""

    name: str
    process: subprocess.Popen[str]
    said: list[dict[str, Any]] = field(default_factory=list)
    _news: queue.Queue[dict[str, Any]] = field(default_factory=queue.Queue)

    def listen(self) -> None:
        """Begin to take in what it says."""
        threading.Thread(target=self._take_in, daemon=True).start()

    def wait_for(self, event: str, seconds: float = 60.0) -> dict[str, Any]:
        """The next thing of this kind that it says. Raises TimeoutError after `seconds`."""
        until = time.monotonic() + seconds
        while True:
            left = until - time.monotonic()
            if left <= 0:
                raise TimeoutError(f"{self.name} did not say `{event}`")
            try:
                said = self._news.get(timeout=min(left, 0.5))
            except queue.Empty:
                if self.process.poll() is not None:
                    raise TimeoutError(f"{self.name} ended before it said `{event}`") from None
                continue
            if said.get("event") == event:
                return said

    def hears_nothing(self, event: str, seconds: float) -> bool:
        """True when it says nothing of this kind for `seconds`."""
        try:
            self.wait_for(event, seconds)
        except TimeoutError:
            return True
        return False

    def end(self) -> int:
        """Ask it to end, and wait; its exit code."""
        self.process.terminate()
        try:
            return self.process.wait(timeout=12)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()

    def _take_in(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            said = json.loads(line)
            self.said.append(said)
            self._news.put(said)


def start_agency(name: str, kind: str) -> tuple[Running, dict[str, Any]]:
    """A stand-in agency, and what it says once it listens: its loopback `port`, and what a partner must know of it."""
    agency = _start(name, [sys.executable, "-m", "gateway.demo.agency", kind])
    return agency, agency.wait_for("listening", _START_SECONDS)


def start_gateway(folder: Path, log: Path) -> tuple[Running, dict[str, Any]]:
    """The gateway on the network in `folder`, and its ready line. Its log goes to the file `log`."""
    command = [sys.executable, "-m", "gateway", "serve", "--network", str(folder)]
    gateway = _start("gateway", [*command, "--http", "127.0.0.1:0", "--mllp", "127.0.0.1:0"], log)
    return gateway, gateway.wait_for("ready", _START_SECONDS)


def _start(name: str, command: list[str], log: Path | None = None) -> Running:
    with (log or Path("/dev/null")).open("ab") as errors:
        process = subprocess.Popen(
            command,
            env=environment_without_settings(),
            stdout=subprocess.PIPE,
            stderr=errors if log else None,
            stdin=subprocess.DEVNULL,
            text=True,
        )
    running = Running(name, process)
    running.listen()
    return running
