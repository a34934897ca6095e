"""Identity: which network patient a partner's patient is."""

from gateway.identity.match import IDENTIFIER, Identified, identifiers_of, identify, match_keys

__all__ = ["IDENTIFIER", "Identified", "identifiers_of", "identify", "match_keys"]
