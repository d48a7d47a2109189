-- Records pushed between 12345, 110 and the grid, with the times of push and acknowledgement.

CREATE TABLE IF NOT EXISTS sanwang.hand_overs
(
    incident_id     String,
    from_line       LowCardinality(String),
    to_line         LowCardinality(String),
    reason          LowCardinality(String),
    opened_at       DateTime64(3, 'Asia/Shanghai'),
    pushed_at       DateTime64(3, 'Asia/Shanghai'),
    acknowledged_at Nullable(DateTime64(3, 'Asia/Shanghai')),
    revision        UInt64
)
ENGINE = ReplacingMergeTree(revision)
PARTITION BY toYYYYMM(opened_at)
ORDER BY (incident_id, from_line, to_line, reason);

-- Hand-overs that nobody has acknowledged yet, the longest waiting first. How many minutes are too many is the reader's:
-- WHERE waiting_minutes >= 5.
CREATE VIEW IF NOT EXISTS sanwang.stuck_hand_overs AS
SELECT
    pushed.incident_id AS incident_id, from_line, to_line, reason, pushed_at,
    intDiv(dateDiff('second', pushed_at, now64(3)), 60) AS waiting_minutes,
    incidents.item AS item, items.name AS item_name, incidents.area AS area, areas.name AS area_name,
    urgency, incidents.life_safety AS life_safety, incidents.lead AS lead, units.name AS lead_name
FROM (SELECT * FROM sanwang.hand_overs FINAL WHERE acknowledged_at IS NULL) AS pushed
LEFT JOIN (SELECT * FROM sanwang.incidents FINAL) AS incidents ON incidents.incident_id = pushed.incident_id
LEFT JOIN (SELECT * FROM sanwang.items FINAL) AS items ON items.code = incidents.item
LEFT JOIN (SELECT code, name FROM sanwang.areas FINAL) AS areas ON areas.code = incidents.area
LEFT JOIN (SELECT code, name FROM sanwang.units FINAL) AS units ON units.code = incidents.lead
ORDER BY pushed_at;

-- How hand-overs went, day by day: how many, how many acknowledged, and how long that took.
CREATE VIEW IF NOT EXISTS sanwang.hand_overs_per_day AS
SELECT
    toDate(pushed_at, 'Asia/Shanghai') AS day, from_line, to_line, reason,
    count() AS pushed, count(acknowledged_at) AS acknowledged,
    quantileExactIf(0.5)(dateDiff('second', pushed_at, acknowledged_at), acknowledged_at IS NOT NULL) AS p50_seconds,
    quantileExactIf(0.9)(dateDiff('second', pushed_at, acknowledged_at), acknowledged_at IS NOT NULL) AS p90_seconds
FROM sanwang.hand_overs FINAL
GROUP BY day, from_line, to_line, reason;
