"""Partners: how each stands and is reached, what waits for it, its certificates; and the account of one day."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from urllib.parse import urlsplit

from gateway.console import words
from gateway.console.doing import Deed, Doing, Done, confirm
from gateway.console.finding import newest_of
from gateway.console.look import Look, Sheet, Shown
from gateway.console.office import CertificateEnd
from gateway.console.tally import Part
from gateway.disclosure.reconcile import COLUMNS, day_account
from gateway.errors import NotFound, NotUnderstood
from gateway.flows.partner_pauses import go_on, pause, record_line_test
from gateway.partners.agreements import WARNED, ending, is_urgent, of_partner, unfounded
from gateway.partners.network import Partner
from gateway.partners.papers import Agreement
from gateway.store import AuditFilter, desk_lists, partner_pauses, workload

FILTERS = frozenset({"state", "day", "as"})
_SOON = timedelta(days=30)
_WAITS = ("due", "retry", "sending")
_HEADS = ("partner", "name", "kind", "state", "standing", "Part 2 program", "reached by", "waiting", "held", "dead",
          "unknown", "last handover", "certificate ends", "agreements", "trouble")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Health:
    """One partner as it stands now. `waiting` has the intents by state, `trouble` what is wrong in words (empty:
    nothing), `since` since when, `handed_over` the newest handover within the window.
    """

    id: str
    name: str
    partner: Partner
    reached_by: str
    place: str
    waiting: dict[str, int]
    handed_over: str
    certificates: tuple[CertificateEnd, ...]
    agreements: tuple[Agreement, ...]
    trouble: str
    tone: str
    since: str
    paused_since: str
    """Since when a person has nothing sent to it; empty: nobody has."""

    @property
    def queued(self) -> int:
        """How many deliveries wait or are under way."""
        return sum(self.waiting.get(state, 0) for state in _WAITS)


@dataclass(slots=True)
class _Seen:
    waiting: dict[str, int] = field(default_factory=dict)
    oldest: dict[str, str] = field(default_factory=dict)


def healths(look: Look, part: Part) -> tuple[Health, ...]:
    """Every partner of the network, in the order of its file."""
    seen: dict[str, _Seen] = {}
    for one in workload.waiting(look.reading):
        of = seen.setdefault(one.partner, _Seen())
        of.waiting[one.state], of.oldest[one.state] = one.number, one.oldest
    trying = {one.partner: one for one in desk_lists.trying(look.reading)}
    paused = {one.partner: one.since for one in partner_pauses.every(look.reading)}
    resting, ends = look.office.resting(), look.office.certificates()
    return tuple(
        _health(
            look,
            part,
            partner_id,
            partner,
            seen.get(partner_id, _Seen()),
            trying.get(partner_id),
            tuple(one for one in ends if one.whose == partner_id),
            is_resting=partner_id in resting,
            paused_since=paused.get(partner_id, ""),
        )
        for partner_id, partner in look.office.network.partners.items()
    )


def partners(look: Look) -> Shown:
    """The screen."""
    part = look.part()
    every = healths(look, part)
    wanted = look.address["state"]
    found = tuple(one for one in every if wanted in ("", one.partner.state))
    zone = look.office.network.zone
    today = look.today
    day = date.fromisoformat(look.address["day"]) if look.address["day"] else None
    shown = {
        "partners_shown": found,
        "states": [
            (state, sum(one.partner.state == state for one in every)) for state in ("live", "test", "paused")
        ],
        "own": tuple(
            one for one in look.office.certificates() if one.whose not in look.office.network.partners
        ),
        "day_shown": day,
        "account": day_account(look.reading, day, zone) if day else None,
        "columns": COLUMNS,
        "today": today,
        "yesterday": today - timedelta(days=1),
        "routes": look.office.network.content.routes,
    }
    return Shown("partners.html", shown, sheet=Sheet("partners", _HEADS, [_row(one) for one in found]))


def one_partner(look: Look) -> Shown:
    """One partner with what can be done: pause, go on, try the line. Raises NotFound `NO_SUCH_PARTNER`."""
    every = {one.id: one for one in healths(look, look.part())}
    found = every.get(look.path["id"])
    if found is None:
        raise NotFound("NO_SUCH_PARTNER", "no partner of the network has that id")
    today = look.today
    rests = tuple(
        standing for who, standing in unfounded(look.office.network.content, today) if who == found.id
    )
    operator = look.office.network.content.operator.name
    agreed = tuple((one, standing_of(one, today)) for one in found.agreements)
    return Shown("partner.html", {"one": found, "agreed": agreed, "rests": rests, "operator": operator})


def standing_of(one: Agreement, today: date) -> tuple[str, str]:
    """Tone and words of how an agreement stands on a day."""
    if today < one.starts:
        return "plain", "Later"
    if one.ends is not None and one.ends < today:
        return "bad", "Ended"
    if one.ends is not None and one.ends <= today + WARNED:
        return "bad" if is_urgent(one, today) else "middling", "Ends soon"
    return "good", "In force"


def ending_agreements(look: Look) -> tuple[tuple[Agreement, str, bool], ...]:
    """Those that end within 30 days, or have: with words, and whether within 7."""
    found = []
    for one in ending(look.office.network.content, look.today):
        verb = "ended" if one.ends is not None and one.ends < look.today else "ends"
        kind, name = words.AGREEMENTS[one.kind].partition(" (")[0], look.office.partner_name(one.party)
        text = f"Agreement with {name} ({kind.lower()}) {verb} on {words.day(str(one.ends))}"
        found.append((one, text, is_urgent(one, look.today)))
    return tuple(found)


def _ask(doing: Doing) -> Done:
    partner_id = _known(doing)
    is_pause = doing["act"] == "pause"
    follows = (
        "Nothing is sent to it from now on; all of it waits. What it sends or asks for itself goes on."
        if is_pause
        else "What waits is sent again; consent is decided anew for all of it."
    )
    return confirm(
        doing,
        heading="Pause sending" if is_pause else "Send again",
        lines=(doing.office.partner_name(partner_id), follows),
        button="Yes, pause" if is_pause else "Yes, send again",
        back=f"partners/{partner_id}",
        action=f"partners/{partner_id}/sending",
    )


async def _sending(doing: Doing) -> Done:
    partner_id = _known(doing)
    act = pause if doing["act"] == "pause" else go_on
    await act(doing.office.premises, partner_id, doing.reason, doing.visitor.name)
    return Done(location=f"partners/{partner_id}")


async def _try(doing: Doing) -> Done:
    partner_id = _known(doing)
    await record_line_test(doing.office.premises, partner_id, doing.reason, doing.visitor.name)
    found = await doing.office.try_line(partner_id)
    facts = {"found": found, "partner_id": partner_id}
    return Done(template="line_test.html", facts=facts, subject=f"partners/{partner_id}/line")


def _known(doing: Doing) -> str:
    """The partner in the path. Raises NotFound `NO_SUCH_PARTNER`, NotUnderstood `WORD_UNKNOWN`."""
    if doing.path["id"] not in doing.office.network.partners:
        raise NotFound("NO_SUCH_PARTNER", "no partner of the network has that id")
    if doing["act"] not in ("pause", "go_on", "try"):
        raise NotUnderstood("WORD_UNKNOWN", "expected pause, go_on or try", "act")
    return doing.path["id"]


DEEDS = (
    Deed("partners/{id}/sending", "partners", _sending, _ask),
    Deed("partners/{id}/line", "partners", _try),
)


def _health(
    look: Look,
    part: Part,
    partner_id: str,
    partner: Partner,
    seen: _Seen,
    trying: desk_lists.Trying | None,
    ends: tuple[CertificateEnd, ...],
    *,
    is_resting: bool,
    paused_since: str,
) -> Health:
    newest = newest_of(look.reading, part, AuditFilter(kind="handover", partner=partner_id))
    tone, trouble, since = _trouble(look, partner, seen, trying, ends, is_resting=is_resting)
    if paused_since and tone != "bad":
        tone, trouble, since = "middling", "a person has nothing sent to it", paused_since
    how, place = _reached(partner)
    return Health(
        id=partner_id,
        name=partner.organization.name,
        partner=partner,
        reached_by=how,
        place=place,
        waiting=seen.waiting,
        handed_over=newest.row.at if newest else "",
        certificates=ends,
        agreements=of_partner(look.office.network.content, partner_id),
        trouble=trouble,
        tone=tone,
        since=since,
        paused_since=paused_since,
    )


def _trouble(
    look: Look,
    partner: Partner,
    seen: _Seen,
    trying: desk_lists.Trying | None,
    ends: tuple[CertificateEnd, ...],
    *,
    is_resting: bool,
) -> tuple[str, str, str]:
    """Tone, what is wrong, and since when; the worst of it."""
    for one in ends:
        if one.ends is None or one.ends < look.now:
            return "bad", f"certificate `{one.file}` cannot be used", ""
    if seen.waiting.get("dead") or seen.waiting.get("unknown"):
        number = seen.waiting.get("dead", 0) + seen.waiting.get("unknown", 0)
        oldest = min(seen.oldest.get(state, "9") for state in ("dead", "unknown"))
        return "bad", f"{words.plural(number, 'delivery')} for a person to decide", oldest
    if trying is not None:
        left = "; left alone for a moment" if is_resting else ""
        text = f"{words.plural(trying.number, 'delivery')} tried again, last answer {trying.reason or 'none'}{left}"
        return "middling", text, trying.since
    queued = sum(seen.waiting.get(state, 0) for state in _WAITS)
    if partner.state == "paused" and queued:
        return "middling", f"paused, {words.plural(queued, 'delivery')} wait", min(seen.oldest.values())
    for one in ends:
        if one.ends is not None and one.ends < look.now + _SOON:
            return "middling", f"certificate `{one.file}` ends on {one.ends:%d %b %Y}", ""
    return "good", "", ""


def _reached(partner: Partner) -> tuple[str, str]:
    """How a partner is reached, and where; of an address only host and port, which hold no secret."""
    delivery = partner.delivery
    how = str(getattr(delivery.__struct_config__, "tag", "") or "").replace("_", " ")
    url = str(getattr(delivery, "url", "") or "")
    parts = urlsplit(url)
    place = (
        parts.netloc.rpartition("@")[2]
        if url
        else str(getattr(delivery, "address", getattr(delivery, "folder", "")))
    )
    return how or "nothing is sent", place


def _row(one: Health) -> tuple[object, ...]:
    ends = min((c.ends for c in one.certificates if c.ends is not None), default=None)
    return (
        one.id, one.name, one.partner.kind, one.partner.state, " ".join(one.partner.standing),
        "yes" if one.partner.is_part2_program else "no", f"{one.reached_by} {one.place}".strip(), one.queued,
        one.waiting.get("held", 0), one.waiting.get("dead", 0), one.waiting.get("unknown", 0), one.handed_over,
        f"{ends:%Y-%m-%d}" if ends else "",
        " ".join(f"{agreed.kind}:{agreed.starts}/{agreed.ends or '..'}" for agreed in one.agreements), one.trouble,
    )  # fmt: skip
