"""The question as it was sent (AU-03), for the sealed part of the log: values and all, or its names alone.

A question may name a person by identifiers and demographics. It is sealed under the audit key of the patient whom it
found. One that found nobody has no key that could ever be destroyed, so of it the names of its parameters are kept; and
of those only what a search can be asked by, because anything may stand where a name should.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import parse_qsl, quote_plus, urlencode

from gateway.resources import supported_types

_LONGEST, _LONGEST_PATH, _LONGEST_NAME, _MOST = 4_000, 200, 48, 64
_HALF = re.compile(r"%[0-9A-F]?$")
_HIDDEN = "*"
_PART = re.compile(r"[.:]")
WORDS = frozenset(
    """
    _count _elements _format _has _id _include _lastUpdated _outputFormat _page _pretty _revinclude _since _sort
    _summary _total _type _typeFilter achievement-status action active activity-reference actor address address-city
    address-postalcode address-state agent agent-role agent-type author authored authored-on authoredon based-on
    business-status care-team category class clinical-status code condition contains context coverage-area custodian
    date derived-from description discharge-disposition effective effective-time encounter entity exact family focus
    given goal has-member identifier intent iterate law lifecycle-status location missing modified name not
    onset-date organization outcome owner part-of participant partof patient performer period practitioner prefetch
    priority program questionnaire reason-reference received recipient recorded recorded-date relationship requester
    resource role sender sent service service-category service-provider service-type specialty start-date status
    subject subtype target target-date type value-concept verification-status
    """.split()  # noqa: SIM905  a list of strings is harder to read
)
"""What names of parameters are made of, beside types: those of the search table, which is of a layer above."""


def question(path: str, parameters: Sequence[tuple[str, str]]) -> str:
    """The question in one line: `path` behind the base of the API, and what was asked, in the address or the form.

    The token of a page is left out: it stands for a question that has an entry of its own.
    """
    told = [(name, _HIDDEN if name == "_page" else value) for name, value in parameters]
    return f"{path}?{urlencode(told, safe=_HIDDEN)}" if told else path


def kept_question(asked: str, patient_id: str | None) -> str:
    """What the log keeps of a question, at most 4,000 characters: what is too long for that ends in three dots.

    Cut before its values go or stay, so that the names in it are the same whether anybody was found.
    """
    told = asked if len(asked) <= _LONGEST else _shortened(asked)
    return told if patient_id is not None else without_values(told)


def _shortened(asked: str) -> str:
    path, _, query = asked.partition("?")
    given = parse_qsl(query, keep_blank_values=True)[:_MOST]
    told = [(_cut(quote_plus(name), _LONGEST_NAME), quote_plus(value)) for name, value in given]
    room = _LONGEST - _LONGEST_PATH - sum(len(name) + 2 for name, _ in told)
    longest = room // max(len(told), 1)
    return f"{path[:_LONGEST_PATH]}?{'&'.join(f'{name}={_cut(value, longest)}' for name, value in told)}"


def _cut(text: str, longest: int) -> str:
    """Text as it stands in a query, cut where no character is halved."""
    return text if len(text) <= longest else f"{_HALF.sub('', text[: longest - 3])}..."


def without_values(asked: str) -> str:
    """The question with types, operations and names of parameters alone; names that no search knows are `*` too."""
    path, _, query = asked.partition("?")
    first, *rest = path.split("/")
    told = "/".join([first, *(one if one.startswith(("$", "_")) else _HIDDEN for one in rest)])
    names = [(_known(name), _HIDDEN) for name, _ in parse_qsl(query, keep_blank_values=True)]
    return f"{told}?{urlencode(names, safe=_HIDDEN)}" if names else told


def _known(name: str) -> str:
    return name if {*_PART.split(name)} <= WORDS | supported_types() else _HIDDEN
