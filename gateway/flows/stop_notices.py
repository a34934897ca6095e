"""After a withdrawal: whoever received something under that consent is told to stop (P2-31-12, design section 10).

Nothing has to come back, and what was done in reliance on it stays lawful (42 CFR 2.31(a)(6)); but a recipient that may
use records until the consent is withdrawn (2.33) must learn that it was. Who has to be told is read from the audit log,
and so is who was; a table only says of which withdrawals there may still be somebody. The gateway tells whoever it sends
to (`stop_sending`); the others, a person, with the same words.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from itertools import islice
from typing import Any

from gateway.audit import AuditEntry, LoggedEntry, append, get, of_patient
from gateway.clock import instant_text, read_instant
from gateway.disclosure.accounting import account_of, accounted_for
from gateway.disclosure.handovers import permits_of
from gateway.disclosure.premises import Premises
from gateway.errors import NotFound, NotUnderstood
from gateway.flows.decided_here import act_entry, carry_out, why
from gateway.flows.ever_one import all_reached, ever_one_with
from gateway.partners import Network
from gateway.store import Reading, Transaction, withdrawals

TOLD = "stop_notice_given"
RULE = "42 CFR 2.31(a)(6)"
_AT_ONCE = 50
_ACCOUNTED_WITHIN = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class ToTell:
    """A recipient that has to be told. `consent` is our id of it, `items` what the recipient received under it."""

    patient: str
    consent: str
    partner: str
    recipient: str
    withdrawn_at: str
    items: tuple[tuple[str, str], ...]
    """Request id and when, the oldest first."""


def to_tell(reading: Reading, about: str | None = None, since: str = "") -> Iterator[ToTell]:
    """Every recipient that has not been told of a withdrawal (`about`: of that patient's; `since`: from that instant
    on), the newest withdrawal first.
    """
    seen: set[tuple[str, str]] = set()
    for seq in withdrawals.still_open(reading, about):
        patient_id, entry = _entry_of(reading, seq)
        if entry is None or (patient_id, entry.subject) in seen:
            continue
        if entry.at < since:
            return
        seen.add((patient_id, entry.subject))
        yield from _of_withdrawal(reading, patient_id, entry)


async def settle_withdrawals(premises: Premises) -> int:
    """Close the withdrawals of which nobody has to be told any more; how many. Again and again, a few at a time."""
    closed, before = 0, withdrawals.ABOVE_ALL
    while before:
        found, before = await asyncio.to_thread(_with_nobody_to_tell, premises, before)
        if found:
            await premises.store.write(partial(withdrawals.settle, audit_seqs=found))
            closed += len(found)
    return closed


def _with_nobody_to_tell(premises: Premises, before: int) -> tuple[list[int], int]:
    """Of the next few open ones those that can be closed, and before which to go on; 0 at the end.

    What was leaving when she withdrew is accounted for a moment later, and after a stop at the next start.
    """
    at_rest = instant_text(premises.clock.now() - _ACCOUNTED_WITHIN)
    with premises.store.read() as reading:
        few = list(islice(withdrawals.still_open(reading, before=before), _AT_ONCE))
        found = []
        for seq in few:
            patient_id, entry = _entry_of(reading, seq)
            if entry is not None and (
                entry.at > at_rest
                or any(withdrawals.is_leaving(reading, one) for one in _everyone(reading, patient_id))
                or any(_of_withdrawal(reading, patient_id, entry))
            ):
                continue
            found.append(seq)
    return found, few[-1] if few else 0


def _entry_of(reading: Reading, seq: int) -> tuple[str, AuditEntry | None]:
    """Whose consent was withdrawn by an entry of the log, and the entry; None when it can be read no more."""
    logged = get(reading, seq)
    if logged is None or logged.row.patient_id is None:
        return "", None
    return logged.row.patient_id, logged.entry


def notice_text(network: Network, told: ToTell) -> str:
    """What a recipient is told. It names neither the person, nor a program, nor what was sent."""
    desk = network.content.operator.consent_desk
    items = "".join(f"\n  {request_id} of {at[:10]}" for request_id, at in told.items)
    return (
        f"To {told.recipient}\n\n"
        f"The permission under which you received the items below was withdrawn on {told.withdrawn_at[:10]}. "
        "Please make no further use of them, and pass nothing of them on, on the basis of that permission. "
        "What was done in reliance on it before stays lawful, and nothing has to be sent back.\n"
        f"{items}\n\n"
        f"Questions: {desk.name}, {desk.phone}"
    )


async def told(premises: Premises, consent_and_partner: str, reason: str) -> dict[str, Any]:
    """Somebody has told the recipient; the log keeps how.

    Raises NotUnderstood `RECIPIENT_MISSING`, `REASON_MISSING`, NotFound `NOBODY_TO_TELL` when that partner received
    nothing under that consent, or was told before.
    """
    said = why(reason)
    consent_id, _, partner = consent_and_partner.partition(" ")
    if not partner:
        raise NotUnderstood("RECIPIENT_MISSING", "say which partner was told", "PARTNER")

    def work(tx: Transaction) -> dict[str, Any]:
        found = waiting(tx, consent_id, partner)
        at = instant_text(premises.clock.now())
        entry = act_entry(
            TOLD,
            at,
            said,
            patient_id=found.patient,
            subject=f"Consent/{found.consent}",
            partner=partner,
            rule=RULE,
        )
        append(tx, entry)
        return {"consent": consent_id, "partner": partner, "outcome": TOLD, "items": len(found.items)}

    return await carry_out(premises, work)


def waiting(reading: Reading, consent_id: str, partner: str, about: str | None = None) -> ToTell:
    """The one that has to be told (`about`: of that patient). Raises NotFound `NOBODY_TO_TELL`."""
    for one in to_tell(reading, about):
        if (one.consent, one.partner) == (consent_id, partner):
            return one
    message = "that partner received nothing under a withdrawn consent of that id, or was told"
    raise NotFound("NOBODY_TO_TELL", message, f"{consent_id} {partner}")


def _of_withdrawal(reading: Reading, patient_id: str, withdrawal: AuditEntry) -> Iterator[ToTell]:
    everyone = _everyone(reading, patient_id)
    logged = [one for known in sorted(everyone) for one in of_patient(reading, known)]
    under = _under(logged, withdrawal.subject)
    at = read_instant(withdrawal.at)
    # Of all that is logged about her: one entry may say of another that nothing of it was shown.
    disclosed = accounted_for([one.entry for one in logged if one.entry is not None], "all", at)
    by_partner: dict[str, list[AuditEntry]] = {}
    for entry in disclosed:
        if entry.request_id in under:
            by_partner.setdefault(entry.partner, []).append(entry)
    known = {
        one.entry.partner
        for one in logged
        if one.entry is not None and (one.entry.outcome, one.entry.subject) == (TOLD, withdrawal.subject)
    }
    for partner, entries in sorted(by_partner.items()):
        lines = account_of(entries, "all", at)
        if partner not in known and lines:
            items = tuple((line.request_id, line.at) for line in lines)
            consent_id = withdrawal.subject.removeprefix("Consent/")
            yield ToTell(patient_id, consent_id, partner, lines[0].recipient, withdrawal.at, items)


def _everyone(reading: Reading, patient_id: str) -> set[str]:
    """All under whom the person's log stands: with whom she is one, and with whom she ever was. What was disclosed
    of her meanwhile is logged under the other, and nobody is named who received nothing under her own consent.
    """
    return set(all_reached(partial(ever_one_with, reading), patient_id))


def _under(logged: Iterable[LoggedEntry], consent: str) -> set[str]:
    """The request ids of what the consent permitted, whichever version of it."""
    return {
        one.entry.request_id
        for one in logged
        if one.entry is not None
        and one.entry.kind == "disclose"
        and any(f"{name}/".startswith(f"{consent}/") for _, names in permits_of(one.entry) for name in names)
    }
