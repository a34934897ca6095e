"""One search parameter with its value as a limit: modifiers, alternatives, escapes. HL7 FHIR 4.0.1, search.html."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

from gateway.errors import NotUnderstood
from gateway.fhir_api.search_table import Parameter
from gateway.resources.searching import Filter, fault_of

_MOST_ALTERNATIVES = 32
_ALTERNATIVES = re.compile(r"(?<!\\),")
_UNESCAPED = re.compile(r"\\([,$|\\])")


def limits_in(
    asked: Iterable[tuple[str, str]], served: Mapping[str, Parameter], known: Collection[str], *, strict: bool
) -> tuple[Filter, ...]:
    """What the parameters limit, by those `served`; of others only the `known` are let pass when `strict`.

    Raises NotUnderstood `PARAMETER_UNKNOWN`, and as `limit_of` does.
    """
    found = []
    for name, value in asked:
        plain, _, modifier = name.partition(":")
        if plain in served:
            found.append(limit_of(plain, served[plain], modifier, value))
        elif strict and name not in known:
            raise NotUnderstood("PARAMETER_UNKNOWN", "a search parameter is not supported")
    return tuple(found)


def limit_of(name: str, parameter: Parameter, modifier: str, value: str) -> Filter:
    """What the parameter `name` with its modifier and value limits.

    Raises NotUnderstood `PARAMETER_MODIFIER`, `PARAMETER_INVALID`.
    """
    if modifier == "missing" and value in ("true", "false"):
        return Filter(parameter.kind, parameter.places, (), missing=value == "true")
    if parameter.kind == "reference" and modifier in parameter.targets:
        value, modifier = ",".join(f"{modifier}/{one}" for one in value.split(",")), ""
    if parameter.kind == "string" and modifier in ("exact", "contains"):
        parameter, modifier = replace(parameter, kind="exact" if modifier == "exact" else "contains"), ""
    if modifier and not (modifier == "not" and parameter.kind == "token"):
        raise NotUnderstood("PARAMETER_MODIFIER", f"a modifier of `{name}` is not supported", f"http.{name}")
    values = tuple(_UNESCAPED.sub(r"\1", part) for part in _ALTERNATIVES.split(value, _MOST_ALTERNATIVES))
    if len(values) > _MOST_ALTERNATIVES:
        text = f"`{name}`: at most {_MOST_ALTERNATIVES} alternatives are taken"
        raise NotUnderstood("PARAMETER_INVALID", text, f"http.{name}")
    for one in values:
        if fault := fault_of(parameter.kind, one):
            raise NotUnderstood("PARAMETER_INVALID", f"`{name}`: {fault}", f"http.{name}")
    return Filter(parameter.kind, parameter.places, values, negated=modifier == "not")
