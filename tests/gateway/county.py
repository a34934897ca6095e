"""A whole small network in one process: real engine, real mappings, a real store in a folder, and a clock that stands.

What the doors would call is called here directly, so that a test can look behind every answer.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Coroutine, Mapping
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp
from typing import Any, TypeVar

import msgspec
import orjson

from gateway.audit import LoggedEntry
from gateway.audit import of_patient as audit_of_patient
from gateway.clock import FixedClock, instant_text
from gateway.demo import person
from gateway.disclosure import gate
from gateway.disclosure.premises import Premises
from gateway.disclosure.release import Refusal, Release
from gateway.flows import consent_record, pull, receive, status, submissions
from gateway.flows.answers import Saved, SearchCriteria, TransactionOutcome
from gateway.flows.messages import Receipt, ReceivedMessage
from gateway.partners import Network
from gateway.security.callers import Caller
from gateway.security.keys import read_keys
from gateway.store import Intent, Reading, Record, Transaction, intents, patients, records
from gateway.store.sqlite_migrations import migrate
from gateway.wiring.network_folder import STORE_FILE, NetworkFolder, make_network_folder, open_folder
from gateway.wiring.opening import open_premises, open_writing_store

T = TypeVar("T")
NOW = datetime(2026, 4, 11, 15, tzinfo=UTC)
MRN = (person.MRN_SYSTEM, "770011")
OTP = (person.OTP_SYSTEM, "OTP-3391")
HOUSING = (person.HOUSING_SYSTEM, "DH-204")
CONTROL_ID, REFERRAL = "ED-1", "R-1"


@cache
def _starting_network() -> NetworkFolder:
    folder = Path(mkdtemp(prefix="handoff-county-"))
    make_network_folder(folder, "http://127.0.0.1:9/fhir")
    return open_folder(folder)


@cache
def _empty_store() -> bytes:
    """The file of a store that nobody has written to: made once, as the steps that make it cost more than most tests."""
    with TemporaryDirectory(prefix="handoff-county-") as folder:
        file = Path(folder) / STORE_FILE
        with closing(sqlite3.connect(file, isolation_level=None)) as connection:
            connection.execute("PRAGMA journal_mode = WAL")
            migrate(connection)
        return file.read_bytes()


def caller(partner: str, purpose: str = "TREAT") -> Caller:
    """A partner's system with a checked token for `purpose`."""
    return Caller(partner, f"{partner}-client", purpose, frozenset({"system/*.cruds"}), "token")


