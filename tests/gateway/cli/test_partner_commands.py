"""`handoff partner …`: a partner is written in, tried and goes live, and the rest of the file stays as it was."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from msgspec.structs import replace

from gateway.cli import partner_commands, partner_test_command
from gateway.cli.partner_practice import practise
from gateway.demo import person
from gateway.errors import NotNow, NotSupported
from gateway.partners import Network, read_network
from gateway.partners.network_edit import save_network, with_partner, with_state
from gateway.wiring.network_folder import make_network_folder
from gateway.wiring.practice_place import drill_place, practice_place, remove_left


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A starting network."""
    folder = tmp_path_factory.mktemp("county") / "network"
    make_network_folder(folder, None)
    return folder


def test_a_partner_is_written_in_and_goes_live_when_nothing_is_missing(
    made: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = made / "network.yaml"
    before = file.read_text()

    assert partner_commands.new(made, "mesa-otp", "clinic", "") == 2
    assert partner_commands.new(made, "otp", "otp", "") == 1
    assert file.read_text() == before
    assert partner_commands.new(made, "mesa-otp", "otp", "") == 0
    written = file.read_text()
    assert written.replace(written[written.index("  mesa-otp:") : written.index("routes:")], "") == before
    assert yaml.safe_load(written)["partners"]["mesa-otp"]["state"] == "test"
    capsys.readouterr()

    begins = written.index("  mesa-otp:")
    qso = written[:begins] + written[begins:].replace("[part2_program, covered_entity]", "[qso]", 1)
    file.write_text(qso)
    assert partner_commands.go_live(made, "mesa-otp") == 1
    told = capsys.readouterr().err
    assert [word in told for word in ("organization.name", "test key", "127.0.0.1:8181", "`qso`")] == [
        True
    ] * 4
    assert file.read_text() == qso

    (made / "keys" / "clients" / "mesa-otp.json").unlink()
    ready = written.replace("TO FILL IN mesa-otp", "Mesa").replace("127.0.0.1:8181/mesa-otp", "fhir.mesa.org")
    file.write_text(ready[:begins] + ready[begins:].replace("state: test", "state: paused", 1))
    assert partner_commands.go_live(made, "mesa-otp") == 1
    assert "paused" in capsys.readouterr().err
    file.write_text(ready)
    file.chmod(0o640)
    assert partner_commands.go_live(made, "mesa-otp") == 0
    assert file.stat().st_mode & 0o777 == 0o640
    assert file.read_text() == ready[:begins] + ready[begins:].replace("state: test", "state: live", 1)


@pytest.mark.parametrize(
    "text",
    [
        "a: 1\npartners: {} # none yet\nroutes: []\n",
        "partners:\n    b: {state: test} # said\n\n# the end\n",
        "partners:\r\n  b:\r\n    state: test # now\r\n    c: |\r\n      x\r\nroutes: []\r\n",
        "partners:\n  b:\n    state: test",
    ],
)
def test_a_file_keeps_its_bytes_however_it_is_written(text: str) -> None:
    changed = with_partner(text, "new", {"state": "test", "organization": {"name": "A: #b"}})

    found = yaml.safe_load(changed)
    assert found.pop("partners") == {
        **yaml.safe_load(text)["partners"],
        "new": {"state": "test", "organization": {"name": "A: #b"}},
    }
    rest = iter(changed.splitlines())
    assert all(line in rest for line in text.splitlines() if not line.startswith("partners: {}"))
    live = with_state(changed, "new", "live")
    assert len(live) == len(changed)
    assert yaml.safe_load(live)["partners"]["new"]["state"] == "live"


def test_a_state_that_others_share_is_not_changed_for_one() -> None:
    shared = "partners:\n  a: &a\n    state: test\n  b: *a\n"
    merged = "base: &a\n  state: test\npartners:\n  b:\n    <<: *a\n"
    for text in (shared, merged):
        with pytest.raises(NotSupported, match="FILE_WRITTEN_OTHERWISE"):
            with_state(text, "b", "live")


def test_a_sample_goes_the_whole_way_and_leaves_nothing_behind(
    made: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def tried(name: str, content: bytes, partner: str = "hospital") -> tuple[int, str, str]:
        (tmp_path / name).write_bytes(content)
        code = partner_test_command.test(made, partner, str(tmp_path / name), tries_line=False, as_json=True)
        return code, *capsys.readouterr()

    capsys.readouterr()
    before = sorted(made.rglob("*"))
    message = person.referral_message("A1", "R1", "SUNRISE", "Reyes^Sol")
    code, out, _ = tried("m.hl7", message.replace(b"\r", b"\n"))
    (would,) = json.loads(out)["sample"]["outcomes"]
    assert (code, would["recipient"], would["purpose"]) == (0, "otp", "TREAT")
    assert (would["without"], would["with_consent"]) == ("NO_PERMIT", "released")
    assert "Reyes" not in out

    code, out, _ = tried("m.hl7", message.replace(b"SUNRISE", b"NOBODY"))
    assert (code, json.loads(out)["sample"]["faults"][0]["code"]) == (1, "ADDRESSEE_UNKNOWN")
    code, out, err = tried("m.hl7", message, "housing")
    assert (code, out, err.split(":")[0]) == (1, "", "NO_FORMAT")
    code, out, err = tried("m.json", b'{"resourceType": "Bundle"}', "crisis-intervention-police")
    assert (code, out, err.split(":")[0]) == (1, "", "NO_FORMAT")
    assert partner_test_command.test(made, "nobody", None, tries_line=False, as_json=False) == 1
    assert partner_test_command.test(made, "peer-support", None, tries_line=True, as_json=False) == 0
    assert "missing: `client.jwks` holds the test key" in capsys.readouterr().out
    assert sorted(made.rglob("*")) == before


def test_a_fhir_sample_is_taken_as_its_client_with_its_own_scopes(made: Path) -> None:
    network, sample = read_network(made), json.dumps(person.treatment_plan()).encode()
    assert practise(made, network, "otp", "plan.json", sample).taken == (("transaction", "accepted"),)

    otp = network.partners["otp"]
    assert otp.client is not None
    client = replace(otp.client, scopes=("system/Patient.cruds",), certificates=("A" * 64,))
    partners = {**network.partners, "otp": replace(otp, client=client)}
    tried = practise(made, Network(replace(network.content, partners=partners)), "otp", "plan.json", sample)
    assert tried.taken == (("transaction", "content_error"),)
    assert [fault.code for fault in tried.faults] == ["SCOPE_MISSING"]


def test_what_a_killed_practice_left_is_removed_by_whoever_comes_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    left, fresh, other = (tmp_path / name for name in ("handoff-practice-a", "handoff-practice-b", "other"))
    drilled = other / "drill-a"
    for folder in (left, fresh, other, drilled):
        folder.mkdir()
    for folder in (left, other, drilled):
        (folder / "keys").mkdir()
    (left / "mappings").symlink_to(other)
    (tmp_path / "handoff-practice-c").symlink_to(other)
    with practice_place() as place:
        (place / "keys").mkdir()
        with drill_place(tmp_path) as drill:
            (drill / "network").mkdir()
            remove_left(tmp_path)
            remove_left(other)
            assert (drill / "network").is_dir() and not drilled.exists(), "rows and wrapped keys together"
        assert sorted(one.name for one in tmp_path.iterdir()) == sorted(
            ["handoff-practice-b", "handoff-practice-c", "other", place.name]
        )
        assert (place / "keys").is_dir() and (other / "keys").is_dir()
    assert not place.exists()


def test_a_file_that_somebody_changes_meanwhile_is_not_written_over(made: Path) -> None:
    file = made / "network.yaml"
    text = file.read_text()
    with pytest.raises(NotNow, match="FILE_CHANGED"):
        save_network(made, with_state(text, "otp", "live"), text + "# somebody else's\n")
    assert file.read_text() == text
