"""Documents as real systems write them: one entry that says nothing, or an unheard state, never costs the whole."""

from __future__ import annotations

import base64
import re
from datetime import UTC, datetime
from typing import Any

import pytest

from gateway.resources import check_resource
from mappings import Library, Translation, TranslationRefused, translate
from mappings.laws import conservation
from mappings.render import render
from mappings.syntax.ccda import counted_leaves
from tests.mappings.conftest import FORMATS

_SUMMARY = (FORMATS / "ccda/ccd/samples/summary.xml").read_bytes()
_PLAN = (FORMATS / "ccda/care_plan/samples/care_plan.xml").read_bytes()
_METHADONE = b'<code code="6813" codeSystem="2.16.840.1.113883.6.88" displayName="methadone"/>'
_PHQ = b'<code code="44261-6" codeSystem="2.16.840.1.113883.6.1" displayName="PHQ-9 total score"/>'
_NOTHING = b'<code nullFlavor="OTH"><originalText><reference value="#x"/></originalText></code>'


def _altered(source: bytes, old: bytes, new: bytes, *, behind: bytes = b"") -> bytes:
    place = source.index(old, source.index(behind))
    return source[:place] + new + source[place + len(old) :]


def _read(library: Library, source: bytes, mapping_id: str = "ccda/ccd") -> Translation:
    made = translate(library.mapping(mapping_id), source, partner="p", id_key=b"k", zone="America/Phoenix")
    assert [issue for resource in made.resources for issue in check_resource(resource)] == []
    return made


def _of(made: Translation, resource_type: str) -> list[dict[str, object]]:
    return [dict(one) for one in made.resources if one["resourceType"] == resource_type]


def test_a_medication_without_a_code_goes_by_its_name(library: Library) -> None:
    named = _NOTHING + b"<name>melatonin 3 mg</name>"
    before = _of(_read(library, _SUMMARY), "MedicationStatement")
    after = _of(_read(library, _altered(_SUMMARY, _METHADONE, named)), "MedicationStatement")
    assert len(after) == len(before)
    assert {"text": "melatonin 3 mg"} in [one["medicationCodeableConcept"] for one in after]


def test_an_entry_that_names_nothing_is_carried_and_the_rest_taken(library: Library) -> None:
    whole = _read(library, _SUMMARY)
    for old, kind in ((_METHADONE, "MedicationStatement"), (_PHQ, "Observation")):
        source = _altered(_SUMMARY, old, _NOTHING)
        made = _read(library, source)
        assert len(_of(made, kind)) == len(_of(whole, kind)) - 1
        assert len(made.resources) == len(whole.resources) - 1
        assert conservation(made, len(counted_leaves(source))) == []


@pytest.mark.parametrize("state", [b'<statusCode code="ordered"/>', b'<statusCode nullFlavor="UNK"/>', b""])
def test_a_state_that_nobody_knows_is_unknown(library: Library, state: bytes) -> None:
    source = _altered(_SUMMARY, b'<statusCode code="completed"/>', state, behind=_PHQ)
    made = _read(library, _altered(source, b'<statusCode code="active"/>', state, behind=b"M-2"))
    assert [one["status"] for one in _of(made, "Observation")].count("unknown") == 1
    negated = [one["status"] for one in _of(made, "MedicationStatement")]
    assert "not-taken" in negated  # what is denied stays denied whatever its state is called


def test_a_result_that_was_taken_back_is_entered_in_error(library: Library) -> None:
    source = _altered(
        _SUMMARY, b'<statusCode code="completed"/>', b'<statusCode code="nullified"/>', behind=_PHQ
    )
    assert [one["status"] for one in _of(_read(library, source), "Observation")].count(
        "entered-in-error"
    ) == 1


def test_a_goal_whose_state_nobody_knows_is_carried(library: Library) -> None:
    whole = _of(_read(library, _PLAN, "ccda/care_plan"), "Goal")
    source = _altered(
        _PLAN, b'<statusCode code="active"/>', b'<statusCode code="x"/>', behind=b'moodCode="GOL"'
    )
    assert len(_of(_read(library, source, "ccda/care_plan"), "Goal")) == len(whole) - 1


def test_an_interval_that_ends_before_it_begins_is_told_and_not_taken(library: Library) -> None:
    reversed_ = b'<low value="20260901"/><high value="20250101"/>'
    source = _altered(_SUMMARY, b'<low value="20260901"/>', reversed_, behind=b"M-2")
    source = _altered(source, b'<high nullFlavor="UNK"/>', b"", behind=reversed_)
    made = _read(library, source)
    assert "PERIOD_REVERSED" in [issue.code for issue in made.issues]
    assert [one for one in _of(made, "MedicationStatement") if "effectivePeriod" in one] == []


