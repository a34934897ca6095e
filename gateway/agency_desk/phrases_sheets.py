"""The words of sheets that an agency takes away or brings, and of its own client number, in English and Spanish."""

from __future__ import annotations

from collections.abc import Mapping

ENGLISH: Mapping[str, str] = {
    "as_sheet": "Take this plan as a sheet:",
    "as_sheet_note": "The file says what this page says of plans, goals and services. Keep it as safe as the page.",
    "no_sheet": "There is nothing here that a sheet could hold.",
    "own_number": "Our number",
    "own_number_note": "By this number your organization finds this person again. Others see it only as far as the person agrees.",
    "own_number_say": "The number your organization gives this person",
    "own_number_do": "Keep the number",
    "error_NUMBER_MISSING": "That is no number. Go back and write the one your organization gives this person.",
    "error_NO_SUCH_SHEET": "The plan is there as CSV and as XLSX.",
}

SPANISH: Mapping[str, str] = {
    "as_sheet": "Llévese este plan como hoja:",
    "as_sheet_note": "El archivo dice lo que esta página dice de planes, metas y servicios. Guárdelo igual de bien.",
    "no_sheet": "Aquí no hay nada que quepa en una hoja.",
    "own_number": "Nuestro número",
    "own_number_note": "Con este número su organización encuentra a esta persona otra vez. Otros lo ven solo si la persona lo permite.",
    "own_number_say": "El número que su organización da a esta persona",
    "own_number_do": "Guardar el número",
    "error_NUMBER_MISSING": "Eso no es un número. Vuelva atrás y escriba el que su organización da a esta persona.",
    "error_NO_SUCH_SHEET": "El plan está como CSV y como XLSX.",
}
