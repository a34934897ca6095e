"""Subscriptions: who may make which, what they tell and to whom, and that numbers tell nothing of what is withheld."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import httpx
import msgspec
import orjson
import pytest

from gateway.delivery.notifier import Notifier
from gateway.errors import AlreadyReceived, HandoffError, NotAllowed, NotFound, NotNow, NotSupported
from gateway.flows import subscriptions as flow
from gateway.flows.answers import Saved
from gateway.flows.subscription_topics import CONTENT, FILTER, HEARTBEAT, PROFILE, TOPICS, canonical_of
from gateway.resources.searching import Filter
from gateway.resources.xml_reading import from_xml
from gateway.store import Record, patients, records
from gateway.store import subscriptions as kept
from tests.gateway.county import NOW, OTP, County, caller

BASE = "https://gateway.test"
HOOK = "https://{}.test/notices"


class Lost(httpx.AsyncByteStream):
    """An answer without a body."""

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield b""


@dataclass
class Subscribers(httpx.AsyncBaseTransport):
    """The subscribers' endpoints: they keep what they get and answer with `status`, or break off before or after it."""

    status: int = 200
    breaks: str = ""
    wish: dict[str, str] = field(default_factory=dict)
    got: list[tuple[str, dict[str, Any], str]] = field(default_factory=list)
    authorized: list[str | None] = field(default_factory=list)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if self.breaks == "before":
            raise httpx.ConnectError("nobody there", request=request)
        body = b"".join([part async for part in request.stream])  # type: ignore[union-attr]
        if self.breaks == "after":
            raise httpx.ReadError("gone", request=request)
        self.got.append((str(request.url), orjson.loads(body), request.headers["idempotency-key"]))
        self.authorized.append(request.headers.get("authorization"))
        return httpx.Response(self.status, headers=self.wish, stream=Lost(), request=request)

    def told(self, partner: str = "otp", kind: str = "event-notification") -> list[dict[str, Any]]:
        """The parameters of the notices of a kind that a partner got."""
        found = [status_of(bundle) for url, bundle, _ in self.got if url == HOOK.format(partner)]
        return [one for one in found if one["type"] == kind]


def status_of(bundle: Mapping[str, Any]) -> dict[str, Any]:
    """The Parameters of a notification by name; its events as a list."""
    (entry,) = bundle["entry"]
    found: dict[str, Any] = {"events": []}
    for one in entry["resource"]["parameter"]:
        value = next((one[name] for name in one if name.startswith("value")), None)
        if one["name"] == "notification-event":
            found["events"].append(
                {p["name"]: next(p[n] for n in p if n.startswith("value")) for p in one["part"]}
            )
        else:
            found[one["name"]] = value
    return found


def hooked(county: County, *partners: str) -> Subscribers:
    """The network, with an endpoint for each of the partners."""
    for partner in partners or ("otp", "hospital", "housing", "psychiatry"):
        client = county.premises.network.partners[partner].client
        assert client is not None
        named = msgspec.structs.replace(client, subscription_endpoints=(HOOK.format(partner),))
        county.change_partner(partner, client=named, state="live")
    return Subscribers()


def wanted(topic: str = "care-plan", partner: str = "otp", **changes: Any) -> dict[str, Any]:
    """A Subscription as a client posts it."""
    channel: dict[str, Any] = {"type": "rest-hook", "endpoint": HOOK.format(partner)}
    channel |= {"payload": "application/fhir+json", **changes.pop("channel", {})}
    if content := changes.pop("content", ""):
        channel["_payload"] = {"extension": [{"url": CONTENT, "valueCode": content}]}
    return {
        "resourceType": "Subscription",
        "meta": {"profile": [PROFILE]},
        "status": "requested",
        "reason": "to know at once",
        "criteria": canonical_of(topic),
        "channel": channel,
        **changes,
    }


