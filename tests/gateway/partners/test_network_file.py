"""The network file: what is wrong is named with its line, and what is right can be looked up."""

from __future__ import annotations

import hashlib
import json

import jsonschema
import pytest
import yaml

from gateway.partners import (
    NetworkFileRefused,
    clients_wanted,
    parse_network,
    read_written,
    schema,
    starter_yaml,
)

KEY = {"kty": "EC", "crv": "P-384", "x": "x", "y": "y", "kid": "k"}
STARTER = starter_yaml(dict.fromkeys(clients_wanted(), KEY), "http://127.0.0.1:9/fhir")


def faults_of(text: str) -> list[tuple[int, str]]:
    """Line and place of each fault."""
    with pytest.raises(NetworkFileRefused) as refused:
        parse_network(text.encode())
    return [(fault.line, fault.place) for fault in refused.value.faults]


def line_of(text: str, part: str) -> int:
    """The line on which `part` first stands."""
    return text[: text.index(part)].count("\n") + 1


def test_the_starting_network_is_valid_and_fits_its_schema():
    network = parse_network(STARTER.encode())

    jsonschema.validate(yaml.safe_load(STARTER), schema())
    assert network.addressee("SUNRISE", "any") == "otp"
    assert network.addressee("NOBODY", "") is None
    assert [route.purpose for route in network.routes_from("hospital", "referral")][:2] == ["TREAT", "TREAT"]


@pytest.mark.requirement("P2-12-01")
def test_an_organisation_without_an_answer_counts_as_a_program():
    text = STARTER.replace(
        "    part2_program: false # an emergency department; an addiction unit would be its own partner\n", ""
    )

    assert "Organization/hospital" in parse_network(text.encode()).part2_sources()


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ("kind: housing", "kind: hoosing", "partners.housing.kind"),
        ("zone: America/Phoenix", "zone: Mars/Olympus", "zone"),
        ("carries: status, purpose: TREAT}", "carries: status}", "routes.6"),
        ("from: otp, to: hospital", "from: otp, to: hospitall", "routes.6.to"),
        ("to: peer-support, carries", "to: crisis-intervention-police, carries", "routes.4.to"),
        ("role: qso", "role: boss", "operator.role"),
        ("[{value: NEWPATH}]", "[{value: SUNRISE}, {value: X}]", "partners.counseling.addressee_codes"),
        ("partner: hospital, address", "partner: hospitall, address", "mllp.0.partner"),
        ('url: "http://127.0.0.1:9/fhir"', 'url: "ftp://x"', "partners.otp.delivery.url"),
        ('"client_id": "hospital-client"', '"client_id": "#console"', "partners.hospital.client.client_id"),
        ("desk: [refer_in]", "desk: [refer_in, crisis]", "partners.crisis-intervention-police.desk"),
        ("desk: [crisis]", "desk: [crisis, own_pages]", "partners.crisis.desk"),
        ("kind: qso, with: otp", "kind: qsoa, with: otp", "agreements.0.kind"),
        ("kind: qso, with: otp", "kind: qso, with: otpp", "agreements.0.with"),
        ("with: housing, from", "with: housing, of: housing, from", "agreements.3.of"),
        ("with: housing, from", "with: housing, until: 2025-01-01, from", "agreements.3.until"),
        ("participation, with: housing", "research, with: crisis-intervention-police", "agreements.3.kind"),
        ("qso, with: otp,", "qso, with: housing, of: hospital, purposes: [TREAT],", "agreements.0.of"),
        ("qso, with: otp,", "qso, with: housing, of: otp, purposes: [TREAT],", "agreements.0.with"),
        ("qso, with: otp,", "qso, with: psychiatry, of: otp,", "agreements.0.kind"),
        ("    delivery: {kind: desk}", "    desk: [everything]", "partners.peer-support.desk.0"),
    ],
)
def test_a_fault_is_named_with_its_line(old, new, place):
    text = STARTER.replace(old, new, 1)
    assert text != STARTER

    found = faults_of(text)

    assert place in [where for _, where in found]
    assert line_of(text, new) in [line for line, _ in found]


def test_an_agency_has_a_desk_when_something_waits_there_or_its_workers_may_do_something():
    network = parse_network(
        STARTER.replace("    kind: housing\n", "    kind: housing\n    desk: [consents]\n").encode()
    )

    assert {name for name, partner in network.partners.items() if partner.has_desk} == {
        "case-management",
        "crisis",
        "crisis-intervention-police",
        "housing",
        "peer-support",
    }
    assert network.partners["housing"].desk == ("consents",)


