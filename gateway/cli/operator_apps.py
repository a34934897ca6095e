"""The commands `handoff lanes`, `identity` and `accounting`: names and arguments; the bodies are in other files."""

from __future__ import annotations

from typing import Annotated

import typer

from gateway.cli.options import PLAIN, AsJson, Network, Store, finish, folder_of

lanes_app = typer.Typer(help="What has not reached its recipient yet.", **PLAIN)
requests_app = typer.Typer(help="Who has to see to which consent, and until when.", **PLAIN)
identity_app = typer.Typer(help="Patients of whom it is not certain who they are.", **PLAIN)


def accounting(
    patient: Annotated[str, typer.Argument(metavar="PATIENT", help="Our id of the patient.")],
    law: Annotated[
        str, typer.Option(help="all, part2 (consented, 3 years), intermediary (3 years) or hipaa (6 years).")
    ] = "all",
    written_as: Annotated[str, typer.Option("--as", help="table, csv, json or fhir.")] = "",
    as_csv: Annotated[bool, typer.Option("--csv", help="The same as --as csv.")] = False,
    as_fhir: Annotated[bool, typer.Option("--fhir", help="The same as --as fhir.")] = False,
    as_json: AsJson = False,
    network: Network = None,
    store: Store = None,
) -> None:
    """The account of disclosures a patient may ask for: to whom, when, what, what for."""
    from gateway.cli.accounting_command import accounting as body

    asked = {"csv": as_csv, "fhir": as_fhir, "json": as_json, written_as: bool(written_as)}
    ways = tuple(way for way, wanted in asked.items() if wanted)
    finish(body(folder_of(network), store, patient, law, ways))


def reconcile(
    day: Annotated[
        str | None, typer.Option(help="YYYY-MM-DD in the network's time zone; today without it.")
    ] = None,
    network: Network = None,
    store: Store = None,
    as_json: AsJson = False,
) -> None:
    """Say what arrived on a day and what became of it, partner by partner; 1 when it does not add up."""
    from gateway.cli.reconcile_command import reconcile as body

    finish(body(folder_of(network), store, day, as_json=as_json))


Intent = Annotated[str, typer.Argument(metavar="INTENT", help="Id from `handoff lanes list`.")]
Patient = Annotated[str, typer.Argument(metavar="PATIENT", help="Id from `handoff identity list`.")]
Other = Annotated[str, typer.Argument(metavar="OTHER", help="Id from `handoff identity show`.")]
Reason = Annotated[str | None, typer.Option(help="Why; the audit log keeps it.")]


@lanes_app.command("list")
def lanes_list(
    state: Annotated[str | None, typer.Option(help="Only this state, say dead or unknown.")] = None,
    partner: Annotated[str | None, typer.Option(help="Only what goes to this partner.")] = None,
    network: Network = None,
    store: Store = None,
    as_json: AsJson = False,
) -> None:
    """List what waits, is held, or needs a person, by id; no content."""
    from gateway.cli.operator_commands import lanes_list as body

    finish(body(folder_of(network), store, state=state, partner=partner, as_json=as_json))


@lanes_app.command("again")
def lanes_again(intent: Intent, reason: Reason = None, network: Network = None, store: Store = None) -> None:
    """Send a dead or unknown one again; consent is decided again first."""
    from gateway.cli.operator_commands import act

    finish(act(folder_of(network), store, "lanes again", intent, reason))


@lanes_app.command("arrived")
def lanes_arrived(
    intent: Intent, reason: Reason = None, network: Network = None, store: Store = None
) -> None:
    """Say that an unknown one did arrive: the recipient was asked."""
    from gateway.cli.operator_commands import act

    finish(act(folder_of(network), store, "lanes arrived", intent, reason))


@lanes_app.command("drop")
def lanes_drop(intent: Intent, reason: Reason = None, network: Network = None, store: Store = None) -> None:
    """End one that is not to go any more."""
    from gateway.cli.operator_commands import act

    finish(act(folder_of(network), store, "lanes drop", intent, reason))


