"""Who looks at the shell stands in the audit log before anything is shown, or nothing is."""

from __future__ import annotations

import ast
import asyncio
import json
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import gateway.cli
from gateway.audit import LoggedEntry, Sealer, append, every, is_look
from gateway.cli import main
from gateway.cli.who import who
from gateway.clock import SystemClock
from gateway.console.looks import command_words
from gateway.flows.another_person import account_name
from gateway.store import (
    ConsentRequest,
    Transaction,
    consent_requests,
    inbox,
    intents,
    legal_holds,
    open_store,
    open_store_for_reading,
    patients,
)
from gateway.wiring import recorded_looks
from gateway.wiring.asking import CONTROL_FILE
from gateway.wiring.control import ControlDoor
from gateway.wiring.network_folder import make_network_folder, open_folder
from gateway.wiring.recorded_looks import look_acts, record_look
from tests.gateway.county import County
from tests.gateway.store.samples import AT, LATER, entry, intent, message, with_patient

COMMANDS: tuple[tuple[str, tuple[str, ...], str, set[str | None]], ...] = (
    ("disclosures", (), "disclosures", {"p1", "p2"}),
    ("disclosures", ("--patient", "p1"), "disclosures --patient", {"p1"}),
    ("disclosures", ("--patient", "Ana Reyes"), "disclosures --patient", {None}),
    ("why", ("q1",), "why q1", {"p1"}),
    ("why", ("Ana Reyes",), "why", {None}),
    ("why", ("q1", "--replay"), "why --replay q1", {"p1"}),
    ("accounting", ("p2",), "accounting", {"p2"}),
    ("accounting", ("p2", "--as", "fhir"), "accounting", {"p2"}),
    ("accounting", ("p2", "--csv"), "accounting", {"p2"}),
    ("audit", ("export",), "audit export", {None}),
    ("audit", ("export", "--fhir"), "audit export --fhir", {None}),
    ("audit", ("export", "--patient", "p2"), "audit export --patient", {"p2"}),
    ("audit", ("export", "--since", "2026-11-22"), "audit export --since 2026-11-22", {None}),
    ("audit", ("prove", "1", "--facts"), "audit prove --facts 1", {"p1"}),
    ("audit", ("prove", "2"), "audit prove 2", {"p2"}),
    (
        "audit",
        ("received", "--since", "2026-11-22", "--until", "2026-11-22"),
        "audit received --since 2026-11-22 --until 2026-11-22",
        {None},
    ),
    ("messages", ("list",), "messages list", {None}),
    ("messages", ("list", "--json"), "messages list", {"p1"}),
    ("messages", ("show", "m1"), "messages show m1", {"p1", "p2"}),
    ("messages", ("show", "m1", "--raw"), "messages show --raw m1", {"p1", "p2"}),
    ("lanes", ("list", "--json"), "lanes list", {"p2"}),
    ("requests", ("list",), "requests list", {"p2"}),
    ("requests", ("patient-notices",), "requests patient-notices", {"p3"}),
    ("requests", ("patient-notices", "--json"), "requests patient-notices", {"p3"}),
    ("identity", ("list",), "identity list", {"p3"}),
    ("identity", ("show", "p3"), "identity show", {"p3"}),
    ("hold", ("list",), "hold list", {"p1"}),
)
"""A command, what the log says of it, and of whom."""
SHOWN_UNRECORDED = {
    "looked.py": 1,  # the one way itself
    "requests_commands.py": 2,  # ask it by hand, having looked once
    "audit_commands.py": 1,  # verify
    "keys_commands.py": 2,  # counts
    "reconcile_command.py": 1,  # counts
    "users_commands.py": 2,  # people of the console, no patient
}


the_folder = cache(open_folder)


@pytest.fixture(scope="module")
def kept(tmp_path_factory: Any) -> Path:
    """A network's folder, whose store knows something of three patients."""
    path: Path = tmp_path_factory.mktemp("looked")
    make_network_folder(path, None)
    folder = the_folder(path)

    def work(tx: Transaction) -> None:
        for one in ("p1", "p2", "p3"):
            with_patient(one)(tx)
        patients.doubt(tx, "p3")
        patients.link(tx, "otp", "t3", "p3")
        inbox.keep(tx, message(1, patient_id="p1"), b"MSH|raw")
        intents.add(tx, intent("i1", patient_id="p2", message_id="m1", state="held", reason="NO_CONSENT"))
        consent_requests.open_request(tx, ConsentRequest("c1", "i1", "p2", "Dana", AT, LATER, ""))
        legal_holds.add(tx, legal_holds.LegalHold("h1", "AUDIT", "p1", "", AT, "", AT, "Kim"))
        append(tx, entry("q1"))
        append(tx, entry("q2", patient_id="p2"))

    async def fill() -> None:
        store = open_store(folder.store_url, folder.keys.cipher, folder=path)
        await store.write(work)
        await Sealer(store, folder.keys.signer, path / "witness.log", SystemClock()).seal_now()
        await store.close()

    asyncio.run(fill())
    return path


