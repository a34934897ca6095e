"""A patient with marked values goes through every journey; the mark may stand in no place that outlives a consent."""

from __future__ import annotations

import time

import pytest

from gateway.demo import person
from gateway.demo.desks import send_hl7

pytestmark = pytest.mark.unmeasured  # measuring it would double its time; other tests reach the same lines

MARK = "ZQXMARKED"


@pytest.mark.requirement("HI-312-01", "AU-05")
def test_no_marked_value_is_in_any_log_answer_metric_or_file(gateway, sink, monkeypatch):
    monkeypatch.setattr(person, "NAME", (f"{MARK}Family", f"{MARK}Given"))
    answers = []
    for number, addressee in enumerate(("SUNRISE", "MESAPSY", f"{MARK}NOBODY")):
        message = person.referral_message(f"ED-{number}", f"R-{number}", addressee, f"{MARK}^Doctor")
        answers += send_hl7(gateway.mllp, message)
        answers += send_hl7(gateway.mllp, message.replace(b"19960417", f"{MARK}".encode()))
        answers += send_hl7(gateway.mllp, message[:200])
    gateway.consent()
    otp = gateway.desk("otp")
    answers.append(otp.ask("POST", "", "TREAT", json={**person.treatment_plan(), "type": MARK}).text)
    answers.append(otp.ask("POST", "", "TREAT", json=person.treatment_plan()).text)
    answers.append(otp.ask("GET", f"/CarePlan?patient={MARK}", "TREAT").text)
    answers.append(otp.ask("GET", f"/Patient?name={MARK}", "TREAT").text)
    answers.append(gateway.client.get(f"{gateway.base}/metrics").text)
    sink.wait(1)
    time.sleep(0.5)

    places = {"log": gateway.output(), "answers": "\n".join(answers)}
    for file in gateway.folder.rglob("*"):
        if file.is_file():
            places[file.name] = file.read_bytes().decode("latin-1")

    assert MARK in str(sink.received)
    assert [place for place, text in places.items() if MARK in text] == []
