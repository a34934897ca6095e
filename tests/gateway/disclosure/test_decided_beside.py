"""A Provenance or a Binary that is pushed, told of or read in great number: as a read of the one alone would have it."""

from __future__ import annotations

import base64
from collections import Counter
from collections.abc import Sequence
from typing import Any

import pytest
from msgspec.structs import replace

from gateway.demo import person
from gateway.disclosure import decided_beside, gate
from gateway.disclosure.notices import prepare_notice, seen_by
from gateway.disclosure.release import Release
from gateway.errors import NotFound
from gateway.store import Reading, Record, records
from tests.gateway.county import MRN, NOW, OTP, County, resources_of
from tests.gateway.disclosure.hidden_county import behind, entry, to
from tests.gateway.disclosure.twins import Api

PAPER = {
    "resourceType": "Binary",
    "contentType": "text/plain",
    "data": base64.b64encode(b"a letter").decode(),
}
NAMED = ("Patient", "ServiceRequest", "Task", "Binary", "Provenance")


def document(subject: dict[str, str], paper: str) -> dict[str, Any]:
    attachment = {"contentType": "text/plain", "url": to(paper)["reference"]}
    return {
        "resourceType": "DocumentReference",
        "status": "current",
        "subject": subject,
        "content": [{"attachment": attachment}],
    }


def wrote(*targets: dict[str, str]) -> dict[str, Any]:
    told = {"recorded": "2026-04-01T10:00:00Z", "agent": [{"who": {"display": "a nurse"}}]}
    return {"resourceType": "Provenance", "target": list(targets), **told}


def sent_before() -> dict[str, Any]:
    """A letter with its document, that is sent again later."""
    made = [("a", person.person(*MRN)), ("e", document(to("a"), "d"))]
    bundle = {"resourceType": "Bundle", "type": "transaction", "entry": [entry(*one) for one in made]}
    return {**bundle, "entry": [*bundle["entry"], _again("one letter")]}


def _again(text: str) -> dict[str, Any]:
    put = {"method": "PUT", "url": "Binary/letter"}
    return {**entry("d", {**PAPER, "data": base64.b64encode(text.encode()).decode()}), "request": put}


def order() -> dict[str, Any]:
    """A referral to counseling with two letters, and who wrote the order and who a letter."""
    wish = {"resourceType": "ServiceRequest", "status": "active", "intent": "order", "subject": to("a")}
    task = {
        "resourceType": "Task",
        "status": "requested",
        "intent": "order",
        "focus": to("b"),
        "for": to("a"),
    }
    made = [
        ("a", person.person(*MRN)),
        ("b", {**wish, "code": {"text": "counseling"}}),
        ("c", {**task, "owner": {"reference": "Organization/counseling"}}),
        ("f", PAPER),
        ("7", document(to("a"), "f")),
        ("9", wrote(to("a"), to("b"))),
        ("8", wrote(to("7"))),
    ]
    bundle = {"resourceType": "Bundle", "type": "transaction", "entry": [entry(*one) for one in made]}
    return {**bundle, "entry": [*bundle["entry"], _again("another letter")]}


@pytest.mark.requirement("FH-RED-01", "P2-13-02")
def test_what_is_withheld_from_a_read_does_not_go_along_with_a_push(county: County) -> None:
    county.submit("hospital", sent_before())
    county.consent("counseling", classes=NAMED)
    county.submit("hospital", order())
    (intent,) = county.claim()

    def sent() -> set[str]:
        made = county.run(gate.release(county.premises, intent))
        assert isinstance(made, Release)
        found = resources_of(made.content)
        return {f"{kind}/{one['id']}" for kind in ("Binary", "Provenance") for one in found.get(kind, ())}

    papers, written = county.records("Binary"), county.records("Provenance")
    assert len(papers) == 2
    letter_s, order_s = (_naming(written, kind) for kind in ("DocumentReference", "Patient"))
    assert sent() == {order_s.reference}
    logged = county.audit("disclose")[-1].entry
    assert logged is not None
    rows = {row.reference: row.outcome for row in logged.resources}
    assert rows[order_s.reference] == "disclose"
    assert {rows[one.reference] for one in (*papers, letter_s)} == {"withhold"}
    for record in (*papers, letter_s, order_s):
        assert _reads(county, record) == (record is order_s), "a read says the same"
        assert (_told(county, record) is not None) == (record is order_s), "so does a notice"
    county.consent("counseling", classes=("DocumentReference",))
    assert sent() == {one.reference for one in (*papers, *written)}, "one document is not of the push"


