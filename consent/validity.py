"""Whether a consent is valid under 42 CFR §2.31 and can be computed, element by element.

`findings` serves the decision (a deficient consent permits nothing under packs `part2` and `hipaa`); the report for
people is in `validity_report`. Statements that R4 has no field for stand in our form's extensions, or in the signed
form that a Consent from elsewhere points to (consent-semantics section 11).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from consent.directives import Actor, Directive, Provision
from consent.expiry_event import extensions_of
from consent.instants import read_span
from consent.model import Resource
from consent.tables import NOTE_LABELS

STATEMENT = "urn:gateway:consent:statement"
"""Extension of our form: one per statement printed on it; `valueCode` is revocation, redisclosure or consequences."""

NO_END_FROM = datetime(2200, 1, 1, tzinfo=UTC)
"""An end beyond anybody's life is how systems write that there is none."""

STATEMENTS = {"revocation": "2.31(a)(6)", "redisclosure": "2.31(a)(4)(iii)", "consequences": "2.31(a)(10)"}
TPO = frozenset({"TREAT", "HPAYMT", "HOPERAT"})
PROCEEDINGS = frozenset({"HLEGAL"})


ELEMENTS = (
    ("patient", "PATIENT_MISSING", "(a)(1)", "Consent.patient"),
    ("discloser", "DISCLOSER_MISSING", "(a)(2)", "Consent.organization"),
    ("information", "DESCRIPTION_MISSING", "(a)(3)", "Consent.provision"),
    ("recipient", "RECIPIENT_MISSING", "(a)(4)", "Consent.provision.actor"),
    ("intermediary", "INTERMEDIARY_INCOMPLETE", "(a)(4)(ii)", "Consent.provision.actor"),
    ("purpose", "PURPOSE_MISSING_IN_CONSENT", "(a)(5)", "Consent.provision.purpose"),
    ("statements", "STATEMENT_MISSING", "(a)(4)(iii), (6), (10)", "Consent.source[x]"),
    ("expiry", "EXPIRY_MISSING", "(a)(7)", "Consent.provision.period.end"),
    ("expiry event", "EXPIRY_EVENT_WITHOUT_DATE", "(a)(7)", "Consent.extension"),
    ("expiry owner", "EXPIRY_EVENT_WITHOUT_OWNER", "(a)(7)", "Consent.extension"),
    ("signature", "SIGNATURE_MISSING", "(a)(8)", "Consent.source[x]"),
    ("date signed", "DATE_SIGNED_MISSING", "(a)(9)", "Consent.dateTime"),
    ("notes apart", "NOTES_COMBINED", "(b)(2)", "Consent.provision.securityLabel"),
    ("proceedings apart", "PROCEEDINGS_COMBINED", "(d)", "Consent.provision.purpose"),
)
"""Name, code when missing, part of §2.31, place; in the order of the regulation."""


AUTHORIZATION = (
    ("information", "(c)(1)(i)"),
    ("discloser", "(c)(1)(ii)"),
    ("recipient", "(c)(1)(iii)"),
    ("purpose", "(c)(1)(iv)"),
    ("expiry", "(c)(1)(v)"),
    ("expiry event", "(c)(1)(v)"),
    ("expiry owner", "(c)(1)(v)"),
    ("signature", "(c)(1)(vi)"),
    ("date signed", "(c)(1)(vi)"),
    ("statements", "(c)(2)(i), (ii), (iii)"),
    ("notes apart", "(b)(3)(ii)"),
)
"""The elements that 45 CFR 164.508 asks for, by their name in `ELEMENTS`."""

RESEARCH = frozenset({"CLINTRCH", "HRESCH"})


EVERYTHING = frozenset({"DomainResource", "Resource"})
LEVELS = frozenset({"U", "L", "M", "N", "R", "V"})
"""Classes and labels that describe nothing: every record is one, and has one."""


@dataclass(frozen=True, slots=True)
class Element:
    """One element of §2.31: its code when missing, the citation, whether it is there, and where it belongs."""

    name: str
    code: str
    citation: str
    present: bool
    place: str


