"""`handoff decide` and `handoff consent validate`: offline, no network file, no store."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from gateway.disclosure.consent_reports import report_on
from gateway.disclosure.decide_questions import answer_questions

REFUSED = 1
WRONG_USAGE = 2


def decide(path: str, ndjson: bool) -> int:
    """Write one decision per question to standard output. 0; 1 if any question could not be read; 2 without a file."""
    content = _content(path)
    if content is None:
        return WRONG_USAGE
    understood = True
    for answered in answer_questions(content, by_line=ndjson):
        sys.stdout.write(answered.line + "\n")
        understood = understood and answered.understood
    sys.stdout.flush()
    return 0 if understood else REFUSED


def consent_validate(paths: list[str]) -> int:
    """Write one report per file to standard output. 0 if all are valid and computable; 1; 2 without a file."""
    sound = True
    for path in paths:
        content = _content(path)
        if content is None:
            return WRONG_USAGE
        report, valid = report_on(content)
        sys.stdout.write(json.dumps(report, ensure_ascii=False, indent=2) + "\n")
        sound = sound and valid
    sys.stdout.flush()
    return 0 if sound else REFUSED


def _content(path: str) -> bytes | None:
    """The bytes of the file (`-`: standard input); None after saying that it cannot be read."""
    try:
        return sys.stdin.buffer.read() if path == "-" else Path(path).read_bytes()
    except OSError:
        sys.stderr.write(
            '{"error":{"code":"FILE_UNREADABLE","message":"the file cannot be read","place":null}}\n'
        )
        return None
