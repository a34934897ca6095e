"""The FHIR HTTP door: discovery, tokens, read, search, consents, task updates, transactions."""

from __future__ import annotations

from gateway.fhir_api.app import build_app
from gateway.fhir_api.doors import Desk, Doors, Gauges

__all__ = ["Desk", "Doors", "Gauges", "build_app"]
