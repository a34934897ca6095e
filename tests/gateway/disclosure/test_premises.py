"""What is kept of a patient's consents between questions."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.disclosure.premises import Compiled, CompiledConsents
from gateway.disclosure.reason_words import reason_sentence


def compiled(name: str) -> Compiled:
    found: Any = ((name,), name)
    return found


@pytest.mark.requirement("P2-31-11")
def test_compiled_consents_are_valid_for_one_epoch_discloser_and_network() -> None:
    kept = CompiledConsents()
    kept.keep("p1", "otp", "v1", 3, compiled("third"))

    assert kept.get("p1", "otp", "v1", 3) == compiled("third")
    assert kept.get("p1", "otp", "v1", 4) is None
    assert kept.get("p1", "hospital", "v1", 3) is None
    assert kept.get("p1", "otp", "v2", 3) is None
    kept.keep("p1", "otp", "v1", 4, compiled("fourth"))
    assert kept.get("p1", "otp", "v1", 3) is None


def test_the_oldest_are_dropped_when_there_are_too_many() -> None:
    kept = CompiledConsents(capacity=2)
    for number in (1, 2):
        kept.keep(f"p{number}", "otp", "v1", 0, compiled(str(number)))
    kept.keep("p1", "otp", "v1", 1, compiled("newer"))
    kept.keep("p3", "otp", "v1", 0, compiled("3"))

    assert kept.get("p2", "otp", "v1", 0) is None
    assert kept.get("p1", "otp", "v1", 1) == compiled("newer")
    assert kept.get("p3", "otp", "v1", 0) == compiled("3")


def test_a_reason_code_is_a_sentence_for_the_compliance_role() -> None:
    sentence = reason_sentence("NO_PERMIT")

    assert sentence.endswith(".")
    assert "NO_PERMIT" not in sentence
    assert sentence != reason_sentence("CONSENT_EXPIRED")
    assert reason_sentence("CONSENT_UNVERIFIED") == (
        "Nobody entitled to it has vouched for the consent; until then it permits nothing."
    )
    assert reason_sentence("OWN_RECORD") == "The recipient's own record goes back to it.", (
        "one of the gateway's own"
    )
