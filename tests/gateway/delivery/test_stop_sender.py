"""Stop notices that the gateway sends after a withdrawal: each partner's own way, once, about nobody."""

from __future__ import annotations

import asyncio
import hashlib
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from gateway.delivery.http_push import open_transport
from gateway.delivery.stop_sender import StopSender
from gateway.delivery.ways import Reach, Timeouts, Ways
from gateway.errors import NotFound
from gateway.flows.partner_pauses import go_on, pause
from gateway.flows.stop_notices import to_tell, told
from gateway.flows.stop_sending import (
    SENDING,
    at_the_desk,
    begun,
    may_be_told,
    read_at_desk,
    to_send,
    written,
)
from gateway.partners import DeskDelivery, FhirDelivery, FilesDelivery, MllpDelivery, WebhookDelivery
from gateway.partners.signing_keys import SigningKey
from gateway.resources import check_resource
from tests.gateway.agency_desk.conftest import Browser
from tests.gateway.county import County
from tests.gateway.delivery.test_mllp_push import Hospital
from tests.gateway.delivery.test_sender import Server
from tests.gateway.flows.test_same_person import hand_over

pytestmark = [pytest.mark.requirement("P2-31-12"), pytest.mark.timeout(180)]
HIDDEN = ("770011", "Testperson", "Maribel", "Riverbend", "substance", "Sunrise Recovery", "Reyes")


def withdrawn(county: County) -> Any:
    """The clinic had a referral under a consent that is withdrawn now."""
    saved = county.consent()
    county.refer()
    hand_over(county, county.deliver())
    county.withdraw(saved)
    return saved


def outcomes(county: County) -> list[str]:
    """What the log says of notices, in order."""
    found = [logged.entry for logged in county.audit("outcome") if logged.entry is not None]
    return [one.outcome.removeprefix("stop_notice_") for one in found if one.outcome.startswith("stop_")]


def on_their_way(county: County) -> list[str | None]:
    """Of which bytes the log says that they may have left, in order."""
    found = [logged.entry for logged in county.audit("outcome") if logged.entry is not None]
    return [one.bytes_sha256 for one in found if one.outcome == SENDING]


def called_otherwise(county: County) -> None:
    """The desk whom a notice asks to call gets another name."""
    operator = county.premises.network.content.operator
    desk = msgspec.structs.replace(operator.consent_desk, name="The new desk")
    county.change_network(operator=msgspec.structs.replace(operator, consent_desk=desk))


def play(
    county: County, *, looks: int = 2, reach: Reach | None = None, serve: Any = None, before: Any = None
) -> None:
    """Let the gateway look a few times, with the partner's server behind the address of its delivery."""

    async def scene() -> None:
        listening = None
        if serve is not None:
            listening = await asyncio.start_server(serve, "127.0.0.1", 0)
            port = listening.sockets[0].getsockname()[1]
            delivery = county.premises.network.partners["otp"].delivery
            place = "address" if isinstance(delivery, MllpDelivery) else "url"
            said = f"127.0.0.1:{port}" if place == "address" else f"http://127.0.0.1:{port}/fhir"
            county.change_partner("otp", delivery=msgspec.structs.replace(delivery, **{place: said}))
        async with open_transport() as client:
            sender = StopSender(county.premises, Ways(county.premises, client, Timeouts(), reach or Reach()))
            for number in range(looks):
                await sender.look()
                await sender.settled()
                if before is not None:
                    await asyncio.to_thread(before, number)
        if listening is not None:
            listening.close()

    county.run(scene())


def nobody_in(content: bytes | str) -> None:
    text = content if isinstance(content, str) else content.decode()
    assert [word for word in HIDDEN if word.casefold() in text.casefold()] == []
    assert "withdrawn on 2026-04-11" in text


def test_a_fhir_partner_gets_one_communication_that_names_nobody(county: County) -> None:
    withdrawn(county)
    server = Server("200 OK")
    play(county, looks=4, serve=server.serve)

    (body,) = server.received
    nobody_in(body)
    (entry,) = json.loads(body)["entry"]
    assert entry["resource"]["resourceType"] == "Communication"
    assert check_resource(entry["resource"]) == ()
    assert "subject" not in entry["resource"]
    assert entry["request"]["ifNoneExist"].endswith(entry["fullUrl"])
    assert outcomes(county) == ["sending", "given"]
    assert on_their_way(county) == [hashlib.sha256(body).hexdigest()]
    assert county.look(lambda reading: list(to_tell(reading))) == []
    play(county, serve=server.serve)
    assert len(server.received) == 1