def subscribe(county: County, partner: str = "otp", purpose: str = "TREAT", **changes: Any) -> str:
    asked = caller(partner, purpose)
    made = county.run(flow.create_subscription(county.premises, asked, wanted(partner=partner, **changes)))
    return str(made.resource["id"])


def notify(
    county: County, subscribers: Subscribers, rounds: int = 3, notifier: Notifier | None = None
) -> None:
    """What a running gateway does in a moment."""

    async def work() -> None:
        sender = notifier or Notifier(county.premises, subscribers, lambda: BASE)
        for _ in range(rounds):
            await sender.look()
            await sender.settled()

    asyncio.run(work())


def hospital_hears(county: County) -> tuple[Subscribers, Saved, str]:
    """She lets the program tell the hospital of her care plans, and the hospital has subscribed to them."""
    subscribers = hooked(county)
    county.share_plan()
    allowed = county.consent("hospital", discloser="otp", identifier=OTP, classes=("CarePlan",))
    county.refer()
    made = subscribe(county, "hospital", content="id-only")
    notify(county, subscribers)
    return subscribers, allowed, made


def plan(county: County, name: str, title: str, source: str = "otp", part2: bool = True) -> None:
    """A care plan of hers, new or changed."""
    resource = {"resourceType": "CarePlan", "id": name, "status": "active", "intent": "plan", "title": title}
    resource["subject"] = {"reference": f"Patient/{county.patient_id}"}
    at = county.clock.now().isoformat(timespec="microseconds")[:-6] + "Z"
    row = Record("CarePlan", name, 0, county.patient_id, source, (source,), part2, at, False, resource)
    county.write(lambda tx: records.save(tx, row))


def state(county: County, subscription: str) -> kept.Subscription:
    found = county.look(lambda reading: kept.get(reading, subscription))
    assert found is not None
    return found


@pytest.mark.requirement("SB-01")
def test_a_subscription_is_active_once_its_endpoint_has_answered(county: County) -> None:
    subscribers = hooked(county)
    made = subscribe(county)
    assert state(county, made).status == "requested"
    notify(county, subscribers)
    (shaken,) = subscribers.told(kind="handshake")
    assert shaken["status"] == "requested" and shaken["events-since-subscription-start"] == "0"
    assert shaken["subscription"] == {"reference": f"{BASE}/fhir/Subscription/{made}"}
    assert shaken["topic"] == canonical_of("care-plan")
    assert state(county, made).status == "active"
    (bundle,) = (bundle for _, bundle, _ in subscribers.got)
    assert bundle["type"] == "history" and bundle["entry"][0]["request"]["method"] == "GET"


@pytest.mark.requirement("SB-01", "SB-02")
def test_a_change_is_told_by_id_alone_and_numbered_without_gaps(county: County) -> None:
    subscribers = hooked(county)
    county.share_plan()
    made = subscribe(county, content="id-only")
    notify(county, subscribers)
    for number in range(3):
        plan(county, "plan-a", f"Version {number}")
        notify(county, subscribers)
    told = subscribers.told()
    assert [one["events"][0]["event-number"] for one in told] == ["1", "2", "3"]
    assert [one["events-since-subscription-start"] for one in told] == ["1", "2", "3"]
    assert told[0]["events"][0]["focus"] == {"reference": f"{BASE}/fhir/CarePlan/plan-a"}
    keys = [key for _, _, key in subscribers.got]
    assert len(set(keys)) == len(keys)
    assert all(len(bundle["entry"]) == 1 for _, bundle, _ in subscribers.got), "no record goes along"
    assert state(county, made).numbered == 3


@pytest.mark.requirement("SB-01")
def test_an_empty_notice_names_nothing(county: County) -> None:
    subscribers = hooked(county)
    county.share_plan()
    subscribe(county, content="empty")
    notify(county, subscribers)
    plan(county, "plan-a", "One")
    notify(county, subscribers)
    (told,) = subscribers.told()
    assert set(told["events"][0]) == {"event-number", "timestamp"}


