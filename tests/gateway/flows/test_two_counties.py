"""A referral goes from one county's gateway to another's, each with its own network, keys and consents, and back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.gateway.county import County, resources_of
from tests.gateway.disclosure.twins import Api


@pytest.fixture
def here(tmp_path: Path) -> Iterator[County]:
    """The county of the hospital; its partner `otp` is reached through the other county's gateway."""
    made = County(tmp_path / "here")
    yield made
    made.close()


@pytest.fixture
def there(tmp_path: Path) -> Iterator[County]:
    """The county of the treatment program; to it the first gateway is the partner `hospital`, by FHIR."""
    made = County(tmp_path / "there")
    yield made
    made.close()


def hand_on(content: bytes, api: Api, who: str) -> list[dict[str, Any]]:
    """What is pushed by one gateway, taken by the other; its responses."""
    answer = api.send(who, "POST", "/fhir", content, {"Content-Type": "application/fhir+json"})
    assert answer.status_code == 200, answer.text
    return [entry["response"] for entry in answer.json()["entry"]]


@pytest.mark.requirement("SD-02", "P2-13-01")
def test_a_referral_is_handed_on_to_another_county(here: County, there: County) -> None:
    here.refer()
    here.consent()
    there.consent()
    pushed = here.deliver().content
    (task,) = resources_of(pushed)["Task"]
    assert task["owner"]["reference"].startswith("PractitionerRole/"), "as the hospital named whom it asks"

    hand_on(pushed, Api(there), "hospital TREAT")

    (there_sent,) = resources_of(there.deliver().content)["ServiceRequest"]
    assert there_sent["identifier"][0]["value"] == "R-1"
