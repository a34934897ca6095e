"""What becomes of an intent after one attempt, by what the partner (or our own house) did. Real sockets, real gate."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from gateway.clock import instant_text, read_instant
from gateway.delivery import sender as room
from gateway.delivery.http_push import HttpTimeouts, open_transport
from gateway.delivery.mllp_push import MllpTimeouts
from gateway.delivery.sender import Sender, Timeouts
from gateway.disclosure.premises import Premises
from gateway.errors import NotUnderstood
from gateway.flows import consent_record
from gateway.partners import FhirDelivery, MllpDelivery, NoDelivery
from gateway.store import Intent, outbox
from tests.gateway.county import OTP, County, caller
from tests.gateway.disclosure.unsteady import FullStore

pytestmark = pytest.mark.timeout(180)

TIMES = Timeouts(HttpTimeouts(connect=30.0, attempt=30.0), MllpTimeouts())


async def until(enough: Callable[[], bool]) -> None:
    """Come back when `enough` is so; the sender gives no sign of its own."""
    while not enough():  # noqa: ASYNC110
        await asyncio.sleep(0.01)


class Server:
    """A partner's HTTP server: answers every request with what `answer` gives; None cuts the line."""

    def __init__(self, *answers: str | None, before: Callable[[], Awaitable[None]] | None = None) -> None:
        self.answers = list(answers)
        self._before = before
        self.received: list[bytes] = []
        self.keys: list[bytes] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            while head := await reader.readuntil(b"\r\n\r\n"):
                lines = dict(
                    line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:] if b": " in line
                )
                self.received.append(await reader.readexactly(int(lines[b"content-length"])))
                self.keys.append(lines[b"idempotency-key"])
                if self._before is not None:
                    await self._before()
                said = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
                if said is None:
                    break
                writer.write(f"HTTP/1.1 {said}\r\nContent-Length: 0\r\n\r\n".encode())
                await writer.drain()
        writer.close()


def play(
    county: County,
    server: Server | None,
    enough: Callable[[], bool],
    *,
    premises: Premises | None = None,
    seconds: float = 90.0,
    **delivery: Any,
) -> None:
    """Run a sender against the program's server until `enough` is so."""

    async def scene() -> None:
        listening = None
        if server is not None:
            listening = await asyncio.start_server(server.serve, "127.0.0.1", 0)
            port = listening.sockets[0].getsockname()[1]
            county.change_partner(
                "otp", delivery=FhirDelivery(url=f"http://127.0.0.1:{port}/fhir", **delivery)
            )
        used = premises or county.premises
        async with open_transport() as client:
            ours = replace(used, network=county.premises.network, work_waiting=asyncio.Event())
            sender = Sender(ours, client, TIMES)
            running = asyncio.create_task(sender.run())
            try:
                async with asyncio.timeout(seconds):
                    await until(enough)
            finally:
                await sender.stop(1.0)
                await running
                if listening is not None:
                    listening.close()

    county.run(scene())


def settled(county: County, *states: str) -> Callable[[], bool]:
    return lambda: county.states() == list(states)


@pytest.fixture
def due(county: County) -> County:
    """A referral to the program is due, and she permits it."""
    county.consent()
    county.refer()
    return county


def release_states(county: County) -> list[str]:
    return [row.state for row in county.look(lambda r: outbox.of_patient(r, county.patient_id))]


@pytest.mark.parametrize(
    ("answer", "state", "release_state", "reason"),
    [
        ("200 OK", "delivered", "delivered", "HTTP_200"),
        ("422 Unprocessable", "dead", "failed", "HTTP_422"),
        ("503 Unavailable", "retry", "failed", "HTTP_503"),
        ("504 Gateway", "retry", "unknown", "POSSIBLE_DUPLICATE"),
        (None, "retry", "unknown", "POSSIBLE_DUPLICATE"),
    ],
)
def test_the_partner_s_answer_decides_what_follows(
    due: County, answer: str | None, state: str, release_state: str, reason: str
) -> None:
    server = Server(answer)
    play(due, server, settled(due, state))

    (intent,) = due.intents()
    assert (intent.state, intent.reason, intent.attempts) == (state, reason, 1)
    assert release_states(due) == [release_state]
    (row,) = due.look(lambda r: outbox.of_patient(r, due.patient_id))
    sent = due.look(lambda r: outbox.content(r, row.id))
    assert server.received == [sent], "the bytes that were audited, and no others"
    assert server.keys == [f"{intent.id}.{row.sha256[:16]}".encode()]
    (left,) = due.audit("handover")
    assert left.entry is not None
    assert (left.entry.subject, left.entry.bytes_sha256) == (row.id, row.sha256)
    assert left.row.outcome == {"dead": "refused", "delivered": "delivered"}.get(
        state, "retry" if release_state == "failed" else "unknown"
    )


