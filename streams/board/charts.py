"""The curve of reports per minute, as ECharts takes it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from streams.board.figures import Pulse
from streams.board.view import SHANGHAI, Light, View
from streams.core.event import FEEDS

#: As in board.css.
_COLOURS: dict[Light, dict[str, str]] = {
    "dark": {"police": "#ff8a80", "hotline": "#4db4ff", "grid": "#6fe0a8", "ink": "#a9bbd6", "line": "#24395a"},
    "light": {"police": "#c62828", "hotline": "#0b57a4", "grid": "#0e7a4b", "ink": "#4c5d7a", "line": "#d3dce9"},
}


def flow_chart(pulse: Pulse | None, view: View) -> dict[str, Any]:
    """Stacked areas by feed."""
    colours = _COLOURS[view.light]
    minutes = [f"{datetime.fromtimestamp(at, SHANGHAI):%H:%M}" for at in pulse.minutes] if pulse else []
    series = [
        {
            "type": "line", "stack": "all", "name": view.word(feed), "showSymbol": False, "smooth": 0.25,
            "lineStyle": {"width": 2}, "areaStyle": {"opacity": 0.28}, "color": colours[feed],
            "data": pulse.curve(feed) if pulse else [],
        }
        for feed in FEEDS
    ]  # fmt: skip
    ink = {"color": colours["ink"]}
    return {
        "animation": False, "textStyle": {"fontFamily": "inherit"}, "backgroundColor": "transparent",
        "grid": {"left": 8, "right": 12, "top": 30, "bottom": 4, "containLabel": True},
        "legend": {"top": 0, "right": 0, "icon": "roundRect", "itemHeight": 8, "textStyle": ink},
        "tooltip": {"trigger": "axis"},
        "xAxis": {"type": "category", "boundaryGap": False, "data": minutes, "axisLabel": ink,
                  "axisLine": {"lineStyle": {"color": colours["line"]}}, "axisTick": {"show": False}},
        "yAxis": {"type": "value", "minInterval": 1, "axisLabel": ink,
                  "splitLine": {"lineStyle": {"color": colours["line"]}}},
        "series": series,
    }  # fmt: skip


def spoken(pulse: Pulse, view: View) -> str:
    """The curve in words, for those who do not see it."""
    told = [f"{view.word(feed)} {sum(pulse.flow[feed])}" for feed in FEEDS]
    return f"{view.word('per_minute_by_feed')}: {', '.join(told)}"
