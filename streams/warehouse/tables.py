"""The one place that says how a row of each table is laid out: which columns, in which order, of which type.

Ledger records carry rows as arrays in this order, and inserts name these columns in this order. A column may only be
appended at the end of a table, together with a migration: rows of an older release are then shorter and are refused.
"""

from __future__ import annotations

from functools import cached_property

import pyarrow as pa

DATABASE = "sanwang"

TEXT = pa.string()
FLAG = pa.bool_()
TIME = pa.timestamp("ms")  # milliseconds since 1970 UTC, given as int
DEGREES = pa.float64()  # WGS84, None when unknown

#: The columns that may be None; in any other one the engine would quietly make it 0 or "".
OPTIONAL = frozenset({"lon", "lat", "ordered_ms"})


class Table:
    """Name and columns of one table; `columns` maps each column that is inserted to its Arrow type, in order."""

    def __init__(self, name: str, /, **columns: pa.DataType) -> None:
        self.name = name
        self.columns = columns

    @property
    def names(self) -> tuple[str, ...]:
        """The columns' names, in the order of a row."""
        return tuple(self.columns)

    @cached_property
    def schema(self) -> pa.Schema:
        """The columns as an Arrow schema."""
        return pa.schema([pa.field(name, kind, name in OPTIONAL) for name, kind in self.columns.items()])

    @cached_property
    def insert(self) -> str:
        """The beginning of an INSERT into this table, up to the data."""
        return f"INSERT INTO {DATABASE}.{self.name} ({', '.join(self.columns)})"


#: One row for each record of a feed that became an event; identity: log_id, feed, source_partition, source_offset.
EVENTS = Table(
    "events",
    log_id=TEXT,  # the Kafka cluster's id: an embedded broker starts a new log each time
    feed=TEXT,
    source_partition=pa.uint32(),
    source_offset=pa.uint64(),
    event_id=TEXT,
    outcome=TEXT,  # new, linked, redelivered
    incident_id=TEXT,  # "" for a redelivery whose incident is no longer open
    repeat=FLAG,  # by a caller who had reported this matter before
    occurred_at=TIME,
    received_at=TIME,
    area=TEXT,
    placed_by=TEXT,
    ambiguous=FLAG,
    lon=DEGREES,
    lat=DEGREES,
    item=TEXT,
    classified_by=TEXT,
    score=pa.float32(),
    class_reasons=TEXT,
    match_reasons=TEXT,
    urgency=pa.uint8(),
    life_safety=FLAG,
    text=TEXT,
    address=TEXT,
    caller=pa.uint64(),
    self_handled=FLAG,
    catalogue=TEXT,
    replayed=FLAG,
    version=pa.uint64(),  # offset in the events topic: told again, a row replaces itself
)

#: One row for each incident, as of its latest revision; identity: incident_id.
INCIDENTS = Table(
    "incidents",
    incident_id=TEXT,
    item=TEXT,
    area=TEXT,
    lon=DEGREES,
    lat=DEGREES,
    first_at=TIME,
    last_at=TIME,
    opened_at=TIME,
    reports=pa.uint32(),
    feeds=pa.uint8(),  # bit 1 hotline, 2 police, 4 grid
    repeats=pa.uint32(),
    urgency=pa.uint8(),
    life_safety=FLAG,
    lead=TEXT,
    assists=pa.list_(TEXT),
    rule=TEXT,
    due_at=TIME,
    closed=FLAG,
    text=TEXT,
    address=TEXT,
    revision=pa.uint64(),
)

#: One row for each order, as of its latest revision; identity: order_id.
ORDERS = Table(
    "orders",
    order_id=TEXT,
    incident_id=TEXT,
    unit=TEXT,
    role=TEXT,  # lead, assist
    round=pa.uint16(),
    revision=pa.uint64(),
    feed=TEXT,
    item=TEXT,
    area=TEXT,
    lon=DEGREES,
    lat=DEGREES,
    urgency=pa.uint8(),
    life_safety=FLAG,
    reports=pa.uint32(),
    opened_at=TIME,  # of the incident: the same in every revision, so all of them meet in one month's partition
    received_at=TIME,
    issued_at=TIME,
    due_at=TIME,
    rule=TEXT,
    text=TEXT,
    address=TEXT,
)

#: One row for each record that was refused; identity: log_id, feed, source_partition, source_offset.
DEAD_LETTERS = Table(
    "dead_letters",
    log_id=TEXT,
    feed=TEXT,
    source_partition=pa.uint32(),
    source_offset=pa.uint64(),
    reason=TEXT,
    detail=TEXT,
    preview=TEXT,
    file=TEXT,  # of a replayed file, "" otherwise
    line=pa.uint32(),
    received_at=TIME,
    status=TEXT,  # open, replayed, dropped
    revision=pa.uint64(),
)

#: One row for each all-clear (平安报); identity: log_id, source_partition, source_offset.
ALL_CLEARS = Table(
    "all_clears",
    log_id=TEXT,
    source_partition=pa.uint32(),
    source_offset=pa.uint64(),
    number=TEXT,
    grid=TEXT,
    worker=pa.uint64(),  # keyed hash, 0 when unknown
    at=TIME,
    received_at=TIME,
)

#: How long each live report took from its receipt by the broker, in milliseconds; identity: event_id.
LATENCIES = Table(
    "latencies",
    event_id=TEXT,
    feed=TEXT,
    urgency=pa.uint8(),
    life_safety=FLAG,
    received_at=TIME,
    accepted_ms=pa.float32(),
    decided_ms=pa.float32(),
    ordered_ms=pa.float32(),  # until the broker had confirmed its orders; None when it led to none
)

#: The names behind the codes, loaded from the city.
ITEMS = Table(
    "items",
    code=TEXT,
    name=TEXT,
    class_code=TEXT,
    class_name=TEXT,
    domain=TEXT,
    level=pa.uint8(),
    life_safety=FLAG,
)
AREAS = Table("areas", code=TEXT, name=TEXT, level=TEXT, parent=TEXT, lon=DEGREES, lat=DEGREES, population=pa.uint32())
UNITS = Table(
    "units", code=TEXT, name=TEXT, kind=TEXT, sector=TEXT, territory=TEXT, parent=TEXT, lon=DEGREES, lat=DEGREES
)

LEDGER_TABLES = (EVENTS, INCIDENTS, ORDERS, DEAD_LETTERS, ALL_CLEARS, LATENCIES)
TABLES = {table.name: table for table in (*LEDGER_TABLES, ITEMS, AREAS, UNITS)}
