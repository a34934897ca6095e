"""Requests made up from the description of the API, with ids, codes and numbers that a clever asker might try.

Whatever address is added to the API is asked as well, since the description is made from what is registered.
"""

from __future__ import annotations

import copy
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from gateway.demo import person
from gateway.resources import to_json
from tests.gateway.disclosure.hidden_county import consent_of_hers

FORM, FHIR = "application/x-www-form-urlencoded", "application/fhir+json"
UNKNOWN = "00000000-0000-8000-8000-000000000000"
CODES = ("active", "requested", "accepted", "completed", "final", "order", "plan", "F11.20", "F53.0", "6813")
NUMBERS = ("770011", "OTP-3391", "DH-204", "nobody")
SYSTEMS = (person.MRN_SYSTEM, person.OTP_SYSTEM, person.HOUSING_SYSTEM)
AGENCIES = ("housing", "employment", "otp", "hospital", "nobody")
DATES = ("2026-04-11", "ge2026-04-11", "lt2026-04-11T16:00:00Z", "gt2026-01-01", "eq2026", "2031-01-01")
STATUSES = ("received", "accepted", "in-progress", "completed", "rejected", "cancelled", "failed")


@dataclass(frozen=True, slots=True)
class Asked:
    """One request."""

    method: str
    path: str
    content: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass
