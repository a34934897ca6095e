"""The numbers a monitor scrapes: true, by partner and state, no patient in any; and the alerts that rest on them."""

from __future__ import annotations

import asyncio
import re
import shutil
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.registry import Collector

from gateway.audit.journal import Journal
from gateway.fhir_api.counters import RequestCounters
from gateway.wiring.alert_rules import Watch, numbers_of
from gateway.wiring.folder_gauges import FolderGauges
from gateway.wiring.gauges import StoreGauges
from gateway.wiring.journal_gauges import JournalGauges
from gateway.wiring.resting_gauges import RestingGauges
from tests.gateway.county import County

ALERTS = Path(__file__).parents[3] / "deploy" / "alerts.yaml"


def scraped(gauges: Collector) -> dict[str, float]:
    registry = CollectorRegistry()
    registry.register(gauges)
    lines = generate_latest(registry).decode().splitlines()
    return {
        line.rpartition(" ")[0]: float(line.rpartition(" ")[2]) for line in lines if not line.startswith("#")
    }


def test_what_waits_is_counted_by_partner_and_state_with_its_age(county: County) -> None:
    gauges = StoreGauges(county.premises)
    county.refer()
    county.clock.advance(timedelta(seconds=90))
    county.refused()

    told = scraped(gauges)

    assert told['handoff_intents{partner="otp",state="held"}'] == 1
    assert told['handoff_oldest_intent_seconds{partner="otp",state="held"}'] == 90
    assert told["handoff_consent_requests_open"] == 1
    assert told["handoff_consent_requests_overdue"] == 0
    (refusals,) = [v for k, v in told.items() if k.startswith('handoff_audit_entries_total{kind="refuse"')]
    assert refusals == 1


def test_entries_are_counted_once_however_often_it_is_scraped(county: County) -> None:
    gauges = StoreGauges(county.premises)
    county.refer()
    county.refused()
    first = {
        name: value for name, value in scraped(gauges).items() if name.startswith("handoff_audit_entries")
    }

    again = scraped(gauges)

    assert first
    assert {name: value for name, value in again.items() if name in first} == first


def test_what_nobody_has_signed_yet_is_told(county: County) -> None:
    gauges = StoreGauges(county.premises)
    county.refer()
    county.refused()
    county.clock.advance(timedelta(seconds=75))

    told = scraped(gauges)

    assert told["handoff_audit_unsealed_entries"] >= 1
    assert told["handoff_audit_seal_lag_seconds"] == 75


def test_messages_and_people_that_wait_for_a_person(county: County) -> None:
    county.send(b"MSH|^~\\&|RIVERBEND|", "ED-9")
    county.refer()
    swap = {"770011": "880022", "5550142": "5550777", "12 Palm Lane": "9 Elm Court"}
    county.refer("ED-2", "R-2", change=swap)

    told = scraped(StoreGauges(county.premises))

    assert told["handoff_messages_needing_attention"] == 1
    assert told["handoff_patients_in_doubt"] == 1


def test_no_patient_is_in_any_number(county: County) -> None:
    county.consent()
    county.refer()
    county.deliver()
    registry = CollectorRegistry()
    registry.register(StoreGauges(county.premises))

    text = generate_latest(registry).decode()

    for word in (county.patient_id, "Testperson", "770011"):
        assert word not in text


def _numbers_known(county: County) -> set[str]:
    registry = CollectorRegistry()
    registry.register(StoreGauges(county.premises))
    registry.register(FolderGauges())
    registry.register(RestingGauges())
    registry.register(JournalGauges())
    RequestCounters(registry)
    families = list(registry.collect())
    counted = {f"{family.name}_total" for family in families if family.type == "counter"}
    return counted | {family.name for family in families} | {"up"}


def _rules() -> list[dict[str, Any]]:
    (group,) = yaml.safe_load(ALERTS.read_text())["groups"]
    rules: list[dict[str, Any]] = group["rules"]
    return rules


@pytest.mark.parametrize("rule", _rules(), ids=lambda rule: rule["alert"])
def test_every_alert_rests_on_numbers_there_are_and_says_what_to_do(
    county: County, rule: dict[str, Any]
) -> None:
    named = set(re.findall(r"\b(?:handoff_[a-z_]+|up)\b", rule["expr"]))

    assert named
    assert named <= _numbers_known(county)
    assert rule["annotations"]["do"]


def test_a_partner_that_does_not_take_is_told_before_the_minute_is_over() -> None:
    gauges = RestingGauges()
    assert scraped(gauges) == {}
    gauges.resting = lambda: frozenset({"otp"})

    assert scraped(gauges) == {'handoff_partner_resting{partner="otp"}': 1.0}
    (cause,) = Watch().look(numbers_of(gauges.collect()), 0.0)
    assert cause.key == "PartnerDoesNotTake/otp" and "otp takes nothing" in cause.do


def test_a_journal_that_cannot_be_written_is_told(county: County) -> None:
    gauges, journal = JournalGauges(), Journal(county.store, county.folder.path / "journal")
    gauges.behind_seconds = journal.behind_seconds
    journal.begin()
    county.consent()
    asyncio.run(journal._try())
    assert scraped(gauges) == {"handoff_journal_behind_seconds": 0.0}

    shutil.rmtree(county.folder.path / "journal")
    (county.folder.path / "journal").touch()
    county.consent()
    for _ in range(2):
        asyncio.run(journal._try())
    assert scraped(gauges)["handoff_journal_behind_seconds"] > 0.0
    assert journal.trouble == "JOURNAL_NOT_WRITTEN"
