"""State packs: declarative rules that may only add refusals (ST-01, P2-20-01), and the table of minors (ST-03)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

from consent.instants import LATEST, months_after
from consent.matching import Asking
from consent.model import Reason
from consent.resource_facts import ResourceFacts
from consent.rules.case import Case
from consent.rules.minors import Ages, Pack
from consent.tables import Tables

CONDITIONS = frozenset({"labels", "purposes", "standing", "types"})
DEMANDS = frozenset({"signed_within_months", "recipient_named"})


def packs_named(names: tuple[str, ...], tables: Tables) -> tuple[tuple[Pack, ...], tuple[str, ...]]:
    """The state packs among `names`, and the names that no pack has."""
    known = {str(pack["id"]): pack for pack in tables.of_kind("state_pack")}
    others = [name for name in names if name not in ("part2", "hipaa")]
    return tuple(known[name] for name in others if name in known), tuple(n for n in others if n not in known)


def refusals(case: Case, packs: tuple[Pack, ...]) -> list[Reason]:
    """Every demand of the packs that the permit does not meet. A rule that cannot be read refuses (raises)."""
    found = []
    for pack in packs:
        for row in _rules_of(pack):
            if _applies(row["when"], case.subject, case.asking) and not _is_met(row["require"], case):
                found.append(Reason(str(row["code"]), str(row["citation"]), case.directive.version))
    return found


def _rules_of(pack: Pack) -> list[Any]:
    """The rules of a pack. Raises for a pack that has no list of them."""
    rows = pack["rules"]
    if not isinstance(rows, list):
        raise TypeError("the rules of a state pack are no list")
    return rows


def _months(demand: Mapping[str, object]) -> int | None:
    """`signed_within_months`, or None where it is not demanded. Raises for what is no number."""
    if "signed_within_months" not in demand:
        return None
    months = demand["signed_within_months"]
    if not isinstance(months, int) or isinstance(months, bool):
        raise TypeError("a demand of a state pack is no number of months")
    return months


def refusal_without_consent(facts: ResourceFacts, asking: Asking, packs: tuple[Pack, ...]) -> Reason | None:
    """The demand of a pack that only a consent could meet: that the recipient is named. P2-20-01."""
    for pack in packs:
        for row in _rules_of(pack):
            if _applies(row["when"], facts, asking) and _known(row["require"]).get("recipient_named"):
                return Reason(str(row["code"]), str(row["citation"]))
    return None


def _applies(when: Mapping[str, list[str]], facts: ResourceFacts, asking: Asking) -> bool:
    if not when.keys() <= CONDITIONS or not all(isinstance(wanted, list) for wanted in when.values()):
        raise ValueError("a condition of a state pack is unknown")
    carried: Mapping[str, frozenset[str]] = {
        "labels": facts.labelling.codes,
        "purposes": frozenset(purpose.code for purpose in asking.purposes),
        "standing": asking.standing,
        "types": frozenset({facts.type}),
    }
    return all(not carried[name].isdisjoint(wanted) for name, wanted in when.items())


def _known(demand: Mapping[str, object]) -> Mapping[str, object]:
    if not demand.keys() <= DEMANDS or not isinstance(demand.get("recipient_named", False), bool):
        raise ValueError("a demand of a state pack is unknown")
    return demand


def _is_met(demand: Mapping[str, object], case: Case) -> bool:
    if _known(demand).get("recipient_named") and not case.names_recipient():
        return False
    months = _months(demand)
    if months is None:
        return True
    signed = case.directive.signed
    return signed is not None and case.asking.at < months_after(signed.start, months)


def minor_signature(case: Case) -> Reason | None:
    """A minor who may consent alone signs alone; else the minor and an authorised person both sign. §2.14.

    What others signed for a minor ends when the patient comes of age (ST-03).
    """
    signers, birth, ages, signed = (
        case.directive.performers, case.patient.birth, case.patient.ages, case.directive.signed,
    )  # fmt: skip
    if case.is_minor():
        own = case.patient.reference in signers
        alone = ages.signs_alone(birth, case.asking.at)
        sound = own and (alone or any(map(case.has_authority, signers)))
    else:
        sound = signed is None or not ages.is_minor(birth, signed.start) or case.signed_alone()
    if sound:
        return None
    return Reason("MINOR_SIGNATURE_MISSING", "42 CFR §2.14, §2.31(a)(8)", case.directive.version)


def birthdays(birth: date, ages: Ages) -> list[datetime]:
    """The instants (UTC midnights, as `age` counts) at which the patient comes of one of the ages that matter."""
    born = datetime(birth.year, birth.month, birth.day, tzinfo=UTC)
    alone = ages.majority if ages.alone_from is None else ages.alone_from
    reached = [months_after(born, 12 * years) for years in sorted({alone, ages.majority})]
    return [day + timedelta(days=extra) for day in reached if day < LATEST for extra in (0, 1)]


def pack_instants(signed: datetime, packs: tuple[Pack, ...]) -> list[datetime]:
    """The instants at which a consent signed then grows too old for one of the packs."""
    found = []
    for pack in packs:
        for row in _rules_of(pack):
            months = _months(row["require"])
            if months is not None:
                found.append(months_after(signed, months))
    return found
