"""A folder for a network: made once, never overwritten, and opened for serving or for looking."""

from __future__ import annotations

import asyncio
import stat
from pathlib import Path

import pytest

from gateway.clock import SystemClock
from gateway.errors import NotNow, NotSupported, NotUnderstood
from gateway.flows.library import mapping_files
from gateway.partners import NetworkFileRefused
from gateway.settings import SettingsRefused
from gateway.store import patients
from gateway.wiring.looking import reading
from gateway.wiring.network_folder import client_key, make_network_folder, open_folder
from gateway.wiring.opening import mappings_named, open_premises, open_writing_store
from tests.gateway.county import County


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A starting network."""
    folder = tmp_path_factory.mktemp("county") / "network"
    make_network_folder(folder, "http://127.0.0.1:9/fhir", {"otp": "http://127.0.0.1:10/fhir"})
    return folder


@pytest.mark.requirement("HI-312-01")
def test_every_private_key_is_for_its_owner_alone(made: Path) -> None:
    files = [path for path in (made / "keys").rglob("*") if path.is_file()]

    assert len(files) > 4
    assert {stat.S_IMODE(path.stat().st_mode) & 0o077 for path in files} == {0}
    assert "BEGIN" not in (made / "network.yaml").read_text()
    assert '"d":' not in (made / "network.yaml").read_text()


def test_one_partner_may_have_an_address_of_its_own(made: Path) -> None:
    partners = open_folder(made).network.partners

    assert partners["otp"].delivery.url == "http://127.0.0.1:10/fhir"  # type: ignore[union-attr]
    assert partners["psychiatry"].delivery.url == "http://127.0.0.1:9/fhir"  # type: ignore[union-attr]
    assert partners["otp"].state == "live"


def test_without_a_sink_nobody_is_live(tmp_path: Path) -> None:
    make_network_folder(tmp_path / "n", None)

    assert {partner.state for partner in open_folder(tmp_path / "n").network.partners.values()} == {"test"}


def test_a_network_is_never_overwritten(made: Path) -> None:
    before = (made / "network.yaml").read_bytes()

    with pytest.raises(NotNow) as refused:
        make_network_folder(made, None)

    assert refused.value.code == "FOLDER_IN_USE"
    assert (made / "network.yaml").read_bytes() == before


def test_keys_without_a_network_file_are_not_overwritten_either(tmp_path: Path) -> None:
    (tmp_path / "keys").mkdir()

    with pytest.raises(NotNow):
        make_network_folder(tmp_path, None)

    assert not (tmp_path / "network.yaml").exists()


def test_a_sink_that_is_no_web_address_makes_nothing(tmp_path: Path) -> None:
    with pytest.raises(NotUnderstood) as refused:
        make_network_folder(tmp_path / "n", "127.0.0.1:9")

    assert (refused.value.code, refused.value.place) == ("SINK_ADDRESS", "--sink")
    assert not (tmp_path / "n").exists()


def test_a_test_key_belongs_to_the_client_in_the_network_file(made: Path) -> None:
    folder = open_folder(made)
    key = client_key(made, folder.network, "otp")
    client = folder.network.partners["otp"].client
    assert client is not None

    assert key.as_dict(private=False)["x"] == client.jwks["keys"][0]["x"]
    with pytest.raises(NotSupported) as refused:
        client_key(made, folder.network, "crisis_intervention_police")
    assert refused.value.code == "CLIENT_KEY_ABSENT"


def test_keys_may_lie_elsewhere_and_must_lie_somewhere(made: Path, tmp_path: Path) -> None:
    assert open_folder(made, made / "keys").network.version == open_folder(made).network.version
    with pytest.raises(SettingsRefused):
        open_folder(made, tmp_path)
    with pytest.raises(NetworkFileRefused):
        open_folder(tmp_path)


# ------------------------------------------------------------------------------------------------- opening


def test_a_network_s_own_mapping_comes_before_the_packaged_one(county: County) -> None:
    own = county.folder.path / "mappings" / "hospital" / "ref_i12"
    own.mkdir(parents=True)
    (own / "mapping.yaml").write_bytes(mapping_files()["formats/hospital/ref_i12/mapping.yaml"] + b"# ours\n")
    packaged = county.premises.library.version

    premises = open_premises(county.folder, county.store, SystemClock())

    assert premises.library.version != packaged
    assert premises.library.mapping("hospital/ref_i12")


def test_a_broken_mapping_of_the_network_is_named_with_its_place(county: County) -> None:
    own = county.folder.path / "mappings" / "formats" / "hospital" / "ref_i12"
    own.mkdir(parents=True)
    (own / "mapping.yaml").write_text("accepts: [\n")

    with pytest.raises(NotUnderstood) as refused:
        open_premises(county.folder, county.store)

    assert "mapping.yaml" in (refused.value.place or "")


def test_every_mapping_the_network_names_is_looked_for_at_once(county: County) -> None:
    county.change_partner("hospital", messages={"REF": "hospital/none"})

    assert "hospital/none" in mappings_named(county.premises.network)


def test_looking_does_not_disturb_the_gateway_that_writes(made: Path) -> None:
    folder = open_folder(made)
    store = open_writing_store(folder, None)
    premises = open_premises(folder, store)
    asyncio.run(store.write(lambda tx: patients.create(tx, "2026-04-11T15:00:00.000000Z", True, "p1")))
    with reading(made, None) as (seen, view):
        assert seen.network.version == premises.network.version
        assert patients.exists(view, "p1")
    with reading(made, f"sqlite:///{(made / 'handoff.db').absolute()}") as (_, view):
        assert patients.exists(view, "p1")
    asyncio.run(store.close())
