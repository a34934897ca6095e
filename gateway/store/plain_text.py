"""Text from outside that is kept in the clear: not every database takes every character."""

from __future__ import annotations

from gateway.errors import NotUnderstood


def require_plain(**texts: str) -> None:
    """Nothing, when no text holds a NUL, which PostgreSQL does not take and SQLite would.

    Raises NotUnderstood `TEXT_HOLDS_NUL` with the name of the one that does.
    """
    for name, text in texts.items():
        if "\0" in text:
            raise NotUnderstood("TEXT_HOLDS_NUL", "must hold no NUL character", name.replace("_", " "))
