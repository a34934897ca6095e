"""`handoff keys …`, `handoff db …` and `handoff doctor` as an operator types them, on a store without a gateway."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from gateway.cli import main
from gateway.wiring.kept_notes import paused
from tests.gateway.county import County
from tests.gateway.wiring.keeping import with_own_keys

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def folder(county: County) -> Path:
    """A network's folder in which a referral waits; no gateway runs."""
    with_own_keys(county)
    county.consent()
    county.refer()
    path = county.folder.path
    (path / "patient").write_text(county.patient_id)
    county.run(county.store.close())
    return path


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], folder: Path) -> Run:
    """(exit code, standard output, standard error) of a command on the folder."""

    def command(*words: str, network: Path | None = None) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as ended:
            main([*words, "--network", str(network or folder)])
        told = capsys.readouterr()
        return int(ended.value.code or 0), told.out, told.err

    return command


def patient(folder: Path) -> str:
    return (folder / "patient").read_text()


@pytest.mark.requirement("P2-16-01")
def test_backup_restore_and_resume_one_after_the_other(run: Run, folder: Path, tmp_path: Path) -> None:
    place = tmp_path / "backups"
    code, out, _ = run("db", "backup", str(place))
    assert code == 0 and "Verified:" in out
    assert run("db", "verify", str(place))[0] == 0

    code, _, err = run("db", "restore", str(place), "--reason", "disk broken")
    assert (code, err.split(":")[0]) == (1, "STORE_NOT_EMPTY")
    aside = tmp_path / "aside"
    aside.mkdir()
    for file in folder.glob("handoff.db*"):
        shutil.move(file, aside)
    code, out, err = run(
        "db", "restore", str(place), "--reason", "disk broken", "--old", str(aside / "handoff.db")
    )
    assert code == 0 and json.loads(out)["all that is known of is here"] is True and "stands still" in err
    assert "MAY BE MISSING" in err and "NOT WHOLE" not in err
    assert run("audit", "verify")[0] == 0
    assert paused(folder) is not None

    assert "CONSENTS_NOT_CHECKED" in run("db", "resume", "--reason", "told")[2], "also with the old store"
    assert run("db", "resume", "--reason", "all agencies were told", "--consents-checked")[0] == 0
    assert paused(folder) is None
    assert run("db", "resume", "--reason", "again")[2].startswith("NOT_PAUSED")
    code, out, _ = run("db", "confirm-consents", patient(folder), "--reason", "asked her counselor")
    assert code == 0 and out.startswith("0 consents")


def test_a_restore_without_what_came_since_says_so(run: Run, folder: Path, tmp_path: Path) -> None:
    run("db", "backup", str(tmp_path / "b"), "--keys-to", str(tmp_path / "k"))
    for file in folder.glob("handoff.db*"):
        file.unlink()
    code, _, err = run(
        "db", "restore", str(tmp_path / "b"), "--reason", "lost", "--keys-from", str(tmp_path / "k")
    )
    assert code == 0 and "NOT WHOLE" in err
    assert run("db", "resume", "--reason", "go on")[2].endswith("add --consents-checked\n")
    assert run("db", "resume", "--reason", "go on", "--consents-checked")[0] == 0


def test_a_drill_says_whether_the_backup_can_be_relied_on(run: Run, tmp_path: Path) -> None:
    code, out, _ = run("db", "drill")
    assert code == 0 and "The backup can be relied on." in out
    code, out, _ = run("db", "drill", "--json")
    assert code == 0 and json.loads(out)["faults"] == []
    assert run("db", "drill", "--from", str(tmp_path / "none"))[2].startswith("BACKUP_MISSING")


def test_an_upgrade_of_a_present_store_does_nothing(run: Run) -> None:
    code, out, _ = run("db", "upgrade")
    assert code == 0 and "Nothing was done" in out


@pytest.mark.requirement("HI-312-01")
def test_rotation_is_seen_in_the_list(run: Run) -> None:
    before = json.loads(run("keys", "list", "--json")[1])
    assert [key["wraps"] for key in before] == ["now"]

    code, out, _ = run("keys", "rotate", "--reason", "yearly")

    assert code == 0 and "data keys are wrapped anew" in out
    after = json.loads(run("keys", "list", "--json")[1])
    assert after[0]["key"] != before[0]["key"] == after[1]["key"]
    assert after[1]["data keys under it"] == 0 < after[0]["data keys under it"]
    assert "is kept" in run("keys", "retire")[1]
    assert "is destroyed here" in run("keys", "retire", "--reason", "no older backup is needed")[1]
    assert "There is no older" in run("keys", "retire")[1]
    assert "wraps" in run("keys", "list")[1]


