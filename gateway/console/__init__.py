"""The console: server-rendered, read-only pages for the compliance officer."""

from __future__ import annotations

from gateway.console.login import make_link
from gateway.console.office import Office, PageRead, Visitor
from gateway.console.pages import build_console

__all__ = ["Office", "PageRead", "Visitor", "build_console", "make_link"]
