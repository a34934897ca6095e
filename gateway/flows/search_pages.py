"""Which of the resources a caller may see meet its search, and which of them stand on the page it asks for.

Looked at after the gate: neither what is found nor how many pages there are tells of what was withheld. The token of a
page is encrypted, is good for an hour and for the caller and purpose that got it, and each page is decided anew.
"""

from __future__ import annotations

import base64
import binascii
import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from gateway.clock import instant_text
from gateway.disclosure.premises import Premises
from gateway.errors import NotUnderstood
from gateway.flows.answers import Include, Linked, SearchCriteria
from gateway.flows.included import included, linked
from gateway.resources.searching import Filter, first_instant, meets
from gateway.security.callers import Caller

PAGE_LASTS = timedelta(hours=1)
_WITHOUT_A_DATE = 1e15
Key = tuple[float, str]
BEFORE_EVERYTHING: Key = (-1e16, "")


class PageToken(msgspec.Struct, frozen=True):
    """What the token of a page holds. `after`: the sort key of the last resource on the page before."""

    partner: str
    purpose: str
    resource_type: str
    patient: str
    filters: tuple[Filter, ...]
    sort: tuple[str, ...]
    descending: bool
    count: int
    after: Key
    until: str
    includes: tuple[Include, ...] = ()
    links: tuple[Linked, ...] = ()
    elements: tuple[str, ...] = ()
    worklist: bool = False


class SearchPage:
    """One page of one search for some types. After `choose`: `whole` when it holds all that meets the search, `last`
    when more follow, `matches` how many of what was chosen meet it; the rest goes along.

    How many meet it is told where they are all shown, or all counted (`only_count`), and nowhere else: a count is a
    disclosure as well, and the log names what was shown.
    """

    def __init__(
        self,
        criteria: SearchCriteria,
        types: Collection[str],
        zone: str,
        after: Key = BEFORE_EVERYTHING,
    ) -> None:
        self._criteria = criteria
        self._types = types
        self._zone = ZoneInfo(zone)
        self._after = after
        self.whole = False
        self.last: Key | None = None
        self.matches = 0

    def choose(self, resources: Sequence[Mapping[str, Any]]) -> Sequence[Mapping[str, Any]]:
        """The resources on the page, in order, and then what goes along with them."""
        wanted = self._criteria.filters
        found = [one for one in resources if one["resourceType"] in self._types]
        met = [one for one in found if all(meets(one, part, self._zone) for part in wanted)]
        for link in self._criteria.links:
            met = linked(met, resources, link, self._zone)
        keyed = sorted(((self._key(one), one) for one in met), key=lambda pair: pair[0])
        left = [(key, one) for key, one in keyed if key > self._after]
        page = left if self._criteria.only_count else left[: self._criteria.count]
        self.whole = len(page) == len(keyed)
        self.last = page[-1][0] if page and len(left) > len(page) else None
        matches = [one for _, one in page]
        self.matches = len(matches)
        if self._criteria.only_count:
            return matches
        return [*matches, *included(matches, resources, self._criteria.includes)]

    def _key(self, resource: Mapping[str, Any]) -> Key:
        name = f"{resource['resourceType']}/{resource['id']}"
        if not self._criteria.sort:
            return 0.0, name
        at = first_instant(resource, self._criteria.sort, self._zone)
        if at is None:
            return _WITHOUT_A_DATE, name
        return -at.timestamp() if self._criteria.descending else at.timestamp(), name


def token_of(
    premises: Premises, caller: Caller, resource_type: str, criteria: SearchCriteria, patient: str, after: Key
) -> str:
    """The token of the page after `after`, for a link."""
    token = PageToken(
        partner=caller.partner,
        purpose=caller.purpose,
        resource_type=resource_type,
        patient=patient,
        filters=criteria.filters,
        sort=criteria.sort,
        descending=criteria.descending,
        count=criteria.count,
        after=after,
        until=instant_text(premises.clock.now() + PAGE_LASTS),
        includes=criteria.includes,
        links=criteria.links,
        elements=criteria.elements,
        worklist=criteria.worklist,
    )
    nonce = secrets.token_bytes(12)
    sealed = _cipher(premises).encrypt(nonce, msgspec.json.encode(token), _CONTEXT)
    return base64.urlsafe_b64encode(nonce + sealed).rstrip(b"=").decode()


def page_of(
    premises: Premises, caller: Caller, resource_type: str, criteria: SearchCriteria
) -> tuple[SearchCriteria, Key]:
    """The search that a page's token stands for, and after which resource the page begins.

    Raises NotUnderstood `PAGE_INVALID`, the same for a token of another caller, another purpose, another type, one that
    is too old, and what is no token.
    """
    try:
        sealed = base64.urlsafe_b64decode(criteria.page + "=" * (-len(criteria.page) % 4))
        plain = _cipher(premises).decrypt(sealed[:12], sealed[12:], _CONTEXT)
        token = msgspec.json.decode(plain, type=PageToken)
    except (binascii.Error, InvalidTag, ValueError):
        raise _invalid() from None
    theirs = (token.partner, token.purpose, token.resource_type)
    too_old = token.until <= instant_text(premises.clock.now())
    if theirs != (caller.partner, caller.purpose, resource_type) or too_old:
        raise _invalid()
    named = replace(
        criteria,
        page="",
        patient=token.patient,
        identifier=None,
        filters=token.filters,
        sort=token.sort,
        descending=token.descending,
        count=token.count,
        includes=token.includes,
        links=token.links,
        elements=token.elements,
        worklist=token.worklist,
    )
    return named, token.after


_CONTEXT = b"fhir-search-page"


def _cipher(premises: Premises) -> AESGCM:
    return AESGCM(premises.keys.page_key)


def _invalid() -> NotUnderstood:
    return NotUnderstood("PAGE_INVALID", "this page cannot be shown any more; search again", "http._page")
