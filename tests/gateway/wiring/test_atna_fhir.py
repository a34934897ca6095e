"""The audit log told to a real FHIR server over mutual TLS: every event once, over lost answers and restarts (AU-07)."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from prometheus_client import generate_latest
from prometheus_client.core import CollectorRegistry

from gateway.flows.privacy_requests import Outside, record_outside
from gateway.settings import Settings
from gateway.store import audit_feeds, audit_rows
from gateway.wiring.alert_rules import Watch, numbers_of
from gateway.wiring.atna_feed import SETTLED, taken_in
from gateway.wiring.atna_lines import FHIR, repositories_of
from gateway.wiring.checkup import Examined
from gateway.wiring.checkup_store import store_checks
from gateway.wiring.gauges import StoreGauges
from tests.gateway.certificates import authority, issued
from tests.gateway.county import OTP, County
from tests.gateway.wiring.fhir_repository import FhirRepository
from tests.gateway.wiring.test_atna_feed import Running, a_day, wanted

Place = tuple[FhirRepository, Settings]


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    (tmp_path / "papers").mkdir()
    ours = authority(tmp_path / "papers")
    server, own = (
        issued(tmp_path / "papers", "repository", ours),
        issued(tmp_path / "papers", "gateway", ours),
    )
    made = FhirRepository(server.file, ours.file)
    yield (
        made,
        Settings(atna_fhir=made.base, atna_ca=ours.file, atna_certificate=own.file, atna_key=own.file),
    )
    made.close()


def ids(tags: list[str]) -> list[str]:
    """The ids of events, out of their tags."""
    return [one.split(".")[1] for one in tags]


def trouble(running: Running, wanted_code: str) -> None:
    """Wait until the feed is in it."""
    for _ in range(9_000):
        if running.feed.trouble == wanted_code:
            return
        threading.Event().wait(0.01)
    raise AssertionError(running.feed.trouble)


@pytest.mark.requirement("AU-07")
def test_every_event_is_kept_once_over_a_lost_answer_and_a_restart(county: County, place: Place) -> None:
    repository, with_settings = place
    a_day(county)
    outside = Outside(
        "CHILD_ABUSE_REPORT",
        county.patient_id,
        county.clock.now().date().isoformat(),
        "Ana Example",
        "12 Elm St",
        "dates",
        "r",
    )
    county.run(record_outside(county.premises, outside, "the law asks for it", "bob"))
    repository.answers.append("lose")
    running = Running(county, with_settings)
    first = wanted(county)
    assert ids(repository.wait_for(len(first))) == first
    county.clock.advance(SETTLED + timedelta(seconds=1))
    taken = len(repository.wait_for(len(first) + 1)) - len(first)
    running.stop()
    said = str(list(repository.kept.values()))
    names = [one.organization.name for one in county.premises.network.partners.values()]
    for word in ("DH-204", "OTP-3391", "770011", "Maribel", "ethadone", "42CFRPart2", "Ana Example", *names):
        assert word not in said
    assert "'value': 'outside'" in said
    assert not county.look(lambda reading: audit_rows.page(reading, told_to(county) + 1, 1))
    assert county.look(lambda reading: audit_feeds.told_to(reading, taken_in(FHIR)))

    repository.asked.clear()
    county.search("otp", "Goal", OTP)
    county.search("otp", "Goal", OTP)
    repository.answers.append("405")
    running = Running(county, with_settings)
    every = wanted(county)
    repository.wait_for(len(every) + taken)
    running.stop()
    assert not repository.answers, "one by one where no batches are taken"
    assert ids(repository.asked) == every[len(first) :], "nothing that was answered goes again"


def told_to(county: County) -> int:
    """The number of the last entry told."""
    return county.look(lambda reading: audit_feeds.told_to(reading, FHIR)) or 0


@pytest.mark.requirement("AU-07")
def test_an_event_that_is_refused_waits_and_the_others_do_not_go_again(
    county: County, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository, with_settings = place
    a_day(county)
    repository.answers.append("refuse")
    running = Running(county, with_settings)
    trouble(running, "ATNA_REFUSED")
    every = wanted(county)
    repository.wait_for(len(every))
    county.share_plan()
    county.search("otp", "Goal", OTP)
    every = wanted(county)
    repository.wait_for(len(every))
    trouble(running, "")
    repository.close()
    county.search("otp", "Goal", OTP)
    trouble(running, "ATNA_UNREACHABLE")
    running.stop()

    assert sorted(ids(repository.asked)) == sorted(every), "each once"
    county.clock.advance(timedelta(hours=2))
    monkeypatch.setenv("HANDOFF_ATNA_FHIR", repository.base)
    url = f"sqlite:///{county.folder.path.absolute()}/handoff.db"
    check = dict(store_checks())["audit feed"]
    (found,) = check(Examined(county.folder, url, None, True, county.clock.now()))
    assert f"up to entry {told_to(county)}" in found.what and "HANDOFF_ATNA_FHIR" in found.do
    registry = CollectorRegistry()
    registry.register(StoreGauges(county.premises))
    assert b'handoff_audit_untold_entries{setting="HANDOFF_ATNA_FHIR"} 1' in generate_latest(registry)
    causes = Watch().look(numbers_of(registry.collect()), 0.0)
    assert [one.value for one in causes if one.rule == "AuditLogNotTold"] == [7200], "the alert tells of it"
    both = with_settings.model_copy(update={"atna_to": "127.0.0.1:6514"})
    assert [one.feed for one in repositories_of(both)] == ["atna", "atna fhir"]
