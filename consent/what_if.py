"""Before signing: who would see what under a draft Consent, kind of record by kind of record, in plain words.

The question is asked of the same engine with made-up records, one of each kind (`value_sets/record_kinds.json`), once
without the draft and once with it as if it were signed today. Nothing is disclosed and nothing is kept.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from consent.decide import decide
from consent.explain import CATALOGUE
from consent.model import (
    Coding,
    DisclosureRequest,
    Recipient,
    Resource,
    ResourceDecision,
    SubjectResource,
)
from consent.tables import Tables
from consent.what_if_words import PHRASES

LANGUAGES = frozenset(PHRASES)
"""Those that sentences can be said in."""

AS_IF_SIGNED = {"reference": "DocumentReference/as-if-signed"}


@dataclass(frozen=True, slots=True)
class Agency:
    """One agency to ask about: its name for people, and who it is and what it would ask for."""

    name: str
    recipient: Recipient
    purposes: tuple[Coding, ...]


@dataclass(frozen=True, slots=True)
class Outlook:
    """What one agency would see with the draft: keys of kinds of record, whole, in part or not at all.

    `gained` and `lost` compare with today. `refused_by_draft`: kinds that the draft's own objections hold back.
    `codes`: reasons why nothing (more) is seen; `refused_before`: those of them that are denials by other Consents
    alone.
    """

    agency: str
    purposes: tuple[str, ...]
    whole: tuple[str, ...]
    partly: tuple[str, ...]
    nothing: tuple[str, ...]
    gained: tuple[str, ...]
    lost: tuple[str, ...]
    refused_by_draft: tuple[str, ...]
    codes: tuple[str, ...]
    refused_before: tuple[str, ...] = ()


def what_if(
    request: DisclosureRequest, draft: Resource, agencies: Sequence[Agency], tables: Tables
) -> tuple[Outlook, ...]:
    """The outlook for each agency, in their order.

    `request` brings patient, discloser, directory, facts, policy, time and the consents there are; its recipient,
    purposes and resources are replaced. An earlier version of the draft (the same id) stands only for today.
    """
    kinds = _kinds(request, tables)
    signed = as_if_signed(draft, request)
    others = tuple(consent for consent in request.consents if consent.get("id") != signed["id"])
    subjects = tuple(
        SubjectResource(record, f"#{number}", str(record["resourceType"]), request.discloser.references)
        for number, record in enumerate(kinds.values())
    )
    asked = replace(request, resources=subjects)
    return tuple(
        _outlook(agency, asked, (*others, signed), _version(signed), tuple(kinds), tables)
        for agency in agencies
    )


def as_if_signed(draft: Resource, request: DisclosureRequest) -> dict[str, object]:
    """The draft as if it had been signed at `request.at`: active, dated, with a signed form; its choices untouched."""
    signed = {key: value for key, value in draft.items() if key != "verification"}
    if "sourceReference" not in signed and "sourceAttachment" not in signed:
        signed["sourceReference"] = AS_IF_SIGNED
    signed.setdefault("id", "draft")
    signed.setdefault("dateTime", request.at.date().isoformat())
    return {**signed, "status": "active"}


def what_if_sentences(outlooks: Sequence[Outlook], tables: Tables, language: str = "en") -> tuple[str, ...]:
    """The outlooks in plain sentences. Raises ValueError for a language without words."""
    if language not in PHRASES:
        raise ValueError(f"no words for the language `{language}`")
    words = {str(row[0]): str(row[1 + list(PHRASES).index(language)]) for row in _rows(tables)}
    return tuple(sentence for outlook in outlooks for sentence in _sentences(outlook, words, language))


def _sentences(outlook: Outlook, words: Mapping[str, str], language: str) -> list[str]:
    phrases = PHRASES[language]

    def listed(keys: Sequence[str]) -> str:
        return "; ".join(words[key] for key in keys)

    said: list[str] = []
    if outlook.whole or outlook.partly:
        if outlook.whole:
            said.append(phrases["sees"].format(agency=outlook.agency, kinds=listed(outlook.whole)))
        if outlook.partly:
            said.append(phrases["sees_part"].format(agency=outlook.agency, kinds=listed(outlook.partly)))
        if outlook.nothing:
            said.append(phrases["sees_not"].format(agency=outlook.agency, kinds=listed(outlook.nothing)))
    else:
        reasons = [
            _why(code, outlook, language) for code in outlook.codes if code not in outlook.refused_before
        ]
        why = " ".join([*reasons, *([phrases["refused_before"]] if outlook.refused_before else [])])
        said.append(phrases["sees_nothing"].format(agency=outlook.agency, why=why))
    if outlook.refused_by_draft:
        said.append(phrases["refused"].format(agency=outlook.agency, kinds=listed(outlook.refused_by_draft)))
    if outlook.gained and set(outlook.gained) != {*outlook.whole, *outlook.partly}:
        said.append(phrases["gained"].format(agency=outlook.agency, kinds=listed(outlook.gained)))
    if outlook.lost:
        said.append(phrases["lost"].format(agency=outlook.agency, kinds=listed(outlook.lost)))
    return said


def _why(code: str, outlook: Outlook, language: str) -> str:
    """The sentence of `explain` for a reason, with the form and the agency in it."""
    because = CATALOGUE[language].reason(code)
    sentence = because.sentence.format(
        code=code,
        consent=PHRASES[language]["the_form"],
        recipient=outlook.agency,
        purposes=", ".join(outlook.purposes),
    )
    return sentence[:1].upper() + sentence[1:]


def _outlook(
    agency: Agency,
    asked: DisclosureRequest,
    consents: tuple[Resource, ...],
    draft_version: str,
    kinds: tuple[str, ...],
    tables: Tables,
) -> Outlook:
    asked = replace(asked, recipient=agency.recipient, purposes=agency.purposes)
    today = dict(zip(kinds, decide(asked, tables).resources, strict=True))
    then = dict(zip(kinds, decide(replace(asked, consents=consents), tables).resources, strict=True))
    seen_today = {kind for kind in kinds if today[kind].outcome != "withhold"}
    seen_then = {kind for kind in kinds if then[kind].outcome != "withhold"}
    hidden = [kind for kind in kinds if kind not in seen_then]
    return Outlook(
        agency=agency.name,
        purposes=tuple(purpose.code for purpose in agency.purposes),
        whole=tuple(kind for kind in kinds if then[kind].outcome == "disclose"),
        partly=tuple(kind for kind in kinds if then[kind].outcome == "redact"),
        nothing=tuple(hidden),
        gained=tuple(kind for kind in kinds if kind in seen_then - seen_today),
        lost=tuple(kind for kind in kinds if kind in seen_today - seen_then),
        refused_by_draft=tuple(kind for kind in hidden if _is_refused_by(then[kind], draft_version)),
        codes=tuple(sorted({reason.code for kind in hidden for reason in then[kind].reasons})),
        refused_before=_refused_before([then[kind] for kind in hidden], draft_version),
    )


def _refused_before(rows: Sequence[ResourceDecision], draft: str) -> tuple[str, ...]:
    """The codes of denials by other Consents alone: of those the form does not speak."""
    denials = [reason for row in rows for reason in row.reasons if reason.code.startswith("DENIED")]
    by_draft = {reason.code for reason in denials if reason.consent == draft}
    return tuple(sorted({reason.code for reason in denials} - by_draft))


def _is_refused_by(row: ResourceDecision, version: str) -> bool:
    return any(reason.consent == version and reason.code.startswith("DENIED") for reason in row.reasons)


def _version(consent: Mapping[str, object]) -> str:
    """The version reference by which reasons name the draft."""
    meta = consent.get("meta")
    version = meta.get("versionId") if isinstance(meta, Mapping) else None
    return f"Consent/{consent['id']}/_history/{version}" if version else f"Consent/{consent['id']}"


def _kinds(request: DisclosureRequest, tables: Tables) -> dict[str, Resource]:
    """One made-up record of each kind, about this patient, from this discloser, dated at the question."""
    filled = {
        "{patient}": request.patient,
        "{patient_id}": request.patient.rsplit("/", 1)[1],
        "{day}": request.at.date().isoformat(),
    }
    found: dict[str, Resource] = {}
    for key, _, _, record in _rows(tables):
        text = json.dumps(record)
        for placeholder, value in filled.items():
            text = text.replace(placeholder, json.dumps(value)[1:-1])
        found[str(key)] = json.loads(text)
    return found


def _rows(tables: Tables) -> list[tuple[object, object, object, object]]:
    """The rows (key, English, Spanish, record) of the table of kinds."""
    rows: list[tuple[object, object, object, object]] = []
    for document in tables.of_kind("record_kinds"):
        rows += [(row[0], row[1], row[2], row[3]) for row in document["rows"]]  # type: ignore[attr-defined]  # JSON
    return rows
