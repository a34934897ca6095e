"""Chained search, one step: `Task?based-on:ServiceRequest.code=…`, and backwards `_has:Task:focus:status=…`.

Any reference and any parameter of `search_table.py` can be so joined. Both ends are looked at as far as the caller may
see them. By what identifies a patient nothing is chained but `patient.identifier`, which names whom a search is about.
"""

from __future__ import annotations

from collections.abc import Iterable

from gateway.errors import NotUnderstood
from gateway.fhir_api.includes import followed_by
from gateway.fhir_api.search_limits import limit_of
from gateway.fhir_api.search_table import parameters_of
from gateway.fhir_api.served import SERVED
from gateway.flows.answers import Include, Linked

HAS = "_has"
_MOST = 4


def links_in(resource_type: str, asked: Iterable[tuple[str, str]]) -> tuple[tuple[Linked, ...], set[str]]:
    """What limits a search by what its matches are linked to, and the names that were understood.

    Raises NotUnderstood `PARAMETER_INVALID` (too many; a chain that fits several types), and as `limit_of` does.
    """
    found, used = [], set()
    for name, value in asked:
        made = _backwards(resource_type, name, value) if name.startswith(f"{HAS}:") else None
        if "." in name and made is None:
            made = _forwards(resource_type, name, value)
        if made is not None:
            found.append(made)
            used.add(name)
    if len(found) > _MOST:
        raise NotUnderstood("PARAMETER_INVALID", f"at most {_MOST} chained limits are taken in one search")
    return tuple(found), used


def _forwards(resource_type: str, name: str, value: str) -> Linked | None:
    """`[reference][:type].[parameter][:modifier]`."""
    reference, _, rest = name.partition(".")
    plain, _, target = reference.partition(":")
    wanted, _, modifier = rest.partition(":")
    followed = followed_by(resource_type, plain)
    if followed is None or (target and target not in followed.targets):
        return None
    types = (target,) if target else followed.targets
    fitting = [one for one in types if one in SERVED and wanted in parameters_of(one)]
    if not fitting:
        return None
    if len(fitting) > 1:
        raise NotUnderstood(
            "PARAMETER_INVALID", f"`{plain}` of a chain must name one type, as `{plain}:[type]`"
        )
    limit = limit_of(wanted, parameters_of(fitting[0])[wanted], modifier, value)
    return Linked(Include(resource_type, followed.places, (fitting[0],)), limit)


def _backwards(resource_type: str, name: str, value: str) -> Linked | None:
    """`_has:[type]:[reference]:[parameter][:modifier]`."""
    source, _, rest = name.removeprefix(f"{HAS}:").partition(":")
    reference, _, rest = rest.partition(":")
    wanted, _, modifier = rest.partition(":")
    followed = followed_by(source, reference)
    if followed is None or resource_type not in followed.targets or wanted not in parameters_of(source):
        return None
    limit = limit_of(wanted, parameters_of(source)[wanted], modifier, value)
    return Linked(Include(source, followed.places, (resource_type,), reverse=True), limit)
