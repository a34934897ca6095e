"""`_include` and `_revinclude`: which references of the served types can be followed. HL7 FHIR 4.0.1, search.html.

Made from `search_table.py`, as what is declared of them is. `*` is not served: what goes along is named. With `:iterate`
it is looked for from what went along as well, a few steps far.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from gateway.errors import NotUnderstood
from gateway.fhir_api.search_table import Parameter, parameters_of
from gateway.fhir_api.served import SEARCHED, SERVED
from gateway.flows.answers import Include

FORWARD, BACKWARD, ITERATE = "_include", "_revinclude", "iterate"
_MOST = 16
_PATIENT = "Patient"


def includes_of(resource_type: str) -> tuple[str, ...]:
    """What `_include` takes in a search for this type (`Task:focus`)."""
    if resource_type not in SEARCHED:
        return ()
    return tuple(f"{resource_type}:{name}" for name, _ in _followed(resource_type))


def revincludes_of(resource_type: str) -> tuple[str, ...]:
    """What `_revinclude` takes in a search for this type."""
    return tuple(
        f"{source}:{name}"
        for source in SEARCHED
        for name, parameter in _followed(source)
        if resource_type in parameter.targets
    )


def includes_in(resource_type: str, asked: Iterable[tuple[str, str]], *, strict: bool) -> tuple[Include, ...]:
    """What is asked to go along; what is not served is left out, or refused when `strict`.

    Raises NotUnderstood `PARAMETER_MODIFIER` (all but `:iterate`), `PARAMETER_UNKNOWN`, `PARAMETER_INVALID` (too many).
    """
    found = []
    for name, value in asked:
        plain, colon, modifier = name.partition(":")
        if plain not in (FORWARD, BACKWARD):
            continue
        if colon and modifier != ITERATE:
            raise NotUnderstood(
                "PARAMETER_MODIFIER", f"a modifier of `{plain}` is not supported", f"http.{plain}"
            )
        one = _include(resource_type, value, reverse=plain == BACKWARD, iterate=bool(colon))
        if one is not None:
            found.append(one)
        elif strict:
            raise NotUnderstood(
                "PARAMETER_UNKNOWN", f"a value of `{plain}` is not supported", f"http.{plain}"
            )
    if len(found) > _MOST:
        raise NotUnderstood("PARAMETER_INVALID", f"at most {_MOST} inclusions are taken in one search")
    return tuple(found)


def _include(resource_type: str, value: str, *, reverse: bool, iterate: bool) -> Include | None:
    source, _, rest = value.partition(":")
    name, _, target = rest.partition(":")
    parameter = followed_by(source, name)
    if parameter is None or (target and target not in parameter.targets):
        return None
    targets = (target,) if target else parameter.targets
    if iterate:
        return Include(source, parameter.places, targets, reverse=reverse, iterate=True)
    if (resource_type not in targets) if reverse else (source != resource_type):
        return None
    return Include(source, parameter.places, (resource_type,) if reverse else targets, reverse=reverse)


def followed_by(resource_type: str, name: str) -> Parameter | None:
    """The parameter of that name, where it refers to what is served."""
    return dict(_followed(resource_type)).get(name) if resource_type in SERVED else None


def _followed(resource_type: str) -> Iterator[tuple[str, Parameter]]:
    """The parameters of a type that refer to what is served."""
    if resource_type != _PATIENT and not SERVED[resource_type].without_patient:
        by_patient = SERVED[resource_type].by_patient
        yield by_patient, Parameter("reference", PATIENT_PLACES, targets=(_PATIENT,))
    for name, parameter in parameters_of(resource_type).items():
        if parameter.targets:
            yield name, parameter


PATIENT_PLACES = ("subject", "patient", "for", "beneficiary", "participant.actor")
"""Where the served types say whom they are about."""
