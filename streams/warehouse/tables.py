"""The one place that says how a row of each table is laid out: which columns, in which order, of which type.

Ledger records carry rows as arrays in this order, and inserts name these columns in this order. A column may only be
appended at the end of a table, together with a migration: rows of an older release are then shorter and are refused.
"""

from __future__ import annotations

from functools import cached_property

DATABASE = "sanwang"

TEXT = "String"
FLAG = "Bool"
TIME = "DateTime64(3, 'Asia/Shanghai')"  # given as int, milliseconds since 1970 UTC
DEGREES = "Nullable(Float64)"  # WGS84, None when unknown


class Table:
    """Name and columns of one table; `columns` maps each column that is inserted to ClickHouse's type, in order."""

    def __init__(self, name: str, /, **columns: str) -> None:
        self.name = name
        self.columns = columns

    @property
    def names(self) -> tuple[str, ...]:
        """The columns' names, in the order of a row."""
        return tuple(self.columns)

    @cached_property
    def insert(self) -> str:
        """The beginning of an INSERT into this table, up to the data."""
        return f"INSERT INTO {DATABASE}.{self.name} ({', '.join(self.columns)})"


#: One row for each record of a feed that became an event; identity: log_id, feed, source_partition, source_offset.
EVENTS = Table(
    "events",
    log_id=TEXT,  # the Kafka cluster's id: an embedded broker starts a new log each time
    feed=TEXT,
    source_partition="UInt32",
    source_offset="UInt64",
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
    score="Float64",
    class_reasons=TEXT,
    match_reasons=TEXT,
    urgency="UInt8",
    life_safety=FLAG,
    text=TEXT,
    address=TEXT,
    caller="UInt64",
    self_handled=FLAG,
    catalogue=TEXT,
    replayed=FLAG,
    version="UInt64",  # offset in the events topic: told again, a row replaces itself
    wish=TEXT,  # 咨询, 求助, 投诉, 举报, 建议; "" where the source does not say
    source_code=TEXT,  # the source's own most specific class code
    model=TEXT,  # version of the learned model that was in use, "" with rules alone
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
    reports="UInt32",
    feeds="UInt8",  # bit 1 hotline, 2 police, 4 grid
    repeats="UInt32",
    urgency="UInt8",
    life_safety=FLAG,
    lead=TEXT,
    assists="Array(String)",
    rule=TEXT,
    due_at=TIME,
    closed=FLAG,
    text=TEXT,
    address=TEXT,
    revision="UInt64",
)

#: One row for each order, as of its latest revision; identity: order_id.
ORDERS = Table(
    "orders",
    order_id=TEXT,
    incident_id=TEXT,
    unit=TEXT,
    role=TEXT,  # lead, assist
    round="UInt16",
    revision="UInt64",
    feed=TEXT,
    item=TEXT,
    area=TEXT,
    lon=DEGREES,
    lat=DEGREES,
    urgency="UInt8",
    life_safety=FLAG,
    reports="UInt32",
    opened_at=TIME,  # of the incident: the same in every revision, so all of them meet in one month's partition
    received_at=TIME,
    issued_at=TIME,
    due_at=TIME,
    rule=TEXT,
)

#: One row for each record that was refused; identity: log_id, feed, source_partition, source_offset.
DEAD_LETTERS = Table(
    "dead_letters",
    log_id=TEXT,
    feed=TEXT,
    source_partition="UInt32",
    source_offset="UInt64",
    reason=TEXT,
    detail=TEXT,
    preview=TEXT,
    file=TEXT,  # of a replayed file, "" otherwise
    line="UInt32",
    received_at=TIME,
    status=TEXT,  # open, replayed, dropped
    revision="UInt64",
)

#: One row for each all-clear (平安报); identity: log_id, source_partition, source_offset.
ALL_CLEARS = Table(
    "all_clears",
    log_id=TEXT,
    source_partition="UInt32",
    source_offset="UInt64",
    number=TEXT,
    grid=TEXT,
    at=TIME,
    received_at=TIME,
)

#: How long each live report took from its receipt by the broker, in milliseconds; identity: event_id.
LATENCIES = Table(
    "latencies",
    event_id=TEXT,
    feed=TEXT,
    urgency="UInt8",
    life_safety=FLAG,
    received_at=TIME,
    accepted_ms="Int32",
    decided_ms="Int32",
    ordered_ms="Nullable(Int32)",  # until the broker had confirmed its orders; None when it led to none
)