def permits_of(root: Provision | None, above: tuple[Provision, ...] = ()) -> Iterator[tuple[Provision, ...]]:
    """Every permit of a tree with its ancestors, root first."""
    if root is None:
        return
    chain = (*above, root)
    if root.permits:
        yield chain
    for child in root.children:
        yield from permits_of(child, chain)


def nodes_of(root: Provision | None) -> Iterator[Provision]:
    """Every node of a tree, root first."""
    if root is not None:
        yield root
        for child in root.children:
            yield from nodes_of(child)


def is_described(directive: Directive) -> bool:
    """Whether every permit says what may go: by labels, classes, codes or records. 42 CFR §2.31(a)(3)."""
    return all(any(map(_describes, chain)) for chain in permits_of(directive.root))


def _limits(node: Provision) -> bool:
    return bool(node.labels or node.classes or node.data or any(concept.codings for concept in node.codes))


def _describes(node: Provision) -> bool:
    coded = any(concept.codings for concept in node.codes)
    kinds = any(coding.code not in EVERYTHING for coding in node.classes)
    labelled = any(coding.code not in LEVELS for coding in node.labels)
    return bool(coded or labelled or kinds or node.data)


def labels_permitted(directive: Directive) -> frozenset[str]:
    """All label codes that the permits of a consent state."""
    return frozenset(
        label.code
        for chain in permits_of(directive.root)
        for node in chain
        if node.permits
        for label in node.labels
    )


def purposes_permitted(directive: Directive) -> frozenset[str]:
    """All purposes that the permits of a consent state, or inherit."""
    return frozenset(
        purpose.code for chain in permits_of(directive.root) for node in chain for purpose in node.purposes
    )


def is_for_notes(directive: Directive) -> bool:
    """Whether every permit is limited to counseling or psychotherapy notes. 42 CFR §2.31(b)."""
    chains = list(permits_of(directive.root))
    return bool(chains) and all(
        any(node.labels and {label.code for label in node.labels} <= NOTE_LABELS for node in chain)
        for chain in chains
    )


def is_for_proceedings(directive: Directive) -> bool:
    """Whether it permits proceedings and nothing else. 42 CFR §2.31(d)."""
    purposes = purposes_permitted(directive)
    return bool(purposes) and purposes <= PROCEEDINGS


def has_end(directive: Directive) -> bool:
    """Whether every permit ends at some time, or is looked at again by some day."""
    if directive.event is not None and directive.event.watched is not None:
        return True
    return all(
        any(node.period is not None and node.period.end < NO_END_FROM for node in chain)
        for chain in permits_of(directive.root)
    )


def elements(consent: Resource, directive: Directive) -> tuple[Element, ...]:
    """Every element of §2.31(a), (b) and (d) with whether this consent has it."""
    return tuple(
        Element(name, code, f"42 CFR §2.31{part}", present, place)
        for (name, code, part, place), present in zip(ELEMENTS, _present(consent, directive), strict=True)
    )


def authorization_elements(consent: Resource, directive: Directive) -> tuple[Element, ...]:
    """Every element of 45 CFR 164.508(c), with whether this consent has it (HI-508-01).

    An authorization describes what may go, and ends; only one for research need not.
    """
    found = {one.name: one for one in elements(consent, directive)}
    research = purposes_permitted(directive)
    ends = has_end(directive) or (bool(research) and research <= RESEARCH)
    present = {"information": found["information"].present and is_described(directive), "expiry": ends}
    return tuple(
        Element(
            name,
            found[name].code,
            f"45 CFR 164.508{part}",
            present.get(name, found[name].present),
            found[name].place,
        )
        for name, part in AUTHORIZATION
    )


def _present(consent: Resource, directive: Directive) -> tuple[bool, ...]:
    """Which of `ELEMENTS` are there."""
    chains = list(permits_of(directive.root))
    purposes = purposes_permitted(directive)
    return (
        _names_patient(consent),
        _names_discloser(directive, chains),
        _is_described(chains),
        _names_recipients(chains),
        _participants(chains),
        _states_purposes(chains),
        _has_statements(consent),
        _may_end_so(directive, purposes),
        directive.event is None or directive.event.watched is not None,
        directive.event is None or bool(directive.event.owner),
        _is_signed(consent),
        directive.signed is not None,
        _notes_apart(directive),
        _proceedings_apart(purposes),
    )


