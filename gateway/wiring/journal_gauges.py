"""For an operator's monitor: for how long the journal could not be written."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector


class JournalGauges(Collector):
    """The journal of this process: of several on a database, only the keeper has one."""

    def __init__(self) -> None:
        self.behind_seconds: Callable[[], float] = float

    def collect(self) -> Iterator[Metric]:
        """One number; 0 while the journal can be written."""
        text = "for how long the journal could not be written"
        yield GaugeMetricFamily("handoff_journal_behind_seconds", text, value=self.behind_seconds())
