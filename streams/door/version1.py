"""`/v1`: reports, all-clears and order updates, one at a time or many."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

import msgspec
from aiohttp import web

from streams.door.bodies import JSON, NDJSON, Reading, body_of
from streams.door.gate import Gate, Pass
from streams.door.judge import Passed
from streams.door.keyring import ALL_CLEARS, ORDERS, REPORTS, Key
from streams.door.problems import Fault, Problem
from streams.door.shapes import ALL_CLEAR, REPORT, UPDATE, feed_of
from streams.flow.topics import ALL_CLEAR_FEED, ORDER_UPDATES

_encode = msgspec.json.Encoder().encode


class Version1:
    """The handlers of `/v1`."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        self._reports, self._clears, self._updates = Reading(REPORT), Reading(ALL_CLEAR), Reading(UPDATE)

    def routes(self) -> list[web.RouteDef]:
        """What is answered here."""
        return [
            web.post("/v1/reports", self.reports),
            web.post("/v1/all-clears", self.all_clears),
            web.post("/v1/orders/{order_id:.+}/updates", self.updates),
        ]

    async def reports(self, request: web.Request) -> web.Response:
        """Reports of the feeds that the key has; each names its feed."""
        key = self._gate.client(request)
        if not any(scope.startswith(REPORTS) for scope in key.scopes):
            raise Problem(HTTPStatus.FORBIDDEN, "scope", "this key has no scope for reports")
        may = {scope.removeprefix(REPORTS) for scope in key.scopes if scope.startswith(REPORTS)}

        def forbidden(told: Any) -> str:  # noqa: ANN401 - a report's struct
            feed = feed_of(told)
            return "" if feed in may else f"{REPORTS}{feed}"

        return await self._take(request, key, self._reports, feed_of, self._gate.judge.report, forbidden)

    async def all_clears(self, request: web.Request) -> web.Response:
        """All-clears."""
        key = self._gate.client(request)
        self._gate.allow(key, ALL_CLEARS)
        return await self._take(request, key, self._clears, lambda _: ALL_CLEAR_FEED, self._gate.judge.all_clear)

    async def updates(self, request: web.Request) -> web.Response:
        """Steps of one order, in the name of the units that the key has."""
        key = self._gate.client(request)
        if not any(scope.startswith(ORDERS) for scope in key.scopes):
            raise Problem(HTTPStatus.FORBIDDEN, "scope", "this key has no scope for orders")
        order_id = request.match_info["order_id"]
        if not self._gate.judge.knows_order(order_id):
            raise Problem(HTTPStatus.NOT_FOUND, "order", "no order has such an id: incident, unit and round")

        def forbidden(told: Any) -> str:  # noqa: ANN401 - an update's struct
            scope = ORDERS + told.by.strip()
            return "" if key.may(scope) else scope

        return await self._take(
            request, key, self._updates, lambda _: ORDER_UPDATES,
            lambda told, now: self._gate.judge.update(order_id, told, now), forbidden,
        )  # fmt: skip

    async def _take(
        self, request: web.Request, key: Key, reading: Reading, kind: Callable[[Any], str], judge: Pass,
        forbidden: Callable[[Any], str] = lambda _: "",
    ) -> web.Response:
        """Read, judge, send; 202 only when Kafka has all of it. `forbidden` names the scope that a value lacks."""
        gate = self._gate
        async with body_of(request, gate.room, gate.max_body, (JSON, NDJSON)) as body:
            values, faults, many = reading.read(body, request.content_type)
            gate.spend(key, len(values))
            for index, value in enumerate(values):
                if value is not None and (scope := forbidden(value)):
                    fault = Fault("scope", f"this key has no scope {scope}", index=index if many else None)
                    raise Problem(HTTPStatus.FORBIDDEN, "scope", fault.detail, [fault])
            passed = await gate.judged(values, faults, kind, judge)
            await gate.send(passed)
        return _accepted(passed, many=many)


def _accepted(passed: list[Passed], *, many: bool) -> web.Response:
    told = {"accepted": len(passed), "ids": [one.id for one in passed]} if many else {"id": passed[0].id}
    return web.Response(body=_encode(told), status=HTTPStatus.ACCEPTED, content_type=JSON)
