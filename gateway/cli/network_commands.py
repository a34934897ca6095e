"""Commands about the network folder: make one, check one, print a test token."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path

from gateway.clock import SystemClock
from gateway.errors import HandoffError
from gateway.partners import Network, NetworkFileRefused, read_network, schema
from gateway.security.tokens import issue_token
from gateway.settings import SettingsRefused
from gateway.wiring.network_folder import make_network_folder, open_folder


def network_init(folder: Path, sink: str | None) -> int:
    """Write a starting network into `folder`; 0, or 1 when the folder holds one already."""
    try:
        partners = make_network_folder(folder, sink)
    except HandoffError as error:
        return _refused(error)
    print(f"Wrote {folder}/network.yaml with {len(partners)} partners, and test keys beside it.")
    print("Next: `handoff check` reads it, `handoff serve` runs it.")
    return 0


def check(folder: Path, print_schema: bool) -> int:
    """Check the network in `folder` and all it names; 0, or 1 with each fault as `file:line: place: what to do`."""
    if print_schema:
        print(json.dumps(schema(), indent=2))
        return 0
    network = check_quietly(folder)
    if network is None:
        return 1
    _tell_of_scopes(folder, network)
    states = {
        state: sum(p.state == state for p in network.partners.values())
        for state in ("live", "test", "paused")
    }
    routes = len(network.content.routes)
    print(f"{folder}/network.yaml is fine: {len(network.partners)} partners {states}, {routes} routes.")
    return 0


def check_quietly(folder: Path) -> Network | None:
    """The network in `folder` when it and all it names is fine; else None, each fault on standard error."""
    try:
        found = open_folder(folder)
        _check_mappings(folder)
    except NetworkFileRefused as error:
        for fault in error.faults:
            print(fault.text(str(folder / "network.yaml")), file=sys.stderr)
        return None
    except SettingsRefused as error:
        print(f"{folder}: {error}", file=sys.stderr)
        return None
    except HandoffError as error:
        _refused(error)
        return None
    return found.network


def token(partner: str, purpose: str, folder: Path) -> int:
    """Print a bearer token of `partner` for `purpose`, good for five minutes; 0, or 1 when there is none to give."""
    try:
        found = open_folder(folder)
    except (HandoffError, SettingsRefused) as error:
        print(error, file=sys.stderr)
        return 1
    known = found.network.partners.get(partner)
    if known is None or known.client is None:
        print(f"`{partner}` is no partner with a client in this network", file=sys.stderr)
        return 1
    if purpose not in known.client.purposes:
        print(f"`{partner}` may not ask for purpose `{purpose}`", file=sys.stderr)
        return 1
    client = known.client
    print(
        issue_token(partner, client.client_id, purpose, client.scopes, found.token_key, SystemClock().now())
    )
    return 0


def _check_mappings(folder: Path) -> None:
    from gateway.flows.files import require_file_formats
    from gateway.flows.library import open_library, require_mappings
    from gateway.flows.referral import require_addressees_unnamed
    from gateway.flows.written_formats import require_writing
    from gateway.wiring.opening import mappings_named

    extra = folder / "mappings"
    library = open_library(extra if extra.is_dir() else None)
    network = read_network(folder)
    require_mappings(library, mappings_named(network))
    require_file_formats(library, network)
    require_addressees_unnamed(library, network)
    require_writing(library, network)


def _tell_of_scopes(folder: Path, network: Network) -> None:
    """What a client is registered for and is never given stops nothing; it is said, or its agency wonders for long."""
    from gateway.fhir_api.scope_limits import opens_nothing

    for name, partner in network.partners.items():
        for scope in partner.client.scopes if partner.client else ():
            if why := opens_nothing(scope):
                place = f"{folder / 'network.yaml'}: partners.{name}.client.scopes"
                print(f"{place}: `{scope}` opens nothing: {why}", file=sys.stderr)


def _refused(error: HandoffError) -> int:
    place = f" ({error.place})" if error.place else ""
    print(f"{error.code}: {error.message}{place}", file=sys.stderr)
    return 1


def console_link(folder: Path, name: str, role: str, store: str | None = None) -> int:
    """Print a login link of the console for one person, good once and for ten minutes; 0, or 1 when refused."""
    from gateway.cli.users_commands import require_link
    from gateway.console import make_link
    from gateway.wiring.asking import running_at
    from gateway.wiring.console_door import LINK_PURPOSE

    try:
        found = open_folder(folder)
        link = make_link(found.keys.derived(LINK_PURPOSE), name, role, SystemClock().now())
        require_link(folder, store, name, role)
    except (HandoffError, SettingsRefused) as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{running_at(folder) or 'http://' + found.network.content.http}/console/login?link={link}")
    return 0


def _mail_link(network: Network, workers: Mapping[str, str], name: str, link: str) -> None:
    """Hand the mail to the server. Raises SettingsRefused where a setting or her address is missing, OSError."""
    from gateway.agency_desk.link_mail import SUBJECT, mail_text
    from gateway.clock import new_id
    from gateway.settings import read_settings
    from gateway.wiring.alert_mail import mail_of

    known = {one.casefold(): at for one, at in workers.items()}
    address = known.get(" ".join(name.split()).casefold())
    if address is None:
        raise SettingsRefused(
            f"network.yaml has no address for `{name}`: add her to `workers` of the partner"
        )
    send = mail_of(read_settings(), network)
    if send is None:
        raise SettingsRefused("`--mail` needs `HANDOFF_ALERT_SMTP` and `HANDOFF_ALERT_FROM`")
    send(address, SUBJECT, mail_text(link), new_id())


def agency_link(folder: Path, partner: str, name: str, by_mail: bool = False) -> int:
    """Print a link to an agency's page for one worker, good once and for a day, and its code; 0, or 1 when refused.

    `by_mail`: the link goes to the address that `network.yaml` has for her, and only the code is printed.
    """
    from gateway.agency_desk import make_link
    from gateway.wiring.agency_desk_door import LINK_PURPOSE
    from gateway.wiring.asking import running_at

    try:
        found = open_folder(folder)
        agency = found.network.partners.get(partner)
        if agency is None or not agency.has_desk:
            print(
                f"`{partner}` has no page: network.yaml needs `delivery: {{kind: desk}}` or `desk: [...]` for it",
                file=sys.stderr,
            )
            return 1
        link, code = make_link(found.keys.derived(LINK_PURPOSE), partner, name, SystemClock().now())
        base = found.network.content.public_url or running_at(folder)
        address = f"{base or 'http://' + found.network.content.http}/agency/login?link={link}"
        if by_mail:
            _mail_link(found.network, agency.workers, name, address)
    except (HandoffError, SettingsRefused, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    print("mailed to the address in network.yaml" if by_mail else address)
    print(f"code, to be told by another way than the link: {code[:4]} {code[4:]}")
    return 0
