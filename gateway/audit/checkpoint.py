"""Signed heads of the log (C2SP `tlog-checkpoint` in a `signed-note`, Ed25519), and the witness file.

A head is the lines `<origin>`, `<size>`, `<base64 of the tree's root>`, `chain <base64 of the chain hash>`, `at
<instant>`, an empty one, and a signature. One from before there was a tree has the chain hash in the third line, and
no `chain`. The verifier's key travels as `<name>+<key id in hex>+<base64 of 0x01 and the public key>`.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import hashlib
import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from gateway.errors import NotUnderstood

_ED25519 = b"\x01"
_DASH = "\u2014 "
_SIZE = re.compile(r"[1-9][0-9]{0,17}", re.ASCII)
_TAIL = 4096


class NoteSigner(Protocol):
    """What signs heads; handed in by the wiring."""

    @property
    def name(self) -> str:
        """The name in each note, without spaces or `+`."""
        ...

    @property
    def public_key(self) -> bytes:
        """The Ed25519 public key, 32 bytes."""
        ...

    def sign(self, content: bytes) -> bytes:
        """The signature, 64 bytes."""
        ...


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A head as its note says it. `root` is None in a note from before there was a tree."""

    origin: str
    size: int
    root: bytes | None
    chain_hash: bytes
    at: str
    note: str


@dataclass(frozen=True, slots=True)
class NoteVerifier:
    """Who signs, and the public key that proves it."""

    name: str
    public_key: bytes

    @property
    def text(self) -> str:
        """The verifier key as one line of text."""
        key = base64.b64encode(_ED25519 + self.public_key).decode()
        return f"{self.name}+{_key_id(self).hex()}+{key}"


def read_verifier(text: str) -> NoteVerifier:
    """The verifier that `NoteVerifier.text` wrote. Raises NotUnderstood `VERIFIER_KEY`."""
    try:
        name, key_id, encoded = text.strip().split("+", 2)
        key = base64.b64decode(encoded, validate=True)
    except (ValueError, binascii.Error):
        raise NotUnderstood("VERIFIER_KEY", "no verifier key of the form `name+id+key`") from None
    verifier = NoteVerifier(name, key[1:])
    if key[:1] != _ED25519 or len(key) != 33 or _key_id(verifier).hex() != key_id:
        raise NotUnderstood("VERIFIER_KEY", "the verifier key is damaged")
    return verifier


def verifier_of(signer: NoteSigner) -> NoteVerifier:
    """What proves the notes of `signer`."""
    return NoteVerifier(signer.name, signer.public_key)


def sign_head(signer: NoteSigner, size: int, root: bytes, chain_hash: bytes, at: str) -> Checkpoint:
    """A signed note that vouches for the first `size` entries."""
    body = f"{signer.name}\n{size}\n{_text(root)}\nchain {_text(chain_hash)}\nat {at}\n"
    signature = _key_id(verifier_of(signer)) + signer.sign(body.encode())
    note = f"{body}\n{_DASH}{signer.name} {_text(signature)}\n"
    return Checkpoint(signer.name, size, root, chain_hash, at, note)


def read_note(note: str, verifier: NoteVerifier) -> Checkpoint:
    """The head that `note` vouches for. Raises NotUnderstood `CHECKPOINT_FORGED` when it is not signed by the
    key of `verifier` or has another form.
    """
    try:
        body, signatures = note.split("\n\n", 1)
        _check_signature(f"{body}\n".encode(), signatures, verifier)
        return _checkpoint(body, note)
    except (ValueError, binascii.Error, InvalidSignature):
        raise NotUnderstood("CHECKPOINT_FORGED", "a head of the log is not signed by the given key") from None


def size_of(note: str) -> int:
    """The number of entries that a note speaks of, whoever signed it; 0 when it is no note."""
    lines = note.split("\n", 2)
    return int(lines[1]) if len(lines) == 3 and _SIZE.fullmatch(lines[1]) else 0


