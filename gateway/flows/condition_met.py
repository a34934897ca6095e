"""What meets the condition of a conditional create, looked at inside the transaction that would create.

Writers take turns on both stores, also those of several processes: what is found is still so at the commit.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gateway.disclosure.premises import Premises
from gateway.disclosure.seen import Asking, Seen, is_own, own_words, present_questions
from gateway.disclosure.shown_versions import dated
from gateway.flows.answers import SearchCriteria
from gateway.flows.included import types_along
from gateway.flows.pull import of_types, patient_asked
from gateway.flows.search_pages import SearchPage
from gateway.security.callers import Caller
from gateway.security.scopes import read_scopes
from gateway.store import Reading


def met_by(
    premises: Premises, reading: Reading, caller: Caller, resource_type: str, criteria: SearchCriteria
) -> tuple[Mapping[str, Any], ...]:
    """The resources that a search of the caller's would find now. Nothing is released, and nothing remembered."""
    alone = premises.remembering_nothing()
    patient_id = patient_asked(premises, reading, caller, criteria)
    if patient_id is None:
        return ()
    granted = read_scopes(caller.scopes)
    along = types_along((resource_type,), [link.by for link in criteria.links])
    types = (resource_type, *(one for one in along if granted.permits(one, "r")))
    asking = Asking(caller.partner, caller.purpose, premises.clock.now())
    asked, found = present_questions(
        alone, reading, asking, patient_id, of_types(alone, reading, caller, patient_id, types)
    )
    seen = [Seen(own_words(record), record) for record in found if is_own(record, caller.partner)]
    seen += [one for question in asked for one in question.seen]
    page = SearchPage(criteria, (resource_type,), premises.network.zone_of(caller.partner))
    chosen = page.choose([dated(alone, reading, asking, patient_id, one) for one in seen])
    return tuple(chosen[: page.matches])
