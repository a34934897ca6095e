"""Days as a form of the desk says them."""

from __future__ import annotations

from datetime import date

from gateway.errors import NotUnderstood


def day_of(text: str) -> date:
    """The day of `YYYY-MM-DD`. Raises NotUnderstood `DAY_INVALID`."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise NotUnderstood("DAY_INVALID", "expected a day such as 2026-11-22", "day") from None
