"""The audit log told to a real syslog listener over TLS: every entry, over outages, by ids and codes (AU-07)."""

from __future__ import annotations

import asyncio
import base64
import dataclasses
import re
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from msgspec.structs import replace

from gateway import audit
from gateway.audit import AuditReason
from gateway.disclosure.atna_messages import audit_message, syslog_frame
from gateway.disclosure.audit_events import audit_events
from gateway.flows.privacy_requests import Outside, record_outside
from gateway.settings import Settings, SettingsRefused
from gateway.store import audit_feeds, audit_rows, inbox
from gateway.wiring.atna_feed import GOES_BACK, SETTLED, AtnaFeed, taken_in
from gateway.wiring.atna_lines import SYSLOG, repositories_of
from gateway.wiring.checkup import Examined
from gateway.wiring.checkup_store import store_checks
from tests.gateway.certificates import Paper, authority, issued
from tests.gateway.county import HOUSING, OTP, County
from tests.gateway.flows.test_same_person import hand_over
from tests.gateway.wiring.syslog_listener import Listener

HEADER = re.compile(rb"<85>1 (\S+Z) (\S+) warm-handoff - IHE\+RFC-3881 - \xef\xbb\xbf(<\?xml.*)", re.DOTALL)


@pytest.fixture(scope="module")
def papers(tmp_path_factory: pytest.TempPathFactory) -> tuple[Paper, Paper, Paper]:
    folder = tmp_path_factory.mktemp("papers")
    ours = authority(folder)
    return ours, issued(folder, "repository", ours), issued(folder, "gateway", ours)


@pytest.fixture
def listener(papers: tuple[Paper, Paper, Paper]) -> Iterator[Listener]:
    made = Listener(papers[1].file, papers[0].file)
    yield made
    made.close()


def settings(papers: tuple[Paper, Paper, Paper], port: int, **changes: Any) -> Settings:
    known = {"atna_ca": papers[0].file, "atna_certificate": papers[2].file, "atna_key": papers[2].file}
    return Settings(atna_to=f"127.0.0.1:{port}", **{**known, **changes})


class Running:
    """The feed of a county, in a thread of its own."""

    def __init__(self, county: County, with_settings: Settings) -> None:
        (repository,) = repositories_of(with_settings)
        self.feed = AtnaFeed(county.premises, repository, every_seconds=0.02)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=lambda: self._loop.run_until_complete(self.feed.run()))
        self._thread.start()

    def stop(self) -> None:
        asyncio.run_coroutine_threadsafe(self.feed.stop(), self._loop)
        self._thread.join()
        self._loop.close()


def a_day(county: County) -> None:
    """Something of most kinds of entries."""
    saved = county.consent("otp")
    county.refer()
    hand_over(county, county.deliver())
    county.withdraw(saved)
    county.refer("ED-2", "R-2", "MESAPSY")
    county.refused()
    county.share_plan()
    county.consent("housing", discloser="otp", identifier=OTP, purpose="COC", classes=("Goal",))
    county.search("housing", "Goal", HOUSING, "COC", asked="Goal?patient.identifier=urn:h|DH-204")
    county.search("otp", "Goal", OTP)


def wanted(county: County) -> list[str]:
    """The ids of every event of the log."""
    network = county.premises.network
    return [
        event["id"]
        for one in county.look(lambda reading: list(audit.every(reading)))
        for event in audit_events(one, network)
    ]


def told(messages: list[bytes]) -> list[str]:
    """The ids of the events that came."""
    return [re.findall(rb"urn:warm-handoff:audit:(entry-[^\"]+)\"", one)[-1].decode() for one in messages]


@pytest.mark.requirement("AU-07")
def test_every_entry_is_told_in_order_and_over_an_outage(
    county: County, papers: tuple[Paper, Paper, Paper], listener: Listener
) -> None:
    a_day(county)
    running = Running(county, settings(papers, listener.port))
    first = wanted(county)
    assert told(listener.wait_for(len(first))) == first
    listener.close()
    county.share_plan()
    county.search("otp", "Goal", OTP)
    listener.messages.clear()
    listener.open()
    every = wanted(county)
    assert len(every) > len(first)
    again = told(listener.wait_for(len(every)))
    running.stop()

    assert again == every, "so few that all of them are told again after the break"
    last = county.look(audit_rows.last)
    assert last is not None
    assert county.look(lambda reading: audit_feeds.told_to(reading, SYSLOG)) == last[0]


