"""What was refused and names somebody goes with her key: rows, messages and whole files that are kept for no patient."""

from __future__ import annotations

import csv
import io
import sqlite3
import zipfile
from typing import Any

import orjson
import pytest

from gateway.clock import instant_text
from gateway.errors import NotFound
from gateway.flows.destruction import destroy_again, destroy_patient
from gateway.flows.files import ArrivedFile, accept_file
from gateway.flows.refused_about import look_for, make_hers, told_apart
from gateway.flows.replay import replay
from gateway.identity import mentions_of
from gateway.partners.network import AddresseeCode
from gateway.store import inbox
from gateway.wiring.network_folder import STORE_FILE
from mappings.syntax.xlsx_rows import write_lines
from tests.gateway.county import County

pytestmark = pytest.mark.requirement("P2-16-01")

HEADER = "line_id,plan_no,client_no,name,dob,plan_status,goal,goal_status\n"
HERS = 'TP-3,P-3,SC-3,"Canary, Cleo",1992-03-04,active,Canary,proposed\n'
REFUSED = HERS.replace("active", "nonsense")
ANOTHER = 'TP-9,P-9,SC-9,"Wren, Ada",1971-01-05,nonsense,Find a flat,proposed\n'
CLEO = {
    "resourceType": "Patient",
    "identifier": [{"system": "urn:a", "value": "880-12345"}, {"system": "urn:b", "value": "C-3"}],
    "name": [{"family": "Ñandú de la Cruz", "given": ["Cleo"]}],
    "birthDate": "1992-03-04",
}


def put(county: County, rows: str | bytes, mapping: str = "counseling/treatment_plan") -> list[str]:
    """Ids of the messages that a file of the counseling agency became."""
    raw = rows if isinstance(rows, bytes) else (HEADER + rows).encode()
    file = ArrivedFile("counseling", "files-counseling", mapping, raw, county.clock.now())
    return [one.receipt.message_id for one in county.run(accept_file(county.premises, file)).records]


def patient_of(county: County, message_id: str) -> str:
    kept = county.look(lambda reading: inbox.get(reading, message_id))
    assert kept is not None and kept.patient_id is not None
    return kept.patient_id


def is_readable(county: County, message_id: str) -> bool:
    try:
        county.look(lambda reading: inbox.raw(reading, message_id))
    except NotFound:
        return False
    return True


def destroy(county: County, patient_id: str) -> dict[str, Any]:
    return county.run(destroy_patient(county.premises, patient_id, "she asked for it"))


def test_a_refused_row_goes_with_the_key_of_whom_it_names_and_others_stay(county: County) -> None:
    before, others = put(county, REFUSED + ANOTHER)
    (accepted,) = put(county, HERS)
    (after,) = put(county, REFUSED.replace("nonsense", "rubbish"))

    done = destroy(county, patient_of(county, accepted))

    assert done["refused messages"] == 2
    assert [is_readable(county, one) for one in (before, after, others)] == [False, False, True]


def test_a_refused_row_of_a_workbook_goes_too(county: County) -> None:
    sheet = write_lines(list(csv.reader((HEADER + REFUSED).splitlines())))
    (refused,) = put(county, sheet, "counseling/treatment_plan_xlsx")
    (accepted,) = put(county, HERS)
    destroy(county, patient_of(county, accepted))
    assert not is_readable(county, refused)


def test_a_message_that_cannot_be_read_goes_too(county: County) -> None:
    county.refer()
    broken = county.refer(control_id="ED-2", addressee="NOBODY").message_id
    destroy(county, county.patient_id)
    assert not is_readable(county, broken)


def test_what_was_replayed_with_success_is_hers_from_then_on(county: County) -> None:
    """Whatever it says: the one who corrected the mapping has said whose it is."""
    county.refer(control_id="ED-2", addressee="NOBODY")
    with county.store.read() as reading:
        (kept,) = inbox.list_messages(reading, "needs_attention")
    county.change_partner("otp", addressee_codes=(AddresseeCode("NOBODY"),))

    assert county.run(replay(county.premises, kept.id, ""))["outcome"] == "accepted"

    assert patient_of(county, kept.id) == county.patient_id


