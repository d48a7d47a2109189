-- What analysts may see: counts by day and place, never a single report, no free text, no caller, no exact place. A count
-- below five is not shown, for a small one may point at somebody. The views run with the rights of whoever made them, so
-- analysts need none on the tables; deploy/clickhouse/roles.sql grants the views and limits their rows.

-- Which areas and units each login may see: kind 'area' or 'unit', and a code; '*' for all.
CREATE TABLE IF NOT EXISTS sanwang.viewers
(
    login String,
    kind  LowCardinality(String),
    code  String
)
ENGINE = ReplacingMergeTree
ORDER BY (login, kind, code);

CREATE VIEW IF NOT EXISTS sanwang.analyst_reports DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT
    toDate(received_at, 'Asia/Shanghai') AS day, county, township, feed, events.item AS item,
    count() AS reports, countIf(outcome = 'new') AS incidents
FROM (SELECT *, county, township FROM sanwang.events FINAL) AS events
WHERE outcome != 'redelivered'
GROUP BY day, county, township, feed, item
HAVING reports >= 5;

-- Places rounded to a hundredth of a degree, about a kilometre.
CREATE VIEW IF NOT EXISTS sanwang.analyst_places DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT
    toStartOfMonth(toDate(opened_at, 'Asia/Shanghai')) AS month, county, round(assumeNotNull(incidents.lon), 2) AS lon,
    round(assumeNotNull(incidents.lat), 2) AS lat, substring(item, 1, 2) AS class_code, count() AS incidents_here
FROM (SELECT *, county FROM sanwang.incidents FINAL) AS incidents
WHERE isNotNull(incidents.lon) AND isNotNull(incidents.lat)
GROUP BY month, county, lon, lat, class_code
HAVING incidents_here >= 5;

CREATE VIEW IF NOT EXISTS sanwang.analyst_orders DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT
    toDate(opened_at, 'Asia/Shanghai') AS day, county, unit, role, substring(item, 1, 2) AS class_code,
    count() AS orders_sent
FROM (SELECT *, county FROM sanwang.orders FINAL) AS orders
GROUP BY day, county, unit, role, class_code
HAVING orders_sent >= 5;

-- One row for each erasure of a person's records: who asked for it by its case number, and what was found where. It says
-- nothing of the person.
CREATE TABLE IF NOT EXISTS sanwang.erasures
(
    case_number String,
    at          DateTime64(3, 'Asia/Shanghai'),
    place       LowCardinality(String),
    records     UInt64,
    remains     String
)
ENGINE = MergeTree
ORDER BY (at, case_number, place);