class Requests:
    """`ids`: of what is held and hidden, by type; `her`: the network's id for her."""

    document: Mapping[str, Any]
    her: str
    ids: Mapping[str, Sequence[str]]
    own: Sequence[str]
    made: random.Random

    def operations(self) -> list[tuple[str, str]]:
        """Method and address of each registered operation."""
        return [(m.upper(), path) for path, methods in self.document["paths"].items() for m in methods]

    def each(self, number: int) -> Iterator[tuple[str, Asked]]:
        """So many requests with the names of their operations, each operation as often as any other."""
        operations = self.operations()
        for index in range(number):
            if index % len(operations) == 0:
                self.made.shuffle(operations)
            method, path = operations[index % len(operations)]
            yield f"{method} {path}", self.one(method, path)

    def one(self, method: str, path: str) -> Asked:
        """A request for the operation."""
        told = self.document["paths"][path][method.lower()]
        given = [self._in_full(one) for one in told.get("parameters", ())]
        place, kind = path, ""
        for one in given:
            if one["in"] == "path":
                value = self._path_value(one, path, kind)
                kind = value if one["name"] == "type" else kind
                place = place.replace(f"{{{one['name']}}}", value)
        limits = [one for one in given if one["in"] == "query"]
        query = self._query(limits)
        headers = {
            one["name"]: str(self._value(one))
            for one in given
            if one["in"] == "header" and self.made.random() < 0.3
        }
        content, media = self._content(told, path, place)
        if media:
            headers["Content-Type"] = media
        return Asked(method, place + (f"?{urlencode(query)}" if query else ""), content, headers)

    def _in_full(self, one: Mapping[str, Any]) -> Mapping[str, Any]:
        kept: Mapping[str, Any] = self.document["components"]["parameters"]
        found: Mapping[str, Any] = kept[one["$ref"].rpartition("/")[2]] if "$ref" in one else one
        return found

    def _path_value(self, one: Mapping[str, Any], path: str, kind: str) -> str:
        if one["name"] == "type":
            return str(self.made.choice(one["schema"]["enum"]))
        if one["name"] == "name":
            return self.made.choice(("CarePlan", "Goal", "notices"))
        if one["name"] != "id":
            return self.made.choice(("1", "2", "3", "4"))
        if "/Group/" in path or "OperationDefinition" in path:
            return self.made.choice(("known", "referred", "handoff", "what-if", UNKNOWN))
        if path.startswith("/cds-services"):
            return self.made.choice(("order-sign", "patient-consent-consult", "encounter-discharge"))
        kind = kind or path.split("/")[2]
        held = [self.her, *self.own] if kind == "Patient" else list(self.ids.get(kind, ()))
        return self.made.choice([*held * 4, self.her, UNKNOWN])

    def _query(self, limits: Sequence[Mapping[str, Any]]) -> list[tuple[str, str]]:
        found = []
        for one in limits:
            named = one["name"] in ("patient", "subject", "_id")
            if one["name"] == "_page" or self.made.random() > (0.95 if named else 0.15):
                continue
            value = self._value(
                one, [o["name"] for o in limits if o.get("description", "").startswith("A date")]
            )
            found.append((one["name"], value))
        if any(one["name"] == "owner" for one in limits) and self.made.random() < 0.5:  # a worklist
            found = [one for one in found if one[0] not in ("patient", "subject", "_id", "_sort", "owner")]
            role = self.made.choice(("owner", "owner", "requester"))
            found.append((role, f"Organization/{self.made.choice(AGENCIES)}"))
        return found

    def _value(self, one: Mapping[str, Any], dates: Sequence[str] = ()) -> str:
        """A value for a parameter."""
        name, told = one["name"], one.get("description", "")
        if one["schema"].get("enum"):
            return str(self.made.choice(one["schema"]["enum"]))
        if name in ("patient", "subject", "_id"):
            return self.made.choice([self.her] * 6 + [f"Patient/{self.her}", UNKNOWN, *self._some_id()])
        if name == "_sort":
            return self.made.choice(["", "-"]) + self.made.choice([*dates, "_id"])
        if name.startswith("If-"):
            return f'W/"{self.made.randrange(1, 5)}"'
        if one["schema"]["type"] == "integer":
            return self.made.choice(("1", "2", "50", "0"))
        if told.startswith("A date") or name == "_since":
            return self.made.choice(DATES)
        if told.startswith("`[type]"):
            kind = self.made.choice(list(self.ids))
            return f"{kind}/{self.made.choice(self.ids[kind])}"
        if name == "_type":
            return ",".join(self.made.sample(list(self.ids), k=min(2, len(self.ids))))
        return self.made.choice(CODES)

    def _some_id(self) -> list[str]:
        return [self.made.choice(self.ids[self.made.choice(list(self.ids))])]

    def _content(self, told: Mapping[str, Any], path: str, place: str) -> tuple[bytes | None, str]:
        body = told.get("requestBody")
        if body is None:
            return None, ""
        media = self.made.choice(list(body["content"]))
        content = body["content"][media]
        if media == FORM:
            return urlencode(self._form(content["schema"]["properties"])).encode(), FORM
        example = content.get("example") or {}
        if isinstance(example, list):
            return to_json(self._patch(place)), media
        return to_json(self._resource(path, place, example)), media

    def _patch(self, place: str) -> list[dict[str, Any]]:
        """Steps that apply, or do not, by what is there; never a withdrawal, which anybody related may ask for."""
        statuses = STATUSES if "/Task" in place else ("active", "proposed")
        steps = (
            {"op": "replace", "path": "/status", "value": self.made.choice(statuses)},
            {"op": "test", "path": "/status", "value": self.made.choice(CODES)},
            {"op": "remove", "path": self.made.choice(("/note", "/text", "/subject", "/id"))},
            {"op": "add", "path": "/statusReason", "value": {"text": "as agreed"}},
        )
        return self.made.sample(steps, k=self.made.randrange(1, 3))

    def _form(self, fields: Mapping[str, Any]) -> list[tuple[str, str]]:
        found = self._query([{"name": name, "schema": schema} for name, schema in fields.items()])
        if self.made.random() < 0.2:  # too long for the log, from which the asker is told of its asks
            found.insert(len(found) // 2, ("zz", "a" * 4_100))
        by_number = [name for name in fields if name.endswith("identifier")]
        if by_number and self.made.random() < 0.6:
            found = [(name, value) for name, value in found if name not in ("patient", "subject", "_id")]
            number = f"{self.made.choice(SYSTEMS)}|{self.made.choice(NUMBERS)}"
            found.append((by_number[0], number))
        return found

    def _resource(self, path: str, place: str, example: Mapping[str, Any]) -> dict[str, Any]:
        """What is sent: an example, made to be about her and about what is hidden."""
        made: dict[str, Any] = copy.deepcopy(dict(example))
        if path == "/fhir":
            made = self.reads() if self.made.random() < 0.5 else self._bundle()
        elif "/Consent" in place:
            # Active: a withdrawal by an agency that knows her is taken for a Consent whose id it knows, by design.
            made = consent_of_hers()
        if made.get("resourceType") == "Task":
            made["status"] = self.made.choice(STATUSES)
            made["statusReason"] = {"text": "as agreed"}
        if "{id}" in path and "$" not in path and made.get("resourceType") not in (None, "Parameters"):
            made["id"] = place.split("/")[3]
        self._about_her(made)
        return made

    def _about_her(self, made: dict[str, Any]) -> None:
        for name in ("for", "subject"):
            if name in made:
                made[name] = {"reference": f"Patient/{self.her}"}
        for one in made.get("parameter", ()):
            if one["name"] == "requestId":
                one["valueString"] = f"request-{self.made.randrange(10**9):09}"
            if one["name"] == "patient":
                one["valueReference"] = {"reference": f"Patient/{self.her}"}
        context = made.get("context")
        if isinstance(context, dict) and "patientId" in context:
            context["patientId"] = self.her

    def reads(self) -> dict[str, Any]:
        """A batch of what can be asked by an address."""
        asked = [path for method, path in self.operations() if method == "GET" and path.startswith("/fhir/")]
        found = [self.one("GET", self.made.choice(asked)) for _ in range(self.made.randrange(1, 5))]
        entries = [{"request": {"method": "GET", "url": one.path.removeprefix("/fhir/")}} for one in found]
        return {"resourceType": "Bundle", "type": "batch", "entry": entries}

    def _bundle(self) -> dict[str, Any]:
        """A transaction about her: as another agency's client, or by her id here; on an address that is held."""
        bundle = copy.deepcopy(person.housing_client())
        bundle["type"] = self.made.choice(("transaction", "batch"))
        kind = self.made.choice([name for name in self.ids if name in ("Goal", "Task", "CarePlan")])
        where = self.made.choice([*self.ids[kind], "my-own"])
        goal = {
            "resourceType": "Goal",
            "lifecycleStatus": "active",
            "description": {"text": f"number {self.made.randrange(100)}"},
            "subject": {
                "reference": self.made.choice((bundle["entry"][0]["fullUrl"], f"Patient/{self.her}"))
            },
        }
        request = self.made.choice(
            ({"method": "POST", "url": "Goal"}, {"method": "PUT", "url": f"Goal/{where}"})
        )
        bundle["entry"].append({"resource": goal, "request": request})
        return bundle
