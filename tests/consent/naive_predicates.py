"""The naive twin of every predicate of the consent engine, written from the semantics page alone.

Each function answers one question about one element of one provision, in the slowest and plainest way.
`mode` is `permit` or `deny`: what cannot be known counts as *not matching* for a permit and as *matching*
for a denial. Nothing here is shared with `consent/`: the small tables below are typed from the rulebook
(FH-LBL-03, FH-PUR-01).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

Json = Mapping[str, Any]

ACT_REASON = "http://terminology.hl7.org/CodeSystem/v3-ActReason"
CONFIDENTIALITY = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality"
RESOURCE_TYPES = "http://hl7.org/fhir/resource-types"
LEVELS = ("U", "L", "M", "N", "R", "V")

SUD_FAMILY = {"SUD", "ETH", "ETHUD", "OPIOIDUD"}
PERMIT_REACHES = {"SUD": SUD_FAMILY, "ETH": SUD_FAMILY, "MH": {"MH", "PSY"}}
DENY_REACHES = {
    "SUD": SUD_FAMILY,
    "ETH": SUD_FAMILY,
    "MH": {"MH", "PSY", "PSYTHPN"},
    "PSY": {"PSY", "PSYTHPN"},
    "BH": SUD_FAMILY | {"BH", "MH", "PSY", "PSYTHPN", "COGN", "DVD", "EMOTDIS"},
}
SENSITIVITIES = SUD_FAMILY | {"BH", "MH", "PSY", "PSYTHPN", "HIV", "SDV", "SEX", "STD"}

PURPOSE_PARENT = {
    "COC": "TREAT",
    "CLINTRL": "TREAT",
    "TREATDS": "TREAT",
    "ETREAT": "TREAT",
    "BTG": "ETREAT",
    "ERTREAT": "ETREAT",
    "CAREMGT": "HOPERAT",
    "HLEGAL": "HOPERAT",
    "GOV": "HOPERAT",
    "TRAIN": "HOPERAT",
    "COVERAGE": "HPAYMT",
    "ELIGDTRM": "COVERAGE",
    "MILDCRG": "COVERAGE",
    "CLINTRCH": "HRESCH",
}
NEEDS_ITS_OWN_PERMIT = {
    "HLEGAL",
    "BTG",
    "GOV",
    "MILCDM",
    "MILDCRG",
    "DONAT",
    "MLTRAINING",
    "CLINTRL",
    "THREAT",
}

RECIPIENT_ROLES = {None, "IRCP"}
DISCLOSER_ROLES = {"PROV", "CST"}


# --- time ------------------------------------------------------------------------------------------------
def span(text: str, zone: str) -> tuple[datetime, datetime]:
    """The first instant of a FHIR date or dateTime and the first instant after it (equal for an instant)."""
    if "T" in text:
        instant = datetime.fromisoformat(text).astimezone(UTC)
        return instant, instant
    year, month, day = (int(part) for part in (text + "-01-01")[:10].split("-"))
    first = datetime(year, month, day)
    if len(text) == 4:
        after = datetime(year + 1, 1, 1)
    elif len(text) == 7:
        after = datetime(year + month // 12, month % 12 + 1, 1)
    else:
        after = first + timedelta(days=1)
    place = ZoneInfo(zone)
    return first.replace(tzinfo=place).astimezone(UTC), after.replace(tzinfo=place).astimezone(UTC)


def limits(period: Json, zone: str) -> tuple[datetime, datetime]:
    """From the first instant inside the period up to the first instant after it."""
    start = span(period["start"], zone)[0] if "start" in period else datetime.min.replace(tzinfo=UTC)
    end = span(period["end"], zone)[1] if "end" in period else datetime.max.replace(tzinfo=UTC)
    return start, end


def runs_backwards(period: Json, zone: str) -> bool:
    start, end = limits(period, zone)
    return end < start


def period_holds(period: Json, question: Json, resource: Json, mode: str) -> bool:
    start, end = limits(period, question["policy"]["zone"])
    if end < start:
        return mode == "deny"
    return start <= datetime.fromisoformat(question["at"]) < end


def data_period_holds(period: Json, question: Json, resource: Json, mode: str) -> bool:
    zone = question["policy"]["zone"]
    start, end = limits(period, zone)
    if end < start:
        return mode == "deny"
    text = clinical_date(resource)
    if text is None:
        return mode == "deny"
    first, after = span(text, zone)
    if mode == "permit":
        return start <= first and after <= end and first < end
    return first < end and (start < after or start <= first)


def clinical_date(resource: Json) -> str | None:
    if "period" in resource:
        return str(resource["period"]["start"])
    for name in ("effectiveDateTime", "onsetDateTime", "recordedDate", "authoredOn", "performedDateTime"):
        if name in resource:
            return str(resource[name])
    return None


# --- who -------------------------------------------------------------------------------------------------
def name_of(resource: Json) -> str:
    return f"{resource['resourceType']}/{resource['id']}"


def belongs_to(party: Json, directory: Sequence[Json]) -> set[str]:
    """The party's own references and everything it is part of, as far as the directory tells."""
    found = set(party.get("references", ())) | set(party.get("members_of", ()))
    for entry in directory:
        if any(identifier in party.get("identifiers", ()) for identifier in entry.get("identifier", ())):
            found.add(name_of(entry))
    while True:
        more = set(found)
        for entry in directory:
            member_refs = [row["entity"]["reference"] for row in entry.get("member", ())]
            member_refs += [row["member"]["reference"] for row in entry.get("participant", ())]
            if entry["resourceType"] == "PractitionerRole":
                if entry["practitioner"]["reference"] in found:
                    more |= {name_of(entry), entry["organization"]["reference"]}
            elif any(ref in found for ref in member_refs):
                more.add(name_of(entry))
            if name_of(entry) in found and "partOf" in entry:
                more.add(entry["partOf"]["reference"])
            if name_of(entry) in found and entry["resourceType"] == "PractitionerRole":
                more.add(entry["organization"]["reference"])
        if more == found:
            return found
        found = more


