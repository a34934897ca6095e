"""Overview: what needs attention first, and how today goes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from gateway.clock import instant_text
from gateway.console import words
from gateway.console.agreements import ending
from gateway.console.chart import stacked
from gateway.console.emergency import due_months
from gateway.console.integrity import Standing, standing
from gateway.console.look import Look, Sheet, Shown
from gateway.console.partners import Health, ending_agreements, healths
from gateway.console.tally import Part
from gateway.store import consent_requests, desk_lists, emergency_uses, privacy_requests, workload

_REQUEST_SOON = timedelta(days=7)
_LISTED = 200
_LONGEST_LAG_SECONDS = 60
_SERIES = (
    ("disclose", "Disclosures", "good"),
    ("refuse", "Refusals", "bad"),
    ("consent", "Consents recorded", "plain"),
    ("revoke", "Withdrawals", "middling"),
)


@dataclass(frozen=True, slots=True)
class Concern:
    """One thing that somebody should see to. `tone`: bad (now) or middling (soon). `href` is where it is listed."""

    tone: str
    what: str
    since: str
    href: str


def overview(look: Look) -> Shown:
    """Today's numbers, the state of partners and of the log, and what to look at first."""
    part = look.part()
    log = standing(look, part)
    partners = healths(look, part)
    concerns = tuple(
        sorted(_concerns(look, log, partners), key=lambda one: (one.tone != "bad", one.since or "9"))
    )
    today, days = _days(look, part)
    shown = {
        "concerns": concerns,
        "today": today,
        "waiting": _waiting(look),
        "log": log,
        "partners_shown": partners,
        "is_counted": part.is_whole,
        "is_told": look.told.is_known,
        "chart": stacked(days, look.window.first, look.window.last, _SERIES),
    }
    rows = [(one.tone, one.what, one.since, one.href) for one in concerns]
    return Shown(
        "overview.html", shown, sheet=Sheet("needs-attention", ("how urgent", "what", "since", "where"), rows)
    )


def _days(look: Look, part: Part) -> tuple[Counter[str], dict[date, Counter[str]]]:
    """The kinds of today's entries, and those of every day of the window."""
    days: dict[date, Counter[str]] = {}
    for day, sorts in part.days():
        kinds = days.setdefault(day, Counter())
        for (kind, *_), number in sorts.items():
            kinds[kind] += number
    return days.get(look.today, Counter()), days


def _waiting(look: Look) -> dict[str, tuple[int, str]]:
    """State of intents -> how many, and since when the oldest of them is there."""
    found: dict[str, tuple[int, str]] = {}
    for one in workload.waiting(look.reading):
        number, oldest = found.get(one.state, (0, "9"))
        found[one.state] = (number + one.number, min(oldest, one.oldest))
    return found


def _concerns(look: Look, log: Standing, partners: tuple[Health, ...]) -> Iterator[Concern]:
    yield from _of_log(log)
    yield from _of_deliveries(look)
    yield from _of_consents(look)
    number, oldest = workload.in_doubt(look.reading)
    if number:
        text = f"{words.plural(number, 'patient')} of whom it is not certain who they are"
        yield Concern("middling", text, oldest, "identity")
    yield from (_of_partner(one) for one in partners if one.trouble)
    for agreement, text, is_urgent in ending_agreements(look):
        yield Concern("bad" if is_urgent else "middling", text, "", f"partners/{agreement.party}#agreements")


def _of_log(log: Standing) -> Iterator[Concern]:
    if log.is_altered:
        text = f"The last verification found the audit log altered: {log.said}"
        yield Concern("bad", text, log.verified_at, "integrity")
    elif log.lag_seconds > _LONGEST_LAG_SECONDS:
        text = f"{words.plural(log.unsealed, 'audit entry')} not sealed by a signed head"
        yield Concern("bad", text, log.unsealed_since, "integrity")


def _of_deliveries(look: Look) -> Iterator[Concern]:
    for one in desk_lists.stuck(look.reading):
        text = f"{words.plural(one.number, 'delivery')} to {look.office.partner_name(one.partner)}: "
        text += "given up" if one.state == "dead" else "not known whether it arrived"
        yield Concern("bad", f"{text} ({one.reason})", one.oldest, "messages#stuck")
    number, oldest = workload.needing_attention(look.reading)
    if number:
        text = f"{words.plural(number, 'message')} could not be used and must be corrected"
        yield Concern("bad", text, oldest, "messages?state=needs_attention")


def _of_consents(look: Look) -> Iterator[Concern]:
    """What is held, who must be told to stop, and which use of emergency access is to be reviewed."""
    held, since = _waiting(look).get("held", (0, ""))
    if held:
        now, text = instant_text(look.now), f"{words.plural(held, 'referral')} held for a consent"
        asked = consent_requests.waiting(look.reading, None, _LISTED)
        if overdue := sum(one.request.due_at <= now for one in asked):
            text += f", {overdue} of them past the day on which the owner should have been asked"
        yield Concern("bad" if overdue else "middling", text, since, "requests")
    uses = emergency_uses.not_reviewed(look.reading, _LISTED)
    if uses:
        text = f"{words.plural(len(uses), 'use')} of emergency access to be reviewed"
        yield Concern("bad", text, min(one.opened_at for one in uses), "emergency")
    today = look.today
    for one in due_months(look, today):
        if one.is_late:
            text = f"Emergency access of {one.month.first:%B %Y} not yet looked through by two people, "
            text += f"due {one.due:%d %b %Y}"
            yield Concern("bad", text, "", f"emergency?month={one.month.first:%Y-%m}")
    by = (today + _REQUEST_SOON).isoformat()
    people = [one for one in privacy_requests.not_answered(look.reading, _LISTED) if one.due_on <= by]
    if people:
        is_late = people[0].due_on < today.isoformat()
        text = f"{words.plural(len(people), 'request')} of a person to be answered by {words.day(people[0].due_on)}"
        yield Concern("bad" if is_late else "middling", text, "", "requests/privacy")
    for agreement in ending(look):
        is_over = agreement.last_day < today.isoformat()
        text = f"The agreement of the auditor {agreement.auditor} {'ended' if is_over else 'ends'} on "
        yield Concern("middling", text + words.day(agreement.last_day), "", "requests/agreements")
    stops = look.told.found
    if stops:
        more = "more than " if look.told.is_cut else ""
        text = f"{more}{words.plural(len(stops), 'recipient')} to be told that a consent was withdrawn"
        yield Concern("bad", text, min(one.withdrawn_at for one in stops), "requests")


def _of_partner(one: Health) -> Concern:
    return Concern(
        "bad" if one.tone == "bad" else "middling", f"{one.name}: {one.trouble}", one.since, "partners"
    )
