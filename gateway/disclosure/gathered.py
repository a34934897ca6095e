"""What was gathered for one question: the question itself, and what it stands on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import consent
from gateway.store.model import Record


@dataclass(frozen=True, slots=True)
class Gathered:
    """One question with what is needed to answer it and to notice that the ground has moved since."""

    request: consent.DisclosureRequest
    compiled: consent.CompiledConsents
    epoch: int
    discloser: str
    recipient: str
    vetoed: frozenset[str] = frozenset()
    """References of records that another of their sources may not disclose; they are withheld whatever is decided."""
    read: Sequence[Record] = ()
    """The records asked about, in the order of the request's resources."""
    patients: tuple[str, ...] = ()
    """Version references of the patient's own Patients, by which it was decided who she is and how old; and the plain
    references of who was found to be her."""
