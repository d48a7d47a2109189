"""Every answer, also of what went wrong, in the client's format; counted and timed. No content is ever logged."""

from __future__ import annotations

import time
from http import HTTPStatus

import msgspec
import structlog
from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from streams.door.bodies import JSON
from streams.door.open311.render import problem_answer
from streams.door.problems import Problem
from streams.telemetry.door_metrics import DoorMetrics

OPEN311 = "/open311/v2/"
log = structlog.get_logger(__name__)


def answering(metrics: DoorMetrics) -> Middleware:
    """The middleware of a door."""

    @web.middleware
    async def answer(request: web.Request, handler: Handler) -> web.StreamResponse:
        began = time.perf_counter()
        try:
            response = await handler(request)
        except Problem as problem:
            response = _told(request, problem)
        except web.HTTPException as error:
            response = _told(request, _problem_of(error))
            if isinstance(error, web.HTTPMethodNotAllowed):
                response.headers["Allow"] = error.headers["Allow"]
        except Exception:
            log.exception("request failed", path=_path(request))
            response = _told(request, Problem(HTTPStatus.INTERNAL_SERVER_ERROR, "internal", "a fault of ours"))
        path = _path(request)
        metrics.answers.labels(path, response.status).inc()
        metrics.seconds.labels(path).observe(time.perf_counter() - began)
        return response

    return answer


def _told(request: web.Request, problem: Problem) -> web.Response:
    if request.path.startswith(OPEN311):
        return problem_answer(problem, xml=request.path.endswith(".xml"))
    body = msgspec.json.encode(problem.body())
    return web.Response(body=body, status=problem.status, headers=problem.headers(), content_type=JSON)


def _problem_of(error: web.HTTPException) -> Problem:
    status = HTTPStatus(error.status)
    return Problem(status, status.phrase.lower().replace(" ", "_"), status.description or status.phrase)


def _path(request: web.Request) -> str:
    """The path as the table of routes has it: never what a client made up."""
    resource = request.match_info.route.resource
    return resource.canonical if resource is not None else "unknown"