@pytest.mark.requirement("SB-01")
def test_what_is_not_asked_for_is_empty_for_who_is_no_covered_entity(county: County) -> None:
    hooked(county)
    assert state(county, subscribe(county, "otp")).payload == "id-only"
    assert state(county, subscribe(county, "housing", "COC")).payload == "empty"


@pytest.mark.requirement("SB-01", "SB-02", "P2-13-02")
def test_nobody_hears_of_what_they_may_not_see(county: County) -> None:
    subscribers = hooked(county)
    county.share_plan()
    county.refer()
    for partner, purpose in (("hospital", "TREAT"), ("housing", "COC"), ("psychiatry", "TREAT")):
        subscribe(county, partner, purpose)
    made = subscribe(county, "otp")
    notify(county, subscribers)
    before = len(county.audit())
    plan(county, "plan-a", "Methadone maintenance")
    notify(county, subscribers)
    assert [url for url, bundle, _ in subscribers.got if status_of(bundle)["events"]] == [HOOK.format("otp")]
    assert state(county, made).numbered == 1
    own = [one for one in county.audit()[before:] if one.row.partner != "otp"]
    assert own == [], "nobody asked, so no refusal is logged for each change and partner"


@pytest.mark.requirement("SB-01", "P2-31-12")
def test_after_a_revocation_no_notice_and_no_number(county: County) -> None:
    subscribers, allowed, made = hospital_hears(county)
    plan(county, "plan-a", "One")
    notify(county, subscribers)
    county.withdraw(allowed, by="otp")
    plan(county, "plan-a", "Two")
    notify(county, subscribers)
    county.consent("hospital", discloser="otp", identifier=OTP, classes=("CarePlan",))
    plan(county, "plan-a", "Three")
    notify(county, subscribers)
    numbers = [one["events"][0]["event-number"] for one in subscribers.told("hospital")]
    assert numbers == ["1", "2"], "the withheld change has no number"
    assert state(county, made).numbered == 2


@pytest.mark.requirement("SB-01", "P2-31-12")
def test_a_notice_that_waits_is_not_sent_after_a_revocation(county: County) -> None:
    subscribers, allowed, made = hospital_hears(county)
    subscribers.breaks = "before"
    plan(county, "plan-a", "One")
    notify(county, subscribers, rounds=1)
    assert state(county, made).attempts == 1 and state(county, made).numbered == 0
    county.withdraw(allowed, by="otp")
    subscribers.breaks = ""
    county.clock.advance(timedelta(hours=1))
    notify(county, subscribers)
    assert subscribers.told("hospital") == [] and state(county, made).numbered == 0
    events = county.look(lambda reading: kept.event(reading, made, 1))
    assert events is not None and events.state == "withheld"


@pytest.mark.requirement("SB-01", "FH-RED-01")
def test_a_change_in_a_part_that_is_withheld_is_no_news(county: County) -> None:
    """The plan's visible part is the same: a notice would tell that it has another one."""
    subscribers = hooked(county)
    county.share_plan()
    county.consent("housing", discloser="otp", identifier=OTP, purpose="COC", classes=("CarePlan", "Goal"))
    subscribe(county, "housing", "COC")
    notify(county, subscribers)
    (shared,) = county.records("CarePlan")

    def changed(**elements: Any) -> None:
        resource = {**shared.resource, **elements}
        row = msgspec.structs.replace(shared, version=0, resource=resource)
        county.write(lambda tx: records.save(tx, row))
        notify(county, subscribers)

    seen = county.read("housing", "CarePlan", shared.id, "COC")
    assert "note" not in seen
    changed(note=[{"text": "dose raised"}])
    assert subscribers.told("housing") == []
    changed(note=[{"text": "dose raised"}], status="completed")
    assert len(subscribers.told("housing")) == 1


