"""A Consent that was signed here, at a desk or on her phone, says what she signed: of a client only its end is taken.

Anything else would be known to be false (42 CFR §2.31(c)).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gateway.disclosure.consent_standing import is_signed_here
from gateway.errors import NotAllowed
from gateway.store import Record


def kept_as_signed(before: Record, wanted: Mapping[str, Any], *, ends: bool) -> Mapping[str, Any]:
    """What a client's new version of a Consent becomes: as it wants it, or of one signed here what she signed, ended.

    Raises NotAllowed `SIGNED_HERE` where that would not be its end.
    """
    if not is_signed_here(before.resource):
        return wanted
    if not ends:
        text = "was signed here: it can be taken back, and what it says is changed by no system"
        raise NotAllowed("SIGNED_HERE", text, "Consent")
    return {**before.resource, "status": wanted["status"]}
