"""Hypothesis strategies for questions: consents, recipients, labels, resources, a directory.

Values come from small pools, so that provisions and questions meet often. Hypothesis draws one string of
bytes a question and each byte picks from a pool (a zero byte picks the plainest value, so failures shrink
well); that keeps five thousand cases inside the time of a test run. Where the semantics page leaves two
readings open, the pools stay out of the corner; each such place says so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from hypothesis import strategies as st

from tests.consent.question_pools import (
    ACT_CODE,
    AT,
    BACKWARDS,
    CODES,
    DATE_POOL,
    DENY_LABEL_POOL,
    DENY_LEVEL_POOL,
    DIRECTORY,
    DISCLOSERS,
    ELEMENT_POOLS,
    LEVEL_POOL,
    LOINC,
    ODD_STATUS_POOL,
    PERFORMER_POOL,
    PERMIT_ACTION_POOL,
    PERMIT_LABEL_POOL,
    PROGRAMS,
    PURPOSES,
    RECIPIENTS,
    SENSITIVITY_POOL,
    SOURCE_POOL,
    TYPES,
    ZONES,
    Json,
    act_reasons,
    actor,
    coded,
    labels,
    ref,
)

T = TypeVar("T")

QUICK_EXAMPLES = 50
quick_run = False
long_run = False
"""Set by the `--quick` and `--long` options before the test modules are read."""


def examples(short: int, long: int) -> int:
    """How many examples a law gets in this run."""
    if quick_run:
        return min(short, QUICK_EXAMPLES)
    return long if long_run else short


class Picks:
    """Choices read off a string of bytes, one byte a choice; after their end always the first."""

    def __init__(self, drawn: bytes) -> None:
        self._left = iter(drawn)

    def one(self, pool: Sequence[T]) -> T:
        return pool[next(self._left, 0) * len(pool) // 256]

    def sometimes(self, chance: float, pool: Sequence[T]) -> T | None:
        """A value of the pool in `chance` of the cases, else nothing."""
        return self.one(pool) if next(self._left, 0) >= 256 * (1 - chance) else None

    def yes(self, chance: float = 0.5) -> bool:
        return next(self._left, 0) >= 256 * (1 - chance)


def built(make: Callable[[Picks], T], size: int = 320) -> st.SearchStrategy[T]:
    """The strategy of whatever `make` builds from its picks."""
    return st.binary(min_size=size, max_size=size).map(lambda drawn: make(Picks(drawn)))


def put(target: Json, name: str, value: Any) -> None:
    if value is not None:
        target[name] = value


def a_resource(picks: Picks, index: int) -> Json:
    kind = (
        "Encounter"
        if index == 1
        else picks.one(("Observation", "Condition"))
        if index == 3
        else "Observation"
    )
    level = picks.one(LEVEL_POOL) if picks.yes(0.85) else None
    made: Json = {"resourceType": kind, "id": f"r{index}", "subject": ref("Patient/p1")}
    security = labels(*picks.one(SENSITIVITY_POOL), *([level] if level else []))
    source = picks.sometimes(0.2, SOURCE_POOL)
    if security or source:
        made["meta"] = {name: value for name, value in (("security", security), ("source", source)) if value}
    code, date, by = picks.one(CODES), picks.one(DATE_POOL), picks.one(PERFORMER_POOL)
    if kind == "Encounter":
        made |= {"status": "finished", "class": {"system": ACT_CODE, "code": "AMB"}, "type": coded(code)}
        put(made, "period", {"start": date, "end": date} if date else None)
        return made
    made["code"] = coded(code)[0]
    if index and picks.yes():
        made["encounter"] = ref("Encounter/r1")
    if kind == "Observation":
        made["status"] = "final"
        put(made, "effectiveDateTime", date)
        put(made, "performer", [ref(by)] if by else None)
        if index == 2 and picks.yes():
            made["hasMember"] = [ref("Observation/r0")]
    else:
        put(made, "recordedDate", date)
        put(made, "recorder", ref(by) if by else None)
    return made


def a_provision(picks: Picks, kind: str, depth: int = 0) -> Json:
    """One provision with its children; children of the other kind are exceptions."""
    made: Json = {"type": kind}
    for name, chance, pool in ELEMENT_POOLS:
        put(made, name, picks.sometimes(chance, pool))
    if kind == "permit":
        put(made, "action", picks.sometimes(0.1, PERMIT_ACTION_POOL))
        put(made, "securityLabel", picks.sometimes(0.35, PERMIT_LABEL_POOL))
    else:
        put(made, "securityLabel", picks.sometimes(0.4, DENY_LABEL_POOL + DENY_LEVEL_POOL))
    children = picks.one(("", "", "", "d", "p", "pd", "dp", "pp", "dd") if depth < 3 else ("",))
    if children:
        kinds = {"p": "permit", "d": "deny"}
        made["provision"] = [a_provision(picks, kinds[child], depth + 1) for child in children]
    return made


def consent_around(provision: Json, name: str, status: str = "active") -> Json:
    """A Consent with every element that §2.31 asks of its frame, around the provision."""
    return {
        "resourceType": "Consent",
        "id": name,
        "meta": {"versionId": "1"},
        "status": status,
        "scope": {
            "coding": [
                {
                    "system": "http://terminology.hl7.org/CodeSystem/consentscope",
                    "code": "patient-privacy",
                }
            ]
        },
        "category": [
            {"coding": [{"system": LOINC, "code": "59284-0"}]},
            {"coding": [{"system": ACT_CODE, "code": "42CFRPart2CD"}]},
        ],
        "patient": ref("Patient/p1"),
        "dateTime": "2026-01-02",
        "performer": [ref("Patient/p1")],
        "organization": [ref("Organization/otp-1")],
        "sourceReference": ref(f"DocumentReference/signed-{name}"),
        "policy": [{"uri": "https://www.ecfr.gov/current/title-42/part-2/section-2.31"}],
        "provision": provision,
    }


DEFECTS = (
    "modifierExtension",
    "provision.modifierExtension",
    "untyped",
    "maybe",
    "backwards",
    "unverified",
)


def spoil(consent: Json, defect: str | None) -> Json:
    """Make the consent unusable as a permit in one named way."""
    odd = [{"url": "http://example.org/unknown", "valueBoolean": True}]
    root = dict(consent["provision"])
    if defect == "modifierExtension":
        return {**consent, "modifierExtension": odd}
    if defect == "unverified":
        return {**consent, "verification": [{"verified": False}]}
    if defect == "provision.modifierExtension":
        root["modifierExtension"] = odd
    elif defect == "untyped":
        del root["type"]
    elif defect == "maybe":
        root["type"] = "maybe"
    elif defect == "backwards" and root["type"] == "permit" and "provision" not in root:
        root["period"] = BACKWARDS
    return {**consent, "provision": root}


def a_consent(picks: Picks, index: int) -> Json:
    kind = picks.one(("permit", "permit", "permit", "permit", "deny"))
    status = picks.sometimes(0.1, ODD_STATUS_POOL) or "active"
    made = consent_around(a_provision(picks, kind), f"c{index}", status)
    return spoil(made, picks.sometimes(0.12, DEFECTS))


def a_valid_consent(picks: Picks, index: int) -> Json:
    """A consent that meets §2.31 at its root, so that the packs have something to permit."""
    hosp, clinic, housing = (
        actor(ref(f"Organization/{name}")) for name in ("hosp-1", "clinic-7", "housing-1")
    )
    root: Json = {
        "type": "permit",
        "period": picks.one(({"start": "2026-01-01", "end": "2026-12-31"}, {"end": "2027-06-30"})),
        "actor": picks.one(([hosp], [hosp, clinic], [housing])),
        "purpose": picks.one((act_reasons("TREAT", "HPAYMT", "HOPERAT"), act_reasons("TREAT"))),
    }
    put(root, "securityLabel", picks.sometimes(0.5, (labels("SUD", "N", "R"), labels("N", "R", "V"))))
    put(root, "class", picks.sometimes(0.3, ([{"system": TYPES, "code": "Observation"}],)))
    return consent_around(root, f"c{index}")


def a_question(picks: Picks, packs: Sequence[Sequence[str]] = ((),), valid: bool = False) -> Json:
    asked = [
        a_valid_consent(picks, index) if valid and picks.yes(0.75) else a_consent(picks, index)
        for index in range(picks.one((1, 2, 3)))
    ]
    aligned = valid and picks.yes(0.7)
    unlisted = picks.sometimes(0.15, range(len(DIRECTORY)))
    return {
        "at": picks.one(AT),
        "patient": "Patient/p1",
        "discloser": DISCLOSERS[0] if aligned else picks.one(DISCLOSERS),
        "recipient": {"roles": ["IRCP"], **picks.one(RECIPIENTS[:2] if aligned else RECIPIENTS)},
        "purposes": picks.one(PURPOSES[:6] if aligned else PURPOSES),
        "action": "disclose",
        "directory": [entry for index, entry in enumerate(DIRECTORY) if index != unlisted],
        "consents": asked,
        "resources": [a_resource(picks, index) for index in range(picks.one((1, 2, 3, 4)))],
        "policy": {
            "packs": list(picks.one(packs)),
            "part2_sources": picks.one(PROGRAMS),
            "zone": picks.one(ZONES),
        },
    }


def questions(packs: Sequence[Sequence[str]] = ((),), valid: bool = False) -> st.SearchStrategy[Json]:
    """Questions in the shape of design section 9. `valid` mixes in consents that satisfy the packs."""
    return built(lambda picks: a_question(picks, packs, valid))


def denials() -> st.SearchStrategy[Json]:
    """A consent whose root denies, with no exception in it."""
    return built(lambda picks: consent_around(a_provision(picks, "deny", depth=3), "added"), 40)


def every_provision(provision: Mapping[str, Any]) -> list[Any]:
    """The provision and all below it, outermost first."""
    found: list[Any] = [provision]
    for child in provision.get("provision", ()):
        found += every_provision(child)
    return found
