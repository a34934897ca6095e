"""What an operator sets outside `network.yaml`: where things are and how large they may grow.

The only place that reads the environment. Every setting is an environment variable with the prefix
`HANDOFF_`. Keys and other secrets are never in the environment, which every child process and crash report
shows: they are files, read by `read_secret`.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, StringConstraints, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

_KIB = 1024
_MIB = 1024 * _KIB
_KEY_LIMIT_BYTES = 64 * _KIB

MailAddress = r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9.-]{1,255}"
HostPort = Annotated[str, StringConstraints(pattern=r"^(\[[0-9a-fA-F:]+\]|[A-Za-z0-9._-]+):\d{1,5}$")]


class SettingsRefused(ValueError):
    """A setting or a secret's file cannot be used as it is. The text names it and never its value."""


class Settings(BaseSettings):
    """One deployment's settings. Command-line options win over these."""

    model_config = SettingsConfigDict(env_prefix="HANDOFF_", frozen=True, extra="forbid")

    network: Path = Field(default=Path(), description="folder that holds network.yaml")
    store: str = Field(default="", description="store URL; empty means handoff.db in the network's folder")
    store_password: Path | None = Field(
        default=None, description="file of the password to the PostgreSQL database"
    )
    keys: Path | None = Field(default=None, description="folder of the keys; none means as network.yaml says")
    http: HostPort | None = Field(
        default=None, description="HOST:PORT where HTTP is served; none means as network.yaml says"
    )
    mllp: HostPort | None = Field(
        default=None,
        description="HOST:PORT where the network's first MLLP listener serves; none means as network.yaml says",
    )
    workers: int = Field(default=1, ge=1, le=64, description="processes; more than 1 needs PostgreSQL")
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="least level logged"
    )
    mllp_frame_bytes: int = Field(
        default=16 * _MIB, ge=_KIB, description="largest MLLP frame taken, in bytes"
    )
    mllp_idle_seconds: float = Field(
        default=300, gt=0, description="an MLLP connection silent for so long is closed"
    )
    http_body_bytes: int = Field(default=8 * _MIB, ge=_KIB, description="largest HTTP body taken, in bytes")
    http_client_rate: float = Field(
        default=100,
        gt=0,
        description="requests a second that one client may send; five times as many at once",
    )
    tls_proxies: str = Field(
        default="",
        pattern=r"^([0-9a-fA-F.:]{2,45}(, ?[0-9a-fA-F.:]{2,45})*)?$",
        description="addresses of the proxies whose `Client-Cert` header counts, with commas; empty: nobody's",
    )
    metrics_token: Path | None = Field(
        default=None, description="file of the token by which a monitor sees depths and ages on /metrics"
    )
    message_days: int = Field(
        default=0,
        ge=0,
        description="the bytes of a settled message are destroyed after so many days; 0: never",
    )
    held_days: int = Field(
        default=90,
        ge=0,
        description="what was held for a consent or an identity ends after so many days; 0: never",
    )
    refused_days: int = Field(
        default=365,
        ge=0,
        description="the bytes of a refused message that nobody corrected are destroyed after so many days; 0: never",
    )
    alert_to: str = Field(
        default="",
        pattern=rf"^({MailAddress}(, ?{MailAddress})*)?$",
        description="whom to mail about what calls for a person, with commas; empty: nobody",
    )
    alert_from: str = Field(
        default="", pattern=rf"^({MailAddress})?$", description="whose address such a mail bears"
    )
    alert_smtp: HostPort | None = Field(default=None, description="the mail server they are handed to")
    alert_tls: Literal["starttls", "tls", "none"] = Field(
        default="starttls", description="how its line is encrypted; none on this machine only"
    )
    alert_ca: Path | None = Field(
        default=None, description="file of the authorities of its certificate; none: the system's"
    )
    alert_user: str = Field(default="", description="the user to log in there as; empty: no login")
    alert_password: Path | None = Field(default=None, description="file of that user's password")
    oidc_issuer: str = Field(
        default="",
        pattern=r"^(https://\S{1,500}|http://(localhost|127\.0\.0\.1)(:\d{1,5})?(/\S{0,200})?)?$",
        description="the OpenID provider at which people of the console log in; empty: by link alone",
    )
    oidc_client: str = Field(
        default="", max_length=200, description="the client id that the provider knows the console by"
    )
    oidc_secret: Path | None = Field(default=None, description="file of that client's secret")
    oidc_claim: str = Field(
        default="roles", min_length=1, max_length=200, description="the claim with roles; parts with dots"
    )
    oidc_roles: str = Field(
        default="",
        pattern=r"^([^=;\s][^=;]{0,199}=(compliance_officer|auditor)(;\s?|$))*$",
        description="`value=role;value=role`, the first that fits: what the claim says, and the role here",
    )
    oidc_ca: Path | None = Field(
        default=None, description="file of the authorities of the provider's certificate; none: the system's"
    )
    atna_to: HostPort | None = Field(
        default=None,
        description="audit record repository (syslog over TLS) that is told the log; none: nobody",
    )
    atna_fhir: str = Field(
        default="",
        pattern=r"^(https://\S{1,500})?$",
        description="FHIR base of an audit record repository that is told the log; empty: nobody",
    )
    atna_ca: Path | None = Field(
        default=None, description="file of the authorities of its certificate; none: the system's"
    )
    atna_certificate: Path | None = Field(
        default=None, description="file of the certificate that the gateway shows it; none: it shows none"
    )
    atna_key: Path | None = Field(default=None, description="file of that certificate's key")
    stop_seconds: float = Field(default=8, gt=0, lt=10, description="time to finish after SIGTERM")


