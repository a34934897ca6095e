"""Messages: what came, what needs attention and why, what is stuck; and one message from its bytes to the answer."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from gateway import audit
from gateway.audit import LoggedEntry
from gateway.console.look import Look, Sheet, Shown, patients_of
from gateway.disclosure.release_parts import releases_of
from gateway.errors import NotFound
from gateway.store import InboxMessage, Intent, ReleaseRow, desk_lists, inbox, intents, workload
from gateway.store.model import AuditFilter

FILTERS = frozenset({"state", "partner", "since", "until", "earlier", "as"})
STATES = ("needs_attention", "accepted", "rejected", "replayed", "closed", "received")
_GROUPED = 500
_STUCK = 25
_ENTRIES = 300
_ID = re.compile(r"[A-Za-z0-9\-]{1,64}")
_HEADS = ("message", "received", "partner", "channel", "control id", "format", "state", "faults", "replay of")


@dataclass(frozen=True, slots=True)
class Came:
    """A message with the codes and places of its faults."""

    message: InboxMessage
    faults: tuple[Mapping[str, object], ...]

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes of its faults, each once."""
        return tuple(dict.fromkeys(str(fault.get("code", "")) for fault in self.faults))


@dataclass(frozen=True, slots=True)
class Way:
    """One intent that a message brought: what was decided of it, what was released, what was answered."""

    intent: Intent
    decided: tuple[LoggedEntry, ...]
    releases: tuple[ReleaseRow, ...]
    answered: tuple[LoggedEntry, ...]


def messages(look: Look) -> Shown:
    """The list, with what needs attention grouped by cause."""
    address = look.address
    before, _, before_id = (address["earlier"] or look.window.until).partition(",")
    state = address["state"] if address["state"] in STATES else ""
    found = desk_lists.messages_before(
        look.reading,
        state=state,
        partner=address["partner"],
        since=look.window.since,
        before=before,
        before_id=before_id,
        limit=look.limit,
    )
    came = tuple(_came(one) for one in found)
    number, oldest = workload.needing_attention(look.reading)
    stuck = tuple(one for kind in ("dead", "unknown") for one in intents.in_state(look.reading, kind, _STUCK))
    shown = {
        "came": came,
        "further": address.to(earlier=_place(found[-1])) if len(found) == look.limit else "",
        "states": STATES,
        "causes": _causes(look),
        "needing": number,
        "oldest": oldest,
        "stuck": desk_lists.stuck(look.reading),
        "stuck_intents": stuck,
    }
    ids = patients_of((*(one.patient_id for one in found), *(one.patient_id for one in stuck)))
    return Shown("messages.html", shown, ids, Sheet("messages", _HEADS, [_row(one) for one in came]))


def message(look: Look) -> Shown:
    """One message by its stages. Raises NotFound `NO_SUCH_MESSAGE`."""
    wanted = look.path["id"]
    found = inbox.get(look.reading, wanted) if _ID.fullmatch(wanted) else None
    if found is None:
        raise NotFound("NO_SUCH_MESSAGE", "no message has that id")
    brought = intents.of_message(look.reading, wanted)
    ways = tuple(_way(look, intent) for intent in brought)
    focus = sorted({reference for intent in brought for reference in intent.focus})
    shown = {
        "came": _came(found),
        "ways": ways,
        "focus": focus,
        "kinds": Counter(reference.partition("/")[0] for reference in focus).most_common(),
    }
    rows = [
        (
            way.intent.id,
            way.intent.partner,
            way.intent.kind,
            way.intent.state,
            way.intent.reason,
            way.intent.attempts,
        )
        for way in ways
    ]
    heads = ("intent", "to", "kind", "state", "reason", "attempts")
    ids = patients_of((found.patient_id, *(intent.patient_id for intent in brought)))
    return Shown("message_stages.html", shown, ids, Sheet("message", heads, rows))


def _way(look: Look, intent: Intent) -> Way:
    releases = releases_of(look.reading, intent.id)
    about = audit.newest(
        look.reading, _ENTRIES, AuditFilter(patient_id=intent.patient_id, partner=intent.partner)
    )
    own = {intent.id, *(release.id for release in releases)}
    mine = tuple(one for one in reversed(about) if one.entry is not None and one.entry.subject in own)
    return Way(
        intent,
        tuple(one for one in mine if one.row.kind != "handover"),
        releases,
        tuple(one for one in mine if one.row.kind == "handover"),
    )


def _place(last: InboxMessage) -> str:
    """Where the list goes on: many may have come in the same instant, as out of one batch."""
    return f"{last.received_at},{last.id}"


def _came(found: InboxMessage) -> Came:
    """The message; what else is noted with it than faults has no code."""
    noted = (fault for fault in json.loads(found.faults) if isinstance(fault, dict))
    return Came(found, tuple(fault for fault in noted if fault.get("code")))


def _causes(look: Look) -> tuple[tuple[str, str, int, str], ...]:
    """Code, sender, how many messages need attention for it, and since when; of the newest 500."""
    found = desk_lists.messages_before(
        look.reading, state="needs_attention", partner="", since="", before="", limit=_GROUPED
    )
    numbers: Counter[tuple[str, str]] = Counter()
    oldest: dict[tuple[str, str], str] = {}
    for one in found:
        for code in _came(one).codes or ("",):
            numbers[code, one.partner] += 1
            oldest[code, one.partner] = one.received_at
    return tuple(
        (code, partner, number, oldest[code, partner]) for (code, partner), number in numbers.most_common()
    )


def _row(came: Came) -> tuple[object, ...]:
    one = came.message
    return (
        one.id, one.received_at, one.partner, one.channel, one.control_id, one.format, one.state, " ".join(came.codes),
        one.replay_of or "",
    )  # fmt: skip
