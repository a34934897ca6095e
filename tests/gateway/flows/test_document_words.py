"""A note that is a psychotherapy note as a whole is one in each of its pieces."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import pytest

import consent
from gateway.flows.messages import ReceivedMessage
from gateway.flows.receive import accept_message
from gateway.store import Record, inbox, records
from mappings import read_library
from tests.gateway.county import County
from tests.mappings.conftest import FORMATS, read_formats

NOTE = (FORMATS / "psychiatry/ccda_referral/samples/consultation.xml").read_bytes()


def pieces(county: County, title: str, control_id: str, section: str = "Assessment") -> list[Record]:
    """The free text of a psychiatrist's note under that title, and its section's, as it is kept."""
    raw = NOTE.replace(b"<title>Consult note</title>", f"<title>{title}</title>".encode())
    raw = raw.replace(b"<title>Assessment</title>", f"<title>{section}</title>".encode())
    raw = raw.replace(b'extension="set-88"', f'extension="{control_id}"'.encode())
    kind, at = "ClinicalDocument^11488-4", county.clock.now()
    message = ReceivedMessage("psychiatry", "folder", "ccda", control_id, kind, raw, at)
    receipt = county.run(accept_message(county.premises, message))
    assert receipt.outcome == "accepted", receipt.faults
    kept = county.look(lambda reading: inbox.get(reading, receipt.message_id))
    assert kept is not None
    assert kept.patient_id is not None
    her = kept.patient_id
    return list(county.look(lambda reading: records.of_patient(reading, her, ("DocumentReference",))))


@pytest.mark.requirement("P2-31-13", "HI-508-03")
@pytest.mark.parametrize(
    ("title", "section", "is_note"),
    [
        ("Consult note", "Assessment", False),
        ("Psychotherapy note", "Assessment", True),
        ("Consult note", "Psychotherapy notes, session 4", True),
    ],
)
def test_the_title_of_a_document_or_section_holds_for_its_pieces(
    county: County, title: str, section: str, is_note: bool
) -> None:
    county.premises = replace(county.premises, library=read_library(read_formats()))
    county.change_partner("psychiatry", messages={"ClinicalDocument": "psychiatry/ccda_referral"})
    (route, *_) = [one for one in county.premises.network.content.routes if one.carries == "referral"]
    route = msgspec.structs.replace(route, source="psychiatry", when_none_named=("ClinicalDocument",))
    county.change_network(routes=(route,))

    found = pieces(county, title, "n-1", section)

    assert found
    labelled = [consent.label_resource(one.resource, one.part2, county.premises.tables) for one in found]
    assert {one.note for one in labelled} == {is_note}
