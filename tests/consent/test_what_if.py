"""What-if: before signing, the person reads who would see what, and what a no holds back."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from consent.model import Coding, DisclosureRequest, Policy, Recipient
from consent.what_if import Agency, Outlook, as_if_signed, what_if, what_if_sentences
from consent.what_if_words import PHRASES
from tests.consent.asking import tables
from tests.consent.releases import ACT_CODE, asked

REASON = "http://terminology.hl7.org/CodeSystem/v3-ActReason"
TYPES = "http://hl7.org/fhir/resource-types"


def agency(name: str, purpose: str = "COC") -> Agency:
    return Agency(
        name, Recipient(references=(f"Organization/{name}",), roles=("IRCP",)), (Coding(REASON, purpose),)
    )


def provision(kind: str, recipient: str | None = None, **elements: Any) -> dict[str, Any]:
    role = {
        "coding": [{"system": "http://terminology.hl7.org/CodeSystem/v3-ParticipationType", "code": "IRCP"}]
    }
    actor = (
        {"actor": [{"role": role, "reference": {"reference": f"Organization/{recipient}"}}]}
        if recipient
        else {}
    )
    return {"type": kind, **actor, **elements}


def draft(root: dict[str, Any], name: str = "d1", **elements: Any) -> dict[str, Any]:
    """A draft with nothing signed yet."""
    scope = {"system": "http://terminology.hl7.org/CodeSystem/consentscope", "code": "patient-privacy"}
    return {
        "resourceType": "Consent",
        "id": name,
        "status": "draft",
        "scope": {"coding": [scope]},
        "category": [{"coding": [{"system": "http://loinc.org", "code": "59284-0"}]}],
        "patient": {"reference": "Patient/p1"},
        "organization": [{"reference": "Organization/otp-1"}],
        "policy": [{"uri": "urn:policy"}],
        "provision": root,
        **elements,
    }


def classes(*names: str) -> list[dict[str, str]]:
    return [{"system": TYPES, "code": name} for name in names]


def base(*consents: dict[str, Any], programs: tuple[str, ...] = ()) -> DisclosureRequest:
    names = ("otp-1", "housing-1", "clinic-7")
    directory = [{"resourceType": "Organization", "id": name} for name in names]
    request = asked([], directory=directory)
    return replace(request, consents=consents, policy=Policy((), programs, "UTC"))


def outlook(
    form: dict[str, Any], who: str, request: DisclosureRequest | None = None, purpose: str = "COC"
) -> Outlook:
    (found,) = what_if(request or base(), form, [agency(who, purpose)], tables())
    return found


HOUSING_FORM = draft(provision("permit", "housing-1", **{"class": classes("Task", "ServiceRequest")}))


def test_an_agency_sees_the_kinds_that_the_draft_names_and_no_other() -> None:
    found = outlook(HOUSING_FORM, "housing-1")
    assert found.whole == ("referral", "referral_status")
    assert "opioids" in found.nothing
    assert found.gained == found.whole
    assert (found.lost, found.refused_by_draft) == ((), ())
    assert outlook(HOUSING_FORM, "clinic-7").whole == ()


@pytest.mark.requirement("FH-LBL-03")
def test_a_no_to_opioids_also_holds_back_what_names_no_drug() -> None:
    sud = [{"system": ACT_CODE, "code": "SUD"}]
    opioids = provision("deny", securityLabel=[{"system": ACT_CODE, "code": "OPIOIDUD"}])
    form = draft(provision("permit", "clinic-7", securityLabel=sud, provision=[opioids]))
    found = outlook(form, "clinic-7")
    assert found.whole == ("alcohol",)
    assert found.refused_by_draft == ("opioids", "substances", "addiction_medication")


@pytest.mark.requirement("P2-12-01")
def test_a_no_to_substance_use_holds_back_everything_from_a_program() -> None:
    deny = provision("deny", securityLabel=[{"system": ACT_CODE, "code": "SUD"}])
    form = draft(provision("permit", "housing-1", provision=[deny], **{"class": classes("Task")}))
    assert outlook(form, "housing-1").whole == ("referral_status",)
    from_program = outlook(form, "housing-1", base(programs=("Organization/otp-1",)))
    assert from_program.whole == ()
    assert from_program.refused_by_draft == ("referral_status",)


def test_share_nothing_shows_what_earlier_permissions_lose() -> None:
    today = as_if_signed(draft(provision("permit", "housing-1", **{"class": classes("Task")}), "c0"), base())
    found = outlook(draft(provision("deny")), "housing-1", base(today))
    assert found.lost == ("referral_status",)
    assert found.whole == ()


def test_an_earlier_version_of_the_draft_counts_only_for_today() -> None:
    today = as_if_signed(draft(provision("permit", "housing-1", **{"class": classes("Task")})), base())
    wider = draft(
        provision("permit", "housing-1", **{"class": classes("Task", "Goal")}), meta={"versionId": "2"}
    )
    found = outlook(wider, "housing-1", base(today))
    assert found.whole == ("referral_status", "goals")
    assert found.gained == ("goals",)
    narrower = outlook(
        draft(provision("permit", "housing-1", **{"class": classes("Goal")})), "housing-1", base(today)
    )
    assert narrower.lost == ("referral_status",)


def test_as_if_signed_changes_no_choice() -> None:
    form = draft(provision("permit", "housing-1"), verification=[{"verified": False}])
    signed = as_if_signed(form, base())
    assert (signed["status"], signed["dateTime"]) == ("active", "2026-04-11")
    assert signed["provision"] == form["provision"]
    assert "verification" not in signed
    dated = as_if_signed({**form, "dateTime": "2026-04-01", "sourceAttachment": {"hash": "x"}}, base())
    assert dated["dateTime"] == "2026-04-01"
    assert "sourceReference" not in dated
    assert as_if_signed({"resourceType": "Consent"}, base())["id"] == "draft"


def said(
    form: dict[str, Any], who: str, language: str = "en", request: DisclosureRequest | None = None
) -> list[str]:
    return list(what_if_sentences([outlook(form, who, request)], tables(), language))


def test_the_sentences_are_plain() -> None:
    first, second = said(HOUSING_FORM, "housing-1")
    assert first == "housing-1 would see: the referral and what you need; how the referral is going."
    assert second.startswith("housing-1 would not see: your name and contact; your appointments; ")
    assert said(HOUSING_FORM, "clinic-7") == [
        "clinic-7 would see nothing at all. No consent on file permits this. This form does not name clinic-7."
    ]
    assert said(HOUSING_FORM, "housing-1", "es")[0].startswith("housing-1 vería: la derivación")


def test_losses_gains_and_refusals_are_said() -> None:
    today = as_if_signed(draft(provision("permit", "housing-1", **{"class": classes("Task")}), "c0"), base())
    lost = said(draft(provision("deny")), "housing-1", request=base(today))
    assert lost[-1] == "housing-1 sees this today and would no longer see: how the referral is going."
    assert lost[-2].startswith("Because of what you say no to here, housing-1 would not see: ")
    more = said(
        draft(provision("permit", "housing-1", **{"class": classes("Goal")})),
        "housing-1",
        request=base(today),
    )
    assert more[-1] == "New with this form, housing-1 would see: your goals."


def test_what_is_cut_down_is_said_to_be_a_part() -> None:
    partly = Outlook("A", ("COC",), (), ("contact",), (), ("contact",), (), (), ())
    assert what_if_sentences([partly], tables()) == ("A would see only a part of: your name and contact.",)


def test_every_language_has_the_same_words_and_an_unknown_one_is_refused() -> None:
    assert {frozenset(phrases) for phrases in PHRASES.values()} == {frozenset(PHRASES["en"])}
    with pytest.raises(ValueError, match="`fr`"):
        what_if_sentences([], tables(), "fr")
