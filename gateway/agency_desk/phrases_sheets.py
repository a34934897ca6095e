"""The words of sheets that an agency takes away or brings, and of its own client number, in English and Spanish."""

from __future__ import annotations

from collections.abc import Mapping

ENGLISH: Mapping[str, str] = {
    "as_sheet": "Take this plan as a sheet:",
    "as_sheet_note": "The file says what this page says of plans, goals and services. Keep it as safe as the page.",
    "no_sheet": "There is nothing here that a sheet could hold.",
    "own_number": "Our number",
    "own_number_note": "Your organization finds this person by it. Others see it only as far as the person agrees.",
    "own_number_say": "The number your organization gives this person",
    "own_number_do": "Keep the number",
    "own_number_wrong": "A number is wrong",
    "own_number_which": "Which one?",
    "own_number_why": "Why? The log keeps it.",
    "own_number_wrong_note": (
        "From then on it does not lead to this person. If your system sent something under it, ask for a correction."
    ),
    "own_number_wrong_do": "Take the number away",
    "error_NO_SUCH_NUMBER": "Your desk has kept no such number for this person.",
    "error_NUMBER_SENT": (
        "Your system has sent somebody under that number. The network has to look first. Until then nothing is shown."
    ),
    "error_REASON_MISSING": "Say why.",
    "sheet": "Send a sheet",
    "sheet_note": "Up to 1 MB. The same sheet sent twice doubles nothing.",
    "sheet_choose": "Your sheet (CSV or XLSX)",
    "sheet_send": "Send",
    "sheet_taken": "Rows taken: {number}",
    "sheet_refused": "Rows not taken: {number}",
    "sheet_whole": "The whole sheet",
    "sheet_rejected": "Download the rows that were not taken",
    "sheet_rejected_note": "Each row says what is wrong. Correct them in the file and send the file here again.",
    "sheet_again": "Send the corrected rows",
    "error_ENDING_UNKNOWN": "Your organization cannot send this kind of file. Choose another.",
    "error_FILE_EMPTY": "This file is empty. Choose another.",
    "error_FORM_INVALID": "This could not be read. Go back and choose the file again.",
    "error_FORM_TOO_LARGE": "This is too large. Go back and send it in parts.",
    "error_NUMBER_MISSING": "That is no number. Write the one your organization gives this person.",
    "error_NO_SUCH_SHEET": "The plan is there as CSV and as XLSX.",
}

SPANISH: Mapping[str, str] = {
    "as_sheet": "Llévese este plan como hoja:",
    "as_sheet_note": "El archivo dice lo que esta página dice de planes, metas y servicios. Guárdelo igual de bien.",
    "no_sheet": "Aquí no hay nada que quepa en una hoja.",
    "own_number": "Nuestro número",
    "own_number_note": "Con él su organización encuentra a esta persona. Otros lo ven solo si la persona lo permite.",
    "own_number_say": "El número que su organización da a esta persona",
    "own_number_do": "Guardar el número",
    "own_number_wrong": "Un número está mal",
    "own_number_which": "¿Cuál?",
    "own_number_why": "¿Por qué? Queda en el registro.",
    "own_number_wrong_note": (
        "Desde entonces no lleva a esta persona. Si su sistema envió algo con él, pida una corrección."
    ),
    "own_number_wrong_do": "Quitar el número",
    "error_NO_SUCH_NUMBER": "Su agencia no guardó ese número para esta persona.",
    "error_NUMBER_SENT": (
        "Su sistema envió a alguien con ese número. La red lo revisará primero. Hasta entonces no se muestra nada."
    ),
    "error_REASON_MISSING": "Diga por qué.",
    "sheet": "Enviar una hoja",
    "sheet_note": "Hasta 1 MB. Si envía dos veces la misma hoja, nada se repite.",
    "sheet_choose": "Su hoja (CSV o XLSX)",
    "sheet_send": "Enviar",
    "sheet_taken": "Filas recibidas: {number}",
    "sheet_refused": "Filas no recibidas: {number}",
    "sheet_whole": "Toda la hoja",
    "sheet_rejected": "Descargar las filas no recibidas",
    "sheet_rejected_note": "Cada fila dice qué está mal. Corríjalas en el archivo y envíelo aquí otra vez.",
    "sheet_again": "Enviar las filas corregidas",
    "error_ENDING_UNKNOWN": "Su organización no puede enviar este tipo de archivo. Elija otro.",
    "error_FILE_EMPTY": "Este archivo está vacío. Elija otro.",
    "error_FORM_INVALID": "No se pudo leer. Vuelva atrás y elija el archivo otra vez.",
    "error_FORM_TOO_LARGE": "Es muy grande. Vuelva atrás y envíelo por partes.",
    "error_NUMBER_MISSING": "Eso no es un número. Escriba el que su organización da a esta persona.",
    "error_NO_SUCH_SHEET": "El plan está como CSV y como XLSX.",
}