def run(network: Path, command: str, *arguments: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main([command, *arguments, "--network", str(network)])
    assert isinstance(ended.value.code, int)
    return ended.value.code


def looks(network: Path) -> list[LoggedEntry]:
    folder = the_folder(network)
    store = open_store_for_reading(folder.store_url, folder.keys.cipher, folder=network)
    with store.read() as view:
        return [one for one in every(view) if is_look(one)]


@pytest.mark.requirement("AU-06", "HI-312-02")
def test_each_command_that_shows_what_is_known_says_first_who_looks_and_at_whom(
    kept: Path, capfdbinary: Any
) -> None:
    for command, arguments, said, whom in COMMANDS:
        before = len(looks(kept))
        run(kept, command, *arguments)
        shown, told = capfdbinary.readouterr()
        made = [one.entry for one in looks(kept)[before:] if one.entry is not None]

        assert {one.subject for one in made} == {f"handoff {said}"}
        assert {one.patient_id for one in made} == whom, said
        assert [one.recipient_name for one in made] == [account_name(who())] * len(made)
        assert {one.description for one in made} == {"command_line"}
        assert len({one.request_id for one in made}) == 1
        assert "Reyes" not in repr(made) and command_words(made[0].subject) not in ("", "A command")
        assert shown or told


@pytest.mark.requirement("P2-25-01", "HI-528-01")
def test_the_account_is_written_in_one_way_at_a_time(kept: Path, capfdbinary: Any) -> None:
    """Design 9: `handoff accounting PATIENT [--csv|--fhir]`, and `--json` wherever a table is printed."""
    told = []
    for way in ((), ("--csv",), ("--as", "csv"), ("--fhir",), ("--json",)):
        assert run(kept, "accounting", "p2", *way) == 0
        told.append(capfdbinary.readouterr().out)
    table, by_name, by_way, fhir, rows = told
    assert by_name == by_way and by_name.startswith(b"date,") and by_name != table
    assert json.loads(fhir)["resourceType"] == "Bundle" and isinstance(json.loads(rows), list)

    for wrong in (("--csv", "--fhir"), ("--as", "csv", "--json"), ("--as", "xml")):
        assert run(kept, "accounting", "p2", *wrong) == 2


def test_what_counts_and_checks_leaves_no_entry(kept: Path, capfdbinary: Any) -> None:
    before = len(looks(kept))
    for command in (("audit", "verify"), ("reconcile",), ("keys", "list"), ("keys", "prove", "p1", "--json")):
        run(kept, *command)
    assert len(looks(kept)) == before and capfdbinary.readouterr().out


def test_no_command_looks_into_the_store_by_another_way() -> None:
    """A new command that shows patients goes through `looked`, or is named here with why it need not."""
    found: dict[str, int] = {}
    for file in Path(gateway.cli.__file__).parent.glob("*.py"):
        calls = [node for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.Call)]
        number = sum(isinstance(one.func, ast.Name) and one.func.id == "reading" for one in calls)
        found |= {file.name: number} if number else {}
    assert found == SHOWN_UNRECORDED


@pytest.fixture
def failing_log(kept: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Another process holds the store, and no gateway answers for it."""
    monkeypatch.setattr(recorded_looks, "PATIENCE_SECONDS", 0.0)
    folder = the_folder(kept)
    store = open_store(folder.store_url, folder.keys.cipher, folder=kept)
    yield
    asyncio.run(store.close())


@pytest.mark.requirement("AU-06")
def test_where_the_log_cannot_take_it_down_nothing_is_shown(
    kept: Path, failing_log: None, capfdbinary: Any
) -> None:
    for command, arguments in {f"{one[0]} {one[1][:1]}": one[:2] for one in COMMANDS}.values():
        assert run(kept, command, *arguments) == 1
        shown, told = capfdbinary.readouterr()
        assert shown == b"" and told.startswith(b"LOOK_NOT_RECORDED: "), (command, arguments)
        assert b"STORE_IN_USE" in told


def test_a_copy_is_not_written_into_and_the_networks_own_log_says_that_it_was_looked_at(
    kept: Path, tmp_path: Path, capfdbinary: Any
) -> None:
    copy, elsewhere = tmp_path / "copy.db", tmp_path / "elsewhere"
    with closing(sqlite3.connect(kept / "handoff.db")) as whole, closing(sqlite3.connect(copy)) as made:
        whole.backup(made)  # with what is yet in the write-ahead log
    content = copy.read_bytes()
    elsewhere.mkdir()
    shutil.copy(kept / "network.yaml", elsewhere)
    shutil.copytree(kept / "keys", elsewhere / "keys")

    assert run(kept, "why", "q1", "--store", f"sqlite:///{copy}") == 0
    last = looks(kept)[-1].entry
    assert last is not None and (last.subject, last.patient_id) == ("handoff why q1 (another store)", "p1")
    assert b"the network's own log says that you looked" in capfdbinary.readouterr().err
    assert run(elsewhere, "why", "q1", "--store", f"sqlite:///{copy}") == 0
    shown, told = capfdbinary.readouterr()
    assert b"entry 1" in shown and told.count(b"\n") == 1 and b"no log of the network is here" in told
    assert copy.read_bytes() == content and not (elsewhere / "handoff.db").exists()

    (tmp_path / "copy.db.lock").touch()  # a gateway has written here: it is the store, wherever it lies
    assert run(elsewhere, "why", "q1", "--store", f"sqlite:///{copy}") == 0
    assert capfdbinary.readouterr().err == b""


@pytest.mark.requirement("AU-06")
def test_a_gateway_that_runs_takes_it_down_itself(county: County) -> None:
    async def play() -> str:
        acts = look_acts(county.store, county.clock)
        door = ControlDoor(county.folder.path, county.premises, acts)
        await door.start("http://127.0.0.1:1")
        try:
            return await asyncio.to_thread(
                record_look, county.folder, None, "dana", "handoff why q1", frozenset({county.patient_id})
            )
        finally:
            await door.stop()

    county.refer()
    assert county.run(play()) == "" and not (county.folder.path / CONTROL_FILE).exists()
    made = [one.entry for one in county.look(every) if is_look(one)]
    assert [(one.recipient_name, one.patient_id) for one in made if one] == [("dana", county.patient_id)]
