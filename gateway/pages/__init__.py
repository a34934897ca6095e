"""What every set of our pages shares: signed links and sessions, forms that no other site can send, headers, templates.

The console, the agency's pages and the client's page each have a path, a cookie and templates of their own. See
README.md.
"""

from __future__ import annotations

from gateway.pages.frame import FILE_HEADERS, HEADERS, Frame, Site, root_of, status_of
from gateway.pages.links import Link, make_link, read_link, said_by
from gateway.pages.pace import Pace
from gateway.pages.paged import Pages, use_up
from gateway.pages.refilled import refilled
from gateway.pages.sessions import IDLE_MINUTES, LONGEST_HOURS, Session, Sessions

__all__ = [
    "FILE_HEADERS",
    "HEADERS",
    "IDLE_MINUTES",
    "LONGEST_HOURS",
    "Frame",
    "Link",
    "Pace",
    "Pages",
    "Session",
    "Sessions",
    "Site",
    "make_link",
    "read_link",
    "refilled",
    "root_of",
    "said_by",
    "status_of",
    "use_up",
]
