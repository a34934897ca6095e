"""What the API says about itself: CapabilityStatement and SMART configuration, made from what is served."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from gateway.clock import instant_text
from gateway.disclosure.audit_events import PATIENT_QUERY, QUERY
from gateway.fhir_api.audit_routes import SEARCHED_BY
from gateway.fhir_api.everything import DEFINITION as EVERYTHING
from gateway.fhir_api.includes import includes_of, revincludes_of
from gateway.fhir_api.operations import OPERATIONS_OF, STANDARD_OF
from gateway.fhir_api.search_table import Parameter, parameters_of
from gateway.fhir_api.served import PROFILES, SEARCHED, SERVED, VALIDATED, Served
from gateway.fhir_api.subscription_routes import SEARCHED_BY as SUBSCRIPTION_BY
from gateway.flows.subscription_topics import OFFERED, OPERATION, PROFILE, TOPICS, canonical_of
from gateway.security.client_proof import CLIENT_ALGORITHMS

_SMART = "http://terminology.hl7.org/CodeSystem/restful-security-service"
_OAUTH_URIS = "http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris"

_BULK_DATA = "http://hl7.org/fhir/uv/bulkdata/CapabilityStatement/bulk-data"
_GUIDES = (
    "SMART App Launch 2.2: Backend Services. Bulk Data Access 2: as `instantiates` says. Subscriptions R5 Backport 1.1: "
    "rest-hook and e-mail. US Core and SDOH Clinical Care 3.0: searches, behaviour and security; a profile is claimed "
    "only where `supportedProfile` names it, as what a source sent is passed on and consent may take elements away. "
    "IHE PCF: consents are read and enforced; no XACML or consent server of others is asked."
)
"""How far each guide is kept; each demand with its test: CONFORMANCE.md."""


def capability_statement(base: str, started_at: datetime) -> dict[str, Any]:
    """The CapabilityStatement (kind `instance`) of the gateway at `base`."""
    return {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": instant_text(started_at)[:19] + "Z",
        "kind": "instance",
        "description": _GUIDES,
        "instantiates": [_BULK_DATA],
        "software": {"name": "Warm Handoff", "version": software_version()},
        "implementation": {
            "description": "Consent-enforcing integration gateway; every answer has passed the consent gate",
            "url": f"{base}/fhir",
        },
        "fhirVersion": "4.0.1",
        "format": ["application/fhir+json", "application/fhir+xml", "json", "xml"],
        "patchFormat": ["application/json-patch+json", "application/fhir+json", "application/fhir+xml"],
        "rest": [
            {
                "mode": "server",
                "documentation": (
                    "A search names its patient: `patient` by the gateway's id, or, by POST `_search` only, "
                    "`patient.identifier` by the caller's own identifier. Unknown, not permitted and "
                    "withheld give the same answer."
                ),
                "security": _security(base),
                "resource": [
                    *(_resource(name, served, base) for name, served in SERVED.items()),
                    _AUDIT_EVENT,
                    _SUBSCRIPTION,
                    _GROUP,
                ],
                "interaction": [{"code": "transaction"}, {"code": "batch"}],
            }
        ],
    }


def smart_configuration(base: str, *, binds_tokens: bool = False) -> dict[str, Any]:
    """`.well-known/smart-configuration`. SMART App Launch 2.2, conformance; RFC 8705 where tokens can be bound."""
    return {
        **({"tls_client_certificate_bound_access_tokens": True} if binds_tokens else {}),
        "token_endpoint": f"{base}/oauth/token",
        "introspection_endpoint": f"{base}/oauth/introspect",
        "grant_types_supported": ["client_credentials"],
        "token_endpoint_auth_methods_supported": ["private_key_jwt"],
        "token_endpoint_auth_signing_alg_values_supported": list(CLIENT_ALGORITHMS),
        "scopes_supported": [
            *(f"system/{name}.{_letters(served)}" for name, served in SERVED.items()),
            "system/AuditEvent.rs",
            "system/Subscription.cruds",
        ],
        "code_challenge_methods_supported": ["S256"],  # required of every server, with or without such a flow
        "capabilities": ["client-confidential-asymmetric", "permission-v1", "permission-v2"],
    }


def _letters(served: Served) -> str:
    order = {"create": "c", "read": "r", "update": "u", "search-type": "s"}
    return "".join(letter for name, letter in order.items() if name in served.interactions)


def _security(base: str) -> dict[str, Any]:
    """SMART's service, and where tokens come from: clients of before `.well-known` look for it here."""
    coding = {"system": _SMART, "code": "SMART-on-FHIR"}
    token = {"url": "token", "valueUri": f"{base}/oauth/token"}
    return {
        "extension": [{"url": _OAUTH_URIS, "extension": [token]}],
        "cors": False,
        "service": [{"coding": [coding]}],
        "description": "SMART Backend Services; a token is bound to one organisation and one purpose",
    }


