"""Days and hours as a reader says them, in the zone of the network."""

from __future__ import annotations

import re
from datetime import datetime
from zoneinfo import ZoneInfo

from markupsafe import Markup, escape

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


_MONTHS = {
    "en": (
        "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
        "December",
    ),
    "es": (
        "enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre", "octubre", "noviembre",
        "diciembre",
    ),
}  # fmt: skip
_DAY = re.compile(r"(\d{4})-(\d\d)-(\d\d)(?:T[0-9:.]+Z?)?")


def day_in_words(text: str, language: str) -> Markup:
    """The text for a page with each ISO day in it as people say it: `November 23, 2026`, `23 de noviembre de 2026`.

    What is no day stands as it is; an instant is cut to its day. `language`: `en` or `es`.
    """

    def said(found: re.Match[str]) -> str:
        year, month, day = (int(part) for part in found.groups())
        if not 1 <= month <= len(_MONTHS[language]):
            return found[0]
        name = _MONTHS[language][month - 1]
        words = f"{name} {day}, {year}" if language == "en" else f"{day} de {name} de {year}"
        return f'<time datetime="{year:04}-{month:02}-{day:02}">{words}</time>'

    return Markup(_DAY.sub(said, str(escape(text))))  # noqa: S704  # escaped just before
