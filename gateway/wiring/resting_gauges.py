"""For an operator's monitor: the partners that are left alone for a while because several deliveries in a row failed."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector


class RestingGauges(Collector):
    """What the sender of this process knows; nothing before it is there."""

    def __init__(self) -> None:
        self.resting: Callable[[], frozenset[str]] = frozenset

    def collect(self) -> Iterator[Metric]:
        """1 for each partner that is left alone now, or has taken nothing lately; the others are not named."""
        text = "1 while a partner that is tried takes nothing, or is left alone after failures in a row"
        found = GaugeMetricFamily("handoff_partner_resting", text, labels=("partner",))
        for partner in sorted(self.resting()):
            found.add_metric((partner,), 1)
        yield found
