"""What a desk asks beforehand tells of its own organization's records alone, and nothing of what others hold."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from gateway.disclosure.desk_forms import Line, Wanted
from gateway.flows.consent_taking import new_ids, preview
from gateway.flows.desk_cases import NewReferral, Outlook, outlook
from gateway.flows.desk_clients import Described, register_client
from gateway.store import patients
from tests.gateway.county import OTP, County
from tests.gateway.flows.test_consent_taking import ANA, wanted
from tests.gateway.signing import sign

KNOWN = Described(family="Testperson", given="Maribel", born="1996-04-17", sex="female")
UNKNOWN = Described(family="Nobody", given="Nina", born="1991-01-01", sex="female")
BACK = Line("otp", "hospital", ("referral_status",))


def looked_at(county: County, said: Described) -> tuple[Outlook, bool]:
    """What the preview of a referral says of somebody written down now who has agreed; whether it is certain who."""
    she = county.run(register_client(county.premises, ANA, said))
    line = Line("hospital", "otp", ("contact", "referral"))
    chosen = Wanted(she, f"{said.given} {said.family}", (line,), ("TREAT",), date(2026, 12, 31))
    read = preview(county.premises, ANA, chosen, new_ids(1))
    county.run(sign(county.premises, ANA, chosen, read.ids, read.seal, chosen.patient_name))
    referral = NewReferral("treatment", "otp", "routine", "k" * 20)
    found = county.run(outlook(county.premises, ANA, she, referral))
    return found, county.look(lambda reading: patients.certain(reading, she))


@pytest.mark.requirement("P2-12-03")
def test_writing_somebody_down_does_not_tell_whether_another_agency_has_her(county: County) -> None:
    county.change_partner("hospital", desk=("consents", "clients"))
    county.share_plan()

    (known, is_certain), (unknown, _) = looked_at(county, KNOWN), looked_at(county, UNKNOWN)

    assert not is_certain, "the program has somebody of that name and day of birth"
    assert known == unknown


@pytest.mark.requirement("P2-12-03")
def test_a_way_back_alone_does_not_tell_who_sees_the_other_agency_s_records(county: County) -> None:
    county.change_partner("hospital", desk=("consents",), may_record_consent_for=("otp",))
    county.refer()
    county.share_plan()

    def others() -> tuple[tuple[str, bool], ...]:
        chosen = replace(wanted(county, BACK), purposes=("COC",))
        return preview(county.premises, ANA, chosen, new_ids(1)).others

    before = others()
    classes = ("CarePlan", "Patient")
    county.consent("housing", discloser="otp", by="otp", purpose="COC", classes=classes, identifier=OTP)
    assert others() == before
    county.consent("housing", purpose="COC", classes=("Patient", "ServiceRequest", "Task"))
    assert dict(others())["housing"], "of its own records it is told"
