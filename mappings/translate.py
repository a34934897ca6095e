"""Bytes of an agency to FHIR resources.

The compiled form runs first where the format has one; when it meets anything unusual (a value no row names, a code
outside its table, a time without zone, a missing required value) the interpreter runs the record again and says what.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache, partial
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from mappings.compiled_parts import Suspect, roles_of
from mappings.envelope import kinds_of
from mappings.ids import id_maker, key_ids
from mappings.instances import Interpreted
from mappings.interpret import Interpreter
from mappings.library import Choice, Mapping_
from mappings.message_parts import Part, another_patient, parts_of
from mappings.model import Account, MappingRoomError, TranslatedRecord, Translation, TranslationRefused
from mappings.syntax import fhir_json, set_records
from mappings.syntax.ccda import read_document
from mappings.syntax.ccda_tree import CcdaTree, document_zone
from mappings.syntax.hl7v2 import check_charset, erl, head_fields, read_lines, read_messages, split, standard
from mappings.syntax.hl7v2_tree import V2Tree, head_facts, lists_told
from mappings.syntax.json_tree import JsonTree, apart, read_json
from mappings.syntax.sheets import SHEETS
from mappings.times import Zone, v2_zone
from mappings.tree import Tree
from mappings.unfit import Unfit
from mappings.usual import usual_record

TreeMaker = Callable[[], Tree]
ORDERS_AT_MOST = 100
"""So many orders one message may bring: they are taken together or not at all."""


def translate(
    mapping: Mapping_, source: bytes, *, partner: str, id_key: bytes, zone: str | None
) -> Translation:
    """One record. Raises TranslationRefused: code, message, place, HL7 error code and ERL."""
    if mapping.format == "hl7v2":
        return _one_message(_of_message(mapping, source), source, partner, id_key, named_zone(zone))
    records = translate_all(mapping, source, partner=partner, id_key=id_key, zone=zone)
    if len(records) != 1:
        raise TranslationRefused(
            "SEVERAL_RECORDS", "one record was expected", records[1].place if records else None
        )
    if records[0].translation is None:
        raise records[0].refusal or TranslationRefused("NO_RECORD", "no record found")
    return records[0].translation


def translate_message(
    mapping: Mapping_, source: bytes, *, partner: str, id_key: bytes, zone: str | None
) -> tuple[TranslatedRecord, ...]:
    """The records of one message: itself, or each of its orders, with the place where it begins (`ORC[2]`).

    Raises TranslationRefused when it cannot be read, is more than one message, or brings more than `ORDERS_AT_MOST`.
    """
    if mapping.format != "hl7v2":
        made = translate(mapping, source, partner=partner, id_key=id_key, zone=zone)
        return (TranslatedRecord("", made, None),)
    known, mapping = named_zone(zone), _of_message(mapping, source)
    found = _whole_or_parts(mapping, source, partner, id_key, known)
    if isinstance(found, Translation):
        return (TranslatedRecord("", found, None),)
    if len(found) > ORDERS_AT_MOST:
        place = found[ORDERS_AT_MOST].place
        message = f"more than {ORDERS_AT_MOST} orders; send them in several messages"
        raise TranslationRefused("TOO_MANY_ORDERS", message, place, "207", erl(place))
    return tuple(_each_part(found, "", lambda part: _message(mapping, part, source, partner, id_key, known)))


def translate_all(
    mapping: Mapping_, source: bytes, *, partner: str, id_key: bytes, zone: str | None
) -> tuple[TranslatedRecord, ...]:
    """Every record of a file or batch, each with its place. Raises TranslationRefused when the file cannot be read."""
    return tuple(translate_each(mapping, source, partner=partner, id_key=id_key, zone=zone))


def translate_each(
    mapping: Mapping_, source: bytes, *, partner: str, id_key: bytes, zone: str | None
) -> Iterator[TranslatedRecord]:
    """As `translate_all`, each record when it is asked for: what was made of the one before need not be held.

    Raises TranslationRefused at once when the file cannot be read.
    """
    if mapping.direction == "out":
        raise TranslationRefused("DIRECTION_OUT", f"mapping `{mapping.id}` is for writing only")
    known = named_zone(zone)

    def plain(place: str, make: TreeMaker) -> TranslatedRecord:
        return _try(place, lambda: _interpreted(mapping, make, source, partner, id_key, known))

    if mapping.format == "hl7v2":
        messages = read_messages(source)
        return _each_message(
            mapping, messages, lambda one, part: _message(one, part, source, partner, id_key, known)
        )
    if mapping.format == "fhir":
        made = fhir_json.read_records(source, mapping.file.root_type, mapping.file.files.left_out)
        return (plain(place, make) for place, make in made)
    if mapping.format == "csv_set":
        return (plain(one.place, one.make) for one in set_parts(mapping, source))
    if mapping.format in SHEETS:
        header, rows = SHEETS[mapping.format].read_records(source, mapping.file.layout)
        _check_header(mapping, header)
        return (plain(f"row {number}", make) for number, make in rows)
    if mapping.format == "ccda":
        root = read_document(source)
        own: Zone = document_zone(root) or known
        make = partial(CcdaTree, root)
        kind = mapping.taking(kinds_of(make().facts())) if isinstance(mapping, Choice) else mapping
        return iter((_try("", lambda: _interpreted(kind, make, source, partner, id_key, own)),))
    return (plain(place, partial(JsonTree, one)) for place, one in json_records(mapping, source))


def set_parts(mapping: Mapping_, source: bytes) -> list[set_records.Part]:
    """The records of a set of files, and what belongs to none. Raises TranslationRefused as `read_records` does."""
    needed = (*mapping.file.record_key, *mapping.file.required)
    return set_records.read_records(source, mapping.file.files, needed)  # type: ignore[arg-type]  # its own addresses


def json_records(mapping: Mapping_, source: bytes) -> list[tuple[str, Any]]:
    """The place and document of each record of a JSON file. Raises TranslationRefused as `read_json` and `apart` do."""
    document = read_json(source)
    if mapping.file.root_type:
        return list(apart(document, mapping.file.root_type))
    page = mapping.file.page if isinstance(document, dict) else ""
    records = document.get(page) if page else document
    if isinstance(records, list):
        return [(f"{page}[{number}]", item) for number, item in enumerate(records)]
    return [("", document)]


def _of_message(mapping: Mapping_, source: bytes) -> Mapping_:
    """The mapping itself; of a choice, the one that takes the type of the (first) message."""
    return mapping.taking(map(kind_of, read_messages(source)[:1])) if isinstance(mapping, Choice) else mapping


def kind_of(lines: list[str]) -> str:
    """Type and event of a message, as `accepts` has them; empty where its encoding characters cannot be read."""
    try:
        head = head_fields(standard(lines)[0])
    except TranslationRefused:
        return ""
    return "^".join(f"{head[9]}^".split("^")[:2])


def _each_message(
    mapping: Mapping_, messages: list[list[str]], run: Callable[[Mapping_, Part], Translation]
) -> Iterator[TranslatedRecord]:
    for number, lines in enumerate(messages, 1):
        own = mapping.taking((kind_of(lines),)) if isinstance(mapping, Choice) else mapping
        if (refusal := another_patient(own.file.once, lines)) is not None:
            yield TranslatedRecord(f"message {number}", None, refusal)
            continue
        yield from _each_part(parts_of(own.file.once, lines), f"message {number} ", partial(run, own))


def _each_part(
    parts: list[Part], before: str, run: Callable[[Part], Translation]
) -> Iterator[TranslatedRecord]:
    """The records of one message. Several orders in it are told apart by their numbers: what has the number of an
    earlier one, or like an earlier one has none, would take its place."""
    keys: set[str] = set()
    for part in parts:
        record = _try(f"{before}{part.place}".rstrip(), partial(run, part))
        key = record.translation.business_key if record.translation is not None else ""
        if key and key in keys:
            message = "the number of an order of the same message, or like that one it has none"
            refusal = TranslationRefused("DUPLICATE_KEY", message, part.place, "205", erl(part.place))
            record = TranslatedRecord(record.place, None, refusal)
        keys.add(key)
        yield record


def _check_header(mapping: Mapping_, header: list[str]) -> None:
    for address in (*mapping.file.record_key, *mapping.file.required):
        if address.text not in header:
            message = f"column `{address.text}` is missing"
            raise TranslationRefused("COLUMN_MISSING", message, f"row 1 column {address.text}", "101")


def _try(place: str, run: Callable[[], Translation]) -> TranslatedRecord:
    try:
        return TranslatedRecord(place, run(), None)
    except TranslationRefused as refusal:
        return TranslatedRecord(place, None, refusal)


@lru_cache(maxsize=64)
def named_zone(zone: str | None) -> ZoneInfo | None:
    """The zone of a name such as `America/Phoenix`. Raises MappingRoomError `ZONE_UNKNOWN`."""
    if not zone:
        return None
    try:
        return ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError):
        raise MappingRoomError("ZONE_UNKNOWN", f"no time zone `{zone}`") from None


def _one_message(mapping: Mapping_, source: bytes, partner: str, id_key: bytes, zone: Zone) -> Translation:
    found = _whole_or_parts(mapping, source, partner, id_key, zone)
    if isinstance(found, Translation):
        return found
    if len(found) > 1:
        place = found[1].place
        raise TranslationRefused(
            "SEVERAL_RECORDS", "one record was expected, each of these is one", place, "207", erl(place)
        )
    return _message(mapping, found[0], source, partner, id_key, zone)


def _whole_or_parts(
    mapping: Mapping_, source: bytes, partner: str, id_key: bytes, zone: Zone
) -> Translation | list[Part]:
    """What the compiled form makes of the one message; its parts where it hands over."""
    lines = read_lines(source)
    if lines and (refusal := another_patient(mapping.file.once, lines)) is not None:
        raise refusal
    if lines and lines[0][:9] == "MSH|^~\\&|":
        found = _compiled(mapping, lines, source, partner, id_key, zone)
        if found is not None:
            return found
    messages = read_messages(source)
    if len(messages) > 1:
        raise TranslationRefused("SEVERAL_RECORDS", "one message was expected", "MSH[2]", "207", "MSH^2")
    return parts_of(mapping.file.once, messages[0])


def _message(
    mapping: Mapping_, part: Part, source: bytes, partner: str, id_key: bytes, zone: Zone
) -> Translation:
    lines = standard(part.lines)
    found = _compiled(mapping, lines, source, partner, id_key, zone, part.numbers)
    if found is not None:
        return found
    head = head_fields(lines[0])
    check_charset(head[18])
    known = v2_zone(head[7]) or zone
    return _interpreted(mapping, lambda: V2Tree(split(lines), part.numbers), source, partner, id_key, known)


def _compiled(
    mapping: Mapping_,
    lines: list[str],
    source: bytes,
    partner: str,
    id_key: bytes,
    zone: Zone,
    numbers: tuple[int, ...] = (),
) -> Translation | None:
    """What the compiled form gives; None when it hands over."""
    compiled = mapping.compiled
    if compiled is None:
        return None
    head = head_fields(lines[0])
    check_charset(head[18])
    known = v2_zone(head[7]) or zone
    ids_of = key_ids(id_key, partner)
    try:
        resources, named, key, addressees = compiled.form_for(source)(lines, head, ids_of, known)
    except (Suspect, Unfit):
        return None
    made = lines, numbers, resources
    origin = _CompiledOrigin(mapping, source, made, head, named, partner, id_key, known)
    return Translation(resources, (), key, addressees, origin)


class _CompiledOrigin:
    """A message that went through the compiled form; the interpreter explains it when asked."""

    __slots__ = ("head", "id_key", "made", "mapping", "named", "partner", "source", "zone")

    def __init__(
        self,
        mapping: Mapping_,
        source: bytes,
        made: tuple[list[str], tuple[int, ...], tuple[dict[str, object], ...]],
        head: list[str],
        named: tuple[list[bytes], list[str]],
        partner: str,
        id_key: bytes,
        zone: Zone,
    ) -> None:
        self.mapping = mapping
        self.source = source
        self.made = made
        self.head = head
        self.named = named
        self.partner = partner
        self.id_key = id_key
        self.zone = zone

    def roles(self) -> Mapping[str, tuple[str, ...]]:
        return roles_of(*self.named)

    def facts(self) -> Mapping[str, str]:
        listed = [line.split("|") for line in self.made[0] if line[:3] in ("DG1", "AL1")]
        return {**head_facts(self.head), **lists_told(listed)}

    def provenance(self) -> Mapping[str, str]:
        return _provenance(self.mapping, self.source)

    def account(self) -> Account:
        lines, numbers, resources = self.made

        def slow() -> Account:
            tree = V2Tree(split(lines), numbers)
            return interpret(self.mapping, lambda: tree, self.partner, self.id_key, self.zone).account

        return self.mapping.account_shapes.account(lines, numbers, resources, slow)

    def leaves(self) -> Mapping[str, str]:
        lines, numbers, _ = self.made
        return V2Tree(split(lines), numbers).leaves()


class _InterpretedOrigin(NamedTuple):
    """A record that the interpreter translated without explaining."""

    mapping: Mapping_
    source: bytes
    make: TreeMaker
    found: Interpreted
    partner: str
    id_key: bytes
    zone: Zone

    def roles(self) -> Mapping[str, tuple[str, ...]]:
        return self.found.roles

    def facts(self) -> Mapping[str, str]:
        return self.found.facts

    def provenance(self) -> Mapping[str, str]:
        return _provenance(self.mapping, self.source)

    def account(self) -> Account:
        return interpret(self.mapping, self.make, self.partner, self.id_key, self.zone).account

    def leaves(self) -> Mapping[str, str]:
        return self.make().leaves()


def _interpreted(
    mapping: Mapping_, make: TreeMaker, source: bytes, partner: str, id_key: bytes, zone: Zone
) -> Translation:
    found = _usual(mapping, make, partner, id_key, zone)
    if found is None:
        found = interpret(mapping, make, partner, id_key, zone, explain=False)
    origin = _InterpretedOrigin(mapping, source, make, found, partner, id_key, zone)
    return Translation(
        found.resources, found.account.issues, found.business_key, found.addressee_codes, origin
    )


def _usual(mapping: Mapping_, make: TreeMaker, partner: str, id_key: bytes, zone: Zone) -> Interpreted | None:
    """What the usual form gives; None when it hands over."""
    form = mapping.usual
    if form is None:
        return None
    try:
        return form.run(usual_record(make()), key_ids(id_key, partner), zone)
    except (Suspect, Unfit):
        return None


def interpret(
    mapping: Mapping_, make: TreeMaker, partner: str, id_key: bytes, zone: Zone, *, explain: bool = True
) -> Interpreted:
    """The specification's answer for one record; without `explain`, its account holds the issues only."""
    return Interpreter(mapping.file, make(), id_maker(id_key, partner), zone, explain=explain).run()


def _provenance(mapping: Mapping_, source: bytes) -> Mapping[str, str]:
    return {
        "mapping": mapping.id,
        "version": mapping.version,
        "content_hash": mapping.content_hash,
        "source_sha256": hashlib.sha256(source).hexdigest(),
    }


__all__ = ["interpret", "named_zone", "translate", "translate_all", "translate_message"]