def names(designation: Json, party: Json, question: Json) -> bool | None:
    """Whether the designation names the party; None when nobody can tell whom it names."""
    directory = question.get("directory", ())
    if "reference" in designation:
        ref = designation["reference"]
        asks = question["recipient"]
        listed = {name_of(entry) for entry in directory} | {
            *asks.get("references", ()),
            *asks.get("members_of", ()),
        }
        if ref in belongs_to(party, directory):
            return True
        return False if ref in listed else None
    if "identifier" in designation:
        identifier = designation["identifier"]
        bearers = {name_of(entry) for entry in directory if identifier in entry.get("identifier", ())}
        if identifier in party.get("identifiers", ()):
            return True
        if not bearers and identifier not in question["recipient"].get("identifiers", ()):
            return None
        return bool(bearers & belongs_to(party, directory))
    return None


def role_of(actor: Json) -> str | None:
    codings = actor.get("role", {}).get("coding", ())
    return codings[0]["code"] if codings else None


def actors_hold(actors: Sequence[Json], question: Json, resource: Json, mode: str) -> bool:
    roles = [role_of(actor) for actor in actors]
    if any(role not in RECIPIENT_ROLES | DISCLOSER_ROLES for role in roles):
        return mode == "deny"
    for group, party in ((RECIPIENT_ROLES, "recipient"), (DISCLOSER_ROLES, "discloser")):
        said = [
            names(actor["reference"], question[party], question)
            for actor in actors
            if role_of(actor) in group
        ]
        if said and not any(mode == "deny" if answer is None else answer for answer in said):
            return False
    return True


# --- what for, what kind ---------------------------------------------------------------------------------
def purpose_reaches(named: Json, stated: Json, mode: str) -> bool:
    if named["system"] != ACT_REASON or stated["system"] != ACT_REASON:
        return bool(named == stated) or mode == "deny"
    code = stated["code"]
    while code is not None:
        if code == named["code"]:
            return True
        if mode == "permit" and code in NEEDS_ITS_OWN_PERMIT:
            return False
        code = PURPOSE_PARENT.get(code)
    return False


def purposes_hold(named: Sequence[Json], question: Json, resource: Json, mode: str) -> bool:
    reached = [any(purpose_reaches(one, stated, mode) for one in named) for stated in question["purposes"]]
    return all(reached) if mode == "permit" else any(reached)


def action_holds(actions: Sequence[Json], question: Json, resource: Json, mode: str) -> bool:
    return any(coding["code"] == question["action"] for action in actions for coding in action["coding"])


def class_holds(classes: Sequence[Json], question: Json, resource: Json, mode: str) -> bool:
    if any(one["system"] == RESOURCE_TYPES and one["code"] == resource["resourceType"] for one in classes):
        return True
    return mode == "deny" and any(one["system"] != RESOURCE_TYPES for one in classes)


def code_holds(codes: Sequence[Json], question: Json, resource: Json, mode: str) -> bool:
    concepts = [resource["code"]] if "code" in resource else list(resource.get("type", ()))
    carried = [(coding["system"], coding["code"]) for concept in concepts for coding in concept["coding"]]
    return any(
        (coding["system"], coding["code"]) in carried
        or (mode == "deny" and not coding["system"].startswith(("http://loinc.org", "http://hl7.org/")))
        for concept in codes
        for coding in concept["coding"]
    )


# --- which records ---------------------------------------------------------------------------------------
def points_at(value: object) -> set[str]:
    """Every relative reference found anywhere inside a resource."""
    if isinstance(value, Mapping):
        own = {value["reference"]} if isinstance(value.get("reference"), str) else set()
        return own.union(*(points_at(part) for part in value.values())) if value else own
    if isinstance(value, list | tuple):
        return set().union(*(points_at(part) for part in value)) if value else set()
    return set()


