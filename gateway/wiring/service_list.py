"""The directory of services beside `network.yaml`, read again when it was replaced."""

from __future__ import annotations

from pathlib import Path

from gateway.partners import Network
from gateway.partners.services import FILE, Service, read_services


class ServiceList:
    """The services as they stand in the file now."""

    def __init__(self, folder: Path, network: Network) -> None:
        self._folder, self._network = folder, network
        self._read: tuple[int, tuple[Service, ...]] | None = None

    def now(self) -> tuple[Service, ...]:
        """All of them; none without a directory."""
        try:
            at = (self._folder / FILE).stat().st_mtime_ns
        except OSError:
            return ()
        if self._read is None or self._read[0] != at:
            self._read = (at, read_services(self._folder, self._network))
        return self._read[1]
