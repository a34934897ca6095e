"""Each lens on a CDA data type undoes itself, and says what it cannot hold."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mappings.concept_map import ConceptMap, read_concept_map
from mappings.lenses import LensSpec
from mappings.lenses_ccda import CCDA_LENSES
from mappings.syntax.ccda_address import parse_address
from mappings.times import is_reversed
from mappings.unfit import Partly, Unfit
from tests.mappings.conftest import FORMATS

OIDS = read_concept_map(
    (FORMATS / "ccda/base/concept_maps/oid-systems.json").read_bytes(), "oid-systems.json"
)
WORDS = st.text(st.characters(min_codepoint=33, max_codepoint=0x24F), min_size=1, max_size=12)
USES = st.sampled_from([{}, {"use": "home"}, {"use": "work"}, {"use": "old"}])
DAYS = st.dates().map(lambda day: day.isoformat())
TIMES = st.sampled_from(
    ["2026", "2026-11", "2026-11-03", "2026-11-03T09:15:00-07:00", "1998-05-01T11:45:00.5+00:00"]
)
OF_KNOWN = st.sampled_from(sorted(OIDS.backward))
SYSTEMS = OF_KNOWN | st.sampled_from(
    ["urn:oid:2.16.840.1.113883.3.9999.1", "urn:uuid:6f1bd58b-c58f-40b7-b314-caf1294ed98b"]
)
CODES = st.text("ABCxyz0189-.", min_size=1, max_size=10)


def _lens(name: str, table: ConceptMap | None = None, **parameters: object) -> Any:
    make, _ = CCDA_LENSES[name]
    return make(LensSpec(name, parameters, table, OIDS))


def _table(name: str) -> ConceptMap:
    path = FORMATS / f"ccda/base/concept_maps/{name}.json"
    return read_concept_map(path.read_bytes(), path.name)


def _kept(pairs: Any) -> Any:
    return st.fixed_dictionaries({}, optional=pairs).filter(bool)


CODINGS = st.builds(
    lambda system, code, display: {
        "system": system,
        "code": code,
        **({"display": display} if display else {}),
    },
    SYSTEMS,
    CODES,
    WORDS | st.just(""),
)
NUMBERS = st.decimals(-9999, 9999, places=3).map(lambda number: Decimal(str(number)))
QUANTITIES = st.builds(
    lambda value, unit: {"value": value, "unit": unit, "system": "http://unitsofmeasure.org", "code": unit},
    NUMBERS,
    st.sampled_from(["kg", "mm[Hg]", "10*9/L", "%"]),
)
SAID = {
    "string": WORDS,
    "identifier": st.builds(lambda system, value: {"system": system, "value": value}, SYSTEMS, WORDS),
    "coding": CODINGS,
    "concept": st.builds(
        lambda codings, text: {
            **({"coding": codings} if codings else {}),
            **({"text": text} if text else {}),
        },
        st.lists(CODINGS, max_size=3, unique_by=str),
        WORDS | st.just(""),
    ).filter(bool),
    "date": DAYS,
    "datetime": TIMES,
    "period": _kept({"start": TIMES, "end": TIMES}).filter(
        lambda period: len(period) == 1 or not is_reversed(period["start"], period["end"])
    ),
    "quantity": QUANTITIES,
    "range": _kept({"low": QUANTITIES, "high": QUANTITIES}),
    "timing": st.builds(
        lambda period, unit: {"repeat": {"frequency": 1, "period": period, "periodUnit": unit}},
        NUMBERS,
        st.sampled_from(["s", "h", "d", "a"]),
    ),
    "integer": st.integers(-9999, 9999),
    "boolean": st.booleans(),
    "name": st.builds(
        lambda use, parts: {**use, **parts},
        st.sampled_from([{}, {"use": "usual"}, {"use": "official"}, {"use": "nickname"}]),
        _kept({"family": WORDS, "given": st.lists(WORDS, min_size=1, max_size=3)}),
    ),
    "address": st.builds(
        lambda use, parts: {**use, **parts},
        USES,
        _kept(
            {
                "line": st.lists(WORDS, min_size=1, max_size=2),
                "city": WORDS,
                "district": WORDS,
                "state": WORDS,
            }
        ),
    ),
    "telecom": st.builds(
        lambda system, value, use: {"system": system, "value": value, **use},
        st.sampled_from(["phone", "fax", "email"]),
        st.text("+0123456789.@a", min_size=1, max_size=14),
        USES,
    ),
}


@pytest.mark.parametrize("name", SAID)
@given(data=st.data())
def test_a_lens_undoes_itself(name: str, data: st.DataObject) -> None:
    lens = _lens(name)
    value = data.draw(SAID[name])
    written = lens.backward(value)
    assert lens.forward(written, None) == value
    assert lens.backward(lens.forward(written, None)) == written


@pytest.mark.parametrize(
    "path", sorted((FORMATS / "ccda/base/concept_maps").glob("ccda-*.json")), ids=lambda path: path.stem
)
def test_every_code_of_a_table_has_a_way_there_and_its_target_one_back(path: Any) -> None:
    table = read_concept_map(path.read_bytes(), path.name)
    assert table.forward
    for code, targets in table.forward.items():
        for target in targets:
            local = table.local(target.code)
            assert "security" in path.stem or local is not None
            assert local is None or target.code in {one.code for one in table.targets(local.code)}, code


@pytest.mark.parametrize(
    ("lens", "raw", "code"),
    [
        ("identifier", {"@root": "not an oid"}, "NOT_AN_ID"),
        ("concept", {"@nullFlavor": "OTH"}, "EMPTY"),
        ("concept", {"@code": "a  b"}, "NOT_A_CODE"),
        ("coding", {"@displayName": "words"}, "EMPTY"),
        ("datetime", {"@value": "20261399"}, "NOT_A_TIME"),
        ("datetime", {"@nullFlavor": "UNK"}, "EMPTY"),
        ("instant", {"@value": "20261103"}, "TIME_TOO_COARSE"),
        ("instant", {"@value": "202611030915"}, "ZONE_MISSING"),
        ("period", {"low": [{"@nullFlavor": "UNK"}]}, "EMPTY"),
        ("period", {"low": [{"@value": "202611030915"}]}, "ZONE_MISSING"),
        ("period", {"low": [{"@value": "20261103"}], "high": [{"@value": "202610"}]}, "PERIOD_REVERSED"),
        ("quantity", {"@value": "many"}, "NOT_NUMBER"),
        ("quantity", {"@unit": "kg"}, "NOT_TEXT"),
        ("range", {}, "EMPTY"),
        ("timing", {"period": [{"@value": "2", "@unit": "moons"}]}, "NOT_A_TIME"),
        ("integer", {"@value": "1.5"}, "NOT_INTEGER"),
        ("boolean", {"@value": "yes"}, "NOT_BOOLEAN"),
        ("name", {"prefix": [{"#": "Dr."}]}, "EMPTY"),
        ("address", {"@use": "HP"}, "EMPTY"),
        ("telecom", {"@use": "HP"}, "EMPTY"),
        ("attachment", [], "EMPTY"),
    ],
)
def test_a_value_outside_the_domain_is_said_by_name(lens: str, raw: Any, code: str) -> None:
    with pytest.raises(Unfit) as unfit:
        _lens(lens).forward(raw, None)
    assert unfit.value.code == code


def test_the_day_of_a_time_without_zone_is_all_that_goes_on() -> None:
    with pytest.raises(Partly) as partly:
        _lens("datetime").forward({"@value": "202611030915"}, None)
    assert partly.value.value == "2026-11-03"
    assert _lens("datetime").forward({"@value": "202611030915"}, "-07:00") == "2026-11-03T09:15:00-07:00"


def test_a_code_outside_the_table_is_not_written_as_if_it_were_one() -> None:
    lens = _lens("concept", _table("ccda-no-known-allergies"), original="left out")
    penicillin = {"coding": [{"system": "http://www.nlm.nih.gov/research/umls/rxnorm", "code": "7980"}]}
    with pytest.raises(Unfit) as unfit:
        lens.backward(penicillin)
    assert unfit.value.code == "NO_LOCAL_CODE"
    nothing = lens.forward({"@code": "419199007", "@codeSystem": "2.16.840.1.113883.6.96"}, None)
    assert [one["code"] for one in nothing["coding"]] == ["716186003"]
    assert lens.backward(nothing)["@code"] == "419199007"


def test_a_code_that_is_only_null_keeps_its_translations_and_words() -> None:
    raw = {
        "@nullFlavor": "OTH",
        "originalText": [{"#": "sleepless"}],
        "translation": [{"@code": "G47.00", "@codeSystem": "2.16.840.1.113883.6.90"}],
    }
    assert _lens("concept").forward(raw, None) == {
        "coding": [{"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "G47.00"}],
        "text": "sleepless",
    }
    pointing = {"@code": "1", "originalText": [{"reference": [{"@value": "#here"}]}]}
    assert _lens("concept").forward(pointing, None) == {"coding": [{"code": "1"}]}


def test_a_name_to_be_called_by_is_no_second_given_name() -> None:
    raw = {"given": [{"#": "Patricia"}, {"#": "Patty", "@qualifier": "CL"}], "family": [{"#": "Primary"}]}
    assert _lens("name").forward(raw, None) == {"family": "Primary", "given": ["Patricia"]}
    alone = {**raw, "given": raw["given"][1:]}
    assert _lens("name").forward(alone, None) == {"family": "Primary", "given": ["Patty"]}


@pytest.mark.parametrize(
    "text",
    ["", "a//b", "a/", "section[nobody]/x", "a[b", "@x", "./a/@b/c", "a[@x]", "a | ", "text()"],
)
def test_an_address_that_cannot_be_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_address(text)
