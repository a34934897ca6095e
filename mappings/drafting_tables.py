"""First code tables (ConceptMaps) for the words of a sample."""

from __future__ import annotations

import re
from enum import Enum
from typing import NamedTuple

import msgspec

FILL_IN = "FILL IN"


class Table(Enum):
    """What a column of few words may be."""

    GENDER = "gender"
    PRIORITY = "priority"
    STATUS = "status"
    NEED = "need"


class Drafted(NamedTuple):
    """A table's name and the text of its file."""

    name: str
    text: str


_TARGETS = {
    Table.GENDER: "http://hl7.org/fhir/administrative-gender",
    Table.PRIORITY: "http://hl7.org/fhir/request-priority",
    Table.STATUS: "http://hl7.org/fhir/task-status",
}
_KNOWN = {
    Table.GENDER: {
        "female": "f woman female",
        "male": "m man male",
        "other": "other x",
        "unknown": "unknown u",
    },
    Table.PRIORITY: {
        "routine": "routine normal low standard",
        "urgent": "urgent high soon",
        "asap": "asap",
        "stat": "stat emergency today now",
    },
    Table.STATUS: {
        "requested": "new open requested sent pending",
        "accepted": "accepted",
        "rejected": "declined rejected refused",
        "in-progress": "working active started progress",
        "on-hold": "waiting waitlist hold paused",
        "completed": "closed done completed finished",
        "cancelled": "cancelled canceled withdrawn",
    },
}
"""Words that mean one thing only; every other word is for the author to say."""


def draft_table(mapping: str, kind: Table, words: tuple[str, ...]) -> Drafted:
    """A table of these words. Needs get codes of the agency's own; the others a FHIR code, or FILL IN."""
    agency = mapping.partition("/")[0]
    name = f"{agency}-{kind.value}"
    system = _TARGETS.get(kind, f"urn:{agency}:{kind.value}")
    taken: set[str] = set()
    elements = [{"code": word, "target": [_target(kind, word, taken)]} for word in words]
    resource = {
        "resourceType": "ConceptMap",
        "id": name,
        "url": f"urn:{agency}:ConceptMap:{kind.value}",
        "name": name,
        "title": f"{kind.value.capitalize()} words of {agency}",
        "status": "draft",
        "group": [{"source": f"urn:{agency}:words:{kind.value}", "target": system, "element": elements}],
    }
    return Drafted(name, msgspec.json.format(msgspec.json.encode(resource), indent=1).decode() + "\n")


def _target(kind: Table, word: str, taken: set[str]) -> dict[str, str]:
    parts = set(re.findall(r"[a-z]+", word.lower()))
    if kind is Table.NEED:
        return {"code": "-".join(re.findall(r"[a-z0-9]+", word.lower())) or FILL_IN, "display": word,
                "equivalence": "equivalent"}  # fmt: skip
    code = next((code for code, known in _KNOWN[kind].items() if parts & set(known.split())), FILL_IN)
    exact = code not in taken
    taken.add(code)
    return {"code": code, "equivalence": "equivalent" if exact else "wider"}
