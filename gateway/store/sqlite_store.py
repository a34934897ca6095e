"""The store on SQLite: one writer thread with group commit, many readers."""

from __future__ import annotations

from pathlib import Path

from gateway.store.model import Cipher, Store


class SqliteStore:
    """A store in one SQLite file, held by one writing process."""


class ReadOnlyStore:
    """The same file, opened beside a running gateway for reading only."""


def open_store(url: str, cipher: Cipher, *, folder: Path | None = None) -> Store:
    """Open (and if need be make or upgrade) the store at `url` (`sqlite:///file.db`) for this one writing process."""
    raise NotImplementedError


def open_store_for_reading(url: str, cipher: Cipher, *, folder: Path | None = None) -> ReadOnlyStore:
    """Open the store at `url` for reading only; works while a gateway writes to it."""
    raise NotImplementedError
