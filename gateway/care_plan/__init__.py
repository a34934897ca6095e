"""One care plan out of what several agencies contributed. Pure: resources in, resources out; see README.md."""

from __future__ import annotations

from gateway.care_plan.goals import goal_lacks
from gateway.care_plan.merge import SHARED_TYPES, is_merged, parts_to_show, shared_plan
from gateway.care_plan.screening import screening_alerts, self_harm_told

__all__ = [
    "SHARED_TYPES",
    "goal_lacks",
    "is_merged",
    "parts_to_show",
    "screening_alerts",
    "self_harm_told",
    "shared_plan",
]
