"""What visits, merges, orders and appointments become, and which of them are refused."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from mappings import Library, RenderRefused, Translation, TranslationRefused, render, translate
from mappings.lenses import LensSpec
from mappings.lenses_hl7v2 import concept_lens
from tests.mappings.conftest import FORMATS

_NUMBERS = b"R-300%d^SAGUARO^2.16.840.1.113883.3.9999.20^ISO|F-50%d^MESALAB^2.16.840.1.113883.3.9999.40^ISO"


def _sample(mapping_id: str, name: str) -> bytes:
    return (FORMATS / mapping_id / "samples" / f"{name}.hl7").read_bytes()


def _run(library: Library, mapping_id: str, source: bytes, zone: str | None = None) -> Translation:
    return translate(library.mapping(mapping_id), source, partner="hospital", id_key=b"k" * 32, zone=zone)


def _of(translation: Translation, kind: str) -> list[dict[str, Any]]:
    return [dict(r) for r in translation.resources if r["resourceType"] == kind]


def _adt(library: Library, name: str, *changes: tuple[bytes, bytes]) -> Translation:
    source = _sample("hospital/adt_a01", name)
    for old, new in changes:
        assert old in source
        source = source.replace(old, new)
    return _run(library, "hospital/adt_a01", source)


def test_an_admission_becomes_a_patient_her_visit_and_what_is_known_of_her(library: Library) -> None:
    translation = _adt(library, "a01_admit")
    kinds = [r["resourceType"] for r in translation.resources]
    assert {kind: kinds.count(kind) for kind in kinds} == {
        "Patient": 1,
        "Encounter": 1,
        "Practitioner": 4,
        "RelatedPerson": 1,
        "Coverage": 1,
        "Organization": 1,
        "Condition": 2,
        "AllergyIntolerance": 1,
        "Observation": 1,
    }
    [encounter], conditions = _of(translation, "Encounter"), _of(translation, "Condition")
    assert [d["condition"]["reference"] for d in encounter["diagnosis"]] == [
        f"Condition/{condition['id']}" for condition in conditions
    ]
    roles = [p["type"][0]["coding"][0]["code"] for p in encounter["participant"]]
    assert sorted(roles) == ["ADM", "ATND", "REF"]
    assert len({p["individual"]["reference"] for p in encounter["participant"]}) == 3


@pytest.mark.parametrize(
    ("name", "changes", "status", "kind"),
    [
        ("a01_admit", (), "in-progress", "IMP"),
        ("a03_discharge", (), "finished", "IMP"),
        ("a04_register", (), "in-progress", "AMB"),
        ("a01_admit", ((b"ADT^A01^", b"ADT^A11^"),), "cancelled", "IMP"),
        ("a01_admit", ((b"PV1|1|I|", b"PV1|1|P|"),), "planned", "PRENC"),
        ("a01_admit", ((b"PV1|1|I|", b"PV1|1|U|"),), "unknown", "U"),
        ("a01_admit", ((b"PV1|1|I|", b"PV1|1|LOCAL|"),), "in-progress", "LOCAL"),
    ],
)
def test_the_status_of_a_visit_comes_from_its_end_the_event_and_the_class(
    library: Library, name: str, changes: tuple[tuple[bytes, bytes], ...], status: str, kind: str
) -> None:
    translation = _adt(library, name, *changes)
    [encounter] = _of(translation, "Encounter")
    assert (encounter["status"], encounter["class"]["code"]) == (status, kind)
    assert translation.issues == ()


@pytest.mark.requirement("V2-03", "V2-04")
def test_labels_of_the_sender_go_on_everything_about_the_patient(library: Library) -> None:
    translation = _adt(library, "a01_admit")
    about = [r for r in translation.resources if r["resourceType"] not in ("Practitioner", "Organization")]
    assert about
    for resource in about:
        meta: Any = resource["meta"]
        assert "R" in {label["code"] for label in meta["security"]}


def test_a_visit_keeps_its_id_from_admission_to_discharge_and_a_person_over_all(library: Library) -> None:
    first, last = _adt(library, "a01_admit"), _adt(library, "a03_discharge")
    person = _adt(library, "a31_person")
    other = _adt(library, "a01_admit", (b"V-20411", b"V-20999"))
    assert first.roles["encounter"] == last.roles["encounter"] != other.roles["encounter"]
    assert first.roles["patient"] == person.roles["patient"] == other.roles["patient"]
    assert not set(first.roles["diagnosis"]) & set(other.roles["diagnosis"])


def test_a_deleted_diagnosis_is_entered_in_error(library: Library) -> None:
    [condition] = _of(_adt(library, "a08_change"), "Condition")
    assert condition["verificationStatus"]["coding"][0]["code"] == "entered-in-error"
    assert "Condition" not in _adt(library, "a08_change").message["whole"], "an action changes itself alone"


def test_a_segment_of_nothing_is_the_list_of_nothing(library: Library) -> None:
    """HL7 v2.5.1 2.10.4.1; it was a diagnosis, or an allergy, to nothing."""
    entries = (b"\rDG1|1", b"\rDG1|2", b"\rAL1|1")
    emptied = _adt(library, "a01_admit", *((one, one + b'||""\rZZZ') for one in entries))
    assert not _of(emptied, "Condition")
    assert not _of(emptied, "AllergyIntolerance")
    assert emptied.message["whole"] == "AllergyIntolerance Condition"


def test_a_merge_ends_one_record_in_the_other(library: Library) -> None:
    translation = _run(library, "hospital/adt_a39", _sample("hospital/adt_a39", "a40_merge"))
    stays, ended = _of(translation, "Patient")
    assert stays["link"] == [{"type": "replaces", "other": {"reference": f"Patient/{ended['id']}"}}]
    assert ended["link"] == [{"type": "replaced-by", "other": {"reference": f"Patient/{stays['id']}"}}]
    assert (ended["active"], ended["identifier"][0]["value"]) == (False, "RB5539999")
    before = _adt(library, "a28_person", (b"RB5530144", b"RB5539999"))
    assert before.roles["patient"] == (ended["id"],)
    assert _adt(library, "a28_person").roles["patient"] == (stays["id"],)


@pytest.mark.parametrize(
    ("mapping_id", "name", "change", "code"),
    [
        ("hospital/adt_a39", "a40_merge", (b"RB5539999", b"RB5530144"), "SAME_RECORD"),
        ("hospital/adt_a39", "a40_merge", (b"MRG|", b"MRG|Z\rMRG|"), "SEVERAL_GIVEN"),
        ("hospital/adt_a39", "a40_merge", (b"MRG|RB5539999", b"MRG|"), "KEY_MISSING"),
        ("hospital/adt_a01", "a01_admit", (b"ADT^A01^", b"ADT^A40^"), "EVENT_UNKNOWN"),
        ("hospital/omg_o19", "o19_new", (b"\rORC|NW", b"\rORC|NW|other\rORC|NW"), "SEVERAL_RECORDS"),
        ("hospital/omg_o19", "o19_new", (b"\rOBR|", b"\rOBR|1|||A\rOBR|"), "SEVERAL_GIVEN"),
        ("hospital/omg_o19", "o19_new", (b"\rORC|NW", b"\rORC|NW|other\rAL1|1\rORC|NW"), "SEVERAL_GIVEN"),
        ("hospital/omg_o19", "o19_new", (b"\rTQ1", b"\rPV1||O\rORC|RE\rORC|NW\rTQ1"), "SEVERAL_GIVEN"),
        ("hospital/omg_o19", "o19_new", (b"ORC|NW", b"ORC|ZZ"), "NO_CONCEPT"),
        ("hospital/omg_o19", "o19_new", (b"ORC|NW", b"ORC|SC"), "NO_CONCEPT"),
        ("hospital/orm_o01", "o01_new", (b"\rORC|NW", b"\rORC|NW|other\rORC|NW"), "SEVERAL_RECORDS"),
        ("hospital/orm_o01", "o01_new", (b"\rOBR|", b"\rOBR|1|||A\rOBR|"), "SEVERAL_GIVEN"),
        ("hospital/orm_o01", "o01_new", (b"\rOBR|", b"\rRXO|"), "REQUIRED_MISSING"),
        ("hospital/oru_r01", "r01_reports", (_NUMBERS % (1, 1) + b"|24317", b"||24317"), "KEY_MISSING"),
        ("hospital/oru_r01", "r01_reports", (_NUMBERS % (2, 2) + b"|26464", b"||26464"), "REQUIRED_MISSING"),
        ("hospital/oru_r01", "r01_reports", (b"|LAB|F", b"|LAB|Y"), "NO_CONCEPT"),
        ("hospital/oru_r01", "r01_reports", (b"PID|1|", b"PID|1||X||Y\rPID|1|"), "SEVERAL_GIVEN"),
        ("hospital/siu_s12", "s12_booked", (b"|Booked|", b"|Blocked|"), "NO_CONCEPT"),
        ("hospital/siu_s12", "s12_booked", (b"PID|1|", b"PID|2||X||Y\rPID|1|"), "SEVERAL_GIVEN"),
    ],
)
def test_what_cannot_be_told_apart_is_refused_at_its_place(
    library: Library, mapping_id: str, name: str, change: tuple[bytes, bytes], code: str
) -> None:
    source = _sample(mapping_id, name)
    assert change[0] in source
    with pytest.raises(TranslationRefused) as caught:
        _run(library, mapping_id, source.replace(*change))
    assert caught.value.code == code
    assert caught.value.place
    assert caught.value.erl


@pytest.mark.parametrize(
    ("mapping_id", "name", "change", "place", "message"),
    [
        (
            "hospital/omg_o19",
            "o19_new",
            (b"\rOBR|", b"\rOBR|1|||A\rOBR|"),
            "OBR[2]",
            "in a message of its own",
        ),
        ("hospital/omg_o19", "o19_new", (b"ORC|NW", b"ORC|ZZ"), "ORC-1", "this row; one of: NW, "),
        ("hospital/siu_s12", "s12_booked", (b"\rSCH|", b"\rSCH|||"), "SCH-2.1", "and so is SCH-1.1 instead"),
    ],
)
def test_a_refusal_says_which_one_and_what_would_do(
    library: Library, mapping_id: str, name: str, change: tuple[bytes, bytes], place: str, message: str
) -> None:
    with pytest.raises(TranslationRefused) as caught:
        _run(library, mapping_id, _sample(mapping_id, name).replace(*change))
    assert caught.value.place == place
    assert message in caught.value.message


@pytest.mark.requirement("SD-01")
@pytest.mark.parametrize(
    ("mapping_id", "first_name", "name", "request_status", "task_status", "number"),
    [
        ("hospital/omg_o19", "o19_new", "o19_new", "active", "requested", "R-3001"),
        ("hospital/omg_o19", "o19_new", "o19_outcome", "completed", "completed", "R-3001"),
        ("hospital/omg_o19", "o19_new", "o19_cancel", "active", "cancelled", "R-3001"),
        ("hospital/orm_o01", "o01_new", "o01_cancel", "active", "cancelled", "R-4001"),
        ("hospital/oml_o21", "o21_new", "o21_discontinued", "revoked", "cancelled", "R-5001"),
    ],
)
def test_an_orders_state_is_in_the_task_under_the_same_ids(
    library: Library,
    mapping_id: str,
    first_name: str,
    name: str,
    request_status: str,
    task_status: str,
    number: str,
) -> None:
    translation = _run(library, mapping_id, _sample(mapping_id, name))
    [request], [task] = _of(translation, "ServiceRequest"), _of(translation, "Task")
    assert (request["status"], task["status"]) == (request_status, task_status)
    assert task["focus"] == {"reference": f"ServiceRequest/{request['id']}"}
    first = _run(library, mapping_id, _sample(mapping_id, first_name))
    assert (first.roles["task"], first.roles["referral"]) == ((task["id"],), (request["id"],))
    assert task["identifier"][0]["value"] == number


@pytest.mark.parametrize(
    ("mapping_id", "name", "code"),
    [("hospital/omg_o19", "o19_new", "57133-1"), ("hospital/oml_o21", "o21_new", "24317-0")],
)
def test_an_order_behind_the_visit_of_a_prior_result_is_not_acted_on(
    library: Library, mapping_id: str, name: str, code: str
) -> None:
    prior = b"PV1|1|O\rORC|RE|OLD\rOBR|1|OLD||2951-2^Sodium^LN\rOBX|1|NM|2951-2^Sodium^LN||140|mmol/L^^UCUM||||F\r"
    translation = _run(library, mapping_id, _sample(mapping_id, name) + prior)
    [request] = _of(translation, "ServiceRequest")
    assert request["code"]["coding"][0]["code"] == code
    assert len(_of(translation, "Observation")) == 2
    assert translation.accounting.unmapped == 0


@pytest.mark.parametrize(
    ("name", "changes", "priority"),
    [
        ("o01_new", (), "asap"),
        ("o01_new", ((b"^^A|", b"^^|"),), "routine"),
        ("o01_new", ((b"\rOBR", b"\rTQ1|1||||||||S\rOBR"),), "stat"),
        ("o01_held", (), "stat"),
    ],
)
def test_the_priority_of_an_older_order_is_found_where_its_version_has_it(
    library: Library, name: str, changes: tuple[tuple[bytes, bytes], ...], priority: str
) -> None:
    source = _sample("hospital/orm_o01", name)
    for old, new in changes:
        assert old in source
        source = source.replace(old, new)
    translation = _run(library, "hospital/orm_o01", source)
    assert [r["priority"] for kind in ("ServiceRequest", "Task") for r in _of(translation, kind)] == [
        priority,
        priority,
    ]


def test_a_report_has_the_results_that_stand_behind_it_and_no_others(library: Library) -> None:
    translation = _run(library, "hospital/oru_r01", _sample("hospital/oru_r01", "r01_reports"))
    results = {f"Observation/{r['id']}": r for r in _of(translation, "Observation")}
    reports = _of(translation, "DiagnosticReport")
    assert [len(report["result"]) for report in reports] == [3, 8]
    assert {one["reference"] for report in reports for one in report["result"]} == set(results)
    values = {
        results[one["reference"]]["code"]["coding"][0]["code"]: results[one["reference"]]
        for report in reports
        for one in report["result"]
    }
    assert values["11125-2"]["valueQuantity"]["comparator"] == ">"
    assert values["30180-4"]["valueRange"]["high"]["value"] == 1
    assert values["TITER"]["valueRatio"]["denominator"]["value"] == 128
    assert not any(key.startswith("value") for code in ("20570-8", "CMT") for key in values[code])
    assert "VOL" not in values


def test_a_correction_sent_alone_is_a_new_version_of_its_report(library: Library) -> None:
    first = _run(library, "hospital/oru_r01", _sample("hospital/oru_r01", "r01_reports"))
    later = _run(library, "hospital/oru_r01", _sample("hospital/oru_r01", "r01_correction"))
    assert later.roles["report"] == first.roles["report"][1:]
    assert later.roles["result"][0] == first.roles["result"][3]
    assert later.roles["result"][1] not in first.roles["result"]
    assert len({*first.roles["result"]}) == len(first.roles["result"]) == 11


@pytest.mark.requirement("CD-02")
@pytest.mark.parametrize(
    ("name", "status", "start"),
    [
        ("s12_booked", "booked", "2026-11-12T09:00:00-07:00"),
        ("s13_moved", "pending", "2026-11-13T09:00:00-07:00"),
        ("s15_cancelled", "cancelled", "2026-11-12T09:00:00-07:00"),
        ("s26_noshow", "noshow", "2026-11-12T09:00:00-07:00"),
    ],
)
def test_an_appointment_has_its_state_time_and_people(
    library: Library, name: str, status: str, start: str
) -> None:
    translation = _run(library, "hospital/siu_s12", _sample("hospital/siu_s12", name))
    [appointment], people = _of(translation, "Appointment"), _of(translation, "Practitioner")
    assert (appointment["status"], appointment["start"], appointment["minutesDuration"]) == (
        status,
        start,
        45,
    )
    assert [p["actor"]["reference"].partition("/")[0] for p in appointment["participant"]] == [
        "Patient",
        "Practitioner",
        "Practitioner",
    ]
    assert len({p["actor"]["reference"] for p in appointment["participant"]}) == 3
    assert people[0]["identifier"][0]["value"] == "1922007777"
    assert _of(translation, "Encounter") == []
    first = _run(library, "hospital/siu_s12", _sample("hospital/siu_s12", "s12_booked"))
    assert first.roles["appointment"] == (appointment["id"],)


def test_an_appointment_whose_time_has_no_zone_says_so_and_has_no_time(library: Library) -> None:
    source = _sample("hospital/siu_s12", "s12_booked").replace(b"-0700", b"")
    translation = _run(library, "hospital/siu_s12", source)
    [appointment] = _of(translation, "Appointment")
    assert "start" not in appointment
    assert "end" not in appointment
    assert {issue.code for issue in translation.issues} == {"ZONE_MISSING"}
    [known] = _of(_run(library, "hospital/siu_s12", source, "America/Phoenix"), "Appointment")
    assert known["start"] == "2026-11-12T09:00:00-07:00"


@pytest.mark.requirement("V2-03", "V2-04")
@pytest.mark.parametrize(
    ("mapping_id", "name", "more", "label"),
    [
        ("hospital/ref_i12", "i13_manic_upswing", b"ORC|NW\rORC|NW" + b"|" * 27 + b"EMP\r", "EMP"),
        ("hospital/omg_o19", "o19_cancel", b"PV1|1|O\rORC|RE" + b"|" * 27 + b"EMP\r", "EMP"),
        ("hospital/adt_a01", "a03_discharge", b"PV2|||\rPV2" + b"|" * 22 + b"Y\r", "R"),
    ],
)
def test_a_label_of_a_later_segment_counts_as_well(
    library: Library, mapping_id: str, name: str, more: bytes, label: str
) -> None:
    source = _sample(mapping_id, name)
    for both in (source, source + more):
        labels: Any = _of(_run(library, mapping_id, both), "Patient")[0].get("meta", {}).get("security", [])
        assert (label in {entry["code"] for entry in labels}) == (both != source)


@pytest.mark.requirement("SD-02")
@pytest.mark.parametrize(
    ("status", "control", "state"),
    [
        ("accepted", "SC", "IP"),
        ("in-progress", "SC", "IP"),
        ("rejected", "SC", "CA"),
        ("failed", "SC", "CA"),
        ("completed", "SC", "CM"),
        ("on-hold", "SC", "HD"),
        ("entered-in-error", "SC", "ER"),
        ("cancelled", "OC", ""),
    ],
)
def test_an_orders_state_goes_back_to_the_hospital(
    library: Library, status: str, control: str, state: str
) -> None:
    order = _run(library, "hospital/omg_o19", _sample("hospital/omg_o19", "o19_new"))
    released = [{**r, "status": status} if r["resourceType"] == "Task" else r for r in order.resources]
    content = _osu(library, released)
    fields = dict(line.partition("|")[::2] for line in content.decode().split("\r") if line)
    orc = [*fields["ORC"].split("|"), *[""] * 5]
    assert (orc[0], orc[1].split("^")[0], orc[4]) == (control, "R-3001", state)
    assert orc[2] == order.roles["task"][0]
    again = _run(library, "hospital/osu_o51", content)
    assert _of(again, "Task")[0]["status"] in (status, "accepted" if state == "IP" else "rejected")


def test_a_cancellation_by_the_hospital_is_about_the_task_of_its_order(library: Library) -> None:
    order = _run(library, "hospital/omg_o19", _sample("hospital/omg_o19", "o19_new"))
    ended = _run(library, "hospital/osu_o51", _sample("hospital/osu_o51", "cancelled_by_hospital"))
    assert ended.roles["task"] == order.roles["task"]
    assert _of(ended, "Task")[0]["status"] == "cancelled"


@pytest.mark.parametrize("status", ["requested", "received", "draft", "ready"])
def test_an_order_without_an_answer_has_no_state_to_tell(library: Library, status: str) -> None:
    order = _run(library, "hospital/omg_o19", _sample("hospital/omg_o19", "o19_new"))
    released = [{**r, "status": status} if r["resourceType"] == "Task" else r for r in order.resources]
    with pytest.raises(RenderRefused) as caught:
        _osu(library, released)
    assert caught.value.code == "REQUIRED_MISSING"


def _osu(library: Library, released: list[dict[str, Any]]) -> bytes:
    mapping = library.mapping("hospital/osu_o51")
    at = datetime(2026, 11, 6, 10, 15, tzinfo=UTC)
    return render(mapping, released, at=at, control_id="WH-1", zone=None).content


@pytest.mark.parametrize(
    ("state", "status", "rule", "provision"),
    [
        (b"A", "proposed", "OPTIN", "permit"),
        (b"L", "proposed", "OPTIN", "permit"),
        (b"", "proposed", "OPTIN", "permit"),
        (b"P", "draft", "OPTIN", "permit"),
        (b"B", "draft", "OPTIN", "permit"),
        (b"R", "active", "OPTOUT", "deny"),
        (b"X", "active", "OPTOUT", "deny"),
        (b"revoked", "active", "OPTOUT", "deny"),
    ],
)
@pytest.mark.requirement("V2-03")
def test_a_consent_in_a_message_is_evidence_and_a_refusal_denies_at_once(
    library: Library, state: bytes, status: str, rule: str, provision: str
) -> None:
    source = _sample("hospital/mdm_t02", "t02_note")
    assert source.count(b"|W|A|") == 1
    translation = _run(library, "hospital/mdm_t02", source.replace(b"|W|A|", b"|W|" + state + b"|"))
    [made] = _of(translation, "Consent")
    assert (made["status"], made["policyRule"]["coding"][0]["code"], made["provision"]["type"]) == (
        status,
        rule,
        provision,
    )
    assert made["verification"] == [{"verified": False}]
    # A denial has no end: the sender's end is that of the permission.
    assert ("period" in made["provision"]) == (state in (b"A", b"L"))


def test_a_consent_to_something_else_is_no_rule_of_disclosure(library: Library) -> None:
    translation = _run(library, "hospital/mdm_t02", _sample("hospital/mdm_t02", "t02_refusal"))
    [refusal] = _of(translation, "Consent")
    assert refusal["identifier"][0]["value"] == "FORM-12"
    assert refusal["provision"] == {"type": "deny"}


@pytest.mark.requirement("V2-02")
def test_a_document_is_told_without_what_it_says(library: Library) -> None:
    translation = _run(library, "hospital/mdm_t02", _sample("hospital/mdm_t02", "t02_note"))
    [document] = _of(translation, "DocumentReference")
    assert (document["status"], document["docStatus"]) == ("current", "final")
    assert document["meta"]["security"][0]["code"] == "V"
    assert document["content"] == [{"attachment": {"contentType": "text/plain"}}]
    text = str(translation.resources)
    assert "alcohol" not in text
    assert "withdrawal" not in text
    older = _run(library, "hospital/mdm_t02", _sample("hospital/mdm_t02", "t02_refusal"))
    [document] = _of(older, "DocumentReference")
    assert (document["status"], document["docStatus"]) == ("superseded", "preliminary")


def test_a_person_read_from_one_hospital_is_written_for_another(library: Library) -> None:
    person = _adt(library, "a31_person")
    mapping = library.mapping("hospital/adt_a31")
    at = datetime(2026, 11, 6, 10, 15, tzinfo=UTC)
    content = render(mapping, person.resources, at=at, control_id="WH-1", zone=None).content
    assert b"|ADT^A31^ADT_A05|WH-1|" in content
    assert b"900-00-1234" not in content
    again = _run(library, "hospital/adt_a31", content)
    [before], [after] = _of(person, "Patient"), _of(again, "Patient")
    for element in ("name", "birthDate", "gender", "address", "telecom"):
        assert after.get(element) == before.get(element)
    assert after["identifier"][0]["value"] == before["identifier"][0]["value"]
    assert again.accounting.unmapped == 0


def test_released_reports_are_written_with_their_own_results_behind_them(library: Library) -> None:
    read = _run(library, "hospital/oru_r01", _sample("hospital/oru_r01", "r01_reports"))
    mapping = library.mapping("hospital/oru_r01_out")
    at = datetime(2026, 11, 6, 10, 15, tzinfo=UTC)
    withheld = next(r for r in read.resources if r["resourceType"] == "Observation")
    released = [r for r in read.resources if r is not withheld]
    content = render(mapping, released, at=at, control_id="WH-1", zone=None).content.decode()
    segments = [line.split("|") for line in content.split("\r") if line]
    assert [s[0] for s in segments] == ["MSH", "PID", "OBR", *["OBX"] * 2, "OBR", *["OBX"] * 8]
    assert [s[3].split("^")[0] for s in segments if s[0] == "OBR"] == ["F-501", "F-502"]
    assert [s[3].split("^")[0] for s in segments[3:5]] == ["11125-2", "11273-0"]
    assert (segments[3][2], segments[3][5]) == ("SN", ">^450")
    assert (segments[4][2], segments[4][5]) == ("NM", "4.06")
    assert "11156-7" not in content


def test_a_result_whose_state_has_no_code_is_not_written_as_another(library: Library) -> None:
    read = _run(library, "hospital/oru_r01", _sample("hospital/oru_r01", "r01_correction"))
    released = [
        {**r, "status": "unknown"} if r["resourceType"] == "Observation" else r for r in read.resources
    ]
    mapping = library.mapping("hospital/oru_r01_out")
    at = datetime(2026, 11, 6, 10, 15, tzinfo=UTC)
    with pytest.raises(RenderRefused) as caught:
        render(mapping, released, at=at, control_id="WH-1", zone=None)
    assert (caught.value.code, caught.value.place) == ("REQUIRED_MISSING", "OBX-11")


def test_a_goal_addresses_the_problem_it_stands_behind(library: Library) -> None:
    translation = _run(library, "hospital/ppr_pc1", _sample("hospital/ppr_pc1", "pc1_problems"))
    first, second = (f"Condition/{c['id']}" for c in _of(translation, "Condition"))
    addressed = [(g["identifier"][0]["value"], g["addresses"]) for g in _of(translation, "Goal")]
    assert addressed == [
        ("G-1", [{"reference": first}]),
        ("G-2", [{"reference": first}]),
        ("G-3", [{"reference": second}]),
    ]
    status = [c["clinicalStatus"]["coding"][0]["code"] for c in _of(translation, "Condition")]
    assert status == ["active", "resolved"]
    assert [g["lifecycleStatus"] for g in _of(translation, "Goal")] == ["active", "active", "planned"]
    labels: Any = _of(translation, "Goal")[2]["meta"]["security"]
    assert {"SUD", "R"} <= {label["code"] for label in labels}


def test_a_deleted_problem_is_entered_in_error_under_its_own_id(library: Library) -> None:
    before = _run(library, "hospital/ppr_pc1", _sample("hospital/ppr_pc1", "pc1_problems"))
    after = _run(library, "hospital/ppr_pc1", _sample("hospital/ppr_pc1", "pc3_deleted"))
    [condition], [goal] = _of(after, "Condition"), _of(after, "Goal")
    assert (condition["id"], goal["id"]) == (before.roles["problem"][1], before.roles["goal"][2])
    assert condition["verificationStatus"]["coding"][0]["code"] == "entered-in-error"
    assert "clinicalStatus" not in condition
    assert goal["lifecycleStatus"] == "entered-in-error"


@pytest.mark.parametrize("more", [b"&sub", b"~ORM^O02", b"^ORM_O01&sub"])
def test_more_in_the_message_type_than_there_should_be_is_read_alike_by_both_forms(
    library: Library, more: bytes
) -> None:
    source = _sample("hospital/orm_o01", "o01_new").replace(b"|ORM^O01|", b"|ORM^O01" + more + b"|")
    translation = _run(library, "hospital/orm_o01", source)
    assert translation.accounting.unmapped == 0
    assert translation.message["event"] == "O01"


@pytest.mark.requirement("SD-01")
@pytest.mark.parametrize(
    ("raw", "concept", "back"),
    [
        (
            "DUP^ordered twice^L",
            {"coding": [{"code": "DUP", "display": "ordered twice"}], "text": "ordered twice"},
            "DUP^ordered twice",
        ),
        ("DUP", {"coding": [{"code": "DUP"}], "text": "DUP"}, "DUP"),
        (
            "DUP^ordered twice^^^^^^^said by phone",
            {"coding": [{"code": "DUP", "display": "ordered twice"}], "text": "said by phone"},
            "DUP^ordered twice^^^^^^^said by phone",
        ),
        ("^only words", {"text": "only words"}, "^only words"),
    ],
)
def test_a_reason_is_there_in_words_and_goes_back_as_it_came(raw: str, concept: Any, back: str) -> None:
    lens = concept_lens(LensSpec("concept", {"worded": True}, None, None))
    assert lens.forward(raw, None) == concept
    assert lens.backward is not None
    assert lens.backward(concept) == back
    assert lens.forward(back, None) == concept
    plain = concept_lens(LensSpec("concept", {}, None, None)).forward("DUP^ordered twice^L", None)
    assert "text" not in plain


@pytest.mark.requirement("V2-01")
@pytest.mark.parametrize("second", [b"^^^^^^S", b'""'])
def test_a_name_that_says_nothing_beside_one_that_does_refuses_no_message(
    library: Library, second: bytes
) -> None:
    named, mapping_id = b"Ochoa^Daniel^R^^^^L", "hospital/oru_r01"
    source = _sample(mapping_id, "r01_reports")
    made = _run(library, mapping_id, source.replace(named, named + b"~" + second))
    assert made.resources[0]["name"] == [{"use": "official", "family": "Ochoa", "given": ["Daniel", "R"]}]
    with pytest.raises(TranslationRefused):
        _run(library, mapping_id, source.replace(named, second + b"~" + second))


def test_the_state_of_an_appointment_in_capitals_is_the_same_state(library: Library) -> None:
    source = _sample("hospital/siu_s12", "s12_booked")
    assert b"|Booked" in source
    made = _run(library, "hospital/siu_s12", source.replace(b"|Booked", b"|BOOKED"))
    assert [one["status"] for one in _of(made, "Appointment")] == ["booked"]
