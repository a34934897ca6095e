"""The laws of mapping-language.md section 4 on every shipped mapping and every sample."""

from __future__ import annotations

import json
import random
import re
import uuid
from decimal import Decimal

import msgspec
import pytest

from mappings import Library, Mapping_, MappingRoomError, TranslationRefused, translate, translate_all
from mappings.compile import Compiled
from mappings.compiled_parts import Days, Remembered, Suspect, roles_of
from mappings.ids import PUBLISHED_TEST_KEY, id_maker, key_ids
from mappings.laws import conservation, leaves_of, lineage_misses, no_resurrection, round_trip, traced
from mappings.message_parts import parts_of
from mappings.syntax import xlsx_rows
from mappings.syntax.hl7v2 import head_fields, read_messages, split, standard
from mappings.syntax.hl7v2_tree import V2Tree
from mappings.times import v2_zone
from mappings.translate import interpret
from mappings.unfit import Unfit
from tests import strategies

MUTANTS = 40 if strategies.quick_run else strategies.examples(80, 1200)
"""Altered messages tried of each mapping, shared by its samples;"""

MOST_MUTANTS = 10 if strategies.quick_run else strategies.examples(30, 400)
"""at most so many of one sample."""

LINEAGE_STEP = 7 if strategies.quick_run else strategies.examples(5, 1)
"""Every how many leaves of a message one is altered: all of them in the long run."""
DOCUMENT_STEP = 1 if strategies.long_run else 53
"""The same for the leaves of a document, of which there are many."""
_FREE_BITS = ~(0xF << 76 | 3 << 62)
_VERSION_8 = 8 << 76 | 2 << 62
_ENCODER = msgspec.json.Encoder(decimal_format="number")


def _one_record(mapping: Mapping_, source: bytes) -> bytes:
    """The first record of a sheet, the first order of a message; other samples are one record."""
    if mapping.format == "hl7v2":
        first, *others = parts_of(mapping.file.once, read_messages(source)[0])
        return "\r".join(first.lines).encode() if others else source
    if mapping.format == "xlsx":
        header, rows = xlsx_rows.read_rows(source)
        return xlsx_rows.write_rows(header, [dict(zip(header, rows[0][1], strict=False))])
    if mapping.format != "csv":
        return source
    return b"\n".join(source.splitlines()[:2]) + b"\n"


def test_every_leaf_of_a_sample_is_in_exactly_one_class_and_none_unmapped(
    mapping: Mapping_, source: bytes
) -> None:
    for record in translate_all(mapping, source, partner="local", id_key=PUBLISHED_TEST_KEY, zone=None):
        assert record.translation is not None
        assert conservation(record.translation, record.translation.accounting.leaves) == []
    one = _one_record(mapping, source)
    translation = translate(mapping, one, partner="local", id_key=PUBLISHED_TEST_KEY, zone=None)
    assert translation.accounting.leaves == len(leaves_of(mapping, one))


def test_every_output_leaf_is_traced(mapping: Mapping_, source: bytes) -> None:
    translation = translate(
        mapping, _one_record(mapping, source), partner="local", id_key=PUBLISHED_TEST_KEY, zone=None
    )
    assert traced(translation) == []


@pytest.mark.unmeasured  # measuring it would double its time; other tests reach the same lines
def test_changing_a_leaf_changes_only_the_outputs_that_name_it(mapping: Mapping_, source: bytes) -> None:
    step = {"hl7v2": LINEAGE_STEP, "ccda": DOCUMENT_STEP}.get(mapping.format, 1)
    tried, misses = lineage_misses(mapping, _one_record(mapping, source), None, every=step)
    assert tried > 0
    assert misses == []


def test_both_directions_undo_each_other(mapping: Mapping_, source: bytes) -> None:
    one = _one_record(mapping, source)
    translation = translate(mapping, one, partner="local", id_key=PUBLISHED_TEST_KEY, zone=None)
    assert round_trip(mapping, one, translation, None) == []


