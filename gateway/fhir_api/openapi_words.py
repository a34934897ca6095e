"""What each address of the API is for, in words, with the names of its examples (`openapi_examples.json`).

An address that is not here is described by the first lines of its function's documentation.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Body = Literal["", "fhir", "form", "json", "fhir-patch"]


@dataclass(frozen=True, slots=True)
class Told:
    """One operation. `sent` and `answered`: names of examples; `parameters`: names of `PARAMETERS`.

    `needs` is the scope letter with its type, empty where no token is asked for.
    """

    tag: str
    summary: str
    text: str = ""
    sent: str = ""
    body: Body = ""
    form: tuple[str, ...] = ()
    answered: str = ""
    status: int = 200
    also: Mapping[int, str] = field(default_factory=dict)
    parameters: tuple[str, ...] = ()
    open_to_all: bool = False
    media: str = "application/fhir+json"


JSON = "application/json"
START, READ, WRITE, EVENTS, ASK, RUN = (
    "Getting in",
    "Reading",
    "Writing",
    "Subscriptions",
    "Asking before ordering",
    "Running",
)
WORKLIST = (
    "Without a patient: your own worklist, `owner=Organization/[yours]` (what was referred to your organization and "
    "delivered) or `requester=Organization/[yours]` (what it has referred itself), patient by patient, in no other "
    "order. A page may hold fewer than `_count`, or none, and have a `next` link."
)
_NOT_MODIFIED = {304: "What you have is what you would be shown now."}
_CONDITION = ("if-none-match",)

TOLD: Mapping[tuple[str, str], Told] = {
    ("GET", "/fhir/metadata"): Told(
        START,
        "What this server can do",
        "The CapabilityStatement, made from what is served.",
        answered="capability",
        open_to_all=True,
    ),
    ("GET", "/fhir/OperationDefinition/emergency-access"): Told(
        START, "How `$emergency-access` is called", answered="operation", open_to_all=True
    ),
    ("GET", "/fhir/OperationDefinition/shared-plan"): Told(
        START, "How `$shared-plan` is called", answered="operation", open_to_all=True
    ),
    ("GET", "/.well-known/smart-configuration"): Told(
        START, "Where and how to get a token", answered="smart", open_to_all=True, media=JSON
    ),
    ("POST", "/oauth/token"): Told(
        START,
        "Get a token",
        "SMART Backend Services: your system signs a statement (RS384 or ES384) that is good once and for at most five "
        "minutes. The statement names one purpose of use (extensions.ihe_iua.purpose_of_use), unless your system is "
        "registered for one alone; the token is bound to it and to your organization.",
        sent="token-form",
        body="form",
        form=("grant_type", "scope", "client_assertion_type", "client_assertion"),
        answered="token",
        open_to_all=True,
        media=JSON,
    ),
    ("POST", "/oauth/introspect"): Told(
        START,
        "Look at a token of your own",
        "Of any token that is not yours, or no longer good, the answer is `active: false`.",
        sent="introspect-form",
        body="form",
        form=("token",),
        answered="introspected",
        media=JSON,
    ),
    ("GET", "/fhir/{type}/{id}"): Told(
        READ,
        "Read one resource",
        "Not there, not permitted and withheld give the same 404. A Binary is answered as its bytes where `Accept` "
        "names its media type (`application/pdf`) and no FHIR.",
        answered="care-plan",
        also=_NOT_MODIFIED,
        parameters=(*_CONDITION, "_format", "_elements"),
    ),
    ("GET", "/fhir/{type}/{id}/_history"): Told(
        READ,
        "The states of a resource that you may see",
        "By today's consents; at most 50, the latest first.",
        answered="history",
        also=_NOT_MODIFIED,
        parameters=_CONDITION,
    ),
    ("GET", "/fhir/{type}/{id}/_history/{version}"): Told(
        READ,
        "One of those states",
        answered="care-plan",
        also=_NOT_MODIFIED,
        parameters=_CONDITION,
    ),
    ("GET", "/fhir/Patient/{id}/$everything"): Told(
        READ,
        "All that you may see about one patient",
        "In pages, as a search has them.",
        answered="searchset",
        parameters=("_type", "_since", "_count", "_page"),
    ),
    ("GET", "/fhir/Patient/{id}/$shared-plan"): Told(
        READ,
        "One care plan of what several agencies contributed",
        "A collection; it is empty where you may see nothing.",
        answered="collection",
    ),
    ("POST", "/fhir/Patient/$emergency-access"): Told(
        READ,
        "Break the glass",
        "Medical emergencies only (42 CFR 2.51), for medical personnel, with a token for BTG, ETREAT or ERTREAT. Your "
        "name, facility and reason are recorded; the program is told; every use is reviewed.",
        sent="emergency",
        body="fhir",
        answered="collection",
    ),
    ("POST", "/fhir"): Told(
        WRITE,
        "Send a transaction or a batch",
        "About one patient. Everything in it is taken in together, or nothing is. The same `Idempotency-Key` with the "
        "same bytes gives the same answer. A batch may instead hold up to 20 `GET` entries: each is answered as by "
        "itself, with its own status and the id that `X-Request-Id` would have in `response.extension`.",
        sent="transaction",
        body="fhir",
        answered="transaction-response",
        parameters=("idempotency-key", "prefer"),
    ),
    ("POST", "/fhir/Consent"): Told(
        WRITE,
        "Record a consent",
        "A person's written permission (42 CFR 2.31). With `status: inactive` in a later PUT it is withdrawn.",
        sent="consent",
        body="fhir",
        answered="consent",
        status=201,
        parameters=("if-none-exist", "prefer"),
    ),
    ("PUT", "/fhir/Consent/{id}"): Told(
        WRITE,
        "Change or withdraw a consent",
        sent="consent-withdrawn",
        body="fhir",
        answered="consent",
        parameters=("if-match", "prefer"),
    ),
    ("PUT", "/fhir/Task/{id}"): Told(
        WRITE,
        "Answer a referral",
        "`received`, `accepted`, `in-progress`, `on-hold`, `completed`, `rejected` (with a reason), `cancelled`, "
        "`failed`. A step that the present status does not allow is answered 409.",
        sent="task",
        body="fhir",
        answered="task",
        parameters=("if-match", "prefer"),
    ),
    ("POST", "/fhir/{type}/$validate"): Told(
        WRITE,
        "Check a resource before you send it",
        "Every fault with its place; nothing is kept.",
        sent="service-request",
        body="fhir",
        answered="valid",
    ),
    ("POST", "/fhir/Subscription"): Told(
        EVENTS,
        "Be told of changes",
        "R4 `rest-hook` with the topics of this gateway. Notices are empty or name ids; you read the record itself.",
        sent="subscription",
        body="fhir",
        answered="subscription-made",
        status=201,
    ),
    ("GET", "/fhir/Subscription/{id}"): Told(
        EVENTS, "One of your subscriptions", answered="subscription-made"
    ),
    ("PUT", "/fhir/Subscription/{id}"): Told(
        EVENTS,
        "Change it, or turn it off",
        sent="subscription-off",
        body="fhir",
        answered="subscription-made",
        parameters=("if-match", "prefer"),
    ),
    ("DELETE", "/fhir/Subscription/{id}"): Told(EVENTS, "End it", status=204),
    ("GET", "/fhir/Subscription/$status"): Told(
        EVENTS, "How your subscriptions stand", answered="subscription-status"
    ),
    ("GET", "/fhir/Subscription/{id}/$status"): Told(
        EVENTS, "How one of them stands", answered="subscription-status"
    ),
    ("GET", "/fhir/Subscription/{id}/$events"): Told(
        EVENTS,
        "Events that you have missed",
        answered="subscription-events",
        parameters=("eventsSinceNumber", "eventsUntilNumber"),
    ),
    ("GET", "/cds-services"): Told(
        ASK, "The CDS Hooks services", answered="cds-services", open_to_all=True, media=JSON
    ),
    ("POST", "/cds-services/{id}"): Told(
        ASK,
        "Would a referral wait for the patient's written permission?",
        "CDS Hooks 2.0. The card is the same whatever the cause, and says nothing of what others hold.",
        sent="hook",
        body="json",
        answered="cards",
        media=JSON,
    ),
    ("GET", "/healthz"): Told(RUN, "The process answers", answered="alive", open_to_all=True, media=JSON),
    ("GET", "/readyz"): Told(
        RUN,
        "The store takes writes",
        answered="ready",
        also={503: "It does not; ask again after `Retry-After` seconds."},
        open_to_all=True,
        media=JSON,
    ),
    ("GET", "/metrics"): Told(
        RUN, "Counts and times by door, never by patient", open_to_all=True, media="text/plain"
    ),
}
"""By method and address."""


@dataclass(frozen=True, slots=True)
class Given:
    """A parameter: where it stands, what it is for, and its form as a regular expression or a list."""

    place: Literal["query", "header", "path"]
    name: str
    text: str
    pattern: str = ""
    choices: tuple[str, ...] = ()
    example: str = ""
    whole_number: bool = False


_TAG_FORM = r'^W/"[A-Za-z0-9\-.]{1,64}"$'
PARAMETERS: Mapping[str, Given] = {
    "id": Given("path", "id", "The resource's id", r"^[A-Za-z0-9\-.]{1,64}$", example="0b1d6a0e-plan"),
    "version": Given("path", "version", "A version id", r"^[A-Za-z0-9\-.]{1,64}$", example="3"),
    "if-none-match": Given(
        "header", "If-None-Match", "The `ETag` of what you have", _TAG_FORM, example='W/"3"'
    ),
    "if-match": Given(
        "header",
        "If-Match",
        "The `ETag` of what you have read; 412 when it is no longer that",
        _TAG_FORM,
        example='W/"3"',
    ),
    "if-none-exist": Given(
        "header",
        "If-None-Exist",
        "A search; nothing is created where it finds one already (200), and 412 where it finds several",
        example="patient=5d2c-example&status=active",
    ),
    "prefer": Given(
        "header",
        "Prefer",
        "What is to come back",
        choices=("return=representation", "return=minimal", "return=OperationOutcome"),
        example="return=representation",
    ),
    "handling": Given(
        "header",
        "Prefer",
        "`handling=strict` refuses parameters that are not served instead of leaving them out",
        choices=("handling=strict", "handling=lenient"),
    ),
    "idempotency-key": Given(
        "header",
        "Idempotency-Key",
        "The same for the same submission, however often it is sent",
        r"^[\x21-\x7e]{1,255}$",
        example="2026-11-22-0001",
    ),
    "_type": Given("query", "_type", "Only these types, separated by commas", example="CarePlan,Goal"),
    "_typeFilter": Given(
        "query",
        "_typeFilter",
        "Of a type, only what a search would find",
        example="Goal?lifecycle-status=active",
    ),
    "_since": Given("query", "_since", "Only what has changed since this instant", example="2026-11-01"),
    "_count": Given(
        "query",
        "_count",
        "How many on a page, at most 250; of a search 0 asks only how many there are",
        whole_number=True,
        example="50",
    ),
    "_page": Given("query", "_page", "From a `next` link; good for an hour, and for you alone"),
    "_elements": Given(
        "query", "_elements", "Only these elements, separated by commas, with the mandatory ones"
    ),
    "_summary": Given(
        "query", "_summary", "A short form", choices=("true", "text", "data", "count", "false")
    ),
    "_format": Given("query", "_format", "As what it is written, before `Accept`", choices=("json", "xml")),
    "respond-async": Given(
        "header", "Prefer", "Asked for always", choices=("respond-async",), example="respond-async"
    ),
    "date": Given("query", "date", "A date, with a prefix such as `ge` before it"),
    "patient": Given("query", "patient", "The patient, by our id", example="5d2c-example"),
    "law": Given("query", "law", "By which law it is asked for", choices=("all", "part2", "hipaa")),
    "name": Given("path", "name", "The name in the manifest", r"^[A-Za-z]{1,64}$", example="CarePlan"),
    "_sort": Given("query", "_sort", "One date parameter of this type; `-` before it for the latest first"),
    "_include": Given("query", "_include", "What the matches refer to goes along"),
    "_revinclude": Given("query", "_revinclude", "What refers to the matches goes along"),
    "eventsSinceNumber": Given("query", "eventsSinceNumber", "From this event on", whole_number=True),
    "eventsUntilNumber": Given("query", "eventsUntilNumber", "Up to this event", whole_number=True),
}
