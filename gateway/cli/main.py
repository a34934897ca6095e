"""Every command of `handoff`: names, arguments and exit codes.

Exit codes: 0 fine, 1 the input was refused (the report says where), 2 wrong usage or settings. The bodies
live in the other files of this folder and return the exit code. They are imported only when their command
runs, so that commands that need no server answer at once.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
import typer.main

from gateway.cli.agency_apps import agency_app, services_app
from gateway.cli.audit_apps import audit_app
from gateway.cli.consent_apps import consent_app
from gateway.cli.faults import code_of, report_fault
from gateway.cli.hold_apps import hold_app
from gateway.cli.keeping_apps import db_app, doctor, init, keys_app
from gateway.cli.leaving_out import leaving_out, without_collecting
from gateway.cli.operator_apps import accounting, identity_app, lanes_app, reconcile, requests_app
from gateway.cli.options import PLAIN, AsJson, InputFile, Network, Store, finish, folder_of
from gateway.cli.partner_apps import partner_app, send
from gateway.cli.users_apps import users_app

app = typer.Typer(name="handoff", help="A consent-enforcing FHIR integration gateway.", **PLAIN)
network_app = typer.Typer(help="The network: partners, routes, keys.", **PLAIN)
mapping_app = typer.Typer(help="Mappings between partners' formats and FHIR.", **PLAIN)
messages_app = typer.Typer(help="Messages that arrived.", **PLAIN)
app.add_typer(agency_app, name="agency")
app.add_typer(services_app, name="services")
app.add_typer(network_app, name="network")
app.add_typer(partner_app, name="partner")
app.add_typer(consent_app, name="consent")
app.add_typer(mapping_app, name="mapping")
app.add_typer(messages_app, name="messages")
app.add_typer(lanes_app, name="lanes")
app.add_typer(requests_app, name="requests")
app.add_typer(identity_app, name="identity")
app.add_typer(audit_app, name="audit")
app.add_typer(keys_app, name="keys")
app.add_typer(db_app, name="db")
app.add_typer(hold_app, name="hold")
app.add_typer(users_app, name="users")

MappingId = Annotated[str, typer.Argument(metavar="MAPPING", help="Mapping id, say hospital/ref_i12.")]
PartnerId = Annotated[str, typer.Option("--partner", help="Partner whose identifiers these are.")]
Zone = Annotated[
    str | None, typer.Option("--zone", help="Time zone of times without one, say America/Phoenix.")
]


@app.command()
def serve(
    network: Network = None,
    store: Store = None,
    http: Annotated[str | None, typer.Option(metavar="HOST:PORT", help="Where HTTP is served.")] = None,
    mllp: Annotated[str | None, typer.Option(metavar="HOST:PORT", help="Where MLLP is served.")] = None,
    workers: Annotated[
        int | None, typer.Option(metavar="N", help="Processes; over 1 needs PostgreSQL.")
    ] = None,
) -> None:
    """Run the gateway. Prints one line of JSON on standard output when it accepts traffic."""
    from gateway.settings import read_settings

    settings = read_settings(network=network, store=store, http=http, mllp=mllp, workers=workers)
    with leaving_out("greenlet", "pygments", "rich", "watchfiles"), without_collecting():
        from gateway.cli.serve_command import serve as body

    finish(body(settings))


@app.command()
def demo(
    once: Annotated[
        bool, typer.Option("--once", help="End after the story; write demo-report.json here.")
    ] = False,
    story: Annotated[
        int,
        typer.Option(
            metavar="1|2|3|4",
            help="1: a new mother in treatment; 2: a man on a manic upswing; 3: a night call; 4: every agency.",
        ),
    ] = 1,
) -> None:
    """Start a gateway and a small network of agencies on this machine, and play one person's story."""
    from gateway.cli.demo_command import demo as body

    finish(body(once=once, story=story))


@app.command()
def check(
    network: Annotated[Path | None, typer.Argument(metavar="[DIR]", help="Folder of network.yaml.")] = None,
    schema: Annotated[bool, typer.Option("--schema", help="Print the JSON Schema of network.yaml.")] = False,
) -> None:
    """Check network.yaml and everything it names; say file, line and what to do."""
    from gateway.cli.network_commands import check as body

    finish(body(folder_of(network), schema))