@pytest.mark.requirement("SB-01")
def test_a_referral_tells_of_its_status_alone(county: County) -> None:
    subscribers = hooked(county)
    county.consent()
    county.refer()
    county.deliver()
    county.consent("hospital", discloser="otp", by="otp", identifier=OTP)
    subscribe(county, "hospital", topic="referral-status", content="id-only")
    notify(county, subscribers)
    task = county.task()
    row = msgspec.structs.replace(task, version=0, resource={**task.resource, "priority": "asap"})
    county.write(lambda tx: records.save(tx, row))
    notify(county, subscribers)
    assert subscribers.told("hospital") == [], "its status is the same"


@pytest.mark.requirement("SB-01")
def test_a_consent_tells_its_recorder_and_a_message_its_addressee(county: County) -> None:
    subscribers = hooked(county)
    county.share_plan()
    county.refer()
    for partner in ("otp", "hospital"):
        subscribe(county, partner, topic="consent", content="id-only")
    notify(county, subscribers)
    saved = county.consent("hospital", discloser="otp", by="otp", identifier=OTP)
    notify(county, subscribers)
    assert len(subscribers.told("otp")) == 1 and subscribers.told("hospital") == []
    county.withdraw(saved, by="otp")
    notify(county, subscribers)
    assert [one["events"][0]["event-number"] for one in subscribers.told("otp")] == ["1", "2"]


@pytest.mark.requirement("SB-01")
def test_a_filter_limits_it_to_one_patient_and_tells_nothing_of_who_there_is(county: County) -> None:
    subscribers = hooked(county)
    county.share_plan()

    def about(patient: str) -> dict[str, Any]:
        return {
            "_criteria": {
                "extension": [{"url": FILTER, "valueString": f"CarePlan?patient=Patient/{patient}"}]
            }
        }

    for patient in (county.patient_id, "nobody"):
        subscribe(county, **about(patient))
    notify(county, subscribers)
    plan(county, "plan-a", "One")
    notify(county, subscribers)
    assert len(subscribers.told(kind="handshake")) == 2 and len(subscribers.told()) == 1


@pytest.mark.requirement("AU-05", "SB-01")
def test_what_a_notice_told_is_in_the_log_before_it_left_and_in_the_account(county: County) -> None:
    from gateway.disclosure.accounting import account_of

    subscribers, _, made = hospital_hears(county)
    plan(county, "plan-a", "One")
    notify(county, subscribers)
    entries = [one.entry for one in county.audit() if one.entry and one.row.partner == "hospital"]
    told = [one for one in entries if one.subject == f"Subscription/{made}"]
    assert [one.kind for one in told] == ["disclose"] and told[0].description == "1 CarePlan"
    lines = account_of([e for e in entries if e], "all", county.clock.now())
    assert [line.outcome for line in lines if line.description == "1 CarePlan"] == ["delivered"]


@pytest.mark.requirement("SB-01")
def test_a_notice_that_may_have_arrived_keeps_its_number(county: County) -> None:
    subscribers = hooked(county)
    county.share_plan()
    made = subscribe(county, content="id-only")
    notify(county, subscribers)
    subscribers.breaks = "after"
    plan(county, "plan-a", "One")
    notify(county, subscribers, rounds=1)
    assert state(county, made).numbered == 1
    subscribers.breaks = ""
    plan(county, "plan-a", "Two")
    county.clock.advance(timedelta(minutes=5))
    notify(county, subscribers, rounds=4)
    assert [one["events"][0]["event-number"] for one in subscribers.told()] == ["1", "2"]


