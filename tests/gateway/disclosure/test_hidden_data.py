"""Two stores, one with what an asker may not see and one without it, answer every request of hers in the same bytes."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count, product
from pathlib import Path

import httpx
import pytest

from gateway import clock
from gateway.resources import to_json
from gateway.resources.xml_reading import read_fhir
from tests import strategies
from tests.gateway.county import County
from tests.gateway.disclosure.generated_requests import AGENCIES, FHIR, FORM, Asked, Requests
from tests.gateway.disclosure.hidden_county import (
    ASKERS,
    CANARY,
    KNOWS_HER,
    hidden_ids,
    hide,
    known_to_housing,
)
from tests.gateway.disclosure.twins import Twins, parted, said

pytestmark = [pytest.mark.requirement("P2-13-02", "FH-RED-02", "FH-RED-06"), pytest.mark.slow]


@pytest.fixture
def two(tmp_path: Path) -> Iterator[Twins]:
    """`quiet` knows what the askers brought, `busy` all the rest besides."""
    first = County(tmp_path / "quiet")
    known_to_housing(first)
    with parted(first, tmp_path) as made:
        hide(made.busy)
        yield made


@dataclass
class Chance:
    """Random ids that are the same for both stores, request by request: what an asker makes is named alike then."""

    made: random.Random = field(default_factory=random.Random)

    def octets(self, count: int) -> bytes:
        return self.made.randbytes(count)


@pytest.fixture
def chance(monkeypatch: pytest.MonkeyPatch) -> Chance:
    found = Chance()
    monkeypatch.setattr(clock, "_random", found.octets)
    return found


def ask_both(two: Twins, chance: Chance, who: str, asked: Asked, number: int) -> list[httpx.Response]:
    answers = []
    for api in two.apis:
        chance.made.seed(number)
        answers.append(api.send(who, asked.method, asked.path, asked.content, asked.headers))
    return answers


def next_page(answer: httpx.Response) -> str | None:
    if "fhir" not in answer.headers.get("content-type", ""):
        return None
    links = read_fhir(answer.content).get("link", ()) if answer.status_code == 200 else ()
    return next((one["url"].partition("gateway.test")[2] for one in links if one["relation"] == "next"), None)


def requests(two: Twins, seed: int) -> Requests:
    document = two.apis[0].ask(ASKERS[0], "GET", "/openapi.json").json()
    ids = hidden_ids(two.busy)
    her = two.busy.patient_id
    own = two.busy.own_patient_id(KNOWS_HER)
    return Requests(document, her, ids, [own], random.Random(seed))


@pytest.mark.timeout(3600)
@pytest.mark.unmeasured
def test_no_request_tells_whether_there_is_anything_hidden(two: Twins, chance: Chance) -> None:
    made = requests(two, seed=6)
    number = strategies.examples(250, 6_000)
    seen: Counter[int] = Counter()
    pages = 0
    for index, (name, asked) in enumerate(made.each(number)):
        who = ASKERS[index % len(ASKERS)]
        quiet, busy = ask_both(two, chance, who, asked, index)
        if not name.endswith("/metrics"):  # the counts of what was asked, and how long it took
            assert said(quiet) == said(busy), (who, name, asked)
        assert CANARY not in busy.text
        seen[quiet.status_code] += 1
        while (further := (next_page(quiet), next_page(busy))) != (None, None):
            assert None not in further
            pages += 1
            answers = []
            for api, path in zip(two.apis, further, strict=True):
                chance.made.seed(f"page {pages}")  # or what is told of requests later has other ids
                answers.append(api.ask(who, "GET", str(path)))
            quiet, busy = answers
            assert said(quiet) == said(busy), (who, name, "next page")
        if index % 50 == 49:
            two.wait()
    assert number >= 50 and seen[200] > number / 5 and seen[404] > number / 50, seen


@pytest.mark.timeout(3600)
def test_a_batch_of_reads_tells_no_more_than_each_of_them(two: Twins, chance: Chance) -> None:
    made, seen = requests(two, seed=4), Counter[str]()
    for index in range(strategies.examples(20, 1_500)):
        content, who = to_json(made.reads()), ASKERS[index % len(ASKERS)]
        asked = Asked("POST", "/fhir", content, {"Content-Type": FHIR})
        quiet, busy = ask_both(two, chance, who, asked, index)
        assert said(quiet) == said(busy), (who, content)
        seen.update(one["response"]["status"][:3] for one in quiet.json().get("entry", ()))
    assert {"200", "404"} <= seen.keys(), seen


def test_a_question_too_long_for_the_log_is_told_alike(two: Twins, chance: Chance) -> None:
    """What an asker reads of its own asks: one that found somebody is kept with its values, another without. And of
    worklists, its own and others'.
    """
    made, media = requests(two, seed=3), {"Content-Type": FORM}
    number = count()
    for who in ASKERS:
        for kind, held in made.ids.items():
            about = f"target={kind}/{held[0]}".encode()
            for content in (about, b"zz=" + b"a" * 4_100 + b"&" + about, about + b"&zz=" + b"%C3%A9" * 900):
                asked = Asked("POST", "/fhir/Provenance/_search", content + b"&recorded=gt2020", media)
                quiet, busy = ask_both(two, chance, who, asked, next(number))
                assert said(quiet) == said(busy)
        for role, agency in product(("owner", "requester"), AGENCIES):
            list_of = Asked("GET", f"/fhir/Task?{role}=Organization/{agency}&_include=Task:patient")
            quiet, busy = ask_both(two, chance, who, list_of, next(number))
            assert said(quiet) == said(busy) and quiet.status_code == 200
        quiet, busy = ask_both(two, chance, who, Asked("GET", "/fhir/AuditEvent?_count=250"), next(number))
        assert said(quiet) == said(busy) and quiet.json()["total"] > 20


def test_every_operation_is_asked(two: Twins) -> None:
    made = requests(two, seed=1)
    operations = {f"{method} {path}" for method, path in made.operations()}
    assert {name for name, _ in made.each(len(operations))} == operations
    assert {"GET /fhir/Patient/{id}/$everything", "POST /cds-services/{id}", "GET /fhir/Task"} <= operations


def test_who_may_see_it_is_told_another_thing_by_each(two: Twins, chance: Chance) -> None:
    """Or else the test above would show nothing."""
    made = requests(two, seed=2)
    differ = 0
    for index, (_, asked) in enumerate(made.each(3 * len(made.operations()))):
        if asked.method == "GET":
            quiet, busy = ask_both(two, chance, "otp TREAT", asked, index)
            differ += said(quiet) != said(busy)
    assert differ > 5
