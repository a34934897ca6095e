"""No line of the log can carry a patient's data, whoever writes it and by whatever way."""

from __future__ import annotations

import io
import json
import logging
import sys
import threading
import warnings
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway import logs
from gateway.errors import NotUnderstood
from gateway.logs import Event

MARK = "Zyxwvut Markson"
AN_ID = "3f2b8a7e-52c1-4a55-9b1e-0a1b2c3d4e5f"


class Written:
    """What was logged since the test began."""

    def __init__(self) -> None:
        self.stream = io.StringIO()

    @property
    def text(self) -> str:
        return self.stream.getvalue()

    @property
    def lines(self) -> list[dict[str, object]]:
        return [json.loads(line) for line in self.text.splitlines()]


@pytest.fixture
def written() -> Iterator[Written]:
    hooks = sys.excepthook, threading.excepthook, sys.unraisablehook
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    output = Written()
    logs.configure("debug", output.stream)
    yield output
    logs.configure()
    logging.captureWarnings(False)
    root.handlers[:] = handlers
    root.setLevel(level)
    sys.excepthook, threading.excepthook, sys.unraisablehook = hooks


@pytest.mark.requirement("AU-05")
def test_an_event_with_ids_codes_and_numbers_is_one_line_of_json(written: Written) -> None:
    logs.info(
        Event.MESSAGE_REFUSED,
        message_id=AN_ID,
        partner="county-hospital",
        code="SEGMENT_MISSING",
        place="PID-3.1",
        milliseconds=1.5,
    )

    [line] = written.lines
    assert line.pop("timestamp")
    assert line == {
        "event": "message_refused",
        "level": "info",
        "message_id": AN_ID,
        "partner": "county-hospital",
        "code": "SEGMENT_MISSING",
        "place": "PID-3.1",
        "milliseconds": 1.5,
    }


def test_a_key_that_is_not_allowed_is_dropped_with_its_name_and_counted(written: Written) -> None:
    before = logs.dropped_facts()

    logs.info(Event.RELEASED, **{MARK: 1, "name": MARK, "count": 2})

    [line] = written.lines
    assert (line["count"], line["dropped"]) == (2, 2)
    assert "Markson" not in written.text
    assert logs.dropped_facts() == before + 2


@pytest.mark.parametrize("key", sorted(logs.SHAPES))
def test_no_allowed_key_takes_a_persons_name_or_birth_date_or_number(key: str, written: Written) -> None:
    for value in (MARK, "Markson^Zyxwvut", "1987-03-04", "19870304", "555-0142", "", b"Markson", [MARK]):
        logs.info(Event.RELEASED, **{key: value})

        assert written.lines[-1].get(key) != value
    assert "Markson" not in written.text


@given(st.sampled_from(sorted(logs.SHAPES)), st.text(min_size=1, max_size=30))
def test_text_with_a_space_or_a_sign_of_another_script_never_passes(key: str, value: str) -> None:
    value = value + " " + value

    kept = logs.keep_allowed(None, "info", {"event": Event.RELEASED, key: value})

    assert kept == {"event": "released", "dropped": 1} or (key == "place" and value.startswith("row "))


def test_a_sentence_is_no_event(written: Written) -> None:
    logs.info(f"referral of {MARK}")  # type: ignore[arg-type]

    assert [line["event"] for line in written.lines] == ["unnamed_event"]
    assert "Markson" not in written.text


def test_a_fault_is_told_by_type_code_and_lines_and_not_by_its_text(written: Written) -> None:
    try:
        raise NotUnderstood("SEGMENT_MISSING", f"no segment for {MARK}", MARK)
    except NotUnderstood as refused:
        logs.fault(Event.FAULT, refused, message_id=AN_ID)

    [line] = written.lines
    assert (line["error"], line["code"], line["message_id"]) == ("NotUnderstood", "SEGMENT_MISSING", AN_ID)
    assert str(line["trace"]).startswith("['gateway.test_logs:")
    assert "Markson" not in written.text


