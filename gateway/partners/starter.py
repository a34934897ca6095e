"""The starting network: one partner of each kind, ready to be edited by the integration analyst."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

import yaml

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


TO_FILL_IN = "TO FILL IN"
"""How the name of an organisation begins that nobody has given yet; with it a partner does not go live."""
PLACEHOLDERS = ("127.0.0.1:8181", "127.0.0.1:2576")
"""Where the starting network delivers to: to nobody."""
_OWN = ("hours", "after_hours", "receiving_application", "receiving_facility")


def starter_partner(
    kind: str, partner_id: str, name: str, public_key: Mapping[str, str] | None
) -> dict[str, Any]:
    """One partner in `test` as the starting network has one of that `kind`, under its own id and name.

    `public_key` is its client's. What is the example's own (identifiers, address, hours, names of its systems) is left
    out; emergency access and `own_pages` are given by a person alone. Raises KeyError for a kind that is not there.
    """
    text = _template().replace("@STATE@", "test").replace("@HOSPITAL@", PLACEHOLDERS[1])
    text = re.sub(r"@SINK:[a-z-]+@", f"http://{PLACEHOLDERS[0]}/{partner_id}/fhir", text)
    text = re.sub(r"@CLIENT:[a-z-]+@", "{}", text)
    of_kind = {one["kind"]: one for one in yaml.safe_load(text)["partners"].values()}
    found: dict[str, Any] = {key: value for key, value in of_kind[kind].items() if key not in _OWN}
    known = found["organization"]
    found["organization"] = {"name": name or f"{TO_FILL_IN} {partner_id}"}
    if "identifiers" in known:
        agency = {"system": "urn:warm-handoff:agency", "value": partner_id}
        found["organization"] |= {
            "identifiers": [agency],
            **({"alias": known["alias"]} if "alias" in known else {}),
        }
    if "addressee_codes" in found:
        found["addressee_codes"] = [{"value": partner_id.replace("-", "").upper()}]
    if "desk" in found:
        found["desk"] = [right for right in found["desk"] if right != "own_pages"]
    if "delivery" in found:
        found["delivery"] = {key: value for key, value in found["delivery"].items() if key not in _OWN}
    if "client" in found and public_key is not None:
        found["client"] = _client_of(partner_id, public_key, CLIENT_PURPOSES)
    return found


def _client(partner_id: str, public_keys: Mapping[str, Mapping[str, str]]) -> str:
    emergency = (BREAK_GLASS,) if partner_id in EMERGENCY_CLIENTS else ()
    return json.dumps(_client_of(partner_id, public_keys[partner_id], CLIENT_PURPOSES + emergency))


def _client_of(partner_id: str, public_key: Mapping[str, str], purposes: tuple[str, ...]) -> dict[str, Any]:
    return {
        "client_id": f"{partner_id}-client",
        "jwks": {"keys": [dict(public_key)]},
        "scopes": list(CLIENT_SCOPES),
        "purposes": list(purposes),
    }


def _template() -> str:
    return files("gateway.partners").joinpath("starter_network.yaml").read_text(encoding="utf-8")
