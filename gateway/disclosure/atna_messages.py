"""An AuditEvent as the DICOM audit message that ATNA's syslog feed carries (ITI-20; DICOM PS3.15 A.5), and its frame.

FHIR's AuditEvent was made of that message, element by element; so there is one source of what is told (`audit_events`),
and the feed says the same in the older form: ids and codes, no labels, no names of organizations, no values asked for;
of whoever got something outside the gateway only that it was `outside`.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping
from typing import Any
from xml.etree.ElementTree import Element, SubElement, tostring

from gateway.disclosure.atna_resources import UNSAID
from gateway.disclosure.audit_events import OUTSIDER
from gateway.resources.xml_names import NOT_XML

Json = Mapping[str, Any]
MESSAGE_ID = "IHE+RFC-3881"
"""MSGID of ITI-20 in the syslog header."""
_PRIORITY = 10 * 8 + 5
"""RFC 5424: facility 10 (security), severity 5 (notice), as ITI-20 asks."""
_BOM = b"\xef\xbb\xbf"
_DCM, _RFC_3881 = "DCM", "RFC-3881"
_SYSTEMS = {"http://dicom.nema.org/resources/ontology/DCM": _DCM}
_PATIENT, _QUERY, _URI = ("2", "Patient Number"), ("10", "Search Criteria"), ("12", "URI")
_SYSTEM_OBJECT, _SECURITY_RESOURCE = "2", "13"
_MOST_OBJECTS = 60
"""Objects told one by one: a message stays under the 32 KiB that every repository of ITI-20 takes."""


def syslog_frame(event: Json, host: str) -> bytes:
    """One message of RFC 5424 in the frame of RFC 5425, for an AuditEvent; `host` is who sends."""
    header = f"<{_PRIORITY}>1 {event['recorded']} {host} warm-handoff - {MESSAGE_ID} - "
    message = header.encode("ascii", "replace") + _BOM + audit_message(event)
    return str(len(message)).encode() + b" " + message


def audit_message(event: Json) -> bytes:
    """The AuditMessage, UTF-8. Its security resource of the form `urn:warm-handoff:audit:…` is the same when it is sent
    again, and no other's.
    """
    root = Element("AuditMessage")
    _event(root, event)
    for agent in event["agent"]:
        _participant(root, agent)
    source = event["source"]
    identified = SubElement(root, "AuditSourceIdentification", AuditSourceID=_who(source["observer"]))
    identified.set("AuditEnterpriseSiteID", source["site"])
    for kind in source["type"]:
        SubElement(identified, "AuditSourceTypeCode", {"csd-code": kind["code"]})
    entities = event.get("entity", ())
    for entity in entities[:_MOST_OBJECTS]:
        _object(root, entity)
    own = _named_object(
        root, f"urn:warm-handoff:audit:{event['id']}", (_SYSTEM_OBJECT, _SECURITY_RESOURCE), _URI
    )
    if len(entities) > _MOST_OBJECTS:
        _detail(own, "not listed", str(len(entities) - _MOST_OBJECTS))
    for node in root.iter():  # a name may hold what no XML can
        node.attrib.update({name: _in_xml(value) for name, value in node.attrib.items()})
        node.text = node.text and _in_xml(node.text)
    written: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return written


def _event(root: Element, event: Json) -> None:
    made = SubElement(
        root,
        "EventIdentification",
        EventActionCode=event["action"],
        EventDateTime=event["recorded"],
        EventOutcomeIndicator=event["outcome"],
    )
    subtypes = event.get("subtype", ())
    is_query = event["type"]["code"] == "rest" and any(one["code"] == "search-type" for one in subtypes)
    kind = {"system": _DCM, "code": "110112", "display": "Query"} if is_query else event["type"]
    _coded(made, "EventID", kind)
    for subtype in subtypes:
        _coded(made, "EventTypeCode", subtype)
    if event.get("outcomeDesc"):
        SubElement(made, "EventOutcomeDescription").text = event["outcomeDesc"]
    for coding in _codings(event.get("purposeOfEvent", ())):
        _coded(made, "PurposeOfUse", coding)


def _participant(root: Element, agent: Json) -> None:
    requests = "true" if agent["requestor"] else "false"
    made = SubElement(root, "ActiveParticipant", UserID=_who(agent["who"]), UserIsRequestor=requests)
    if "network" in agent:
        made.set("NetworkAccessPointID", agent["network"]["address"])
        made.set("NetworkAccessPointTypeCode", agent["network"]["type"])
    for coding in agent["type"]["coding"]:
        _coded(made, "RoleIDCode", coding)


def _object(root: Element, entity: Json) -> None:
    kind, role = entity["type"]["code"], entity.get("role", {}).get("code", "")
    about = entity.get("what", {})
    if "query" in entity:
        made = _named_object(root, "query", (kind, role), _QUERY)
        SubElement(made, "ParticipantObjectQuery").text = entity["query"]
    elif kind.isdigit():
        made = _named_object(root, _who(about), (kind, role), _PATIENT if role == "1" else _URI)
    else:  # a FHIR type stands for what it is
        made = _named_object(
            root, _who(about), (_SYSTEM_OBJECT, role), (kind, kind), entity["type"]["system"]
        )
    for detail in entity.get("detail", ()):
        _detail(made, detail["type"], detail["valueString"])


def _named_object(
    root: Element, named: str, kind: tuple[str, str], of: tuple[str, str], system: str = _RFC_3881
) -> Element:
    made = SubElement(root, "ParticipantObjectIdentification", ParticipantObjectID=named)
    made.set("ParticipantObjectTypeCode", kind[0])
    if kind[1]:
        made.set("ParticipantObjectTypeCodeRole", kind[1])
    _coded(made, "ParticipantObjectIDTypeCode", {"code": of[0], "display": of[1], "system": system})
    return made


def _detail(made: Element, kind: str, value: str) -> None:
    encoded = base64.b64encode(_in_xml(value).encode()).decode()
    SubElement(made, "ParticipantObjectDetail", type=kind, value=encoded)


def _coded(made: Element, name: str, coding: Json) -> None:
    system: str = coding.get("system", "")
    text: str = coding.get("display") or coding["code"]
    SubElement(
        made,
        name,
        {"csd-code": coding["code"], "codeSystemName": _SYSTEMS.get(system, system), "originalText": text},
    )


def _codings(concepts: Iterable[Json]) -> Iterable[Json]:
    return (coding for concept in concepts for coding in concept["coding"])


def _who(what: Json) -> str:
    """Who or what, by its id alone."""
    identifier = what.get("identifier")
    if identifier is None:
        return str(what["reference"])
    if identifier["system"] == OUTSIDER:
        return UNSAID
    prefix = f"{identifier['system']}:" if identifier["system"].endswith(("sha256", "message")) else ""
    return f"{prefix}{identifier['value']}"


def _in_xml(text: str) -> str:
    return NOT_XML.sub("\ufffd", text)
