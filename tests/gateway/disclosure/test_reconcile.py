"""What senders were told is accepted adds up with what became of it and with what the audit log says left."""

from __future__ import annotations

import io
import json
import sqlite3
from datetime import date
from typing import Any

import pytest

from gateway.cli.reconcile_command import print_day
from gateway.disclosure.handovers import account_for
from gateway.disclosure.reconcile import day_account
from tests.gateway.county import County

DAY, ZONE = date(2026, 4, 11), "America/Phoenix"


def handed_over(county: County) -> None:
    """The one due referral, released, delivered and accounted for."""
    made = county.deliver()
    county.write(lambda tx: account_for(tx, made.id, made.entry, "delivered", "HTTP_200", county.clock.now()))


def account(county: County, day: date = DAY) -> Any:
    return county.look(lambda reading: day_account(reading, day, ZONE))


def test_each_message_of_a_day_became_something(county: County) -> None:
    county.refer()
    county.refer("ED-2", "R-2")
    county.consent()
    held = county.claim()
    for intent in held:
        county.settle(intent, "dead", "HTTP_400")
    county.refer("ED-4", "R-4")

    found = account(county)

    # her consent asks for nothing to be sent
    assert [(one.partner, one.number, one.without_news) for one in found.accepted] == [("hospital", 4, 1)]
    assert sum(found.sent["otp"].values()) == 3
    assert found.sent["otp"]["dead"] == len(held) == 1
    assert found.adds_up


def test_the_same_again_asks_for_nothing_new_and_is_counted(county: County) -> None:
    county.consent()
    county.refer()
    handed_over(county)
    county.refer("ED-2")

    found = account(county)

    assert [(one.number, one.without_news) for one in found.accepted] == [(3, 2)]
    assert found.sent == {"otp": {"delivered": 1}}
    assert found.adds_up


def test_a_day_ends_at_midnight_where_the_network_is(county: County) -> None:
    """15:00 UTC on the 11th is the 11th in Phoenix and nothing of the 10th or 12th."""
    county.refer()

    assert account(county).since == "2026-04-11T07:00:00.000000Z"
    for other in (10, 12):
        assert account(county, date(2026, 4, other)).accepted == ()


def test_a_delivery_that_the_audit_log_does_not_know_is_named(county: County) -> None:
    county.consent()
    county.refer()
    county.deliver()
    told = io.StringIO()

    assert county.look(lambda reading: print_day(reading, DAY, ZONE, out=told)) == 1

    assert f"intent {county.intents()[0].id} counts as delivered" in told.getvalue()


def test_a_handover_without_its_release_is_named(county: County) -> None:
    county.consent()
    county.refer()
    handed_over(county)
    seq = county.audit("handover")[-1].row.seq
    connection = sqlite3.connect(county.store.path)
    connection.execute("DELETE FROM releases")
    connection.commit()
    connection.close()

    found = account(county)

    assert found.handed_over_unreleased == (seq,)
    assert not found.adds_up


def test_the_report_names_partners_and_numbers_and_nobody(county: County) -> None:
    county.consent()
    county.refer()
    handed_over(county)
    table, rows = io.StringIO(), io.StringIO()

    assert county.look(lambda reading: print_day(reading, DAY, ZONE, out=table)) == 0
    assert county.look(lambda reading: print_day(reading, DAY, ZONE, as_json=True, out=rows)) == 0

    assert json.loads(rows.getvalue())["sent"] == {"otp": {"delivered": 1}}
    for word in ("Testperson", "770011", county.patient_id):
        assert word not in table.getvalue() + rows.getvalue()


@pytest.mark.parametrize("day", ["yesterday", "2026-02-30"])
def test_a_day_that_is_none_is_wrong_usage(
    county: County, day: str, capsys: pytest.CaptureFixture[str]
) -> None:
    from gateway.cli.reconcile_command import reconcile
    from gateway.wiring.network_folder import make_network_folder

    folder = county.folder.path / "made"
    make_network_folder(folder, None)
    open_once(folder)

    assert reconcile(folder, None, day, as_json=False) == 2
    assert "--day is a date" in capsys.readouterr().err


def open_once(folder: Any) -> None:
    """A store is made when a gateway first runs on a folder."""
    import asyncio

    from gateway.wiring.network_folder import open_folder
    from gateway.wiring.opening import open_writing_store

    asyncio.run(open_writing_store(open_folder(folder), None).close())
