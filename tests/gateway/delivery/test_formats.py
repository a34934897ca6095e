"""A partner may get some of what it gets in another format: by what that is, or by what it answers."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gateway.demo import person
from gateway.errors import NotUnderstood
from gateway.flows.mapping_trials import mappings_in_use
from gateway.partners import FilesDelivery, MllpDelivery, Network, NetworkFileRefused, parse_network
from gateway.partners.deliveries import Delivery, format_of
from gateway.wiring.opening import open_premises
from tests.gateway.county import OTP, County
from tests.gateway.flows.test_orders import ORM, message, order, take_orders
from tests.gateway.partners.test_network_file import STARTER

RRI, OSU, SHEET = "hospital/rri_i12", "hospital/osu_o51", "housing/referral_csv"
MLLP = MllpDelivery(address="127.0.0.1:9", format=RRI, formats={ORM: OSU})


def send_order(county: County, number: str = "R-9") -> None:
    """The order of a person whom the hospital has referred, or could have."""
    known = person.referral_message("ED-1", "R-1", "SUNRISE", "Reyes^Sol")
    (her,) = [line for line in known.split(b"\r") if line.startswith(b"PID")]
    lines = message(order(number), control_id=number).split(b"\r")
    raw = b"\r".join(her if line.startswith(b"PID") else line for line in lines)
    assert county.send(raw, number, ORM).outcome == "accepted"


@pytest.mark.parametrize(("is_order", "kind"), [(False, "RRI^I12^RRI_I12"), (True, "OSU^O51^OSU_O51")])
def test_a_status_goes_in_the_format_of_what_it_answers(county: County, is_order: bool, kind: str) -> None:
    take_orders(county, ORM)
    county.change_partner("hospital", delivery=MLLP)
    county.consent()
    if is_order:
        send_order(county)
    else:
        county.refer()
    county.deliver()
    county.share_plan()
    county.consent("hospital", discloser="otp", identifier=OTP, classes=("Task",))
    county.answer("otp", "accepted")

    made = county.deliver()

    assert made.content.split(b"\r")[0].split(b"|")[8].decode() == kind
    named = [(one.kind, one.message_type, one.format) for one in county.intents()]
    came = ORM if is_order else "REF^I12"
    assert named == [("referral", came, "fhir+json"), ("status", came, OSU if is_order else RRI)]


@pytest.mark.parametrize(
    ("formats", "expected"),
    [
        ({}, (SHEET, SHEET, SHEET, SHEET)),
        ({"status": RRI}, (SHEET, SHEET, RRI, RRI)),
        ({"status": RRI, ORM: OSU}, (SHEET, SHEET, RRI, OSU)),
        ({"referral": "fhir+json", ORM: OSU}, ("fhir+json", "fhir+json", SHEET, OSU)),
    ],
)
def test_the_closest_name_counts(formats: dict[str, str], expected: tuple[str, ...]) -> None:
    """A type of message names what is answered: a referral of that type to the partner is none of it."""
    delivery: Delivery = FilesDelivery(folder="x", format=SHEET, formats=formats, encryption="none")
    asked = [("referral", ORM), ("cancel", ORM), ("status", "REF^I12"), ("status", ORM)]

    assert tuple(format_of(delivery, *one) for one in asked) == expected
    assert format_of(delivery) == SHEET


@pytest.mark.parametrize(
    ("formats", "place"),
    [
        ('"ORM^O01": hospital/osu_o51', "partners.hospital.delivery.formats.ORM^O01"),  # it sends none
        ("Status: hospital/osu_o51", "partners.hospital.delivery.formats.Status"),
        ('status: ""', "partners.hospital.delivery.formats.status"),
    ],
)
def test_a_format_for_nothing_is_named_with_its_place(formats: str, place: str) -> None:
    given = f"format: {RRI}, formats: {{{formats}}},"
    text = STARTER.replace(f"format: {RRI},", given, 1)
    assert text != STARTER
    with pytest.raises(NetworkFileRefused) as refused:
        parse_network(text.encode())

    (fault,) = refused.value.faults
    assert (fault.place, fault.line) == (place, text[: text.index(given)].count("\n") + 1)
    assert parse_network(text.replace(formats, f'"REF^I13": {OSU}').encode())


@pytest.mark.parametrize(
    ("delivery", "code", "place"),
    [
        (MllpDelivery(address="x:1", format="hospital/adt_a01"), "FORMAT_NOT_WRITTEN", "format"),
        (MllpDelivery(address="x:1", format=RRI, formats={"status": SHEET}), "FORMAT_NOT_WRITTEN", "formats.status"),
        (MllpDelivery(address="x:1", format=RRI, formats={"status": "no/such"}), "MAPPING_UNKNOWN", None),
        (MLLP, None, None),
    ],
)  # fmt: skip
def test_a_mapping_that_cannot_write_there_stops_the_start(
    county: County, delivery: Delivery, code: str | None, place: str | None
) -> None:
    take_orders(county, ORM)
    county.change_partner("hospital", delivery=delivery)
    folder = replace(county.folder, network=Network(county.premises.network.content))
    if code is None:
        opened = open_premises(folder, county.store)
        uses = {one.id: one.uses for one in mappings_in_use(opened)}
        assert uses[OSU] == (("hospital", f"{ORM} out"),)
        assert ("hospital", "out") in uses[RRI]
        return
    with pytest.raises(NotUnderstood) as refused:
        open_premises(folder, county.store)

    where = f"partners.hospital.delivery.{place}" if place else "no/such"
    assert (refused.value.code, refused.value.place) == (code, where)
