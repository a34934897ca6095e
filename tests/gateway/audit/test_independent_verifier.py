"""The verifier that shares no code with the gateway comes to the same answer as the gateway's own."""

from __future__ import annotations

import contextlib
import functools
import importlib.util
import io
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gateway.audit import verify_export
from tests.gateway.audit.conftest import Log

DEPLOY = Path(__file__).parents[3] / "deploy"
SCRIPT, SHORT = DEPLOY / "verify_audit.py", DEPLOY / "verify_export.py"
Change = Callable[[list[bytes]], list[bytes]]


def asked(log: Log, lines: list[bytes], *options: str) -> tuple[int, str]:
    """Exit code and sentence of the script; of an export without a witness the short one says the very same."""
    export = log.folder / "audit.ndjson"
    export.write_bytes(b"".join(lines))
    found = _said(lambda: loaded(SCRIPT).main([str(export), *options]))
    if "--witness" not in options:
        assert _said(lambda: loaded(SHORT).main(str(export), *options[1:])) == found
    return found


def _said(run: Callable[[], int]) -> tuple[int, str]:
    with contextlib.redirect_stdout(io.StringIO()) as out:
        code = run()
    return code, out.getvalue().strip()


@functools.cache
def loaded(script: Path) -> Any:
    """A script as a module."""
    spec = importlib.util.spec_from_file_location(script.stem, script)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("script", [SCRIPT, SHORT])
def test_a_bare_python_is_enough(log: Log, script: Path) -> None:
    export = log.folder / "audit.ndjson"
    export.write_bytes(b"".join(log.export()))
    command = [sys.executable, "-I", "-S", str(script), str(export)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=90, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "10 entries, all whole\n", "")


def edited(number: int, **changed: object) -> Change:
    """Entry `number` with other values."""

    def change(lines: list[bytes]) -> list[bytes]:
        found = list(lines)
        for place, line in enumerate(lines):
            told = json.loads(line)
            if told.get("seq") == number:
                found[place] = json.dumps({**told, **changed}, separators=(",", ":")).encode() + b"\n"
        return found

    return change


def written_over(number: int, before: bytes, after: bytes) -> Change:
    """Bytes of entry `number` changed."""
    here = b'"seq":%d,' % number
    return lambda lines: [line.replace(before, after, 1) if here in line else line for line in lines]


def without(part: bytes) -> Change:
    return lambda lines: [line for line in lines if part not in line]


def with_forged_head(lines: list[bytes]) -> list[bytes]:
    head = json.loads(lines[1])["checkpoint"].replace("\n10\n", "\n11\n", 1)
    return [lines[0], json.dumps({"checkpoint": head}, separators=(",", ":")).encode() + b"\n", *lines[2:]]


@pytest.mark.requirement("AU-06")
@pytest.mark.parametrize("facts", [True, False])
def test_a_whole_log_is_whole_to_both(log: Log, facts: bool) -> None:
    lines = log.export(facts=facts)

    code, said = asked(log, lines, "--key", log.verifier.text, "--witness", str(log.witness))

    assert (code, said) == (0, "10 entries, all whole")
    assert verify_export(lines, log.verifier).ok


@pytest.mark.requirement("AU-06")
@pytest.mark.parametrize(
    ("change", "said"),
    [
        (edited(4, outcome="withhold"), "entry 4 was altered"),
        (edited(4, facts="{}"), "entry 4 shows facts that are not its own"),
        (edited(4, chain_hash="00" * 32), "entry 4 does not follow the one before it"),
        (edited(4, salt="no salt"), "entry 4 cannot be read"),
        (edited(4, facts_hash="g" * 64), "entry 4 cannot be read"),
        (edited(4, seq="four"), "entry 4 is missing or out of order"),
        (written_over(4, b'"outcome"', b'"outcome'), "what follows entry 3 cannot be read"),
        (written_over(4, b'"outcome":"', b'"outcome":"\xff'), "entry 4 cannot be read"),
        (without(b'"seq":4,'), "entry 4 is missing or out of order"),
        (without(b'"seq":10,'), "the log is cut after entry 9"),
        (without(b'"end"'), "the log is cut after entry 10"),
        (with_forged_head, "cannot be read as an export: ValueError"),
        (lambda lines: [*lines, lines[-2]], "something follows the end of the export"),
        (lambda lines: lines[:1], "the log is cut after entry 0"),
        (lambda lines: [b"no json\n"], "cannot be read as an export: JSONDecodeError"),
    ],
)
def test_what_was_tampered_with_is_found_by_both(log: Log, change: Change, said: str) -> None:
    lines = change(log.export())

    assert asked(log, lines, "--key", log.verifier.text) == (1, said)
    report = verify_export(lines, log.verifier)
    assert not report.ok
    if " 4 " in said or said.startswith("what follows entry 3"):
        assert (report.first_bad_seq, report.entries) == (4, 3), "both say where"