@pytest.mark.requirement("AU-07")
def test_it_goes_on_where_it_was_after_a_start(
    county: County, papers: tuple[Paper, Paper, Paper], listener: Listener
) -> None:
    entry = county.look
    a_day(county)
    (model,) = [one for one in entry(lambda reading: list(audit.every(reading))) if one.row.seq == 1]
    assert model.entry is not None
    known = model.entry
    county.write(lambda tx: [audit.append(tx, known) for _ in range(GOES_BACK + 100)])
    last = county.look(audit_rows.last)
    assert last is not None
    county.write(lambda tx: audit_feeds.keep(tx, SYSLOG, last[0] - 50))

    running = Running(county, settings(papers, listener.port))
    messages = told(listener.wait_for(GOES_BACK + 50))
    running.stop()
    assert int(messages[0].split("-")[1]) == last[0] - 50 - GOES_BACK + 1
    assert int(messages[-1].split("-")[1]) == last[0]


@pytest.mark.requirement("AU-07")
def test_a_message_is_one_of_iti_20_and_holds_ids_and_codes_alone(county: County) -> None:
    a_day(county)
    network = county.premises.network
    entries = county.look(lambda reading: list(audit.every(reading)))
    kinds = set()
    for event in (event for one in entries for event in audit_events(one, network)):
        frame = syslog_frame(event, "gw.test")
        length, _, message = frame.partition(b" ")
        assert int(length) == len(message)
        header = HEADER.fullmatch(message)
        assert header is not None and header[2] == b"gw.test"
        root = ElementTree.fromstring(header[3])
        kinds.add(root.find("EventIdentification/EventID").get("csd-code"))  # type: ignore[union-attr]
        assert next(one.tag for one in root) == "EventIdentification"
        assert root.findall("ActiveParticipant") and root.find("AuditSourceIdentification") is not None
        every = header[3] + b"".join(
            base64.b64decode(one) for one in re.findall(rb'value="([A-Za-z0-9+/=]+)"', header[3])
        )
        every += b"".join(base64.b64decode(one.text or "") for one in root.iter("ParticipantObjectQuery"))
        for word in (
            b"DH-204",
            b"OTP-3391",
            b"770011",
            b"Maribel",
            b"Testperson",
            b"ethadone",
            b"42CFRPart2",
        ):
            assert word not in every
    assert {"110106", "110113", "110112", "rest"} <= kinds


@pytest.mark.requirement("AU-07")
def test_who_got_something_outside_the_gateway_is_not_told_by_name(county: County) -> None:
    county.consent("otp")
    told_it = Outside(
        basis="CHILD_ABUSE_REPORT",
        patient_id=county.patient_id,
        disclosed_on=county.clock.now().date().isoformat(),
        recipient="Ana Example, mother of Maribel",
        address="12 Elm St",
        what="attendance dates",
        reference="report 7",
    )
    county.run(record_outside(county.premises, told_it, "the law asks for it", "bob"))
    (one,) = county.audit("disclose")
    (event,) = audit_events(one, county.premises.network)
    assert "Ana Example" in str(event)

    message = audit_message(event)

    assert b"Ana" not in message and b"Elm" not in message and b"attendance" not in message
    users = [one.get("UserID") for one in ElementTree.fromstring(message).iter("ActiveParticipant")]
    assert users == [county.premises.network.content.network, "outside"]


@pytest.mark.requirement("AU-07")
def test_what_no_xml_can_hold_keeps_no_message_back(county: County) -> None:
    county.consent("otp")
    (one, *_) = county.look(lambda reading: list(audit.every(reading)))
    assert one.entry is not None
    odd = replace(
        one.entry, partner="", recipient_name="bob\x0bx\ud800", reasons=(AuditReason("A\x01B", "x"),)
    )
    (event,) = audit_events(dataclasses.replace(one, entry=odd), county.premises.network)
    event["entity"][0]["detail"] = [{"type": "rules", "valueString": "a\udce9"}]

    root = ElementTree.fromstring(audit_message(event))

    assert "bob\ufffdx\ufffd" in [one.get("UserID") for one in root.iter("ActiveParticipant")]
    assert [one.text for one in root.iter("EventOutcomeDescription")] == ["A\ufffdB"]
    (detail,) = root.iter("ParticipantObjectDetail")
    assert base64.b64decode(str(detail.get("value"))).decode() == "a\ufffd"


