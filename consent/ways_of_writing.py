"""When two ways of writing a name or a number are taken for the same person's."""

from __future__ import annotations

import unicodedata


def as_compared(written: str) -> str:
    """A name or number without what people write in one way or another: case, width, blanks, dots, hyphens, digits of
    another script. Two that are the same then are taken for the same person's; letters and digits alone are left.
    """
    plain = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", written).casefold())
    return "".join(str(unicodedata.decimal(one, one)) for one in plain if one.isalnum())
