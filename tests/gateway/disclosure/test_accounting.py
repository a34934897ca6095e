"""The account of disclosures: each that left, once; nothing that did not; and what each law leaves out."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from gateway.audit import AuditEntry
from gateway.cli.accounting_command import print_account, print_events
from gateway.clock import instant_text
from gateway.disclosure.accounting import AccountLine, account_of
from gateway.disclosure.handovers import account_for
from gateway.disclosure.release import Release
from gateway.errors import NotUnderstood
from tests.gateway.county import HOUSING, NOW, County
from tests.gateway.store.samples import entry

AT = datetime(2026, 11, 22, 8, tzinfo=UTC)
LONG_AGO = "2019-01-01T00:00:00.000000Z"


def left(**changed: Any) -> AuditEntry:
    """A handover by consent."""
    given = {
        "kind": "handover",
        "outcome": "delivered",
        "basis": "CONSENT",
        "subject": "r1",
        "at": instant_text(AT),
    }
    return entry(**given | changed)


def hand_over(county: County, made: Release, outcome: str) -> None:
    county.write(lambda tx: account_for(tx, made.id, made.entry, outcome, "HTTP", county.clock.now()))


def her_account(county: County, law: str = "all") -> tuple[AccountLine, ...]:
    entries = [logged.entry for logged in county.audit() if logged.entry is not None]
    return account_of(entries, law, county.clock.now())


@pytest.mark.requirement("P2-25-01", "HI-528-01")
def test_a_push_counts_when_its_bytes_left_and_once(county: County) -> None:
    county.consent()
    county.refer()
    made = county.released()
    assert her_account(county) == (), "what was only decided has not left"

    hand_over(county, made, "unknown")
    hand_over(county, made, "delivered")

    (line,) = her_account(county)
    assert (line.recipient, line.purpose, line.basis) == (
        "Sunrise Opioid Treatment Program",
        "TREAT",
        "CONSENT",
    )
    assert (line.outcome, line.times, line.request_id) == ("delivered", 2, made.request_id)
    assert line.consents and "ServiceRequest" in line.description
    assert line.discloser == "Organization/hospital"


@pytest.mark.requirement("P2-25-01")
def test_an_answer_to_a_question_counts_and_the_asker_s_own_records_do_not(county: County) -> None:
    county.share_plan()
    county.consent(
        "housing",
        discloser="otp",
        purpose="COC",
        identifier=("urn:warm-handoff:otp-client", "OTP-3391"),
        classes=("CarePlan",),
    )
    county.search("housing", "CarePlan", HOUSING, purpose="COC")
    county.search("otp", "CarePlan", ("urn:warm-handoff:otp-client", "OTP-3391"))

    (line,) = her_account(county)
    assert (line.outcome, line.purpose, "CarePlan" in line.description) == ("pulled", "COC", True)


def test_refusals_practice_and_her_own_records_are_no_disclosures() -> None:
    entries = [
        entry(kind="refuse", basis=""),
        entry(kind="practice", basis="CONSENT"),
        entry(kind="disclose", basis="CONSENT", subject="intent-1"),
        entry(kind="disclose", basis="OWN_RECORD"),
        left(basis="OWN_RECORD"),
        entry(kind="consent", outcome="usable"),
    ]
    assert account_of(entries, "all", AT) == ()


@pytest.mark.requirement("P2-25-01")
def test_part_2_counts_what_was_consented_in_three_years() -> None:
    old = instant_text(AT.replace(year=2023) - timedelta(seconds=1))
    young = instant_text(AT.replace(year=2023))
    entries = [
        left(request_id="old", at=old, bytes_sha256="1"),
        left(request_id="young", at=young, bytes_sha256="2"),
        left(request_id="service", basis="QSO_SERVICE", bytes_sha256="3"),
    ]
    assert [line.request_id for line in account_of(entries, "part2", AT)] == ["young"]
    assert [line.request_id for line in account_of(entries, "all", AT)] == ["old", "young", "service"]


@pytest.mark.requirement("HI-528-01")
def test_hipaa_leaves_out_treatment_authorization_and_her_own_access() -> None:
    entries = [
        left(request_id="authorized", purpose="HRESCH", bytes_sha256="1"),
        left(request_id="treatment", basis="HIPAA_TPO", purpose="TREAT", bytes_sha256="2"),
        left(request_id="hers", basis="PATIENT_ACCESS", purpose="PATRQT", bytes_sha256="3"),
        left(request_id="other", basis="QSO_SERVICE", purpose="PUBHLTH", bytes_sha256="4"),
        left(
            request_id="long ago",
            basis="QSO_SERVICE",
            purpose="PUBHLTH",
            bytes_sha256="5",
            at=LONG_AGO,
        ),
    ]
    assert [line.request_id for line in account_of(entries, "hipaa", AT)] == ["other"]


@pytest.mark.requirement("P2-24-01")
def test_the_list_of_an_intermediary_holds_what_went_under_a_general_designation() -> None:
    decided = entry(
        request_id="general", basis="CONSENT", obligations=("ACCOUNTING", "INTERMEDIARY_LIST"), subject="i1"
    )
    entries = [
        decided,
        left(request_id="general", bytes_sha256="1"),
        left(request_id="named", bytes_sha256="2"),
    ]

    assert [line.request_id for line in account_of(entries, "intermediary", AT)] == ["general"]


def test_a_leap_day_has_its_three_years() -> None:
    now = datetime(2028, 2, 29, 12, tzinfo=UTC)
    found = account_of([left(at="2025-02-28T12:00:00.000000Z")], "part2", now)
    assert len(found) == 1


def test_a_law_nobody_knows_is_named() -> None:
    with pytest.raises(NotUnderstood, match="LAW_UNKNOWN"):
        account_of([], "gdpr", AT)


def printed(county: County, patient: str, written_as: str) -> tuple[int, str]:
    out = io.StringIO()
    code = county.look(lambda reading: print_account(reading, patient, "all", written_as, NOW, out))
    return code, out.getvalue()


def test_the_account_as_table_csv_and_json(county: County) -> None:
    organization = county.premises.network.partners["otp"].organization
    county.change_partner("otp", organization=replace(organization, name="=Sunrise, Inc."))
    county.consent()
    county.refer()
    hand_over(county, county.released(), "delivered")

    code, table = printed(county, county.patient_id, "table")
    assert (code, "=Sunrise, Inc." in table) == (0, True)
    (row,) = csv.DictReader(io.StringIO(printed(county, county.patient_id, "csv")[1]))
    assert (row["recipient"], row["times"], row["basis"]) == ("'=Sunrise, Inc.", "1", "CONSENT")
    (told,) = json.loads(printed(county, county.patient_id, "json")[1])
    assert told["recipient"] == "=Sunrise, Inc."


def test_nobody_s_account_is_an_error(county: County, capsys: pytest.CaptureFixture[str]) -> None:
    assert printed(county, "nobody", "table") == (1, "")
    assert "no patient has that id" in capsys.readouterr().err


def test_what_can_no_longer_be_told_is_counted(county: County, capsys: pytest.CaptureFixture[str]) -> None:
    county.consent()
    county.refer()
    hand_over(county, county.released(), "delivered")
    scope, patient_id = f"audit:{county.patient_id}", county.patient_id
    county.write(lambda tx: tx.execute("data_key.mark_destroyed", {"scope": scope, "at": instant_text(AT)}))
    county.write(lambda tx: tx.execute("data_key.destroy", {"scope": scope}))
    county.folder.keys.cipher.forget(scope, for_ever=True)

    assert printed(county, patient_id, "json")[0] == 0
    assert "can no longer be told" in capsys.readouterr().err
    network, out = county.premises.network, io.StringIO()
    assert county.look(lambda reading: print_events(reading, network, patient_id, "all", AT, out)) == 0
    assert "entry" not in json.loads(out.getvalue())
    assert "can no longer be told" in capsys.readouterr().err, "as FHIR, too"
