"""Network and tables as a decision named them, kept under their version so that it can be decided again.

Content-addressed: what is read back must have the version it is kept under, or it is refused.
"""

from __future__ import annotations

import msgspec

import consent
from gateway.clock import instant_text
from gateway.disclosure.consent_tables import consent_tables, packaged_files
from gateway.disclosure.premises import Premises
from gateway.errors import Internal, NotFound
from gateway.partners import Network, read_written
from gateway.store import Reading, Transaction, kept_versions

NETWORK, TABLES = "network", "tables"


def keep_named(premises: Premises, tx: Transaction) -> None:
    """Keep what a decision of these premises names, in the transaction of the first that does."""
    named = (premises.network.version, premises.tables.version)
    if named in premises.kept:
        return
    at = instant_text(premises.clock.now())
    kept_versions.keep(tx, NETWORK, premises.network.version, premises.network.written(), at)
    if premises.tables.version == consent_tables().version:
        kept_versions.keep(tx, TABLES, premises.tables.version, _written_tables(), at)
    tx.after_commit(lambda: premises.kept.add(named))


def kept_network(reading: Reading, version: str) -> Network:
    """The network of that version. Raises NotFound `VERSION_NOT_KEPT`, Internal `KEPT_COPY_ALTERED`, `SEAL_BROKEN`."""
    try:
        network = read_written(_content(reading, NETWORK, version))
    except msgspec.MsgspecError:
        raise _altered(NETWORK) from None
    if network.version != version:
        raise _altered(NETWORK)
    return network


def kept_networks(reading: Reading) -> tuple[Network, ...]:
    """Every network by which something was decided. Raises as `kept_network` does."""
    return tuple(kept_network(reading, version) for version in kept_versions.versions(reading, NETWORK))


def kept_tables(reading: Reading, version: str) -> consent.Tables:
    """The tables of that version. Raises as `kept_network` does."""
    try:
        files = msgspec.json.decode(_content(reading, TABLES, version), type=dict[str, str])
        tables = consent.read_tables({name: text.encode() for name, text in files.items()})
    except (msgspec.MsgspecError, consent.TablesError):
        raise _altered(TABLES) from None
    if tables.version != version:
        raise _altered(TABLES)
    return tables


def _written_tables() -> bytes:
    return msgspec.json.encode({name: content.decode() for name, content in packaged_files().items()})


def _content(reading: Reading, kind: str, version: str) -> bytes:
    content = kept_versions.content(reading, kind, version)
    if content is None:
        raise NotFound("VERSION_NOT_KEPT", "no copy of that version is kept", kind)
    return content


def _altered(kind: str) -> Internal:
    return Internal("KEPT_COPY_ALTERED", "the kept copy is not the version it is kept under", kind)
