"""What the form of the consent desk says, as choices; every field is looked at, none is believed."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import date, timedelta

from gateway.disclosure.desk_forms import APART, STATUS_ONLY, Line, Wanted
from gateway.errors import NotUnderstood
from gateway.flows.desk_clients import Described
from gateway.partners import Network

FRIENDS = 2
PURPOSES = ("COC", "TREAT", "CAREMGT", "HPAYMT", "HOPERAT")
"""What a permission can be for, as the desk offers it; a request may bring another."""

USUAL_DAYS = 180
SOUGHT_NEED, SOUGHT_PLACE = "sought.need", "sought.place"
"""The fields by which a service is looked for in the form of the choices."""

FOUND_BY = ("contact",)
"""What goes with a safety plan: in a crisis a plan without a name is nobody's."""

_TRIED = "RelatedPerson/"


def described(form: Mapping[str, str]) -> Described:
    """What is said of a client."""
    return Described(
        family=form.get("family", "").strip(),
        given=form.get("given", "").strip(),
        born=form.get("born", "").strip(),
        phone=form.get("phone", "").strip(),
        number=form.get("number", "").strip(),
        sex=form.get("sex", "") or "unknown",
    )


def purposes_of(network: Network) -> tuple[str, ...]:
    """What a permission taken at the desk can be for: never proceedings, which need a consent apart (P2-31-14)."""
    routed = (route.purpose for route in network.content.routes)
    return tuple(code for code in dict.fromkeys((*PURPOSES, *routed)) if code != "HLEGAL")


def wanted(
    form: Mapping[str, str], patient_id: str, patient_name: str, discloser: str, allowed: Collection[str]
) -> Wanted:
    """The choices of a form; `allowed`: what it may be for. Raises NotUnderstood `DAY_INVALID`, `PURPOSE_MISSING`."""
    try:
        until = date.fromisoformat(form.get("until", ""))
    except ValueError:
        raise NotUnderstood("DAY_INVALID", "expected a day such as 2026-11-22", "until") from None
    purposes = chosen_for(form)
    if not set(purposes) <= set(allowed):
        raise NotUnderstood("PURPOSE_MISSING", "choose what it is for", "purposes")
    return Wanted(
        patient_id=patient_id,
        patient_name=patient_name,
        lines=(*_agencies(form, discloser), *_friends(form, discloser)),
        purposes=purposes,
        until=until,
        event=" ".join(form.get("event", "").split()),
        event_owner=" ".join(form.get("event_owner", "").split()),
        language=form.get("form_language", "en"),
    )


def usual_end(today: date) -> date:
    """The last day that the form proposes."""
    return today + timedelta(days=USUAL_DAYS)


def kept(form: Mapping[str, str], with_sought: bool = False) -> dict[str, str]:
    """The fields of the choices, to be sent again; what was looked for among the services only where it is asked for."""
    left = {"token", "seal", "ids", "name", "agree", "pin"}
    if not with_sought:
        left |= {SOUGHT_NEED, SOUGHT_PLACE}
    return {name: value for name, value in form.items() if name not in left}


def fields_of(lines: Iterable[Line], own: str, purpose: str) -> dict[str, str]:
    """The fields that choose these lines of the desk of `own`, for that purpose."""
    seen = [f"see.{line.recipient}.{kind}" for line in lines if line.recipient != own for kind in line.kinds]
    backs = [f"back.{line.discloser}" for line in lines if line.recipient == own]
    return dict.fromkeys((*seen, *backs, f"for.{purpose}"), "yes")


def chosen_agencies(form: Mapping[str, str]) -> frozenset[str]:
    """The agencies for which something is ticked."""
    parts = (name.split(".") for name in form)
    return frozenset(part[1] for part in parts if len(part) > 1 and part[0] in ("see", "back"))


def chosen_for(form: Mapping[str, str]) -> tuple[str, ...]:
    """What the permissions are for, as it is ticked."""
    return tuple(name.removeprefix("for.") for name in form if name.startswith("for."))


def _agencies(form: Mapping[str, str], discloser: str) -> Iterator[Line]:
    chosen: dict[str, list[str]] = {}
    for name in form:
        part, _, rest = name.partition(".")
        partner, _, kind = rest.partition(".")
        if part == "see" and kind:
            chosen.setdefault(partner, []).append(kind)
    for partner, kinds in chosen.items():
        if usual := tuple(one for one in kinds if one != APART):
            yield Line(discloser, partner, usual)
        if APART in kinds:
            yield Line(discloser, partner, (*FOUND_BY, APART))
    for name in form:
        part, _, partner = name.partition(".")
        if part == "back":
            yield Line(partner, discloser, STATUS_ONLY)


def _friends(form: Mapping[str, str], discloser: str) -> Iterator[Line]:
    for number in range(FRIENDS):
        name = " ".join(form.get(f"friend.{number}.name", "").split())
        begin = f"friend.{number}.see."
        kinds = tuple(one.removeprefix(begin) for one in form if one.startswith(begin))
        own_id = form.get(f"friend.{number}.id", "")
        if name and own_id:
            yield Line(discloser, f"{_TRIED}{own_id}", kinds, name)
