"""What calls for a person, by the numbers of the store: the rules of `deploy/alerts.yaml` for who runs no Prometheus.

Same names, same numbers, same words on what to do; a test holds the two against each other. `GatewayDoesNotAnswer` is
not among them: who does not answer sends no mail either.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from prometheus_client.core import Metric

Key = tuple[str, str, str]
"""Name of the number, partner, state; the last two empty where it has none."""
_WINDOW_SECONDS = 600.0
_HOUR_SECONDS = 3600.0


@dataclass(frozen=True, slots=True)
class Rule:
    """A number that must not be over `limit`. `state`: of which intents; `is_each`: each partner has one without."""

    name: str
    number: str
    limit: float
    do: str
    state: str = ""
    is_each: bool = False

    @property
    def by_partner(self) -> bool:
        """Whether it is a number of each partner."""
        return self.is_each or bool(self.state)


@dataclass(frozen=True, slots=True)
class Cause:
    """A rule that is broken now; ids and numbers only."""

    rule: str
    partner: str
    value: float
    limit: float
    do: str

    @property
    def key(self) -> str:
        """By it the same cause is known again."""
        return f"{self.rule}/{self.partner}" if self.partner else self.rule


RULES = (
    Rule(
        "PartnerDoesNotTake",
        "handoff_partner_resting",
        0,
        "{{ $labels.partner }} takes nothing: for half a minute, or several in a row. All of it is tried again.",
        is_each=True,
    ),
    Rule(
        "NothingReachesAPartner",
        "handoff_oldest_intent_seconds",
        900,
        "handoff lanes list --partner {{ $labels.partner }}: "
        "the reason says whether it is the network, TLS or the partner.",
        "retry",
    ),
    Rule(
        "DeadLetters",
        "handoff_intents",
        0,
        "handoff lanes list --state dead, then `lanes again` or `lanes drop` with a reason.",
        "dead",
    ),
    Rule(
        "OutcomeUnknown",
        "handoff_intents",
        0,
        "Ask the partner whether it arrived, then `lanes arrived` or `lanes again`.",
        "unknown",
    ),
    Rule(
        "QueueGrows",
        "handoff_intents",
        1000,
        "More comes than goes. Is the partner slow, or is the machine busy?",
        "due",
    ),
    Rule(
        "MessagesNeedCorrection",
        "handoff_messages_needing_attention_oldest_seconds",
        14400,
        "handoff messages list --state needs_attention; show says the place; replay after it was corrected.",
    ),
    Rule(
        "IdentityInDoubt",
        "handoff_patients_in_doubt_oldest_seconds",
        14400,
        "handoff identity list, then `same`, `apart` or `confirm`: somebody's referral waits for it.",
    ),
    Rule(
        "ConsentRequestsOverdue",
        "handoff_consent_requests_overdue",
        0,
        "handoff lanes list --state held shows the owners.",
    ),
    Rule(
        "ReferralsUnanswered",
        "handoff_referrals_unanswered",
        0,
        "handoff requests list (`unanswered`): call the agency's owner; when it is closed, its after-hours contact.",
        is_each=True,
    ),
    Rule(
        "AuditLogNotSealed",
        "handoff_audit_seal_lag_seconds",
        60,
        "Full disk, or AUDIT_ALTERED in the log: then stop, keep the files, and follow `handoff audit verify`.",
    ),
    Rule(
        "JournalNotWritten",
        "handoff_journal_behind_seconds",
        60,
        "Disk of `journal/` full or away? Until it is written again, a lost store takes what came since: "
        "`handoff db backup` now, elsewhere.",
    ),
    Rule(
        "AuditLogNotTold",
        "handoff_audit_untold_seconds",
        3600,
        "An audit record repository (HANDOFF_ATNA_…) is behind: `handoff doctor` says which, at which entry and why. "
        "A new one gets the whole log first.",
    ),
    Rule(
        "FolderUnreadable",
        "handoff_folder_unreadable_seconds",
        300,
        "Nothing is taken from {{ $labels.partner }}'s folder: `folder_unreadable` in the log has the code, "
        "`handoff check` the folder.",
        is_each=True,
    ),
    Rule(
        "LogFactsDropped",
        "handoff_log_facts_dropped_total",
        0,
        "Something tried to log what may not be logged; it was left out. Report it as a fault.",
    ),
)
_GROWS, _DROPPED = "QueueGrows", "LogFactsDropped"


@dataclass
class Watch:
    """The rules over time: some look at how a number went."""

    _queues: dict[str, list[tuple[float, float]]] = field(default_factory=dict)
    _dropped: float | None = None
    _rose_at: float | None = None

    def look(self, numbers: Mapping[Key, float], at: float) -> tuple[Cause, ...]:
        """What is wrong `at` that moment (seconds of a clock that never steps back); called about once a minute."""
        return tuple(cause for rule in RULES for cause in self._broken(rule, numbers, at))

    def _broken(self, rule: Rule, numbers: Mapping[Key, float], at: float) -> Iterator[Cause]:
        for (name, partner, state), value in sorted(numbers.items()):
            if name != rule.number or state != rule.state:
                continue
            if rule.name == _GROWS:
                is_broken = self._grows(partner, value, rule.limit, at)
            elif rule.name == _DROPPED:
                is_broken = self._rose(value, at)
            else:
                is_broken = value > rule.limit
            if is_broken:
                do = rule.do.replace("{{ $labels.partner }}", partner)
                yield Cause(rule.name, partner, value, rule.limit, do)

    def _rose(self, value: float, at: float) -> bool:
        """Whether it was less within the last hour. What it was before the first look is not known."""
        if self._dropped is not None and value > self._dropped:
            self._rose_at = at
        self._dropped = value
        return self._rose_at is not None and at - self._rose_at < _HOUR_SECONDS

    def _grows(self, partner: str, value: float, limit: float, at: float) -> bool:
        """Over the limit for the whole window, and more at its end than at its beginning."""
        seen = self._queues.setdefault(partner, [])
        seen.append((at, value))
        while len(seen) > 1 and seen[1][0] <= at - _WINDOW_SECONDS:
            del seen[0]
        whole = at - seen[0][0] >= _WINDOW_SECONDS
        return whole and all(number > limit for _, number in seen) and value > seen[0][1]


def numbers_of(families: Iterable[Metric]) -> dict[Key, float]:
    """The numbers of a monitor's page by name, partner and state."""
    return {
        (sample.name, sample.labels.get("partner", ""), sample.labels.get("state", "")): sample.value
        for family in families
        for sample in family.samples
        if sample.labels.keys() <= {"partner", "state"}
    }
