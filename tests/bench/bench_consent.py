"""How fast the consent engine decides, beside the slow reference decision on the same questions in the same run."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import consent
from tests.bench.bench_labels import bundle
from tests.consent.asking import tables
from tests.consent.reference_decision import reference_decision

ACT_CODE = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
ACT_REASON = "http://terminology.hl7.org/CodeSystem/v3-ActReason"
ROLES = "http://terminology.hl7.org/CodeSystem/v3-ParticipationType"
LOINC = "http://loinc.org"
SECONDS = 1.0


def a_consent(number: int, recipient: str) -> dict[str, Any]:
    """A signed consent for one recipient, with a nested denial of therapy notes."""
    return {
        "resourceType": "Consent",
        "id": f"c{number}",
        "meta": {"versionId": "1"},
        "status": "active",
        "scope": {
            "coding": [
                {"system": "http://terminology.hl7.org/CodeSystem/consentscope", "code": "patient-privacy"}
            ]
        },
        "category": [{"coding": [{"system": LOINC, "code": "59284-0"}]}],
        "patient": {"reference": "Patient/p1"},
        "dateTime": "2026-01-02",
        "performer": [{"reference": "Patient/p1"}],
        "organization": [{"reference": "Organization/otp-1"}],
        "sourceReference": {"reference": f"DocumentReference/form-{number}"},
        "policy": [{"uri": "https://www.ecfr.gov/current/title-42/part-2/section-2.31"}],
        "provision": {
            "type": "permit",
            "period": {"start": "2026-01-02", "end": "2026-12-31"},
            "actor": [
                {
                    "role": {"coding": [{"system": ROLES, "code": "IRCP"}]},
                    "reference": {"reference": recipient},
                }
            ],
            "securityLabel": [{"system": ACT_CODE, "code": "SUD"}, {"system": ACT_CODE, "code": "MH"}],
            "purpose": [{"system": ACT_REASON, "code": code} for code in ("TREAT", "HPAYMT", "HOPERAT")],
            "provision": [{"type": "deny", "securityLabel": [{"system": ACT_CODE, "code": "PSYTHPN"}]}],
        },
    }


def a_question(consents: int, packs: tuple[str, ...] = (), resources: int = 1) -> dict[str, Any]:
    """A question with so many consents, half of them for the recipient who asks."""
    return {
        "at": "2026-06-15T12:00:00-07:00",
        "patient": "Patient/p1",
        "discloser": {"references": ["Organization/otp-1"], "identifiers": []},
        "recipient": {
            "references": ["Organization/hosp-1"],
            "identifiers": [],
            "roles": ["IRCP"],
            "standing": ["covered_entity", "treating_provider"],
        },
        "purposes": [{"system": ACT_REASON, "code": "TREAT"}],
        "action": "disclose",
        "directory": [
            {"resourceType": "Organization", "id": name}
            for name in ("hosp-1", "otp-1", *(f"org-{number}" for number in range(50)))
        ],
        "consents": [
            a_consent(number, "Organization/hosp-1" if number % 2 == 0 else f"Organization/org-{number % 50}")
            for number in range(consents)
        ],
        "resources": [
            {
                "resourceType": "Observation",
                "id": f"r{number}",
                "meta": {
                    "security": [
                        {"system": ACT_CODE, "code": "SUD"},
                        {"system": "http://terminology.hl7.org/CodeSystem/v3-Confidentiality", "code": "R"},
                    ]
                },
                "status": "final",
                "subject": {"reference": "Patient/p1"},
                "code": {"coding": [{"system": LOINC, "code": "29463-7"}]},
                "effectiveDateTime": "2026-02-02",
            }
            for number in range(resources)
        ],
        "policy": {"packs": list(packs), "part2_sources": ["Organization/otp-1"], "zone": "America/Phoenix"},
    }


def rate_of(work: Callable[[], object], seconds: float = SECONDS) -> float:
    """Calls per second of CPU time of this process."""
    work()
    done, started = 0, time.process_time()
    while (spent := time.process_time() - started) < seconds:
        for _ in range(50):
            work()
        done += 50
    return done / spent


def warm(question: dict[str, Any]) -> Callable[[], object]:
    """Deciding one question again and again, with consents compiled and the resource's facts known."""
    request = consent.read_question(question)
    compiled = consent.compile_consents(request, tables())
    prepared = consent.prepare(request, tables(), compiled)
    return lambda: consent.decide(prepared, tables(), compiled)


