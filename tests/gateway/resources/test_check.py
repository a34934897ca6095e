"""What the checker takes, what it refuses, and where it says the fault is."""

from __future__ import annotations

import copy
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from gateway.resources import check_resource, parse_json, supported_types, to_json
from gateway.resources.narrative import narrative_fault
from gateway.resources.xml_names import MOST_ATTRIBUTES

VALID = {
    path.stem: parse_json(path.read_bytes()) for path in (Path(__file__).parent / "valid").glob("*.json")
}


def changed(name: str, path: str, value: Any) -> dict[str, Any]:
    """A copy of a valid resource with `value` at `path` (`name.0.given`); an Ellipsis takes it away."""
    resource = copy.deepcopy(VALID[name])
    *way, last = (int(step) if step.isdigit() else step for step in path.split("."))
    node: Any = resource
    for step in way:
        node = node[step]
    if value is ...:
        del node[last]
    else:
        node[last] = value
    return resource


def faults(resource: dict[str, Any]) -> list[tuple[str, str]]:
    return [(issue.code, issue.place) for issue in check_resource(resource)]


@pytest.mark.parametrize("name", sorted(VALID))
def test_a_valid_resource_is_taken_and_left_as_it_is(name: str) -> None:
    before = to_json(VALID[name])

    assert check_resource(VALID[name]) == ()
    assert to_json(VALID[name]) == before


