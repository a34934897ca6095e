"""`handoff consent new FILE`: asks, shows who would see what, prints the form and keeps the draft in FILE."""

from __future__ import annotations

import sys
from pathlib import Path

from gateway.clock import SystemClock, new_id
from gateway.disclosure.consent_desk import QUESTIONS, prepare_consent
from gateway.disclosure.release_questions import error_text
from gateway.errors import HandoffError

DONE, REFUSED, WRONG_USAGE = 0, 1, 2


def consent_new(path: str) -> int:
    """Ask on standard error, read answers line by line, print the form; the draft goes to `path`, which must be new.

    0 when the form is printed; 1 with an `error` line for an answer that makes no consent, or when the person says no
    after reading what it would mean (nothing is kept); 2 when `path` exists or cannot be written.
    """
    answers = {name: _ask(question) for name, question in QUESTIONS.items()}
    try:
        prepared = prepare_consent(answers, new_id(), SystemClock().now().astimezone())
    except HandoffError as fault:
        sys.stderr.write(error_text(fault) + "\n")
        return REFUSED
    sys.stderr.writelines(f"{sentence}\n" for sentence in prepared.outlook)
    if _ask("Is this what you want? (yes/no)") != "yes":
        return REFUSED
    try:
        with Path(path).open("xb") as file:
            file.write(prepared.draft)
    except OSError:
        sys.stderr.write(
            '{"error":{"code":"FILE_UNWRITABLE","message":"the file cannot be made","place":null}}\n'
        )
        return WRONG_USAGE
    sys.stdout.write(prepared.form)
    return DONE


def _ask(question: str) -> str:
    sys.stderr.write(f"{question}: ")
    sys.stderr.flush()
    return sys.stdin.readline().strip()
