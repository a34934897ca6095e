"""The speed targets of the translation engine, each as a ratio to a peer on the same input in the same run.

Both sides run in turns and the best of each counts, in processor time of this process, so that a busy machine disturbs
both alike. Peers that are no dependency of ours (`ccda-to-fhir`, `hl7v2-fhir-bridge`, `python-liquid`) are measured
where they are installed; where one is not, its row says so.
"""

from __future__ import annotations

import csv
import gc
import hmac
import importlib
import io
import json
import logging
import time
import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from importlib.resources import files
from typing import Any

from gateway.flows.library import open_library
from gateway.resources import check_resource
from mappings import Library, Mapping_, render, translate, translate_all
from mappings.syntax.hl7v2 import read_messages, split

Work = Callable[[], object]
_ROUNDS = 15
_STRETCH = 0.03
"""Seconds of processor time of one measurement at least."""
_KEY = b"k" * 32
_AT = datetime(2026, 11, 20, 12, tzinfo=UTC)
_SETTINGS = {
    "sending_application": "NETWORK",
    "sending_facility": "GATEWAY",
    "receiving_application": "EHR",
    "receiving_facility": "SAGUARO",
    "notice": "No further disclosure without consent.",
}
_FORMATS = files("mappings") / "formats"
_ROWS = 100


def best_seconds(works: Mapping[str, Work]) -> dict[str, float]:
    """Processor seconds of one run of each, the best of several rounds in turns."""
    gc.collect()
    gc.freeze()  # what the peers' libraries keep in memory is looked through by neither side
    times = {name: _repeats(work) for name, work in works.items()}
    best = dict.fromkeys(works, float("inf"))
    for _ in range(_ROUNDS):
        for name, work in works.items():
            gc.collect()
            start = time.process_time()
            for _ in range(times[name]):
                work()
            best[name] = min(best[name], (time.process_time() - start) / times[name])
    gc.unfreeze()
    return best


def _repeats(work: Work) -> int:
    work()
    count = 1
    while True:
        start = time.process_time()
        for _ in range(count):
            work()
        if time.process_time() - start > _STRETCH:
            return count
        count *= 2


def sample(mapping_id: str, name: str) -> bytes:
    """A shipped sample."""
    return (_FORMATS / mapping_id / "samples" / name).read_bytes()


def run() -> list[dict[str, object]]:
    """One row for each target: how many times the peer's speed, and what was aimed at."""
    logging.disable(logging.CRITICAL)
    library = open_library()
    rows: list[dict[str, object]] = []
    for part in (_parse, _bridge, _account, _render, _liquid, _documents, _validator):
        try:
            rows += part(library)
        except ModuleNotFoundError as missing:
            rows.append(
                {"what": part.__doc__, "value": "not measured", "than": f"{missing.name} is not installed"}
            )
    logging.disable(logging.NOTSET)
    return rows


def _row(what: str, ours: float, theirs: float, than: str, target: float) -> dict[str, object]:
    return {
        "what": what,
        "value": theirs / ours,
        "unit": "times",
        "than": than,
        "target": target,
        "ours_us": ours * 1e6,
    }


def _into(mapping: Mapping_, source: bytes) -> Work:
    return lambda: translate(mapping, source, partner="bench", id_key=_KEY, zone="America/Phoenix")


def _explained(mapping: Mapping_, source: bytes) -> Work:
    work = _into(mapping, source)
    return lambda: work().account  # type: ignore[attr-defined]


def _parse(library: Library) -> list[dict[str, object]]:
    """v2 parse"""
    hl7 = importlib.import_module("hl7")
    names = [("hospital/ref_i12", "i12_new_mother.hl7"), ("hospital/adt_a01", "a01_admit.hl7")]
    names += [("hospital/oru_r01", "r01_reports.hl7"), ("hospital/orm_o01", "o01_new.hl7")]
    sources = [sample(*name) for name in names]

    def ours() -> None:
        for source in sources:
            split(read_messages(source)[0])

    def theirs() -> None:
        for source in sources:
            hl7.parse(source.decode())

    found = best_seconds({"ours": ours, "theirs": theirs})
    return [_row("v2 parse", found["ours"], found["theirs"], "python-hl7", 60)]


