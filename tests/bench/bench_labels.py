"""How fast records are labelled: Bundles of 20 resources a CPU-second, beside a naive look through every family.

Issue 3 asks for at least 2,000 Bundles per second. The naive way walks the same records and compares each code with
every row of the table, as a first version would.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from typing import Any

from consent.labels import label_resource
from tests.consent.releases import Json, coded, resource, table_files, tables

BUNDLE = 20


def bundle() -> list[Json]:
    """20 records as they come in a referral: plan, goals, conditions, observations, people."""
    codes = ["F11.20", "J45.909", "E11.9", "F32.9", "I10", "Z59.0"]
    conditions = [
        resource("Condition", f"c{n}", code=coded(code, f"condition {n}")) for n, code in enumerate(codes)
    ]
    observations = [
        resource(
            "Observation",
            f"o{n}",
            category=[
                coded("laboratory", system="http://terminology.hl7.org/CodeSystem/observation-category")
            ],
            subject={"reference": "Patient/p1"},
            effectiveDateTime="2026-04-01",
            valueQuantity={"value": n, "unit": "mg", "system": "http://unitsofmeasure.org", "code": "mg"},
        )
        for n in range(6)
    ]
    goals = [resource("Goal", f"g{n}", target=[{"dueDate": "2026-09-01"}]) for n in range(3)]
    plan = resource(
        "CarePlan",
        "p1",
        addresses=[{"reference": f"Condition/c{n}"} for n in range(6)],
        activity=[{"detail": {"status": "scheduled", "code": {"text": f"step {n}"}}} for n in range(4)],
    )
    referral = resource(
        "ServiceRequest", "s1", code={"text": "housing"}, reasonCode=[coded("Z59.0", "Homelessness")]
    )
    people = [
        resource("Patient", "p1", name=[{"family": "Sample", "given": ["Ada"]}], birthDate="1990-01-01"),
        resource("Organization", "o1", name="Harbor House", address=[{"city": "Mesa"}]),
        resource("Task", "t1", focus={"reference": "ServiceRequest/s1"}),
    ]
    return [*conditions, *observations, *goals, plan, referral, *people]


def per_cpu_second(work: Callable[[], object], seconds: float = 0.5) -> float:
    """How often `work` runs in one second of CPU time of this process; the best of three stretches."""
    best = 0.0
    for _ in range(3):
        runs, started = 0, time.process_time()
        while time.process_time() - started < seconds:
            work()
            runs += 1
        best = max(best, runs / (time.process_time() - started))
    return best


def naive_labels(record: Mapping[str, Any], rows: list[list[Any]]) -> set[str]:
    """Labels of every code in `record`, each compared with every row of the families."""
    found: set[str] = set()
    waiting: list[Any] = [record]
    while waiting:
        node = waiting.pop()
        if isinstance(node, Mapping):
            code = node.get("code")
            if isinstance(code, str):
                plain = code.replace(".", "")
                for _family, match, family_code, labels, *_ in rows:
                    wanted = family_code.replace(".", "")
                    if plain.startswith(wanted) if match == "prefix" else plain == wanted:
                        found.update(labels)
            waiting.extend(node.values())
        elif isinstance(node, list):
            waiting.extend(node)
    return found


def run() -> list[dict[str, object]]:
    """One row: labelled Bundles of 20 a CPU-second, the naive rate beside it, and their ratio."""
    records, known = bundle(), tables()
    assert len(records) == BUNDLE
    rows = json.loads(table_files()["code_families.json"])["rows"]
    rate = per_cpu_second(lambda: [label_resource(record, False, known) for record in records])
    baseline = per_cpu_second(lambda: [naive_labels(record, rows) for record in records])
    return [
        {
            "name": "labelling, bundles of 20 resources per CPU-second",
            "rate": round(rate),
            "baseline": round(baseline),
            "ratio": round(rate / baseline, 1),
        }
    ]


if __name__ == "__main__":
    for line in run():
        print(json.dumps(line))
