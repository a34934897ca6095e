"""Identity: which network patient a partner's patient is."""

from gateway.identity.described import identifiers_of, match_keys
from gateway.identity.match import IDENTIFIER, Identified, identify

__all__ = ["IDENTIFIER", "Identified", "identifiers_of", "identify", "match_keys"]
