"""The words of sheets that an agency takes away or brings, and of its own client number, in English and Spanish."""

from __future__ import annotations

from collections.abc import Mapping

ENGLISH: Mapping[str, str] = {
    "as_sheet": "Take this plan as a sheet:",
    "as_sheet_note": "The file says what this page says of plans, goals and services. Keep it as safe as the page.",
    "no_sheet": "There is nothing here that a sheet could hold.",
    "error_NO_SUCH_SHEET": "The plan is there as CSV and as XLSX.",
}

SPANISH: Mapping[str, str] = {
    "as_sheet": "Llévese este plan como hoja:",
    "as_sheet_note": "El archivo dice lo que esta página dice de planes, metas y servicios. Guárdelo igual de bien.",
    "no_sheet": "Aquí no hay nada que quepa en una hoja.",
    "error_NO_SUCH_SHEET": "El plan está como CSV y como XLSX.",
}
