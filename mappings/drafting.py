"""A first mapping file from a sample: every column, path or field listed.

Guesses are marked `# guess`; what nothing is known about is carried, with a reason the author must replace.
"""

from __future__ import annotations

from mappings.model import MappingRoomError
from mappings.syntax.hl7v2 import leaves, read_messages, split
from mappings.syntax.json_tree import json_leaves, read_json
from mappings.syntax.sheets import SHEETS

_GUESSES: tuple[tuple[tuple[str, ...], str], ...] = (
    (("dob", "birth", "date_of_birth"), "to: patient.birthDate, lens: date"),
    (("name", "client_name", "full_name"), "to: patient.name, lens: name"),
    (("phone", "tel", "mobile"), "to: patient.telecom, lens: telecom, system: phone"),
    (("email", "mail"), "to: patient.telecom, lens: telecom, system: email"),
    (("client_no", "client_id", "member_id"), "to: patient.identifier, lens: identifier"),
    (("referral_no", "referral_id", "case_no"), "to: task.identifier, lens: identifier"),
)
_DROPPED = ("ssn", "social_security", "social security")


def draft_mapping(name: str, form: str, content: bytes) -> str:
    """The text of a mapping file for a sample. Raises MappingRoomError when the sample cannot be read."""
    return _text(name, form, _addresses(form, content))


def _addresses(form: str, content: bytes) -> list[str]:
    """Every address of the sample, in its order."""
    if form in SHEETS:
        return SHEETS[form].read_rows(content)[0]
    if form == "json":
        document = read_json(content)
        record = document[0] if isinstance(document, list) and document else document
        return list(dict.fromkeys(_path(place) for place in json_leaves(record)))
    if form == "hl7v2":
        segments = split(read_messages(content)[0])
        found = [f"{segments[leaf.segment][0]}-{leaf.field}" for leaf in leaves(segments)]
        return list(dict.fromkeys(found))
    raise MappingRoomError("FORMAT_UNKNOWN", "format is hl7v2, csv, xlsx or json")


def _path(place: str) -> str:
    """A place without its numbers: `needs[0].code` -> `needs[*].code`."""
    parts = place.split("[")
    return parts[0] + "".join("[*]" + part.partition("]")[2] for part in parts[1:])


def _text(name: str, form: str, names: list[str]) -> str:
    """The draft."""
    key = next(
        (n for n in names if _guess(n).startswith("to: task.identifier")), names[0] if names else "FILL IN"
    )
    lines = [
        f"mapping: {name}",
        "version: 0.1.0",
        f"format: {form}",
        "direction: in",
        f"record: {{key: [{_quoted(key)}]}}  # guess: what makes a record the same record",
        "resources: {patient: Patient, referral: ServiceRequest, task: Task}",
        "rows:",
        *(f"  - {{from: {_quoted(one)}, {_row(one)}" for one in names),
        "  - {const: active, to: referral.status}",
        "  - {const: order, to: referral.intent}",
        "  - {ref: patient, to: referral.subject}",
        "  - {const: requested, to: task.status}",
        "  - {const: order, to: task.intent}",
        "  - {ref: referral, to: task.focus}",
        "  - {ref: patient, to: task.for}",
    ]
    return "\n".join(lines) + "\n"


def _guess(name: str) -> str:
    low = name.lower().replace(" ", "_")
    return next((target for words, target in _GUESSES if low in words), "")


def _row(name: str) -> str:
    if name.lower() in _DROPPED:
        return 'drop: "not needed (42 CFR 2.13(a))"}  # guess'
    guess = _guess(name)
    if guess:
        return f"{guess}}}  # guess"
    return 'carry: "FILL IN: say where it goes, or why it stays"}'


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
