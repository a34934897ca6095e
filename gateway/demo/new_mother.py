"""The first story: a new mother in methadone treatment, told in plain words, with each promise checked as it goes."""

from __future__ import annotations

import base64
import json
import time
from typing import Any

import httpx

from gateway.demo import person
from gateway.demo.desks import send_hl7
from gateway.demo.stage import Stage, expect, in_words, matches

_MRN = (person.MRN_SYSTEM, "770011")
_OTP = (person.OTP_SYSTEM, "OTP-3391")
_PAGE_SECONDS = 60.0


def play(stage: Stage) -> None:
    """The whole story. Raises StoryBroken when a promise is not kept."""
    _referral_waits(stage)
    _consents_release_it(stage)
    _housing_pulls_the_plan(stage)
    _acceptance_goes_back(stage)
    _peer_worker_opens_a_page(stage)
    _withdrawal_stops_a_delivery(stage)
    stage.account()


AGENCIES = {"otp": "fhir", "psychiatry": "fhir", "hospital": "mllp"}
"""Who receives in this story, and how."""


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
        saved = stage.desks["hospital"].ask("POST", "/Consent", "TREAT", json=consent)
        expect(saved, 201)
        stage.report.setdefault("consents", {})[partner] = saved.json()["id"]
    for partner in allowed:
        bundle = stage.receives[partner].wait_for("received")["bundle"]
        seen = _received(stage, partner, bundle)
        if partner == "otp":  # all that the hospital's message said, as she permits all of it there
            stage.write("hospital", (entry["resource"] for entry in bundle["entry"]))
        stage.tell(f"   {partner} receives: {', '.join(seen)}")
        opioid = "F11.20" in json.dumps(bundle)
        stage.must(
            opioid == (partner == "otp"),
            f"{partner} {'sees' if opioid else 'does not see'} the opioid diagnosis",
        )
    stage.must("F53.0" in json.dumps(stage.last("psychiatry")), "psychiatry sees the postpartum depression")


def _housing_pulls_the_plan(stage: Stage) -> None:
    stage.tell(
        "3. The treatment program shares her care plan; she lets the housing agency see goals and plan only."
    )
    stage.posts("otp", "TREAT", person.treatment_plan())
    stage.posts("housing", "COC", person.housing_client())
    own_number = {"patient.identifier": f"{person.HOUSING_SYSTEM}|DH-204"}
    before = stage.desks["housing"].ask("POST", "/CarePlan/_search", "COC", data=own_number).json()
    stage.must(before.get("total") == 0, "without a consent the housing agency sees nothing")
    consent = person.consent("otp", "housing", "COC", identifier=_OTP, classes=("CarePlan", "Goal"))
    expect(stage.desks["otp"].ask("POST", "/Consent", "TREAT", json=consent), 201)
    plan = stage.desks["housing"].ask("POST", "/CarePlan/_search", "COC", data=own_number).json()
    goals = stage.desks["housing"].ask("POST", "/Goal/_search", "COC", data=own_number).json()
    shown = [goal["description"]["coding"][0]["code"] for goal in matches(goals)]
    stage.tell(f"   housing sees {len(matches(plan))} plan and the goals: {'; '.join(shown)}")
    text = json.dumps([plan, goals]).lower() + _notice_free(plan, goals).lower()
    stage.must(len(matches(plan)) == 1 and len(shown) == 2, "the housing agency sees the plan and its goals")
    for word in ("f11.20", "opioid", "methadone", "sunrise"):
        stage.must(word not in text, f"the housing agency never sees `{word}`")
    stage.get("housing", [*matches(plan), *matches(goals)])
    stage.report["housing"] = {"plan": matches(plan), "goals": shown}


def _acceptance_goes_back(stage: Stage) -> None:
    stage.tell("4. The treatment program accepts; she lets it tell the hospital so.")
    back = person.consent("otp", "hospital", "TREAT", identifier=_OTP, classes=("Task",))
    expect(stage.desks["otp"].ask("POST", "/Consent", "TREAT", json=back), 201)
    task = next(one for one in stage.last("otp") if one["resourceType"] == "Task")
    stage.answers("otp", {**task, "status": "accepted"})
    reply = stage.receives["hospital"].wait_for("received")["message"]
    status = next(segment for segment in reply if segment.startswith("RF1|"))
    stage.get("hospital", ({"resourceType": "Task"},))
    stage.tell(f"   hospital receives {reply[0].split('|')[8]}: {status[:60]}")
    stage.must(status.startswith("RF1|A") and "R-5001" in status, "the hospital hears of the acceptance")


