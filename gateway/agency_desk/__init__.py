"""The page of an agency without software of its own: what waits for it, read and answered. See README.md."""

from __future__ import annotations

from gateway.agency_desk.desk import Desk
from gateway.agency_desk.login import make_link
from gateway.agency_desk.pages import build_desk

__all__ = ["Desk", "build_desk", "make_link"]
