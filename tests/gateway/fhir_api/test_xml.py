"""XML through the whole door: the same gate, the same answers, and the log's digest of the bytes that leave."""

from __future__ import annotations

import asyncio
import hashlib
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from gateway.demo import person
from gateway.disclosure import content as content_module
from gateway.fhir_api.media import _preferred
from gateway.resources.xml_reading import from_xml
from gateway.resources.xml_writing import to_xml
from gateway.store import inbox, outbox
from tests.gateway.county import MRN, OTP, County
from tests.gateway.disclosure.twins import SEEN, Api, Twins, said, twins
from tests.gateway.flows.test_emergency import add, sound

JSON, XML = "application/fhir+json", "application/fhir+xml"
AS_XML = {"Accept": XML}


@pytest.fixture
def api(county: County) -> Api:
    county.refer()
    county.share_plan()
    return Api(county)


def read(answer: httpx.Response) -> dict[str, Any]:
    assert answer.headers["content-type"] == f"{XML}; fhirVersion=4.0", answer.text
    return from_xml(answer.content)


def without_chance(tree: Any) -> Any:
    """Without what differs from one answer to the next: the instant, and the reference of a notice."""
    if isinstance(tree, dict):
        return {name: without_chance(value) for name, value in tree.items() if name != "timestamp"}
    return [without_chance(one) for one in tree] if isinstance(tree, list) else tree


def test_every_answer_says_the_same_in_xml(api: Api, county: County) -> None:
    her = county.patient_id
    (plan,) = county.records("CarePlan")
    asked_for = {"name": "resource", "resource": person.person("urn:x", "1")}
    match = {"resourceType": "Parameters", "parameter": [asked_for]}
    asked: list[tuple[str, str, str, Any]] = [
        ("otp TREAT", "GET", f"/fhir/CarePlan?patient={her}", None),
        ("otp TREAT", "GET", f"/fhir/CarePlan?patient={her}&_summary=count", None),
        ("otp TREAT", "GET", f"/fhir/{plan.reference}", None),
        ("otp TREAT", "GET", f"/fhir/{plan.reference}/_history", None),
        ("otp TREAT", "GET", f"/fhir/Patient/{her}/$everything", None),
        ("otp TREAT", "GET", f"/fhir/Patient/{her}/$shared-plan", None),
        ("hospital TREAT", "GET", f"/fhir/Task?patient={her}", None),
        ("hospital TREAT", "GET", f"/fhir/Patient/{her}/$accounting", None),
        ("psychiatry TREAT", "GET", f"/fhir/Patient/{her}/$everything", None),
        ("otp TREAT", "POST", "/fhir/Patient/$match", match),
        ("otp TREAT", "GET", "/fhir/metadata", None),
        ("otp TREAT", "GET", "/fhir/OperationDefinition/emergency-access", None),
        ("otp TREAT", "GET", "/fhir/OperationDefinition/shared-plan", None),
        ("otp TREAT", "GET", "/fhir/OperationDefinition/what-if", None),
        ("otp TREAT", "GET", "/fhir/Subscription/$status", None),
    ]
    for who, method, path, body in asked:
        in_json, in_xml = (api.ask(who, method, path, body, Accept=media) for media in (JSON, XML))
        assert in_json.status_code == in_xml.status_code == 200, path
        assert without_chance(read(in_xml)) == without_chance(in_json.json()), path
        assert in_json.headers.get("etag") == in_xml.headers.get("etag")


@pytest.mark.requirement("AU-03")
def test_the_log_has_the_digest_of_the_bytes_that_left(api: Api, county: County) -> None:
    county.consent("housing", discloser="otp", purpose="COC", identifier=OTP, classes=("Goal", "Patient"))
    answer = api.ask("housing COC", "GET", f"/fhir/Goal?patient={county.patient_id}", **AS_XML)
    assert len(read(answer)["entry"]) > 1
    digest = hashlib.sha256(answer.content).hexdigest()
    (entry,) = [one for one in county.audit("disclose") if one.row.partner == "housing"]
    assert entry.entry is not None and entry.entry.bytes_sha256 == digest
    (row,) = county.look(lambda reading: outbox.of_audit(reading, entry.row.seq))
    assert (row.media_type, row.sha256) == (XML, digest)
    assert county.look(lambda reading: outbox.content(reading, row.id)) == answer.content


