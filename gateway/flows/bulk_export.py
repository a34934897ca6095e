"""Bulk export: what a client may see of all whom its organisation knows, as files of one type each (BK-01).

An export at rest holds no words: of each patient the names of what her consents permitted when it was written, sealed
under her key. A file is made when it is fetched, decided anew for each patient: a line leaves where it was permitted
then and is permitted now, in the words that may be seen now. FHIR Bulk Data Access 2.0.0, export.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from msgspec.structs import replace

from gateway import logs
from gateway.audit import AuditReason, append
from gateway.clock import instant_text, new_id
from gateway.disclosure.account import own_record_entry
from gateway.disclosure.asked import kept_question
from gateway.disclosure.content import notice_of, notice_outcomes
from gateway.disclosure.premises import Premises
from gateway.disclosure.seen import Asking, present_questions
from gateway.disclosure.show import in_order, show
from gateway.errors import NotFound, NotNow
from gateway.flows.nothing import nothing_for
from gateway.flows.pull import of_types
from gateway.flows.waiting_text import with_waiting_text
from gateway.flows.within_scopes import within_scopes
from gateway.resources import to_json
from gateway.resources.searching import Filter, meets
from gateway.security.callers import Caller
from gateway.store import Reading, Record, Transaction, bulk_exports, patients
from gateway.store.bulk_exports import BulkExport

KEPT_FOR = timedelta(hours=24)
MOST_OF_A_CLIENT = 5
_BEGUN = AuditReason("BULK_EXPORT", "an export was begun; what leaves of it is logged when it is fetched")
_WRITTEN_BY = "bulk-export"
_ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")


class TypeLimit(msgspec.Struct, frozen=True):
    """Of a type what meets all of the filters; of several for one type, what meets any of them (`_typeFilter`)."""

    resource_type: str
    filters: tuple[Filter, ...]


class ExportAsked(msgspec.Struct, frozen=True):
    """What an export is of. `known`: whom the partner has named itself; `referred`: of whom it was sent a referral.
    `request`: the address that asked for it.
    """

    types: tuple[str, ...]
    known: bool
    referred: bool
    request: str
    filters: tuple[Filter, ...] = ()
    limits: tuple[TypeLimit, ...] = ()

    def wants(self, resource: Mapping[str, Any], zone: ZoneInfo) -> bool:
        """Whether a resource meets what was asked; dates without a zone are read in `zone`."""
        if not all(meets(resource, one, zone) for one in self.filters):
            return False
        of_type = [one for one in self.limits if one.resource_type == resource["resourceType"]]
        return not of_type or any(
            all(meets(resource, one, zone) for one in limit.filters) for limit in of_type
        )


@dataclass(frozen=True, slots=True)
class ExportState:
    """How an export stands: `status` is `writing`, `ready` or `failed`; times are ISO 8601 UTC."""

    asked: ExportAsked
    status: str
    begun_at: str
    ends_at: str


@dataclass(frozen=True, slots=True)
class FilePart:
    """What of a file is about one patient, and who she is; `patient_id` None: there is nothing more."""

    patient_id: str | None
    content: bytes = field(default=b"", repr=False)
    notices: tuple[Mapping[str, Any], ...] = ()


async def begin_export(premises: Premises, caller: Caller, asked: ExportAsked) -> str:
    """The id of a new export, which is written from now on.

    Raises NotNow `EXPORT_RUNNING` (the client's last one is being written) and `EXPORTS_TOO_MANY`.
    """
    now = premises.clock.now()
    export = BulkExport(
        id=new_id(),
        partner=caller.partner,
        client_id=caller.client_id,
        purpose=caller.purpose,
        asked=msgspec.json.encode(asked).decode(),
        begun_at=instant_text(now),
        ends_at=instant_text(now + KEPT_FOR),
    )

    def work(tx: Transaction) -> None:
        bulk_exports.drop_ended(tx, export.begun_at)
        if bulk_exports.number_of_client(tx, caller.client_id, export.begun_at) >= MOST_OF_A_CLIENT:
            text = f"at most {MOST_OF_A_CLIENT} exports are kept; delete one first"
            raise NotNow("EXPORTS_TOO_MANY", text, retry_after_seconds=600)
        if not bulk_exports.begin(tx, export):
            raise NotNow("EXPORT_RUNNING", "an export is being written", retry_after_seconds=30)
        entry = own_record_entry(
            premises,
            kind="query",
            request_id=export.id,
            at=now,
            patient_id=None,
            partner=caller.partner,
            purpose=caller.purpose,
            returned=(),
            content_sha256=None,
        )
        told = kept_question(_question(asked), None)
        append(tx, replace(entry, reasons=(_BEGUN,), subject=f"{_WRITTEN_BY}/{export.id}", asked=told))

    await premises.store.write(work)
    return export.id


async def state_of_export(premises: Premises, caller: Caller, export_id: str) -> ExportState:
    """How it stands. Raises NotFound for another's, one that has ended, was cancelled or never was."""
    async with _refusals_logged(premises, caller, export_id):
        with premises.store.read() as reading:
            export = _own(premises, reading, caller, export_id)
    return ExportState(asked_of(export), export.status, export.begun_at, export.ends_at)


async def cancel_export(premises: Premises, caller: Caller, export_id: str) -> None:
    """Delete it with all that it holds. Raises NotFound as `state_of_export` does."""

    def work(tx: Transaction) -> None:
        bulk_exports.drop(tx, _own(premises, tx, caller, export_id).id)

    async with _refusals_logged(premises, caller, export_id):
        await premises.store.write(work)


async def write_waiting(premises: Premises) -> bool:
    """Write what the exports that wait hold of one more patient each; whether there was anything to write.

    Of a paused partner nothing is written until it is not paused any more.
    """
    wrote, after, now = False, "", instant_text(premises.clock.now())
    while True:
        with premises.store.read() as reading:
            export = bulk_exports.to_write(reading, now, after)
        if export is None:
            return wrote
        after = export.id
        partner = premises.network.partners.get(export.partner)
        if partner is not None and partner.state != "paused":
            with contextlib.suppress(NotNow):  # the next round tries this one again; the others go on
                await _write_next(premises, export)
                wrote = True


async def _write_next(premises: Premises, export: BulkExport) -> None:
    """One patient more. Whatever goes wrong ends this export and nothing else. Raises NotNow to try again."""
    try:
        asked = asked_of(export)
        with premises.store.read() as reading:
            patient_id = bulk_exports.next_patient(
                reading, export.partner, export.after_patient, known=asked.known, referred=asked.referred
            )
        if patient_id is None:
            await premises.store.write(lambda tx: bulk_exports.finish(tx, export.id))
        else:
            await _write_one(premises, export, asked, patient_id)
    except NotNow:
        raise
    except Exception as error:  # noqa: BLE001  one record that cannot be shown must not end the gateway
        logs.fault(logs.Event.FAULT, error, incident_id=export.id)
        await premises.store.write(lambda tx: bulk_exports.finish(tx, export.id, "failed"))


async def _write_one(premises: Premises, export: BulkExport, asked: ExportAsked, patient_id: str) -> None:
    """Decide what may be seen of one patient, and keep the names of it; nothing is released, and the log says so."""
    zone = ZoneInfo(premises.network.zone_of(export.partner))
    names: list[str] = []

    def choose(resources: Sequence[Mapping[str, Any]]) -> Sequence[Mapping[str, Any]]:
        names[:] = sorted(_name(one) for one in resources if asked.wants(one, zone))
        return ()

    def keep(tx: Transaction, _request_id: str, _shown: bool) -> None:
        bulk_exports.go_on(tx, export.id, patient_id, msgspec.json.encode(names) if names else b"")

    caller = Caller(export.partner, export.client_id, export.purpose, frozenset(), export.id)
    await show(
        premises,
        partner=export.partner,
        purpose=export.purpose,
        select=partial(_of_patient, premises, caller, patient_id, asked.types),
        write=lambda _resources, _notices, _at: b"",
        choose=choose,
        dress=partial(with_waiting_text, premises, export.partner),
        also=keep,
        asked=_question(asked),
    )


async def part_of_file(
    premises: Premises, caller: Caller, export_id: str, resource_type: str, after: str
) -> FilePart:
    """The lines of the file of that type about the next patient by id after `after`, as decided now; each patient is an
    answer of its own in the log. Raises NotFound as `state_of_export` does.
    """
    begins = f"{resource_type}/"
    async with _refusals_logged(premises, caller, export_id):
        export, patient_id, names = _next_of(premises, caller, export_id, begins, after)
    if patient_id is None:
        return FilePart(None)
    wanted = frozenset(name for name in names if name.startswith(begins))

    keep = within_scopes(premises, caller)

    def choose(resources: Sequence[Mapping[str, Any]]) -> Sequence[Mapping[str, Any]]:
        return in_order([one for one in keep(resources) if _name(one) in wanted])

    shown = await show(
        premises,
        partner=export.partner,
        purpose=export.purpose,
        select=partial(_of_patient, premises, caller, patient_id, (resource_type,)),
        write=_lines,
        choose=choose,
        dress=partial(with_waiting_text, premises, export.partner),
        asked=_question(asked_of(export)),
    )
    return FilePart(patient_id, shown.content)


async def notices_of_export(premises: Premises, caller: Caller, export_id: str, after: str) -> FilePart:
    """The notices that go with what may be seen now of the export's next patient (42 CFR §2.32); a look in the log.

    Raises NotFound as `state_of_export` does.
    """
    async with _refusals_logged(premises, caller, export_id):
        export, patient_id, names = _next_of(premises, caller, export_id, "", after)
    if patient_id is None:
        return FilePart(None)
    found: tuple[Mapping[str, Any], ...] = ()
    keep = within_scopes(premises, caller)

    def select(reading: Reading) -> tuple[str | None, Sequence[Record]]:
        nonlocal found
        types = sorted({name.partition("/")[0] for name in names})
        hers, held = _of_patient(premises, caller, patient_id, types, reading)
        asking = Asking(export.partner, export.purpose, premises.clock.now())
        asked, _ = present_questions(premises, reading, asking, hers, held)
        shown = [(one.decision, keep([each.resource for each in one.seen])) for one in asked]
        seen = [decision for decision, theirs in shown if any(_name(each) in names for each in theirs)]
        found = notice_outcomes(notice_of(premises, decision) for decision in seen)
        return hers, held

    await show(
        premises,
        partner=export.partner,
        purpose=export.purpose,
        select=select,
        write=lambda _resources, _notices, _at: b"",
        choose=lambda _resources: (),
        asked=_question(asked_of(export)),
    )
    return FilePart(patient_id, notices=found)


def _question(asked: ExportAsked) -> str:
    """The question behind the base of the API, for the log."""
    return asked.request.partition("/fhir/")[2] or asked.request


def asked_of(export: BulkExport) -> ExportAsked:
    """What the export is of."""
    return msgspec.json.decode(export.asked, type=ExportAsked)


def _next_of(
    premises: Premises, caller: Caller, export_id: str, begins: str, after: str
) -> tuple[BulkExport, str | None, frozenset[str]]:
    """The export, its next patient of whom it holds a name that so begins, and all names it holds of her."""
    with premises.store.read() as reading:
        export = _own(premises, reading, caller, export_id)
        if export.status != "ready":
            raise _nothing()
        while (part := bulk_exports.next_part(reading, export.id, after)) is not None:
            after, held = part
            names = frozenset(msgspec.json.decode(held, type=list[str]))
            if any(name.startswith(begins) for name in names):
                return export, after, names
    return export, None, frozenset()


def _of_patient(
    premises: Premises, caller: Caller, patient_id: str, types: Sequence[str], reading: Reading
) -> tuple[str | None, Sequence[Record]]:
    if not patients.exists(reading, patient_id) or patients.is_destroyed(reading, patient_id):
        return None, ()
    return patient_id, of_types(premises, reading, caller, patient_id, types)


def _own(premises: Premises, reading: Reading, caller: Caller, export_id: str) -> BulkExport:
    """The caller's own export, asked for with the same purpose and not ended."""
    export = bulk_exports.get(reading, export_id)
    owner = (caller.partner, caller.client_id, caller.purpose)
    if export is None or (export.partner, export.client_id, export.purpose) != owner:
        raise _nothing()
    if export.ends_at <= instant_text(premises.clock.now()):
        raise _nothing()
    return export


def _nothing() -> NotFound:
    return NotFound("NO_SUCH_RECORD", "nothing can be shown for this request")


@contextlib.asynccontextmanager
async def _refusals_logged(premises: Premises, caller: Caller, export_id: str) -> AsyncIterator[None]:
    """Who asks for what is not theirs is told that there is nothing, and the log says that it was asked."""
    try:
        yield
    except NotFound:
        named = export_id if _ID.fullmatch(export_id) else "unknown"
        subject = f"{_WRITTEN_BY}/{named}"
        raise await nothing_for(premises, caller, subject, "EXPORT_OF_ANOTHER") from None


def _lines(
    resources: Sequence[Mapping[str, Any]], _notices: Sequence[Mapping[str, Any]], _at: datetime
) -> bytes:
    """NDJSON: each resource on a line of its own."""
    return b"".join(to_json(one) + b"\n" for one in resources)


def _name(resource: Mapping[str, Any]) -> str:
    return f"{resource['resourceType']}/{resource['id']}"
