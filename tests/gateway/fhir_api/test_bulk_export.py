"""Bulk export through the whole door: what is in the files, what is not, and what can be told from outside."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from consent.notice import STATEMENT_2
from gateway.demo import person
from gateway.flows.bulk_export import write_waiting
from gateway.store import bulk_exports, patients
from tests.gateway.county import HOUSING, OTP, County
from tests.gateway.disclosure.twins import Api, said

HOUSING_COC = "housing COC"


class Exports:
    """The exports of a county's partners."""

    def __init__(self, county: County) -> None:
        self.county, self.api = county, Api(county)

    def begin(self, who: str, query: str = "", path: str = "/fhir/Patient/$export") -> httpx.Response:
        return self.api.ask(who, "GET", path + query, Prefer="respond-async")

    def written(self, who: str, query: str = "", path: str = "/fhir/Patient/$export") -> str:
        """The address of the status of an export that is written."""
        answer = self.begin(who, query, path)
        assert answer.status_code == 202, answer.text
        self.write()
        return answer.headers["Content-Location"]

    def write(self) -> None:
        while self.county.run(write_waiting(self.county.premises)):
            pass

    def manifest(self, who: str, status: str) -> dict[str, Any]:
        answer = self.api.ask(who, "GET", status)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def lines(self, who: str, status: str, name: str) -> list[dict[str, Any]]:
        """A file's lines."""
        (url,) = {
            one["url"]
            for part in ("output", "error")
            for one in self.manifest(who, status)[part]
            if one["url"].endswith(f"/{name}.ndjson")
        }
        answer = self.api.ask(who, "GET", url)
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"] == "application/fhir+ndjson"
        return [orjson.loads(line) for line in answer.content.splitlines()]

    def permit_housing(self, *classes: str) -> Any:
        return self.county.consent(
            "housing", discloser="otp", purpose="COC", identifier=OTP, classes=classes or ("CarePlan", "Goal")
        )


@pytest.fixture
def exports(county: County) -> Exports:
    county.share_plan()
    return Exports(county)


@pytest.mark.requirement("BK-01", "FH-RED-01")
def test_the_files_hold_what_consent_permits_and_nothing_else(exports: Exports) -> None:
    exports.permit_housing("Goal")
    status = exports.written(HOUSING_COC, "?_type=Goal,CarePlan,Patient")

    manifest = exports.manifest(HOUSING_COC, status)
    assert [one["type"] for one in manifest["output"]] == ["CarePlan", "Goal", "Patient"]
    assert all(set(one) == {"type", "url"} for one in manifest["output"])  # no counts
    assert manifest["requiresAccessToken"] is True
    assert len(exports.lines(HOUSING_COC, status, "Goal")) == 2
    assert exports.lines(HOUSING_COC, status, "CarePlan") == []
    (own,) = exports.lines(HOUSING_COC, status, "Patient")
    assert own["identifier"][0]["value"] == HOUSING[1]


@pytest.mark.requirement("P2-32-04")
def test_the_notices_are_a_file_and_the_short_statement_is_always_there(exports: Exports) -> None:
    statement = STATEMENT_2
    who = "psychiatry TREAT"
    nobody = exports.written(who)
    assert statement in exports.manifest(who, nobody)["extension"].values()
    assert exports.lines(who, nobody, "notices") == []

    saved = exports.permit_housing()
    status = exports.written(HOUSING_COC, "?_type=Goal")
    notices = exports.lines(HOUSING_COC, status, "notices")
    assert [one["resourceType"] for one in notices] == ["OperationOutcome"]
    assert "You may use this for coordination of care" in str(notices)
    goal_file = exports.manifest(HOUSING_COC, status)["output"][0]["url"]
    assert statement in exports.api.ask(HOUSING_COC, "GET", goal_file).headers["warning"]
    exports.county.withdraw(saved, "otp")
    assert exports.lines(HOUSING_COC, status, "notices") == []


