"""A decision in plain sentences, for a compliance officer: what, by which rule, and what would have to
differ.

The sentences live in one catalogue a language (`explain_en.py`, `explain_es.py`). They name references,
codes and rules, never content. `explain_to_asker` is what the other side may read: the same words whatever
the reason (consent-semantics 2).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import groupby

from consent.explain_en import ENGLISH
from consent.explain_es import SPANISH
from consent.explain_words import Words
from consent.model import Decision, Reason, ResourceDecision

_NAMELESS = {"consent": "a_consent", "recipient": "a_recipient", "purposes": "this_purpose"}
CATALOGUE: Mapping[str, Words] = {"en": ENGLISH, "es": SPANISH}


def explain(decision: Decision, language: str = "en") -> tuple[str, ...]:
    """Sentences for the compliance role: the answer, each group of resources with its reasons and remedies,
    findings.

    Raises ValueError for a language without a catalogue. Equal decisions give equal sentences.
    """
    words = _words(language)
    return (
        _summary(decision, words),
        *_about_resources(decision, words),
        *_about_consents(decision, words),
        *_about_obligations(decision, words),
        words.phrases["versions"].format(semantics=decision.semantics_version),
    )


def explain_to_asker(language: str = "en") -> str:
    """What anybody outside reads when nothing can be shown; the same for unknown, no consent and withheld."""
    return _words(language).phrases["nothing_to_show"]


def what_would_change(decision: Decision, language: str = "en") -> tuple[str, ...]:
    """One sentence for each thing that would have to differ for more to be released, without doubles."""
    words = _words(language)
    found: dict[str, None] = {}
    for row in decision.resources:
        if row.outcome == "withhold":
            for reason in row.reasons:
                remedy = words.reason(reason.code).remedy
                if remedy:
                    found[_filled(remedy, decision, reason, words)] = None
    return tuple(found)


def sentence_for(code: str, language: str = "en") -> str:
    """What a reason code means, in one sentence that names nobody; empty for a code without words of its own."""
    words = _words(language)
    because = words.reasons.get(code)
    if because is None:
        return ""
    general = {name: words.phrases[phrase] for name, phrase in _NAMELESS.items()}
    return _begun(because.sentence.format_map({**general, "code": code}))


def _words(language: str) -> Words:
    try:
        return CATALOGUE[language]
    except KeyError:
        raise ValueError(f"no catalogue for the language `{language}`") from None


def _summary(decision: Decision, words: Words) -> str:
    count = len(decision.resources)
    shown = sum(1 for row in decision.resources if row.outcome != "withhold")
    purposes = ", ".join(decision.purposes) or words.phrases["no_purpose"]
    recipient = decision.recipient or words.phrases["no_recipient"]
    return words.phrases[f"summary_{decision.outcome}"].format(
        shown=shown, count=count, recipient=recipient, purposes=purposes
    )


def _about_resources(decision: Decision, words: Words) -> Iterator[str]:
    """One sentence for each run of resources that share outcome and reasons, then what would change it."""

    def alike(row: ResourceDecision) -> tuple[str, tuple[Reason, ...]]:
        return row.outcome, row.reasons

    for (outcome, reasons), rows in groupby(decision.resources, alike):
        names = _named([row.reference for row in rows], words)
        because = " ".join(_because(reason, decision, words) for reason in reasons)
        yield words.phrases[f"resource_{outcome}"].format(names=names, because=because).strip()
    yield from what_would_change(decision, words.language)


def _named(references: list[str], words: Words) -> str:
    shown = ", ".join(references[:3])
    more = len(references) - 3
    return shown if more <= 0 else words.phrases["and_more"].format(names=shown, count=more)


def _because(reason: Reason, decision: Decision, words: Words) -> str:
    sentence = _filled(words.reason(reason.code).sentence, decision, reason, words)
    return (
        f"{sentence} [{reason.code}; {reason.citation}]" if reason.citation else f"{sentence} [{reason.code}]"
    )


def _filled(sentence: str, decision: Decision, reason: Reason, words: Words) -> str:
    facts: Mapping[str, str] = {
        "code": reason.code,
        "consent": reason.consent or words.phrases["a_consent"],
        "recipient": decision.recipient or words.phrases["no_recipient"],
        "purposes": ", ".join(decision.purposes) or words.phrases["no_purpose"],
    }
    return _begun(sentence.format_map(facts))


def _begun(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]


def _about_consents(decision: Decision, words: Words) -> Iterator[str]:
    if decision.consents:
        yield words.phrases["consents"].format(consents=", ".join(decision.consents))
    for note in decision.notes:
        yield words.phrases["note"].format(because=_because(note, decision, words))


def _about_obligations(decision: Decision, words: Words) -> Iterator[str]:
    for obligation in decision.obligations:
        sentence = words.obligations.get(obligation.code)
        if sentence is None:
            sentence = words.phrases["obligation"]
        yield sentence.format(code=obligation.code, value=obligation.value)
