"""A partner's sample goes the whole way in a folder of its own: taken in, decided without and with a consent, sent to
nobody.

The store and all keys are made for the run and gone after it, and every partner is in `test`. The consents are
synthetic: one for each addressee, from the sender, for the route's purpose, over everything.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import msgspec
import orjson

from gateway.clock import SystemClock, instant_text
from gateway.demo import person
from gateway.disclosure import gate
from gateway.disclosure.premises import Premises
from gateway.disclosure.release import Release
from gateway.errors import NotSupported
from gateway.flows import consent_record
from gateway.flows.files import ArrivedFile, accept_file
from gateway.flows.messages import Fault
from gateway.flows.receive import accept_message
from gateway.intake.arrived import batch_messages, message_of
from gateway.intake.hl7_header import read_header
from gateway.partners import Network, Partner
from gateway.partners.deliveries import BY_MESSAGE_TYPE
from gateway.security.callers import Caller
from gateway.security.keys import make_keys
from gateway.security.tokens import issue_token, new_token_key, read_token_key
from gateway.settings import read_settings
from gateway.store import Intent, Transaction, intents, records
from gateway.wiring.http_door import HttpDoor
from gateway.wiring.network_folder import NetworkFolder
from gateway.wiring.opening import open_premises, open_writing_store
from gateway.wiring.practice_place import practice_place
from gateway.wiring.standstill import Standstill

_MOST = 200
_HOST = "gateway.invalid"
_PROCESSING = frozenset({"P", "T", "D"})


@dataclass(frozen=True, slots=True)
class Outcome:
    """One thing that would go: to whom, why, and what becomes of it before and after the synthetic consent.

    `without` and `with_consent` are `released` or the codes of a refusal; `size` is in bytes.
    """

    recipient: str
    kind: str
    purpose: str
    without: str
    with_consent: str
    media_type: str = ""
    size: int = 0


@dataclass(frozen=True, slots=True)
class Practised:
    """What came of a sample: each record's place and how it was taken (`accepted` or not), faults, what would go."""

    taken: tuple[tuple[str, str], ...]
    faults: tuple[Fault, ...]
    outcomes: tuple[Outcome, ...]


def practise(folder: Path, network: Network, partner_id: str, name: str, content: bytes) -> Practised:
    """What would become of the file `name` of a partner. Raises NotSupported `NO_FORMAT` where it has none for such a
    file, NotUnderstood `SAMPLE_REFUSED`, and what the check of the network raises.
    """
    with _own_place(folder, network) as place:
        store = open_writing_store(place, None)
        try:
            premises = open_premises(place, store, SystemClock())
            return asyncio.run(_practised(place, premises, partner_id, name, content))
        finally:
            asyncio.run(store.close())


@contextmanager
def _own_place(folder: Path, network: Network) -> Iterator[NetworkFolder]:
    """The network in a folder that only we can read, with keys of its own and everybody in `test`."""
    partners = {key: _practising(one) for key, one in network.partners.items()}
    practice = Network(msgspec.structs.replace(network.content, partners=partners))
    with practice_place() as place:
        keys = make_keys(place / "keys")
        if (folder / "mappings").is_dir():
            (place / "mappings").symlink_to((folder / "mappings").resolve())
        yield NetworkFolder(place, practice, keys, read_token_key(new_token_key()), place / "keys")


def _practising(partner: Partner) -> Partner:
    """In `test`, and with a client that need not show a certificate: there is no line here."""
    client = partner.client and msgspec.structs.replace(partner.client, certificates=())
    return msgspec.structs.replace(partner, state="test", client=client)


async def _practised(
    place: NetworkFolder, premises: Premises, partner_id: str, name: str, content: bytes
) -> Practised:
    taken, faults = await _taken(place, premises, partner_id, name, content)
    before = await _released(premises)
    for intent, _ in before:
        await _consent(premises, intent)
    after = {intent.id: said for intent, said in await _released(premises)}
    return Practised(
        taken, faults, tuple(_outcome(intent, said, after.get(intent.id, said)) for intent, said in before)
    )


