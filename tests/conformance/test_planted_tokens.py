"""A word planted in everything that is withheld leaves in no format the gateway can send (consent-semantics 9).

The released records are the samples of each shipped format that can be written, so that a new format is asked the day
it is added. What is withheld: records with the word in every leaf, and an element with the word of its own.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import consent
from consent.redact_tree import WHOLE_DOCUMENTS
from gateway.cli.release_command import packaged_mapping
from gateway.disclosure.consent_tables import consent_tables
from gateway.disclosure.content import searchset_bundle, transaction_bundle
from gateway.disclosure.release_questions import FHIR_JSON, OFFLINE_ALIAS_KEY, error_text, released_bytes
from gateway.errors import HandoffError
from gateway.flows.library import open_library
from tests.bench.bench_consent import a_consent, a_question
from tests.consent.question_pools import label
from tests.consent.test_laws import law
from tests.consent.test_redact_laws import KINDS, TOKEN, repeats, withheld_record

Json = dict[str, Any]
FORMATS = Path(str(files("mappings") / "formats"))
INLINE = "http://hl7.org/fhir/uv/security-label-ds4p/StructureDefinition/extension-inline-sec-label"
NAMING_THE_PATIENT = ("subject", "for", "patient")
STANDINGS = {"hospital": ["covered_entity", "treating_provider"], "housing": ["community"]}
NOTHING_TO_WRITE = "NOTICE_CANNOT_BE_CARRIED"

pytestmark = [pytest.mark.unmeasured, pytest.mark.requirement("FH-RED-01", "P2-13-02")]


@cache
def written_formats() -> tuple[str, ...]:
    """The shipped formats that can be written, and FHIR JSON."""
    library = open_library()
    return (FHIR_JSON, *(name for name in library.ids() if library.mapping(name).direction != "in"))


@cache
def samples() -> dict[str, tuple[str, ...]]:
    """By format the JSON of its samples as FHIR resources; FHIR JSON has those of all formats about a patient."""
    found = {
        name: tuple(
            text
            for file in sorted((FORMATS / name).glob("samples/*.fhir.json"))
            if '"resourceType": "Patient"' in (text := file.read_text(encoding="utf-8"))
        )
        for name in open_library().ids()
    }
    return {**found, FHIR_JSON: tuple(text for texts in found.values() for text in texts)}


def records_of(sample: str) -> list[Json]:
    """The resources of the first patient of a sample."""
    read = json.loads(sample)
    first = next(f"Patient/{one['id']}" for one in read if one["resourceType"] == "Patient")
    return [one for one in read if f"Patient/{one['id']}" == first or patient_of(one) in (first, None)]


def patient_of(one: Json) -> str | None:
    """Whom the record is about; None for one that is about nobody."""
    if one["resourceType"] == "Patient":
        return f"Patient/{one['id']}"
    return next((one[name]["reference"] for name in NAMING_THE_PATIENT if name in one), None)


def planted(value: object) -> object:
    """`value` with the word in every text."""
    if isinstance(value, dict):
        return {name: planted(below) for name, below in value.items()}
    if isinstance(value, list):
        return [planted(entry) for entry in value]
    return f"{TOKEN}{value}" if isinstance(value, str) else value


def withheld_twin(record: Json, number: int) -> Json:
    """A record of the same type of which every leaf is secret, and whose label the consent denies."""
    twin = planted(record)
    assert isinstance(twin, dict)
    twin |= {name: record[name] for name in NAMING_THE_PATIENT if name in record}
    security = {"security": [label("HIV")]}
    return {**twin, "resourceType": record["resourceType"], "id": f"{TOKEN}{number}", "meta": security}


def question(shown: list[Json], withheld: list[Json], wanted: str, recipient: str) -> Json:
    """The question: one recipient may see everything but what is labelled HIV."""
    patient = next(f"Patient/{one['id']}" for one in shown if one["resourceType"] == "Patient")
    permit = a_consent(0, f"Organization/{recipient}-1")
    permit["patient"] = permit["performer"][0] = {"reference": patient}
    del permit["provision"]["securityLabel"]
    permit["provision"]["provision"] = [{"type": "deny", "securityLabel": [label("HIV")]}]
    made = a_question(0)
    standing = {"standing": STANDINGS[recipient], "roles": ["IRCP"], "identifiers": []}
    return {
        **made,
        "patient": patient,
        "recipient": {"references": [f"Organization/{recipient}-1"], **standing},
        "directory": [*made["directory"], {"resourceType": "Organization", "id": f"{recipient}-1"}],
        "consents": [permit],
        "resources": [*shown, *withheld],
        "format": wanted,
    }


def sent(asked: Json) -> bytes:
    """What leaves for the question: the release, or the fault that is told instead."""
    try:
        return released_bytes(json.dumps(asked).encode(), packaged_mapping) or b""
    except HandoffError as fault:
        return error_text(fault).encode()


def withheld_rows(asked: Json) -> list[str]:
    """The references of the records that the decision withholds."""
    request = consent.read_question({name: value for name, value in asked.items() if name != "format"})
    rows = consent.decide(request, consent_tables()).resources
    return [row.reference for row in rows if row.outcome == "withhold"]


def cases() -> Iterator[Any]:
    for wanted in written_formats():
        for number, sample in enumerate(samples()[wanted]):
            for recipient in STANDINGS:
                yield pytest.param(wanted, sample, recipient, id=f"{wanted}-{number}-{recipient}")


@pytest.mark.parametrize(("wanted", "sample", "recipient"), list(cases()))
def test_a_twin_of_every_record_and_a_labelled_element_leave_in_no_format(
    wanted: str, sample: str, recipient: str
) -> None:
    shown = records_of(sample)
    twins = [
        withheld_twin(one, number) for number, one in enumerate(shown) if one["resourceType"] != "Patient"
    ]
    plain = sent(question(shown, [], wanted, recipient))
    hidden = {"extension": [{"url": INLINE, "valueCoding": label("HIV")}], "text": f"{TOKEN}hidden"}
    for one in shown:
        one["bodySite"] = [hidden]  # an element that no format reads
        named = [{"reference": f"{twin['resourceType']}/{twin['id']}"} for twin in twins]
        one["supportingInfo"] = [*one.get("supportingInfo", []), *named]

    asked = question(shown, twins, wanted, recipient)
    left = sent(asked)

    assert withheld_rows(asked) == [f"{twin['resourceType']}/{twin['id']}" for twin in twins]
    assert left, "something is sent, or said"
    assert TOKEN.encode() not in left.lower()
    if wanted != FHIR_JSON and NOTHING_TO_WRITE.encode() not in plain:
        assert left.startswith(plain[:3]), "it is in the format that was asked for"


@pytest.mark.parametrize(("wanted", "sample", "recipient"), list(cases()))
def test_asked_again_the_same_bytes_leave(wanted: str, sample: str, recipient: str) -> None:
    shown = records_of(sample)
    twins = [
        withheld_twin(one, number) for number, one in enumerate(shown) if one["resourceType"] != "Patient"
    ]
    first = sent(question(shown, twins, wanted, recipient))
    sent(question(shown, [], wanted, "housing" if recipient == "hospital" else "hospital"))

    again = dict(reversed(question(copy.deepcopy(shown), copy.deepcopy(twins), wanted, recipient).items()))

    assert sent(again) == first


def test_every_written_format_has_samples_and_most_can_carry_the_notice() -> None:
    carried = [
        wanted
        for wanted in written_formats()
        if NOTHING_TO_WRITE.encode()
        not in sent(question(records_of(samples()[wanted][0]), [], wanted, "hospital"))
    ]

    assert {FHIR_JSON, "housing/referral_csv", "hospital/rri_i12"} <= set(carried)
    assert all(samples()[wanted] for wanted in written_formats())


@st.composite
def repeating_questions(draw: st.DrawFn) -> Json:
    """A sample whose records repeat something of withheld ones, asked for in one of the formats."""
    wanted = draw(st.sampled_from(written_formats()))
    shown = records_of(draw(st.sampled_from(samples()[wanted])))
    patient = next(f"Patient/{one['id']}" for one in shown if one["resourceType"] == "Patient")
    kinds = draw(st.lists(st.sampled_from(KINDS), min_size=1, max_size=3))
    withheld = [
        {
            **withheld_record(kind, number),
            "meta": {"security": [label("HIV")]},
            "subject": {"reference": patient},
        }
        for number, kind in enumerate(kinds)
    ]
    for _ in range(draw(st.integers(1, 6))):
        number = draw(st.integers(0, len(withheld) - 1))
        name, value = draw(repeats(kinds[number], number))
        # a document that a consent means goes whole, with the words in it (FH-RED-01): nobody has scanned those
        into = draw(st.sampled_from([one for one in shown if one["resourceType"] not in WHOLE_DOCUMENTS]))
        before = into.get(name)
        into[name] = [*before, *value] if isinstance(before, list) and isinstance(value, list) else value
    return question(shown, withheld, wanted, draw(st.sampled_from(sorted(STANDINGS))))


@pytest.mark.slow
@law(200, 5_000)
@given(repeating_questions())
def test_what_repeats_a_withheld_record_leaves_in_no_format(asked: Json) -> None:
    assert TOKEN.encode() not in sent(asked).lower()


@pytest.mark.slow
@law(60, 1_000)
@given(repeating_questions())
def test_what_repeats_a_withheld_record_leaves_in_no_bundle_and_in_no_word_about_it(asked: Json) -> None:
    fields = copy.deepcopy(asked)
    del fields["format"]
    request = consent.read_question(fields)
    tables = consent_tables()
    decision = consent.decide(request, tables)
    shown = consent.present(
        consent.redact(request, decision, tables),
        decision,
        request=request,
        alias_key=OFFLINE_ALIAS_KEY,
        tables=tables,
    )
    notice, at = consent.notice_for(decision), datetime(2026, 6, 15, tzinfo=UTC)
    told = [
        transaction_bundle(shown, notice, request.patient, at),
        searchset_bundle(shown, [consent.notice_outcome(notice)], at),
        notice.scope_text.encode(),
        (notice.statement or "").encode(),
        *(consent.explain_to_asker(language).encode() for language in ("en", "es")),
    ]
    to_the_officer = " ".join(
        line for language in ("en", "es") for line in consent.explain(decision, language)
    )
    for row in decision.resources:  # the officer reads which records they were, and nothing that is in them
        to_the_officer = to_the_officer.replace(row.reference, "")

    assert not [text for text in told if TOKEN.encode() in text.lower()]
    assert TOKEN not in to_the_officer.lower()
