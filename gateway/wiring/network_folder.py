"""The folder of one network: `network.yaml`, the keys, and (in a starting network) test clients' private keys."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from joserfc.jwk import ECKey

from gateway.errors import NotNow, NotSupported, NotUnderstood
from gateway.partners import Network, clients_wanted, read_network, starter_yaml
from gateway.security.keys import Keys, make_keys, read_keys
from gateway.security.tokens import TokenKey, new_token_key, read_token_key
from gateway.settings import read_secret, read_settings

TOKEN_KEY = "token.pem"  # noqa: S105  # a file name
STORE_FILE = "handoff.db"


@dataclass(frozen=True, slots=True)
class NetworkFolder:
    """A network with its keys, as read from one folder."""

    path: Path
    network: Network
    keys: Keys = field(repr=False)
    token_key: TokenKey = field(repr=False)
    keys_folder: Path = Path()

    @property
    def store_url(self) -> str:
        """The store beside the network file."""
        return f"sqlite:///{STORE_FILE}"


def open_folder(path: Path, keys: Path | None = None) -> NetworkFolder:
    """The network in `path`; its keys are in `keys`, else where `HANDOFF_KEYS` says, else where the network file says.

    Raises NetworkFileRefused, SettingsRefused.
    """
    network = read_network(path)
    folder = keys or read_settings().keys or path / network.content.keys
    found = read_keys(folder)
    return NetworkFolder(path, network, found, read_token_key(read_secret(folder / TOKEN_KEY)), folder)


def make_network_folder(
    path: Path, sink: str | None, addresses: Mapping[str, str] | None = None
) -> tuple[str, ...]:
    """Write a starting network with new test keys into `path`; the ids of its partners.

    `sink` is where FHIR partners receive; `addresses` gives single partners an address of their own.

    Raises NotNow `FOLDER_IN_USE` when there is a network already: nothing is ever overwritten.
    """
    if (path / "network.yaml").exists() or (path / "keys").exists():
        raise NotNow("FOLDER_IN_USE", "holds a network already; choose an empty folder", str(path))
    if sink is not None and not sink.startswith(("http://", "https://")):
        raise NotUnderstood("SINK_ADDRESS", "must begin with `http://` or `https://`", "--sink")
    path.mkdir(parents=True, exist_ok=True)
    make_keys(path / "keys")
    _write_private(path / "keys" / TOKEN_KEY, new_token_key())
    public = {partner: make_client(path / "keys" / "clients", partner) for partner in clients_wanted()}
    (path / "network.yaml").write_text(starter_yaml(public, sink, addresses), encoding="utf-8")
    return tuple(read_network(path).partners)


def client_key(path: Path, network: Network, partner: str) -> ECKey:
    """The private test key of a partner's client. Raises NotSupported `CLIENT_KEY_ABSENT` outside a test network."""
    file = path / network.content.keys / "clients" / f"{partner}.json"
    if not file.is_file():
        raise NotSupported("CLIENT_KEY_ABSENT", "this network holds no test key of that partner", partner)
    return ECKey.import_key(json.loads(file.read_bytes()))


def make_client(folder: Path, partner: str) -> dict[str, str]:
    """A new P-384 key pair; the private half is written for tests, the public half returned for the network file.

    Raises NotNow `CLIENT_KEY_THERE` when there is one of that partner.
    """
    if (folder / f"{partner}.json").exists():
        raise NotNow("CLIENT_KEY_THERE", "is a test key of that partner already; move it away", str(folder))
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    key = ECKey.generate_key("P-384", parameters={"use": "sig", "alg": "ES384"})
    key_id = key.thumbprint()
    private: dict[str, Any] = {**key.as_dict(private=True), "kid": key_id}
    _write_private(folder / f"{partner}.json", json.dumps(private).encode())
    return {name: str(value) for name, value in {**key.as_dict(private=False), "kid": key_id}.items()}


def _write_private(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