SHAPE = [
    ("Patient", "colour", "red", ("structure", "Patient.colour")),
    ("Patient", "name.0.nick", "A", ("structure", "Patient.name[0].nick")),
    ("Patient", "gender", "purple", ("code-invalid", "Patient.gender")),
    ("Patient", "birthDate", "22/11/1990", ("value", "Patient.birthDate")),
    ("Patient", "birthDate", "1990-13-01", ("value", "Patient.birthDate")),
    ("Patient", "birthDate", "1990-02-28T00:00:00Z", ("value", "Patient.birthDate")),
    ("Patient", "active", "true", ("structure", "Patient.active")),
    ("Patient", "name", {"family": "T"}, ("structure", "Patient.name")),
    ("Patient", "name", [], ("value", "Patient.name")),
    ("Patient", "id", "not an id", ("value", "Patient.id")),
    ("Patient", "id", "x" * 65, ("value", "Patient.id")),
    ("Patient", "telecom.0.rank", 0, ("value", "Patient.telecom[0].rank")),
    ("Patient", "telecom.0.value", "", ("value", "Patient.telecom[0].value")),
    ("Patient", "telecom.0.value", None, ("structure", "Patient.telecom[0].value")),
    ("Patient", "meta.lastUpdated", "2026-11-01", ("value", "Patient.meta.lastUpdated")),
    ("Consent", "status", "bogus", ("code-invalid", "Consent.status")),
    ("Consent", "provision.type", "maybe", ("code-invalid", "Consent.provision.type")),
    ("Consent", "scope", ..., ("required", "Consent.scope")),
    ("Consent", "category", ..., ("required", "Consent.category")),
    ("Consent", "dateTime", "2026-11-01T10:00:00", ("value", "Consent.dateTime")),
    ("Consent", "policy.0.uri", "has space", ("value", "Consent.policy[0].uri")),
    ("Task", "for", [], ("structure", "Task.for")),
    ("Task", "status", "acepted", ("code-invalid", "Task.status")),
    (
        "CarePlan",
        "contained.0.resourceType",
        "Starship",
        ("not-supported", "CarePlan.contained[0].resourceType"),
    ),
    ("Observation", "valueQuantity.value", True, ("structure", "Observation.valueQuantity.value")),
    ("Observation", "valueRatioRange", {}, ("structure", "Observation.valueRatioRange")),
]
BEYOND_SHAPE = [
    ("Patient", "birthDate", "1990-02-29", ("value", "Patient.birthDate")),
    ("Patient", "_birthDate.extension.0.valueDateTime", "2026-04-31", (
        "value", "Patient._birthDate.extension[0].valueDateTime")),
    ("Patient", "identifier.0.period.end", "2019-12", ("invariant", "Patient.identifier[0].period.end")),
    ("Patient", "name.0._given", [None], ("structure", "Patient.name[0].given")),
    ("Patient", "name.0.given", [None, None], ("structure", "Patient.name[0].given[0]")),
    ("Patient", "deceasedDateTime", "2026", ("structure", "Patient.deceased[x]")),
    ("Patient", "contact.0", {}, ("structure", "Patient.contact[0]")),
    ("Patient", "contact.0.name", ..., ("invariant", "Patient.contact[0]")),
    ("Patient", "telecom.0.system", ..., ("invariant", "Patient.telecom[0].system")),
    ("Patient", "extension.0.valueCode", "x", ("invariant", "Patient.extension[0]")),
    ("Patient", "extension.0.extension.1.valueBoolean", ..., ("invariant", "Patient.extension[0].extension[1]")),
    ("Patient", "generalPractitioner.0.reference", "Patient/1", ("structure", "Patient.generalPractitioner[0]")),
    ("Patient", "generalPractitioner.0.reference", "https://x.test/fhir/Patient/1", (
        "structure", "Patient.generalPractitioner[0]")),
    ("Patient", "generalPractitioner.0.reference", "nonsense", (
        "value", "Patient.generalPractitioner[0].reference")),
    ("Patient", "text.div", "<p>no div</p>", ("invariant", "Patient.text.div")),
    ("Consent", "status", ..., ("required", "Consent.status")),
    ("Consent", "policy", ..., ("invariant", "Consent")),
    ("Consent", "patient.reference", "Practitioner/1", ("structure", "Consent.patient")),
    ("Consent", "provision.period.end", "2025-11-01", ("invariant", "Consent.provision.period.end")),
    ("Consent", "provision.provision.0.dataPeriod.end", "2025", (
        "invariant", "Consent.provision.provision[0].dataPeriod.end")),
    ("CarePlan", "goal.0.reference", "#other", ("invariant", "CarePlan.goal[0].reference")),
    ("CarePlan", "contained.0.contained", [{"resourceType": "Goal", "id": "h", "lifecycleStatus": "active",
        "description": {"text": "x"}, "subject": {"reference": "Patient/1"}}], (
        "invariant", "CarePlan.contained[0].contained")),
    ("CarePlan", "activity.0.reference", {"reference": "Task/1"}, ("invariant", "CarePlan.activity[0]")),
    ("CarePlan", "period.end", "2026-10-01", ("invariant", "CarePlan.period.end")),
    ("Condition", "clinicalStatus.coding.0.code", "sleeping", ("code-invalid", "Condition.clinicalStatus")),
    ("Goal", "target.0.measure", ..., ("invariant", "Goal.target[0].measure")),
    ("Observation", "valueQuantity.value", "12.5", ("structure", "Observation.valueQuantity.value")),
    ("Observation", "dataAbsentReason", {"text": "x"}, ("invariant", "Observation.dataAbsentReason")),
    ("Observation", "referenceRange.0.low.value", 99, ("invariant", None)),
    ("Appointment", "end", ..., ("invariant", "Appointment.start")),
    ("Task", "lastModified", "2025-01-01T00:00:00Z", ("invariant", "Task.lastModified")),
    ("DocumentReference", "content.0.attachment.contentType", ..., (
        "invariant", "DocumentReference.content[0].attachment.contentType")),
    ("Bundle", "entry.1.resource.organization.reference", "urn:uuid:00000000-0000-4000-8000-000000000000", (
        "invariant", "Bundle.entry[1].resource.organization.reference")),
    ("Bundle", "entry.0.request", ..., ("invariant", "Bundle.entry[0].request")),
    ("Bundle", "total", 3, ("invariant", "Bundle.total")),
    ("Bundle", "entry.0.resource.name", ..., ("invariant", "Bundle.entry[0].resource")),
]  # fmt: skip