Held = Annotated[str, typer.Argument(metavar="INTENT", help="Id from `handoff requests list`.")]


@requests_app.command("list")
def requests_list(
    owner: Annotated[str | None, typer.Option(help="Only what this person has to see to.")] = None,
    due: Annotated[bool, typer.Option("--due", help="Only what is due to be asked for now.")] = False,
    network: Network = None,
    store: Store = None,
    as_json: AsJson = False,
) -> None:
    """List whom to ask for which consent: what is held for one, and consents that end within 30 days. Ids only."""
    from gateway.cli.requests_commands import requests_list as body

    finish(body(folder_of(network), store, owner=owner, only_due=due, as_json=as_json))


@requests_app.command("reminded")
def requests_reminded(
    intent: Held, reason: Reason = None, network: Network = None, store: Store = None
) -> None:
    """Say that the owner was asked; the next reminder is due in a week."""
    from gateway.cli.operator_commands import act

    finish(act(folder_of(network), store, "requests reminded", intent, reason))


@requests_app.command("assign")
def requests_assign(
    intent: Held,
    owner: Annotated[str, typer.Argument(metavar="OWNER", help="Name of the worker; never a patient's.")],
    reason: Reason = None,
    network: Network = None,
    store: Store = None,
) -> None:
    """Let somebody else see to it."""
    from gateway.cli.operator_commands import act

    finish(act(folder_of(network), store, "requests assign", f"{intent} {owner}", reason))


Consent = Annotated[str, typer.Argument(metavar="CONSENT", help="Id from `handoff requests list` (stop).")]
Recipient = Annotated[str, typer.Argument(metavar="PARTNER", help="The recipient, as network.yaml names it.")]


@requests_app.command("notice")
def requests_notice(
    consent: Consent, partner: Recipient, network: Network = None, store: Store = None
) -> None:
    """Print what to tell a recipient whose consent was withdrawn; it names nobody."""
    from gateway.cli.requests_commands import requests_notice as body

    finish(body(folder_of(network), store, consent, partner))


@requests_app.command("told")
def requests_told(
    consent: Consent,
    partner: Recipient,
    reason: Reason = None,
    network: Network = None,
    store: Store = None,
) -> None:
    """Say that the recipient was told of the withdrawal, and how."""
    from gateway.cli.operator_commands import act

    finish(act(folder_of(network), store, "requests told", f"{consent} {partner}", reason))


@requests_app.command("patient-notices")
def requests_patient_notices(
    program: Annotated[str, typer.Option(help="Only this program's patients.")] = "",
    network: Network = None,
    store: Store = None,
    as_json: AsJson = False,
) -> None:
    """List patients whom their program has not given its notice in force (42 CFR 2.22). Ids only."""
    from gateway.cli.requests_commands import requests_patient_notices as body

    finish(body(folder_of(network), store, program, as_json=as_json))


@requests_app.command("reviewed")
def requests_reviewed(
    use: Annotated[str, typer.Argument(metavar="USE", help="Id from `handoff requests list` (emergency).")],
    reason: Reason = None,
    network: Network = None,
    store: Store = None,
) -> None:
    """Say that a use of emergency access was reviewed, and what was found."""
    from gateway.cli.operator_commands import act

    finish(act(folder_of(network), store, "requests reviewed", use, reason))


@requests_app.command("goes-on")
def requests_goes_on(
    consent: Annotated[
        str, typer.Argument(metavar="CONSENT", help="Id from `handoff requests list` (event).")
    ],
    day: Annotated[
        str, typer.Argument(metavar="DAY", help="When to look again, say 2027-03-01; within a year.")
    ],
    owner: Annotated[str, typer.Option(help="Who watches for the event from now on; never a patient.")] = "",
    reason: Reason = None,
    network: Network = None,
    store: Store = None,
) -> None:
    """Say that the event by which a consent ends has not come, and when to look again."""
    from gateway.cli.operator_commands import act

    finish(act(folder_of(network), store, "requests goes-on", f"{consent} {day} {owner}".strip(), reason))