@pytest.mark.parametrize("acknowledgement", ["original", "accept"])
def test_an_hl7_partner_gets_a_message_about_no_patient(county: County, acknowledgement: Any) -> None:
    withdrawn(county)
    delivery: Any = MllpDelivery(
        address="127.0.0.1:1", format="hospital/ref_i12", acknowledgement=acknowledgement
    )
    county.change_partner("otp", delivery=delivery)
    said = "AA" if acknowledgement == "original" else "CA"

    class Clinic(Hospital):
        async def _answer(self, writer: asyncio.StreamWriter) -> None:
            control_id = self.frames[-1].split(b"|")[9].decode()
            writer.write(
                f"\x0bMSH|^~\\&|A|B|C|D|2026||ACK|1|P|2.5.1\rMSA|{said}|{control_id}\r\x1c\r".encode()
            )

    clinic = Clinic()
    play(county, serve=clinic.serve)

    (frame,) = clinic.frames
    nobody_in(frame)
    lines = [line.split("|") for line in frame.decode().split("\r") if line]
    assert [lines[0][8], {line[0] for line in lines}] == ["NMD^N02^NMD_N02", {"MSH", "NCK", "NTE"}]
    assert lines[0][14:16] == (["", ""] if acknowledgement == "original" else ["AL", "NE"])
    assert outcomes(county) == ["sending", "given"]


def test_a_partner_of_files_gets_a_file(county: County, tmp_path: Path) -> None:
    withdrawn(county)
    (tmp_path / "out" / ".handoff").mkdir(parents=True)
    delivery = FilesDelivery(folder="out", format="housing/referral_csv", encryption="none")
    county.change_partner("otp", delivery=delivery)
    play(county, looks=3, reach=Reach(folder=tmp_path))

    (file,) = [one for one in (tmp_path / "out").iterdir() if one.suffix == ".txt"]
    nobody_in(file.read_text())
    assert (tmp_path / "out" / f"{file.name}.manifest.json").is_file()
    assert outcomes(county) == ["sending", "given"]


def test_a_partner_to_whom_a_person_stopped_everything_is_told_when_it_goes_on(county: County) -> None:
    withdrawn(county)
    (about,) = to_send(county.premises)
    county.run(pause(county.premises, "otp", "their line is answered by somebody else", "Pat"))
    server = Server("200 OK")
    play(county, serve=server.serve)

    assert (server.received, outcomes(county)) == ([], [])
    assert county.run(begun(county.premises, about)) is None, "nor what was found before"
    assert not may_be_told(county.premises, "otp"), "nor at the last moment"
    county.run(go_on(county.premises, "otp", "it is theirs again", "Pat"))
    play(county, serve=server.serve)
    assert (len(server.received), outcomes(county)) == (1, ["sending", "given"])


def test_a_webhook_gets_it_signed(county: County) -> None:
    withdrawn(county)
    county.change_partner("otp", delivery=WebhookDelivery(url="http://h/x", format="crisis/event", key="k"))
    server = Server("204 No Content")
    play(county, serve=server.serve, reach=Reach(signing={"otp": SigningKey("k", b"x" * 32)}))

    assert len(server.received) == 1
    nobody_in(server.received[0])
    assert outcomes(county) == ["sending", "given"]


def test_an_agency_s_desk_shows_it_until_a_worker_has_read_it(county: County) -> None:
    saved = withdrawn(county)
    county.change_partner("otp", delivery=DeskDelivery())
    play(county)
    assert outcomes(county) == []
    consent = str(saved.resource["id"])
    with pytest.raises(NotFound, match="NOBODY_TO_TELL"):
        county.run(read_at_desk(county.premises, "housing", consent, "Rosa"))
    browser = Browser(county)
    browser.log_in()
    page = browser.get("/agency/referrals/")
    nobody_in(page.text.partition('<section class="notice"')[2].partition("</section>")[0])

    token = browser.hidden("token")
    assert browser.post("/agency/referrals/", {"stop": consent, "token": "x"}).status_code == 403
    assert outcomes(county) == []
    said = browser.post("/agency/referrals/", {"stop": consent, "token": token})

    assert "A permission was withdrawn" not in said.text
    assert (outcomes(county), county.run(at_the_desk(county.premises, "otp"))) == (["given"], ())
    assert browser.post("/agency/referrals/", {"stop": consent, "token": token}).status_code == 404


