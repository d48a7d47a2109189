"""The metrics of the HTTP door and of the pushes, each named once; labels as in `streams.telemetry.metrics`."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.exposition import generate_latest

_ANSWER_S = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10)


class DoorMetrics:
    """The metrics of one door."""

    def __init__(self) -> None:
        self.registry = r = CollectorRegistry()
        # Answers by path (as in the OpenAPI document) and status.
        self.answers = Counter("sanwang_door_answers", "Requests answered", ["path", "status"], registry=r)
        # From the request's head to its answer.
        self.seconds = Histogram(
            "sanwang_door_answer_seconds", "Request to answer", ["path"], buckets=_ANSWER_S, registry=r
        )
        # Records confirmed by Kafka, by topic.
        self.records = Counter("sanwang_door_records", "Records taken", ["topic"], registry=r)
        # Records refused, by the reasons of dead letters.
        self.refused = Counter("sanwang_door_refused", "Records refused", ["reason"], registry=r)
        # Rounds that Kafka did not confirm in time: everybody in them was told 503.
        self.send_failures = Counter("sanwang_door_send_failures", "Rounds not confirmed", ["topic"], registry=r)
        # Bytes of requests that are not answered yet.
        self.waiting_bytes = Gauge("sanwang_door_waiting_bytes", "Bytes of requests under way", registry=r)
        self.memory = Gauge("sanwang_door_memory_bytes", "Resident memory", registry=r)

    def exposition(self) -> bytes:
        """The metrics in Prometheus's text format."""
        return generate_latest(self.registry)


class PushMetrics:
    """The metrics of one `sanwang push`."""

    def __init__(self) -> None:
        self.registry = r = CollectorRegistry()
        # Orders by unit that stands for the endpoint, and what became of them: delivered, refused, undelivered.
        self.pushed = Counter("sanwang_push_orders", "Orders pushed", ["unit", "outcome"], registry=r)
        # Tries that failed, by what happened: error (the endpoint broke), away (no answer, or one about the endpoint).
        self.failures = Counter("sanwang_push_failures", "Tries that failed", ["unit", "why"], registry=r)
        self.seconds = Histogram("sanwang_push_seconds", "One try", ["unit"], buckets=_ANSWER_S, registry=r)
        # Age of the oldest order that its endpoint has not taken, 0 when none waits: the measure of a stuck push.
        self.oldest = Gauge("sanwang_push_oldest_seconds", "Age of the oldest waiting order", ["unit"], registry=r)
        # Orders from the issue to the endpoint's yes.
        self.delay = Histogram(
            "sanwang_push_delay_seconds", "Order issued to order taken", ["unit"],
            buckets=(0.05, 0.1, 0.5, 1, 5, 30, 60, 300, 1800, 3600, 21600, 86400), registry=r,
        )

    def exposition(self) -> bytes:
        """The metrics in Prometheus's text format."""
        return generate_latest(self.registry)
