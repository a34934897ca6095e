"""What the translation room hands out: translations, renderings, and located errors.

Everything here is read-only once made. Resources are plain FHIR R4 JSON mappings (dicts that nobody changes).
Lineage, complement and accounting are worked out when they are first asked for: the record path needs the
resources at once, but the proof of where every value came from only when somebody looks at it or stores it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple, Protocol

import msgspec

Severity = Literal["E", "W", "I"]


@dataclass(frozen=True, slots=True)
class Issue:
    """One thing a person should know about a translation. `place` is in the sender's own terms (`PID-3[2].4`)."""

    code: str
    severity: Severity
    place: str
    message: str
    hl7_error_code: str = "207"
    erl: str | None = None

    def answer(self) -> dict[str, str]:
        """The shape that `handoff translate` prints (mapping-language.md section 3)."""
        return {"code": self.code, "severity": self.severity, "place": self.place, "message": self.message}


class LineageRow(msgspec.Struct, frozen=True, gc=False):
    """One output leaf, the input places it was made from, and the row of the mapping that did it."""

    output: str
    inputs: tuple[str, ...]
    row: str

    def answer(self) -> dict[str, object]:
        """The shape that `handoff translate` prints."""
        return {"output": self.output, "inputs": list(self.inputs), "row": self.row}


@dataclass(frozen=True, slots=True)
class Accounting:
    """How many leaves of the source were mapped, carried, dropped or left unmapped. `leaves` is counted apart."""

    mapped: int
    carried: int
    dropped: int
    unmapped: int
    leaves: int

    def answer(self) -> dict[str, int]:
        """The shape that `handoff translate` prints."""
        return {
            "mapped": self.mapped,
            "carried": self.carried,
            "dropped": self.dropped,
            "unmapped": self.unmapped,
            "leaves": self.leaves,
        }


class Addressee(NamedTuple):
    """One code by which the sender names who shall receive the record, e.g. PRD-7 of the referred-to provider."""

    code: str
    system: str
    place: str


@dataclass(frozen=True, slots=True)
class Account:
    """The full proof of one translation: lineage, complement and accounting, and what was found on the way."""

    complement: Mapping[str, object]
    lineage: tuple[LineageRow, ...]
    accounting: Accounting
    issues: tuple[Issue, ...]


class Origin(Protocol):
    """What a translation was made from: it answers what is seldom asked, when it is asked."""

    def roles(self) -> Mapping[str, tuple[str, ...]]: ...
    def facts(self) -> Mapping[str, str]: ...
    def provenance(self) -> Mapping[str, str]: ...
    def account(self) -> Account: ...
    def leaves(self) -> Mapping[str, str]: ...


class Translation:
    """One record as FHIR resources, with everything needed to trace it.

    Resources are read-only: parts of them (codings, constants) are shared between resources and records.

    `roles` gives, for each role of the mapping (`patient`, `referral`, `task`, `requester`, ...), the ids of the
    resources made for it. `business_key` is the text of the record's key (RF1-6 for a referral). `message` holds
    header facts (`type`, `event`, `control_id`, ...), as `listed` the types of whose list it has entries and as `whole`
    those of which it tells all. `provenance` names mapping id, version and content hash and the source's SHA-256.
    """

    __slots__ = ("_account", "_origin", "addressee_codes", "business_key", "issues", "resources")

    def __init__(
        self,
        resources: tuple[dict[str, object], ...],
        issues: tuple[Issue, ...],
        business_key: str,
        addressee_codes: tuple[Addressee, ...],
        origin: Origin,
    ) -> None:
        self.resources = resources
        self.issues = issues
        self.business_key = business_key
        self.addressee_codes = addressee_codes
        self._origin = origin
        self._account: Account | None = None

    @property
    def roles(self) -> Mapping[str, tuple[str, ...]]:
        """Role -> the ids of the resources made for it."""
        return self._origin.roles()

    @property
    def provenance(self) -> Mapping[str, str]:
        """Mapping id, version, content hash, and the SHA-256 of the source."""
        return self._origin.provenance()

    @property
    def message(self) -> Mapping[str, str]:
        """Facts of the message header: `type`, `event`, `control_id`, ...; empty for other formats. `whole`: the types
        whose list is told as a whole; what the same record said before and says no more, its sender has withdrawn."""
        return self._origin.facts()

    @property
    def account(self) -> Account:
        """Lineage, complement and accounting, worked out once."""
        if self._account is None:
            self._account = self._origin.account()
        return self._account

    @property
    def complement(self) -> Mapping[str, object]:
        """Values that went into no resource (`carried`, `unmapped`), by place. As sensitive as the source."""
        return self.account.complement

    @property
    def leaves(self) -> Mapping[str, str]:
        """Every value of the source by its place, in the source's order. As sensitive as the source."""
        return self._origin.leaves()

    @property
    def lineage(self) -> tuple[LineageRow, ...]:
        """Output leaf <- input places, row."""
        return self.account.lineage

    @property
    def accounting(self) -> Accounting:
        """Every leaf of the source in exactly one class."""
        return self.account.accounting


@dataclass(frozen=True, slots=True)
class TranslatedRecord:
    """One record of a file with several: its place, and either its translation or why it was refused."""

    place: str
    translation: Translation | None
    refusal: TranslationRefused | None


class Rendered:
    """Local bytes made from resources, ready to send."""

    __slots__ = ("_find", "_issues", "content", "media_type")

    def __init__(self, content: bytes, media_type: str, find: Callable[[], tuple[Issue, ...]]) -> None:
        self.content = content
        self.media_type = media_type
        self._find = find
        self._issues: tuple[Issue, ...] | None = None

    @property
    def issues(self) -> tuple[Issue, ...]:
        """Each element without a local home, found when first asked for: the way out needs the bytes alone."""
        if self._issues is None:
            self._issues = self._find()
        return self._issues


class MappingRoomError(Exception):
    """A located error of this room: stable code, message without any value of the input, and a place."""

    def __init__(self, code: str, message: str, place: str | None = None) -> None:
        super().__init__(f"{code}: {message}" + (f" at `{place}`" if place else ""))
        self.code = code
        self.message = message
        self.place = place


class TranslationRefused(MappingRoomError):
    """The record cannot be translated; the sender should change it.

    `hl7_error_code` is a code of HL7 table 0357 for ERR-3, `erl` the place in ERR-2 form (`PID^1^3^1^1`).
    """

    def __init__(
        self,
        code: str,
        message: str,
        place: str | None = None,
        hl7_error_code: str = "207",
        erl: str | None = None,
        issues: tuple[Issue, ...] = (),
    ) -> None:
        super().__init__(code, message, place)
        self.hl7_error_code = hl7_error_code
        self.erl = erl
        self.issues = issues


class RenderRefused(MappingRoomError):
    """The resources cannot be written in this format; `place` names the element without a local home."""


class MappingFileError(MappingRoomError):
    """A mapping file, ConceptMap or sample is wrong. Names the file and, where known, line and column or row."""

    def __init__(
        self, code: str, message: str, file: str, line: int | None = None, column: int | None = None
    ) -> None:
        place = file if line is None else f"{file}:{line}" + (f":{column}" if column is not None else "")
        super().__init__(code, message, place)
        self.file = file
        self.line = line
        self.column = column
