"""Acts from a page: who does what for which reason, what is shown before it is done, and where she finds it done.

Every act is a flow that the command line has too; the log's entry is the flow's, with the person's name in it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from gateway.console import words
from gateway.console.office import Office, Visitor
from gateway.errors import NotUnderstood

LARGEST_FORM = 8_192
"""Octets of an ordinary form."""
_SHORTEST_REASON, _LONGEST_REASON = 4, 1_000
_OURS = ("token", "confirmed")


@dataclass(frozen=True, slots=True)
class Doing:
    """One form that was sent: by whom, at which address, with what in it."""

    office: Office
    visitor: Visitor
    path: Mapping[str, str]
    form: Mapping[str, str]
    at: datetime

    def __getitem__(self, name: str) -> str:
        """A field without blanks around it; empty when it is not there."""
        return self.form.get(name, "").strip()

    @property
    def reason(self) -> str:
        """Why, on one line. Raises NotUnderstood `REASON_MISSING`."""
        said = " ".join(self["reason"].split())
        if not _SHORTEST_REASON <= len(said) <= _LONGEST_REASON:
            raise NotUnderstood(
                "REASON_MISSING", "say why, in up to 1,000 characters; the audit log keeps it"
            )
        return said

    @property
    def said(self) -> str:
        """The reason with who gave it, for a flow that takes one text."""
        return f"{self.reason} (said by {self.visitor.name}, {words.role(self.visitor.role)}, at the console)"

    @property
    def fields(self) -> Mapping[str, str]:
        """What was filled in, to be sent once more by the page that asks whether it is meant."""
        return {name: value for name, value in self.form.items() if name not in _OURS}


@dataclass(frozen=True, slots=True)
class Done:
    """Where to go, or what to show: a template with its facts, whom it shows, and as what and why the log has it."""

    location: str = ""
    template: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)
    patients: frozenset[str] = frozenset()
    subject: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Deed:
    """One act: at which path, by which right, and how. `ask` makes the page that is shown before: without it the act is
    done at once. `largest` is in octets.
    """

    path: str
    right: str
    do: Callable[[Doing], Awaitable[Done]]
    ask: Callable[[Doing], Done] | None = None
    largest: int = LARGEST_FORM


def confirm(
    doing: Doing,
    *,
    heading: str,
    lines: tuple[str, ...],
    button: str,
    back: str,
    action: str,
    patients: frozenset[str] = frozenset(),
) -> Done:
    """The page that says what will be done and asks whether it is meant. Raises NotUnderstood `REASON_MISSING`."""
    facts = {
        "heading": heading,
        "lines": lines,
        "button": button,
        "back": back,
        "action": action,
        "reason": doing.reason,
        "fields": doing.fields,
    }
    return Done(template="confirm.html", facts=facts, patients=patients, subject=f"{action}/confirm")