def test_what_is_sent_in_xml_is_taken_in(api: Api, county: County) -> None:
    consent = person.consent("hospital", "otp", "TREAT", identifier=MRN)
    sent = {"Content-Type": XML}
    raw = b"\xef\xbb\xbf\n" + to_xml(consent)  # a byte order mark makes it no JSON
    made = api.send("hospital TREAT", "POST", "/fhir/Consent", raw, sent)
    assert made.status_code == 201
    shown = read(made)  # as it was sent, where nothing else is asked for
    path = f"/fhir/Consent/{shown['id']}"
    assert api.ask("hospital TREAT", "GET", path).json() == shown
    kept = county.look(lambda reading: [m for m in inbox.about_somebody(reading) if m.format == "fhir+xml"])
    assert county.look(lambda reading: [inbox.raw(reading, one.id) for one in kept]) == [raw]
    again = {**sent, "If-None-Exist": f"patient={county.patient_id}&status=active", "Accept": XML}
    found = api.send("hospital TREAT", "POST", "/fhir/Consent", to_xml({**consent, "language": "es"}), again)
    assert (found.status_code, read(found)) == (200, shown)
    entry = county.audit("read")[-1].entry
    assert entry is not None and entry.bytes_sha256 == hashlib.sha256(found.content).hexdigest()
    ended = to_xml({**shown, "status": "inactive"})
    put = api.send("hospital TREAT", "PUT", path, ended, {**sent, "Accept": JSON})
    assert (put.status_code, put.json()["status"]) == (200, "inactive")


def test_a_transaction_comes_in_xml(api: Api, county: County) -> None:
    bundle = to_xml(person.treatment_plan())
    answer = api.send("otp TREAT", "POST", "/fhir", bundle, {"Content-Type": XML})
    assert answer.status_code == 200, answer.text
    assert read(answer)["type"] == "transaction-response"


@pytest.mark.parametrize(
    ("method", "path", "content", "status"),
    [
        ("GET", "/fhir/CarePlan/none", None, 404),
        ("GET", "/fhir/Nonsense", None, 404),
        ("GET", "/fhir/CarePlan", None, 400),
        ("DELETE", "/fhir/CarePlan/none", None, 405),
        ("POST", "/fhir/Consent", b"<Consent", 400),
        ("POST", "/fhir/Consent", b'<!DOCTYPE x><Consent xmlns="http://hl7.org/fhir"/>', 400),
        ("POST", "/fhir/Consent", b'<Consent xmlns="http://hl7.org/fhir"/>', 422),
        ("POST", "/fhir/Consent", b'<Patient xmlns="http://hl7.org/fhir"/>', 422),
    ],
)
def test_a_refusal_is_in_xml_for_who_asks_for_it(
    api: Api, method: str, path: str, content: bytes | None, status: int
) -> None:
    headers = {"Accept": XML, "Content-Type": XML}
    answer = api.send("otp TREAT", method, path, content, headers)
    assert answer.status_code == status
    outcome = read(answer)
    assert outcome["resourceType"] == "OperationOutcome"
    assert outcome["issue"][0]["details"]["coding"][0]["code"]
    assert api.send("otp TREAT", method, path, content, {**headers, "Accept": JSON}).json()["issue"]


def test_format_speaks_louder_than_accept(api: Api, county: County) -> None:
    path = f"/fhir/CarePlan?patient={county.patient_id}"
    for value in ("xml", "application/fhir%2Bxml", "application/fhir+xml", "text/xml"):
        read(api.ask("otp TREAT", "GET", f"{path}&_format={value}", Accept=JSON))
    assert api.ask("otp TREAT", "GET", f"{path}&_format=json", Accept=XML).json()
    assert api.ask("otp TREAT", "GET", f"{path}&_format=turtle", Accept=XML).status_code == 406
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    number = "|".join(OTP).replace("|", "%7C")
    asked = f"patient.identifier={number}&_format=xml".encode()
    read(api.send("otp TREAT", "POST", "/fhir/CarePlan/_search", asked, form))
    refused = api.send("otp TREAT", "POST", "/fhir/CarePlan/_search", b"_format=xml", form)
    assert (refused.status_code, read(refused)["resourceType"]) == (400, "OperationOutcome")


