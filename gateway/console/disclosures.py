"""Disclosures: every kind of entry with facets and counts, a chart of the days, and the entries themselves."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from gateway import audit
from gateway.audit import LoggedEntry
from gateway.audit.counts import Sort
from gateway.clock import read_instant
from gateway.console import words
from gateway.console.address import Address
from gateway.console.chart import Chart, stacked
from gateway.console.finding import Facts, facets, find, is_look
from gateway.console.look import Look, Sheet, Shown, patients_of
from gateway.console.tally import Part
from gateway.store import AuditFilter

TABS: tuple[tuple[str, str, str | None], ...] = (
    ("disclose", "Disclosures", "disclose"),
    ("handover", "Handed over", "handover"),
    ("refuse", "Refusals", "refuse"),
    ("consent", "Consents", "consent"),
    ("revoke", "Withdrawals", "revoke"),
    ("outcome", "Decided by people", "outcome"),
    ("all", "All kinds", None),
)
"""Tabs of the list: address value, heading, kind in the audit log (None: all)."""
FILTERS = frozenset(
    {
        "kind",
        "patient",
        "partner",
        "purpose",
        "outcome",
        "basis",
        "program",
        "reason",
        "since",
        "until",
        "before",
        "entry",
        "as",
    }
)
_KINDS = {value: kind for value, _, kind in TABS}
_BY_COLUMN = (("outcome", "Decision"), ("partner", "Recipient"), ("purpose", "Purpose"))
_BY_FACT = (("program", "Program"), ("basis", "Basis"), ("reason", "Rule or reason"))
_FACET_VALUES = 8
_HEADS = (
    "entry", "at", "kind", "outcome", "recipient", "recipient id", "purpose", "patient", "disclosed by", "basis",
    "consents", "reasons", "what", "request",
)  # fmt: skip
_TONES = ("good", "middling", "bad", "plain", "other")


@dataclass(frozen=True, slots=True)
class FacetValue:
    """One value of a facet: how many entries have it, and the address that asks for it or no longer does."""

    code: str
    text: str
    number: int
    href: str
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class Facet:
    """A facet by which the view can be narrowed."""

    name: str
    heading: str
    values: tuple[FacetValue, ...]


def disclosures(look: Look) -> Shown:
    """The list with its facets and its chart."""
    address = look.address
    kind = _kind(address)
    wanted = AuditFilter(
        patient_id=address["patient"] or None,
        partner=address["partner"] or None,
        kind=kind,
        purpose=address["purpose"] or None,
        outcome=address["outcome"] or None,
        before_seq=int(address["before"]) if address["before"] else None,
    )
    facts = Facts(address["basis"], address["program"], address["reason"])
    part = look.part()
    found = find(look.reading, part, wanted, facts, look.rows)
    days = [] if address.wants_sheet else _days(look, part, found.entries)
    sorts = _sorts(days)
    beside = _beside(look, found.entries)
    shown: dict[str, object] = {
        "tabs": _tabs(address, sorts, is_counted=part.is_whole and not address["patient"]),
        "beside": beside,
        "kind": address["kind"] or "disclose",
        "entries": found.entries,
        "further": address.to(before=str(found.before)) if found.before else "",
        "examined": found.examined if facts.is_asked else 0,
        "facets": _facets(look, sorts, found.entries, kind),
        "opened": len(found.entries),
        "is_counted": part.is_whole,
        "chart": _chart(look, days, sorts, wanted),
    }
    sheet = Sheet("disclosures", _HEADS, [sheet_row(look, one) for one in found.entries])
    ids = patients_of(one.row.patient_id for one in (*found.entries, *((beside,) if beside else ())))
    return Shown("disclosures.html", shown, ids, sheet, before=str(found.before or ""))


def _tabs(
    address: Address, sorts: Mapping[Sort, int], *, is_counted: bool
) -> list[tuple[str, str, int | None]]:
    """Address value, heading, and how many entries of the window there are to the same recipient for the same purpose;
    None: not known.
    """
    counts: Counter[str | None] = Counter()
    for (kind, _, partner, purpose), number in sorts.items():
        if address["partner"] in ("", partner) and address["purpose"] in ("", purpose):
            counts[kind] += number
    counts[None] = counts.total()
    return [(value, heading, counts[kind] if is_counted else None) for value, heading, kind in TABS]


def _beside(look: Look, entries: tuple[LoggedEntry, ...]) -> LoggedEntry | None:
    """The entry in the panel beside the list; None without one."""
    if not look.address["entry"] or look.address.wants_sheet:
        return None
    seq = int(look.address["entry"])
    return next((one for one in entries if one.row.seq == seq), None) or audit.get(look.reading, seq)


def sheet_row(look: Look, logged: LoggedEntry) -> tuple[object, ...]:
    """One entry as cells."""
    row, entry = logged.row, logged.entry
    facts: tuple[object, ...] = ("", "", "", "(facts destroyed)")
    if entry is not None:
        codes = sorted({reason.code for reason in entry.reasons})
        facts = (" ".join(entry.source), entry.basis, " ".join(entry.consents), " ".join(codes))
    return (
        row.seq, row.at, row.kind, row.outcome, look.office.partner_name(row.partner), row.partner, row.purpose,
        row.patient_id or "", *facts, entry.description if entry else "", row.request_id,
    )  # fmt: skip


def _kind(address: Address) -> str | None:
    return _KINDS.get(address["kind"] or "disclose", "disclose")


def _days(look: Look, part: Part, entries: tuple[LoggedEntry, ...]) -> list[tuple[date, Mapping[Sort, int]]]:
    """The counts to make facets of: of the whole window, or of the entries shown where these are of one patient."""
    if not look.address["patient"]:
        return list(part.days())
    zone = words.zone_of(look.office.network.zone)
    found: dict[date, Counter[Sort]] = {}
    for row in (one.row for one in entries):
        day = read_instant(row.at).astimezone(zone).date()
        found.setdefault(day, Counter())[row.kind, row.outcome, row.partner, row.purpose] += 1
    return list(found.items())


def _sorts(days: list[tuple[date, Mapping[Sort, int]]]) -> dict[Sort, int]:
    """How many entries of each sort, without the looks of this console."""
    found: dict[Sort, int] = {}
    for _, of_day in days:
        for sort, number in of_day.items():
            found[sort] = found.get(sort, 0) + number
    return {sort: number for sort, number in found.items() if not is_look(sort[0], sort[2])}


def _facets(
    look: Look, sorts: Mapping[Sort, int], entries: tuple[LoggedEntry, ...], kind: str | None
) -> tuple[Facet, ...]:
    address = look.address
    names = {
        "outcome": words.outcome_words,
        "partner": look.office.partner_name,
        "purpose": words.purpose_words,
    }
    made = []
    for name, heading in _BY_COLUMN:
        counts: Counter[str] = Counter()
        for (of_kind, outcome, partner, purpose), number in sorts.items():
            of = {"outcome": outcome, "partner": partner, "purpose": purpose}
            others = all(address[other] in ("", of[other]) for other, _ in _BY_COLUMN if other != name)
            if others and kind in (None, of_kind) and of[name]:
                counts[of[name]] += number
        made.append(Facet(name, heading, _values(address, name, counts.most_common(), names[name])))
    opened = facets(entries)
    texts = {
        "program": look.office.partner_name,
        "basis": words.basis_words,
        "reason": lambda code: look.office.explain(code) or code,
    }
    for name, heading in _BY_FACT:
        made.append(Facet(name, heading, _values(address, name, opened[name], texts[name])))
    return tuple(made)


def _values(address: Address, name: str, counts: object, text: object) -> tuple[FacetValue, ...]:
    chosen = address[name]
    pairs: list[tuple[str, int]] = list(counts)  # type: ignore[call-overload]
    if chosen and chosen not in (code for code, _ in pairs):
        pairs.append((chosen, 0))
    pairs.sort(key=lambda one: (one[0] != chosen, -one[1], one[0]))
    return tuple(
        FacetValue(
            code,
            text(code),  # type: ignore[operator]
            number,
            address.to(**{name: "" if code == chosen else code}),
            code == chosen,
        )
        for code, number in pairs[:_FACET_VALUES]
    )


def _chart(
    look: Look, days: list[tuple[date, Mapping[Sort, int]]], sorts: Mapping[Sort, int], wanted: AuditFilter
) -> Chart:
    """Days by outcome; on the tab of everything, by kind. What is asked for is found out once for each of `sorts`."""
    place = 0 if wanted.kind is None else 1
    asked = (wanted.kind, wanted.outcome, wanted.partner, wanted.purpose)
    series_of = {
        sort: sort[place]
        for sort in sorts
        if all(want is None or want == is_ for want, is_ in zip(asked, sort, strict=True))
    }
    counts: dict[date, Counter[str]] = {}
    for day, of_sorts in days:
        of_day = counts.setdefault(day, Counter())
        for sort, number in of_sorts.items():
            if (name := series_of.get(sort)) is not None:
                of_day[name] += number
    totals: Counter[str] = Counter()
    for of_day in counts.values():
        totals.update(of_day)
    text = words.kind_words if place == 0 else words.outcome_words
    series = [
        (code, text(code), _TONES[number] if place == 0 else words.tone(code))
        for number, (code, _) in enumerate(totals.most_common(len(_TONES)))
    ]
    return stacked(counts, look.window.first, look.window.last, series)
