"""Who is this? Certain matches link; anything less waits for a person."""

from __future__ import annotations

import hashlib

import pytest

from gateway.errors import NotUnderstood
from gateway.identity import identify, match_keys


def index(parameter: str, system: str, value: str) -> str:
    """A stand-in for the keyed hash."""
    return hashlib.sha256(f"{parameter}|{system}|{value}".encode()).hexdigest()


class Book:
    """A transaction's view of the patients table, kept in memory."""

    standing = None

    def __init__(self) -> None:
        self.patients: dict[str, bool] = {}
        self.links: dict[tuple[str, str], str] = {}
        self.keys: set[tuple[str, str]] = set()

    def row(self, name, params=None):
        if name == "patients.get":
            certain = self.patients.get(params["id"])
            return None if certain is None else {"certain": certain, "epoch": 0}
        if name == "patients.linked":
            return {"patient_id": self.links[(params["partner"], params["token"])]}
        raise AssertionError(name)

    def rows(self, name, params=None):
        if name == "patients.by_token":
            found = self.links.get((params["partner"], params["token"]))
            return [{"partner": params["partner"], "patient_id": found}] if found else []
        if name == "patients.by_match_key":
            return [{"patient_id": p} for k, p in sorted(self.keys) if k == params["key"]]
        if name == "patients.match_keys_of":
            return [{"key": k} for k, p in sorted(self.keys) if p == params["patient_id"]]
        if name in ("intents.of_patient", "records.of_patient"):
            return []
        raise AssertionError(name)

    def execute(self, name, params=None):
        if name == "patients.create":
            self.patients[params["id"]] = bool(params["certain"])
        elif name == "patients.link":
            fresh = (params["partner"], params["token"]) not in self.links
            self.links.setdefault((params["partner"], params["token"]), params["patient_id"])
            return int(fresh)
        elif name == "patients.add_match_key":
            self.keys.add((params["key"], params["patient_id"]))
        return 1


def patient(**changes):
    """One person's FHIR Patient, as some agency has her."""
    return {
        "resourceType": "Patient",
        "identifier": [{"system": "urn:a", "value": "1"}],
        "name": [{"family": "Núñez", "given": ["Ana Maria"]}],
        "birthDate": "1990-02-03",
        "gender": "female",
        "telecom": [{"system": "phone", "value": "(602) 555-0142"}],
    } | changes


def who(book, partner="a", **changes):
    """Identify in `book`."""
    return identify(
        book, partner=partner, patient=patient(**changes), index=index, at="2026-01-01T00:00:00.000000Z"
    )


def test_the_same_partner_and_identifier_are_the_same_patient():
    book = Book()

    assert who(book).patient_id == who(book, name=[], telecom=[]).patient_id


def test_another_agency_s_patient_with_name_birth_sex_and_phone_is_the_same():
    book = Book()
    first = who(book)

    second = who(
        book,
        "b",
        identifier=[{"system": "urn:b", "value": "9"}],
        name=[{"family": "NUNEZ", "given": ["Anamaria"]}],
        telecom=[{"system": "phone", "value": "602-555-0142"}],
    )

    assert second.patient_id == first.patient_id
    assert second.certain


@pytest.mark.requirement("DM-28", "MT-01", "P2-13-02")
def test_her_id_is_never_one_that_a_source_has_chosen():
    assert who(Book(), id="own-1").patient_id != "own-1"


@pytest.mark.parametrize(
    "changes",
    [
        {"telecom": [{"system": "phone", "value": "000-000-0000"}]},
        {"telecom": [{"system": "phone", "value": "(602) 555-5555"}]},
        {"telecom": [{"system": "phone", "value": "123-456-7890"}]},
        {"telecom": [], "address": [{"line": ["-"], "postalCode": "85004"}]},
        {"telecom": [], "address": [{"line": ["Homeless"], "postalCode": "85004"}]},
        {"telecom": [], "address": [{"line": ["00000"], "postalCode": "85004"}]},
    ],
)
def test_what_a_form_is_filled_with_makes_no_certain_match(changes):
    assert match_keys(patient(**changes), index)[1] == ()


@pytest.mark.parametrize(
    "changes",
    [
        {"telecom": [{"system": "phone", "value": "602-555-0100"}]},
        {"telecom": [], "address": [{"line": ["12 Palm Lane"], "postalCode": "85004"}]},
        {"telecom": [], "address": [{"line": ["ул. Ленина 5"], "postalCode": "85004"}]},
    ],
)
def test_a_real_number_or_street_does(changes):
    assert len(match_keys(patient(**changes), index)[1]) == 1


SMITH = {"name": [{"family": "Smith", "given": ["Robert"]}], "birthDate": "1951-01-01", "gender": "male"}


@pytest.mark.requirement("DM-28")
def test_somebody_else_under_a_known_number_waits_for_a_person():
    book = Book()
    first = who(book)

    second = who(book, **SMITH)

    assert second.patient_id != first.patient_id
    assert (first.certain, second.certain) == (True, False)
    assert who(book, **SMITH).patient_id == second.patient_id, "the same comes to the same again"
    assert who(book) == type(first)(first.patient_id, certain=True, created=False)


@pytest.mark.parametrize(
    "changes",
    [
        {"name": SMITH["name"]},
        {"birthDate": "1990-02-04"},
        {"gender": "male"},
        {"name": SMITH["name"], "gender": "unknown"},
        {"name": SMITH["name"], "birthDate": "1990"},
    ],
)
def test_one_difference_or_less_told_is_still_her(changes):
    book = Book()
    first = who(book)

    again = who(book, **changes)

    assert (again.patient_id, again.certain) == (first.patient_id, True)


def test_somebody_new_is_certain():
    assert who(Book()).certain


def test_identifiers_of_two_patients_are_for_a_person_to_sort_out():
    book = Book()
    who(book)
    who(book, identifier=[{"system": "urn:a", "value": "2"}], name=[{"family": "Other", "given": ["One"]}])
    both = [{"system": "urn:a", "value": "1"}, {"system": "urn:a", "value": "2"}]

    with pytest.raises(NotUnderstood, match="PATIENT_AMBIGUOUS"):
        who(book, identifier=both)


def test_neither_identifier_nor_name_with_birth_date_is_nobody():
    with pytest.raises(NotUnderstood, match="PATIENT_UNIDENTIFIABLE"):
        who(Book(), identifier=[], birthDate="1990")


def test_keys_hold_no_name():
    likely, certain = match_keys(patient(), index)

    assert certain
    assert all("nunez" not in key for key in (likely, *certain))