def test_the_same_decision_is_sent_again_with_the_same_bytes_and_key(due: County) -> None:
    """So that a partner that got the first try without our knowing takes the second for what it is."""
    server = Server(None, "200 OK")
    play(due, server, settled(due, "retry"))
    due.clock.advance(timedelta(hours=1))
    play(due, server, settled(due, "delivered"))

    assert len(server.keys) == 2
    assert len(set(server.keys)) == len(set(server.received)) == 1
    assert due.intents()[0].attempts == 2


def test_a_person_is_asked_where_the_partner_cannot_tell_a_repeat(due: County) -> None:
    play(due, Server(None), settled(due, "unknown"), on_unknown="ask")

    assert release_states(due) == ["unknown"]
    assert due.claim() == ()


def test_the_partner_s_own_wish_for_a_pause_is_honoured(due: County) -> None:
    play(due, Server("503 Busy\r\nRetry-After: 600"), settled(due, "retry"))

    (intent,) = due.intents()
    assert read_instant(intent.due_at) >= due.clock.now() + timedelta(seconds=600)
    sender = Sender(due.premises, None)  # type: ignore[arg-type]  # the next process; nothing is sent here
    due.run(sender._try_each())
    assert due.intents() == (intent,)
    own = instant_text(due.clock.now() + timedelta(seconds=2))
    due.write(
        lambda tx: tx.execute("intents.bring_forward", {"partner": intent.partner, "now": own, "latest": "9"})
    )
    due.run(sender._try_each())
    assert due.intents()[0].due_at == instant_text(due.clock.now()), "a wait of its own is cut short"


@pytest.mark.parametrize(("attempts", "least", "most"), [(1, 1.5, 2.5), (4, 12.0, 20.0), (40, 675.0, 1125.0)])
def test_waits_grow_and_are_spread(county: County, attempts: int, least: float, most: float) -> None:
    county.refer()
    (intent,) = county.intents()
    sender = Sender(county.premises, None)  # type: ignore[arg-type]  # nothing is sent here

    waits = set()
    for _ in range(20):
        state, due_at = sender._next_try(replace(intent, attempts=attempts), county.clock.now(), None)
        assert state == "retry"
        assert due_at is not None
        waits.add((read_instant(due_at) - county.clock.now()).total_seconds())

    assert least <= min(waits) < max(waits) <= most


def test_attempts_that_our_own_end_cut_short_make_no_wait_longer(county: County) -> None:
    county.refer()
    (intent,) = county.intents()
    at = county.clock.now()
    sender = Sender(county.premises, None)  # type: ignore[arg-type]  # nothing is sent here
    cut = replace(intent, attempts=40, first_tried_at=instant_text(at - timedelta(seconds=60)))

    _, due_at = sender._next_try(cut, at, None)

    assert due_at is not None and read_instant(due_at) - at <= timedelta(seconds=75)


@pytest.mark.parametrize(("away", "state"), [(timedelta(days=6), "retry"), (timedelta(days=8), "dead")])
def test_after_a_week_of_trying_a_person_must_look(due: County, away: timedelta, state: str) -> None:
    """The week begins with the first try: a referral that waited long for a consent gets its full week."""
    due.clock.advance(timedelta(days=30))
    server = Server("503 Unavailable")
    play(due, server, settled(due, "retry"))
    due.clock.advance(away)

    play(due, server, lambda: due.intents()[0].attempts == 2 and due.states() == [state])


@pytest.mark.parametrize("practising", ["otp", "hospital"])
def test_what_is_for_or_from_a_partner_that_practises_goes_to_nobody(due: County, practising: str) -> None:
    due.change_partner(practising, state="test")
    play(due, None, settled(due, "delivered"))

    assert due.intents()[0].reason == "PRACTICE"
    assert due.audit("disclose") == due.audit("handover") == []
    assert len(due.audit("practice")) == 1