def findings(consent: Resource, directive: Directive) -> tuple[tuple[str, str], ...]:
    """(code, citation) of everything by which the consent is deficient; empty for one that permits nothing anyway."""
    if directive.root is None or not any(True for _ in permits_of(directive.root)):
        return ()
    return tuple(
        (code, f"42 CFR §2.31{part}")
        for (_, code, part, _), present in zip(ELEMENTS, _present(consent, directive), strict=True)
        if not present
    )


def _names_patient(consent: Resource) -> bool:
    patient = consent.get("patient")
    return isinstance(patient, Mapping) and bool(patient.get("reference") or patient.get("identifier"))


def _names_discloser(directive: Directive, chains: list[tuple[Provision, ...]]) -> bool:
    named = all(any(actor.part == "discloser" for node in chain for actor in node.actors) for chain in chains)
    return bool(directive.organizations) or (bool(chains) and named)


def _is_described(chains: list[tuple[Provision, ...]]) -> bool:
    """No limit at all means everything. A description in free text alone describes nothing that can be computed."""
    for chain in chains:
        words = any(concept.words for node in chain for concept in node.codes)
        if words and not any(_limits(node) for node in chain):
            return False
    return True


def _recipients(chain: Iterable[Provision]) -> list[Actor]:
    return [actor for node in chain for actor in node.actors if actor.part == "recipient"]


def _is_named(actor: Actor) -> bool:
    return bool(actor.reference or actor.identifier or actor.words)


def _names_recipients(chains: list[tuple[Provision, ...]]) -> bool:
    return bool(chains) and all(
        (found := _recipients(chain)) and all(_is_named(actor) for actor in found) for chain in chains
    )


def _participants(chains: list[tuple[Provision, ...]]) -> bool:
    """An intermediary has to be named, and its participants or their class."""
    for chain in chains:
        delegatees = [actor for node in chain for actor in node.actors if actor.part == "delegatee"]
        if any(not (actor.reference or actor.identifier) for actor in delegatees):
            return False
        if delegatees and not _recipients(chain):
            return False
    return True


def _states_purposes(chains: list[tuple[Provision, ...]]) -> bool:
    return bool(chains) and all(any(node.purposes for node in chain) for chain in chains)


def _has_statements(consent: Resource) -> bool:
    """Our form states each; a Consent from elsewhere has them in its signed form."""
    stated = [row.get("valueCode") for row in extensions_of(consent, STATEMENT)]
    return all(code in stated for code in STATEMENTS) if stated else _has_form(consent)


def _may_end_so(directive: Directive, purposes: frozenset[str]) -> bool:
    """An end, or none at all for a consent for treatment, payment and operations only."""
    return has_end(directive) or (bool(purposes) and purposes <= TPO)


def _is_signed(consent: Resource) -> bool:
    """The signed form, or that somebody verified it with the patient on some day."""
    rows = consent.get("verification")
    return _has_form(consent) or any(
        isinstance(row, Mapping)
        and row.get("verified") is True
        and read_span(row.get("verificationDate"), UTC) is not None
        and isinstance(who := row.get("verifiedWith"), Mapping)
        and bool(who.get("reference") or who.get("identifier"))
        for row in (rows if isinstance(rows, list | tuple) else ())
    )


def _has_form(consent: Resource) -> bool:
    """A reference to the signed form, its bytes or its hash."""
    reference = consent.get("sourceReference")
    if isinstance(reference, Mapping) and (reference.get("reference") or reference.get("identifier")):
        return True
    attachment = consent.get("sourceAttachment")
    return isinstance(attachment, Mapping) and any(attachment.get(name) for name in ("data", "url", "hash"))


def _notes_apart(directive: Directive) -> bool:
    labels = labels_permitted(directive)
    return labels.isdisjoint(NOTE_LABELS) or is_for_notes(directive)


def _proceedings_apart(purposes: frozenset[str]) -> bool:
    return purposes.isdisjoint(PROCEEDINGS) or purposes <= PROCEEDINGS