@pytest.mark.requirement("SB-01")
def test_killed_in_the_middle_it_goes_on_where_it_was(county: County) -> None:
    """A notice that was on its way when the process ended goes again, by the same number, from another process."""
    subscribers = hooked(county)
    county.share_plan()
    made = subscribe(county, content="id-only")
    notify(county, subscribers)
    plan(county, "plan-a", "One")

    class Killed(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            async for _ in request.stream:  # type: ignore[union-attr]
                raise asyncio.CancelledError
            raise AssertionError

    notify(county, Killed(), rounds=1)  # type: ignore[arg-type]
    (event,) = county.look(lambda reading: kept.numbered(reading, made, 1, 9, 9))
    assert event.state == "handed_over"
    notify(county, subscribers)
    assert [one["events"][0]["event-number"] for one in subscribers.told()] == ["1"]


@pytest.mark.requirement("SB-01")
def test_an_endpoint_that_never_answers_ends_in_error_and_can_be_asked_for_anew(county: County) -> None:
    subscribers = hooked(county)
    county.share_plan()
    made = subscribe(county, content="id-only")
    notify(county, subscribers)
    subscribers.status = 503
    plan(county, "plan-a", "One")
    for _ in range(120):
        notify(county, subscribers, rounds=1)
        county.clock.advance(timedelta(minutes=15))
    held = state(county, made)
    assert (held.status, held.reason) == ("error", "ENDPOINT_DOES_NOT_ANSWER")
    subscribers.status = 200
    subscribers.got.clear()
    plan(county, "plan-a", "Two")
    asked = caller("otp")
    again = {**wanted(content="id-only"), "id": made}
    county.run(flow.replace_subscription(county.premises, asked, made, again, None))
    notify(county, subscribers, rounds=5)
    numbers = [one["events"][0]["event-number"] for one in subscribers.told()]
    assert numbers == ["1", "2"], "what came in the meantime is not lost"


SECRET = "Bearer 3f9c-of-the-subscriber"


@pytest.mark.requirement("SB-01")
def test_a_subscriber_s_own_secret_goes_with_its_notices_and_is_shown_to_nobody(
    county: County, capfd: pytest.CaptureFixture[str]
) -> None:
    subscribers = hooked(county)
    asked = caller("otp")
    made = county.run(
        flow.create_subscription(
            county.premises, asked, wanted(channel={"header": [f"authorization: {SECRET}"]})
        )
    )
    own_id = str(made.resource["id"])
    notify(county, subscribers)
    assert subscribers.authorized == [SECRET]

    read = county.run(flow.read_subscription(county.premises, asked, own_id))
    listed = county.run(flow.search_subscriptions(county.premises, asked, (), BASE))
    status = county.run(flow.subscription_status(county.premises, asked, own_id, BASE))
    kept_row = state(county, own_id)
    shown = [read.content, listed.content, status.content, repr(made).encode(), repr(kept_row).encode()]
    shown += [
        kept_row.header,
        capfd.readouterr().err.encode(),
        orjson.dumps([one for _, one, _ in subscribers.got]),
    ]
    files = [one.read_bytes() for one in county.store.path.parent.glob(f"{county.store.path.name}*")]
    assert kept_row.header
    assert not any(b"3f9c-of-the" in one for one in [*shown, *files])

    seen = orjson.loads(read.content)
    county.run(
        flow.replace_subscription(county.premises, asked, own_id, {**seen, "status": "requested"}, None)
    )
    notify(county, subscribers)
    assert subscribers.authorized == [SECRET, SECRET], "who writes back what it has read keeps its secret"
    other = {
        **seen,
        "status": "requested",
        "channel": {**seen["channel"], "header": ["Authorization: other"]},
    }
    county.run(flow.replace_subscription(county.premises, asked, own_id, other, None))
    notify(county, subscribers)
    assert subscribers.authorized[-1] == "other"


@pytest.mark.requirement("SB-01")
def test_a_subscriber_that_wants_to_be_left_alone_is_also_by_the_next_process(county: County) -> None:
    subscribers = hooked(county)
    made = subscribe(county)
    subscribers.status, subscribers.wish = 503, {"Retry-After": "600"}
    notify(county, subscribers, rounds=1)
    subscribers.status = 200
    county.clock.advance(timedelta(minutes=9))
    notify(county, subscribers, notifier=Notifier(county.premises, subscribers, lambda: BASE))
    assert len(subscribers.got) == 1
    county.clock.advance(timedelta(minutes=2))
    notify(county, subscribers)
    assert state(county, made).status == "active"


@pytest.mark.requirement("SB-01")
def test_a_heartbeat_says_that_nothing_was_missed(county: County) -> None:
    subscribers = hooked(county)
    subscribe(county, channel={"extension": [{"url": HEARTBEAT, "valueUnsignedInt": 60}]})
    notifier = Notifier(county.premises, subscribers, lambda: BASE)
    notify(county, subscribers, notifier=notifier)
    assert subscribers.told(kind="heartbeat") == []
    for _ in range(2):
        county.clock.advance(timedelta(seconds=60))
        notify(county, subscribers, notifier=notifier)
    assert len(subscribers.told(kind="heartbeat")) == 2


@pytest.mark.requirement("SB-01")
@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"channel": {"endpoint": "https://elsewhere.test/notices"}}, "SUBSCRIPTION_ENDPOINT"),
        ({"channel": {"endpoint": HOOK.format("otp") + "?x=1"}}, "SUBSCRIPTION_ENDPOINT"),
        ({"channel": {"endpoint": HOOK.format("OTP")}}, "SUBSCRIPTION_ENDPOINT"),
        ({"channel": {"endpoint": HOOK.format("hospital")}}, "SUBSCRIPTION_ENDPOINT"),
        ({"channel": {"endpoint": "http://127.0.0.1:9/"}}, "SUBSCRIPTION_ENDPOINT"),
        ({"channel": {"endpoint": None}}, "SUBSCRIPTION_ENDPOINT"),
        ({"channel": {"type": "sms"}}, "SUBSCRIPTION_CHANNEL"),
        ({"channel": {"type": "websocket"}}, "SUBSCRIPTION_CHANNEL"),
        ({"channel": {"header": ["X-Key: x"]}}, "SUBSCRIPTION_HEADER"),
        ({"channel": {"header": ["Authorization: x", "Authorization: y"]}}, "SUBSCRIPTION_HEADER"),
        ({"channel": {"header": ["Authorization: x\r\nHost: y"]}}, "SUBSCRIPTION_HEADER"),
        ({"channel": {"header": "Authorization: x"}}, "SUBSCRIPTION_HEADER"),
        ({"channel": {"payload": "application/fhir+xml"}}, "SUBSCRIPTION_PAYLOAD"),
        ({"content": "full-resource"}, "SUBSCRIPTION_PAYLOAD"),
        ({"criteria": "Observation?code=x"}, "SUBSCRIPTION_TOPIC"),
        ({"criteria": canonical_of("elsewhere")}, "SUBSCRIPTION_TOPIC"),
        ({"criteria": None}, "SUBSCRIPTION_TOPIC"),
        ({"contact": [{}]}, "SUBSCRIPTION_ELEMENT"),
        ({"extension": []}, "SUBSCRIPTION_ELEMENT"),
        ({"status": "active"}, "SUBSCRIPTION_STATUS"),
        ({"status": "off"}, "SUBSCRIPTION_STATUS"),
        ({"end": "2020-01-01T00:00:00Z"}, "SUBSCRIPTION_END"),
        ({"end": "2026-12-01"}, "SUBSCRIPTION_END"),
        ({"end": 7}, "SUBSCRIPTION_END"),
        ({"channel": {"extension": [{"url": HEARTBEAT, "valueUnsignedInt": 1}]}}, "SUBSCRIPTION_HEARTBEAT"),
        ({"channel": {"extension": [{"url": "urn:x", "valueString": "x"}]}}, "SUBSCRIPTION_ELEMENT"),
        (
            {"_criteria": {"extension": [{"url": FILTER, "valueString": "CarePlan?title=x"}]}},
            "SUBSCRIPTION_FILTER",
        ),
        (
            {"_criteria": {"extension": [{"url": FILTER, "valueString": "Task?patient=x"}]}},
            "SUBSCRIPTION_FILTER",
        ),
        ({"_criteria": {"extension": 7}}, "SUBSCRIPTION_ELEMENT"),
    ],
)
def test_nothing_that_is_asked_for_is_silently_left_out(county: County, changes: Any, code: str) -> None:
    hooked(county)
    with pytest.raises(HandoffError) as caught:
        subscribe(county, **changes)
    assert caught.value.code == code


