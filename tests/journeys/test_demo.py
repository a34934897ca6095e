"""The demonstration that a newcomer runs first, and its two other stories."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys

import pytest

from gateway.demo import run


def played(tmp_path, *options):
    done = subprocess.run(
        [sys.executable, "-m", "gateway", "demo", "--once", *options],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads((tmp_path / "demo-report.json").read_text())
    assert report["audit"]["verified"]
    return report


def test_the_demo_keeps_its_promises(tmp_path):
    report = played(tmp_path)

    assert "after the withdrawal nothing more is sent" in report["promises_kept"]
    assert set(report["received"]) == {"otp", "psychiatry"}
    assert "Condition F11.20" in report["agencies"]["psychiatry"]["did_not_get"]
    hospital = report["agencies"]["hospital"]
    assert "Condition F11.20" in hospital["wrote"] and hospital["got"] == ["Task"]
    assert {"CarePlan assess-plan", "Goal"} <= set(hospital["did_not_get"])


@pytest.mark.unmeasured
@pytest.mark.long
def test_the_crisis_team_gets_the_safety_plan_and_the_family_doctor_no_word_of_alcohol(tmp_path):
    agencies = played(tmp_path, "--story", "2")["agencies"]

    assert agencies["crisis"]["got"] == ["CarePlan safety-plan"]
    assert {"Condition F31.13", "Condition F10.20"} <= set(agencies["psychiatry"]["got"])
    assert "Condition F31.73" in agencies["primary-care"]["got"]
    assert {"Condition F10.20", "CarePlan safety-plan"} <= set(agencies["primary-care"]["did_not_get"])


@pytest.mark.unmeasured
@pytest.mark.long
def test_a_yes_on_the_phone_reaches_the_counselor_and_a_no_nobody(tmp_path):
    agencies = played(tmp_path, "--story", "3")["agencies"]

    assert agencies["primary-care"]["got"] == []
    assert {"Condition F12.10", "CarePlan safety-plan"} <= set(agencies["counseling"]["got"])
    assert "CarePlan assess-plan" in agencies["crisis"]["did_not_get"]


@pytest.mark.unmeasured
def test_every_agency_of_the_county_sends_in_its_own_way_and_sees_what_she_allows_it(tmp_path):
    report = played(tmp_path, "--story", "4")
    agencies = report["agencies"]

    partners = {"hospital", "psychiatry", "primary-care", "otp", "counseling", "housing", "employment"}
    partners |= {"legal-aid", "benefits", "food-pantry", "peer-support", "case-management", "crisis"}
    assert set(agencies) == {*partners, "crisis-intervention-police"}
    assert set(report["patient"]["read_who_was_told"]) == partners, "all fifteen rows, with the person"
    assert agencies["crisis-intervention-police"]["got"] == []
    assert "CarePlan assess-plan" in agencies["housing"]["did_not_get"]
    assert set(report["ways_out"]) == partners, "each receives in its own way"
    ways = " ".join(report["ways_out"].values())
    for way in (
        "HL7 v2",
        "FHIR push",
        "page",
        "signed webhook",
        "SFTP",
        "hmis_fy2026",
        "_xlsx",
        "ccda",
        "json",
    ):
        assert way in ways
    for one in ("legal-aid", "benefits", "food-pantry"):
        assert agencies[one]["got"] == ["Patient", "ServiceRequest", "Task"], (
            "DM-07, DM-08: released and answered"
        )
    assert "CarePlan assess-plan" in agencies["crisis"]["did_not_get"]


@pytest.mark.parametrize("ended_by", [signal.SIGINT, signal.SIGTERM])
def test_it_leaves_nothing_running_however_it_is_ended(monkeypatch, ended_by):
    left = []

    @contextlib.contextmanager
    def stage(_):
        try:
            os.kill(os.getpid(), ended_by)
            yield
        finally:
            left.append("taken down")

    before = {one: signal.signal(one, signal.SIG_IGN) for one in (signal.SIGINT, signal.SIGTERM)}
    monkeypatch.setattr(run, "_stage", stage)
    try:
        with pytest.raises(KeyboardInterrupt):
            run.run_demo(once=False)
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)
    assert left == ["taken down"]


def test_a_story_there_is_not_is_refused(capsys):
    from gateway.cli.demo_command import demo

    assert demo(once=True, story=5) == 2
    assert "1, 2, 3, 4" in capsys.readouterr().err
