"""What a CON segment does to a decision: it never permits, and a refusal or withdrawal in it denies."""

from __future__ import annotations

from typing import Any

import pytest

from mappings import PUBLISHED_TEST_KEY, Library, translate
from tests.consent.asking import ask, disclosed
from tests.consent.question_pools import DIRECTORY
from tests.mappings.conftest import FORMATS

_SAMPLE = FORMATS / "hospital/mdm_t02/samples/t02_note.hl7"
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
    source = _SAMPLE.read_bytes().replace(b"|W|A|", b"|W|" + state + b"|")
    mapping = library.mapping("hospital/mdm_t02")
    made = translate(mapping, source, partner="hospital", id_key=PUBLISHED_TEST_KEY, zone=None)
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