def test_what_a_library_logs_is_told_without_its_text(written: Written) -> None:
    try:
        raise KeyError(MARK)
    except KeyError:
        logging.getLogger("some.library").exception("could not open /Patient?name=%s", MARK)

    [line] = written.lines
    assert (line["event"], line["logger"], line["error"]) == ("library_message", "some.library", "KeyError")
    assert "Markson" not in written.text


def test_a_warning_a_thread_and_an_uncaught_exception_say_nothing_of_their_text(
    written: Written, capfd: pytest.CaptureFixture[str]
) -> None:
    def fail() -> None:
        raise ValueError(MARK)

    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(True)
        warnings.warn(MARK, stacklevel=1)
    thread = threading.Thread(target=fail)
    thread.start()
    thread.join()
    try:
        fail()
    except ValueError as uncaught:
        sys.excepthook(ValueError, uncaught, uncaught.__traceback__)

    assert [line.get("error") for line in written.lines][-2:] == ["ValueError", "ValueError"]
    shown = capfd.readouterr()
    assert "Markson" not in written.text + shown.out + shown.err


def test_bound_facts_are_on_every_line_of_the_block_and_go_through_the_same_fences(written: Written) -> None:
    with logs.bound(request_id=AN_ID, name=MARK):
        logs.info(Event.DECIDED)
    logs.info(Event.DECIDED)

    inside, outside = written.lines
    assert (inside["request_id"], inside["dropped"]) == (AN_ID, 1)
    assert "request_id" not in outside


def test_lines_below_the_level_are_not_written(written: Written) -> None:
    logs.configure("warning", written.stream)
    logs.debug(Event.DECIDED)
    logs.info(Event.DECIDED)
    logs.warning(Event.HELD)
    logs.error(Event.FAULT)

    assert [line["level"] for line in written.lines] == ["warning", "error"]


def test_an_unknown_level_is_refused() -> None:
    with pytest.raises(ValueError, match="log level must be one of debug, info, warning, error"):
        logs.configure("loud")


def test_lines_go_to_standard_error_and_never_to_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    logs.info(Event.READY, address="127.0.0.1:8080")

    shown = capsys.readouterr()
    assert shown.out == ""
    assert json.loads(shown.err)["address"] == "127.0.0.1:8080"


class FullDisk(io.StringIO):
    """A stream that takes half a line and no more, while `is_full`."""

    is_full = True

    def write(self, text: str) -> int:
        if self.is_full:
            super().write(text[: len(text) // 2])
            raise OSError("no space left on device")
        return super().write(text)


def test_a_line_that_cannot_be_written_harms_nobody_and_is_counted(written: Written) -> None:
    """Else a full disk below the log would end the gateway, or have it forget what a partner has just taken."""
    closed = io.StringIO()
    closed.close()
    logs.configure("info", closed)
    logs.info(Event.DELIVERED, partner="otp")
    full = written.stream = FullDisk()
    logs.configure("info", full)
    logs.error(Event.FAULT)
    full.is_full = False
    logs.info(Event.READY)
    full.is_full = True
    logs.configure("error", full)
    logs.error(Event.FAULT)
    full.is_full = False
    logs.error(Event.FAULT)

    *_, again = written.text.splitlines()
    assert json.loads(again)["event"] == "lines_lost", "told at every level, as it is told once"
    torn, ready, told, *_ = written.text.lstrip().splitlines()
    assert not torn.endswith("}"), "what was cut off stays a line of its own"
    assert json.loads(ready)["event"] == "ready"
    lost = json.loads(told)
    assert (lost["event"], lost["count"], lost["level"]) == ("lines_lost", 2, "error")


def test_at_level_debug_everything_is_written_also_what_libraries_whisper(written: Written) -> None:
    logs.debug(Event.DECIDED)
    logging.getLogger("some.library").debug("connected to %s", MARK)

    assert [(line["event"], line["level"]) for line in written.lines] == [
        ("decided", "debug"),
        ("library_message", "info"),
    ]
    assert "Markson" not in written.text
