-- Presence is a grid's: who sent an all-clear is not kept.
ALTER TABLE sanwang.all_clears DROP COLUMN IF EXISTS worker;

-- Warnings as they stand: the latest revision of each that was not cancelled, with names; the most serious first.
CREATE VIEW IF NOT EXISTS sanwang.standing_warnings AS
SELECT
    warning_id, colour, subject, latest.place AS place, if(areas.name != '', areas.name, units.name) AS place_name,
    latest.kind AS kind, multiIf(items.name != '', items.name, classes.class_name != '', classes.class_name, latest.kind)
        AS kind_name,
    counted, expected, raised_at, at
FROM
(
    SELECT
        warning_id, argMax(change, revision) AS change, argMax(colour, revision) AS colour, any(subject) AS subject,
        any(place) AS place, any(kind) AS kind, argMax(counted, revision) AS counted,
        argMax(expected, revision) AS expected, any(warnings.raised_at) AS raised_at,
        argMax(warnings.at, revision) AS at
    FROM sanwang.warnings AS warnings FINAL
    GROUP BY warning_id
    HAVING change != 'cancelled'
) AS latest
LEFT JOIN (SELECT code, name FROM sanwang.areas FINAL) AS areas ON areas.code = latest.place
LEFT JOIN (SELECT code, name FROM sanwang.units FINAL) AS units ON units.code = latest.place
LEFT JOIN (SELECT code, name FROM sanwang.items FINAL) AS items ON items.code = latest.kind
LEFT JOIN (SELECT DISTINCT class_code, class_name FROM sanwang.items FINAL) AS classes
    ON classes.class_code = latest.kind
ORDER BY colour DESC, at DESC, subject, place, kind;

-- What ended a run of calm days of a unit: accidents and cases that it leads, and matters that it had to send up.
CREATE VIEW IF NOT EXISTS sanwang.unit_breaches AS
SELECT lead AS unit, zero, day, breaches.incident_id AS incident_id
FROM (SELECT * FROM sanwang.breaches WHERE zero != 'climbed') AS breaches
INNER JOIN (SELECT incident_id, lead FROM sanwang.incidents FINAL) AS incidents
    ON incidents.incident_id = breaches.incident_id
UNION ALL
SELECT DISTINCT orders.unit AS unit, 'climbed' AS zero, toDate(at, 'Asia/Shanghai') AS day,
       orders.incident_id AS incident_id
FROM (SELECT * FROM sanwang.order_steps FINAL WHERE step = 'handed_over') AS steps
INNER JOIN (SELECT * FROM sanwang.orders FINAL) AS orders ON orders.order_id = steps.order_id
INNER JOIN (SELECT code, territory FROM sanwang.units FINAL) AS lower ON lower.code = orders.unit
INNER JOIN (SELECT code, territory FROM sanwang.units FINAL) AS upper ON upper.code = steps.to_unit
WHERE lower.territory != upper.territory
  AND startsWith(lower.territory, replaceRegexpOne(upper.territory, '(000|00000|00000000)$', ''));

-- The ledger of the three zeros for every village and every unit, also those that never had a breach: whole days since
-- the last one, or since the counting began; and the longest run. As of today.
CREATE OR REPLACE VIEW sanwang.calm_days AS
SELECT
    whose, subject.code AS code, subject.name AS name, zero, count(breach_day) AS breach_days,
    sum(breaches_of_day) AS breaches, max(breach_day) AS last_breach,
    toUInt32(dateDiff('day', ifNull(last_breach, began), today)) AS days,
    toUInt32(arrayMax(arrayDifference(arraySort(
        arrayConcat([toInt32(began), toInt32(today)],
                    groupArrayIf(toInt32(assumeNotNull(breach_day)), breach_day IS NOT NULL)))))) AS longest
FROM
(
    SELECT 'village' AS whose, code, name FROM sanwang.areas FINAL WHERE level = 'village'
    UNION ALL
    SELECT 'unit', code, name FROM sanwang.units FINAL
) AS subject
CROSS JOIN (SELECT arrayJoin(['accident', 'case', 'climbed']) AS zero) AS zeros
CROSS JOIN
(
    SELECT toDate(min(opened_at), 'Asia/Shanghai') AS began, toDate(now('Asia/Shanghai')) AS today
    FROM sanwang.incidents
) AS span
LEFT JOIN
(
    SELECT 'village' AS of_whose, village AS of_code, zero AS of_zero, toNullable(day) AS breach_day,
           uniqExact(incident_id) AS breaches_of_day
    FROM sanwang.breaches GROUP BY of_code, of_zero, breach_day
    UNION ALL
    SELECT 'unit', unit, zero, toNullable(day), uniqExact(incident_id)
    FROM sanwang.unit_breaches GROUP BY unit, zero, day
) AS told ON of_whose = whose AND of_code = subject.code AND of_zero = zero
GROUP BY whose, code, name, zero, began, today;

-- Each township's day: grids, all-clears, reports, orders. Overdue: fell due that day and was not handled by then. Only
-- grids count, not the micro-grids in them; a township of which nothing was heard has its line too.
CREATE OR REPLACE VIEW sanwang.daily_bulletin AS
SELECT
    day, counted.township AS township, areas.name AS township_name, grids, online, all_clear, reported, self_handled,
    handled, overdue
FROM
(
    SELECT
        day, township, uniqExactIf(grid, length(grid) = 15) AS online,
        uniqExactIf(grid, kind = 'clear' AND length(grid) = 15) AS all_clear,
        uniqExactIf(id, kind = 'report') AS reported, uniqExactIf(id, kind = 'report' AND own) AS self_handled,
        uniqExactIf(id, kind = 'handled') AS handled, uniqExactIf(id, kind = 'overdue') AS overdue
    FROM
    (
        SELECT toDate(at, 'Asia/Shanghai') AS day, rightPad(substring(grid, 1, 9), 12, '0') AS township, grid,
               '' AS id, 'clear' AS kind, false AS own
        FROM sanwang.all_clears
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
        UNION ALL
        SELECT day, township, '', '', 'listed', false
        FROM
        (
            SELECT DISTINCT toDate(at, 'Asia/Shanghai') AS day FROM sanwang.all_clears
            UNION DISTINCT
            SELECT DISTINCT toDate(received_at, 'Asia/Shanghai') AS day FROM sanwang.events
        ) AS days
        CROSS JOIN
        (
            SELECT DISTINCT rightPad(substring(code, 1, 9), 12, '0') AS township FROM sanwang.areas WHERE level = 'grid'
        ) AS townships
    )
    GROUP BY day, township
) AS counted
LEFT JOIN (SELECT code, name FROM sanwang.areas FINAL) AS areas ON areas.code = counted.township
LEFT JOIN
(
    SELECT rightPad(substring(code, 1, 9), 12, '0') AS township, count() AS grids
    FROM sanwang.areas FINAL WHERE level = 'grid' GROUP BY township
) AS land ON land.township = counted.township;
