"""Questions that the rulebook leaves open, each settled so that what cannot be told is not released.

The rows stand here and not in the decision tables, as they turn on a directory entry, a label or a subject of their own.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.bench.bench_consent import a_consent, a_question
from tests.consent.asking import ask
from tests.consent.question_pools import ACT_CODE, ACT_REASON, CONFIDENTIALITY, label, ref

Json = dict[str, Any]
BOTH = ("part2", "hipaa")
HIE = "Organization/hie-1"
KIND = "http://terminology.hl7.org/CodeSystem/organization-type"
DELEGATEE = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v3-RoleCode", "code": "DELEGATEE"}]}
PARTICIPANTS = {"display": "my treating providers who take part in Metro Care Exchange"}
NUMBER = {"system": "urn:numbers", "value": "7"}
MINE = {"system": "urn:mrn", "value": "1"}


def reasons(answer: Json) -> set[str]:
    return {reason["code"] for row in answer["resources"] for reason in row["reasons"]}


def entry(reference: str, **more: Any) -> Json:
    kind, name = reference.split("/")
    return {"resourceType": kind, "id": name, **more}


def kind_of_organization(*codes: str) -> list[Json]:
    return [{"coding": [{"system": KIND, "code": code} for code in codes]}]


def naming(*names: str, kind: str = "permit", number: int = 0, **changes: Any) -> Json:
    """A signed consent whose root permits or denies these recipients."""
    one = a_consent(number, names[0])
    one["provision"] = {**one["provision"], "type": kind, **changes}
    one["provision"]["actor"] = [{**one["provision"]["actor"][0], "reference": ref(name)} for name in names]
    return one


def through_exchange(number: int = 0, holder: Json | None = None) -> Json:
    """A consent by general designation: the exchange, and those of its participants who treat the patient."""
    one = naming(HIE, number=number)
    (plain,) = one["provision"]["actor"]
    one["provision"]["actor"] = [
        {"role": DELEGATEE, "reference": holder or ref(HIE)},
        {**plain, "reference": PARTICIPANTS},
    ]
    return one


def member_asks(*consents: Json, group: str = HIE, packs: tuple[str, ...] = BOTH, **known: Any) -> Json:
    """A hospital that treats the patient, and says to be a member of `group`, of which the directory knows `known`."""
    made = a_question(0, packs)
    made["consents"] = list(consents)
    made["recipient"] = {**made["recipient"], "members_of": [group]}
    made["directory"] = [*made["directory"], entry(group, **known)]
    return made


@pytest.mark.requirement("P2-31-05", "P2-11-03")
@pytest.mark.parametrize(
    ("group", "known", "expected"),
    [
        (HIE, {}, "withhold"),
        (HIE, {"type": kind_of_organization("other")}, "withhold"),
        (HIE, {"type": kind_of_organization("prov", "other")}, "withhold"),
        (HIE, {"type": kind_of_organization("cg")}, "withhold"),
        (HIE, {"type": [{"coding": [{"system": KIND}]}]}, "withhold"),
        (HIE, {"type": "prov"}, "withhold"),
        (HIE, {"type": [{"coding": [{"system": "urn:of:nobody", "code": "prov"}]}]}, "withhold"),
        (HIE, {"type": kind_of_organization("prov")}, "disclose"),
        (HIE, {"type": kind_of_organization("ins", "prov")}, "disclose"),
        ("Organization/otp-1", {}, "disclose"),
        ("CareTeam/t", {}, "disclose"),
        ("Group/g", {}, "disclose"),
    ],
)
def test_who_names_an_organization_names_its_members_only_if_it_can_be_no_exchange(
    group: str, known: Json, expected: str
) -> None:
    answer = ask(member_asks(naming(group), group=group, **known))

    assert answer["outcome"] == expected
    assert ("RECIPIENT_NOT_COVERED" in reasons(answer)) == (expected == "withhold")


@pytest.mark.requirement("P2-31-05")
@pytest.mark.parametrize(("standing", "expected"), [(["covered_entity"], "disclose"), ([], "withhold")])
def test_who_discloses_and_is_covered_is_no_exchange(standing: list[str], expected: str) -> None:
    asked = member_asks(naming(HIE), group=HIE)
    asked["discloser"] = {"references": [HIE], "identifiers": [], "standing": standing}
    for one in asked["consents"]:
        one["organization"] = [ref(HIE)]
    assert ask(asked)["outcome"] == expected


@pytest.mark.requirement("P2-31-05")
def test_a_denial_that_names_an_exchange_denies_its_members() -> None:
    mine = naming("Organization/hosp-1")
    asked = member_asks(mine, naming(HIE, kind="deny", number=1))

    assert reasons(ask(member_asks(mine))) == {"PERMITTED_BY_CONSENT"}
    assert reasons(ask(asked)) == {"DENIED_UNLESS_CLEAR"}


@pytest.mark.requirement("P2-31-05")
def test_an_organization_through_which_a_consent_designates_others_is_an_exchange_for_every_consent() -> None:
    """Also where the directory calls it a provider, or calls the member a part of it."""
    asked = member_asks(naming(HIE), type=kind_of_organization("prov"))
    assert ask(asked)["outcome"] == "disclose"

    asked["consents"] = [naming(HIE), {**through_exchange(1), "status": "inactive"}]
    assert ask(asked)["outcome"] == "disclose", "a consent that is not in force says nothing"
    other = through_exchange(1)
    other["provision"]["period"] = {"start": "2026-01-02", "end": "2026-02-01"}
    asked["consents"] = [naming(HIE), other]
    assert ask(asked)["outcome"] == "withhold"

    part = entry("Organization/hosp-1", partOf=ref(HIE))
    asked["directory"] = [part, *(one for one in asked["directory"] if one["id"] != "hosp-1")]
    asked["recipient"]["members_of"] = []
    assert ask(asked)["outcome"] == "withhold"
    asked["consents"] = [naming(HIE)]
    assert ask(asked)["outcome"] == "disclose"


@pytest.mark.requirement("P2-31-05", "P2-11-05")
@pytest.mark.parametrize("holder", [ref(HIE), {"identifier": NUMBER}])
@pytest.mark.parametrize(
    ("standing", "groups", "expected"),
    [
        (["covered_entity", "treating_provider"], [HIE], "disclose"),
        (["covered_entity"], [HIE], "withhold"),
        (["covered_entity", "treating_provider"], [], "withhold"),
        (["covered_entity", "treating_provider"], ["Organization/other-hie"], "withhold"),
    ],
)
def test_participants_are_reached_by_their_designation_if_they_treat_the_patient(
    holder: Json, standing: list[str], groups: list[str], expected: str
) -> None:
    asked = member_asks(through_exchange(holder=holder), identifier=[NUMBER])
    asked["recipient"] = {**asked["recipient"], "standing": standing, "members_of": groups}

    assert ask(asked)["outcome"] == expected


@pytest.mark.requirement("P2-31-05", "FH-CON-02")
def test_without_the_pack_a_member_is_a_member() -> None:
    assert ask(member_asks(naming(HIE), packs=()))["outcome"] == "disclose"


def labelled(*security: Json, permitted: tuple[str, ...]) -> str:
    """The outcome for a record with these labels under a permit limited to those."""
    asked = a_question(0)
    asked["policy"]["part2_sources"] = []
    asked["resources"] = a_question(0, (), 1)["resources"]
    asked["resources"][0]["meta"] = {"security": list(security)}
    asked["consents"] = [naming("Organization/hosp-1", securityLabel=[label(code) for code in permitted])]
    return str(ask(asked)["outcome"])


@pytest.mark.requirement("FH-LBL-05", "FH-LBL-07")
@pytest.mark.parametrize(
    "unknown", [{"system": "urn:x", "code": "SECRET"}, {"system": ACT_CODE, "code": "SECRET"}]
)
def test_a_label_that_nobody_knows_is_not_reached_by_a_level_below_restricted(unknown: Json) -> None:
    normal = label("N")

    assert labelled(normal, permitted=("N",)) == "disclose"
    assert labelled(normal, unknown, permitted=("N",)) == "withhold"
    assert labelled(normal, unknown, permitted=("N", "SUD")) == "withhold"
    assert labelled(normal, unknown, permitted=("N", "SECRET")) == "disclose", "it is named"
    assert labelled(normal, unknown, permitted=("R",)) == "disclose", "as for a label that is known"
    assert labelled(normal, label("EMP"), permitted=("N",)) == "disclose", "known, and no reason to restrict"


@pytest.mark.requirement("FH-LBL-01", "FH-LBL-05")
def test_a_level_of_a_system_that_nobody_knows_permits_nothing() -> None:
    neurology = {"system": "urn:hospital:department", "code": "N"}

    assert labelled({"system": CONFIDENTIALITY, "code": "N"}, permitted=("N",)) == "disclose"
    assert labelled({"code": "N"}, permitted=("N",)) == "disclose"
    assert labelled(neurology, permitted=("N",)) == "withhold"
    assert labelled({"system": "urn:x", "code": "V"}, label("N"), permitted=("R",)) == "withhold"


def aged(*patients: Json, directory: tuple[Json, ...] = ()) -> set[str]:
    """Why records go or stay, with these Patients in the question."""
    asked = a_question(1, BOTH)
    asked["resources"] = [*a_question(1)["resources"], *({"active": True, **one} for one in patients)]
    asked["directory"] = [*asked["directory"], *directory]
    return {reason["code"] for reason in ask(asked)["resources"][0]["reasons"]}


ADULT = entry("Patient/p1", birthDate="1980-01-01")
CHILD = entry("Patient/p1", birthDate="2015-01-01")


@pytest.mark.requirement("P2-14-01", "ST-03")
def test_of_two_birth_dates_the_later_counts_and_one_that_cannot_be_read_may_be_any() -> None:
    permitted, refused = {"PERMITTED_BY_CONSENT"}, {"MINOR_SIGNATURE_MISSING"}

    assert aged(ADULT) == aged(ADULT, directory=(ADULT,)) == permitted
    assert aged(CHILD) == refused
    assert aged(ADULT, CHILD) == aged(CHILD, ADULT) == refused
    assert aged(ADULT, directory=(CHILD,)) == aged(CHILD, directory=(ADULT,)) == refused
    for odd in ("unknown", "1980-13-01", 1980, ""):
        assert aged({**ADULT, "birthDate": odd}) == refused
        assert aged({**ADULT, "birthDate": odd}, ADULT) == refused
    assert aged({**CHILD, "id": "p2"}) == permitted, "another patient's age is no matter"


@pytest.mark.requirement("P2-14-01")
def test_where_no_birth_date_is_stated_the_patient_is_taken_for_an_adult() -> None:
    """So the samples and tables have it: most questions hold no Patient."""
    assert aged() == aged(entry("Patient/p1")) == {"PERMITTED_BY_CONSENT"}


def about(subject: object, *patients: Json, name: str = "subject") -> str:
    """The outcome for a record with this subject, with these entries in the directory."""
    asked = a_question(1)
    (record,) = a_question(1)["resources"]
    del record["subject"]
    asked["resources"] = [{**record, name: subject}]
    asked["directory"] = [*asked["directory"], *patients]
    return str(ask(asked)["outcome"])


ME = entry("Patient/p1", identifier=[MINE])


@pytest.mark.requirement("P2-13-01", "DM-28")
@pytest.mark.parametrize("name", ["subject", "patient", "for"])
def test_a_subject_without_a_reference_is_this_patient_only_by_an_identifier_of_this_patient(
    name: str,
) -> None:
    assert about({"identifier": MINE}, ME, name=name) == "disclose"
    assert about([{"identifier": MINE}], ME, name=name) == "disclose"
    for unclear in (
        {"identifier": MINE},  # and no Patient in the question that bears it
        {"display": "Ann Example"},
        {"reference": "#p"},
        {"reference": "urn:uuid:1"},
        {"reference": "p1"},
        {"reference": 1, "identifier": MINE},
        "Patient/p1",
        ["Patient/p1"],
    ):
        assert about(unclear, name=name) == "withhold", unclear
    for unclear in (
        {"identifier": {**MINE, "value": "2"}},
        {"identifier": {"value": "1"}},
        {"identifier": "1"},
    ):
        assert about(unclear, ME, name=name) == "withhold", unclear
    assert about([ref("Patient/p1"), {"display": "Ann Example"}], ME, name=name) == "withhold"


@pytest.mark.requirement("P2-13-01", "DM-28")
def test_an_identifier_that_two_patients_bear_names_neither() -> None:
    assert about({"identifier": MINE}, ME, entry("Patient/p2", identifier=[MINE])) == "withhold"


@pytest.mark.parametrize("subject", [ref("Group/g"), ref("Location/l"), {}, [], None])
def test_a_record_about_nobody_is_nobodys(subject: object) -> None:
    assert about(subject) == "disclose"


@pytest.mark.requirement("FH-CON-06")
@pytest.mark.parametrize(
    ("standing", "known", "expected"),
    [
        ([], {}, "disclose"),
        ([], {"type": kind_of_organization("prov")}, "disclose"),
        ([], {"type": kind_of_organization("cg")}, "withhold"),
        (
            [],
            {"type": [{"coding": [{"system": "urn:warm-handoff:partner-kind", "code": "housing"}]}]},
            "withhold",
        ),
        (["covered_entity"], {"type": kind_of_organization("cg")}, "disclose"),
        (["community"], {"type": kind_of_organization("prov")}, "withhold"),
    ],
)
def test_without_consent_only_a_discloser_that_nothing_tells_to_be_no_covered_entity_may_treat(
    standing: list[str], known: Json, expected: str
) -> None:
    asked = a_question(0, BOTH, 1)
    asked["purposes"] = [{"system": ACT_REASON, "code": "TREAT"}]
    asked["policy"] |= {"no_consent": "treatment", "part2_sources": []}
    asked["resources"][0]["meta"] = {"security": [label("N")]}
    asked["discloser"] = {"references": ["Organization/pcp-1"], "identifiers": [], "standing": standing}
    asked["directory"] = [*asked["directory"], entry("Organization/pcp-1", **known)]

    assert ask(asked)["outcome"] == expected
