"""A program's own notice to its patients (42 CFR 2.22), said at the consent desk, where it holds nothing up."""

from __future__ import annotations

import re
from html import unescape

import pytest

from gateway.store import patient_notices
from tests.gateway.agency_desk.test_consent_pages import HER, Counter
from tests.gateway.county import County


@pytest.fixture
def counter(county: County) -> Counter:
    """The hospital's unit is a program whose notice has a version; a referral of hers waits."""
    county.change_partner("hospital", desk=("consents",), part2_program=True, patient_notice="2026-02")
    county.refer()
    county.refused()
    made = Counter(county)
    made.log_in()
    return made


def begin(counter: Counter) -> str:
    """From what is to do to her choices; the page."""
    counter.get()
    counter.follow(HER)
    counter.follow("Read and choose together")
    return plain(counter)


def plain(counter: Counter) -> str:
    """The page without its tags of days."""
    return re.sub("</?time[^>]*>", "", unescape(counter.page.text))


@pytest.mark.requirement("P2-22-01")
def test_the_notice_is_given_at_the_desk_and_a_newer_one_again(counter: Counter) -> None:
    county = counter.county
    page = begin(counter)
    assert "has not given this person its privacy notice yet" in page and "Version: 2026-02" in page
    assert page.count(" checked") >= 3, "filled in from what waits"

    counter.fill("/patient-notice", way="WRITTEN", day="2026-04-12")
    assert counter.page.status_code == 400 and "DAY_INVALID" in counter.page.text, "it is not that day yet"
    begin(counter)
    counter.fill("/patient-notice", way="FACE", day="2026-04-10")
    page = plain(counter)
    assert "Saved: the notice was given." in page and "Given on April 10, 2026, read together." in page
    assert page.count(" checked") >= 3, "what waits is still filled in"
    entry = county.audit("outcome")[-1].entry
    assert entry is not None and (entry.outcome, entry.recipient_name) == ("patient_notice_given", "Ana Ruiz")
    assert entry.description == "version 2026-02, given on 2026-04-10, FACE"

    county.change_partner("hospital", patient_notice="2027-01")
    assert "The one before was given on April 10, 2026" in begin(counter)
    counter.fill("/read")
    assert "would see: your name and contact" in unescape(counter.page.text), "it holds nothing up"
    county.change_partner("hospital", part2_program=False)
    assert "privacy notice" not in begin(counter), "who is no program owes none"
    counter.post(f"/agency/consents/{county.patient_id}/patient-notice", {"day": "2026-04-10", "way": "FACE"})
    assert counter.page.status_code in (400, 403)
    given = county.look(lambda reading: patient_notices.of_patient(reading, county.patient_id, "hospital"))
    assert [one.version for one in given] == ["2026-02"]
