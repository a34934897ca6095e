"""`handoff consent what-if FILE|-`: who would see what, before anybody signs."""

from __future__ import annotations

import sys
from pathlib import Path

from gateway.clock import SystemClock
from gateway.disclosure.release_questions import error_text
from gateway.disclosure.what_if_questions import outlook_sentences
from gateway.errors import HandoffError

DONE, REFUSED, WRONG_USAGE = 0, 1, 2


def what_if(path: str) -> int:
    """Print one sentence a line. 0; 1 with an `error` line when the draft cannot be read; 2 without a file."""
    try:
        text = sys.stdin.buffer.read() if path == "-" else Path(path).read_bytes()
    except OSError:
        sys.stderr.write(
            '{"error":{"code":"FILE_UNREADABLE","message":"the file cannot be read","place":null}}\n'
        )
        return WRONG_USAGE
    try:
        sentences = outlook_sentences(text, SystemClock().now())
    except HandoffError as fault:
        sys.stderr.write(error_text(fault) + "\n")
        return REFUSED
    sys.stdout.writelines(f"{sentence}\n" for sentence in sentences)
    return DONE


consent_what_if = what_if
"""The name under which the other doors know it."""
