"""A referral goes out as a sheet, and the sheet that comes back is its answer: to who referred, and about that alone. So
does a FHIR Task, or a C-CDA note that says which order it fulfils."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path

import pytest
from msgspec.structs import replace

from gateway.delivery.ways import Reach
from gateway.demo import person
from gateway.flows.files import ArrivedFile, TakenFile, accept_file
from gateway.identity import IDENTIFIER
from gateway.partners import FilesDelivery, MllpDelivery
from gateway.store import patients, records
from tests.gateway.county import County
from tests.gateway.delivery.test_way_back import deliver
from tests.mappings.conftest import FORMATS

pytestmark = pytest.mark.timeout(180)
SHEET, PEER, PSYCHIATRY = "housing/referral_csv", "peer-support", "psychiatry"
OWN = ("urn:warm-handoff:housing:client", "P-77")
SHOWN = ("Patient", "ServiceRequest", "Task")
Rows = list[dict[str, str]]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "in" / ".handoff").mkdir(parents=True)
    return tmp_path / "in"


def sheet_of(folder: Path) -> Rows:
    """The row of the one referral that lies there."""
    (file,) = folder.glob("*.csv")
    return list(csv.DictReader(io.StringIO(file.read_text())))


def sent_back(county: County, rows: Rows, partner: str = PEER) -> TakenFile:
    """What becomes of the sheet that the agency sends."""
    out = io.StringIO()
    written = csv.DictWriter(out, list(rows[0]))
    written.writeheader()
    written.writerows(rows)
    raw = out.getvalue().encode()
    file = ArrivedFile(partner, f"files-{partner}", SHEET, raw, county.clock.now())
    return county.run(accept_file(county.premises, file))


def outcomes(taken: TakenFile) -> list[tuple[str, str]]:
    return [
        (one.receipt.outcome, one.receipt.faults[0].code if one.receipt.faults else "")
        for one in taken.records
    ]


def told(county: County) -> int:
    return len([one for one in county.intents() if one.kind == "status"])


def refer_by_sheet(county: County, folder: Path, addressee: str = "WALKWITHME") -> Rows:
    """The hospital's referral, as the sheet that its addressee finds in its folder."""
    for partner in (PEER, PSYCHIATRY, "otp"):
        county.change_partner(partner, delivery=FilesDelivery(folder="in", format=SHEET, encryption="none"))
    county.consent(PEER, classes=SHOWN, purpose="COC")
    county.consent("otp")
    county.refer(addressee=addressee)
    deliver(county, lambda: county.states() == ["delivered"], Reach(folder=folder.parent))
    return sheet_of(folder)


@pytest.mark.requirement("SD-02")
def test_the_sheet_that_comes_back_answers_the_referral(county: County, folder: Path) -> None:
    (row,) = refer_by_sheet(county, folder)
    assert (row["referral_no"], row["client_no"]) == (county.task().id, county.patient_id)

    assert outcomes(sent_back(county, [row])) == [("accepted", "")], "a row that nobody has filled in"
    assert (county.task().version, told(county), len(county.records("Task"))) == (1, 0, 1)
    filled = {**row, "client_no": "P-77", "status": "working", "caseworker": "J. Ruiz", "remarks": "MANSION"}
    strange = {
        **row,
        "client_no": "P-78",
        "name": "Quill-Example, Jonas",
        "referral_no": "H-1",
        "status": "new",
    }
    assert outcomes(sent_back(county, [filled, strange])) == [("accepted", "")] * 2

    task = county.task()
    assert (task.resource["status"], task.source_partner) == ("in-progress", PEER)
    assert task.sources == ("hospital", PEER) and "MANSION" not in str(county.records())
    token = county.premises.keys.index(IDENTIFIER, *OWN)
    known = county.look(lambda reading: patients.find_by_token(reading, PEER, token))
    assert known == ((PEER, county.patient_id),)
    (hers,) = [one for one in county.records("Patient") if one.source_partner == PEER]
    assert hers.resource.keys() == {"resourceType", "id", "identifier"}, "nothing that was told of her"

    again = sent_back(county, [filled, {**strange, "remarks": "x"}])
    assert outcomes(again) == [("accepted", "")] * 2
    assert (county.task().version, told(county)) == (task.version, 1), "an unchanged status is no news"
    wrong = sent_back(county, [{**filled, "status": "declined"}, {**strange, "remarks": "y"}])
    assert outcomes(wrong) == [("content_error", "STATUS_JUMP"), ("accepted", "")]
    (refused,) = csv.DictReader(io.StringIO((wrong.rejected_rows or b"").decode()))
    assert refused["referral_no"] == row["referral_no"] and "status" in str(refused)
    assert (county.task().version, told(county)) == (task.version, 1)

    county.change_partner("hospital", delivery=MllpDelivery(address="127.0.0.1:9", format="hospital/rri_i12"))
    county.consent("hospital", discloser=PEER, identifier=OWN, purpose="COC", classes=("Task",))
    made = county.deliver()
    said = {line[:3]: line.split(b"|") for line in made.content.split(b"\r") if line}
    assert said[b"MSH"][8] == b"RRI^I12^RRI_I12" and b"MANSION" not in made.content


