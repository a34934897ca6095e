"""What a person and a counselor choose together on a screen: a form for each agency, and what each would mean.

One form has one discloser and one recipient, as on paper (`consent_desk.py`), and becomes a Consent by the same step
(`signed_forms.sign_draft`). What it would mean is asked of the engine, with the network's own partners and policy and
with every consent there is, about the very draft that is signed.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import consent
from gateway.disclosure.gather import PURPOSE_SYSTEM, gather
from gateway.disclosure.premises import Premises
from gateway.disclosure.signed_forms import Signed, sign_draft
from gateway.errors import NotUnderstood
from gateway.partners import reference_of
from gateway.resources import to_json
from gateway.store import Reading

MOST_LINES, LONGEST_WORDS = 20, 200
_PERSON = re.compile(r"RelatedPerson/[A-Za-z0-9.-]{1,64}")
STATUS_ONLY = ("referral_status",)
"""What an addressee may tell back: how it is going."""
APART = "safety_plan"
"""The kind with a choice, and a permission, of its own (DM-22)."""
PLANS = (*consent.CLASSES["plan"], *consent.CLASSES[APART])


@dataclass(frozen=True, slots=True)
class Line:
    """One permission: what partner `discloser` may let `recipient` see.

    `recipient` is a partner's id, or a reference `RelatedPerson/id` with `name`: somebody she has chosen.
    """

    discloser: str
    recipient: str
    kinds: tuple[str, ...]
    name: str = field(default="", repr=False)

    @property
    def is_supporter(self) -> bool:
        """Whether a person gets it, not an agency."""
        return "/" in self.recipient


def is_person(line: Line) -> bool:
    """Whether a recipient who is no partner is named as a person must be: by a RelatedPerson and by name."""
    return _PERSON.fullmatch(line.recipient) is not None and bool(line.name.strip())


@dataclass(frozen=True, slots=True)
class Wanted:
    """All that was chosen. With `event` each ends with that event, which `event_owner` watches for, the next time by
    `until`; else with the day `until`.
    """

    patient_id: str
    patient_name: str = field(repr=False)
    lines: tuple[Line, ...]
    purposes: tuple[str, ...]
    until: date
    event: str = ""
    event_owner: str = ""
    language: str = "en"


_Drafted = tuple[Line, consent.Choices, Mapping[str, object]]


@dataclass(frozen=True, slots=True)
class Form:
    """A draft with its reference, and what it would mean in sentences."""

    line: Line
    choices: consent.Choices = field(repr=False)
    draft: Mapping[str, Any] = field(repr=False)
    reference: str
    outlook: tuple[str, ...] = field(repr=False)
    sees_something: bool
    """Whether the recipient would see anything at all."""

    @property
    def is_apart(self) -> bool:
        """Whether it is the permission for the safety plan, which stands by itself (DM-22)."""
        return APART in self.line.kinds


def forms_for(
    premises: Premises, reading: Reading, wanted: Wanted, ids: Sequence[str], at: datetime
) -> tuple[Form, ...]:
    """A form for each line; `ids` are those of the Consents they would become.

    Raises NotUnderstood: `LINES_MISSING`, `LINES_TOO_MANY`, `PURPOSE_MISSING`, `WORDS_TOO_LONG`, or the code of what was
    chosen wrongly, as `consent.draft_consent` names it.
    """
    _check(wanted)
    today = at.astimezone(ZoneInfo(premises.network.zone)).date()
    drafts = [
        _drafted(premises, wanted, line, one, today) for line, one in zip(wanted.lines, ids, strict=True)
    ]
    return tuple(_form(premises, reading, wanted, number, drafts, at) for number in range(len(drafts)))


def kinds_of(types: Collection[str]) -> tuple[str, ...]:
    """The kinds a person can choose that hold records of these FHIR types, or classes (`consent.classes_of`)."""
    return tuple(
        kind
        for kind, names in consent.CLASSES.items()
        if kind not in STATUS_ONLY and not set(names).isdisjoint(types)
    )


def kinds_in_words(language: str) -> Mapping[str, str]:
    """Every kind she can choose for an agency, in words."""
    return {kind: consent.class_text(kind, language) for kind in consent.CLASSES if kind not in STATUS_ONLY}


def classes_of(resource: Mapping[str, Any]) -> frozenset[str]:
    """The type of a record, and of a care plan which kind it is."""
    return consent.classes_of(resource)


def has_safety_plan(premises: Premises, kind: str) -> bool:
    """Whether the data set of a kind of partner can have a safety plan at all (DM-01 to DM-12)."""
    return consent.may_have_safety_plan(kind, premises.tables)


def types_permitted(resource: Mapping[str, Any]) -> tuple[str, ...]:
    """What the permit at the root of a Consent names, as types and classes: care plans as such are of both classes."""
    named = (str(one.get("code", "")) for one in resource.get("provision", {}).get("class", ()))
    return tuple(one for name in named for one in (PLANS if name == "CarePlan" else (name,)))


def types_in_words(types: Sequence[str], language: str) -> tuple[str, ...]:
    """What a permission limited to these types and classes lets somebody see; the type itself where it has no words."""
    left, found = list(dict.fromkeys(types)), []
    for kind, names in sorted(consent.CLASSES.items(), key=lambda one: -len(one[1])):
        if set(names) <= set(left):
            found.append(consent.class_text(kind, language))
            left = [one for one in left if one not in names]
    in_order = [one for kind in consent.CLASSES if (one := consent.class_text(kind, language)) in found]
    return (*in_order, *left)


def spoken_day(day: date, language: str) -> str:
    """A day as people say it."""
    return consent.day_text(day, language)


def purpose_in_words(code: str, language: str) -> str:
    """A purpose in words."""
    return consent.purpose_text(code, language)


def is_law(notice: str) -> bool:
    """Whether it is the statement of 42 CFR §2.32(a)(1), whose words are fixed."""
    return consent.is_law(notice)


def scopes_told(notice: str) -> tuple[consent.ScopeTold, ...]:
    """The permissions that the scope text of a notice names; empty for any other notice."""
    return consent.scopes_told(notice)


def also_see(
    premises: Premises, reading: Reading, own: str, wanted: Wanted, forms: Sequence[Form], at: datetime
) -> tuple[tuple[str, bool], ...]:
    """Every other live partner, and whether it would see anything of hers from `own`, the organization that asks, with
    all of these signed: who is not chosen is asked about as well, and not assumed to see nothing. Who sees the records
    of another agency is told to nobody, whatever is chosen.
    """
    chosen = {own} | {line.recipient for line in wanted.lines} | {line.discloser for line in wanted.lines}
    others = [
        name
        for name, partner in premises.network.partners.items()
        if name not in chosen and partner.state == "live"
    ]
    request = _question(premises, reading, wanted, own, own, at)
    signed = tuple(consent.as_if_signed(form.draft, request) for form in forms[:-1])
    request = replace(request, consents=(*request.consents, *signed))
    agencies = [
        consent.Agency(name, _question(premises, reading, wanted, own, name, at).recipient, _codes(wanted))
        for name in others
    ]
    outlooks = consent.what_if(request, forms[-1].draft, agencies, premises.tables)
    return tuple((one.agency, bool(one.whole or one.partly)) for one in outlooks)


def seal_of(key: bytes, forms: Sequence[Form]) -> str:
    """A keyed hash of all that the forms say: what is signed is what was shown, or nothing."""
    said = [[form.reference, str(form.draft["id"]), *form.outlook] for form in forms]
    text = json.dumps(said, ensure_ascii=False).encode("utf-8", "surrogatepass")
    return hmac.new(key, b"desk forms " + text, hashlib.sha256).hexdigest()


def form_text(form: Form, at: datetime, zone: str) -> str:
    """The form in full, as it is read before it is signed."""
    today = at.astimezone(ZoneInfo(zone)).date()
    return consent.printed_form(form.choices, form.reference, today, form.outlook, to_sign_by_hand=False)


def sign_on_screen(
    form: Form, *, typed_name: str, witness: str, at: datetime, zone: str
) -> tuple[Signed, bytes]:
    """The Consent that a form becomes by typing her name before a witness, and the form as signed (UTF-8 text).

    Raises NotUnderstood `NAME_DIFFERS` and what `sign_draft` raises.
    """
    if consent.as_compared(typed_name) != consent.as_compared(form.choices.patient_name):
        raise NotUnderstood("NAME_DIFFERS", "type the name as it stands on the form", "name")
    today = at.astimezone(ZoneInfo(zone))
    text = consent.signed_form(
        form.choices,
        form.reference,
        today.date(),
        form.outlook,
        typed_name=" ".join(typed_name.split()),
        signed_at=f"{consent.day_text(today.date(), form.choices.language)}, {today:%H:%M %Z}",
        witness=witness,
    ).encode()
    signed = sign_draft(
        to_json(dict(form.draft)),
        text,
        signed_on=today.date().isoformat(),
        recorded_by=witness,
        today=today.date(),
        content_type="text/plain; charset=utf-8",
    )
    return signed, text


def _check(wanted: Wanted) -> None:
    if not wanted.lines:
        raise NotUnderstood("LINES_MISSING", "choose who may see something", "lines")
    if len(wanted.lines) > MOST_LINES:
        raise NotUnderstood("LINES_TOO_MANY", f"at most {MOST_LINES} at a time", "lines")
    if not wanted.purposes:
        raise NotUnderstood("PURPOSE_MISSING", "choose what it is for", "purposes")
    texts = (wanted.event, wanted.event_owner, wanted.patient_name, *(line.name for line in wanted.lines))
    if any(len(text) > LONGEST_WORDS or not text.isprintable() for text in texts):
        raise NotUnderstood("WORDS_TOO_LONG", f"at most {LONGEST_WORDS} letters on one line", "words")


def _drafted(premises: Premises, wanted: Wanted, line: Line, consent_id: str, today: date) -> _Drafted:
    partners = premises.network.partners
    choices = consent.Choices(
        patient=f"Patient/{wanted.patient_id}",
        patient_name=wanted.patient_name,
        discloser=reference_of(line.discloser),
        discloser_name=partners[line.discloser].organization.name,
        agency=line.recipient if line.is_supporter else reference_of(line.recipient),
        agency_name=line.name if line.is_supporter else partners[line.recipient].organization.name,
        purpose=wanted.purposes[0],
        kinds=line.kinds,
        until=wanted.until,
        more_purposes=wanted.purposes[1:],
        event=wanted.event,
        event_owner=wanted.event_owner,
        language=wanted.language,
    )
    try:
        draft = consent.draft_consent(choices, consent_id, today)
    except consent.ChoicesError as fault:
        raise NotUnderstood(fault.code, fault.message, fault.field) from None
    return line, choices, draft


def _form(
    premises: Premises,
    reading: Reading,
    wanted: Wanted,
    number: int,
    drafts: Sequence[_Drafted],
    at: datetime,
) -> Form:
    line, choices, draft = drafts[number]
    beside = [
        other
        for one, _, other in drafts
        if other is not draft and (one.discloser, one.recipient) == (line.discloser, line.recipient)
    ]
    outlooks = _outlooks(premises, reading, wanted, drafts[number], beside, at)
    return Form(
        line=line,
        choices=choices,
        draft=draft,
        reference=consent.form_reference(draft),
        outlook=consent.what_if_sentences(outlooks, premises.tables, wanted.language),
        sees_something=any(one.whole or one.partly for one in outlooks),
    )


def _outlooks(
    premises: Premises,
    reading: Reading,
    wanted: Wanted,
    drafted: _Drafted,
    beside: Sequence[Mapping[str, object]],
    at: datetime,
) -> tuple[consent.Outlook, ...]:
    """What the recipient would see, for each purpose, or once where it is the same for all; `beside`: what is signed
    for it by the same act.
    """
    line, choices, draft = drafted
    asker = line.discloser if line.is_supporter else line.recipient
    request = _question(premises, reading, wanted, line.discloser, asker, at)
    signed = tuple(consent.as_if_signed(one, request) for one in beside)
    request = replace(request, consents=(*request.consents, *signed))
    recipient = request.recipient
    if line.is_supporter:
        kind, _, own_id = line.recipient.partition("/")
        person = {
            "resourceType": kind,
            "id": own_id,
            "patient": {"reference": choices.patient},
            "name": [{"text": line.name}],
        }
        request = replace(request, directory=(*request.directory, person))
        recipient = consent.Recipient(references=(line.recipient,), roles=("IRCP",))
    several = len(wanted.purposes) > 1
    agencies = [
        consent.Agency(
            f"{choices.agency_name} ({consent.purpose_text(code.code, wanted.language)})"
            if several
            else choices.agency_name,
            recipient,
            (code,),
        )
        for code in _codes(wanted)
    ]
    outlooks = consent.what_if(request, draft, agencies, premises.tables)
    first = replace(outlooks[0], agency=choices.agency_name, purposes=wanted.purposes)
    alike = all(replace(one, agency=first.agency, purposes=first.purposes) == first for one in outlooks)
    return (first,) if alike else outlooks


def _codes(wanted: Wanted) -> tuple[consent.Coding, ...]:
    return tuple(consent.Coding(PURPOSE_SYSTEM, code) for code in wanted.purposes)


def _question(
    premises: Premises, reading: Reading, wanted: Wanted, discloser: str, recipient: str, at: datetime
) -> consent.DisclosureRequest:
    """The question the gate would ask, about nothing yet."""
    return gather(
        premises,
        reading,
        patient_id=wanted.patient_id,
        discloser=discloser,
        recipient=recipient,
        purpose=wanted.purposes[0],
        held_records=(),
        at=at,
    ).request
