"""What the store keeps and what it can do, without a word of SQL.

Rows are frozen dataclasses; those made by the dozen for one message are msgspec structs, made in C. Times are
ISO 8601 text in UTC with microseconds and `Z` (`gateway.clock.instant_text`), so that text order is time order.
Nothing here holds a clinical value in the clear but `Record.resource`, which is sealed before it reaches the file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

import msgspec

from gateway.errors import HandoffError

T = TypeVar("T")
SILENCE_SECONDS = 15
"""Where several processes share a store, one that was silent for so long has ended."""
Params = Mapping[str, object]
Key = tuple[str, str, int]
"""Type, id and version of a record."""


class Row(Protocol):
    """One row of an answer; columns by name or by place, in the order of the query."""

    def __getitem__(self, key: Any, /) -> Any: ...

    def __iter__(self) -> Iterator[Any]: ...


class Cipher(Protocol):
    """Seals payloads under a key of their own scope.

    Scopes: `patient:<id>`, `message:<id>`, `audit:<patient id>`, `network`. `row` names the row and is bound
    to the sealed bytes, so that they open nowhere else.
    """

    def seal(self, tx: Transaction | None, scope: str, row: str, plain: bytes) -> bytes:
        """`plain`, sealed. With a transaction a missing key is made; without one `KEY_MISSING` is raised."""
        ...

    def open(self, reading: Reading, scope: str, row: str, sealed: bytes) -> bytes:
        """The plain bytes. Raises NotFound `KEY_GONE` when the key was destroyed, Internal `SEAL_BROKEN`."""
        ...

    def read(self, reading: Reading, scope: str, row: str, sealed: bytes, reader: Callable[[bytes], T]) -> T:
        """What `reader` makes of the plain bytes. What was read a moment ago is given out again: it must not be
        changed. Raises as `open`.
        """
        ...

    def fetch(self, reading: Reading, scopes: Iterable[str]) -> None:
        """Have the keys of these scopes at hand, asked for at once: many of them are about to be opened."""
        ...

    def open_each(
        self, reading: Reading, asked: Sequence[tuple[str, str, bytes]]
    ) -> Iterator[bytes | HandoffError]:
        """For each (scope, row, sealed) what `open` returns or raises; their keys are asked for at once."""
        ...

    def digest(self, row: str, plain: bytes) -> bytes:
        """A keyed hash of `plain` as content of `row`, 16 bytes: by it the same content again is known."""
        ...

    def forget(self, scope: str, *, for_ever: bool = False) -> None:
        """Drop what is held in memory of the keys of `scope`; `for_ever` when they were destroyed."""
        ...

    def remember(self, scope: str) -> None:
        """A destruction of the keys of `scope` was rolled back."""
        ...


class Fresh(Protocol):
    """Records that were saved a moment ago; see `gateway.store.fresh_records`."""

    def keep(self, saved: Iterable[Record]) -> None:
        """Keep records whose saving is durable."""
        ...

    def take(self, wanted: Sequence[Key]) -> dict[Key, Record]:
        """Those of `wanted` that are here; they are not kept any longer."""
        ...

    def forget(self, patient_id: str) -> None:
        """Drop whatever is about the patient."""
        ...


class Reading(Protocol):
    """A consistent view of the store at one moment."""

    @property
    def fresh(self) -> Fresh:
        """What was saved a moment ago."""
        ...

    @property
    def cipher(self) -> Cipher:
        """What opens sealed payloads."""
        ...

    @property
    def standing(self) -> dict[str, Row] | None:
        """How patients stand at this moment, as far as it was asked for; None where that may change meanwhile."""
        ...

    def rows(self, name: str, params: Params | None = None) -> list[Row]:
        """All rows of the named query (`inbox.get` is `-- name: get` in `inbox.sql`)."""
        ...

    def row(self, name: str, params: Params | None = None) -> Row | None:
        """The first row of the named query, or None."""
        ...


class Transaction(Reading, Protocol):
    """A view of the store that may also change it. Lives only while its work runs."""

    def execute(self, name: str, params: Params | None = None) -> int:
        """Run the named statement; the number of rows it changed."""
        ...

    def execute_each(self, name: str, rows: Sequence[Params]) -> None:
        """Run the named statement once for each of `rows`, in their order."""
        ...

    def after_commit(self, action: Callable[[], None]) -> None:
        """Run `action` in the writer once this work is durable; not when it is rolled back."""
        ...

    def after_rollback(self, action: Callable[[], None]) -> None:
        """Run `action` in the writer when this work, or the group it is in, is rolled back."""
        ...

    def wipe_after_commit(self) -> None:
        """Once this work is durable, soon also overwrite what the store's own log still holds of rows deleted by
        it.
        """
        ...


class Store(Protocol):
    """One durable place. Many readers, one ordered stream of writes."""

    async def write(self, work: Callable[[Transaction], T]) -> T:
        """What `work` returns, after a commit that survives a power cut.

        `work` is quick, plain and without awaits; it runs on the event loop together with other works of the same
        moment. An exception in it undoes only its own changes and is raised here. Raises NotNow
        `STORE_BUSY` when too much waits or the disk does not take the commit.
        """
        ...

    def read(self) -> AbstractContextManager[Reading]:
        """A snapshot to read from, as of its first look; synchronous and cheap."""
        ...

    async def close(self) -> None:
        """Finish what waits, then release the file. A write after this raises NotNow `STORE_CLOSED`."""
        ...

    @property
    def is_shared(self) -> bool:
        """Whether other processes may write here too."""
        ...

    def is_alone(self) -> bool:
        """Whether no other process writes here now; a look that may take a moment."""
        ...

    @property
    def is_keeper(self) -> bool:
        """Whether this process, and of all that write here no other, does what only one may do."""
        ...


@dataclass(frozen=True, slots=True)
class InboxMessage:
    """A message that arrived. `state`: received, accepted, needs_attention, rejected, replayed, closed."""

    id: str
    partner: str
    channel: str
    control_id: str
    body_sha256: str
    format: str
    state: str
    faults: str
    business_key: str
    patient_id: str | None
    received_at: str
    replay_of: str | None = None


class Record(msgspec.Struct, frozen=True):
    """One version of a FHIR resource. `version` 0 means: not saved yet. Decimals in `resource` are exact.

    `patient_id` is None for what belongs to no patient (Organization, PractitionerRole).
    """

    resource_type: str
    id: str
    version: int
    patient_id: str | None
    source_partner: str
    sources: tuple[str, ...]
    part2: bool
    updated_at: str
    deleted: bool
    resource: Mapping[str, Any]

    @property
    def reference(self) -> str:
        """`Type/id`."""
        return f"{self.resource_type}/{self.id}"

    @property
    def version_reference(self) -> str:
        """`Type/id/_history/version`."""
        return f"{self.resource_type}/{self.id}/_history/{self.version}"


@dataclass(frozen=True, slots=True)
class ConsentState:
    """What the network may do with one consent. `standing`: usable, unverified, deficient. `reasons`: JSON of
    codes.
    """

    consent_id: str
    patient_id: str
    version: int
    standing: str
    recorded_by: str
    recorded_at: str
    reasons: str = "[]"


@dataclass(frozen=True, slots=True)
class Intent:
    """This record version should go to that partner for that purpose.

    `state`: due, held, sending, retry, delivered, refused, unknown, dead, cancelled. `kind`: referral,
    status, notice, cancel. `focus`: `Type/id/version`. `sequence` (0 until added) is the order within the
    store. `first_tried_at`: when it was first tried since it last became due; empty before. `message_type`: as which
    message of HL7 v2 the referral came (`ORM^O01`), of a status that which it answers; empty where it came otherwise.
    """

    id: str
    patient_id: str
    partner: str
    source_partner: str
    business_key: str
    purpose: str
    kind: str
    format: str
    message_id: str | None
    focus: tuple[str, ...]
    state: str
    due_at: str
    attempts: int
    reason: str
    created_at: str
    updated_at: str
    sequence: int = 0
    first_tried_at: str = ""
    message_type: str = ""


@dataclass(frozen=True, slots=True)
class Recovered:
    """What a restart found in flight: sent again, and left to a person."""

    retry: int
    unknown: int


@dataclass(frozen=True, slots=True)
class ReleaseRow:
    """A release: exact bytes that the audit entry `audit_seq` allows. `state`: prepared, handed_over,
    delivered, failed, unknown.
    """

    id: str
    intent_id: str | None
    patient_id: str
    partner: str
    audit_seq: int
    sha256: str
    media_type: str
    created_at: str
    state: str


class AuditRow(msgspec.Struct, frozen=True, gc=False):
    """One stored audit envelope: ids and codes for filters, the facts sealed, and its place in the chain.

    `facts_hash` is a salted hash of the facts, `leaf_hash` covers everything before it, `chain_hash` covers
    `leaf_hash` and the chain hash of the row before. All hashes are 32 bytes.
    """

    seq: int
    at: str
    kind: str
    patient_id: str | None
    partner: str
    purpose: str
    outcome: str
    request_id: str
    sealed: bytes
    facts_hash: bytes
    leaf_hash: bytes
    chain_hash: bytes


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Which audit rows to list; None means any. `since` counts, `until` does not; `before_seq` continues a
    page. `asked_by_partner`: with a `partner`, without what was sent to it.
    """

    patient_id: str | None = None
    partner: str | None = None
    kind: str | None = None
    purpose: str | None = None
    outcome: str | None = None
    since: str | None = None
    until: str | None = None
    before_seq: int | None = None
    asked_by_partner: bool = False


@dataclass(frozen=True, slots=True)
class CheckpointRow:
    """A signed head: after `size` entries the chain stands at `chain_hash`; `note` is the signed note."""

    size: int
    chain_hash: bytes
    note: str
    at: str


@dataclass(frozen=True, slots=True)
class ConsentRequest:
    """Somebody is asked to see to a consent for a held intent. `state`: open, closed."""

    id: str
    intent_id: str
    patient_id: str
    owner: str
    opened_at: str
    due_at: str
    state: str = "open"
    closed_at: str | None = None
    reason: str = ""
