"""What an operator's monitor asks for: depths, ages, outcomes and the lag of the seal, read from the store when scraped.

By partner and state; no patient is in any. Shown only to who has the scraper's token: from how much is held, an agency
could tell what consent withholds from it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from gateway.clock import instant_text, read_instant
from gateway.disclosure.premises import Premises
from gateway.settings import read_settings
from gateway.store import Reading, audit_feeds, audit_rows, awaited_answers, workload
from gateway.wiring.atna_lines import feeds_of


class StoreGauges(Collector):
    """The numbers of one store. Counts of the audit log begin where it stood when this was made."""

    def __init__(self, premises: Premises) -> None:
        self._premises = premises
        self._logged: Counter[tuple[str, str, str]] = Counter()
        with premises.store.read() as reading:
            self._seq = (audit_rows.last(reading) or (0, b""))[0]

    def collect(self) -> Iterator[Metric]:
        """Every family of numbers, as of one snapshot."""
        now = self._premises.clock.now()
        with self._premises.store.read() as reading:
            families = [*_waiting(reading, now), *_for_people(reading, now), *self._log(reading, now)]
        return iter(families)

    def _log(self, reading: Reading, now: datetime) -> Iterator[Metric]:
        found, self._seq = workload.logged_after(reading, self._seq)
        for one in found:
            self._logged[one.kind, one.partner, one.outcome] += one.number
        entries = CounterMetricFamily(
            "handoff_audit_entries", "audit entries since the start", labels=("kind", "partner", "outcome")
        )
        for labels, number in sorted(self._logged.items()):
            entries.add_metric(labels, number)
        yield entries
        last, sealed = audit_rows.last(reading), audit_rows.last_checkpoint(reading)
        behind = (last[0] if last else 0) - (sealed.size if sealed else 0)
        yield _plain("handoff_audit_unsealed_entries", "audit entries that no signed head covers yet", behind)
        first = audit_rows.get(reading, (sealed.size if sealed else 0) + 1) if behind else None
        age = _age(first.at, now) if first else 0.0
        yield _plain("handoff_audit_seal_lag_seconds", "age of the oldest entry without a signed head", age)
        yield from _told(reading, last[0] if last else 0, now)


def _told(reading: Reading, last: int, now: datetime) -> Iterator[Metric]:
    """How far each audit record repository is behind, where one is set up, and since when the one furthest behind is."""
    untold = GaugeMetricFamily(
        "handoff_audit_untold_entries",
        "audit entries that a repository was not told yet",
        labels=("setting",),
    )
    oldest = 0.0
    for feed, setting in feeds_of(read_settings()):
        told = audit_feeds.told_to(reading, feed) or 0
        untold.add_metric((setting,), last - told)
        first = audit_rows.get(reading, told + 1)
        oldest = max(oldest, _age(first.at, now) if first else 0.0)
    yield untold
    yield _plain(
        "handoff_audit_untold_seconds", "age of the oldest entry that a repository was not told", oldest
    )


def _waiting(reading: Reading, now: datetime) -> Iterator[Metric]:
    labels = ("partner", "state")
    number = GaugeMetricFamily("handoff_intents", "what has not reached its recipient", labels=labels)
    oldest = GaugeMetricFamily("handoff_oldest_intent_seconds", "age of the oldest of them", labels=labels)
    for one in workload.waiting(reading):
        number.add_metric((one.partner, one.state), one.number)
        oldest.add_metric((one.partner, one.state), _age(one.oldest, now))
    yield from (number, oldest)


def _for_people(reading: Reading, now: datetime) -> Iterator[Metric]:
    """What waits for somebody to look."""
    for name, what, (number, oldest) in (
        ("messages_needing_attention", "messages to be corrected", workload.needing_attention(reading)),
        ("patients_in_doubt", "patients of whom it is not certain who they are", workload.in_doubt(reading)),
    ):
        yield _plain(f"handoff_{name}", what, number)
        yield _plain(f"handoff_{name}_oldest_seconds", f"age of the oldest: {what}", _age(oldest, now))
    asked, overdue = workload.consent_requests(reading, instant_text(now))
    yield _plain("handoff_consent_requests_open", "consents that somebody was asked to see to", asked)
    yield _plain("handoff_consent_requests_overdue", "those whose time is over", overdue)
    late = GaugeMetricFamily(
        "handoff_referrals_unanswered",
        "referrals that an agency has not answered in time",
        labels=("partner",),
    )
    for one in awaited_answers.over_by_partner(reading):
        late.add_metric((one.partner,), one.number)
    yield late


def _age(at: str, now: datetime) -> float:
    return max(0.0, (now - read_instant(at)).total_seconds()) if at else 0.0


def _plain(name: str, what: str, value: float) -> Metric:
    return GaugeMetricFamily(name, what, value=value)
