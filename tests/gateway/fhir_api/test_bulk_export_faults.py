"""What goes wrong with one bulk export is told by it alone: the gateway goes on, and so do the others."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from msgspec.structs import replace as changed

from gateway.audit import newest
from gateway.disclosure.gather import never_shown
from gateway.errors import NotAllowed, NotNow
from gateway.flows.bulk_export import write_waiting
from gateway.security.callers import Caller
from gateway.store import AuditFilter, bulk_exports
from gateway.store.bulk_exports import BulkExport
from tests.gateway.county import County, caller
from tests.gateway.fhir_api.test_bulk_export import HOUSING_COC, Exports

OTP_TREAT = "otp TREAT"


@pytest.fixture
def exports(county: County) -> Exports:
    county.share_plan()
    return Exports(county)


def without(county: County, gone: str) -> None:
    """`gone` is taken out of the network file; what came from it is still held."""
    left = {name: one for name, one in county.premises.network.partners.items() if name != gone}
    county.change_network(partners=left)


@pytest.mark.requirement("BK-01", "FH-RED-01")
def test_what_came_from_a_partner_no_longer_known_is_withheld_with_a_reason(exports: Exports) -> None:
    exports.permit_housing()
    county = exports.county
    without(county, "otp")
    after = Exports(county)
    status = after.written(HOUSING_COC, "?_type=Goal")
    assert after.lines(HOUSING_COC, status, "Goal") == []
    answer = after.api.ask(HOUSING_COC, "GET", f"/fhir/Goal?patient={county.patient_id}")
    assert (answer.status_code, answer.json().get("entry", [])) == (200, [])
    goals = [
        one
        for logged in county.audit("refuse")
        if logged.entry is not None
        for one in logged.entry.resources
        if one.reference.startswith("Goal/")
    ]
    assert goals
    assert all(one.outcome == "withhold" for one in goals)
    assert all(one.reasons for one in goals)
    held = county.records("Goal")
    network = county.premises.network
    assert never_shown(network, "otp", held) == {one.reference for one in held}
    assert never_shown(network, "housing", held) == {one.reference for one in held}
    own = [changed(one, sources=("housing",)) for one in held]
    assert never_shown(network, "housing", own) == frozenset()


@pytest.mark.requirement("BK-01")
def test_an_export_that_cannot_be_read_fails_alone(exports: Exports) -> None:
    county = exports.county
    broken = BulkExport("0", "housing", "client", "COC", "no export", "2026-01-01", "9999-12-31")
    county.write(lambda tx: bulk_exports.begin(tx, broken))
    status = exports.begin(OTP_TREAT).headers["Content-Location"]
    exports.write()
    found = county.look(lambda reading: bulk_exports.get(reading, broken.id))
    assert found is not None
    assert found.status == "failed"
    assert exports.api.ask(OTP_TREAT, "GET", status).status_code == 200


class _BusyOnce:
    """A store that is too busy for its first write and is the county's own after that."""

    def __init__(self, county: County) -> None:
        self._store, self._busy = county.store, True

    def read(self) -> Any:
        return self._store.read()

    async def write(self, work: Callable[[Any], Any]) -> Any:
        if self._busy:
            self._busy = False
            raise NotNow("STORE_BUSY", "busy", retry_after_seconds=1)
        return await self._store.write(work)


@pytest.mark.requirement("BK-01")
def test_one_that_must_wait_does_not_keep_the_others(exports: Exports) -> None:
    county = exports.county
    ids = [
        exports.begin(who).headers["Content-Location"].rpartition("/")[2] for who in (HOUSING_COC, OTP_TREAT)
    ]
    premises = replace(county.premises, store=_BusyOnce(county))  # type: ignore[arg-type]
    assert asyncio.run(write_waiting(premises))

    def held(export_id: str) -> BulkExport:
        found = county.look(lambda reading: bulk_exports.get(reading, export_id))
        assert found is not None
        return found

    assert [bool(held(one).after_patient) for one in sorted(ids)] == [False, True]
    exports.write()
    assert {held(one).status for one in ids} == {"ready"}


class _GoodFor:
    """A token that counts for so many questions, and then has ended."""

    def __init__(self, times: int) -> None:
        self._left = times

    def check(self, header: str | None, _now: object) -> Caller:
        if not self._left:
            raise NotAllowed("TOKEN_EXPIRED", "the token has expired")
        self._left -= 1
        partner, _, purpose = (header or "").partition(" ")
        return caller(partner, purpose)


@pytest.mark.requirement("BK-01")
@pytest.mark.parametrize("name", ["Goal", "notices"])
def test_a_file_stops_where_the_token_ends(exports: Exports, name: str) -> None:
    exports.permit_housing()
    status = exports.written(HOUSING_COC, "?_type=Goal")
    path = f"{status.replace('bulk-status', 'bulk-files')}/{name}.ndjson"
    app: Any = exports.api._client._transport
    state = app.app._api.rest.state
    before = len(exports.county.audit())
    state.desk = replace(state.desk, tokens=_GoodFor(1))
    with pytest.raises(AssertionError):  # the transport misses the end: nobody takes it for the whole file
        exports.api.ask(HOUSING_COC, "GET", path)
    assert len(exports.county.audit()) == before
    state.desk = replace(state.desk, tokens=_GoodFor(9))
    assert exports.api.ask(HOUSING_COC, "GET", path).status_code == 200


def refusals(county: County, code: str) -> list[str]:
    """What was asked for and refused for that reason, the newest first."""
    found = county.look(lambda reading: newest(reading, 50, AuditFilter(kind="refuse")))
    entries = [one.entry for one in found if one.entry is not None]
    return [one.subject for one in entries if code in {reason.code for reason in one.reasons}]


@pytest.mark.requirement("BK-01", "AU-01")
def test_asking_for_another_s_export_is_in_the_log(exports: Exports) -> None:
    status = exports.written(HOUSING_COC, "?_type=Goal")
    export_id = status.rpartition("/")[2]
    file = f"{status.replace('bulk-status', 'bulk-files')}/Goal.ndjson"
    for method, path in (("GET", status), ("DELETE", status), ("GET", file), ("GET", f"{status}%20Ruiz")):
        assert exports.api.ask(OTP_TREAT, method, path).status_code == 404
    told = refusals(exports.county, "EXPORT_OF_ANOTHER")
    assert told == ["bulk-export/unknown", *[f"bulk-export/{export_id}"] * 3]