def test_who_never_received_anything_gets_none(county: County) -> None:
    housing = county.consent("housing", purpose="COC")
    county.consent()
    county.refer()
    hand_over(county, county.deliver())
    county.withdraw(housing)
    server = Server("200 OK")
    play(county, serve=server.serve)
    assert (server.received, outcomes(county)) == ([], [])


@pytest.mark.parametrize("state", ["test", "paused"])
def test_nothing_goes_to_who_does_not_take_part_now(county: County, state: str) -> None:
    withdrawn(county)
    county.change_partner("otp", state=state)
    server = Server("200 OK")
    play(county, serve=server.serve)
    assert (server.received, outcomes(county)) == ([], [])


def test_it_is_sent_again_with_the_same_bytes_until_it_is_taken(county: County) -> None:
    """Also by the next process, which knows nothing of the tries of the last."""
    withdrawn(county)
    server = Server("503 Unavailable", "503 Unavailable", "200 OK")
    play(county, serve=server.serve)
    play(county, looks=3, serve=server.serve, before=lambda _: county.clock.advance(timedelta(minutes=1)))

    assert len(server.received) == 3
    assert len(set(server.received)) == 1
    assert outcomes(county) == ["sending", "given"]


def test_other_bytes_are_logged_too_before_they_leave(county: County) -> None:
    """What a notice says may change between two tries: then it is another message, and the log knows both."""
    withdrawn(county)
    server = Server("503 Unavailable", "200 OK")
    play(county, serve=server.serve, before=lambda _: county.clock.advance(timedelta(minutes=10)), looks=1)
    called_otherwise(county)
    play(county, serve=server.serve, looks=1)

    assert len(set(server.received)) == 2
    assert on_their_way(county) == [hashlib.sha256(body).hexdigest() for body in server.received]


@pytest.mark.parametrize(("answer", "asks"), [("422 No", "resend"), ("504 Gateway", "ask")])
def test_what_is_not_taken_stays_with_people_and_is_not_repeated(
    county: County, answer: str, asks: Any
) -> None:
    withdrawn(county)
    county.change_partner("otp", delivery=FhirDelivery(url="http://h/fhir", on_unknown=asks))
    server = Server(answer, "200 OK")
    play(county, serve=server.serve, before=lambda _: county.clock.advance(timedelta(hours=1)))
    play(county, serve=server.serve)

    assert len(server.received) == 1
    assert outcomes(county) == ["sending", "not_taken"]
    assert [one.partner for one in county.look(lambda reading: list(to_tell(reading)))] == ["otp"]


def test_one_that_a_person_has_told_is_not_told_again(county: County) -> None:
    saved = withdrawn(county)
    server = Server("503 Unavailable", "200 OK")

    def by_phone(number: int) -> None:
        if number == 0:
            county.run(told(county.premises, f"{saved.resource['id']} otp", "called"))
        county.clock.advance(timedelta(minutes=10))

    play(county, looks=3, serve=server.serve, before=by_phone)
    assert len(server.received) == 1
    assert outcomes(county) == ["sending", "given"]


def test_after_a_week_it_is_left_to_people(county: County) -> None:
    withdrawn(county)
    county.clock.advance(timedelta(days=8))
    server = Server("200 OK")
    play(county, serve=server.serve)
    assert server.received == []


def test_no_control_character_of_a_name_breaks_a_message(county: County) -> None:
    withdrawn(county)
    operator = county.premises.network.content.operator
    contact = msgspec.structs.replace(operator.consent_desk, name="A|B^C\\D~E&F\rPID|1")
    county.change_network(operator=msgspec.structs.replace(operator, consent_desk=contact))
    county.change_partner("otp", delivery=MllpDelivery(address="h:1", format="hospital/ref_i12"))
    (one,) = county.look(lambda reading: list(to_tell(reading)))
    made = written(county.premises, one)
    assert {line[:3] for line in made.content.decode().split("\r") if line} == {"MSH", "NCK", "NTE"}
    assert b"A\\F\\B\\S\\C\\E\\D\\R\\E\\T\\F" in made.content
