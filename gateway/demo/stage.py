"""Who plays in a story, what each promised thing is, and who got what of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx

from gateway.demo.desks import Desk
from gateway.demo.processes import Running
from gateway.demo.worker import PageWorker

_NOT_TOLD = frozenset(
    (
        "Provenance",
        "Consent",
        "Organization",
        "DocumentReference",
        "Communication",
        "Practitioner",
        "PractitionerRole",
    )
)
"""What goes with the records, and is not what the story is about."""


class StoryBroken(AssertionError):
    """Something in the demonstration did not happen as it must."""


@dataclass
class Stage:
    """Who plays: the desks that act, the agencies that receive, and where the hospital sends its messages."""

    desks: Mapping[str, Desk]
    receives: Mapping[str, Running]
    doors: Mapping[str, str]
    mllp: str
    peer: PageWorker
    tell: Callable[[str], None]
    report: dict[str, Any] = field(default_factory=dict)
    wrote: dict[str, set[str]] = field(default_factory=dict)
    got: dict[str, set[str]] = field(default_factory=dict)

    def must(self, holds: bool, promise: str) -> None:
        """Stop the story unless the promise was kept."""
        if not holds:
            raise StoryBroken(promise)
        self.report.setdefault("promises_kept", []).append(promise)

    def posts(self, agency: str, purpose: str, bundle: Mapping[str, Any]) -> None:
        """An agency submits a transaction. Raises StoryBroken when it is refused."""
        expect(self.desks[agency].ask("POST", "", purpose, json=bundle), 200)
        self.write(agency, (entry["resource"] for entry in bundle["entry"]))

    def allows(self, agency: str, consent: Mapping[str, Any], *, purpose: str = "TREAT") -> str:
        """The consent that the person signed at that agency's desk is recorded; its id."""
        answer = self.desks[agency].ask("POST", "/Consent", purpose, json=consent)
        expect(answer, 201)
        return str(answer.json()["id"])

    def finds(self, agency: str, kind: str, purpose: str, number: tuple[str, str]) -> list[dict[str, Any]]:
        """What an agency gets when it asks for all of one kind, by its own number of the person."""
        form = {"patient.identifier": f"{number[0]}|{number[1]}"}
        answer = self.desks[agency].ask("POST", f"/{kind}/_search", purpose, data=form)
        expect(answer, 200)
        found = matches(answer.json())
        self.get(agency, found)
        return found

    def arrives(self, agency: str) -> list[dict[str, Any]]:
        """The next thing that is delivered to an agency's server. Raises TimeoutError."""
        found = [one["resource"] for one in self.receives[agency].wait_for("received")["bundle"]["entry"]]
        self.get(agency, found)
        return found

    def last(self, agency: str) -> list[dict[str, Any]]:
        """What was delivered last to an agency's server."""
        bundles = [said["bundle"] for said in self.receives[agency].said if said.get("event") == "received"]
        return [entry["resource"] for entry in bundles[-1]["entry"]]

    def answers(self, agency: str, task: Mapping[str, Any], *, purpose: str = "TREAT") -> None:
        """An agency says what became of a referral."""
        expect(self.desks[agency].ask("PUT", f"/Task/{task['id']}", purpose, json=task), 200)

    def write(self, agency: str, resources: Iterable[Mapping[str, Any]]) -> None:
        """What an agency wrote itself."""
        self.wrote.setdefault(agency, set()).update(_told(resources))

    def get(self, agency: str, resources: Iterable[Mapping[str, Any]]) -> None:
        """What an agency got."""
        self.got.setdefault(agency, set()).update(_told(resources))

    def account(self) -> None:
        """Put into the report what each agency got and what of the story's records it did not get, and say it."""
        known = set().union(*self.wrote.values(), *self.got.values())
        self.tell("Who got what:")
        agencies = {}
        for agency in sorted({*self.got, *self.wrote, *self.receives}):
            got, own = self.got.get(agency, set()), self.wrote.get(agency, set())
            agencies[agency] = {
                "wrote": sorted(own),
                "got": sorted(got),
                "did_not_get": sorted(known - got - own),
            }
            self.tell(f"   {agency}: {', '.join(sorted(got)) or 'nothing'}")
            if missing := agencies[agency]["did_not_get"]:
                self.tell(f"      and not: {', '.join(missing)}")
        self.report["agencies"] = agencies


def expect(answer: httpx.Response, status: int) -> None:
    """Stop the story unless the gateway answered so."""
    if answer.status_code != status:
        raise StoryBroken(f"expected {status}, got {answer.status_code}: {answer.text[:600]}")


def matches(bundle: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What a search found, without what came along."""
    entries = bundle.get("entry", ())
    return [entry["resource"] for entry in entries if entry.get("search", {}).get("mode") == "match"]


def in_words(resource: Mapping[str, Any]) -> str:
    """A record in a few words: its type, and its code or kind where there is one."""
    concepts = [resource.get("code", {}), *resource.get("category", ())]
    codes = (coding.get("code", "") for concept in concepts for coding in concept.get("coding", ()))
    code = "" if resource["resourceType"] in ("Task", "ServiceRequest") else next(codes, "")
    return f"{resource['resourceType']} {code}".strip()


def _told(resources: Iterable[Mapping[str, Any]]) -> set[str]:
    return {in_words(one) for one in resources if one["resourceType"] not in _NOT_TOLD}
