"""What became of Open311 requests, asked of the warehouse. Texts are scrubbed there; coordinates are rounded here."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from msgspec import Struct

from streams.door.open311.form import PREFIX
from streams.door.open311.services import Services
from streams.door.problems import busy
from streams.warehouse.asking import Asking
from streams.warehouse.errors import WarehouseError, WarehouseUnavailable

MOST = 1_000  # requests of one answer, as the standard has it
DAYS = 90  # that are looked back, likewise
_SHANGHAI = ZoneInfo("Asia/Shanghai")
_AT_ONCE = 2  # questions to the warehouse: dispatch comes first
_DIGITS = 3  # of a degree: about 100 m
_AGAIN_S = 5.0
_EVENT = "hotline:"
_REQUESTS = """
SELECT event_id, item, text, address, area, told.lon, told.lat, toUnixTimestamp64Milli(received_at),
    toUnixTimestamp64Milli(last_at), toUnixTimestamp64Milli(due_at), closed, units.name
FROM
(
    SELECT event_id, incident_id, item, text, address, area, lon, lat, received_at FROM sanwang.events FINAL
    WHERE feed = 'hotline' AND outcome != 'redelivered' AND startsWith(event_id, {prefix:String}) AND {which}
) AS told
INNER JOIN (SELECT incident_id, last_at, due_at, closed, lead FROM sanwang.incidents FINAL) AS incidents
USING incident_id
LEFT JOIN (SELECT code, name FROM sanwang.units FINAL) AS units ON units.code = incidents.lead
WHERE {state} ORDER BY received_at DESC LIMIT {most:Int64}
"""


class Wanted(Struct, frozen=True):
    """Which requests are asked for: by their ids, or by time and kind."""

    ids: Sequence[str] = ()
    codes: Sequence[str] = ()
    since: int = 0  # ms UTC
    until: int = 0
    status: str = ""  # open, closed, "" for both


class Asked:
    """The requests of one city."""

    def __init__(self, asking: Asking, services: Services) -> None:
        self._asking, self._services = asking, services
        self._turn = asyncio.Semaphore(_AT_ONCE)

    async def requests(self, wanted: Wanted) -> list[dict[str, Any]]:
        """Requests as the standard has them, newest first. Raises Problem 503 when the warehouse is away."""
        sql, params = _question(wanted)
        async with self._turn:
            try:
                rows = await asyncio.to_thread(self._asking.query, sql, params)
            except (WarehouseError, WarehouseUnavailable) as error:
                raise busy("ClickHouse does not answer", _AGAIN_S) from error
        return [self._request(row) for row in rows]

    def _request(self, row: Sequence[Any]) -> dict[str, Any]:
        event_id, item, text, address, area, lon, lat, received, updated, due, closed, unit = row
        return {
            "service_request_id": event_id.removeprefix(_EVENT), "status": "closed" if closed else "open",
            "status_notes": None, "service_name": self._services.name(item), "service_code": item, "description": text,
            "agency_responsible": unit, "service_notice": None, "requested_datetime": when(int(received)),
            "updated_datetime": when(max(int(received), int(updated))), "expected_datetime": when(int(due)),
            "address": address, "address_id": area, "zipcode": None, "lat": _rounded(lat), "long": _rounded(lon),
            "media_url": None,
        }  # fmt: skip


def _question(wanted: Wanted) -> tuple[str, Mapping[str, str | int]]:
    params: dict[str, str | int] = {"prefix": _EVENT + PREFIX, "most": MOST}
    if wanted.ids:
        which = f"event_id IN ({_list('id', [_EVENT + one for one in wanted.ids], params)})"
    else:
        which = (
            "received_at >= fromUnixTimestamp64Milli({since:Int64}) "
            "AND received_at <= fromUnixTimestamp64Milli({until:Int64})"
        )
        params |= {"since": wanted.since, "until": wanted.until}
    if wanted.codes:
        which += f" AND item IN ({_list('code', wanted.codes, params)})"
    state = {"open": "NOT closed", "closed": "closed"}.get(wanted.status, "1")
    return _REQUESTS.replace("{which}", which).replace("{state}", state), params


def _list(name: str, values: Sequence[str], params: dict[str, str | int]) -> str:
    params |= {f"{name}{number}": value for number, value in enumerate(values)}
    return ", ".join(f"{{{name}{number}:String}}" for number in range(len(values)))


def when(ms: int) -> str:
    """A moment as the standard writes it (W3C, with the zone)."""
    return datetime.fromtimestamp(ms // 1000, _SHANGHAI).isoformat("T", "seconds")


def moment(text: str) -> int:
    """Ms UTC of a W3C date and time; without a zone it is the city's. Raises ValueError."""
    at = datetime.fromisoformat(text)
    return round((at if at.tzinfo else at.replace(tzinfo=_SHANGHAI)).timestamp() * 1000)


def _rounded(degrees: float | None) -> float | None:
    return None if degrees is None else round(float(degrees), _DIGITS)
