"""The analyst's page shows what the code does."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gateway.flows.messages import Fault, Receipt
from gateway.intake import AckSettings, acknowledge, read_header

PAGE = (Path(__file__).parents[3] / "gateway/intake/README.md").read_text()
AT = datetime(2026, 11, 22, 15, 30, 0, 250_000, tzinfo=UTC)
UNKNOWN = Fault("ADDRESSEE_UNKNOWN", "no such addressee", "PRD[2]-7")


def block(name: str) -> bytes:
    """The fenced block called `name` with segments ended by carriage returns."""
    found = re.search(rf"^```hl7 {name}\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
    assert found is not None
    return found.group(1).replace("\n", "\r").encode()


@pytest.mark.parametrize(
    ("name", "message_id", "receipt"),
    [
        ("answer", "4f0c2b9e-7a1d-4c53-b6e0-000000000000", ("accepted", ())),
        ("refused-answer", "9d2e6a10-c84b-4f77-96ab-000000000000", ("content_error", (UNKNOWN,))),
    ],
)
def test_shown_answer_is_the_real_one(
    name: str, message_id: str, receipt: tuple[str, tuple[Fault, ...]]
) -> None:
    message = block("accepted")
    given = Receipt(message_id, AT, receipt[0], receipt[1])  # type: ignore[arg-type]
    assert acknowledge(message, read_header(message), given, AckSettings()) == block(name)


@pytest.mark.parametrize("code", ["AA", "AE", "AR", "CA", "CE", "CR"])
def test_every_answer_code_is_explained(code: str) -> None:
    assert re.search(rf"\| {code} \|", PAGE)
