"""The story itself: what happens, in order, told in plain words, with each promise checked as it goes."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx

from gateway.demo import person
from gateway.demo.desks import Desk, send_hl7
from gateway.demo.processes import Running
from gateway.demo.worker import PageWorker

_MRN = (person.MRN_SYSTEM, "770011")
_OTP = (person.OTP_SYSTEM, "OTP-3391")
_PAGE_SECONDS = 60.0


class StoryBroken(AssertionError):
    """Something in the demonstration did not happen as it must."""


@dataclass
class Stage:
    """Who plays: the desks that act, the agencies that receive, and where the hospital sends its messages."""

    hospital: Desk
    otp: Desk
    housing: Desk
    receives: dict[str, Running]
    mllp: str
    otp_door: str
    peer: PageWorker
    tell: Callable[[str], None]
    report: dict[str, Any] = field(default_factory=dict)

    def must(self, holds: bool, promise: str) -> None:
        """Stop the story unless the promise was kept."""
        if not holds:
            raise StoryBroken(promise)
        self.report.setdefault("promises_kept", []).append(promise)


def play(stage: Stage) -> None:
    """The whole story. Raises StoryBroken when a promise is not kept."""
    _referral_waits(stage)
    _consents_release_it(stage)
    _housing_pulls_the_plan(stage)
    _acceptance_goes_back(stage)
    _peer_worker_opens_a_page(stage)
    _withdrawal_stops_a_delivery(stage)


def _referral_waits(stage: Stage) -> None:
    stage.tell("1. The emergency department refers her to the opioid treatment program and to psychiatry.")
    for control_id, referral, code, provider in (
        ("ED-0001", "R-5001", "SUNRISE", "Reyes^Sol"),
        ("ED-0002", "R-5002", "MESAPSY", "Lindgren^Mia"),
    ):
        answer = send_hl7(stage.mllp, person.referral_message(control_id, referral, code, provider))
        stage.tell(f"   hospital -> gateway: REF^I12 {control_id}; the answer is {answer[1]}")
        stage.must(
            answer[1].startswith(f"MSA|AA|{control_id}"), "an accepted message is acknowledged with AA"
        )
    stage.must(stage.receives["otp"].hears_nothing("received", 1.5), "without a consent nothing is sent")
    stage.tell("   Nobody has her consent yet, so nothing is sent. The hospital sees only this:")
    task = _own_tasks(stage)[0]
    stage.tell(f'   "{task["statusReason"]["text"]}"')
    stage.must("Waiting." in task["statusReason"]["text"], "the sender sees the neutral waiting text")


def _consents_release_it(stage: Stage) -> None:
    stage.tell("2. She signs: the treatment program may see all of it, psychiatry all but the substance use.")
    allowed = {
        "otp": person.consent("hospital", "otp", "TREAT", identifier=_MRN),
        "psychiatry": person.consent("hospital", "psychiatry", "TREAT", identifier=_MRN, without=("SUD",)),
    }
    for partner, consent in allowed.items():
        saved = stage.hospital.ask("POST", "/Consent", "TREAT", json=consent)
        _expect(saved, 201)
        stage.report.setdefault("consents", {})[partner] = saved.json()["id"]
    for partner in allowed:
        bundle = stage.receives[partner].wait_for("received")["bundle"]
        seen = _received(stage, partner, bundle)
        stage.tell(f"   {partner} receives: {', '.join(seen)}")
        opioid = "F11.20" in json.dumps(bundle)
        stage.must(
            opioid == (partner == "otp"),
            f"{partner} {'sees' if opioid else 'does not see'} the opioid diagnosis",
        )
    stage.must("F53.0" in json.dumps(_last(stage, "psychiatry")), "psychiatry sees the postpartum depression")


def _housing_pulls_the_plan(stage: Stage) -> None:
    stage.tell(
        "3. The treatment program shares her care plan; she lets the housing agency see goals and plan only."
    )
    _expect(stage.otp.ask("POST", "", "TREAT", json=person.treatment_plan()), 200)
    _expect(stage.housing.ask("POST", "", "COC", json=person.housing_client()), 200)
    own_number = {"patient.identifier": f"{person.HOUSING_SYSTEM}|DH-204"}
    before = stage.housing.ask("POST", "/CarePlan/_search", "COC", data=own_number).json()
    stage.must(before.get("total") == 0, "without a consent the housing agency sees nothing")
    consent = person.consent("otp", "housing", "COC", identifier=_OTP, classes=("CarePlan", "Goal"))
    _expect(stage.otp.ask("POST", "/Consent", "TREAT", json=consent), 201)
    plan = stage.housing.ask("POST", "/CarePlan/_search", "COC", data=own_number).json()
    goals = stage.housing.ask("POST", "/Goal/_search", "COC", data=own_number).json()
    shown = [entry["resource"]["description"]["coding"][0]["code"] for entry in _matches(goals)]
    stage.tell(f"   housing sees {len(_matches(plan))} plan and the goals: {'; '.join(shown)}")
    text = json.dumps([plan, goals]).lower() + _notice_free(plan, goals).lower()
    stage.must(len(_matches(plan)) == 1 and len(shown) == 2, "the housing agency sees the plan and its goals")
    for word in ("f11.20", "opioid", "methadone", "sunrise"):
        stage.must(word not in text, f"the housing agency never sees `{word}`")
    stage.report["housing"] = {"plan": _matches(plan), "goals": shown}


def _acceptance_goes_back(stage: Stage) -> None:
    stage.tell("4. The treatment program accepts; she lets it tell the hospital so.")
    back = person.consent("otp", "hospital", "TREAT", identifier=_OTP, classes=("Task",))
    _expect(stage.otp.ask("POST", "/Consent", "TREAT", json=back), 201)
    task = next(
        e["resource"] for e in _last(stage, "otp")["entry"] if e["resource"]["resourceType"] == "Task"
    )
    task["status"] = "accepted"
    _expect(stage.otp.ask("PUT", f"/Task/{task['id']}", "TREAT", json=task), 200)
    reply = stage.receives["hospital"].wait_for("received")["message"]
    status = next(segment for segment in reply if segment.startswith("RF1|"))
    stage.tell(f"   hospital receives {reply[0].split('|')[8]}: {status[:60]}")
    stage.must(status.startswith("RF1|A") and "R-5001" in status, "the hospital hears of the acceptance")


def _peer_worker_opens_a_page(stage: Stage) -> None:
    stage.tell(
        "5. Peer support has no software; she lets it see who she is and what she asks for, and no more."
    )
    send_hl7(stage.mllp, person.referral_message("ED-0004", "R-5004", "WALKWITHME", "Ortiz^Ana"))
    kinds = ("Patient", "ServiceRequest", "Task")
    consent = person.consent("hospital", "peer-support", "COC", identifier=_MRN, classes=kinds)
    _expect(stage.hospital.ask("POST", "/Consent", "TREAT", json=consent), 201)
    listed = ""
    until = time.monotonic() + _PAGE_SECONDS
    while "Maribel" not in listed and time.monotonic() < until:
        listed = stage.peer.log_in() if not listed else stage.peer.listed()
    page = stage.peer.opened(listed)
    stage.must("Maribel" in page, "the peer worker reads who was referred to her agency")
    for word in ("f11.20", "opioid dependence", "postpartum", "phq-9"):
        stage.must(word not in page.lower(), f"the peer worker never reads `{word}`")
    stage.must("Accepted" in stage.peer.says(page, "accept"), "the peer worker accepts with one button")
    stage.tell("   Her page says who, what is asked for, and how to reach her: no diagnosis. She accepts.")


def _withdrawal_stops_a_delivery(stage: Stage) -> None:
    stage.tell(
        "6. A second referral waits because the treatment program's server is down; she withdraws her consent."
    )
    httpx.post(f"{stage.otp_door}/closed").raise_for_status()
    send_hl7(stage.mllp, person.referral_message("ED-0003", "R-5003", "SUNRISE", "Reyes^Sol"))
    stage.receives["otp"].wait_for("turned away")
    consent_id = stage.report["consents"]["otp"]
    present = stage.hospital.ask("GET", f"/Consent/{consent_id}", "TREAT")
    _expect(present, 200)
    withdrawn = {**present.json(), "status": "inactive"}
    _expect(stage.hospital.ask("PUT", f"/Consent/{consent_id}", "TREAT", json=withdrawn), 200)
    httpx.post(f"{stage.otp_door}/open").raise_for_status()
    stage.must(
        stage.receives["otp"].hears_nothing("received", 6.0), "after the withdrawal nothing more is sent"
    )
    stage.tell("   The program's server is back, and nothing arrives there: the withdrawal came first.")


def _own_tasks(stage: Stage) -> list[dict[str, Any]]:
    own_number = {"patient.identifier": f"{person.MRN_SYSTEM}|770011"}
    answer = stage.hospital.ask("POST", "/Task/_search", "TREAT", data=own_number)
    _expect(answer, 200)
    return _matches_resources(answer.json())


def _received(stage: Stage, partner: str, bundle: dict[str, Any]) -> list[str]:
    """What arrived, in a few words each: the type, and the code where there is one."""
    found = []
    for entry in bundle["entry"]:
        resource = entry["resource"]
        code = next((c.get("code", "") for c in resource.get("code", {}).get("coding", ())), "")
        found.append(f"{resource['resourceType']} {code}".strip())
    stage.report.setdefault("received", {}).setdefault(partner, []).append(found)
    return found


def _last(stage: Stage, partner: str) -> dict[str, Any]:
    bundles = [said["bundle"] for said in stage.receives[partner].said if said.get("event") == "received"]
    found: dict[str, Any] = bundles[-1]
    return found


def _matches(bundle: dict[str, Any]) -> list[dict[str, Any]]:
    return [entry for entry in bundle.get("entry", ()) if entry.get("search", {}).get("mode") == "match"]


def _matches_resources(bundle: dict[str, Any]) -> list[dict[str, Any]]:
    return [entry["resource"] for entry in _matches(bundle)]


def _notice_free(*bundles: dict[str, Any]) -> str:
    """Everything shown but the legal notices, decoded where it is encoded."""
    texts = []
    for resource in (r for bundle in bundles for r in _matches_resources(bundle)):
        for attachment in resource.get("content", ()):
            texts.append(
                base64.b64decode(attachment.get("attachment", {}).get("data", "")).decode("utf-8", "replace")
            )
    return " ".join(texts)


def _expect(answer: httpx.Response, status: int) -> None:
    if answer.status_code != status:
        raise StoryBroken(f"expected {status}, got {answer.status_code}: {answer.text[:600]}")
