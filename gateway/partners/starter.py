"""The starting network: one partner of each kind, ready to be edited by the integration analyst."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from importlib.resources import files

CLIENT_SCOPES = ("system/*.cruds",)
CLIENT_PURPOSES = ("TREAT", "COC", "HOPERAT", "HPAYMT", "PATRQT", "CAREMGT")


EMERGENCY_CLIENTS, BREAK_GLASS = ("hospital",), "BTG"
"""Who may ask for emergency access in the starting network (42 CFR 2.51): its purpose is registered by itself."""


def clients_wanted() -> tuple[str, ...]:
    """Ids of the partners that get a FHIR client, and so a key pair, in the starting network."""
    return tuple(re.findall(r"@CLIENT:([a-z-]+)@", _template()))


def starter_yaml(
    public_keys: Mapping[str, Mapping[str, str]],
    sink: str | None,
    addresses: Mapping[str, str] | None = None,
) -> str:
    """The text of `network.yaml`.

    `public_keys` maps partner id to its public JWK. With `sink`, every FHIR push goes to that address and the
    partners are live; without, they are in `test`, and nothing leaves. `addresses` gives single partners an
    address of their own.
    """
    own = addresses or {}
    text = _template().replace("@STATE@", "live" if sink or own else "test")
    nowhere = "http://127.0.0.1:8181/{}/fhir"
    text = re.sub(r"@SINK:([a-z-]+)@", lambda it: own.get(it[1]) or sink or nowhere.format(it[1]), text)
    text = text.replace("@HOSPITAL@", own.get("hospital", "127.0.0.1:2576"))
    return re.sub(r"@CLIENT:([a-z-]+)@", lambda found: _client(found.group(1), public_keys), text)


def _client(partner_id: str, public_keys: Mapping[str, Mapping[str, str]]) -> str:
    client = {
        "client_id": f"{partner_id}-client",
        "jwks": {"keys": [dict(public_keys[partner_id])]},
        "scopes": list(CLIENT_SCOPES),
        "purposes": [*CLIENT_PURPOSES, *([BREAK_GLASS] if partner_id in EMERGENCY_CLIENTS else [])],
    }
    return json.dumps(client)


def _template() -> str:
    return files("gateway.partners").joinpath("starter_network.yaml").read_text(encoding="utf-8")
