"""State packs: declarative rules that may only add refusals (ST-01, P2-20-01), and the table of minors (ST-03)."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta

from consent.instants import LATEST
from consent.model import Reason
from consent.rules.case import Case
from consent.rules.part2 import has_authority
from consent.tables import Tables

CONDITIONS = frozenset({"labels", "purposes", "standing", "types"})
DEMANDS = frozenset({"signed_within_months", "recipient_named"})
MAJORITY = 18

Pack = Mapping[str, object]


def packs_named(names: tuple[str, ...], tables: Tables) -> tuple[tuple[Pack, ...], tuple[str, ...]]:
    """The state packs among `names`, and the names that no pack has."""
    known = {str(pack["id"]): pack for pack in tables.of_kind("state_pack")}
    others = [name for name in names if name not in ("part2", "hipaa")]
    return tuple(known[name] for name in others if name in known), tuple(n for n in others if n not in known)


def refusals(case: Case, packs: tuple[Pack, ...]) -> list[Reason]:
    """Every demand of the packs that the permit does not meet. A rule that cannot be read refuses (raises)."""
    found = []
    for pack in packs:
        rows = pack["rules"]
        for row in rows if isinstance(rows, list) else ():
            if _applies(row["when"], case) and not _is_met(row["require"], case):
                found.append(Reason(str(row["code"]), str(row["citation"]), case.directive.version))
    return found


def _applies(when: Mapping[str, list[str]], case: Case) -> bool:
    if not when.keys() <= CONDITIONS:
        raise ValueError("a condition of a state pack is unknown")
    carried: Mapping[str, frozenset[str]] = {
        "labels": case.subject.labelling.codes,
        "purposes": case.purposes(),
        "standing": case.asking.standing,
        "types": frozenset({case.subject.type}),
    }
    return all(not carried[name].isdisjoint(wanted) for name, wanted in when.items())


def _is_met(demand: Mapping[str, object], case: Case) -> bool:
    if not demand.keys() <= DEMANDS:
        raise ValueError("a demand of a state pack is unknown")
    if demand.get("recipient_named") and not case.names_recipient():
        return False
    months = demand.get("signed_within_months")
    if not isinstance(months, int):
        return True
    signed = case.directive.signed
    return signed is not None and case.asking.at < months_after(signed.start, months)


def months_after(moment: datetime, months: int) -> datetime:
    """The same day `months` later (the last day of a shorter month); `LATEST` beyond the end of the calendar."""
    year, month = divmod(moment.year * 12 + moment.month - 1 + months, 12)
    if year > LATEST.year:
        return LATEST
    return moment.replace(year=year, month=month + 1, day=min(moment.day, monthrange(year, month + 1)[1]))


def minor_signature(case: Case, packs: tuple[Pack, ...]) -> Reason | None:
    """A minor who may consent alone signs alone; else the minor and an authorised person both sign. §2.14.

    Where no pack says from which age a minor may consent alone, none may (P2-14-01, ST-03).
    """
    if case.birth is None:
        return None
    ages = [row for pack in packs if isinstance(row := pack.get("minors"), Mapping)]
    majority = max([int(row["majority"]) for row in ages], default=MAJORITY)
    years = age(case.birth, case.asking.at.date())
    if years >= majority:
        return None
    alone = bool(ages) and all(years >= int(row["consents_alone_from"]) for row in ages)
    signers = case.directive.performers
    own = case.patient in signers
    if own and (alone or any(has_authority(signer, case) for signer in signers)):
        return None
    return Reason("MINOR_SIGNATURE_MISSING", "42 CFR §2.14, §2.31(a)(8)", case.directive.version)


def birthdays(birth: date, packs: tuple[Pack, ...]) -> list[datetime]:
    """The instants (UTC midnights, as `age` counts) at which the patient comes of one of the ages that matter."""
    ages = {MAJORITY}
    for pack in packs:
        row = pack.get("minors")
        if isinstance(row, Mapping):
            ages |= {int(row["majority"]), int(row["consents_alone_from"])}
    born = datetime(birth.year, birth.month, birth.day, tzinfo=UTC)
    reached = [months_after(born, 12 * years) for years in sorted(ages)]
    return [day + timedelta(days=extra) for day in reached if day < LATEST for extra in (0, 1)]


def pack_instants(signed: datetime, packs: tuple[Pack, ...]) -> list[datetime]:
    """The instants at which a consent signed then grows too old for one of the packs."""
    found = []
    for pack in packs:
        rows = pack["rules"]
        for row in rows if isinstance(rows, list) else ():
            months = row["require"].get("signed_within_months")
            if isinstance(months, int):
                found.append(months_after(signed, months))
    return found


def age(birth: date, today: date) -> int:
    """Whole years on `today`."""
    return today.year - birth.year - ((today.month, today.day) < (birth.month, birth.day))
