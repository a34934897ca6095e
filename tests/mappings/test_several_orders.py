"""Several orders in one message: each is a record of its own, with the ids it has when it is sent alone."""

from __future__ import annotations

from functools import partial
from importlib.resources import files
from typing import Any

import pytest

from mappings import (
    Library,
    TranslatedRecord,
    Translation,
    TranslationRefused,
    translate,
    translate_all,
    translate_message,
)
from mappings.laws import leaves_of, traced
from mappings.message_parts import parts_of
from mappings.syntax.hl7v2 import read_messages, split
from mappings.syntax.hl7v2_tree import V2Tree
from mappings.translate import ORDERS_AT_MOST, interpret
from tests.growth import assert_grows_with_length

_KEY = b"k" * 32
_PRIOR = (
    b"PV1|1|O\rORC|RE|OLD\rOBR|1|OLD||2951-2^Sodium^LN\rOBX|1|NM|2951-2^Sodium^LN||140|mmol/L^^UCUM||||F\r"
)


def _sample(mapping_id: str, name: str) -> bytes:
    return (files("mappings") / "formats" / mapping_id / "samples" / f"{name}.hl7").read_bytes()


def _all(library: Library, mapping_id: str, source: bytes) -> tuple[TranslatedRecord, ...]:
    return translate_all(library.mapping(mapping_id), source, partner="p", id_key=_KEY, zone=None)


def _one(library: Library, mapping_id: str, source: bytes) -> Translation:
    return translate(library.mapping(mapping_id), source, partner="p", id_key=_KEY, zone=None)


def _good(records: tuple[TranslatedRecord, ...]) -> list[Translation]:
    return [record.translation for record in records if record.translation is not None]


def _of(translation: Translation, kind: str) -> list[dict[str, Any]]:
    return [r for r in translation.resources if r["resourceType"] == kind]


@pytest.fixture
def three() -> bytes:
    return _sample("hospital/orm_o01", "o01_three_orders")


def _alone(source: bytes, number: int) -> bytes:
    """The message as if it had only this order."""
    head, *orders = source.split(b"\rORC")
    return head + b"\rORC" + orders[number].rstrip(b"\r") + b"\r"


@pytest.mark.requirement("SD-01")
def test_each_order_is_a_record_with_its_own_request_and_task(library: Library, three: bytes) -> None:
    records = _all(library, "hospital/orm_o01", three)
    assert [record.place for record in records] == ["message 1 ORC", "message 1 ORC[2]", "message 1 ORC[3]"]
    made = _good(records)
    assert [_of(t, "Task")[0]["status"] for t in made] == ["requested", "requested", "cancelled"]
    assert [_of(t, "Task")[0]["identifier"][0]["value"] for t in made] == ["R-4011", "R-4012", "R-4002"]
    for translation in made:
        [request], [task] = _of(translation, "ServiceRequest"), _of(translation, "Task")
        assert task["focus"] == {"reference": f"ServiceRequest/{request['id']}"}
    assert len({_of(t, "Patient")[0]["id"] for t in made}) == 1
    assert len({_of(t, "ServiceRequest")[0]["id"] for t in made}) == 3
    # A diagnosis or a result belongs to the order behind which it stands.
    kinds = [[bool(_of(t, kind)) for kind in ("Condition", "Observation")] for t in made]
    assert kinds == [[True, False], [False, True], [False, False]]


def test_an_order_is_the_same_whether_sent_alone_or_among_others(library: Library, three: bytes) -> None:
    together = _good(_all(library, "hospital/orm_o01", three))
    for number, translation in enumerate(together):
        alone = _one(library, "hospital/orm_o01", _alone(three, number))
        assert alone.resources == translation.resources
        assert alone.business_key == translation.business_key
        assert alone.roles == translation.roles
        assert alone.accounting == translation.accounting


def test_places_are_those_of_the_whole_message_and_none_of_its_values_is_lost(
    library: Library, three: bytes
) -> None:
    mapping = library.mapping("hospital/orm_o01")
    whole, found = leaves_of(mapping, three), dict[str, object]()
    for translation in _good(_all(library, "hospital/orm_o01", three)):
        assert traced(translation) == []
        assert translation.accounting.unmapped == 0
        places = {place for row in translation.lineage for place in row.inputs}
        assert places <= set(whole)
        carried: Any = translation.complement["carried"]
        found |= carried | dict.fromkeys(places)
        assert all(whole[place] == raw for place, raw in carried.items())
    dropped = {place for place in whole if place.startswith("PID-3[2]")}
    assert set(found) | dropped == set(whole)
    assert "OBR[2]-4.1" in found


def test_a_wrong_order_is_refused_at_its_place_and_the_others_stand(library: Library, three: bytes) -> None:
    wrong = three.replace(b"ORC|NW|R-4012", b"ORC|ZZ|R-4012")
    assert wrong != three
    records = _all(library, "hospital/orm_o01", wrong)
    refusal = records[1].refusal
    assert refusal is not None
    assert (refusal.code, refusal.place, refusal.erl) == ("NO_CONCEPT", "ORC[2]-1", "ORC^2^1")
    assert len(_good(records)) == 2


