"""Every metric, named once. Labels are feeds, topics, tables and fixed reasons: never a person, a number or a place."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.exposition import generate_latest

_LATENCY_S = (0.002, 0.005, 0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 300)
_STAGE_S = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1, 5, 30)
_INSERT_S = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 30)
_RECORDS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)


class Metrics:
    """The metrics of one worker, in a registry of their own so that several can live in one process."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        r = self.registry
        # What came of the records of each feed: new, linked, redelivered, all_clear, dead_letter.
        self.reports = Counter("sanwang_reports", "Records of a feed by outcome", ["feed", "outcome"], registry=r)
        # Who said what reports are about: code, text, model, or none (其他). What drifts shows here first.
        self.classified = Counter("sanwang_classified", "Reports by who classified them", ["feed", "by"], registry=r)
        # The learned model in use: always 1; by is rules, model or both, the version is empty with rules alone.
        self.model = Gauge("sanwang_model_info", "Model in use", ["by", "version"], registry=r)
        # A model file that could not be loaded, a chunk that the model failed on: load, classify.
        self.model_failures = Counter("sanwang_model_failures", "Failures of a model", ["step"], registry=r)
        # Dead letters by feed and reason (the reasons are RefusedError's).
        self.dead_letters = Counter("sanwang_dead_letters", "Dead letters", ["feed", "reason"], registry=r)
        # Orders sent, by role of the unit: lead, assist.
        self.orders = Counter("sanwang_orders", "Orders sent, revisions included", ["role"], registry=r)
        # From the broker's time of the feed record to the broker's confirmation of its orders; live reports only.
        self.call_to_order = Histogram(
            "sanwang_call_to_order_seconds", "Report received to order confirmed", ["feed"],
            buckets=_LATENCY_S, registry=r,
        )
        # Computing time of a chunk in a stage: intake, all_clears, triage, answers, casework, recorder.
        self.stage = Histogram("sanwang_stage_seconds", "Work on a chunk", ["stage"], buckets=_STAGE_S, registry=r)
        # Records in a chunk, by topic.
        self.chunk = Histogram("sanwang_chunk_records", "Records in a chunk", ["topic"], buckets=_RECORDS, registry=r)
        # Records between the committed offset and the end of a partition that this worker owns.
        self.lag = Gauge("sanwang_lag_records", "Records not yet committed", ["topic", "partition"], registry=r)
        # Sends that the broker did not confirm, each of which is repeated.
        self.send_failures = Counter("sanwang_send_failures", "Sends not confirmed", ["topic"], registry=r)
        # ClickHouse inserts: duration, rows, failures (each is repeated).
        self.insert = Histogram(
            "sanwang_insert_seconds", "ClickHouse insert of a block", ["table"], buckets=_INSERT_S, registry=r
        )
        self.inserted_rows = Counter("sanwang_inserted_rows", "Rows inserted", ["table"], registry=r)
        self.insert_failures = Counter("sanwang_insert_failures", "Inserts that failed", ["table"], registry=r)
        # Partitions assigned anew to this worker, counted once per rebalance.
        self.rebalances = Counter("sanwang_rebalances", "Rebalances of the consumer group", registry=r)
        # State of triage: open incidents per partition, and how long the last rebuild took.
        self.open_incidents = Gauge("sanwang_open_incidents", "Incidents open for matching", ["partition"], registry=r)
        self.recovery = Histogram(
            "sanwang_recovery_seconds", "Rebuilding a partition's state", buckets=_INSERT_S, registry=r
        )
        # Since committed offsets last grew or there was nothing to do; /healthz says stuck after 60.
        self.without_progress = Gauge(
            "sanwang_seconds_without_progress", "Since work was last done while there was some", registry=r
        )
        # The broker's time of the newest record of a feed less this machine's clock, as of its latest chunk: above 0 by
        # seconds, one of the clocks is wrong, and due times with it. Below 0 it is the age of the record.
        self.clock_ahead = Gauge("sanwang_clock_ahead_seconds", "Newest record's time less ours", ["topic"], registry=r)
        # What stands open in ClickHouse, counted each minute by the worker that has partition 0 of the events topic;
        # others say nothing. State: due_soon (within 30 minutes), overdue, stuck_hand_over (not taken for 5 minutes).
        self.standing = Gauge("sanwang_standing", "Orders and hand-overs by state", ["state"], registry=r)
        # Steps of orders that were taken, by step (see streams/core/order_update.py).
        self.order_steps = Counter("sanwang_order_steps", "Steps of orders", ["step"], registry=r)
        # Acts of supervision: reminder, urging, escalation.
        self.signals = Counter("sanwang_supervision", "Acts of supervision", ["kind"], registry=r)
        # Orders whose unit is expected to act, by partition of casework.
        self.open_orders = Gauge("sanwang_open_orders", "Orders being followed up", ["partition"], registry=r)
        # Records pushed across that the other line has not acknowledged: how many, and how long the oldest waits.
        self.hand_overs_waiting = Gauge(
            "sanwang_hand_overs_waiting", "Hand-overs not acknowledged", ["partition"], registry=r
        )
        self.hand_overs_oldest = Gauge(
            "sanwang_hand_over_oldest_seconds", "Age of the oldest hand-over not acknowledged", ["partition"],
            registry=r,
        )
        # Warnings that stand in the partitions of this worker, by subject and colour; and every change.
        self.standing_warnings = Gauge(
            "sanwang_standing_warnings", "Warnings that stand", ["subject", "colour"], registry=r
        )
        self.warnings = Counter("sanwang_warnings", "Changes of warnings", ["subject", "change"], registry=r)
        # How long nothing has come from a feed; told by the worker that has partition 0.
        self.feed_quiet = Gauge("sanwang_feed_quiet_seconds", "Since the feed's latest record", ["feed"], registry=r)
        # Resident memory of the process.
        self.memory = Gauge("sanwang_memory_bytes", "Resident memory", registry=r)
        # Chunks whose step failed for a reason that is not the broker's or ClickHouse's.
        self.step_failures = Counter("sanwang_step_failures", "Chunks tried again", ["stage"], registry=r)

    def exposition(self) -> bytes:
        """The metrics in Prometheus's text format."""
        return generate_latest(self.registry)


class ShadowMetrics:
    """The metrics of a shadow: what would differ under other rules."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        # Reports that both sides decided on.
        self.reports = Counter("sanwang_shadow_reports", "Reports decided both ways", registry=self.registry)
        # Differences, by kind: class, place, refusal, merged, split, regrouped, ordered, lead, assists, due, urgency.
        self.differences = Counter("sanwang_shadow_differences", "Differences", ["kind"], registry=self.registry)
