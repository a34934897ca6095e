"""The network of one deployment: who takes part, how they are reached, what may go where.

`network.yaml` is read into these frozen structs; nothing here is ever changed while the gateway runs. The JSON Schema
of the file (`handoff check --schema`) is made from these structs, so the two cannot differ.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import Annotated, Literal

import msgspec

from gateway.partners.deliveries import (
    Address,
    Delivery,
    DeskDelivery,
    FileName,
    Fingerprint,
    ListenerTls,
    NoDelivery,
    SftpServer,
    Strict,
)
from gateway.partners.opening_hours import OpeningHours
from gateway.partners.papers import Agreement

PartnerKind = Literal[
    "hospital",
    "psychiatry",
    "primary_care",
    "otp",
    "counseling",
    "housing",
    "employment",
    "legal_aid",
    "benefits",
    "community",
    "peer_support",
    "case_management",
    "crisis",
    "law_enforcement",
]
Standing = Literal[
    "covered_entity",
    "business_associate",
    "part2_program",
    "qso",
    "treating_provider",
    "health_plan",
    "payer",
    "intermediary",
    "medical_personnel",
    "community",
    "crisis_line",
    "prescription_monitoring",
    "central_registry",
    "law_enforcement",
    "court",
    "monitor",
]
Carried = Literal["referral", "care_plan", "status"]
Charset = Literal["", "8859/1", "8859/2", "8859/15", "windows-1252"]
DeskRight = Literal["consents", "clients", "crisis", "own_pages", "refer_in"]
"""What a partner's workers may do at `/agency/` beside answering what was referred to them: take consents, refer clients
and look after their plans, look up a person in a crisis. `refer_in` is law enforcement's: a form, and nothing back.
`own_pages`: give people links to their own pages at `/me/`, which show what every agency was permitted and told; for the
one desk that checks by a document who somebody is.
"""
PartnerId = Annotated[str, msgspec.Meta(pattern="^[a-z][a-z0-9-]{0,39}$", description="a FHIR id")]
FileEnding = Annotated[
    str, msgspec.Meta(pattern="^[a-z0-9]{1,8}$", description="what stands behind the last dot")
]
MailAddress = Annotated[
    str,
    msgspec.Meta(pattern="^[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9.-]{1,255}$", description="an e-mail address"),
]
WorkerName = Annotated[str, msgspec.Meta(min_length=1, max_length=80, description="as her link is made for")]
NoticeVersion = Annotated[
    str,
    msgspec.Meta(pattern="^[A-Za-z0-9._:/-]{0,80}$", description="as 2026-02, or the address of its text"),
]
PurposeCode = Annotated[str, msgspec.Meta(pattern="^[A-Z][A-Z0-9_-]{1,19}$", description="v3-ActReason code")]


class BusinessIdentifier(Strict, frozen=True):
    """An identifier other parties know, such as an NPI."""

    system: str
    value: str


class Contact(Strict, frozen=True):
    """Whom to call. Never a patient."""

    name: str
    phone: str


class ListedPractitioner(Strict, frozen=True):
    """Somebody whom every partner of the network may find by name and NPI, as in any directory of providers.

    `specialty`: a code of the NUCC provider taxonomy. Never who treats one certain patient.
    """

    family: str
    given: str
    npi: Annotated[str, msgspec.Meta(pattern="^[12][0-9]{9}$", description="a National Provider Identifier")]
    phone: str
    specialty: Annotated[str, msgspec.Meta(pattern="^([0-9A-Z]{10})?$")] = ""


class Organization(Strict, frozen=True):
    """The organisation behind a partner, as FHIR consents name it. `practitioners`: whom it lets be found."""

    name: str
    identifiers: tuple[BusinessIdentifier, ...] = ()
    address: str = ""
    alias: str = ""
    practitioners: tuple[ListedPractitioner, ...] = ()


class Client(Strict, frozen=True):
    """A SMART Backend Services client of a partner; `jwks` holds public keys only, or `jwks_url` says where it publishes
    them: one of the two.

    `subscription_endpoints`: the addresses (also `mailto:`) to which notices of its Subscriptions may go, and no others.
    `certificates`: those that it shows at TLS, by fingerprint (SHA-256), two while it renews; its tokens are then bound
    to the one that it showed (RFC 8705).
    """

    client_id: str
    scopes: tuple[str, ...]
    purposes: tuple[PurposeCode, ...]
    jwks: dict[str, list[dict[str, str]]] = msgspec.field(default_factory=dict)
    jwks_url: str = ""
    subscription_endpoints: tuple[str, ...] = ()
    certificates: tuple[Fingerprint, ...] = ()

    def bound_to(self) -> frozenset[str]:
        """The fingerprints in one spelling: 64 small hex digits."""
        return frozenset(written.replace(":", "").lower() for written in self.certificates)


AnswerHours = Annotated[int, msgspec.Meta(ge=0, le=1000)]


class AddresseeCode(Strict, frozen=True):
    """A code by which senders name this partner as the addressee (HL7 v2 PRD with role RT)."""

    value: str
    system: str = ""


class Partner(Strict, frozen=True):
    """An agency or system with an identity, endpoints, formats and a standing under the law."""

    kind: PartnerKind
    state: Literal["test", "live", "paused"]
    organization: Organization
    standing: tuple[Standing, ...] = ()
    part2_program: bool | None = None
    addressee_codes: tuple[AddresseeCode, ...] = ()
    may_record_consent_for: tuple[PartnerId, ...] = ()
    messages: dict[str, str] = msgspec.field(default_factory=dict)
    delivery: Delivery = NoDelivery()
    client: Client | None = None
    immediate_reply: Literal["ack", "rri"] = "ack"
    control_id_reuse: Literal["process", "refuse"] = "process"
    zone: str = ""
    charset: Charset = ""
    """What its HL7 v2 messages are in where MSH-18 names nothing and they are not UTF-8; empty: those are refused."""
    subset_marks: Literal["where_removed", "on_every_record", "never"] = "where_removed"
    """Which records it gets bear `SUBSETTED`; where something was removed shows to covered entities only (FH-RED-03)."""
    owner: Contact | None = None
    hours: OpeningHours | None = None
    """When it is there; shown to whoever is about to send it somebody. Without it nothing is said."""
    after_hours: Contact | None = None
    """Whom to call when it is closed."""
    fallback: PartnerId | None = None
    """Who is there instead when it is closed or does not answer; named to whoever may refer there."""
    answer_hours: AnswerHours = 24
    """A referral that it has not answered after so many of its opening hours is told to people; 0: never. Without
    `hours`: hours of the clock."""
    answer_hours_stat: AnswerHours = 2
    """The same for referrals of the priority `stat`: hours of the clock."""
    desk: tuple[DeskRight, ...] = ()
    workers: dict[WorkerName, MailAddress] = msgspec.field(default_factory=dict)
    """Who works at its desk, and the address agreed with her for links by mail; whoever is not named gets none."""
    patient_notice: NoticeVersion = ""
    """The version of its own notice to patients (42 CFR 2.22) in force; another is given to all again."""

    @property
    def has_desk(self) -> bool:
        """Whether its workers log in at `/agency/`."""
        return bool(self.desk) or isinstance(self.delivery, DeskDelivery)

    @property
    def is_part2_program(self) -> bool:
        """Whether its records are Part 2 records. Not stated counts as yes (P2-12-01)."""
        return self.part2_program is not False


class Route(Strict, frozen=True, rename={"source": "from", "addressee": "to"}):
    """What may go from one partner to another, for exactly one purpose.

    `when_none_named`: types of messages that name no addressee (orders), as the sender's `messages` writes them; `to` is
    the addressee of those. For one sender and type, one route at most.
    """

    name: str
    source: PartnerId
    addressee: PartnerId
    carries: Carried
    purpose: PurposeCode
    with_addressee: PartnerId | None = None
    when_none_named: tuple[str, ...] = ()


class MllpListener(Strict, frozen=True):
    """An MLLP port that belongs to exactly one partner; with `tls` to one that shows its certificate."""

    partner: PartnerId
    address: Address
    tls: ListenerTls | None = None


class FolderListener(Strict, frozen=True):
    """A folder into which exactly one partner puts files.

    `formats` gives for each ending of a file name the mapping id, or `by-message-type` for files of HL7 v2, whose
    messages go by the partner's `messages`. A file is taken once it has not changed for `poll_seconds`. With `sftp` the
    folder is on that server. A file `NAME` must be what `NAME.manifest.json` says, where there is one; with `manifests:
    required` a file without one waits.
    """

    partner: PartnerId
    folder: FileName
    formats: Annotated[dict[FileEnding, str], msgspec.Meta(min_length=1)]
    sftp: SftpServer | None = None
    manifests: Literal["if_given", "required"] = "if_given"
    poll_seconds: Annotated[float, msgspec.Meta(gt=0, le=3600)] = 5.0
    most_bytes: Annotated[int, msgspec.Meta(ge=1024, le=256 * 1024 * 1024)] = 4 * 1024 * 1024


class Operator(Strict, frozen=True):
    """Who runs the gateway, in which role (§2.11), and whom a worker can call."""

    name: str
    role: Literal["program", "covered_entity", "business_associate", "qso", "intermediary"]
    consent_desk: Contact
    on_call: Contact


class PolicyChoice(Strict, frozen=True):
    """Which rule packs decide, and what holds without a consent (FH-CON-06)."""

    packs: tuple[str, ...] = ("part2", "hipaa")
    no_consent: Literal["deny", "treatment"] = "deny"


class NetworkFile(Strict, frozen=True):
    """The whole of `network.yaml`.

    `public_url` is how clients reach the gateway (`https://gateway.example.org`) where that is not its own HTTP address:
    tokens name it as their audience, and under https the console's cookie insists on it.
    """

    network: str
    operator: Operator
    zone: str
    partners: dict[PartnerId, Partner]
    routes: tuple[Route, ...]
    http: Address = "127.0.0.1:8080"
    public_url: str = ""
    mllp: tuple[MllpListener, ...] = ()
    folders: tuple[FolderListener, ...] = ()
    policy: PolicyChoice = PolicyChoice()
    agreements: tuple[Agreement, ...] = ()
    keys: str = "keys"


class Network:
    """The network in force: the file's content, its version, and the look-ups the flows need.

    The version is a hash of what the file says: its comments and spaces make no other version. One that was `written`
    keeps the version it was written under, by a gateway that knew fewer settings, too.
    """

    def __init__(self, content: NetworkFile, written: bytes | None = None) -> None:
        self.content = content
        self._written = msgspec.json.encode(content) if written is None else written
        self.version = "sha256:" + hashlib.sha256(self._written).hexdigest()
        self.partners: Mapping[str, Partner] = content.partners
        self._by_code = {
            (code.system, code.value): partner_id
            for partner_id, partner in content.partners.items()
            for code in partner.addressee_codes
        }
        self._by_client = {
            partner.client.client_id: (partner_id, partner.client)
            for partner_id, partner in content.partners.items()
            if partner.client is not None
        }
        self._unnamed = {(r.source, kind): r for r in content.routes for kind in r.when_none_named}

    def written(self) -> bytes:
        """What the file says, as `read_written` takes it."""
        return self._written

    @property
    def zone(self) -> str:
        """IANA name of the deployment's time zone."""
        return self.content.zone

    def zone_of(self, partner_id: str) -> str:
        """IANA name of the zone in which `partner_id` writes times without one."""
        return self.partners[partner_id].zone or self.content.zone

    def charset_of(self, partner_id: str) -> str:
        """The character set in which `partner_id` writes HL7 v2 that names none; empty: it has agreed on none."""
        return self.partners[partner_id].charset

    def asks_a_person(self, partner_id: str) -> bool:
        """Whether a repeat would harm this partner, so that a person is asked when it is unknown what arrived."""
        delivery = self.partners[partner_id].delivery
        return not isinstance(delivery, NoDelivery) and delivery.on_unknown == "ask"

    def client(self, client_id: str) -> tuple[str, Client] | None:
        """The partner id and client with this `client_id`, if there is one."""
        return self._by_client.get(client_id)

    def addressee(self, code: str, system: str) -> str | None:
        """The partner a sender means by `code`, or None. A code without a system in the file holds for any."""
        return self._by_code.get((system, code)) or self._by_code.get(("", code))

    def route_when_none_named(self, source: str, message_type: str) -> Route | None:
        """The route that names the addressee of messages which name none; `message_type` as in `messages`."""
        return self._unnamed.get((source, message_type))

    def routes_from(self, source: str, carries: Carried) -> tuple[Route, ...]:
        """The routes by which `source` may send this kind of thing."""
        return tuple(r for r in self.content.routes if r.source == source and r.carries == carries)

    def keys_of_partners(self) -> Iterator[tuple[str, frozenset[str]]]:
        """By which keys partners are known: `client_id`, `kid`, fingerprints of certificates (64 small hex digits)."""
        for partner_id, partner in self.partners.items():
            if (client := partner.client) is not None:
                named = (one.get("kid", "") for one in client.jwks.get("keys", ()))
                yield partner_id, client.bound_to().union(named, {client.client_id}) - {""}
        for listener in self.content.mllp:
            if listener.tls is not None:
                yield listener.partner, listener.tls.bound_to()

    def part2_sources(self) -> tuple[str, ...]:
        """References of all organisations whose records are Part 2 records (P2-12-01)."""
        return tuple(reference_of(pid) for pid, partner in self.partners.items() if partner.is_part2_program)


def read_written(content: bytes) -> Network:
    """The network that `Network.written` wrote. Raises msgspec.MsgspecError for anything else."""
    return Network(msgspec.json.decode(content, type=NetworkFile), content)


def reference_of(partner_id: str) -> str:
    """The reference by which consents and records name a partner's organisation."""
    return f"Organization/{partner_id}"


def partner_of(reference: str) -> str:
    """The partner id in a reference that `reference_of` made; empty for any other reference."""
    kind, _, partner_id = reference.partition("/")
    return partner_id if kind == "Organization" else ""
