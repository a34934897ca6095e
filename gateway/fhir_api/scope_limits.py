"""What the search limits of scopes mean, by the search parameters that are served. SMART App Launch 2.2.

A limit is one search without a patient: parameters of the type, ANDed, alternatives by commas. One that cannot be kept
is not granted, and opens nothing where a token has it all the same.
"""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import parse_qsl

from gateway.errors import NotUnderstood
from gateway.fhir_api.search_limits import limit_of
from gateway.fhir_api.search_table import parameters_of
from gateway.fhir_api.served import SERVED
from gateway.resources import supported_types
from gateway.resources.searching import Filter
from gateway.security.callers import ScopeLimit
from gateway.security.scopes import read_scopes

_ASKED_FOR = {*SERVED, "AuditEvent", "Group", "Subscription"}


def limits_of(scopes: Iterable[str]) -> tuple[ScopeLimit, ...]:
    """The limits of those scopes that have one and can be kept."""
    limited = read_scopes(one for one in scopes if "?" in one).limited
    return tuple(found for one in limited if (found := _limit(*one)) is not None)


def kept_scopes(scopes: Iterable[str]) -> frozenset[str]:
    """Those of the scopes that can be kept: all without a limit, and those whose limit is understood."""
    return frozenset(one for one in scopes if "?" not in one or limits_of((one,)))


def opens_nothing(scope: str) -> str:
    """Why a scope that a client is registered for is never of any use, in words; empty where it is."""
    found = read_scopes((scope,))
    if "?" in scope:
        return (
            "" if limits_of((scope,)) else "its limit names no search that is served, so it is never granted"
        )
    letters = found.letters_by_type
    if not any(letters.values()):
        return "it is none: `system/[type].[letters of cruds]`, in this order"
    ((name, theirs),) = letters.items()
    brought_in = name in supported_types() and theirs & {"c", "u"}
    return "" if name in {"*", *_ASKED_FOR} or brought_in else f"nothing of type {name} is served"


def filters_of(resource_type: str, search: str) -> tuple[Filter, ...]:
    """What a search without a patient (`category=a,b&status=active`) limits a type to; empty where it cannot be kept."""
    parameters = parameters_of(resource_type)
    filters = []
    try:
        asked = parse_qsl(
            search, keep_blank_values=True, strict_parsing=True, errors="strict", max_num_fields=8
        )
        for name, value in asked:
            plain, _, modifier = name.partition(":")
            if plain not in parameters:
                return ()
            filters.append(limit_of(plain, parameters[plain], modifier, value))
    except (ValueError, NotUnderstood):
        return ()
    return tuple(filters)


def _limit(resource_type: str, letters: str, search: str) -> ScopeLimit | None:
    if resource_type not in SERVED or resource_type == "Patient":
        return None
    filters = filters_of(resource_type, search)
    return ScopeLimit(resource_type, letters, filters) if filters else None