def test_what_comes_after_the_look_is_looked_at_in_the_transaction(county: County) -> None:
    (accepted,) = put(county, HERS)
    patient_id = patient_of(county, accepted)
    looked = county.look(lambda reading: look_for(reading, (patient_id,)))
    late, other = put(county, REFUSED + ANOTHER)

    assert county.write(lambda tx: make_hers(tx, looked, patient_id)).hers == 1

    assert patient_of(county, late) == patient_id
    kept = county.look(lambda reading: inbox.get(reading, other))
    assert kept is not None and kept.patient_id is None


def test_destroyed_again_after_a_restore_it_reaches_them_too(county: County) -> None:
    """In the restored store they are nobody's again."""
    (refused,) = put(county, REFUSED)
    (accepted,) = put(county, HERS)
    patient_id, at = patient_of(county, accepted), instant_text(county.clock.now())
    county.write(lambda tx: destroy_again(tx, patient_id, at, at))
    assert not is_readable(county, refused)
    county.write(lambda tx: destroy_again(tx, patient_id, at, at))


def test_one_who_is_known_by_nothing_takes_nothing_along(county: County) -> None:
    (refused,) = put(county, REFUSED)
    looked = county.look(lambda reading: look_for(reading, ("nobody",)))
    assert county.write(lambda tx: make_hers(tx, looked, "nobody")).hers == 0
    assert is_readable(county, refused)
    assert not mentions_of([({"resourceType": "Patient"}, ())])


def zipped(*members: tuple[str, str]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in members:
            file.writestr(name, content)
    return packed.getvalue()


@pytest.mark.parametrize(
    "raw",
    [
        b"a,880-12345,b",
        b"PID|1||880-12345^^^A^MR||X",
        b"C-3,1992-03-04",
        b"c-3;3/4/92",
        "Ñandú de la Cruz,Cleo,03/04/1992".encode(),
        "Ñandú de la Cruz;Cleo;4.3.1992".encode("cp1252"),
        "NANDU DE LA CRUZ\tCLEO\t19920304".encode("utf-16"),
        b"<name>&#209;and&#250; de la Cruz</name><given>Cleo</given><dob>1992-03-04T00:00</dob>",
        rb'{"family": "\u00d1and\u00fa de la Cruz", "given": ["Cleo"], "born": "1992-03-04"}',
        zipped(("x.xml", "<c>Cleo</c><c>Nandu de la Cruz</c>"), ("y.xml", "<v>33667</v>")),
        b"Nandudelacruz Cleo 1992 3 4",
    ],
)
def test_she_is_recognised_in_any_format(raw: bytes) -> None:
    assert mentions_of([(CLEO, ())]).in_bytes(raw)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"880-123456",
        b"C-3",
        b"Cleo,1992-03-04",
        b"Nandu de la Cruz,Cleo,1992-03-05",
        b"Nandu de la Cruz,Cleo",
        b"PK\x03\x04 no zip at all",
        zipped(("x.xml", "<c>Nandu</c>")),
        b'{"cut": "off',
    ],
)
def test_another_is_not(raw: bytes) -> None:
    assert not mentions_of([(CLEO, ())]).in_bytes(raw)


def test_neither_a_packed_bomb_nor_endless_nesting_does_harm() -> None:
    bomb = zipped(*(("x" * (n + 1), "0" * 20_000_000) for n in range(2)))
    assert not mentions_of([(CLEO, ())]).in_bytes(bomb)
    assert not mentions_of([(CLEO, ())]).in_bytes(b"[" * 100_000)
    assert mentions_of([(CLEO, ())]).in_bytes(orjson.dumps([["880-12345"]]))


def test_a_message_whose_bytes_are_gone_is_passed_over(county: County) -> None:
    (accepted,) = put(county, HERS)
    (refused,) = put(county, REFUSED)
    county.write(lambda tx: tx.execute("data_key.destroy", {"scope": f"message:{refused}"}))
    assert destroy(county, patient_of(county, accepted))["refused messages"] == 0


