-- The tables of the ledger.
--
-- Every table replaces: the sorting key is the identity of a row and nothing else, so a row that is told twice (after a
-- crash, or because a block was sent again) is one row once parts are merged, and at once for readers that say FINAL.
-- Partitions are months of a time that never changes for an identity, or equal rows would never meet.

CREATE TABLE IF NOT EXISTS sanwang.events
(
    log_id           LowCardinality(String),
    feed             LowCardinality(String),
    source_partition UInt32,
    source_offset    UInt64,
    event_id         String,
    outcome          LowCardinality(String),
    incident_id      String,
    repeat           Bool,
    occurred_at      DateTime64(3, 'Asia/Shanghai'),
    received_at      DateTime64(3, 'Asia/Shanghai'),
    area             LowCardinality(String),
    placed_by        LowCardinality(String),
    ambiguous        Bool,
    lon              Nullable(Float64),
    lat              Nullable(Float64),
    item             LowCardinality(String),
    classified_by    LowCardinality(String),
    score            Float64,
    class_reasons    String CODEC(ZSTD(1)),
    match_reasons    String CODEC(ZSTD(1)),
    urgency          UInt8,
    life_safety      Bool,
    text             String CODEC(ZSTD(1)),
    address          String CODEC(ZSTD(1)),
    caller           UInt64,
    self_handled     Bool,
    catalogue        LowCardinality(String),
    replayed         Bool,
    version          UInt64,
    -- The areas above, by the digits of the code (see streams/core/area.py).
    county           LowCardinality(String) MATERIALIZED rightPad(substring(area, 1, 6), 12, '0'),
    township         LowCardinality(String) MATERIALIZED rightPad(substring(area, 1, 9), 12, '0')
)
ENGINE = ReplacingMergeTree(version)
PARTITION BY toYYYYMM(received_at)
ORDER BY (log_id, feed, source_partition, source_offset);

CREATE TABLE IF NOT EXISTS sanwang.incidents
(
    incident_id String,
    item        LowCardinality(String),
    area        LowCardinality(String),
    lon         Nullable(Float64),
    lat         Nullable(Float64),
    first_at    DateTime64(3, 'Asia/Shanghai'),
    last_at     DateTime64(3, 'Asia/Shanghai'),
    opened_at   DateTime64(3, 'Asia/Shanghai'),
    reports     UInt32,
    feeds       UInt8,
    repeats     UInt32,
    urgency     UInt8,
    life_safety Bool,
    lead        LowCardinality(String),
    assists     Array(LowCardinality(String)),
    rule        LowCardinality(String),
    due_at      DateTime64(3, 'Asia/Shanghai'),
    closed      Bool,
    text        String CODEC(ZSTD(1)),
    address     String CODEC(ZSTD(1)),
    revision    UInt64,
    county      LowCardinality(String) MATERIALIZED rightPad(substring(area, 1, 6), 12, '0'),
    township    LowCardinality(String) MATERIALIZED rightPad(substring(area, 1, 9), 12, '0')
)
ENGINE = ReplacingMergeTree(revision)
PARTITION BY toYYYYMM(opened_at)
ORDER BY incident_id;

CREATE TABLE IF NOT EXISTS sanwang.orders
(
    order_id    String,
    incident_id String,
    unit        LowCardinality(String),
    role        LowCardinality(String),
    round       UInt16,
    revision    UInt64,
    feed        LowCardinality(String),
    item        LowCardinality(String),
    area        LowCardinality(String),
    lon         Nullable(Float64),
    lat         Nullable(Float64),
    urgency     UInt8,
    life_safety Bool,
    reports     UInt32,
    opened_at   DateTime64(3, 'Asia/Shanghai'),
    received_at DateTime64(3, 'Asia/Shanghai'),
    issued_at   DateTime64(3, 'Asia/Shanghai'),
    due_at      DateTime64(3, 'Asia/Shanghai'),
    rule        LowCardinality(String),
    county      LowCardinality(String) MATERIALIZED rightPad(substring(area, 1, 6), 12, '0'),
    township    LowCardinality(String) MATERIALIZED rightPad(substring(area, 1, 9), 12, '0')
)
ENGINE = ReplacingMergeTree(revision)
PARTITION BY toYYYYMM(opened_at)
ORDER BY order_id;

CREATE TABLE IF NOT EXISTS sanwang.dead_letters
(
    log_id           LowCardinality(String),
    feed             LowCardinality(String),
    source_partition UInt32,
    source_offset    UInt64,
    reason           LowCardinality(String),
    detail           String CODEC(ZSTD(1)),
    preview          String CODEC(ZSTD(1)),
    file             LowCardinality(String),
    line             UInt32,
    received_at      DateTime64(3, 'Asia/Shanghai'),
    status           LowCardinality(String),
    revision         UInt64
)
ENGINE = ReplacingMergeTree(revision)
PARTITION BY toYYYYMM(received_at)
ORDER BY (log_id, feed, source_partition, source_offset);

CREATE TABLE IF NOT EXISTS sanwang.all_clears
(
    log_id           LowCardinality(String),
    source_partition UInt32,
    source_offset    UInt64,
    number           String,
    grid             LowCardinality(String),
    worker           UInt64,
    at               DateTime64(3, 'Asia/Shanghai'),
    received_at      DateTime64(3, 'Asia/Shanghai')
)
ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMM(received_at)
ORDER BY (log_id, source_partition, source_offset);

CREATE TABLE IF NOT EXISTS sanwang.latencies
(
    event_id    String,
    feed        LowCardinality(String),
    urgency     UInt8,
    life_safety Bool,
    received_at DateTime64(3, 'Asia/Shanghai'),
    accepted_ms Int32,
    decided_ms  Int32,
    ordered_ms  Nullable(Int32)
)
ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMM(received_at)
ORDER BY event_id;
