"""Opening the premises: network, keys, store, tables and mappings put together, for serving or for looking only."""

from __future__ import annotations

import asyncio

from gateway.clock import Clock, SystemClock
from gateway.disclosure.consent_tables import consent_tables
from gateway.disclosure.premises import KeyUses, Premises
from gateway.flows.files import mappings_of_folders, require_file_formats
from gateway.flows.library import open_library, require_mappings
from gateway.partners import Network, mapping_of
from gateway.security.rotation import sweep_key_files
from gateway.store import Store, open_store
from gateway.wiring.looking import reading as reading  # who opens the premises to look in finds it here too
from gateway.wiring.network_folder import NetworkFolder


def open_premises(folder: NetworkFolder, store: Store, clock: Clock | None = None) -> Premises:
    """The premises for `folder` on an opened store. Raises MappingFileError for a mapping of the folder."""
    extra = folder.path / "mappings"
    library = open_library(extra if extra.is_dir() else None)
    require_mappings(library, mappings_named(folder.network))
    require_file_formats(library, folder.network)
    keys = KeyUses(
        id_key=folder.keys.derived("ids"),
        alias_key=folder.keys.derived("aliases"),
        index=folder.keys.index_hmac,
    )
    return Premises(
        store=store,
        network=folder.network,
        tables=consent_tables(),
        library=library,
        clock=clock or SystemClock(),
        keys=keys,
        work_waiting=asyncio.Event(),
        directory=Premises.directory_of(folder.network),
    )


def open_writing_store(folder: NetworkFolder, url: str | None) -> Store:
    """The store of this one writing process; made when it is missing. What a cut left of key files goes."""
    store = open_store(url or folder.store_url, folder.keys.cipher, folder=None if url else folder.path)
    sweep_key_files(folder.keys_folder)
    return store


def mappings_named(network: Network) -> tuple[str, ...]:
    """Ids of every mapping the network file names, sorted."""
    named = {mapping for partner in network.partners.values() for mapping in partner.messages.values()}
    named |= {mapping for p in network.partners.values() if (mapping := mapping_of(p.delivery)) is not None}
    return tuple(sorted({*named, *mappings_of_folders(network)}))
