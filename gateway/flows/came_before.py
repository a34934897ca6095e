"""What a Task asks for, where it comes by itself: a request that was sent before goes along, or nobody could do it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from gateway.errors import NotUnderstood
from gateway.store import Intent, Reading, records


def came_before(
    reading: Reading,
    source: str,
    task: Mapping[str, Any],
    patient_id: str,
    focus: Sequence[str],
    known: Sequence[Intent],
) -> tuple[str, ...]:
    """Version references of what goes along with a submitted Task that does not bring what it asks for: this, who it is
    for, and what went along before (`known`), as `source` has said it last. Nothing where the Task brings it (`focus`).

    Raises NotUnderstood `FOCUS_UNKNOWN`: it would wait for ever, and be called waiting for a permission.
    """
    asked = str(task["focus"]["reference"]).partition("/_history/")[0]
    brought = {one.rpartition("/")[0] for one in focus}
    if asked in brought:
        return ()
    request = records.get(reading, *asked.split("/", 1))
    if (
        request is None
        or request.deleted
        or request.patient_id != patient_id
        or request.source_partner != source
    ):
        text = "names no ServiceRequest of hers that you have sent here: send it along, or name it by our id"
        raise NotUnderstood("FOCUS_UNKNOWN", text, "Task.focus")
    hers = records.of_patient(reading, patient_id, ("Patient",))
    earlier = [tuple(one.split("/")[:2]) for sent in known[-1:] for one in sent.focus]
    wanted = [(kind, name) for kind, name in earlier if kind not in ("Task", "Patient", "ServiceRequest")]
    there = records.present(reading, list(dict.fromkeys(wanted)))
    found = [request, *(one for one in hers if one.source_partner == source), *there.values()]
    return tuple(
        f"{one.reference}/{one.version}" for one in found if not one.deleted and one.reference not in brought
    )