@pytest.mark.requirement("BK-01")
def test_what_is_not_permitted_any_more_when_it_is_fetched_is_left_out(exports: Exports) -> None:
    saved = exports.permit_housing()
    status = exports.written(HOUSING_COC, "?_type=Goal")
    assert len(exports.lines(HOUSING_COC, status, "Goal")) == 2
    exports.county.withdraw(saved, "otp")
    assert exports.lines(HOUSING_COC, status, "Goal") == []


@pytest.mark.requirement("BK-01")
def test_what_was_not_permitted_when_it_was_written_does_not_come_later(exports: Exports) -> None:
    status = exports.written(HOUSING_COC, "?_type=Goal")
    exports.permit_housing()
    assert exports.lines(HOUSING_COC, status, "Goal") == []
    again = exports.written(HOUSING_COC, "?_type=Goal")
    assert len(exports.lines(HOUSING_COC, again, "Goal")) == 2


@pytest.mark.requirement("BK-01", "AU-01")
def test_every_patient_disclosed_has_an_entry_made_before_the_line_leaves(exports: Exports) -> None:
    exports.permit_housing()
    status = exports.written(HOUSING_COC, "?_type=Goal")
    county = exports.county
    # Writing releases nothing.
    assert [e for e in county.audit("disclose") if e.row.partner == "housing"] == []
    goals = exports.lines(HOUSING_COC, status, "Goal")
    (logged,) = [e for e in county.audit("disclose") if e.row.partner == "housing"]
    assert logged.entry is not None
    released = {one.reference for one in logged.entry.resources if one.outcome != "withhold"}
    assert released == {f"Goal/{one['id']}" for one in goals}
    assert logged.entry.asked == "Patient/$export?_type=Goal", "AU-03"


@pytest.mark.requirement("BK-01", "P2-13-02")
def test_an_export_is_its_client_s_alone(exports: Exports) -> None:
    status = exports.written(HOUSING_COC, "?_type=Goal")
    file = exports.manifest(HOUSING_COC, status)["output"][0]["url"]
    nothing = {said(exports.api.ask("otp TREAT", "GET", "/fhir/bulk-status/none"))}
    nothing |= {
        said(exports.api.ask(who, method, address))
        for who in ("otp TREAT", "housing TREAT")  # another partner; its own with another purpose
        for method, address in (("GET", status), ("DELETE", status), ("GET", file))
    }
    nothing |= {said(exports.api.ask(HOUSING_COC, "GET", file.replace("Goal", "Condition")))}
    assert len(nothing) == 1
    assert next(iter(nothing))[0] == 404


