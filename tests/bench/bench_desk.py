"""What a page of the desks and of a person's own page costs the server with 100,000 clients behind it.

The issue asks for under 100 ms. Told is the time of the processor: a machine shared with others says little by clock,
and nothing is waited for but the disk and the ticks of a look for a safety plan. Every client is one of the hospital's,
whose desk is opened; one has a referral, a consent and a disclosure. A page is made four times; the quickest but the
first counts, and the first (templates are compiled for it) is told beside it. `BENCH_CLIENTS` fewer is quicker and shows
whether a page grows with them.
"""

from __future__ import annotations

import os
import re
import time
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from gateway.clock import instant_text
from gateway.disclosure import gate
from gateway.disclosure.release import Release
from gateway.identity import IDENTIFIER, description_keys
from gateway.partners import DeskDelivery
from gateway.partners.network import FolderListener
from gateway.store import Record, Transaction, patients, records
from tests.gateway.agency_desk.conftest import Browser, to_the_desk
from tests.gateway.agency_desk.test_consent_pages import Counter
from tests.gateway.agency_desk.test_own_page import Phone, link_from
from tests.gateway.county import County

CLIENTS = int(os.environ.get("BENCH_CLIENTS", "100000"))
_AT_ONCE = 1000
_RIGHTS = ("consents", "clients", "crisis", "own_pages")
_DESK = (
    "/agency/",
    "/agency/consents/",
    "/agency/consents/requests/{request}",
    "/agency/consents/{her}",
    "/agency/consents/{her}/contacts",
    "/agency/clients",
    "/agency/clients/{her}",
    "/agency/clients/{her}/plan",
    "/agency/clients/{her}/needs",
    "/agency/clients/{her}/change",
    "/agency/clients/{her}/step-down",
    "/agency/crisis",
    "/agency/crisis/emergency",
    "/agency/crisis/paper",
    "/agency/services",
    "/agency/phone",
)
_ANSWERS = (
    "/agency/",
    "/agency/referrals/",
    "/agency/referrals/{waits}",
    "/agency/plans/{waits}",
    "/agency/sheet",
)
_OWN = ("/me/", "/me/told", "/me/meetings", "/me/contacts", "/me/phone")
_SHEETS = {"csv": "counseling/treatment_plan"}
_KNOWN = {"given": "Maribel", "family": "Testperson", "born": "1996-04-17"}
_MINUTE = timedelta(seconds=61)


def run() -> list[dict[str, object]]:
    """Rows for the table of benchmarks."""
    with TemporaryDirectory(prefix="handoff-bench-") as place:
        county = County(Path(place))
        worker, phone, otp = _people(county)
        rows = [_page(county, worker, path) for path in _DESK]
        rows += [_page(county, otp, path) for path in _ANSWERS]
        rows += [_page(county, phone, path) for path in _OWN]
        rows += [_found(county, worker), *_forms(county, worker), *_signed(county, worker)]
        county.close()
    return rows


def _people(county: County) -> tuple[Counter, Phone, Browser]:
    """A worker of each desk and she herself, logged in; what waits is there, and everybody else."""
    county.change_partner("hospital", desk=_RIGHTS)
    county.change_partner("otp", delivery=DeskDelivery())
    watched = FolderListener(partner="otp", folder="in/otp", formats=_SHEETS, most_bytes=1024 * 1024)
    county.change_network(folders=(watched,))
    county.consent("otp", classes=("Patient", "ServiceRequest", "Task", "Condition"))
    county.refer()
    to_the_desk(county)
    county.refer("ED-2", "R-2", "MESAPSY")
    county.refused()
    county.share_plan()
    fill(county)
    worker, phone, otp = Counter(county), Phone(county), Browser(county)
    worker.log_in()
    phone.come(link_from(county))
    otp.log_in()
    return worker, phone, otp


def _places(county: County) -> dict[str, str]:
    """What stands in the addresses."""
    waits = {one.partner: one.id for one in county.intents()}
    return {
        "her": county.patient_id,
        "request": waits["psychiatry"],
        "waits": waits["otp"],
    }


