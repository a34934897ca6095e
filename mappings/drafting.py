"""A first mapping file from a sample: every column, path or field listed, and tables for columns of few words.

Guesses come from names and from the values of the sample, and are marked `# guess`; what nothing is known about is
carried, with a reason the author must replace (FILL IN). Nothing is guessed into a place where it would be wrong unseen:
a status word nobody knows is FILL IN too.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from mappings.drafting_sheets import guessed_layout, require_no_title
from mappings.drafting_tables import Table, draft_table
from mappings.model import MappingRoomError
from mappings.syntax.hl7v2 import leaves, read_messages, split
from mappings.syntax.json_tree import json_leaves, read_json
from mappings.syntax.sheet_layout import PLAIN, Layout
from mappings.syntax.sheets import SHEETS
from mappings.translate import kind_of

FILL_IN = "FILL IN"
_MOST_WORDS = 12
_NUMBERS = ("RF1-6", "ORC-2", "SCH-2", "SCH-1", "TXA-12", "PRB-4", "PID-3")
"""Where HL7 v2 has the number of what a message is about."""
_NUMBERED = frozenset({"no", "nr", "id", "number", "num", "key"})
_SSN = re.compile(r"\d{3}-\d\d-\d{4}")
_PATTERNS = (
    (re.compile(r"\d{4}-\d\d-\d\d"), "YYYY-MM-DD"),
    (re.compile(r"\d\d?/\d\d?/\d{4}"), "MM/DD/YYYY"),
    (re.compile(r"\d\d?-\d\d?-\d{4}"), "MM-DD-YYYY"),
    (re.compile(r"\d\d?/\d\d?/\d\d"), "MM/DD/YY, years_from: 1930"),
    (re.compile(r"\d{8}"), "YYYYMMDD"),
)
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_SPELT = re.compile(r"\b(?:[A-Za-z]\.){2,}")


@dataclass(frozen=True, slots=True)
class Column:
    """One address of the sample, with the values it has there."""

    address: str
    values: tuple[str, ...]

    @property
    def words(self) -> frozenset[str]:
        """The words of the name: `clientNo`, `client_no` and `Client No` are the same, as are `D.O.B.` and `DOB`."""
        name = _SPELT.sub(lambda found: found[0].replace(".", ""), self.address)
        return frozenset(word.lower() for word in _WORD.findall(name))

    @property
    def pattern(self) -> str:
        """How most of its dates are written; "" when they are no dates. A date cell of a workbook has every pattern."""
        counts = {p: sum(shape.fullmatch(v) is not None for v in self.values) for shape, p in _PATTERNS}
        cells = counts.pop("YYYY-MM-DD")
        most = max(counts, key=lambda one: counts[one])
        if counts[most] and counts[most] + cells >= len(self.values) / 2:
            return most
        return "YYYY-MM-DD" if cells and cells >= len(self.values) / 2 else ""

    @property
    def strange(self) -> int:
        """How many of its values are not written by the pattern."""
        shapes = [shape for shape, p in _PATTERNS if p in (self.pattern, "YYYY-MM-DD")]
        return sum(not any(shape.fullmatch(v) for shape in shapes) for v in self.values)

    @property
    def has_ssn(self) -> bool:
        """Whether a US social security number is among its values."""
        return any(map(_SSN.fullmatch, self.values))

    @property
    def few(self) -> tuple[str, ...]:
        """Its different values, when they are few enough to be codes."""
        found = tuple(dict.fromkeys(self.values))
        return found if found and len(found) <= _MOST_WORDS and all(len(v) <= 40 for v in found) else ()


@dataclass(frozen=True, slots=True)
class Draft:
    """The text of a mapping file, and of its ConceptMaps by file name."""

    mapping: str
    tables: dict[str, str]
    columns: tuple[tuple[str, str], ...]
    """(address, what it becomes), for the mapping's page."""
    kind: str = ""
    """Type and event of a message, as `accepts` has them."""


def draft_mapping(name: str, form: str, content: bytes) -> Draft:
    """The first files of a mapping for a sample. Raises MappingRoomError when the sample cannot be read."""
    tables: dict[str, str] = {}
    layout = guessed_layout(form, content) if form in SHEETS else PLAIN
    columns = _columns(form, content, layout)
    rows: list[str] = []
    for one in columns:
        taken = {_target(row) for row in rows} - {""}
        rows.append(f"  - {{from: {_quoted(one.address)}, {_row(one, name, tables, form, taken)}")
    told = tuple((one.address, _told(row)) for one, row in zip(columns, rows, strict=True))
    kind = kind_of(read_messages(content)[0]) if form == "hl7v2" else ""
    return Draft(_text(name, form, columns, rows, layout), tables, told, kind)