def test_a_query_that_cannot_be_read_is_refused_as_accept_says(api: Api) -> None:
    many = "&".join(["_format=xml"] * 65)
    answer = api.ask("otp TREAT", "GET", f"/fhir/CarePlan?{many}", **AS_XML)
    assert (answer.status_code, read(answer)["resourceType"]) == (400, "OperationOutcome")


@pytest.mark.parametrize(
    ("accept", "sent", "wanted"),
    [
        ("*/*", JSON, JSON),
        ("*/*", XML, XML),
        ("application/xml, application/json", JSON, XML),
        ("application/xml;q=0.5, application/json;q=0.9", XML, JSON),
        ("text/html, application/fhir+xml;fhirVersion=4.0;q=0.1", JSON, XML),
        ("text/html;q=1, */*;q=0.1", JSON, JSON),
        ("application/json;q=0", JSON, None),
        ("text/turtle", JSON, None),
    ],
)
def test_what_weighs_most_is_written(accept: str, sent: str, wanted: str | None) -> None:
    assert _preferred(accept, sent) == wanted


@pytest.mark.requirement("P2-51-01", "AU-03")
def test_an_emergency_is_answered_in_xml_by_the_digest_of_what_leaves(api: Api, county: County) -> None:
    add(county, "allergy", "AllergyIntolerance", code={"text": "Penicillin"})
    sent = to_xml(sound())
    answer = api.send("hospital BTG", "POST", "/fhir/Patient/$emergency-access", sent, {"Content-Type": XML})
    found = {one["resource"]["resourceType"] for one in read(answer)["entry"]}
    assert "AllergyIntolerance" in found and answer.status_code == 200
    entry = [one.entry for one in county.audit("disclose") if one.row.partner == "hospital"][-1]
    assert entry is not None and entry.bytes_sha256 == hashlib.sha256(answer.content).hexdigest()
    config = api.ask("otp TREAT", "GET", "/fhir/.well-known/smart-configuration", **AS_XML)
    assert config.json()["token_endpoint"], "what is no FHIR is JSON whatever is asked for"


def test_what_is_long_is_written_beside_the_event_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    """Others are answered meanwhile; what is short is not worth the way to another thread."""
    threads = []

    def told(content: bytes, _media: str) -> bytes:
        threads.append(threading.current_thread() is threading.main_thread())
        return content

    monkeypatch.setattr(content_module, "in_media", told)
    for size in (10, 100_000):
        asyncio.run(content_module.in_media_apart(b" " * size, XML))
    assert threads == [True, False]


@pytest.fixture
def two(tmp_path: Path) -> Iterator[Twins]:
    with twins(tmp_path) as made:
        yield made


@pytest.mark.requirement("FH-RED-01", "FH-RED-02", "P2-13-02")
def test_what_is_hidden_changes_no_byte_in_xml(two: Twins) -> None:
    her = two.quiet.patient_id
    for _ in range(2):
        for who in ("housing COC", "hospital TREAT", "psychiatry TREAT"):
            for kind in ("CarePlan", "Goal", "Task"):
                found = two.ask(who, "GET", f"/fhir/{kind}?patient={her}", **AS_XML)
                assert "dose" not in found.text and "urine" not in found.text
            two.ask(who, "GET", f"/fhir/Patient/{her}/$everything", **AS_XML)
            two.ask(who, "GET", "/fhir/CarePlan/none", **AS_XML)
        two.wait()
        two.change_what_is_hidden(SEEN)
    answers = {said(api.ask("psychiatry TREAT", "GET", f"/fhir/CarePlan/{one}", **AS_XML))
               for api in two.apis for one in ("none", two.busy.records("CarePlan")[0].id)}  # fmt: skip
    assert len(answers) == 1
