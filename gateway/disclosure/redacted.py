"""What is left of the records of a question once it is decided: redacted, and written as its recipient may see them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import consent
from gateway.disclosure.content import as_it_leaves
from gateway.disclosure.gathered import Gathered
from gateway.disclosure.premises import Premises


def shown_resources(
    premises: Premises, gathered: Gathered, decision: consent.Decision
) -> tuple[Mapping[str, Any], ...]:
    """The resources as the recipient may see them: redacted, then labelled and with sensitive sources aliased.

    None where a rule demands that a person releases them (`HUMAN_RELEASE`): nothing here does that by itself.
    """
    by_a_person = any(obligation.code == "HUMAN_RELEASE" for obligation in decision.obligations)
    if decision.outcome == "withhold" or by_a_person:
        return ()
    redacted = [
        resource
        for resource in consent.redact(gathered.request, decision, premises.tables)
        if f"{resource['resourceType']}/{resource['id']}" not in gathered.vetoed
    ]
    presented = consent.present(
        redacted,
        decision,
        request=gathered.request,
        alias_key=premises.keys.alias_key,
        tables=premises.tables,
        subset_marks=_subset_marks(premises, gathered.recipient),
    )
    return tuple(as_it_leaves(resource) for resource in presented)


def _subset_marks(premises: Premises, recipient: str) -> str:
    partner = premises.network.partners.get(recipient)  # none where the person herself reads
    return "never" if partner is None else partner.subset_marks
