"""Opening the premises: network, keys, store, tables and mappings put together, for serving or for looking only."""

from __future__ import annotations

import asyncio
from datetime import datetime
from pathlib import Path

from gateway.audit.journal import FOLDER as JOURNAL
from gateway.audit.journal import last_row
from gateway.clock import Clock, SteadyClock, read_instant
from gateway.disclosure.consent_tables import consent_tables
from gateway.disclosure.premises import KeyUses, Premises
from gateway.errors import NotNow
from gateway.flows.files import mappings_of_folders, require_file_formats
from gateway.flows.library import open_library, require_mappings
from gateway.flows.referral import require_addressees_unnamed
from gateway.flows.written_formats import require_writing
from gateway.partners import Network, mappings_of
from gateway.partners.services import ServiceFile
from gateway.security.rotation import sweep_key_files
from gateway.store import Store, audit_rows, open_store
from gateway.store.opening import is_empty
from gateway.wiring.kept_notes import FORMER, PAUSED_FILE, UNFINISHED, paused
from gateway.wiring.looking import reading as reading  # who opens the premises to look in finds it here too
from gateway.wiring.network_folder import NetworkFolder
from gateway.wiring.store_places import DRAFT, remove_draft


def open_premises(folder: NetworkFolder, store: Store, clock: Clock | None = None) -> Premises:
    """The premises for `folder` on an opened store. Raises MappingFileError for a mapping of the folder."""
    extra = folder.path / "mappings"
    library = open_library(extra if extra.is_dir() else None)
    require_mappings(library, mappings_named(folder.network))
    require_file_formats(library, folder.network)
    require_addressees_unnamed(library, folder.network)
    require_writing(library, folder.network)
    keys = KeyUses(
        id_key=folder.keys.derived("ids"),
        alias_key=folder.keys.derived("aliases"),
        index=folder.keys.index_hmac,
        page_key=folder.keys.derived("search-pages"),
    )
    return Premises(
        store=store,
        network=folder.network,
        tables=consent_tables(),
        library=library,
        clock=clock or SteadyClock(_told_last(store)),
        keys=keys,
        work_waiting=asyncio.Event(),
        directory=Premises.directory_of(folder.network),
        services=ServiceFile(folder.path),
    )


def _told_last(store: Store) -> datetime | None:
    """The instant of the log's newest entry: a clock that was set back while nobody ran is known by it."""
    with store.read() as reading:
        head = audit_rows.last(reading)
        row = None if head is None else audit_rows.get(reading, head[0])
    return None if row is None else read_instant(row.at)


def open_writing_store(folder: NetworkFolder, url: str | None) -> Store:
    """The store that this process writes to; made when it is missing. What a cut left of key files goes.

    Raises NotNow `STORE_LOST` when it is missing though there was one: an empty one would permit what was withdrawn in
    the lost one, and carry its log on as another.
    """
    place, beside = url or folder.store_url, None if url else folder.path
    if is_empty(place, beside) and (left := _left_of_a_store(folder.path)):
        message = (
            f"there was a store, `{left}` says; put a backup back (`handoff db restore`), or move that away"
        )
        raise NotNow("STORE_LOST", message)
    version = folder.network.version
    store = open_store(place, folder.keys.cipher, folder=beside, configuration=version)
    sweep_key_files(folder.keys_folder)
    if store.is_shared:
        remove_draft(folder.path / DRAFT)  # of a restore that was cut off after its last step
    return store


def _left_of_a_store(folder: Path) -> str:
    """The name of something in `folder` that only a gateway with a store leaves, or a restore cut off; else empty."""
    if paused(folder) is not None:
        return PAUSED_FILE
    if last_row(folder / JOURNAL) is not None:
        return JOURNAL
    return next((one.name for one in sorted(folder.glob(f"{FORMER}*{UNFINISHED}"))), "")


def mappings_named(network: Network) -> tuple[str, ...]:
    """Ids of every mapping the network file names, sorted."""
    named = {mapping for partner in network.partners.values() for mapping in partner.messages.values()}
    named |= {mapping for p in network.partners.values() for mapping in mappings_of(p.delivery).values()}
    return tuple(sorted({*named, *mappings_of_folders(network)}))
