"""What partners asked (AU-03): sealed as it was sent, shown without values, with values for a reason."""

from __future__ import annotations

import base64
import re

import pytest

from gateway import audit
from gateway.cli.audit_commands import write_events
from gateway.disclosure.asked import kept_question, question, without_values
from gateway.disclosure.audit_events import PATIENT_QUERY, QUERY, audit_events
from gateway.fhir_api.search_table import parameters_of
from gateway.fhir_api.served import SERVED
from gateway.store import AuditFilter
from tests.gateway.console.conftest import Browser, numbers
from tests.gateway.county import OTP, County

ASKED = question("Goal", (("patient.identifier", "|".join(OTP)), ("status", "active")))
NAMES = "Goal?patient.identifier=*&status=*"


@pytest.fixture
def asked(county: County) -> Browser:
    """The program asked for her goals by its own number, and for those of somebody whom nobody knows."""
    county.share_plan()
    county.search("otp", "Goal", OTP, asked=ASKED)
    county.search("otp", "Goal", ("urn:x", "770099"), asked="Goal?patient.identifier=urn:x|770099")
    return Browser(county).log_in()


def logged(county: County) -> list[audit.LoggedEntry]:
    wanted = AuditFilter(partner="otp", kind="query")
    return list(reversed(county.look(lambda reading: audit.newest(reading, 9, wanted))))


@pytest.mark.requirement("AU-03")
def test_a_question_is_sealed_as_it_was_sent_and_of_nobody_known_without_values(asked: Browser) -> None:
    hers, nobodys = logged(asked.county)

    assert hers.entry is not None and nobodys.entry is not None
    assert (hers.entry.asked, hers.row.patient_id) == (ASKED, asked.county.patient_id)
    assert (nobodys.entry.asked, nobodys.row.patient_id) == ("Goal?patient.identifier=*", None)
    for row in (hers.row, nobodys.row):
        assert b"3391" not in row.sealed and b"identifier" not in row.sealed
    for path in asked.county.folder.path.glob("handoff.db*"):
        assert b"770099" not in path.read_bytes()


