"""Consents at a desk: found or written down, chosen, read, signed before a worker; taken back by voice; refused."""

from __future__ import annotations

import base64
from dataclasses import replace
from datetime import date, timedelta

import pytest

from gateway.clock import instant_text
from gateway.disclosure.desk_forms import MOST_LINES, STATUS_ONLY, Line, Wanted
from gateway.disclosure.recorder_only import is_recorder_only
from gateway.errors import AlreadyReceived, HandoffError, NotAllowed, NotFound, NotUnderstood
from gateway.flows import consent_taking, consents_given, desk_clients
from gateway.flows.agency_desk import Worker
from gateway.flows.consent_taking import Taken, new_ids, preview
from gateway.flows.desk_clients import Described, find_client, register_client
from gateway.store import consent_requests, consents
from tests.gateway.county import County
from tests.gateway.signing import sign

ANA = Worker("hospital", "Ana Ruiz")
HER = "Maribel Testperson"
MARIBEL = Described(family="Testperson", given="Maribel", born="1996-04-17")
KINDS = ("contact", "referral", "conditions", "attendance")


@pytest.fixture
def desk(county: County) -> County:
    """The hospital's desk takes consents; a referral of hers to the treatment program is held."""
    county.change_partner("hospital", desk=("consents",))
    county.refer()
    county.refused()
    return county


def wanted(county: County, *lines: Line, **changes: object) -> Wanted:
    """What she chooses; by default that the program sees what the referral says."""
    chosen = Wanted(
        patient_id=county.patient_id,
        patient_name=HER,
        lines=lines or (Line("hospital", "otp", KINDS),),
        purposes=("TREAT",),
        until=date(2026, 12, 31),
    )
    return replace(chosen, **changes)  # type: ignore[arg-type]  # of a test


def signed(county: County, chosen: Wanted, typed: str = HER) -> tuple[Taken, ...]:
    """She reads it and signs it."""
    read = preview(county.premises, ANA, chosen, new_ids(len(chosen.lines)))
    return county.run(sign(county.premises, ANA, chosen, read.ids, read.seal, typed))


def code_of(refused: pytest.ExceptionInfo[HandoffError]) -> str:
    """The code of a refusal."""
    return refused.value.code


# ------------------------------------------------------------------------------------------ signing


@pytest.mark.requirement("P2-31-01", "P2-31-03", "P2-31-10", "FH-CON-11")
def test_what_is_signed_is_a_usable_consent_and_releases_the_held_referral_at_once(desk: County) -> None:
    (held,) = desk.intents("held")

    (taken,) = signed(desk, wanted(desk))

    assert (taken.standing, taken.missing) == ("usable", ())
    (consent,) = desk.records("Consent")
    assert consent.resource["status"] == "active" and consent.id == taken.consent_id
    (due,) = desk.intents("due")
    assert due.id == held.id, "nobody has to wait for a timer"
    assert desk.premises.work_waiting.is_set()
    desk.deliver()
    assert desk.states() == ["delivered"]
    kinds = [one.row.kind for one in desk.audit()]
    assert kinds.index("consent") < kinds.index("disclose")


@pytest.mark.requirement("P2-31-10", "FH-CON-10")
def test_the_signed_form_is_kept_with_its_bytes_and_says_what_she_read(desk: County) -> None:
    read = preview(desk.premises, ANA, wanted(desk), new_ids(1))
    (taken,) = desk.run(sign(desk.premises, ANA, wanted(desk), read.ids, read.seal, "maribel  TESTPERSON"))

    draft, paper = sorted(desk.records("DocumentReference"), key=lambda one: "docStatus" not in one.resource)
    assert draft.resource["docStatus"] == "final" and is_recorder_only(draft)
    assert is_recorder_only(paper), "it names whom else she lets see something"
    attachment = paper.resource["content"][0]["attachment"]
    (consent,) = desk.records("Consent")
    assert attachment["hash"] == consent.resource["sourceAttachment"]["hash"]
    assert base64.b64decode(attachment["data"]).decode() == taken.text
    assert taken.text == desk.run(
        consents_given.paper_of(desk.premises, ANA, desk.patient_id, taken.consent_id)
    )
    for sentence in read.forms[0].outlook:
        assert sentence in taken.text
    assert "Ana Ruiz" in taken.text and "typing the name: maribel TESTPERSON" in taken.text
    told = [
        one.entry
        for one in desk.audit()
        if one.entry is not None and one.entry.outcome == "consent_signed_at_desk"
    ]
    assert [(one.recipient_name, one.partner) for one in told] == [("Ana Ruiz", "hospital")]