def unseen(question: dict[str, Any], records: int = 2_000) -> float:
    """Decisions per second where every record is a new one; consents, recipient and purpose stay."""
    many = consent.read_question({**question, "resources": a_question(1, resources=records)["resources"]})
    compiled = consent.compile_consents(many, tables())
    prepared = consent.prepare(many, tables(), compiled)
    asked = [replace(prepared, resources=(subject,)) for subject in prepared.resources]
    consent.decide(asked[0], tables(), compiled)
    started = time.process_time()
    for request in asked[1:]:
        consent.decide(request, tables(), compiled)
    return (records - 1) / (time.process_time() - started)


def release(records: list[dict[str, Any]], standing: list[str]) -> Callable[[], object]:
    """Deciding, redacting and presenting records that nobody has looked at before, as the gateway does."""
    question = a_question(10, ("part2", "hipaa"))
    recipient = {**question["recipient"], "standing": standing}
    request = consent.read_question({**question, "recipient": recipient, "resources": records})
    compiled = consent.compile_consents(request, tables())

    def work() -> object:
        decision = consent.decide(request, tables(), compiled)
        shown = consent.redact(request, decision, tables())
        return consent.present(shown, decision, request=request, alias_key=b"key", tables=tables())

    return work


def run(seconds: float = SECONDS) -> list[dict[str, Any]]:
    """One row per measurement: name, rate per second, the reference's rate (or None), and their ratio."""
    rows = []
    for consents in (1, 10, 100):
        question = a_question(consents)
        rate = rate_of(warm(question), seconds)
        slow = rate_of(lambda asked=question: reference_decision(asked), seconds / 4)  # type: ignore[misc]
        rows.append(_row(f"decide, warm, 1 resource, {consents} consents", rate, slow))
        rows.append(
            _row(
                f"decide, warm, packs part2 and hipaa, {consents} consents",
                rate_of(warm(a_question(consents, ("part2", "hipaa"))), seconds),
                None,
            )
        )
        rows.append(
            _row(f"decide, records never seen, {consents} consents", unseen(a_question(consents)), None)
        )
    provider = ["covered_entity", "treating_provider"]
    rows += [
        _row("release 20 records to a provider", rate_of(release(bundle(), provider), seconds), None),
        _row("release 20 records to an agency", rate_of(release(bundle(), ["community"]), seconds), None),
    ]
    hundred = consent.read_question(a_question(100, ("part2", "hipaa")))
    rows.append(
        _row(
            "compile 100 consents",
            rate_of(lambda: consent.compile_consents(hundred, tables()), seconds),
            None,
        )
    )
    twenty = consent.read_question(a_question(10, resources=20))
    compiled = consent.compile_consents(twenty, tables())
    rows.append(
        _row(
            "label and prepare 20 resources",
            rate_of(lambda: consent.prepare(twenty, tables(), compiled), seconds),
            None,
        )
    )
    return rows


def _row(name: str, rate: float, baseline: float | None) -> dict[str, Any]:
    return {
        "name": name,
        "rate": round(rate, 1),
        "baseline": None if baseline is None else round(baseline, 1),
        "ratio": None if baseline is None else round(rate / baseline, 1),
    }


if __name__ == "__main__":
    print(json.dumps({"file": Path(__file__).name, "rows": run()}, indent=1))
