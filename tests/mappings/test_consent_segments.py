"""What a consent told in a message or document (CON, C-CDA's authorization) does to a decision: it never permits."""

from __future__ import annotations

from typing import Any

import pytest

from mappings import PUBLISHED_TEST_KEY, Library, translate
from tests.consent.asking import ask, disclosed
from tests.consent.question_pools import DIRECTORY
from tests.mappings.conftest import FORMATS

_MESSAGE = FORMATS / "hospital/mdm_t02/samples/t02_note.hl7"
_DOCUMENT = FORMATS / "psychiatry/ccda_referral/samples/referral.xml"
_PERMIT: dict[str, Any] = {
    "resourceType": "Consent",
    "id": "permit",
    "status": "active",
    "scope": {
        "coding": [
            {"system": "http://terminology.hl7.org/CodeSystem/consentscope", "code": "patient-privacy"}
        ]
    },
    "category": [{"coding": [{"system": "http://loinc.org", "code": "59284-0"}]}],
    "dateTime": "2026-01-01T12:00:00-07:00",
    "policyRule": {
        "coding": [{"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "OPTIN"}]
    },
    "provision": {"type": "permit"},
}


def _released(library: Library, state: bytes, *others: dict[str, Any]) -> bool:
    source = _MESSAGE.read_bytes().replace(b"|W|A|", b"|W|" + state + b"|")
    return _released_beside(library, "hospital/mdm_t02", source, *others)


def _released_beside_document(library: Library, code: bytes, state: bytes, *others: dict[str, Any]) -> bool:
    source = _DOCUMENT.read_bytes()
    told = b'<code code="64292-6" codeSystem="2.16.840.1.113883.6.1" displayName="Release of information consent"/>'
    before, after = source.split(told)
    after = after.replace(b'"completed"', b'"' + state + b'"', 1)
    source = before + b'<code code="' + code + b'"/>' + after
    if b"translation" in code:
        source = source.replace(
            b'<code code=""/><translation code="OPTOUT"/>',
            b'<code nullFlavor="OTH"><translation code="OPTOUT"/></code>',
        )
    return _released_beside(library, "psychiatry/ccda_referral", source, *others)


def _released_beside(library: Library, name: str, source: bytes, *others: dict[str, Any]) -> bool:
    made = translate(library.mapping(name), source, partner="hospital", id_key=PUBLISHED_TEST_KEY, zone=None)
    patient = f"Patient/{made.roles['patient'][0]}"
    evidence = [dict(r) for r in made.resources if r["resourceType"] == "Consent"]
    answer = ask(
        {
            "at": "2026-11-22T12:00:00-07:00",
            "patient": patient,
            "discloser": {"references": ["Organization/otp-1"], "identifiers": []},
            "recipient": {"references": ["Organization/hosp-1"], "identifiers": [], "roles": ["IRCP"]},
            "purposes": ["TREAT"],
            "action": "disclose",
            "directory": list(DIRECTORY),
            "consents": [*evidence, *({**other, "patient": {"reference": patient}} for other in others)],
            "resources": [
                {
                    "resourceType": "Observation",
                    "id": "r0",
                    "meta": {
                        "security": [
                            {
                                "system": "http://terminology.hl7.org/CodeSystem/v3-Confidentiality",
                                "code": "N",
                            }
                        ]
                    },
                    "status": "final",
                    "subject": {"reference": patient},
                    "code": {"coding": [{"system": "http://loinc.org", "code": "29463-7"}]},
                }
            ],
            "policy": {"packs": [], "part2_sources": [], "zone": "America/Phoenix"},
        }
    )
    return bool(disclosed(answer))


@pytest.mark.requirement("V2-03")
@pytest.mark.parametrize("state", [b"A", b"L", b"P", b"B", b"R", b"X", b"", b"unheard"])
def test_no_consent_segment_permits(library: Library, state: bytes) -> None:
    assert not _released(library, state)


@pytest.mark.requirement("V2-03")
@pytest.mark.parametrize(
    ("state", "released"),
    [
        (b"A", True),
        (b"L", True),
        (b"P", True),
        (b"B", True),
        (b"R", False),
        (b"X", False),
        (b"unheard", False),
    ],
)
def test_beside_a_permit_only_a_refusal_or_withdrawal_counts(
    library: Library, state: bytes, released: bool
) -> None:
    assert _released(library, state, _PERMIT) is released


@pytest.mark.requirement("V2-03")
@pytest.mark.parametrize("state", [b"completed", b"active", b"aborted", b"", b"unheard"])
@pytest.mark.parametrize("code", [b"64292-6", b"59284-0", b"INFA", b"OPTIN", b"OPTOUT"])
def test_no_authorization_of_a_document_permits(library: Library, code: bytes, state: bytes) -> None:
    assert not _released_beside_document(library, code, state)


@pytest.mark.parametrize(
    ("code", "state", "released"),
    [
        (b"64292-6", b"completed", True),
        (b"64292-6", b"active", True),
        (b"64292-6", b"aborted", False),
        (b"64292-6", b"unheard", False),
        (b"64292-6", b"", False),
        (b"OPTOUT", b"completed", False),
        (b"OPTOUTE", b"completed", False),
        (b"NOCONSENT", b"completed", False),
        (b'"/><translation code="OPTOUT', b"completed", False),
        (b"unheard", b"completed", True),
        (b"unheard", b"aborted", False),
        (b"64293-4", b"aborted", True),  # a consent to a procedure says nothing of information
    ],
)
def test_beside_a_permit_an_authorization_only_refuses(
    library: Library, code: bytes, state: bytes, released: bool
) -> None:
    assert _released_beside_document(library, code, state, _PERMIT) is released


@pytest.mark.requirement("V2-03")
def test_a_referral_reads_every_consent_segment_as_all_other_messages_do(library: Library) -> None:
    """`ref_i12` stands on no layer, so its rows could part from those of `hl7v2/base`."""
    referral = FORMATS / "hospital/ref_i12/samples/i13_manic_upswing.hl7"
    for kind in ("001", "", "002"):
        for state in ("A", "L", "P", "B", "R", "X", "", "unheard"):
            for form in ("F-1^EHR", ""):
                told = f"CON|1|{kind}|100-2|{form}|Release|||||W|{state}||20260410||20260510\r".encode()
                one, other = (
                    _consents(library, name, path.read_bytes().partition(b"\rCON")[0] + b"\r" + told)
                    for name, path in (("hospital/ref_i12", referral), ("hospital/mdm_t02", _MESSAGE))
                )
                assert one == other, (kind, state, form)
                assert len(one) == (kind != "002")


def _consents(library: Library, name: str, source: bytes) -> list[dict[str, Any]]:
    """The Consents without ids and what the rest of the message labels them with."""
    made = translate(library.mapping(name), source, partner="hospital", id_key=PUBLISHED_TEST_KEY, zone=None)
    found = [r for r in made.resources if r["resourceType"] == "Consent"]
    return [{k: v for k, v in r.items() if k not in ("id", "meta", "patient")} for r in found]
