"""A message corrected and taken in again from its page, after a preview that changes nothing."""

from __future__ import annotations

import html
import re

import pytest

from gateway.store import InboxMessage, desk_lists, inbox
from tests.gateway.console.conftest import NOW, Browser
from tests.gateway.county import County

WHY = "the hospital's registrar gave the number by phone"
NUMBER = "R-1^RIVERBEND"


def messages(browser: Browser) -> dict[str, InboxMessage]:
    """All that came, by state."""
    found = browser.county.look(
        lambda reading: desk_lists.messages_before(
            reading, state="", partner="", since="", before="", limit=50
        )
    )
    return {one.state: one for one in found}


@pytest.fixture
def faulty(county: County) -> Browser:
    """A referral without its number came and could not be used."""
    county.clock.advance(NOW - county.clock.now())
    county.refer(change={NUMBER: ""})
    browser = Browser(county).log_in()
    assert list(messages(browser)) == ["needs_attention"]
    return browser


def hidden(page: str) -> dict[str, str]:
    """The hidden fields of the page's form, as a browser sends them: its line ends are CR LF."""
    fields = re.findall(
        r'<input type="hidden" name="(\w+)" value="([^"]*)">', page.split("<main")[1], re.DOTALL
    )
    # a browser reads CR LF in a page as LF, and sends LF as CR LF
    return {name: html.unescape(value).replace("\r\n", "\n").replace("\n", "\r\n") for name, value in fields}


def test_a_message_is_corrected_after_a_preview(faulty: Browser) -> None:
    kept = messages(faulty)["needs_attention"]
    page = f"messages/{kept.id}"
    opened = faulty.send(f"{page}/correct", page, reason=WHY).text
    text = html.unescape(re.findall(r"<textarea[^>]*>\n(.*?)</textarea>", opened, re.DOTALL)[0])
    assert "770011" in text and "\r" not in text
    last = faulty.reads()[-1].entry
    assert last is not None and (last.subject, WHY in last.description) == (f"{page}/content", True)

    corrected = text.replace("^HL70284||", f"^HL70284|{NUMBER}|").replace("\n", "\r\n")
    preview = faulty.send(f"{page}/again", page, reason=WHY, corrected=corrected).text
    assert "Can be read" in preview and "ServiceRequest" in preview
    assert list(messages(faulty)) == ["needs_attention"], "nothing was done yet"
    done = faulty.ask("POST", f"/console/{page}/again", data=hidden(preview))

    assert done.status_code == 303
    now = messages(faulty)
    assert set(now) == {"accepted", "replayed"}
    made, original = now["accepted"], now["replayed"]
    assert (made.replay_of, original.id) == (kept.id, kept.id)
    assert done.headers["location"].endswith(made.id)
    raws = [faulty.county.look(lambda reading, i=i: inbox.raw(reading, i)) for i in (kept.id, made.id)]
    assert raws[0].replace(b"^HL70284||", f"^HL70284|{NUMBER}|".encode()) == raws[1], "nothing else differs"


def test_who_had_it_taken_in_again_and_why_is_in_the_log(faulty: Browser) -> None:
    page = f"messages/{messages(faulty)['needs_attention'].id}"
    preview = faulty.send(f"{page}/again", page, reason=WHY).text
    assert "Would be refused" in preview and "RF1-6" in preview and "770011" not in preview
    assert faulty.ask("POST", f"/console/{page}/again", data=hidden(preview)).status_code == 303

    found = faulty.get("disclosures?kind=outcome").text
    assert "Message taken in again" in found


def test_nothing_is_taken_in_without_a_reason_a_token_or_the_role(faulty: Browser) -> None:
    page = f"messages/{messages(faulty)['needs_attention'].id}"
    path = f"/console/{page}/again"

    assert faulty.send(f"{page}/again", page, reason=" ").status_code == 400
    assert faulty.ask("POST", path, data={"reason": WHY, "confirmed": "yes"}).status_code == 403
    assert faulty.send("messages/nobody/again", page, reason=WHY).status_code == 404
    assert faulty.send(f"{page}/again", page, reason=WHY, corrected="x" * 300_000).status_code == 400
    faulty.log_in("Ada Auditor", "auditor")
    assert "Open it to correct" not in faulty.get(page).text
    assert faulty.send(f"{page}/again", page, reason=WHY, confirmed="yes").status_code == 403
    assert faulty.send(f"{page}/correct", page, reason=WHY).status_code == 403
    assert list(messages(faulty)) == ["needs_attention"]


@pytest.mark.requirement("AU-05")
def test_a_message_stands_beside_its_fhir_and_each_value_leads_to_the_other_side(county: County) -> None:
    county.clock.advance(NOW - county.clock.now())
    county.refer()
    browser = Browser(county).log_in()
    page = f"messages/{messages(browser)['accepted'].id}"
    assert "Why do you need to see where each value came from" in browser.get(page).text
    assert browser.send(f"{page}/beside", page, reason="").status_code == 400

    shown = browser.send(f"{page}/beside", page, reason=WHY).text

    (place, text, to) = re.findall(
        r'<li id="(s1-\d+)" class="mapped"><span class="id">PID-5.1</span> <span class="value">(\w+)</span>'
        r'.*?<a href="#(f1-\d+)"',
        shown,
    )[0]
    family = shown[shown.index(f'<li id="{to}"') :]
    assert f">{text}</span>" in family[:300] and f'href="#{place}"' in family[:600], "and back"
    assert '"carried"><span class="id">MSH-3</span>' in shown
    last = browser.reads()[-1].entry
    assert last is not None and (last.subject, WHY in last.description) == (f"{page}/beside", True)
    auditor = Browser(county).log_in("Lee Auditor", "auditor")
    assert auditor.send(f"{page}/beside", page, reason=WHY).status_code == 403


def test_what_cannot_be_read_says_so_beside(faulty: Browser) -> None:
    page = f"messages/{messages(faulty)['needs_attention'].id}"
    assert "Cannot be read" in faulty.send(f"{page}/beside", page, reason=WHY).text
