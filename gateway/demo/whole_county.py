"""The fourth story: every agency of the county, each in its own way in, and each shown what she allows it and no more.

Each agency puts a file of its own kind into its folder; then one person's plan is asked for by all of them, before she
has signed and after. Then she is referred to all of them, and each gets it as its own system reads it. The police refer
somebody in and get nothing; she reads on her own page who was told.
"""

from __future__ import annotations

import re
import time
import zipfile
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

from gateway.agency_desk import make_link
from gateway.clock import SystemClock
from gateway.demo import person, records
from gateway.demo.county_referrals import number_of, referred_each_way
from gateway.demo.desks import send_hl7
from gateway.demo.forms import Visitor
from gateway.demo.receivers import receive_each
from gateway.demo.stage import Stage
from gateway.intake.watched_place import DONE
from gateway.wiring.agency_desk_door import LINK_PURPOSE
from gateway.wiring.network_folder import open_folder

AGENCIES = {"otp": "fhir", "hospital": "mllp", "peer-support": "signed", "primary-care": "sftp"}
"""Who receives in this story over a line of its own; the others have a folder, and the food pantry a page."""

FILES = {
    "otp": ("otp/dosing", "visit.json"),
    "counseling": ("counseling/treatment_plan", "plans.csv"),
    "psychiatry": ("ccda/care_plan", "care_plan.xml"),
    "primary-care": ("ccda/ccd", "summary.xml"),
    "housing": ("housing/hmis_fy2026", "one_person"),
    "employment": ("employment/milestones", "milestones.csv"),
    "legal-aid": ("legal_aid/intake", "eviction.json"),
    "benefits": ("benefits/status", "applications.csv"),
    "peer-support": ("peer_support/contact", "visit.json"),
    "case-management": ("case_management/needs_assessment", "prapare.xlsx"),
    "crisis": ("crisis/event", "mobile_team.json"),
}
"""What each agency sends: its format, and a sample of it (nobody in them exists); a folder goes as one zip."""

ALSO = {"housing": ", csv: housing/referral_csv"}
"""Who answers by a sheet of its own beside."""

ALLOWED: dict[str, tuple[str, ...]] = {
    "hospital": ("CarePlan",),
    "counseling": ("CarePlan", "Goal"),
    "psychiatry": ("CarePlan", "Goal"),
    "primary-care": ("CarePlan",),
    "housing": ("Goal",),
    "employment": ("Goal",),
    "legal-aid": (),
    "benefits": (),
    "food-pantry": (),
    "peer-support": ("Goal",),
    "case-management": ("CarePlan", "Goal"),
    "crisis": ("CarePlan",),
}
"""What she lets each of them see of her plan at the treatment program."""

_CATEGORY = "http://terminology.hl7.org/CodeSystem/observation-category"
_ASKED = ("CarePlan", "Goal")
_OTP = (person.OTP_SYSTEM, "OTP-3391")
_POLICE, _DESK = "crisis-intervention-police", "case-management"
_SECONDS = 60.0


def prepare(folder: Path, listening: Mapping[str, Mapping[str, Any]]) -> None:
    """Give each agency a folder to send from in the network that is about to start, and its own way of receiving.

    `listening`: what the stand-ins said when they were ready.
    """
    lines = []
    for agency, (mapping, sample) in FILES.items():
        ending = sample.rpartition(".")[2] if "." in sample else "zip"
        (folder / "in" / agency).mkdir(parents=True)
        rest = f"formats: {{{ending}: {mapping}{ALSO.get(agency, '')}}}, poll_seconds: 0.2"
        lines.append(f"  - {{partner: {agency}, folder: in/{agency}, {rest}}}\n")
    file = folder / "network.yaml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("policy:", f"folders:\n{''.join(lines)}policy:", 1), encoding="utf-8")
    receive_each(folder, listening)


def play(stage: Stage) -> None:
    """The whole story. Raises StoryBroken when a promise is not kept."""
    _each_in_its_own_way(stage)
    _nobody_sees_her_plan(stage)
    _each_sees_what_she_allows(stage)
    pantry = _worker(stage, "food-pantry", "Nora Diaz")
    referred_each_way(stage, pantry)
    pantry.close()
    _police_refer_in(stage)
    _she_reads_who_was_told(stage)
    stage.account()


def _each_in_its_own_way(stage: Stage) -> None:
    stage.tell("1. Every agency sends what it has, as its own system writes it.")
    folder = stage.desks["otp"].folder / "in"
    for agency, (mapping, sample) in FILES.items():
        source = files("mappings").joinpath("formats", *mapping.split("/"), "samples", sample)
        if source.is_dir():
            unfinished = folder / agency / f"{sample}.zip.part"
            with zipfile.ZipFile(unfinished, "w") as whole:
                for one in source.iterdir():
                    whole.writestr(one.name, one.read_bytes())
            unfinished.rename(folder / agency / f"{sample}.zip")
        else:
            (folder / agency / sample).write_bytes(source.read_bytes())
    answer = send_hl7(stage.mllp, person.referral_message("ED-0001", "R-5001", "SUNRISE", "Reyes^Sol"))
    stage.must(answer[1].startswith("MSA|AA|"), "the hospital's HL7 message is acknowledged")
    until = time.monotonic() + _SECONDS
    waiting = set(FILES)
    while waiting and time.monotonic() < until:
        waiting = {one for one in waiting if not _is_taken(folder / one)}
        time.sleep(0.2)
    stage.posts("food-pantry", "COC", _food_needed())
    stage.tell("   food-pantry -> gateway: FHIR, a form of SDOHCC")
    for agency, (mapping, _) in FILES.items():
        stage.must(agency not in waiting, f"the file of {agency} is taken in")
        stage.tell(f"   {agency} -> gateway: {mapping}")