def _naming(written: Sequence[Record], kind: str) -> Record:
    """Of the Provenances the one that is of something of this type."""
    (found,) = (one for one in written if any(kind in of["reference"] for of in one.resource["target"]))
    return found


def _told(county: County, record: Record) -> object:
    return county.look(lambda reading: seen_by(county.premises, reading, "counseling", "TREAT", record, NOW))


def _reads(county: County, record: Record) -> bool:
    try:
        return bool(county.read("counseling", record.resource_type, record.id))
    except NotFound:
        return False


def test_a_notice_of_a_paper_names_its_document_as_not_asked_for(county: County) -> None:
    county.submit("otp", behind(person.treatment_plan()))
    (paper,) = county.records("Binary")
    county.consent("psychiatry", discloser="otp", identifier=OTP, classes=("Binary", "DocumentReference"))
    made = county.write(
        lambda tx: prepare_notice(
            county.premises,
            tx,
            partner="psychiatry",
            purpose="TREAT",
            key=("Binary", paper.id),
            subject="s",
            write=lambda _: b"{}",
        )
    )
    assert made is not None
    rows = {row.reference.partition("/")[0]: row for row in made.entry.resources}
    assert rows["Binary"].outcome == "disclose"
    assert rows["DocumentReference"].reasons[-1].code == "NOT_ASKED_FOR"


def test_her_documents_are_looked_through_once_for_many_papers(
    county: County, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a page of papers costs grows with their number, and not with its square."""
    bundle, many = behind(person.treatment_plan()), 24
    her = {"reference": bundle["entry"][0]["fullUrl"]}
    for number in range(many):
        paper, paper_s = (
            f"{number:08}-aaaa-4000-8000-000000000000",
            f"{number:08}-bbbb-4000-8000-000000000000",
        )
        made = document(her, "0")
        made["content"][0]["attachment"]["url"] = f"urn:uuid:{paper}"
        for name, resource in ((paper, PAPER), (paper_s, made)):
            one = entry("0", resource) | {"fullUrl": f"urn:uuid:{name}"}
            bundle["entry"].append(one)
    county.submit("otp", bundle)
    for one in county.records("Binary"):  # of what was changed, the earlier version is looked at as well
        again = replace(one, version=2, resource={**one.resource, "contentType": "text/html"})
        county.write(lambda tx, one=again: records.save(tx, one))
    county.consent("psychiatry", discloser="otp", identifier=OTP, classes=("Binary", "DocumentReference"))
    looked: Counter[str] = Counter()
    of_patient, papers_of = records.of_patient, decided_beside._papers

    def counted(reading: Reading, patient_id: str, types: Sequence[str] | None = None) -> tuple[Record, ...]:
        looked["read"] += tuple(types or ()) == ("DocumentReference",)
        return of_patient(reading, patient_id, types)

    def counted_papers(resource: dict[str, Any]) -> list[str]:
        looked["document"] += resource["resourceType"] == "DocumentReference"
        return list(papers_of(resource))

    monkeypatch.setattr(records, "of_patient", counted)
    monkeypatch.setattr(decided_beside, "_papers", counted_papers)
    path = f"/fhir/Patient/{county.patient_id}/$everything?_type=Binary&_count=200"
    answer = Api(county).ask("psychiatry TREAT", "GET", path).json()
    found = [one["resource"]["resourceType"] for one in answer["entry"]]
    assert found.count("Binary") == many + 1
    assert looked["read"] == 1
    assert looked["document"] <= 6 * many, looked
