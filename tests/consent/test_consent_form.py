"""A consent taken at a desk: valid under §2.31 once signed, and the paper says what the record says."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from consent.consent_form import (
    CLASSES,
    FORM,
    RECORDER,
    Choices,
    ChoicesError,
    Signature,
    draft_consent,
    form_reference,
    signed_consent,
)
from consent.consent_form_words import CLASS_TEXTS, FORM_WORDS, class_text, purpose_text, statement_text
from consent.printed_form import printed_form, signed_form
from consent.validity_report import report_answer, validate_consent
from consent.what_if import what_if_sentences
from tests.consent.asking import tables
from tests.consent.test_what_if import outlook

TODAY = date(2026, 4, 11)
CHOICES = Choices(
    patient="Patient/p1",
    patient_name="Ada Sample",
    discloser="Organization/otp-1",
    discloser_name="Sunrise Center",
    agency="Organization/housing-1",
    agency_name="Harbor House",
    purpose="COC",
    kinds=("referral", "contact"),
    until=date(2026, 9, 30),
)


SIGNATURE = Signature(
    signed_on=TODAY,
    signer="Patient/p1",
    recorded_by="counselor 17",
    scan_sha1="2jmj7l5rSw0yVb/vlWAYkK/YBwk=",
    scan_url="ni:///sha-256;AAAA",
    scan_type="application/pdf",
    scan_bytes=4,
)


@pytest.mark.requirement("FH-CON-11", "P2-31-01", "P2-31-06", "P2-31-08", "P2-31-09")
def test_a_signed_form_passes_validation_and_an_unsigned_one_does_not() -> None:
    draft = draft_consent(CHOICES, "c1", TODAY)
    unsigned = report_answer(validate_consent(draft))
    assert unsigned["valid"] is False
    signed = signed_consent(draft, SIGNATURE)
    report = report_answer(validate_consent(signed))
    assert report["valid"] is True, report
    assert report["faults"] == []


@pytest.mark.parametrize("kind", sorted(CLASSES))
def test_each_kind_lets_the_agency_see_that_kind(kind: str) -> None:
    draft = draft_consent(replace(CHOICES, kinds=(kind,)), "c1", TODAY)
    assert kind in outlook(draft, "housing-1").whole


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"kinds": ()}, "KINDS_UNKNOWN", "kinds"),
        ({"kinds": ("everything",)}, "KINDS_UNKNOWN", "kinds"),
        ({"until": date(2026, 4, 10)}, "END_OUT_OF_RANGE", "until"),
        ({"until": date(2028, 1, 1)}, "END_OUT_OF_RANGE", "until"),
    ],
)
def test_choices_that_make_no_consent_are_refused(change: dict[str, object], code: str, field: str) -> None:
    with pytest.raises(ChoicesError) as refused:
        draft_consent(replace(CHOICES, **change), "c1", TODAY)  # type: ignore[arg-type]  # test
    assert (refused.value.code, refused.value.field) == (code, field)


@pytest.mark.requirement("P2-31-06", "P2-31-08", "HI-508-01")
def test_the_paper_says_who_what_for_until_when_and_the_three_statements() -> None:
    draft = draft_consent(CHOICES, "c1", TODAY)
    sentences = what_if_sentences([outlook(draft, "housing-1")], tables())
    form = printed_form(CHOICES, form_reference(draft), TODAY, sentences)
    for text in (
        "Name: Ada Sample",
        "With whom: Harbor House",
        "What for: coordination of care",
        "What may be shared: the referral: what you need, and how it stands; your name and how to reach you",
        "Who may share: Sunrise Center",
        "How long: from April 11, 2026 until September 30, 2026 (that day included), unless you withdraw it before",
        "Signature: ____",
        "Date: ____",
        "If somebody signs for you: name ____",
        "Recorded by (role or staff number): ____",
        "- housing-1 would see: your name and contact; the referral and what you need",
        "1. You may withdraw this at any time",
        "2. A health organization that gets this",
        "3. You may say no. Treatment at Sunrise Center does not depend on it",
        f"Scan this page under: {form_reference(draft)}",
    ):
        assert text in form
    assert "{" not in form


def test_every_kind_has_words_for_the_paper() -> None:
    assert CLASS_TEXTS.keys() == CLASSES.keys()


def test_the_reference_stands_on_the_draft_and_belongs_to_its_content_alone() -> None:
    draft = draft_consent(CHOICES, "c1", TODAY)
    assert draft["identifier"] == [{"system": FORM, "value": form_reference(draft)}]
    assert [len(part) for part in form_reference(draft).split("-")] == [4, 4, 4]
    assert form_reference({**draft, "status": "active"}) != form_reference(draft)
    assert form_reference(draft_consent(CHOICES, "c2", TODAY)) != form_reference(draft)


@pytest.mark.requirement("P2-31-08", "P2-31-09")
def test_a_signed_form_says_who_signed_who_recorded_it_and_which_scan_it_is() -> None:
    draft = draft_consent(CHOICES, "c1", TODAY)
    signed = signed_consent(draft, replace(SIGNATURE, signer="RelatedPerson/r1"))

    assert signed["performer"] == [{"reference": "RelatedPerson/r1"}]
    assert signed["identifier"] == draft["identifier"]
    assert {"url": RECORDER, "valueString": "counselor 17"} in signed["extension"]  # type: ignore[operator]  # a list
    assert signed["sourceAttachment"] == {
        "contentType": "application/pdf",
        "url": "ni:///sha-256;AAAA",
        "size": 4,
        "hash": "2jmj7l5rSw0yVb/vlWAYkK/YBwk=",
        "title": f"Signed form {form_reference(draft)}",
        "creation": "2026-04-11",
    }
    assert signed_consent({}, SIGNATURE)["extension"] == [{"url": RECORDER, "valueString": "counselor 17"}]


@pytest.mark.requirement("P2-31-09")
def test_it_may_end_with_an_event_that_somebody_watches_for() -> None:
    choices = replace(CHOICES, event="the treatment has ended", event_owner="Ana Ruiz")
    draft = draft_consent(choices, "c1", TODAY)
    report = report_answer(validate_consent(signed_consent(draft, SIGNATURE)))
    assert report["valid"] is True, report
    assert "end" not in draft["provision"]["period"]  # type: ignore[index]  # a dict

    form = printed_form(choices, form_reference(draft), TODAY, ())
    assert "until this has happened: the treatment has ended. Ana Ruiz looks whether it has" in form
    for alone in ({"event": "", "event_owner": "Ana"}, {"event": "x", "event_owner": " "}):
        with pytest.raises(ChoicesError) as refused:
            draft_consent(replace(CHOICES, **alone), "c1", TODAY)  # type: ignore[arg-type]  # test
        assert refused.value.code == "EVENT_OWNER_MISSING"


@pytest.mark.requirement("P2-31-07")
def test_several_purposes_stand_in_one_consent_each_once() -> None:
    choices = replace(CHOICES, more_purposes=("TREAT", "COC"))
    draft = draft_consent(choices, "c1", TODAY)
    assert [one["code"] for one in draft["provision"]["purpose"]] == ["COC", "TREAT"]  # type: ignore[index]
    assert "What for: coordination of care; treatment" in printed_form(choices, "R", TODAY, ())


@pytest.mark.requirement("P2-31-10")
@pytest.mark.parametrize("language", sorted(FORM_WORDS))
def test_a_form_signed_on_a_screen_says_the_same_and_who_signed_when_before_whom(language: str) -> None:
    choices = replace(CHOICES, language=language)
    paper = printed_form(choices, "R-1", TODAY, ("A would see: x.",))
    signed = signed_form(
        choices, "R-1", TODAY, ("A would see: x.",), typed_name="Ada Sample", signed_at="2026-04-11 08:00",
        witness="Ana Ruiz",
    )  # fmt: skip
    both = paper[: paper.index(FORM_WORDS[language]["signature"])]
    assert signed.startswith(both) and "{" not in signed
    assert all(text in signed[len(both) :] for text in ("Ada Sample", "2026-04-11 08:00", "Ana Ruiz", "R-1"))


def test_every_word_of_the_form_is_there_in_both_languages() -> None:
    assert FORM_WORDS["en"].keys() == FORM_WORDS["es"].keys()
    for language in FORM_WORDS:
        assert all(class_text(kind, language) for kind in CLASSES)
        assert all(statement_text(name, language) for name in ("revocation", "redisclosure", "consequences"))
    assert purpose_text("COC", "es") == "coordinación de la atención"
    with pytest.raises(ChoicesError):
        draft_consent(replace(CHOICES, language="fr"), "c1", TODAY)