@pytest.mark.requirement("SB-01", "SM-02")
@pytest.mark.parametrize("topic", sorted(TOPICS))
def test_the_scope_must_cover_what_the_topic_is_about(county: County, topic: str) -> None:
    hooked(county)
    narrow = caller("otp")
    narrow = type(narrow)(
        narrow.partner, narrow.client_id, narrow.purpose, frozenset({"system/Goal.rs"}), "t"
    )
    with pytest.raises(NotAllowed, match="SCOPE_MISSING"):
        county.run(flow.create_subscription(county.premises, narrow, wanted(topic)))


@pytest.mark.requirement("SB-01", "P2-13-02")
def test_nobody_sees_or_changes_another_s(county: County) -> None:
    hooked(county)
    made = subscribe(county)
    told = set()
    for subscription in (made, "nothing", "../x"):
        for ask in (
            flow.read_subscription(county.premises, caller("hospital"), subscription),
            flow.remove_subscription(county.premises, caller("hospital"), subscription),
            flow.subscription_status(county.premises, caller("hospital"), subscription, BASE),
            flow.subscription_events(county.premises, caller("hospital"), subscription, 1, 9, BASE),
            flow.replace_subscription(
                county.premises, caller("hospital"), subscription, wanted(partner="hospital"), None
            ),
        ):
            with pytest.raises(NotFound) as caught:
                county.run(ask)
            told.add((caught.value.code, caught.value.message, caught.value.place))
    assert len(told) == 1 and state(county, made).status == "requested"
    mine = orjson.loads(
        county.run(flow.subscription_status(county.premises, caller("hospital"), None, BASE)).content
    )
    assert mine["total"] == 0

    def found(partner: str, *limits: Filter) -> list[str]:
        """What a partner finds by a search."""
        asked = flow.search_subscriptions(county.premises, caller(partner), limits, BASE)
        bundle = orjson.loads(county.run(asked).content)
        return [entry["resource"]["id"] for entry in bundle.get("entry", ())]

    requested, active = (Filter("token", ("status",), (status,)) for status in ("requested", "active"))
    owner = state(county, made).partner
    assert found("hospital") == found(owner, active) == []
    assert found(owner) == found(owner, requested) == [made]


