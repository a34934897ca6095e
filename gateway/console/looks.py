"""Who looked: pages of this console and commands at the machine, and whom they showed; and what partners asked."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.audit import LOOK, OPERATOR, LoggedEntry
from gateway.console.finding import Facts, find
from gateway.console.look import Look, Sheet, Shown, patients_of
from gateway.disclosure.asked import without_values
from gateway.store import AuditFilter

FILTERS = frozenset({"by", "who", "partner", "patient", "since", "until", "before", "as"})
TABS = (("people", "People"), ("partners", "Questions from partners"))
_ENTRIES_A_ROW = 4
COMMANDS = {
    "accounting": "Account of disclosures",
    "audit export": "Copy of the log",
    "audit prove": "Proof of an entry",
    "audit received": "Who received what",
    "disclosures": "Disclosures and refusals",
    "hold list": "Legal holds",
    "identity list": "Patients in doubt",
    "identity show": "Who a patient may be",
    "lanes list": "What has not reached its recipient",
    "messages list": "Messages",
    "messages show": "A message",
    "requests list": "Requests to see to",
    "requests notice": "Notice to stop",
    "requests patient-notices": "Patients without their program's notice",
    "why": "Why a request was answered as it was",
}
"""What a command shows, by its words."""


def command_words(subject: str) -> str:
    """What a command showed, in words; empty for a page of the console."""
    begun, _, command = subject.partition("handoff ")
    words = (text for begins, text in COMMANDS.items() if f"{command} ".startswith(f"{begins} "))
    return "" if begun or not command else next(words, "A command")


@dataclass(frozen=True, slots=True)
class Looked:
    """One page that somebody opened, or one command. `patients` are those on it, `said` the role and, for content, the
    reason.
    """

    seq: int
    at: str
    who: str
    said: str
    subject: str
    request_id: str
    patients: tuple[str, ...]


def looks(look: Look) -> Shown:
    """The screen."""
    return _questions(look) if look.address["by"] == "partners" else _people(look)


def _questions(look: Look) -> Shown:
    """What partners asked (AU-03): by names alone; values are shown with a reason on the page of the entry."""
    wanted = AuditFilter(
        partner=look.address["partner"] or None,
        patient_id=look.address["patient"] or None,
        before_seq=int(look.address["before"]) if look.address["before"] else None,
    )
    found = find(look.reading, look.part(), wanted, Facts(is_question=True), look.rows)
    asked = [(one.row, one.entry, without_values(one.entry.asked)) for one in found.entries if one.entry]
    facts = {
        "tabs": TABS,
        "asked": asked,
        "further": look.address.to(before=str(found.before)) if found.before else "",
    }
    rows = [
        (row.at, row.partner, row.purpose, told, row.outcome, row.patient_id or "", row.seq, row.request_id)
        for row, _, told in asked
    ]
    heads = ("at", "partner", "purpose", "question without values", "outcome", "patient", "entry", "request")
    ids = patients_of(row.patient_id for row, _, _ in asked)
    sheet = Sheet("who-asked", heads, rows)
    return Shown("looks_asked.html", facts, ids, sheet, before=str(found.before or ""))


def _people(look: Look) -> Shown:
    wanted = AuditFilter(
        kind=LOOK,
        patient_id=look.address["patient"] or None,
        before_seq=int(look.address["before"]) if look.address["before"] else None,
    )
    part = look.part()
    entries_a_row = 1 if look.address.wants_sheet else _ENTRIES_A_ROW
    found = find(look.reading, part, wanted, Facts(basis=OPERATOR), look.rows * entries_a_row)
    who = look.address["who"]
    every = _grouped(found.entries)
    shown = tuple(one for one in every if who in ("", one.who))[: look.rows]
    further = str(shown[-1].seq) if len(shown) == look.rows else str(found.before or "")
    facts = {
        "tabs": TABS,
        "looks": shown,
        "command_words": command_words,
        "people": sorted({one.who for one in every} | ({who} if who else set())),
        "further": look.address.to(before=further) if further else "",
    }
    rows = [(one.at, one.who, one.said, one.subject, " ".join(one.patients), one.request_id) for one in shown]
    heads = ("at", "who", "role and reason", "page and filters", "patients", "request")
    ids = patients_of(patient for one in shown for patient in one.patients)
    return Shown("looks.html", facts, ids, Sheet("who-looked", heads, rows), before=further)


def _grouped(entries: tuple[LoggedEntry, ...]) -> tuple[Looked, ...]:
    """One row for each page: it has an entry for each patient on it. `seq` is that of its oldest entry here."""
    pages: dict[str, list[LoggedEntry]] = {}
    for logged in entries:
        pages.setdefault(logged.row.request_id, []).append(logged)
    made = []
    for request_id, of_page in pages.items():
        last = of_page[-1]
        if last.entry is not None:
            ids = tuple(sorted({one.row.patient_id for one in of_page if one.row.patient_id}))
            entry = last.entry
            made.append(
                Looked(
                    last.row.seq,
                    last.row.at,
                    entry.recipient_name,
                    entry.description,
                    entry.subject,
                    request_id,
                    ids,
                )
            )
    return tuple(made)