@network_app.command("init")
def network_init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder to write into.")],
    sink: Annotated[str | None, typer.Option(metavar="URL", help="Where FHIR partners receive.")] = None,
) -> None:
    """Write a working network with test keys and one partner of each kind."""
    from gateway.cli.network_commands import network_init as body

    finish(body(folder, sink))


@app.command()
def token(
    partner: Annotated[str, typer.Argument(metavar="PARTNER")],
    purpose: Annotated[str, typer.Option(help="Purpose of use, say COC.")],
    network: Network = None,
) -> None:
    """Print a bearer token of a partner, for tests."""
    from gateway.cli.network_commands import token as body

    finish(body(partner, purpose, folder_of(network)))


@app.command("console-link")
def console_link(
    name: Annotated[str, typer.Option(help="Who will look.")],
    role: Annotated[str, typer.Option(help="compliance_officer or auditor.")] = "compliance_officer",
    network: Network = None,
    store: Store = None,
) -> None:
    """Print a link that logs one person in to the console, once."""
    from gateway.cli.network_commands import console_link as body

    finish(body(folder_of(network), name, role, store))


@app.command()
def decide(
    path: InputFile,
    ndjson: Annotated[
        bool, typer.Option("--ndjson", help="One question a line, one decision a line.")
    ] = False,
) -> None:
    """Decide what consent says about one disclosure, offline."""
    from gateway.cli.consent_commands import decide as body

    finish(body(path, ndjson))


@app.command()
def release(path: InputFile) -> None:
    """Print the exact bytes a recipient would get, offline; nothing if nothing may go."""
    from gateway.cli.release_command import release as body

    finish(body(path))


@app.command()
def translate(
    mapping: MappingId,
    path: Annotated[str, typer.Argument(metavar="FILE", help="A file or a folder, or - for standard input.")],
    partner: PartnerId = "local",
    zone: Zone = None,
    complement_out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write what FHIR cannot carry here.")
    ] = None,
    rejected_out: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write rejected CSV or XLSX rows here, to be corrected."),
    ] = None,
) -> None:
    """Turn a partner's file into FHIR resources, with lineage and an account of every leaf."""
    from gateway.cli.mapping_commands import translate as body

    files = {"complement_out": complement_out, "rejected_out": rejected_out}
    finish(body(mapping, path, partner=partner, zone=zone, **files))


@app.command()
def render(
    mapping: MappingId,
    path: InputFile,
    partner: PartnerId = "local",
    zone: Zone = None,
    complement: Annotated[
        Path | None, typer.Option(metavar="FILE", help="What FHIR could not carry.")
    ] = None,
    at: Annotated[str | None, typer.Option(metavar="INSTANT", help="Instant written into headers.")] = None,
    control_id: Annotated[str | None, typer.Option(help="Message control id (MSH-10).")] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Folder for formats of several files.")
    ] = None,
) -> None:
    """Turn FHIR resources (a JSON array or a Bundle) into a partner's format."""
    from gateway.cli.mapping_commands import render as body

    files = {"complement": complement, "out": out}
    finish(body(mapping, path, partner=partner, zone=zone, at=at, control_id=control_id, **files))


@mapping_app.command("check")
def mapping_check(
    folder: Annotated[
        str | None, typer.Argument(metavar="[FOLDER]", help="Default: every shipped one.")
    ] = None,
    write: Annotated[
        bool, typer.Option("--write-expected", help="Write the expected output beside each sample first.")
    ] = False,
) -> None:
    """Check a mapping: schema, types, samples, laws, and that nothing is left to fill in."""
    from gateway.cli.mapping_commands import mapping_check as body

    finish(body(folder, write=write))


@mapping_app.command("list")
def mapping_list(as_json: AsJson = False) -> None:
    """Print the ids of the mappings."""
    from gateway.cli.mapping_commands import mapping_list as body

    finish(body(as_json))


@mapping_app.command("new")
def mapping_new(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Mapping id to make, say benefits/letters.")],
    form: Annotated[str, typer.Option("--format", help="hl7v2, csv, xlsx or json.")],
    sample: Annotated[Path, typer.Option(metavar="FILE", help="A synthetic sample of the format.")],
) -> None:
    """Draft a mapping from a sample, with every column listed."""
    from gateway.cli.mapping_commands import mapping_new as body

    finish(body(name, form, sample))