class County:
    """The premises of one test, and what its partners do."""

    def __init__(self, path: Path) -> None:
        made = _starting_network()
        self.folder = replace(
            made, path=path, keys=read_keys(made.path / "keys"), keys_folder=made.path / "keys"
        )
        self.clock = FixedClock(NOW)
        self.signed = 0
        if not (path / STORE_FILE).exists():
            path.mkdir(parents=True, exist_ok=True)
            (path / STORE_FILE).touch(0o600)
            (path / STORE_FILE).write_bytes(_empty_store())
        self.store = open_writing_store(self.folder, None)
        self.premises: Premises = open_premises(self.folder, self.store, self.clock)

    def close(self) -> None:
        """Give the store back."""
        self.run(self.store.close())

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """What `work` comes to."""
        return asyncio.run(work)

    def write(self, work: Callable[[Transaction], T]) -> T:
        """What `work` returns, committed."""
        return self.run(self.store.write(work))

    def look(self, look: Callable[[Reading], T]) -> T:
        """What `look` finds in a snapshot."""
        with self.store.read() as reading:
            return look(reading)

    # ------------------------------------------------------------------------------------------ the network

    def change_network(self, **changes: Any) -> None:
        """The same network with other settings at its root."""
        content = msgspec.structs.replace(self.premises.network.content, **changes)
        network = Network(content)
        self.premises = replace(self.premises, network=network, directory=Premises.directory_of(network))

    def change_partner(self, partner: str, **changes: Any) -> None:
        """The same network with one partner set up otherwise."""
        partners = dict(self.premises.network.partners)
        partners[partner] = msgspec.structs.replace(partners[partner], **changes)
        self.change_network(partners=partners)

    # ----------------------------------------------------------------------------------- what partners do

    def send(
        self, raw: bytes, control_id: str = CONTROL_ID, message_type: str = "REF^I12^REF_I12"
    ) -> Receipt:
        """The hospital's message through the door, without the door."""
        at = self.clock.now()
        message = ReceivedMessage("hospital", "mllp", "hl7v2", control_id, message_type, raw, at)
        return self.run(receive.accept_message(self.premises, message))

    def refer(
        self,
        control_id: str = CONTROL_ID,
        referral: str = REFERRAL,
        addressee: str = "SUNRISE",
        *,
        event: str = "I12",
        change: Mapping[str, str] | None = None,
    ) -> Receipt:
        """The hospital's referral, with words of it changed."""
        raw = person.referral_message(control_id, referral, addressee, "Reyes^Sol").decode()
        for before, after in {"REF^I12": f"REF^{event}", **(change or {})}.items():
            assert before in raw
            raw = raw.replace(before, after, 1)
        return self.send(raw.encode(), control_id, f"REF^{event}^REF_I12")

    def consent(
        self,
        recipient: str = "otp",
        *,
        discloser: str = "hospital",
        by: str = "",
        purpose: str = "TREAT",
        identifier: tuple[str, str] = MRN,
        **limits: Any,
    ) -> Saved:
        """A consent of hers, recorded by the discloser or by partner `by`."""
        self.signed += 1
        made = person.consent(discloser, recipient, purpose, identifier=identifier, **limits)
        made["dateTime"] = (
            f"2026-03-01T10:{self.signed:02}:00-07:00"  # each time she signs is another consent
        )
        return self.record(by or discloser, made)

    def record(self, partner: str, consent: Mapping[str, Any]) -> Saved:
        """Any Consent, recorded by `partner`."""
        return self.run(consent_record.record_consent(self.premises, caller(partner), consent, b"{}"))

    def replace(
        self, partner: str, consent_id: str, consent: Mapping[str, Any], if_match: str | None = None
    ) -> Saved:
        """A new version of a Consent."""
        asked = caller(partner)
        return self.run(consent_record.replace_consent(self.premises, asked, consent_id, consent, if_match))

    def withdraw(self, saved: Saved, by: str = "hospital") -> Saved:
        """She takes a consent back."""
        return self.replace(by, str(saved.resource["id"]), {**saved.resource, "status": "inactive"})

    def submit(
        self, partner: str, bundle: Mapping[str, Any], key: str | None = None, purpose: str = "TREAT"
    ) -> TransactionOutcome:
        """A FHIR transaction of a partner."""
        raw = orjson.dumps(bundle)
        return self.run(
            submissions.accept_transaction(self.premises, caller(partner, purpose), bundle, raw, key)
        )

    def share_plan(self) -> None:
        """The treatment program shares her plan; the housing agency knows her by its own number."""
        self.submit("otp", person.treatment_plan())
        self.submit("housing", person.housing_client(), purpose="COC")

    def search(
        self,
        partner: str,
        resource_type: str,
        identifier: tuple[str, str] | None,
        purpose: str = "TREAT",
        **more: Any,
    ) -> dict[str, Any]:
        """The searchset a partner gets."""
        criteria = SearchCriteria(identifier=identifier, **more)
        pulled = self.run(pull.search(self.premises, caller(partner, purpose), resource_type, criteria))
        found: dict[str, Any] = orjson.loads(pulled.content)
        return found

    def read(
        self, partner: str, resource_type: str, resource_id: str, purpose: str = "TREAT"
    ) -> dict[str, Any]:
        """One resource as a partner gets it."""
        asked = caller(partner, purpose)
        pulled = self.run(pull.read(self.premises, asked, resource_type, resource_id))
        found: dict[str, Any] = orjson.loads(pulled.content)
        return found

    def answer(self, partner: str, new_status: str, if_match: str | None = None, **more: Any) -> Saved:
        """The addressee's word on the one Task; an element given as None is left out."""
        task = self.task()
        resource = {**task.resource, "status": new_status, **more}
        resource = {name: value for name, value in resource.items() if value is not None}
        asked = caller(partner)
        return self.run(status.update_task(self.premises, asked, task.id, resource, if_match))

    # ------------------------------------------------------------------------------------- what is there

    @property
    def patient_id(self) -> str:
        """The one patient, as the hospital or else the program knows her."""
        index = self.premises.keys.index
        for system, value in (MRN, OTP):
            token = index("Patient.identifier", system, value)
            for _, patient_id in self.look(lambda reading, t=token: patients.find_by_token(reading, None, t)):
                return patient_id
        raise AssertionError("nobody knows her")

    def intents(self, *states: str) -> tuple[Intent, ...]:
        """All intents about her, or those in some states."""
        found = self.look(lambda reading: intents.of_patient(reading, self.patient_id))
        return tuple(intent for intent in found if not states or intent.state in states)

    def states(self) -> list[str]:
        """What became of each intent, in their order."""
        return [intent.state for intent in self.intents()]

    def task(self) -> Record:
        """The one Task about her."""
        (task,) = self.records("Task")
        return task

    def records(self, *types: str) -> tuple[Record, ...]:
        """Her present records."""
        return self.look(lambda reading: records.of_patient(reading, self.patient_id, types or None))

    def own_patient_id(self, partner: str) -> str:
        """The id under which `partner` sent her here itself."""
        (found,) = {r.id for r in self.records("Patient") if r.source_partner == partner}
        return found

    def audit(self, kind: str | None = None) -> list[LoggedEntry]:
        """The audit entries about her."""
        found = self.look(lambda reading: audit_of_patient(reading, self.patient_id))
        return [logged for logged in found if kind in (None, logged.row.kind)]

    def claim(self) -> tuple[Intent, ...]:
        """What a sender would take now."""
        now = instant_text(self.clock.now())
        return self.write(lambda tx: intents.claim_due(tx, now, 16))

    def release(self) -> Release | Refusal:
        """What the gate says to the one intent that is due."""
        (intent,) = self.claim()
        return self.run(gate.release(self.premises, intent))

    def released(self) -> Release:
        """The release of the one intent that is due."""
        made = self.release()
        assert isinstance(made, Release)
        return made

    def refused(self) -> Refusal:
        """The refusal of the one intent that is due."""
        made = self.release()
        assert isinstance(made, Refusal)
        return made

    def settle(self, intent: Intent, state: str, reason: str = "") -> None:
        """Say how the handing over of an intent ended."""
        now = instant_text(self.clock.now())
        self.write(lambda tx: intents.finish(tx, intent.id, state, now, reason))

    def deliver(self) -> Release:
        """Release the one intent that is due, and have the partner say that it has it."""
        made = self.released()
        (intent,) = self.intents("sending")
        self.settle(intent, "delivered", "HTTP_200")
        return made


def resources_of(content: bytes) -> dict[str, list[dict[str, Any]]]:
    """The resources of a Bundle by type."""
    found: dict[str, list[dict[str, Any]]] = {}
    for entry in orjson.loads(content).get("entry", ()):
        found.setdefault(entry["resource"]["resourceType"], []).append(entry["resource"])
    return found


def matches(bundle: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What a searchset found, without the notices."""
    return [entry["resource"] for entry in bundle.get("entry", ()) if entry["search"]["mode"] == "match"]
