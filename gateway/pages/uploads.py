"""A form with one file in it, read in memory: what a person sends never touches the disk on its way."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass, field

from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

from gateway.errors import NotUnderstood

LARGEST = 1024 * 1024
"""In octets, all of the form: up to here the parser keeps a file in memory."""
_MOST_FIELDS, _LARGEST_FIELD = 4, 1024


@dataclass(frozen=True, slots=True)
class Uploaded:
    """A file: the ending of its name in lower case without the dot, and what is in it."""

    ending: str
    content: bytes = field(repr=False)


async def read_upload(request: Request, most: int) -> tuple[Mapping[str, str], Uploaded | None]:
    """The fields and the one file of a `multipart/form-data`, of at most `most` octets and never more than `LARGEST`.

    Nothing of it is checked. Raises NotUnderstood `FORM_INVALID`, `FORM_TOO_LARGE`.
    """
    if not request.headers.get("content-type", "").startswith("multipart/form-data;"):
        raise NotUnderstood("FORM_INVALID", "the form holds no file")
    parser = MultiPartParser(
        request.headers,
        _capped(request, min(most, LARGEST)),
        max_files=1,
        max_fields=_MOST_FIELDS,
        max_part_size=_LARGEST_FIELD,
    )
    try:
        parts = await parser.parse()
    except MultiPartException:
        raise NotUnderstood("FORM_INVALID", "the form cannot be read") from None
    fields, found = {}, None
    for name, value in parts.multi_items():
        if isinstance(value, UploadFile):
            found = Uploaded((value.filename or "").rpartition(".")[2].lower(), await value.read())
            await value.close()
        else:
            fields[name] = value
    return fields, found


async def _capped(request: Request, most: int) -> AsyncGenerator[bytes, None]:
    """The body as it comes, ended by a refusal where it is too large, whatever its length was said to be."""
    seen = 0
    async for piece in request.stream():
        seen += len(piece)
        if seen > most:
            raise NotUnderstood("FORM_TOO_LARGE", "the form is too large")
        yield piece
