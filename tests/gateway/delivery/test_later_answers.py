"""Enhanced mode whole: what is said at once, what comes later as a message of its own, and what we ask for ourselves."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import msgspec
import pytest

from gateway.clock import instant_text
from gateway.delivery.ways import Reach, Timeouts, Ways
from gateway.demo import person
from gateway.errors import NotNow
from gateway.flows.messages import Receipt
from gateway.flows.receive import accept_message
from gateway.intake import AckSettings, acknowledge, acknowledge_later, read_header
from gateway.intake.arrived import message_of
from gateway.partners import MllpDelivery
from gateway.store import Reading, application_acks, inbox
from gateway.store.application_acks import OwedAck
from gateway.wiring.lines import later_answers
from gateway.wiring.network_folder import STORE_FILE
from tests.gateway.county import OTP, County
from tests.gateway.delivery.test_mllp_push import Hospital
from tests.gateway.delivery.test_sender import until

pytestmark = pytest.mark.timeout(180)

PAIRS = ("/", "AL/AL", "AL/NE", "NE/AL", "NE/NE", "/AL", "AL/ER", "ER/SU", "SU/ER", "SU/SU")
"""MSH-15 and MSH-16."""

SENDABLE = AckSettings(application_acks=True)


def message(
    accept: str, application: str, *, addressee: str = "SUNRISE", kind: str = "REF^I12^REF_I12"
) -> bytes:
    raw = person.referral_message("ED-1", "R-1", addressee, "Reyes^Sol").decode()
    head, _, rest = raw.partition("\r")
    head = head.replace("REF^I12^REF_I12", kind) + f"|||{accept}|{application}"
    return f"{head}\r{rest}".encode()


class Line:
    """The hospital's sender at our door and its own listener, in one."""

    def __init__(self, county: County, wants: AckSettings = SENDABLE, state: str = "live") -> None:
        self.county, self.wants, self.state = county, wants, state

    def send(self, content: bytes) -> bytes | None:
        """What it hears at once."""
        header, partner = read_header(content), self.county.premises.network.partners["hospital"]
        arrived = message_of(
            content,
            header,
            partner="hospital",
            channel="mllp",
            formats=partner.messages,
            processing_ids=frozenset("PTD"),
            at=self.county.clock.now(),
            application_acks=self.wants.application_acks,
        )
        receipt = self.county.run(accept_message(self.county.premises, arrived))
        return acknowledge(content, header, receipt, self.wants)

    def owed(self) -> OwedAck | None:
        (kept,) = self.county.look(inbox.list_messages)
        return self.county.look(lambda reading: application_acks.get(reading, kept.id))

    def listen(self, code: str = "CA", enough: Callable[[], bool] | None = None) -> list[bytes]:
        """What its listener hears until nothing is due any more; it answers each with `code`."""
        heard: list[bytes] = []

        class Answering(Hospital):
            async def _answer(self, writer: asyncio.StreamWriter) -> None:
                heard.append(self.frames[-1])
                control_id = self.frames[-1].split(b"|")[9]
                said = b"MSH|^~\\&|EHR|R|H|C|2026||ACK|1|P|2.5.1\rMSA|" + code.encode() + b"|" + control_id
                writer.write(b"\x0b" + said + b"\r\x1c\r")

        async def scene() -> None:
            server = await asyncio.start_server(Answering().serve, "127.0.0.1", 0)
            delivery = self.county.premises.network.partners["hospital"].delivery
            assert isinstance(delivery, MllpDelivery)
            address = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
            changed = msgspec.structs.replace(delivery, address=address)
            self.county.change_partner("hospital", delivery=changed, state=self.state)
            ways = Ways(self.county.premises, None, Timeouts(), Reach())  # type: ignore[arg-type]  # no HTTP here
            later = later_answers(self.county.premises, ways)
            running = asyncio.create_task(later.run())
            async with asyncio.timeout(90):
                await until(enough or self._none_due)
            await later.stop()
            await running
            ways.close()
            server.close()

        self.county.run(scene())
        return heard

    def _none_due(self) -> bool:
        owed = self.owed()
        return owed is None or owed.state != "due"


@pytest.fixture
def line(county: County) -> Line:
    return Line(county)


def code_of(answer: bytes | None) -> str:
    """MSA-1; empty for silence."""
    return "" if answer is None else answer.partition(b"\rMSA|")[2][:2].decode()


