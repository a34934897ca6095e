"""Labels: what arrived, what the source makes of it, what codes and words suggest."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent.labels import INLINE_LABEL, Labelling, from_program, label_resource
from tests.consent.releases import ACT_CODE, ICD10, Json, coded, resource, tables

CONFIDENTIALITY = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality"
PART2_SET = {"R", "SUD", "42CFRPart2", "NORDSCLCD", "CPLYCD", "RedisclosureProhibitionMark"}


def labelled(one: Json, program: bool = False) -> Labelling:
    return label_resource(one, program, tables())


def with_security(*codings: object, **elements: object) -> Json:
    return resource("Observation", "o1", meta={"security": list(codings)}, **elements)


def act(code: str) -> Json:
    return {"system": ACT_CODE, "code": code}


@pytest.mark.requirement("P2-11-01", "P2-12-01", "FH-LBL-02")
def test_every_record_of_a_program_is_a_part_2_record_without_any_sud_code() -> None:
    found = labelled(resource("ServiceRequest", "s1"), program=True)
    assert found.codes == PART2_SET
    assert (found.level, found.part2, found.sensitive) == ("R", True, {"SUD"})


@pytest.mark.requirement("P2-12-05", "P2-12-02")
def test_a_sud_code_of_another_source_is_sensitive_but_no_part_2_record() -> None:
    found = labelled(resource("Condition", "c1", code=coded("F11.20")))
    assert found.codes == {"R", "SUD", "OPIOIDUD"}
    assert not found.part2


def test_a_record_without_any_label_is_normal_and_lists_nothing() -> None:
    found = labelled(resource("Condition", "c1", code=coded("J45.909", "Asthma")))
    assert (found.codes, found.level, found.sensitive, found.shown) == (frozenset(), "N", frozenset(), ())


@pytest.mark.requirement("P2-12-01")
def test_a_record_that_arrived_as_a_part_2_record_stays_one_wherever_it_is_held() -> None:
    found = labelled(with_security(act("42CFRPart2")))
    assert found.part2
    assert found.codes == PART2_SET


@pytest.mark.requirement("FH-LBL-05")
def test_arrived_labels_are_kept_and_confidentiality_is_only_raised() -> None:
    very = {"system": CONFIDENTIALITY, "code": "V"}
    low = {"system": CONFIDENTIALITY, "code": "L"}
    assert labelled(with_security(low, very, act("HIV"))).codes == {"V", "HIV"}
    assert labelled(with_security(low, act("HIV"))).codes == {"R", "HIV"}
    assert labelled(with_security(low, act("VIP"))).codes == {"L", "VIP"}
    assert labelled(with_security(very, code=coded("F10.20"))).level == "V"


@pytest.mark.requirement("FH-LBL-04")
@pytest.mark.parametrize(
    ("system", "code", "expected"),
    [
        (ACT_CODE, "NORDSLCD", {"NORDSCLCD"}),
        (ACT_CODE, "SICKLE", {"SCA", "R"}),
        (CONFIDENTIALITY, "ETH", {"R", "SUD", "ETHUD", "OPIOIDUD"}),
        (CONFIDENTIALITY, "PSY", {"R", "PSY"}),
        (CONFIDENTIALITY, "T", {"V", "TBOO"}),
        (CONFIDENTIALITY, "never heard of", {"V", "SPI"}),
        ("", "R", {"R"}),
        ("", "HIV", {"R", "HIV"}),
        (ACT_CODE, "HIPAAPsyNotes", {"V", "PSYTHPN"}),
        ("http://terminology.hl7.org/CodeSystem/v3-ActUSPrivacyLaw", "42CFRPart2", PART2_SET),
    ],
)
def test_retired_codes_become_their_successors(system: str, code: str, expected: set[str]) -> None:
    assert labelled(with_security({"system": system, "code": code})).codes == expected


@pytest.mark.parametrize("coding", [{"system": ACT_CODE}, {"code": ""}, "HIV", None, {"code": 7}])
def test_a_label_without_a_readable_code_counts_as_specially_protected(coding: object) -> None:
    assert labelled(with_security(coding)).sensitive == {"SPI"}


def test_a_label_of_an_unknown_system_has_to_be_covered_like_any_sensitivity_label() -> None:
    assert labelled(with_security({"system": "urn:clinic", "code": "VAULT"})).sensitive == {"VAULT"}


def test_test_and_workflow_tags_are_listed_but_need_no_cover() -> None:
    reason = "http://terminology.hl7.org/CodeSystem/v3-ActReason"
    found = labelled(with_security({"system": reason, "code": "HTEST"}, {"system": reason, "code": "SUD"}))
    assert "HTEST" in found.codes
    assert found.sensitive == {"SUD"}, "a label does not lose its meaning in the wrong system"


@pytest.mark.parametrize(
    "meta",
    [None, "text", [{"security": []}], {"security": {"system": ACT_CODE, "code": "HIV"}}, {"security": ()}],
)
def test_meta_of_an_unexpected_shape_never_hides_a_label(meta: object) -> None:
    found = labelled({"resourceType": "Observation", "meta": meta})
    hidden = {"HIV"} if isinstance(meta, dict) and meta["security"] else set()
    assert found.sensitive == ({"SPI"} if isinstance(meta, str | list) else hidden)


@pytest.mark.requirement("FH-LBL-03")
def test_the_default_label_of_a_program_gives_way_to_a_child_that_a_code_or_a_label_states() -> None:
    for one in (resource("Condition", "c1", code=coded("F10.20")), with_security(act("ETHUD"))):
        alcohol = labelled(one, program=True)
        assert alcohol.part2
        assert alcohol.sensitive == {"ETHUD"}
        assert not alcohol.matches_deny("OPIOIDUD", tables())
        assert alcohol.matches_deny("SUD", tables())
    both = labelled(with_security(act("ETHUD"), act("SUD")), program=True)
    assert both.matches_deny("OPIOIDUD", tables()), "a parent that the source itself states stays"


@pytest.mark.requirement("FH-LBL-03")
@pytest.mark.parametrize(
    ("label", "rule", "matches"),
    [
        ("SUD", "ETH", True),
        ("OPIOIDUD", "ETH", True),
        ("ETH", "SUD", True),
        ("ETHUD", "OPIOIDUD", False),
        ("SUD", "OPIOIDUD", True),
        ("PSYTHPN", "MH", True),
        ("PSYTHPN", "PSY", True),
        ("MH", "PSYTHPN", False),
        ("MH", "PSY", True),
        ("PSY", "SPI", True),
        ("HIV", "SUD", False),
        ("HIV", "R", True),
        ("HIV", "V", False),
        ("HIV", "N", True),
    ],
)
def test_a_deny_matches_by_closure_and_by_an_asserted_parent(label: str, rule: str, matches: bool) -> None:
    assert labelled(with_security(act(label))).matches_deny(rule, tables()) is matches


@pytest.mark.requirement("FH-LBL-03", "DM-03")
def test_a_permit_on_mental_health_does_not_cover_psychotherapy_notes() -> None:
    assert tables().permit_covers("MH") == {"MH", "PSY"}
    assert tables().permit_covers("SUD") == {"SUD", "ETH", "ETHUD", "OPIOIDUD"}
    assert tables().permit_covers("VAULT") == {"VAULT"}
    assert tables().deny_matches("VAULT") == {"VAULT"}
    assert tables().ambiguous_for("VAULT") == frozenset()


@pytest.mark.requirement("P2-11-02", "HI-508-03", "FH-LBL-02")
def test_a_counseling_note_has_labels_of_its_own_and_a_progress_summary_has_not() -> None:
    note = resource("DocumentReference", "d1", type={"text": "Individual counseling note"})
    summary = resource("DocumentReference", "d2", type={"text": "Progress summary, start and stop times"})
    assert labelled(note, program=True).codes >= {"V", "PSYTHPN", "SUDCOUNSELNOTE"}
    assert labelled(note).codes == {"V", "PSYTHPN"}
    assert labelled(note).note
    assert not labelled(summary, program=True).note
    arrived = labelled(with_security(act("PSYTHPN")), program=True)
    assert arrived.sensitive >= {"PSYTHPN", "SUDCOUNSELNOTE"}


def test_words_make_a_note_only_of_a_document() -> None:
    assert not labelled(resource("CarePlan", "p1", description="see the counseling notes"), program=True).note


@pytest.mark.requirement("FH-RED-01")
@pytest.mark.parametrize(
    ("one", "unstructured"),
    [
        (resource("DocumentReference", "d1"), True),
        (resource("Binary", "b1"), True),
        (resource("Communication", "c1", payload=[{"contentString": "x"}]), True),
        (resource("Communication", "c1"), False),
        (resource("Composition", "c1", section=[{}]), True),
        (resource("DiagnosticReport", "r1", presentedForm=[{}]), True),
        (resource("DiagnosticReport", "r1", presentedForm=[{}], result=[{}]), False),
        (resource("CarePlan", "p1"), False),
    ],
)
def test_free_text_and_attachments_are_told_from_structured_records(one: Json, unstructured: bool) -> None:
    assert labelled(one).unstructured is unstructured


@pytest.mark.requirement("FH-LBL-05")
def test_inline_labels_name_their_element_and_leave_the_rest_alone() -> None:
    inline = {"url": INLINE_LABEL, "valueCoding": act("HIV")}
    one = resource(
        "Condition",
        "c1",
        evidence=[
            {"detail": [{"reference": "Observation/x"}]},
            {"code": [{"text": "y"}], "extension": [inline]},
        ],
        _recordedDate={"extension": [inline, {"url": "urn:other"}, {"url": INLINE_LABEL}, "odd"]},
    )
    found = labelled(one)
    assert (found.codes, found.level) == (frozenset(), "N")
    assert set(found.inline) == {
        ("/evidence/1", frozenset({"HIV"})),
        ("/recordedDate", frozenset({"HIV"})),
        ("/recordedDate", frozenset({"SPI"})),
    }


@pytest.mark.requirement("FH-LBL-05")
def test_an_inline_label_on_the_whole_record_counts_for_it() -> None:
    very = {"url": INLINE_LABEL, "valueCoding": {"system": CONFIDENTIALITY, "code": "V"}}
    hiv = {"url": INLINE_LABEL, "valueCoding": act("HIV")}
    low = {"system": CONFIDENTIALITY, "code": "L"}
    found = labelled(with_security(low, extension=(very, hiv), issued_=[{"extension": (very,)}]))
    assert (found.codes, found.sensitive) == ({"V", "HIV"}, {"HIV"})


@pytest.mark.requirement("FH-VS-05")
def test_weak_evidence_labels_only_within_a_program() -> None:
    tobacco, counseling = coded("F17.210"), coded("H0004", system="urn:oid:2.16.840.1.113883.6.285")
    assert labelled(resource("Condition", "c1", code=tobacco)).codes == frozenset()
    assert labelled(resource("Procedure", "x1", code=counseling)).codes == frozenset()
    assert "SUD" in labelled(resource("Procedure", "x1", code=counseling), program=True).codes


@pytest.mark.requirement("FH-RED-04")
def test_the_name_of_a_clinic_in_a_reference_does_not_label_the_record() -> None:
    one = resource("ServiceRequest", "s1", performer=[{"display": "Sunrise Methadone Clinic"}])
    assert labelled(one).codes == frozenset()


def test_words_in_titles_and_displays_raise_labels() -> None:
    drug = {"coding": [{"system": "urn:local", "code": "17", "display": "Buprenorphine 8 mg film"}]}
    found = labelled(resource("MedicationRequest", "m1", medicationCodeableConcept=drug))
    assert found.sensitive == {"OPIOIDUD"}
    assert labelled(resource("CarePlan", "p1", title="Bipolar disorder plan")).sensitive == {"MH"}


@pytest.mark.parametrize(
    ("title", "label"),
    [
        ("Clínica de metadona Amanecer", "OPIOIDUD"),
        ("ADICCIONES: plan de tratamiento", "SUD"),
        ("Consumo de alcohol", "ETHUD"),
        ("Plan de salud mental", "MH"),
        ("Control de VIH", "HIV"),
        ("Refugio para violencia doméstica", "SDV"),
        ("Sifilis, tratamiento", "SEX"),
    ],
)
def test_words_in_spanish_raise_the_same_labels(title: str, label: str) -> None:
    assert label in labelled(resource("CarePlan", "p1", title=title)).sensitive


@pytest.mark.requirement("P2-11-02")
def test_a_note_is_one_in_spanish_too() -> None:
    session = resource("DocumentReference", "d1", description="Nota de la sesión de psicoterapia")
    assert "PSYTHPN" in labelled(session).sensitive
    counselled = resource("DocumentReference", "d1", description="Notas de consejería")
    assert "SUDCOUNSELNOTE" in labelled(counselled, program=True).sensitive


def test_narrative_notes_and_contained_resources_are_not_read() -> None:
    one = resource(
        "CarePlan",
        "p1",
        text={"status": "generated", "div": "<div>heroin</div>"},
        note=[{"text": "heroin"}],
        contained=[resource("Condition", "x", code=coded("F11.20"))],
    )
    assert labelled(one).codes == frozenset()


@pytest.mark.parametrize(
    ("sources", "expected"),
    [
        (("Organization/otp-1",), True),
        (("https://x.example/fhir/Organization/otp-1",), True),
        (("Organization/otp-11",), False),
        (("MyOrganization/otp-1",), False),
        ((), False),
    ],
)
@pytest.mark.requirement("P2-12-01")
def test_a_source_is_a_program_when_equal_or_ending_in_its_reference(
    sources: tuple[str, ...], expected: bool
) -> None:
    assert from_program(sources, ("Organization/otp-1",)) is expected


LABELS = st.sampled_from(["SUD", "ETH", "ETHUD", "OPIOIDUD", "HIV", "MH", "PSYTHPN", "42CFRPart2", "VAULT"])


@given(st.lists(LABELS, max_size=4), LABELS, st.booleans(), st.sampled_from(["", "F10.20", "F11.20", "J45"]))
@pytest.mark.requirement("FH-LBL-05")
def test_one_more_label_never_takes_one_away_but_the_default_that_it_makes_exact(
    arrived: list[str], more: str, program: bool, code: str
) -> None:
    body = {"code": coded(code, system=ICD10)} if code else {}
    before = labelled(with_security(*map(act, arrived), **body), program)
    after = labelled(with_security(*map(act, arrived), act(more), **body), program)
    rank = tables().labels.rank
    by_default = {"SUD"} - set(arrived) if more in ("ETHUD", "OPIOIDUD", "42CFRPart2") else set()
    assert after.codes - rank.keys() >= before.codes - rank.keys() - by_default
    assert after.sensitive >= before.sensitive - by_default
    assert rank[after.level] >= rank[before.level]


@pytest.mark.requirement("DM-23", "FH-LBL-02")
@pytest.mark.parametrize(
    ("codes", "carries"),
    [
        ("44249-1 44261-6 44250-9 44251-7 44252-5 44253-3 44254-1 44255-8 44258-2 44259-0 44260-8", {"MH"}),
        ("69737-5 70274-6 69725-0 68509-9 69733-4 69734-2 69735-9 69689-8 69736-7 93373-9", {"MH"}),
        ("72109-2 75626-2 68518-0 68519-8 68520-6", {"SUD", "ETHUD"}),
        ("82666-9 82667-7", {"SUD"}),
        ("93025-5 96777-8 88121-9", set()),
    ],
)
def test_a_screening_is_labelled_as_a_score_as_one_answer_and_as_a_form(
    codes: str, carries: set[str]
) -> None:
    """However it comes: found, part of a finding, its form filled in, or one question of any form."""
    for code in codes.split():
        asked = {"coding": [{"system": "http://loinc.org", "code": code}]}
        for one in (
            resource("Observation", "o", code=asked),
            resource("Observation", "o", code={"text": "screening"}, component=[{"code": asked}]),
            resource("QuestionnaireResponse", "q", questionnaire=f"http://loinc.org/q/{code}|2.77"),
            resource(
                "QuestionnaireResponse", "q", item=[{"linkId": "/x", "item": [{"linkId": f"/x/{code}"}]}]
            ),
        ):
            assert labelled(one).codes & {"MH", "SUD", "ETHUD", "OPIOIDUD"} == carries, (code, one)
