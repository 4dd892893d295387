"""Count requests of people who are signed in and of machines; the public door is never counted."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Histogram

KINDS = ("page", "machine")
# Its own registry: the parts we use register nothing with us.
REGISTRY = CollectorRegistry()
ANSWERED = Counter(
    "evenhand_answered",
    "Requests answered, without those of the public door.",
    ["kind", "status"],
    registry=REGISTRY,
)
SECONDS = Histogram(
    "evenhand_answer_seconds",
    "How long an answer took, without the public door.",
    ["kind"],
    buckets=(0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
    registry=REGISTRY,
)


def answered(kind: str, status: int, seconds: float) -> None:
    """Count one answer: page or machine, its class of status (2xx … 5xx), how long it took."""
    ANSWERED.labels(kind, f"{status // 100}xx").inc()
    SECONDS.labels(kind).observe(seconds)