@pytest.mark.requirement("FH-CON-07")
@pytest.mark.parametrize(("name", "path", "value", "fault"), SHAPE)
def test_a_wrong_shape_is_refused_at_its_place(
    name: str, path: str, value: Any, fault: tuple[str, str]
) -> None:
    assert faults(changed(name, path, value)) == [fault]


@pytest.mark.requirement("FH-CON-07")
@pytest.mark.parametrize(("name", "path", "value", "fault"), BEYOND_SHAPE)
def test_what_a_shape_cannot_say_is_refused_at_its_place(
    name: str, path: str, value: Any, fault: tuple[str, str | None]
) -> None:
    found = faults(changed(name, path, value))
    if fault[1] is None:  # a rule we leave to the profile: a reference range may be open to opinion
        assert found == []
    else:
        assert fault in found


@pytest.mark.parametrize(
    ("start", "end", "ordered"),
    [
        ("2026", "2026", True),
        ("2026-05", "2026", True),
        ("2026-05-10", "2026-05", True),
        ("2026-05-10", "2026-05-10T08:00:00Z", True),
        ("2026-05-10T10:00:00Z", "2026-05-10T09:00:00-05:00", True),
        ("2026-05-10T10:00:00.5Z", "2026-05-10T10:00:00Z", True),
        ("2026-05-10T10:00:00Z", "2026-05-10T09:59:59Z", False),
        ("2026-05-10", "2026-05-09", False),
        ("2026-05-10", "2026-04", False),
        ("2027", "2026-12-31", False),
        ("2026-05-10T10:00:00Z", "2026-05-07T10:00:00-05:00", False),
    ],
)
def test_a_period_is_compared_no_finer_than_it_is_written(start: str, end: str, ordered: bool) -> None:
    resource = changed("Consent", "provision.period", {"start": start, "end": end})

    assert (check_resource(resource) == ()) is ordered


def test_a_required_primitive_may_be_absent_for_a_reason() -> None:
    resource = changed("Observation", "status", ...)
    resource["_status"] = {"extension": [{"url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason",
                                          "valueCode": "unknown"}]}  # fmt: skip

    assert check_resource(resource) == ()


@pytest.mark.requirement("P2-13-02")
def test_no_issue_repeats_a_value_of_the_resource() -> None:
    for name, path, _, _ in [*SHAPE, *BEYOND_SHAPE]:
        for canary in ("CANARY", "CANARY with space", {"CANARY CANARY": 1}):
            said = json.dumps([issue.message for issue in check_resource(changed(name, path, canary))])

            assert "CANARY" not in said


@pytest.mark.parametrize(
    "resource", [{}, {"resourceType": "Starship"}, {"resourceType": 3}, {"resourceType": None}]
)
def test_an_unknown_type_is_not_supported(resource: dict[str, Any]) -> None:
    assert [issue.code for issue in check_resource(resource)] == ["not-supported"]


def test_depth_is_bounded() -> None:
    deep: dict[str, Any] = {"url": "x", "valueString": "x"}
    for _ in range(200):
        deep = {"url": "x", "extension": [deep]}
    resource = {"resourceType": "Patient", "extension": [deep]}

    assert check_resource(resource)[0].code == "structure"


@pytest.mark.parametrize(
    "div",
    [
        "<script>x</script>",
        '<p onclick="x">a</p>',
        '<a href="javascript:x">a</a>',
        '<img src="javascript:x"/>',
        "<iframe/>",
        '<p style="background:url(http://x.test)">a</p>',
        "<p>not closed",
        "<form><input/></form>",
        "<!--><img src='x' onerror='y'/>-->",
        "<!---><img src='x' onerror='y'/>-->",
        "<![CDATA[><img src='x' onerror='y'/>]]>",
        "&foo;",
        "&Lt",
        '<a href="jav&Tab;ascript:x">a</a>',
        '<a href="javascript&colon;x">a</a>',
        '<p style="background:url&lpar;http://x.test)">a</p>',
    ],
)
def test_a_narrative_that_does_something_is_refused(div: str) -> None:
    resource = changed("Patient", "text.div", f'<div xmlns="http://www.w3.org/1999/xhtml">{div}</div>')

    assert faults(resource) == [("invariant", "Patient.text.div")]