def _bridge(library: Library) -> list[dict[str, object]]:
    """v2 to FHIR"""
    convert = importlib.import_module("v2fhir.convert").convert
    config = importlib.import_module("v2fhir.config")
    parse = importlib.import_module("v2fhir.hl7.parser").parse_bytes
    known = config.load_config(config.default_config_path())
    rows = []
    for mapping_id, name in (("hospital/adt_a01", "a08_change.hl7"), ("hospital/orm_o01", "o01_new.hl7")):
        mapping, source = library.mapping(mapping_id), sample(mapping_id, name)

        def theirs(source: bytes = source) -> object:
            return convert(parse(source, known.default_charset, known.fallback_charsets), known, None)

        works: dict[str, Work] = {"made": _into(mapping, source), "explained": _explained(mapping, source)}
        found = best_seconds({**works, "theirs": theirs})
        than, what = "hl7v2-fhir-bridge", name.partition(".")[0]
        rows.append(_row(f"{what}: resources", found["made"], found["theirs"], than, 3))
        rows.append(_row(f"{what}: with account", found["explained"], found["theirs"], than, 3))
    return rows


_EXPLAINED = [("hospital/adt_a01", "a08_change.hl7"), ("hospital/orm_o01", "o01_new.hl7")]
_EXPLAINED += [("hospital/ref_i12", "i12_new_mother.hl7"), ("hospital/oru_r01", "r01_reports.hl7")]


def _account(library: Library) -> list[dict[str, object]]:
    """v2 to FHIR, with the account of every value"""
    rows = []
    for mapping_id, name in _EXPLAINED:
        mapping, source = library.mapping(mapping_id), sample(mapping_id, name)
        people = [source.replace(b"||Ochoa^Daniel", b"||%s^Ana" % (b"S" * n)) for n in range(1, 40)]

        def made(mapping: Mapping_ = mapping, people: list[bytes] = people) -> None:
            for one in people:
                _into(mapping, one)()

        def explained(mapping: Mapping_ = mapping, people: list[bytes] = people) -> None:
            for one in people:
                _explained(mapping, one)()

        def first(mapping: Mapping_ = mapping, source: bytes = source) -> None:
            vars(mapping).pop("account_shapes", None)
            _explained(mapping, source)()

        found = best_seconds({"made": made, "explained": explained, "first": first})
        what, per = name.partition(".")[0], len(people)
        rows.append(
            _row(f"{what}: account", found["explained"] / per, found["made"] / per, "resources alone", 0.5)
        )
        rows.append(
            _row(
                f"{what}: account, first of its shape", found["first"], found["made"] / per, "the same", 0.02
            )
        )
    return rows


def _render(library: Library) -> list[dict[str, object]]:
    """render"""
    names = [("hospital/rri_i12", "accepted.hl7"), ("hospital/oru_r01_out", "reports.hl7")]
    names += [("hospital/osu_o51", "accepted.hl7"), ("hospital/adt_a31", "person.hl7")]
    names += [("otp/dosing", "visit.json"), ("crisis/event", "mobile_team.json")]
    names += [("ccda/care_plan", "care_plan.xml"), ("psychiatry/ccda_referral", "referral.xml")]
    rows = []
    for mapping_id, name in names:
        mapping, source = library.mapping(mapping_id), sample(mapping_id, name)
        resources = translate(mapping, source, partner="b", id_key=_KEY, zone="America/Phoenix").resources

        def out(mapping: Mapping_ = mapping, resources: Any = resources) -> object:
            return render(
                mapping, resources, at=_AT, control_id="1", zone="America/Phoenix", settings=_SETTINGS
            )

        found = best_seconds({"in": _into(mapping, source), "out": out})
        rows.append(_row(f"render {mapping_id}", found["out"], found["in"], "its own way in", 0.5))
    return rows


