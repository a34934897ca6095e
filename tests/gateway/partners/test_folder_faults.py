"""Where partners' folders may be."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.partners import NetworkFileRefused, parse_network
from tests.gateway.partners.test_network_file import STARTER

OUT = 'delivery: {kind: fhir, url: "http://127.0.0.1:9/fhir"}'


def places(text: str, folder: Path | None = None) -> list[str]:
    """Where the network file is found wrong."""
    try:
        parse_network(text.encode(), folder=folder)
    except NetworkFileRefused as refused:
        return [fault.place for fault in refused.faults]
    return []


def watching(*folders: str) -> str:
    lines = [f"  - {{partner: counseling, folder: {name!r}, formats: {{csv: a/b}}}}" for name in folders]
    return "\n".join([STARTER, "folders:", *lines, ""])


@pytest.fixture
def network(tmp_path: Path) -> Path:
    made = tmp_path / "srv" / "network"
    for name in ("keys", "journal", "in/a", "in/b", "tls"):
        (made / name).mkdir(parents=True)
    (tmp_path / "alias").symlink_to(made)
    (made / "in" / "link").symlink_to("b")
    return made


@pytest.mark.parametrize(
    "name", [".", "in/..", "..", "/", "keys", "keys/partners", "journal", "KEYS", "ALIAS", "ALIAS/keys"]
)
@pytest.mark.parametrize("outbound", [False, True])
def test_a_folder_with_something_of_ours_is_no_partner_s(
    network: Path, tmp_path: Path, name: str, *, outbound: bool
) -> None:
    name = name.replace("ALIAS", str(tmp_path / "alias")).replace("KEYS", str(network / "keys"))
    files = f"delivery: {{kind: files, folder: {name!r}, format: fhir+json, encryption: none}}"
    text = STARTER.replace(OUT, files, 1) if outbound else watching(name)
    place = "partners.otp.delivery.folder" if outbound else "folders.0.folder"

    assert places(text, network) == [place]


@pytest.mark.parametrize(
    ("one", "two"),
    [("in/x/../b", "in/b"), ("in/link", "in/b"), ("HERE/in/b", "in/b/c"), ("ALIAS/in/a", "in/a")],
)
def test_two_spellings_of_one_folder_are_one_folder(
    network: Path, tmp_path: Path, one: str, two: str
) -> None:
    one = one.replace("ALIAS", str(tmp_path / "alias")).replace("HERE", str(network))

    assert places(watching(one, two), network) == ["folders.1.folder"]


def test_folders_apart_are_taken(network: Path) -> None:
    assert places(watching("in/a", "in/b", "/elsewhere/c"), network) == []


def test_the_folder_of_a_private_key_is_no_partner_s(network: Path) -> None:
    hook = "delivery: {kind: webhook, url: 'https://peer.example.org/in', format: a/b, key: tls/peer.key}"
    assert "folders.0.folder" in places(watching("tls").replace(OUT, hook, 1), network)
