"""The filters of the disclosure list: every one of them stands in the address, so that a view can be shared."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import date, timedelta
from urllib.parse import urlencode

from gateway.store.model import AuditFilter

# Tabs of the list: address value, heading, kind in the audit log (None: all).
TABS: tuple[tuple[str, str, str | None], ...] = (
    ("disclose", "Disclosures", "disclose"),
    ("refuse", "Refusals", "refuse"),
    ("consent", "Consents", "consent"),
    ("revoke", "Withdrawals", "revoke"),
    ("read", "Reads", "read"),
    ("all", "Everything", None),
)
_KINDS = {value: kind for value, _, kind in TABS}
_ID = re.compile(r"[A-Za-z0-9\-._]{1,64}")
_WORD = re.compile(r"[A-Za-z][A-Za-z0-9_\-]{0,39}")
_MOST = 2**53


@dataclass(frozen=True, slots=True)
class View:
    """One view of the list, as the address says it. Empty means any; days are inclusive (UTC)."""

    kind: str = "disclose"
    patient: str = ""
    partner: str = ""
    purpose: str = ""
    outcome: str = ""
    since: str = ""
    until: str = ""
    before: str = ""

    def wanted(self) -> AuditFilter:
        """What to ask the audit log for."""
        return AuditFilter(
            patient_id=self.patient or None,
            partner=self.partner or None,
            kind=_KINDS[self.kind],
            purpose=self.purpose or None,
            outcome=self.outcome or None,
            since=f"{self.since}T00:00:00.000000Z" if self.since else None,
            until=f"{date.fromisoformat(self.until) + timedelta(days=1)}T00:00:00.000000Z"
            if self.until
            else None,
            before_seq=int(self.before) if self.before else None,
        )

    def address(self, **changes: str) -> str:
        """The address of this view with some filters changed; a change starts again at the newest entry."""
        other = replace(self, **{"before": "", **changes})
        given = {field.name: getattr(other, field.name) for field in fields(other)}
        return "?" + urlencode({name: value for name, value in given.items() if value})

    def is_narrowed(self) -> bool:
        """Whether any filter but the tab is set."""
        return any((self.patient, self.partner, self.purpose, self.outcome, self.since, self.until))


def read_view(query: Mapping[str, str]) -> tuple[View, tuple[str, ...]]:
    """The view an address asks for, and the names of the filters that could not be understood (and are left out)."""
    names = [field.name for field in fields(View)]
    given = {name: query[name].strip() for name in names if query.get(name, "").strip()}
    odd = tuple(name for name, value in given.items() if not _understood(name, value))
    return View(**{name: value for name, value in given.items() if name not in odd}), odd


def _understood(name: str, value: str) -> bool:
    if name == "kind":
        return value in _KINDS
    if name in ("since", "until"):
        try:
            return bool(date.fromisoformat(value)) and len(value) == 10
        except ValueError:
            return False
    if name == "before":
        return value.isdecimal() and value.isascii() and 0 < int(value[:17]) <= _MOST
    return (_ID if name == "patient" else _WORD).fullmatch(value) is not None