@pytest.mark.requirement("P2-13-02", "FH-RED-02")
def test_nothing_outside_tells_whether_there_is_anything_to_see(county: County, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    empty = County(tmp_path / "empty")
    try:
        answers = []
        for one in (county, empty):
            one.submit("housing", person.housing_client(), purpose="COC")
        county.submit("otp", person.treatment_plan())
        for one in (county, empty):
            exports = Exports(one)
            status = exports.written(HOUSING_COC)
            told = [exports.api.ask(HOUSING_COC, "GET", status)]
            told += [
                exports.api.ask(HOUSING_COC, "GET", found["url"])
                for part in ("output", "error")
                for found in told[0].json()[part]
                if found["type"] != "Patient"  # its own, under an id made at random
            ]
            export_id = status.rpartition("/")[2]
            answers.append([(said(one)[0], said(one)[2].replace(export_id, "E")) for one in told])
        assert answers[0] == answers[1]
    finally:
        empty.close()


@pytest.mark.requirement("BK-01")
def test_one_export_of_a_client_is_written_at_a_time_and_few_are_kept(exports: Exports) -> None:
    first = exports.begin(HOUSING_COC)
    assert exports.api.ask(HOUSING_COC, "GET", first.headers["Content-Location"]).status_code == 202
    second = exports.begin(HOUSING_COC)
    assert (second.status_code, int(second.headers["retry-after"]) > 0) == (429, True)
    assert exports.begin("otp TREAT").status_code == 202  # another client's own
    exports.write()
    for _ in range(4):
        exports.written(HOUSING_COC)
    assert exports.begin(HOUSING_COC).status_code == 429
    exports.county.clock.advance(timedelta(hours=25))
    assert exports.begin(HOUSING_COC).status_code == 202


@pytest.mark.requirement("BK-01")
def test_it_is_deleted_when_it_is_cancelled_and_ends_by_itself(exports: Exports) -> None:
    county = exports.county
    exports.permit_housing()
    cancelled, ended = (exports.written(HOUSING_COC) for _ in range(2))
    assert exports.api.ask(HOUSING_COC, "DELETE", cancelled).status_code == 202
    assert exports.api.ask(HOUSING_COC, "GET", cancelled).status_code == 404
    cancelled_id, ended_id = (one.rpartition("/")[2] for one in (cancelled, ended))
    assert county.look(lambda reading: bulk_exports.next_part(reading, cancelled_id, "")) is None
    assert county.look(lambda reading: bulk_exports.next_part(reading, ended_id, "")) is not None
    county.clock.advance(timedelta(hours=25))
    assert exports.api.ask(HOUSING_COC, "GET", ended).status_code == 404
    now = "2026-04-12T16:00:00.000000Z"
    assert county.write(lambda tx: bulk_exports.drop_ended(tx, now)) == 1
    assert county.look(lambda reading: bulk_exports.next_part(reading, ended_id, "")) is None


@pytest.mark.requirement("BK-01")
def test_it_goes_on_where_it_was_and_a_cancelled_one_is_not_written_on(exports: Exports) -> None:
    county = exports.county
    exports.permit_housing()
    begun = exports.begin(HOUSING_COC, "?_type=Goal").headers["Content-Location"]
    assert county.run(write_waiting(county.premises))  # one patient; then the process ends
    county.run(county.store.close())
    again = County(county.folder.path)
    exports = Exports(again)
    try:
        exports.write()
        assert len(exports.lines(HOUSING_COC, begun, "Goal")) == 2
        other = exports.begin(HOUSING_COC).headers["Content-Location"]
        assert exports.api.ask(HOUSING_COC, "DELETE", other).status_code == 202
        assert not again.run(write_waiting(again.premises))
    finally:
        again.run(again.store.close())


def test_one_that_cannot_be_written_says_so_and_makes_way(exports: Exports) -> None:
    begun = exports.begin(HOUSING_COC).headers["Content-Location"]
    exports.county.write(lambda tx: bulk_exports.finish(tx, begun.rpartition("/")[2], "failed"))
    assert exports.api.ask(HOUSING_COC, "GET", begun).status_code == 500
    assert exports.begin(HOUSING_COC).status_code == 202
    assert exports.api.ask(HOUSING_COC, "DELETE", begun).status_code == 202


@pytest.mark.requirement("BK-01")
def test_a_paused_partner_s_export_waits(exports: Exports) -> None:
    begun = exports.begin(HOUSING_COC).headers["Content-Location"]
    county = exports.county
    before = county.premises.network.partners["housing"].state
    county.change_partner("housing", state="paused")
    assert not county.run(write_waiting(county.premises))
    county.change_partner("housing", state=before)
    exports.write()
    assert exports.api.ask(HOUSING_COC, "GET", begun).status_code == 200


@pytest.mark.requirement("BK-01")
def test_a_destroyed_patient_is_in_no_file(exports: Exports) -> None:
    county = exports.county
    exports.permit_housing()
    status = exports.written(HOUSING_COC, "?_type=Goal")
    patient_id = county.patient_id
    county.write(lambda tx: patients.destroy_patient_key(tx, patient_id, "2026-04-11T15:00:00.000000Z"))
    assert exports.lines(HOUSING_COC, status, "Goal") == []
    assert exports.lines(HOUSING_COC, exports.written(HOUSING_COC, "?_type=Goal"), "Goal") == []


@pytest.mark.requirement("BK-01")
def test_a_group_is_who_was_named_or_who_was_referred(county: County) -> None:
    exports = Exports(county)
    county.refer()
    county.consent()
    county.deliver()
    who = "otp TREAT"
    referred = exports.written(who, "?_type=ServiceRequest", "/fhir/Group/referred/$export")
    assert len(exports.lines(who, referred, "ServiceRequest")) == 1
    known = exports.written(who, "?_type=ServiceRequest", "/fhir/Group/known/$export")
    assert exports.lines(who, known, "ServiceRequest") == []
    assert exports.begin(who, "", "/fhir/Group/everybody/$export").status_code == 404


@pytest.mark.requirement("BK-01")
def test_since_leaves_out_what_has_not_changed(exports: Exports) -> None:
    exports.permit_housing()
    before = exports.written(HOUSING_COC, "?_type=Goal&_since=2026-01-01T00:00:00Z")
    after = exports.written(HOUSING_COC, "?_type=Goal&_since=2026-05-01T00:00:00Z")
    assert len(exports.lines(HOUSING_COC, before, "Goal")) == 2
    assert exports.lines(HOUSING_COC, after, "Goal") == []
    assert exports.manifest(HOUSING_COC, before)["request"].endswith(
        "/fhir/Patient/$export?_type=Goal&_since=2026-01-01T00%3A00%3A00Z"
    )


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("?_type=Nonsense", 400),
        ("?_since=yesterday", 400),
        ("?_since=2026-01-01", 400),
        ("?_outputFormat=text/csv", 400),
        ("?_typeFilter=Goal%3Fx", 400),
        ("?_typeFilter=Goal%3Fcolour%3Dred", 400),
        ("?_type=Goal&_typeFilter=CarePlan%3Fstatus%3Dactive", 400),
        ("?_typeFilter=Patient%3Fidentifier%3Da%7Cb", 400),
        ("?_outputFormat=application/fhir%2Bndjson", 202),
        ("?_type=Goal&_type=CarePlan", 202),
    ],
)
def test_what_is_asked_is_understood_or_refused(exports: Exports, query: str, status: int) -> None:
    assert exports.begin(HOUSING_COC, query).status_code == status


