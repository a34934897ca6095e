"""Lists for people, on both stores: parts of the log by time, what is stuck, what came, how consents stand."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.audit import AuditEntry, append
from gateway.store import (
    AuditFilter,
    CheckpointRow,
    ConsentState,
    InboxMessage,
    Intent,
    Transaction,
    audit_rows,
    audit_window,
    consents,
    desk_lists,
    inbox,
    intents,
    patients,
    tokens,
)

HOUR = "2026-11-22T{:02}:00:00.000000Z"


def test_a_part_of_the_log_is_found_by_its_time_and_counted(store: Any, write: Any) -> None:
    def fill(tx: Transaction) -> None:
        for hour in range(10):
            kind, partner = ("read", "") if hour == 9 else ("disclose", "otp")
            append(tx, AuditEntry(f"q{hour}", HOUR.format(hour), kind, "p1", partner, "TREAT", "partial"))
        for size in (4, 10):
            audit_rows.add_checkpoint(tx, CheckpointRow(size, b"x", f"note {size}", HOUR.format(size)))

    write(fill)
    with store.read() as reading:
        assert audit_window.seq_before(reading, HOUR.format(5), 10) == 0, "within the slack"
        counted = audit_window.counted(reading, 2, 4)
        newest = audit_window.newest_between(
            reading, 2, 11, AuditFilter(kind="disclose", outcome="partial"), 2
        )
        no_looks = audit_window.newest_between(reading, 8, 11, AuditFilter(), 9, looks=False)
        heads = audit_window.newest_checkpoints(reading, 5)
        first = audit_window.first_checkpoint_from(reading, 5)
        none = audit_window.first_checkpoint_from(reading, 11)

    assert [(one.hour, one.number, one.lowest, one.highest) for one in counted] == [
        ("2026-11-22T02", 1, 3, 3), ("2026-11-22T03", 1, 4, 4),
    ]  # fmt: skip
    assert [row.seq for row in newest] == [9, 8]
    assert [row.seq for row in no_looks] == [9]
    assert [head.size for head in heads] == [10, 4]
    assert (first and first.size, none) == (10, None)


def test_times_are_exact_but_for_the_slack(store: Any, write: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit_window, "SLACK", 0)
    entry = AuditEntry("q", "", "disclose", "p1", "otp", "TREAT", "disclose")

    def fill(tx: Transaction) -> None:
        for hour in range(8):
            append(tx, AuditEntry(**{name: getattr(entry, name) for name in ("kind", "patient_id", "partner",
                   "purpose", "outcome")}, request_id="q", at=HOUR.format(hour)))  # fmt: skip

    write(fill)
    with store.read() as reading:
        found = [audit_window.seq_before(reading, HOUR.format(hour), 8) for hour in (0, 3, 8)]

    assert found == [0, 3, 8]


def test_what_is_stuck_or_tried_again_is_told_by_cause(store: Any, write: Any) -> None:
    def fill(tx: Transaction) -> None:
        for number, state in enumerate(("dead", "dead", "unknown", "retry")):
            made = Intent(
                f"i{number}", "p1", "otp", "hospital", f"k{number}", "TREAT", "referral", "fhir+json", None, (), state,
                HOUR.format(9), number, "HTTP_400", HOUR.format(number), HOUR.format(9),
            )  # fmt: skip
            intents.add(tx, made)

    write(fill)
    with store.read() as reading:
        stuck = sorted((one.state, one.number, one.oldest) for one in desk_lists.stuck(reading))
        (trying,) = desk_lists.trying(reading)

    assert stuck == [("dead", 2, HOUR.format(0)), ("unknown", 1, HOUR.format(2))]
    assert (trying.partner, trying.number, trying.attempts, trying.reason) == ("otp", 1, 3, "HTTP_400")


def test_messages_are_listed_back_from_an_instant(store: Any, write: Any) -> None:
    def fill(tx: Transaction) -> None:
        for number, state in enumerate(("accepted", "needs_attention", "accepted")):
            message = InboxMessage(
                f"m{number}",
                "otp",
                "fhir",
                f"c{number}",
                "00",
                "fhir+json",
                state,
                "[]",
                "",
                None,
                HOUR.format(number),
            )
            inbox.keep(tx, message, b"x")

    write(fill)
    with store.read() as reading:

        def ids(**asked: Any) -> list[str]:
            known = {"state": "", "partner": "", "since": "", "before": "", "limit": 9}
            return [one.id for one in desk_lists.messages_before(reading, **{**known, **asked})]

        assert ids() == ["m2", "m1", "m0"]
        assert ids(before=HOUR.format(2), limit=1) == ["m1"]
        assert ids(state="accepted", since=HOUR.format(1)) == ["m2"]
        assert ids(partner="nobody") == []


@pytest.mark.parametrize("state", ["", "accepted"])
def test_no_message_of_one_instant_is_left_out_or_told_twice_between_two_pages(
    store: Any, write: Any, state: str
) -> None:
    def fill(tx: Transaction) -> None:
        for number in (3, 1, 4, 2, 0):
            facts = (f"m{number}", "otp", "fhir", f"c{number}", "00", "fhir+json", "accepted", "[]", "", None)
            inbox.keep(tx, InboxMessage(*facts, HOUR.format(1 if number else 0)), b"x")

    write(fill)
    found: list[str] = []
    before, before_id = "", ""
    with store.read() as reading:
        while page := desk_lists.messages_before(
            reading, state=state, partner="", since="", before=before, before_id=before_id, limit=2
        ):
            found += [one.id for one in page]
            before, before_id = page[-1].received_at, page[-1].id
    assert found == ["m4", "m3", "m2", "m1", "m0"]


def test_consents_are_listed_with_every_state_they_had(store: Any, write: Any) -> None:
    for version, standing in ((1, "unverified"), (2, "usable")):

        def save(tx: Transaction, version: int = version, standing: str = standing) -> None:
            patients.raise_epoch(tx, "p1")
            consents.save(tx, ConsentState("c1", "p1", version, standing, "otp", HOUR.format(version)))

        write(save)
    with store.read() as reading:
        steps = desk_lists.consent_steps(reading, "p1")
        listed = desk_lists.consents_after(reading, "", 5)
        later = desk_lists.consents_after(reading, "c1", 5)

    assert [(one.version, one.standing) for one in steps] == [(1, "unverified"), (2, "usable")]
    assert [(one.consent_id, one.standing) for one in listed] == [("c1", "usable")]
    assert later == ()


def test_an_id_that_was_used_is_known_to_have_been(store: Any, write: Any) -> None:
    write(lambda tx: tokens.use_jti(tx, "console", "a", HOUR.format(9)))
    with store.read() as reading:
        assert tokens.was_used(reading, "console", "a")
        assert not tokens.was_used(reading, "console", "b")