def _target(row: str) -> str:
    found = re.search(r"\bto: ([\w.]+)", row)
    return found[1] if found else ""


def _told(row: str) -> str:
    """What a row says, in a few words."""
    if target := _target(row):
        return target
    return FILL_IN if FILL_IN in row else "stays" if "carry:" in row else "dropped"


def _columns(form: str, content: bytes, layout: Layout) -> list[Column]:
    """Every address of the sample, in its order."""
    found: dict[str, list[str]] = {}
    if form in SHEETS:
        header, rows = SHEETS[form].read_rows(content, layout)
        require_no_title(form, content, layout)
        found = {name: [] for name in header}
        for _, cells in rows:
            for name, cell in zip(header, cells, strict=False):
                found[name] += [cell.strip()] if cell.strip() else []
    elif form == "json":
        document = read_json(content)
        for record in document if isinstance(document, list) else [document]:
            for place, value in json_leaves(record).items():
                found.setdefault(_path(place), []).append(str(value))
    elif form == "hl7v2":
        segments = split(read_messages(content)[0])
        found = {f"{segments[leaf.segment][0]}-{leaf.field}": [] for leaf in leaves(segments)}
    else:
        text = "a draft is made for hl7v2, csv, xlsx or json; C-CDA documents are read by `ccda/any`"
        raise MappingRoomError("FORMAT_UNKNOWN", text)
    return [Column(address, tuple(values)) for address, values in found.items()]


def _path(place: str) -> str:
    """A place without its numbers: `needs[0].code` -> `needs[*].code`."""
    parts = place.split("[")
    return parts[0] + "".join("[*]" + part.partition("]")[2] for part in parts[1:])


_SEVERAL = (".identifier", ".telecom", ".name", ".given", ".line")
"""Elements that several columns may fill."""


def _any(*words: str) -> Callable[[Column], bool]:
    return lambda column: bool(column.words & set(words))


def _number_of(*words: str) -> Callable[[Column], bool]:
    return lambda column: bool(column.words & set(words)) and bool(column.words & _NUMBERED)


_GUESSES: tuple[tuple[Callable[[Column], bool], str], ...] = (
    (_any("ssn", "social"), 'drop: "not needed (42 CFR 2.13(a))"'),
    (
        _any("note", "notes", "remark", "remarks", "comment", "comments", "narrative"),
        'carry: "free text is not forwarded (V2-02)"',
    ),
    (
        _any("worker", "caseworker", "staff", "counselor", "coach", "navigator", "assigned"),
        'carry: "local staffing, returned to the agency only"',
    ),
    (
        _number_of("client", "member", "person", "participant", "patient", "chart", "hmis", "mrn"),
        "to: patient.identifier, lens: identifier",
    ),
    (_number_of("referral", "request", "case", "order", "record"), "to: task.identifier, lens: identifier"),
    (_any("dob", "birth", "birthdate", "born"), "to: patient.birthDate, lens: date"),
    (_any("first", "given"), "to: patient.name.given, lens: string"),
    (_any("last", "family", "surname"), "to: patient.name.family, lens: string"),
    (_any("name"), "to: patient.name, lens: name"),
    (
        _any("phone", "tel", "telephone", "mobile", "cell"),
        "to: patient.telecom, lens: telecom, system: phone",
    ),
    (_any("email", "mail"), "to: patient.telecom, lens: telecom, system: email"),
    (_any("zip", "postal"), "to: patient.address.postalCode, lens: string"),
    (_any("city"), "to: patient.address.city, lens: string"),
    (_any("street", "address"), "to: patient.address.line, lens: string"),
    (_any("gender", "sex"), "to: patient.gender, lens: code, map: {gender}"),
    (_any("urgency", "priority"), "to: referral.priority, lens: code, map: {priority}"),
    (_any("state", "province"), "to: patient.address.state, lens: string"),
    (_any("status"), "to: task.status, lens: code, map: {status}"),
    (_any("need", "service", "program", "help"), "to: referral.code, lens: concept, map: {need}"),
    (_any("referred", "requested", "sent", "created"), "to: task.authoredOn, lens: date"),
)


