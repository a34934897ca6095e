"""The accounting of disclosures: what left about one patient, to whom, when, what for and on which basis.

Sources: 42 CFR §2.25 (with consent, three years), §2.24 (through an intermediary, three years), 45 CFR 164.528 (six
years, without treatment, payment, operations, authorization and the patient's own access). What was only decided or
practised is no disclosure; what may have arrived counts as one. The same bytes handed over again are one line with
their number.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from gateway.audit import AuditEntry
from gateway.clock import instant_text
from gateway.disclosure.account import OVERTAKEN
from gateway.errors import NotUnderstood

_BY_CONSENT = "CONSENT"
_NOT_DISCLOSED = frozenset({"OWN_RECORD", ""})
_TO_HERSELF = "PATIENT_ACCESS"
_EMERGENCY = "MEDICAL_EMERGENCY"
_TREATMENT_PAYMENT_OPERATIONS = frozenset({"TREAT", "ETREAT", "HPAYMT", "HOPERAT"})
_INTERMEDIARY = "INTERMEDIARY_LIST"
DISCLOSED_ON = "disclosed_on"
"""Under which name an entry of something that left outside the gateway says on which day (`YYYY-MM-DD`)."""
OUTSIDE = {
    "COURT_ORDER": ("42 CFR 2.61 to 2.67", "HLEGAL"),
    "CRIME_REPORT": ("42 CFR 2.12(c)(5)", "HLEGAL"),
    "CHILD_ABUSE_REPORT": ("42 CFR 2.12(c)(6)", "PUBHLTH"),
    "HUMAN_RELEASE": ("a rule demands that a person releases it", "HLEGAL"),
}
"""By basis: the rule and the purpose of what only a person may disclose, outside the gateway."""
YEARS = {"all": 0, "part2": 3, "intermediary": 3, "hipaa": 6}
"""How far back each kind of account goes; 0: to the first entry."""


@dataclass(frozen=True, slots=True)
class AccountLine:
    """One disclosure as 45 CFR 164.528(b)(2) wants it told. `at` is ISO 8601 UTC text of the first time.

    `outcome`: what the recipient's system answered (`delivered`, `unknown`, `refused`, `retry`), `pulled`, or `outside`
    for what a person disclosed outside the gateway.
    """

    at: str
    recipient: str
    address: str
    description: str
    purpose: str
    discloser: str
    basis: str
    consents: tuple[str, ...]
    outcome: str
    times: int
    request_id: str


ACCOUNT_HEADS = (
    "date", "recipient", "address", "what", "purpose", "disclosed by", "basis", "consent", "outcome", "times", "request",
)  # fmt: skip
"""What the cells of `account_cells` are."""


def account_cells(line: AccountLine) -> tuple[str, ...]:
    """One line of an account as texts for a table or a file."""
    return (
        f"{line.at[:19]}Z",
        line.recipient,
        line.address,
        line.description,
        line.purpose,
        line.discloser,
        line.basis,
        " ".join(line.consents),
        line.outcome,
        str(line.times),
        line.request_id,
    )


def account_of(entries: Iterable[AuditEntry], law: str, now: datetime) -> tuple[AccountLine, ...]:
    """The lines of one patient's account under `law` (a key of `YEARS`), oldest first.

    `entries` are hers, in the order of the log. Raises NotUnderstood `LAW_UNKNOWN`.
    """
    lines: dict[tuple[str, str, str], AccountLine] = {}
    for entry in accounted_for(entries, law, now):
        line = _line(entry)
        key = (entry.partner, entry.bytes_sha256 or entry.request_id, " ".join(entry.source))
        before = lines.get(key)
        lines[key] = line if before is None else _again(before, line)
    return tuple(lines.values())


def accounted_for(entries: Iterable[AuditEntry], law: str, now: datetime) -> tuple[AuditEntry, ...]:
    """The entries that a patient's account under `law` tells of, in order. Raises NotUnderstood `LAW_UNKNOWN`."""
    if law not in YEARS:
        raise NotUnderstood("LAW_UNKNOWN", f"expected one of {', '.join(YEARS)}", "--law")
    since = _years_before(now, YEARS[law])
    allowed = list(entries)
    overtaken = {entry.request_id for entry in allowed if any(r.code == OVERTAKEN for r in entry.reasons)}
    listed = {entry.request_id for entry in allowed if _INTERMEDIARY in entry.obligations}
    return tuple(
        entry
        for entry in allowed
        if entry.request_id not in overtaken
        and entry.at >= since
        and left(entry)
        and _counts(entry, law, listed)
    )


def left(entry: AuditEntry) -> bool:
    """Whether bytes left: a push that was handed over, or an answer to a question (which names no intent)."""
    if entry.basis in _NOT_DISCLOSED:
        return False
    return entry.kind == "handover" or (entry.kind == "disclose" and not entry.subject)


def _counts(entry: AuditEntry, law: str, listed: set[str]) -> bool:
    if entry.basis == _EMERGENCY:
        return law != "intermediary"  # requirement W9: emergency entries stand in the account
    if law == "part2":
        return entry.basis == _BY_CONSENT
    if law == "intermediary":
        return entry.request_id in listed
    if law == "hipaa":
        purposes = frozenset(entry.purpose.split())
        outside = entry.basis in (_BY_CONSENT, _TO_HERSELF) or purposes <= _TREATMENT_PAYMENT_OPERATIONS
        return not outside
    return True


def _line(entry: AuditEntry) -> AccountLine:
    outside = entry.versions.get(DISCLOSED_ON) if entry.basis in OUTSIDE else None
    return AccountLine(
        at=f"{outside}T00:00:00.000000Z" if outside else entry.at,
        recipient=entry.recipient_name or entry.partner,
        address=entry.recipient_address,
        description=entry.description,
        purpose=entry.purpose,
        discloser=" ".join(entry.source),
        basis=entry.basis,
        consents=entry.consents,
        outcome="outside" if outside else entry.outcome if entry.kind == "handover" else "pulled",
        times=1,
        request_id=entry.request_id,
    )


def _again(before: AccountLine, line: AccountLine) -> AccountLine:
    """The same bytes once more: told by what is known best of them."""
    outcome = "delivered" if "delivered" in (before.outcome, line.outcome) else line.outcome
    return replace(before, times=before.times + 1, outcome=outcome)


def _years_before(now: datetime, years: int) -> str:
    if not years:
        return ""
    try:
        return instant_text(now.replace(year=now.year - years))
    except ValueError:  # 29 February
        return instant_text(now.replace(year=now.year - years, day=28))
