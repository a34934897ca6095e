"""To a partner whom a person has paused nothing is sent, until she lets it go on."""

from __future__ import annotations

import httpx
import pytest

from gateway.audit import newest
from gateway.delivery.sender import Sender
from gateway.flows.partner_pauses import go_on, pause
from gateway.store import AuditFilter, Intent
from tests.gateway.county import County
from tests.gateway.delivery.test_sender import TIMES

pytestmark = pytest.mark.timeout(90)
WHY = "their server room is flooded"


def taken(county: County) -> tuple[Intent, ...]:
    """What a sender takes up now."""
    return county.run(Sender(county.premises, httpx.AsyncHTTPTransport(), TIMES)._claim())


def test_nothing_is_taken_up_for_a_paused_partner(county: County) -> None:
    county.consent()
    county.refer()
    county.run(pause(county.premises, "otp", WHY, "Kim Officer"))
    assert taken(county) == ()
    assert county.states() == ["due"], "it waits as it was"

    county.run(go_on(county.premises, "otp", "dry again", "Kim Officer"))
    assert [intent.partner for intent in taken(county)] == ["otp"]
    acts = county.look(lambda reading: newest(reading, 9, AuditFilter(kind="outcome", partner="otp")))
    assert [one.row.outcome for one in acts] == ["partner_resumed", "partner_paused"]