def read_settings(**given: object) -> Settings:
    """The settings of this process. What is `given` and not None (command-line options) wins.

    Raises SettingsRefused, naming the setting and the rule it breaks, never its value.
    """
    unknown = _unknown_names(os.environ)
    if unknown:
        raise SettingsRefused(f"`{unknown[0]}` is no setting; the known ones are in deploy/runbook.md")
    try:
        return Settings(**{name: value for name, value in given.items() if value is not None})  # type: ignore[arg-type]
    except ValidationError as refused:
        first = refused.errors(include_url=False, include_input=False, include_context=False)[0]
        name = "_".join(str(part) for part in first["loc"]).upper()
        broken = first["msg"].lower()
        if first["type"] == "string_pattern_mismatch":  # a pattern tells people nothing
            broken = f"is not in the form of {Settings.model_fields[name.lower()].description}"
        raise SettingsRefused(f"`HANDOFF_{name}`: {broken}") from None


def environment_without_settings() -> dict[str, str]:
    """The environment without settings of ours, for a process that is to stand for itself."""
    return {name: value for name, value in os.environ.items() if not name.startswith("HANDOFF_")}


def service_manager() -> str | None:
    """The socket at which systemd waits to be told that the service is ready (sd_notify(3)); None without one."""
    return os.environ.get("NOTIFY_SOCKET")


def _unknown_names(environment: Mapping[str, str]) -> tuple[str, ...]:
    """Names with our prefix that are no setting, so that a typing error is not silently the default."""
    known = {f"HANDOFF_{name.upper()}" for name in Settings.model_fields}
    return tuple(sorted(name for name in environment if name.startswith("HANDOFF_") and name not in known))


def read_secret(path: Path) -> bytes:
    """The content of a secret's file, without the white space around it.

    Raises SettingsRefused when the file is absent, empty, over 64 KiB, or open to other users of the machine.
    """
    try:
        status = path.stat()
    except OSError:
        raise SettingsRefused(f"secret file `{path.name}` cannot be read") from None
    if stat.S_IMODE(status.st_mode) & 0o007:
        raise SettingsRefused(f"secret file `{path.name}` is open to other users: chmod 600 it")
    if status.st_size > _KEY_LIMIT_BYTES:
        raise SettingsRefused(f"secret file `{path.name}` is over 64 KiB")
    try:
        content = path.read_bytes().strip()
    except OSError:
        raise SettingsRefused(f"secret file `{path.name}` cannot be read") from None
    if not content:
        raise SettingsRefused(f"secret file `{path.name}` is empty")
    return content
