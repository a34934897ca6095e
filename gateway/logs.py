"""Structured log lines (one JSON object a line, on standard error) that cannot carry patient data.

Three fences, because a log outlives every consent:

1. The event is a member of `Event`, never free text; anything else is written as `unnamed_event`.
2. Only the keys of `SHAPES` are written. Any other key is dropped and counted; its name is not written
   either, since a payload could have been spread into the call.
3. The value of an allowed key must have the key's shape (an id, a code, a number, a place). Names, dates of
   birth and sentences have no such shape. A value of another shape is dropped and counted.

Libraries that log through the standard library go the same way: their logger, level and line are written,
their text is not, because it may quote a URL or a body. Exceptions are written as their type and the lines
they passed.

Who adds an event adds it to `Event`; who needs a new key adds it to `SHAPES` with the narrowest shape that
works.
"""

from __future__ import annotations

import logging
import re
import sys
import threading
import traceback
from collections.abc import Callable, Mapping, MutableMapping
from enum import StrEnum
from functools import lru_cache
from types import TracebackType
from typing import Any, TextIO

import orjson
import structlog


class Event(StrEnum):
    """What can happen, by name. A closed list, so that no sentence with a name in it can become an event."""

    # life of the process
    STARTED = "started"
    READY = "ready"
    STOPPING = "stopping"
    STOPPED = "stopped"
    WORKER_ENDED = "worker_ended"
    WORKER_HANGS = "worker_hangs"
    ALERT_SENT = "alert_sent"
    ALERT_NOT_SENT = "alert_not_sent"
    LINK_MAILED = "link_mailed"
    LINK_NOT_MAILED = "link_not_mailed"
    CONFIGURATION_READ = "configuration_read"
    CONFIGURATION_REFUSED = "configuration_refused"
    STORE_OPENED = "store_opened"
    STORE_MIGRATED = "store_migrated"
    STORE_BUSY = "store_busy"
    STORE_WRITE_FAILED = "store_write_failed"
    KEYS_CHANGED = "keys_changed"
    PAUSED_AFTER_RESTORE = "paused_after_restore"
    JOURNAL = "journal"
    # intake
    CONNECTION_OPENED = "connection_opened"
    CONNECTION_CLOSED = "connection_closed"
    CONNECTION_REFUSED = "connection_refused"
    CERTIFICATE_TAKEN = "certificate_taken"
    CERTIFICATE_REFUSED = "certificate_refused"
    FRAME_REFUSED = "frame_refused"
    MESSAGE_RECEIVED = "message_received"
    MESSAGE_REPEATED = "message_repeated"
    MESSAGE_ACCEPTED = "message_accepted"
    MESSAGE_REFUSED = "message_refused"
    MESSAGE_REPLAYED = "message_replayed"
    FILE_TAKEN = "file_taken"
    FILE_REFUSED = "file_refused"
    FOLDER_UNREADABLE = "folder_unreadable"
    FOLDER_READABLE = "folder_readable"
    # HTTP
    REQUEST_ANSWERED = "request_answered"
    TOKEN_ISSUED = "token_issued"  # noqa: S105 - the name of an event
    TOKEN_REFUSED = "token_refused"  # noqa: S105 - the name of an event
    # consent and release
    CONSENT_RECORDED = "consent_recorded"
    CONSENT_REVOKED = "consent_revoked"
    DECIDED = "decided"
    RELEASED = "released"
    HELD = "held"
    WOKEN = "woken"
    RULE_FAILED = "rule_failed"
    # delivery
    PARTNER_NOT_ANSWERING = "partner_not_answering"
    PARTNER_ANSWERS = "partner_answers"
    DELIVERY_STARTED = "delivery_started"
    DELIVERED = "delivered"
    DELIVERY_RETRIED = "delivery_retried"
    DELIVERY_REFUSED = "delivery_refused"
    DELIVERY_UNKNOWN = "delivery_unknown"
    DELIVERY_STOPPED = "delivery_stopped"
    DELIVERY_DEAD = "delivery_dead"
    STATUS_RECEIVED = "status_received"
    # audit
    CHECKPOINT_SIGNED = "checkpoint_signed"
    AUDIT_VERIFIED = "audit_verified"
    AUDIT_BROKEN = "audit_broken"
    AUDIT_FEED = "audit_feed"
    # trouble
    LINES_LOST = "lines_lost"
    FAULT = "fault"
    TASK_FAILED = "task_failed"
    LIBRARY_MESSAGE = "library_message"
    UNNAMED_EVENT = "unnamed_event"