@mapping_app.command("try")
def mapping_try(
    mapping: MappingId,
    path: InputFile,
    partner: PartnerId = "local",
    zone: Zone = None,
    form: Annotated[
        str | None, typer.Option("--as", metavar="MAPPING", help="Show the recipient's file in this format.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Print what became of each value, side by side, and what a recipient would get."""
    from gateway.cli.mapping_commands import mapping_try as body

    finish(body(mapping, path, partner=partner, zone=zone, form=form, as_json=as_json))


@mapping_app.command("profiles")
def mapping_profiles(
    mapping: MappingId,
    path: InputFile,
    partner: PartnerId = "local",
    zone: Zone = None,
    as_json: AsJson = False,
) -> None:
    """Print which profiles (US Core, SDOHCC) the resources of a file meet, or what they lack."""
    from gateway.cli.mapping_commands import mapping_profiles as body

    finish(body(mapping, path, partner=partner, zone=zone, as_json=as_json))


@mapping_app.command("export")
def mapping_export(
    mapping: MappingId, out: Annotated[bool, typer.Option("--out", help="The way out, not in.")] = False
) -> None:
    """Print a mapping as FHIR StructureMap, with what that language cannot say named in it."""
    from gateway.cli.mapping_commands import mapping_export as body

    finish(body(mapping, out=out))


@messages_app.command("list")
def messages_list(
    state: Annotated[str | None, typer.Option(help="Only messages in this state.")] = None,
    partner: Annotated[str | None, typer.Option(help="Only messages of this partner.")] = None,
    network: Network = None,
    store: Store = None,
    as_json: AsJson = False,
) -> None:
    """List messages that arrived, newest first, by id; no content."""
    from gateway.cli.messages_commands import messages_list as body

    finish(body(folder_of(network), store, state=state, partner=partner, as_json=as_json))


@messages_app.command("show")
def messages_show(
    message_id: str,
    raw: Annotated[
        bool, typer.Option("--raw", help="Write the bytes as they came. They name a person.")
    ] = False,
    network: Network = None,
    store: Store = None,
    as_json: AsJson = False,
) -> None:
    """Show one message's state and faults."""
    from gateway.cli.messages_commands import messages_raw, messages_show

    folder = folder_of(network)
    finish(
        messages_raw(folder, store, message_id)
        if raw
        else messages_show(folder, store, message_id, as_json=as_json)
    )


@messages_app.command("replay")
def messages_replay(
    message_id: str,
    reason: Annotated[str | None, typer.Option(help="Needed when the message's item is closed.")] = None,
    network: Network = None,
    store: Store = None,
) -> None:
    """Take a kept message in again, as if it had just arrived."""
    from gateway.cli.replay_command import messages_replay as body

    finish(body(folder_of(network), store, message_id, reason))


@app.command()
def disclosures(
    patient: Annotated[str | None, typer.Option(metavar="ID", help="Only this patient (our id).")] = None,
    network: Network = None,
    store: Store = None,
    as_json: AsJson = False,
) -> None:
    """List disclosures and refusals, newest first."""
    from gateway.cli.audit_commands import disclosures as body

    finish(body(folder_of(network), store, patient=patient, as_json=as_json))


app.command("accounting")(accounting)
app.command("reconcile")(reconcile)
app.command("doctor")(doctor)
app.command("init")(init)
app.command("send")(send)


@app.command()
def why(
    request_id: str,
    replay: Annotated[bool, typer.Option("--replay", help="Decide again; is it the same?")] = False,
    network: Network = None,
    store: Store = None,
    as_json: AsJson = False,
) -> None:
    """Say why a request was answered as it was, for the compliance role."""
    if replay:
        from gateway.cli.decide_again_command import why_again as body
    else:
        from gateway.cli.audit_commands import why as body
    finish(body(folder_of(network), store, request_id, as_json=as_json))


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command and exit. `arguments` without the program's name; none: those of the process."""
    sys.excepthook = report_fault
    command = typer.main.get_command(app)
    try:
        command(args=None if arguments is None else list(arguments), prog_name="handoff")
    except Exception as fault:
        code = code_of(fault)
        if code is None:
            raise
        sys.exit(code)
