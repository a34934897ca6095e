"""The OpenID provider at which people of the console log in, from the operator's settings."""

from __future__ import annotations

import ssl
from functools import partial
from typing import TYPE_CHECKING

import httpx

from gateway.disclosure.premises import Premises
from gateway.settings import Settings, SettingsRefused, read_secret

if TYPE_CHECKING:  # the console is read in late, and what is wrong with its settings is told at the start
    from gateway.console.provider import Provider, UseOnce

ANSWER_PATH = "/console/oidc/answer"


def provider_of(
    settings: Settings, premises: Premises, key: bytes, use_once: UseOnce, public_url: str
) -> Provider | None:
    """The provider, or None where none is set up. Raises SettingsRefused for one that is set up by half."""
    from gateway.console.provider import Provider, ProviderSettings

    require_provider(settings, public_url)
    if not settings.oidc_issuer or settings.oidc_secret is None:
        return None
    known = ProviderSettings(
        issuer=settings.oidc_issuer,
        client_id=settings.oidc_client,
        secret=read_secret(settings.oidc_secret),
        claim=settings.oidc_claim,
        roles=_roles(settings.oidc_roles),
        answer_at=f"{public_url.rstrip('/')}{ANSWER_PATH}",
    )
    context = partial(ssl.create_default_context, cafile=settings.oidc_ca)
    return Provider(
        known,
        key=key,
        clock=premises.clock,
        transport=lambda: httpx.AsyncHTTPTransport(verify=context()),
        use_once=use_once,
    )


def require_provider(settings: Settings, public_url: str) -> None:
    """Raises SettingsRefused for a provider that is set up by half."""
    if not settings.oidc_issuer:
        return
    if not settings.oidc_client or settings.oidc_secret is None:
        raise SettingsRefused("`HANDOFF_OIDC_CLIENT` and `HANDOFF_OIDC_SECRET` must be set with the issuer")
    read_secret(settings.oidc_secret)
    if not settings.oidc_roles:
        raise SettingsRefused("`HANDOFF_OIDC_ROLES` must say who gets in: nobody would")
    if not public_url:
        raise SettingsRefused("`public_url` of network.yaml must be set for a login at a provider")


def _roles(written: str) -> tuple[tuple[str, str], ...]:
    pairs = (one.strip().partition("=") for one in written.split(";") if one.strip())
    return tuple((value.strip(), role.strip()) for value, _, role in pairs)