async def _taken(
    place: NetworkFolder, premises: Premises, partner_id: str, name: str, content: bytes
) -> tuple[tuple[tuple[str, str], ...], tuple[Fault, ...]]:
    """Each record's place and outcome, and all faults, by the door that the partner has for such a file."""
    partner = premises.network.partners[partner_id]
    at = premises.clock.now()
    ending = name.rpartition(".")[2].lower()
    formats = [one.formats for one in premises.network.content.folders if one.partner == partner_id]
    mapping = next((one[ending] for one in formats if ending in one), "")
    if mapping not in ("", BY_MESSAGE_TYPE):
        found = await accept_file(premises, ArrivedFile(partner_id, "files", mapping, content, at))
        return (
            tuple((one.place, one.receipt.outcome) for one in found.records),
            tuple(fault for one in found.records for fault in one.receipt.faults),
        )
    if content.lstrip().startswith(b"{"):
        return await _submitted(place, premises, partner_id, content)
    if not partner.messages:
        raise NotSupported(
            "NO_FORMAT", "the partner has no `messages` and no folder for such a file", partner_id
        )
    receipts = []
    for one in batch_messages(content.replace(b"\r\n", b"\r").replace(b"\n", b"\r")):
        made = message_of(
            one, read_header(one), partner=partner_id, channel="practice",
            formats=partner.messages, processing_ids=_PROCESSING, at=at,
        )  # fmt: skip
        receipts.append(await accept_message(premises, made))
    return (
        tuple((f"message {number}", one.outcome) for number, one in enumerate(receipts, 1)),
        tuple(fault for one in receipts for fault in one.faults),
    )


async def _submitted(
    place: NetworkFolder, premises: Premises, partner_id: str, content: bytes
) -> tuple[tuple[tuple[str, str], ...], tuple[Fault, ...]]:
    """A FHIR transaction, by the HTTP door as the partner's client: with its own scopes, for its first purpose.

    Raises NotSupported `NO_FORMAT` for a partner that has no client.
    """
    client = premises.network.partners[partner_id].client
    if client is None or not client.purposes:
        raise NotSupported("NO_FORMAT", "the partner has no `client`, and sends no FHIR", partner_id)
    token = issue_token(
        partner_id, client.client_id, client.purposes[0], client.scopes, place.token_key, premises.clock.now()
    )
    settings = read_settings()
    door = HttpDoor(place, premises, settings, _HOST, Standstill(place.path, premises.store))
    transport = httpx.ASGITransport(door.application(_HOST))
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/fhir+json"}
    async with httpx.AsyncClient(transport=transport, base_url=f"http://{_HOST}", headers=headers) as line:
        answer = await line.post("/fhir", content=content)
    if answer.is_success:
        return (("transaction", "accepted"),), ()
    return (("transaction", "content_error"),), tuple(_faults(answer.json()))


def _faults(outcome: Mapping[str, Any]) -> Iterator[Fault]:
    """What an OperationOutcome says."""
    for issue in outcome["issue"]:
        code = issue["details"]["coding"][0]["code"]
        yield Fault(code, issue.get("diagnostics", ""), " ".join(issue.get("expression", ())))


async def _released(premises: Premises) -> list[tuple[Intent, str | Release]]:
    """What the gate says now to all that is due: a release, or the codes of a refusal."""
    now = instant_text(premises.clock.now())
    found: list[tuple[Intent, str | Release]] = []
    while due := await premises.store.write(lambda tx: intents.claim_due(tx, now, _MOST)):
        for intent in due:
            said = await gate.release(premises, intent)
            found.append((intent, said if isinstance(said, Release) else " ".join(said.codes)))
            if isinstance(said, Release):
                await premises.store.write(partial(_settle, intent.id, now))
    return found


def _settle(intent_id: str, now: str, tx: Transaction) -> None:
    intents.finish(tx, intent_id, "delivered", now, "PRACTICE")


async def _consent(premises: Premises, intent: Intent) -> None:
    """The synthetic consent for an intent, under the number by which its sender knows the person."""
    with premises.store.read() as reading:
        known = records.of_patient(reading, intent.patient_id, ("Patient",))
    numbers = [number for one in known for number in one.resource.get("identifier", ()) if "system" in number]
    if not numbers:
        return
    now = premises.clock.now()
    made = person.consent(
        intent.source_partner,
        intent.partner,
        intent.purpose,
        identifier=(str(numbers[0]["system"]), str(numbers[0]["value"])),
        who="a synthetic person",
        day=str((now - timedelta(days=2)).date()),
    )
    made["provision"]["period"] = {
        "start": str((now - timedelta(days=3)).date()),
        "end": str((now + timedelta(days=30)).date()),
    }
    caller = _caller(premises, intent.source_partner, intent.purpose)
    await consent_record.record_consent(premises, caller, made, orjson.dumps(made))


def _caller(premises: Premises, partner_id: str, purpose: str) -> Caller:
    return Caller(partner_id, f"{partner_id}-practice", purpose, frozenset({"system/*.cruds"}), "practice")


def _outcome(intent: Intent, before: str | Release, after: str | Release) -> Outcome:
    made = Outcome(intent.partner, intent.kind, intent.purpose, _said(before), _said(after))
    if isinstance(after, Release):
        return replace(made, media_type=after.media_type, size=len(after.content))
    return made


def _said(what: str | Release) -> str:
    return "released" if isinstance(what, Release) else what
