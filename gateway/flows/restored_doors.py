"""What a restored store must know of messages and logins: who wants none, what was given up, who was sent away or shut
out since.

Where rows after the backup are known to be missing, or do not say who, no link is mailed on the word of what is older.
"""

from __future__ import annotations

from gateway.audit import get
from gateway.clock import read_instant
from gateway.flows import own_silence, phones
from gateway.flows.agency_desk import Worker
from gateway.flows.console_accounts import DISABLED, disable_again
from gateway.flows.desk_workers import SENT_AWAY, keep_away
from gateway.flows.own_contacts import AGREED, doubt_agreed
from gateway.flows.passkeys import Index
from gateway.flows.restored import Since, who_is_one
from gateway.store import Transaction
from gateway.store.model import AuditRow


def end_again(tx: Transaction, since: Since, *, index: Index, whole: bool, at: str) -> None:
    """Let what ended after the backup be ended. Doing it twice changes nothing more.

    `index`: the keyed names of `Premises.keys`. `whole`: no row after the backup is known to be missing.
    `at`: of the restore.
    """
    one_with = who_is_one(tx, since)
    silent: set[str] = set()
    is_known = whole
    for row in since.doors:
        if row.outcome == DISABLED:
            disable_again(tx, get(tx, row.seq))
        elif row.patient_id is None:
            is_known = _of_worker(tx, row, index) and is_known
        elif row.outcome == own_silence.SILENCED:
            silent.add(row.patient_id)
        elif row.outcome == own_silence.ALLOWED:
            silent.discard(row.patient_id)
        else:
            for one in one_with(row.patient_id):
                _of_client(tx, row, one, index, at)
    for one in sorted({each for said in silent for each in one_with(said)}):
        own_silence.keep_silence(index, tx, one)
    if not is_known:
        doubt_agreed(index, tx, at)
        phones.doubt_all(tx)


def _of_client(tx: Transaction, row: AuditRow, patient_id: str, index: Index, at: str) -> None:
    if row.outcome == AGREED:  # what she agreed to since is lost, and what she had agreed to before is not it
        doubt_agreed(index, tx, at, patient_id)
    else:
        phones.keep_given_up(index, tx, phones.of_client(patient_id))


def _of_worker(tx: Transaction, row: AuditRow, index: Index) -> bool:
    """Whether it can be read who of the partner's workers it was; not of an earlier restore, whose doubts are lost."""
    found = get(tx, row.seq)
    name = "" if found is None or found.entry is None else found.entry.recipient_name
    if not name:
        return False
    if row.outcome == SENT_AWAY:
        keep_away(index, tx, Worker(row.partner, name), read_instant(row.at))
    phones.keep_given_up(index, tx, phones.of_worker(row.partner, name))
    return True
