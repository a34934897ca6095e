"""Which version of a Consent counts, where several of one are there: the last one, and none once that is withdrawn."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from consent.model import Resource

LAST_VERSION = 10**9


def last_versions(consents: Iterable[Resource]) -> Mapping[str, tuple[int, bool]]:
    """By id the last version there is, and whether it is in force."""
    found: dict[str, tuple[int, bool]] = {}
    for consent in consents:
        given, version = consent.get("id"), _version_number(consent)
        if isinstance(given, str):
            active = consent.get("status") == "active"
            number, in_force = found.get(given, (version, active))
            if version >= number:
                found[given] = (version, active and (in_force or version > number))
    return found


def is_history(consent: Resource, last: Mapping[str, tuple[int, bool]]) -> bool:
    """Whether a later version of the same Consent took its place, or the same one was withdrawn. 42 CFR §2.31(c)(3)."""
    given = consent.get("id")
    if not isinstance(given, str):
        return False
    number, in_force = last[given]
    return _version_number(consent) < number or not in_force


def denied_inside_what_ended(consents: Iterable[Resource], last: Mapping[str, tuple[int, bool]]) -> bool:
    """Whether a permit that was withdrawn, or rejected, had denials inside it: to take a yes back, or not to give it,
    is no word on what it kept back. What was entered in error, or is not signed yet, kept nothing back.
    """
    return any(
        consent.get("status") in ("inactive", "rejected")
        and _version_number(consent) >= last.get(str(consent.get("id")), (0, False))[0]
        and isinstance(root := consent.get("provision"), Mapping)
        and root.get("type") == "permit"
        and any(node.get("type") != "permit" for node in _inside(root))
        for consent in consents
    )


def _inside(root: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    waiting: list[Any] = [root]
    while waiting:
        inner = waiting.pop().get("provision")
        found = [node for node in inner if isinstance(node, Mapping)] if isinstance(inner, list) else []
        yield from found
        waiting.extend(found)


def _version_number(consent: Resource) -> int:
    """The number of a version. Without one a consent in force is the first, one that is not in force the last."""
    meta = consent.get("meta")
    version = meta.get("versionId") if isinstance(meta, Mapping) else None
    if isinstance(version, str) and len(version) < 10 and version.isdecimal():
        return int(version)
    return 0 if consent.get("status") == "active" else LAST_VERSION
