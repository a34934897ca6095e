"""`handoff partner new` and `go-live`: the life of a partner in `network.yaml`, every other byte of it untouched."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import get_args
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from joserfc.jwk import ECKey

from gateway.cli.network_commands import check, check_quietly
from gateway.clock import SystemClock
from gateway.errors import HandoffError
from gateway.partners import Network, NetworkFileRefused, NoDelivery, Partner, read_network
from gateway.partners.agreements import RESTS_ON, unfounded
from gateway.partners.network import NetworkFile, PartnerKind
from gateway.partners.network_edit import save_network, with_partner, with_state
from gateway.partners.network_file import parse_network
from gateway.partners.starter import PLACEHOLDERS, TO_FILL_IN, starter_partner
from gateway.wiring.network_folder import make_client

_ID = re.compile("[a-z][a-z0-9-]{0,39}")
_WITHOUT_CLIENT = "law_enforcement"
_FOR_EXAMPLES = (".example", ".invalid", ".test", "example.org", "example.com", "example.net")
"""Names that are nobody's: RFC 2606."""


def new(folder: Path, partner_id: str, kind: str, name: str) -> int:
    """Write a new partner in `test`, check the network, and say what to fill in.

    0; 1 when the id is taken or the file has faults, and nothing was written; 2 for an id or kind that cannot be.
    """
    if kind not in get_args(PartnerKind) or not _ID.fullmatch(partner_id):
        kinds = ", ".join(get_args(PartnerKind))
        print(f"an id is `{_ID.pattern}`; `--kind` is one of {kinds}", file=sys.stderr)
        return 2
    try:
        text = _text(folder)
        found = _described(folder, text)
        if partner_id in found.partners:
            print(f"`{partner_id}` is a partner of this network already", file=sys.stderr)
            return 1
        keys = folder / found.content.keys / "clients"
        public = None if kind == _WITHOUT_CLIENT else make_client(keys, partner_id)
        try:
            entry = starter_partner(kind, partner_id, name, public)
            save_network(folder, with_partner(text, partner_id, entry), text)
        except (HandoffError, OSError):
            (keys / f"{partner_id}.json").unlink(missing_ok=True)
            raise
    except (HandoffError, OSError) as error:
        return _refused(folder, error)
    print(f"Wrote `{partner_id}` into {folder}/network.yaml, in `test`: nothing is sent to it.")
    for one in _to_fill_in(read_network(folder).partners[partner_id], partner_id):
        print(f"- {one}")
    return check(folder, print_schema=False)


def go_live(folder: Path, partner_id: str) -> int:
    """Set the partner to `live`; 0, or 1 with each reason why not, and nothing is written."""
    try:
        text = _text(folder)
        content = _described(folder, text).content
        partner = content.partners.get(partner_id)
        if partner is None:
            print(f"`{partner_id}` is no partner of this network", file=sys.stderr)
            return 1
        reasons = missing(folder, content, partner_id)
        for reason in reasons:
            print(f"{partner_id}: {reason}", file=sys.stderr)
        if check_quietly(folder) is None or reasons:
            return 1
        if partner.state == "live":
            print(f"`{partner_id}` is live already.")
            return 0
        save_network(folder, with_state(text, partner_id, "live"), text)
    except (HandoffError, OSError) as error:
        return _refused(folder, error)
    print(
        f"`{partner_id}` is live in {folder}/network.yaml. A gateway that runs reads the file at its start:"
    )
    print(
        "restart it, and what may go is sent to the partner. Consents that it recorded in `test` permit nothing"
    )
    print("from then on: have it send those that are true again.")
    return 0


def missing(folder: Path, content: NetworkFile, partner_id: str) -> tuple[str, ...]:
    """What keeps the partner from going live, each with what to do; days are those of the network's zone."""
    partner = content.partners[partner_id]
    found = []
    if partner.state == "paused":
        found.append("its `state` is `paused`: who paused it sets it to `test` first")
    if partner.organization.name.startswith(TO_FILL_IN):
        found.append("`organization.name` is to be filled in: the name that consents give it")
    if _has_test_key(folder / content.keys / "clients" / f"{partner_id}.json", partner):
        found.append(
            "`client.jwks` holds the test key, whose private half lies here: put the partner's own key there"
        )
    if place := _nobodys(partner):
        found.append(f"`delivery` leads to `{place}`, which is nobody's: put the partner's address there")
    today = SystemClock().now().astimezone(ZoneInfo(content.zone)).date()
    for whose, standing in unfounded(content, today):
        if whose == partner_id:
            kind = RESTS_ON[standing]
            found.append(
                f"its standing `{standing}` rests on no agreement in force: add one of kind `{kind}`"
            )
    return tuple(found)


def _to_fill_in(partner: Partner, partner_id: str) -> list[str]:
    """What a person has to say about a partner that was just written."""
    found = [
        f"`organization`: name ({partner.organization.name}), address, identifiers (an NPI where it has one)"
    ]
    if partner.standing:
        found.append(
            f"`standing` and `part2_program` as they are under the law, now {list(partner.standing)}"
        )
    if partner.client is not None:
        found.append(
            f"`client.jwks`: its own public key; the test key's private half is keys/clients/{partner_id}.json"
        )
    if not isinstance(partner.delivery, NoDelivery):
        found.append("`delivery`: where it receives, and in what format")
    if partner.messages:
        found.append("`mllp` (or `folders`) at the root: where it sends its messages to")
    return [
        *found,
        "`routes`: what may go to it and from it, each for one purpose; `agreements`: its papers",
        f"then `handoff partner test {partner_id}`, and `handoff partner go-live {partner_id}`",
    ]


def _has_test_key(file: Path, partner: Partner) -> bool:
    """Whether one of its client's keys is that of which we hold the private half."""
    if partner.client is None or not file.is_file():
        return False
    own = ECKey.import_key(json.loads(file.read_bytes())).as_dict(private=False)
    point = (own["x"], own["y"])
    return any((key.get("x"), key.get("y")) == point for key in partner.client.jwks.get("keys", ()))


def _nobodys(partner: Partner) -> str:
    """Host and port of a delivery that cannot be the partner's: of the starting network, or a name for examples."""
    delivery = partner.delivery
    url = str(getattr(delivery, "url", ""))
    server = getattr(delivery, "sftp", None)
    place = (
        urlsplit(url).netloc.rpartition("@")[2] if url else str(getattr(server or delivery, "address", ""))
    )
    host = place.rpartition(":")[0] if place.rpartition(":")[2].isdigit() else place
    return place if place in PLACEHOLDERS or host.endswith(_FOR_EXAMPLES) else ""


def _text(folder: Path) -> str:
    """The file as it stands, line ends included."""
    return (folder / "network.yaml").read_bytes().decode()


def _described(folder: Path, text: str) -> Network:
    """The network of the file as it was read: whoever changes the file meanwhile is found out when it is written."""
    return parse_network(text.encode(), str(folder / "network.yaml"), folder)


def _refused(folder: Path, error: Exception) -> int:
    if isinstance(error, NetworkFileRefused):
        for fault in error.faults:
            print(fault.text(str(folder / "network.yaml")), file=sys.stderr)
    elif isinstance(error, HandoffError):
        print(f"{error.code}: {error.message} ({error.place})", file=sys.stderr)
    else:
        print(f"{folder}/network.yaml cannot be written: {type(error).__name__}", file=sys.stderr)
    return 1
