"""The scope text of a notice, read again: what a page needs to say it in another language."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from consent.notice import CLASS_WORDS, ENCLOSED, OTHER_MAY_EXIST, PURPOSE_WORDS, STATED, STATEMENT_1

_SCOPE_LINE = re.compile(
    r"Released with the person's written permission, covering (?P<classes>.+?), for use(?: by (?P<recipient>.+?))?\. "
    r"You may use this for (?P<purposes>.+?) (?:until (?P<day>[0-9-]{10}) (?P<hour>[0-9:]{5}) UTC|until the permission "
    r"is withdrawn)\. Do not pass it on without new written permission, unless the law expressly allows it\. ?"
)
"""What `notice._scope_line` writes."""


@dataclass(frozen=True, slots=True)
class ScopeTold:
    """One permission of a scope text, read again: FHIR types and purposes as codes (as it says them where it has no word
    for one), the recipient as it is named, and the end (ISO 8601 UTC, to the minute); empty where none is said.
    """

    classes: tuple[str, ...]
    recipient: str
    purposes: tuple[str, ...]
    until: str


def is_law(text: str) -> bool:
    """Whether it is the statement of 42 CFR §2.32(a)(1), whose words are fixed."""
    return text == STATEMENT_1


def scopes_told(text: str) -> tuple[ScopeTold, ...]:
    """What a scope text says, so that a page can say it in another language; empty for any other text."""
    found = tuple(_SCOPE_LINE.finditer(text))
    rest = _SCOPE_LINE.sub("", text).split()
    if not found or rest != OTHER_MAY_EXIST.split():
        return ()
    return tuple(
        ScopeTold(
            _codes_of(one["classes"], CLASS_WORDS),
            one["recipient"] or "",
            _codes_of(one["purposes"], PURPOSE_WORDS),
            f"{one['day']}T{one['hour']}Z" if one["day"] else "",
        )
        for one in found
    )


def _codes_of(said: str, words: Mapping[str, str]) -> tuple[str, ...]:
    """The codes of a list in words: `_listed` backwards, the longest word first as some hold an "and" themselves."""
    known = {word: code for code, word in words.items()} | dict.fromkeys((ENCLOSED, STATED), "")
    either = "|".join(re.escape(word) for word in sorted(known, key=len, reverse=True))
    found = re.findall(rf"({either}|.+?)(?:, | and |$)", said)
    return tuple(code for word in found if (code := known.get(word, word)))
