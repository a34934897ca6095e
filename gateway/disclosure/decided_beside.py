"""Records that are shown only beside others: a Provenance with what it is of, a Binary with a document that names it.

Each is decided like any record, in one question with those others; then it is shown only where they are as well. A
Provenance would else tell that there is something which is withheld, and a Binary is the content of its document.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from gateway.store import Reading, Record, records

PROVENANCE, BINARY, _DOCUMENT = "Provenance", "Binary", "DocumentReference"
_NEEDING = frozenset({PROVENANCE, BINARY})
_NAME = re.compile(r"(?:.*/)?([A-Z][A-Za-z]{1,63})/([A-Za-z0-9\-.]{1,64})(?:/_history/[A-Za-z0-9\-.]{1,64})?")
Resource = Mapping[str, Any]


def needing(found: Sequence[Record], partner: str) -> list[Record]:
    """Those of the records that `partner` may be shown only beside others; what it alone has written needs nothing."""
    return [one for one in found if one.resource_type in _NEEDING and set(one.sources) != {partner}]


def decided_beside(reading: Reading, found: Sequence[Record], those: Sequence[Record]) -> tuple[Record, ...]:
    """What of the same patient has to be decided along with `those` of the records found, and is not among them."""
    known = {record.reference for record in found}
    beside = {
        other.reference: other
        for record in those
        for other in _needed(reading, record)
        if not other.deleted and other.patient_id == record.patient_id and other.reference not in known
    }
    return tuple(beside[name] for name in sorted(beside))


def may_stand(
    resource: Resource, source: str, shown: Sequence[tuple[str, Resource]], patient_id: str
) -> bool:
    """Whether `resource` may be shown beside what is `shown`, each with its source: all that a Provenance is of,
    a document of a Binary. Nobody makes a paper of another's be shown by a document of its own.
    """
    if resource["resourceType"] == PROVENANCE:
        names = {f"{one['resourceType']}/{one['id']}" for _, one in shown} | {f"Patient/{patient_id}"}
        return names.issuperset(_targets(resource))
    if resource["resourceType"] == BINARY:
        return any(theirs == source and _has_document(one, str(resource["id"])) for theirs, one in shown)
    return True


def _needed(reading: Reading, record: Record) -> Iterator[Record]:
    if record.resource_type == PROVENANCE:
        for name in _targets(record.resource):
            kind, _, record_id = name.partition("/")
            target = records.get(reading, kind, record_id) if record_id else None
            if target is not None:
                yield target
    elif record.patient_id is not None:
        for document in records.of_patient(reading, record.patient_id, (_DOCUMENT,)):
            if _has_document(document.resource, record.id):
                yield document


def _targets(provenance: Resource) -> Iterable[str]:
    """`Type/id` of all it is of; what names nothing that can be looked up is a name that nothing has."""
    for target in provenance.get("target", ()):
        match = _NAME.fullmatch(str(target.get("reference", "")))
        yield f"{match[1]}/{match[2]}" if match else ""


def _has_document(resource: Resource, binary_id: str) -> bool:
    """Whether it is a document whose content is that Binary."""
    if resource["resourceType"] != _DOCUMENT:
        return False
    addresses = (one.get("attachment", {}).get("url", "") for one in resource.get("content", ()))
    named = (_NAME.fullmatch(str(address)) for address in addresses)
    return any(match is not None and match.groups() == (BINARY, binary_id) for match in named)