def _row(column: Column, name: str, tables: dict[str, str], form: str, taken: Collection[str]) -> str:
    """The rest of a row, from the verb on. Of two columns that look alike the second is for the author to say: it may be
    a mother's family name, or have other words in the same table."""
    unknown = f'carry: "{FILL_IN}: say where it goes, or why it stays"}}'
    if column.has_ssn:
        return f'carry: "{FILL_IN}: social security numbers are among these, which nobody needs: drop them"}}'
    for fits, guess in _GUESSES if form != "hl7v2" else ():
        if not fits(column):
            continue
        if _target(guess) in taken and not _target(guess).endswith(_SEVERAL):
            return unknown
        if "lens: date" in guess:
            if not column.pattern:
                return unknown
            others = (
                f"; {column.strange} of {len(column.values)} are written otherwise" if column.strange else ""
            )
            return f"{guess}, pattern: {column.pattern}}}  # guess{others}"
        kind = guess.partition("map: {")[2].rstrip("}")
        if not kind:
            return f"{guess}}}  # guess"
        if column.few:
            table = draft_table(name, Table(kind), column.few)
            tables[f"{table.name}.json"] = table.text
            return guess.replace(f"{{{kind}}}", table.name) + "}  # guess"
        return unknown
    return unknown


def _text(name: str, form: str, columns: Sequence[Column], rows: Sequence[str], layout: Layout) -> str:
    """The draft."""
    key = next((one.address for one, row in zip(columns, rows, strict=True) if "task.identifier" in row), "")
    key = key or _key(columns, rows)
    told = "guess: what makes a record the same record"
    if not key:
        key = next((one.address for one in columns if not one.has_ssn), FILL_IN)
        told = f"{FILL_IN}: which of them tell one record from every other, this is only the first"
    client = next(
        (one.address for one, row in zip(columns, rows, strict=True) if "patient.identifier" in row), ""
    )
    people = [one.address for one, row in zip(columns, rows, strict=True) if "to: patient." in row]
    item = (people[0] if form == "json" and people else "").rpartition("[*]")[0]
    of = f", of: {_quoted(item + '[*]')}" if item and not item.startswith("[*]") else ""
    of += ', above: "title of the export"' if layout.needed else ""
    person = f"{{type: Patient, key: [{_quoted(client)}]}}" if client else "Patient"
    names = ", ".join(_quoted(one.address) for one in columns)
    defaults = [
        "  - {const: active, to: referral.status}",
        "  - {const: order, to: referral.intent}",
        "  - {ref: patient, to: referral.subject}",
        "" if "to: task.status" in " ".join(rows) else "  - {const: requested, to: task.status}",
        "  - {const: order, to: task.intent}",
        "  - {ref: referral, to: task.focus}",
        "  - {ref: patient, to: task.for}",
    ]
    lines = [
        f"# {FILL_IN}: one sentence, what this file is and who sends it.",
        f"mapping: {name}",
        "version: 0.1.0",
        f"format: {form}",
        "direction: in  # both, once the way back is wanted: then add {setting: notice, from: notice}",
        f"charset: {layout.charset}  # guess: it is not UTF-8" if layout.charset != PLAIN.charset else "",
        f"columns: [{names}]" if form in SHEETS else "",
        f"record: {{key: [{_quoted(key)}]{of}}}  # {told}",
        f"resources: {{patient: {person}, referral: ServiceRequest, task: Task}}",
        "rows:",
        *rows,
        *defaults,
    ]
    return "\n".join(line for line in lines if line) + "\n"


def _key(columns: Sequence[Column], rows: Sequence[str]) -> str:
    """The number of a message; else the first number that every record has and no two have alike. Empty where there is
    none: what merely differs in a sample (a diagnosis, a name) is the same for two people one day.
    """
    known = next((number for number in _NUMBERS if number in {one.address for one in columns}), "")
    if known:
        return known
    most = max((len(one.values) for one in columns), default=0)
    for one, row in zip(columns, rows, strict=True):
        is_number = "identifier" in row or bool(one.words & _NUMBERED)
        if is_number and len(set(one.values)) == len(one.values) == most and not one.has_ssn:
            return one.address
    return ""


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
