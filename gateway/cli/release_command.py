"""`handoff release FILE|-`: the exact bytes a recipient would get."""

from __future__ import annotations

import codecs
import sys
from pathlib import Path

from gateway.disclosure.release_questions import error_text, released_bytes
from gateway.errors import HandoffError
from mappings import Mapping_

DONE, NOTHING_RELEASED, BAD_QUESTION = 0, 1, 2


def release(path: str) -> int:
    """Print the release that the question in `path` (`-`: standard input) asks for; the exit code.

    0 with the bytes on standard output; 1 with both streams empty when nothing may be released, whatever
    the reason; 2 with an `error` line on standard error for a question that cannot be read.
    """
    try:
        text = sys.stdin.buffer.read() if path == "-" else Path(path).read_bytes()
    except OSError:
        sys.stderr.write(
            '{"error":{"code":"FILE_UNREADABLE","message":"the file cannot be read","place":null}}\n'
        )
        return BAD_QUESTION
    try:
        content = released_bytes(text.removeprefix(codecs.BOM_UTF8), packaged_mapping)
    except HandoffError as fault:
        sys.stderr.write(error_text(fault) + "\n")
        return BAD_QUESTION
    if content is None:
        return NOTHING_RELEASED
    sys.stdout.buffer.write(content)
    sys.stdout.buffer.flush()
    return DONE


def packaged_mapping(mapping_id: str) -> Mapping_ | None:
    """The shipped mapping of that id, or None; the library is read only when a question names one."""
    from gateway.flows.library import open_library

    library = open_library()
    return library.mapping(mapping_id) if mapping_id in library.names() else None
