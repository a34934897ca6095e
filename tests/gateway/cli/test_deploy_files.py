"""What stands in `deploy/` for containers is read by no program of ours: here it is held against what ours has."""

from __future__ import annotations

import json
import os
import re
import socket
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from gateway.cli.main import app
from gateway.cli.serve_command import _ready
from gateway.settings import Settings, read_settings
from gateway.store.postgres_connections import database_of
from gateway.wiring.workers import _MORE_SECONDS
from tests.bench.state_wide import Load, Measured, needed, table
from tests.house import checkout

DEPLOY = Path(__file__).parents[3] / "deploy"
UID = 10001


def _documents(name: str) -> list[dict[str, Any]]:
    return [found for found in yaml.safe_load_all((DEPLOY / name).read_text()) if found is not None]


@pytest.fixture
def compose() -> dict[str, Any]:
    (found,) = _documents("compose.yaml")
    return found


@pytest.fixture
def pod() -> dict[str, Any]:
    (found,) = _documents("kubernetes/gateway.yaml")
    return dict(found["spec"]["template"]["spec"])


@pytest.fixture
def container(pod: dict[str, Any]) -> dict[str, Any]:
    (found,) = pod["containers"]
    return dict(found)


def _settings(given: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Settings:
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    return read_settings()


def test_the_settings_are_settings(
    compose: dict[str, Any], container: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    in_pod = {one["name"]: one["value"] for one in container["env"]}
    for given in (compose["services"]["gateway"]["environment"], in_pod):
        with monkeypatch.context() as alone:
            settings = _settings(given, alone)  # an unknown name or value would be refused
            alone.delenv("HANDOFF_STORE_PASSWORD")
            assert "password" not in database_of(settings.store, "x").conninfo
            assert settings.store.startswith(
                ("postgresql://handoff@database/handoff", "postgresql://handoff@/handoff?host=/")
            )
            assert settings.workers == 2
    for line in (DEPLOY / "settings.env.sample").read_text().splitlines():
        name = line.partition("=")[0].lower().removeprefix("handoff_")
        assert line.startswith("#") or name in Settings.model_fields


def test_the_ports_are_those_that_are_served(compose: dict[str, Any], container: dict[str, Any]) -> None:
    gateway = compose["services"]["gateway"]
    served = [gateway["environment"][name].rpartition(":")[2] for name in ("HANDOFF_HTTP", "HANDOFF_MLLP")]
    assert [port.rpartition(":")[2] for port in gateway["ports"]] == served
    assert all(port.startswith("127.0.0.1:") for port in gateway["ports"]), "HTTP is in the clear"
    named = {one["name"]: str(one["containerPort"]) for one in container["ports"]}
    assert list(named.values()) == served
    service, policy = _documents("kubernetes/service.yaml")
    assert {str(one["port"]): one["targetPort"] for one in service["spec"]["ports"]} == {
        port: name for name, port in named.items()
    }
    assert {one["port"] for rule in policy["spec"]["ingress"] for one in rule["ports"]} == set(named)
    exposed = re.search(r"^EXPOSE (.*)$", (DEPLOY / "Containerfile").read_text(), re.MULTILINE)
    assert exposed is not None and exposed[1].split() == served


def test_the_model_of_a_state_is_what_its_numbers_come_to() -> None:
    said = (DEPLOY / "SCALE.md").read_text()
    numbers = re.search(r"```json\n(.*?)```", said, re.DOTALL)
    assert numbers is not None
    found = needed(Measured(**json.loads(numbers[1])), Load())
    assert table(found) in said
    assert (
        f"{Load().agencies:,} agencies, {Load().messages_a_day // 1_000_000} million messages a day" in said
    )


def test_twice_the_messages_take_twice_of_everything() -> None:
    cost = Measured(10.0, 5.0, 10.0, 50_000.0, 50_000.0, 10_000.0)
    once, twice = (needed(cost, Load(messages_a_day=n * 8_640_000)) for n in (1, 2))
    assert (once.mean_rate, once.busiest_rate, once.rate_of_a_database) == (100.0, 300.0, 60.0)
    assert (once.databases, once.gateway_cores, once.database_cores, once.agencies_a_database) == (
        5,
        5,
        3,
        1000,
    )
    assert (twice.databases, twice.gateway_cores, twice.kept_tb_a_day) == (10, 10, 2 * once.kept_tb_a_day)


def test_there_is_time_to_stop(compose: dict[str, Any], pod: dict[str, Any]) -> None:
    longest = Settings.model_fields["stop_seconds"].default + _MORE_SECONDS
    unit = re.search(r"^TimeoutStopSec=(\d+)$", (DEPLOY / "handoff.service").read_text(), re.MULTILINE)
    assert unit is not None
    for seconds in (
        pod["terminationGracePeriodSeconds"],
        int(compose["services"]["gateway"]["stop_grace_period"].removesuffix("s")),
        int(unit[1]),
    ):
        assert seconds > longest


def test_systemd_is_told_when_traffic_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "\nType=notify\n" in (DEPLOY / "handoff.service").read_text(), "it waits to be told"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(90)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        _ready({"event": "ready"})
        assert manager.recv(100) == b"READY=1"
    _ready({"event": "ready"})  # nobody listens any more: no reason not to serve


def test_the_probes_ask_what_is_answered(compose: dict[str, Any], container: dict[str, Any]) -> None:
    routes = checkout.text(Path(checkout.ROOT) / "gateway" / "fhir_api" / "plain_routes.py")
    probes = [container[f"{kind}Probe"]["httpGet"] for kind in ("startup", "liveness", "readiness")]
    assert [(probe["path"], probe["port"]) for probe in probes] == [
        ("/healthz", "http"),
        ("/healthz", "http"),
        ("/readyz", "http"),
    ], "who cannot write to the store is not restarted, but gets nothing"
    asked = str(compose["services"]["gateway"]["healthcheck"]["test"])
    assert (
        compose["services"]["gateway"]["environment"]["HANDOFF_HTTP"].rpartition(":")[2] + "/readyz" in asked
    )
    for path in ("/healthz", "/readyz"):
        assert path in routes


def test_nobody_is_root_and_nothing_is_writable_but_the_volumes(
    compose: dict[str, Any], pod: dict[str, Any], container: dict[str, Any]
) -> None:
    assert f"useradd --system --uid {UID} --gid {UID}" in (DEPLOY / "Containerfile").read_text()
    allowed = pod["securityContext"]
    assert (
        allowed["runAsNonRoot"] and allowed["runAsUser"] == allowed["runAsGroup"] == allowed["fsGroup"] == UID
    )
    assert container["securityContext"]["readOnlyRootFilesystem"]
    gateway = compose["services"]["gateway"]
    assert gateway["read_only"] and gateway["cap_drop"] == ["ALL"]
    assert gateway["secrets"][0]["uid"] == str(UID)
    secret = gateway["environment"]["HANDOFF_STORE_PASSWORD"].rpartition("/")[2]
    assert secret == gateway["secrets"][0]["target"] and secret in compose["secrets"]
    place = gateway["environment"]["HANDOFF_STORE"].rpartition("host=")[2]
    assert (
        f"socket:{place}" in gateway["volumes"]
        and f"socket:/var{place}" in compose["services"]["database"]["volumes"]
    )
    assert compose["services"]["database"]["network_mode"] == "none"


def test_what_is_mounted_is_there(pod: dict[str, Any], container: dict[str, Any]) -> None:
    (made,) = _documents("kubernetes/gateway.yaml")
    there = {one["name"] for one in pod["volumes"]}
    there |= {one["metadata"]["name"] for one in made["spec"]["volumeClaimTemplates"]}
    mounts = {one["name"]: one["mountPath"] for one in container["volumeMounts"]}
    assert mounts.keys() == there
    for one in container["env"]:
        if one["value"].startswith("/"):
            assert any(one["value"].startswith(place) for place in mounts.values()), one["name"]
    assert container["args"] == ["serve"] and "serve" in {
        one.callback.__name__ for one in app.registered_commands if one.callback
    }


def test_the_command_runs_with_the_settings_of_the_service(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    sample = (
        DEPLOY / "settings.env.sample"
    ).read_text() + "# HANDOFF_NO=1\nHANDOFF_OIDC_ROLES='a=auditor;b=auditor'\n"
    (tmp_path / "settings.env").write_text(sample)
    script = (DEPLOY / "handoff").read_text()
    assert (
        '"/etc/handoff/settings.env"' in script
        and "EnvironmentFile=/etc/handoff/settings.env" in (DEPLOY / "handoff.service").read_text()
    ), "the service and the command read one file"
    ran: list[list[str]] = []
    monkeypatch.setattr(os, "geteuid", lambda: UID)
    monkeypatch.setattr(os, "umask", lambda mask: mask)
    monkeypatch.setattr(os, "execv", lambda _program, arguments: ran.append(arguments))
    monkeypatch.setattr(os, "environ", {"HANDOFF_LOG_LEVEL": "debug"})
    monkeypatch.setattr(sys, "argv", ["handoff", "doctor"])

    exec(script.replace("/etc/handoff", str(tmp_path)), {})

    assert ran == [[sys.executable, "-P", "-m", "gateway", "doctor"]]
    assert os.environ["HANDOFF_OIDC_ROLES"] == "a=auditor;b=auditor" and "HANDOFF_NO" not in os.environ
    assert os.environ["HANDOFF_NETWORK"] == "/var/lib/handoff" and os.environ["HANDOFF_LOG_LEVEL"] == "debug"


def test_what_the_runbook_installs_is_there() -> None:
    pages = "".join((DEPLOY / name).read_text() for name in ("runbook.md", "containers.md"))
    steps = "".join(re.findall(r"```sh\n(.*?)```", pages, re.DOTALL))
    mounted = _documents("compose.yaml")[0]["services"]["gateway"]["volumes"]
    for place in ("/var/lib/handoff", "/mnt/backups/handoff", "/mnt/elsewhere/handoff-keys"):
        assert place in steps and f"{place}:{place}:Z" in mounted, (
            "one command does on the machine and in a container"
        )
    named = set(re.findall(r"deploy/([a-z._]+)", steps))
    assert {"runtime.lock", "settings.env.sample", "handoff", "handoff.service"} <= named
    assert all((DEPLOY / one).exists() for one in named), named