def test_the_outlook_is_what_the_engine_says_of_that_very_draft(desk: County) -> None:
    read = preview(
        desk.premises,
        ANA,
        wanted(desk, Line("hospital", "housing", ("contact",)), purposes=("COC",)),
        new_ids(1),
    )
    (form,) = read.forms
    assert form.sees_something
    assert form.outlook[0] == "Desert Housing would see: your name and contact."
    assert any("would not see" in one and "opioids" in one for one in form.outlook)
    assert not any(sees for _, sees in read.others) and {"otp", "psychiatry"} <= {
        name for name, _ in read.others
    }

    desk.consent("psychiatry")
    read = preview(desk.premises, ANA, wanted(desk), new_ids(1))
    assert dict(read.others)["psychiatry"], "who sees her already is said to see her"


def test_several_are_signed_together_or_not_at_all(desk: County) -> None:
    desk.change_partner("hospital", desk=("consents",), may_record_consent_for=("otp",))
    both = wanted(desk, Line("hospital", "otp", KINDS), Line("otp", "hospital", STATUS_ONLY))
    with pytest.raises(NotUnderstood) as refused:
        signed(desk, both, "Somebody Else")
    assert code_of(refused) == "NAME_DIFFERS" and desk.records("Consent") == ()
    assert [one.resource["docStatus"] for one in desk.records("DocumentReference")] == ["preliminary"]

    taken = signed(desk, both)

    assert [one.standing for one in taken] == ["usable", "usable"]
    assert desk.look(lambda reading: len(consents.of_patient(reading, desk.patient_id))) == 2


def test_the_same_signature_counts_once(desk: County) -> None:
    chosen = wanted(desk)
    read = preview(desk.premises, ANA, chosen, new_ids(1))
    desk.run(sign(desk.premises, ANA, chosen, read.ids, read.seal, HER))
    with pytest.raises(AlreadyReceived) as refused:
        desk.run(sign(desk.premises, ANA, chosen, read.ids, read.seal, HER))
    assert code_of(refused) == "ALREADY_SIGNED"


@pytest.mark.parametrize("change", ["kinds", "day", "consents", "seal"])
def test_what_was_not_read_is_not_signed(desk: County, change: str) -> None:
    chosen = wanted(desk)
    read = preview(desk.premises, ANA, chosen, new_ids(1))
    seal = read.seal
    if change == "kinds":
        chosen = wanted(desk, Line("hospital", "otp", (*KINDS, "medications")))
    elif change == "day":
        desk.clock.advance(timedelta(days=1))
    elif change == "consents":
        desk.consent("otp", classes=("CarePlan",))
    else:
        seal = "0" * 64
    with pytest.raises(AlreadyReceived) as refused:
        desk.run(sign(desk.premises, ANA, chosen, read.ids, seal, HER))
    assert code_of(refused) == "FORM_CHANGED"


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (Line("psychiatry", "otp", KINDS), "RECORDER_NOT_ENTITLED"),
        (Line("hospital", "nobody", KINDS), "RECIPIENT_UNKNOWN"),
        (Line("hospital", "crisis-intervention-police", KINDS), "RECIPIENT_UNKNOWN"),
        (Line("hospital", "otp", ()), "KINDS_UNKNOWN"),
        (Line("hospital", "otp", ("everything",)), "KINDS_UNKNOWN"),
    ],
)
def test_what_this_desk_may_not_record_is_refused(desk: County, line: Line, code: str) -> None:
    with pytest.raises(NotUnderstood) as refused:
        preview(desk.premises, ANA, wanted(desk, line), new_ids(1))
    assert code_of(refused) == code


def test_choices_need_a_purpose_an_end_and_few_words(desk: County) -> None:
    for change, code in (
        ({"purposes": ()}, "PURPOSE_MISSING"),
        ({"until": date(2028, 1, 1)}, "END_OUT_OF_RANGE"),
        ({"event": "she is well", "event_owner": ""}, "EVENT_OWNER_MISSING"),
        ({"event": "x" * 300, "event_owner": "Ana"}, "WORDS_TOO_LONG"),
        ({"event": "one\ntwo", "event_owner": "Ana"}, "WORDS_TOO_LONG"),
        ({"lines": (Line("hospital", "otp", KINDS),) * (MOST_LINES + 1)}, "LINES_TOO_MANY"),
    ):
        chosen = wanted(desk, **change)
        with pytest.raises(NotUnderstood) as refused:
            preview(desk.premises, ANA, chosen, new_ids(len(chosen.lines)))
        assert code_of(refused) == code


@pytest.mark.requirement("P2-31-09")
def test_an_event_with_an_owner_ends_it(desk: County) -> None:
    (taken,) = signed(desk, wanted(desk, event="the treatment has ended", event_owner="Ana Ruiz"))
    assert taken.standing == "usable" and "the treatment has ended" in taken.text