@pytest.mark.requirement("AU-03")
def test_the_fhir_view_has_a_query_for_the_patient_and_values_for_the_operator_alone(
    asked: Browser, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    network = asked.county.premises.network
    hers, nobodys = logged(asked.county)
    for one, profile, told in ((hers, PATIENT_QUERY, NAMES), (nobodys, QUERY, "Goal?patient.identifier=*")):
        (event,) = audit_events(one, network)
        assert event["meta"]["profile"] == [profile] and event["action"] == "E"
        (entity,) = [each for each in event["entity"] if each["role"]["code"] == "24"]
        assert base64.b64decode(entity["query"]).decode() == told
    (event,) = audit_events(hers, network, with_questions=True)
    assert base64.b64decode(event["entity"][-1]["query"]).decode() == ASKED
    assert [each["role"]["code"] for each in event["entity"]] == ["1", "24"]

    asked.county.look(lambda reading: write_events(reading, network))
    assert base64.b64encode(ASKED.encode()) in capsysbinary.readouterr().out


@pytest.mark.requirement("AU-03")
def test_who_asked_is_listed_without_values_and_an_officer_sees_them_for_a_reason(asked: Browser) -> None:
    page = asked.get("looks?by=partners&since=2026-01-01")
    assert NAMES.replace("&", "&amp;") in page.text and "OTP-3391" not in page.text
    seqs = numbers(page)
    assert len(seqs) == 2
    sheet = asked.get("looks?by=partners&since=2026-01-01&as=csv").text
    assert NAMES in sheet and "OTP-3391" not in sheet
    assert numbers(asked.get("looks?by=partners&since=2026-01-01&partner=housing")) == []

    where = f"decisions/{seqs[-1]}"
    entry = asked.get(where).text
    assert "Asked as" in entry and "OTP-3391" not in entry
    assert asked.send(f"{where}/question", where, reason="").status_code == 400
    shown = asked.send(f"{where}/question", where, reason="she complains of it").text
    assert "OTP-3391" in shown
    read = asked.reads()[-1].entry
    assert read is not None and "she complains of it" in read.description and "OTP-3391" not in read.subject
    assert (
        asked.send(
            f"decisions/{asked.reads()[-1].row.seq}/question", where, reason="of no question"
        ).status_code
        == 404
    )
    asked.log_in("Ada Auditor", "auditor")
    assert not re.search(r"decisions/\d+/question", asked.get(where).text)
    assert asked.send(f"{where}/question", where, reason="to look").status_code == 403


@pytest.mark.requirement("AU-03")
def test_a_proof_tells_what_was_asked_only_to_whoever_may_see_it_and_says_why(asked: Browser) -> None:
    county = asked.county
    signer = county.folder.keys.signer
    county.run(audit.Sealer(county.store, signer, None, county.clock).seal_now())
    hers, nobodys = (f"decisions/{one.row.seq}" for one in logged(county))
    file = f"{hers}/proof"

    page = asked.get(hers).text
    assert f"{file}?facts=yes" not in page and f'action="/console/{file}"' in page
    assert asked.get(f"{file}?facts=yes").status_code == 400
    assert asked.send(file, hers, reason="").status_code == 400
    assert b"OTP-3391" not in asked.get(file).content
    taken = asked.send(file, hers, reason="a judge asks for it")
    assert b"OTP-3391" in taken.content and "entry-" in taken.headers["content-disposition"]
    assert audit.verify_file(taken.content.splitlines(keepends=True), audit.verifier_of(signer)).ok
    looked = asked.reads()[-1].entry
    assert looked is not None and "a judge asks for it" in looked.description
    assert asked.get(f"{nobodys}/proof?facts=yes").status_code == 200  # names of parameters alone
    all_of_her = asked.get(f"patients/{logged(county)[0].row.patient_id}/proof?facts=yes")
    assert audit.verify_file(all_of_her.content.splitlines(keepends=True), audit.verifier_of(signer)).entries
    assert b"OTP-3391" not in all_of_her.content and b'"facts":' in all_of_her.content

    asked.agree("Ada Auditor", copies=True)
    asked.log_in("Ada Auditor", "auditor")
    page = asked.get(hers).text
    assert (
        f'href="/console/{file}"' in page
        and "facts=yes" not in page
        and f'action="/console/{file}"' not in page
    )
    assert asked.get(f"{file}?facts=yes").status_code == 400
    assert asked.send(file, hers, reason="to look").status_code == 403
    assert asked.get(file).status_code == 200


@pytest.mark.parametrize(
    ("sent", "names"),
    [
        ("", ""),
        ("Patient/$match", "Patient/$match"),
        ("Patient/770011/$everything?_type=Goal", "Patient/*/$everything?_type=*"),
        ("Goal?patient=5d2c&_count=5&status", "Goal?patient=*&_count=*&status=*"),
        ("Task?Maria+Lopez+1990=1&patient=zzz", "Task?*=*&patient=*"),
        ("Task?patient.Maria=1&status:Lopez=1&patient:5d2c=1&=1", "Task?*=*&*=*&*=*&*=*"),
        (
            "Task?_has:Provenance:target-date:status:not=x&based-on:ServiceRequest.code=1&_include:iterate=2",
            "Task?_has%3AProvenance%3Atarget-date%3Astatus%3Anot=*&based-on%3AServiceRequest.code=*&_include%3Aiterate=*",
        ),
    ],
)
def test_without_values_there_are_types_operations_and_names(sent: str, names: str) -> None:
    assert without_values(sent) == names


def test_every_name_that_can_be_searched_by_is_one_that_is_kept() -> None:
    for served in SERVED:
        for name in (*parameters_of(served), SERVED[served].by_patient, "patient.identifier"):
            assert without_values(f"{served}?{name}=1") == f"{served}?{name}=*"


def test_a_page_is_no_question_of_its_own_and_a_long_one_is_cut() -> None:
    assert question("Goal", (("_page", "x" * 500), ("a", "b c"))) == "Goal?_page=*&a=b+c"
    assert question("Goal", ()) == "Goal"
    kept = kept_question("Goal?a=" + "x" * 9_000, "p1")
    assert 3_700 < len(kept) <= 4_000 and kept.endswith("...")
