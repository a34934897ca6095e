"""From the rows to the whole decision: outcome, deciding consents, duties of the release, scope of the consents."""

from __future__ import annotations

from consent.context import Context, Ruling
from consent.directives import Directive
from consent.instants import LATEST
from consent.model import (
    Decision,
    DisclosureRequest,
    Obligation,
    Reason,
    RequestOutcome,
    ResourceDecision,
    Scope,
)
from consent.outline import Outline
from consent.tables import Tables
from consent.validity import permits_of

PART2_LABELS = ("42CFRPart2", "NORDSCLCD", "RedisclosureProhibitionMark")


def decision_of(
    request: DisclosureRequest,
    context: Context,
    rulings: tuple[Ruling, ...],
    rows: tuple[ResourceDecision, ...],
    outlines: tuple[Outline, ...],
    tables: Tables,
) -> Decision:
    """The decision that the rulings make; `rows` are theirs, each with the reference of its resource."""
    released = [ruling for ruling in rulings if ruling.row.outcome != "withhold"]
    deciding = {directive.version: directive for ruling in released for directive in ruling.permitting}
    denying = {
        reason.consent
        for ruling in rulings
        for reason in ruling.row.reasons
        if reason.consent is not None and reason.code.startswith("DENIED")
    }
    return Decision(
        outcome=outcome_of(rows),
        resources=rows,
        consents=tuple(sorted(deciding.keys() | denying)),
        obligations=_obligations(context, released, tuple(deciding)),
        basis=_basis(context, released),
        purposes=tuple(purpose.code for purpose in request.purposes),
        recipient=request.recipient.references[0] if request.recipient.references else "",
        scopes=tuple(_scope(deciding[version]) for version in sorted(deciding)),
        notes=context.refusals,
        versions=(("tables", tables.version),),
        outlines=outlines,
        places=context.places,
    )


def outcome_of(rows: tuple[ResourceDecision, ...]) -> RequestOutcome:
    """`withhold` for nothing or all withheld, `disclose` for all disclosed whole, else `partial`."""
    outcomes = {row.outcome for row in rows}
    if outcomes <= {"withhold"}:
        return "withhold"
    return "disclose" if outcomes == {"disclose"} else "partial"


def refused_whole(request: DisclosureRequest, reason: Reason, tables: Tables) -> Decision:
    """A decision that withholds everything for one reason."""
    rows = tuple(
        ResourceDecision(subject.reference, "withhold", (), (reason,)) for subject in request.resources
    )
    return Decision(
        outcome="withhold",
        resources=rows,
        consents=(),
        obligations=(),
        purposes=tuple(purpose.code for purpose in request.purposes),
        recipient=request.recipient.references[0] if request.recipient.references else "",
        notes=(reason,),
        versions=(("tables", tables.version),),
    )


def _basis(context: Context, released: list[Ruling]) -> str:
    if not released:
        return ""
    if any(ruling.permitting for ruling in released):
        return "CONSENT"
    return released[0].row.reasons[0].code


def _obligations(
    context: Context, released: list[Ruling], deciding: tuple[str, ...]
) -> tuple[Obligation, ...]:
    """The duties of a release; a refusal has none. 42 CFR §2.32, §2.24, §2.25; consent-semantics 7 and 11."""
    if not released:
        return ()
    found = [Obligation("ACCOUNTING", "42 CFR §2.25")]
    if any(ruling.part2 for ruling in released):
        found.append(Obligation("NOTICE", "42 CFR §2.32(a)(1)"))
        found += [Obligation("LABEL", label) for label in PART2_LABELS]
    found += [Obligation("SCOPE_TEXT", version) for version in deciding]
    if any(ruling.intermediary for ruling in released):
        found.append(Obligation("INTERMEDIARY_LIST", "42 CFR §2.24"))
    if context.bar is not None:
        found.append(Obligation("HUMAN_RELEASE", context.bar.reason.citation))
    return tuple(sorted(set(found), key=lambda duty: (duty.code, duty.value)))


def _scope(directive: Directive) -> Scope:
    """What the deciding consent allows, for people: purposes, classes, labels, and the last day."""
    purposes, classes, labels = set[str](), set[str](), set[str]()
    until = LATEST
    for chain in permits_of(directive.root):
        for node in chain:
            purposes |= {coding.code for coding in node.purposes}
            classes |= {coding.code for coding in node.classes}
            if node.permits:
                labels |= {coding.code for coding in node.labels}
            if node.period is not None:
                until = min(until, node.period.end)
    if directive.event is not None and directive.event.watched is not None:
        until = min(until, directive.event.watched.end)
    return Scope(
        consent=directive.version,
        purposes=tuple(sorted(purposes)),
        classes=tuple(sorted(classes)),
        labels=tuple(sorted(labels)),
        until=None if until == LATEST else until.isoformat().replace("+00:00", "Z"),
    )