def damaged(*whole: tuple[str, str]) -> bytes:
    """A workbook one of whose parts begins with a block type that deflate (RFC 1951) does not have."""
    name = "xl/sharedStrings.xml"
    raw = bytearray(zipped((name, "word " * 5000), *whole))
    raw[30 + len(name)] = 0xFF
    return bytes(raw)


def test_a_damaged_workbook_stops_no_destruction_and_is_named_in_its_result(county: County) -> None:
    """Whoever sends one would otherwise keep everybody's key from being destroyed."""
    put(county, damaged(), "counseling/treatment_plan_xlsx")
    (accepted,) = put(county, HERS)

    done = destroy(county, patient_of(county, accepted))

    assert (done["refused messages"], done["refused messages not read"]) == (0, 1)
    assert not is_readable(county, accepted)


def test_destroyed_again_it_does_not_stop_at_one_either(county: County) -> None:
    (accepted,) = put(county, HERS)
    put(county, damaged(), "counseling/treatment_plan_xlsx")
    patient_id, at = patient_of(county, accepted), instant_text(county.clock.now())
    county.write(lambda tx: destroy_again(tx, patient_id, at, at))
    assert not is_readable(county, accepted)


def test_a_damaged_part_does_not_hide_the_others() -> None:
    assert mentions_of([(CLEO, ())]).in_bytes(damaged(("y.xml", "<v>880-12345</v>")))


def test_a_message_that_does_not_open_is_counted(county: County) -> None:
    (accepted,) = put(county, HERS)
    (refused,) = put(county, REFUSED)
    with sqlite3.connect(county.folder.path / STORE_FILE) as db:
        db.execute("UPDATE inbox SET sealed = zeroblob(80) WHERE id = ?", (refused,))
    db.close()
    assert destroy(county, patient_of(county, accepted))["refused messages not read"] == 1


def known_as(*values: str, born: str = "") -> dict[str, Any]:
    identifiers = [{"system": "urn:own", "value": value} for value in values]
    return {"resourceType": "Patient", "identifier": identifiers, **({"birthDate": born} if born else {})}


OF_ANOTHER = (
    b"MSH|^~\\&|EHR|H|C|2026||ADT^A01|1|P|2.5.1\rEVN|2026-04-11|20260411|1\r"
    b"PID|1||OTP-3391||Else^Somebody||19920304\r"
)


@pytest.mark.parametrize("planted", ["ADT^A01", "2.5.1", "PID|1", "20260411", "2026-04-11", "20260411|1"])
def test_what_a_partner_calls_her_takes_nothing_of_others_along(planted: str) -> None:
    """Whoever sends a word of every message as her identifier would otherwise have all that was refused destroyed."""
    known = mentions_of([(known_as(planted), ("hostile",))])
    assert not known.in_bytes(OF_ANOTHER, "hospital")


def test_what_a_partner_calls_her_counts_in_what_it_sends_and_with_her_birth_date() -> None:
    known = mentions_of([(known_as("OTP-3391"), ("otp", "lab"))])
    assert [known.in_bytes(OF_ANOTHER, sender) for sender in ("otp", "lab", "hospital")] == [
        True,
        True,
        False,
    ]
    assert mentions_of([(known_as("OTP-3391", born="1992-03-04"), ("otp",))]).in_bytes(OF_ANOTHER, "hospital")


def test_the_sender_of_a_refused_message_is_who_sent_it(county: County) -> None:
    own, others = "OTP-ABC", "DH-XYZ"
    rows = [REFUSED.replace("SC-3", name).replace("1992-03-04", "1971-01-05") for name in (own, others)]
    kept = put(county, "".join(rows))
    known = [
        (known_as(own), ("counseling",)),
        (known_as(others), ("housing",)),
    ]
    looked = county.look(lambda reading: told_apart(reading, kept, mentions_of(known)))
    assert looked == ((kept[0],), 0)
