"""Two stores with one past: in the second, what a recipient may not see changes as well. They must answer alike."""

from __future__ import annotations

import asyncio
import copy
import json
import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx

from gateway.demo import person
from gateway.fhir_api import build_app
from gateway.fhir_api.client_rates import ClientRates
from gateway.flows import status
from gateway.security.callers import Caller
from gateway.settings import read_settings
from gateway.store import Record
from gateway.wiring.http_door import HttpDoor
from gateway.wiring.standstill import Standstill
from tests.gateway.county import OTP, County, caller

_NEXT = re.compile(r"_page=([\w-]+)")


class _Trusted:
    """Takes who calls from the header, as `partner purpose`, and after that its scopes where they are not all."""

    def check(self, header: str | None, _now: object) -> Caller:
        partner, purpose, *scopes = (header or " ").split(" ")
        found = caller(partner, purpose)
        return replace(found, scopes=frozenset(scopes)) if scopes else found

    def look_at(self, _token: str, _now: object) -> None:
        """None of its own is any good elsewhere."""


class Api:
    """The whole HTTP door over a county, without a network."""

    def __init__(self, county: County) -> None:
        standstill = Standstill(county.folder.path, county.store, county.clock)
        door = HttpDoor(county.folder, county.premises, read_settings(), None, standstill)
        desk = door._desk("gateway.test")
        app = build_app(
            replace(desk, tokens=_Trusted(), tick_seconds=0, rates=ClientRates(1e9))  # type: ignore[arg-type]
        )
        self._client = httpx.AsyncClient(
            transport=httpx.ASGITransport(app=app), base_url="http://gateway.test", verify=False
        )

    def ask(self, who: str, method: str, path: str, body: Any = None, **headers: str) -> httpx.Response:
        """One request of `who` (`partner purpose`)."""
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        content = None if body is None else json.dumps(body).encode()
        if body is not None:
            given["Content-Type"] = "application/fhir+json"
        return self.send(who, method, path, content, given)

    def send(
        self, who: str, method: str, path: str, content: bytes | None, headers: Mapping[str, str]
    ) -> httpx.Response:
        """One request of `who` with exactly this content."""
        given = {**headers, "Authorization": who}
        return asyncio.run(self._client.request(method, path, headers=given, content=content))

    async def start(
        self, who: str, method: str, path: str, body: Any, headers: Mapping[str, str]
    ) -> httpx.Response:
        """One of several requests at once."""
        given = {**headers, "Authorization": who, "Content-Type": "application/fhir+json"}
        content = json.dumps(body).encode()
        return await self._client.request(method, path, headers=given, content=content)


def said(answer: httpx.Response) -> tuple[int, tuple[tuple[str, str], ...], str]:
    """All of an answer but its request id; the encrypted token of a next page counts by its length."""
    request_id = answer.headers["x-request-id"]
    headers = tuple((k, v) for k, v in sorted(answer.headers.items()) if k != "x-request-id")
    text = answer.text.replace(request_id, "-")
    return answer.status_code, headers, _NEXT.sub(lambda found: f"_page={len(found[1])}", text)


class Twins:
    """The two stores; their clocks go together."""

    def __init__(self, quiet: County, busy: County) -> None:
        self.quiet, self.busy = quiet, busy
        self.apis = Api(quiet), Api(busy)
        self.hidden = 0

    def wait(self, minutes: int = 7) -> None:
        """Let time go by for both."""
        for county in (self.quiet, self.busy):
            county.clock.advance(timedelta(minutes=minutes))

    def change_what_is_hidden(self, visible: Mapping[str, str]) -> None:
        """In the busy one alone: the program and the referral's addressee write what the others may not see."""
        self.hidden += 1
        self.busy.submit("otp", plan(visible, self.hidden, self.busy))
        answer(self.busy, self.hidden)

    def change_what_is_seen(self, visible: Mapping[str, str]) -> None:
        """In both, at the same instant."""
        self.quiet.submit("otp", plan(visible, 0, self.quiet))
        self.busy.submit("otp", plan(visible, self.hidden, self.busy))

    def ask(self, who: str, method: str, path: str, body: Any = None, **headers: str) -> httpx.Response:
        """The answer of both, which is the same."""
        quiet, busy = (api.ask(who, method, path, body, **headers) for api in self.apis)
        assert said(quiet) == said(busy), (who, method, path, headers)
        return quiet


def answer(county: County, hidden: int) -> None:
    """The addressee's word on the referral, which nobody may tell its sender."""
    task = referred(county)
    words = {**task.resource, "status": "received", "statusReason": {"text": f"her urine showed it {hidden}"}}
    county.run(status.update_task(county.premises, caller("otp"), task.id, words, None))


def referred(county: County) -> Record:
    """The Task of the referral."""
    (found,) = [record for record in county.records("Task") if "hospital" in record.sources]
    return found


def plan(visible: Mapping[str, str], hidden: int, county: County) -> dict[str, Any]:
    """The program's transaction of this moment: `visible` to the housing agency, with words it may not see as they are
    for the `hidden`th time.
    """
    bundle = copy.deepcopy(person.treatment_plan())
    task = {
        "resourceType": "Task",
        "status": visible["task"],
        "intent": "order",
        "for": bundle["entry"][1]["resource"]["subject"],
        "lastModified": county.clock.now().isoformat(),
        "note": [{"text": f"dose {hidden}"}],
    }
    bundle["entry"].append(
        {"fullUrl": "urn:uuid:t", "resource": task, "request": {"method": "PUT", "url": "Task/ride"}}
    )
    for entry in bundle["entry"]:
        resource = entry["resource"]
        if resource["resourceType"] == "Goal":
            resource["lifecycleStatus"] = visible["goal"]
            resource["note"] = [{"text": f"dose {hidden}"}]
            resource["description"]["text"] = f"a ride to her dose {hidden}"
        if resource["resourceType"] == "CarePlan":
            entry["request"] = {"method": "PUT", "url": "CarePlan/plan"}
            resource["activity"][0]["detail"]["status"] = visible["plan"]
            resource["activity"][0]["detail"]["description"] = f"methadone {hidden} mg"
            resource["title"] = f"plan of {hidden} mg"
            resource["contained"][0]["code"]["coding"][0]["display"] = f"dependence {hidden}"
    return bundle


SEEN = {"goal": "active", "plan": "in-progress", "task": "requested"}


@contextmanager
def twins(path: Path) -> Iterator[Twins]:
    """Her referral was taken and answered, her plan shared; the housing agency may see what is said of plan, goals and
    tasks in it, the hospital nothing of the answer to its referral.
    """
    first = County(path / "quiet")
    first.consent()
    first.refer()
    first.deliver()
    first.submit("otp", plan(SEEN, 0, first))
    first.submit("housing", person.housing_client(), purpose="COC")
    first.consent(
        "housing",
        discloser="otp",
        purpose="COC",
        identifier=OTP,
        classes=("CarePlan", "Goal", "Patient", "Task"),
    )
    answer(first, 0)
    with parted(first, path) as made:
        yield made


@contextmanager
def parted(first: County, path: Path) -> Iterator[Twins]:
    """The store of `first`, in `path / "quiet"`, and a second one that has been the same until now."""
    first.close()
    shutil.copytree(path / "quiet", path / "busy")
    counties = County(path / "quiet"), County(path / "busy")
    try:
        yield Twins(*counties)
    finally:
        for county in counties:
            county.close()
