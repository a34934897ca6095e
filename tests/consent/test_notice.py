"""The notice of 42 CFR §2.32 and the scope of the consent: exact bytes, and only where they belong."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent.model import Decision, Scope
from consent.notice import (
    CLASS_WORDS,
    OTHER_MAY_EXIST,
    PURPOSE_WORDS,
    STALE_STATEMENTS,
    STATEMENT_1,
    STATEMENT_2,
    is_stale,
    notice_document,
    notice_for,
    notice_outcome,
)
from consent.scopes_told import scopes_told
from tests.consent.releases import AT, CLASS_SCOPE, PATIENT, SUD_SCOPE, asked, decided, resource


def released(
    labels: tuple[str, ...] = ("42CFRPart2", "R", "SUD"), *scopes: Scope, withheld: bool = False
) -> Decision:
    request = asked([resource("Task", "t1")])
    return decided(request, ["Task/t1"] if withheld else [], labels=labels, scopes=scopes)


@pytest.mark.requirement("P2-32-01", "P2-32-02")
def test_the_statements_are_the_exact_text_of_2024() -> None:
    assert len(STATEMENT_1.encode("ascii")) == 1325
    assert hashlib.sha256(STATEMENT_1.encode()).hexdigest() == (
        "d82205a18044f9f45776343d91e26d8ddb44bf13e136af169ec73d755facd9a8"
    )
    assert len(STATEMENT_2.encode("ascii")) == 72
    assert hashlib.sha256(STATEMENT_2.encode()).hexdigest() == (
        "79fee3d6dff7e052183c61b66bfed589f0f45dcf330bb277e07b396bd12e9774"
    )


@pytest.mark.requirement("P2-32-01", "P2-32-02")
def test_older_texts_are_recognised() -> None:
    assert all(is_stale(f"… {text} …") for text in STALE_STATEMENTS)
    assert not is_stale(STATEMENT_1)
    assert not is_stale(STATEMENT_2)


@pytest.mark.requirement("P2-32-01", "P2-13-02")
def test_the_notice_goes_only_with_part_2_records() -> None:
    with_part2 = notice_for(released())
    assert (with_part2.statement, with_part2.short_statement) == (STATEMENT_1, STATEMENT_2)
    assert with_part2.version == "2024"
    other = notice_for(released(("HIV", "R"), SUD_SCOPE))
    assert (other.statement, other.short_statement) == (None, None), "elsewhere it would mark the person"
    refused = notice_for(released(("42CFRPart2",), SUD_SCOPE, withheld=True))
    assert (refused.statement, refused.scope_text) == (None, "")


@pytest.mark.requirement("P2-32-03")
def test_the_scope_text_says_who_what_what_for_and_until_when() -> None:
    scope = Scope("Consent/c1/_history/1", ("COC",), ("Task", "ServiceRequest"), (), "2026-10-01T07:00:00Z")
    assert notice_for(released((), scope)).scope_text == (
        "Released with the person's written permission, covering the status of the referral and the referral, "
        "for use by Organization/housing-1. You may use this for coordination of care until 2026-10-01 07:00 UTC. "
        "Do not pass it on without new written permission, unless the law expressly allows it. "
        "Other information may exist."
    )


@pytest.mark.requirement("P2-32-03")
def test_the_scope_text_names_no_label_and_no_id_of_a_consent() -> None:
    text = notice_for(released(("42CFRPart2",), SUD_SCOPE)).scope_text
    assert "SUD" not in text
    assert "Part 2" not in text
    assert "Consent/" not in text
    assert "the records enclosed" in text
    assert "until the permission is withdrawn" in text


def test_a_scope_text_of_several_consents_says_each_once() -> None:
    later = replace(
        CLASS_SCOPE, consent="Consent/c2/_history/1", until="2027-01-01", classes=("Task", "Goal", "X")
    )
    text = notice_for(released((), later, CLASS_SCOPE, CLASS_SCOPE)).scope_text
    assert text.count("written permission, covering") == 2
    assert "the status of the referral, goals and X" in text
    assert "until 2027-01-01." in text


def test_words_for_purposes_come_from_the_question_else_the_consent() -> None:
    decision = replace(released((), SUD_SCOPE), purposes=(), recipient="")
    assert (
        "covering the records enclosed, for use. You may use this for treatment "
        in notice_for(decision).scope_text
    )
    bare = replace(decision, scopes=(replace(SUD_SCOPE, purposes=()),))
    assert "for the stated purpose" in notice_for(bare).scope_text


def test_without_a_consent_there_is_no_scope() -> None:
    assert notice_for(released(())).scope_text == ""


@pytest.mark.requirement("P2-32-04")
def test_the_notice_can_travel_as_a_document_and_as_an_outcome() -> None:
    notice = notice_for(released(("42CFRPart2",), SUD_SCOPE))
    document = notice_document(notice, AT, PATIENT, "n1")
    text = f"{STATEMENT_1} {notice.scope_text}"
    assert document["description"] == text
    assert document["date"] == "2026-04-11T15:00:00+00:00"
    (content,) = document["content"]  # type: ignore[misc]  # one entry
    assert base64.b64decode(content["attachment"]["data"]).decode() == text
    outcome = notice_outcome(notice)
    assert [issue["diagnostics"] for issue in outcome["issue"]] == [STATEMENT_1, notice.scope_text]  # type: ignore[attr-defined]  # list
    only_scope = notice_outcome(notice_for(released((), SUD_SCOPE)))
    assert len(only_scope["issue"]) == 1  # type: ignore[arg-type]  # list


@pytest.mark.requirement("P2-32-03")
@given(
    st.lists(
        st.tuples(
            st.sets(st.sampled_from([*CLASS_WORDS, "Coverage"]), max_size=len(CLASS_WORDS)),
            st.sampled_from([None, "2027-01-01T07:00:00Z", "2026-12-31T23:59:30.5Z"]),
        ),
        min_size=1,
        max_size=3,
    ),
    st.sets(st.sampled_from([*PURPOSE_WORDS, "FAMRQT"])),
    st.sampled_from(["", "Walk With Me, Inc., for use by all and Co."]),
)
def test_a_scope_text_is_read_again_as_it_was_written(
    scopes: list[tuple[set[str], str | None]], purposes: set[str], recipient: str
) -> None:
    made = tuple(
        Scope(f"c{number}", (), tuple(sorted(classes)), (), until)
        for number, (classes, until) in enumerate(scopes)
    )
    released_to = replace(released((), *made), purposes=tuple(sorted(purposes)), recipient=recipient)

    text = notice_for(released_to).scope_text
    told = scopes_told(text)

    same = {"MedicationRequest": "MedicationStatement", "care-plan": "CarePlan"}  # one word for both
    seen = [({same.get(one, one) for one in told_one.classes}, told_one.until) for told_one in told]
    meant = [
        ({same.get(one, one) for one in classes}, f"{until[:16]}Z" if until else "")
        for classes, until in scopes
    ]
    assert all(one in seen for one in meant) and all(one in meant for one in seen)
    assert all(set(one.purposes) == purposes and one.recipient == recipient for one in told)


def test_another_text_is_no_scope_text() -> None:
    for text in (
        "",
        OTHER_MAY_EXIST,
        STATEMENT_1,
        f"{notice_for(released((), SUD_SCOPE)).scope_text} And more.",
    ):
        assert scopes_told(text) == ()
