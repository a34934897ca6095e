"""The form of a consent in words: on paper with lines to fill in by hand, or as it was signed on a screen."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from consent.consent_form import Choices
from consent.consent_form_words import FORM_WORDS, class_text, day_text, purpose_text, statement_text
from consent.validity import STATEMENTS


def printed_form(
    choices: Choices,
    reference: str,
    from_day: date,
    outlook: Sequence[str],
    *,
    to_sign_by_hand: bool = True,
) -> str:
    """The form on paper: plain text with every element of §2.31(a), the what-if sentences, and lines to fill in by hand.

    `reference` is the draft's (`form_reference`); it stands at both ends, so that a scan finds its draft. Without
    `to_sign_by_hand` it ends where it is signed.
    """
    if not to_sign_by_hand:
        return "\n".join(_form_lines(choices, reference, from_day, outlook))
    words = FORM_WORDS[choices.language]
    lines = [
        *_form_lines(choices, reference, from_day, outlook),
        words["signature"],
        words["for_another"],
        words["witness"],
        words["recorder"],
        "",
        words["scan"].format(reference=reference),
    ]
    return "\n".join(lines) + "\n"


def signed_form(
    choices: Choices,
    reference: str,
    from_day: date,
    outlook: Sequence[str],
    *,
    typed_name: str,
    signed_at: str,
    witness: str,
) -> str:
    """The same form as it was signed on a screen: the name that was typed, when, and before whom.

    15 U.S.C. 7001: a signature may not be denied effect because it is electronic; §2.31(a)(8) allows it.
    """
    words = FORM_WORDS[choices.language]
    lines = [
        *_form_lines(choices, reference, from_day, outlook),
        words["statement"],
        words["typed"].format(name=typed_name),
        words["signed_at"].format(at=signed_at),
        words["seen_by"].format(witness=witness),
        "",
        words["reference"].format(reference=reference),
    ]
    return "\n".join(lines) + "\n"


def _form_lines(choices: Choices, reference: str, from_day: date, outlook: Sequence[str]) -> list[str]:
    """The form down to where it is signed."""
    words, language = FORM_WORDS[choices.language], choices.language
    names = {"discloser": choices.discloser_name, "agency": choices.agency_name}
    kinds = "; ".join(class_text(kind, language) for kind in choices.kinds)
    purposes = "; ".join(purpose_text(code, language) for code in choices.purposes)
    ends = words["event" if choices.event else "until"].format(
        start=day_text(from_day, language),
        end=day_text(choices.until, language),
        event=choices.event,
        owner=choices.event_owner,
    )
    return [
        words["title"],
        words["reference"].format(reference=reference),
        "",
        words["name"].format(name=choices.patient_name),
        words["who"].format(**names),
        words["what"].format(kinds=kinds),
        words["with"].format(**names),
        words["purpose"].format(purposes=purposes),
        ends,
        "",
        words["means"],
        *(f"- {sentence}" for sentence in outlook),
        "",
        *(
            f"{number}. {statement_text(name, language).format(**names)}"
            for number, name in enumerate(STATEMENTS, start=1)
        ),
        words["copy"],
        "",
    ]
