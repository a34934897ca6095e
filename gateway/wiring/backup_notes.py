"""What a backup says about itself: hashes, counts, the head of the audit log, signed with the key of the log.

A place of backups holds a folder for each, `<time>/store.db` with `<time>/backup.json`; the wrapped keys are apart, in
another folder, as `<time>.keys` with `<time>.keys.json`. The note is written last: what has no note is no backup.
"""

from __future__ import annotations

import base64
import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TypeVar

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from gateway.clock import read_instant
from gateway.errors import Internal, NotFound
from gateway.security.keys import Ed25519Signer
from gateway.security.rotation import sync_folder
from gateway.store.sqlite_copy import sync_file

STORE_FILE = "store.db"
STORE_NOTE = "backup.json"
NETWORK_FILE = "network.yaml"
KEYS_SUFFIX = ".keys"
UNDER_WAY = ".part-"
KEY_BACKUP_DAYS = 30
"""So long a key backup counts; so long, after a rotation, the old wrapping key is kept."""
_DOMAIN = b"handoff-backup-1\x00"
_MIB = 1 << 20


class StoreNote(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """About the rows of a store. `head`: hex chain hash after `entries` audit entries; `checkpoint`: its newest signed
    note; `keys`: the name of the key backup made in the same moment.
    """

    name: str
    made_at: str
    schema: int
    network: str
    sha256: str
    bytes: int
    entries: int
    head: str
    checkpoint: str
    counts: Mapping[str, int]
    keys: str
    signature: str = ""


class KeysNote(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """About the wrapped keys of a moment. `wrapped_by`: how many are under which wrapping key."""

    name: str
    made_at: str
    sha256: str
    bytes: int
    entries: int
    wrapped_by: Mapping[str, int]
    destroyed: int
    signature: str = ""


Note = TypeVar("Note", StoreNote, KeysNote)


@dataclass(frozen=True, slots=True)
class StoreBackup:
    """The rows of a backup: the folder and what its note says."""

    path: Path
    note: StoreNote

    @property
    def rows(self) -> Path:
        """The file of the rows."""
        return self.path / STORE_FILE


@dataclass(frozen=True, slots=True)
class KeysBackup:
    """A key backup: its file and what its note says."""

    path: Path
    note: KeysNote


def write_note(path: Path, note: Note, signer: Ed25519Signer) -> Note:
    """Write `note`, signed, in one step: it is there whole or not at all."""
    signed = msgspec.structs.replace(note, signature=base64.b64encode(signer.sign(_content(note))).decode())
    write_whole(path, msgspec.json.format(msgspec.json.encode(signed), indent=1))
    return signed


def read_note(path: Path, kind: type[Note], signer: Ed25519Signer) -> Note:
    """The note in `path`. Raises Internal `BACKUP_ALTERED` when it is not as the gateway of these keys signed it,
    NotFound `BACKUP_MISSING`.
    """
    try:
        note = msgspec.json.decode(path.read_bytes(), type=kind)
        unsigned = msgspec.structs.replace(note, signature="")
        signature = base64.b64decode(note.signature, validate=True)
        Ed25519PublicKey.from_public_bytes(signer.public_key).verify(signature, _content(unsigned))
    except FileNotFoundError:
        raise NotFound(
            "BACKUP_MISSING", "there is no note of a backup; it is none, or unfinished", path.name
        ) from None
    except (OSError, ValueError, InvalidSignature):
        raise Internal("BACKUP_ALTERED", "is not signed by this network's audit key", path.name) from None
    return note


def write_whole(path: Path, content: bytes) -> None:
    """Put `content` in the place of the file in one step, durably; readable by the owner alone."""
    draft = path.with_name(path.name + ".draft")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
    sync_file(draft)
    draft.replace(path)
    sync_folder(path.parent)


def sha256_of_file(path: Path) -> str:
    """The SHA-256 of the file's content, as it is read back from the disk; hex."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while part := file.read(_MIB):
            digest.update(part)
    return digest.hexdigest()


def store_backups(place: Path, signer: Ed25519Signer) -> tuple[StoreBackup, ...]:
    """The finished backups in `place` (a folder of them, or one of them), the oldest first.

    Raises Internal `BACKUP_ALTERED`.
    """
    folders = [place] if (place / STORE_NOTE).is_file() else sorted(place.glob(f"*/{STORE_NOTE}"))
    found = [folder if folder.is_dir() else folder.parent for folder in folders]
    return tuple(
        StoreBackup(folder, read_note(folder / STORE_NOTE, StoreNote, signer))
        for folder in found
        if not folder.name.startswith(UNDER_WAY)
    )


def newest_store_backup(place: Path, signer: Ed25519Signer) -> StoreBackup:
    """The newest of them. Raises NotFound `BACKUP_MISSING`, Internal `BACKUP_ALTERED`."""
    found = store_backups(place, signer)
    if not found:
        raise NotFound("BACKUP_MISSING", "there is no finished backup", place.name)
    return found[-1]


def keys_backups(place: Path, signer: Ed25519Signer) -> tuple[KeysBackup, ...]:
    """The finished key backups in `place` (a folder of them, or one file), the oldest first.

    Raises Internal `BACKUP_ALTERED`.
    """
    files = [place] if place.is_file() else sorted(place.glob(f"*{KEYS_SUFFIX}"))
    noted = [file for file in files if keys_note_of(file).is_file()]
    return tuple(KeysBackup(file, read_note(keys_note_of(file), KeysNote, signer)) for file in noted)


def newest_keys_backup(place: Path, signer: Ed25519Signer) -> KeysBackup:
    """The newest of them: it opens every older backup of rows. Raises NotFound `BACKUP_MISSING`, Internal
    `BACKUP_ALTERED`.
    """
    found = keys_backups(place, signer)
    if not found:
        raise NotFound(
            "BACKUP_MISSING", "there is no key backup; name its place with --keys-from", place.name
        )
    return found[-1]


def keys_note_of(file: Path) -> Path:
    """Where the note of a key backup is."""
    return file.with_name(file.name + ".json")


def keys_place(place: Path) -> Path:
    """Where key backups go when nobody says: beside the backups, never among them."""
    place = place.parent if (place / STORE_NOTE).is_file() else place
    return place.with_name(place.name + "-keys")


def made_at(note: StoreNote | KeysNote) -> datetime:
    """When the backup was made, zone UTC."""
    return read_instant(note.made_at)


def _content(note: StoreNote | KeysNote) -> bytes:
    return _DOMAIN + type(note).__name__.encode() + b"\x00" + msgspec.json.encode(note, order="deterministic")
