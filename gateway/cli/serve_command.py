"""`handoff serve`: run the gateway."""

from __future__ import annotations

import asyncio
import json
import sys

import uvloop

from gateway import logs
from gateway.errors import HandoffError, NotNow
from gateway.partners import NetworkFileRefused
from gateway.settings import Settings, SettingsRefused
from gateway.wiring.network_folder import open_folder
from gateway.wiring.serving import Addresses
from gateway.wiring.serving import serve as run


def serve(settings: Settings) -> int:
    """Run until told to stop; 0 then, 1 when a port or a file cannot be had now, 2 when a setting, `network.yaml`, a key
    or the store's schema has to be put right first.
    """
    if settings.workers > 1 and (settings.store or "sqlite").startswith("sqlite"):
        print("more than one worker needs PostgreSQL; give --store postgresql://…", file=sys.stderr)
        return 2
    if settings.workers > 1:
        text = "start `handoff serve` once for each worker, with ports of its own; see deploy/postgresql.md"
        print(text, file=sys.stderr)
        return 2
    logs.configure(settings.log_level)
    try:
        folder = open_folder(settings.network, settings.keys)
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(run(folder, settings, Addresses(settings.http, settings.mllp), _ready))
    except NetworkFileRefused as error:
        for fault in error.faults:
            print(fault.text(str(settings.network / "network.yaml")), file=sys.stderr)
        return 2
    except (NotNow, OSError) as error:
        print(f"cannot serve: {error}", file=sys.stderr)
        return 1
    except (HandoffError, SettingsRefused) as error:
        print(f"cannot serve: {error}", file=sys.stderr)
        return 2
    return 0


def _ready(line: dict[str, object]) -> None:
    print(json.dumps(line), flush=True)