@pytest.mark.requirement("BK-01")
def test_a_type_filter_limits_its_type_and_no_other(exports: Exports) -> None:
    """Several of a type are joined. What is limited to is looked for in what may be seen alone."""
    exports.permit_housing()

    def due(query: str) -> tuple[list[str], int]:
        status = exports.written(HOUSING_COC, query)
        goals = [one["target"][0]["dueDate"] for one in exports.lines(HOUSING_COC, status, "Goal")]
        plans = len(exports.lines(HOUSING_COC, status, "CarePlan"))
        exports.api.ask(HOUSING_COC, "DELETE", status)
        return sorted(goals), plans

    late, soon = "Goal%3Ftarget-date%3Dge2026-06-01", "Goal%3Ftarget-date%3Dlt2026-06-01"
    assert due(f"?_type=Goal,CarePlan&_typeFilter={late}") == (["2026-06-30"], 1)
    assert due(f"?_typeFilter={late},{soon}%26lifecycle-status%3Dactive") == (["2026-05-01", "2026-06-30"], 1)
    assert due(f"?_typeFilter={late}%26lifecycle-status%3Dcompleted%252Ccancelled") == ([], 1)
    assert due(f"?_typeFilter={soon}&_typeFilter=CarePlan%3Fstatus%3Ddraft,revoked") == (["2026-05-01"], 0)


def test_a_post_says_the_same_in_a_parameters(exports: Exports) -> None:
    def ask(*parameters: Any) -> httpx.Response:
        body = {"resourceType": "Parameters", "parameter": list(parameters)}
        return exports.api.ask(HOUSING_COC, "POST", "/fhir/Patient/$export", body, Prefer="respond-async")

    assert ask({"name": "patient", "valueReference": {"reference": "Patient/1"}}).status_code in (400, 422)
    answer = ask({"name": "_type", "valueString": "Goal"})
    exports.write()
    manifest = exports.manifest(HOUSING_COC, answer.headers["Content-Location"])
    assert [one["type"] for one in manifest["output"]] == ["Goal"]


def test_without_respond_async_it_is_refused(exports: Exports) -> None:
    assert exports.api.ask(HOUSING_COC, "GET", "/fhir/Patient/$export").status_code == 400
