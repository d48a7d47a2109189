-- Whether decisions are right, and stay right: which model was in use; orders that did not stay where they were sent;
-- what drifts. Figures are of days in Asia/Shanghai; "the past" is the 28 days before.

-- Which learned model was in use when a report was classified, whoever decided; "" with rules alone.
ALTER TABLE sanwang.events ADD COLUMN IF NOT EXISTS model LowCardinality(String) AFTER source_code;

-- Where orders went by day of issue, and how many did not stay: returned (退单), handed over (转办), recategorised (改类).
-- `moved` counts an order once, in whatever ways it moved.
CREATE VIEW IF NOT EXISTS sanwang.routing_days AS
SELECT
    toDate(issued_at, 'Asia/Shanghai') AS day, orders.feed AS feed, orders.item AS item, orders.unit AS unit, role, rule,
    count() AS orders,
    countIf(was_returned) AS returned,
    countIf(was_handed_over) AS handed_over,
    countIf(was_recategorised) AS recategorised,
    countIf(was_returned OR was_handed_over OR was_recategorised) AS moved,
    groupArrayIf(went_to, went_to != '') AS went_to,
    groupArrayIf(became, became != '') AS became
FROM (SELECT * FROM sanwang.orders FINAL) AS orders
LEFT JOIN
(
    SELECT
        order_id,
        countIf(step = 'returned') > 0 AS was_returned,
        countIf(step = 'handed_over') > 0 AS was_handed_over,
        countIf(step = 'recategorised') > 0 AS was_recategorised,
        argMaxIf(to_unit, position, step = 'handed_over') AS went_to,
        argMaxIf(order_steps.item, position, step = 'recategorised') AS became
    FROM sanwang.order_steps AS order_steps FINAL
    GROUP BY order_id
) AS told ON told.order_id = orders.order_id
GROUP BY day, feed, item, unit, role, rule;

-- Rules to look at: items whose orders to a unit by a rule keep moving away, in the 90 days up to the latest order.
-- Listed are those whose share of moved orders is, with 95 % confidence (Wilson), above the whole city's; `spared` is how
-- many moves a better rule could spare. `mostly_to` and `mostly_as` are what people corrected them to.
CREATE VIEW IF NOT EXISTS sanwang.rules_to_review AS
WITH
    (SELECT max(day) - 90 FROM sanwang.routing_days) AS since,
    (SELECT sum(moved) / sum(orders) FROM sanwang.routing_days WHERE day > since) AS usual_share
SELECT
    item, items.name AS item_name, unit, units.name AS unit_name, rule, orders, moved, returned, handed_over,
    recategorised, round(moved / orders, 3) AS moved_share,
    round(usual_share, 3) AS city_share,
    round(moved - orders * usual_share, 1) AS spared,
    mostly_to, to_units.name AS mostly_to_name, mostly_as, as_items.name AS mostly_as_name
FROM
(
    SELECT
        item, unit, rule, sum(days.orders) AS orders, sum(days.moved) AS moved, sum(days.returned) AS returned,
        sum(days.handed_over) AS handed_over, sum(days.recategorised) AS recategorised,
        topKArray(1)(went_to)[1] AS mostly_to, topKArray(1)(became)[1] AS mostly_as
    FROM sanwang.routing_days AS days
    WHERE day > since
    GROUP BY item, unit, rule
) AS counted
LEFT JOIN (SELECT code, name FROM sanwang.items FINAL) AS items ON items.code = counted.item
LEFT JOIN (SELECT code, name FROM sanwang.units FINAL) AS units ON units.code = counted.unit
LEFT JOIN (SELECT code, name FROM sanwang.units FINAL) AS to_units ON to_units.code = counted.mostly_to
LEFT JOIN (SELECT code, name FROM sanwang.items FINAL) AS as_items ON as_items.code = counted.mostly_as
WHERE moved >= 3
  AND (moved / orders + 1.92 / orders - 1.96 * sqrt(moved / orders * (1 - moved / orders) / orders + 0.96 / orders / orders))
      / (1 + 3.84 / orders) > usual_share;

