"""The tables behind the labels: code families, purposes, class designations, and files that do not fit."""

from __future__ import annotations

import json

import pytest

from consent import tables as tables_module
from consent.tables import Tables, TablesError, read_tables
from tests.consent.releases import ICD10, table_files, tables

HCPCS = "https://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets"
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
LOINC = "http://loinc.org"


def sensitivity(system: str | None, code: object, within: Tables | None = None) -> set[str]:
    """Labels of a code without program context: tiers 1 and 2."""
    found = (within or tables()).find_code(system, code)
    return set(found.specific | found.implied) if found.tier in (1, 2) else set()


@pytest.mark.requirement("FH-VS-01")
@pytest.mark.parametrize(
    "row", json.loads(table_files()["code_families.json"])["rows"], ids=lambda row: row[2]
)
def test_each_row_of_the_code_families_gives_its_labels(row: list[object]) -> None:
    family, _match, code, labels, tier, *_ = row
    system = next(address for address, name in tables().systems.items() if name == family)
    found = tables().find_code(system, code)
    assert (found.specific | found.implied, found.tier) == (set(labels), tier)  # type: ignore[call-overload]


@pytest.mark.requirement("FH-VS-01", "FH-VS-02", "FH-VS-03", "FH-VS-05", "DM-23")
@pytest.mark.parametrize(
    ("system", "code", "expected"),
    [
        (ICD10, "F13.20", {"SUD"}),
        (ICD10, "F1320", {"SUD"}),
        (ICD10, " f11.20 ", {"SUD", "OPIOIDUD"}),
        (ICD10, "O99.324", {"SUD"}),
        (ICD10, "O99.3", set()),
        (ICD10, "F17.210", set()),
        ("urn:oid:2.16.840.1.113883.6.90", "F10.20", {"SUD", "ETHUD"}),
        (HCPCS, "H0020", {"SUD"}),
        (HCPCS, "H0004", set()),
        (HCPCS, "H00201", set()),
        (RXNORM, "42347", set()),
        (RXNORM, "7242", set()),
        (RXNORM, "6813", {"SUD", "OPIOIDUD"}),
        (LOINC, "2339-0", set()),
        (LOINC, "4548-4", set()),
        (LOINC, "44249-1", {"MH"}),
        (LOINC, "82667-7", {"SUD"}),
        (None, "F11.20", {"SUD", "OPIOIDUD"}),
        ("urn:somewhere", "H0020", {"SUD"}),
        ("urn:somewhere", "F1", set()),
        (LOINC, "F11.20", set()),
        (ICD10, 17, set()),
        (ICD10, ["F11.20"], set()),
    ],
)
def test_known_mistakes_of_published_lists_are_not_repeated(
    system: str | None, code: object, expected: set[str]
) -> None:
    assert sensitivity(system, code) == expected
    assert sensitivity(system, code) == expected, "the remembered answer is the same"


@pytest.mark.requirement("FH-VS-04")
def test_no_snomed_or_cpt_code_is_shipped_and_a_site_may_bring_its_own() -> None:
    families = {row[0] for row in json.loads(table_files()["code_families.json"])["rows"]}
    assert families == {"hcpcs", "icd10", "icd9", "loinc", "rxnorm"}
    site = {"kind": "code_families", "rows": [["snomed", "exact", "66214007", ["SUD"], 1, "site", "x"]]}
    within = read_tables({**table_files(), "site/snomed.json": json.dumps(site).encode()})
    assert sensitivity("http://snomed.info/sct", "66214007", within) == {"SUD"}
    assert sensitivity("http://snomed.info/sct", "66214007") == set()
    assert within.version != tables().version


@pytest.mark.requirement("FH-PUR-01")
@pytest.mark.parametrize(
    ("granted", "asked", "permits", "denies"),
    [
        ("TREAT", "COC", True, True),
        ("TREAT", "ERTREAT", True, True),
        ("TREAT", "BTG", False, True),
        ("TREAT", "CLINTRL", False, True),
        ("HOPERAT", "CAREMGT", True, True),
        ("HOPERAT", "HLEGAL", False, True),
        ("HOPERAT", "MLTRAINING", False, True),
        ("HPAYMT", "MILDCRG", False, True),
        ("HPAYMT", "ELIGDTRM", True, True),
        ("PUBHLTH", "THREAT", False, True),
        ("HLEGAL", "HLEGAL", True, True),
        ("COC", "TREAT", False, False),
        ("CJ-MONITOR", "CJ-MONITOR", True, True),
        ("CJ-MONITOR", "TREAT", False, False),
    ],
)
def test_a_permit_covers_child_purposes_but_for_the_exceptions(
    granted: str, asked: str, permits: bool, denies: bool
) -> None:
    assert (asked in tables().permit_reaches(granted)) is permits
    assert (asked in tables().deny_reaches(granted)) is denies


@pytest.mark.requirement("P2-31-04")
def test_only_the_phrases_of_the_regulation_name_a_class() -> None:
    whole = (
        "My treating providers, health plans, third-party payers, and people helping to operate this program."
    )
    assert tables().classes_named(whole) == {"treating_provider", "health_plan", "payer", "program_operation"}
    assert tables().classes_named("my treating providers; health plans") == {
        "treating_provider",
        "health_plan",
    }
    assert tables().classes_named("my treating providers and my landlord") == frozenset()
    assert tables().classes_named("") == frozenset()


def test_remembered_answers_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables_module, "REMEMBERED", 3)
    within = read_tables(table_files())
    for number in range(10):
        assert within.find_code(ICD10, f"J{number}").tier == 0
        assert within.find_words(f"plan {number}").tier == 0
    assert len(within._seen_codes) <= 3
    assert len(within._seen_words) <= 3
    assert within.find_words("methadone " * 20).specific == {"OPIOIDUD"}
    assert all(len(text) <= 100 for text in within._seen_words), "long texts are not kept in memory"


def test_documents_of_other_kinds_are_kept_for_the_rules() -> None:
    within = read_tables({**table_files(), "rules/caps.json": b'{"kind":"caps","rows":[]}'})
    assert [document["rows"] for document in within.of_kind("caps")] == [[]]
    assert within.of_kind("nothing") == ()


def changed(name: str, **values: object) -> dict[str, bytes]:
    files = table_files()
    return {**files, name: json.dumps({**json.loads(files[name]), **values}).encode()}


@pytest.mark.parametrize(
    ("files", "code"),
    [
        ({**table_files(), "x.json": b"{"}, "TABLE_NOT_JSON"),
        ({**table_files(), "x.json": b"[]"}, "TABLE_KIND_MISSING"),
        ({**table_files(), "x.json": b'{"kind": 1}'}, "TABLE_KIND_MISSING"),
        ({**table_files(), "x.json": b'{"kind": "labels"}'}, "TABLE_TWICE"),
        ({name: text for name, text in table_files().items() if name != "purposes.json"}, "TABLE_MISSING"),
        (changed("labels.json", rows=[["SUD"]]), "TABLE_ROW_INVALID"),
        (
            changed("code_families.json", rows=[["icd10", "regex", "F1", ["SUD"], 1, "", ""]]),
            "TABLE_ROW_INVALID",
        ),
        (changed("sensitive_words.json", words=[["(", ["SUD"]]]), "TABLE_ROW_INVALID"),
    ],
)
def test_a_table_that_does_not_fit_stops_everything(files: dict[str, bytes], code: str) -> None:
    with pytest.raises(TablesError) as refused:
        read_tables(files)
    assert refused.value.code == code
