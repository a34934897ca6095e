"""Requests and decisions made by hand, for tests of what follows a decision: redaction, presentation, words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import consent.tables
from consent.model import (
    Decision,
    Discloser,
    DisclosureRequest,
    Policy,
    Reason,
    Recipient,
    ResourceDecision,
    Scope,
    SubjectResource,
)
from consent.tables import Tables, read_tables

AT = datetime(2026, 4, 11, 15, 0, tzinfo=UTC)
PATIENT = "Patient/p1"
PROGRAM = "Organization/otp-1"
HOUSING = Recipient(references=("Organization/housing-1",), standing=("community",), category="housing")
HOSPITAL = Recipient(references=("Organization/hosp-1",), standing=("covered_entity", "treating_provider"))
ACT_CODE = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
ICD10 = "http://hl7.org/fhir/sid/icd-10-cm"
PERMITTED = (Reason("CONSENT_PERMITS", "42 CFR §2.31", "Consent/c1/_history/1"),)
REFUSED = (Reason("DATA_NOT_COVERED", "42 CFR §2.31(a)(3)", None),)

Json = dict[str, Any]


def table_files() -> dict[str, bytes]:
    """The packaged value sets, by file name."""
    folder = Path(consent.tables.__file__).parent / "value_sets"
    return {file.name: file.read_bytes() for file in sorted(folder.glob("*.json"))}


@cache
def tables() -> Tables:
    return read_tables(table_files())


def coded(code: str, display: str | None = None, system: str = ICD10) -> Json:
    coding = {"system": system, "code": code}
    return {"coding": [{**coding, "display": display} if display else coding]}


def resource(kind: str, id_: str, /, **elements: object) -> Json:
    """A resource of `kind` with the elements FHIR asks for, and those given."""
    needed: dict[str, Json] = {
        "CarePlan": {"status": "active", "intent": "plan", "subject": {"reference": PATIENT}},
        "Condition": {"subject": {"reference": PATIENT}},
        "Goal": {
            "lifecycleStatus": "active",
            "description": {"text": "find a place to live"},
            "subject": {"reference": PATIENT},
        },
        "Observation": {"status": "final", "code": coded("8867-4", system="http://loinc.org")},
        "ServiceRequest": {"status": "active", "intent": "order", "subject": {"reference": PATIENT}},
        "Task": {"status": "requested", "intent": "order"},
    }
    return {"resourceType": kind, "id": id_, **needed.get(kind, {}), **elements}


def subject(one: Mapping[str, Any], number: int = 0) -> SubjectResource:
    reference = f"{one['resourceType']}/{one['id']}" if "id" in one else f"#{number}"
    return SubjectResource(one, reference, one["resourceType"], sources=(PROGRAM,))


def asked(
    resources: Sequence[Mapping[str, Any]],
    recipient: Recipient = HOUSING,
    directory: Sequence[Mapping[str, Any]] = (),
    programs: tuple[str, ...] = (PROGRAM,),
) -> DisclosureRequest:
    return DisclosureRequest(
        at=AT,
        patient=PATIENT,
        discloser=Discloser(references=(PROGRAM,)),
        recipient=recipient,
        purposes=(),
        resources=tuple(subject(one, number) for number, one in enumerate(resources)),
        directory=tuple(directory),
        policy=Policy(packs=("part2",), part2_sources=programs),
    )


def decided(
    request: DisclosureRequest,
    withheld: Sequence[str] = (),
    removals: Mapping[str, tuple[str, ...]] | None = None,
    labels: tuple[str, ...] = ("42CFRPart2", "R", "SUD"),
    scopes: tuple[Scope, ...] = (),
    basis: str = "CONSENT",
) -> Decision:
    """A decision that releases everything but `withheld`, without the elements that `removals` point to."""
    removals = removals or {}
    rows = tuple(
        ResourceDecision(row.reference, "withhold", labels, REFUSED)
        if row.reference in withheld
        else ResourceDecision(
            row.reference,
            "redact" if row.reference in removals else "disclose",
            labels,
            PERMITTED,
            tuple(sorted(removals.get(row.reference, ()))),
        )
        for row in request.resources
    )
    outcomes = {row.outcome for row in rows}
    outcome = (
        "withhold" if outcomes <= {"withhold"} else "disclose" if outcomes == {"disclose"} else "partial"
    )
    return Decision(
        outcome=outcome,  # type: ignore[arg-type]  # one of the three words
        resources=rows,
        consents=("Consent/c1/_history/1",),
        obligations=(),
        basis=basis,
        purposes=("COC",),
        recipient=request.recipient.references[0],
        scopes=scopes,
    )


CLASS_SCOPE = Scope("Consent/c1/_history/1", ("COC",), (), (), "2026-09-30")
SUD_SCOPE = Scope("Consent/c1/_history/1", ("TREAT",), (), ("SUD", "42CFRPart2"), None)
