"""The words of opening hours, in English and Spanish."""

from __future__ import annotations

from collections.abc import Mapping

ENGLISH: Mapping[str, str] = {
    "oh_head": "Opening hours",
    "oh_open": "open now, until {when}.",
    "oh_open_long": "open now, at all hours.",
    "oh_closed": "closed now. Opens {when}.",
    "oh_closed_long": "closed now, for more than two weeks.",
    "oh_shut": "closed",
    "oh_after": "When they are closed, call:",
    "oh_call": "To reach them, call:",
    "oh_instead": "There instead: {agency}.",
    "day_mon": "Monday",
    "day_tue": "Tuesday",
    "day_wed": "Wednesday",
    "day_thu": "Thursday",
    "day_fri": "Friday",
    "day_sat": "Saturday",
    "day_sun": "Sunday",
}

SPANISH: Mapping[str, str] = {
    "oh_head": "Horario",
    "oh_open": "abierto ahora, hasta {when}.",
    "oh_open_long": "abierto ahora, a toda hora.",
    "oh_closed": "cerrado ahora. Abre {when}.",
    "oh_closed_long": "cerrado ahora, por más de dos semanas.",
    "oh_shut": "cerrado",
    "oh_after": "Cuando está cerrado, llame a:",
    "oh_call": "Para hablar con ellos, llame a:",
    "oh_instead": "En su lugar atiende: {agency}.",
    "day_mon": "lunes",
    "day_tue": "martes",
    "day_wed": "miércoles",
    "day_thu": "jueves",
    "day_fri": "viernes",
    "day_sat": "sábado",
    "day_sun": "domingo",
}
