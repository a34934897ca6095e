"""A needs assessment asked at the desk: as official codes say it, decided answer by answer, and needs to refer for."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import timedelta
from html import unescape
from pathlib import Path
from typing import Any

import pytest

import mappings
from gateway.errors import NotUnderstood
from gateway.flows.desk_needs import resources_of
from gateway.flows.needs_questions import QUESTIONS, TOOLS
from tests.gateway.agency_desk.conftest import Browser
from tests.gateway.agency_desk.test_cases import at, cases, lena
from tests.gateway.county import County

__all__ = ["cases", "lena"]
SAMPLES = Path(mappings.__file__).parent / "formats/case_management/needs_assessment/samples"


def needs_page(lena: Browser, county: County, tool: str = "PRAPARE") -> str:
    """The page of the questions."""
    return unescape(lena.get(at(county, f"/needs?tool={tool}")).text)


def answer(lena: Browser, county: County, tool: str = "PRAPARE", **said: str) -> str:
    """What the page says when these answers are saved."""
    needs_page(lena, county, tool)
    key = re.findall(r'name="key" value="([^"]+)"', lena.page.text)[-1]
    form = {"token": lena.hidden("token"), "key": key, "tool": tool}
    given = {f"a.{name.replace('__', '.')}": value for name, value in said.items()}
    return unescape(lena.post(at(county, "/needs"), {**form, **given}).text)


def sample_answers(tool: str, response: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """The answers of a sample, in our words."""
    found: dict[str, set[str]] = {}
    todo = list(response["item"])
    while todo:
        item = todo.pop()
        todo += item.get("item", ())
        found[item["linkId"]] = {one["valueCoding"]["code"] for one in item.get("answer", ())}
    return {
        one.name: tuple(word for word, (code, _) in one.answers.items() if code in found[one.link_id])
        for one in QUESTIONS[tool]
        if one.link_id in found
    }


def plain(resource: Mapping[str, Any]) -> dict[str, Any]:
    """Without what names the writing and the person; of what is in no order, in one."""
    left = (
        "id",
        "subject",
        "derivedFrom",
        "identifier",
        "effectiveDateTime",
        "authored",
        "author",
        "performer",
    )
    made = {name: value for name, value in resource.items() if name not in left}
    return json.loads(json.dumps(made, sort_keys=True), object_hook=_in_order)  # type: ignore[no-any-return]


def _in_order(tree: dict[str, Any]) -> dict[str, Any]:
    for name in ("answer", "component"):
        if name in tree:
            tree[name] = sorted(tree[name], key=lambda one: json.dumps(one, sort_keys=True))
    return tree


@pytest.mark.requirement("DM-23")
@pytest.mark.parametrize("tool", TOOLS)
def test_what_is_asked_looks_as_what_comes_by_a_workbook(tool: str) -> None:
    sample = json.loads((SAMPLES / f"{tool.lower()}.fhir.json").read_text())
    response = next(one for one in sample if one["resourceType"] == "QuestionnaireResponse")
    about = [{"reference": f"QuestionnaireResponse/{response['id']}"}]
    expected = [plain(one) for one in (response, *(one for one in sample if one.get("derivedFrom") == about))]

    made = resources_of("case-management", tool, sample_answers(tool, response), "2026-11-03", "k" * 12)

    key = lambda one: (one["resourceType"], str(one.get("code")))  # noqa: E731
    assert sorted(map(plain, made), key=key) == sorted(expected, key=key)


@pytest.mark.requirement("DM-23")
def test_needs_that_come_out_of_it_are_offered_as_referrals(cases: County, lena: Browser) -> None:
    assert "Do you have a home of your own?" in needs_page(lena, cases)
    assert "Needs that came out" not in lena.page.text and "NACHC" in lena.page.text
    page = answer(lena, cases, housing="no-housing", transport__medical="medical", transport__other="other")
    assert "Refer for this: Housing" in page and "Refer for this: Rides" in page
    assert "Refer for this: Work" not in page and "may not be safe" not in page

    form = dict(
        re.findall(r'name="(key|need|token|instead)" value="([^"]*)"', page[: page.index("Rides</h3>")])
    )
    preview = lena.post(at(cases, "/preview"), {**form, "agency": "peer-support", "priority": "routine"}).text
    assert "What they would see now" in preview and "Housing" in preview
    kinds = [one.resource_type for one in cases.records("QuestionnaireResponse", "Observation")]
    assert sorted(kinds) == ["Observation", "Observation", "QuestionnaireResponse"]
    assert all(one.sources == ("case-management",) for one in cases.records("QuestionnaireResponse"))


@pytest.mark.requirement("DM-23")
def test_an_answer_about_safety_is_labelled_and_makes_no_referral(cases: County, lena: Browser) -> None:
    page = answer(lena, cases, safe_home="no", employment="full-time")
    assert "They may not be safe at home." in page and "No need came out of it." in page
    labels = {
        one.resource["code"]["coding"][0]["code"]: one.resource.get("meta", {}).get("security", [])
        for one in cases.records("Observation")
    }
    assert labels["93026-3"][0]["code"] == "SDV" and not any(
        one["code"] == "SDV" for one in labels["67875-5"]
    )
    (response,) = cases.records("QuestionnaireResponse")
    assert response.resource["meta"]["security"][0]["code"] == "SDV"
    assert "may not be safe" in answer(lena, cases, partner_fear="unsure")


def test_the_newest_stands_on_top_and_both_tools_are_there(cases: County, lena: Browser) -> None:
    answer(lena, cases, housing="no-housing")
    cases.clock.advance(timedelta(minutes=5))
    assert "Refer for this: Work" in answer(lena, cases, employment="unemployed")
    assert "Refer for this: Housing" not in lena.page.text
    page = needs_page(lena, cases, "AHC")
    assert "How is your living place today?" in page and 'name="a.employment"' not in page and "CMS" in page
    lena.post("/agency/language", {"language": "es"})
    assert "¿Cómo es hoy el lugar donde vive?" in needs_page(lena, cases, "AHC")


@pytest.mark.parametrize(
    ("tool", "given", "code"),
    [
        ("PRAPARE", {}, "NOTHING_ANSWERED"),
        ("PRAPARE", {"housing": ("",)}, "NOTHING_ANSWERED"),
        ("PRAPARE", {"housing": ("palace",)}, "CHOICE_UNKNOWN"),
        ("PRAPARE", {"housing": ("no-housing", "has-housing")}, "CHOICE_UNKNOWN"),
        ("PRAPARE", {"transport": ("no", "medical")}, "CHOICE_UNKNOWN"),
        ("AHC", {"employment": ("full-time",)}, "CHOICE_UNKNOWN"),
        ("GAD-7", {"housing": ("no-housing",)}, "CHOICE_UNKNOWN"),
    ],
)
def test_what_the_page_does_not_offer_is_refused(
    tool: str, given: dict[str, tuple[str, ...]], code: str
) -> None:
    with pytest.raises(NotUnderstood) as refused:
        resources_of("case-management", tool, given, "2026-11-03", "k" * 12)
    assert refused.value.code == code


def test_a_stranger_is_nobody_here(cases: County, lena: Browser) -> None:
    assert lena.get("/agency/clients/nobody/needs").status_code == 404
    token = lena.get(at(cases)) and lena.hidden("token")
    form = {"token": token, "key": "0" * 12, "tool": "AHC", "a.living": "steady"}
    assert lena.post("/agency/clients/nobody/needs", form).status_code == 404
    assert cases.records("QuestionnaireResponse") == ()