def test_half_an_offset_is_no_zone(library: Library) -> None:
    """A document's own time of which only the hour of an offset is left says no zone, and none is made of it."""
    stated = b'<effectiveTime value="'
    place = _SUMMARY.index(stated) + len(stated)
    source = _SUMMARY[:place] + b"-07" + _SUMMARY[_SUMMARY.index(b'"', place) :]
    source = _altered(source, b"202611030915-0700", b"202611030915", behind=_PHQ)
    made = translate(library.mapping("ccda/ccd"), source, partner="p", id_key=b"k", zone=None)
    told = {issue.place for issue in made.issues if issue.code == "ZONE_MISSING"}
    assert [place for place in told if place.endswith("/observation/effectiveTime")] != []
    assert "2026-11-03" in [one.get("effectiveDateTime") for one in _of(made, "Observation")]


def test_an_author_without_a_name_leaves_the_keeper_to_stand_for_the_document(library: Library) -> None:
    place = _SUMMARY.index(b"<author>")
    end = _SUMMARY.index(b"</author>") + len(b"</author>")
    nameless = (
        b'<author><time value="20261103"/><assignedAuthor><id nullFlavor="UNK"/></assignedAuthor></author>'
    )
    made = _read(library, _SUMMARY[:place] + nameless + _SUMMARY[end:])
    (document,), organizations = _of(made, "Composition"), _of(made, "Organization")
    assert document["author"] == [document["custodian"]]
    assert f"Organization/{organizations[0]['id']}" == document["custodian"]["reference"]  # type: ignore[index]


def test_a_document_that_names_nobody_says_that_its_author_is_not_known(library: Library) -> None:
    bare = _SUMMARY
    for name in (b"author", b"custodian"):
        bare = re.sub(rb"<%s[ >].*?</%s>" % (name, name), b"", bare, count=1, flags=re.DOTALL)
    made = _read(library, bare)
    ((author,),) = (one["author"] for one in _of(made, "Composition"))
    assert [one["valueCode"] for one in author["extension"]] == ["unknown"]
    assert conservation(made, len(counted_leaves(bare))) == []


_HISTORY = (FORMATS / "ccda/history_and_physical/samples/history.xml").read_bytes()


def test_what_is_planned_is_written_as_the_kind_it_is(library: Library) -> None:
    kind = library.mapping("ccda/history_and_physical")
    made = translate(kind, _HISTORY, partner="p", id_key=b"k", zone="America/Phoenix")
    assert len({str(one["id"]) for one in _of(made, "ServiceRequest")}) == 2
    written = render(kind, made.resources, at=datetime(2026, 11, 23, tzinfo=UTC), control_id="7", zone=None)
    assert re.findall(rb"<(\w+) classCode[^>]*>\s*<templateId root=\S+22\.4\.(39|40)\"", written.content) == [
        (b"encounter", b"40"),
        (b"act", b"39"),
    ]


def test_a_note_keeps_its_id_when_a_section_comes_before_it(library: Library) -> None:
    made = _of(_read(library, _HISTORY, "ccda/history_and_physical"), "DocumentReference")
    gone = _altered(_HISTORY, b"2.16.840.1.113883.10.20.22.2.8", b"2.16.840.1.113883.10.20.22.2.20")
    fewer = _of(_read(library, gone, "ccda/history_and_physical"), "DocumentReference")
    assert len(fewer) == len(made) - 1
    assert [one for one in made if one in fewer] == fewer


def test_a_document_is_known_by_its_template_when_its_code_is_a_specialty(library: Library) -> None:
    """A consultation of psychiatry has a code of its own; what it claims to be stands in its template."""
    kind = library.mapping("ccda/history_and_physical")
    special = _altered(_HISTORY, b'<code code="34117-2"', b'<code code="34774-0"')
    made = translate(kind, special, partner="p", id_key=b"k", zone=None)
    assert made.message["event"] == "34774-0"
    with pytest.raises(TranslationRefused) as refusal:
        translate(kind, _altered(special, b"22.1.3", b"22.1.7"), partner="p", id_key=b"k", zone=None)
    assert refusal.value.code == "EVENT_UNKNOWN"


def test_a_consultation_that_names_no_order_asks_nobody_for_anything(library: Library) -> None:
    answer = (FORMATS / "psychiatry/ccda_referral/samples/consultation.xml").read_bytes()
    whole = _read(library, answer, "psychiatry/ccda_referral")
    assert [one["status"] for one in _of(whole, "Task")] == ["completed"]
    nameless = re.sub(rb"<inFulfillmentOf.*?</inFulfillmentOf>", b"", answer, flags=re.DOTALL)
    made = _read(library, nameless, "psychiatry/ccda_referral")
    assert _of(made, "Task") == [one for one in _of(made, "ServiceRequest") if one["intent"] == "order"] == []
    assert len(_of(made, "DocumentReference")) == len(_of(whole, "DocumentReference"))
    assert conservation(made, len(counted_leaves(nameless))) == []