-- How reports were classified, day by day: by whom, how many were other (其他), and the scores that texts got in ten
-- bins. `other_share` is of the reports whose source gave no code. `shift` compares the day's scores with the past
-- (population stability index, as if 20 more reports had come as usual: a day of few says little): below 0.1 nothing, from
-- 0.25 on another kind of text comes in, or words fail.
CREATE VIEW IF NOT EXISTS sanwang.drift_days AS
SELECT
    day, feed, reports, by_code, by_text, by_model, other,
    if(reports = by_code, 0, round(other / (reports - by_code), 4)) AS other_share,
    scores,
    sumForEach(scores) OVER (PARTITION BY feed ORDER BY day RANGE BETWEEN 28 PRECEDING AND 1 PRECEDING) AS past,
    if(arraySum(past) = 0 OR arraySum(scores) = 0, 0, round(arraySum(
        (now_in, then_in) -> (now_in - then_in) * log(now_in / then_in),
        arrayMap((n, then_in) -> (n + 20 * then_in) / (arraySum(scores) + 20), scores, usual),
        arrayMap(n -> (n + 0.5) / (arraySum(past) + 5), past) AS usual
    ), 4)) AS shift
FROM
(
    SELECT
        toDate(received_at, 'Asia/Shanghai') AS day, feed, count() AS reports,
        countIf(classified_by = 'code') AS by_code,
        countIf(classified_by = 'text') AS by_text,
        countIf(classified_by = 'model') AS by_model,
        countIf(classified_by = 'none') AS other,
        groupArrayIf(least(9, toUInt8(floor(score * 10))), classified_by != 'code') AS bins,
        arrayMap(n -> toUInt64(countEqual(bins, n)), range(10)) AS scores
    FROM sanwang.events FINAL
    WHERE outcome != 'redelivered'
    GROUP BY day, feed
);

-- Classes that swell: incidents of a class on a day against their past. Reports come in bunches, so incidents are
-- counted. `usual` is a day's mean, `odd` how many deviations the day is above it (from 4 on: look); a spread is never
-- taken as less than that of chance alone.
CREATE VIEW IF NOT EXISTS sanwang.swelling_classes AS
SELECT
    day, class_code, class_name, counted AS incidents, round(usual, 2) AS usual,
    round((counted - usual) / sqrt(greatest(usual, square_mean - usual * usual, 1)), 2) AS odd
FROM
(
    SELECT
        day, class_code, class_name, counted,
        least(28, dateDiff('day', (SELECT min(toDate(opened_at, 'Asia/Shanghai')) FROM sanwang.incidents), day)) AS watched,
        sum(counted) OVER past / greatest(watched, 1) AS usual,
        sum(counted * counted) OVER past / greatest(watched, 1) AS square_mean
    FROM
    (
        SELECT toDate(opened_at, 'Asia/Shanghai') AS day, class_code, class_name, count() AS counted
        FROM (SELECT * FROM sanwang.incidents FINAL) AS incidents
        LEFT JOIN (SELECT * FROM sanwang.items FINAL) AS items ON items.code = incidents.item
        GROUP BY day, class_code, class_name
    )
    WINDOW past AS (PARTITION BY class_code ORDER BY day RANGE BETWEEN 28 PRECEDING AND 1 PRECEDING)
)
WHERE watched >= 7;

-- Strings of two to four Chinese characters that more incidents bring in the last 7 days than the 28 before would say:
-- candidates for the catalogue's words, see `sanwang suggest`. Counted once an incident: a crowd of callers is no trend.
-- The first 60 characters are read: who complains comes to the matter at once.
CREATE VIEW IF NOT EXISTS sanwang.new_words AS
WITH (SELECT max(received_at) FROM sanwang.events) AS latest
SELECT word, countIf(recent) AS incidents, countIf(NOT recent) / 4 AS usual
FROM
(
    SELECT
        received_at > latest - INTERVAL 7 DAY AS recent,
        arrayJoin(arrayDistinct(arrayFlatten(arrayMap(
            run -> arrayConcat(ngrams(run, 2), ngrams(run, 3), ngrams(run, 4)),
            extractAll(substringUTF8(text, 1, 60), '\\p{Han}+')
        )))) AS word
    FROM sanwang.events FINAL
    WHERE outcome = 'new' AND received_at > latest - INTERVAL 35 DAY
)
GROUP BY word
HAVING incidents >= 5 AND incidents >= 4 * (usual + 1);