_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|[0-9a-f]{16,64}")
_HASH = re.compile(r"[0-9a-f]{16,128}")
_SLUG = re.compile(r"[a-z][a-z0-9_-]{0,39}(?:/[a-z][a-z0-9_-]{0,39})?")
_CODE = re.compile(r"[A-Z][A-Z0-9_]{1,59}")
_WORD = re.compile(r"[a-z][a-z0-9_+-]{0,39}")
_PLACE = re.compile(
    r"[A-Z][A-Za-z0-9]{1,39}(?:[.\-\[][A-Za-z0-9\[\].\-]{0,80})?|row \d{1,9}(?: column [a-z_0-9]{1,40})?"
)
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?(?:Z|[+-]\d\d:\d\d)")
_ADDRESS = re.compile(r"(?:\d{1,3}(?:\.\d{1,3}){3}|\[[0-9a-f:]{2,39}\]):\d{1,5}")
_NAME_IN_CODE = re.compile(r"[A-Za-z_][A-Za-z0-9_.]{0,79}")
_CODE_LINE = re.compile(r"[A-Za-z_][A-Za-z0-9_.]{0,79}:\d{1,6}")
_NUMBER = None  # an int, a float or a bool; text is refused


def _keys(names: str, shape: re.Pattern[str] | None) -> dict[str, re.Pattern[str] | None]:
    return dict.fromkeys(names.split(), shape)


SHAPES: Mapping[str, re.Pattern[str] | None] = {
    **_keys("request_id message_id intent_id release_id patient_id incident_id", _ID),
    **_keys("sha256 config root library", _HASH),
    **_keys("partner source_partner client channel listener mapping format", _SLUG),
    **_keys("code reason purpose message_type", _CODE),
    **_keys("outcome state kind stage door method level", _WORD),
    **_keys("place", _PLACE),
    **_keys("at due_at timestamp", _INSTANT),
    **_keys("address", _ADDRESS),
    **_keys("error logger resource_type", _NAME_IN_CODE),
    **_keys("trace", _CODE_LINE),
    **_keys("status attempt attempts count sequence bytes epoch workers entries waiting", _NUMBER),
    **_keys("milliseconds seconds dropped pid line schema", _NUMBER),
}

_LEVELS = {"debug": 10, "info": 20, "warning": 30, "error": 40}
_TRACE_LINES = 12


class _Counter:
    """How many facts were dropped since the process began."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._count = 0

    def add(self, count: int) -> None:
        with self._lock:
            self._count += count

    def read(self) -> int:
        return self._count


class _Output:
    """Where lines go and from which level on. Standard error is looked up anew at each line.

    A line that cannot be written (a full disk, a reader that is gone) is lost and counted, and told of once lines go
    again: whoever logs that a partner has taken something must still get to record it.
    """

    def __init__(self) -> None:
        self.stream: TextIO | None = None
        self.level = _LEVELS["info"]
        self._lost = 0

    def msg(self, line: str) -> None:
        try:
            stream = self.stream or sys.stderr
            stream.write(
                f"\n{line}\n" if self._lost else f"{line}\n"
            )  # what was cut off stays a line of its own
            stream.flush()
        except (OSError, ValueError):  # ValueError: it is closed
            self._lost += 1
            return
        if lost := self._lost:
            self._lost = 0
            error(Event.LINES_LOST, count=lost)  # written at every level: it is told once

    debug = info = warning = error = msg


_dropped = _Counter()
_output = _Output()


def dropped_facts() -> int:
    """How many keys and values were dropped since the process began. For the metrics page."""
    return _dropped.read()


def _has_shape(value: object, shape: re.Pattern[str] | None) -> bool:
    """True when `value` is what its key may carry. A tuple or list must have the shape in each element."""
    if shape is None:
        return isinstance(value, int | float)
    if isinstance(value, tuple | list):
        return len(value) <= _TRACE_LINES and all(_has_shape(element, shape) for element in value)
    return isinstance(value, str) and shape.fullmatch(value) is not None


@lru_cache(maxsize=1024)
def _may_stand(key: str, text: str) -> bool:
    """Whether `text` may be written under `key`. Most of a line are the same few words as in the one before."""
    return key in SHAPES and _has_shape(text, SHAPES[key])


def keep_allowed(_logger: object, _method: str, facts: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Only the allowed facts of the line, with the number of dropped ones under `dropped`."""
    event = facts.pop("event", None)
    kept: dict[str, Any] = {"event": (event if isinstance(event, Event) else Event.UNNAMED_EVENT).value}
    lost = 0
    for key, value in facts.items():
        if value is None:
            continue
        is_text = type(value) is str
        if _may_stand(key, value) if is_text else key in SHAPES and _has_shape(value, SHAPES[key]):
            kept[key] = value
        else:
            lost += 1
    if lost:
        _dropped.add(lost)
        kept["dropped"] = lost
    return kept


