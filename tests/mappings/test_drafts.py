"""Whatever sample a mapping is drafted from: the draft can be read, names every value, and guesses nothing unseen."""

from __future__ import annotations

import json

import pytest

from mappings import (
    Library,
    Mapping_,
    MappingRoomError,
    draft_mapping,
    read_library,
    sample_faults,
    translate_all,
)
from mappings.drafting_tables import Table, draft_table
from tests.mappings.conftest import read_formats

VOCABULARY = {path: text for path, text in read_formats().items() if path.startswith("formats/vocabulary/")}


def _library(form: str, source: bytes) -> Library:
    draft = draft_mapping("agency/sheet", form, source)
    tables = {f"formats/agency/sheet/concept_maps/{n}": t.encode() for n, t in draft.tables.items()}
    return read_library({**VOCABULARY, **tables, "formats/agency/sheet/mapping.yaml": draft.mapping.encode()})


def test_a_draft_of_any_sample_can_be_read_and_leaves_nothing_out(mapping: Mapping_, source: bytes) -> None:
    if mapping.format not in ("csv", "xlsx", "json", "hl7v2"):
        with pytest.raises(MappingRoomError, match="FORMAT_UNKNOWN"):
            draft_mapping("agency/sheet", mapping.format, source)
        return
    drafted = _library(mapping.format, source).mapping("agency/sheet")
    records = translate_all(drafted, source, partner="p", id_key=b"k", zone=None)
    assert records
    for record in records:
        if record.translation is not None:
            codes = {issue.code for issue in record.translation.issues}
            assert "UNMAPPED" not in codes, [i.place for i in record.translation.issues]


def test_two_words_of_one_meaning_get_one_way_back() -> None:
    table = json.loads(draft_table("a/b", Table.STATUS, ("closed", "done", "perhaps")).text)
    targets = [element["target"][0] for element in table["group"][0]["element"]]
    assert targets == [
        {"code": "completed", "equivalence": "equivalent"},
        {"code": "completed", "equivalence": "wider"},
        {"code": "FILL IN", "equivalence": "equivalent"},
    ]


def test_dates_are_told_by_their_values_and_others_are_not_guessed() -> None:
    sheet = b"no,born,Date of Birth,zip\n1,14.03.1996,1996-03-14,00501\n"
    text = draft_mapping("a/b", "csv", sheet).mapping
    assert '{from: "Date of Birth", to: patient.birthDate, lens: date, pattern: YYYY-MM-DD}  # guess' in text
    assert '{from: "born", carry: "FILL IN' in text
    assert '{from: "zip", to: patient.address.postalCode, lens: string}  # guess' in text


SHEET = b"Case No,Last Name,Mother Last Name,Status,Tax Status\n1,Reyes,Sol,open,exempt\n2,Quill,Ng,closed,exempt\n"


def test_of_two_columns_that_look_alike_one_is_guessed_and_the_other_is_for_the_author() -> None:
    draft = draft_mapping("agency/sheet", "csv", SHEET)
    assert '{from: "Status", to: task.status, lens: code, map: agency-status}  # guess' in draft.mapping
    assert draft.mapping.count('Name", carry: "FILL IN') == draft.mapping.count(
        '"Tax Status", carry: "FILL IN'
    )
    (table,) = draft.tables.values()
    assert '"open"' in table and "exempt" not in table


def test_the_check_says_why_a_value_went_nowhere() -> None:
    draft = draft_mapping("agency/sheet", "csv", SHEET).mapping
    lens = "to: patient.name.family, lens: string}"
    twice = draft.replace(
        '"Mother Last Name", carry: "FILL IN: say where it goes, or why it stays"}',
        f'"Mother Last Name", {lens}',
    )
    assert twice != draft
    table = draft_table("agency/sheet", Table.STATUS, ("open", "closed"))
    files = {f"formats/agency/sheet/concept_maps/{table.name}.json": table.text.encode(), **VOCABULARY}
    library = read_library({**files, "formats/agency/sheet/mapping.yaml": twice.encode()})
    faults = sample_faults(library.mapping("agency/sheet"), SHEET, None)
    place = "row 2 column Mother Last Name: the element takes one value and already has one"
    assert faults[0] == ("ONE_VALUE_ONLY", place)


@pytest.mark.parametrize(
    "header",
    ['"', "a: b", "{x}", "#", "- y", "'", "\\", "null", "x\ty", "né", "*", "&a", "!t", "%", "@", "`"],
)
def test_any_header_is_quoted_rightly(header: str) -> None:
    from mappings.syntax.csv_rows import write_lines

    source = write_lines([["no", header], ["1", "value"]], b"")
    drafted = _library("csv", source).mapping("agency/sheet")
    [record] = translate_all(drafted, source, partner="p", id_key=b"k", zone=None)
    assert record.translation is not None
    assert record.translation.accounting.unmapped == 0


def test_a_draft_of_a_message_has_its_number_as_key_and_says_of_what_kind_it_is() -> None:
    message = b"MSH|^~\\&|A|B|||20261122||REF^I12|1|P|2.5\rRF1|P|||||R-1\rPID|||X\r"
    draft = draft_mapping("a/b", "hl7v2", message)
    assert (draft.kind, 'record: {key: ["RF1-6"]}' in draft.mapping) == ("REF^I12", True)
