"""What the live figures ask. Every statement is bound to areas that begin with `{area:String}`; "" is the whole city.

Codes are named by `streams.board.names`. Counts are of identities, or read FINAL: rows told twice count once.
"""

from __future__ import annotations

HERE = "startsWith(area, {area:String})"
MINUTES = 60  # that the curves show
RECENT_MINUTES = 15  # that latencies look at
SOON_MINUTES = 60  # an order that falls due within is due soon
STUCK_MINUTES = 5  # a hand-over without an answer for longer is stuck

#: Reports of the last hour by minute and feed.
FLOW = f"""
SELECT toUnixTimestamp(toStartOfMinute(received_at)) AS minute, feed,
    uniqExactIf(event_id, outcome != 'redelivered') AS reports, uniqExactIf(event_id, outcome = 'linked') AS linked,
    uniqExactIf(event_id, outcome != 'redelivered' AND received_at >= now64(3) - INTERVAL 1 MINUTE) AS newest
FROM sanwang.events
WHERE received_at >= toStartOfMinute(now64(3)) - INTERVAL {MINUTES - 1} MINUTE AND {HERE}
GROUP BY minute, feed
"""
#: When each feed was heard from last, within a day, and how much came in the last five minutes.
FEEDS = f"""
SELECT feed, max(received_at) AS heard_at,
    uniqExactIf(event_id, received_at >= now64(3) - INTERVAL 5 MINUTE) AS latest
FROM sanwang.events WHERE received_at >= now64(3) - INTERVAL 1 DAY AND {HERE} GROUP BY feed
UNION ALL
SELECT 'allclears', max(received_at),
    uniqExactIf((source_partition, source_offset), received_at >= now64(3) - INTERVAL 5 MINUTE)
FROM sanwang.all_clears WHERE received_at >= now64(3) - INTERVAL 1 DAY AND startsWith(grid, {{area:String}})
HAVING count() > 0
"""
#: From call to order in ms, by feed; '' is all feeds together.
LATENCY = f"""
SELECT feed, uniqExact(event_id) AS orders, quantileExact(0.5)(ordered_ms) AS p50,
    quantileExact(0.99)(ordered_ms) AS p99
FROM sanwang.latencies
WHERE received_at >= now64(3) - INTERVAL {RECENT_MINUTES} MINUTE AND ordered_ms IS NOT NULL AND ({{area:String}} = '' OR
    event_id IN (SELECT event_id FROM sanwang.events
                 WHERE received_at >= now64(3) - INTERVAL {RECENT_MINUTES} MINUTE AND {HERE}))
GROUP BY feed WITH ROLLUP
"""
_CARD = "incident_id, item, area, opened_at, last_at, due_at, reports, feeds, urgency, life_safety, lead, closed"
NEWEST = f"""
SELECT {_CARD} FROM sanwang.incidents FINAL
WHERE opened_at >= now64(3) - INTERVAL 1 DAY AND {HERE} ORDER BY opened_at DESC, incident_id LIMIT 6
"""
HOTTEST = f"""
SELECT {_CARD} FROM sanwang.incidents FINAL
WHERE last_at >= now64(3) - INTERVAL 1 DAY AND reports > 1 AND NOT closed AND {HERE}
ORDER BY reports DESC, last_at DESC LIMIT 6
"""
#: Open incidents by area.
OPEN_INCIDENTS = f"""
SELECT area, count() AS open, countIf(life_safety) AS danger
FROM sanwang.incidents FINAL WHERE NOT closed AND {HERE} GROUP BY area
"""
#: Orders whose unit is still expected to act: not handled, not gone to another unit, of an incident that is not closed.
IS_OPEN = (
    "handled_at IS NULL AND NOT left_unit AND incident_id NOT IN "
    "(SELECT incident_id FROM sanwang.incidents FINAL WHERE closed AND startsWith(area, {area:String}))"
)
IS_OVERDUE = "due_at < now64(3)"
IS_SOON = f"due_at >= now64(3) AND due_at < now64(3) + INTERVAL {SOON_MINUTES} MINUTE"
OPEN_ORDERS = f"""
SELECT unit, area, count() AS open, countIf({IS_OVERDUE}) AS overdue, countIf({IS_SOON}) AS soon
FROM sanwang.order_facts WHERE {HERE} AND {IS_OPEN}
GROUP BY GROUPING SETS ((unit), (area))
"""
#: Warnings that stand, of places and units; which of them lie in the area is seen by their codes.
WARNINGS = """
SELECT warning_id, any(subject) AS about, any(place) AS where, any(kind) AS matter, argMax(colour, revision) AS shade,
    argMax(counted, revision) AS seen, argMax(expected, revision) AS usual, min(raised_at) AS since
FROM sanwang.warnings GROUP BY warning_id HAVING argMax(change, revision) != 'cancelled' ORDER BY shade DESC, since DESC
"""
STUCK = f"""
SELECT count() AS stuck FROM sanwang.hand_overs FINAL
WHERE acknowledged_at IS NULL AND pushed_at < now64(3) - INTERVAL {STUCK_MINUTES} MINUTE
    AND incident_id IN (SELECT incident_id FROM sanwang.incidents WHERE {HERE})
"""
