"""The other screens, over what a real referral left behind: held, sent, withdrawn, refused, looked at."""

from __future__ import annotations

import html
import re
from dataclasses import replace
from datetime import timedelta

import pytest

from gateway.audit import Sealer, look_entries, newest, read_witness, verifier_of, verify_file
from gateway.clock import instant_text
from gateway.console import look, proofs
from gateway.console.office import CertificateEnd
from gateway.demo import person
from gateway.flows.restored import MISSING_FROM, MISSING_TO
from gateway.partners.papers import Agreement
from gateway.store import audit_rows, emergency_uses, inbox, intents, outbox, patients
from gateway.store.emergency_uses import EmergencyUse
from gateway.wiring import console_door
from tests.gateway.console.conftest import ANA, NOW, Browser, made, numbers
from tests.gateway.county import MRN, County
from tests.gateway.flows.test_same_person import hand_over

NAME = "Maribel"
"""The marked patient's given name; it stands in every message and record of hers."""


@pytest.fixture
def told(county: County) -> Browser:
    """She was referred, signed, was told about, and took it back; a second referral waits for a consent."""
    county.clock.advance(NOW - timedelta(hours=1) - county.clock.now())
    saved = county.consent("otp")
    county.refer()
    hand_over(county, county.deliver())
    county.withdraw(saved)
    county.refer("ED-2", "R-2", "MESAPSY")
    county.refused()
    return Browser(county)


def entry_of(browser: Browser, kind: str) -> int:
    """The newest entry of that kind about her."""
    return browser.county.audit(kind)[-1].row.seq


def test_the_overview_says_what_needs_attention_first(told: Browser) -> None:
    text = told.log_in().get("").text
    first = text[text.index("Needs attention") : text.index("Today")]

    assert "1 recipient to be told that a consent was withdrawn" in first
    assert "1 referral held for a consent" in first
    assert re.search(r"Disclosures decided</dt><dd><a[^>]*>1</a>", text)
    assert "Sunrise Opioid Treatment Program" in text


def test_one_disclosure_is_told_from_the_question_to_the_proof(told: Browser) -> None:
    seq = entry_of(told, "disclose")
    text = told.log_in().get(f"decisions/{seq}").text

    steps = re.findall(r"<h2>(Asked|Decided|What left|Notice|Handed over|Proved)</h2>", text)
    assert steps == ["Asked", "Decided", "What left", "Notice", "Handed over", "Proved"]
    assert "PERMITTED_BY_CONSENT" in text and "42 CFR" in text
    assert re.search(r"Patient <span[^>]*>[0-9a-f]{8}…</span>: \d+ of \d+ values left", text)
    assert "Release <span" in text
    assert "Fits" in text and "No signed head is over it" in text
    assert NAME not in text


