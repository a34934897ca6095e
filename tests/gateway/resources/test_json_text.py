"""JSON that comes in and goes out the same, or does not come in."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import NotUnderstood
from gateway.resources import parse_json, to_json

TEXT = st.text(st.characters(codec="utf-8", exclude_characters=[chr(code) for code in range(32)]), max_size=8)
TREES = st.dictionaries(
    TEXT,
    st.recursive(
        st.none() | st.booleans() | st.integers() | TEXT,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
        max_leaves=12,
    ),
    max_size=4,
)


@pytest.mark.parametrize("text", ["1.50", "0.10", "100.0", "-0.0", "3.14159265358979323846264338327950288"])
def test_a_decimal_keeps_its_digits(text: str) -> None:
    raw = b'{"value":%s}' % text.encode()

    assert parse_json(raw)["value"] == Decimal(text)
    assert to_json(parse_json(raw)) == raw


def test_compact_bytes_come_out_as_they_went_in() -> None:
    raw = '{"b":[1,{"ü":"é\\n\\"\\\\"}],"a":null,"c":true,"n":123456789012345678901234567890}'.encode()

    assert to_json(parse_json(raw)) == raw


@given(TREES)
def test_any_tree_survives_any_way_of_writing_it(tree: dict[str, Any]) -> None:
    for text in (json.dumps(tree), json.dumps(tree, ensure_ascii=False, indent=2)):
        assert parse_json(text.encode()) == tree
    assert parse_json(to_json(tree)) == tree


@given(TREES.filter(bool), st.data())
def test_a_property_that_stands_twice_is_always_found(tree: dict[str, Any], data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(tree)))
    once = json.dumps({"inner": tree})
    doubled = once[:-2] + f",{json.dumps(name)}:0}}}}"
    for text in (doubled, json.dumps(name, ensure_ascii=False).join(doubled.rsplit(json.dumps(name), 1))):
        with pytest.raises(NotUnderstood) as caught:
            parse_json(text.replace(": ", ":").encode())
        assert caught.value.code == "JSON_PROPERTY_TWICE"


def test_the_place_of_a_doubled_property_is_told() -> None:
    with pytest.raises(NotUnderstood) as caught:
        parse_json(b'{"a":[{},{"given":1,"given":1}]}')

    assert caught.value.place == "$.a[1].given"


def test_a_doubled_name_that_looks_like_no_property_is_not_repeated() -> None:
    with pytest.raises(NotUnderstood) as caught:
        parse_json(b'{"Ana Lopez 1990":1,"Ana Lopez 1990":2}')

    assert caught.value.place == "$"


def test_an_escaped_name_is_the_same_name() -> None:
    with pytest.raises(NotUnderstood, match="JSON_PROPERTY_TWICE"):
        parse_json(b'{"status":1,"st\\u0061tus":2}')


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"", "JSON_INVALID"),
        (b'{"a":1,}', "JSON_INVALID"),
        (b'{"a":1} {"b":2}', "JSON_INVALID"),
        (b"{'a':1}", "JSON_INVALID"),
        (b'{"a":01}', "JSON_INVALID"),
        (b"[1]", "JSON_NOT_AN_OBJECT"),
        (b"null", "JSON_NOT_AN_OBJECT"),
        (b'{"a":"\xff"}', "JSON_TEXT_INVALID"),
        (b'{"a":"\\ud83d"}', "JSON_TEXT_INVALID"),
        (b'{"\\ud83d":1}', "JSON_TEXT_INVALID"),
        (b'{"a":"x\\u0000"}', "JSON_TEXT_INVALID"),
        (b'{"a":NaN}', "JSON_NUMBER_INVALID"),
        (b'{"a":-Infinity}', "JSON_NUMBER_INVALID"),
        (b'{"a":1e400}', "JSON_NUMBER_INVALID"),
        (b'{"a":1' + b"0" * 5000 + b"}", "JSON_NUMBER_INVALID"),
        (b'{"a":1.' + b"0" * 5000 + b"}", "JSON_NUMBER_INVALID"),
        (b"[" * 100_000, "JSON_TOO_DEEP"),
        (b'{"a":' * 50_000, "JSON_TOO_DEEP"),
    ],
)
def test_what_is_no_clear_json_object_is_refused(raw: bytes, code: str) -> None:
    with pytest.raises(NotUnderstood) as caught:
        parse_json(raw)

    assert caught.value.code == code


def test_a_byte_order_mark_does_no_harm() -> None:
    assert parse_json(b'\xef\xbb\xbf{"a":1}') == {"a": 1}
