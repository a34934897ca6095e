"""A release in an agency's own format: rendered with an empty complement, and never without the notice it owes."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import consent
import mappings
from gateway.errors import NotUnderstood

_STANDARD = {"processing_id": "P", "version": "2.5.1"}


def in_local_format(
    mapping: mappings.Mapping_,
    resources: Sequence[Mapping[str, Any]],
    notice: consent.Notice,
    *,
    at: datetime,
    control_id: str,
    zone: str,
    settings: Mapping[str, str],
) -> mappings.Rendered:
    """The bytes for the recipient, with the notice and the scope text in them (42 CFR §2.32; requirement P2-32-04).

    Raises NotUnderstood: `RENDER_REFUSED` names the element without which the format cannot be written,
    `NOTICE_CANNOT_BE_CARRIED` says that the format has no place for the notice, so it cannot carry the release.
    """
    texts = [text for text in (notice.short_statement, notice.scope_text) if text]
    return with_texts(mapping, resources, texts, at=at, control_id=control_id, zone=zone, settings=settings)


def with_texts(
    mapping: mappings.Mapping_,
    resources: Sequence[Mapping[str, Any]],
    texts: Sequence[str],
    *,
    at: datetime,
    control_id: str,
    zone: str,
    settings: Mapping[str, str],
) -> mappings.Rendered:
    """The same with the texts of the notices that a release was shown with. Raises as `in_local_format` does."""
    facts = {**_STANDARD, **settings, **({"notice": " ".join(texts)} if texts else {})}
    try:
        made = mappings.render(mapping, resources, at=at, control_id=control_id, zone=zone, settings=facts)
    except mappings.RenderRefused as refused:
        raise NotUnderstood("RENDER_REFUSED", f"{refused.code}: {refused.message}", refused.place) from None
    written = _letters(html.unescape(made.content.decode("utf-8", "replace")))
    if any(_letters(text) not in written for text in texts):
        raise NotUnderstood("NOTICE_CANNOT_BE_CARRIED", "the format has no place for the notice", mapping.id)
    return made


def _letters(text: str) -> str:
    """Letters and digits alone, so that a format's own signs, escapes and line breaks do not hide a text."""
    return re.sub(r"[^A-Za-z0-9]", "", text)
