"""What every flow and the gate need at hand: the store, the network in force, the tables and the keys.

Built once by `gateway.wiring`; never changed while the gateway runs.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import consent
import mappings
from gateway.clock import Clock
from gateway.disclosure.seen_before import SeenBefore
from gateway.partners import Network, directory_resources
from gateway.store import Record, Store


@dataclass(frozen=True, slots=True)
class Compiled:
    """A patient's Consents and own Patients as they were read, the directory with these, and what came of it."""

    consents: tuple[consent.Resource, ...]
    compiled: consent.CompiledConsents
    directory: tuple[consent.Resource, ...]
    patients: tuple[Record, ...]
    joined: tuple[str, ...]
    """The network's ids of who was found to be her."""
    decided_by: tuple[str, ...]
    """What says who she is and how old, for the log: version references of her Patients, references of who is her."""


class CompiledConsents:
    """Compiled consents by patient, valid for one (epoch, network version) only, and dropped oldest first."""

    def __init__(self, capacity: int = 128) -> None:  # of about forty kilobytes each
        self._capacity = capacity
        self._kept: dict[tuple[str, str, str], tuple[int, Compiled]] = {}

    def get(self, patient_id: str, discloser: str, network: str, epoch: int) -> Compiled | None:
        """The consents and their compiled form for exactly this epoch, or None."""
        found = self._kept.get((patient_id, discloser, network))
        return found[1] if found is not None and found[0] == epoch else None

    def keep(self, patient_id: str, discloser: str, network: str, epoch: int, compiled: Compiled) -> None:
        """Keep `compiled`, in place of what an older epoch left."""
        self._kept.pop((patient_id, discloser, network), None)
        if len(self._kept) >= self._capacity:
            self._kept.pop(next(iter(self._kept)))
        self._kept[(patient_id, discloser, network)] = (epoch, compiled)

    def forget(self, patient_id: str) -> None:
        """Drop whatever is about the patient."""
        for key in [key for key in self._kept if key[0] == patient_id]:
            del self._kept[key]


@dataclass(frozen=True, slots=True)
class First:
    """When a record was first as a recipient sees it, and what its `lastModified` was then."""

    updated_at: str
    last_modified: Any = None


FirstKey = tuple[str, ...]
"""A version, to whom, for what, and by which network and epoch of the patient."""


class FirstShown:
    """Since when versions of records are shown as they are, until a consent begins or ends; the oldest go first."""

    def __init__(self, capacity: int = 4096) -> None:
        self._capacity = capacity
        self._kept: dict[FirstKey, tuple[First, datetime, datetime | None]] = {}

    def get(self, key: FirstKey, at: datetime) -> tuple[First, datetime | None] | None:
        """What is known at `at`, and until when it holds; or None."""
        found = self._kept.get(key)
        if found is None or at < found[1] or (found[2] is not None and at >= found[2]):
            return None
        return found[0], found[2]

    def keep(self, key: FirstKey, first: First, at: datetime, until: datetime | None) -> None:
        """Keep what was found out at `at`, good until `until`."""
        self._kept.pop(key, None)
        if len(self._kept) >= self._capacity:
            self._kept.pop(next(iter(self._kept)), None)
        self._kept[key] = (first, at, until)


@dataclass(frozen=True, slots=True)
class KeyUses:
    """What the flows do with keys: derive ids and aliases, hash what goes into an index, encrypt links of pages."""

    id_key: bytes = field(repr=False)
    alias_key: bytes = field(repr=False)
    index: Callable[[str, str, str], str]
    page_key: bytes = field(repr=False)


Services = Callable[[], tuple[Mapping[str, Any], ...]]


def no_services() -> tuple[Mapping[str, Any], ...]:
    """No directory was taken in."""
    return ()


@dataclass(frozen=True, slots=True)
class Premises:
    """The rooms' shared ground. `work_waiting` is set whenever an intent may have become due."""

    store: Store
    network: Network
    tables: consent.Tables
    library: mappings.Library
    clock: Clock
    keys: KeyUses
    work_waiting: asyncio.Event
    compiled: CompiledConsents = field(default_factory=CompiledConsents)
    directory: tuple[consent.Resource, ...] = ()
    kept: set[tuple[str, str]] = field(default_factory=set)
    """Versions of network and tables of which the store is known to hold a copy."""
    first_shown: FirstShown = field(default_factory=FirstShown)
    seen_before: SeenBefore = field(default_factory=SeenBefore)
    services: Services = no_services
    """The directory of services (FHIR), as it stands now."""

    def remembering_nothing(self) -> Premises:
        """The same premises with memories of their own: for a question in a transaction that may yet be rolled back."""
        return replace(self, compiled=CompiledConsents(), first_shown=FirstShown(), seen_before=SeenBefore())

    @staticmethod
    def directory_of(network: Network) -> tuple[consent.Resource, ...]:
        """The directory that decisions resolve actors against."""
        return directory_resources(network)