@pytest.mark.parametrize("outcome", ["good", "wrong", "unknown type"])
@pytest.mark.parametrize(
    ("accept", "application"),
    [
        tuple(pair.split("/"))
        for pair in ["/", "AL/AL", "AL/NE", "NE/AL", "NE/NE", "/AL", "AL/ER", "ER/SU", "SU/ER", "SU/SU"]
    ],
)
def test_the_whole_table(line: Line, accept: str, application: str, outcome: str) -> None:
    """HL7 v2.5.1 ch. 2.9.3, table 0155. `wrong`: an addressee nobody knows."""
    content = message(
        accept,
        application,
        addressee="SUNRISE" if outcome == "good" else "NOBODY",
        kind="REF^I12^REF_I12" if outcome != "unknown type" else "QRY^A19^QRY_A19",
    )
    at_once, heard = code_of(line.send(content)), line.listen()

    good, rejected = outcome == "good", outcome == "unknown type"
    tells_later = application == "AL" or application == ("SU" if good else "ER")
    if not accept and not application:
        assert at_once == {"good": "AA", "wrong": "AE"}.get(outcome, "AR")
        assert heard == []
        return
    level = "CR" if rejected else "CA" if good or tells_later else "CE"
    spoken = accept == "AL" or accept == ("SU" if level == "CA" else "ER")
    assert at_once == (level if spoken else "")
    later = tells_later and not (rejected and spoken)
    wanted = {"good": "AA", "wrong": "AE"}.get(outcome, "AR")
    assert [code_of(frame) for frame in heard] == ([wanted] if later else [])


def test_the_later_answer_is_a_message_of_its_own(line: Line) -> None:
    at_once = line.send(message("AL", "AL", addressee="NOBODY"))
    (heard,) = line.listen()

    assert at_once is not None and b"ERR" not in at_once
    fields = heard.split(b"\r")[0].split(b"|")
    assert fields[2:6] == [b"HANDOFF", b"COUNTY", b"EHR", b"RIVERBEND"]
    assert (fields[8], fields[14:16]) == (b"ACK^I12^ACK", [b"AL", b"NE"])
    assert fields[9] != at_once.split(b"|")[9]
    assert b"\rMSA|AE|ED-1\r" in heard
    assert b"ADDRESSEE_UNKNOWN" in heard
    assert b"Testperson" not in heard


def test_a_referral_may_be_answered_by_rri_as_in_original_mode(county: County) -> None:
    county.change_partner("hospital", immediate_reply="rri")
    line = Line(county)
    line.send(message("AL", "AL"))
    (heard,) = line.listen()

    assert b"|RRI^I12^RRI_I12|" in heard
    assert b"\rRF1|P|||||R-1^RIVERBEND" in heard


def test_a_partner_that_cannot_be_sent_one_hears_of_errors_at_once(county: County) -> None:
    line = Line(county, AckSettings(application_acks=False))

    assert code_of(line.send(message("AL", "AL", addressee="NOBODY"))) == "CE"
    assert line.owed() is None


def test_until_it_is_taken_it_is_sent_again_and_later(line: Line) -> None:
    line.send(message("AL", "AL"))

    def tried() -> bool:
        owed = line.owed()
        return owed is not None and owed.attempts > 0

    assert len(line.listen("CE", tried)) == 1
    owed = line.owed()
    assert owed is not None and (owed.state, owed.attempts) == ("due", 1)
    line.county.clock.advance(timedelta(hours=1))
    assert len(line.listen("CA")) == 1
    assert line.owed() == OwedAck(owed.message_id, "hospital", "sent", owed.asked_at, line.owed().due_at, 2)  # type: ignore[union-attr]


def test_after_a_refusal_or_a_week_it_is_given_up(line: Line) -> None:
    line.send(message("AL", "AL"))
    assert len(line.listen("CR")) == 1
    assert line.owed().state == "given_up"  # type: ignore[union-attr]

    line.send(message("AL", "AL"))
    line.county.clock.advance(timedelta(days=8))
    line.listen("CE")
    assert line.owed().state == "given_up"  # type: ignore[union-attr]


def test_who_sends_the_message_again_is_answered_again(line: Line) -> None:
    content = message("AL", "AL")
    first = line.send(content)
    heard = line.listen()

    assert line.send(content) == first
    assert line.listen() == heard
    assert len(line.county.look(inbox.list_messages)) == 1


def test_a_partner_that_practises_is_sent_nothing(county: County) -> None:
    line = Line(county, state="test")
    line.send(message("AL", "AL"))

    assert line.listen() == []
    assert line.owed().state == "sent"  # type: ignore[union-attr]


def damage(county: County) -> None:
    """No message that is there opens any more."""
    with sqlite3.connect(county.folder.path / STORE_FILE) as file:
        file.execute("UPDATE inbox SET sealed = zeroblob(80)")
    file.close()


def owed_states(county: County) -> list[str]:
    """What became of the answer owed for each message, the oldest message first."""
    kept = county.look(inbox.list_messages)[::-1]
    found = [county.look(partial(application_acks.get, message_id=one.id)) for one in kept]
    return [one.state for one in found if one is not None]


def test_a_message_that_does_not_open_is_given_up_and_the_others_go(line: Line) -> None:
    line.send(message("AL", "AL"))
    damage(line.county)
    line.send(message("AL", "AL").replace(b"|ED-1|", b"|ED-2|"))

    (heard,) = line.listen(enough=lambda: "due" not in owed_states(line.county))

    assert b"\rMSA|AA|ED-2\r" in heard
    assert sorted(owed_states(line.county)) == ["given_up", "sent"]


