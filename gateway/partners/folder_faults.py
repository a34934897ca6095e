"""What is wrong with where partners' folders are: none may show its partner what is another's, or ours."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path

import msgspec

from gateway.partners.deliveries import FhirDelivery, FilesDelivery, MllpDelivery, WebhookDelivery
from gateway.partners.network import NetworkFile

Place = tuple[str | int, ...]
_OUR_FOLDERS = ("journal",)
_PATIENCE_SECONDS = 5.0


def shared_folders(content: NetworkFile) -> Iterator[tuple[Place, str]]:
    """Folders that two partners may look into, as far as their spelling shows it."""
    yield from _shared([(Path(os.path.normpath(name)), place) for name, place in _named(content)])
    logins: dict[tuple[str, str], list[tuple[Path, Place]]] = {}
    for name, partner in content.partners.items():
        delivery = partner.delivery
        if isinstance(delivery, FilesDelivery) and (server := delivery.sftp) is not None:
            places = logins.setdefault((server.address.lower(), server.user), [])
            there = Path(os.path.normpath(delivery.folder))
            places.append((there, ("partners", name, "delivery", "folder")))
    for index, watched in enumerate(content.folders):
        if watched.sftp is not None:
            places = logins.setdefault((watched.sftp.address.lower(), watched.sftp.user), [])
            places.append((Path(os.path.normpath(watched.folder)), ("folders", index, "folder")))
    for places in logins.values():
        yield from _shared(places)


def misplaced_folders(folder: Path, content: NetworkFile) -> Iterator[tuple[Place, str]]:
    """The same by where they really are, counted from `folder`; and those in which something of ours is."""
    named = [(_real(folder / name), place) for name, place in _named(content)]
    ours = [_real(folder / name) for name in (content.keys, *_OUR_FOLDERS)]
    files = [_real(folder), *(_real(folder / name) for name in _files(content))]
    for where, place in named:
        if any(_overlap(where, other) for other in ours) or any(
            where == file or where in file.parents for file in files
        ):
            yield (
                place,
                "is or holds a folder of the gateway's own (network file, keys, journal); choose another",
            )
    yield from _shared(named)


def _named(content: NetworkFile) -> Iterator[tuple[str, Place]]:
    for name, partner in content.partners.items():
        if isinstance(partner.delivery, FilesDelivery) and partner.delivery.sftp is None:
            yield partner.delivery.folder, ("partners", name, "delivery", "folder")
    for index, watched in enumerate(content.folders):
        if watched.sftp is None:
            yield watched.folder, ("folders", index, "folder")


def _files(content: NetworkFile) -> Iterator[str]:
    """Certificates and keys that the file names."""
    for partner in content.partners.values():
        delivery = partner.delivery
        if isinstance(delivery, WebhookDelivery):
            yield delivery.key
        if isinstance(delivery, FhirDelivery) and delivery.smart is not None:
            yield delivery.smart.key
        if isinstance(delivery, FilesDelivery) and delivery.certificate:
            yield delivery.certificate
        if isinstance(delivery, FilesDelivery) and delivery.sftp is not None:
            yield delivery.sftp.key
        if isinstance(delivery, MllpDelivery) and delivery.tls is not None:
            yield from _files_of(delivery.tls)
    yield from (watched.sftp.key for watched in content.folders if watched.sftp is not None)
    for listener in content.mllp:
        if listener.tls is not None:
            yield from _files_of(listener.tls)


def _files_of(tls: msgspec.Struct) -> Iterator[str]:
    for name in ("certificate", "key", "authorities"):
        if file := getattr(tls, name):
            yield file


def _shared(named: list[tuple[Path, Place]]) -> Iterator[tuple[Place, str]]:
    for index, (folder, place) in enumerate(named):
        if any(_overlap(folder, other) for other, _ in named[:index]):
            yield place, "is, holds or lies in the folder of another line; each needs one of its own"


def _overlap(one: Path, other: Path) -> bool:
    return one == other or one in other.parents or other in one.parents


def _real(place: Path) -> Path:
    """Where it is once links are followed. A share that hangs is not waited for: then, what its spelling says."""
    found: list[str] = []
    asking = threading.Thread(target=lambda: found.append(os.path.realpath(place)), daemon=True)
    asking.start()
    asking.join(_PATIENCE_SECONDS)
    return Path(found[0] if found else os.path.normpath(Path.cwd() / place))
