"""Each search parameter that the CapabilityStatement declares finds what meets it, and leaves out what does not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlencode

import pytest

from gateway.demo import person
from gateway.fhir_api.audit_routes import SEARCHED_BY
from gateway.fhir_api.search_table import Parameter, parameters_of
from gateway.fhir_api.served import SERVED
from tests.gateway.county import HOUSING, OTP, County
from tests.gateway.disclosure.twins import Api
from tests.gateway.fhir_api.one_of_each import one_of_each

WHO = "otp TREAT"
NEVER = {"token": "none-such", "date": "1999", "uri": "urn:none", "string": "zzz", "id": "none"}


def values_at(value: Any, path: list[str]) -> Iterator[Any]:
    """Every value at an element path."""
    for one in value if isinstance(value, list) else [value]:
        if not path:
            yield one
        elif isinstance(one, dict) and path[0] in one:
            yield from values_at(one[path[0]], path[1:])


def asked_for(kind: str, value: Any) -> str:
    """What a client would write to find this value."""
    if kind == "token" and isinstance(value, dict):
        coding = value.get("coding", [value])[0]
        return f"{coding['system']}|{coding.get('code', coding.get('value'))}"
    if kind == "date":
        return f"ge{value['start']}" if isinstance(value, dict) else str(value)[:10]
    if kind == "reference":
        return str(value["reference"])
    if kind == "string":
        text = next(iter(values_in(value)))
        return text[:4].upper()
    return str(value).lower() if isinstance(value, bool) else str(value)


def values_in(value: Any) -> Iterator[str]:
    """The texts of a name or an address."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for one in value.values() if isinstance(value, dict) else value:
            yield from values_in(one)


class Searching:
    """Searches as a client makes them."""

    def __init__(self, county: County) -> None:
        self.api, self.her = Api(county), county.patient_id

    def found(self, kind: str, *asked: tuple[str, str]) -> list[dict[str, Any]]:
        """What a search by an address finds; what is refused or not understood fails."""
        path = f"/fhir/{kind}?{urlencode(asked)}"
        answer = self.api.ask(WHO, "GET", path, Prefer="handling=strict")
        assert answer.status_code == 200, (path, answer.text)
        return [one["resource"] for one in answer.json().get("entry", ()) if one["search"]["mode"] == "match"]

    def by_form(self, kind: str, name: str, value: str) -> list[dict[str, Any]]:
        """What a search by a form finds."""
        content = urlencode({name: value}).encode()
        media = {"Content-Type": "application/x-www-form-urlencoded", "Prefer": "handling=strict"}
        answer = self.api.send(WHO, "POST", f"/fhir/{kind}/_search", content, media)
        assert answer.status_code == 200, answer.text
        return [one["resource"] for one in answer.json().get("entry", ()) if one["search"]["mode"] == "match"]

    def finds_by(self, kind: str, served: Mapping[str, Parameter], held: dict[str, Any]) -> None:
        """By all of the parameters together, each with a value that the record has; never by one that it has not."""
        whose = () if kind == "AuditEvent" else (("_id" if kind == "Patient" else "patient", self.her),)
        met = []
        for name, one in served.items():
            values = [value for place in one.places for value in values_at(held, place.split("."))]
            assert values, f"no {kind} with a value for {name} is tried"
            met.append((name, asked_for(one.kind, values[0])))
            never = NEVER.get(one.kind) or f"{one.targets[0] if one.targets else 'Patient'}/none"
            assert self.found(kind, *whose, (name, never)) == [], (kind, name, never)
        assert held["id"] in [one["id"] for one in self.found(kind, *whose, *met)], met


@pytest.mark.slow
def test_each_declared_search_parameter_filters(county: County) -> None:
    county.submit("otp", one_of_each())
    county.record("otp", person.consent("otp", "housing", "COC", identifier=OTP))
    search = Searching(county)
    statement = search.api.ask(WHO, "GET", "/fhir/metadata").json()
    declared = {one["type"]: one.get("searchParam", ()) for one in statement["rest"][0]["resource"]}
    search.found("Goal", ("patient", search.her))
    (first, *_) = search.found("AuditEvent", ("_count", "1"), ("entity:missing", "false"))
    search.finds_by("AuditEvent", SEARCHED_BY, first)
    for kind, parameters in declared.items():
        if kind not in SERVED or not parameters:
            continue
        by_patient, by_number, *others = [one["name"] for one in parameters]
        (held,) = search.found(kind, (by_patient, search.her))
        if not SERVED[kind].without_patient:
            assert search.found(kind, (by_patient, "none")) == [], kind
        assert [one["id"] for one in search.by_form(kind, by_number, "|".join(OTP))] == [held["id"]]
        assert search.by_form(kind, by_number, "|".join(HOUSING)) == []
        assert others == list(parameters_of(kind))
        search.finds_by(kind, parameters_of(kind), held)
