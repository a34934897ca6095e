"""From a FHIR R4 Consent to a directive: a tree of provisions that can be matched, or named reasons why not.

What is not understood never permits: the consent is then not `usable`, but its denials, and every node whose type cannot
be told, still deny (consent-semantics section 3). A consent of another patient or without force is `silent`.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from consent.codings import clean_text, coding_of, codings_of
from consent.corrected import corrected_as
from consent.directive_shape import FAULTS, Fault, check_shape, is_one_of, is_oversized
from consent.expiry_event import ExpiryEvent, read_expiry_event
from consent.instants import Span, read_period, read_span
from consent.model import Coding, Identifier, Resource

PRIVACY_SCOPE = "patient-privacy"
RECIPIENT_ROLES = frozenset({"IRCP", ""})
DISCLOSER_ROLES = frozenset({"PROV", "CST", "INF"})
"""INF (informant, the one who gives the information) is what Consent2Share writes for PROV."""

NOT_IN_FORCE = frozenset({"draft", "proposed", "rejected", "inactive", "entered-in-error"})
MEANINGS = frozenset({"instance", "related", "dependents", "authoredby"})
NODE_ELEMENTS = frozenset(
    {
        "type", "period", "actor", "action", "securityLabel", "purpose", "class", "code", "dataPeriod",
        "data", "provision", "id", "extension", "_type",
    }
)  # fmt: skip
VERSION = re.compile(r"/_history/[A-Za-z0-9.-]{1,64}\Z", re.ASCII)
ROLE_SYSTEMS = frozenset(
    {
        "http://terminology.hl7.org/CodeSystem/v3-ParticipationType",
        "http://terminology.hl7.org/CodeSystem/v3-RoleClass",
        "http://terminology.hl7.org/CodeSystem/v3-RoleCode",
        "http://hl7.org/fhir/v3/ParticipationType",
        "http://hl7.org/fhir/v3/RoleClass",
        "http://hl7.org/fhir/v3/RoleCode",
    }
)
ACTION_SYSTEMS = frozenset(
    {"http://terminology.hl7.org/CodeSystem/consentaction", "http://hl7.org/fhir/consentaction"}
)
UNKNOWN_CODE = "?"


@dataclass(frozen=True, slots=True)
class Actor:
    """Whom an actor names: by reference, by identifier, or in words; `part` says on which side."""

    part: str
    reference: str | None = None
    identifier: Identifier | None = None
    words: str | None = None


@dataclass(frozen=True, slots=True)
class Concept:
    """One CodeableConcept of `provision.code`; `words` where it has no coding."""

    codings: tuple[Coding, ...]
    words: str | None = None


@dataclass(frozen=True, slots=True)
class InstanceRule:
    """One `provision.data`: which instance, and what about it. `corrected`: what may be that one by now."""

    meaning: str
    reference: str | None
    corrected: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Provision:
    """One node. An empty tuple or None means no limit; `unclear` means that some limit could not be understood."""

    permits: bool
    unclear: bool = False
    period: Span | None = None
    actors: tuple[Actor, ...] = ()
    actions: tuple[str, ...] = ()
    labels: tuple[Coding, ...] = ()
    purposes: tuple[Coding, ...] = ()
    classes: tuple[Coding, ...] = ()
    codes: tuple[Concept, ...] = ()
    data_period: Span | None = None
    data: tuple[InstanceRule, ...] = ()
    children: tuple[Provision, ...] = ()


DENY_ALL = Provision(permits=False, unclear=True)


@dataclass(frozen=True, slots=True)
class Directive:
    """One Consent as it takes part in a decision.

    `version` names it (`Consent/x/_history/2`). `root` is None when it is silent: it neither permits nor denies.
    `usable`: its permits count. `scope` is the consent scope code. `faults` say what was found.
    """

    version: str
    root: Provision | None
    usable: bool
    scope: str
    faults: tuple[Fault, ...]
    organizations: tuple[str, ...] = ()
    performers: tuple[str, ...] = ()
    signed: Span | None = None
    event: ExpiryEvent | None = None
    """The event that ends it, where it ends with one. §2.31(a)(7)."""

    @property
    def signed_at(self) -> datetime | None:
        """When it was signed, at the latest: of a month or a year its last day; None where nobody can tell."""
        return None if self.signed is None else max(self.signed.start, self.signed.end - timedelta(days=1))

    @property
    def is_tpo(self) -> bool:
        """Whether it is a single consent for treatment, payment and health care operations. §2.31(a)(5)."""
        if self.root is None or not self.root.permits:
            return False
        return {"TREAT", "HPAYMT", "HOPERAT"} <= {purpose.code for purpose in self.root.purposes}


def read_directive(consent: Resource, patient: str, zone: tzinfo) -> Directive:
    """The directive of one Consent for `patient` (reference). Never raises for what a Consent may hold."""
    if (oversized := is_oversized(consent)) is not None:
        return Directive(version_of(consent), DENY_ALL, False, "", (Fault(oversized, "Consent"),))
    version = version_of(consent)
    if is_one_of(consent.get("status"), NOT_IN_FORCE):
        return Directive(version, None, False, "", (Fault("CONSENT_NOT_ACTIVE", "Consent.status"),))
    named = _patient_of(consent, patient)
    if named is False:
        return Directive(version, None, False, "", (Fault("CONSENT_OTHER_PATIENT", "Consent.patient"),))
    faults = check_shape(consent)
    if named is None:
        faults.append(Fault("CONSENT_PATIENT_UNCLEAR", "Consent.patient"))
    root = _root(consent, zone, faults)
    signed = read_span(consent.get("dateTime"), zone)
    return Directive(
        version=version,
        root=root,
        usable=root is not None and not any(fault.code in FAULTS for fault in faults),
        scope=scope_of(consent),
        faults=tuple(sorted(set(faults))),
        organizations=tuple(_references(consent.get("organization"))),
        performers=tuple(_performers(consent.get("performer"))),
        signed=signed,
        event=read_expiry_event(consent, signed, zone),
    )


def version_of(consent: Resource) -> str:
    """`Consent/id/_history/version`; without a version `Consent/id`; without an id a name made from the content."""
    meta, given = consent.get("meta"), consent.get("id")
    if not isinstance(given, str) or not given or len(given) > 128:
        rest = {name: value for name, value in consent.items() if name != "id"}
        content = json.dumps(_cut(rest), sort_keys=True, default=str).encode()
        return f"Consent/unnamed-{hashlib.sha256(content).hexdigest()[:16]}"
    version = meta.get("versionId") if isinstance(meta, Mapping) else None
    return (
        f"Consent/{given}/_history/{version}" if isinstance(version, str) and version else f"Consent/{given}"
    )


def _cut(value: object, depth: int = 12) -> object:
    """`value` down to `depth` levels, so that no input is too deep to be named."""
    if depth == 0:
        return type(value).__name__
    if isinstance(value, Mapping):
        return {str(key): _cut(entry, depth - 1) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_cut(entry, depth - 1) for entry in value[:1000]]
    return value


def scope_of(consent: Resource) -> str:
    """The code of `scope`, or empty."""
    codings = codings_of(consent.get("scope")) or ()
    return codings[0].code if codings else ""


def _patient_of(consent: Resource, patient: str) -> bool | None:
    """Whether the consent is this patient's; None when it cannot be told."""
    holder = consent.get("patient")
    reference = holder.get("reference") if isinstance(holder, Mapping) else None
    if not isinstance(reference, str):
        return None
    plain = plain_reference(reference)
    if plain == patient:
        return True
    if "/" not in plain or plain.endswith("/" + patient):
        return None
    return False


