"""The import contracts of `pyproject.toml` hold, and each one fails when it is broken on purpose."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.house import checkout

LINT = "import sys, importlinter.cli as c; sys.exit(c.lint_imports_command())"

BROKEN_ON_PURPOSE = [
    (1, "consent/decide.py", "import mappings"),
    (2, "consent/decide.py", "import os"),
    (2, "consent/decide.py", "import gateway.clock"),
    (2, "mappings/translate.py", "import sqlite3"),
    (2, "mappings/translate.py", "from time import sleep"),
    (3, "gateway/store/inbox.py", "import gateway.flows"),
    (3, "gateway/audit/log.py", "import gateway.partners"),
    (3, "gateway/intake/mllp.py", "import gateway.delivery"),
    (3, "gateway/utils.py", ""),
    (4, "gateway/flows/receive.py", "import consent"),
    (4, "gateway/cli/consent_commands.py", "from consent import decide"),
    (5, "gateway/flows/receive.py", "from gateway.store import outbox"),
    (6, "gateway/intake/mllp.py", "import mappings"),
    (7, "gateway/flows/receive.py", "from fhir.resources.R4B import patient"),
]


@pytest.fixture
def empty_house(tmp_path: Path) -> Path:
    """Every room and layer as an empty package, under the project's own contracts."""
    shutil.copy(checkout.ROOT / "pyproject.toml", tmp_path)
    contracts = tomllib.loads(checkout.text(checkout.ROOT / "pyproject.toml"))["tool"]["importlinter"][
        "contracts"
    ]
    layers = next(contract["layers"] for contract in contracts if contract["type"] == "layers")
    names = [name for line in layers for name in re.findall(r"\w+", line) if name != "__main__"]
    for folder in ("consent", "mappings", "gateway", *(f"gateway/{name}" for name in names)):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "__init__.py").touch()
    (tmp_path / "gateway" / "__main__.py").touch()
    (tmp_path / "gateway" / "store" / "outbox.py").touch()
    (tmp_path / "consent" / "decide.py").touch()
    return tmp_path


def broken_contracts(folder: Path) -> set[int]:
    """The numbers of the contracts that do not hold in `folder`."""
    script = f"import sys; sys.path.insert(0, {str(folder)!r}); sys.argv[1:] = ['--no-cache']; {LINT}"
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=folder, capture_output=True, text=True, check=False
    )
    found = dict(re.findall(r"^(\d)\. .* (KEPT|BROKEN)", done.stdout, re.MULTILINE))
    assert sorted(found) == list("1234567"), done.stdout + done.stderr
    return {int(number) for number, verdict in found.items() if verdict == "BROKEN"}


def test_the_contracts_hold_in_an_empty_house(empty_house: Path) -> None:
    assert broken_contracts(empty_house) == set()


@pytest.mark.slow
@pytest.mark.parametrize(("contract", "file", "line"), BROKEN_ON_PURPOSE)
def test_a_contract_broken_on_purpose_fails(contract: int, file: str, line: str, empty_house: Path) -> None:
    (empty_house / file).write_text(line + "\n")

    assert contract in broken_contracts(empty_house)


def test_every_contract_is_broken_once() -> None:
    assert {contract for contract, _, _ in BROKEN_ON_PURPOSE} == set(range(1, 8))