def test_an_event_about_very_much_stays_short_and_says_so(county: County) -> None:
    county.share_plan()
    county.search("otp", "Goal", OTP)
    (one, *_) = [e for e in county.look(lambda reading: list(audit.every(reading))) if e.row.kind == "query"]
    (event,) = audit_events(one, county.premises.network)
    record = {"what": {"reference": f"Goal/{'7' * 36}"}, "role": {"code": "3"}}
    record["type"] = {"system": "http://hl7.org/fhir/resource-types", "code": "Goal"}
    message = audit_message({**event, "entity": [*event["entity"], *[record] * 500]})

    assert len(message) < 32 * 1024
    assert base64.b64encode(str(500 + len(event["entity"]) - 60).encode()) in message


def test_nothing_is_told_to_somebody_else(
    county: County, papers: tuple[Paper, Paper, Paper], tmp_path: Path
) -> None:
    (tmp_path / "other").mkdir()
    other = authority(tmp_path / "other")
    stranger = Listener(issued(tmp_path / "other", "stranger", other).file, papers[0].file)
    county.share_plan()
    running = Running(county, settings(papers, stranger.port))
    for _ in range(9_000):
        if running.feed.trouble:
            break
        threading.Event().wait(0.01)
    running.stop()
    stranger.close()

    assert running.feed.trouble == "ATNA_UNREACHABLE"
    assert not stranger.messages
    assert county.look(lambda reading: audit_feeds.told_to(reading, SYSLOG)) is None


def test_settings_by_half_are_refused(papers: tuple[Paper, Paper, Paper], tmp_path: Path) -> None:
    assert repositories_of(Settings()) == ()
    (tmp_path / "empty.pem").write_text("nothing")
    for wrong in (
        Settings(atna_ca=papers[0].file),
        settings(papers, 1, atna_key=None),
        settings(papers, 1, atna_ca=tmp_path / "none.pem"),
        settings(papers, 1, atna_certificate=tmp_path / "empty.pem"),
    ):
        with pytest.raises(SettingsRefused, match="HANDOFF_ATNA"):
            repositories_of(wrong)


def test_the_doctor_says_when_the_repository_is_told_nothing(
    county: County, monkeypatch: pytest.MonkeyPatch
) -> None:
    county.share_plan()
    county.search("otp", "Goal", OTP)
    check = dict(store_checks())["audit feed"]

    def found() -> list[str]:
        url = f"sqlite:///{county.folder.path.absolute()}/handoff.db"
        return [one.what for one in check(Examined(county.folder, url, None, True, county.clock.now()))]

    county.clock.advance(timedelta(hours=2))
    assert found() == [], "no feed is set up"
    monkeypatch.setenv("HANDOFF_ATNA_TO", "127.0.0.1:6514")
    assert "up to entry 0" in found()[0]
    last = county.look(audit_rows.last)
    assert last is not None
    county.write(lambda tx: audit_feeds.keep(tx, SYSLOG, last[0]))
    assert found() == []


@pytest.mark.requirement("AU-02", "AU-07")
def test_what_was_taken_in_about_somebody_is_told_a_minute_later(
    county: County, papers: tuple[Paper, Paper, Paper], listener: Listener
) -> None:
    county.refer()
    county.refer("ED-2", "R-2", addressee="NOBODY")
    running = Running(county, settings(papers, listener.port))
    entries = len(wanted(county))
    listener.wait_for(entries)
    county.clock.advance(SETTLED + timedelta(seconds=1))
    (came,) = county.look(lambda reading: list(inbox.about_somebody(reading)))
    message = listener.wait_for(entries + 1)[-1]
    listener.close()
    listener.messages.clear()
    listener.open()
    again = listener.wait_for(entries + 1)
    running.stop()

    assert f"urn:warm-handoff:audit:message-{came.id}".encode() in message and b'csd-code="110107"' in message
    assert message in again, (
        "two minutes once more after a break; the one that could not be used is about nobody"
    )
    assert county.look(lambda reading: audit_feeds.told_to(reading, taken_in(SYSLOG)))
