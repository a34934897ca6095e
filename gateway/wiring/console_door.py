"""The console as a mounted application, bound to the store and the audit log."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.types import ASGIApp

from gateway.disclosure.premises import Premises
from gateway.wiring.network_folder import NetworkFolder


def console_mounts(folder: NetworkFolder, premises: Premises) -> Mapping[str, ASGIApp]:
    """What is mounted beside the FHIR API, by path."""
    return {}