def plain_reference(reference: str) -> str:
    """A reference without its version (`Organization/1/_history/3` is `Organization/1`)."""
    return VERSION.sub("", reference) if "/_history/" in reference else reference


def _root(consent: Resource, zone: tzinfo, faults: list[Fault]) -> Provision | None:
    node = consent.get("provision")
    if isinstance(node, Mapping):
        if any(fault.code == "CONSENT_R5_SHAPE" for fault in faults):
            return DENY_ALL
        modified = "modifierExtension" in consent or "implicitRules" in consent
        return _provision(node, zone, faults, "Consent.provision", modified)
    faults.append(Fault("CONSENT_PROVISION_MISSING", "Consent.provision"))
    return DENY_ALL if scope_of(consent) in (PRIVACY_SCOPE, "") else None


def _provision(
    node: Mapping[str, object], zone: tzinfo, faults: list[Fault], place: str, modified: bool = False
) -> Provision:
    """One node and all below it (the depth was measured before). Faults found are added to `faults`."""
    before = len(faults)
    if "modifierExtension" in node or modified:
        faults.append(Fault("CONSENT_MODIFIED", place))
        modified = True
    for name in sorted(node.keys() - NODE_ELEMENTS - {"modifierExtension"}):
        faults.append(
            Fault("CONSENT_ELEMENT_UNKNOWN", f"{place}.{name[:40]}" if name.isidentifier() else place)
        )
    if node.get("type") not in ("permit", "deny"):
        faults.append(Fault("CONSENT_TYPE_MISSING", f"{place}.type"))
    read = _Reader(node, zone, faults, place)
    actors, actions, data = read.actors(), read.actions(), read.data()
    period, data_period = read.period("period"), read.period("dataPeriod")
    labels, purposes, classes = read.codings("securityLabel"), read.codings("purpose"), read.codings("class")
    codes = read.concepts("code")
    unclear = len(faults) > before
    below = _children_of(node, faults, place)
    return Provision(
        permits=node.get("type") == "permit" and not modified,
        unclear=unclear,
        period=period,
        actors=actors,
        actions=actions,
        labels=labels,
        purposes=purposes,
        classes=classes,
        codes=codes,
        data_period=data_period,
        data=data,
        children=tuple(
            _provision(child, zone, faults, f"{place}.provision[{number}]", modified)
            if isinstance(child, Mapping)
            else DENY_ALL
            for number, child in enumerate(below)
        ),
    )