def _resource(name: str, served: Served, base: str) -> dict[str, Any]:
    by_id = name == "Patient"
    operations = {n: f"{base}/fhir/OperationDefinition/{n}" for n in OPERATIONS_OF.get(name, ())}
    if name in VALIDATED:
        operations["validate"] = "http://hl7.org/fhir/OperationDefinition/Resource-validate"
    if by_id:
        operations["everything"] = EVERYTHING
    operations |= STANDARD_OF.get(name, {})
    return {
        "type": name,
        **({"supportedProfile": list(PROFILES[name])} if name in PROFILES else {}),
        "interaction": [{"code": code} for code in served.interactions],
        "versioning": "versioned-update" if "update" in served.interactions else "versioned",
        "readHistory": "vread" in served.interactions,
        "updateCreate": False,
        **({"conditionalCreate": True} if "create" in served.interactions else {}),
        **{key: list(found) for key, found in _going_along(name).items() if found},
        **({"searchParam": _search_parameters(name, served)} if name in SEARCHED else {}),
        **(
            {"operation": [{"name": n, "definition": d} for n, d in operations.items()]} if operations else {}
        ),
    }


def _search_parameters(name: str, served: Served) -> list[dict[str, str]]:
    by_id = name == "Patient"
    identifier = "identifier" if by_id else f"{served.by_patient}.identifier"
    told = {"documentation": _WITHOUT_PATIENT[served.without_patient]} if served.without_patient else {}
    return [
        {"name": served.by_patient, "type": "token" if by_id else "reference", **told},
        {"name": identifier, "type": "token", "documentation": "POST `_search` only; one `system|value`"},
        *({**one, **_WORKLIST.get((name, one["name"]), {})} for one in _own_parameters(parameters_of(name))),
    ]


def _own_parameters(served: Mapping[str, Parameter]) -> list[dict[str, str]]:
    return [{"name": name, "type": "token" if one.kind == "id" else one.kind} for name, one in served.items()]


_WITHOUT_PATIENT = {
    "directory": "Those that came with records of this patient; without it, those of the directory of services",
    "record": "Those that came with records of this patient; or name one of them, by `_id` or what it refers to",
}

_WORKLIST: Mapping[tuple[str, str], Mapping[str, str]] = {
    ("Task", role): {
        "documentation": f"`Organization/[yours]`, without a patient: {what}, patient by patient"
    }
    for role, what in (
        ("owner", "what was referred to your organisation and delivered"),
        ("requester", "what it has referred itself"),
    )
}

_AUDIT_EVENT = {
    "type": "AuditEvent",
    "supportedProfile": [QUERY, PATIENT_QUERY],
    "documentation": "What your organisation has asked here, and was shown; `id` is the `X-Request-Id` of an answer",
    "interaction": [{"code": "read"}, {"code": "search-type"}],
    "searchParam": _own_parameters(SEARCHED_BY),
}


_SUBSCRIPTION = {
    "extension": [{"url": OFFERED, "valueCanonical": canonical_of(topic)} for topic in TOPICS],
    "type": "Subscription",
    "supportedProfile": [PROFILE],
    "interaction": [{"code": code} for code in ("create", "read", "search-type", "update", "delete")],
    "searchParam": _own_parameters(SUBSCRIPTION_BY),
    "versioning": "versioned-update",
    "readHistory": False,
    "updateCreate": False,
    "operation": [
        {"name": "status", "definition": f"{OPERATION}backport-subscription-status"},
        {"name": "events", "definition": f"{OPERATION}backport-subscription-events"},
    ],
}


_GROUP = {
    "type": "Group",
    "operation": [{"name": name, "definition": at} for name, at in STANDARD_OF["Group"].items()],
}


def _going_along(name: str) -> dict[str, tuple[str, ...]]:
    return {"searchInclude": includes_of(name), "searchRevInclude": revincludes_of(name)}


def software_version() -> str:
    """The version of the gateway that is installed; `0` where none is."""
    try:
        return version("warm-handoff")
    except PackageNotFoundError:
        return "0"