@pytest.mark.requirement("SB-01")
def test_its_owner_turns_it_off_and_takes_it_away(county: County) -> None:
    subscribers = hooked(county)
    county.share_plan()
    made = subscribe(county, content="id-only")
    notify(county, subscribers)
    asked = caller("otp")
    with pytest.raises(AlreadyReceived, match="VERSION_CONFLICT"):
        county.run(
            flow.replace_subscription(county.premises, asked, made, {**wanted(), "status": "off"}, "9")
        )
    county.run(flow.replace_subscription(county.premises, asked, made, {**wanted(), "status": "off"}, "1"))
    plan(county, "plan-a", "One")
    notify(county, subscribers)
    assert subscribers.told() == [] and state(county, made).status == "off"
    county.run(flow.remove_subscription(county.premises, asked, made))
    assert county.look(lambda reading: kept.get(reading, made)) is None
    notify(county, subscribers)
    assert subscribers.told() == []


@pytest.mark.requirement("SB-01")
@pytest.mark.parametrize("change", ["endpoint", "purpose", "scope", "state", "client"])
def test_what_the_network_file_takes_back_is_told_no_more(county: County, change: str) -> None:
    subscribers = hooked(county)
    county.share_plan()
    subscribe(county, content="id-only")
    notify(county, subscribers)
    client = county.premises.network.partners["otp"].client
    assert client is not None
    changed = {
        "endpoint": {"client": msgspec.structs.replace(client, subscription_endpoints=())},
        "purpose": {"client": msgspec.structs.replace(client, purposes=("COC",))},
        "scope": {"client": msgspec.structs.replace(client, scopes=("system/Goal.rs",))},
        "state": {"state": "paused"},
        "client": {"client": msgspec.structs.replace(client, client_id="another")},
    }[change]
    county.change_partner("otp", **changed)
    plan(county, "plan-a", "One")
    notify(county, subscribers)
    assert subscribers.told() == []
    county.change_partner("otp", state="live", client=client)
    notify(county, subscribers)
    assert len(subscribers.told()) == 1, "what came meanwhile is told when it may be"


