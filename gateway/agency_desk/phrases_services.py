"""The words of the page that finds services, in English and Spanish; those of the days stand in `phrases_hours`."""

from __future__ import annotations

from collections.abc import Mapping

ENGLISH: Mapping[str, str] = {
    "services": "Find a service",
    "services_note": "Do not write a name or anything about a person here.",
    "services_empty": "There is no list of services here yet.",
    "services_need": "What is needed? (such as food)",
    "services_place": "Where? (town, county or ZIP code)",
    "services_language": "Language",
    "services_open": "Open",
    "services_any": "any",
    "services_now": "now",
    "services_do": "Look",
    "services_found": "Found: {number}. Agencies that offer it stand first below.",
    "services_none": "Nothing in the list fits. Try fewer words.",
    "services_reached": "In this network: you can refer here",
    "services_not_reached": "Not in this network: nothing can be sent there. Call.",
    "services_for": "For",
    "services_no_phone": "No phone is known.",
}

SPANISH: Mapping[str, str] = {
    "services": "Buscar un servicio",
    "services_note": "No escriba aquí un nombre ni nada sobre una persona.",
    "services_empty": "Todavía no hay aquí una lista de servicios.",
    "services_need": "¿Qué se necesita? (por ejemplo, comida)",
    "services_place": "¿Dónde? (ciudad, condado o código postal)",
    "services_language": "Idioma",
    "services_open": "Abierto",
    "services_any": "cualquiera",
    "services_now": "ahora",
    "services_do": "Buscar",
    "services_found": "Encontrados: {number}. Las agencias que lo ofrecen están primero abajo.",
    "services_none": "Nada en la lista coincide. Pruebe con menos palabras.",
    "services_reached": "En esta red: puede referir aquí",
    "services_not_reached": "Fuera de esta red: no se puede enviar nada. Llame.",
    "services_for": "Para",
    "services_no_phone": "No se conoce un teléfono.",
}
