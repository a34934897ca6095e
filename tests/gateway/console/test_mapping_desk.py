"""Mappings on the console: what is in use, what is left over, and a sample that is tried and not kept."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from gateway.flows import mapping_trials
from gateway.store import desk_lists
from tests.gateway.console.conftest import NOW, Browser
from tests.gateway.county import County

SAMPLES = Path(__file__).parents[3] / "mappings" / "formats" / "hospital" / "ref_i12" / "samples"
SAMPLE = (SAMPLES / "i12_new_mother.hl7").read_text().replace("\r", "\n")


@pytest.fixture
def desk(county: County) -> Browser:
    """Two referrals came; one brings a segment that no row takes."""
    county.clock.advance(NOW - county.clock.now())
    county.refer()
    county.refer("ED-2", "R-2", change={"\rOBR|1": "\rZZZ|1|something of our own\rOBR|1"})
    return Browser(county).log_in()


def tried(desk: Browser, sample: str, mapping: str = "hospital/ref_i12") -> str:
    return desk.send("mappings/try", "mappings", mapping=mapping, sample=sample).text


def test_what_is_in_use_stands_with_its_version_and_who_uses_it(desk: Browser) -> None:
    text = desk.get("mappings").text

    assert 'class="id">hospital/ref_i12</th>' in text and "REF^I12 in" in text
    assert desk.county.premises.library.mapping("hospital/ref_i12").content_hash[:12] in text


def test_what_no_row_takes_is_ranked_by_place_without_its_value(desk: Browser) -> None:
    assert "Taken whole" in desk.get("mappings").text
    asked = desk.send("mappings/unmapped", "mappings", reason="the hospital has a new version")
    text = asked.text

    assert "2 messages read" in text and "ZZZ-2" in text
    assert "something of our own" not in text and "Maribel" not in text
    last = desk.reads()[-1]
    assert last.row.patient_id == desk.county.patient_id, "whose message was opened is in the log"
    assert last.entry is not None and "the hospital has a new version" in last.entry.description
    assert "No message of this time" in desk.get("mappings?partner=otp").text


def test_a_sample_is_translated_with_its_lineage(desk: Browser) -> None:
    before = len(desk.county.look(lambda reading: desk_lists.messages_before(
        reading, state="", partner="", since="", before="", limit=50)))  # fmt: skip
    text = tried(desk, SAMPLE)

    assert "Translated" in text and "ServiceRequest" in text and "PID-" in text
    assert "leaves" in text
    after = desk.county.look(lambda reading: desk_lists.messages_before(
        reading, state="", partner="", since="", before="", limit=50))  # fmt: skip
    assert len(after) == before, "nothing of it is kept"
    last = desk.reads()[-1].entry
    assert last is not None
    assert last.subject == "mappings/try?mapping=hospital/ref_i12"
    assert last.patient_id is None


def test_what_is_wrong_with_a_sample_is_told_with_its_place_and_escaped(desk: Browser) -> None:
    assert "Cannot be read" in tried(desk, "<script>alert(1)</script>")
    wrong = tried(desk, SAMPLE.replace("PID|", "XID|", 1))
    assert "Refused" in wrong and "PID" in wrong
    shown = tried(desk, SAMPLE.replace("^Reyes", "^<b>Reyes") if "^Reyes" in SAMPLE else SAMPLE)
    assert "<b>Reyes" not in shown


@pytest.mark.parametrize(
    ("sample", "mapping", "code"),
    [
        ("  ", "hospital/ref_i12", "SAMPLE_EMPTY"),
        ("x" * 65_537, "hospital/ref_i12", "SAMPLE_TOO_LARGE"),
        ("x" * 300_000, "hospital/ref_i12", "FORM_TOO_LARGE"),
        ("x", "no/such", "MAPPING_UNKNOWN"),
        ("x", "../../etc/passwd", "MAPPING_UNKNOWN"),
        ("x", "housing/hmis_fy2026", "FORMAT_NOT_TEXT"),
    ],
)
def test_what_cannot_be_tried_is_refused(desk: Browser, sample: str, mapping: str, code: str) -> None:
    assert code in tried(desk, sample, mapping)


def test_one_sample_is_tried_at_a_time_and_none_by_an_auditor(desk: Browser) -> None:
    with mapping_trials._one_at_a_time:
        assert "TRIAL_BUSY" in tried(desk, SAMPLE)
    assert isinstance(mapping_trials._one_at_a_time, type(threading.Lock()))
    assert "Translated" in tried(desk, SAMPLE)
    desk.log_in("Ada Auditor", "auditor")
    assert "Try a sample" not in desk.get("mappings").text
    assert "ROLE_NOT_ENTITLED" in tried(desk, SAMPLE)