@pytest.mark.parametrize("number", [b"R-4011", b""])
def test_an_order_does_not_take_the_place_of_another_one(
    library: Library, three: bytes, number: bytes
) -> None:
    for known in (b"R-4011", b"R-4012"):
        three = three.replace(known + b"^SAGUARO^2.16.840.1.113883.3.9999.20^ISO", number)
    records = _all(library, "hospital/orm_o01", three)
    assert [record.refusal and record.refusal.code for record in records] == [None, "DUPLICATE_KEY", None]
    assert records[1].refusal is not None
    assert records[1].refusal.place == "ORC[2]"


def test_who_expects_one_record_is_told_where_the_second_begins(library: Library, three: bytes) -> None:
    with pytest.raises(TranslationRefused) as caught:
        _one(library, "hospital/orm_o01", three)
    found = caught.value
    assert (found.code, found.place, found.erl) == ("SEVERAL_RECORDS", "ORC[2]", "ORC^2")


def test_the_records_of_one_message_are_those_of_its_orders_placed_in_it(
    library: Library, three: bytes
) -> None:
    mapping = library.mapping("hospital/orm_o01")

    def records(source: bytes) -> tuple[TranslatedRecord, ...]:
        return translate_message(mapping, source, partner="p", id_key=_KEY, zone=None)

    whole = _good(_all(library, "hospital/orm_o01", three))
    assert [t.resources for t in _good(records(three))] == [t.resources for t in whole]
    assert [record.place for record in records(three)] == ["ORC", "ORC[2]", "ORC[3]"]
    [alone] = records(_alone(three, 0))
    assert alone.place == ""
    assert _good((alone,))[0].resources == whole[0].resources
    with pytest.raises(TranslationRefused) as caught:
        records(three + three)
    assert (caught.value.code, caught.value.place) == ("SEVERAL_RECORDS", "MSH[2]")


def test_so_many_orders_and_no_more_come_in_one_message(library: Library) -> None:
    head, _, order = _sample("hospital/orm_o01", "o01_new").partition(b"\rORC")
    mapping = library.mapping("hospital/orm_o01")

    def count(orders: int) -> int:
        made = (b"\rORC" + order.rstrip(b"\r").replace(b"R-4001", b"R-%d" % n) for n in range(orders))
        source = head + b"".join(made) + b"\r"
        return len(_good(translate_message(mapping, source, partner="p", id_key=_KEY, zone=None)))

    assert count(ORDERS_AT_MOST) == ORDERS_AT_MOST
    with pytest.raises(TranslationRefused) as caught:
        count(ORDERS_AT_MOST + 1)
    assert (caught.value.code, caught.value.erl) == ("TOO_MANY_ORDERS", f"ORC^{ORDERS_AT_MOST + 1}")


def test_prior_results_stay_with_the_order_they_stand_behind(library: Library) -> None:
    source = _sample("hospital/oml_o21", "o21_new").rstrip(b"\r") + b"\r"
    head, _, order = source.partition(b"\rORC")
    second = b"ORC" + order.replace(b"R-5001", b"R-5002")
    made = _good(_all(library, "hospital/oml_o21", head + b"\rORC" + order + second + _PRIOR))
    results = [{r["code"]["coding"][0]["code"] for r in _of(t, "Observation")} for t in made]
    assert ["2951-2" in codes for codes in results] == [False, True]
    assert [t.business_key.partition("|")[0] for t in made] == ["R-5001", "R-5002"]
    # One more behind prior results: nobody can tell whether it is an order or one of them.
    [unclear] = _all(library, "hospital/oml_o21", head + b"\rORC" + order + _PRIOR + second)
    assert unclear.refusal is not None
    assert unclear.refusal.code == "SEVERAL_GIVEN"


def test_other_encoding_characters_and_batches_have_several_orders_as_well(
    library: Library, three: bytes
) -> None:
    plain = [t.resources for t in _good(_all(library, "hospital/orm_o01", three))]
    other = three.replace(b"|", b"*")
    assert [t.resources for t in _good(_all(library, "hospital/orm_o01", other))] == plain
    single = _sample("hospital/orm_o01", "o01_new")
    batch = b"FHS|^~\\&\rBHS|^~\\&\r" + three + single + b"BTS|2\rFTS|1\r"
    places = [record.place for record in _all(library, "hospital/orm_o01", batch)]
    assert places == ["message 1 ORC", "message 1 ORC[2]", "message 1 ORC[3]", "message 2"]


@pytest.mark.unmeasured
def test_many_orders_take_time_in_proportion(library: Library) -> None:
    head, _, order = _sample("hospital/orm_o01", "o01_new").partition(b"\rORC")

    def run(count: int) -> None:
        orders = (b"\rORC" + order.rstrip(b"\r").replace(b"R-4001", b"R-%d" % n) for n in range(count))
        records = _all(library, "hospital/orm_o01", head + b"".join(orders) + b"\r")
        assert len(_good(records)) == count

    assert_grows_with_length(run, 40)


