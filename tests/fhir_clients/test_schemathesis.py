"""schemathesis makes requests out of our own description of the API, right ones and wrong ones, against a full store.

Whoever asks may see nothing of what is hidden. Every answer is one that the description knows; none is a fault of ours,
none shows the planted words, and each refusal says what is wrong as an OperationOutcome.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlencode

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core import NotSet
from schemathesis.specs.openapi import checks

from gateway.resources.xml_reading import read_fhir
from tests import strategies
from tests.gateway.county import County
from tests.gateway.disclosure.hidden_county import ASKERS, CANARY, hidden_ids, hide, known_to_housing
from tests.gateway.disclosure.twins import Api

pytestmark = [pytest.mark.unmeasured, pytest.mark.slow, pytest.mark.requirement("FH-RED-02", "P2-13-02")]
FORM = "application/x-www-form-urlencoded"
CONFORMS = [
    checks.content_type_conformance,
    checks.response_schema_conformance,
    checks.status_code_conformance,
    not_a_server_error,
]
CONFORMS_EMPTY = [checks.status_code_conformance, not_a_server_error]


@dataclass
class World:
    """The store with what is hidden in it, its door, and ids that a clever asker might have heard of."""

    county: County
    api: Api
    hidden: dict[str, list[str]]
    cases: st.SearchStrategy[Case]

    @property
    def ids(self) -> list[str]:
        return [one for held in self.hidden.values() for one in held]

    def ask(self, who: str, case: Case, at: random.Random) -> httpx.Response:
        """The answer to a case; half of those that name an id name one that is there and hidden."""
        parameters, query = dict(case.path_parameters or {}), dict(case.query or {})
        if "id" in parameters and at.random() < 0.5:
            parameters["id"] = at.choice(self.ids)
        for name in ("patient", "subject", "_id"):
            if name in query and at.random() < 0.7:
                query[name] = self.county.patient_id
        case.path_parameters, case.query = parameters, query
        headers = {name: _visible(value) for name, value in (case.headers or {}).items()}
        content, media = _body(case)
        if media:
            headers["Content-Type"] = media
        return self.api.send(
            who,
            case.method,
            case.formatted_path + ("?" + urlencode(query, doseq=True) if query else ""),
            content,
            headers,
        )


def _body(case: Case) -> tuple[bytes | None, str]:
    if isinstance(case.body, NotSet):
        return None, ""
    if isinstance(case.body, bytes):
        return case.body, str(case.media_type)
    if case.media_type == FORM and isinstance(case.body, dict):
        return urlencode(case.body, doseq=True).encode(), FORM
    return json.dumps(case.body, default=str).encode(), str(case.media_type)


def _visible(value: object) -> str:
    """As a client may send it in a header."""
    return "".join(one for one in str(value) if " " <= one < "\x7f")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    county = County(tmp_path_factory.mktemp("hidden"))
    known_to_housing(county)
    hide(county)
    api = Api(county)
    described = schemathesis.openapi.from_dict(api.ask(ASKERS[0], "GET", "/openapi.json").json())
    cases = [
        operation.as_strategy(generation_mode=mode)
        for operation in (found.ok() for found in described.get_all_operations())
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
    ]
    yield World(county, api, hidden_ids(county), st.one_of(cases))
    county.close()


def _is_outcome(answer: httpx.Response) -> bool:
    """Whether a refusal is one as FHIR wants it."""
    told = read_fhir(answer.content)
    return bool(
        told["resourceType"] == "OperationOutcome"
        and all(one["severity"] and one["code"] and one["details"]["coding"] for one in told["issue"])
    )


@pytest.mark.timeout(3600)
def test_no_fault_no_leak_and_every_refusal_is_an_outcome(world: World) -> None:
    number = 0

    @settings(
        max_examples=strategies.examples(60, 20_000),
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(case=world.cases, who=st.sampled_from(ASKERS), at=st.randoms(use_true_random=False))
    def holds(case: Case, who: str, at: random.Random) -> None:
        nonlocal number
        number += 1
        answer = world.ask(who, case, at)

        assert CANARY not in answer.text
        asked = str(answer.request.url) + (answer.request.content or b"").decode("utf-8", "replace")
        assert not [one for one in world.ids if one in answer.text and one not in asked]
        # `return=minimal` is answered with nothing, which no media type describes.
        case.validate_response(answer, checks=CONFORMS if answer.content else CONFORMS_EMPTY)
        if answer.status_code >= 400 and not case.path.startswith("/oauth/token"):
            assert _is_outcome(answer)

    holds()
    assert number >= (20_000 if strategies.long_run else 25)


def test_the_planted_words_are_there_to_be_seen(world: World) -> None:
    """By whom may see them; or else their absence would show nothing."""
    found = world.api.ask("otp TREAT", "GET", f"/fhir/CarePlan?patient={world.county.patient_id}")
    assert CANARY in found.text
    assert {"CarePlan", "Goal", "MedicationStatement", "ServiceRequest", "Task"} <= set(world.hidden)
    assert not [one for who in ASKERS for one in _all(world, who) if CANARY in one]


def _all(world: World, who: str) -> Iterator[str]:
    for kind, held in world.hidden.items():
        for one in held:
            yield world.api.ask(who, "GET", f"/fhir/{kind}/{one}").text
