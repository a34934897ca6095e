"""Records that are shown only beside others: a Provenance with what it is of, a Binary with a document that names it.

Each is decided like any record, in one question with those others; then it is shown only where they are as well. A
Provenance would else tell that there is something which is withheld, and a Binary is the content of its document.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from gateway.disclosure.gather import is_durable
from gateway.store import Reading, Record, records

PROVENANCE, BINARY, _DOCUMENT, _PATIENT = "Provenance", "Binary", "DocumentReference", "Patient"
_NEEDING = frozenset({PROVENANCE, BINARY})
_NAME = re.compile(r"(?:.*/)?([A-Z][A-Za-z]{1,63})/([A-Za-z0-9\-.]{1,64})(?:/_history/[A-Za-z0-9\-.]{1,64})?")
Resource = Mapping[str, Any]


def needing(found: Sequence[Record], partner: str) -> list[Record]:
    """Those of the records that `partner` may be shown only beside others; what it alone has written needs nothing."""
    return [one for one in found if one.resource_type in _NEEDING and set(one.sources) != {partner}]


class Documents:
    """Documents by the Binaries that are their content: read once for a patient, however many papers are asked about."""

    def __init__(self) -> None:
        self._kept: dict[tuple[Reading, str], Mapping[str, list[Record]]] = {}

    def of_papers(self, reading: Reading, patient_id: str) -> Mapping[str, list[Record]]:
        """All of hers, by the id of a Binary. What a transaction reads may change under it, and is not kept."""
        known = self._kept.get((reading, patient_id))
        if known is not None:
            return known
        found: dict[str, list[Record]] = {}
        for one in records.of_patient(reading, patient_id, (_DOCUMENT,)):
            for paper in _papers(one.resource):
                found.setdefault(paper, []).append(one)
        if is_durable(reading):
            self._kept[reading, patient_id] = found
        return found


def decided_beside(
    reading: Reading, found: Sequence[Record], those: Sequence[Record], documents: Documents
) -> tuple[Record, ...]:
    """What of the same patient has to be decided along with `those` of the records found, and is not among them."""
    known, hers = {record.reference for record in found}, {record.patient_id for record in those}
    names = {name for one in those if one.resource_type == PROVENANCE for name in _targets(one.resource)}
    parts = (name.partition("/") for name in sorted(names - known) if name)
    wanted = [(kind, record_id) for kind, _, record_id in parts if kind != _PATIENT]  # she is no secret here
    beside = [*records.present(reading, wanted).values()]
    for one in those:
        if one.resource_type == BINARY and one.patient_id is not None:
            beside += documents.of_papers(reading, one.patient_id).get(one.id, ())
    fitting = {one.reference: one for one in beside if not one.deleted and one.patient_id in hers}
    return tuple(fitting[name] for name in sorted(fitting.keys() - known))


def standing(shown: Iterable[tuple[str, Resource]], patient_id: str) -> Callable[[Resource, str], bool]:
    """Whether a resource of a source may be shown beside what is `shown`, each with its source: all that a Provenance is
    of, a document of a Binary. Nobody makes a paper of another's be shown by a document of its own.
    """
    names, papers = {f"{_PATIENT}/{patient_id}"}, set()
    for source, one in shown:
        names.add(f"{one['resourceType']}/{one['id']}")
        papers |= {(source, paper) for paper in _papers(one)}

    def may_stand(resource: Resource, source: str) -> bool:
        if resource["resourceType"] == PROVENANCE:
            return names.issuperset(_targets(resource))
        return resource["resourceType"] != BINARY or (source, str(resource["id"])) in papers

    return may_stand


def _targets(provenance: Resource) -> Iterable[str]:
    """`Type/id` of all it is of; what names nothing that can be looked up is a name that nothing has."""
    for target in provenance.get("target", ()):
        match = _NAME.fullmatch(str(target.get("reference", "")))
        yield f"{match[1]}/{match[2]}" if match else ""


def _papers(resource: Resource) -> Iterable[str]:
    """The ids of the Binaries that are the content of a document; none of what is no document."""
    if resource["resourceType"] != _DOCUMENT:
        return
    for one in resource.get("content", ()):
        match = _NAME.fullmatch(str(one.get("attachment", {}).get("url", "")))
        if match is not None and match[1] == BINARY:
            yield match[2]
