"""HL7 v2 messages that refer nobody (visits, results, appointments, documents, problems): kept, and shown when asked."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gateway.audit import of_patient
from gateway.flows.merged_numbers import SAID
from gateway.flows.messages import Receipt
from gateway.flows.same_person import join, tell_apart
from gateway.identity.review import candidates
from gateway.intake import AckSettings, acknowledge, read_header
from gateway.partners import Network
from gateway.store import inbox, intents, patients, records
from gateway.wiring.opening import open_premises
from tests.gateway.county import County

SAMPLES = Path(__file__).parents[3] / "mappings/formats/hospital"
MAPPING_OF = {
    "ADT": "hospital/adt_a01",
    "ADT^A40": "hospital/adt_a39",
    "ORU^R01": "hospital/oru_r01",
    "SIU": "hospital/siu_s12",
    "MDM^T02": "hospital/mdm_t02",
    "PPR": "hospital/ppr_pc1",
}
SYSTEM = "urn:oid:2.16.840.1.113883.3.9999.20.1"
STAYS, ENDED = "RB5530144", "RB5539999"


@pytest.fixture
def hospital(county: County) -> County:
    messages = {**county.premises.network.partners["hospital"].messages, **MAPPING_OF}
    county.change_partner("hospital", messages=messages)
    return county


def sample(name: str, **change: str) -> bytes:
    text = (SAMPLES / f"{name}.hl7").read_bytes().decode()
    for before, after in change.items():
        assert before in text
        text = text.replace(before, after)
    return text.encode()


def send(county: County, raw: bytes) -> Receipt:
    header = read_header(raw)
    assert header is not None
    kind = b"^".join(header.kind).decode()
    receipt = county.send(raw, header.control_id.decode(), kind)
    answer = acknowledge(raw, header, receipt, AckSettings()) or b""
    if header.field(15) == b"":
        assert (b"\rMSA|AA|" in answer) == (receipt.outcome == "accepted")
    return receipt


def about(county: County, receipt: Receipt) -> str:
    kept = county.look(lambda reading: inbox.get(reading, receipt.message_id))
    assert kept is not None and kept.patient_id is not None
    return kept.patient_id


def held(county: County, patient_id: str) -> dict[str, int]:
    """The newest version of each record that is held, by type."""
    found = county.look(lambda reading: list(records.of_patient(reading, patient_id)))
    return {one.resource_type: one.version for one in found}


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("adt_a01/samples/a01_admit", "Encounter"),
        ("adt_a01/samples/a28_person", "Patient"),
        ("oru_r01/samples/r01_reports", "DiagnosticReport"),
        ("siu_s12/samples/s12_booked", "Appointment"),
        ("mdm_t02/samples/t02_note", "DocumentReference"),
        ("ppr_pc1/samples/pc1_problems", "Goal"),
    ],
)
def test_it_is_accepted_kept_as_the_sender_s_and_sent_to_nobody(
    hospital: County, name: str, kind: str
) -> None:
    receipt = send(hospital, sample(name))

    assert (receipt.outcome, [f for f in receipt.faults if f.severity == "E"]) == ("accepted", [])
    her = about(hospital, receipt)
    assert kind in held(hospital, her)
    for one in hospital.look(lambda reading: list(records.of_patient(reading, her))):
        assert (one.source_partner, one.sources) == ("hospital", ("hospital",))
    assert hospital.look(lambda reading: list(intents.of_patient(reading, her))) == []
    assert hospital.look(lambda reading: inbox.raw(reading, receipt.message_id)) == sample(name)


def test_the_same_again_changes_nothing_and_a_later_one_is_the_next_version(hospital: County) -> None:
    first = send(hospital, sample("adt_a01/samples/a01_admit"))
    again = send(hospital, sample("adt_a01/samples/a01_admit"))
    assert (again.duplicate, again.message_id) == (True, first.message_id)
    before = held(hospital, about(hospital, first))

    later = send(hospital, sample("adt_a01/samples/a03_discharge"))
    now = held(hospital, about(hospital, later))
    assert about(hospital, later) == about(hospital, first)
    assert (now["Encounter"], now["AllergyIntolerance"]) == (
        before["Encounter"] + 1,
        before["AllergyIntolerance"],
    )


def test_its_sender_finds_it_and_nobody_else(hospital: County) -> None:
    send(hospital, sample("ppr_pc1/samples/pc1_problems"))
    number = (SYSTEM, STAYS)
    of_psychiatry: Any = hospital.search("psychiatry", "Goal", number)
    assert of_psychiatry["total"] == 0
    own = hospital.search("hospital", "Goal", number)
    assert own["total"] > 0


def test_a_message_about_nobody_is_told_so(hospital: County) -> None:
    raw = b"\r".join(
        line for line in sample("oru_r01/samples/r01_reports").split(b"\r") if not line.startswith(b"PID")
    )
    receipt = send(hospital, raw)
    assert receipt.outcome == "content_error"
    (kept,) = hospital.look(inbox.list_messages)
    assert kept.state == "needs_attention"


def _local(name: str, **change: str) -> bytes:
    """A sample as most senders write numbers: the name of whose they are, and no system."""
    return sample(name, **{"^^^SAGUARO&2.16.840.1.113883.3.9999.20.1&ISO^": "^^^SAGUARO^", **change})


def test_a_number_of_the_sender_s_own_tells_her_there_when_what_describes_her_is_corrected(
    hospital: County,
) -> None:
    first = send(hospital, _local("adt_a01/samples/a01_admit"))
    corrected = _local("adt_a01/samples/a08_change", **{"|19880521|": "|19880512|"})
    assert about(hospital, send(hospital, corrected)) == about(hospital, first)
    assert send(hospital, _local("adt_a39/samples/a40_merge")).outcome == "accepted"
    under_the_ended = _local("adt_a01/samples/a28_person", **{STAYS: ENDED, "|19880521|": "|19880530|"})
    assert about(hospital, send(hospital, under_the_ended)) == about(hospital, first)
    other = _local("adt_a01/samples/a03_discharge", **{"|19880521|": "|19510101|", "^Daniel^": "^Norma^"})
    refused = send(hospital, other)
    assert [(fault.code, fault.erl) for fault in refused.faults] == [
        ("RECORD_OF_ANOTHER_PATIENT", "PID^1^3^1")
    ]


def test_a_number_of_another_kind_with_the_same_figures_is_somebody_else_s(hospital: County) -> None:
    """The account (AN) of one, the record (MR) of another: by figures and authority alone they were one person."""
    hers = about(hospital, send(hospital, _local("adt_a01/samples/a28_person")))
    stranger = {STAYS: f"X-77^^^SAGUARO^PI~{STAYS}", "|19880521|": "|19510101|"}
    account = _local("adt_a01/samples/a28_person", **stranger).replace(
        f"~{STAYS}^^^SAGUARO^MR".encode(), f"~{STAYS}^^^SAGUARO^AN".encode()
    )
    assert b"^AN" in account
    assert about(hospital, send(hospital, account)) != hers


def test_a_type_that_is_not_set_up_is_not_taken(county: County) -> None:
    assert send(county, sample("oru_r01/samples/r01_reports")).outcome == "rejected"


def test_the_gateway_starts_with_such_types_without_a_route(hospital: County) -> None:
    network = Network(hospital.premises.network.content)

    assert open_premises(replace(hospital.folder, network=network), hospital.store)


# --- two numbers are one person -------------------------------------------------------------------------------------


def merge(county: County) -> Receipt:
    receipt = send(county, sample("adt_a39/samples/a40_merge"))
    assert receipt.outcome == "accepted"
    return receipt


def admit(county: County, number: str = STAYS, **change: str) -> str:
    told = {STAYS: number, "ADT-1001": f"ADT-{number}", "900-00-1234": "900-00-9999", **change}
    return about(county, send(county, sample("adt_a01/samples/a01_admit", **told)))


OTHER = {"Ochoa^Daniel^R": "Ochoa^Danny", "(602)555-0142": "(602)555-0199", "417 E Fillmore": "9 W Elm"}


@pytest.mark.requirement("DM-28")
def test_a_number_that_nobody_had_is_hers_from_now_on(hospital: County) -> None:
    her = admit(hospital)
    merge(hospital)
    assert admit(hospital, ENDED) == her
    (patient,) = hospital.look(lambda reading: list(records.of_patient(reading, her, ("Patient",))))[:1]
    assert "link" not in patient.resource and patient.resource["name"]


@pytest.mark.requirement("DM-28")
def test_where_both_are_held_nobody_is_joined_and_a_person_is_asked(hospital: County) -> None:
    ended, her = admit(hospital, ENDED, **OTHER), admit(hospital)
    assert ended != her
    before = held(hospital, ended)
    merge(hospital)

    assert not hospital.look(lambda reading: patients.certain(reading, ended))
    assert hospital.look(lambda reading: patients.certain(reading, her))
    assert held(hospital, ended) == before
    assert her in [one.patient_id for one in hospital.look(lambda reading: candidates(reading, ended))]
    said = [row.outcome for row in audit_of(hospital, ended)]
    assert said.count(SAID) == 1

    merge(hospital)
    send(hospital, sample("adt_a39/samples/a40_merge", **{"ADT-4001": "ADT-4002"}))
    assert [row.outcome for row in audit_of(hospital, ended)].count(SAID) == 1

    hospital.run(join(hospital.premises, ended, her, "both cards seen"))
    merge(hospital)
    assert admit(hospital, ENDED, **OTHER, **{"ADT-1001": "ADT-9"}) == her


@pytest.mark.requirement("DM-28")
def test_what_a_person_has_told_apart_stays_so(hospital: County) -> None:
    ended, her = admit(hospital, ENDED, **OTHER), admit(hospital)
    hospital.run(tell_apart(hospital.premises, ended, her, "twins"))
    merge(hospital)
    assert hospital.look(lambda reading: patients.certain(reading, ended))


def audit_of(county: County, patient_id: str) -> list[Any]:

    found = county.look(lambda reading: of_patient(reading, patient_id))
    return [one.entry for one in found if one.entry is not None]
