"""Commands about a network folder: made, checked, and faults named so that an analyst can mend them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from gateway.cli import main, network_commands
from gateway.cli.replay_command import messages_replay
from gateway.cli.serve_command import serve
from gateway.settings import read_settings
from gateway.wiring.asking import CONTROL_FILE
from gateway.wiring.network_folder import make_network_folder


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A starting network, not to be changed."""
    folder = tmp_path_factory.mktemp("county") / "network"
    make_network_folder(folder, "http://127.0.0.1:9/fhir")
    return folder


@pytest.fixture
def own(made: Path, tmp_path: Path) -> Path:
    """A copy of it that a test may spoil."""
    folder = tmp_path / "network"
    folder.mkdir()
    (folder / "network.yaml").write_bytes((made / "network.yaml").read_bytes())
    (folder / "keys").symlink_to(made / "keys")
    return folder


def test_a_network_is_made_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "new"

    assert network_commands.network_init(folder, "http://127.0.0.1:9/fhir") == 0
    assert network_commands.network_init(folder, None) == 1

    out, err = capsys.readouterr()
    assert f"Wrote {folder}/network.yaml" in out
    assert err.startswith("FOLDER_IN_USE: ")


def test_a_sound_network_is_counted(made: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert network_commands.check(made, print_schema=False) == 0
    assert "is fine: 14 partners {'live': 14, 'test': 0, 'paused': 0}" in capsys.readouterr().out


@pytest.mark.requirement("SM-02")
def test_a_scope_that_opens_nothing_is_named(
    made: Path, own: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert network_commands.check(made, print_schema=False) == 0
    assert capsys.readouterr().err == ""

    plan = yaml.safe_load((own / "network.yaml").read_text())
    fine = ["system/*.read", "system/CarePlan.rs?status=active,draft", "system/Subscription.cruds"]
    useless = ["system/CarePlan.rs?colour=red", "system/Device.rs", "system/Goal.sr", "user/Goal.rs"]
    plan["partners"]["otp"]["client"]["scopes"] = fine + useless
    (own / "network.yaml").write_text(yaml.safe_dump(plan))

    assert network_commands.check(own, print_schema=False) == 0
    told = capsys.readouterr().err.splitlines()
    assert [line.split("`")[1] for line in told] == useless
    assert all("partners.otp.client.scopes" in line and "opens nothing: " in line for line in told)


def test_the_schema_needs_no_network(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert network_commands.check(tmp_path, print_schema=True) == 0
    assert "$defs" in json.loads(capsys.readouterr().out)


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("kind: otp", "kind: clinic", "network.yaml:"),
        ("zone: America/Phoenix", "zone: Mars/Olympus", "network.yaml:"),
        ("hospital/ref_i12, ", "hospital/none, ", "hospital/none"),
        ("keys: keys", "keys: elsewhere", "secret file `store.key` cannot be read"),
    ],
)
def test_what_is_wrong_is_said_on_standard_error(
    own: Path, before: str, after: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    file = own / "network.yaml"
    assert before in file.read_text()
    file.write_text(file.read_text().replace(before, after, 1))

    assert network_commands.check(own, print_schema=False) == 1

    out, err = capsys.readouterr()
    assert out == ""
    assert said in err


@pytest.mark.requirement("SM-03")
def test_a_token_is_for_one_partner_and_one_of_its_purposes(
    made: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert network_commands.token("otp", "TREAT", made) == 0
    token, _ = capsys.readouterr()
    assert token.count(".") == 2

    assert network_commands.token("otp", "HLEGAL", made) == 1
    assert network_commands.token("nobody", "TREAT", made) == 1
    assert network_commands.token("otp", "TREAT", made / "none") == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert "may not ask for purpose `HLEGAL`" in err
    assert "`nobody` is no partner with a client" in err


def test_a_login_link_goes_to_the_running_gateway_or_where_it_would_be(
    own: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    role = "compliance_officer"
    assert network_commands.console_link(own, "Kim Officer", role) == 0
    assert capsys.readouterr().out.startswith("http://127.0.0.1:8080/console/login?link=")

    (own / CONTROL_FILE).write_text(json.dumps({"port": 1, "secret": "s", "http": "http://127.0.0.1:4711"}))
    assert network_commands.console_link(own, "Kim Officer", role) == 0
    assert capsys.readouterr().out.startswith("http://127.0.0.1:4711/console/login?link=")
    assert network_commands.console_link(own / "none", "Kim Officer", role) == 1
    assert capsys.readouterr().out == ""


def test_from_the_first_account_on_a_link_is_for_who_has_one(
    own: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Design 10: `handoff users add|disable|list`."""

    def handoff(*words: str) -> tuple[int, str]:
        with pytest.raises(SystemExit) as ended:
            main([*words, "--network", str(own)])
        out, err = capsys.readouterr()
        return int(ended.value.code or 0), out + err

    assert handoff("users", "add", "Kim Officer", "--role", "compliance_officer", "--reason", "hired")[0] == 0
    code, told = handoff("console-link", "--name", "Lee")
    assert code == 1 and told.startswith("NO_ACCOUNT: ")
    assert "login?link=" in handoff("console-link", "--name", "kim officer")[1]
    assert "enabled" in handoff("users", "list")[1]
    assert handoff("users", "disable", "Kim Officer", "--reason", "she left")[0] == 0
    assert handoff("console-link", "--name", "Kim Officer")[1].startswith("ACCOUNT_DISABLED: ")
    (listed,) = json.loads(handoff("users", "list", "--json")[1])
    assert (listed["name"], listed["state"]) == ("Kim Officer", "ACCOUNT_DISABLED")


def test_several_workers_need_another_store(made: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert serve(read_settings(network=made, workers=2)) == 2
    assert "PostgreSQL" in capsys.readouterr().err


def test_a_gateway_that_cannot_start_says_why(
    own: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (own / "network.yaml").write_text("network: 5\n")
    assert serve(read_settings(network=own)) == 2
    assert "network.yaml:" in capsys.readouterr().err
    assert serve(read_settings(network=tmp_path / "none")) == 2
    assert "network.yaml" in capsys.readouterr().err


def test_a_store_that_cannot_be_used_stops_the_start(made: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert serve(read_settings(network=made, store="mysql://x")) == 2
    assert "STORE_URL" in capsys.readouterr().err
    with pytest.raises(SystemExit) as ended:
        main(["audit", "verify", "--network", str(made), "--store", "mysql://x"])
    assert ended.value.code == 2
    assert "STORE_URL" in capsys.readouterr().err


def test_a_replay_without_a_running_gateway_opens_the_store_itself(
    own: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert messages_replay(own, None, "none", None) == 1
    assert json.loads(capsys.readouterr().err)["error"]["code"] == "NO_SUCH_MESSAGE"
