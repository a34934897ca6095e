"""Messages with very many repetitions, segments and labels: the same answer, in time that grows with their length.

Each is compared with a shorter one of the same run, so no machine is too slow for it.
"""

from __future__ import annotations

from typing import Any

import pytest

from mappings import Library, Translation, translate
from mappings.compiled_parts import extend
from mappings.placing import frozen, put
from mappings.rows import Step
from mappings.syntax.hl7v2_tree import V2Tree, parse_address
from tests.growth import assert_grows_with_length
from tests.mappings.conftest import FORMATS

MANY = 20_000


def _references(count: int) -> list[dict[str, str]]:
    return [{"reference": f"Observation/{number}"} for number in range(count)]


def test_a_long_list_takes_each_item_once() -> None:
    def extended(count: int) -> None:
        node: dict[str, Any] = {"result": _references(1)}
        extend(node, "result", [*_references(count), *_references(count)])
        assert node["result"] == _references(count)

    assert_grows_with_length(extended, MANY // 8)


def test_items_put_one_by_one_have_the_index_of_their_equal() -> None:
    steps = (Step("result", True, ""),)

    def placed(count: int) -> None:
        resource: dict[str, Any] = {}
        long: dict[int, dict[Any, int]] = {}
        paths = [put(resource, steps, one, {}, long)[0][0] for one in [*_references(count)] * 2]
        assert len(resource["result"]) == count
        assert paths[:count] == paths[count:]
        assert paths[count - 1] == f"result[{count - 1}]"

    assert_grows_with_length(placed, MANY // 8)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"a": [1, {"b": "c"}]}, {"a": [1, {"b": "c"}]}),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}),
        ({"a": 1}, {"a": 2}),
        ({"a": []}, {"a": {}}),
        ([{"a": 1}], {"a": 1}),
        ("a", "b"),
    ],
)
def test_frozen_values_are_equal_where_the_values_are(one: Any, other: Any) -> None:
    assert (frozen(one) == frozen(other)) == (one == other)
    assert len({frozen(one), frozen(one)}) == 1


def test_the_places_of_a_field_with_many_repetitions() -> None:
    def repeated(count: int) -> None:
        field = "~".join(f"A{number}^^^X" for number in range(count))
        tree = V2Tree([["MSH", "|", "^~\\&"], ["PID", "", "", field]])
        assert len(tree.leaves()) == 2 * count
        assert f"PID-3[{count}].4" in tree.leaves()

    assert_grows_with_length(repeated, MANY // 8)


def test_the_parts_of_many_groups() -> None:
    def grouped(count: int) -> None:
        pairs = [[name, "1"] for _ in range(count) for name in ("OBR", "OBX")]
        many = V2Tree([["MSH", "|", "^~\\&"], *pairs])
        scopes = many.scopes(parse_address("OBR"), ["OBX before SPM ORC"], many.top())
        assert [len(scope["OBX"]) for scope in scopes] == [1] * count

    assert_grows_with_length(grouped, MANY // 16)


def _translated(library: Library, mapping_id: str, source: str) -> Translation:
    mapping = library.mapping(mapping_id)
    return translate(mapping, source.encode(), partner="p", id_key=b"k", zone="America/Phoenix")


def _sample(mapping_id: str, name: str) -> str:
    return (FORMATS / mapping_id / "samples" / f"{name}.hl7").read_bytes().decode()


@pytest.mark.parametrize("wrong", ["", '""^^^X'])
def test_many_identifiers_of_one_patient(library: Library, wrong: str) -> None:
    def identified(count: int) -> None:
        many = "~".join(f"A{number}^^^X^MR" for number in range(count))
        source = _sample("hospital/ref_i12", "i14_cancel").replace(
            "PID|1||", f"PID|1||{wrong}~{many}~".replace("||~", "||")
        )
        translation = _translated(library, "hospital/ref_i12", source)
        [patient] = [dict(r) for r in translation.resources if r["resourceType"] == "Patient"]
        assert len(patient["identifier"]) >= count

    assert_grows_with_length(identified, 375)


@pytest.mark.parametrize(("wrong", "codes"), [("|c1||1|", []), ("|c1||one|", ["NOT_NUMBER"])])
def test_a_label_in_many_segments_on_many_resources(library: Library, wrong: str, codes: list[str]) -> None:
    def labelled(count: int) -> None:
        more = "".join(f"OBX|1|NM|c{one}||{one}|||||F\rORC|NW{'|' * 27}ETH\r" for one in range(count))
        source = (_sample("hospital/ref_i12", "i14_cancel") + more).replace("|c1||1|", wrong)
        translation = _translated(library, "hospital/ref_i12", source)
        about = [r for r in translation.resources if r["resourceType"] == "Observation"]
        labels = [{label["code"] for label in dict(r)["meta"]["security"]} for r in about]
        assert len(about) >= count
        assert all("SUD" in found for found in labels)
        assert [issue.code for issue in translation.issues] == codes

    assert_grows_with_length(labelled, 100)
