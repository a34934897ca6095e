"""What a command could not do, told on standard error, and the exit code for it."""

from __future__ import annotations

import sys
from pathlib import Path
from types import TracebackType

from gateway.errors import HandoffError

REFUSED = 1
WRONG_USAGE = 2
WRONG_SETTINGS = frozenset({"STORE_URL"})
"""Refusals that are about how the command was called."""

_OF_A_PATH = (FileExistsError, FileNotFoundError, IsADirectoryError, NotADirectoryError, PermissionError)


def code_of(fault: Exception) -> int | None:
    """The exit code for what was refused, after telling it; None for a fault of ours."""
    if isinstance(fault, HandoffError):
        told, wrong = str(fault), fault.code in WRONG_SETTINGS
    elif isinstance(fault, _OF_A_PATH) and fault.filename:
        told, wrong = f"PATH_UNUSABLE: `{fault.filename}`: {str(fault.strerror).lower()}", True
    elif isinstance(fault, RecursionError):
        told, wrong = "TOO_DEEP: what was given is nested too deeply to be read", False
    elif _is_of_settings(fault):
        told, wrong = str(fault), True
    else:
        return None
    print(told, file=sys.stderr)
    return WRONG_USAGE if wrong else REFUSED


def _is_of_settings(fault: Exception) -> bool:
    from gateway.settings import SettingsRefused

    return isinstance(fault, SettingsRefused)


def report_fault(kind: type[BaseException], _fault: BaseException, trace: TracebackType | None) -> None:
    """Say where a fault of ours happened, without its text, which may quote a patient's data."""
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}" if trace else "unknown place"
    print(f"INTERNAL: {kind.__name__} at `{place}`", file=sys.stderr)
