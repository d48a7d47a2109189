"""The same job, as users of other stream processors would write it: same input, core functions and ClickHouse writer.

What each does not do, and the pipeline does, stands in `NOT_DONE`.
"""

from __future__ import annotations

from collections.abc import Mapping

PEERS = ("faust", "quix", "bytewax", "ceiling")

#: The pipeline's duties that a peer, written the usual way, leaves out.
NOT_DONE: Mapping[str, str] = {
    "faust": "no recovery of triage's state; offsets are committed before orders and rows are confirmed, so a crash "
    "loses records; no account; no order of urgency",
    "quix": "no recovery of triage's state (the desk is no key-value state); a crash between checkpoints sends orders "
    "twice and decides anew; no account; no order of urgency",
    "bytewax": "no recovery (none configured: its snapshots would copy whole desks); events do not pass through Kafka; "
    "rows may be lost on a crash; no account; no order of urgency",
    "ceiling": "no normalising, scrubbing, placing, classifying, matching, routing or orders: decodes and inserts only",
}
