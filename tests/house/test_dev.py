"""`./dev` itself: what it refuses, what it sets up, and that its coverage gates hold what they promise."""

from __future__ import annotations

import importlib.util
import json
import signal
import subprocess
import sys
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import ModuleType

import pytest

from tests.house import checkout


@pytest.fixture
def dev() -> ModuleType:
    loader = SourceFileLoader("dev_command", str(checkout.ROOT / "dev"))
    spec = importlib.util.spec_from_loader("dev_command", loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module


def measured(statements: int, covered: int) -> dict[str, object]:
    percent = 100 * covered / statements
    summary = {"num_statements": statements, "covered_lines": covered, "percent_covered": percent}
    return {"summary": summary, "missing_lines": [7]}


def test_a_gate_that_is_missed_fails_and_names_the_file(
    dev: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    files = {"consent/decide.py": measured(1000, 979), "gateway/flows/receive.py": measured(100, 95)}

    assert dev.coverage_gates({"files": files}) == ["coverage of consent"]
    assert "consent/decide.py: 97.9 % (missing: 7)" in capsys.readouterr().out


def test_a_file_counts_for_the_gate_of_its_own_room_and_not_for_the_whole_gateway(dev: ModuleType) -> None:
    files = {"gateway/audit/log.py": measured(10, 9), "gateway/cli/main.py": measured(100, 89)}

    assert dev.coverage_gates({"files": files}) == ["coverage of gateway/audit", "coverage of gateway"]


def test_full_coverage_passes_every_gate(dev: ModuleType) -> None:
    files = {f"{folder}/a.py": measured(10, 10) for folder in dev.GATES}

    assert dev.coverage_gates({"files": files}) == []


def test_tools_of_the_environment_come_first_and_no_test_needs_the_name_localhost(
    dev: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", "/elsewhere")

    environment = dev.environment()

    assert environment["PATH"].startswith(str(checkout.ROOT / ".venv" / "bin"))
    assert environment["PYTEST_HTTPSERVER_HOST"] == "127.0.0.1"
    assert "PYTHONPATH" not in environment


def test_without_venv_and_without_rights_it_says_which_package_to_install(
    dev: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    python = tmp_path / "python3"
    python.write_text(f'#!/bin/sh\ncase "$2" in *ensurepip*) exit 1;; esac\nexec {sys.executable} "$@"\n')
    python.chmod(0o755)
    monkeypatch.setattr(dev.os, "geteuid", lambda: 1000)

    with pytest.raises(SystemExit) as ended:
        dev.provide_venv(str(python))

    assert ended.value.code == 2
    version = ".".join(str(part) for part in sys.version_info[:2])
    assert f"sudo apt-get install python{version}-venv" in capsys.readouterr().err


def test_the_fingerprint_changes_with_the_lock_file(
    dev: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = dev.fingerprint(sys.executable)
    lock = tmp_path / "requirements.lock"
    lock.write_bytes(dev.LOCK.read_bytes() + b"# one more line\n")
    monkeypatch.setattr(dev, "LOCK", lock)

    assert dev.fingerprint(sys.executable) != before
    assert json.loads(json.dumps(before)) == before


def test_uv_looks_where_this_machine_has_told_pip_to_look(
    dev: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = (
        "global.index-url='https://packages.example/simple'\n:env:.cert='/etc/our.pem'\nglobal.timeout='9'\n"
    )
    python = tmp_path / "python"
    python.write_text(f"#!/bin/sh\ncat <<'END'\n{told}END\n")
    python.chmod(0o755)
    monkeypatch.setattr(dev, "PYTHON", python)

    found = dev.index_for_uv()

    assert found["UV_DEFAULT_INDEX"] == "https://packages.example/simple"
    assert found["SSL_CERT_FILE"] == "/etc/our.pem"
    assert found.keys() <= {"UV_DEFAULT_INDEX", "SSL_CERT_FILE", "UV_SYSTEM_CERTS", "UV_NATIVE_TLS"}


def test_what_uv_cannot_install_pip_does(
    dev: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran: list[list[str]] = []
    uv, python = tmp_path / "uv", tmp_path / "python"
    for tool, code in ((uv, 1), (python, 0)):
        tool.write_text(f"#!/bin/sh\nexit {code}\n")
        tool.chmod(0o755)
    monkeypatch.setattr(dev, "PYTHON", python)
    monkeypatch.setattr(dev.shutil, "which", lambda _name: str(uv))
    monkeypatch.setattr(dev, "index_for_uv", dict)
    monkeypatch.setattr(dev, "run", lambda command, **_options: ran.append(command) or command[0] == str(uv))

    dev.install(sys.executable)

    assert [command[0] for command in ran] == [str(uv), dev.PIP[0]]
    assert all(command[-3:] == ["--require-hashes", "-r", str(dev.LOCK)] for command in ran)


@pytest.mark.parametrize(("arguments", "code"), [([], 2), (["--help"], 0), (["no-such-command"], 2)])
def test_wrong_usage_is_told_before_anything_is_set_up(arguments: list[str], code: int) -> None:
    done = subprocess.run(
        [sys.executable, str(checkout.ROOT / "dev"), *arguments], capture_output=True, text=True
    )

    assert done.returncode == code
    assert "setting up" not in done.stderr


def test_the_demonstration_ends_what_it_started_when_it_is_interrupted(tmp_path: Path) -> None:
    """It gets the signal itself, and the time that ending takes."""
    handoff = tmp_path / "bin" / "handoff"
    handoff.parent.mkdir()
    handoff.write_text(
        f"#!{sys.executable}\nimport signal, threading, time\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"  # which a shell's background has switched off
        "try:\n    print('up', flush=True)\n    threading.Event().wait()\n"
        "except KeyboardInterrupt:\n    time.sleep(0.5)\n    print('ended', flush=True)\n"
    )
    handoff.chmod(0o755)
    begin = (
        "import sys, pathlib, importlib.machinery as m\n"
        f"dev = m.SourceFileLoader('dev_command', {str(checkout.ROOT / 'dev')!r}).load_module()\n"
        f"dev.VENV = pathlib.Path({str(tmp_path)!r})\nsys.exit(dev.demo([]))\n"
    )
    with subprocess.Popen(
        [sys.executable, "-B", "-W", "ignore", "-c", begin], stdout=subprocess.PIPE
    ) as running:
        assert running.stdout is not None
        assert running.stdout.readline() == b"up\n"
        running.send_signal(signal.SIGINT)
        try:
            assert running.communicate(timeout=90)[0] == b"ended\n"
        finally:
            running.kill()
