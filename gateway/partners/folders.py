"""Work in partners' folders, which may be shares that hang: beside the loop, and never in the way of the end."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import threading
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")


def aside(work: Callable[[], T]) -> asyncio.Future[T]:
    """What `work` returns or raises, from a thread of its own.

    A thread that hangs cannot be stopped; this one keeps neither another folder nor the end of the process waiting, as
    those of a pool would.
    """
    loop = asyncio.get_running_loop()
    ended: asyncio.Future[T] = loop.create_future()

    def run() -> None:
        try:
            told = partial(_return, ended, work())
        except BaseException as trouble:  # noqa: BLE001  # raised where it is waited for
            told = partial(_raise, ended, trouble)
        with contextlib.suppress(RuntimeError):  # the loop has ended meanwhile
            loop.call_soon_threadsafe(told)

    threading.Thread(target=run, name="folder", daemon=True).start()
    return ended


@contextlib.contextmanager
def opened_folder(folder: Path | str, within: int | None = None, *, make: bool = False) -> Iterator[int]:
    """The descriptor of a real folder, `within` another: what is done by it stays in it, whatever becomes of its name.

    Raises FileNotFoundError; NotADirectoryError for anything else, also for a link: whoever may write around it may
    have put one there that leads to what is another's.
    """
    if make:
        with contextlib.suppress(FileExistsError):
            os.mkdir(folder, 0o750, dir_fd=within)
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=within)
    except OSError as trouble:
        if trouble.errno == errno.ELOOP:
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR)) from None
        raise
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _return(ended: asyncio.Future[T], found: T) -> None:
    if not ended.done():
        ended.set_result(found)


def _raise(ended: asyncio.Future[T], trouble: BaseException) -> None:
    if not ended.done():
        ended.set_exception(trouble)
