"""FHIR XML: every type comes back as it went out, and nothing odd comes in."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from gateway.disclosure.content import media_of
from gateway.errors import NotUnderstood
from gateway.resources import check_resource, parse_json, supported_types
from gateway.resources.generated.orders import ORDERS
from gateway.resources.xml_names import MOST_ATTRIBUTES
from gateway.resources.xml_reading import MOST_NODES, from_xml, read_fhir
from gateway.resources.xml_writing import to_xml
from tests import strategies

EXAMPLES = sorted((Path(__file__).parent / "valid").glob("*.json"))
TEXT = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters=[*map(chr, range(32)), "\ufffe", "\uffff"])
    | st.sampled_from("\t\n\r"),
    min_size=1,
    max_size=8,
)
DIV = '<div xmlns="http://www.w3.org/1999/xhtml">{}</div>'
VALUES = {
    "str": TEXT,
    "bool": st.booleans(),
    "int": st.integers(-(10**9), 10**9),
    "decimal": st.sampled_from([Decimal("1.50"), Decimal("-0.001"), 7, Decimal("1E+3")]),
}


@st.composite
def made(draw: st.DrawFn, kind: str, depth: int = 3) -> dict[str, Any]:
    """Anything that is written of a class, whether or not it would be valid."""
    found: dict[str, Any] = {}
    names = draw(st.lists(st.sampled_from(list(ORDERS[kind])), max_size=4, unique=True))
    is_resource = "implicitRules" in ORDERS[kind]
    for name in names:
        inner, many = ORDERS[kind][name]
        if kind == "Narrative" and name == "div":
            found[name] = DIV.format(
                draw(st.sampled_from(["a &lt; b", '<p id="x">é<br/></p>', "\u00a0&amp;"]))
            )
        elif inner in VALUES:
            values = draw(st.lists(VALUES[inner], min_size=1, max_size=2)) if many else [draw(VALUES[inner])]
            found[name] = values if many else values[0]
            if not many and name not in ("id", "url") and depth and draw(st.booleans()):
                found[f"_{name}"] = {"id": "x", "extension": [{"url": "urn:x", "valueString": draw(TEXT)}]}
        elif depth:
            kinds = ["Patient", "Observation"] if inner == "AnyResource" else [inner]
            children = draw(
                st.lists(st.sampled_from(kinds).flatmap(lambda k: made(k, depth - 1)), min_size=1, max_size=2)
            )
            found[name] = children if many else children[0]
    return {"resourceType": kind, **found} if is_resource else found


@pytest.mark.parametrize("kind", sorted(supported_types()))
def test_every_type_comes_back_as_it_went_out(kind: str) -> None:
    @settings(max_examples=strategies.examples(4, 60), deadline=None)
    @given(made(kind))
    def there_and_back(resource: dict[str, Any]) -> None:
        written = to_xml(resource)
        read = from_xml(written)
        assert read == resource
        assert to_xml(read) == written

    there_and_back()


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: str(path.stem))
def test_an_example_comes_back_and_is_as_valid(path: Path) -> None:
    resource = parse_json(path.read_bytes().replace(b"&nbsp;", "\u00a0".encode()))
    read = from_xml(to_xml(resource))
    assert read == resource
    assert not check_resource(read)


def test_what_stands_beside_values_in_a_list_stays_at_its_place() -> None:
    note = {"extension": [{"url": "urn:x", "valueString": "unknown"}]}
    name = {"given": ["A", None, "C"], "_given": [None, note, {"id": "c"}], "_family": note}
    resource = {"resourceType": "Patient", "name": [name], "_birthDate": note}
    assert from_xml(to_xml(resource)) == resource
    short = {"resourceType": "Patient", "name": [{"given": ["A", "B"], "_given": [{"id": "a"}]}]}
    assert from_xml(to_xml(short))["name"][0] == {"given": ["A", "B"], "_given": [{"id": "a"}, None]}


def test_elements_stand_in_the_order_of_the_definition() -> None:
    resource = {"status": "final", "resourceType": "Observation", "code": {"text": "x"}, "id": "o"}
    assert [etree.QName(one).localname for one in etree.fromstring(to_xml(resource))] == [
        "id",
        "status",
        "code",
    ]
    extension = {"resourceType": "Patient", "extension": [{"valueString": "v", "url": "urn:x", "id": "e"}]}
    assert b'<extension id="e" url="urn:x"><valueString value="v"/></extension>' in to_xml(extension)


@pytest.mark.parametrize(
    "resource",
    [
        {"resourceType": "Nonsense"},
        {"resourceType": "Patient", "colour": "red"},
    ],
)
def test_what_has_no_xml_is_not_written_in_part(resource: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"."):
        to_xml(resource)


@pytest.mark.parametrize(
    ("body", "written"),
    [
        ("&LT;script&GT;x&LT;/script&GT;", b">&lt;script&gt;x&lt;/script&gt;<"),
        ('<b title="x&QUOT; onclick=&QUOT;y">z</b>', b'<b title="x&quot; onclick=&quot;y">z</b>'),
        ("<b title='x&apos;&NewLine;'>a&AMP;lt;&nbsp;&nvlt;</b>", "a&amp;lt;\u00a0&lt;\u20d2</b>".encode()),
        ("<![CDATA[x]]&GT;<b>z</b>]]>", b">x]]&amp;gt;&lt;b&gt;z&lt;/b&gt;<"),
    ],
)
def test_an_entity_of_html_is_a_character_and_never_markup(body: str, written: bytes) -> None:
    there = to_xml({"resourceType": "Patient", "text": {"status": "generated", "div": DIV.format(body)}})
    assert written in there
    assert to_xml(from_xml(there)) == there


@pytest.mark.parametrize("div", ["<div>", "<p/>", DIV.format("&foo;"), DIV.format("a\x0bb\ud800")])
def test_a_narrative_held_from_before_that_is_no_xhtml_is_written_as_text(div: str) -> None:
    (text,) = etree.fromstring(to_xml({"resourceType": "Patient", "text": {"div": div}}))
    (written,) = text
    assert written.tag == "{http://www.w3.org/1999/xhtml}div" and not len(written)
    assert written.text == div.replace("\x0b", "\ufffd").replace("\ud800", "\ufffd")


def test_a_character_that_xml_does_not_know_is_replaced() -> None:
    resource = {"resourceType": "Patient", "language": "a\uffffb\x0b"}
    assert from_xml(to_xml(resource))["language"] == "a\ufffdb\ufffd"


def patient(inside: str, head: str = "") -> bytes:
    return f'{head}<Patient xmlns="http://hl7.org/fhir">{inside}</Patient>'.encode()


LAUGHS = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;"><!ENTITY c "&b;&b;">]>'


def narrative(attributes: str, inside: str) -> bytes:
    div = f"<div xmlns='http://www.w3.org/1999/xhtml'{attributes}>{inside}</div>"
    return patient(f"<text><status value='generated'/>{div}</text>")


CROWD = " ".join(f"a{number}='1'" for number in range(MOST_ATTRIBUTES + 1))
"""Reading n attributes takes n times n steps during which nothing else runs: they are counted first."""


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "XML_INVALID"),
        (b"<Patient", "XML_INVALID"),
        (patient("\xff").decode("utf-8").encode("latin-1"), "XML_INVALID"),
        (patient("", '<?xml version="1.0" encoding="UTF-16"?>'), "XML_INVALID"),
        (patient('<language value="&c;"/>', LAUGHS), "XML_DECLARES"),
        (patient('<language value="x"/>', '<!DOCTYPE x SYSTEM "file:///etc/passwd">'), "XML_DECLARES"),
        (patient('<language value="&undefined;"/>'), "XML_INVALID"),
        (b"<Patient/>", "XML_NOT_FHIR"),
        (b'<Nonsense xmlns="http://hl7.org/fhir"/>', "XML_NOT_FHIR"),
        (b'<HumanName xmlns="http://hl7.org/fhir"/>', "XML_NOT_FHIR"),
        (patient('<language xmlns="urn:x" value="x"/>'), "XML_NOT_FHIR"),
        (patient("<contained/>"), "XML_NOT_FHIR"),
        (patient('<contained id="x"><Patient/></contained>'), "XML_NOT_FHIR"),
        (patient("<contained><Patient/><Patient/></contained>"), "XML_NOT_FHIR"),
        (patient("<colour/>"), "XML_ELEMENT_UNKNOWN"),
        (patient('<language value="x"><value/></language>'), "XML_ELEMENT_UNKNOWN"),
        (patient('<gender value="male"/><active value="true"/>'), "XML_ORDER"),
        (patient('<active value="true"/><active value="true"/>'), "XML_ORDER"),
        (
            patient('<name/><telecom><system value="fax"/></telecom><name><text value="x"/></name>'),
            "XML_ORDER",
        ),
        (patient('<active value="true" url="x"/>'), "XML_ATTRIBUTE_UNKNOWN"),
        (patient('<name url="x"/>'), "XML_ATTRIBUTE_UNKNOWN"),
        (b'<Patient xmlns="http://hl7.org/fhir" id="x"/>', "XML_ATTRIBUTE_UNKNOWN"),
        (patient('<contained><Patient id="x"/></contained>'), "XML_ATTRIBUTE_UNKNOWN"),
        (patient("hello"), "XML_TEXT"),
        (patient('<active value="true">hello</active>'), "XML_TEXT"),
        (patient('<active value="true"/>hello'), "XML_TEXT"),
        (patient('<active value="yes"/>'), "XML_VALUE_INVALID"),
        (patient('<active value=""/>'), "XML_VALUE_INVALID"),
        (patient("<active/>"), "XML_VALUE_INVALID"),
        (patient('<multipleBirthInteger value="1.0"/>'), "XML_VALUE_INVALID"),
        (patient(f'<multipleBirthInteger value="{"9" * 99}"/>'), "XML_VALUE_INVALID"),
        (narrative("", "<x:b xmlns:x='urn:x'/>"), "XML_NOT_FHIR"),
        (narrative(" y:a='1' xmlns:y='urn:y'", "a"), "XML_ATTRIBUTE_UNKNOWN"),
        (
            patient("<contact><extension><extension>" * 40 + "</extension></extension></contact>" * 40),
            "XML_TOO_DEEP",
        ),
        (patient("<name/>" * (MOST_NODES + 1)), "XML_TOO_LARGE"),
        (patient(f"<name {CROWD}/>"), "XML_TOO_LARGE"),
        (patient(f"<name {CROWD.replace('a', 'xmlns:a')}/>"), "XML_TOO_LARGE"),
        (narrative("", f"<p><b {CROWD}/></p>"), "XML_TOO_LARGE"),
    ],
)
def test_odd_xml_is_refused(content: bytes, code: str) -> None:
    with pytest.raises(NotUnderstood) as refused:
        from_xml(content)
    assert refused.value.code == code


def test_attributes_and_namespaces_are_counted_for_each_element() -> None:
    declared = " ".join(f"xmlns:a{number}='urn:x'" for number in range(MOST_ATTRIBUTES - 1))
    assert from_xml(patient(f"<active {declared} value='true'/>" + "<name><text value='x'/></name>" * 70))
    with pytest.raises(NotUnderstood) as refused:
        from_xml(patient(f"<active {CROWD.rpartition(' ')[0]} value='true'/>"))
    assert refused.value.code == "XML_TOO_LARGE"
    with pytest.raises(NotUnderstood) as refused:
        from_xml(patient(f"<active {CROWD.rsplit(' ', 2)[0]} value='true'/>"))
    assert refused.value.code == "XML_ATTRIBUTE_UNKNOWN"


def test_what_does_not_matter_is_passed_over() -> None:
    schema = (
        'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="http://hl7.org/fhir x.xsd"'
    )
    content = (
        f'\ufeff<?xml version="1.0" encoding="utf-8"?>\n<!-- a --><f:Patient xmlns:f="http://hl7.org/fhir" {schema}>'
        '\n <?php x?><!-- b --><f:active value="true"/>\n</f:Patient>'
    )
    assert read_fhir(content.encode().removeprefix(b"\xef\xbb\xbf")) == {
        "resourceType": "Patient",
        "active": True,
    }
    assert from_xml(content.encode()) == {"resourceType": "Patient", "active": True}
    assert read_fhir(b'{"resourceType":"Patient"}') == {"resourceType": "Patient"}


@pytest.mark.parametrize("before", [b"", b"\xef\xbb\xbf", b"\n \t", b"\xef\xbb\xbf\r\n"])
def test_xml_is_known_behind_a_byte_order_mark_and_space(before: bytes) -> None:
    assert read_fhir(before + patient('<active value="true"/>'))["active"] is True
    assert media_of(before + patient("")) == "application/fhir+xml"
    assert media_of(before + b'{"a":"<"}') == media_of(b"") == "application/fhir+json"


def test_a_narrative_is_read_in_one_form() -> None:
    inside = (
        "<h:div xmlns:h='http://www.w3.org/1999/xhtml' xml:lang='en'><h:p title='a&#10;\"'>"
        "x &lt; y<!-- c --><h:br></h:br></h:p>z</h:div>"
    )
    read = from_xml(patient(f"<text><status value='generated'/>{inside}</text>"))
    assert read["text"]["div"] == (
        '<div xmlns="http://www.w3.org/1999/xhtml" xml:lang="en"><p title=\'a&#10;"\'>x &lt; y<br/></p>z</div>'
    )
    assert from_xml(to_xml(read)) == read
