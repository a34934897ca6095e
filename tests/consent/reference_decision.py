"""The slow, obvious decision: tree matching and combination, written from the semantics page by another
hand.

It answers a question with `packs: []` (the consents alone) and shares no code with `consent/`. Every
element of a provision is judged by its naive twin in `naive_predicates`; what is here is only the tree
and the combination:

* elements of a provision and of its ancestors are ANDed (a child inherits by intersection), labels apart;
* labels of a permit child add to its parent's; a denial looks at its own labels only;
* the deepest matching node decides in its branch; among matching siblings the denial wins;
* one consent must permit and cover the resource; any consent that denies wins; nothing said is a refusal;
* a consent that is not usable as a permit still denies: its permits are void, its untyped nodes are
  denials.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tests.consent.naive_predicates import (
    PREDICATES,
    Json,
    as_labelled,
    denial_names_a_label,
    is_note,
    labels_cover,
    names_notes,
    runs_backwards,
)

PERMIT, DENY, SILENT = "permit", "deny", "silent"
NO_LONGER_OR_NOT_YET = ("inactive", "draft", "proposed", "rejected", "entered-in-error")
Chain = tuple[Json, ...]
Allowed = list[Sequence[Json] | None]


def reference_decision(question: Json) -> tuple[str, ...]:
    """`disclose` or `withhold` for each resource of the question, in its order."""
    labelled = [as_labelled(one, question) for one in question["resources"]]
    return tuple("disclose" if released(question, one) else "withhold" for one in labelled)


def released(question: Json, resource: Json) -> bool:
    said = [consent_says(consent, question, resource) for consent in question["consents"]]
    return bool(question["purposes"]) and PERMIT in said and DENY not in said


def consent_says(consent: Json, question: Json, resource: Json) -> str:
    if consent["status"] in NO_LONGER_OR_NOT_YET:
        return SILENT
    usable = usable_as_permit(consent, question["policy"]["zone"])
    modifiers = {name: consent[name] for name in consent if name == "modifierExtension"}
    denied, allowed = branch(({**consent["provision"], **modifiers},), usable, question, resource)
    if denied:
        return DENY
    return PERMIT if covered(allowed, resource) else SILENT


def branch(chain: Chain, usable: bool, question: Json, resource: Json) -> tuple[bool, Allowed]:
    """Whether this branch denies, else the label lists (None: no limit) of the permits that match in it."""
    node = chain[-1]
    below = [branch((*chain, child), usable, question, resource) for child in node.get("provision", ())]
    if any(denied for denied, _ in below):
        return True, []
    allowed = [labels for _, permits in below for labels in permits]
    if node.get("type") == PERMIT and not any("modifierExtension" in one for one in chain):
        if usable and elements_hold(chain, question, resource, PERMIT):
            allowed.append(label_limit(chain))
        return False, allowed
    labels = node.get("securityLabel")
    denies = elements_hold(chain, question, resource, DENY) and (
        labels is None or denial_names_a_label(labels, resource)
    )
    if denies and not covered(allowed, resource):
        return True, []
    return False, allowed


def elements_hold(chain: Chain, question: Json, resource: Json, mode: str) -> bool:
    return all(
        predicate(provision[element], question, resource, mode)
        for provision in chain
        for element, predicate in PREDICATES.items()
        if element in provision
    )


def label_limit(chain: Chain) -> Sequence[Json] | None:
    """The labels a permit may release; None when neither it nor what it inherits from names any."""
    *above, node = chain
    own = list(node.get("securityLabel", ()))
    if not above:
        return own or None
    inherited = label_limit(tuple(above))
    if own and above[-1].get("type") != PERMIT:
        return own
    if inherited is None:
        return own if names_notes(own) else None
    return [*inherited, *own]


def covered(allowed: Allowed, resource: Json) -> bool:
    if is_note(resource) and not any(names_notes(labels or ()) for labels in allowed):
        return False
    if any(labels is None for labels in allowed):
        return True
    return labels_cover([label for labels in allowed for label in labels or ()], resource)


def usable_as_permit(consent: Json, zone: str) -> bool:
    if consent["status"] != "active" or "modifierExtension" in consent:
        return False
    if any(row.get("verified") is False for row in consent.get("verification", ())):
        return False
    return all(node_is_sound(node, zone) for node in every_node(consent["provision"]))


def node_is_sound(node: Json, zone: str) -> bool:
    periods = [node[name] for name in ("period", "dataPeriod") if name in node]
    backwards = any(runs_backwards(period, zone) for period in periods)
    return node.get("type") in (PERMIT, DENY) and "modifierExtension" not in node and not backwards


def every_node(node: Json) -> list[Any]:
    return [node, *(deeper for child in node.get("provision", ()) for deeper in every_node(child))]
