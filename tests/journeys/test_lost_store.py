"""A gateway loses its disk: a backup is put back, nothing withdrawn since is sent, and a person lets it go on."""

from __future__ import annotations

import json
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest

from gateway.cli import main
from gateway.demo import person

pytestmark = pytest.mark.unmeasured  # other tests reach the same lines

HERS = {"identifier": f"{person.MRN_SYSTEM}|770011"}


def handoff(gateway, *words, code=0):
    """The command on the gateway's network, in this process: what it does goes through the running gateway."""
    with pytest.raises(SystemExit) as ended:
        main([*words, "--network", str(gateway.folder)])
    assert ended.value.code == code, words


@pytest.mark.timeout(180)
@pytest.mark.requirement("P2-31-11", "P2-31-12", "P2-16-01")
def test_a_lost_disk_brings_back_no_withdrawn_consent(start, sink, tmp_path, capsys):
    gateway = start()
    consent_id = gateway.consent()
    assert gateway.refer()[1].startswith("MSA|AA")
    sink.wait(1)
    handoff(gateway, "db", "backup", str(tmp_path / "backups"))
    handoff(gateway, "keys", "rotate", "--reason", "yearly")
    withdrawn = {**person.consent("hospital", "otp", "TREAT", identifier=(person.MRN_SYSTEM, "770011"))}
    withdrawn |= {"id": consent_id, "status": "inactive"}
    answer = gateway.desk("hospital").ask("PUT", f"/Consent/{consent_id}", "TREAT", json=withdrawn)
    assert answer.status_code == 200, answer.text
    _wait_for_journal(gateway.folder, answer.headers["X-Request-Id"])
    gateway.kill()
    for file in gateway.folder.glob("handoff.db*"):
        file.unlink()
    capsys.readouterr()

    handoff(gateway, "db", "restore", str(tmp_path / "backups"), "--reason", "the disk is broken")
    told = json.loads(capsys.readouterr().out)
    assert told["all that is known of is here"] and told["entries may be missing from"]
    assert len(told["consents withdrawn of"]) == 1

    gateway = start()
    assert gateway.refer("ED-2", "R-2")[1].startswith("MSA|AA"), "messages are taken in meanwhile"
    pulled = gateway.desk("hospital").ask("POST", "/Patient/_search", "TREAT", data=HERS)
    assert pulled.status_code == 503 and pulled.headers["Retry-After"]
    assert _states(gateway.folder) == {"delivered": 1, "due": 1}
    handoff(gateway, "db", "resume", "--reason", "all agencies are told", code=1)
    handoff(gateway, "db", "resume", "--reason", "all agencies are told", "--consents-checked")
    again = gateway.desk("hospital").ask("POST", "/Patient/_search", "TREAT", data=HERS)
    assert again.status_code == 200
    _until(lambda: _states(gateway.folder).get("held") == 1)
    later = [entry["resource"]["resourceType"] for bundle in sink.received[1:] for entry in bundle["entry"]]
    assert set(later) <= {"Communication"}, (
        "what is sent after a withdrawal is nothing but the notice to stop"
    )
    handoff(gateway, "audit", "verify")


def _wait_for_journal(folder: Path, request_id: str) -> None:
    _until(lambda: any(request_id in file.read_text() for file in (folder / "journal").glob("*.log")))


def _until(come_true) -> None:
    """The test's own time limit ends the waiting."""
    while not come_true():
        time.sleep(0.02)


def _states(folder: Path) -> dict[str, int]:
    with closing(sqlite3.connect(f"file:{folder / 'handoff.db'}?mode=ro", uri=True)) as store:
        return dict(store.execute("SELECT state, count(*) FROM intent GROUP BY state").fetchall())