def test_a_narrative_may_have_the_entities_of_html() -> None:
    body = '<p title="&QUOT; onclick=&QUOT;x">&nbsp;&eacute;&LT;script&GT;&AMP;</p><!-- <b>x</b> -->'

    assert narrative_fault(f'<div xmlns="http://www.w3.org/1999/xhtml">{body}</div>') is None


@pytest.mark.parametrize("said", ["a", "xmlns:a"])
def test_the_attributes_of_a_narrative_are_counted_before_they_are_read(said: str) -> None:
    crowd = " ".join(f'{said}{number}="1"' for number in range(MOST_ATTRIBUTES + 1))
    div = f'<div xmlns="http://www.w3.org/1999/xhtml"><p>a</p><p {crowd}>b</p></div>'

    assert narrative_fault(div) == "txt-1: an element has more attributes than XHTML knows"


def test_a_narrative_with_a_doctype_is_refused_before_it_is_parsed() -> None:
    bomb = '<!DOCTYPE div [<!ENTITY a "aaaa">]><div xmlns="http://www.w3.org/1999/xhtml">&a;</div>'

    assert faults(changed("Patient", "text.div", bomb)) == [("invariant", "Patient.text.div")]


def test_every_type_the_gateway_speaks_of_is_supported() -> None:
    wanted = (
        "Patient Consent CarePlan CareTeam Goal ServiceRequest Task Condition Observation QuestionnaireResponse "
        "Encounter Appointment Communication DocumentReference Medication MedicationRequest MedicationStatement "
        "MedicationAdministration AllergyIntolerance Coverage Organization Location HealthcareService Practitioner "
        "PractitionerRole RelatedPerson Provenance Bundle OperationOutcome Procedure Group"
    )

    assert set(wanted.split()) <= supported_types()


_FIRST_USE = """
import sys
from threading import Barrier, Thread
from gateway.demo import person
from gateway.resources.check import check_resource, supported_types

sys.setswitchinterval(1e-6)
supported_types()
sent, faults, together = person.consent("a", "b", "TREAT", identifier=("urn:x", "1")), [], Barrier(4)

def check():
    together.wait()
    faults.append(check_resource(sent))

threads = [Thread(target=check) for _ in range(4)]
for one in threads:
    one.start()
for one in threads:
    one.join()
sys.exit(faults != [()] * 4)
"""


def test_threads_that_check_a_type_for_the_first_time_at_once_do_not_end_the_process() -> None:
    """Two large submissions just after a start."""
    done = subprocess.run([sys.executable, "-c", _FIRST_USE], check=False, capture_output=True)

    assert done.returncode == 0, done.stderr[-500:]


@pytest.mark.requirement("FH-CON-01")
def test_what_is_contained_is_so_in_a_bundle_too() -> None:
    person = {"resourceType": "Practitioner", "id": "p", "name": [{"text": "A"}]}
    role: dict[str, object] = {
        "resourceType": "PractitionerRole",
        "id": "r",
        "practitioner": {"reference": "#p"},
    }
    goal = {"resourceType": "Goal", "lifecycleStatus": "active", "description": {"text": "Sleep"}}
    goal |= {
        "contained": [person, role],
        "expressedBy": {"reference": "#r"},
        "subject": {"reference": "Patient/1"},
    }
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": goal}]}
    assert check_resource(goal) == check_resource(bundle) == ()

    role["contained"] = [person]
    assert [one.place for one in check_resource(bundle)] == [
        "Bundle.entry[0].resource.contained[1].contained"
    ]