@pytest.mark.requirement("P2-31-04")
def test_somebody_she_has_chosen_is_named_and_known(desk: County) -> None:
    (own_id,) = new_ids(1)
    sister = Line("hospital", f"RelatedPerson/{own_id}", ("appointments",), "Ana Testperson, her sister")
    read = preview(desk.premises, ANA, wanted(desk, sister), new_ids(1))
    assert any("Ana Testperson" in one for one in read.forms[0].outlook)
    (taken,) = desk.run(sign(desk.premises, ANA, wanted(desk, sister), read.ids, read.seal, HER))

    assert taken.standing == "usable" and "With whom: Ana Testperson, her sister" in taken.text
    (person,) = desk.records("RelatedPerson")
    assert person.resource["name"] == [{"text": "Ana Testperson, her sister"}] and person.id == own_id


def test_spanish_is_signed_in_spanish(desk: County) -> None:
    (taken,) = signed(desk, wanted(desk, language="es"))
    assert (
        "Firmado escribiendo el nombre" in taken.text and "vería" in taken.text and taken.standing == "usable"
    )


def test_nothing_of_this_without_the_right_or_for_a_stranger(desk: County) -> None:
    stranger = Worker("psychiatry", "Kim")
    desk.change_partner("psychiatry", desk=("consents",))
    for who, kind in ((Worker("otp", "Rosa"), NotAllowed), (stranger, NotFound)):
        with pytest.raises(kind):
            preview(desk.premises, who, wanted(desk, Line(who.partner, "housing", KINDS)), new_ids(1))
    (held,) = desk.intents("held")
    with pytest.raises(NotFound):
        consent_taking.from_request(desk.premises, stranger, held.id)


# ------------------------------------------------------------------------------------------ around it


def test_a_held_referral_says_what_would_release_it(desk: County) -> None:
    (held,) = desk.intents("held")
    intent, lines = consent_taking.from_request(desk.premises, ANA, held.id)
    assert intent.purpose == "TREAT"
    assert [(one.discloser, one.recipient) for one in lines] == [("hospital", "otp")]
    assert {"contact", "referral"} <= set(lines[0].kinds)
    desk.change_partner("hospital", desk=("consents",), may_record_consent_for=("otp",))
    _, lines = consent_taking.from_request(desk.premises, ANA, held.id)
    assert lines[1] == Line("otp", "hospital", STATUS_ONLY)

    signed(desk, wanted(desk, lines[0]))
    desk.deliver()
    with pytest.raises(NotFound):
        consent_taking.from_request(desk.premises, ANA, held.id)


@pytest.mark.requirement("P2-31-12")
def test_a_withdrawal_by_voice_binds_now_and_is_written_later(desk: County) -> None:
    (taken,) = signed(desk, wanted(desk))
    (given,), pending = consents_given.given_here(desk.premises, ANA, desk.patient_id)
    assert pending == ()
    assert [reference for reference, _ in given.recipients] == ["Organization/otp"]

    desk.run(consents_given.withdrawn_by_voice(desk.premises, ANA, desk.patient_id, taken.consent_id))

    desk.refused()
    given_now, (pending_now,) = consents_given.given_here(desk.premises, ANA, desk.patient_id)
    assert given_now == () and pending_now.consent_id == taken.consent_id
    (consent,) = desk.records("Consent")
    assert consent.resource["status"] == "inactive" and consents_given.is_by_voice(consent.resource)
    desk.run(consents_given.withdrawal_written(desk.premises, ANA, desk.patient_id, taken.consent_id))
    assert not consents_given.is_by_voice(desk.records("Consent")[0].resource)
    told = [one.entry.outcome for one in desk.audit("outcome") if one.entry is not None]
    assert told[-2:] == ["withdrawn_by_voice", "withdrawal_in_writing"]
    with pytest.raises(NotFound):
        desk.run(consents_given.withdrawn_by_voice(desk.premises, ANA, desk.patient_id, taken.consent_id))


def test_nobody_takes_back_what_another_organization_recorded(desk: County) -> None:
    saved = desk.consent("psychiatry", discloser="otp", by="otp")
    assert consents_given.given_here(desk.premises, ANA, desk.patient_id) == ((), ())
    with pytest.raises(NotFound):
        desk.run(
            consents_given.withdrawn_by_voice(desk.premises, ANA, desk.patient_id, str(saved.resource["id"]))
        )


def test_an_id_that_was_not_read_tells_nothing_of_whose_it_is(desk: County) -> None:
    theirs = str(desk.consent("psychiatry", discloser="otp", by="otp").resource["id"])
    chosen = wanted(desk)
    read = preview(desk.premises, ANA, chosen, new_ids(1))
    for one in (theirs, *new_ids(1)):
        with pytest.raises(AlreadyReceived) as refused:
            desk.run(sign(desk.premises, ANA, chosen, (one,), read.seal, HER))
        assert code_of(refused) == "FORM_CHANGED"