def test_the_number_of_another_s_referral_is_as_one_of_nobody(county: County, folder: Path) -> None:
    (row,) = refer_by_sheet(county, folder)
    task, patient = county.task(), county.patient_id

    def forged(number: str, client: str) -> tuple[object, ...]:
        taken = sent_back(
            county, [{**row, "referral_no": number, "client_no": client, "status": "accepted"}], PSYCHIATRY
        )
        (made,) = taken.records
        return made.place, made.receipt.outcome, made.receipt.faults, taken.rejected_rows

    for client in ("C-1", patient):
        assert forged(task.id, client) == forged("00000000-0000-8000-9000-000000000000", client)
    assert forged(task.id, "C-1")[1] == "accepted", "a record of its own, as any row"
    (unmoved,) = [one for one in county.records("Task") if one.id == task.id]
    assert (unmoved, told(county)) == (task, 0)
    own = [one for one in county.records("Task") if one.id != task.id]
    assert {one.source_partner for one in own} <= {PSYCHIATRY}


@pytest.mark.parametrize("client", ["as it was sent", "P-77"])
def test_a_number_of_the_sender_s_that_the_agency_is_shown_answers(
    county: County, folder: Path, client: str
) -> None:
    (row,) = refer_by_sheet(county, folder, "SUNRISE")
    assert row["referral_no"] == "R-1"
    filled = {**row, **({} if client == "as it was sent" else {"client_no": client})}

    for state, is_at in (("accepted", "accepted"), ("working", "in-progress"), ("housed", "completed")):
        assert outcomes(sent_back(county, [{**filled, "status": state}], "otp")) == [("accepted", "")]
        assert county.task().resource["status"] == is_at
    assert told(county) == 3


def test_a_number_that_the_agency_is_not_shown_is_no_answer(county: County, folder: Path) -> None:
    (row,) = refer_by_sheet(county, folder)

    taken = sent_back(county, [{**row, "referral_no": "R-1", "status": "accepted"}])

    assert outcomes(taken) == [("accepted", "")]
    (task,) = [one for one in county.records("Task") if one.id == row["referral_no"]]
    assert (task.version, told(county)) == (1, 0)


def test_a_row_that_names_another_of_its_clients_moves_nothing(county: County, folder: Path) -> None:
    (row,) = refer_by_sheet(county, folder)
    other = {
        **row,
        "referral_no": "H-2",
        "client_no": "P-2",
        "name": "Quill-Example, Jonas",
        "dob": "01/02/1980",
    }

    taken = sent_back(county, [other, {**row, "client_no": "P-2", "status": "accepted"}])

    assert outcomes(taken) == [("accepted", ""), ("content_error", "REFERRAL_OF_ANOTHER_PATIENT")]
    assert b"client_no" in (taken.rejected_rows or b"") and county.task().version == 1


def test_declined_needs_no_reason_and_takes_none_away(county: County, folder: Path) -> None:
    (row,) = refer_by_sheet(county, folder)
    declined = {**row, "status": "declined"}
    assert outcomes(sent_back(county, [declined])) == [("accepted", "")]
    first = county.task()
    assert first.resource["statusReason"]["text"] == "Declined. No reason was given."
    county.write(
        lambda tx: records.save(
            tx, replace(first, version=0, resource={**first.resource, "statusReason": {"text": "full"}})
        )
    )

    assert outcomes(sent_back(county, [{**declined, "remarks": "x"}])) == [("accepted", "")]

    assert (county.task().resource["statusReason"], told(county)) == ({"text": "full"}, 1)


TASK, NOTE = "community/sdohcc_task", "psychiatry/ccda_referral"
CONSULTATION = (FORMATS / NOTE / "samples/consultation.xml").read_text("utf-8")


def taken_as(county: County, mapping: str, raw: bytes, partner: str = PEER) -> list[tuple[str, str]]:
    file = ArrivedFile(partner, f"files-{partner}", mapping, raw, county.clock.now())
    return outcomes(county.run(accept_file(county.premises, file)))


@pytest.mark.requirement("SD-01", "SD-02")
def test_a_task_that_comes_back_as_a_file_answers_the_referral(county: County, folder: Path) -> None:
    refer_by_sheet(county, folder)
    task = county.task()
    keys = ("resourceType", "id", "intent", "code", "for", "focus", "authoredOn")
    sent = {key: task.resource[key] for key in keys}

    def answer(status: str, partner: str = PEER, **more: object) -> list[tuple[str, str]]:
        return taken_as(county, TASK, json.dumps({**sent, "status": status, **more}).encode(), partner)

    assert answer("accepted", PSYCHIATRY) == [("content_error", "PATIENT_MISSING")], "sent to somebody else"
    assert answer("accepted", id="0-0") == [("content_error", "PATIENT_MISSING")]
    assert (county.task().version, told(county)) == (1, 0)
    assert answer("accepted") == [("accepted", "")]
    assert answer("completed", statusReason={"text": "moved in"}) == [("accepted", "")]
    last = county.task()
    assert (last.resource["status"], last.resource["statusReason"]) == ("completed", {"text": "moved in"})
    assert (last.source_partner, told(county), len(county.records("Task"))) == (PEER, 2, 1)
    assert answer("in-progress") == [("content_error", "STATUS_JUMP")]


