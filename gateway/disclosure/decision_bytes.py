"""What a decision says, as bytes that stay: their hash stands in the audit log, and deciding again must give it again.

More than the answer of `handoff decide`: also which elements are to be removed, the legal basis and the notes.
"""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable

import msgspec

import consent

_ENCODER = msgspec.json.Encoder()
# Whatever has a part in what is asked or answered.
_ENGINE = (
    "consent",
    "gateway/disclosure/gather.py",
    "gateway/disclosure/gathered.py",
    "gateway/disclosure/co_sources.py",
    "gateway/disclosure/consent_standing.py",
    "gateway/partners/network.py",
    "gateway/partners/directory.py",
)


def decision_bytes(decision: consent.Decision) -> bytes:
    """Everything the decision says, as JSON; what was only remembered on the way is left out."""
    return _ENCODER.encode(
        (
            decision.outcome,
            decision.resources,
            decision.consents,
            decision.obligations,
            decision.basis,
            decision.purposes,
            decision.recipient,
            decision.scopes,
            decision.notes,
            decision.versions,
            decision.semantics_version,
        )
    )


def decision_sha256(decision: consent.Decision) -> str:
    """The hex SHA-256 of `decision_bytes`."""
    return hashlib.sha256(decision_bytes(decision)).hexdigest()


@cache
def engine_version() -> str:
    """A hash of the program that decides: the consent room, and the modules that ask it. 16 hex digits."""
    digest = hashlib.sha256()
    for path in _ENGINE:
        package, _, rest = path.partition("/")
        _add(digest, files(package).joinpath(rest) if rest else files(package), path)
    return digest.hexdigest()[:16]


def _add(digest: hashlib._Hash, place: Traversable, path: str) -> None:
    if place.is_file():
        if path.endswith(".py"):
            digest.update(path.encode() + b"\0" + hashlib.sha256(place.read_bytes()).digest())
        return
    for entry in sorted(place.iterdir(), key=lambda entry: entry.name):
        if entry.name != "__pycache__":
            _add(digest, entry, f"{path}/{entry.name}")
