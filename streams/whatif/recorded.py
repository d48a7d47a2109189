"""Reports out of ClickHouse, as they were recorded: scrubbed, in the order of their receipt."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import pairwise

import msgspec

from streams.config import ClickHouse
from streams.core.accept import Envelope
from streams.core.event import Feed, Report
from streams.warehouse.asking import Asking
from streams.whatif.asked import Asked, Reading, Unread, area_told, number_of

MOST = 50_000  # rows of one answer, and those that were received in the same millisecond as the last of them
_FIRST = 5_000  # of the first answer, so that nobody waits long for it
_NAMES = "names "  # begins the evidence for a report that named another one; see `streams.core.triage`
_SPAN = """received_at >= fromUnixTimestamp64Milli(toInt64({begin}))
    AND received_at < fromUnixTimestamp64Milli(toInt64({end}))"""
_CUTS = """
SELECT DISTINCT toUnixTimestamp64Milli(received_at) AS at
FROM (SELECT received_at, row_number() OVER (ORDER BY received_at) AS number FROM sanwang.events WHERE {span})
WHERE number % {most} = 0 OR number = {first} ORDER BY at
"""
#: When a record was received is the same in all versions of its row, so the others may be passed over before FINAL.
_REPORTS = """
SELECT area, feed, event_id, source_partition, source_offset, toUnixTimestamp64Milli(occurred_at),
    toUnixTimestamp64Milli(received_at), replayed, placed_by, lon, lat, source_code, wish, self_handled,
    toString(caller), text, address, item, incident_id, match_reasons
FROM sanwang.events FINAL PREWHERE {span} WHERE outcome != 'redelivered'
ORDER BY received_at, feed, source_partition, source_offset
"""
_FORMAT = "JSONCompactEachRow"


class _Where(msgspec.Struct, array_like=True, gc=False):
    area: str


class _Row(_Where, array_like=True, gc=False):
    feed: Feed
    event_id: str
    partition: int
    offset: int
    occurred_at: int
    received_at: int
    replayed: bool
    placed_by: str
    lon: float | None
    lat: float | None
    source_code: str
    wish: str
    self_handled: bool
    caller: str
    text: str
    address: str
    item: str
    incident_id: str
    match_reasons: str


_rows = msgspec.json.Decoder(_Row, strict=False)
_where = msgspec.json.Decoder(_Where)
_cut = msgspec.json.Decoder(tuple[int], strict=False)


def recorded(settings: ClickHouse, begin: int, end: int) -> Iterator[Unread]:
    """Reports received from `begin` up to, without, `end` (ms UTC), in order; raises as the warehouse does."""
    warehouse = Asking(settings)
    for answer in _ahead(warehouse, _spans(warehouse, begin, end)):
        for line in answer.splitlines():
            yield Unread(_where.decode(line).area, line)


def _ahead(warehouse: Asking, spans: Sequence[tuple[int, int]]) -> Iterator[bytes]:
    """The reports of spans, one answer after the other; the next one comes while one is gone through."""
    with ThreadPoolExecutor(1) as reading:
        asked: deque[Future[bytes]] = deque()
        for span in spans:
            asked.append(reading.submit(warehouse.raw, _REPORTS.format(span=_span(*span)), _FORMAT))
            if len(asked) > 1:
                yield asked.popleft().result()
        while asked:
            yield asked.popleft().result()


def _spans(warehouse: Asking, begin: int, end: int) -> list[tuple[int, int]]:
    """The time cut into pieces of about `MOST` reports."""
    answer = warehouse.raw(_CUTS.format(span=_span(begin, end), most=MOST, first=_FIRST), _FORMAT)
    cuts = [cut for line in answer.splitlines() for cut in _cut.decode(line) if cut > begin]
    return list(pairwise([begin, *cuts, end]))


def _span(begin: int, end: int) -> str:
    return _SPAN.format(begin=begin, end=end)


def _asked(line: bytes) -> Asked:
    row = _rows.decode(line)
    first = row.match_reasons.partition("; ")[0]
    report = Report(
        feed=row.feed,
        number=number_of(row.event_id),
        occurred_at=row.occurred_at,
        parent=number_of(first.removeprefix(_NAMES)) if first.startswith(_NAMES) else "",
        codes=(row.source_code,) if row.source_code else (),
        text=row.text,
        address=row.address,
        area=area_told(row.area, row.placed_by),
        lon=row.lon,
        lat=row.lat,
        caller="" if row.caller == "0" else row.caller,
        self_handled=row.self_handled,
        wish=row.wish,
    )
    envelope = Envelope(row.partition, row.offset, row.received_at, row.replayed)
    return Asked(report, envelope, row.item, row.incident_id)


RECORDED = Reading(_asked, None)