@pytest.mark.requirement("AU-06")
def test_a_log_that_was_written_anew_is_not_the_one_that_was_signed(log: Log, tmp_path: Path) -> None:
    """The chain fits itself, and the export carries no heads: only the witness tells."""
    (tmp_path / "other").mkdir()
    other = Log(tmp_path / "other")
    other.grow(10, outcome="withhold")
    lines = without(b'"checkpoint"')(other.export())

    code, said = asked(log, lines, "--witness", str(log.witness))

    assert (code, said) == (1, "the log up to entry 6 is not the one that was signed")


@pytest.mark.requirement("AU-06")
def test_what_nobody_has_signed_is_not_said_to_be_whole(log: Log, tmp_path: Path) -> None:
    """Anybody can write a log that fits itself, and the right key stands on every export."""
    (tmp_path / "other").mkdir()
    other = Log(tmp_path / "other")
    other.grow(10, outcome="withhold")
    made_up = without(b'"checkpoint"')(other.export())
    shorter = without(b'"end"')(log.export()[:1] + log.export()[2:])
    later = [line for line in shorter if b'"checkpoint"' not in line or b"\\n6\\n" in line]

    key, unsigned = ("--key", log.verifier.text), [log.export()[0], *made_up[1:]]
    assert verify_export(unsigned, log.verifier).signed_to == 0
    assert asked(log, unsigned, *key) == (
        1,
        "10 entries fit, and no more than 0 of them were signed",
    )
    assert asked(log, [*later, b'{"end":10}\n'], *key) == (
        0,
        "10 entries fit, and no more than 6 of them were signed",
    )


def test_an_older_export_is_told_from_the_whole(log: Log) -> None:
    lines = log.export()
    log.grow(3)

    code, said = asked(log, lines, "--witness", str(log.witness))

    assert (code, said) == (
        0,
        "10 entries, all whole; the witness knows 3 entries more: the export is older, or cut",
    )


@pytest.mark.parametrize("path", [SCRIPT, SHORT])
@pytest.mark.parametrize("number", range(4))
def test_its_signatures_are_those_of_rfc_8032(number: int, path: Path) -> None:
    script = loaded(path)
    signer = Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32)
    key, body = signer.public_key().public_bytes_raw(), b"head" * number
    signature = signer.sign(body)

    assert script.signed(key, signature, body)
    for place in range(0, 64, 7):
        altered = bytearray(signature)
        altered[place] ^= 1
        assert not script.signed(key, bytes(altered), body)
    higher = int.from_bytes(signature[32:], "little") + script.L
    assert not script.signed(key, signature[:32] + higher.to_bytes(32, "little"), body)
    assert not script.signed(key, signature, body + b"x")
    assert not script.signed(b"\xff" * 32, signature, body)


def test_another_key_is_not_believed(log: Log) -> None:
    name, key_id, key = log.verifier.text.split("+", 2)

    code, said = asked(log, log.export(), "--key", f"{name}x+{key_id}+{key}")

    assert (code, said) == (1, "the file names another key than the one given")


def test_a_witness_that_cannot_be_read_is_a_refusal_and_a_torn_line_is_none(log: Log) -> None:
    lines = log.export()
    with log.witness.open("ab") as file:
        file.write(b'{"note": "warm-hand\xe2\x80')

    assert asked(log, lines, "--witness", str(log.witness)) == (0, "10 entries, all whole")
    code, said = asked(log, lines, "--witness", str(log.folder / "none.log"))
    assert (code, said) == (1, "the witness file cannot be read: FileNotFoundError")
    (log.folder / "empty.log").touch()
    assert asked(log, lines, "--witness", str(log.folder / "empty.log"))[0] == 1
