"""The agreements of a network: on paper between the operator or a partner and a partner, here with whom, for what, which
days, and where the paper is.

A standing that rests on one (42 CFR 2.11 qualified service organization, 45 CFR 160.103 business associate) is told as
resting on nothing where none is in force; one that ends is told before it does.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import TYPE_CHECKING, Annotated, Literal

import msgspec

from gateway.partners.deliveries import Strict

if TYPE_CHECKING:
    from gateway.partners.network import NetworkFile

AgreementKind = Literal[
    "participation", "qso", "business_associate", "intermediary", "contractor", "audit", "research"
]
"""Taking part in the network; 42 CFR 2.11 (qso, intermediary), 45 CFR 164.504(e), 42 CFR 2.33(c) (contractor of a lawful
holder), 2.53 (audit and evaluation), 2.52 (research)."""
RESTS_ON: Mapping[str, str] = {"qso": "qso", "business_associate": "business_associate"}
"""Which standings rest on an agreement, and of which kind."""
WARNED, URGENT = timedelta(days=30), timedelta(days=7)
PartyId = Annotated[str, msgspec.Meta(pattern="^[a-z][a-z0-9-]{0,39}$", description="a partner of this file")]
Fault = tuple[tuple[str | int, ...], str]


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


def of_partner(content: NetworkFile, partner_id: str) -> tuple[Agreement, ...]:
    """The agreements that a partner is a party to, in the order of the file."""
    return tuple(one for one in content.agreements if partner_id in (one.party, one.principal))


def ending(content: NetworkFile, today: date) -> tuple[Agreement, ...]:
    """Those that end within 30 days or ended as long ago, and that no other carries on; the first to end first."""
    found = [
        one
        for one in content.agreements
        if one.ends is not None
        and today - WARNED <= one.ends <= today + WARNED
        and not any(other.renews(one) for other in content.agreements)
    ]
    return tuple(sorted(found, key=lambda one: (one.ends or today, one.party)))


def is_urgent(agreement: Agreement, today: date) -> bool:
    """Whether it ends within 7 days, or ended."""
    return agreement.ends is not None and agreement.ends <= today + URGENT


def unfounded(content: NetworkFile, today: date) -> tuple[tuple[str, str], ...]:
    """(Partner, standing) where the standing rests on an agreement and none is in force."""
    held = {(one.kind, one.party) for one in content.agreements if one.holds_on(today)}
    return tuple(
        (partner_id, standing)
        for partner_id, partner in content.partners.items()
        for standing in partner.standing
        if standing in RESTS_ON and (RESTS_ON[standing], partner_id) not in held
    )


def agreement_faults(content: NetworkFile) -> Iterator[Fault]:
    """What is wrong with the agreements of a file: path and what to do."""
    for index, one in enumerate(content.agreements):
        path: tuple[str | int, ...] = ("agreements", index)
        for field, partner_id in (("with", one.party), ("of", one.principal)):
            if partner_id is not None and partner_id not in content.partners:
                yield (*path, field), "names no partner of this file"
        if one.principal == one.party:
            yield (*path, "of"), "is the partner that it is with; leave it out where the operator made it"
        if one.ends is not None and one.ends < one.starts:
            yield (*path, "until"), "is before `from`"
        yield from _kind_faults(content, one, path)


def _kind_faults(content: NetworkFile, one: Agreement, path: tuple[str | int, ...]) -> Iterator[Fault]:
    party = content.partners.get(one.party)
    principal = content.partners.get(one.principal or "")
    if party is not None and party.kind == "law_enforcement" and one.kind != "participation":
        text = "nothing is ever sent to law enforcement (42 CFR 2.12(d)); only `participation` is possible"
        yield (*path, "kind"), text
    if one.kind != "qso" or principal is None:
        return
    if not principal.is_part2_program:
        yield (*path, "of"), "is no Part 2 program; only one has service organizations (42 CFR 2.11)"
    if party is not None and "qso" not in party.standing:
        yield (*path, "with"), "has no `standing: [qso]`; say so at the partner, or remove the agreement"
    if not one.purposes:
        yield (*path, "kind"), "needs `purposes`: a service organization is one for its service only"
