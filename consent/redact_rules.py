"""What holds for one release and one resource in it, and the questions that decide about a single node."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from consent.places import SUD_LABELS, SensitiveSources
from consent.redact_places import OPEN_TYPES
from consent.tables import Tables

NOT_SWEPT = frozenset(
    {"contentType", "id", "lastUpdated", "reference", "resourceType", "system", "url", "versionId"}
)


@dataclass(frozen=True, slots=True)
class Rules:
    """What holds for every resource of one release.

    `asked` and `shown`: references in the question, and those that are released. `sources`: people and
    places to keep back (none, when the recipient `knows`). `codes`, `texts`: by what the withheld records
    are known. `classes`: what the deciding consents are limited to (empty: not limited). `readable`: free
    text may stay (own organisation, the patient). `treats`: alerts that rest on something withheld may stay.
    `near`: those references to what is released, or to the patient, that need no taking apart. `sweeps`: some text or
    code may have to go for what it says.
    """

    patient: str
    asked: frozenset[str]
    shown: frozenset[str]
    sources: SensitiveSources
    codes: frozenset[tuple[str, str]]
    texts: frozenset[str]
    classes: frozenset[str]
    knows: bool
    readable: bool
    treats: bool
    tables: Tables
    near: frozenset[str] = frozenset()
    sweeps: bool = True
    told: dict[str, bool] = field(default_factory=dict, compare=False, repr=False)
    """What `tells` said of texts of this very release."""


def near_references(shown: frozenset[str], patient: str) -> frozenset[str]:
    """Of the references released and the patient's, those that are `Type/id` and nothing else."""
    return frozenset(
        [one for one in (*shown, patient) if "A" <= one < "[" and one.count("/") == 1]  # a type begins so
    )


class Walk(NamedTuple):
    """What holds for one resource: its type, its labels, contained ids that stay, pointers that go.

    Made for every kind of record of every release, so a tuple, which is made in a fifth of a dataclass's time.
    """

    rules: Rules
    kind: str
    labels: frozenset[str]
    removals: frozenset[str] = frozenset()
    inside: frozenset[str] = frozenset()
    whole_text: bool = False
    is_inner: bool = False


def is_bare_display(node: Mapping[str, object]) -> bool:
    """Whether `node` is a reference by display (and identifier) alone."""
    return "display" in node and "code" not in node and "system" not in node


def names_a_withheld_thing(key: str, node: Mapping[str, object], is_main: bool, walk: Walk) -> bool:
    """Whether `node` is an identifier or a code of something that was withheld, or names a source to keep
    back. `is_main`: it stands in what says what the record is.
    """
    rules = walk.rules
    if key == "identifier" or "assigner" in node:
        if (text_or_empty(node.get("system")), text_or_empty(node.get("value"))) in rules.codes:
            return True
        assigner = node.get("assigner")
        named = assigner.get("reference") if isinstance(assigner, Mapping) else None
        if not rules.knows and (
            target_of(named) in rules.sources.references or tells(str(node.get("system")), walk)
        ):
            return True
    if is_main or key == "coding":
        return False  # what a record is was decided with it; a coding goes with its whole concept
    codings = listed(node.get("coding", node))
    return any(isinstance(coding, Mapping) and _tells_by_code(coding, walk) for coding in codings)


def _tells_by_code(coding: Mapping[str, object], walk: Walk) -> bool:
    code = coding.get("code")
    if not isinstance(code, str):
        return False
    if (text_or_empty(coding.get("system")), code) in walk.rules.codes:
        return True
    finding = walk.rules.tables.find_code(coding.get("system", ""), code)
    return not walk.rules.knows and bool(finding.tier) and not SUD_LABELS.isdisjoint(finding.specific)


def may_refer(reference: str, stated_type: object, walk: Walk) -> bool:
    """Whether a reference may stay: to what is released, to people and places, to work in hand; never to a
    withheld one.
    """
    rules = walk.rules
    if reference.startswith("#"):
        return reference == "#" or reference[1:] in walk.inside
    if reference.startswith("urn:"):
        own_id = reference.rsplit(":", 1)[1]
        return any(shown.endswith(f"/{own_id}") for shown in rules.shown)
    target = target_of(reference)
    if target in rules.shown or target == rules.patient:
        return True
    return (
        target not in rules.asked
        and target.split("/")[0] in OPEN_TYPES
        and stated_type in (None, target.split("/")[0])
    )


def target_of(reference: object) -> str:
    """`Type/id` of a literal reference, without base and version; empty for anything else."""
    if not isinstance(reference, str):
        return ""
    parts = reference.split("/_history/")[0].split("/")
    return "/".join(parts[-2:])


def display_may_stay(node: Mapping[str, object], walk: Walk) -> bool:
    """Whether a display says no more than the resource was released with."""
    display = str(node["display"])
    return (
        not must_not_read("display", display, walk)
        and walk.rules.tables.find_words(display).specific <= walk.labels
    )


def must_not_read(key: str, text: str, walk: Walk) -> bool:
    """Whether a text repeats what a withheld record is called, or tells what the recipient may not know."""
    if key in NOT_SWEPT:
        return False
    if key in ("display", "text", "title") and text.casefold() in walk.rules.texts:
        return True
    return not walk.rules.knows and tells(text, walk)


def tells(text: str, walk: Walk) -> bool:
    """Whether `text` holds a word for SUD care or a name of a source to keep back."""
    known = walk.rules.told.get(text)
    if known is None:
        known = walk.rules.told[text] = _tells(text, walk.rules)
    return known


def _tells(text: str, rules: Rules) -> bool:
    if not SUD_LABELS.isdisjoint(rules.tables.find_words(text).specific):
        return True
    folded = " ".join(text.casefold().split())
    return any(name in folded for name in rules.sources.names)


def text_or_empty(value: object) -> str:
    """`value` where it is text."""
    return value if isinstance(value, str) else ""


def listed(value: object) -> tuple[object, ...]:
    """The entries of an element, whether it repeats or not."""
    return tuple(value) if isinstance(value, list | tuple) else (value,)


def escaped(key: str) -> str:
    """One step of a JSON Pointer. RFC 6901 section 3."""
    return key.replace("~", "~0").replace("/", "~1") if "~" in key or "/" in key else key
