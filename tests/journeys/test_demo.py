"""The demonstration that a newcomer runs first."""

from __future__ import annotations

import json
import subprocess
import sys


def test_the_demo_keeps_its_promises(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "gateway", "demo", "--once"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads((tmp_path / "demo-report.json").read_text())
    assert report["audit"]["verified"]
    assert "after the withdrawal nothing more is sent" in report["promises_kept"]
    assert set(report["received"]) == {"otp", "psychiatry"}
