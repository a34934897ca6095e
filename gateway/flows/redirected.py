"""A referral that its sender addresses to somebody else: who may have it is told that it is taken back, and no more."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from msgspec.structs import replace

from gateway.disclosure.handovers import may_have_arrived
from gateway.disclosure.premises import Premises
from gateway.flows.kept_labels import save_keeping_labels
from gateway.flows.new_intents import Content
from gateway.flows.sources import comes_from_program
from gateway.partners import Route
from gateway.store import Intent, Record, Transaction, intents, records

_MAY_HAVE_ARRIVED = ("delivered", "sending", "unknown")
_SENT_KINDS = ("referral", "cancel")
_ANSWER = ("statusReason", "businessStatus", "output", "executionPeriod")


def arrived(tx: Transaction, sent: Sequence[Intent]) -> list[Intent]:
    """Those of the intents that have arrived, or may have."""
    return [one for one in sent if one.state in _MAY_HAVE_ARRIVED or may_have_arrived(tx, one)]


def taken_back(
    premises: Premises,
    tx: Transaction,
    tasks: Collection[str],
    elsewhere: Sequence[Intent],
    message_id: str,
    at: str,
) -> Iterator[tuple[Route, Content]]:
    """For each partner of the intents that may have the referral and was not told so yet: what it got, the Task (one of
    `tasks`, by reference) cancelled, in the sender's words as they were sent to it; no other Task that came along.

    That the referral goes on, and to whom, is not said (P2-13-01): it reads as any cancellation. The Task's new version
    is to be saved, and what never left to be ended, after this.
    """
    ends: dict[str, str] = {}
    for partner in sorted({one.partner for one in elsewhere}):
        one = next(each for each in elsewhere if each.partner == partner)
        every = intents.of_key(tx, one.patient_id, partner, one.business_key)
        theirs = [each for each in every if each.kind in _SENT_KINDS and each.state != "cancelled"]
        there = arrived(tx, theirs)
        routes = premises.network.routes_from(one.source_partner, "referral")
        route = next((each for each in routes if each.addressee == partner), None)
        if not there or route is None or theirs[-1].kind == "cancel":
            continue
        sent = there[-1].focus
        focus = [one for one in sent if not one.startswith("Task/") or one.rpartition("/")[0] in tasks]
        ends |= {
            task: _ended(premises, tx, task, one.source_partner, at)
            for task in focus
            if task.startswith("Task/") and task not in ends
        }
        said = tuple(ends.get(reference, reference) for reference in focus)
        yield route, Content(one.source_partner, one.business_key, said, message_id, there[-1].message_type)


def cancelled(premises: Premises, task: Record, sender: str, at: str) -> Record:
    """The sender's own Task, cancelled: nothing of an answer is in it, so that whoever may see its words sees it."""
    content = {name: value for name, value in task.resource.items() if name not in _ANSWER}
    return replace(
        task,
        version=0,
        source_partner=sender,
        sources=(sender,),
        part2=comes_from_program(premises.network, (sender,), task),
        updated_at=at,
        deleted=False,
        resource={**content, "status": "cancelled", "lastModified": at},
    )


def _ended(premises: Premises, tx: Transaction, sent: str, sender: str, at: str) -> str:
    """The version of the Task that was `sent`, cancelled by its sender."""
    kind, task_id, version = sent.split("/")
    (task,) = records.versions(tx, [(kind, task_id, int(version))]).values()
    return f"{kind}/{task_id}/{save_keeping_labels(tx, cancelled(premises, task, sender, at)).version}"