def test_a_paused_partner_keeps_its_queue(due: County) -> None:
    due.refer("ED-2", "R-2", "MESAPSY")
    due.consent("psychiatry")
    due.change_partner("otp", state="paused")
    due.change_partner("psychiatry", state="test")

    play(due, None, settled(due, "due", "delivered"))

    assert due.intents()[0].attempts == 0


@pytest.mark.requirement("P2-13-02")
def test_what_consent_does_not_allow_is_held_and_never_sent(county: County) -> None:
    county.refer()
    server = Server("200 OK")

    play(county, server, settled(county, "held"))

    assert server.received == []


@pytest.mark.requirement("P2-31-11", "P2-31-12")
def test_a_withdrawal_between_decision_and_first_byte_stops_it(
    due: County, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The gate has released; before the bytes go out she withdraws: nothing arrives and the intent ends."""
    saved = due.records("Consent")[0]
    server = Server("200 OK")
    real = room.release

    async def then_withdrawn(premises: Premises, intent: Intent) -> Any:
        made = await real(premises, intent)
        withdrawn = {**saved.resource, "status": "inactive"}
        asked = caller("hospital")
        await consent_record.replace_consent(due.premises, asked, saved.id, withdrawn, None)
        return made

    monkeypatch.setattr(room, "release", then_withdrawn)
    play(due, server, settled(due, "cancelled"))

    assert server.received == []
    assert due.intents()[0].reason == "CONSENT_WITHDRAWN"
    assert release_states(due) == ["failed"]


def test_a_fault_of_ours_postpones_one_intent_and_no_other(due: County) -> None:
    due.refer("ED-2", "R-2", "MESAPSY")
    due.consent("psychiatry")
    due.change_partner("psychiatry", state="test")
    due.change_partner("otp", delivery=NoDelivery())

    play(due, None, settled(due, "retry", "delivered"))

    postponed = due.intents()[0]
    assert (postponed.state, postponed.reason) == ("retry", "NO_DELIVERY")
    assert release_states(due) == ["delivered"]


@pytest.mark.requirement("AU-06", "HI-312-02")
@pytest.mark.parametrize("works", [0, 1])
def test_while_the_store_takes_nothing_nothing_is_sent(due: County, works: int) -> None:
    """Not even claimed, or claimed and not released: it is found again at the next start."""
    server = Server("200 OK")
    waited: list[int] = []

    def a_while() -> bool:
        waited.append(1)
        return len(waited) > 15

    play(due, server, a_while, premises=replace(due.premises, store=FullStore(due.store, works)))

    assert server.received == []
    assert release_states(due) == []
    assert due.states() == (["due"] if works == 0 else ["sending"])


@pytest.mark.requirement("P2-32-02")
def test_a_status_goes_by_mllp_to_the_hospital_and_its_answer_counts(county: County) -> None:
    county.consent()
    county.refer()
    county.deliver()
    county.share_plan()
    county.consent("hospital", discloser="otp", identifier=OTP, classes=("Task",))
    county.answer("otp", "accepted")
    frames: list[bytes] = []

    async def hospital(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        frame = await reader.readuntil(b"\x1c\r")
        frames.append(frame)
        control_id = frame.split(b"|")[9]
        writer.write(b"\x0bMSH|^~\\&|EHR|R|H|C|20260411||ACK|1|P|2.5.1\rMSA|AA|" + control_id + b"\r\x1c\r")
        await writer.drain()

    async def scene() -> None:
        listening = await asyncio.start_server(hospital, "127.0.0.1", 0)
        delivery = county.premises.network.partners["hospital"].delivery
        assert isinstance(delivery, MllpDelivery)
        address = f"127.0.0.1:{listening.sockets[0].getsockname()[1]}"
        county.change_partner("hospital", delivery=msgspec.structs.replace(delivery, address=address))
        async with open_transport() as client:
            sender = Sender(county.premises, client, TIMES)
            running = asyncio.create_task(sender.run())
            async with asyncio.timeout(90):
                await until(settled(county, "delivered", "delivered"))
            await sender.stop(1.0)
            await running
        listening.close()

    county.run(scene())

    assert b"RRI^I12^RRI_I12" in frames[0]


def test_stopping_lets_what_is_under_way_finish_and_takes_nothing_new(due: County) -> None:
    gate = asyncio.Event()

    async def slow() -> None:
        await asyncio.sleep(0.2)
        gate.set()

    server = Server("200 OK", before=slow)
    play(due, server, lambda: bool(server.received))

    assert due.states() == ["delivered"]
    assert gate.is_set()


def test_what_is_too_late_when_stopping_is_cut_and_marked_as_perhaps_arrived(due: County) -> None:
    async def long() -> None:
        await asyncio.sleep(0.45)

    server = Server("200 OK", before=long)

    async def scene() -> None:
        listening = await asyncio.start_server(server.serve, "127.0.0.1", 0)
        port = listening.sockets[0].getsockname()[1]
        due.change_partner("otp", delivery=FhirDelivery(url=f"http://127.0.0.1:{port}/fhir"))
        async with open_transport() as client:
            sender = Sender(due.premises, client, TIMES)
            running = asyncio.create_task(sender.run())
            await until(lambda: bool(server.received))
            await sender.stop(0.01)
            await running
        listening.close()

    due.run(scene())

    (intent,) = due.intents()
    assert (intent.state, intent.reason) == ("retry", "POSSIBLE_DUPLICATE")
    assert [logged.row.outcome for logged in due.audit("handover")] == ["unknown"]


@pytest.mark.requirement("AU-06")
def test_what_was_handed_over_when_the_process_died_is_accounted_for_at_the_next_start(due: County) -> None:
    made = due.released()
    due.write(lambda tx: outbox.mark(tx, made.id, "handed_over", "2026-04-11T15:00:00.000000Z"))

    play(due, None, lambda: bool(due.audit("handover")))

    (left,) = due.audit("handover")
    assert left.entry is not None
    assert (left.row.outcome, left.entry.subject) == ("unknown", made.id)
    assert left.entry.request_id == made.request_id
    assert release_states(due) == ["unknown"]


@pytest.mark.requirement("P2-31-11")
def test_a_consent_that_runs_out_between_decision_and_first_byte_stops_it(
    due: County, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = Server("200 OK")
    real = room.release

    async def then_late(premises: Premises, intent: Intent) -> Any:
        made = await real(premises, intent)
        due.clock.advance(datetime(2028, 1, 2, tzinfo=UTC) - due.clock.now())
        return made

    monkeypatch.setattr(room, "release", then_late)
    play(due, server, lambda: due.states() in (["held"], ["cancelled"]))

    assert server.received == []
    assert due.audit("handover") == []


def test_a_full_house_waits_for_room(county: County) -> None:
    county.refer()
    sender = Sender(county.premises, None)  # type: ignore[arg-type]  # nothing is sent here

    async def scene() -> tuple[tuple[Intent, ...], tuple[Intent, ...]]:
        sender._under_way = {asyncio.create_task(asyncio.sleep(0)) for _ in range(64)}
        full = await sender._claim()
        await asyncio.wait(sender._under_way)
        sender._under_way = set()
        sender._of_partner["otp"] = 24
        return full, await sender._claim()

    assert county.run(scene()) == ((), ())
    assert county.states() == ["due"]


def test_time_is_the_clock_s(due: County) -> None:
    play(due, Server("200 OK"), settled(due, "delivered"))

    at: datetime = read_instant(due.intents()[0].updated_at)
    assert at == due.clock.now()


class NoFormats:
    """A library none of whose mappings can write what the release holds."""

    version = "none"

    def mapping(self, mapping_id: str) -> Any:
        raise NotUnderstood("RENDER_REFUSED", "cannot be written without it", mapping_id)


def test_what_cannot_be_written_in_the_partner_s_format_is_left_to_a_person(due: County) -> None:
    """Trying again would not help."""
    due.change_partner("otp", delivery=due.premises.network.partners["hospital"].delivery)
    library: Any = NoFormats()

    play(due, None, settled(due, "dead"), premises=replace(due.premises, library=library))

    assert due.intents()[0].reason == "RENDER_REFUSED"
    assert due.audit("disclose") == []
