"""`handoff init`: a folder that serves at once, whose files are its owner's alone, whole or not there."""

from __future__ import annotations

import asyncio
import itertools
import stat
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography import x509

from gateway.cli import main
from gateway.errors import HandoffError
from gateway.partners import NetworkFileRefused
from gateway.wiring.checkup import look_over
from gateway.wiring.founding import TLS_REQUEST, Founder, found_network
from gateway.wiring.network_folder import open_folder
from gateway.wiring.opening import open_premises, open_writing_store
from tests.gateway.killing_points import killed_at_each_change

FOUNDER = Founder(
    name='Example County "Warm" Handoff: all # of it',
    role="qso",
    zone="America/Phoenix",
    desk="Desk, of consents, +1-602-555-0100",
    on_call="On-call lead, +1-602-555-0199",
    host="gateway.example.org",
)


def test_the_folder_is_a_network_that_opens(tmp_path: Path) -> None:
    found_network(tmp_path / "n", FOUNDER)

    folder = open_folder(tmp_path / "n")
    operator = folder.network.content.operator
    assert operator.name == FOUNDER.name
    assert (operator.consent_desk.name, operator.consent_desk.phone) == (
        "Desk, of consents",
        "+1-602-555-0100",
    )
    store = open_writing_store(folder, None)
    assert open_premises(folder, store).network.partners == {}
    asyncio.run(store.close())
    found, _ = look_over(tmp_path / "n", None)
    assert {one.what for one in found if one.is_wrong} == {
        "no gateway runs on this store",
        "there is no verified backup",
    }


@pytest.mark.requirement("HI-312-01")
def test_its_keys_are_its_own_and_its_owners_alone(tmp_path: Path) -> None:
    found_network(tmp_path / "a", FOUNDER)
    found_network(tmp_path / "b", FOUNDER)
    for path in (tmp_path / "a").rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path
    for file in (tmp_path / "a").rglob("*.key"):
        assert file.read_bytes() != (tmp_path / "b" / file.relative_to(tmp_path / "a")).read_bytes()


def test_the_certificate_request_is_for_the_hosts_name(tmp_path: Path) -> None:
    found_network(tmp_path / "n", FOUNDER)
    request = x509.load_pem_x509_csr((tmp_path / "n" / TLS_REQUEST).read_bytes())
    names = request.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert request.is_signature_valid
    assert names.get_values_for_type(x509.DNSName) == ["gateway.example.org"]


@pytest.mark.parametrize(
    ("changed", "where"),
    [
        ({"host": "no host"}, "--host"),
        ({"host": "x" * 60 + ".example.org"}, "--host"),
        ({"desk": "nobody"}, "--desk"),
        ({"on_call": ", "}, "--on-call"),
    ],
)
def test_what_is_missing_is_named_and_nothing_is_written(
    tmp_path: Path, changed: dict[str, str], where: str
) -> None:
    with pytest.raises(HandoffError, match="FOUNDER_INCOMPLETE") as refused:
        found_network(tmp_path / "n", replace(FOUNDER, **changed))
    assert refused.value.place == where
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("changed", [{"role": "king"}, {"zone": "Mars/Base"}])
def test_a_role_or_zone_that_there_is_not_is_refused(tmp_path: Path, changed: dict[str, str]) -> None:
    with pytest.raises(NetworkFileRefused):
        found_network(tmp_path / "n", replace(FOUNDER, **changed))
    assert list(tmp_path.iterdir()) == []


def test_a_folder_with_something_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "n").mkdir()
    (tmp_path / "n" / "mine").write_text("mine")
    with pytest.raises(HandoffError, match="FOLDER_IN_USE"):
        found_network(tmp_path / "n", FOUNDER)
    assert [path.name for path in (tmp_path / "n").iterdir()] == ["mine"]


def test_cut_off_anywhere_there_is_no_half_network(tmp_path: Path) -> None:
    number = itertools.count()

    def folder() -> Path:
        made = tmp_path / str(next(number))
        made.mkdir()
        return made

    for place in killed_at_each_change(folder, lambda path: found_network(path / "n", FOUNDER)):
        if not (place / "n").exists():
            found_network(place / "n", FOUNDER)
        assert open_folder(place / "n").network.partners == {}
        assert not (place / "n.part").exists()


def test_in_a_volume_that_is_there_it_is_whole_or_begun_anew(tmp_path: Path) -> None:
    number = itertools.count()

    def folder() -> Path:
        made = tmp_path / str(next(number))
        (made / "lost+found").mkdir(parents=True)
        return made

    for place in killed_at_each_change(folder, lambda path: found_network(path, FOUNDER)):
        if not (place / "network.yaml").exists():
            found_network(place, FOUNDER)
        assert open_folder(place).network.partners == {}
        if (place / ".founding").exists():
            (place / ".founding").rmdir()
        assert {one.name for one in place.iterdir()} == {"keys", "tls", "network.yaml", "lost+found"}
    with pytest.raises(HandoffError, match="FOLDER_IN_USE"):
        found_network(place, FOUNDER)


def test_the_command_says_what_comes_next(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    options = {
        "--name": "County", "--role": "qso", "--zone": "America/Phoenix", "--desk": "Desk, 1", "--on-call": "Lead, 2",
        "--host": "gateway.example.org",
    }  # fmt: skip
    words = ["init", str(tmp_path / "n"), *itertools.chain.from_iterable(options.items())]
    for code, said in ((0, "Have "), (1, "FOLDER_IN_USE")):
        with pytest.raises(SystemExit) as ended:
            main(words)
        told = capsys.readouterr()
        assert ended.value.code == code and said in told.out + told.err
