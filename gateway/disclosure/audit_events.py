"""Audit entries as FHIR R4 AuditEvents, in the patterns of IHE BALP (Basic Audit Log Patterns).

A view: the log itself is the proof. A decision is an authorization event (`AuthZconsent`; a refusal for which there
is no consent cannot follow that profile, which demands one, and is a plain security alert); what left is a disclosure
at its source (`PrivacyDisclosure.Source`), one for each patient, because an entry is about one patient.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from typing import Any

from msgspec.structs import replace

from gateway.audit import AuditedResource, AuditEntry, LoggedEntry
from gateway.disclosure.account import OVERTAKEN
from gateway.disclosure.accounting import OUTSIDE, left
from gateway.disclosure.asked import without_values
from gateway.partners import FhirDelivery, MllpDelivery, Network, WebhookDelivery
from gateway.store import InboxMessage

BALP = "https://profiles.ihe.net/ITI/BALP/StructureDefinition/IHE.BasicAudit."
DISCLOSURE, AUTHORIZATION = f"{BALP}PrivacyDisclosure.Source", f"{BALP}AuthZconsent"
IMPORT = f"{BALP}PrivacyDisclosure.Recipient"
QUERY, PATIENT_QUERY = f"{BALP}Query", f"{BALP}PatientQuery"
_DCM = "http://dicom.nema.org/resources/ontology/DCM"
_SCT = "http://snomed.info/sct"
_ENTITY = "http://terminology.hl7.org/CodeSystem/audit-entity-type"
_ROLE = "http://terminology.hl7.org/CodeSystem/object-role"
_LIFECYCLE = "http://terminology.hl7.org/CodeSystem/iso-21089-lifecycle"
_REST = "http://terminology.hl7.org/CodeSystem/audit-event-type"
_INTERACTION = "http://hl7.org/fhir/restful-interaction"
_SOURCE = "http://terminology.hl7.org/CodeSystem/security-source-type"
_ACT_REASON = "http://terminology.hl7.org/CodeSystem/v3-ActReason"
_TYPES = "http://hl7.org/fhir/resource-types"
_AUTHORIZATIONS = "https://profiles.ihe.net/ITI/BALP/CodeSystem/AuthZsubType"
_OURS = "urn:warm-handoff:audit"
PERSON, OUTSIDER = "urn:warm-handoff:person", "urn:warm-handoff:outside"
"""Systems of names: of a person of the operator's, and of whoever got something outside the gateway (free text)."""
_ASKS = frozenset({"disclose", "query", "read", "refuse"})
_DECISIONS = frozenset({"disclose", "practice", "refuse"})
_SUCCESS, _REFUSED = "0", "8"
_MACHINE_NAME, _URI = "1", "5"
_OF_REST: Mapping[str, tuple[str, str]] = {
    "query": ("search-type", "E"),
    "read": ("read", "R"),
    "consent": ("create", "C"),
    "revoke": ("update", "U"),
}

Json = dict[str, Any]


def audit_events(logged: LoggedEntry, network: Network, *, with_questions: bool = False) -> tuple[Json, ...]:
    """The AuditEvents of one entry; none where its facts were destroyed with their key.

    `with_questions`: for the operator's own eyes, questions as they were sent; else the names of their parameters alone,
    because the recipient's numbers of a person are no business of whoever disclosed, or of another system.
    """
    entry = logged.entry
    if entry is None:
        return ()
    asked = entry.asked if with_questions else without_values(entry.asked)
    return (*_events(logged, entry, network), *_questions(logged, entry, network, asked))


def _events(logged: LoggedEntry, entry: AuditEntry, network: Network) -> tuple[Json, ...]:
    if left(entry):
        told = disclosure_event(logged, network)
        return (
            (_named_event(logged, "decided", _authorization(entry, network)), told)
            if _is_decided(entry)
            else (told,)
        )
    if _is_decided(entry):
        return (_named_event(logged, "decided", _authorization(entry, network)),)
    if entry.kind == "query" and entry.asked:
        return ()  # told as the question that it is
    return (_named_event(logged, entry.kind, _other(entry, network)),)