def _forms(county: County, worker: Counter) -> list[dict[str, object]]:
    """What a form costs that writes nothing: a referral seen beforehand, a safety plan looked for, choices read."""
    her = f"/agency/clients/{county.patient_id}"
    referral = {"key": "k" * 20, "need": "treatment", "agency": "otp", "priority": "asap", "instead": ""}
    choice = {"see.peer-support.contact": "yes", "for.COC": "yes"}
    until = {"until": (county.clock.now() + timedelta(days=30)).date().isoformat(), "form_language": "en"}
    consents = f"/agency/consents/{county.patient_id}"
    asked = (
        ("see beforehand", her, f"{her}/preview", referral),
        ("look for a safety plan", "/agency/crisis", "/agency/crisis", _KNOWN),
        ("read the choices", consents, f"{consents}/read", choice | until),
    )
    rows = [_form(county, worker, *one) for one in asked]
    token = worker.get(her) and worker.hidden("token")
    worker.post(f"{her}/refer", {"token": token, **referral, "agency": "peer-support"})
    card = re.search(r'href="([^"]+/cards/[^"]+)"', worker.get(her).text)
    assert card is not None
    return [*rows, _page(county, worker, her), _page(county, worker, card[1])]


def _form(
    county: County, worker: Counter, what: str, page: str, path: str, said: dict[str, str]
) -> dict[str, object]:
    took = []
    for _ in range(4):
        token = worker.get(page) and worker.hidden("token")
        began = time.process_time()
        answer = worker.post(path, {"token": token, **said})
        took.append(1000 * (time.process_time() - began))
        assert answer.status_code == 200, f"{path}: {answer.status_code}"
        county.clock.advance(_MINUTE / 20)
    return {"what": what, "value": min(took[1:]), "unit": "ms", "first": took[0]}


def _signed(county: County, worker: Counter) -> list[dict[str, object]]:
    """From the tap on "Sign" until the held referral is released: at most two seconds (Must reach)."""
    worker.get(f"/agency/consents/requests/{_places(county)['request']}")
    worker.follow("Read and choose together")
    worker.fill("/read")
    worker.fill("/hand-over", pin="493817")
    began = time.process_time()
    worker.fill("/sign/", name="Maribel Testperson", agree="yes")
    taken = time.process_time()
    made = [(one.partner, county.run(gate.release(county.premises, one))) for one in county.claim()]
    whole = 1000 * (time.process_time() - began)
    signed = 1000 * (taken - began)
    assert any(to == "psychiatry" and isinstance(one, Release) for to, one in made)
    worker.take_back()
    worker.follow("Back to their permissions")
    paper = re.search(r'href="([^"]+/papers/[^"]+)"', worker.page.text)
    assert paper is not None
    row = {"what": "signed, and the held referral released", "value": whole, "unit": "ms", "first": signed}
    return [row, _page(county, worker, paper[1])]


def fill(county: County) -> None:
    """Clients of the hospital's, each with a name, a birth date, a phone and a number."""
    index, at = county.premises.keys.index, instant_text(county.clock.now())

    def some(tx: Transaction, first: int) -> None:
        for number in range(first, min(first + _AT_ONCE, CLIENTS)):
            resource = _client(number)
            made = patients.create(tx, at, True)
            patients.link(tx, "hospital", index(IDENTIFIER, "urn:mrn", str(number)), made)
            for key in description_keys(resource, index, ""):
                patients.add_match_key(tx, made, key)
            record = Record(
                "Patient", f"p{number}", 0, made, "hospital", ("hospital",), False, at, False, resource
            )
            records.save(tx, record)

    for first in range(0, CLIENTS, _AT_ONCE):
        county.write(lambda tx, first=first: some(tx, first))


def _client(number: int) -> dict[str, object]:
    return {
        "resourceType": "Patient",
        "id": f"p{number}",
        "identifier": [{"system": "urn:mrn", "value": str(number)}],
        "name": [{"family": f"Sample{number % 5000}", "given": [f"Given{number % 997}"]}],
        "birthDate": f"{1940 + number % 70}-{1 + number % 12:02}-{1 + number % 28:02}",
        "telecom": [{"system": "phone", "value": f"602{number:07d}"}],
    }


def _page(county: County, browser: Browser, path: str) -> dict[str, object]:
    where, took = path.format(**_places(county)), list[float]()
    for _ in range(4):
        began = time.process_time()
        answer = browser.get(where)
        took.append(1000 * (time.process_time() - began))
        assert answer.status_code == 200, f"{where}: {answer.status_code}"
        county.clock.advance(_MINUTE / 20)
    return {"what": re.sub(r"\{\w+\}", "…", path), "value": min(took[1:]), "unit": "ms", "first": took[0]}


def _found(county: County, worker: Counter) -> dict[str, object]:
    took = []
    for _ in range(4):
        worker.get("/agency/consents/")
        began = time.process_time()
        worker.fill("/find", **_KNOWN)
        took.append(1000 * (time.process_time() - began))
        assert county.patient_id in worker.page.text
    return {"what": "find a client", "value": min(took[1:]), "unit": "ms", "first": took[0]}
