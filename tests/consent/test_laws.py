"""The laws of the consent semantics that concern decisions, each as a property of generated questions.

Five thousand cases of the reference decision in every run, a hundred thousand with `--long`.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, note, settings
from hypothesis import strategies as st

import consent
from tests.consent.asking import as_bytes, ask, ask_or_refuse, disclosed, released, tables
from tests.consent.question_pools import AT, label, labels
from tests.consent.reference_decision import reference_decision
from tests.strategies import (
    Picks,
    a_provision,
    a_question,
    built,
    denials,
    every_provision,
    examples,
    questions,
)

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(examples(300, 12 * 3600)),
    pytest.mark.unmeasured,  # measuring it would double its time; other tests reach the same lines
]

Json = dict[str, Any]
PACKS = ((), (), ("part2",), ("part2", "hipaa"), ("part2", "hipaa", "state/sample-mh-named"))
SOUND = questions(PACKS, valid=True)


INSTANTS = (
    *AT,
    "2026-01-01T00:00:00-07:00",
    "2025-12-31T23:59:59.999999-07:00",
    "2026-06-15T11:59:59.999999-07:00",
    "2026-06-15T12:00:00.000001-07:00",
    "2027-01-01T00:00:00-07:00",
    "2027-01-01T05:00:00Z",
    "2026-12-31T23:59:59.999999-07:00",
    "2026-06-30T23:59:59.999999Z",
    "2026-07-01T00:00:00Z",
)


def law(short: int = 120, long: int = 10_000) -> Callable[[Any], Any]:
    """How often a law is tried; the same examples in every short run, so that a red build can be repeated."""
    count = examples(short, long)
    return settings(
        max_examples=count,
        derandomize=count == short,
        database=None,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
    )


def discloses_no_more(changed: Json, original: Json) -> None:
    after, before = ask_or_refuse(changed), ask_or_refuse(original)
    note(json.dumps(changed))
    assert disclosed(after) <= disclosed(before)


@pytest.mark.requirement("FH-CON-02", "FH-CON-05")
@law(1_500, 100_000)
@given(questions())
def test_agrees_with_reference_decision(question: Json) -> None:
    note(json.dumps(question))
    assert released(ask(question)) == reference_decision(question)


@pytest.mark.requirement("FH-CON-05", "FH-CON-06")
@law()
@given(SOUND)
def test_no_permit_means_withhold(question: Json) -> None:
    for one in question["consents"]:
        for provision in every_provision(one["provision"]):
            if provision.get("type") == "permit":
                provision["type"] = "deny"
    assert disclosed(ask_or_refuse(question)) == set()
    assert disclosed(ask_or_refuse({**question, "consents": []})) == set()


@pytest.mark.requirement("FH-CON-05")
@law()
@given(SOUND, st.randoms(use_true_random=False))
def test_order_and_duplicates_change_nothing(question: Json, chance: Any) -> None:
    before = ask(question)
    consents = copy.deepcopy(question["consents"])
    consents.append(copy.deepcopy(chance.choice(consents)))
    for one in consents:
        for provision in every_provision(one["provision"]):
            for name, rows in provision.items():
                if isinstance(rows, list):
                    again = [chance.choice(rows)] if name != "provision" or chance.random() < 0.2 else []
                    provision[name] = [*chance.sample(rows, len(rows)), *again]
    chance.shuffle(consents)
    directory = chance.sample(question["directory"], len(question["directory"]))
    purposes = [*reversed(question["purposes"]), question["purposes"][0]]
    shuffled = {**question, "consents": consents, "directory": directory, "purposes": purposes}
    note(json.dumps(shuffled))
    assert released(ask(shuffled)) == released(before)


@pytest.mark.requirement("FH-CON-05")
@law()
@given(SOUND)
def test_the_order_of_consents_and_directory_leaves_the_same_bytes(question: Json) -> None:
    turned = {
        **question,
        "consents": question["consents"][::-1],
        "directory": question["directory"][::-1],
    }
    assert as_bytes(ask(turned)) == as_bytes(ask(question))


@pytest.mark.requirement("FH-CON-05", "P2-26-01")
@law()
@given(SOUND, denials(), st.integers(0, 3))
def test_adding_a_deny_never_discloses_more(question: Json, denial: Json, place: int) -> None:
    consents = list(question["consents"])
    consents.insert(place, denial)
    discloses_no_more({**question, "consents": consents}, question)


@pytest.mark.requirement("FH-CON-02")
@law()
@given(SOUND, built(lambda picks: a_provision(picks, "deny", depth=3), 40), st.integers(0, 10_000))
def test_adding_a_nested_deny_never_discloses_more(question: Json, child: Json, place: int) -> None:
    changed = copy.deepcopy(question)
    nodes = [node for one in changed["consents"] for node in every_provision(one["provision"])]
    node = nodes[place % len(nodes)]
    node["provision"] = [*node.get("provision", []), child]
    discloses_no_more(changed, question)


def only_permits(one: Json) -> bool:
    """Whether the root permits and nothing denies; what a modifier changes nobody here can tell."""
    nodes = [one, *every_provision(one["provision"])]
    understood = not any("modifierExtension" in node for node in nodes)
    return understood and all(node.get("type") == "permit" for node in nodes[1:])


@pytest.mark.requirement("FH-CON-05")
@law()
@given(SOUND, st.integers(0, 10))
def test_removing_a_consent_whose_root_permits_and_has_no_deny_never_discloses_more(
    question: Json, choice: int
) -> None:
    removable = [index for index, one in enumerate(question["consents"]) if only_permits(one)]
    assume(removable)
    gone = removable[choice % len(removable)]
    kept = [one for index, one in enumerate(question["consents"]) if index != gone]
    discloses_no_more({**question, "consents": kept}, question)


NARROWER = (
    {"start": "2026-06-15", "end": "2026-06-15"},
    {"start": "2026-06-16", "end": "2026-11-30"},
    {"start": "2026-04", "end": "2026-06-15T12:00:00-07:00"},
)


@pytest.mark.requirement("P2-31-09", "P2-31-11")
@law()
@given(SOUND, st.sampled_from(NARROWER), st.integers(0, 10_000))
def test_narrowing_a_permit_period_never_discloses_more(question: Json, narrower: Json, place: int) -> None:
    wide = {"start": "2026-01-01", "end": "2026-12-31"}
    before = copy.deepcopy(question)
    permits = [
        node
        for one in before["consents"]
        for node in every_provision(one["provision"])
        if all(below.get("type") == "permit" for below in every_provision(node))
    ]
    assume(permits)
    node = permits[place % len(permits)]
    node["period"] = wide
    after = copy.deepcopy(before)
    node["period"] = narrower
    discloses_no_more(before, after)


ODD = [{"url": "http://example.org/unknown", "valueBoolean": True}]


def unknown_elements(question: Json, kind: int) -> Json:
    """The question with something unknown in every provision of every consent."""
    changed = copy.deepcopy(question)
    for one in changed["consents"]:
        if kind == 0:
            one["modifierExtension"] = ODD
        for node in every_provision(one["provision"]):
            if kind == 1:
                node["modifierExtension"] = ODD
            if kind == 2:
                role = {"coding": [{"system": "http://example.org/roles", "code": "UNHEARD-OF"}]}
                node["actor"] = [{"role": role, "reference": {"reference": "Organization/hosp-1"}}]
            if kind == 3:
                node["class"] = [{"system": "http://example.org/classes", "code": "unheard-of"}]
            if kind == 4:
                node["actor"] = [{"reference": {"display": "somebody nobody knows"}}]
            if kind == 5:
                node["limitedTo"] = "what no edition of the standard has"
            if kind == 6:
                node["purpose"] = [{"system": "http://example.org/purposes", "code": "unheard-of"}]
            if kind == 7:
                node["securityLabel"] = [{"system": "http://example.org/labels", "code": "unheard-of"}]
            if kind == 8:
                node["code"] = [{"text": "what the counselor and I spoke about"}]
            if kind == 9:
                node["action"] = [{"coding": [{"system": "http://example.org/actions", "code": "whisper"}]}]
    return changed


@pytest.mark.requirement("P2-20-01", "ST-01")
@law()
@given(SOUND, st.sampled_from(PACKS[2:]))
def test_packs_only_take_away(question: Json, packs: tuple[str, ...]) -> None:
    """A rule pack may turn a permit into a refusal, never a refusal into a permit.

    Without programs, so that the communication inside a program, a legal basis of its own, stays out of it.
    """
    without = {**question, "policy": {**question["policy"], "packs": [], "part2_sources": []}}
    discloses_no_more({**without, "policy": {**without["policy"], "packs": list(packs)}}, without)


@pytest.mark.requirement("FH-CON-07", "FH-CON-12")
@law()
@given(SOUND, st.integers(0, 9))
def test_unknown_element_never_permits(question: Json, kind: int) -> None:
    changed = unknown_elements(question, kind)
    note(json.dumps(changed))
    assert disclosed(ask_or_refuse(changed)) == set()


PARENT = {"ETHUD": "SUD", "OPIOIDUD": "SUD", "PSY": "MH"}


def raised(resource: Json, how: int) -> Json:
    """The resource with a stricter label: a higher level, a label more, or the parent of a label.

    A first label or a first level is not a raise: a permit that names labels releases only what carries them.
    """
    changed = copy.deepcopy(resource)
    security = changed.get("meta", {}).get("security", [])
    levels = [row for row in security if row["code"] in "ULMNRV"]
    kinds = [row for row in security if row["code"] not in "ULMNRV" and row["code"] != "42CFRPart2"]
    if levels and how == 0:
        levels[0]["code"] = "V" if levels[0]["code"] in "RV" else "R"
    if kinds and how == 1:
        security.append(label("HIV"))
    if kinds and how == 2:
        kinds[0]["code"] = PARENT.get(kinds[0]["code"], kinds[0]["code"])
    if levels and how == 3:
        security.append(label("V"))
    if kinds and kinds[0]["code"] == "SUD" and how == 4:
        security.append(label("42CFRPart2"))
    if how == 5:
        security.extend(labels("NORDSCLCD", "CPLYCD") if security else ())
    return changed


@pytest.mark.requirement("FH-LBL-05", "FH-LBL-07")
@law()
@given(SOUND, st.integers(0, 5))
def test_raising_an_asserted_label_never_discloses_more(question: Json, how: int) -> None:
    changed = {**question, "resources": [raised(one, how) for one in question["resources"]]}
    discloses_no_more(changed, question)


JUNK: tuple[Any, ...] = (
    5,
    -1.5,
    True,
    None,
    "",
    "\x00\x07",
    "junk",
    [],
    {},
    [[]],
    [None],
    [{}],
    {"reference": 7},
    {"start": 7},
    "9" * 400,
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [path] if path else []
    rows = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in rows:
        found += places(part, (*path, key))
    return found


@pytest.mark.requirement("FH-CON-07")
@law(300, 10_000)
@given(SOUND, st.integers(0, 2), st.integers(0, 100_000), st.sampled_from(JUNK))
def test_error_never_permits(question: Json, which: int, place: int, junk: Any) -> None:
    """Junk anywhere inside a provision is refused, or read so that it discloses no more than before."""
    changed = copy.deepcopy(question)
    one = changed["consents"][which % len(changed["consents"])]
    paths = [("provision", *path) for path in places(one["provision"])] + [("provision",), ("status",)]
    *way, last = paths[place % len(paths)]
    holder: Any = one
    for step in way:
        holder = holder[step]
    holder[last] = junk
    discloses_no_more(changed, question)


@pytest.mark.requirement("FH-CON-07")
@law()
@given(SOUND, st.integers(0, 100_000), st.sampled_from(JUNK))
def test_a_malformed_question_is_answered_or_refused_by_name(question: Json, place: int, junk: Any) -> None:
    changed = copy.deepcopy(question)
    paths = places(changed)
    *way, last = paths[place % len(paths)]
    holder: Any = changed
    for step in way:
        holder = holder[step]
    holder[last] = junk
    note(json.dumps(changed))
    try:
        answer = ask(changed)
    except consent.QuestionError as refused:
        assert refused.code.isupper()
        return
    assert answer["outcome"] in ("disclose", "partial", "withhold")


@law()
@given(SOUND)
def test_replay_gives_the_same_decision(question: Json) -> None:
    stored = json.loads(json.dumps(question))
    request = consent.read_question(stored)
    compiled = consent.compile_consents(request, tables())
    cached = consent.decision_answer(consent.decide(request, tables(), compiled))
    assert as_bytes(ask(question)) == as_bytes(cached)
    assert as_bytes(ask(stored)) == as_bytes(cached)


@pytest.mark.requirement("FH-CON-05", "P2-31-11")
@law(120)
@given(questions(), st.lists(built(a_question), min_size=1, max_size=3), st.sampled_from(AT))
def test_what_was_compiled_or_asked_before_changes_no_answer(
    question: Json, others: list[Json], later: str
) -> None:
    """What is compiled depends on consents, directory and policy, never on who asked what and when before."""
    compiled = consent.compile_consents(consent.read_question(question), tables())
    fixed = {name: question[name] for name in ("consents", "directory", "policy", "patient", "discloser")}
    asked = [question, *({**other, **fixed} for other in others)]
    asked += [{**one, "at": later} for one in asked] + [question]
    note(json.dumps(asked))
    for one in asked:
        served = consent.decision_answer(consent.decide(consent.read_question(one), tables(), compiled))
        assert released(served) == reference_decision(one)
        assert as_bytes(served) == as_bytes(ask(one))


@pytest.mark.requirement("P2-31-11", "P2-31-12")
@law(200)
@given(SOUND, st.lists(st.sampled_from(INSTANTS), min_size=2, max_size=6))
def test_an_answer_remembered_for_one_instant_is_right_at_every_other(
    question: Json, instants: list[str]
) -> None:
    """Under the packs too: the same compiled consents asked along the edges of all periods of the pools."""
    compiled = consent.compile_consents(consent.read_question(question), tables())
    for at in instants:
        one = {**question, "at": at}
        served = consent.decide(consent.read_question(one), tables(), compiled)
        assert as_bytes(consent.decision_answer(served)) == as_bytes(ask(one))


def test_the_generated_questions_reach_both_answers() -> None:
    """A law is empty when its questions all end the same way."""
    said = [
        outcome
        for seed in range(400)
        for outcome in reference_decision(a_question(Picks(_bytes(seed)), ((),)))
    ]
    assert 0.1 < said.count("disclose") / len(said) < 0.9


def _bytes(seed: int) -> bytes:
    value = seed * 7919 + 1
    drawn = []
    for _ in range(320):
        value = (value * 1103515245 + 12345) % 2**31
        drawn.append(value >> 16 & 255)
    return bytes(drawn)
