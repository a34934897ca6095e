"""Of which versions what was released was made, as FHIR Provenance: for the inside alone, it leaves with none of it.

Made of an audit entry: only what was released is named, as target and, in the version that was read, as source.
"""

from __future__ import annotations

from typing import Any

from gateway.audit import LoggedEntry
from gateway.partners import Network

_LIFECYCLE = "http://terminology.hl7.org/CodeSystem/iso-21089-lifecycle"
_RELEASED = {"disclose": "disclose", "redact": "transform"}
"""By what was done to a resource: as it was, or with parts removed."""

Json = dict[str, Any]


def provenances(logged: LoggedEntry, network: Network) -> tuple[Json, ...]:
    """One for each resource that an entry says was decided and released; none for any other entry."""
    entry = logged.entry
    if entry is None or entry.kind != "disclose":
        return ()
    gateway = {"identifier": {"system": "urn:warm-handoff:network", "value": network.content.network}}
    found = []
    for number, (row, read) in enumerate(zip(entry.resources, entry.read, strict=False)):
        if row.outcome not in _RELEASED:
            continue
        kind, _, own_id = row.reference.partition("/")
        other_id, _, version = read.rpartition("/")
        source = {"reference": f"{kind}/{other_id or own_id}/_history/{version}"}
        found.append(
            {
                "resourceType": "Provenance",
                "id": f"entry-{logged.row.seq}-{number}",
                "target": [{"reference": row.reference}],
                "recorded": entry.at,
                "activity": {"coding": [{"system": _LIFECYCLE, "code": _RELEASED[row.outcome]}]},
                "agent": [{"who": {"type": "Device", **gateway}}],
                "entity": [{"role": "source", "what": source}],
            }
        )
    return tuple(found)