@pytest.mark.requirement("AU-06")
def test_an_entry_under_a_signed_head_is_proved_by_a_path_that_can_be_taken_along(
    told: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, store = told.county.folder, told.county.store
    sealer = Sealer(store, folder.keys.signer, folder.path / "witness.log", told.clock)
    told.county.run(sealer.seal_now())
    told.log_in()
    seq = entry_of(told, "disclose")

    text = told.get(f"decisions/{seq}").text
    assert re.search(r"Signed</span> \d+ hashe?s? leads? from it to the root that was signed at", text)
    first = re.search(r'href="/console/integrity/proof\?from=(\d+)"', told.get("integrity").text)
    assert first is None  # there is one head
    told.county.run(sealer.seal_now())  # the looks are entries too
    integrity = told.get("integrity").text
    assert "Holds</span>" in integrity
    assert "Agrees</span>" in integrity
    (since,) = re.findall(r'href="/console/(integrity/proof\?from=\d+)"', integrity)

    notes = read_witness(folder.path / "witness.log")
    with store.read() as reading:
        disclosed, head = audit_rows.get(reading, seq), audit_rows.last_checkpoint(reading)
        assert disclosed is not None and disclosed.patient_id and head is not None
        hers = f"patients/{disclosed.patient_id}"
        all_of_her = audit_rows.of_patient(reading, disclosed.patient_id)
        about_her = sum(row.seq <= head.size for row in all_of_her)
    links = re.findall(rf'href="/console/({hers}/proof\?[^"]*)"', told.get(hers).text)
    assert [link.replace("&amp;", "&") for link in links] == [
        f"{hers}/proof?since=&until=",
        f"{hers}/proof?facts=yes&since=&until=",
    ]
    files: dict[str, tuple[str, int]] = {
        f"decisions/{seq}/proof": ("entry-", 1),
        f"decisions/{seq}/proof?facts=yes": ("entry-", 1),
        f"{hers}/proof": ("patient-", about_her),
        f"{hers}/proof?facts=yes": ("patient-", about_her),
        f"{hers}/proof?until=2021-01-01": ("patient-", 0),
        since: ("since-", 0),
    }
    for path, (name, count) in files.items():
        answer = told.get(path)
        assert f'filename="{name}' in answer.headers["content-disposition"]
        report = verify_file(answer.content.splitlines(keepends=True), verifier_of(folder.keys.signer), notes)
        assert (report.ok, report.entries) == (True, count)
        assert (b'"facts":"' in answer.content) is ("facts=yes" in path)
        assert NAME.encode() not in answer.content
        with store.read() as reading:
            (looked,) = newest(reading, 1)
        assert looked.entry is not None and looked.entry.subject == path
    for wrong in ("integrity/proof?from=1", "integrity/proof", "decisions/99999/proof"):
        assert told.get(wrong).status_code == 404
    monkeypatch.setattr(proofs, "MOST_PROVED", 1)
    assert "FILE_TOO_LONG" in told.get(f"{hers}/proof").text


def test_verifying_says_what_it_found_and_who_asked(told: Browser) -> None:
    told.log_in()
    assert "Nobody has verified it here" in told.get("integrity").text
    answer = told.send("integrity/verify", "integrity")

    assert (answer.status_code, answer.headers["location"]) == (303, "../integrity")
    assert re.search(
        r"Log verified</span> \d+ entries, .*asked for by Kim Officer", told.get("integrity").text
    )
    assert "Log verified" in told.get("").text


def test_the_ledger_tells_who_got_what_of_her(told: Browser) -> None:
    patient = told.county.patient_id
    text = told.log_in().get(f"patients/{patient}").text

    assert re.search(r'<th scope="row">Sunrise Opioid Treatment Program</th><td class="number">1</td>', text)
    assert "Consent withdrawn" in text
    listed = text.partition("Everything the log says")[2].count("<tr>") - 1
    assert f"<dd>{listed}, " in text, "the number of entries is that of the list: looks stand apart"
    assert "No disclosure is to be accounted for" in told.get(f"patients/{patient}?law=hipaa").text
    assert "No disclosure is to be accounted for" in told.get(f"patients/{patient}?partner=housing").text
    rows = told.get(f"patients/{patient}?law=part2&as=csv").text.splitlines()
    assert len(rows) == 2 and "Sunrise Opioid Treatment Program" in rows[1]
    found = told.get(f"patients?patient={patient}").text
    assert f'href="/console/patients/{patient}"' in found


def test_consents_are_told_in_plain_words_over_time(told: Browser) -> None:
    short = person.consent("hospital", "psychiatry", "TREAT", identifier=MRN)
    short["provision"]["period"]["end"] = "2026-12-10"
    told.county.record("hospital", short)
    listed = told.log_in().get("consents").text
    one = told.get(f"consents/{told.county.patient_id}").text

    assert "10 Dec 2026" in listed, "it ends within 30 days"
    row = re.search(r"<tr>(?:(?!</tr>).)*Withdrawn</span>", listed)
    assert row is not None, "what was taken back is not listed as if it stood"
    cells = [line.split(",")[2] for line in told.get("consents?as=csv").text.splitlines()[1:]]
    assert sorted(cells) == ["usable", "withdrawn"]
    told.clock.advance(timedelta(days=30))
    assert "Ended</span>" in told.log_in().get("consents").text
    assert "Mesa Psychiatry Clinic (treatment) would see" in one
    assert "Withdrawn</span>" in one and "It permits nothing now." in one
    assert "Sunrise Opioid Treatment Program received 1 item under a consent withdrawn" in one
    assert "No consent stands so" in told.get("consents?standing=deficient").text


def test_requests_say_whom_to_ask_and_whom_to_tell(told: Browser) -> None:
    told.clock.advance(timedelta(days=5))
    text = told.log_in().get("requests").text

    assert "To be told that a consent was withdrawn" in text
    assert re.search(
        r'<span class="mark bad">Now</span></td><td>[^<]+</td>'
        r'<td><a href="/console/messages/[^"]+#to-[^"]+">Referral</a></td>'
        "<td>Riverbend General Hospital",
        text,
    ), "and the message's page says why it waits"
    assert "Nothing is held for a consent" in told.get("requests?owner=Nobody").text
    told.clock.advance(timedelta(days=90))
    assert "1 recipient to be told" in told.log_in().get("").text, "however long ago the withdrawal was"


def test_a_use_of_emergency_access_waits_for_its_review(told: Browser) -> None:
    patient, opened = told.county.patient_id, "2026-11-22T17:00:00.000000Z"
    use = EmergencyUse("use-1", "hospital", "t", "f", "c", patient, opened, 1, "2026-11-22T17:30:00.000000Z")
    told.county.write(lambda tx: emergency_uses.add(tx, use))
    text = told.log_in().get("requests").text

    assert "1 use of emergency access to be reviewed" in told.get("").text
    assert re.search(r"Overdue</span></td><td>Riverbend General Hospital</td>", text)
    assert 'href="/console/emergency/use-1"' in text


def test_the_pages_of_messages_that_came_in_one_instant_show_each_once(
    told: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = r'<tr><td class="id"><a href="/console/messages/([a-z0-9\-]+)"'
    whole = re.findall(rows, told.log_in().get("messages").text)
    assert len(set(whole)) == len(whole) >= 2
    monkeypatch.setattr(look, "PAGE_ROWS", 1)
    walked, address = [], "messages"
    while address:
        page = told.get(address).text
        walked += re.findall(rows, page)
        further = re.search(r'href="(\?[^"]*earlier=[^"]+)">Older', page)
        address = f"messages{html.unescape(further[1])}" if further else ""
    assert walked == whole


def test_messages_are_followed_from_their_bytes_to_the_answer(told: Browser) -> None:
    told.county.send(b"MSH|^~\\&|nothing\r", "ED-9")
    listed = told.log_in().get("messages").text
    ids = re.findall(r'messages/([0-9a-f\-]{36})"', listed)
    pages = [told.get(f"messages/{message}").text for message in dict.fromkeys(ids)]

    assert "Every message could be used" not in listed
    assert any("Decided</th>" in page and "Sent</th>" in page for page in pages)
    assert not any(NAME in page for page in [listed, *pages])
    assert re.findall(r'messages/([0-9a-f\-]{36})"', told.get("messages?state=rejected").text) == []


def test_partners_stand_with_their_health_and_a_day_is_reconciled(told: Browser) -> None:
    told.county.change_partner("housing", state="paused")
    told.open()
    text = told.log_in().get("partners?day=2026-11-22").text

    assert "Adds up" in text
    assert "Paused</span>" in text
    assert re.search(r"Riverbend General Hospital</th><td class=\"number\">[1-9]", text)
    assert "Desert Housing" not in told.get("partners?state=live").text.split("Routes")[0]


def test_a_partners_agreements_stand_on_its_page_and_one_that_ends_is_told_first(told: Browser) -> None:
    county, today = told.county, NOW.date()
    standing = ("community", "business_associate")
    county.change_partner("housing", standing=standing)
    county.change_network(
        agreements=(
            Agreement(kind="participation", party="housing", starts=today, document="Clerk 17"),
            Agreement(
                kind="business_associate",
                party="housing",
                starts=today - timedelta(days=400),
                ends=today + timedelta(days=5),
                document="Clerk 18",
            ),
            Agreement(kind="qso", party="housing", principal="otp", starts=today + timedelta(days=1), document="D",
                      purposes=("TREAT",)),
        )
    )  # fmt: skip
    told.open()
    page, first = told.log_in().get("partners/housing").text, told.get("").text

    assert "Clerk 17" in page and "no end agreed" in page and "rests on an agreement" not in page
    assert [
        re.search(rf">{word}</span>", page) is not None for word in ("In force", "Ends soon", "Later")
    ] == [True] * 3
    assert "Sunrise Opioid Treatment Program and Desert Housing" in page
    told_first = "Agreement with Desert Housing (business associate) ends on 27 Nov 2026"
    assert f'partners/housing#agreements">{told_first}' in first
    assert "business_associate:2025-10-18/2026-11-27" in told.get("partners?as=csv").text

    county.change_network(agreements=())
    told.open()
    assert "“business associate” rests on an agreement" in told.log_in().get("partners/housing").text


def test_partners_in_trouble_are_named_with_what_is_wrong(
    told: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    county, at = told.county, "2026-11-22T17:30:00.000000Z"
    ends = (
        CertificateEnd("otp", "otp.pem", NOW + timedelta(days=10)),
        CertificateEnd("housing", "housing.pem", None),
        CertificateEnd("the network", "own.pem", NOW + timedelta(days=300)),
    )
    monkeypatch.setattr(console_door._Room, "certificates", lambda _room: ends)
    held = county.intents("held")[0]
    county.write(lambda tx: intents.finish(tx, held.id, "retry", at, "HTTP_503", due_at=at))
    told.open(resting=frozenset({"psychiatry"}))
    told.log_in()
    first, text = told.get("").text, told.get("partners").text

    for trouble in (
        "certificate `otp.pem` ends on 02 Dec 2026",
        "certificate `housing.pem` cannot be used",
        "1 delivery tried again, last answer HTTP_503; left alone for a moment",
    ):
        assert trouble in text and trouble in first
    assert "own.pem: ends 18 Sep 2027" in text
    county.write(lambda tx: intents.finish(tx, held.id, "due", at, "", due_at=at))
    county.change_partner("psychiatry", state="paused")
    told.open()
    assert "paused, 1 delivery wait" in told.log_in().get("partners").text


def test_the_signed_heads_and_the_witness_are_compared_with_the_log(told: Browser) -> None:
    folder = told.county.folder
    sealer = Sealer(told.county.store, folder.keys.signer, folder.path / "witness.log", told.clock)
    told.county.run(sealer.seal_now())
    told.log_in()
    witness = folder.path / "witness.log"
    note = witness.read_text()
    for written, said in (
        (note.replace("warm-handoff", "somebody-else"), "is not signed by this network"),
        ("{}\n[1]\nnothing\n", "The witness file holds no note yet."),
        (note, "is one of this log."),
    ):
        witness.write_text(written)
        assert said in told.get("integrity").text
    witness.unlink()
    assert "There is no witness file" in told.get("integrity").text


@pytest.mark.requirement("HI-312-02")
def test_from_when_to_when_the_log_may_lack_entries_after_a_restore(told: Browser) -> None:
    assert "May be incomplete" not in told.log_in().get("integrity").text
    span = {MISSING_FROM: "2026-09-16T08:00:00.000000Z", MISSING_TO: "2026-09-16T09:30:00.000000Z"}
    told.add([made(99, kind="outcome", outcome="restored", partner="", versions=span)])
    told.open()
    text = told.log_in().get("integrity").text
    assert re.search("May be incomplete.*16 Sep.*16 Sep.*lost and restored", text)


def test_a_log_that_was_altered_is_what_the_overview_begins_with(told: Browser) -> None:
    told.add(
        [
            made(
                99,
                kind="outcome",
                outcome="audit_altered",
                partner="",
                description="from entry 3 on (CHAIN_BROKEN)",
            )
        ]
    )
    text = told.log_in().get("").text

    assert "The last verification found the audit log altered: from entry 3 on (CHAIN_BROKEN)" in text
    assert "Log found altered</span>" in told.get("integrity").text


def test_what_is_dead_is_grouped_by_its_cause(told: Browser) -> None:
    county = told.county
    held = county.look(lambda reading: intents.in_state(reading, "held"))
    county.write(lambda tx: intents.finish(tx, held[0].id, "dead", "2026-11-22T18:00:00.000000Z", "HTTP_400"))
    told.log_in()

    assert "1 delivery to Mesa Psychiatry Clinic: given up (HTTP_400)" in told.get("").text
    assert re.search(r"<code>HTTP_400</code></td><td class=\"number\">1</td>", told.get("messages").text)
    assert "1 delivery for a person to decide" in told.get("partners").text


def test_who_looked_is_told_with_the_patients_on_each_page(told: Browser) -> None:
    told.log_in().get(f"patients/{told.county.patient_id}")
    told.log_in("Lee Auditor", "auditor").get("disclosures")
    text = told.get("looks").text

    rows = re.findall(r"<td>(Kim Officer|Lee Auditor)</td><td>([^<]+)</td><td[^>]*>([^<]+)</td>", text)
    assert ("Kim Officer", "compliance officer", f"patients/{told.county.patient_id}") in rows
    assert ("Lee Auditor", "auditor", "disclosures") in rows
    shell = ("account:dana", "command_line", "handoff why q1", (told.county.patient_id,))
    told.add(look_entries("shell-1", instant_text(told.clock.now()), *shell))
    said = r"<td>account:dana</td><td>command line</td><td>Why a request was answered as it was <span[^>]*>"
    assert re.search(f"{said}handoff why q1<", told.get("looks").text), "and each command at the machine"
    only = told.get("looks?who=Lee+Auditor").text
    assert "<td>Kim Officer</td>" not in only and "<td>Lee Auditor</td>" in only


def test_the_content_is_shown_with_a_reason_that_the_log_keeps(told: Browser) -> None:
    seq = entry_of(told, "disclose")
    told.log_in()
    refused = told.send(f"decisions/{seq}/content", reason=" ")
    shown = told.send(f"decisions/{seq}/content", reason="complaint 12")

    assert (refused.status_code, "REASON_MISSING" in refused.text, NAME in refused.text) == (400, True, False)
    assert shown.status_code == 200
    assert NAME in shown.text
    last = told.reads()[-1].entry
    assert last is not None
    assert (last.subject, last.description) == (
        f"decisions/{seq}/content",
        "compliance_officer: complaint 12",
    )
    messages = re.findall(r'messages/([0-9a-f\-]{36})"', told.get("messages").text)
    assert any(NAME in told.send(f"messages/{one}/content", reason="complaint 12").text for one in messages)


def test_a_look_at_a_message_is_logged_for_everybody_it_is_about(told: Browser) -> None:
    """Its orders belong to two where one person was found to be two; another's entry stands under the same request."""
    swap = {
        "Testperson^Maribel": "Smith^Robert",
        "19960417|F": "19510101|M",
        "5550142": "5550777",
        "770011": "880022",
    }
    receipt = told.county.refer("ED-3", "R-3", change=swap)
    other = told.county.look(lambda reading: inbox.get(reading, receipt.message_id))
    assert other is not None and other.patient_id is not None
    ben = other.patient_id
    assert ben != told.county.patient_id
    first, *_ = told.county.intents("held")
    message_id = first.message_id
    told.county.write(lambda tx: intents.add(tx, replace(first, id="of-ben", patient_id=ben)))
    told.add([made(7, kind="consent", request_id=message_id, patient_id=ANA)])
    told.log_in()
    number = len(told.reads())

    assert told.send(f"messages/{message_id}/content", reason="complaint 12").status_code == 200

    looks = [one.row for one in told.reads()[number:] if one.entry and "/content" in one.entry.subject]
    assert {one.patient_id for one in looks} == {told.county.patient_id, ben, ANA}
    assert len({one.request_id for one in looks}) == 1


def test_a_refusal_has_no_content(told: Browser) -> None:
    told.log_in()

    assert (
        told.send(f"decisions/{entry_of(told, 'refuse')}/content", reason="complaint 12").status_code == 404
    )
    assert told.send("decisions/9999/content", reason="complaint 12").status_code == 404
    assert told.send("messages/x/content", reason="complaint 12").status_code == 404


def every_page(browser: Browser) -> dict[str, str]:
    """Every page that links lead to from the overview, by path, up to a hundred."""
    seen: dict[str, str] = {}
    waiting = [""]
    while waiting and len(seen) < 100:
        path = waiting.pop(0)
        if path in seen:
            continue
        answer = browser.get(path)
        seen[path] = answer.text if answer.status_code == 200 else ""
        for link in re.findall(r'href="/console/([^"#]*)', answer.text):
            if "." not in link:
                waiting.append(link.replace("&amp;", "&"))
    return seen


def test_a_marked_patients_name_is_on_no_page_of_a_role_that_may_not_see_it(told: Browser) -> None:
    seq = entry_of(told, "disclose")
    told.log_in("Lee Auditor", "auditor")
    pages = every_page(told)

    assert len(pages) > 15
    assert [path for path, text in pages.items() if NAME in text] == []
    assert [path for path, text in pages.items() if "as=csv" in text or "/content" in text] == []
    assert all('class="no-copies"' in text for text in pages.values() if text)
    for path in ("disclosures?as=csv", f"patients/{told.county.patient_id}?as=csv"):
        assert told.get(path).status_code == 403
    for act in (f"decisions/{seq}/content", "integrity/verify"):
        refused = told.send(act, reason="complaint 12")
        assert (refused.status_code, "ROLE_NOT_ENTITLED" in refused.text) == (403, True)
        assert NAME not in refused.text


def test_a_marked_patients_name_is_on_no_page_of_an_officer_without_a_reason(told: Browser) -> None:
    assert [path for path, text in every_page(told.log_in()).items() if NAME in text] == []


def test_a_withheld_value_is_on_no_page_at_all(county: County) -> None:
    county.clock.advance(NOW - timedelta(hours=1) - county.clock.now())
    county.consent("otp", without=("SUD",))
    county.refer()
    county.released()
    browser = Browser(county).log_in()
    seq = entry_of(browser, "disclose")
    page = browser.get(f"decisions/{seq}").text
    shown = browser.send(f"decisions/{seq}/content", reason="complaint 12").text

    assert "withheld" in page and "withheld" in shown
    assert "F11.20" not in page and "F11.20" not in shown
    assert "F53.0" in shown


def test_what_was_destroyed_with_its_key_is_said_to_be(told: Browser) -> None:
    county, patient = told.county, told.county.patient_id
    seq = entry_of(told, "disclose")
    county.write(lambda tx: patients.destroy_patient_key(tx, patient, "2026-11-22T17:59:00.000000Z"))
    told.log_in()

    assert "The bytes were destroyed with the patient's key" in told.get(f"decisions/{seq}").text
    assert "destroyed with their key" in told.get(f"patients/{patient}").text
    assert "It can no longer be opened." in told.get(f"consents/{patient}").text
    releases = county.look(lambda reading: outbox.of_patient(reading, patient))
    assert releases, "what the log says of them remains"
    assert numbers(told.get("disclosures?kind=all"))
