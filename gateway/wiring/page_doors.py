"""All pages for people as mounted applications. It reads their rooms in: `late_pages.py` says when."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from starlette.types import ASGIApp

from gateway.disclosure.premises import Premises
from gateway.wiring.agency_desk_door import desk_mounts
from gateway.wiring.console_door import console_mounts
from gateway.wiring.network_folder import NetworkFolder
from gateway.wiring.own_page_door import own_page_mounts
from gateway.wiring.standstill import Standstill


def page_mounts(
    folder: NetworkFolder,
    premises: Premises,
    standstill: Standstill,
    resting: Callable[[], frozenset[str]],
    mails: bool,
) -> Mapping[str, ASGIApp]:
    """What is mounted beside the FHIR API, by path. `mails`: whether links go by mail."""
    return {
        **console_mounts(folder, premises, resting),
        **desk_mounts(folder, premises, standstill, mails),
        **own_page_mounts(premises, standstill),
    }
