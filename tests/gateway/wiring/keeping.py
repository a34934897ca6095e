"""A county with key files and backups of its own, and what tests of backups say again and again."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from gateway.audit import Sealer
from gateway.security.keys import read_keys
from gateway.wiring.backing_up import MadeBackup, make_backup
from gateway.wiring.opening import open_premises, open_writing_store
from tests.gateway.county import County


def with_own_keys(county: County, url: str | None = None) -> County:
    """The county with key files that no other test has."""
    county.close()
    folder = county.folder.path / "keys"
    shutil.copytree(county.folder.keys_folder, folder)
    shutil.copy(county.folder.keys_folder.parent / "network.yaml", county.folder.path)
    county.folder = replace(county.folder, keys=read_keys(folder), keys_folder=folder)
    reopen(county, url)
    return county


def reopen(county: County, url: str | None = None) -> None:
    """As a gateway that is started (again) reads its keys and its store, which is at `url` or beside the network."""
    county.folder = replace(county.folder, keys=read_keys(county.folder.keys_folder))
    county.store = open_writing_store(county.folder, url)
    county.premises = open_premises(county.folder, county.store, county.clock)


def seal(county: County) -> None:
    """Sign the head of the audit log, into the store and the witness file."""
    witness = county.folder.path / "witness.log"
    county.run(Sealer(county.store, county.folder.keys.signer, witness, county.clock).seal_now())


def back_up(county: County, url: str | None = None) -> MadeBackup:
    """A backup an hour later, beside the network's folder."""
    county.clock.advance(timedelta(hours=1))
    return make_backup(county.folder, url, place(county), clock=county.clock)


def place(county: County) -> Path:
    """Where the backups are."""
    return county.folder.path / "backups"


def bytes_of(folder: Path) -> bytes:
    """Every byte of every file below `folder`."""
    return b"".join(file.read_bytes() for file in sorted(folder.rglob("*")) if file.is_file())