def authors(resource: Json) -> set[str]:
    return {row["reference"] for row in resource.get("performer", ())} | {
        resource[name]["reference"] for name in ("recorder", "asserter", "requester") if name in resource
    }


def one_record_named(row: Json, question: Json, resource: Json, mode: str) -> bool:
    target = row["reference"]["reference"]
    me = name_of(resource)
    if row["meaning"] == "authoredby":
        return target in authors(resource) or (mode == "deny" and not authors(resource))
    if me == target:
        return True
    refers_to_it = target in points_at(resource)
    if row["meaning"] == "dependents":
        return refers_to_it
    if row["meaning"] == "related":
        named = [one for one in question["resources"] if name_of(one) == target]
        if any(me in points_at(one) for one in named):
            return True
        if target.startswith("Encounter/"):
            return refers_to_it
        return mode == "deny" and not named
    return False


def data_holds(rows: Sequence[Json], question: Json, resource: Json, mode: str) -> bool:
    by_now = [
        {**row, "reference": extension["valueReference"]}
        for row in rows
        for extension in row.get("extension", ())
        if mode == "deny" and extension["url"] == "urn:gateway:consent:corrected-as"
    ]
    return any(one_record_named(row, question, resource, mode) for row in (*rows, *by_now))


# --- labels ----------------------------------------------------------------------------------------------
def level_of(resource: Json) -> int | None:
    """The highest level asserted; what carries a sensitivity is at least R (FH-LBL-02, FH-LBL-05)."""
    carried = [LEVELS.index(c) for s, c in labels_of(resource) if s == CONFIDENTIALITY]
    if any(code in SENSITIVITIES for _, code in labels_of(resource)):
        carried.append(LEVELS.index("R"))
    return max(carried) if carried else None


def labels_of(resource: Json) -> list[tuple[str, str]]:
    return [(row["system"], row["code"]) for row in resource.get("meta", {}).get("security", ())]


def as_labelled(resource: Json, question: Json) -> Json:
    """The resource with what its source alone tells: a program's record is a Part 2 record and SUD-protected."""
    source = resource.get("meta", {}).get("source")
    sources = [*([source] if source else []), *question["discloser"]["references"]]
    programs = question["policy"]["part2_sources"]
    if not any(one == program or one.endswith("/" + program) for one in sources for program in programs):
        return resource
    carried = {code for _, code in labels_of(resource)}
    added = ["42CFRPart2"] if carried & {"ETHUD", "OPIOIDUD"} else ["42CFRPart2", "SUD"]
    security = [
        *resource.get("meta", {}).get("security", ()),
        *({"system": "", "code": code} for code in added),
    ]
    return {**resource, "meta": {**resource.get("meta", {}), "security": security}}


def denial_names_a_label(named: Sequence[Json], resource: Json) -> bool:
    """A level and higher; a label, everything under it, and its parent when only the parent is asserted.

    A record without any level counts as N, so that a denial of R leaves it as otherwise decided (FH-LBL-07).
    Notes always carry their own label, so PSY or MH alone leaves nothing open about PSYTHPN (its parent is SPI).
    """
    level = level_of(resource)
    carried = {code for system, code in labels_of(resource) if system != CONFIDENTIALITY}
    for label in named:
        code = label["code"]
        if label["system"] == CONFIDENTIALITY:
            if (LEVELS.index("N") if level is None else level) >= LEVELS.index(code):
                return True
            continue
        if carried & DENY_REACHES.get(code, {code}):
            return True
        if code != "PSYTHPN" and any(code in DENY_REACHES.get(parent, ()) for parent in carried):
            return True
    return False


def is_note(resource: Json) -> bool:
    """Notes have a consent of their own and are never in a general permit (sections 5 and 11)."""
    return names_notes([{"code": code} for _, code in labels_of(resource)])


def names_notes(named: Sequence[Json]) -> bool:
    return any(label["code"] == "PSYTHPN" for label in named)


def labels_cover(named: Sequence[Json], resource: Json) -> bool:
    """The resource's level is permitted, or it has sensitivity labels and each of them is permitted."""
    level = level_of(resource)
    permitted_levels = [LEVELS.index(one["code"]) for one in named if one["system"] == CONFIDENTIALITY]
    if level is not None and any(level <= permitted for permitted in permitted_levels):
        return True
    reached = set().union(*(PERMIT_REACHES.get(one["code"], {one["code"]}) for one in named))
    sensitive = {code for system, code in labels_of(resource) if code in SENSITIVITIES}
    return bool(sensitive) and sensitive <= reached


PREDICATES: dict[str, Callable[[Any, Json, Json, str], bool]] = {
    "period": period_holds,
    "actor": actors_hold,
    "action": action_holds,
    "purpose": purposes_hold,
    "class": class_holds,
    "code": code_holds,
    "dataPeriod": data_period_holds,
    "data": data_holds,
}
