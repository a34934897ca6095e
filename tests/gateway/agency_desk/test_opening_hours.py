"""A partner's hours and whom to call when it is closed, read before somebody is sent there."""

from __future__ import annotations

from datetime import UTC, datetime

from gateway.partners.network import Contact
from gateway.partners.opening_hours import OpeningHours
from tests.gateway.agency_desk.conftest import Browser
from tests.gateway.agency_desk.crisis_county import come_in, look_up, set_up
from tests.gateway.agency_desk.test_cases import ask, cases, lena
from tests.gateway.county import County

__all__ = ["cases", "lena"]
HOURS = OpeningHours(mon=("09:00-12:00", "13:00-17:00"), wed=("09:00-17:00",))
LINE = Contact("Warm line", "+1-602-555-0148")
MONDAY = datetime(2026, 11, 23, 17, 0, tzinfo=UTC)  # ten o'clock in Phoenix


def be(county: County, at: datetime) -> None:
    """It is that instant."""
    county.clock.advance(at - county.clock.now())


def test_before_a_referral_is_saved_its_page_says_whether_they_are_there(
    cases: County, lena: Browser
) -> None:
    cases.change_partner("peer-support", hours=None, after_hours=None)
    assert "Opening hours" not in ask(lena, cases), "nothing is guessed"
    cases.change_partner("peer-support", hours=HOURS, after_hours=LINE)
    be(cases, MONDAY)
    lena = come_in(cases, "case-management", "Lena Ortiz")
    page = ask(lena, cases)
    assert "open now, until 12:00 PM." in page and "9:00 AM – 12:00 PM, 1:00 PM – 5:00 PM" in page
    assert "When they are closed, call:" in page and 'href="tel:+1-602-555-0148"' in page
    be(cases, MONDAY.replace(hour=19, minute=30))
    lena = come_in(cases, "case-management", "Lena Ortiz")
    assert "closed now. Opens 1:00 PM." in ask(lena, cases)
    be(cases, MONDAY.replace(day=24))
    lena = come_in(cases, "case-management", "Lena Ortiz")
    lena.post("/agency/language", {"language": "es"})
    page = ask(lena, cases)
    assert "cerrado ahora. Abre miércoles" in page and ">25 de noviembre de 2026</time> 9:00 a. m.<" in page


def test_a_crisis_worker_reads_them_where_she_writes_the_next_morning_down(county: County) -> None:
    set_up(county)
    county.change_partner("counseling", after_hours=LINE)
    page = look_up(come_in(county))
    assert "To reach them, call:" in page and "+1-602-555-0148" in page
    county.change_partner("counseling", hours=OpeningHours())
    assert "closed now, for more than two weeks." in look_up(come_in(county))