@pytest.mark.requirement("P2-16-01")
def test_a_destruction_is_proven_in_store_and_backups(run: Run, folder: Path, tmp_path: Path) -> None:
    place = tmp_path / "b"
    run("db", "backup", str(place))
    her = patient(folder)
    assert run("keys", "prove", her)[0] == 1, "everything opens before"
    assert run("keys", "prove", her, "--keys-from", str(tmp_path))[0] == 2, "no backup was looked into"

    code, out, _ = run("keys", "destroy", her, "--reason", "she asked for it")

    assert code == 0 and "is destroyed (audit entry" in out and "wraps from now on" in out
    assert run("keys", "prove", her)[0] == 0
    code, out, _ = run("keys", "prove", her, "--backups", str(place))
    assert code == 1 and "rows still open" in out, "the old key backup still opens her"
    assert "is kept" in run("keys", "retire", "--reason", "at once")[1], "the last backup needs it"
    run("db", "backup", str(place))
    run("keys", "retire", "--reason", "older key backups are deleted")
    code, out, _ = run("keys", "prove", her, "--backups", str(place))
    assert code == 0 and "Nothing opens." in out
    assert run("keys", "destroy", her, "--reason", "again")[2].startswith("KEY_DESTROYED")
    assert run("audit", "verify")[0] == 0


def test_several_are_destroyed_before_one_rotation(run: Run, folder: Path) -> None:
    code, out, _ = run("keys", "destroy", patient(folder), "--reason", "she asked", "--keep-wrapping-key")
    assert code == 0 and "after the last patient" in out
    assert len(json.loads(run("keys", "list", "--json")[1])) == 1


def test_without_a_reason_nothing_is_done(run: Run, folder: Path) -> None:
    for words in (("keys", "rotate"), ("keys", "destroy", patient(folder)), ("db", "resume")):
        code, _, _ = run(*words)
        assert code == 2, words
        assert run(*words, "--reason", " ")[0] == 1, words


def test_keys_and_store_elsewhere_are_found_by_every_command(
    run: Run, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = tmp_path / "keys-elsewhere"
    (folder / "keys").rename(keys)
    (tmp_path / "store-elsewhere").mkdir()
    for file in folder.glob("handoff.db*"):
        shutil.move(file, tmp_path / "store-elsewhere")
    assert run("lanes", "list")[0] == 2
    monkeypatch.setenv("HANDOFF_KEYS", str(keys))
    assert run("lanes", "list")[2].startswith("STORE_MISSING")
    monkeypatch.setenv("HANDOFF_STORE", f"sqlite:///{tmp_path / 'store-elsewhere' / 'handoff.db'}")
    for words in (
        ("lanes", "list"),
        ("keys", "list"),
        ("audit", "verify"),
        ("db", "drill"),
        ("messages", "list"),
    ):
        assert run(*words)[0] == 0, words
    assert run("keys", "rotate", "--reason", "yearly")[0] == 0
    assert list(keys.glob("store-until-*"))


def test_the_doctor_says_what_to_do(run: Run) -> None:
    code, out, _ = run("doctor")
    assert code == 1
    assert "WRONG  gateway: no gateway runs on this store. Start the service" in out
    assert "WRONG  backup: there is no verified backup" in out
    assert out.splitlines()[-1].endswith("wrong.")


def test_a_look_needs_a_network(run: Run, tmp_path: Path) -> None:
    code, out, _ = run("doctor", network=tmp_path / "nowhere")
    assert code == 1 and "network.yaml" in out


def test_requests_are_listed_and_answered_by_the_words_of_their_commands(run: Run) -> None:
    code, out, _ = run("requests", "list", "--json")
    assert (code, json.loads(out)) == (0, [])
    assert run("requests", "list", "--due", "--owner", "Dana Desk")[1].startswith("kind")
    for words in (("reminded", "nobody"), ("assign", "nobody", "Dana Desk"), ("told", "nobody", "otp")):
        code, _, err = run("requests", *words, "--reason", "asked")
        assert code == 1 and ("NO_SUCH_REQUEST" in err or "NOBODY_TO_TELL" in err), words
    assert run("requests", "notice", "nobody", "otp")[2].startswith("NOBODY_TO_TELL")
