"""One agreement as `network.yaml` states it: a paper between two parties, for what, and which days."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated, Literal

import msgspec

from gateway.partners.deliveries import Strict

AgreementKind = Literal[
    "participation", "qso", "business_associate", "intermediary", "contractor", "audit", "research"
]
"""Taking part in the network; 42 CFR 2.11 (qso, intermediary), 45 CFR 164.504(e), 42 CFR 2.33(c) (contractor of a lawful
holder), 2.53 (audit and evaluation), 2.52 (research)."""
PartyId = Annotated[str, msgspec.Meta(pattern="^[a-z][a-z0-9-]{0,39}$", description="a partner of this file")]


class Agreement(
    Strict, frozen=True, rename={"party": "with", "principal": "of", "starts": "from", "ends": "until"}
):
    """One agreement with the partner `with`; days of the network's zone, both inclusive.

    `of`: the partner that made it; without it the operator did. `purposes`: for what it holds (v3-ActReason codes).
    `until`: left out where no end was agreed. `document`: where the signed paper is found, never its text.
    """

    kind: AgreementKind
    party: PartyId
    starts: date
    document: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    principal: PartyId | None = None
    ends: date | None = None
    purposes: tuple[Annotated[str, msgspec.Meta(pattern="^[A-Z][A-Z0-9_-]{1,19}$")], ...] = ()

    def holds_on(self, day: date) -> bool:
        """Whether it is in force on that day."""
        return self.starts <= day and (self.ends is None or day <= self.ends)

    def renews(self, other: Agreement) -> bool:
        """Whether it carries on what the other says, without a day between them."""
        same = (self.kind, self.party, self.principal) == (other.kind, other.party, other.principal)
        if not same or other.ends is None or not set(other.purposes) <= set(self.purposes):
            return False
        return self.starts <= other.ends + timedelta(days=1) and (self.ends is None or self.ends > other.ends)
