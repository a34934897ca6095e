"""The order in which CDA R2 wants elements (schema POCD_MT000040), and the codes that a kind of entry always has."""

from __future__ import annotations

from functools import lru_cache

from mappings.syntax.ccda import Node, has_text


def _names(text: str) -> list[str]:
    return text.split()


_HEADER = _names(
    "realmCode typeId templateId id code title effectiveTime confidentialityCode languageCode setId versionNumber"
    " copyTime recordTarget author dataEnterer informant custodian informationRecipient legalAuthenticator"
    " authenticator participant inFulfillmentOf documentationOf relatedDocument authorization componentOf component"
)
_STATEMENT = _names(
    "realmCode typeId templateId id code derivationExpr title text statusCode effectiveTime confidentialityCode"
    " priorityCode repeatNumber languageCode value interpretationCode methodCode routeCode approachSiteCode"
    " targetSiteCode doseQuantity rateQuantity maxDoseQuantity administrationUnitCode consumable product subject"
    " specimen performer author informant participant entryRelationship reference precondition referenceRange"
    " entry component"
)
_ROLE = _names(
    "templateId functionCode time signatureCode id code addr telecom patient assignedPerson associatedPerson"
    " assignedAuthoringDevice guardianPerson playingDevice playingEntity scopingEntity informationRecipient"
    " representedOrganization receivedOrganization providerOrganization scopingOrganization assignedAuthor"
    " assignedEntity associatedEntity participantRole"
)
_ORGANIZATION = _names("templateId id name telecom addr standardIndustryClassCode")
_PATIENT = _names(
    "id name administrativeGenderCode birthTime maritalStatusCode religiousAffiliationCode raceCode sdtc:raceCode"
    " ethnicGroupCode guardian birthplace languageCommunication"
)
_CODE = _names("originalText qualifier translation low center width high")
_ORDERS = {
    "ClinicalDocument": _HEADER,
    "patient": _PATIENT,
    "languageCommunication": _names("languageCode modeCode proficiencyLevelCode preferenceInd"),
    "code": _CODE,
    "value": _CODE,
    "effectiveTime": _CODE,
    "manufacturedProduct": _names("templateId id manufacturedMaterial manufacturerOrganization"),
    "organizer": [name for name in _STATEMENT if name not in ("entry",)],
}
_STATEMENTS = frozenset(
    _names("section act observation encounter procedure substanceAdministration supply organizer")
)
_CLASSES = {
    "act": "ACT",
    "observation": "OBS",
    "encounter": "ENC",
    "procedure": "PROC",
    "substanceAdministration": "SBADM",
    "supply": "SPLY",
    "organizer": "CLUSTER",
    "manufacturedProduct": "MANU",
}


def _order_of(name: str) -> list[str]:
    known = _ORDERS.get(name)
    if known is not None:
        return known
    if name in _STATEMENTS:
        return _STATEMENT
    return _ORGANIZATION if name.endswith("Organization") else _ROLE


@lru_cache(maxsize=256)
def _ranks(name: str) -> dict[str, int]:
    """Of each element that one of this name may hold, how far behind it stands."""
    return {inner: number for number, inner in enumerate(_order_of(name))}


def put_in_order(node: Node, skeleton: object = None) -> None:
    """Sort the elements as the schema wants them, or as a skeleton (of the document they come from) has them."""
    if isinstance(skeleton, list) and len(skeleton) > 1:
        if isinstance(skeleton[1], dict):
            node.attributes = {**skeleton[1], **node.attributes}
        _as_it_was(node, skeleton)
        return
    content = node.content
    if len(content) > 1 and not has_text(content):
        rank = _ranks(node.name)
        last = len(rank)
        content.sort(key=lambda item: rank.get(item.name, last) if isinstance(item, Node) else -1)
    for child in content:
        if isinstance(child, Node) and child.content:
            put_in_order(child)


def _as_it_was(node: Node, skeleton: list[object]) -> None:
    """The content in the order of the skeleton: names, lists that begin with a name, and 0 for text."""
    texts = [item for item in node.content if isinstance(item, str) and item.strip()]
    left = node.elements()
    ordered: list[Node | str] = []
    for item in skeleton[1:]:
        if isinstance(item, dict):
            continue
        name = item[0] if isinstance(item, list) and item else item
        if name == 0:
            ordered += texts[:1]
            texts = texts[1:]
            continue
        position = next((i for i, child in enumerate(left) if child.name == name), None)
        if position is None:
            continue
        child = left.pop(position)
        put_in_order(child, item if isinstance(item, list) else None)
        ordered.append(child)
    for child in left:
        put_in_order(child)
    node.content = [*ordered, *texts, *left]


def with_class_and_mood(node: Node) -> None:
    """Write the class code of each entry, and its mood where no row says it: an event."""
    known = _CLASSES.get(node.name)
    if known is not None:
        node.attributes = {"classCode": known, **node.attributes}
        if node.name != "manufacturedProduct":
            node.attributes.setdefault("moodCode", "EVN")
    for child in node.content:
        if isinstance(child, Node):
            with_class_and_mood(child)
