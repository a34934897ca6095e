"""Counts and times of requests for `/metrics`: by door, method and status, which name no patient."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Histogram

from gateway import logs

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)


class RequestCounters:
    """The counters of one app, in `registry` (unless given a fresh one: two apps can live in one process)."""

    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        self.registry = registry or CollectorRegistry()
        self._requests = Counter(
            "handoff_http_requests",
            "HTTP requests answered",
            ("door", "method", "status"),
            registry=self.registry,
        )
        self._seconds = Histogram(
            "handoff_http_request_seconds",
            "seconds to answer",
            ("door",),
            buckets=_BUCKETS,
            registry=self.registry,
        )
        self._dropped = Counter(
            "handoff_log_facts_dropped", "facts kept out of the log", registry=self.registry
        )
        self._dropped_before = logs.dropped_facts()
        self._kinds: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}

    def tell(self, scope: Mapping[str, Any], status: int, seconds: float) -> None:
        """Count and log the answer to the request of `scope`, whose `state` says the rest."""
        state: Mapping[str, Any] = scope["state"]
        door = str(getattr(scope.get("route"), "name", "") or "none")
        method = scope["method"] if scope["method"] in _METHODS else "OTHER"
        self.answered(door, method, status, seconds)
        logs.info(
            logs.Event.REQUEST_ANSWERED,
            request_id=state["request_id"],
            door=door,
            method=method.lower(),
            status=status,
            milliseconds=round(seconds * 1000, 1),
            partner=state.get("partner"),
            resource_type=state.get("resource_type"),
            code=state.get("code"),
        )

    def answered(self, door: str, method: str, status: int, seconds: float) -> None:
        """Count one answer."""
        answered, took = self._of(door, method, status)
        answered.inc()
        took.observe(seconds)
        dropped = logs.dropped_facts()
        if dropped > self._dropped_before:
            self._dropped.inc(dropped - self._dropped_before)
            self._dropped_before = dropped

    def _of(self, door: str, method: str, status: int) -> tuple[Counter, Histogram]:
        """The two of a kind of answer; there are few kinds, and looking them up anew takes longer than counting."""
        kind = door, method, status
        found = self._kinds.get(kind)
        if found is None:
            found = self._requests.labels(door, method, str(status)), self._seconds.labels(door)
            self._kinds[kind] = found
        return found