def _questions(logged: LoggedEntry, entry: AuditEntry, network: Network, asked: str) -> tuple[Json, ...]:
    """The question beside what came of it (AU-03): BALP PatientQuery; Query where it found nobody."""
    if not asked:
        return ()
    event = _other(entry, network, "query")
    profile = QUERY if entry.patient_id is None else PATIENT_QUERY
    sent: Json = {"type": _coding(_ENTITY, "2", "System Object"), "role": _coding(_ROLE, "24", "Query")}
    sent["query"] = base64.b64encode(asked.encode()).decode()
    found = [*_patient(entry), sent]
    return (_named_event(logged, "asked", {"meta": {"profile": [profile]}, **event, "entity": found}),)


def ask_event(entries: Sequence[AuditEntry], network: Network) -> Json | None:
    """One request as its asker may know it: BALP Query or PatientQuery (AU-03), a plain read; its id is the request's.

    `entries`: what the log has of it. Made of what was shown alone, so that it is the same whether there is nothing or
    all of it was withheld. None for what was decided to be sent, and for what was never answered.
    """
    asked = [one for one in entries if one.kind in _ASKS and not one.subject]
    if not asked or any(reason.code == OVERTAKEN for one in asked for reason in one.reasons):
        return None
    shown = tuple(_as_shown(row) for one in asked for row in one.resources if row.outcome != "withhold")
    question = without_values(next((one.asked for one in asked if one.asked), ""))
    told = replace(asked[0], resources=shown, reasons=(), patient_id=asked[0].patient_id if shown else None)
    event = _other(told, network, "query" if question else "read")
    if question:
        sent: Json = {"type": _coding(_ENTITY, "2", "System Object"), "role": _coding(_ROLE, "24", "Query")}
        sent["query"] = base64.b64encode(question.encode()).decode()
        event["meta"] = {"profile": [PATIENT_QUERY if shown else QUERY]}
        event["entity"] = [*_patient(told), sent, *_released(told)]
    return {"resourceType": "AuditEvent", "id": asked[0].request_id, **event}


def _as_shown(row: AuditedResource) -> AuditedResource:
    """A row without labels and without the version that is held: it moves with what is withheld as well."""
    return replace(row, labels=(), reference=row.reference.partition("/_history/")[0])


def disclosure_event(logged: LoggedEntry, network: Network) -> Json:
    """The AuditEvent of an entry by which bytes left. BALP PrivacyDisclosure.Source."""
    assert logged.entry is not None
    return _named_event(logged, "left", _disclosure(logged.entry, network))


def import_event(message: InboxMessage, network: Network) -> Json:
    """The AuditEvent of a message that was taken in about a patient: a disclosure as its recipient has it (AU-02).

    BALP PrivacyDisclosure.Recipient. It is made of what the store keeps of the message, not of the log.
    """
    partner = network.partners.get(message.partner)
    name = {} if partner is None else {"display": partner.organization.name}
    sender = {"reference": f"Organization/{message.partner}", **name}
    patient = {"what": {"reference": f"Patient/{message.patient_id}"}, "role": _coding(_ROLE, "1", "Patient")}
    data = {"type": _coding(_ENTITY, "2"), "role": _coding(_ROLE, "3")}
    data["what"] = {"identifier": {"system": f"{_OURS}:message", "value": message.id}}
    event: Json = {"meta": {"profile": [IMPORT]}, "type": _coding(_DCM, "110107", "Import")}
    event |= {"subtype": [_coding(_LIFECYCLE, "disclose")], "action": "C", "recorded": message.received_at}
    event |= {"outcome": _SUCCESS, "source": _source(network, "4")}
    event["agent"] = [
        _agent(_DCM, "110153", sender, network=_place_of(message.partner, network)),
        _agent(_DCM, "110152", _gateway(network), network=_own_place(network)),
    ]
    entities = _entities([{**patient, "type": _coding(_ENTITY, "1", "Person")}], data)
    return {"resourceType": "AuditEvent", "id": f"message-{message.id}", **event, **entities}


def _is_decided(entry: AuditEntry) -> bool:
    return entry.kind in _DECISIONS and bool(entry.decision_sha256)


def _named_event(logged: LoggedEntry, what: str, event: Json) -> Json:
    return {"resourceType": "AuditEvent", "id": f"entry-{logged.row.seq}-{what}", **event}


