"""Days and hours as a reader says them, in the zone of the network."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

_DAYS = {
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    "es": ("lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo"),
}


def in_words(instant: str, zone: ZoneInfo, language: str) -> str:
    """`Monday 2026-11-23 09:30`; as it stands where it is no instant. `language`: `en` or `es`."""
    try:
        at = datetime.fromisoformat(instant).astimezone(zone)
    except ValueError:
        return instant
    return f"{_DAYS[language][at.weekday()]} {at:%Y-%m-%d %H:%M}"
