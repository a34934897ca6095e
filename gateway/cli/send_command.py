"""`handoff send`: one file to a gateway as a partner's system would send it, and the answer. For trying a connection.

Nothing is decided, kept or tried again here; what the gateway answers is printed as it came.
"""

from __future__ import annotations

import json
import re
import socket
import sys
from contextlib import suppress
from pathlib import Path

import httpx

from gateway.intake.framing import Frame, FrameReader, framed
from gateway.intake.hl7_header import first_segment, read_header

DONE, REFUSED, NOT_SENT = 0, 1, 2
SECONDS = 60.0
_LARGEST_ANSWER = 16 * 1024 * 1024
_TAKEN = (b"AA", b"CA")
_FHIR = "application/fhir+json"


def send(path: str, way: str, where: str, token_file: str | None = None) -> int:
    """Send the file (`-`: standard input) and print the answer on standard output. The token is read from a file, or
    from standard input: whoever is on this machine sees what stands on a command line.

    0 when it was taken (MSA-1 AA or CA, HTTP 2xx), 1 when it was answered otherwise, 2 when it could not be sent or
    nothing was answered; then standard error has a code, never a word of the file or the answer.
    """
    try:
        content = _read(path)
        token = "" if token_file is None else _read(token_file).decode("ascii").strip()
    except (OSError, UnicodeDecodeError):
        return _not_sent("FILE_UNREADABLE", "the file, or that of the token, cannot be read")
    if way == "mllp":
        return _by_mllp(content, where)
    if way == "http" and where.startswith(("http://", "https://")):
        return _by_http(content, where, token)
    return _not_sent("WAY_UNKNOWN", "`--to` is `mllp HOST:PORT` or `http URL`")


def _read(path: str) -> bytes:
    return sys.stdin.buffer.read() if path == "-" else Path(path).read_bytes()


def _by_mllp(content: bytes, where: str) -> int:
    """An HL7 v2 message as one frame. Editors end lines as they like; segments end with CR."""
    host, _, port = where.rpartition(":")
    if not host or not port.isdigit():
        return _not_sent("WAY_UNKNOWN", "`--to mllp` needs HOST:PORT")
    try:
        frame = framed(re.sub(rb"\r?\n", b"\r", content.removeprefix(b"\xef\xbb\xbf")))
        answer = _answer(host.strip("[]"), int(port), frame)
    except ValueError:
        return _not_sent("CONTENT_BREAKS_FRAME", "the file holds a byte that would end the frame")
    except (OSError, OverflowError) as trouble:
        return _not_sent("NO_CONNECTION", type(trouble).__name__)
    header = read_header(answer.content) if answer is not None else None
    if answer is None or header is None:
        return _not_sent("NO_ANSWER", "the line was closed, or said nothing in HL7 v2")
    print(answer.content.decode("utf-8", "replace").replace("\r", "\n").rstrip())
    said = first_segment(answer.content, b"MSA", header)
    return DONE if said[1:2] and said[1] in _TAKEN else REFUSED


def _answer(host: str, port: int, frame: bytes) -> Frame | None:
    """The first whole frame that comes back; None when the line ends or breaks before. Raises OSError: no connection."""
    reader = FrameReader(_LARGEST_ANSWER)
    with socket.create_connection((host, port), timeout=SECONDS) as line, suppress(OSError):
        line.sendall(frame)
        while piece := line.recv(65_536):
            if frames := reader.feed(piece):
                return frames[0]
    return None


def _by_http(content: bytes, where: str, token: str) -> int:
    """A Bundle to the FHIR base `where`, any other resource to its type's address there."""
    try:
        kind = str(json.loads(content)["resourceType"])
    except (ValueError, KeyError, TypeError):
        return _not_sent("NO_RESOURCE", "the file is no FHIR resource in JSON")
    if not re.fullmatch("[A-Z][A-Za-z]{1,63}", kind):
        return _not_sent("NO_RESOURCE", "the file is no FHIR resource in JSON")
    base = where.rstrip("/")
    heads = {"Content-Type": _FHIR, "Accept": _FHIR}
    if token:
        heads["Authorization"] = f"Bearer {token}"
    try:
        with httpx.Client(trust_env=False, timeout=SECONDS) as client:
            answer = client.post(
                base if kind == "Bundle" else f"{base}/{kind}", content=content, headers=heads
            )
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as trouble:
        return _not_sent("NO_CONNECTION", type(trouble).__name__)
    print(f"HTTP {answer.status_code}")
    if answer.content:
        print(answer.text)
    return DONE if answer.is_success else REFUSED


def _not_sent(code: str, message: str) -> int:
    print(f"{code}: {message}", file=sys.stderr)
    return NOT_SENT
