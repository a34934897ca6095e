"""`handoff serve`: run the gateway."""

from __future__ import annotations

import asyncio
import json
import socket
import sys
from collections.abc import Callable
from contextlib import suppress

import uvloop

from gateway import logs
from gateway.errors import HandoffError, NotNow
from gateway.partners import NetworkFileRefused
from gateway.settings import Settings, SettingsRefused, service_manager
from gateway.store.sqlite_store import is_postgres
from gateway.wiring.network_folder import NetworkFolder, open_folder
from gateway.wiring.practice_place import remove_left
from gateway.wiring.serving import Addresses, Ready
from gateway.wiring.serving import serve as run
from gateway.wiring.shared_ports import Ports, share_ports
from gateway.wiring.workers import Workers


def serve(settings: Settings) -> int:
    """Run until told to stop; 0 then, 1 when a port or a file cannot be had now, 2 when a setting, `network.yaml`, a key
    or the store's schema has to be put right first.
    """
    if settings.workers > 1 and not is_postgres(settings.store):
        print("more than one worker needs PostgreSQL; give --store postgresql://…", file=sys.stderr)
        return 2
    logs.configure(settings.log_level)
    return _told(settings, lambda: _serve(settings))


def _serve(settings: Settings) -> int:
    remove_left(settings.network)
    folder = open_folder(settings.network, settings.keys)
    if settings.workers == 1:
        return _run(folder, settings, Addresses(settings.http, settings.mllp), _ready)
    content = folder.network.content
    listeners = [listener.address for listener in content.mllp]
    if listeners and settings.mllp:
        listeners[0] = settings.mllp
    import httpx_aiohttp  # noqa: F401  # read in once, for all workers, as the pages are

    from gateway.wiring import page_doors  # noqa: F401

    ports = share_ports(settings.http or content.http, listeners, settings.workers)

    def work(mine: Ports, ready: Ready) -> int:
        addresses = Addresses(settings.http, settings.mllp, mine)
        return _told(settings, lambda: _run(folder, settings, addresses, ready))

    return Workers(ports, work, settings.stop_seconds).run(_ready)


def _run(folder: NetworkFolder, settings: Settings, addresses: Addresses, ready: Ready) -> int:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(run(folder, settings, addresses, ready))
    return 0


def _told(settings: Settings, act: Callable[[], int]) -> int:
    """The exit code of `act`; what stops it is one sentence."""
    try:
        return act()
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


def _ready(line: dict[str, object]) -> None:
    print(json.dumps(line), flush=True)
    _tell_service_manager()


def _tell_service_manager() -> None:
    """`systemctl start` comes back when traffic is taken, and fails where a start is refused (`Type=notify`)."""
    place = service_manager()
    if place:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line, suppress(OSError):
            line.connect(f"\0{place[1:]}" if place.startswith("@") else place)
            line.sendall(b"READY=1")
