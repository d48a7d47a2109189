-- The closed loop: what became of orders, supervision, warnings; and the figures of a morning meeting.

-- Every step that was taken, in order; a step that was refused is a dead letter and is not here.
CREATE TABLE IF NOT EXISTS sanwang.order_steps
(
    order_id  String,
    number    String,
    position  UInt32,
    step      LowCardinality(String),
    at        DateTime64(3, 'Asia/Shanghai'),
    by        LowCardinality(String),
    reason    String CODEC(ZSTD(1)),
    to_unit   LowCardinality(String),
    into      String,
    item      LowCardinality(String),
    stage     LowCardinality(String),
    due_at    DateTime64(3, 'Asia/Shanghai'),
    issued_at DateTime64(3, 'Asia/Shanghai')
)
ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMM(issued_at)
ORDER BY (order_id, number);

CREATE TABLE IF NOT EXISTS sanwang.supervision
(
    signal_id String,
    kind      LowCardinality(String),
    order_id  String,
    unit      LowCardinality(String),
    to_unit   LowCardinality(String),
    level     UInt8,
    at        DateTime64(3, 'Asia/Shanghai'),
    due_at    DateTime64(3, 'Asia/Shanghai')
)
ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMM(at)
ORDER BY signal_id;

CREATE TABLE IF NOT EXISTS sanwang.warnings
(
    warning_id String,
    revision   UInt32,
    change     LowCardinality(String),
    subject    LowCardinality(String),
    place      LowCardinality(String),
    kind       LowCardinality(String),
    colour     UInt8,
    counted    UInt32,
    expected   Float64,
    raised_at  DateTime64(3, 'Asia/Shanghai'),
    at         DateTime64(3, 'Asia/Shanghai')
)
ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMM(raised_at)
ORDER BY (warning_id, revision);

-- One row an order: what became of it so far. Times are null for what has not happened. An order that was reopened is
-- handled when it was handled last; what its caller said before that is over. `due_at` is the latest: extensions,
-- suspensions and changes of category are in it.
CREATE VIEW IF NOT EXISTS sanwang.order_facts AS
SELECT
    orders.order_id AS order_id, incident_id, orders.unit AS unit, role, orders.feed AS feed, orders.item AS item,
    orders.area AS area, orders.county AS county, orders.township AS township, received_at,
    orders.issued_at AS issued_at, steps > 0 ? told.due_at : orders.due_at AS due_at,
    steps > 0 ? told.stage : 'issued' AS stage,
    accepted_at, arrived_at, handled_at, closed_at, reworks, extensions, returned, handed_over, merged, reached,
    satisfied, solved,
    merged OR returned OR handed_over AS left_unit,
    if(handled_at IS NULL, NULL, handled_at <= due_at) AS on_time
FROM (SELECT *, county, township FROM sanwang.orders FINAL) AS orders
LEFT JOIN
(
    SELECT
        order_id,
        count() AS steps,
        argMax(stage, position) AS stage,
        argMax(due_at, position) AS due_at,
        max(if(step = 'reopened', position, 0)) AS reopened_last,
        minIf(toNullable(at), step IN ('accepted', 'arrived', 'in_hand')) AS accepted_at,
        minIf(toNullable(at), step = 'arrived') AS arrived_at,
        if(stage IN ('handled', 'verified', 'closed'), maxIf(toNullable(at), step = 'handled'), NULL) AS handled_at,
        if(stage = 'closed', maxIf(toNullable(at), step = 'closed'), NULL) AS closed_at,
        countIf(step = 'reopened') AS reworks,
        countIf(step = 'extension_granted') AS extensions,
        countIf(step = 'returned') > 0 AS returned,
        stage = 'handed_over' AS handed_over,
        stage = 'merged' AS merged,
        groupArray((position, step)) AS told_steps,
        arrayExists(s -> s.1 > reopened_last AND s.2 = 'caller_reached', told_steps) AS reached,
        arrayFilter(s -> s.1 > reopened_last AND s.2 IN ('satisfied', 'dissatisfied'), told_steps) AS opinions,
        arrayFilter(s -> s.1 > reopened_last AND s.2 IN ('solved', 'unsolved'), told_steps) AS outcomes,
        if(empty(opinions), NULL, arrayMax(opinions).2 = 'satisfied') AS satisfied,
        if(empty(outcomes), NULL, arrayMax(outcomes).2 = 'solved') AS solved
    FROM sanwang.order_steps FINAL
    GROUP BY order_id
) AS told ON told.order_id = orders.order_id;

-- Orders as counted in reports: by the day of their issue. A unit answers for what it did not return, hand over or
-- have merged. Open: nothing was handled yet. Shares are left to the reader: these columns add up, shares do not.
CREATE VIEW IF NOT EXISTS sanwang.order_days AS
SELECT
    toDate(issued_at, 'Asia/Shanghai') AS day, feed, counted.unit AS unit, counted.county AS county,
    counted.township AS township, class_code, class_name, counted.item AS item,
    count() AS orders,
    countIf(returned) AS returns,
    countIf(NOT left_unit) AS kept,
    countIf(accepted_at IS NOT NULL) AS responded,
    countIf(handled_at IS NOT NULL) AS handled,
    countIf(on_time = 1) AS handled_on_time,
    countIf(reworks > 0) AS reworked,
    countIf(reached) AS callers_reached,
    countIf(satisfied IS NOT NULL) AS asked_satisfied,
    countIf(satisfied = 1) AS callers_satisfied,
    countIf(solved IS NOT NULL) AS asked_solved,
    countIf(solved = 1) AS callers_solved