@pytest.mark.requirement("V2-02")
def test_a_disclosure_holds_nothing_that_was_carried_or_dropped(mapping: Mapping_, source: bytes) -> None:
    one = _one_record(mapping, source)
    translation = translate(mapping, one, partner="local", id_key=PUBLISHED_TEST_KEY, zone=None)
    assert no_resurrection(mapping, one, translation, None) == []


def test_the_same_bytes_give_the_golden_resources(mapping: Mapping_, source: bytes, golden: bytes) -> None:
    records = translate_all(mapping, source, partner="local", id_key=PUBLISHED_TEST_KEY, zone=None)
    made = [r for record in records if record.translation for r in record.translation.resources]
    again = json.loads(_ENCODER.encode(made), parse_float=Decimal)
    assert again == json.loads(golden, parse_float=Decimal)


def test_ids_hang_on_key_partner_and_role_and_cannot_be_guessed(mapping: Mapping_, source: bytes) -> None:
    one = _one_record(mapping, source)
    ids = [
        {str(r["id"]) for r in translate(mapping, one, partner=partner, id_key=key, zone=None).resources}
        for partner, key in (("a", b"k" * 32), ("a", b"k" * 32), ("b", b"k" * 32), ("a", b"l" * 32))
    ]
    assert ids[0] == ids[1]
    assert not ids[0] & ids[2]
    assert not ids[0] & ids[3]
    assert all(
        re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", i)
        for i in ids[0]
    )


def test_ids_are_the_hmac_of_the_contract() -> None:
    import hmac

    for key in (b"short", b"x" * 100):
        made = id_maker(key, "partner")("record", b"task")
        text = hmac.digest(key, b"partner\x1frecord\x1ftask", "sha256").hex()
        assert made[:8] + made[9:13] == text[:12]
        assert made[-12:] == text[20:32]


def test_all_ids_of_a_record_are_the_hmac_of_the_contract() -> None:
    import hmac

    names = [b"patient", *(b"result/%d" % number for number in range(1, 70))]
    made = key_ids(b"key", "partner")((("one", names[:1]), ("other", names[1:])))
    keys = [b"one", *[b"other"] * (len(names) - 1)]
    for name, key, text in zip(names, keys, made, strict=True):
        digest = hmac.digest(b"key", b"partner\x1f" + key + b"\x1f" + name, "sha256")[:16]
        assert text == str(uuid.UUID(int=int.from_bytes(digest, "big") & _FREE_BITS | _VERSION_8))