@pytest.mark.parametrize(
    ("mapping_id", "name"),
    [("hospital/orm_o01", "o01_new"), ("hospital/omg_o19", "o19_new"), ("hospital/oml_o21", "o21_new")],
)
def test_an_order_names_its_visit_and_never_sets_it_back(
    library: Library, mapping_id: str, name: str
) -> None:
    """A finished visit would be in progress again by a late word on an order that was made during it."""
    translation = _one(library, mapping_id, _sample(mapping_id, name))
    assert _of(translation, "Encounter") == []
    for kind in ("ServiceRequest", "Task"):
        assert _of(translation, kind)[0]["encounter"]["identifier"]["value"].startswith("V-")


@pytest.mark.parametrize(
    ("source", "codes"),
    [
        (b"MSH\rORC\rORC\r", ["DELIMITERS_WRONG"]),
        (b"MSH|\rORC|NW|1\rORC|NW|2\r", ["DELIMITERS_WRONG"] * 2),
        (b"MSH|^~\\&|||||||ORM^O01|1|P|2.5\rORC|NW|1\rORC|NW|2\r", ["REQUIRED_MISSING"] * 2),
        (b"MSH|^~\\&|||||||ORM^O01|1|P|2.5\rORCX|NW|1\rORC|NW|2\r", ["REQUIRED_MISSING"]),
        (b"MSH|^~\\&|||||||ADT^A01|1|P|2.5\rORC|NW|1\rORC|NW|2\r", ["MESSAGE_TYPE_UNKNOWN"] * 2),
    ],
)
def test_what_is_hardly_a_message_is_refused_order_by_order(
    library: Library, source: bytes, codes: list[str]
) -> None:
    records = _all(library, "hospital/orm_o01", source)
    assert [record.refusal and record.refusal.code for record in records] == codes


def test_the_account_of_an_order_by_shape_is_that_of_trials_at_the_same_places(
    library: Library, three: bytes
) -> None:
    mapping = library.mapping("hospital/orm_o01")
    _good(_all(library, "hospital/orm_o01", three))[1].account  # noqa: B018 - its shape is known from here on
    other = three.replace(b"Daniel", b"Roberta").replace(b"R-4012", b"Q-777")
    before = mapping.account_shapes.found
    parts = parts_of(mapping.file.once, read_messages(other)[0])
    for part, translation in zip(parts, _good(_all(library, "hospital/orm_o01", other)), strict=True):
        tree = V2Tree(split(part.lines), part.numbers)
        assert translation.account == interpret(mapping, partial(_given, tree), "p", _KEY, "-07:00").account
    assert mapping.account_shapes.found > before


def _given(tree: V2Tree) -> V2Tree:
    return tree


_BRAVO = b"PID|1||990022^^^RIVERBEND^MR||Bravo^Berta||19800202|F\r"
_BEHIND = (
    b"ORC|NW|X-1\rOBR|1|X-1||57133-1^Referral note^LN\rDG1|2||F11.20^Opioid dependence^I10C||20261102|W\r"
)


@pytest.mark.requirement("P2-13-01")
@pytest.mark.parametrize(
    ("mapping_id", "name"),
    [("hospital/omg_o19", "o19_new"), ("hospital/oml_o21", "o21_new"), ("hospital/orm_o01", "o01_new")],
)
def test_what_stands_behind_another_patient_never_becomes_the_first_ones(
    library: Library, mapping_id: str, name: str
) -> None:
    source = _sample(mapping_id, name).replace(b"\n", b"\r").rstrip(b"\r") + b"\r" + _BRAVO + _BEHIND
    mapping = library.mapping(mapping_id)

    for way in (translate, translate_message):
        with pytest.raises(TranslationRefused) as refused:
            told = way(mapping, source, partner="p", id_key=_KEY, zone=None)
            for record in told if isinstance(told, tuple) else ():
                raise record.refusal or AssertionError("taken")
        assert (refused.value.code, refused.value.place) == ("SEVERAL_GIVEN", "PID[2]-3")
        assert "Bravo" not in str(refused.value) and "990022" not in str(refused.value)
    (record,) = _all(library, mapping_id, source)
    assert record.refusal is not None and record.refusal.code == "SEVERAL_GIVEN"


def test_a_pid_of_prior_results_that_names_the_same_patient_is_no_other(library: Library) -> None:
    source = _sample("hospital/omg_o19", "o19_new").replace(b"\n", b"\r").rstrip(b"\r") + b"\r"
    (pid,) = (line for line in source.split(b"\r") if line.startswith(b"PID"))
    (record,) = _all(library, "hospital/omg_o19", source + pid + b"\r" + _PRIOR)
    assert record.refusal is None
