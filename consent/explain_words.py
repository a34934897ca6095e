"""The sentences of `explain`, by reason code and language. A further language is one more file beside this
one.

Placeholders: `{recipient}` `{purposes}` `{consent}` `{code}` `{value}`. No sentence names content of a
record.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Because:
    """Why, and what would have to be different (empty: nothing that a consent or a record can change)."""

    sentence: str
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class Words:
    """All sentences of one language."""

    language: str
    phrases: Mapping[str, str]
    reasons: Mapping[str, Because]
    obligations: Mapping[str, str]

    def reason(self, code: str) -> Because:
        """The sentence for a reason code; a code of a rule pack that has none of its own gets the general
        one.
        """
        return self.reasons.get(code) or Because(self.phrases["reason"], self.phrases["reason_remedy"])
