"""A form for a dispatcher or an officer: a person is referred in, and nothing but "received" comes back."""

from __future__ import annotations

from gateway.agency_desk.screens import Answer, GoTo, Page, Screen, Visit
from gateway.clock import new_id
from gateway.flows.desk_public_safety import CONCERNS, LONGEST_NOTE, RIGHT, URGENCIES, ReferredIn

_FIELDS = ("family", "given", "born", "phone", "concern", "urgency", "note")


async def _form(visit: Visit) -> Answer:
    facts = {
        "sent": "sent" in visit.query,
        "concerns": tuple(CONCERNS),
        "urgencies": URGENCIES,
        "longest_note": LONGEST_NOTE,
        "on_call": visit.desk.network.content.operator.on_call,
        "key": new_id(),
    }
    return Page("public_safety.html", facts)


async def _sent(visit: Visit) -> Answer:
    form = visit.form
    fields = {name: form.get(name, "") for name in _FIELDS}
    said = ReferredIn(**fields, key=f"in-{form.get('key', '')}")
    await visit.desk.crisis.refer_in(visit.worker, said)
    return GoTo("le-referral?sent=1")


SCREENS = (Screen("/le-referral", RIGHT, _form, _sent, menu="refer_in", again=_form),)
