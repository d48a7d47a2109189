-- What became of the answers that were not refused: steps of orders, acknowledgements of hand-overs. Those that were
-- refused are dead letters.

CREATE TABLE IF NOT EXISTS sanwang.receipts
(
    log_id           LowCardinality(String),
    feed             LowCardinality(String),
    source_partition UInt32,
    source_offset    UInt64,
    outcome          LowCardinality(String),
    received_at      DateTime64(3, 'Asia/Shanghai')
)
ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMM(received_at)
ORDER BY (log_id, feed, source_partition, source_offset);

-- Where every record of every feed and of those who answer went; see streams/warehouse/account.py.
CREATE OR REPLACE VIEW sanwang.account AS
SELECT log_id, feed, outcome, count() AS records
FROM
(
    SELECT log_id, feed, outcome FROM sanwang.events FINAL
    UNION ALL
    SELECT log_id, 'allclears' AS feed, 'all_clear' AS outcome FROM sanwang.all_clears FINAL
    UNION ALL
    SELECT log_id, feed, outcome FROM sanwang.receipts FINAL
    UNION ALL
    SELECT log_id, feed, 'dead_letter' AS outcome FROM sanwang.dead_letters FINAL
)
GROUP BY log_id, feed, outcome;

-- As in 0003, but an order is open until its unit has handled it, or it has left the unit.
CREATE OR REPLACE VIEW sanwang.orders_per_minute AS
SELECT
    minute, feed, counted.unit AS unit, units.name AS unit_name, role,
    counted.county AS county, county_area.name AS county_name,
    class_code, class_name, counted.item AS item, items.name AS item_name, orders, open_orders
FROM
(
    SELECT
        toStartOfMinute(opened_at) AS minute, feed, unit, role, county, item,
        count() AS orders,
        countIf(incident_id NOT IN (SELECT incident_id FROM sanwang.incidents FINAL WHERE closed)
                AND order_id NOT IN (SELECT order_id FROM sanwang.order_steps FINAL GROUP BY order_id
                                     HAVING argMax(stage, position) NOT IN ('issued', 'accepted', 'arrived', 'in_hand'))
        ) AS open_orders
    FROM sanwang.orders FINAL
    GROUP BY minute, feed, unit, role, county, item
) AS counted
LEFT JOIN (SELECT * FROM sanwang.items FINAL) AS items ON items.code = counted.item
LEFT JOIN (SELECT code, name FROM sanwang.units FINAL) AS units ON units.code = counted.unit
LEFT JOIN (SELECT code, name FROM sanwang.areas FINAL) AS county_area ON county_area.code = counted.county;

CREATE OR REPLACE VIEW sanwang.open_orders AS
SELECT
    counted.unit AS unit, units.name AS unit_name, kind, sector,
    open_orders, as_lead, life_safety, overdue, next_due_at
FROM
(
    SELECT
        orders.unit AS unit,
        count() AS open_orders,
        countIf(role = 'lead') AS as_lead,
        countIf(orders.life_safety) AS life_safety,
        countIf(due < now64(3)) AS overdue,
        min(due) AS next_due_at
    FROM
    (
        SELECT orders.unit AS unit, role, orders.life_safety AS life_safety, incident_id, told.stage AS stage,
               told.order_id = '' ? orders.due_at : told.due_at AS due
        FROM sanwang.orders AS orders FINAL
        LEFT JOIN (SELECT order_id, argMax(stage, position) AS stage, argMax(due_at, position) AS due_at
                   FROM sanwang.order_steps FINAL GROUP BY order_id) AS told ON told.order_id = orders.order_id
    ) AS orders
    WHERE orders.stage IN ('', 'issued', 'accepted', 'arrived', 'in_hand')
      AND incident_id NOT IN (SELECT incident_id FROM sanwang.incidents FINAL WHERE closed)
    GROUP BY unit
) AS counted
LEFT JOIN (SELECT * FROM sanwang.units FINAL) AS units ON units.code = counted.unit;

-- Acts of supervision with names, the latest first.
CREATE VIEW IF NOT EXISTS sanwang.latest_supervision AS
SELECT signal_id, supervised.kind AS kind, level, at, due_at, order_id, supervised.unit AS unit,
       unit_names.name AS unit_name, to_unit, told_names.name AS to_unit_name
FROM (SELECT * FROM sanwang.supervision FINAL) AS supervised
LEFT JOIN (SELECT code, name FROM sanwang.units FINAL) AS unit_names ON unit_names.code = supervised.unit
LEFT JOIN (SELECT code, name FROM sanwang.units FINAL) AS told_names ON told_names.code = supervised.to_unit
ORDER BY at DESC;
