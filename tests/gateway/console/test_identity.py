"""Identity review on the console: pairs with what speaks for them, and a person's word with its reason."""

from __future__ import annotations

import html
import re

import pytest

from gateway.store import patients, same_person
from tests.gateway.console.conftest import NOW, Browser
from tests.gateway.county import County
from tests.gateway.flows.test_same_person import both

pytestmark = pytest.mark.requirement("DM-28")
WHY = "both cards were on the table"


@pytest.fixture
def pair(county: County) -> tuple[Browser, str, str]:
    """(the console, she, she registered anew): the second waits for a person."""
    county.clock.advance(NOW - county.clock.now())
    her, again = both(county)
    return Browser(county).log_in(), her, again


def said(browser: Browser, page: str, **fields: str) -> str:
    """What came of a form and of the page that asks whether it is meant."""
    asked = browser.send(f"{page}/word", page, **{"reason": WHY, **fields}).text
    assert "Nothing was done yet" in asked, asked
    hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', asked.split("<main")[1]))
    again = {name: html.unescape(value) for name, value in hidden.items()}
    return browser.ask("POST", f"/console/{page}/word", data=again).text


def test_a_pair_stands_with_how_its_fields_agree_and_no_value(pair: tuple[Browser, str, str]) -> None:
    browser, her, again = pair
    listed, page = browser.get("identity").text, browser.get(f"identity/{again}").text

    assert her in listed and again in listed
    assert "1 delivery held" in page
    for field in ("Family name", "Given name", "Birth date", "Phone"):
        assert field in page
    assert "something else" in page and "the same" in page
    assert "Maribel" not in listed + page and "Palm Lane" not in listed + page
    row = browser.get("identity?as=csv").text.splitlines()[1]
    assert row.startswith(f"{again},") and her in row
    looked = browser.reads()
    assert {one.row.patient_id for one in looked[-2:]} == {her, again}


def test_both_descriptions_stand_side_by_side_with_a_reason(pair: tuple[Browser, str, str]) -> None:
    browser, her, again = pair
    page = f"identity/{again}"
    shown = browser.send(f"{page}/content", page, other=her, reason="the desk called")

    assert "Maribel" in shown.text and "12 Palm Lane" in shown.text and "9 Elm Court" in shown.text
    last = browser.reads()[-2:]
    assert {one.row.patient_id for one in last} == {her, again}
    assert all(one.entry is not None and "the desk called" in one.entry.description for one in last)
    assert browser.send(f"{page}/content", page, other=her, reason="x").status_code == 400


def test_same_person_joins_them_after_it_was_confirmed(pair: tuple[Browser, str, str]) -> None:
    browser, her, again = pair
    done = said(browser, f"identity/{again}", act="same", other=her)

    assert "Done: These two are one person" in done and "identity_joined" in done
    assert browser.county.look(lambda reading: same_person.stays(reading, again)) == her
    entry = browser.county.audit("outcome")[-1].entry
    assert entry is not None
    assert entry.description == f"{WHY} (said by Kim Officer, compliance officer, at the console)"
    assert "Was found to be" in browser.get(f"identity/{again}").text
    assert "Done: They were joined by mistake" in said(browser, f"identity/{again}", act="part")


def test_different_people_are_not_proposed_again_and_can_be_confirmed(pair: tuple[Browser, str, str]) -> None:
    browser, her, again = pair
    said(browser, f"identity/{again}", act="apart", other=her)
    assert "Nobody we know is described alike" in browser.get(f"identity/{again}").text

    assert "Done: This is a person of her own" in said(browser, f"identity/{again}", act="confirm")
    assert browser.county.look(lambda reading: patients.certain(reading, again))
    assert "it is certain who they are" in browser.get("identity").text


def test_nothing_is_done_without_the_second_look_a_reason_or_the_role(pair: tuple[Browser, str, str]) -> None:
    browser, her, again = pair
    page = f"identity/{again}"
    for fields, status in (
        ({"act": "same", "other": her, "reason": WHY}, 200),
        ({"act": "same", "other": her, "reason": " "}, 400),
        ({"act": "same", "other": "nobody", "reason": WHY}, 404),
        ({"act": "merge", "other": her, "reason": WHY}, 400),
        ({"act": "sort", "record": "../x", "reason": WHY}, 404),
        ({"act": "sort", "record": "Task/none", "reason": WHY, "confirmed": "yes"}, 404),
    ):
        assert browser.send(f"{page}/word", page, **fields).status_code == status, fields
    browser.log_in("Ada Auditor", "auditor")
    assert "Same person" not in browser.get(page).text
    fields = {"act": "same", "other": her, "reason": WHY, "confirmed": "yes"}
    assert browser.send(f"{page}/word", page, **fields).status_code == 403
    assert browser.send(f"{page}/content", page, other=her, reason=WHY).status_code == 403
    assert browser.county.look(lambda reading: same_person.stays(reading, again)) == again
