"""Whose records a Consent could open: read exactly as matching reads it."""

from __future__ import annotations

from typing import Any

import pytest

from consent import Identifier, NamedDiscloser, disclosers_of
from consent.disclosers import NOBODY

ROLES = "http://terminology.hl7.org/CodeSystem/v3-ParticipationType"
A, B = NamedDiscloser("Organization/a"), NamedDiscloser("Organization/b")


def actor(reference: object, code: str = "PROV") -> dict[str, Any]:
    """An actor in that role."""
    return {"role": {"coding": [{"system": ROLES, "code": code}]}, "reference": reference}


def named(reference: str) -> dict[str, str]:
    """A Reference."""
    return {"reference": reference}


def consent(*actors: object, organization: object = None, **node: Any) -> dict[str, Any]:
    """A permit with those actors."""
    made: dict[str, Any] = {
        "resourceType": "Consent",
        "status": "active",
        "provision": {"type": "permit", **({"actor": list(actors)} if actors else {}), **node},
    }
    return made if organization is None else {**made, "organization": organization}


FROM_B = {"type": "permit", "actor": [actor(named("Organization/b"))]}


@pytest.mark.requirement("P2-31-03")
@pytest.mark.parametrize(
    ("resource", "expected"),
    [
        (consent(actor(named("Organization/a"))), {A}),
        (consent(actor(named("Organization/a"), "INF"), actor(named("Organization/b"), "CST")), {A, B}),
        (consent(actor(named("Organization/a/_history/3"))), {A}),
        (consent(actor({"identifier": {"system": "s", "value": "1"}})), {NamedDiscloser(None, Identifier("s", "1"))}),
        (
            consent(actor({"reference": "Organization/a", "identifier": {"system": "s", "value": "1"}})),
            {NamedDiscloser("Organization/a", Identifier("s", "1"))},
        ),
        (consent(actor({"display": "my treating providers"})), {NOBODY}),
        (consent(actor(named("Organization/a"), "IRCP")), {NOBODY}),
        (consent(organization=[named("Organization/a"), named("Organization/b")]), {A, B}),
        (consent(organization=[named("Organization/a"), {"display": "and others"}]), {A, NOBODY}),
        (consent(organization="Organization/a"), {NOBODY}),
        (consent(actor(named("Organization/a")), organization=[named("Organization/b")]), {A}),
        (consent(actor(named("Organization/a")), type="deny"), set()),
        (consent(organization=[named("Organization/a")], provision=[FROM_B]), {A, B}),
        (consent(actor(named("Organization/a")), type="deny", provision=[{"type": "permit"}]), {A}),
        ({**consent(actor(named("Organization/a"))), "status": "inactive"}, {A}),
        ({"resourceType": "Consent", "status": "active"}, set()),
        (consent(actor=7), {NOBODY}),
    ],
)  # fmt: skip
def test_every_discloser_of_a_permit_is_named(
    resource: dict[str, Any], expected: set[NamedDiscloser]
) -> None:
    assert disclosers_of(resource) == expected


def test_a_consent_too_deep_to_be_read_names_nobody_for_it_permits_nothing() -> None:
    deep: dict[str, Any] = {"type": "permit"}
    for _ in range(20):
        deep = {"type": "permit", "actor": [actor(named("Organization/a"))], "provision": [deep]}

    assert disclosers_of({"resourceType": "Consent", "status": "active", "provision": deep}) == frozenset()
