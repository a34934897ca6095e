"""A record is written anew by who alone has sent it, under the id that it was given here. HL7 FHIR 4.0.1, update.

It is taken in as a transaction of one entry is. What others have a part in, and what they sent, nobody rewrites: to who
may not know of it that is answered as nothing is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from gateway.clock import new_id
from gateway.disclosure.premises import Premises
from gateway.disclosure.seen import Asking
from gateway.disclosure.shown_versions import present_state
from gateway.errors import AlreadyReceived, NotAllowed, NotFound
from gateway.flows import status
from gateway.flows.answers import EntryOutcome, Saved
from gateway.flows.checked import checked
from gateway.flows.nothing import nothing_for
from gateway.flows.sent_before import as_its_sender_says, sends
from gateway.flows.submissions import take_in_again
from gateway.resources import to_json
from gateway.security.callers import Caller
from gateway.store import Record, Transaction, records

_NOT_KNOWN, _OF_OTHERS = "RECORD_NOT_KNOWN_TO_CALLER", "RECORD_OF_OTHERS"
_OURS = ("versionId", "lastUpdated")
Json = Mapping[str, Any]


async def update_task(
    premises: Premises,
    caller: Caller,
    task_id: str,
    resource: Json,
    if_match: str | None,
    outputs: Sequence[Any] | None = None,
) -> Saved:
    """A new version of a referral's Task: its sender's, who corrects it or takes it back, or else its addressee's word.

    Raises as `update_own` and `status.update_task` do.
    """
    with premises.store.read() as reading:
        held = records.get(reading, "Task", task_id)
        began = held is not None and sends(premises, reading, caller.partner, held)
    if not began:
        return await status.update_task(premises, caller, task_id, resource, if_match, outputs)
    made, request_id = await update_own(premises, caller, resource, to_json(resource), if_match)
    meta = {name: value for name, value in resource.get("meta", {}).items() if name not in _OURS}
    dated = {**meta, "versionId": made.tag, "lastUpdated": made.last_modified}
    return Saved({**resource, "meta": dated}, made.tag, made.last_modified, request_id)


async def update_own(
    premises: Premises, caller: Caller, resource: Json, raw: bytes, if_match: str | None
) -> tuple[EntryOutcome, str]:
    """What became of it, with the version that its caller now reads, and the request id.

    Raises NotFound `NO_SUCH_RECORD` for what the caller may not know of, NotAllowed `RECORD_OF_OTHERS` for what it sees
    and has not sent, AlreadyReceived `VERSION_CONFLICT` where `if_match` is not what it reads now, NotUnderstood
    `RESOURCE_IN_PART` for what was read with a part of it left out, and as `accept_transaction` does.
    """
    checked(resource, str(resource["resourceType"]))
    at, request_id = premises.clock.now(), new_id()

    def work(tx: Transaction) -> EntryOutcome:
        before = _before(premises, tx, caller, resource, if_match, at)
        content = as_its_sender_says(before, resource)
        saved = take_in_again(premises, tx, caller, content, raw, at, request_id)
        shown = _as_read(premises, tx, caller, saved, at)
        tag = str(shown["meta"]["versionId"]) if shown else ""
        return EntryOutcome(saved.reference, saved.version, "200 OK", saved.updated_at, tag)

    try:
        made = await premises.store.write(work)
    except (NotFound, NotAllowed) as error:
        if error.code not in (_NOT_KNOWN, _OF_OTHERS):
            raise
        name = f"{resource['resourceType']}/{resource['id']}"
        nothing = await nothing_for(premises, caller, name, error.code)
        raise (nothing if error.code == _NOT_KNOWN else error) from None
    premises.work_waiting.set()
    return made, request_id


def _before(
    premises: Premises, tx: Transaction, caller: Caller, resource: Json, if_match: str | None, at: datetime
) -> Record:
    """The present version, which the caller alone has written."""
    before = records.get(tx, str(resource["resourceType"]), str(resource["id"]))
    if before is None or before.deleted or before.patient_id is None:
        raise NotFound(_NOT_KNOWN, "nothing is held under this id")
    shown = _as_read(premises, tx, caller, before, at)
    if shown is None:
        raise NotFound(_NOT_KNOWN, "the caller may not know of it")
    if not sends(premises, tx, caller.partner, before):
        raise NotAllowed(_OF_OTHERS, "is not yours alone: who sent it changes it")
    if if_match is not None and if_match != shown["meta"]["versionId"]:
        raise AlreadyReceived(
            "VERSION_CONFLICT", "is not the present version; read it again", "http.If-Match"
        )
    return before


def _as_read(
    premises: Premises, tx: Transaction, caller: Caller, record: Record, at: datetime
) -> Json | None:
    if record.resource_type == "Task":
        return status.shown_to(premises, tx, caller, record)
    asking = Asking(caller.partner, caller.purpose, at)
    return present_state(premises, tx, asking, str(record.patient_id), record)
