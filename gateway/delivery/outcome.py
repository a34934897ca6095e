"""What one attempt to hand something over came to. Every sender answers with one of these, never with an
exception.

| kind | meaning | what follows |
|---|---|---|
| delivered | the partner said it has it | done |
| refused | the partner said it will not take it | never sent again unchanged; the source is told |
| retry | not taken, for a passing reason | the same again, later |
| unknown | bytes left and no answer came | by the partner's `on_unknown`: the same again, or a person is
asked | | aborted | nothing left: the check just before the first byte said no | decide again |
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

OutcomeKind = Literal["delivered", "refused", "retry", "unknown", "aborted"]


@dataclass(frozen=True, slots=True)
class DeliveryOutcome:
    """The outcome of one attempt.

    `code` is a stable UPPER_SNAKE code (README of this room). `detail` holds codes and places the partner
    gave, never content. `retry_after` is how many seconds the partner asked us to wait, where it did.
    """

    kind: OutcomeKind
    code: str
    detail: str = ""
    retry_after: float | None = None