FROM sanwang.order_facts AS counted
LEFT JOIN (SELECT * FROM sanwang.items FINAL) AS items ON items.code = counted.item
GROUP BY day, feed, unit, county, township, class_code, class_name, item;

-- Each township's day: grids, all-clears, reports, orders. Overdue: fell due that day and was not handled by then.
CREATE VIEW IF NOT EXISTS sanwang.daily_bulletin AS
SELECT
    day, counted.township AS township, areas.name AS township_name, grids, online, all_clear, reported, self_handled,
    handled, overdue
FROM
(
    SELECT
        day, township, uniqExactIf(grid, grid != '') AS online, uniqExactIf(grid, kind = 'clear') AS all_clear,
        uniqExactIf(id, kind = 'report') AS reported, uniqExactIf(id, kind = 'report' AND own) AS self_handled,
        uniqExactIf(id, kind = 'handled') AS handled, uniqExactIf(id, kind = 'overdue') AS overdue
    FROM
    (
        SELECT toDate(at, 'Asia/Shanghai') AS day, rightPad(substring(grid, 1, 9), 12, '0') AS township, grid, number AS id,
               'clear' AS kind, false AS own
        FROM sanwang.all_clears FINAL
        UNION ALL
        SELECT toDate(received_at, 'Asia/Shanghai'), township, if(feed = 'grid' AND length(area) > 12, area, ''),
               event_id, 'report', self_handled
        FROM sanwang.events FINAL WHERE outcome != 'redelivered'
        UNION ALL
        SELECT toDate(assumeNotNull(handled_at), 'Asia/Shanghai'), township, '', order_id, 'handled', false
        FROM sanwang.order_facts WHERE handled_at IS NOT NULL
        UNION ALL
        SELECT toDate(due_at, 'Asia/Shanghai'), township, '', order_id, 'overdue', false
        FROM sanwang.order_facts
        WHERE NOT left_unit AND due_at < now64(3) AND (handled_at IS NULL OR handled_at > due_at)
    )
    GROUP BY day, township
) AS counted
LEFT JOIN (SELECT code, name FROM sanwang.areas FINAL) AS areas ON areas.code = counted.township
LEFT JOIN
(
    SELECT rightPad(substring(code, 1, 9), 12, '0') AS township, count() AS grids
    FROM sanwang.areas FINAL WHERE level = 'grid' GROUP BY township
) AS land ON land.township = counted.township;

-- Places where the same item came up three times or more within the 30 days before its latest incident.
CREATE VIEW IF NOT EXISTS sanwang.recurring_places AS
SELECT recurring.area AS area, areas.name AS area_name, recurring.item AS item, items.name AS item_name, incidents,
       latest_at
FROM
(
    SELECT area, item, groupArray(opened_at) AS times, arrayMax(times) AS latest_at,
           arrayCount(t -> t > latest_at - INTERVAL 30 DAY, times) AS incidents
    FROM sanwang.incidents FINAL
    GROUP BY area, item
    HAVING incidents >= 3
) AS recurring
LEFT JOIN (SELECT code, name FROM sanwang.areas FINAL) AS areas ON areas.code = recurring.area
LEFT JOIN (SELECT * FROM sanwang.items FINAL) AS items ON items.code = recurring.item;

-- What ends a run of calm days in a village: accidents, cases, and matters that climbed to a unit above; see
-- streams/core/calm_days.py.
CREATE VIEW IF NOT EXISTS sanwang.breaches AS
SELECT village, zero, day, incident_id
FROM
(
    SELECT
        rightPad(substring(incidents.area, 1, 12), 12, '0') AS village,
        multiIf(items.class_code IN ('11', '12'), 'case',
                incidents.life_safety AND items.domain IN ('公共安全', '交通出行'), 'accident', '') AS zero,
        toDate(opened_at, 'Asia/Shanghai') AS day, incident_id
    FROM sanwang.incidents AS incidents FINAL
    LEFT JOIN (SELECT * FROM sanwang.items FINAL) AS items ON items.code = incidents.item
    WHERE zero != ''
    UNION ALL
    SELECT DISTINCT
        rightPad(substring(orders.area, 1, 12), 12, '0'), 'climbed', toDate(at, 'Asia/Shanghai'), orders.incident_id
    FROM (SELECT * FROM sanwang.order_steps FINAL WHERE step = 'handed_over') AS steps
    INNER JOIN (SELECT * FROM sanwang.orders FINAL) AS orders ON orders.order_id = steps.order_id
    INNER JOIN (SELECT code, territory FROM sanwang.units FINAL) AS lower ON lower.code = orders.unit
    INNER JOIN (SELECT code, territory FROM sanwang.units FINAL) AS upper ON upper.code = steps.to_unit
    WHERE lower.territory != upper.territory
      AND startsWith(lower.territory, replaceRegexpOne(upper.territory, '(000|00000|00000000)$', ''))
);

-- The ledger of the three zeros: days since the last breach of each, as of today.
CREATE VIEW IF NOT EXISTS sanwang.calm_days AS
SELECT
    village, areas.name AS village_name,
    maxIf(toNullable(day), zero = 'accident') AS last_accident, maxIf(toNullable(day), zero = 'case') AS last_case,
    maxIf(toNullable(day), zero = 'climbed') AS last_climbed,
    uniqExactIf(incident_id, zero = 'accident') AS accidents, uniqExactIf(incident_id, zero = 'case') AS cases,
    uniqExactIf(incident_id, zero = 'climbed') AS climbed
FROM sanwang.breaches AS breaches
LEFT JOIN (SELECT code, name FROM sanwang.areas FINAL) AS areas ON areas.code = breaches.village
GROUP BY village, village_name;