def _children_of(node: Mapping[str, object], faults: list[Fault], place: str) -> Sequence[object]:
    """What stands below a node. What cannot be read there may have been a denial, and is read as one."""
    if "provision" not in node:
        return ()
    below = node["provision"]
    rows: Sequence[object] = below if isinstance(below, list | tuple) else (None,)
    if not rows or not all(isinstance(child, Mapping) for child in rows):
        faults.append(Fault("CONSENT_ELEMENT_INVALID", f"{place}.provision"))
    return rows


class _Reader:
    """Reads the elements of one provision; each fault goes to the list handed in."""

    __slots__ = ("faults", "node", "place", "zone")

    def __init__(self, node: Mapping[str, object], zone: tzinfo, faults: list[Fault], place: str) -> None:
        self.node, self.zone, self.faults, self.place = node, zone, faults, place

    def fault(self, code: str, name: str) -> None:
        self.faults.append(Fault(code, f"{self.place}.{name}"))

    def rows(self, name: str) -> list[Mapping[str, object]]:
        """The objects of a repeating element. A wrongly shaped one is a fault, and no limit for a denial."""
        if name not in self.node:
            return []
        value = self.node[name]
        found = [row for row in value if isinstance(row, Mapping)] if isinstance(value, list | tuple) else []
        if not isinstance(value, list | tuple) or not value or len(found) < len(value):
            self.fault("CONSENT_ELEMENT_INVALID", name)
            return []
        if any("modifierExtension" in row for row in found):
            self.fault("CONSENT_MODIFIED", name)
            return []
        return found

    def period(self, name: str) -> Span | None:
        if name not in self.node:
            return None
        found = read_period(self.node[name], self.zone)
        if found is None:
            self.fault("CONSENT_PERIOD_INVALID", name)
        return found

    def codings(self, name: str) -> tuple[Coding, ...]:
        found = [coding_of(row) for row in self.rows(name)]
        if None in found:
            self.fault("CONSENT_CODE_INVALID", name)
            return ()
        return tuple(coding for coding in found if coding is not None)

    def concepts(self, name: str) -> tuple[Concept, ...]:
        found = []
        for row in self.rows(name):
            codings, words = codings_of(row), row.get("text")
            if codings is None or not (codings or isinstance(words, str)):
                self.fault("CONSENT_CODE_INVALID", name)
                return ()
            found.append(Concept(codings, None if codings else clean_text(words)))
        return tuple(found)

    def actions(self) -> tuple[str, ...]:
        found: list[str] = []
        for concept in self.concepts("action"):
            known = [coding.code for coding in concept.codings if coding.system in ACTION_SYSTEMS]
            found.extend(known or [UNKNOWN_CODE])
        return tuple(found)

    def actors(self) -> tuple[Actor, ...]:
        return tuple(_actor(row) for row in self.rows("actor"))

    def data(self) -> tuple[InstanceRule, ...]:
        found = []
        for row in self.rows("data"):
            meaning, references = row.get("meaning"), _references([row.get("reference")])
            if not isinstance(meaning, str) or meaning not in MEANINGS:
                self.fault("CONSENT_CODE_INVALID", "data.meaning")
                return ()
            corrected = tuple(_references(corrected_as(row)))
            found.append(InstanceRule(meaning, references[0] if references else None, corrected))
        return tuple(found)


