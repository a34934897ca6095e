"""The fourth story's referrals: to every agency, each in its own format and by its own way; four of them answer."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gateway.demo import person, records
from gateway.demo.desks import send_hl7
from gateway.demo.forms import Visitor
from gateway.demo.receivers import ANSWERING, AT_PAGE, AT_WEBHOOK, FORMATS, REFERRED_TO, Received, in_folder
from gateway.demo.stage import Stage, StoryBroken
from gateway.partners import reference_of

_SDOH = "http://hl7.org/fhir/us/sdoh-clinicalcare/CodeSystem/SDOHCC-CodeSystemTemporaryCodes"
_NEEDS = {
    "housing": ("housing-instability", "Housing Instability"),
    "employment": ("employment-status", "Employment Status"),
    "legal-aid": ("sdoh-category-unspecified", "Help with an eviction"),
    "benefits": ("financial-insecurity", "Financial Insecurity"),
    "food-pantry": ("food-insecurity", "Food Insecurity"),
    "crisis": ("stress", "Stress"),
}
_MANAGER, _REFERRED = "case-management", ("Patient", "ServiceRequest", "Task")
_CODES = {
    "otp": "SUNRISE",
    "psychiatry": "MESAPSY",
    "primary-care": "SOUTHSIDE",
    "counseling": "NEWPATH",
    AT_WEBHOOK: "WALKWITHME",
    _MANAGER: "COUNTYCM",
}
"""By which code the hospital knows each."""
_LABELS: Mapping[str, tuple[str, ...]] = {
    "psychiatry": ("SUD",),
    "primary-care": ("SUD", "MH"),
    "counseling": ("MH",),
}
"""What she keeps from those who treat her; of the others each sees who she is, what is asked for, and no more."""
_TREATS = ("otp", *_LABELS)
_SECRETS = {"F11.20": "otp", "F53.0": "psychiatry"}
"""A code that one of those who get files may see, and who."""
_CONDITIONS = (*_SECRETS, "Z59.811")
_MRN, _OTP = (person.MRN_SYSTEM, "770011"), (person.OTP_SYSTEM, "OTP-3391")
_SECONDS = 60.0


def number_of(agency: str) -> tuple[str, str]:
    """By which number an agency knows her."""
    return f"urn:warm-handoff:{agency}-client", f"{agency.upper()}-1"


def referred_each_way(stage: Stage, pantry: Visitor) -> None:
    """Referred, held, permitted, received and answered. Raises StoryBroken when a promise is not kept."""
    stage.tell("4. The hospital and her case manager refer her to every agency. Nobody has her word yet.")
    for count, code in enumerate(_CODES.values(), 2):
        message = person.referral_message(f"ED-{count:04}", f"R-{5000 + count}", code, "Reyes^Sol")
        stage.must(send_hl7(stage.mllp, message)[1].startswith("MSA|AA|"), f"the referral to {code} is taken")
    stage.posts(_MANAGER, "COC", _by_the_manager())
    stage.must(stage.receives["otp"].hears_nothing("received", 1.5), "without her word nothing is sent")
    came = [one for agency in FORMATS for one in _drop(stage, agency).glob("*.manifest.json")]
    stage.must(not came, "and no file is written")
    stage.tell("   She signs. What each gets is in its own format and holds what she allowed:")
    _she_signs(stage)
    got = _received(stage, pantry)
    _answered(stage, got, pantry)
    _hospital_hears(stage)


def _by_the_manager() -> dict[str, Any]:
    found = []
    for place, agency in enumerate(REFERRED_TO):
        code, display = _NEEDS[agency]
        request, task = records.referral(
            2 + 2 * place, _MANAGER, agency, display, f"CM-{place + 1}", priority="routine"
        )
        request["code"] = {"coding": [{"system": _SDOH, "code": code, "display": display}]}
        found += [request, task]
    return records.transaction(person.person(*number_of(_MANAGER)), *found)


def _she_signs(stage: Stage) -> None:
    for agency in _CODES:
        treats = agency in _TREATS
        signed = person.consent(
            "hospital", agency, "TREAT" if treats else "COC", identifier=_MRN,
            classes=() if treats else _REFERRED, without=_LABELS.get(agency, ()),
        )  # fmt: skip
        stage.allows("hospital", signed)
    for agency in REFERRED_TO:
        signed = person.consent(_MANAGER, agency, "COC", identifier=number_of(_MANAGER), classes=_REFERRED)
        stage.allows(_MANAGER, signed, purpose="COC")
    stage.allows("otp", person.consent("otp", "hospital", "TREAT", identifier=_OTP, classes=("Task",)))
    for agency in ANSWERING:
        back = person.consent(agency, _MANAGER, "COC", identifier=number_of(agency), classes=("Task",))
        stage.allows(agency, back, purpose="COC")


def _received(stage: Stage, pantry: Visitor) -> dict[str, Received]:
    """What came to each, looked at: she is named, and nothing else of hers is told than she allowed."""
    got: dict[str, Received] = {}
    ways = stage.report.setdefault(
        "ways_out", {"otp": "FHIR push", AT_PAGE: "page", "hospital": "HL7 v2 over MLLP"}
    )
    for agency, written in FORMATS.items():
        if agency == AT_WEBHOOK:
            got[agency] = Received(stage.receives[agency].wait_for("received")["text"].encode())
            ways[agency] = f"{written} by signed webhook"
        else:
            got[agency] = in_folder(_drop(stage, agency))
            ways[agency] = f"{written} {'by SFTP' if agency == 'primary-care' else 'as a file'}"
        text = got[agency].text()
        stage.must(person.NAME[0] in text, f"{agency} reads who is referred to it")
        for secret, who in _SECRETS.items():
            stage.must(secret not in text or agency == who, f"{agency} reads nothing of {secret}")
        stage.get(agency, ({"resourceType": kind} for kind in _REFERRED))
        told = ({"coding": [{"code": code}]} for code in _CONDITIONS if code in text)
        stage.get(agency, ({"resourceType": "Condition", "code": code} for code in told))
        stage.tell(f"   gateway -> {agency}: {ways[agency]}")
    stage.must("F53.0" in got["psychiatry"].text(), "psychiatry reads the depression that she let it see")
    stage.must("Z59.811" in got["primary-care"].text(), "her family doctor reads that her home is not safe")
    listed, until = pantry.get("/agency/referrals/"), time.monotonic() + _SECONDS
    while person.NAME[0] not in listed and time.monotonic() < until:
        time.sleep(0.2)
        listed = pantry.get("/agency/referrals/")
    stage.must(person.NAME[0] in listed, "the food pantry reads on its page who was referred to it")
    stage.get(AT_PAGE, ({"resourceType": kind} for kind in _REFERRED))
    stage.tell("   gateway -> food-pantry: page")
    return got


def _answered(stage: Stage, got: Mapping[str, Received], pantry: Visitor) -> None:
    stage.tell("5. Four of them answer, each in its own way; the case manager reads it in her workbook.")
    known = len(list(_drop(stage, _MANAGER).glob("*.manifest.json")))
    opened = re.search(r'class="person" href="([^"]+)"', pantry.page)
    if opened is None:
        raise StoryBroken("the food pantry can open what it was sent")
    pantry.get(opened[1])
    pantry.send(opened[1], step="accept")
    (client,), (event,) = got["housing"].rows("Client.csv"), got["housing"].rows("Event.csv")
    stage.must(client["LastName"] == person.NAME[0], "the housing agency's HMIS reads who she is")
    answer = f"referral_no,client_no,status\n{event['EventID']},{client['PersonalID']},accepted\n"
    (stage.desks["housing"].folder / "in" / "housing" / "answer.csv").write_text(answer)
    bundle = json.loads(got["legal-aid"].text())
    for agency, found in (
        ("legal-aid", [entry["resource"] for entry in bundle["entry"]]),
        ("benefits", stage.finds("benefits", "Task", "COC", number_of("benefits"))),
    ):
        task = next((one for one in found if _asks(agency, one)), {})
        stage.must("id" in task, f"{agency} finds the referral that asks it")
        stage.answers(agency, {**task, "status": "accepted"}, purpose="COC")
    for count, agency in enumerate(ANSWERING):
        told = in_folder(_drop(stage, _MANAGER), known + count).text()
        stage.must(
            "accepted" in told, f"the case manager hears of an acceptance ({count + 1} of {len(ANSWERING)})"
        )
        stage.write(agency, ({"resourceType": "Task"},))
    stage.get(_MANAGER, ({"resourceType": "Task"},))


def _asks(agency: str, resource: Mapping[str, Any]) -> bool:
    """Whether it is the Task for the agency: at our door its owner is a reference, in a file an identifier."""
    owner = resource.get("owner", {})
    goes_by = str(owner.get("identifier", {}).get("value", ""))
    return owner.get("reference") == reference_of(agency) or goes_by.endswith(agency)


def _hospital_hears(stage: Stage) -> None:
    asked = next(one for one in stage.arrives("otp") if one["resourceType"] == "Task")
    stage.answers("otp", {**asked, "status": "accepted"})
    reply = stage.receives["hospital"].wait_for("received")["message"]
    accepted = any(one.startswith("RF1|A") for one in reply)
    stage.must(accepted, "the hospital hears over its line that she is accepted")
    stage.get("hospital", ({"resourceType": "Task"},))
    stage.tell("   gateway -> hospital: HL7 v2 over MLLP")


def _drop(stage: Stage, agency: str) -> Path:
    """Where an agency's files lie."""
    if agency == "primary-care":
        return Path(next(one["drop"] for one in stage.receives[agency].said if "drop" in one))
    return stage.desks["otp"].folder / "out" / agency