@pytest.mark.requirement("P2-12-03")
def test_a_no_is_recorded_by_whose_client_she_is_alone(desk: County) -> None:
    desk.change_partner("housing", desk=("consents",), may_record_consent_for=("hospital",))
    (held,) = desk.intents("held")
    before = desk.look(lambda reading: consent_requests.of_intent(reading, held.id))

    with pytest.raises(NotFound) as refused:
        desk.run(consent_taking.said_no(desk.premises, Worker("housing", "Eve"), held.id, 365))

    assert code_of(refused) == "NO_SUCH_CLIENT"
    assert desk.look(lambda reading: consent_requests.of_intent(reading, held.id)) == before


def test_no_is_an_answer_for_a_set_time(desk: County) -> None:
    (held,) = desk.intents("held")
    with pytest.raises(NotUnderstood):
        desk.run(consent_taking.said_no(desk.premises, ANA, held.id, 3))
    desk.run(consent_taking.said_no(desk.premises, ANA, held.id, 90))
    asked = desk.look(lambda reading: consent_requests.of_intent(reading, held.id))
    assert asked is not None
    assert (asked.reason, asked.due_at) == ("SAID_NO", instant_text(desk.clock.now() + timedelta(days=90)))
    assert [one.id for one in desk.intents("held")] == [held.id]


# ------------------------------------------------------------------------------------------ who she is


def test_a_client_is_found_by_name_and_birth_date_among_our_own(desk: County) -> None:
    found = desk.run(find_client(desk.premises, ANA, MARIBEL))
    assert found is not None and found.patient_id == desk.patient_id
    for said in (
        replace(MARIBEL, given="Maria"),
        replace(MARIBEL, born="1996-04-18"),
        replace(MARIBEL, phone="602-555-9999"),
        replace(MARIBEL, number="9"),
    ):
        assert desk.run(find_client(desk.premises, ANA, said)) is None
    for said in (replace(MARIBEL, phone="(602) 555-0142"), replace(MARIBEL, number="770011")):
        assert desk.run(find_client(desk.premises, ANA, said)) is not None
    desk.change_partner("housing", desk=("consents",))
    assert desk.run(find_client(desk.premises, Worker("housing", "Kim"), MARIBEL)) is None, "another's client"


def test_two_of_one_name_and_birth_date_are_neither_until_told_apart(desk: County) -> None:
    other = replace(MARIBEL, number="D-2", phone="520-555-0107")
    made = desk.run(register_client(desk.premises, ANA, other))
    assert made != desk.patient_id
    assert desk.run(find_client(desk.premises, ANA, MARIBEL)) is None
    found = desk.run(find_client(desk.premises, ANA, other))
    assert found is not None and found.patient_id == made


def test_who_is_written_down_is_found_and_can_sign(desk: County) -> None:
    lena = Described(family="Ortiz", given="Lena", born="1990-02-28", phone="602-555-0177", sex="female")
    made = desk.run(register_client(desk.premises, ANA, lena))
    found = desk.run(find_client(desk.premises, ANA, lena))
    assert found is not None and found.patient_id == made
    (taken,) = signed(desk, wanted(desk, patient_id=made, patient_name="Lena Ortiz"), "Lena Ortiz")
    assert taken.standing == "usable"
    with pytest.raises(AlreadyReceived):
        number = str(found.patient["identifier"][0]["value"])
        desk.run(register_client(desk.premises, ANA, replace(lena, number=number)))


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"family": " "}, "NAME_MISSING"),
        ({"born": "17.4.1996"}, "BIRTH_DATE_INVALID"),
        ({"born": "2996-01-01"}, "BIRTH_DATE_INVALID"),
        ({"born": "1096-01-01"}, "BIRTH_DATE_INVALID"),
        ({"sex": "x"}, "SEX_INVALID"),
        ({"phone": "5" * 200}, "WORDS_TOO_LONG"),
    ],
)
def test_a_description_that_says_nothing_is_refused(desk: County, change: dict[str, str], code: str) -> None:
    with pytest.raises(NotUnderstood) as refused:
        desk.run(find_client(desk.premises, ANA, replace(MARIBEL, **change)))
    assert code_of(refused) == code


@pytest.mark.requirement("AU-05")
def test_a_client_page_of_a_stranger_is_nothing_and_every_look_is_logged(desk: County) -> None:
    found = desk.run(desk_clients.client_of(desk.premises, ANA, desk.patient_id, "consents"))
    assert found.patient["birthDate"] == "1996-04-17"
    entry = desk.audit()[-1].entry
    assert entry is not None and (entry.recipient_name, entry.description) == ("Ana Ruiz", "consents")
    for unknown in ("none", "../x"):
        with pytest.raises(NotFound):
            desk.run(desk_clients.client_of(desk.premises, ANA, unknown, "consents"))