def has_root(note: str) -> bool:
    """Whether a note is of a form that signs the root of the tree, whoever signed it."""
    return note.count("\nchain ") == 1


def append_witness(path: Path, *notes: str) -> None:
    """Add the notes to the witness file, one JSON line each, synced to the disk. The file only ever grows."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o640)
    with os.fdopen(descriptor, "r+b", buffering=0) as file:
        end = file.seek(0, os.SEEK_END)
        torn = end > 0 and _byte_at(file.fileno(), end - 1) != b"\n"
        lines = "".join(json.dumps({"note": note}, ensure_ascii=False) + "\n" for note in notes)
        file.write((b"\n" if torn else b"") + lines.encode())
        os.fsync(file.fileno())


def last_witnessed(path: Path, verifier: NoteVerifier) -> Checkpoint | None:
    """The head in the last line of the witness file that is signed by the key of `verifier`; None without one. Raises
    OSError.
    """
    if not path.exists():
        return None
    with path.open("rb") as file:
        size, width = file.seek(0, os.SEEK_END), _TAIL
        while True:
            begin = file.seek(max(0, size - width))
            lines = file.read(size - begin).split(b"\n")
            for line in reversed(lines[1:] if begin else lines):
                with contextlib.suppress(ValueError, KeyError, TypeError, NotUnderstood):
                    return read_note(str(json.loads(line)["note"]), verifier)
            if not begin:
                return None
            width *= 8


class WitnessFile:
    """The notes in a witness file as it was when this was made, in the order of the file, each read when it is asked
    for; lines torn by a crash are passed over. Empty without a file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._bytes = path.stat().st_size if path.exists() else 0

    def __iter__(self) -> Iterator[str]:
        if not self._bytes:
            return
        with self._path.open("rb") as file:
            for line in file:
                with contextlib.suppress(ValueError, KeyError, TypeError):
                    yield str(json.loads(line)["note"])
                if file.tell() >= self._bytes:
                    return


def read_witness(path: Path) -> tuple[str, ...]:
    """The notes in the witness file, oldest first. Empty without a file."""
    return tuple(WitnessFile(path))


def _checkpoint(body: str, note: str) -> Checkpoint:
    """What a body of either form says. Raises ValueError."""
    origin, size, hashed, *more = body.split("\n")
    chain = more.pop(0).removeprefix("chain ") if len(more) == 2 else None
    (at,) = more
    if not _SIZE.fullmatch(size) or not at.startswith("at "):
        raise ValueError("no head")
    if chain is None:
        return Checkpoint(origin, int(size), None, _hash(hashed), at[3:], note)
    return Checkpoint(origin, int(size), _hash(hashed), _hash(chain), at[3:], note)


def _hash(text: str) -> bytes:
    found = exact_bytes(text)
    if len(found) != 32:
        raise ValueError("no hash")
    return found


def exact_bytes(text: str) -> bytes:
    """The bytes of a base64 text that has only this form. Raises ValueError."""
    found = base64.b64decode(text, validate=True)
    if _text(found) != text:
        raise ValueError("not the one form of these bytes")
    return found


def _text(content: bytes) -> str:
    return base64.b64encode(content).decode()


def _byte_at(descriptor: int, offset: int) -> bytes:
    return os.pread(descriptor, 1, offset)


def _key_id(verifier: NoteVerifier) -> bytes:
    return hashlib.sha256(verifier.name.encode() + b"\n" + _ED25519 + verifier.public_key).digest()[:4]


def _check_signature(body: bytes, signatures: str, verifier: NoteVerifier) -> None:
    for line in signatures.splitlines():
        name, _, encoded = line.removeprefix(_DASH).rpartition(" ")
        signature = exact_bytes(encoded)
        if name == verifier.name and signature[:4] == _key_id(verifier):
            Ed25519PublicKey.from_public_bytes(verifier.public_key).verify(signature[4:], body)
            return
    raise ValueError("no signature of that name")