def _as_json(_logger: object, _method: str, facts: MutableMapping[str, Any]) -> str:
    return orjson.dumps(dict(facts)).decode()


class _Lines(structlog.BoundLoggerBase):
    """As structlog's own logger, which looks for its methods anew at each line."""

    def debug(self, event: Event, **facts: object) -> None:
        self._proxy_to_logger("debug", event, **facts)

    def info(self, event: Event, **facts: object) -> None:
        self._proxy_to_logger("info", event, **facts)

    def warning(self, event: Event, **facts: object) -> None:
        self._proxy_to_logger("warning", event, **facts)

    def error(self, event: Event, **facts: object) -> None:
        self._proxy_to_logger("error", event, **facts)


_writer: _Lines = structlog.wrap_logger(
    _output,
    processors=[
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        keep_allowed,
        _as_json,
    ],
    wrapper_class=_Lines,
).bind()


def debug(event: Event, /, **facts: object) -> None:
    """Write one line of level debug."""
    if _output.level <= _LEVELS["debug"]:
        _writer.debug(event, **facts)


def info(event: Event, /, **facts: object) -> None:
    """Write one line of level info."""
    if _output.level <= _LEVELS["info"]:
        _writer.info(event, **facts)


def warning(event: Event, /, **facts: object) -> None:
    """Write one line of level warning."""
    if _output.level <= _LEVELS["warning"]:
        _writer.warning(event, **facts)


def error(event: Event, /, **facts: object) -> None:
    """Write one line of level error."""
    _writer.error(event, **facts)


def fault(event: Event, exception: BaseException, /, **facts: object) -> None:
    """Write one line of level error: the type, code and passed lines of `exception`, never its text."""
    _writer.error(event, **{"code": getattr(exception, "code", None), **exception_facts(exception), **facts})


def exception_facts(exception: BaseException) -> dict[str, object]:
    """The type of `exception` and the last lines of code it passed, as `module:line`; nothing of its text."""
    frames = traceback.extract_tb(exception.__traceback__)[-_TRACE_LINES:]
    trace = tuple(f"{_module_of(frame.filename)}:{frame.lineno or 0}" for frame in frames)
    return {"error": type(exception).__name__, "trace": trace}


def _module_of(filename: str) -> str:
    """The last two parts of a source file's path with a dot between them: `delivery.sender`."""
    parts = re.sub(r"\.py$", "", filename).replace("\\", "/").split("/")[-2:]
    return re.sub(r"[^A-Za-z0-9_.]", "_", ".".join(part for part in parts if part)) or "unknown"


class bound:
    """Within the block, every line of this task also carries `facts` (say `request_id`)."""

    __slots__ = ("_before", "_facts")

    def __init__(self, **facts: object) -> None:
        self._facts = facts

    def __enter__(self) -> None:
        self._before = structlog.contextvars.bind_contextvars(**self._facts)

    def __exit__(self, *_: object) -> None:
        structlog.contextvars.reset_contextvars(**self._before)


class _LibraryLines(logging.Handler):
    """Takes what libraries log and writes everything but their text."""

    def emit(self, record: logging.LogRecord) -> None:
        facts: dict[str, object] = {"logger": record.name, "line": record.lineno}
        if record.exc_info and record.exc_info[1]:
            facts |= exception_facts(record.exc_info[1])
        write: Callable[..., Any] = _writer.error if record.levelno >= logging.ERROR else _writer.warning
        if record.levelno < logging.WARNING:
            write = _writer.info
        write(Event.LIBRARY_MESSAGE, **facts)


def _uncaught(
    _kind: type[BaseException], exception: BaseException | None, _trace: TracebackType | None
) -> None:
    if exception is not None:
        fault(Event.FAULT, exception)


def configure(level: str = "info", stream: TextIO | None = None) -> None:
    """Set level and stream (none: standard error); catch what libraries, threads and Python itself print.

    Raises ValueError for an unknown level.
    """
    if level not in _LEVELS:
        raise ValueError(f"log level must be one of {', '.join(_LEVELS)}")
    _output.level = _LEVELS[level]
    _output.stream = stream
    root = logging.getLogger()
    root.handlers[:] = [_LibraryLines()]
    root.setLevel(logging.DEBUG if level == "debug" else logging.WARNING)
    logging.captureWarnings(True)
    sys.excepthook = _uncaught
    threading.excepthook = lambda args: _uncaught(args.exc_type, args.exc_value, args.exc_traceback)
    sys.unraisablehook = lambda args: _uncaught(args.exc_type, args.exc_value, args.exc_traceback)
