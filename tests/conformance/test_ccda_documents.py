"""The published C-CDA documents and fragments beside the checkout: every leaf accounted for, and back to the same."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from gateway.flows.library import open_library
from gateway.resources import check_resource
from mappings import Translation, translate
from mappings.ids import PUBLISHED_TEST_KEY
from mappings.laws import conservation, leaves_of, lineage_misses, no_resurrection, round_trip, traced
from mappings.syntax.ccda import counted_leaves
from tests import strategies

SAMPLES = Path(__file__).parents[2].parent / "shared" / "samples"
OURS = Path(__file__).parents[2] / "mappings" / "formats"
REFERRAL, PLAN, SUMMARY = "psychiatry/ccda_referral", "ccda/care_plan", "ccda/ccd"
DOCUMENTS = {
    "ccda/Referral_Note.xml": REFERRAL,
    "ccda/Care_Plan.xml": PLAN,
    "ccda/CCD_1.xml": SUMMARY,
    "ccda-fragments/referral-note-header-example.xml": REFERRAL,
    "ccda-fragments/care-plan-complete-example.xml": PLAN,
}
FRAGMENTS = {
    "ccda/Planned_Encounter_-_Reason_for_Referral(C-CDAR2.1).xml": REFERRAL,
    "ccda-fragments/health-concerns-section-example.xml": PLAN,
    "ccda-fragments/planned-procedure-section-example.xml": REFERRAL,
    "ccda-fragments/intervention-act-moodcodeint-example.xml": PLAN,
    "ccda-fragments/referral-note-callback-contact-example.xml": REFERRAL,
    "ccda-fragments/care-plan-relateddocument-example.xml": PLAN,
}
pytestmark = [
    pytest.mark.unmeasured,  # measuring it would double its time; other tests reach the same lines
    pytest.mark.conformance,
    pytest.mark.skipif(not SAMPLES.is_dir(), reason="the published samples are not beside the checkout"),
]
_STATED = re.compile(r'(<\?[^>]*\?>|<!--.*?-->|xmlns(:\w+)?="[^"]*")', re.DOTALL)


def _translated(mapping_id: str, source: bytes) -> Translation:
    mapping = open_library().mapping(mapping_id)
    return translate(mapping, source, partner="local", id_key=PUBLISHED_TEST_KEY, zone="America/Phoenix")


def _document(path: str) -> bytes:
    """A document, or a fragment put into the header of our own sample: the part of it that the fragment is."""
    source = (SAMPLES / path).read_bytes()
    if path in DOCUMENTS:
        return source
    name = "referral" if FRAGMENTS[path] == REFERRAL else "care_plan"
    ours = (OURS / FRAGMENTS[path] / f"samples/{name}.xml").read_text("utf-8")
    fragment = _STATED.sub("", source.decode("utf-8")).strip()
    if fragment.startswith("<ClinicalDocument"):
        fragment = fragment[
            fragment.index("<structuredBody") : fragment.index("</component>\n</ClinicalDocument>")
        ]
    if fragment.startswith(("<participant", "<relatedDocument")):
        return ours.replace("</custodian>", f"</custodian>{fragment}", 1).encode()
    if fragment.startswith("<section"):
        fragment = f"<structuredBody><component>{fragment}</component></structuredBody>"
    begin, end = ours.index("<structuredBody>"), ours.index("</structuredBody>") + len("</structuredBody>")
    return (ours[:begin] + fragment + ours[end:]).encode()


@pytest.mark.parametrize(("path", "mapping_id"), (DOCUMENTS | FRAGMENTS).items(), ids=lambda one: one)
def test_every_leaf_of_a_published_document_is_accounted_for(path: str, mapping_id: str) -> None:
    source = _document(path)
    mapping = open_library().mapping(mapping_id)
    translation = _translated(mapping_id, source)
    left = conservation(translation, len(leaves_of(mapping, source)))
    # The example of interventions stands in "some section" without a template: there is nothing to know it by.
    expected = {"UNMAPPED"} if "intervention-act" in path else set()
    assert {code for code, _ in left} == expected
    assert {issue.code for issue in translation.issues} == expected
    assert traced(translation) == []
    for resource in translation.resources:
        assert check_resource(resource) == ()


@pytest.mark.parametrize(("path", "mapping_id"), DOCUMENTS.items(), ids=lambda one: one)
def test_a_published_document_comes_back_the_same_and_tells_nothing_it_carried(
    path: str, mapping_id: str
) -> None:
    source = _document(path)
    mapping = open_library().mapping(mapping_id)
    translation = _translated(mapping_id, source)
    assert round_trip(mapping, source, translation, "America/Phoenix") == []
    assert no_resurrection(mapping, source, translation, "America/Phoenix") == []


def test_changing_a_leaf_of_the_care_plan_changes_only_what_names_it() -> None:
    every = 1 if strategies.long_run else 151
    tried, misses = lineage_misses(
        open_library().mapping(PLAN), _document("ccda/Care_Plan.xml"), None, every=every
    )
    assert tried > 5
    assert misses == []


def test_the_published_referral_note_is_what_its_text_says() -> None:
    resources = _translated(REFERRAL, _document("ccda/Referral_Note.xml")).resources
    kinds = [str(one["resourceType"]) for one in resources]
    counted = {
        kind: kinds.count(kind)
        for kind in ("Condition", "AllergyIntolerance", "MedicationStatement", "Observation")
    }
    assert counted == {"Condition": 4, "AllergyIntolerance": 2, "MedicationStatement": 2, "Observation": 14}
    text = str(resources)
    for word in ("Full care by specialist", "Penicillin", "Wheezing", "moderate", "57021-8", "30952004"):
        assert (word in text) is (word not in ("57021-8", "30952004"))
    assert "444222222" not in text


def test_leaves_are_counted_alike_with_and_without_nodes() -> None:
    from mappings.syntax.ccda import document_bytes, read_document

    for path in DOCUMENTS:
        source = _document(path)
        root = read_document(source)
        assert dict(root.leaves()) == counted_leaves(source) == counted_leaves(document_bytes(root))
