"""What was shown before is shown again only to the same, for the same, of the same versions, while nothing has moved."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from msgspec.structs import replace as with_fields

import consent
from gateway.disclosure import seen
from gateway.disclosure.seen import Asking, questions
from gateway.disclosure.seen_before import SeenBefore
from gateway.flows.destruction import destroy_patient
from gateway.flows.nothing import NothingToShow
from gateway.resources.searching import Filter
from gateway.store import Reading, records
from tests.gateway.county import NOW, OTP, County

YEARS = timedelta(days=900)


@pytest.fixture
def shared(county: County) -> County:
    """The housing agency may see her plan with the program."""
    county.share_plan()
    county.consent("housing", discloser="otp", purpose="COC", identifier=OTP, classes=("CarePlan",))
    return county


@pytest.fixture
def decided(monkeypatch: pytest.MonkeyPatch) -> list[consent.DisclosureRequest]:
    """Each question that was decided."""
    asked: list[consent.DisclosureRequest] = []
    decide = consent.decide

    def noting(request: consent.DisclosureRequest, *more: Any) -> consent.Decision:
        asked.append(request)
        return decide(request, *more)

    monkeypatch.setattr(seen, "consent", SimpleNamespace(decide=noting, Decision=consent.Decision))
    return asked


def plan(county: County, partner: str = "housing", purpose: str = "COC") -> dict[str, Any] | None:
    """Her plan as the partner reads it; None where it may not."""
    (record,) = county.records("CarePlan")
    try:
        return county.read(partner, "CarePlan", record.id, purpose)
    except NothingToShow:
        return None


@pytest.mark.requirement("AU-05", "P2-13-01")
def test_the_same_question_is_decided_once_and_logged_each_time(
    shared: County, decided: list[consent.DisclosureRequest]
) -> None:
    first = plan(shared)
    shared.clock.advance(timedelta(days=1))

    assert first is not None
    assert plan(shared) == first
    assert len(decided) == 1
    one, other = (logged.entry for logged in shared.audit("disclose")[-2:])
    assert one is not None
    assert other is not None
    assert one.at < other.at
    assert one.request_id != other.request_id
    assert one == with_fields(other, at=one.at, request_id=one.request_id)


@pytest.mark.requirement("AU-05")
def test_the_entry_of_an_answer_from_memory_says_what_is_so_now(shared: County) -> None:
    assert plan(shared) == plan(shared)
    shared.premises = replace(shared.premises, library=SimpleNamespace(version="another"))  # type: ignore[arg-type]
    assert plan(shared) is not None
    none_such = Filter("token", ("status",), ("revoked",))
    of_all: tuple[dict[str, Any], ...] = ({}, {"elements": ("title",)}, {"filters": (none_such,)})
    for asked in of_all:
        shared.search("housing", "CarePlan", None, "COC", patient=shared.patient_id, **asked)

    *_, another, whole, part, none = (logged.entry for logged in shared.audit()[-5:])
    assert another is not None
    assert another.versions["mappings"] == "another"
    assert [one and one.kind for one in (whole, part, none)] == ["disclose", "disclose", "query"]
    assert whole is not None
    assert part is not None
    assert (whole.resources, part.resources) == (another.resources, another.resources)
    assert len({one and one.bytes_sha256 for one in (another, whole, part, none)}) == 4
    assert none is not None
    assert {row.reasons[-1].code for row in none.resources} == {"NOT_ASKED_FOR"}


@pytest.mark.requirement("P2-31-11")
def test_a_consent_taken_back_is_heard_at_once(shared: County) -> None:
    more = shared.consent("housing", discloser="otp", purpose="TREAT", identifier=OTP, classes=("CarePlan",))
    assert plan(shared, purpose="TREAT") is not None
    shared.withdraw(more, "otp")

    assert plan(shared, purpose="TREAT") is None
    assert plan(shared) is not None


@pytest.mark.requirement("P2-31-11")
def test_nothing_is_shown_from_memory_before_a_consent_begins_or_after_it_ends(shared: County) -> None:
    assert plan(shared) is not None
    for moved in (YEARS, -2 * YEARS):
        shared.clock.advance(moved)
        assert plan(shared) is None
    shared.clock.advance(YEARS)

    assert shared.clock.now() == NOW
    assert plan(shared) is not None


@pytest.mark.requirement("P2-13-01")
def test_a_new_version_is_decided_by_itself(shared: County) -> None:
    (record,) = shared.records("CarePlan")
    assert plan(shared) is not None
    label = {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "PSYTHPN"}
    hidden = {**record.resource, "meta": {"security": [label]}}
    for resource, is_shown in ((hidden, False), (record.resource, True), (hidden, False)):
        shared.write(lambda tx, resource=resource: records.save(tx, with_fields(record, resource=resource)))
        assert (plan(shared) is not None) is is_shown


@pytest.mark.requirement("P2-13-01")
def test_for_another_recipient_or_purpose_nothing_comes_from_memory(shared: County) -> None:
    assert plan(shared) is not None

    assert plan(shared, "hospital", "COC") is None
    assert plan(shared, "housing", "TREAT") is None


def test_by_another_network_it_is_decided_anew(
    shared: County, decided: list[consent.DisclosureRequest]
) -> None:
    plain = plan(shared)
    shared.change_partner("housing", subset_marks="on_every_record")
    marked = plan(shared)

    assert plain is not None
    assert marked is not None
    assert ("tag" in plain["meta"], "tag" in marked["meta"]) == (False, True)
    assert len(decided) == 2


def test_what_a_transaction_reads_is_neither_kept_nor_answered_from_memory(
    shared: County, decided: list[consent.DisclosureRequest]
) -> None:
    (record,) = shared.records("CarePlan")
    asking = Asking("housing", "COC", NOW)

    def ask(reading: Reading) -> bool:
        (one,) = questions(shared.premises, reading, asking, shared.patient_id, (record,))
        return bool(one.seen)

    for look, so_far in ((shared.write, 1), (shared.look, 2), (shared.look, 2), (shared.write, 3)):
        assert look(ask)
        assert len(decided) == so_far


@pytest.mark.requirement("P2-16-01")
def test_with_her_key_goes_what_was_shown_of_her(shared: County) -> None:
    assert plan(shared) is not None
    kept = shared.premises.seen_before
    assert len(kept) == 1
    shared.run(destroy_patient(shared.premises, shared.patient_id, "She asked for it"))

    assert len(kept) == 0


def asked_about(name: str, compiled: object) -> Any:
    """As much of a question as the memory looks at."""
    parties = {"discloser": "otp", "recipient": "housing", "purpose": "COC"}
    return SimpleNamespace(patient_id=name, **parties, vetoed=frozenset(), read=(), compiled=compiled)


def test_what_is_kept_is_bounded_by_what_it_holds_and_the_oldest_goes_first() -> None:
    compiled = SimpleNamespace(boundaries=())
    decision = consent.Decision("disclose", (), (), ())
    kept, shown = SeenBefore(most=16), ({"resourceType": "Goal"},) * 2
    for number in range(8):
        kept.keep(asked_about(f"p{number}", compiled), NOW, decision, shown)
    kept.keep(asked_about("p1", compiled), NOW, decision, shown)
    kept.keep(asked_about("p8", compiled), NOW, decision, shown)

    left = [bool(kept.get(asked_about(f"p{number}", compiled), NOW)) for number in range(9)]
    assert left == [False, True, True, True, True, True, True, True, True]
    assert kept.get(asked_about("p1", SimpleNamespace(boundaries=())), NOW) is None
    kept.keep(asked_about("much", compiled), NOW, decision, shown * 2)
    kept.keep(asked_about("none", compiled), NOW, decision, ())
    assert kept.get(asked_about("much", compiled), NOW) is None
    assert kept.get(asked_about("none", compiled), NOW) is None
    kept.forget("p1")
    assert len(kept) == 7