@pytest.mark.requirement("SB-01")
def test_one_that_ends_is_off(county: County) -> None:
    subscribers = hooked(county)
    made = subscribe(county, end=(NOW + timedelta(hours=1)).isoformat())
    notify(county, subscribers)
    county.clock.advance(timedelta(hours=1))
    notify(county, subscribers)
    assert state(county, made).status == "off"


@pytest.mark.requirement("SB-01")
def test_events_are_asked_for_again_and_named_only_where_they_still_may_be(county: County) -> None:
    subscribers, allowed, made = hospital_hears(county)
    for name in ("plan-a", "plan-b", "plan-c"):
        plan(county, name, name)
    notify(county, subscribers, rounds=5)

    def again(first: int, last: int) -> list[dict[str, Any]]:
        asked = flow.subscription_events(county.premises, caller("hospital"), made, first, last, BASE)
        found = status_of(orjson.loads(county.run(asked).content))
        assert found["type"] == "query-event" and found["events-since-subscription-start"] == "3"
        events: list[dict[str, Any]] = found["events"]
        return events

    before = len(county.audit("disclose"))
    assert [one["event-number"] for one in again(2, 3)] == ["2", "3"]
    assert len(county.audit("disclose")) == before + 2
    assert all("focus" in one for one in again(1, 9))
    in_xml = replace(caller("hospital"), media="application/fhir+xml")
    asked = flow.subscription_events(county.premises, in_xml, made, 2, 2, BASE)
    told = county.run(asked).content
    (event,) = status_of(from_xml(told))["events"]
    assert event["focus"] == {"reference": f"{BASE}/fhir/CarePlan/plan-b"}
    entry = county.audit("disclose")[-1].entry
    assert entry is not None and entry.bytes_sha256 == hashlib.sha256(told).hexdigest()
    county.withdraw(allowed, by="otp")
    after = again(1, 9)
    assert [one["event-number"] for one in after] == ["1", "2", "3"]
    assert not any("focus" in one for one in after)


@pytest.mark.requirement("SB-01")
def test_a_partner_has_so_many_and_no_more(county: County) -> None:
    hooked(county)
    for _ in range(flow.MOST_OF_A_PARTNER):
        subscribe(county)
    with pytest.raises(NotNow, match="SUBSCRIPTIONS_TOO_MANY"):
        subscribe(county)


@pytest.mark.requirement("SB-01")
def test_while_it_is_not_certain_who_she_is_nothing_is_told_to_others(county: County) -> None:
    subscribers, _, _ = hospital_hears(county)
    county.write(lambda tx: patients.doubt(tx, county.patient_id))
    plan(county, "plan-a", "One")
    notify(county, subscribers)
    assert subscribers.told("hospital") == []


def test_an_unknown_status_is_refused(county: County) -> None:
    hooked(county)
    with pytest.raises(NotSupported):
        subscribe(county, criteria="x")
