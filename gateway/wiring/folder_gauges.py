"""For an operator's monitor: for how long nothing can be taken from a partner's folder, by partner."""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from gateway.intake import FolderWatch


class FolderGauges(Collector):
    """The watches of this process: of several on a database, only the keeper has any."""

    def __init__(self) -> None:
        self._watches: list[FolderWatch] = []

    def add(self, watch: FolderWatch) -> None:
        """Tell of this one too."""
        self._watches.append(watch)

    def remove_all(self) -> None:
        """Tell of none any more: another process watches them."""
        self._watches.clear()

    def collect(self) -> Iterator[Metric]:
        """One number for each partner: of the folder that has been closed longest; 0 while all can be read."""
        text = "for how long nothing can be taken from a partner's folder"
        found = GaugeMetricFamily("handoff_folder_unreadable_seconds", text, labels=("partner",))
        worst: dict[str, float] = {}
        for watch in self._watches:
            worst[watch.partner] = max(watch.unreadable_seconds, worst.get(watch.partner, 0.0))
        for partner, seconds in sorted(worst.items()):
            found.add_metric((partner,), seconds)
        yield found
