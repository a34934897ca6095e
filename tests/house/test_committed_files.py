"""What must not be in any committed file, and what the lock files must hold."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from tests.house import checkout

# Written in two parts, so that this file does not hold what it looks for.
REGISTRY_HOSTS = tuple(
    first + second
    for first, second in (
        ("pypi", ".org"), ("python", "hosted"), ("npm", "js."), ("registry.", "yarn"), ("crates", ".io"),
        ("proxy.gol", "ang"), ("repo1.ma", "ven"), ("repo.ma", "ven"), ("ghcr", ".io"), ("docker", ".io"),
        ("quay", ".io"), ("deb.deb", "ian"), ("security.deb", "ian"), ("astral", ".sh"),
    )
)  # fmt: skip
MACHINE_PATH = re.compile(r"(?<![\w.:/-])/(work|root|home|Users)/[\w.]")
PRIVATE_KEY = re.compile("-----BEGIN " + r"([A-Z]+ )?PRIVATE KEY-----")
LOCKS = ("deploy/requirements.lock", "deploy/runtime.lock")


def lines_with(pattern: re.Pattern[str], *, but: tuple[str, ...] = ()) -> list[str]:
    return [
        f"{checkout.name(path)}:{number}"
        for path in checkout.files()
        if checkout.name(path) not in but and pattern.search(checkout.text(path))
        for number, line in enumerate(checkout.text(path).splitlines(), start=1)
        if pattern.search(line)
    ]


def test_no_file_names_the_host_of_a_package_registry() -> None:
    named = [
        f"{checkout.name(path)}: {host}"
        for path in checkout.files()
        for content in (checkout.text(path).lower(),)
        for host in REGISTRY_HOSTS
        if host in content
    ]

    assert named == []


def test_no_file_names_a_place_on_one_machine() -> None:
    assert lines_with(MACHINE_PATH) == []


def test_no_private_key_is_committed() -> None:
    assert lines_with(PRIVATE_KEY) == []


def test_every_file_is_of_a_reasonable_size() -> None:
    assert [checkout.name(path) for path in checkout.files() if path.stat().st_size > 2 * 1024 * 1024] == []


def pins(lock: str) -> dict[str, str]:
    """Name and pinned line of each package of a lock file."""
    lines = checkout.text(checkout.ROOT / lock).replace("\\\n", " ").splitlines()
    return {line.split("==")[0]: line for line in lines if line and not line.startswith("#")}


@pytest.mark.parametrize("lock", LOCKS)
def test_every_pin_has_an_exact_version_and_hashes_and_no_address(lock: str) -> None:
    assert pins(lock)
    for line in pins(lock).values():
        assert re.match(r"[a-z0-9.-]+(\[[a-z0-9,.-]+\])?==[\w.+!-]+ ", line), line[:80]
        assert "--hash=sha256:" in line, line[:80]
        assert "://" not in line, line[:80]
        assert "--index" not in line and "--find-links" not in line, line[:80]


def test_both_lock_files_agree() -> None:
    whole = pins(LOCKS[0])

    assert {name: line for name, line in pins(LOCKS[1]).items() if whole.get(name) != line} == {}


def test_the_lock_holds_every_package_the_project_names() -> None:
    project = tomllib.loads(checkout.text(checkout.ROOT / "pyproject.toml"))["project"]
    extras = project["optional-dependencies"]
    named = [*project["dependencies"], *extras["files"], *extras["dev"]]
    wanted = {
        re.split(r"[\[<>=!~ ;]", line, maxsplit=1)[0].lower().replace("_", "-").replace(".", "-")
        for line in named
    }

    assert wanted - {name.lower().replace(".", "-") for name in pins(LOCKS[0])} == set()


def test_ci_runs_the_command_of_the_readme() -> None:
    ran = [
        line for line in checkout.text(checkout.ROOT / ".ci" / "run").splitlines() if line.startswith("exec ")
    ]

    assert ran == ["exec ./dev test"]
    assert "./dev test" in checkout.text(checkout.ROOT / "README.md")


def test_the_scripts_can_be_executed() -> None:
    scripts = [checkout.ROOT / "dev", checkout.ROOT / ".ci" / "run"]

    assert [checkout.name(Path(path)) for path in scripts if not path.stat().st_mode & 0o100] == []
