"""How a gateway that serves reads its code in: without what is for a terminal, and without looking for waste."""

from __future__ import annotations

import gc
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


@contextmanager
def without_collecting() -> Iterator[None]:
    """Meanwhile nothing is looked through for what could be thrown away, and what came to be never is afterwards.

    Modules stay. Looking through those that are there, again and again while more are read, is a tenth of a start.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
