"""Messages with very many repetitions, segments and labels: the same answer, in time that grows with their length.

The bounds are far above what is needed and far below what comparing each value with every other would take.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

from mappings import Library, Translation, translate
from mappings.compiled_parts import extend
from mappings.placing import frozen, put
from mappings.rows import Step
from mappings.syntax.hl7v2_tree import V2Tree, parse_address
from tests.mappings.conftest import FORMATS

MANY = 20_000
SECONDS = 3.0


def _quick(work: Callable[[], Any]) -> Any:
    start = time.process_time()
    found = work()
    assert time.process_time() - start < SECONDS
    return found


def _references(count: int) -> list[dict[str, str]]:
    return [{"reference": f"Observation/{number}"} for number in range(count)]


def test_a_long_list_takes_each_item_once() -> None:
    node: dict[str, Any] = {"result": _references(3)}
    _quick(lambda: extend(node, "result", [*_references(MANY), *_references(MANY)]))
    assert node["result"] == _references(MANY)


def test_items_put_one_by_one_have_the_index_of_their_equal() -> None:
    steps = (Step("result", True, ""),)
    resource: dict[str, Any] = {}
    long: dict[int, dict[Any, int]] = {}

    def work() -> list[str]:
        return [put(resource, steps, one, {}, long)[0][0] for one in [*_references(MANY)] * 2]

    paths = _quick(work)
    assert len(resource["result"]) == MANY
    assert paths[:MANY] == paths[MANY:]
    assert paths[MANY - 1] == f"result[{MANY - 1}]"


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


def test_the_places_of_a_field_with_many_repetitions_and_the_parts_of_many_groups() -> None:
    field = "~".join(f"A{number}^^^X" for number in range(MANY))
    tree = _quick(lambda: V2Tree([["MSH", "|", "^~\\&"], ["PID", "", "", field]]))
    assert len(tree.leaves()) == 2 * MANY
    assert f"PID-3[{MANY}].4" in tree.leaves()
    pairs = [[name, "1"] for _ in range(MANY // 2) for name in ("OBR", "OBX")]
    many = V2Tree([["MSH", "|", "^~\\&"], *pairs])
    scopes = _quick(lambda: many.scopes(parse_address("OBR"), ["OBX before SPM ORC"], many.top()))
    assert [len(scope["OBX"]) for scope in scopes] == [1] * (MANY // 2)


def _translated(library: Library, mapping_id: str, source: str) -> Translation:
    mapping = library.mapping(mapping_id)
    return translate(mapping, source.encode(), partner="p", id_key=b"k", zone="America/Phoenix")


def _sample(mapping_id: str, name: str) -> str:
    return (FORMATS / mapping_id / "samples" / f"{name}.hl7").read_bytes().decode()


@pytest.mark.parametrize("wrong", ["", '""^^^X'])
def test_many_identifiers_of_one_patient(library: Library, wrong: str) -> None:
    many = "~".join(f"A{number}^^^X^MR" for number in range(3000))
    source = _sample("hospital/ref_i12", "i14_cancel").replace(
        "PID|1||", f"PID|1||{wrong}~{many}~".replace("||~", "||")
    )
    translation = _quick(lambda: _translated(library, "hospital/ref_i12", source))
    [patient] = [dict(r) for r in translation.resources if r["resourceType"] == "Patient"]
    assert len(patient["identifier"]) >= 3000


def test_a_label_in_many_segments_on_many_resources(library: Library) -> None:
    more = "".join(f"OBX|1|NM|c{number}||{number}|||||F\rORC|NW{'|' * 27}ETH\r" for number in range(1500))
    source = _sample("hospital/ref_i12", "i14_cancel") + more
    usual = _quick(lambda: _translated(library, "hospital/ref_i12", source))
    odd = _quick(lambda: _translated(library, "hospital/ref_i12", source.replace("|c7||7|", "|c7||seven|")))
    for translation in (usual, odd):
        about = [r for r in translation.resources if r["resourceType"] == "Observation"]
        labels = [{label["code"] for label in dict(r)["meta"]["security"]} for r in about]
        assert len(about) >= 1500
        assert all("SUD" in codes for codes in labels)
    assert [issue.code for issue in odd.issues] == ["NOT_NUMBER"]
