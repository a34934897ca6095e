"""`handoff serve` that kills itself, as the power goes, when it passes a named point for the n-th time.

python -m tests.faults.serve POINT PASS ARMED serve --network DIR …

The points are places of the shipped code, wrapped here and nowhere else: no setting or environment of the gateway can
reach them. They count from when the file ARMED exists, so that a story can be made ready first.
"""

from __future__ import annotations

import functools
import importlib
import inspect
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Point:
    """A place in the code: a function, `module:name` or `module:Class.name`, and on which side of it."""

    at: str
    after: bool = False
    only_if: Callable[[Any], bool] | None = None
    """For `after`: only where this holds of what came back."""


COMMIT = "gateway.wiring.opening:open_store"
POINTS = {
    "frame.handed_over": Point("gateway.wiring.serving:accept_message"),
    "message.stored": Point("gateway.wiring.serving:accept_message", after=True),
    "ack.before_write": Point("gateway.intake.conversation:acknowledge", after=True),
    "ack.written": Point("gateway.intake.conversation:Conversation._answer", after=True),
    "store.before_commit": Point(COMMIT),
    "store.after_commit": Point(COMMIT),
    "lane.claimed": Point("gateway.delivery.sender:Sender._claim", after=True, only_if=bool),
    "release.before": Point("gateway.delivery.sender:release"),
    "release.stored": Point("gateway.delivery.sender:release", after=True),
    "send.connecting": Point("gateway.delivery.ways:Ways.hand_over"),
    "send.before_first_byte": Point("gateway.disclosure.gate:LastLook.__call__", after=True, only_if=bool),
    "send.answered": Point("gateway.delivery.ways:Ways.hand_over", after=True),
    "mark.before": Point("gateway.delivery.sender:Sender._settle_one"),
    "mark.stored": Point("gateway.delivery.sender:Sender._settle_one", after=True),
    "seal.before": Point("gateway.audit.sealer:Sealer.seal_now"),
    "seal.witnessed": Point("gateway.audit.sealer:Sealer.seal_now", after=True),
    "journal.before_write": Point("gateway.audit.journal:append_rows"),
    "journal.written": Point("gateway.audit.journal:append_rows", after=True),
    "start.before_recovery": Point("gateway.wiring.serving:_recover"),
    "start.recovered": Point("gateway.wiring.serving:_recover", after=True),
}
"""Every named point, in the order in which a referral passes them; then what works beside it."""

_AT_ONCE = ("start.",)
"""Points that are passed before anybody can arm them."""


def holder_of(point: Point) -> tuple[Any, str]:
    """The module or class that has the point's function, and the function's name in it. Raises AttributeError."""
    module, _, path = point.at.partition(":")
    holder: Any = importlib.import_module(module)
    *owners, name = path.split(".")
    for owner in owners:
        holder = getattr(holder, owner)
    getattr(holder, name)
    return holder, name


def arm(name: str, on_pass: int, armed: Path, die: Callable[[], None]) -> None:
    """Have `die` called when the point `name` is passed for the `on_pass`-th time after `armed` exists."""
    point, left = POINTS[name], [on_pass]

    def passed() -> None:
        if left[0] and (name.startswith(_AT_ONCE) or armed.exists()):
            left[0] -= 1
            if not left[0]:
                die()

    holder, attribute = holder_of(point)
    if point.at == COMMIT:

        def fault_point(told: str) -> None:
            if told == name:
                passed()

        setattr(holder, attribute, functools.partial(getattr(holder, attribute), fault_point=fault_point))
        return
    setattr(holder, attribute, _wrapped(getattr(holder, attribute), point, passed))


def _wrapped(work: Any, point: Point, passed: Callable[[], None]) -> Any:
    def after(found: Any) -> Any:
        if point.after and (point.only_if is None or point.only_if(found)):
            passed()
        return found

    if inspect.iscoroutinefunction(work):

        @functools.wraps(work)
        async def waiting(*given: Any, **named: Any) -> Any:
            if not point.after:
                passed()
            return after(await work(*given, **named))

        return waiting

    @functools.wraps(work)
    def at_once(*given: Any, **named: Any) -> Any:
        if not point.after:
            passed()
        return after(work(*given, **named))

    return at_once


def main() -> None:
    """Be the gateway, with one point armed."""
    from gateway.cli import main as handoff

    name, on_pass, armed, *command = sys.argv[1:]
    arm(name, int(on_pass), Path(armed), lambda: os.kill(os.getpid(), signal.SIGKILL))
    sys.argv = ["handoff", *command]
    handoff()


if __name__ == "__main__":
    main()
