"""The agreements of a network: on paper between the operator or a partner and a partner, here with whom, for what, which
days, and where the paper is.

A standing that rests on one (42 CFR 2.11 qualified service organization, 45 CFR 160.103 business associate) is told as
resting on nothing where none is in force; one that ends is told before it does.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta

from gateway.partners.network import NetworkFile
from gateway.partners.papers import Agreement

RESTS_ON: Mapping[str, str] = {"qso": "qso", "business_associate": "business_associate"}
"""Which standings rest on an agreement, and of which kind."""
WARNED, URGENT = timedelta(days=30), timedelta(days=7)
Fault = tuple[tuple[str | int, ...], str]


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
