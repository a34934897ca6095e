"""An agency's own sheet at its desk: taken in as from its folder, and the refused rows come back."""

from __future__ import annotations

import pytest

from gateway.audit import newest
from gateway.flows.desk_sheets import SENT
from gateway.pages.uploads import LARGEST
from gateway.partners import DeskDelivery
from gateway.partners.network import FolderListener
from gateway.store import desk_lists
from mappings.syntax.xlsx_rows import read_rows, write_lines
from tests.gateway.agency_desk.conftest import ROSA, Browser
from tests.gateway.county import County

HEADER = "line_id,plan_no,client_no,name,dob,plan_status,goal,goal_status\n"
ONE = 'TP-1,P-1,SC-1,"Canary, Ann",1990-01-02,active,Sleep through the night,active\n'
BAD = 'TP-3,P-3,SC-3,"Canary, Cleo",1992-03-04,nonsense,Canary,proposed\n'
FORMATS = {
    "csv": "counseling/treatment_plan",
    "xlsx": "counseling/treatment_plan_xlsx",
    "json": "crisis/event",
}


@pytest.fixture
def browser(county: County) -> Browser:
    """A worker of the counseling agency, which has a desk and a folder with formats."""
    watched = FolderListener(
        partner="counseling", folder="in/counseling", formats=FORMATS, most_bytes=1024 * 1024
    )
    county.change_network(folders=(watched,))
    county.change_partner("counseling", delivery=DeskDelivery())
    found = Browser(county)
    path, code = found.link(partner="counseling")
    found.post(path, {"code": code})
    return found


def _send(browser: Browser, content: str | bytes, name: str = "ours.csv", token: str = "") -> int:
    if not token:
        browser.get("/agency/sheet")
        token = browser.hidden("token")
    raw = content.encode() if isinstance(content, str) else content
    browser._ask(
        "POST",
        "/agency/sheet",
        data={"token": token},
        files={"sheet": (name, raw)},
        headers={"origin": "http://desk.test"},
    )
    return browser.page.status_code


def _taken(county: County) -> int:
    """How many rows are kept as taken."""
    return len(
        county.look(
            lambda reading: desk_lists.messages_before(
                reading, state="accepted", partner="counseling", since="", before="", limit=50
            )
        )
    )


def _rejected(browser: Browser) -> bytes:
    form = {name: browser.hidden(name) for name in ("token", "ending", "rows")}
    return browser.post("/agency/sheet/rejected", form).content


def test_rows_are_taken_and_refused_ones_come_back_to_be_corrected(county: County, browser: Browser) -> None:
    assert _send(browser, HEADER + ONE + BAD) == 200

    text = browser.page.text
    assert "Rows taken: 1" in text and "Rows not taken: 1" in text and "row 3" in text
    assert "Canary" not in text, "a reason holds no value of the sheet"
    assert _taken(county) == 1
    back = _rejected(browser)
    assert browser.page.headers["content-disposition"] == 'attachment; filename="rejected-rows.csv"'
    assert b"TP-3" in back and b"TP-1" not in back and b"what is wrong" in back

    assert "Send the corrected rows" in browser.get().text
    assert _send(browser, back.replace(b"nonsense", b"active")) == 200
    assert "Rows taken: 1" in browser.page.text and "Rows not taken" not in browser.page.text
    assert _taken(county) == 2


@pytest.mark.requirement("AU-05")
def test_the_same_sheet_doubles_nothing_and_the_worker_is_logged(county: County, browser: Browser) -> None:
    for _ in range(2):
        assert _send(browser, HEADER + ONE) == 200
        assert "Rows taken: 1" in browser.page.text
    assert _taken(county) == 1
    logged = county.look(lambda reading: newest(reading, 10))
    said = [one.entry for one in logged if one.entry is not None and one.entry.outcome == SENT]
    assert [(one.partner, one.recipient_name) for one in said] == [("counseling", ROSA)] * 2


def test_a_workbook_comes_back_as_one(browser: Browser) -> None:
    header = HEADER.strip().split(",")
    rows = [["TP-3", "P-3", "SC-3", "Canary, Cleo", "1992-03-04", "nonsense", "Canary", "proposed"]]
    assert _send(browser, write_lines([header, *rows], b""), "OURS.XLSX") == 200
    assert "Rows not taken: 1" in browser.page.text
    assert len(read_rows(_rejected(browser))[1]) == 1


@pytest.mark.parametrize(
    ("content", "name", "code"),
    [
        ("", "ours.csv", "FILE_EMPTY"),
        (HEADER + ONE, "ours.json", "ENDING_UNKNOWN"),
        (HEADER + ONE, "ours", "ENDING_UNKNOWN"),
        ("x" * LARGEST, "ours.csv", "FORM_TOO_LARGE"),
    ],
)
def test_what_is_no_sheet_of_theirs_is_refused(
    county: County, browser: Browser, content: str, name: str, code: str
) -> None:
    assert _send(browser, content, name) == 400
    assert code in browser.page.text
    assert _taken(county) == 0


def test_a_sheet_from_elsewhere_or_without_the_token_is_refused(county: County, browser: Browser) -> None:
    assert _send(browser, HEADER + ONE, token="another") == 403
    browser.get("/agency/sheet")
    token = browser.hidden("token")
    files = {"sheet": ("ours.csv", (HEADER + ONE).encode())}
    other = {"origin": "http://elsewhere.test"}
    assert (
        browser._ask("POST", "/agency/sheet", data={"token": token}, files=files, headers=other).status_code
        == 403
    )
    assert browser.post("/agency/sheet", {"token": token}).status_code == 400
    assert browser.post("/agency/sheet/rejected", {"token": token, "ending": "html"}).status_code == 400
    stranger = Browser(county)
    assert _send(stranger, HEADER + ONE, token=token) == 401
    assert _taken(county) == 0


def test_a_partner_without_a_format_has_no_such_page(county: County, browser: Browser) -> None:
    county.change_network(folders=())
    assert browser.get("/agency/sheet").status_code == 404
    assert "/agency/sheet" not in browser.get().text
    watched = FolderListener(partner="otp", folder="in/otp", formats=FORMATS)
    county.change_network(folders=(watched,))
    assert browser.get("/agency/sheet").status_code == 404
