"""Who is asking, once the bearer token has been checked."""

from __future__ import annotations

from dataclasses import dataclass, field

from gateway.resources.searching import Filter


@dataclass(frozen=True, slots=True)
class ScopeLimit:
    """A scope with a search limit: `letters` (r, s) of a type, of what meets all of `filters`."""

    resource_type: str
    letters: str
    filters: tuple[Filter, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Caller:
    """A partner's system with a checked token.

    `purpose` is one code of the v3-ActReason code system and was bound to the token when it was issued;
    `scopes` are SMART scopes in version 2 form (`system/CarePlan.rs`); `token_id` is the token's `jti`.
    A scope is never consent: it only narrows what the caller may ask for. `media`: as which FHIR is written to it.
    `certificate`: SHA-256 (hex) of the one that its token is bound to; empty for a token that is bound to none.
    `key_id`: the key that signed the statement for which it got its token; empty where there was none.
    `base`: the address of the API that it asked, for the addresses in its answers.
    `limits`: what its scopes with a search limit mean; one that is not among them opens nothing.
    """

    partner: str
    client_id: str
    purpose: str
    scopes: frozenset[str]
    token_id: str
    media: str = "application/fhir+json"
    limits: tuple[ScopeLimit, ...] = ()
    certificate: str = ""
    base: str = field(default="", compare=False)
    key_id: str = ""

    @property
    def credentials(self) -> tuple[str, ...]:
        """By which it asks, for the audit log: client id, key and certificate. Empty where its key is not known."""
        known = (self.client_id, self.key_id, self.certificate)
        return tuple(one for one in known if one) if self.key_id else ()
