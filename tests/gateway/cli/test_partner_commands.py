"""`handoff partner …`: a partner is written in, tried and goes live, and the rest of the file stays as it was."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from gateway.cli import partner_commands
from gateway.partners.network_edit import with_partner, with_state
from gateway.wiring.network_folder import make_network_folder


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
    file.write_text(ready)
    assert partner_commands.go_live(made, "mesa-otp") == 0
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