def _authorization(entry: AuditEntry, network: Network) -> Json:
    """BALP AuthZconsent (AU-04), or the plain alert of a decision for which no consent was found."""
    refused = entry.outcome == "withhold"
    by_consent = bool(entry.consents) and entry.patient_id is not None
    event: Json = {"meta": {"profile": [AUTHORIZATION]}} if by_consent else {}
    event["type"] = _coding(_DCM, "110113", "Security Alert")
    subtype = _coding(_AUTHORIZATIONS, "AuthZ-Consent") if by_consent else _coding(_OURS, "no-consent")
    event |= {"subtype": [subtype], "action": "E", "recorded": entry.at}
    event |= {"outcome": _REFUSED if refused else _SUCCESS, **_why(entry), **_purpose(entry)}
    application = _agent(_DCM, "110150", _system_of(entry), network=_place_of(entry.partner, network))
    organization = _organization(entry)
    user = _agent(
        "http://terminology.hl7.org/CodeSystem/v3-ParticipationType", "IRCP", organization, requestor=True
    )
    user |= {"purposeOfUse": purposes} if (purposes := _concepts(entry)) else {}
    event["agent"] = [
        application,
        user,
        _agent("http://terminology.hl7.org/CodeSystem/v3-RoleClass", "PROV", organization),
        _agent(
            "http://terminology.hl7.org/CodeSystem/extra-security-role-type", "authserver", _gateway(network)
        ),
    ]
    event["source"] = _source(network, "6")
    consents = [
        {"what": {"reference": one}, "type": _coding(_TYPES, "Consent"), "detail": _details(entry)}
        for one in entry.consents
    ]
    return event | _entities(_patient(entry), *consents)


def _disclosure(entry: AuditEntry, network: Network) -> Json:
    """BALP PrivacyDisclosure.Source (AU-01): what left, from whose records, to whom, for which patient."""
    subtypes = [_coding(_LIFECYCLE, "disclose")]
    if entry.kind == "disclose":  # an answer to a question
        subtypes.append(_coding(_INTERACTION, "search-type"))
    event: Json = {"meta": {"profile": [DISCLOSURE]}, "type": _coding(_DCM, "110106", "Export")}
    event |= {"subtype": subtypes, "action": "R", "recorded": entry.at}
    event |= {"outcome": _SUCCESS, "outcomeDesc": entry.outcome, **_purpose(entry)}
    agents = [
        _agent(_DCM, "110153", _gateway(network), network=_own_place(network)),
        _agent(_DCM, "110152", _organization(entry), network=_place_of(entry.partner, network)),
        *(_agent(_SCT, "159541003", {"reference": one}) for one in entry.source),
    ]
    if entry.consents and entry.patient_id is not None:
        agents.append(_agent(_SCT, "429577009", {"reference": f"Patient/{entry.patient_id}"}))
    event |= {"agent": agents, "source": _source(network, "4")}
    sent: Json = {"type": _coding(_ENTITY, "2"), "role": _coding(_ROLE, "3"), "detail": _details(entry)}
    sent["what"] = {"identifier": {"system": f"{_OURS}:sha256", "value": entry.bytes_sha256 or "none"}}
    return event | _entities(_patient(entry), sent, *_released(entry))


def _other(entry: AuditEntry, network: Network, as_kind: str = "") -> Json:
    """A look, a consent recorded or withdrawn, an act of a person: no profile of BALP is claimed for it."""
    interaction, action = _OF_REST.get(as_kind or entry.kind, ("", "E"))
    kind = _coding(_REST, "rest") if interaction else _coding(_OURS, entry.kind)
    event: Json = {"type": kind}
    event |= {"subtype": [_coding(_INTERACTION, interaction)]} if interaction else {}
    # A question of which everything was withheld was answered all the same: with nothing.
    outcome = _REFUSED if entry.kind == "refuse" and not as_kind else _SUCCESS
    event |= {"action": action, "recorded": entry.at, "outcome": outcome, **_why(entry), **_purpose(entry)}
    # The data flows from server to client; in a query BALP names the client as source all the same (AU-03).
    client, server = ("110152", "110153") if interaction == "read" else ("110153", "110152")
    event["agent"] = [
        _agent(_DCM, client, _organization(entry), network=_place_of(entry.partner, network), requestor=True),
        _agent(_DCM, server, _gateway(network), network=_own_place(network)),
    ]
    event["source"] = _source(network, "4")
    return event | _entities(_patient(entry), *_released(entry))


