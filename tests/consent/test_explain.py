"""Explanations: a sentence for every code, with its rule; remedies; and nothing for the asking side."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

import consent.model
from consent.explain import CATALOGUE, explain, explain_to_asker, sentence_for, what_would_change
from consent.model import Decision, Obligation, Reason, ResourceDecision
from tests.consent.releases import asked, decided, resource

ROOM = Path(consent.model.__file__).parent
CODE = re.compile(r'(?:Reason|_reason|Fault|self\.fault)\(\s*"([A-Z][A-Z0-9_]+)"')
PACK_CODE = re.compile(r'"code": "([A-Z_]+)"')


def reason_codes() -> set[str]:
    """Every reason code that the room's own source and its state packs can give."""
    found: set[str] = set()
    for file in ROOM.rglob("*.py"):
        text = file.read_text(encoding="utf-8")
        found.update(CODE.findall(text))
        if file.name == "matching.py":
            found.update(re.findall(r'"([A-Z]+_(?:NOT_[A-Z_]+|EXPIRED))"', text))
        if file.name == "emergency.py":
            found.update(re.findall(r', "([A-Z_]+)"\),', text))
    for pack in (ROOM / "rules" / "state").rglob("*.json"):
        found.update(PACK_CODE.findall(pack.read_text(encoding="utf-8")))
    return found


def decision(*rows: ResourceDecision, **changes: object) -> Decision:
    request = asked([resource("Task", f"t{number}") for number in range(len(rows))])
    return replace(decided(request), resources=rows, consents=(), **changes)  # type: ignore[arg-type]  # test


def row(name: str, outcome: str, *reasons: Reason) -> ResourceDecision:
    return ResourceDecision(name, outcome, (), reasons)  # type: ignore[arg-type]  # one of the three words


NO_PERMIT = Reason("NO_PERMIT", "42 CFR §2.13(a)")
NOT_NAMED = Reason("RECIPIENT_NOT_COVERED", "consent-semantics 4", "Consent/c1/_history/2")


@pytest.mark.parametrize("language", sorted(CATALOGUE))
def test_every_reason_code_has_a_sentence_in_every_language(language: str) -> None:
    codes = reason_codes()
    assert len(codes) > 40
    assert sorted(codes - CATALOGUE[language].reasons.keys()) == []


@pytest.mark.parametrize("language", sorted(CATALOGUE))
def test_all_languages_say_the_same_things(language: str) -> None:
    english, other = CATALOGUE["en"], CATALOGUE[language]
    assert other.language == language
    assert other.phrases.keys() == english.phrases.keys()
    assert other.reasons.keys() == english.reasons.keys()
    assert other.obligations.keys() == english.obligations.keys()
    for code, because in english.reasons.items():
        assert bool(other.reasons[code].remedy) == bool(because.remedy), code
        for ours, theirs in (
            (because.sentence, other.reasons[code].sentence),
            (because.remedy, other.reasons[code].remedy),
        ):
            assert set(re.findall(r"{(\w+)}", ours)) == set(re.findall(r"{(\w+)}", theirs)), code


@pytest.mark.requirement("IB-01")
def test_a_refusal_says_why_by_which_rule_and_what_would_change_it() -> None:
    told = explain(decision(row("Condition/c1", "withhold", NO_PERMIT, NOT_NAMED), outcome="withhold"))
    assert told[0] == "Nothing may be released to Organization/housing-1 for COC (1 records asked)."
    assert told[1] == (
        "Withheld: Condition/c1. No consent on file permits this. [NO_PERMIT; 42 CFR §2.13(a)] "
        "Consent/c1/_history/2 does not name Organization/housing-1. [RECIPIENT_NOT_COVERED; consent-semantics 4]"
    )
    assert told[2] == "It needs a consent in force that names Organization/housing-1, purpose COC."
    assert told[3] == "Decided by consent semantics version 1."
    assert len(told) == 4, "the same remedy is given once"


def test_records_with_the_same_answer_share_a_sentence() -> None:
    rows = [row(f"Task/{number}", "withhold", NO_PERMIT) for number in range(5)]
    told = explain(decision(*rows, row("Task/9", "disclose"), row("Task/10", "redact"), outcome="partial"))
    assert told[1].startswith("Withheld: Task/0, Task/1, Task/2 and 2 more. ")
    assert told[2:4] == ("Released: Task/9.", "Released in part: Task/10.")
    assert told[0].startswith("2 of 7 records may be released, some in part,")


def test_duties_findings_and_consents_are_told() -> None:
    told = explain(
        replace(
            decision(row("Task/1", "disclose", Reason("PACK_RULE_X", ""))),
            consents=("Consent/c1/_history/1",),
            obligations=(Obligation("NOTICE", "x"), Obligation("BELL", "ring")),
            notes=(Reason("CONSENT_EXPIRED", "§2.31(c)(1)", "Consent/old/_history/1"),),
        )
    )
    assert (
        "Released: Task/1. A rule of the configured packs decided this (PACK_RULE_X). [PACK_RULE_X]" in told
    )
    assert "Decided under Consent/c1/_history/1." in told
    assert "Also noted: Consent/old/_history/1 has ended. [CONSENT_EXPIRED; §2.31(c)(1)]" in told
    assert "The notice of 42 CFR §2.32(a) goes with this release." in told
    assert "Duty with this release: BELL ring." in told


def test_a_code_of_a_rule_pack_without_a_sentence_says_whom_to_ask() -> None:
    told = what_would_change(decision(row("Task/1", "withhold", Reason("PACK_RULE_X", ""))))
    assert told == ("Ask the privacy officer what rule PACK_RULE_X needs.",)
    assert what_would_change(decision(row("Task/1", "withhold", Reason("OTHER_PATIENT", "")))) == ()


def test_missing_facts_are_named_as_missing() -> None:
    bare = decision(row("Task/1", "withhold", NOT_NAMED), recipient="", purposes=(), outcome="withhold")
    assert (
        explain(bare)[0]
        == "Nothing may be released to an unknown recipient for no stated purpose (1 records asked)."
    )
    assert explain(bare, "es")[0].startswith("Nada puede divulgarse a un destinatario desconocido")


@pytest.mark.requirement("P2-13-02")
def test_the_asking_side_reads_the_same_words_whatever_the_reason() -> None:
    assert (
        explain_to_asker() == "Nothing can be shown for this request. This does not mean that nothing exists."
    )
    assert explain_to_asker("es").startswith("No se puede mostrar nada")


def test_an_unknown_language_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="`fr`"):
        explain(decision(row("Task/1", "disclose")), "fr")


def test_a_code_alone_has_a_sentence_that_names_nobody() -> None:
    assert sentence_for("RECIPIENT_NOT_COVERED") == "The consent does not name the recipient."
    assert (
        sentence_for("NOT_IN_DATA_SET") == "The recipient does not need this kind of record for this purpose."
    )
    assert sentence_for("RECIPIENT_NOT_COVERED", "es") == "El consentimiento no nombra a quien recibe."
    assert sentence_for("NO_SUCH_CODE") == ""
    assert all(
        "{" not in sentence_for(code, language)
        for language in CATALOGUE
        for code in CATALOGUE[language].reasons
    )
