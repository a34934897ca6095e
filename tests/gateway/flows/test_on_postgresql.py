"""Journeys of a referral and of an identity once more, on PostgreSQL (`./dev test --long`)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gateway.wiring.opening import open_writing_store
from tests.gateway import county as network
from tests.gateway.county import County
from tests.gateway.flows import test_parted, test_referral, test_same_person, test_submissions_again
from tests.postgres_server import PostgresServer

pytestmark = [pytest.mark.long, pytest.mark.timeout(300)]


@pytest.fixture
def county(tmp_path: Path, postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[County]:
    """The network of the tests, in a database instead of a file."""
    url = postgres.url(postgres.emptied())
    monkeypatch.setattr(network, "open_writing_store", lambda folder, _: open_writing_store(folder, url))
    made = County(tmp_path)
    yield made
    made.close()


@pytest.mark.requirement("P2-13-01", "SD-02", "DM-28")
@pytest.mark.parametrize(
    "journey",
    [
        test_referral.test_who_has_a_referral_that_goes_to_somebody_else_is_told_that_it_is_taken_back_and_no_more,
        test_submissions_again.test_who_has_a_referral_that_goes_to_somebody_else_is_told_that_it_is_taken_back_and_no_more,
        test_same_person.test_what_has_come_since_goes_to_whom_it_names,
        test_same_person.test_what_left_while_they_were_one_is_told_for_the_privacy_officer,
        test_parted.test_what_nobody_can_tell_holds_both_until_a_person_has_sorted_it,
    ],
)
def test_a_journey_goes_the_same_way(county: County, journey: Callable[[County], None]) -> None:
    journey(county)
