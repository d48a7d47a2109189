"""The overview of an area: the one screen, live."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastapi import Request, Response
from fastapi.responses import RedirectResponse
from nicegui import ui

from streams.board.charts import flow_chart, spoken
from streams.board.figures import Pulse, State, ask_pulse, ask_state
from streams.board.hub import Hub
from streams.board.live import Loop
from streams.board.screen import Panel, Screen
from streams.board.view import View, link

PULSE_PERIOD_S = 0.5
STATE_PERIOD_S = 1.0  # what is open is heavier to ask for than what comes in


def add_overview(hub: Hub) -> None:
    """The pages / and /area/CODE."""

    @ui.page("/", response_timeout=30)
    async def first(request: Request) -> Response | None:
        view = hub.view(request)
        area = hub.area_of(_user(view), None)
        return RedirectResponse(f"/area/{area}", 303) if area else hub.unavailable(request, view)

    @ui.page("/area/{code}", response_timeout=30)
    async def area_page(request: Request, code: str) -> Response | None:
        view = hub.view(request)
        area = hub.area_of(_user(view), code)
        if area is None:
            return hub.refusal(request, view, f"area {code}")
        if area not in hub.names.areas:
            return hub.missing(request, view)
        hub.audit.note(_user(view), "opened", f"area {area}")
        _build(hub, request, view, area)
        return None


def _user(view: View) -> Any:  # noqa: ANN401 - the gate lets nobody in without
    return view.user


def _build(hub: Hub, request: Request, view: View, area: str) -> None:
    pulse = hub.live.loop(("pulse", area), lambda: ask_pulse(hub.warehouse, hub.names, area), PULSE_PERIOD_S)
    state = hub.live.loop(("state", area), lambda: ask_state(hub.warehouse, hub.names, area), STATE_PERIOD_S)
    screen = Screen(hub, request, view, hub.names.area(area), area=area, at_area=True)
    coming, standing = _pulse_panels(view, area), _state_panels(hub, view, area)
    with screen, ui.element("div").classes("screen").props("id=content tabindex=-1"):
        ui.html(view.draw("heading.html", area=area), sanitize=False, tag="div").classes("unseen")
        with ui.element("div").classes("top"):
            Panel(screen, pulse, "pulse", coming.pop("pulse"), "a-pulse")
            Panel(screen, state, "state", standing.pop("state"), "a-state")
        with ui.element("div").classes("wall"):
            _flow(screen, pulse, view, area)
            for loop, panels in ((pulse, coming), (state, standing)):
                for name, draw in panels.items():
                    Panel(screen, loop, name, draw, f"a-{name} box")


def _pulse_panels(view: View, area: str) -> dict[str, Callable[[Pulse], str]]:
    def tiles(p: Pulse) -> str:
        overall = p.latency.get("", {"p50": None, "p99": None})
        return view.draw("pulse_tiles.html", p=p, area=area, all=overall)

    def newest(p: Pulse) -> str:
        more = link("incidents", area=area)
        return view.draw("cards.html", rows=p.newest, heading="newest", more=more, counted=False)

    return {"pulse": tiles, "feeds": lambda p: view.draw("feeds.html", p=p, area=area), "newest": newest}


def _state_panels(hub: Hub, view: View, area: str) -> dict[str, Callable[[State], str]]:
    def hottest(s: State) -> str:
        more = link("incidents", area=area, state="hot")
        return view.draw("cards.html", rows=s.hottest, heading="hottest", more=more, counted=True)

    return {
        "state": lambda s: view.draw("state_tiles.html", s=s, area=area),
        "map": lambda s: view.draw("map.html", s=s, land=hub.land(area)),
        "hottest": hottest,
        "units": lambda s: view.draw("units.html", s=s, area=area),
        "warn": lambda s: view.draw("warnings.html", s=s, area=area),
    }


def _flow(screen: Screen, loop: Loop, view: View, area: str) -> None:
    with ui.element("section").classes("box a-flow").props("data-live"):
        ui.html(view.draw("flow.html", area=area), sanitize=False)
        chart = ui.echart(flow_chart(None, view), renderer="svg").classes("flow-chart").props("role=img")

    def renew(loop: Loop) -> None:
        if loop.latest is None:
            return
        key = ("flow", view.language, view.light)
        options, words = loop.drawn(key, lambda pulse: (flow_chart(pulse, view), spoken(pulse, view)))
        if chart.options.get("series") != options["series"] or chart.options["xAxis"] != options["xAxis"]:
            chart.options.update(options)
            chart.props["aria-label"] = words
            chart.update()

    screen.watch(loop, renew)
