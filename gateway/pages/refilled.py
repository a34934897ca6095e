"""A page whose form was refused, with the form filled in as it was sent: nobody types twice."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from typing import Any

import lxml.html

PLACE = "again"
"""The id of the form on the page."""
_TICKS = ("checkbox", "radio")


def refilled(page: str, action: str, sent: Mapping[str, str]) -> str | None:
    """`page` with its form that goes to `action` filled in as it was `sent`, and named `PLACE`; None where there is no
    such form. Of several that go there it is the one with the same hidden fields; those are as the page has them: a
    token, or the version that is answered. What was typed unseen (`masked`) is in no page.
    """
    document: Any = lxml.html.document_fromstring(page)
    forms = [one for one in document.forms if one.action == action]
    if not forms:
        return None
    form = max(forms, key=lambda one: _alike(one, sent))
    form.set("id", PLACE)
    for box in form.inputs:
        if box.get("type") in _TICKS and box.name not in sent:
            box.checked = False
    left = {one.name for one in (*_hidden(form), *_masked(form))}
    for name, value in sent.items():
        if name not in left:
            with contextlib.suppress(KeyError, ValueError):  # what the form has no place for
                form.fields[name] = value
    return str(lxml.html.tostring(document, encoding="unicode", doctype="<!doctype html>"))


def _alike(form: Any, sent: Mapping[str, str]) -> int:
    return sum(sent.get(one.name) == one.value for one in _hidden(form))


def _hidden(form: Any) -> list[Any]:
    return [one for one in form.inputs if one.get("type") == "hidden"]


def _masked(form: Any) -> list[Any]:
    return [one for one in form.inputs if "masked" in (one.get("class") or "").split()]
