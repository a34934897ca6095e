"""A Task as its addressee says it, who may see only some of it: what is hidden stays as it is held."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec.structs import replace

from gateway.disclosure.premises import Premises
from gateway.disclosure.seen import Asking, seen_alone, shown_instead
from gateway.security.callers import Caller
from gateway.store import Reading, Record

_OF_ONE_STATUS = ("statusReason", "businessStatus")
"""What goes with the status that it was said for."""
_PERIOD = "executionPeriod"


def words_to_keep(held: Record, shown: Mapping[str, Any], said: Mapping[str, Any]) -> dict[str, Any]:
    """The Task to save when somebody who is shown `shown` of it says `said`; its outputs are not looked at.

    An element that is said as it is shown, also by leaving out what is not shown, stays as it is held. A reason and a
    business status that are not said end with their status.
    """
    found, before = dict(said), held.resource
    for name in _OF_ONE_STATUS:
        goes_on = name in said or said.get("status") == before.get("status")
        if name in before and goes_on and said.get(name) == shown.get(name):
            found[name] = before[name]
    if _PERIOD in said:
        period, seen = before.get(_PERIOD, {}), shown.get(_PERIOD, {})
        unseen = {name: value for name, value in period.items() if seen.get(name) != value}
        kept = {name: value for name, value in unseen.items() if said[_PERIOD].get(name) == seen.get(name)}
        found[_PERIOD] = {**said[_PERIOD], **kept}
    return found


def outputs_to_keep(
    premises: Premises, reading: Reading, caller: Caller, task: Record, said: Sequence[Any]
) -> list[Any]:
    """The outputs to hold when `caller` says that those it sees are `said`.

    One that is said as it was shown stays as it is held, with all that is hidden of it; after them stands every one of
    which nothing is shown, once, also where it was said. May be asked inside a transaction.
    """
    seen, hidden = _seen_and_hidden(premises.remembering_nothing(), reading, caller, task)
    if list(said) == [shown for shown, _ in seen]:
        return _outputs(task)
    kept = []
    for one in said:
        place = next((place for place, (shown, _) in enumerate(seen) if shown == one), None)
        kept.append(one if place is None else seen.pop(place)[1])
        if place is None and one in hidden:
            hidden.remove(one)
    return [*kept, *hidden]


def _seen_and_hidden(
    premises: Premises, reading: Reading, caller: Caller, task: Record
) -> tuple[list[tuple[Any, Any]], list[Any]]:
    """Each output as it is shown with the held one it was made of, and the held ones of which nothing is shown."""
    asking = Asking(caller.partner, caller.purpose, premises.clock.now())
    patient_id, held = str(task.patient_id), _outputs(task)
    version: Record | None = task
    if seen_alone(premises, reading, asking, patient_id, task)[0] is None:
        version = shown_instead(premises, reading, asking, patient_id, task)
    of_version = [] if version is None else _outputs(version)
    if version is None or not of_version:
        return [], held
    # Told apart by ids of our own, as two that differ in what is hidden may be shown alike.
    marked = [{**one, "id": str(place)} for place, one in enumerate(of_version)]
    named = replace(version, resource={**version.resource, "output": marked})
    shown = seen_alone(premises, reading, asking, patient_id, named)[0] or {}
    seen = []
    for one in shown.get("output", ()):
        if one.keys() > {"id"}:
            made_of = of_version[int(one["id"])]
            content = {name: value for name, value in one.items() if name != "id"}
            seen.append(({**content, "id": made_of["id"]} if "id" in made_of else content, made_of))
    visible = [made_of for _, made_of in seen]
    hidden = [one for one in held if not _taken(visible, one)]
    return seen, hidden


def _taken(visible: list[Any], one: Any) -> bool:
    """Whether it is among them; each of them counts once."""
    if one not in visible:
        return False
    visible.remove(one)
    return True


def _outputs(task: Record) -> list[Any]:
    return list(task.resource.get("output", ()))
