"""What only its recorder is shown stays there by every way out, and no partner sets or removes the mark."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

import consent
from gateway.disclosure.gather import gather
from gateway.disclosure.notices import seen_by
from gateway.disclosure.recorder_only import marked, unmarked
from gateway.disclosure.redacted import shown_resources
from gateway.disclosure.seen import Asking, questions
from gateway.errors import NotFound
from gateway.flows import pull
from gateway.flows.answers import HistoryAsked, SearchCriteria
from gateway.flows.submissions import accept_transaction
from gateway.store import Record
from tests.gateway.county import MRN, County, caller, matches, resources_of
from tests.gateway.flows.test_submissions import SHE, bundle, entry, referral

NAME = "urn:uuid:66666666-5555-4555-8555-555555555555"
SECRET = "bm90IGZvciBhbnlib2R5IGVsc2U="


def document(**more: Any) -> dict[str, Any]:
    return {
        "resourceType": "DocumentReference",
        "status": "current",
        "subject": {"identifier": {"system": MRN[0], "value": MRN[1]}, "type": "Patient"},
        "content": [{"attachment": {"contentType": "text/plain", "data": SECRET}}],
        **more,
    }


def keep(county: County, bundle: dict[str, Any]) -> None:
    """What a desk writes, of which nobody else is ever shown the entry `NAME`."""
    raw = orjson.dumps(bundle)
    county.run(accept_transaction(county.premises, caller("hospital"), bundle, raw, None, [NAME]))


def submit(county: County, resource: dict[str, Any], *, is_kept: bool = False) -> Record:
    sent = bundle(entry(NAME, resource))
    if is_kept:
        keep(county, sent)
    else:
        county.submit("hospital", sent)
    (record,) = county.records("DocumentReference")
    return record


@pytest.fixture
def known(county: County) -> County:
    """Psychiatry may see the hospital's documents of her."""
    county.refer()
    county.consent("psychiatry", classes=("Patient", "DocumentReference"))
    return county


def seen(county: County, record: Record) -> list[str]:
    """By which ways psychiatry is shown the record."""
    partner = "psychiatry"
    at, asked = county.clock.now(), caller(partner)
    ways = []
    if matches(county.search(partner, record.resource_type, None, patient=county.patient_id)):
        ways.append("search")
    criteria, kinds = SearchCriteria(patient=county.patient_id), ("DocumentReference", "Patient")
    if SECRET.encode() in county.run(pull.everything(county.premises, asked, kinds, criteria)).content:
        ways.append("everything")
    named = (county.premises, asked, record.resource_type, record.id)
    for way, work in (("read", pull.read(*named)), ("history", pull.history(*named, HistoryAsked("")))):
        try:
            county.run(work)
            ways.append(way)
        except NotFound:
            pass
    with county.premises.store.read() as reading:
        if seen_by(county.premises, reading, partner, "TREAT", record, at) is not None:
            ways.append("notice")
        asking = Asking(partner, "TREAT", at)
        if questions(county.premises, reading, asking, county.patient_id, (record,)):
            ways.append("export")
    return ways


@pytest.mark.requirement("FH-RED-04", "DM-25")
def test_it_leaves_by_no_way_and_its_recorder_reads_it(known: County) -> None:
    record = submit(known, document(), is_kept=True)

    assert seen(known, record) == []
    (own,) = matches(known.search("hospital", "DocumentReference", MRN))
    assert own["content"][0]["attachment"]["data"] == SECRET


@pytest.mark.requirement("FH-LBL-05")
def test_a_later_version_without_the_mark_is_kept_back_as_well(known: County) -> None:
    submit(known, document(), is_kept=True)
    again = submit(known, document(status="superseded"))

    assert again.version == 2
    assert seen(known, again) == []


def test_a_partner_cannot_put_the_mark_on(known: County) -> None:
    label = {"system": "http://terminology.hl7.org/CodeSystem/v3-Confidentiality", "code": "N"}
    plain = document(meta={"security": [label]})
    record = submit(known, dict(marked(plain)))

    assert record.resource["meta"]["security"] == [label]
    assert seen(known, record) == ["search", "everything", "read", "history", "notice", "export"]


def test_the_mark_goes_on_once_and_comes_off_whole() -> None:
    plain = {"resourceType": "DocumentReference", "status": "current"}

    assert marked(marked(plain)) == marked(plain) != plain
    assert unmarked(marked(plain)) == plain


@pytest.mark.requirement("DM-12")
def test_it_goes_along_with_no_referral_and_the_gate_would_not_let_it(county: County) -> None:
    sent = referral()
    paper = {**document(), "subject": {"reference": SHE}}
    sent["entry"].append(entry(NAME, paper))
    keep(county, sent)
    county.consent("counseling", classes=("Patient", "ServiceRequest", "Task", "DocumentReference"))
    (record,) = county.records("DocumentReference")

    content = county.released().content

    assert "ServiceRequest" in resources_of(content)
    assert record.id.encode() not in content and SECRET.encode() not in content
    with county.premises.store.read() as reading:
        gathered = gather(
            county.premises,
            reading,
            patient_id=county.patient_id,
            discloser="hospital",
            recipient="counseling",
            purpose="TREAT",
            held_records=(record,),
            at=county.clock.now(),
        )
    decision = consent.decide(gathered.request, county.premises.tables, gathered.compiled)
    assert decision.outcome == "disclose"
    assert shown_resources(county.premises, gathered, decision) == ()