_TEMPLATE = (
    '[{"resourceType":"Patient","id":"{{ ids[0] }}","identifier":[{"system":"urn:warm-handoff:housing:client",'
    '"value":{{ client_no | json }}}],{% assign parts = name | split: "," %}'
    '"name":[{"family":{{ parts[0] | strip | json }},'
    '"given":{{ parts[1] | strip | split: " " | json }}}],"birthDate":"{{ dob | slice: 6, 4 }}-{{ dob | slice: 0, 2 }}-'
    '{{ dob | slice: 3, 2 }}",{% if phone != "" %}"telecom":[{"system":"phone","value":{{ phone | json }}}],{% endif %}'
    '"communication":[{"language":{"coding":[{"system":"urn:ietf:bcp:47","code":"{{ tables.language[language].code }}",'
    '"display":"{{ tables.language[language].display }}"},{"code":{{ language | json }}}]}}]},'
    '{"resourceType":"ServiceRequest","id":"{{ ids[1] }}","status":"active","intent":"order",'
    '"identifier":[{"value":{{ referral_no | json }}}],"code":{"coding":[{"code":"{{ tables.need[need].code }}",'
    '"display":"{{ tables.need[need].display }}"},{"code":{{ need | json }}}]},'
    '"priority":"{{ tables.urgency[urgency].code }}","subject":{"reference":"Patient/{{ ids[0] }}"}},'
    '{"resourceType":"Task","id":"{{ ids[2] }}","intent":"order","code":{"coding":[{"code":"fulfill"}]},'
    '"identifier":[{"value":{{ referral_no | json }}}],"status":"{{ tables.status[status].code }}",'
    '"authoredOn":"{{ referred_on | slice: 6, 4 }}-{{ referred_on | slice: 0, 2 }}-{{ referred_on | slice: 3, 2 }}",'
    '"focus":{"reference":"ServiceRequest/{{ ids[1] }}"},"for":{"reference":"Patient/{{ ids[0] }}"}}]'
)
_TABLES = {
    "language": {"ES": {"code": "es", "display": "Spanish"}},
    "need": {"HOMELESS": {"code": "homelessness", "display": "Homelessness"}},
    "urgency": {"this week": {"code": "urgent"}},
    "status": {"new": {"code": "requested"}},
}


def _liquid(library: Library) -> list[dict[str, object]]:
    """CSV and JSON rows"""
    environment = importlib.import_module("liquid").Environment()
    environment.filters["json"] = json.dumps
    template, mapping = environment.from_string(_TEMPLATE), library.mapping("housing/referral_csv")
    head = (
        "referral_no,client_no,name,dob,phone,language,need,urgency,status,referred_on,caseworker,remarks\n"
    )
    text = head + "".join(
        f'H-{n},DH-{n},"Sample{n}, Ada",03/{n % 28 + 1:02d}/19{n % 90 + 10},(602)555-{n:04d},ES,HOMELESS,this week,new,'
        f"11/02/2026,J. Ruiz,Needs a place {n}\n"
        for n in range(_ROWS)
    )

    def theirs() -> object:
        made = []
        for row in csv.DictReader(io.StringIO(text)):
            ids = [_made_id(row[key]) for key in ("client_no", "referral_no", "referral_no")]
            made.append(json.loads(template.render(**row, ids=ids, tables=_TABLES)))
        return made

    source = text.encode()
    works: dict[str, Work] = {
        "csv": lambda: translate_all(mapping, source, partner="b", id_key=_KEY, zone=None),
        "theirs": theirs,
    }
    found = {name: seconds / _ROWS for name, seconds in best_seconds(works).items()}
    return [_row("CSV rows", found["csv"], found["theirs"], "python-liquid with json.loads", 3)]


def _made_id(key: str) -> str:
    """An id as we make it: keyed, so that nobody can guess it."""
    return str(uuid.UUID(bytes=hmac.digest(_KEY, key.encode(), "sha256")[:16]))


def _documents(library: Library) -> list[dict[str, object]]:
    """C-CDA documents"""
    convert = importlib.import_module("ccda_to_fhir").convert_document
    rows = []
    for mapping_id, name in (
        ("psychiatry/ccda_referral", "referral.xml"),
        ("ccda/care_plan", "care_plan.xml"),
    ):
        source = sample(mapping_id, name)
        text = source.decode()
        works: dict[str, Work] = {
            "ours": _into(library.mapping(mapping_id), source),
            "theirs": lambda text=text: convert(text),  # type: ignore[misc]
        }
        found = best_seconds(works)
        rows.append(_row(f"C-CDA {name}", found["ours"], found["theirs"], "ccda-to-fhir", 5))
    return rows


def _validator(library: Library) -> list[dict[str, object]]:
    """a Bundle of 20"""
    models = importlib.import_module("fhir.resources.R4B.bundle")
    source = sample("hospital/ref_i12", "i12_new_mother.hl7")
    mapping = library.mapping("hospital/ref_i12")
    made = translate(mapping, source, partner="b", id_key=_KEY, zone="America/Phoenix").resources
    bundle = {
        "resourceType": "Bundle",
        "type": "collection",
        "entry": [{"resource": one} for one in made[:20]],
    }

    works: dict[str, Work] = {
        "ours": lambda: check_resource(bundle),
        "theirs": lambda: models.Bundle.model_validate(bundle),
    }
    if check_resource(bundle):
        raise ValueError(f"the Bundle is not valid: {check_resource(bundle)}")
    found = best_seconds(works)
    return [_row("a Bundle of 20 checked", found["ours"], found["theirs"], "fhir.resources", 40)]


if __name__ == "__main__":
    for row in run():
        print(row)