class Unreadable:
    """The real store, whose next reads raise what is in `raises`, in their order; None: that read works."""

    def __init__(self, store: Any, *raises: Exception | None) -> None:
        self._store, self.raises, self.reads = store, list(raises), 0
        self.write = store.write

    def read(self) -> AbstractContextManager[Reading]:
        self.reads += 1
        if self.raises and (error := self.raises.pop(0)) is not None:
            raise error
        found: AbstractContextManager[Reading] = self._store.read()
        return found


def test_a_moment_without_the_database_ends_nothing(line: Line) -> None:
    """Neither when it is asked who waits, nor when it is asked what for."""
    line.send(message("AL", "AL"))
    away = NotNow("STORE_BUSY", "the database is away")
    store: Any = Unreadable(line.county.store, away, away, None, away)
    line.county.premises = replace(line.county.premises, store=store)

    assert len(line.listen(enough=lambda: owed_states(line.county) == ["sent"])) == 1
    assert store.raises == []


def test_what_nobody_foresaw_leaves_that_partner_alone_for_a_while(line: Line) -> None:
    line.send(message("AL", "AL"))
    store: Any = Unreadable(line.county.store, None, ValueError("nobody foresaw it"))
    line.county.premises = replace(line.county.premises, store=store)
    while_resting: list[str] = []

    def enough() -> bool:
        if store.reads >= 5 and not while_resting:  # asked three times since who waits
            while_resting.extend(owed_states(line.county))
            line.county.clock.advance(timedelta(seconds=6))
        return owed_states(line.county) == ["sent"]

    assert len(line.listen(enough=enough)) == 1
    assert while_resting == ["due"]


def test_a_paused_partner_s_answers_wait(county: County) -> None:
    line = Line(county, state="paused")
    line.send(message("AL", "AL"))

    def tried() -> bool:
        owed = line.owed()
        return owed is not None and owed.attempts > 0

    assert line.listen(enough=tried) == []
    assert line.owed().state == "due"  # type: ignore[union-attr]


def test_a_fault_of_ours_has_no_later_answer(county: County) -> None:
    """The sender sends the message again; it was not kept."""
    receipt = Receipt("0a0b0c0d-0000-4000-8000-000000000000", county.clock.now(), "our_fault")
    assert acknowledge_later(message("AL", "AL"), receipt, SENDABLE) is None
    assert acknowledge_later(b"no hl7", receipt, SENDABLE) is None


@pytest.mark.unmeasured
@pytest.mark.parametrize("hung", [1, 20])
def test_a_partner_that_hangs_keeps_no_other_waiting(line: Line, hung: int) -> None:
    """However much waits for the one; and what hung once is not tried for the next one at once."""
    county = line.county
    for number in range(hung):
        line.send(message("AL", "AL").replace(b"|ED-1|", b"|ED-%d|" % number))
    Line(county, AckSettings()).send(message("AL", "AL").replace(b"|ED-1|", b"|ED-X|"))
    last = county.look(inbox.list_messages)[0].id
    silent, other = Hospital(), Hospital([b"\x0bno answer that fits\x1c\r"])

    async def scene() -> None:
        servers = [await asyncio.start_server(one.serve, "127.0.0.1", 0) for one in (silent, other)]
        delivery = county.premises.network.partners["hospital"].delivery
        assert isinstance(delivery, MllpDelivery)
        for partner, server in zip(("hospital", "psychiatry"), servers, strict=True):
            address = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
            changed = msgspec.structs.replace(delivery, address=address)
            county.change_partner(partner, delivery=changed, state="live")
        ways = Ways(county.premises, None, Timeouts(), Reach())  # type: ignore[arg-type]  # no HTTP here
        later = later_answers(county.premises, ways)
        running = asyncio.create_task(later.run())
        async with asyncio.timeout(90):
            await until(lambda: bool(silent.frames))
            at = instant_text(county.clock.now())
            await county.store.write(lambda tx: application_acks.ask(tx, last, "psychiatry", at))
            await until(lambda: bool(other.frames))
        await later.stop(0.01)
        await asyncio.gather(running, return_exceptions=True)
        ways.close()
        for server in servers:
            server.close()

    county.run(scene())

    assert len(silent.frames) == 1


# --- out ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("setting", "asked"), [("original", []), ("accept", [b"AL", b"NE"])])
def test_what_we_send_asks_for_the_answer_that_is_set(
    county: County, setting: str, asked: list[bytes]
) -> None:
    county.consent()
    county.refer()
    county.deliver()
    county.share_plan()
    county.consent("hospital", discloser="otp", identifier=OTP, classes=("Task",))
    delivery = county.premises.network.partners["hospital"].delivery
    assert isinstance(delivery, MllpDelivery)
    county.change_partner("hospital", delivery=msgspec.structs.replace(delivery, acknowledgement=setting))
    county.answer("otp", "accepted")
    made = county.released()

    fields = made.content.split(b"\r")[0].split(b"|")
    assert [field for field in fields[14:16] if field] == asked
    assert (fields[9].decode(), fields[17]) == (made.control_id, b"UNICODE UTF-8")
