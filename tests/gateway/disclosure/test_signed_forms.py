"""From paper to a Consent in force: `handoff consent signed`, and what a draft or scan must not be."""

from __future__ import annotations

import base64
import hashlib
import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

import consent
from gateway.cli import main
from gateway.cli.consent_commands import consent_validate, decide
from gateway.clock import SystemClock
from gateway.disclosure.consent_desk import prepare_consent
from gateway.disclosure.signed_forms import sign_draft
from gateway.errors import AlreadyReceived, HandoffError, NotUnderstood
from tests.gateway.county import NOW, County
from tests.gateway.disclosure.test_consent_desk import ANSWERS

SCAN = b"%PDF-1.4 a signed page"
DAY = date(2026, 4, 12)


def draft(**changes: str) -> bytes:
    """The draft of a form that was printed on 2026-04-11."""
    return prepare_consent({**ANSWERS, **changes}, "c1", NOW).draft


def sign(content: bytes | None = None, scan: bytes = SCAN, **changes: Any) -> dict[str, Any]:
    """The Consent that comes of signing it."""
    given = {"signed_on": DAY.isoformat(), "recorded_by": "counselor 17", "today": DAY, **changes}
    signed = sign_draft(draft() if content is None else content, scan, **given)
    made: dict[str, Any] = json.loads(signed.consent)
    assert signed.reference == made["identifier"][0]["value"]
    return made


def altered(**changes: Any) -> bytes:
    """The draft, changed after its form was printed."""
    return json.dumps({**json.loads(draft()), **changes}).encode()


def question(signed: dict[str, Any], agency: str = "Organization/housing-1") -> dict[str, Any]:
    """May the agency have her referral and her diagnosis?"""
    about = {"subject": {"reference": "Patient/p1"}}
    return {
        "at": "2026-05-01T12:00:00Z",
        "patient": "Patient/p1",
        "discloser": {"references": ["Organization/otp-1"]},
        "recipient": {"references": [agency], "roles": ["IRCP"], "standing": ["community"]},
        "purposes": ["COC"],
        "action": "disclose",
        "directory": [{"resourceType": "Organization", "id": name} for name in ("otp-1", "housing-1", "x")],
        "consents": [signed],
        "resources": [
            {"resourceType": "ServiceRequest", "id": "s", "status": "active", "intent": "order", **about},
            {"resourceType": "Condition", "id": "x", **about},
        ],
        "policy": {"packs": ["part2", "hipaa"], "part2_sources": [], "zone": "America/Phoenix"},
    }


