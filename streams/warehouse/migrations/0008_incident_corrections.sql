-- Every correction of matching that came in, and what became of it; rows are only ever added. The same number again is
-- the same correction, for one that came in at another's desk is sent on, and may be sent on twice.
CREATE TABLE IF NOT EXISTS sanwang.incident_corrections
(
    log_id           LowCardinality(String),
    source_partition UInt32,
    source_offset    UInt64,
    number           String,
    event_id         String,
    incident_id      String,
    outcome          LowCardinality(String),
    by               LowCardinality(String),
    reason           String CODEC(ZSTD(1)),
    corrected_at     DateTime64(3, 'Asia/Shanghai'),
    received_at      DateTime64(3, 'Asia/Shanghai')
)
ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMM(corrected_at)
ORDER BY (number, event_id);