@requests_app.command("denial-ended")
def requests_denial_ended(
    consent: Annotated[str, typer.Argument(metavar="CONSENT", help="Id from her consents in the console.")],
    reason: Reason = None,
    network: Network = None,
    store: Store = None,
) -> None:
    """Say that a patient has taken back a refusal which a message or document told; what is held is decided again."""
    from gateway.cli.operator_commands import act

    finish(act(folder_of(network), store, "requests denial-ended", consent, reason))


@requests_app.command("restriction-ended")
def requests_restriction_ended(
    consent: Annotated[str, typer.Argument(metavar="CONSENT", help="Id from her consents in the console.")],
    day: Annotated[str, typer.Argument(metavar="DAY", help="When she was told, say 2026-11-22.")],
    reason: Reason = None,
    network: Network = None,
    store: Store = None,
) -> None:
    """Say that a patient was told that a restriction goes on for earlier records alone (42 CFR 2.26)."""
    from gateway.cli.operator_commands import act

    finish(act(folder_of(network), store, "requests restriction-ended", f"{consent} {day}", reason))


@identity_app.command("list")
def identity_list(network: Network = None, store: Store = None, as_json: AsJson = False) -> None:
    """List patients in doubt: who knows them, who they may be, how much waits. Ids only."""
    from gateway.cli.identity_commands import identity_list as body

    finish(body(folder_of(network), store, as_json=as_json))


@identity_app.command("show")
def identity_show(
    patient: Patient, network: Network = None, store: Store = None, as_json: AsJson = False
) -> None:
    """Say who a patient may also be, and what speaks for and against each, field by field; no value of hers."""
    from gateway.cli.identity_commands import identity_show as body

    finish(body(folder_of(network), store, patient, as_json=as_json))


@identity_app.command("same")
def identity_same(
    patient: Patient, is_: Other, reason: Reason = None, network: Network = None, store: Store = None
) -> None:
    """Say that PATIENT is OTHER: all that is kept of the one is the other's from now on."""
    from gateway.cli.operator_commands import act

    finish(act(folder_of(network), store, "identity same", f"{patient} {is_}", reason))


@identity_app.command("apart")
def identity_apart(
    patient: Patient, other: Other, reason: Reason = None, network: Network = None, store: Store = None
) -> None:
    """Say that two who look alike are two people: they are not proposed again."""
    from gateway.cli.operator_commands import act

    finish(act(folder_of(network), store, "identity apart", f"{patient} {other}", reason))


@identity_app.command("part")
def identity_part(
    patient: Patient, reason: Reason = None, network: Network = None, store: Store = None
) -> None:
    """Take back `identity same`: hers goes back to PATIENT, both wait for a person, what left meanwhile is listed."""
    from gateway.cli.operator_commands import act

    finish(act(folder_of(network), store, "identity part", patient, reason))


@identity_app.command("sort")
def identity_sort(
    record: Annotated[str, typer.Argument(metavar="TYPE/ID", help="A record that `identity part` listed.")],
    patient: Patient,
    reason: Reason = None,
    network: Network = None,
    store: Store = None,
) -> None:
    """Say whose a record is that came while two were one; both can be confirmed once all are sorted."""
    from gateway.cli.operator_commands import act

    finish(act(folder_of(network), store, "identity sort", f"{record} {patient}", reason))


@identity_app.command("confirm")
def identity_confirm(
    patient: Patient,
    reason: Reason = None,
    network: Network = None,
    store: Store = None,
) -> None:
    """Say that this is a person of her own; what was held for it is decided again."""
    from gateway.cli.operator_commands import act

    finish(act(folder_of(network), store, "identity confirm", patient, reason))
