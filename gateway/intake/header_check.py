"""What can be seen to be unacceptable from MSH alone (HL7 v2.5.1 ch. 2.9.2: type, processing id, version).

Such a message is still handed over, to be kept; the answer is AR (CR).
"""

from __future__ import annotations

import re

from gateway.flows.messages import Fault
from gateway.intake.hl7_header import Hl7Header

_VERSION = re.compile(rb"2\.[1-9](?:\.\d)?")


def refusals(header: Hl7Header | None, processing_ids: frozenset[str]) -> tuple[Fault, ...]:
    """Why this header cannot be taken, empty when it can.

    An empty MSH-11 or MSH-12 is let pass: it names nothing that could be wrong.
    """
    if header is None:
        return (Fault("NOT_HL7", "the frame does not begin with `MSH`", "MSH", "100", "MSH^1"),)
    found = []
    mode = header.field(11).split(header.component_sign)[0]
    if mode and mode not in {allowed.encode() for allowed in processing_ids}:
        text = "this processing id is not taken on this port"
        found.append(Fault("PROCESSING_ID_NOT_TAKEN", text, "MSH-11.1", "202", "MSH^1^11^1^1"))
    version = header.field(12).split(header.component_sign)[0]
    if version and not _VERSION.fullmatch(version):
        found.append(
            Fault("VERSION_NOT_TAKEN", "the version is not 2.1 to 2.9", "MSH-12.1", "203", "MSH^1^12^1^1")
        )
    return tuple(found)