def _mutant(chance: random.Random, source: bytes) -> bytes:
    """A message with one to three things wrong or merely different."""
    lines = source.decode().rstrip("\r").split("\r")
    for _ in range(chance.randint(1, 3)):
        index = chance.randrange(len(lines))
        fields = lines[index].split("|")
        kind = chance.randrange(9)
        if kind == 0 and index:
            del lines[index]
            continue
        if kind == 1 and index:
            lines.insert(chance.randint(1, len(lines)), lines[index])
            continue
        place = chance.randrange(2 if index == 0 else 1, max(len(fields), 3))
        while len(fields) <= place:
            fields.append("")
        new = {
            2: "",
            3: '""',
            4: fields[place] + "~" + fields[place],
            5: fields[place] + "^extra^more",
            6: "\\X41\\ \\F\\ \\.br\\" + fields[place],
            7: fields[place][: len(fields[place]) // 2],
            8: fields[place] + "&sub\\",
        }.get(kind, "x" * chance.randint(1, 5))
        fields[place] = new
        lines[index] = "|".join(fields)
    return ("\r".join(lines) + "\r").encode()


@pytest.mark.unmeasured  # measuring it would double its time; other tests reach the same lines
def test_the_compiled_form_says_what_the_interpreter_says(
    sample: tuple[str, str], mapping: Mapping_, compiled: Compiled, source: bytes, samples_of_mapping: int
) -> None:
    """Mutants of a sample: same answer or a hand-over, conservation holds, nothing crashes."""
    assert compiled.source
    chance, fast, one = random.Random(sample[1]), 0, _one_record(mapping, source)
    mutants = min(MOST_MUTANTS, MUTANTS // samples_of_mapping)
    for number in range(mutants):
        text = _mutant(chance, one)
        try:
            translation = translate(mapping, text, partner="p", id_key=b"k", zone="America/Phoenix")
        except TranslationRefused as refusal:
            assert refusal.code
            assert refusal.hl7_error_code
            continue
        fast += (agreed := _same(mapping, text, number % 4 == 0))
        if not agreed or number % 4 == 1:  # of the others the account is the interpreter's, which is checked
            unmapped = _unmapped(translation)
            assert conservation(translation, translation.accounting.leaves)[:1] in ([], unmapped)
            assert translation.issues == translation.account.issues
    assert fast > mutants // 20


def _unmapped(translation: object) -> list[tuple[str, str]]:
    kept = translation.complement["unmapped"]  # type: ignore[attr-defined]
    return [("UNMAPPED", next(iter(kept)))] if kept else []


def _same(mapping: Mapping_, text: bytes, unexplained: bool = True) -> int:
    """1 when the compiled form ran and agreed, 0 when it handed over; `unexplained`: without an account too."""
    lines = standard(read_messages(text)[0])
    head = head_fields(lines[0])
    zone = v2_zone(head[7]) or "+00:00"
    assert mapping.compiled is not None
    try:
        run = mapping.compiled.form_for(text)
        resources, ids, key, named = run(lines, head, key_ids(b"k", "p"), zone)
    except (Suspect, Unfit):
        return 0
    slow = interpret(mapping, lambda: V2Tree(split(lines)), "p", b"k", zone)
    if unexplained:
        quick = interpret(mapping, lambda: V2Tree(split(lines)), "p", b"k", zone, explain=False)
        assert (quick.resources, quick.account.issues) == (slow.resources, slow.account.issues)
    assert resources == slow.resources
    assert roles_of(*ids) == slow.roles
    assert mapping.compiled.run(lines, head_fields(lines[0]), key_ids(b"k", "p"), zone)[0] == resources
    assert key == slow.business_key
    assert named == slow.addressee_codes
    assert slow.account.issues == ()
    assert mapping.account_shapes.account(lines, (), resources, lambda: slow.account) == slow.account
    found = slow.account.accounting
    assert (found.unmapped, found.mapped + found.carried + found.dropped) == (0, found.leaves)
    return 1


def test_more_instances_than_usual_are_numbered_alike_by_both_forms(
    library: Library, referral: bytes
) -> None:
    lines = referral.split(b"\r")
    number = next(n for n, line in enumerate(lines) if line.startswith(b"OBX|"))
    diagnosis = next(n for n, line in enumerate(lines) if line.startswith(b"DG1|"))
    lines[number:number] = [lines[number]] * 80
    lines[diagnosis:diagnosis] = [lines[diagnosis]] * 80
    assert _same(library.mapping("hospital/ref_i12"), b"\r".join(lines)) == 1


def test_values_that_are_remembered_stay_few_and_right() -> None:
    days, remembered = Days(), Remembered(lambda raw, zone: raw.lower(), {"A": "known"}, False)
    for number in range(10_000):
        day = f"{1900 + number // 336:04d}{number // 28 % 12 + 1:02d}{number % 28 + 1:02d}"
        assert days[day] == f"{day[:4]}-{day[4:6]}-{day[6:]}"
        assert remembered[f"X{number}"] == f"x{number}"
    assert len(days) < 5000
    assert len(remembered) < 5000
    assert remembered["A"] == "known"
    assert days["2026"] == ""
    with pytest.raises(Suspect):
        remembered["A~B"]
    with pytest.raises(Unfit):
        days["20260230"]


def test_mapping_ids_are_folder_paths_and_the_version_covers_all_files(library: Library) -> None:
    assert {"hospital/ref_i12", "hospital/rri_i12", "housing/referral_csv", "otp/dosing"} <= set(
        library.ids()
    )
    assert re.fullmatch(r"[0-9a-f]{64}", library.version)
    with pytest.raises(MappingRoomError, match="MAPPING_UNKNOWN"):
        library.mapping("hospital/none")
