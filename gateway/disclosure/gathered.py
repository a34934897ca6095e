"""What was gathered for one question: the question itself, and what it stands on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import consent
from gateway.store.model import Record


@dataclass(frozen=True, slots=True)
class Gathered:
    """One question with what is needed to answer it and to notice that the ground has moved since."""

    ask: Callable[[], consent.DisclosureRequest] = field(repr=False, compare=False)
    """Puts the question together, once: where it was answered before, nobody needs it."""
    patient_id: str
    discloser: str
    recipient: str
    purpose: str
    compiled: consent.CompiledConsents
    epoch: int
    vetoed: frozenset[str] = frozenset()
    """References of records that another of their sources may not disclose; they are withheld whatever is decided."""
    read: Sequence[Record] = ()
    """The records asked about, in the order of the request's resources."""
    patients: tuple[str, ...] = ()
    """Version references of the patient's own Patients, by which it was decided who she is and how old; and the plain
    references of who was found to be her."""

    @property
    def request(self) -> consent.DisclosureRequest:
        """The question as it is decided."""
        return self.ask()


def once(ask: Callable[[], consent.DisclosureRequest]) -> Callable[[], consent.DisclosureRequest]:
    """As `ask`, and what it returned the first time ever after."""
    made: list[consent.DisclosureRequest] = []

    def asked() -> consent.DisclosureRequest:
        if not made:
            made.append(ask())
        return made[0]

    return asked