def _food_needed() -> dict[str, Any]:
    """The pantry's client, and what she said of her food (SDOHCC Observation)."""
    her = person.housing_client()["entry"][0]
    said = {
        "resourceType": "Observation",
        "status": "final",
        "category": [{"coding": [{"system": _CATEGORY, "code": "social-history"}]}],
        "code": {"coding": [{"system": "http://loinc.org", "code": "88122-7"}]},
        "subject": {"reference": her["fullUrl"]},
        "effectiveDateTime": "2026-03-01",
        "valueCodeableConcept": {"text": "Often true"},
    }
    told = {"fullUrl": "urn:uuid:55555555-5555-4555-8555-555555555555", "resource": said}
    client = {**her, "resource": person.person(*number_of("food-pantry"))}
    entry = [client, {**told, "request": {"method": "POST", "url": "Observation"}}]
    return {"resourceType": "Bundle", "type": "transaction", "entry": entry}


def _is_taken(folder: Path) -> bool:
    done = folder / DONE
    return done.is_dir() and any(one.is_file() for one in done.iterdir())


def _nobody_sees_her_plan(stage: Stage) -> None:
    stage.tell("2. The treatment program shares her plan. Everybody knows her; nobody is shown anything.")
    stage.posts("otp", "TREAT", person.treatment_plan())
    night = records.plan("otp", "Plan for a bad night", ("Call her sister", "988"), safety=True)
    stage.posts("otp", "TREAT", records.transaction(person.person(*_OTP), night))
    for agency in ALLOWED:
        entry = person.housing_client()["entry"][0]
        client = {**entry, "resource": person.person(*number_of(agency))}
        stage.posts(agency, "COC", {"resourceType": "Bundle", "type": "transaction", "entry": [client]})
        found = stage.finds(agency, "CarePlan", "COC", number_of(agency))
        stage.must(not found, f"without a consent {agency} sees nothing")


def _each_sees_what_she_allows(stage: Stage) -> None:
    stage.tell("3. She signs, for each agency something else.")
    for agency, kinds in ALLOWED.items():
        if kinds:
            signed = person.consent("otp", agency, _purpose(agency), identifier=_OTP, classes=kinds)
            stage.allows("otp", signed)
        seen = [kind for kind in _ASKED if stage.finds(agency, kind, _purpose(agency), number_of(agency))]
        stage.must(tuple(seen) == kinds, f"{agency} sees {', '.join(kinds) or 'nothing'} and no more")
        stage.tell(f"   {agency} sees: {', '.join(seen) or 'nothing'}")


def _police_refer_in(stage: Stage) -> None:
    stage.tell("6. An officer refers somebody in. What comes back is that it was received.")
    officer = _worker(stage, _POLICE, "Officer Lee")
    officer.get("/agency/le-referral")
    said = officer.send("le-referral", given=person.NAME[1], family=person.NAME[0], born=person.BORN)
    stage.must("Received." in said, "the officer reads that it was received")
    stage.must("Sunrise" not in said and "CarePlan" not in said, "and nothing else")
    for page in ("/agency/", "/agency/referrals/", "/agency/clients/", "/agency/services"):
        stage.must(person.NAME[0] not in officer.get(page), "no page opens to the police")
    stage.get(_POLICE, ())
    officer.close()


def _she_reads_who_was_told(stage: Stage) -> None:
    stage.tell("7. Two workers help her to her own page: one gives the link, the other tells the code.")
    ana, kim, she = (_worker(stage, _DESK, name) for name in ("Ana Ruiz", "Kim Lee", ""))
    ana.get("/agency/consents/")
    ana.send("/find", given=person.NAME[1], family=person.NAME[0], born=person.BORN)
    found = re.search(r"/agency/consents/([0-9a-f-]{36})", ana.page)
    stage.must(found is not None, "the desk finds its own client")
    client = "" if found is None else found[1]
    ana.get(f"/agency/consents/{client}")
    link = re.search(r"/me/login\?link=[^<\s\"]+", ana.send("/own-link", document="driver's license"))
    kim.get(f"/agency/consents/{client}")
    code = re.search(r"<strong>(\d{4}) (\d{4})</strong>", kim.send("/own-code"))
    stage.must(link is not None and code is not None, "neither of them has link and code alone")
    if link is not None and code is not None:
        she.post(link[0], {"code": code[1] + code[2]})
    told = she.get("/me/told")
    names = {one: known.organization.name for one, known in stage.desks["otp"].network.partners.items()}
    for agency in ("otp", *ALLOWED):
        stage.must(names[agency] in told, f"she reads that {agency} was told")
    stage.must(names[_POLICE] not in told, "and that the police were not")
    stage.report["patient"] = {"read_who_was_told": sorted(("otp", *ALLOWED))}
    stage.tell("   She reads each agency that was told, and none that was not.")
    for one in (ana, kim, she):
        one.close()


def _purpose(agency: str) -> str:
    """What an agency asks for: those who treat her, her treatment; the others, the care they share."""
    return "TREAT" if agency in ("hospital", "crisis") else "COC"


def _worker(stage: Stage, partner: str, name: str) -> Visitor:
    """A worker who has come in; without a name a browser at which nobody has."""
    desk = stage.desks["otp"]
    made = Visitor(desk.base)
    if name:
        key = open_folder(desk.folder).keys.derived(LINK_PURPOSE)
        link, code = make_link(key, partner, name, SystemClock().now())
        made.post(f"/agency/login?link={link}", {"code": code})
    return made
