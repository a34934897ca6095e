"""A look into a network's store, without the rest of the premises: what only reads need not wait for law and formats."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gateway.store import Reading, open_store_for_reading
from gateway.wiring.network_folder import NetworkFolder, open_folder


@contextmanager
def reading(path: Path, url: str | None) -> Iterator[tuple[NetworkFolder, Reading]]:
    """A look into the store of the network in `path`, while a gateway runs or not."""
    folder = open_folder(path)
    store = open_store_for_reading(url or folder.store_url, folder.keys.cipher, folder=None if url else path)
    try:
        with store.read() as view:
            yield folder, view
    finally:
        store.close_readers()