def _peer_worker_opens_a_page(stage: Stage) -> None:
    stage.tell(
        "5. Peer support has no software; she lets it see who she is and what she asks for, and no more."
    )
    send_hl7(stage.mllp, person.referral_message("ED-0004", "R-5004", "WALKWITHME", "Ortiz^Ana"))
    kinds = ("Patient", "ServiceRequest", "Task")
    consent = person.consent("hospital", "peer-support", "COC", identifier=_MRN, classes=kinds)
    expect(stage.desks["hospital"].ask("POST", "/Consent", "TREAT", json=consent), 201)
    listed = ""
    until = time.monotonic() + _PAGE_SECONDS
    while "Maribel" not in listed and time.monotonic() < until:
        listed = stage.peer.log_in() if not listed else stage.peer.listed()
    page = stage.peer.opened(listed)
    stage.must("Maribel" in page, "the peer worker reads who was referred to her agency")
    for word in ("f11.20", "opioid dependence", "postpartum", "phq-9"):
        stage.must(word not in page.lower(), f"the peer worker never reads `{word}`")
    stage.get("peer-support", ({"resourceType": kind} for kind in kinds))
    stage.must("Accepted" in stage.peer.says(page, "accept"), "the peer worker accepts with one button")
    stage.tell("   Her page says who, what is asked for, and how to reach her: no diagnosis. She accepts.")


def _withdrawal_stops_a_delivery(stage: Stage) -> None:
    stage.tell(
        "6. A second referral waits because the treatment program's server is down; she withdraws her consent."
    )
    httpx.post(f"{stage.doors['otp']}/closed").raise_for_status()
    send_hl7(stage.mllp, person.referral_message("ED-0003", "R-5003", "SUNRISE", "Reyes^Sol"))
    stage.receives["otp"].wait_for("turned away")
    consent_id = stage.report["consents"]["otp"]
    present = stage.desks["hospital"].ask("GET", f"/Consent/{consent_id}", "TREAT")
    expect(present, 200)
    withdrawn = {**present.json(), "status": "inactive"}
    expect(stage.desks["hospital"].ask("PUT", f"/Consent/{consent_id}", "TREAT", json=withdrawn), 200)
    httpx.post(f"{stage.doors['otp']}/open").raise_for_status()
    told = stage.arrives("otp")
    kinds = {one["resourceType"] for one in told}
    stage.must(
        kinds == {"Communication"} and person.NAME[0] not in str(told),
        "the program is told to stop, without a name",
    )
    stage.must(
        stage.receives["otp"].hears_nothing("received", 3.0), "after the withdrawal nothing more is sent"
    )
    stage.tell(
        "   The program's server is back. The referral does not arrive there, only the notice to stop."
    )


def _own_tasks(stage: Stage) -> list[dict[str, Any]]:
    own_number = {"patient.identifier": f"{person.MRN_SYSTEM}|770011"}
    answer = stage.desks["hospital"].ask("POST", "/Task/_search", "TREAT", data=own_number)
    expect(answer, 200)
    return matches(answer.json())


def _received(stage: Stage, partner: str, bundle: dict[str, Any]) -> list[str]:
    """What arrived, in a few words each."""
    resources = [entry["resource"] for entry in bundle["entry"]]
    stage.get(partner, resources)
    found = [in_words(one) for one in resources]
    stage.report.setdefault("received", {}).setdefault(partner, []).append(found)
    return found


def _notice_free(*bundles: dict[str, Any]) -> str:
    """Everything shown but the legal notices, decoded where it is encoded."""
    texts = []
    for resource in (r for bundle in bundles for r in matches(bundle)):
        for attachment in resource.get("content", ()):
            texts.append(
                base64.b64decode(attachment.get("attachment", {}).get("data", "")).decode("utf-8", "replace")
            )
    return " ".join(texts)