SCAN = (FORMATS / "ccda/unstructured/samples/scan.xml").read_text("utf-8")


def _body(library: Library, text: str) -> tuple[Translation, dict[str, Any]]:
    """A document of no special kind with this as the text of its body, and the attachment it becomes."""
    before, _, rest = SCAN.partition("<text ")
    source = (before + text + rest.partition("</text>")[2]).replace('code="34788-0"', 'code="34133-9"')
    made = translate(library.mapping("ccda/any"), source.encode(), partner="p", id_key=b"k", zone=None)
    [document] = [r for r in made.resources if r["resourceType"] == "DocumentReference"]
    found = document.get("content", [{}])
    return made, found[0].get("attachment", {})  # type: ignore[index]


@pytest.mark.parametrize(
    ("text", "kind", "content"),
    [
        ('<text mediaType="image/png" representation="B64">aGVs\n  bG8=</text>', "image/png", b"hello"),
        ('<text representation="B64">aGVsbG8=</text>', "application/octet-stream", b"hello"),
        ('<text mediaType="text/plain">Slept well.</text>', "text/plain; charset=utf-8", b"Slept well."),
        ("<text>Slept well.</text>", "text/plain; charset=utf-8", b"Slept well."),
    ],
)
def test_a_file_as_the_body_is_one_document_whatever_kind_it_claims(
    library: Library, text: str, kind: str, content: bytes
) -> None:
    made, attachment = _body(library, text)
    assert made.provenance["mapping"] == "ccda/unstructured"
    assert (attachment["contentType"], base64.b64decode(attachment["data"])) == (kind, content)
    assert (made.issues, made.accounting.unmapped) == ((), 0)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ('<text mediaType="application/pdf"><reference value="http://ehr/1.pdf"/></text>', "EMPTY"),
        ('<text mediaType="application/pdf" representation="B64" compression="GZ">aGVsbG8=</text>', "EMPTY"),
        ('<text mediaType="application/pdf" representation="B64">a scan.</text>', "NOT_TEXT"),
        ('<text mediaType="application/pdf" representation="B64">aGVsbG8ö</text>', "NOT_TEXT"),
    ],
)
def test_a_file_that_is_not_there_is_told_at_its_place(library: Library, text: str, code: str) -> None:
    with pytest.raises(TranslationRefused) as refused:
        _body(library, text)
    assert (refused.value.code, refused.value.place) == (code, "/ClinicalDocument/component/nonXMLBody/text")


def _section(root: str, code: str, inside: bytes = b"") -> bytes:
    head = f'<component><section><templateId root="{root}"/><code code="{code}"/><title>T</title>'
    return head.encode() + b"<text>as written</text>" + inside + b"</section></component>"


def test_a_summary_with_the_sections_of_other_documents_gives_their_goals_and_loses_no_leaf(
    library: Library,
) -> None:
    begin = _PLAN.index(b"<entry", _PLAN.index(b"2.16.840.1.113883.10.20.22.2.60"))
    goals = _PLAN[begin : _PLAN.index(b"</section>", begin)]
    others = {
        "1.3.6.1.4.1.19376.1.5.3.1.3.1": "42349-1",
        "2.16.840.1.113883.10.20.22.2.58": "75310-3",
        "2.16.840.1.113883.10.20.21.2.3": "62387-6",
        "2.16.840.1.113883.10.20.22.2.500": "85847-2",
        "2.16.840.1.113883.10.20.22.2.65": "34109-9",
    }
    more = _section("2.16.840.1.113883.10.20.22.2.60", "61146-7", goals)
    more += b"".join(_section(*one) for one in others.items())
    source = _altered(_SUMMARY, b"</structuredBody>", more + b"</structuredBody>")
    made = _read(library, source)
    told = [one["description"] for one in _of(made, "Goal")]
    assert told == [one["description"] for one in _of(_read(library, _PLAN, "ccda/care_plan"), "Goal")] != []
    assert made.accounting.answer()["unmapped"] == 0
    assert conservation(made, len(counted_leaves(source))) == []
    assert b"42349-1" in source, "no referral, hence no reason of one: carried"
    said = [one["type"]["coding"][0]["code"] for one in _of(made, "DocumentReference")]  # type: ignore[index]
    assert _of(made, "ServiceRequest") == _of(_read(library, _SUMMARY), "ServiceRequest")
    assert "42349-1" not in said
    now = datetime(2026, 11, 23, tzinfo=UTC)
    written = render(library.mapping("ccda/ccd"), made.resources, at=now, control_id="1", zone=None).content
    assert [one["description"] for one in _of(_read(library, written), "Goal")] == told
