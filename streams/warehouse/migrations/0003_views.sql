-- Live dispatch figures. Every view reads FINAL or counts identities, so rows that came twice count once.

-- What came in, by the minute of receipt: redelivered records are counted apart, never as reports.
CREATE VIEW IF NOT EXISTS sanwang.reports_per_minute AS
SELECT
    minute, feed, counted.county AS county, county_area.name AS county_name,
    counted.township AS township, township_area.name AS township_name,
    class_code, class_name, counted.item AS item, items.name AS item_name,
    reports, incidents, linked, repeats, redelivered,
    if(reports = 0, 0, linked / reports) AS duplicate_share
FROM
(
    SELECT
        toStartOfMinute(received_at) AS minute, feed, county, township, item,
        countIf(outcome != 'redelivered') AS reports,
        countIf(outcome = 'new') AS incidents,
        countIf(outcome = 'linked') AS linked,
        countIf(repeat) AS repeats,
        countIf(outcome = 'redelivered') AS redelivered
    FROM sanwang.events FINAL
    GROUP BY minute, feed, county, township, item
) AS counted
LEFT JOIN (SELECT * FROM sanwang.items FINAL) AS items ON items.code = counted.item
LEFT JOIN (SELECT code, name FROM sanwang.areas FINAL) AS county_area ON county_area.code = counted.county
LEFT JOIN (SELECT code, name FROM sanwang.areas FINAL) AS township_area ON township_area.code = counted.township;

-- Orders by the minute in which their incident was opened (a later revision of an order has a later time of issue).
-- Open: the incident has not been closed.
CREATE VIEW IF NOT EXISTS sanwang.orders_per_minute AS
SELECT
    minute, feed, counted.unit AS unit, units.name AS unit_name, role,
    counted.county AS county, county_area.name AS county_name,
    class_code, class_name, counted.item AS item, items.name AS item_name, orders, open_orders
FROM
(
    SELECT
        toStartOfMinute(opened_at) AS minute, feed, unit, role, county, item,
        count() AS orders,
        countIf(incident_id NOT IN (SELECT incident_id FROM sanwang.incidents FINAL WHERE closed)) AS open_orders
    FROM sanwang.orders FINAL
    GROUP BY minute, feed, unit, role, county, item
) AS counted
LEFT JOIN (SELECT * FROM sanwang.items FINAL) AS items ON items.code = counted.item
LEFT JOIN (SELECT code, name FROM sanwang.units FINAL) AS units ON units.code = counted.unit
LEFT JOIN (SELECT code, name FROM sanwang.areas FINAL) AS county_area ON county_area.code = counted.county;

-- What each unit has on its desk now.
CREATE VIEW IF NOT EXISTS sanwang.open_orders AS
SELECT
    counted.unit AS unit, units.name AS unit_name, kind, sector,
    open_orders, as_lead, life_safety, overdue, next_due_at
FROM
(
    SELECT
        unit,
        count() AS open_orders,
        countIf(role = 'lead') AS as_lead,
        countIf(orders.life_safety) AS life_safety,
        countIf(due_at < now64(3)) AS overdue,
        min(due_at) AS next_due_at
    FROM sanwang.orders AS orders FINAL
    WHERE incident_id NOT IN (SELECT incident_id FROM sanwang.incidents FINAL WHERE closed)
    GROUP BY unit
) AS counted
LEFT JOIN (SELECT * FROM sanwang.units FINAL) AS units ON units.code = counted.unit;

-- From the broker's receipt of a call to the broker's confirmation of its orders, in milliseconds.
CREATE VIEW IF NOT EXISTS sanwang.call_to_order AS
SELECT
    toStartOfMinute(received_at) AS minute, feed, life_safety,
    count() AS reports,
    count(ordered_ms) AS ordered,
    quantileExact(0.5)(ordered_ms) AS p50_ms,
    quantileExact(0.99)(ordered_ms) AS p99_ms,
    max(ordered_ms) AS max_ms
FROM sanwang.latencies FINAL
GROUP BY minute, feed, life_safety;

-- Incidents as of their latest revision, with names; the newest first.
CREATE VIEW IF NOT EXISTS sanwang.latest_incidents AS
SELECT
    incident_id, opened_at, last_at, due_at, incidents.item AS item, items.name AS item_name, class_code, class_name,
    incidents.area AS area, areas.name AS area_name, incidents.county AS county, incidents.township AS township,
    incidents.lon AS lon, incidents.lat AS lat, reports, repeats,
    arrayFilter(name -> name != '', [if(bitTest(feeds, 0), 'hotline', ''), if(bitTest(feeds, 1), 'police', ''),
                                     if(bitTest(feeds, 2), 'grid', '')]) AS channels,
    urgency, incidents.life_safety AS life_safety, lead, units.name AS lead_name, assists, rule, closed, text, address
FROM (SELECT *, county, township FROM sanwang.incidents FINAL) AS incidents
LEFT JOIN (SELECT * FROM sanwang.items FINAL) AS items ON items.code = incidents.item
LEFT JOIN (SELECT code, name FROM sanwang.areas FINAL) AS areas ON areas.code = incidents.area
LEFT JOIN (SELECT code, name FROM sanwang.units FINAL) AS units ON units.code = incidents.lead
ORDER BY opened_at DESC;

-- Where every record of every feed went; see streams/warehouse/account.py.
CREATE VIEW IF NOT EXISTS sanwang.account AS
SELECT log_id, feed, outcome, count() AS records
FROM
(
    SELECT log_id, feed, outcome FROM sanwang.events FINAL
    UNION ALL
    SELECT log_id, 'allclears' AS feed, 'all_clear' AS outcome FROM sanwang.all_clears FINAL
    UNION ALL
    SELECT log_id, feed, 'dead_letter' AS outcome FROM sanwang.dead_letters FINAL
)
GROUP BY log_id, feed, outcome;
