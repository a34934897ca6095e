"""Identity: which network patient a partner's patient is."""

from gateway.identity.described import description_keys, identifiers_of, match_keys, names_of, numbers_of
from gateway.identity.match import IDENTIFIER, Identified, identify
from gateway.identity.mentioned import Mentions, mentions_of, read_words
from gateway.identity.review import Candidate, candidates

__all__ = [
    "IDENTIFIER",
    "Candidate",
    "Identified",
    "Mentions",
    "candidates",
    "description_keys",
    "identifiers_of",
    "identify",
    "match_keys",
    "mentions_of",
    "names_of",
    "numbers_of",
    "read_words",
]
