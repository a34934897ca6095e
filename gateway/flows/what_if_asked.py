"""A partner asks what a draft Consent would permit, before anybody signs it.

Answered from the draft alone: nothing that is held of anybody is read, so nothing can be learned by asking, and nothing
is kept of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from gateway.disclosure.what_if_questions import outlook_sentences
from gateway.errors import NotUnderstood
from gateway.flows.checked import checked
from gateway.resources import to_json

_ANYBODY = {"reference": "Patient/draft"}
"""In place of whoever the draft is about: she has no part in the answer."""


def what_if_asked(sent: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """A Parameters of plain sentences, one for each thing that some agency would see or not see.

    `sent`: a Consent, or a Parameters with it as `draft` and a `language` (`en`, `es`). Raises NotUnderstood with the
    place: what is wrong with the draft, `DRAFT_MISSING`, `AGENCIES_MISSING`, `LANGUAGE_UNKNOWN`.
    """
    draft, language = (sent, None) if sent.get("resourceType") != "Parameters" else _stated(sent)
    checked(draft, "Consent")
    draft = {**draft, "patient": _ANYBODY, **({"language": language} if language else {})}
    told = [
        {"name": "sentence", "valueString": sentence} for sentence in outlook_sentences(to_json(draft), now)
    ]
    return {"resourceType": "Parameters", **({"parameter": told} if told else {})}


def _stated(sent: Mapping[str, Any]) -> tuple[Mapping[str, Any], str | None]:
    """The draft of a Parameters, and the language if it names one."""
    draft: Mapping[str, Any] | None = None
    language: str | None = None
    listed = sent.get("parameter")
    for index, one in enumerate(listed if isinstance(listed, list) else ()):
        named = (
            (one.get("name"), one.get("resource"), one.get("valueCode")) if isinstance(one, dict) else None
        )
        if named is not None and named[0] == "draft" and isinstance(named[1], dict) and draft is None:
            draft = named[1]
        elif named is not None and named[0] == "language" and isinstance(named[2], str) and language is None:
            language = named[2]
        else:
            place = f"Parameters.parameter[{index}]"
            raise NotUnderstood(
                "OPERATION_PARAMETER", "must be one `draft`, and at most one `language`", place
            )
    if draft is None:
        raise NotUnderstood("DRAFT_MISSING", "needs a Consent as `draft`", "Parameters.parameter")
    return draft, language
