"""An agency's own sheet: chosen, sent, and what was refused of it taken back to be corrected."""

from __future__ import annotations

from base64 import b64decode, b64encode

from gateway.agency_desk.screens import Answer, Page, Screen, Visit, download
from gateway.errors import NotUnderstood
from gateway.flows.desk_sheets import SHEETS, sheets_of
from gateway.pages.uploads import LARGEST

_LARGEST_BACK = 4 * LARGEST
_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


async def _choose(visit: Visit) -> Answer:
    return Page("sheet.html", {"endings": _endings(visit), "taken": None, "rejected": ""})


async def _sent(visit: Visit) -> Answer:
    if visit.file is None:
        raise NotUnderstood("FILE_EMPTY", "is empty", "sheet")
    taken = await visit.desk.files.sheet_sent(visit.worker, visit.file.ending, visit.file.content)
    rejected = b64encode(taken.rejected or b"").decode()
    if len(rejected) > _LARGEST_BACK:
        rejected = ""  # a form would not bring it back
    return Page("sheet.html", {"endings": _endings(visit), "taken": taken, "rejected": rejected})


async def _rejected(visit: Visit) -> Answer:
    """The refused rows that stood in the page, as a file: nothing of them was kept here for it."""
    ending = visit.form.get("ending", "")
    if ending not in SHEETS:
        raise NotUnderstood("ENDING_UNKNOWN", "no format is set up for it", "ending")
    try:
        content = b64decode(visit.form.get("rows", ""), validate=True)
    except ValueError:  # `binascii.Error`, or a letter outside ASCII
        raise NotUnderstood("FORM_INVALID", "the form cannot be read", "rows") from None
    return download(content, _TYPES[ending], f"rejected-rows.{ending}")


def _endings(visit: Visit) -> list[str]:
    return sorted(sheets_of(visit.desk.network, visit.worker.partner))


SCREENS = (
    Screen(
        "/sheet", "sheet", _choose, _sent, menu="sheet", again=_choose, largest_form=LARGEST, with_file=True
    ),
    # the refused rows with their reasons, written as letters of base64 in a form
    Screen("/sheet/rejected", "sheet", None, _rejected, largest_form=5 * LARGEST),
)