#: One row for each record pushed from one line to another; identity: incident_id, from_line, to_line, reason.
HAND_OVERS = Table(
    "hand_overs",
    incident_id=TEXT,
    from_line=TEXT,  # 12345, 110, grid
    to_line=TEXT,
    reason=TEXT,
    opened_at=TIME,  # of the incident: the same in every revision
    pushed_at=TIME,
    acknowledged_at=f"Nullable({TIME})",  # None until the other line has taken it
    revision="UInt64",  # 1 pushed, 2 acknowledged
)

#: One row for each correction of matching; identity: number, event_id.
INCIDENT_CORRECTIONS = Table(
    "incident_corrections",
    log_id=TEXT,
    source_partition="UInt32",
    source_offset="UInt64",
    number=TEXT,  # the correction's own; of a record that cannot be read its position
    event_id=TEXT,  # the report that does not belong
    incident_id=TEXT,  # to this incident
    outcome=TEXT,  # split, or why it was refused
    by=TEXT,
    reason=TEXT,  # scrubbed
    corrected_at=TIME,
    received_at=TIME,
)

#: The names behind the codes, loaded from the city.
ITEMS = Table(
    "items",
    code=TEXT,
    name=TEXT,
    class_code=TEXT,
    class_name=TEXT,
    domain=TEXT,
    level="UInt8",
    life_safety=FLAG,
)
AREAS = Table("areas", code=TEXT, name=TEXT, level=TEXT, parent=TEXT, lon=DEGREES, lat=DEGREES, population="UInt32")
UNITS = Table(
    "units", code=TEXT, name=TEXT, kind=TEXT, sector=TEXT, territory=TEXT, parent=TEXT, lon=DEGREES, lat=DEGREES
)

#: One row for each step that an order took; identity: order_id, number.
ORDER_STEPS = Table(
    "order_steps",
    order_id=TEXT,
    number=TEXT,  # the update's own
    position="UInt32",  # counts the order's steps from 1
    step=TEXT,
    at=TIME,
    by=TEXT,
    reason=TEXT,  # scrubbed
    to_unit=TEXT,  # handed over to
    into=TEXT,  # merged into
    item=TEXT,  # recategorised as
    stage=TEXT,  # after the step
    due_at=TIME,  # after the step
    issued_at=TIME,  # of the order: the same for all its steps, so all of them meet in one month's partition
)

#: One row for each act of supervision; identity: signal_id.
SUPERVISION = Table(
    "supervision",
    signal_id=TEXT,
    kind=TEXT,  # reminder, urging, escalation
    order_id=TEXT,
    unit=TEXT,
    to_unit=TEXT,  # who was told
    level="UInt8",
    at=TIME,
    due_at=TIME,
)

#: One row for each change of a warning; identity: warning_id, revision.
WARNINGS = Table(
    "warnings",
    warning_id=TEXT,
    revision="UInt32",
    change=TEXT,  # raised, changed, cancelled
    subject=TEXT,
    place=TEXT,
    kind=TEXT,
    colour="UInt8",  # 1 blue, 2 yellow, 3 orange, 4 red
    counted="UInt32",
    expected="Float64",
    raised_at=TIME,
    at=TIME,
)

#: One row for each answer that was not refused; identity: log_id, feed, source_partition, source_offset.
RECEIPTS = Table(
    "receipts",
    log_id=TEXT,
    feed=TEXT,  # order_updates, hand_over_acks
    source_partition="UInt32",
    source_offset="UInt64",
    outcome=TEXT,  # applied, redelivered
    received_at=TIME,
)

LOOP_TABLES = (ORDER_STEPS, SUPERVISION, WARNINGS)

LEDGER_TABLES = (EVENTS, INCIDENTS, ORDERS, DEAD_LETTERS, ALL_CLEARS, LATENCIES, HAND_OVERS,
                 INCIDENT_CORRECTIONS, *LOOP_TABLES, RECEIPTS)  # fmt: skip
TABLES = {table.name: table for table in (*LEDGER_TABLES, ITEMS, AREAS, UNITS)}
