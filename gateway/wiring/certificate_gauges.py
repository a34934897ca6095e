"""For an operator's monitor: whether the certificates of the ports could be used as their files are now."""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from gateway.errors import NotUnderstood
from gateway.partners.certificates import listener_context
from gateway.wiring.network_folder import NetworkFolder


class CertificateGauges(Collector):
    """One number for each port with TLS: 1 when a port opened now could not be secured, though one in use goes on."""

    def __init__(self, folder: NetworkFolder) -> None:
        self._folder = folder

    def collect(self) -> Iterator[Metric]:
        """As the files are at this moment."""
        text = "1 when the certificate files of a port cannot be used as they are now"
        found = GaugeMetricFamily("handoff_certificate_unusable", text, labels=("partner",))
        worst: dict[str, int] = {}
        for port in self._folder.network.content.mllp:
            if port.tls is None:
                continue
            try:
                listener_context(self._folder.path, port.tls)
                bad = 0
            except NotUnderstood:
                bad = 1
            worst[port.partner] = max(bad, worst.get(port.partner, 0))
        for partner, bad in sorted(worst.items()):
            found.add_metric((partner,), bad)
        yield found
