"""What should go to whom, and in which order.

A lane is one patient toward one partner. At most one intent of a lane is its *head*: the earliest that may
go. A held, unknown or dead intent holds back only later intents of its own business key; a sending or
retrying one holds back its lane. Heads are kept up to date at each change, so that claiming never searches a
queue.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

import msgspec

from gateway.errors import NotFound
from gateway.store.model import Intent, Reading, Recovered, Row, Transaction

_ENCODER = msgspec.json.Encoder()
_DECODER = msgspec.json.Decoder(tuple[str, ...])
_MAY_GO = ("due", "retry")
_HANDED_OVER = "handed_over"
AT_DESK = "AT_DESK"
"""Why an intent counts as delivered: it can be read at the page of a partner that nothing is sent to."""
BY_ITSELF_NEVER = "9999-12-31T23:59:59.999999Z"
"""When something is due that waits for somebody."""
_HOLDS_ITS_KEY = ("held", "unknown", "dead")


def add(tx: Transaction, intent: Intent) -> None:
    """Queue `intent` (due or held) behind the others of its lane. Raises AlreadyReceived `ROW_EXISTS`."""
    holder = head = None
    if intent.state in _MAY_GO:
        lane = {
            "patient_id": intent.patient_id,
            "partner": intent.partner,
            "business_key": intent.business_key,
        }
        holder, head = tx.row("intents.lane_before_adding", lane) or (None, None)
    tx.execute(
        "intents.add",
        {
            "id": intent.id,
            "patient_id": intent.patient_id,
            "partner": intent.partner,
            "source_partner": intent.source_partner,
            "business_key": intent.business_key,
            "purpose": intent.purpose,
            "kind": intent.kind,
            "format": intent.format,
            "message_id": intent.message_id,
            "focus": _ENCODER.encode(intent.focus).decode(),
            "state": intent.state,
            "due_at": intent.due_at,
            "attempts": intent.attempts,
            "reason": intent.reason,
            "created_at": intent.created_at,
            "updated_at": intent.updated_at,
            "message_type": intent.message_type,
            "blocked": int(holder is not None),
            "head": int(intent.state in _MAY_GO and holder is None and head is None),
        },
    )


def get(reading: Reading, intent_id: str) -> Intent | None:
    """The intent of that id, or None."""
    row = reading.row("intents.get", {"id": intent_id})
    return None if row is None else _intent(row)


def of_patient(reading: Reading, patient_id: str) -> tuple[Intent, ...]:
    """All intents about the patient, in their order."""
    return tuple(map(_intent, reading.rows("intents.of_patient", {"patient_id": patient_id})))


def at_desk(reading: Reading, partner: str, before: int, limit: int) -> tuple[Intent, ...]:
    """What waits for `partner` at its page, of a sequence before `before`, the newest first."""
    params = {"partner": partner, "before": before, "limit": limit}
    return tuple(map(_intent, reading.rows("intents.at_desk", params)))


def next_referred_by(reading: Reading, partner: str, after: str) -> str | None:
    """The next patient by id after `after` of those whom `partner` has referred, whatever became of it; None after the
    last.
    """
    row = reading.row("intents.next_referred_by", {"partner": partner, "after": after})
    return None if row is None or row["patient_id"] is None else str(row["patient_id"])


def of_key(reading: Reading, patient_id: str, partner: str, business_key: str) -> tuple[Intent, ...]:
    """All intents of one business key toward one partner, in their order."""
    params = {"patient_id": patient_id, "partner": partner, "business_key": business_key}
    return tuple(map(_intent, reading.rows("intents.of_key", params)))


def of_message(reading: Reading, message_id: str) -> tuple[Intent, ...]:
    """All intents that a message brought, in their order."""
    return tuple(map(_intent, reading.rows("intents.of_message", {"message_id": message_id})))


def in_state(
    reading: Reading, state: str, limit: int = 100, partner: str | None = None
) -> tuple[Intent, ...]:
    """Intents in an unsettled `state` (due, held, sending, retry, unknown, dead), the most urgent first; of one
    partner, if given.
    """
    wanted = {"state": state, "partner": partner, "limit": limit}
    return tuple(map(_intent, reading.rows("intents.in_state", wanted)))


def claim_due(
    tx: Transaction, now: str, limit: int, skip_partners: Collection[str] = ()
) -> tuple[Intent, ...]:
    """Up to `limit` intents that may go now, set to sending with one attempt more; at most one of each lane.

    Partners share `limit` fairly, the longest waiting first, so that a long queue toward one does not starve
    others.
    """
    partners = [
        row["partner"]
        for row in tx.rows("intents.partners_with_due", {"now": now})
        if row["partner"] not in skip_partners
    ]
    claimed: list[Intent] = []
    for place, partner in enumerate(partners):
        share = -(-(limit - len(claimed)) // (len(partners) - place))
        if share <= 0:
            break
        rows = tx.rows("intents.due_of_partner", {"partner": partner, "now": now, "limit": share})
        tx.execute_each("intents.claim", [{"sequence": row["sequence"], "at": now} for row in rows])
        for found in map(_intent, rows):
            attempts, first = found.attempts + 1, found.first_tried_at or now
            claimed.append(
                replace(found, state="sending", attempts=attempts, updated_at=now, first_tried_at=first)
            )
    return tuple(claimed)


def bring_forward(tx: Transaction, partner: str, now: str, latest: str) -> int:
    """Have what is to be tried again toward `partner` by `latest` go now; how many."""
    return tx.execute("intents.bring_forward", {"partner": partner, "now": now, "latest": latest})


def bring_one_forward(tx: Transaction, partners: Iterable[str], now: str) -> int:
    """Have the first that is to be tried again toward each of `partners` go now; how many."""
    return sum(
        tx.execute("intents.bring_one_forward", {"partner": partner, "now": now}) for partner in partners
    )


def partners_due(reading: Reading, now: str) -> frozenset[str]:
    """The partners for whom something may go now; a quick look before claiming."""
    return frozenset(row["partner"] for row in reading.rows("intents.partners_with_due", {"now": now}))


def finish(
    tx: Transaction, intent_id: str, state: str, at: str, reason: str, due_at: str | None = None
) -> None:
    """Settle, postpone (`retry` with `due_at`), park (`unknown`, `dead`) or cancel an intent; frees or holds
    what stands behind it. `reason` is a code. Raises NotFound `NO_SUCH_INTENT`.
    """
    now = get(tx, intent_id)
    if now is None:
        raise NotFound("NO_SUCH_INTENT", "no intent has that id")
    end(tx, now, state, at, reason, due_at)


def end(tx: Transaction, now: Intent, state: str, at: str, reason: str, due_at: str | None = None) -> None:
    """As `finish`, of an intent as it was just read in this transaction."""
    params = {"id": now.id, "state": state, "at": at, "reason": reason, "due_at": due_at}
    tx.execute("intents.set_state", params)
    _settle_after(tx, now, state)


def end_attempt(
    tx: Transaction, sending: Intent, state: str, at: str, reason: str, due_at: str | None = None
) -> bool:
    """As `finish`, of an intent as it was claimed; False where that attempt of it is not being made any more."""
    params = {"id": sending.id, "state": state, "at": at, "reason": reason, "due_at": due_at}
    if not tx.execute("intents.end_attempt", params | {"attempts": sending.attempts}):
        return False
    _settle_after(tx, sending, state)
    return True


def _settle_after(tx: Transaction, now: Intent, state: str) -> None:
    """Free or hold what stands behind an intent that was `now` and has come to `state`."""
    if now.state in _HOLDS_ITS_KEY or state in _HOLDS_ITS_KEY or state in _MAY_GO:
        _settle_key(tx, now.patient_id, now.partner, now.business_key)
    _settle_lane(tx, now.patient_id, now.partner)


def hold(tx: Transaction, intent_id: str, at: str, reason: str, wake_at: str = "") -> None:
    """Let an intent wait for a consent (or an identity), and no longer than to `wake_at`, if given: then something of
    what was decided begins or ends by itself. Raises NotFound `NO_SUCH_INTENT`.
    """
    finish(tx, intent_id, "held", at, reason, due_at=wake_at or BY_ITSELF_NEVER)


def wake_due(tx: Transaction, now: str, limit: int = 200) -> int:
    """Make held intents due whose time to be decided again has come; how many. `limit` at a time."""
    held = tx.rows("intents.held_until", {"now": now, "limit": limit})
    for row in held:
        finish(tx, row["id"], "due", now, "", due_at=now)
    return len(held)


def wake_patient(tx: Transaction, patient_id: str, at: str) -> int:
    """Make every held intent about the patient due; how many. Each is decided again before it goes."""
    held = tx.rows("intents.held_of_patient", {"patient_id": patient_id})
    for row in held:
        params = {"id": row["id"], "state": "due", "at": at, "reason": "", "due_at": at}
        tx.execute("intents.set_state", params)
    for partner, business_key in sorted({(row["partner"], row["business_key"]) for row in held}):
        _settle_key(tx, patient_id, partner, business_key)
    for partner in sorted({row["partner"] for row in held}):
        _settle_lane(tx, patient_id, partner)
    return len(held)


def move(tx: Transaction, theirs: Sequence[Intent], now_is: Mapping[str, str], to: str) -> None:
    """Make these intents the patient `to`'s, with the record versions that `now_is` gives in place of theirs; what may
    go goes in the lanes of that patient. None of them may be sending.
    """
    for intent in theirs:
        focus = tuple(now_is.get(reference, reference) for reference in intent.focus)
        moved = {"id": intent.id, "to": to, "focus": _ENCODER.encode(focus).decode()}
        tx.execute("intents.move", moved)
        tx.execute("consent_requests.move", {"intent_id": intent.id, "to": to})
    for patient_id in {to, *(intent.patient_id for intent in theirs)}:
        for partner, business_key in sorted({(intent.partner, intent.business_key) for intent in theirs}):
            _settle_key(tx, patient_id, partner, business_key)
        for partner in sorted({intent.partner for intent in theirs}):
            _settle_lane(tx, patient_id, partner)


def counts_by_state(reading: Reading) -> dict[tuple[str, str], int]:
    """(partner, state) -> how many intents, of the states that are not settled."""
    return {(row["partner"], row["state"]): row["number"] for row in reading.rows("intents.counts")}


def next_due_at(reading: Reading, partner: str) -> str | None:
    """When something may next go to `partner`; None when nothing waits."""
    row = reading.row("intents.next_due_at", {"partner": partner})
    return None if row is None else row["due_at"]


def recover_sending(tx: Transaction, at: str, ask_partners: Collection[str] = ()) -> Recovered:
    """At start, before any sender runs: what was in flight when the last process ended goes again at once.

    Where bytes may have left, the reason is `POSSIBLE_DUPLICATE`; toward `ask_partners` (`on_unknown: ask`)
    such an intent is parked as unknown for a person instead.
    """
    unknown = 0
    found = tx.rows("intents.sending")
    for row in found:
        may_have_left = row["release_state"] == _HANDED_OVER
        if may_have_left and row["partner"] in ask_partners:
            unknown += 1
            finish(tx, row["id"], "unknown", at, "INTERRUPTED")
        else:
            reason = "POSSIBLE_DUPLICATE" if may_have_left else "INTERRUPTED"
            finish(tx, row["id"], "retry", at, reason, due_at=at)
    return Recovered(len(found) - unknown, unknown)


def is_sending_left(reading: Reading) -> bool:
    """Whether something is being sent by nobody who lives, as `recover_sending` would find it."""
    return bool(reading.rows("intents.sending"))


def _settle_lane(tx: Transaction, patient_id: str, partner: str) -> None:
    """Let the earliest intent that may go be the head of its lane, unless one is being sent."""
    lane = tx.row("intents.lane", {"patient_id": patient_id, "partner": partner})
    head, sending, first = lane or (None, None, None)
    if sending is not None or head == first:
        return
    if head is not None:
        tx.execute("intents.set_head", {"sequence": head, "head": 0})
    if first is not None:
        tx.execute("intents.set_head", {"sequence": first, "head": 1})


def _settle_key(tx: Transaction, patient_id: str, partner: str, business_key: str) -> None:
    """Block what stands behind a held, unknown or dead intent of the same key; free the rest."""
    if not business_key:
        return
    holder = _key_holder(tx, patient_id, partner, business_key)
    key = {"patient_id": patient_id, "partner": partner, "business_key": business_key}
    tx.execute("intents.block_after", key | {"holder": _NEVER if holder is None else holder})


_NEVER = 2**62


def _key_holder(tx: Transaction, patient_id: str, partner: str, business_key: str) -> int | None:
    """The sequence of the earliest held, unknown or dead intent of the key; None without one or without a
    key.
    """
    if not business_key:
        return None
    key = {"patient_id": patient_id, "partner": partner, "business_key": business_key}
    row = tx.row("intents.key_holder", key)
    return None if row is None else int(row["sequence"])


def _intent(row: Row) -> Intent:
    values = list(row)
    values[9] = _DECODER.decode(values[9])
    return Intent(*values)
