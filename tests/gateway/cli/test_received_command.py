"""Who received what of whom: the question of a breach, answered from the log."""

from __future__ import annotations

import csv
import dataclasses
import io

import msgspec
import pytest
from msgspec.structs import replace

from gateway import audit
from gateway.audit import AuditEntry
from gateway.cli.received_command import partner_meant, write_received
from gateway.errors import NotUnderstood
from gateway.flows import pull
from gateway.flows.answers import SearchCriteria
from tests.gateway.county import HOUSING, OTP, County, caller
from tests.gateway.flows.test_same_person import hand_over


@pytest.fixture
def told(county: County) -> County:
    """The program got her referral; the housing agency has been shown her goals."""
    county.consent("otp")
    county.refer()
    hand_over(county, county.deliver())
    county.share_plan()
    county.consent("housing", discloser="otp", identifier=OTP, purpose="COC", classes=("Goal",))
    county.search("housing", "Goal", HOUSING, "COC")
    county.search("otp", "Goal", OTP)
    return county


def lines(
    county: County, since: str = "2026-04-11", until: str = "2026-04-11", partner: str = "", key: str = ""
) -> list[dict[str, str]]:
    out = io.StringIO()
    network = county.premises.network
    county.look(lambda reading: write_received(reading, network, since, until, partner, out, key=key))
    return list(csv.DictReader(io.StringIO(out.getvalue())))


@pytest.mark.requirement("HI-528-01")
def test_everything_that_left_is_listed_and_nothing_that_did_not(told: County) -> None:
    found = lines(told)

    assert [one["recipient id"] for one in found] == ["otp", "housing"]
    assert {one["patient"] for one in found} == {told.patient_id}
    goals = found[1]
    assert goals["records"].count("Goal/") == 2 and "42CFRPart2" in goals["labels"].split()
    assert (goals["basis"], goals["purpose"], goals["disclosed by"]) == ("CONSENT", "COC", "Organization/otp")
    assert goals["consents"].startswith("Consent/") and len(goals["sha256"]) == 64
    assert [one["recipient id"] for one in lines(told, partner="housing")] == ["housing"]
    assert lines(told, "2026-04-12", "2026-04-30") == [] == lines(told, "2026-04-01", "2026-04-10")


def test_a_span_in_the_middle_of_a_long_log_is_found_and_nothing_beside_it(told: County) -> None:
    entry = next(
        one.entry
        for one in told.look(lambda reading: list(audit.every(reading)))
        if one.entry is not None and one.row.kind == "disclose" and one.row.partner == "housing"
    )

    def on(day: int, number: int) -> AuditEntry:
        return replace(entry, at=f"2026-05-{day:02d}T12:00:00.000000Z", request_id=f"r{day}-{number}")

    told.write(lambda tx: [audit.append(tx, on(day, n)) for day in range(1, 29) for n in range(100)])
    found = lines(told, "2026-05-14", "2026-05-15")
    assert [one["request"] for one in found] == [f"r{day}-{n}" for day in (14, 15) for n in range(100)]


@pytest.mark.parametrize(
    ("since", "until", "partner", "code"),
    [
        ("soon", "2026-04-11", "", "DAY_INVALID"),
        ("2026-04-12", "2026-04-11", "", "DAY_INVALID"),
        ("2026-04-11", "2026-04-11", "nobody", "PARTNER_UNKNOWN"),
    ],
)
def test_what_is_no_question_is_refused(
    told: County, since: str, until: str, partner: str, code: str
) -> None:
    with pytest.raises(NotUnderstood, match=code):
        lines(told, since, until, partner)


@pytest.mark.requirement("P2-16-02", "AU-05")
def test_what_was_asked_for_by_another_key_is_left_out(told: County) -> None:
    """What names no key may have been read by whoever has it; a breach is never told smaller than it may be."""
    for kid, certificate in (("k1", ""), ("k2", ""), ("k2", "cd" * 32)):
        asking = dataclasses.replace(caller("housing", "COC"), key_id=kid, certificate=certificate)
        told.run(pull.search(told.premises, asking, "Goal", SearchCriteria(identifier=HOUSING)))
    entries = [one.entry for one in told.audit("disclose")]
    assert [one.credentials for one in entries if one is not None and one.partner == "housing"] == [
        (),
        ("housing-client", "k1"),
        ("housing-client", "k2"),
        ("housing-client", "k2", "cd" * 32),
    ]
    found = [len(lines(told, partner="housing", key=key)) for key in ("", "k1", "k2", "k3", "housing-client")]
    assert found == [4, 2, 3, 1, 4]
    assert [len(lines(told, partner="housing", key=key)) for key in ("ab" * 32, "CD:" * 31 + "CD")] == [3, 4]


@pytest.mark.requirement("P2-16-02")
def test_by_a_key_it_is_asked_of_whoever_has_it_or_had_it(told: County) -> None:
    client = told.premises.network.partners["housing"].client
    assert client is not None
    (kid,) = (one["kid"] for one in client.jwks["keys"])
    other = msgspec.structs.replace(
        client, jwks={"keys": [{"kid": "new"}]}, certificates=("AB:" * 31 + "AB",)
    )
    told.change_partner("housing", client=other)

    def asked(key: str, partner: str = "") -> set[str]:
        out = io.StringIO()
        whose = told.look(lambda reading: partner_meant(reading, told.premises.network, partner, key))
        told.look(
            lambda reading: write_received(
                reading, told.premises.network, "2026-04-11", "2026-04-11", whose, out
            )
        )
        return {one["recipient id"] for one in csv.DictReader(io.StringIO(out.getvalue()))}

    assert [asked(key) for key in (kid, "new", "ab" * 32, "AB:" * 31 + "AB", "housing-client")] == [
        {"housing"}
    ] * 5
    assert asked("", "otp") == {"otp"}
    for key, partner in (("nobody's", ""), (kid, "otp")):
        with pytest.raises(NotUnderstood) as refused:
            asked(key, partner)
        assert refused.value.code == "KEY_UNKNOWN"
    told.change_partner("otp", client=other)
    with pytest.raises(NotUnderstood) as refused:
        asked("new")
    assert refused.value.code == "KEY_OF_SEVERAL"


def test_of_what_was_destroyed_the_bare_fact_is_left(told: County) -> None:
    scope = f"audit:{told.patient_id}"
    told.write(lambda tx: (tx.execute("data_key.destroy", {"scope": scope}), tx.cipher.forget(scope)))
    found = lines(told)
    assert {one["what"] for one in found} == {"(facts destroyed)"}
    assert {one["recipient id"] for one in found} >= {"otp", "housing"}
