"""The log as FHIR AuditEvents in the patterns of IHE BALP."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from dataclasses import replace
from importlib import import_module
from typing import Any

import msgspec
import pytest

from gateway.audit import every
from gateway.cli.accounting_command import print_events
from gateway.cli.audit_commands import write_events
from gateway.disclosure.accounting import left
from gateway.disclosure.audit_events import AUTHORIZATION, DISCLOSURE, IMPORT, audit_events, import_event
from gateway.disclosure.handovers import account_for
from gateway.store import inbox
from tests.gateway.county import HOUSING, OTP, County

Json = dict[str, Any]
DCM = "http://dicom.nema.org/resources/ontology/DCM"


def events(county: County) -> list[Json]:
    """Every AuditEvent of the log, each of them valid FHIR R4."""
    model = import_module("fhir.resources.R4B.auditevent").AuditEvent
    network = county.premises.network
    found = county.look(lambda reading: [e for one in every(reading) for e in audit_events(one, network)])
    for event in found:
        model.model_validate(event)
    assert len({event["id"] for event in found}) == len(found)
    return found


def imports(county: County) -> list[Json]:
    """The AuditEvents of what was taken in, each of them valid FHIR R4."""
    model = import_module("fhir.resources.R4B.auditevent").AuditEvent
    network = county.premises.network
    found = county.look(lambda reading: [import_event(one, network) for one in inbox.about_somebody(reading)])
    for event in found:
        model.model_validate(event)
    return found


def of_profile(found: Sequence[Json], profile: str) -> list[Json]:
    return [event for event in found if event.get("meta", {}).get("profile") == [profile]]


def agents(event: Json) -> dict[str, Json]:
    """The agents by the code of their type."""
    return {agent["type"]["coding"][0]["code"]: agent for agent in event["agent"]}


def entities(event: Json, code: str) -> list[Json]:
    return [entity for entity in event["entity"] if entity["type"]["code"] == code]


@pytest.fixture
def pulled(county: County) -> County:
    """A housing agency has been shown her goals."""
    county.share_plan()
    county.consent("housing", discloser="otp", identifier=OTP, purpose="COC", classes=("Goal",))
    county.search("housing", "Goal", HOUSING, "COC")
    return county


@pytest.mark.requirement("AU-02")
def test_what_came_in_is_a_disclosure_at_its_recipient(county: County) -> None:
    county.refer()
    county.share_plan()
    county.send(b"MSH|^~\\&|x", "ED-9")  # nothing that can be read is about anybody

    found = imports(county)

    partners = [agents(event)["110153"]["who"]["reference"] for event in found]
    assert sorted(partners) == ["Organization/hospital", "Organization/housing", "Organization/otp"]
    for event in found:
        assert event["meta"]["profile"] == [IMPORT]
        assert (event["type"]["system"], event["type"]["code"], event["action"]) == (DCM, "110107", "C")
        assert [one["code"] for one in event["subtype"]] == ["disclose"]
        assert agents(event)["110152"]["who"] == event["source"]["observer"], "BALP val-audit-source"
        (patient,) = entities(event, "1")
        assert patient["what"]["reference"] == f"Patient/{county.patient_id}"
        assert len(entities(event, "2")) == 1 and "modifierExtension" not in event


@pytest.mark.requirement("AU-01", "AU-05")
def test_what_left_is_a_disclosure_at_its_source(pulled: County) -> None:
    (event,) = of_profile(events(pulled), DISCLOSURE)

    assert (event["type"]["system"], event["type"]["code"], event["action"]) == (DCM, "110106", "R")
    assert {one["code"] for one in event["subtype"]} == {"disclose", "search-type"}
    assert "modifierExtension" not in event
    by_code = agents(event)
    source, recipient = by_code["110153"], by_code["110152"]
    assert source["who"] == event["source"]["observer"], "BALP val-audit-source"
    assert source["network"]["address"] and recipient["network"]["address"]
    assert recipient["who"]["reference"] == "Organization/housing"
    assert by_code["159541003"]["who"] == {"reference": "Organization/otp"}
    assert by_code["429577009"]["who"] == {"reference": f"Patient/{pulled.patient_id}"}
    (patient,) = entities(event, "1")
    assert (patient["role"]["code"], patient["what"]["reference"]) == ("1", f"Patient/{pulled.patient_id}")
    assert len(entities(event, "Goal")) == 2
    (sent,) = entities(event, "2")
    logged = pulled.audit("disclose")[-1].entry
    assert logged is not None
    assert sent["what"]["identifier"]["value"] == logged.bytes_sha256
    told = {one["type"]: one["valueString"] for one in sent["detail"]}
    assert told["request-id"] == logged.request_id
    assert told["legal-basis"] == "CONSENT"
    assert told["notice-version"] == "2024"
    assert event["purposeOfEvent"][0]["coding"][0]["code"] == "COC"


@pytest.mark.requirement("AU-04")
def test_a_decision_by_consent_is_an_authorization_event(pulled: County) -> None:
    event = of_profile(events(pulled), AUTHORIZATION)[-1]

    assert (event["type"]["code"], event["subtype"][0]["code"]) == ("110113", "AuthZ-Consent")
    assert (event["action"], event["outcome"]) == ("E", "0")
    by_code = agents(event)
    assert set(by_code) == {"110150", "IRCP", "PROV", "authserver"}
    assert by_code["authserver"]["who"] == event["source"]["observer"], "BALP val-audit-source"
    assert [by_code[code]["requestor"] for code in ("110150", "IRCP", "PROV", "authserver")] == [
        False, True, False, False,
    ]  # fmt: skip
    assert "network" in by_code["110150"]
    assert not any("network" in by_code[code] for code in ("IRCP", "PROV", "authserver"))
    assert len(entities(event, "1")) == 1
    assert entities(event, "Consent")
    assert len(event["entity"]) == 1 + len(entities(event, "Consent")), "the profile's entities are closed"


@pytest.mark.requirement("AU-04")
def test_a_refusal_without_any_consent_cannot_follow_the_profile_and_does_not_say_so(county: County) -> None:
    county.refer()
    county.refused()
    (event,) = [one for one in events(county) if one["type"]["code"] == "110113"]

    assert "meta" not in event
    assert (event["outcome"], event["subtype"][0]["code"]) == ("8", "no-consent")
    assert entities(event, "Consent") == []


@pytest.mark.requirement("AU-04")
def test_a_refusal_under_a_consent_follows_it_and_says_why(county: County) -> None:
    county.consent(without=("SUD",), classes=("Goal",))
    county.refer()
    county.refused()
    found = [one for one in events(county) if one["type"]["code"] == "110113"]

    assert [one["outcome"] for one in found] == ["8"]
    assert of_profile(found, DISCLOSURE) == []


@pytest.mark.requirement("AU-01")
def test_a_push_is_decided_first_and_left_when_it_was_handed_over(county: County) -> None:
    county.consent()
    county.refer()
    county.released()
    found = events(county)
    assert len(of_profile(found, AUTHORIZATION)) == 1
    assert of_profile(found, DISCLOSURE) == [], "nothing has left yet"


@pytest.mark.requirement("AU-03")
def test_own_records_looked_at_are_a_query_and_a_read_with_the_roles_the_right_way_round(
    county: County,
) -> None:
    county.share_plan()
    goal = county.records("Goal")[0]
    county.search("otp", "Goal", OTP)
    county.read("otp", "Goal", goal.id)
    query, read = [
        one for one in events(county) if one.get("subtype", [{}])[0].get("code") in ("search-type", "read")
    ]

    assert (query["action"], read["action"]) == ("E", "R")
    assert agents(query)["110153"]["who"]["reference"] == "Organization/otp"
    assert agents(read)["110152"]["who"]["reference"] == "Organization/otp"


def test_every_entry_has_its_event_and_no_other_entry_a_disclosure(pulled: County) -> None:
    network = pulled.premises.network
    for one in pulled.look(lambda reading: list(every(reading))):
        made = audit_events(one, network)
        assert made
        assert one.entry is not None
        assert bool(of_profile(made, DISCLOSURE)) == left(one.entry)


@pytest.mark.requirement("AU-05")
def test_no_event_carries_a_word_of_the_record(pulled: County) -> None:
    written = str(events(pulled)).lower()
    for word in ("methadone", "testperson", "maribel", "770011", "otp-3391", "dh-204"):
        assert word not in written


@pytest.mark.requirement("AU-07")
def test_the_whole_log_is_written_as_one_event_a_line(
    pulled: County, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    network = pulled.premises.network
    code = pulled.look(lambda reading: write_events(reading, network))

    lines = [json.loads(line) for line in capsysbinary.readouterr().out.splitlines()]
    assert code == 0
    told = events(pulled)
    lines = [line for line in lines if line["resourceType"] == "AuditEvent"]
    assert lines[: len(told)] == told
    assert lines[len(told) :] == imports(pulled)


@pytest.mark.requirement("P2-25-01", "AU-01")
def test_an_account_as_fhir_holds_its_disclosures_and_nothing_else(pulled: County) -> None:
    def account(patient: str, law: str = "all") -> tuple[int, str]:
        out, network = io.StringIO(), pulled.premises.network
        now = pulled.clock.now()
        code = pulled.look(lambda reading: print_events(reading, network, patient, law, now, out))
        return code, out.getvalue()

    code, text = account(pulled.patient_id, "part2")
    bundle = json.loads(text)
    import_module("fhir.resources.R4B.bundle").Bundle.model_validate(bundle)
    told = [entry["resource"] for entry in bundle["entry"]]
    assert (code, told) == (0, of_profile(events(pulled), DISCLOSURE))

    assert json.loads(account(pulled.patient_id, "hipaa")[1]).get("entry") is None
    assert account("nobody") == (1, "")


def test_what_can_no_longer_be_told_has_no_event(pulled: County) -> None:
    (one, *_) = pulled.look(lambda reading: list(every(reading)))
    assert audit_events(replace(one, entry=None), pulled.premises.network) == ()


@pytest.mark.requirement("AU-01")
def test_a_recipient_reached_by_mllp_stands_with_its_address(county: County) -> None:
    delivery = county.premises.network.partners["hospital"].delivery
    county.change_partner("otp", delivery=delivery)
    county.change_network(public_url="https://gateway.example.org")
    county.consent()
    county.refer()
    made = county.released()
    county.write(lambda tx: account_for(tx, made.id, made.entry, "delivered", "ACK_AA", county.clock.now()))

    (event,) = of_profile(events(county), DISCLOSURE)

    told = agents(event)
    assert told["110152"]["network"] == {"address": delivery.address, "type": "1"}
    assert told["110153"]["network"] == {"address": "https://gateway.example.org", "type": "5"}
    assert event["outcomeDesc"] == "delivered"


def test_an_entry_that_says_little_is_an_event_all_the_same(pulled: County) -> None:
    one = pulled.look(lambda reading: list(every(reading)))[-1]
    assert one.entry is not None
    bare = msgspec.structs.replace(one.entry, purpose="", consents=(), patient_id=None, recipient_name="")
    network = pulled.premises.network
    (decided, left_it) = audit_events(replace(one, entry=bare), network)
    assert "purposeOfEvent" not in decided and "purposeOfUse" not in agents(decided)["IRCP"]
    assert "entity" not in decided
    assert "429577009" not in agents(left_it)
