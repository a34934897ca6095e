"""Which version of a Part 2 program's notice (42 CFR 2.22) a patient was given, when and how; and whom a program has
given none.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

from gateway.store.model import Reading, Transaction


@dataclass(frozen=True, slots=True)
class PatientNotice:
    """One notice as it was given. `given_on` is `YYYY-MM-DD`; `way` a code of v3-ParticipationMode; `recorded_at` ISO
    8601 UTC text; `version` as the program names it, empty where it names none.
    """

    patient_id: str
    partner: str
    version: str
    given_on: str
    way: str
    recorded_at: str


def keep(tx: Transaction, notice: PatientNotice) -> None:
    """Keep that it was given, in the place of what was kept of that version."""
    tx.execute("patient_notices.keep", asdict(notice))


def drop(tx: Transaction, patient_id: str, partner: str, version: str) -> bool:
    """It was not given to her, or to one who was found to be her: a mistake. False where nothing said that it was."""
    asked = {"patient_id": patient_id, "partner": partner, "version": version}
    return bool(tx.execute("patient_notices.drop", asked))


def of_patient(reading: Reading, patient_id: str, partner: str) -> tuple[PatientNotice, ...]:
    """What a program gave a patient, or one who was found to be her, the oldest first."""
    rows = reading.rows("patient_notices.of_patient", {"patient_id": patient_id, "partner": partner})
    return tuple(PatientNotice(*row) for row in rows)


def without(reading: Reading, partner: str, version: str, limit: int, after: str = "") -> tuple[str, ...]:
    """Patients whom a program knows and has not given that version (empty: any), by id, from after one id on."""
    asked = {"partner": partner, "version": version, "after": after, "limit": limit}
    return tuple(row["patient_id"] for row in reading.rows("patient_notices.without", asked))
