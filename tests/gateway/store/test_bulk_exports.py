"""Bulk exports, in both kinds of store."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from gateway.store import bulk_exports, patients
from gateway.store.bulk_exports import BulkExport

AT, LATER = "2026-04-11T15:00:00.000000Z", "2026-04-12T15:00:00.000000Z"
MADE = BulkExport("e1", "otp", "otp-client", "TREAT", "{}", AT, LATER)


@pytest.mark.requirement("BK-01")
def test_one_of_a_client_is_written_at_a_time(write: Any, store: Any) -> None:
    assert write(lambda tx: bulk_exports.begin(tx, MADE))
    assert not write(lambda tx: bulk_exports.begin(tx, replace(MADE, id="e2")))
    assert write(lambda tx: bulk_exports.begin(tx, replace(MADE, id="e3", client_id="other")))
    with store.read() as reading:
        assert bulk_exports.to_write(reading, AT) == MADE
        assert bulk_exports.to_write(reading, LATER) is None
    write(lambda tx: bulk_exports.finish(tx, "e1"))
    assert write(lambda tx: bulk_exports.begin(tx, replace(MADE, id="e2")))


@pytest.mark.requirement("BK-01")
def test_names_are_sealed_by_patient_and_gone_with_the_export(write: Any, store: Any) -> None:
    write(lambda tx: bulk_exports.begin(tx, MADE))
    assert write(lambda tx: bulk_exports.go_on(tx, "e1", "p1", b'["Goal/g1"]'))
    with store.read() as reading:
        assert bulk_exports.next_part(reading, "e1", "") == ("p1", b'["Goal/g1"]')
        assert bulk_exports.next_part(reading, "e1", "p1") is None
        (row,) = reading.rows("bulk_exports.next_part", {"export_id": "e1", "after": ""})
        assert b"Goal" not in bytes(row["sealed"])
    assert write(lambda tx: bulk_exports.go_on(tx, "e1", "p1", b""))  # written anew, and now there is nothing
    with store.read() as reading:
        assert bulk_exports.next_part(reading, "e1", "") is None
    write(lambda tx: bulk_exports.go_on(tx, "e1", "p1", b'["Goal/g1"]'))
    assert write(lambda tx: bulk_exports.drop_ended(tx, LATER)) == 1
    assert not write(lambda tx: bulk_exports.go_on(tx, "e1", "p1", b"[]"))
    with store.read() as reading:
        assert bulk_exports.get(reading, "e1") is None
        assert bulk_exports.next_part(reading, "e1", "") is None


@pytest.mark.requirement("BK-01")
def test_what_an_export_holds_of_her_goes_with_her_key(write: Any, store: Any) -> None:
    write(lambda tx: bulk_exports.begin(tx, MADE))
    write(lambda tx: bulk_exports.go_on(tx, "e1", "p1", b'["Goal/g1"]'))
    write(lambda tx: patients.destroy_patient_key(tx, "p1", AT))
    with store.read() as reading:
        assert reading.rows("bulk_exports.next_part", {"export_id": "e1", "after": ""}) == []


@pytest.mark.requirement("BK-01")
def test_whom_a_partner_knows(write: Any, store: Any) -> None:
    write(lambda tx: patients.link(tx, "otp", "token", "p1"))
    with store.read() as reading:
        assert bulk_exports.next_patient(reading, "otp", "", known=True, referred=True) == "p1"
        assert bulk_exports.next_patient(reading, "otp", "p1", known=True, referred=True) is None
        assert bulk_exports.next_patient(reading, "otp", "", known=False, referred=True) is None
        assert bulk_exports.next_patient(reading, "housing", "", known=True, referred=True) is None