def _released(entry: AuditEntry) -> list[Json]:
    """What was released of the resources decided about: types, references and labels, never a value."""
    return [
        {
            "what": {"reference": row.reference},
            "type": _coding(_TYPES, row.reference.partition("/")[0]),
            "role": _coding(_ROLE, "3"),
            **({"securityLabel": [{"code": label} for label in row.labels]} if row.labels else {}),
        }
        for row in entry.resources
        if row.outcome in ("disclose", "redact")
    ]


def _entities(patient: list[Json], *others: Json) -> Json:
    found = [*patient, *others]
    return {"entity": found} if found else {}


def _patient(entry: AuditEntry) -> list[Json]:
    if entry.patient_id is None:
        return []
    what = {"reference": f"Patient/{entry.patient_id}"}
    return [{"what": what, "type": _coding(_ENTITY, "1", "Person"), "role": _coding(_ROLE, "1", "Patient")}]


def _details(entry: AuditEntry) -> list[Json]:
    """The facts of requirement AU-05 that AuditEvent has no element for."""
    told = {
        "request-id": entry.request_id,
        "legal-basis": entry.basis,
        "notice-version": entry.notice_version or "",
        "decision-sha256": entry.decision_sha256,
        "rules": " ".join(sorted({reason.code for reason in entry.reasons})),
    }
    return [{"type": name, "valueString": value} for name, value in told.items() if value]


def _why(entry: AuditEntry) -> Json:
    codes = sorted({reason.code for reason in entry.reasons})
    return {"outcomeDesc": ", ".join(codes)} if codes else {}


def _purpose(entry: AuditEntry) -> Json:
    return {"purposeOfEvent": purposes} if (purposes := _concepts(entry)) else {}


def _concepts(entry: AuditEntry) -> list[Json]:
    return [{"coding": [_coding(_ACT_REASON, code)]} for code in entry.purpose.split()]


def _organization(entry: AuditEntry) -> Json:
    """Who got it or did it: the partner's organization, a person of the operator's, or somebody outside."""
    if not entry.partner:
        system = OUTSIDER if entry.basis in OUTSIDE or left(entry) else PERSON
        return {"identifier": {"system": system, "value": entry.recipient_name or "operator"}}
    told = {"display": entry.recipient_name} if entry.recipient_name else {}
    return {"reference": f"Organization/{entry.partner}", **told}


def _system_of(entry: AuditEntry) -> Json:
    return {"identifier": {"system": "urn:warm-handoff:partner", "value": entry.partner}}


def _gateway(network: Network) -> Json:
    identifier = {"system": "urn:warm-handoff:network", "value": network.content.network}
    return {"identifier": identifier, "display": "Warm Handoff gateway"}


def _source(network: Network, kind: str) -> Json:
    return {"site": network.content.network, "observer": _gateway(network), "type": [_coding(_SOURCE, kind)]}


def _own_place(network: Network) -> Json:
    address = network.content.public_url
    return {"address": address, "type": _URI} if address else _named(network.content.network)


def _place_of(partner: str, network: Network) -> Json:
    """Where the partner is reached; one that only asks is named, because addresses of callers are not kept."""
    known = network.partners.get(partner)
    delivery = known.delivery if known is not None else None
    if isinstance(delivery, FhirDelivery | WebhookDelivery):
        return {"address": delivery.url, "type": _URI}
    if isinstance(delivery, MllpDelivery):
        return _named(delivery.address)
    return _named(partner)


def _named(address: str) -> Json:
    return {"address": address, "type": _MACHINE_NAME}


def _agent(
    system: str, code: str, who: Json, *, network: Json | None = None, requestor: bool = False
) -> Json:
    made: Json = {"type": {"coding": [_coding(system, code)]}, "who": who, "requestor": requestor}
    return {**made, "network": network} if network is not None else made


def _coding(system: str, code: str, display: str = "") -> Json:
    return {"system": system, "code": code, **({"display": display} if display else {})}