def test_an_order_that_is_passed_on_under_its_number_is_no_answer(county: County, folder: Path) -> None:
    """It was taken for one that says nothing new: accepted, and nobody was asked."""
    refer_by_sheet(county, folder, "SUNRISE")
    order = json.loads((FORMATS / TASK / "samples/food_pantry.json").read_text("utf-8"))
    asked = {one["resource"]["resourceType"]: one["resource"] for one in order["entry"]}
    task, hers = asked["Task"], asked["Patient"]
    task["identifier"] = county.task().resource["identifier"]
    hers["identifier"] = [{"system": person.OTP_SYSTEM, "value": "OTP-3391"}]
    token = county.premises.keys.index(IDENTIFIER, person.OTP_SYSTEM, "OTP-3391")
    county.write(lambda tx: patients.link(tx, "otp", token, county.patient_id))
    before = county.task()

    taken = taken_as(county, TASK, json.dumps(order).encode(), "otp")

    assert taken == [("content_error", "ADDRESSEE_UNKNOWN")], "no route leads to that pantry"
    task["status"] = "accepted"
    assert taken_as(county, TASK, json.dumps(order).encode(), "otp") == [("accepted", "")]
    assert (before.version, county.task().resource["status"]) == (1, "accepted")


def consultation(order: str, born: str = "19960417") -> bytes:
    """The note of a specialist, with the id of an order as a C-CDA has it."""
    text = re.sub(
        r"(<inFulfillmentOf.*?<order.*?)<id [^>]*/>", rf"\1<id {order}/>", CONSULTATION, flags=re.DOTALL
    )
    return re.sub(r'<birthTime value="\d+"', f'<birthTime value="{born}"', text).encode()


@pytest.mark.requirement("SD-02")
def test_a_consultation_note_completes_the_order_it_fulfils_and_its_findings_are_its_writers(
    county: County, folder: Path
) -> None:
    refer_by_sheet(county, folder)
    ours = f'root="{county.task().id.upper()}"'
    other = consultation(ours, born="19700707")
    assert taken_as(county, NOTE, other) == [("content_error", "REFERRAL_OF_ANOTHER_PATIENT")]
    hers = {
        "resourceType": "Patient",
        "id": "00000000-0000-8000-9000-00000000000a",
        "birthDate": "1970-07-07",
    }
    sent = next(one for one in county.records("Patient") if one.source_partner == "hospital")
    hidden = replace(sent, id=hers["id"], version=0, source_partner="otp", sources=("otp",), resource=hers)
    county.write(lambda tx: records.save(tx, hidden))
    guessed = other.replace(b"</title>", b" 2</title>", 1)
    assert taken_as(county, NOTE, guessed) == [("content_error", "REFERRAL_OF_ANOTHER_PATIENT")]
    assert (county.task().version, len(county.records("Composition"))) == (1, 0)

    assert taken_as(county, NOTE, consultation(ours)) == [("accepted", "")]

    task = county.task()
    assert (task.resource["status"], task.source_partner, told(county)) == ("completed", PEER, 1)
    (note,) = county.records("Composition")
    assert (note.sources, note.patient_id) == ((PEER,), county.patient_id)
    assert len(county.records("ServiceRequest")) == 1, "the order stays who asked"
    kept = {one.reference for one in county.records()}
    about = [one for one in county.records() if one.source_partner == PEER and one.resource_type != "Task"]
    named = {
        name for one in about for name in re.findall(r'"([A-Z]\w+/[0-9a-f-]{36})"', json.dumps(one.resource))
    }
    assert named <= kept
    again = consultation(ours).replace(b"</title>", b" 2</title>", 1)
    again = again.replace(b"MP-2207", county.patient_id.encode())
    assert taken_as(county, NOTE, again) == [("accepted", "")]
    numbered = [one.resource.get("identifier") for one in county.records("Patient")]
    assert [] not in numbered, "by our own number alone: FHIR knows no empty list"
    assert (county.task().version, told(county)) == (task.version, 1)


def test_a_note_on_another_s_order_is_its_writer_s_own(county: County, folder: Path) -> None:
    refer_by_sheet(county, folder)
    before = county.task()
    assert taken_as(county, NOTE, consultation(f'root="{before.id}"'), PSYCHIATRY) == [("accepted", "")]
    (same,) = [one for one in county.records("Task") if one.id == before.id]
    assert (same, told(county)) == (before, 0)
