"""The code families beside the Consent2Share sample (2017): where they agree, and each place where they do not.

The sample is a yardstick, not a truth: FH-VS-02 names its faults. Systems whose codes need a licence (SNOMED CT, CPT)
or a larger table than we ship (LOINC) are loaded by a site and are not compared here.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.consent.releases import tables

CODES = (
    Path(__file__).resolve().parents[2].parent / "shared" / "samples" / "consent" / "sls-c2s" / "codes.jsonl"
)
COMPARED = ("icd-10-cm", "icd-9-cm", "HCPCSReleaseCodeSets", "rxnorm")
MEANS = {
    "ETH": {"SUD", "ETHUD", "OPIOIDUD"},
    "PSY": {"MH", "PSY", "DVD", "COGN", "EMOTDIS"},
    "HIV": {"HIV"},
    "SEX": {"SEX", "STD", "SDV"},
}
DISAGREE: tuple[tuple[str, str, str, str], ...] = (
    # system, code prefix, category, why we do not follow
    ("icd-10-cm", "F17", "ETH", "tobacco, off by default (FH-VS-01)"),
    ("icd-10-cm", "F19", "PSY", "other psychoactive substance use is SUD, not mental health (FH-VS-02)"),
    ("icd-10-cm", "F55", "PSY", "abuse of non-psychoactive substances is filed with SUD"),
    ("icd-10-cm", "R23.2", "ETH", "flushing: no sign of substance use"),
    ("icd-10-cm", "P04.9", "ETH", "unspecified maternal exposure: weak, within a program only"),
    ("icd-10-cm", "P93.8", "ETH", "drug reactions of a newborn: weak, within a program only"),
    ("icd-10-cm", "T50.9", "ETH", "unspecified drug: no sign of substance use"),
    ("icd-10-cm", "G47", "PSY", "sleep disorder of the body"),
    ("icd-10-cm", "N", "PSY", "disorder of the body"),
    ("icd-10-cm", "R37", "PSY", "disorder of the body"),
    ("icd-9-cm", "292", "PSY", "drug-induced disorder is SUD (FH-VS-02)"),
    ("icd-9-cm", "304", "PSY", "drug dependence is SUD (FH-VS-02)"),
    ("icd-9-cm", "305", "PSY", "drug abuse is SUD (FH-VS-02)"),
    ("icd-9-cm", "779.4", "ETH", "drug reactions of a newborn: weak, within a program only"),
    ("icd-9-cm", "790.99", "ETH", "unspecific finding of the blood"),
    ("icd-9-cm", "909", "ETH", "late effects of drugs in general"),
    ("icd-9-cm", "995.29", "ETH", "adverse effect of a drug in general"),
    ("icd-9-cm", "E", "ETH", "external cause, drugs in general"),
    ("icd-9-cm", "V58.89", "ETH", "aftercare in general"),
    ("icd-9-cm", "176.9", "HIV", "Kaposi's sarcoma occurs without HIV; its place here is unsettled"),
    ("icd-9-cm", "287.2", "PSY", "disorder of the body"),
    ("icd-9-cm", "327", "PSY", "sleep disorder of the body"),
    ("icd-9-cm", "347", "PSY", "sleep disorder of the body"),
    ("icd-9-cm", "608", "", "disorder of the body"),
    ("icd-9-cm", "625", "", "disorder of the body"),
    ("icd-9-cm", "629", "PSY", "disorder of the body"),
    ("icd-9-cm", "780.50", "PSY", "sleep disorder of the body"),
    ("icd-9-cm", "259", "SEX", "disorder of the body"),
    ("icd-9-cm", "752.7", "SEX", "disorder of the body"),
    ("icd-9-cm", "78.1", "SEX", "a procedure code"),
    ("icd-9-cm", "99.41", "SEX", "a procedure code"),
    ("icd-9-cm", "V62.83", "SEX", "counseling of a perpetrator: open question"),
    ("HCPCSReleaseCodeSets", "", "HIV", "CPT and CPT II codes filed as HCPCS: licensed, loaded by the site"),
    ("rxnorm", "42347", "ETH", "bupropion is no SUD drug (FH-VS-02)"),
    ("rxnorm", "281", "HIV", "aciclovir is no HIV drug"),
    ("rxnorm", "", "PSY", "psychiatric drugs: own short list, the rest is loaded by the site"),
    ("rxnorm", "", "SEX", "contraceptives and others: loaded by the site"),
)


def rows() -> list[tuple[str, str, str, str]]:
    """(system, its last part, code, category) of the compared systems."""
    if not CODES.exists():
        pytest.skip("the published samples are not beside this checkout (../shared/samples/consent/sls-c2s)")
    found = []
    for line in CODES.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        short = row["system"].rsplit("/", 1)[1]
        if short in COMPARED:
            found += [(row["system"], short, row["code"], category) for category in row["categories"]]
    return found


def labels_of(system: str, code: str) -> frozenset[str]:
    finding = tables().find_code(system, code)
    return finding.specific | finding.implied if finding.tier in (1, 2) else frozenset()


def why_not(short: str, code: str, category: str) -> str | None:
    for system, prefix, of, why in DISAGREE:
        if system == short and code.startswith(prefix) and of in ("", category):
            return why
    return None


@pytest.mark.conformance
@pytest.mark.requirement("FH-VS-01", "FH-VS-02")
def test_every_code_agrees_or_its_disagreement_has_a_reason() -> None:
    unexplained = [
        (short, code, category)
        for system, short, code, category in rows()
        if labels_of(system, code).isdisjoint(MEANS[category]) and not why_not(short, code, category)
    ]
    assert unexplained == []


@pytest.mark.conformance
@pytest.mark.requirement("FH-VS-02")
def test_most_substance_use_codes_agree() -> None:
    eth = [(system, code) for system, _, code, category in rows() if category == "ETH"]
    agreed = [pair for pair in eth if not labels_of(*pair).isdisjoint(MEANS["ETH"])]
    assert len(agreed) / len(eth) > 0.88


@pytest.mark.conformance
@pytest.mark.requirement("FH-VS-02")
def test_no_reason_for_a_disagreement_is_left_over() -> None:
    found = rows()
    unused = [
        (system, prefix, of)
        for system, prefix, of, why in DISAGREE
        if not any(
            short == system
            and code.startswith(prefix)
            and of in ("", category)
            and labels_of(address, code).isdisjoint(MEANS[category])
            for address, short, code, category in found
        )
    ]
    assert unused == []
