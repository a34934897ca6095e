"""Where a partner puts its files, whatever it is: what the watch asks of it, and what a manifest beside a file says."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import PurePosixPath
from typing import Protocol

from gateway.clock import instant_text, new_id
from gateway.flows.files import TakenFile, in_the_file

OURS, DONE, REJECTED = ".handoff", "done", "rejected"
MANIFEST_END = ".manifest.json"
MANIFEST_BYTES = 65536
_UNFINISHED = ("~", ".part", ".filepart", ".tmp", ".crdownload")
_NOTHING = "0" * 64
"""Stands for the hash of a manifest that cannot be read: no file has it."""
_ERRORS_SHOWN = 10_000
_SHA256 = re.compile(r"[0-9a-fA-F]{64}")
_CLAIMED = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?:-([0-9a-f]{64}))?(?:\.[a-z0-9]{1,8})?")
_ENDING = re.compile(r"\.[a-z0-9]{1,8}")
Seen = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Found:
    """A file that has stopped changing; `ours`: it was claimed before. `seen`: time, size, which file."""

    name: str = field(repr=False)
    seen: Seen
    ours: bool

    @property
    def ending(self) -> str:
        """What stands behind the last dot, in small letters."""
        return PurePosixPath(self.name).suffix[1:].lower()


class PlaceTrouble(Exception):
    """Nothing can be taken here for now; `code` says why, where that is known."""

    def __init__(self, code: str | None) -> None:
        super().__init__(code)
        self.code = code


class Place(Protocol):
    """One place. Everything raises PlaceTrouble, or what is the matter with the one file."""

    async def look(self) -> tuple[Found, ...]:
        """What was claimed before, then what has not changed since the last look, oldest first."""

    async def claim(self, file: Found) -> str | None:
        """The name under which it is from now on ours; None when it changed since it was looked at."""

    async def read(self, claimed: str) -> bytes | None:
        """All of it; None when it is larger than is taken."""

    async def digest(self, claimed: str) -> str:
        """The hex SHA-256 of a file too large to be held."""

    def wanted(self, claimed: str) -> str:
        """The hex SHA-256 that its manifest says; empty when it came with none."""

    async def put_away(self, claimed: str, digest: str, taken: TakenFile, at: datetime) -> None:
        """Say what was refused, then move the file; unless it was written to since it was read."""

    async def close(self) -> None:
        """End what is open."""


def may_be_taken(name: str) -> bool:
    """Not hidden files, nor such as programs leave while they write, nor names that lead elsewhere."""
    return not (name.startswith(".") or name.lower().endswith(_UNFINISHED) or "/" in name or "\0" in name)


def is_manifest(name: str) -> bool:
    """Whether it says something of another file, `NAME.ending.manifest.json`."""
    return name.endswith(MANIFEST_END) and bool(PurePosixPath(name.removesuffix(MANIFEST_END)).suffix)


def settled(now: Mapping[str, Seen], before: Mapping[str, Seen], *, with_manifest: bool) -> tuple[Found, ...]:
    """Files that, with their manifests, did not change between two looks; those without one not `with_manifest`."""
    return tuple(
        Found(name, seen, ours=False)
        for name, seen in now.items()
        if not is_manifest(name)
        and before.get(name) == seen
        and before.get(name + MANIFEST_END) == now.get(name + MANIFEST_END)
        and (name + MANIFEST_END in now or not with_manifest)
    )


def oldest_first(found: Iterable[Found]) -> tuple[Found, ...]:
    """By time, then by name."""
    return tuple(sorted(found, key=lambda file: (file.seen[0], file.name)))


def claimed_name(name: str, wanted: str) -> str:
    """Under which a file called `name` is ours; it bears what the manifest said, so that nothing can part them."""
    ending = PurePosixPath(name).suffix.lower()
    return new_id() + (f"-{wanted}" if wanted else "") + (ending if _ENDING.fullmatch(ending) else "")


def is_claimed(name: str) -> bool:
    """Whether `claimed_name` made it."""
    return _CLAIMED.fullmatch(name) is not None


def wanted_of(claimed: str) -> str:
    """The hash in a name that `claimed_name` made; empty without one."""
    found = _CLAIMED.fullmatch(claimed)
    return (found[1] or "") if found else ""


def wanted_by(manifest: bytes, size: int) -> str:
    """The hex SHA-256 that a manifest wants of a file of `size` bytes; one that no file has when it cannot be so."""
    with suppress(ValueError, RecursionError):
        said = json.loads(manifest)
        if isinstance(said, dict) and said.get("bytes", size) == size:
            digest = said.get("sha256")
            if isinstance(digest, str) and _SHA256.fullmatch(digest):
                return digest.lower()
    return _NOTHING


def refused_in(taken: TakenFile) -> int:
    """How many of its records were not accepted."""
    return sum(one.receipt.outcome != "accepted" for one in taken.records)


def errors_told(digest: str, taken: TakenFile, at: datetime) -> bytes:
    """What was refused, for the partner: codes, places and our message numbers; no value of the file."""
    refused = [in_the_file(one) for one in taken.records if one.receipt.outcome != "accepted"]
    told = {
        "sha256": digest,
        "taken_at": instant_text(at),
        "accepted": len(taken.records) - len(refused),
        "refused": len(refused),
        "records": [
            {
                "place": one.place,
                "message": one.receipt.message_id,
                "faults": [
                    {"code": fault.code, "place": fault.place, "what is wrong": fault.message}
                    for fault in one.receipt.faults
                    if fault.severity == "E"
                ],
            }
            for one in refused[:_ERRORS_SHOWN]
        ],
    }
    return json.dumps(told, indent=1).encode() + b"\n"