def _actor(row: Mapping[str, object]) -> Actor:
    """Who is named, and on which side; a role that is not known is on neither. Consent-semantics section 4."""
    role = row.get("role")
    codings = codings_of(role) if "role" in row else ()
    codes = {one.code if one.system in ROLE_SYSTEMS else UNKNOWN_CODE for one in codings} if codings else {""}
    if codings is None or (not codings and isinstance(role, Mapping) and role.get("text")):
        part = "unknown"
    elif codes == {"DELEGATEE"}:
        part = "delegatee"
    elif codes <= RECIPIENT_ROLES:
        part = "recipient"
    else:
        part = "discloser" if codes <= DISCLOSER_ROLES else "unknown"
    holder = row.get("reference")
    if not isinstance(holder, Mapping):
        return Actor(part)
    found = _references([holder])
    if found:
        return Actor(part, reference=found[0])
    if isinstance(holder.get("identifier"), Mapping):
        return Actor(part, identifier=_child_identifier(holder))
    return Actor(part, words=clean_text(holder.get("display")))


def _child_identifier(holder: object) -> Identifier | None:
    """The identifier of a Reference, where it has a system and a value."""
    identifier = holder.get("identifier") if isinstance(holder, Mapping) else None
    if not isinstance(identifier, Mapping):
        return None
    system, value = clean_text(identifier.get("system")), clean_text(identifier.get("value"))
    return Identifier(system, value) if system and value else None


def _performers(holders: object) -> list[str]:
    """Who signed: by reference, else by `system|value`; `UNKNOWN_CODE` for one named in words, who is nobody known."""
    if holders is None:
        return []
    rows = holders if isinstance(holders, list | tuple) else [None]
    return [(_references([row]) or [_number_of(row)])[0] for row in rows]


def _number_of(holder: object) -> str:
    identifier = _child_identifier(holder)
    return f"{identifier.system}|{identifier.value}" if identifier is not None else UNKNOWN_CODE


def _references(holders: object) -> list[str]:
    """The references of a list of Reference elements, without versions."""
    found = []
    for holder in holders if isinstance(holders, Sequence) and not isinstance(holders, str) else ():
        reference = clean_text(holder.get("reference")) if isinstance(holder, Mapping) else None
        if reference:
            found.append(plain_reference(reference))
    return found
