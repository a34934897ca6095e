"""Who gives a command."""

from __future__ import annotations

import os
import pwd


def who() -> str:
    """The account of this machine that gives the command: the log names a person."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return f"user {os.getuid()}"
