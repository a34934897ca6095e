"""What a screen of the desk is: where it stands, who may open it, what it shows and what a form on it does."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from starlette.responses import Response

from gateway.agency_desk.desk import Desk
from gateway.flows.agency_desk import Worker
from gateway.pages import HEADERS
from gateway.pages.uploads import Uploaded


@dataclass(frozen=True, slots=True)
class Visit:
    """A worker at a screen: the session is checked, her organization may open it, and `form` carried its token.

    `path`: what stands in the address; `query` and `form`: as they were sent, nothing of them checked. `language`: `en`
    or `es`. `login_id`: of her session, which began at `login_began`.
    """

    desk: Desk
    worker: Worker
    language: str
    path: Mapping[str, str]
    query: Mapping[str, str] = field(repr=False)
    form: Mapping[str, str] = field(default_factory=dict, repr=False)
    login_id: str = field(default="", repr=False)
    login_began: datetime | None = None
    file: Uploaded | None = None

    def number(self, name: str) -> int:
        """A whole number of the query; 0 where it is none."""
        text = self.query.get(name, "")
        return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else 0


@dataclass(frozen=True, slots=True)
class Page:
    """A page to show: its template and what the template needs."""

    template: str
    facts: Mapping[str, Any] = field(default_factory=dict, repr=False)
    status: int = 200


@dataclass(frozen=True, slots=True)
class GoTo:
    """Where the browser goes after a form, as seen from the screen's own address or from `/` of the desk."""

    location: str


Answer = Page | GoTo | Response


def download(content: bytes, media_type: str, name: str) -> Response:
    """A file to be kept, never shown in the browser. `name` says nothing of any person."""
    headers = {**HEADERS, "Content-Disposition": f'attachment; filename="{name}"'}
    return Response(content, headers=headers, media_type=media_type)


@dataclass(frozen=True, slots=True)
class Screen:
    """One address of the desk. `right`: what the worker's organization must be allowed (`Desk.may`); empty for any.

    `menu`: the phrase under which the screen stands in the menu; empty for none.
    """

    path: str
    right: str
    shows: Callable[[Visit], Awaitable[Answer]] | None
    does: Callable[[Visit], Awaitable[Answer]] | None = None
    menu: str = ""
    again: Callable[[Visit], Awaitable[Answer]] | None = None
    """Shows the page with its form again where the form is refused."""
    largest_form: int | None = None
    """In octets; without it as every form of the desk."""
    with_file: bool = False
    """Whether its form brings a file, and so has to say how large it may be."""

    def methods(self) -> tuple[str, ...]:
        """What can be asked of it."""
        return (*(("GET",) if self.shows else ()), *(("POST",) if self.does else ()))
