"""What was saved a moment ago is at hand without opening it: the same as the store would give, and once."""

from __future__ import annotations

from decimal import Decimal
from importlib.resources import files
from typing import Any

import pytest

from gateway.store import Record, patients, records
from gateway.store.fresh_records import FreshRecords
from tests.gateway.county import County
from tests.gateway.store.samples import record

_SAMPLES = sorted(
    path
    for path in (files("mappings") / "formats/hospital/ref_i12/samples").iterdir()
    if path.name.endswith(".hl7")
)
Key = tuple[str, str, int]


def keys_of(county: County) -> list[Key]:
    (intent,) = county.intents()
    parts = (reference.split("/") for reference in intent.focus)
    return [(kind, record_id, int(number)) for kind, record_id, number in parts]


def shape(value: Any) -> Any:
    """A value with the type of each of its leaves as JSON knows it: a number is one, however Python holds it."""
    if type(value) is dict:
        return {name: shape(child) for name, child in value.items()}
    if type(value) is list:
        return [shape(child) for child in value]
    assert type(value) in (str, int, bool, Decimal), type(value)
    kind = "number" if type(value) in (int, Decimal) else type(value).__name__
    return (kind, str(value))


def test_what_is_at_hand_is_what_the_store_would_give(county: County) -> None:
    """The gate takes either; a type that only one of them has would be decided or redacted otherwise."""
    county.refer()
    wanted = keys_of(county)

    at_hand = county.look(lambda reading: reading.fresh.take(wanted))
    stored = county.look(lambda reading: records.versions(reading, wanted))

    assert set(at_hand) == set(stored) == set(wanted)
    assert at_hand == stored
    for key in wanted:
        assert shape(at_hand[key].resource) == shape(stored[key].resource)


@pytest.mark.parametrize("sample", _SAMPLES, ids=lambda path: path.name)
def test_a_translation_holds_nothing_that_is_not_plain_json(county: County, sample: Any) -> None:
    import mappings

    mapping = county.premises.library.mapping("hospital/ref_i12")
    made = mappings.translate(mapping, sample.read_bytes(), partner="hospital", id_key=b"k" * 32, zone="UTC")
    for resource in made.resources:
        shape(resource)


def test_what_was_given_out_comes_from_the_store_the_next_time(county: County) -> None:
    county.refer()
    wanted = keys_of(county)

    first = county.look(lambda reading: records.versions(reading, wanted))
    assert county.look(lambda reading: reading.fresh.take(wanted)) == {}

    assert county.look(lambda reading: records.versions(reading, wanted)) == first


@pytest.mark.requirement("HI-312-01")
def test_a_destroyed_key_takes_what_is_at_hand_along(county: County) -> None:
    county.refer()
    wanted, patient_id = keys_of(county), county.patient_id

    county.write(lambda tx: patients.destroy_patient_key(tx, patient_id, "2026-04-11T15:00:00.000000Z"))

    assert county.look(lambda reading: reading.fresh.take(wanted)) == {}


def test_only_so_much_is_kept_and_the_oldest_goes_first() -> None:
    fresh = FreshRecords(2)
    saved: list[Record] = [record({"resourceType": "Goal"}, id=f"g{n}", version=1) for n in range(3)]
    fresh.keep(saved)

    found = fresh.take([("Goal", f"g{n}", 1) for n in range(3)])
    assert sorted(key[1] for key in found) == ["g1", "g2"]


def test_what_two_messages_brought_is_at_hand_for_both() -> None:
    """Else the second one opens the whole set in which the first was saved: a third of the messages of a burst about
    the same people did.
    """
    fresh = FreshRecords()
    shared = record({"resourceType": "Patient"}, id="p1", version=1)
    key = ("Patient", "p1", 1)
    fresh.keep([shared])
    fresh.keep([shared])

    assert [fresh.take([key]) for _ in range(3)] == [{key: shared}, {key: shared}, {}]