@pytest.mark.requirement("P2-31-01", "P2-31-08", "P2-31-09")
def test_a_signed_form_is_valid_and_permits_what_it_says_and_no_more(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    signed = sign()
    (tmp_path / "signed.json").write_text(json.dumps(signed))
    assert consent_validate([str(tmp_path / "signed.json")]) == 0
    capsys.readouterr()
    for agency, outcomes in (
        ("Organization/housing-1", ["disclose", "withhold"]),
        ("Organization/x", ["withhold", "withhold"]),
    ):
        (tmp_path / "question.json").write_text(json.dumps(question(signed, agency)))
        assert decide(str(tmp_path / "question.json"), False) == 0
        answer = json.loads(capsys.readouterr().out)
        assert [row["outcome"] for row in answer["resources"]] == outcomes


def test_it_names_the_scan_by_its_hashes_and_holds_none_of_its_bytes() -> None:
    attachment = sign()["sourceAttachment"]

    assert base64.b64decode(attachment["hash"]) == hashlib.sha1(SCAN, usedforsecurity=False).digest()
    digest = base64.urlsafe_b64encode(hashlib.sha256(SCAN).digest()).decode().rstrip("=")
    assert attachment["url"] == f"ni:///sha-256;{digest}"
    assert (attachment["contentType"], attachment["size"]) == ("application/pdf", len(SCAN))
    assert "data" not in attachment
    assert sign(scan=b"anything else")["sourceAttachment"]["contentType"] == "application/octet-stream"


def test_who_signed_and_who_recorded_it_are_named() -> None:
    signed = sign(recorded_by="  counselor   17 ", representative="RelatedPerson/r1")

    assert {"url": "urn:gateway:consent:recorder", "valueString": "counselor 17"} in signed["extension"]
    assert signed["performer"] == [{"reference": "RelatedPerson/r1"}]
    (verification,) = signed["verification"]
    assert verification == {
        "verified": True,
        "verifiedWith": {"reference": "RelatedPerson/r1"},
        "verificationDate": "2026-04-12",
    }
    assert sign()["performer"] == [{"reference": "Patient/p1"}]


@pytest.mark.requirement("P2-31-09")
@pytest.mark.parametrize(
    ("given", "code", "place"),
    [
        ({"content": b"{"}, "JSON_INVALID", None),
        ({"content": b'{"resourceType": "Patient"}'}, "DRAFT_EXPECTED", "resourceType"),
        ({"content": altered(identifier=[])}, "DRAFT_EXPECTED", "identifier"),
        ({"content": altered(identifier="x")}, "DRAFT_EXPECTED", "identifier"),
        ({"content": altered(organization=[{"reference": "Organization/x"}])}, "DRAFT_ALTERED", "identifier"),
        ({"content": altered(patient={"reference": "Patient/p2"})}, "DRAFT_ALTERED", "identifier"),
        ({"content": altered(status="rejected")}, "DRAFT_ALTERED", "identifier"),
        ({"scan": b""}, "SCAN_EMPTY", "--scan"),
        ({"recorded_by": " "}, "RECORDER_MISSING", "--by"),
        ({"recorded_by": "x" * 121}, "RECORDER_MISSING", "--by"),
        ({"recorded_by": "a\x07b"}, "RECORDER_MISSING", "--by"),
        ({"representative": "her mother"}, "REFERENCE_INVALID", "--representative"),
        ({"signed_on": "yesterday"}, "DAY_INVALID", "--signed-on"),
        ({"signed_on": "2026-04-13"}, "DAY_IN_FUTURE", "--signed-on"),
        ({"signed_on": "2026-04-10"}, "DAY_BEFORE_FORM", "--signed-on"),
        (
            {"signed_on": "2026-10-01", "today": date(2026, 10, 2)},
            "DAY_AFTER_END",
            "--signed-on",
        ),
    ],
)
def test_what_cannot_be_signed_so_is_named(given: dict[str, Any], code: str, place: str | None) -> None:
    with pytest.raises(NotUnderstood) as refused:
        sign(**given)
    assert refused.value.code == code
    if place is not None:
        assert refused.value.place == place


def test_what_is_signed_is_not_signed_again() -> None:
    with pytest.raises(AlreadyReceived) as refused:
        sign(json.dumps(sign()).encode())
    assert refused.value.code == "ALREADY_SIGNED"


def test_a_draft_of_other_making_that_would_not_be_valid_is_refused() -> None:
    """Its reference fits, but it names no recipient."""
    made = json.loads(draft())
    del made["identifier"], made["provision"]["actor"]
    made["identifier"] = [{"system": consent.FORM, "value": consent.form_reference(made)}]

    with pytest.raises(HandoffError) as refused:
        sign(json.dumps(made).encode())
    assert (refused.value.code, refused.value.place) == ("CONSENT_NOT_VALID", "Consent.provision.actor")


@pytest.mark.requirement("P2-31-01")
def test_recorded_by_the_discloser_it_lets_a_waiting_referral_go(county: County) -> None:
    county.refer()
    county.refused()
    made = draft(
        patient=f"Patient/{county.own_patient_id('hospital')}",
        discloser="Organization/hospital",
        agency="Organization/otp",
        purpose="TREAT",
    )
    county.clock.advance(timedelta(days=1))

    county.record("hospital", sign(made))

    assert county.deliver().decision.consents
    assert county.states() == ["delivered"]


# ------------------------------------------------------------------------------------------- as a command


def run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main(["consent", "signed", *arguments])
    assert isinstance(ended.value.code, int)
    return ended.value.code


def test_the_command_writes_the_consent_and_says_what_to_compare(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    now = SystemClock().now().astimezone()
    until = (now + timedelta(days=90)).date().isoformat()
    prepared = prepare_consent({**ANSWERS, "until": until}, "c1", now)
    (tmp_path / "draft.json").write_bytes(prepared.draft)
    (tmp_path / "scan.pdf").write_bytes(SCAN)
    day = now.date().isoformat()
    given = [
        str(tmp_path / "draft.json"),
        "--scan",
        str(tmp_path / "scan.pdf"),
        "--signed-on",
        day,
        "--by",
        "17",
    ]
    out = str(tmp_path / "signed.json")

    assert run(*given) == 0
    printed = capsys.readouterr()
    reference = printed.err.split()[-1]
    assert f"Scan this page under: {reference}" in prepared.form
    assert json.loads(printed.out)["status"] == "active"
    assert run(*given, "--representative", "RelatedPerson/r1") == 0
    assert "SIGNER_AUTHORITY_MISSING" in capsys.readouterr().err, "she is told what is still to be done"
    assert run(*given, "--out", out) == 0
    assert json.loads(Path(out).read_bytes())["dateTime"] == day
    assert capsys.readouterr().out == ""
    assert run(*given, "--out", out) == 2, "nothing is overwritten"
    assert run(out, *given[1:]) == 1
    assert "ALREADY_SIGNED" in capsys.readouterr().err
    assert run(given[0], "--scan", str(tmp_path / "none"), *given[3:]) == 2
    assert json.loads(capsys.readouterr().err)["error"]["place"] == "--scan"
    assert run(str(tmp_path / "none"), *given[1:]) == 2
    assert json.loads(capsys.readouterr().err)["error"]["place"] == "DRAFT"
