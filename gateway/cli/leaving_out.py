"""What libraries would load for a terminal, and a gateway that serves does not need in memory."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def leaving_out(*names: str) -> Iterator[None]:
    """Meanwhile importing one of `names` fails as if it were not installed, unless it is loaded already.

    Libraries that use them where they are there (httpx for its own command, structlog for colours) then do without.
    """
    absent = [name for name in names if name not in sys.modules]
    for name in absent:
        sys.modules[name] = None  # type: ignore[assignment]  # Python's own sign for "not to be found"
    try:
        yield
    finally:
        for name in absent:
            del sys.modules[name]
