"""A person's own page: her permissions, who was told what, and what she asks of us (42 CFR 2.23, 2.25, 2.26).

She sees her own permissions and what left about her; never what an agency has written. Each look and each word of hers
is in the log before she sees the answer. While it is uncertain who she is, or once her key is destroyed, nothing is
there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from msgspec.structs import replace as with_changes

from gateway.audit import AuditEntry, append, newest, of_patient
from gateway.clock import instant_text, new_id, new_row_id
from gateway.disclosure.accounting import AccountLine, account_of
from gateway.disclosure.consent_standing import permits_at_root
from gateway.disclosure.desk_forms import types_permitted
from gateway.disclosure.gather import HERSELF
from gateway.disclosure.premises import Premises
from gateway.errors import NotFound, NotUnderstood
from gateway.flows import privacy_requests
from gateway.flows.consent_record import take_back
from gateway.flows.consents_given import WITHDRAWAL, recipients_of
from gateway.flows.decided_here import act_entry, carry_out
from gateway.flows.stop_notices import to_tell
from gateway.security.callers import Caller
from gateway.store import Reading, Record, Transaction, patients, records, same_person
from gateway.store.model import AuditFilter

BASIS = "PATIENT_ACCESS"
WITHDREW = "client_withdrew"
WISHES: Mapping[str, str] = {
    "contact": "amendment",
    "restriction": "restriction",
    "accounting": "accounting",
    "amendment": "amendment",
}
"""What she can ask for, and as which kind of request it is received."""

LONGEST_WISH, MOST_A_DAY = 500, 5
BY_HERSELF = "the person herself, on her own page"
_RECEIVED = "request_received"


@dataclass(frozen=True, slots=True)
class Permission:
    """A permission of hers in force: who (reference and display) may see which types of records, for what and until when
    (`YYYY-MM-DD`).
    """

    consent_id: str
    discloser: str
    recipients: tuple[tuple[str, str], ...] = field(repr=False)
    types: tuple[str, ...]
    purposes: tuple[str, ...]
    until: str
    allows: bool
    """Whether it permits; a denial of hers is listed as well."""


@dataclass(frozen=True, slots=True)
class Stopped:
    """What had gone before she took a permission back: to whom, how much, and the day of the last."""

    recipient: str
    items: int
    last_day: str


def kept_under(reading: Reading, patient_id: str) -> str:
    """The id she is kept under now. Raises NotFound `NOTHING_TO_SHOW` where there is nothing that she may be shown."""
    stays = same_person.stays(reading, patient_id)
    if (
        not patients.exists(reading, stays)
        or patients.is_destroyed(reading, stays)
        or not patients.certain(reading, stays)
    ):
        raise NotFound("NOTHING_TO_SHOW", "nothing can be shown for this request")
    return stays


async def permissions(premises: Premises, patient_id: str) -> tuple[Permission, ...]:
    """Her permissions in force, whoever recorded them. Raises NotFound `NOTHING_TO_SHOW`."""
    her = await _looked(premises, patient_id, "own page: permissions")
    with premises.store.read() as reading:
        found = records.of_patient(reading, her, ("Consent",))
    return tuple(_permission(one) for one in found if one.resource.get("status") == "active")


async def told_whom(premises: Premises, patient_id: str) -> tuple[AccountLine, ...]:
    """What left about her, to whom, when and what for; the oldest first. Raises NotFound `NOTHING_TO_SHOW`."""
    her = await _looked(premises, patient_id, "own page: who was told")
    with premises.store.read() as reading:
        everyone = {her, *same_person.joined_to(reading, her)}
        logged = sorted(
            (one for known in everyone for one in of_patient(reading, known)), key=lambda one: one.row.seq
        )
    entries = (one.entry for one in logged if one.entry is not None and one.entry.partner != HERSELF)
    return account_of(entries, "all", premises.clock.now())


async def withdrawn(premises: Premises, patient_id: str, consent_ids: Sequence[str]) -> tuple[Stopped, ...]:
    """She takes these permissions back (none named: all of them), in writing by sending the form; what had gone before.
    What she denied stays denied.

    Raises NotFound `NO_SUCH_CONSENT`, `NOTHING_TO_SHOW`.
    """
    at = premises.clock.now()

    def work(tx: Transaction) -> dict[str, Any]:
        her = kept_under(tx, patient_id)
        found = {
            one.id: one
            for one in records.of_patient(tx, her, ("Consent",))
            if one.resource.get("status") == "active" and permits_at_root(one.resource)
        }
        if not set(consent_ids) <= found.keys():
            raise NotFound("NO_SUCH_CONSENT", "no such permission is in force")
        for one in [found[name] for name in dict.fromkeys(consent_ids)] or list(found.values()):
            stated = [row for row in one.resource.get("extension", ()) if row.get("url") != WITHDRAWAL]
            changed = {
                **one.resource,
                "status": "inactive",
                "extension": [*stated, {"url": WITHDRAWAL, "valueCode": "in-writing"}],
            }
            recorder = Caller(one.source_partner, "", "", frozenset(), "")
            take_back(premises, tx, recorder, one, changed, at, new_id())
            _log(premises, tx, her, WITHDREW, BY_HERSELF, one.reference)
        return {"patient": her}

    her = str((await carry_out(premises, work))["patient"])
    with premises.store.read() as reading:
        gone = to_tell(reading, her)
        return tuple(
            Stopped(one.recipient, len(one.items), max(day for _, day in one.items)[:10]) for one in gone
        )


async def ask(premises: Premises, patient_id: str, kind: str, text: str) -> None:
    """She asks us for something: it is received as a request to the privacy officer, with its day.

    Raises NotUnderstood `WISH_UNKNOWN`, `WISH_EMPTY`, `WISH_TOO_LONG`, `WISHES_TOO_MANY`, NotFound `NOTHING_TO_SHOW`.
    """
    said = " ".join(text.split())
    if kind not in WISHES:
        raise NotUnderstood("WISH_UNKNOWN", f"expected one of {', '.join(WISHES)}", "kind")
    if not said:
        raise NotUnderstood("WISH_EMPTY", "say what you ask for", "text")
    if len(said) > LONGEST_WISH:
        raise NotUnderstood("WISH_TOO_LONG", f"say it in {LONGEST_WISH} letters", "text")
    now = premises.clock.now()
    with premises.store.read() as reading:
        her = kept_under(reading, patient_id)
        asked = AuditFilter(
            patient_id=her, kind="outcome", outcome=_RECEIVED, since=instant_text(now - timedelta(days=1))
        )
        if len(newest(reading, MOST_A_DAY, asked)) == MOST_A_DAY:
            raise NotUnderstood("WISHES_TOO_MANY", f"at most {MOST_A_DAY} a day", "text")
    today = now.astimezone(ZoneInfo(premises.network.zone)).date().isoformat()
    await privacy_requests.receive(premises, WISHES[kind], her, today, f"{kind}: {said}", BY_HERSELF)


async def _looked(premises: Premises, patient_id: str, page: str) -> str:
    """The id she is kept under, once it is in the log that she looks."""

    def work(tx: Transaction) -> dict[str, Any]:
        her = kept_under(tx, patient_id)
        entry = AuditEntry(
            request_id=new_row_id(),
            at=instant_text(premises.clock.now()),
            kind="read",
            patient_id=her,
            partner="",
            purpose="PATRQT",
            outcome="disclose",
            basis=BASIS,
            description=page,
        )
        append(tx, entry)
        return {"patient": her}

    return str((await premises.store.write(work))["patient"])


def _permission(record: Record) -> Permission:
    resource = record.resource
    provision: Mapping[str, Any] = resource.get("provision", {})
    organizations = [str(one.get("reference", "")) for one in resource.get("organization", ())]
    return Permission(
        consent_id=record.id,
        discloser=organizations[0] if organizations else "",
        recipients=recipients_of(resource),
        types=types_permitted(resource),
        purposes=tuple(str(one.get("code", "")) for one in provision.get("purpose", ())),
        until=str(provision.get("period", {}).get("end", ""))[:10],
        allows=permits_at_root(resource),
    )


def _log(premises: Premises, tx: Transaction, patient_id: str, outcome: str, said: str, subject: str) -> None:
    at = instant_text(premises.clock.now())
    entry = act_entry(outcome, at, said, patient_id=patient_id, subject=subject, purpose="PATRQT")
    append(tx, with_changes(entry, basis=BASIS, reasons=()))
