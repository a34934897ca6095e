"""`handoff doctor` looks at keys, store and backups where they are, and tells what goes over a network in the clear."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml

from gateway.partners import read_network
from gateway.wiring.checkup import Finding, look_over
from gateway.wiring.checkup_places import place_checks
from gateway.wiring.kept_notes import LAST_BACKUP
from tests.gateway.county import County
from tests.gateway.wiring.keeping import back_up, with_own_keys
from tests.gateway.wiring.test_checkup import keep

Json = dict[str, object]


@pytest.fixture
def own(county: County) -> Iterator[County]:
    with_own_keys(county)
    county.consent()
    county.refer()
    keep(county)
    back_up(county)
    yield county


def findings(county: County, url: str | None = None) -> list[Finding]:
    checks = place_checks()
    found, _ = look_over(county.folder.path, url, checks, county.clock)
    names = {"store", "journal", "keys", "network", "backup", "connections", "places", "backup files"}
    return [
        one for one in found if names & set(one.about.split(", ")) and "private test keys" not in one.what
    ]


def told(county: County, url: str | None = None) -> list[str]:
    return [one.what for one in findings(county, url) if "no restore was tried" not in one.what]


ON_ONE_DISK = "the last backup is on the disk of the store"


def test_in_a_sound_gateway_the_one_thing_to_know_is_where_the_backup_is(own: County) -> None:
    assert told(own) == [ON_ONE_DISK]
    assert not [one for one in findings(own) if one.is_wrong]


def _open(name: str, mode: int = 0o644) -> Callable[[County], None]:
    def harm(own: County) -> None:
        (path,) = own.folder.path.glob(name)
        path.chmod(mode)

    return harm


def _without_store_backup(own: County) -> None:
    shutil.rmtree(own.folder.path / "backups")


def _without_key_backup(own: County) -> None:
    shutil.rmtree(own.folder.path / "backups-keys")


@pytest.mark.parametrize(
    ("harm", "words"),
    [
        (_open("handoff.db"), "`handoff.db` is open to other users"),
        (_open("handoff.db-wal"), "`handoff.db-wal` is open to other users"),
        (_open("journal", 0o755), "`journal` is open to other users"),
        (_open("witness.log"), "`witness.log` is open to other users"),
        (_open("backups/2*", 0o755), "is open to other users"),
        (_open("backups/2*/store.db"), "`store.db` is open to other users"),
        (_open("backups-keys/2*.keys"), ".keys` is open to other users"),
        (_open("backups", 0o777), "anybody can put files into `backups`"),
        (_open("keys", 0o777), "anybody can put files into `keys`"),
        (_without_store_backup, "the last backup is not where it was made"),
        (_without_key_backup, "the key backup is not where it was made"),
    ],
)
def test_each_is_looked_at_where_it_is(own: County, harm: Callable[[County], None], words: str) -> None:
    harm(own)
    assert [one for one in findings(own) if words in one.what and one.is_wrong], told(own)


def test_a_store_and_keys_placed_elsewhere_are_found_there(
    own: County, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir(0o700)
    (elsewhere / "other.db").touch(0o604)
    shutil.move(own.folder.keys_folder, elsewhere / "keys")
    monkeypatch.setenv("HANDOFF_KEYS", str(elsewhere / "keys"))
    elsewhere.chmod(0o703)

    found = told(own, f"sqlite:///{elsewhere / 'other.db'}")

    assert "`other.db` is open to other users" in found
    assert "anybody can put files into `elsewhere`" in found
    elsewhere.chmod(0o700)


def changed(own: County, change: Callable[[Json], None]) -> list[Finding]:
    file = own.folder.path / "network.yaml"
    content = yaml.safe_load(file.read_text())
    change(content)
    file.write_text(yaml.safe_dump(content))
    read_network(own.folder.path)
    return [one for one in findings(own) if one.about in ("connections", "keys")]


def _partner(content: Json, name: str) -> Json:
    partners = content["partners"]
    assert isinstance(partners, dict)
    found: Json = partners[name]
    return found


def _plain_http(content: Json) -> None:
    content["http"] = "0.0.0.0:8080"


def _behind_a_proxy(content: Json) -> None:
    _plain_http(content)
    content["public_url"] = "https://gateway.example.org"


def _plain_mllp(content: Json) -> None:
    listeners = content["mllp"]
    assert isinstance(listeners, list)
    listeners[0]["address"] = "0.0.0.0:2575"


def _fhir_to(url: str, state: str = "live") -> Callable[[Json], None]:
    def change(content: Json) -> None:
        _partner(content, "otp").update(delivery={"kind": "fhir", "url": url}, state=state)

    return change


def _mllp_to(content: Json) -> None:
    delivery = {"kind": "mllp", "address": "ehr.example.org:2575", "format": "hospital/rri_i12"}
    _partner(content, "hospital").update(delivery=delivery, state="live")


@pytest.mark.parametrize(
    ("change", "words", "wrong"),
    [
        (_plain_http, "HTTP is served in the clear at 0.0.0.0:8080", True),
        (_behind_a_proxy, "HTTP is served in the clear at 0.0.0.0:8080", False),
        (_plain_mllp, "the MLLP port of hospital (0.0.0.0:2575) takes referrals in the clear", True),
        (
            _fhir_to("http://otp.example.org:9/fhir"),
            "what goes to otp goes in the clear (otp.example.org:9)",
            True,
        ),
        (_fhir_to("http://otp.example.org/fhir", "paused"), "what goes to otp goes in the clear", False),
        (_mllp_to, "what goes to hospital goes in the clear (ehr.example.org:2575)", True),
    ],
)
def test_what_leaves_the_machine_in_the_clear_is_told(
    own: County, change: Callable[[Json], None], words: str, wrong: bool
) -> None:
    (found,) = [one for one in changed(own, change) if one.about == "connections"]
    assert (found.what.startswith(words), found.is_wrong) == (True, wrong)


@pytest.mark.parametrize(
    "url", ["https://otp.example.org/fhir", "http://127.0.0.1:9/fhir", "http://[::1]:9/f"]
)
def test_what_is_encrypted_or_stays_here_is_not(own: County, url: str) -> None:
    assert [one for one in changed(own, _fhir_to(url)) if one.about == "connections"] == []


def test_the_address_that_counts_is_the_one_that_is_set(own: County, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HANDOFF_HTTP", "10.0.0.5:8080")
    monkeypatch.setenv("HANDOFF_MLLP", "10.0.0.5:2575")
    assert len([one for one in findings(own) if one.about == "connections"]) == 2


def test_a_note_that_says_nothing_hides_nothing(own: County) -> None:
    (own.folder.path / LAST_BACKUP).write_text(json.dumps({"made_at": "2026-04-11T16:00:00.000000Z"}))
    assert [one for one in told(own) if "not where it was made" in one] == []


def test_it_is_noted_that_nobody_hears_of_trouble(
    own: County, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def said() -> list[str]:
        found, _ = look_over(own.folder.path, None, place_checks(), own.clock)
        return [one.what for one in found if one.about == "alerts"]

    assert [what.partition(":")[0] for what in said()] == ["nobody is told when something is wrong"]
    monkeypatch.setenv("HANDOFF_METRICS_TOKEN", str(tmp_path / "token"))
    assert said() == []
    monkeypatch.delenv("HANDOFF_METRICS_TOKEN")
    monkeypatch.setenv("HANDOFF_ALERT_TO", "anna@example.org")
    assert said() == ["`HANDOFF_ALERT_TO` needs `HANDOFF_ALERT_SMTP` and `HANDOFF_ALERT_FROM`"]
    monkeypatch.setenv("HANDOFF_ALERT_SMTP", "mail.example.org:587")
    monkeypatch.setenv("HANDOFF_ALERT_FROM", "handoff@example.org")
    assert said() == []