def test_a_network_written_by_a_gateway_that_knew_fewer_settings_keeps_its_version():
    network = parse_network(STARTER.encode())
    assert read_written(network.written()).version == network.version

    before = json.loads(network.written())
    for route in before["routes"]:
        del route["when_none_named"]
    content = json.dumps(before).encode()
    older = read_written(content)

    assert older.version == f"sha256:{hashlib.sha256(content).hexdigest()}" != network.version
    assert older.written() == content
    assert older.content == network.content


TO_OTP = "to: otp, carries: referral, purpose: TREAT"
TO_COUNSELING = "to: counseling, carries: referral, purpose: TREAT"
REF = 'when_none_named: ["REF^I12"]'


def test_a_route_may_name_the_addressee_of_messages_that_name_none():
    text = STARTER.replace(TO_OTP, f"{TO_OTP}, {REF}")
    network = parse_network(text.encode())
    found = network.route_when_none_named("hospital", "REF^I12")

    jsonschema.validate(yaml.safe_load(text), schema())
    assert found is not None
    assert found.name == "hospital-to-otp"
    assert network.route_when_none_named("hospital", "REF^I13") is None
    assert network.route_when_none_named("otp", "REF^I12") is None


@pytest.mark.parametrize(
    ("changes", "index", "word"),
    [
        ({TO_OTP: f"{TO_OTP}, {REF}", TO_COUNSELING: f"{TO_COUNSELING}, {REF}"}, 1, "`hospital-to-otp`"),
        ({TO_COUNSELING: f'{TO_COUNSELING}, when_none_named: ["ORM^O01"]'}, 1, "`messages`"),
        ({TO_COUNSELING: f"{TO_COUNSELING}, with_addressee: otp, {REF}"}, 1, "`with_addressee`"),
        ({TO_COUNSELING: f"{TO_COUNSELING}, {REF}".replace("referral", "care_plan")}, 1, "referrals"),
    ],
)
def test_who_is_meant_by_a_message_that_names_nobody_must_be_certain(changes, index, word):
    text = STARTER
    for old, new in changes.items():
        text = text.replace(old, new, 1)
    with pytest.raises(NetworkFileRefused) as refused:
        parse_network(text.encode())

    (fault,) = refused.value.faults
    assert (fault.line, fault.place) == (
        line_of(text, "name: hospital-to-counseling"),
        f"routes.{index}.when_none_named",
    )
    assert word in fault.what


def test_every_fault_is_found_at_once():
    text = STARTER.replace("kind: housing", "kind: hoosing").replace(
        "carries: status, purpose: TREAT}", "carries: status}", 1
    )

    assert len(faults_of(text)) == 2


@pytest.mark.parametrize("text", ["", "a: [", "- a", "network: x\n"])
def test_what_is_no_network_file_is_refused(text):
    assert faults_of(text)


@pytest.mark.requirement("SM-01", "SB-01")
@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"jwks": {}}, "jwks"),
        ({"jwks_url": "https://otp.test/jwks.json"}, "jwks"),
        ({"jwks": {}, "jwks_url": "http://otp.test/jwks.json"}, "jwks_url"),
        ({"jwks": {}, "jwks_url": "http://127.0.0.1.otp.test/jwks.json"}, "jwks_url"),
        ({"jwks": {}, "jwks_url": "https://user@otp.test/jwks.json"}, "jwks_url"),
        ({"jwks": {}, "jwks_url": "file:///etc/passwd"}, "jwks_url"),
        ({"subscription_endpoints": ["https://otp.test"]}, "subscription_endpoints"),
        ({"subscription_endpoints": ["https://otp.test/a#b"]}, "subscription_endpoints"),
        ({"subscription_endpoints": ["gopher://otp.test/a"]}, "subscription_endpoints"),
        ({"subscription_endpoints": ["mailto:desk@otp.test?cc=x@y.test"]}, "subscription_endpoints"),
        ({"subscription_endpoints": ["mailto:desk@otp.test,x@y.test"]}, "subscription_endpoints"),
        ({"subscription_endpoints": ["mailto:desk@-"]}, "subscription_endpoints"),
    ],
)
def test_where_a_client_publishes_and_listens_must_be_certain(change: dict[str, object], place: str) -> None:
    content = yaml.safe_load(STARTER)
    content["partners"]["otp"]["client"] |= change
    with pytest.raises(NetworkFileRefused) as refused:
        parse_network(yaml.safe_dump(content).encode())
    assert f"partners.otp.client.{place}" in {fault.place for fault in refused.value.faults}


def test_a_client_may_publish_its_keys() -> None:
    content = yaml.safe_load(STARTER)
    content["partners"]["otp"]["client"] |= {"jwks": {}, "jwks_url": "https://otp.test/jwks.json"}
    client = parse_network(yaml.safe_dump(content).encode()).partners["otp"].client
    assert client is not None and client.jwks_url == "https://otp.test/jwks.json"
