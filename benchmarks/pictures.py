"""Histograms as pictures: plain SVG, latency on a logarithmic axis."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from math import log10

from benchmarks.histogram import Histogram, upper_edge

WIDTH, HEIGHT, LEFT, BOTTOM = 760, 240, 50, 40
COLOURS = ("#b3261e", "#1f6fb2", "#3a7d44", "#8a5a00")
TICKS_MS = (0.1, 1.0, 10.0, 100.0, 1_000.0, 10_000.0, 100_000.0)
PER_DECADE = 16  # bars


def picture(title: str, histograms: Mapping[str, Histogram]) -> str:
    """Shares of reports by latency, a line for each histogram, with its p50 and p99 in the legend."""
    shown = {name: one for name, one in histograms.items() if one.total}
    if not shown:
        return ""
    low = min(upper_edge(min(one.counts)) for one in shown.values())
    left, right = int(log10(low) // 1), int(log10(max(one.largest for one in shown.values())) // 1) + 1
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" font-family="sans-serif">',
        '<rect width="100%" height="100%" fill="white"/>',
        f'<text x="{LEFT}" y="16" font-size="13">{escape(title)}</text>',
    ]
    parts += _axis(left, right)
    tallest = max(max(_bars(one, left, right)) for one in shown.values())
    for number, (name, one) in enumerate(shown.items()):
        colour = COLOURS[number % len(COLOURS)]
        points = " ".join(_points(_bars(one, left, right), tallest))
        parts.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>')
        legend = f"{name}: p50 {one.at(0.5):,.1f} ms, p99 {one.at(0.99):,.1f} ms, {one.total:,} values"
        style = f'font-size="12" fill="{colour}"'
        parts.append(f'<text x="{WIDTH - 340}" y="{34 + 16 * number}" {style}>{escape(legend)}</text>')
    return "\n".join([*parts, "</svg>", ""])


def _bars(histogram: Histogram, left: int, right: int) -> list[float]:
    """Shares of all values, in equal steps of the logarithm."""
    bars = [0.0] * ((right - left) * PER_DECADE + 1)
    for bucket, count in histogram.counts.items():
        place = int((log10(upper_edge(bucket)) - left) * PER_DECADE)
        bars[max(0, min(place, len(bars) - 1))] += count / histogram.total
    return bars


def _points(bars: list[float], tallest: float) -> list[str]:
    step = (WIDTH - LEFT - 20) / max(1, len(bars) - 1)
    ground = HEIGHT - BOTTOM
    return [f"{LEFT + n * step:.1f},{ground - bar / tallest * (ground - 30):.1f}" for n, bar in enumerate(bars)]


def _axis(left: int, right: int) -> list[str]:
    ground = HEIGHT - BOTTOM
    parts = [f'<line x1="{LEFT}" y1="{ground}" x2="{WIDTH - 20}" y2="{ground}" stroke="#666"/>']
    for tick in TICKS_MS:
        if left <= log10(tick) <= right:
            x = LEFT + (log10(tick) - left) / (right - left) * (WIDTH - LEFT - 20)
            parts.append(f'<line x1="{x:.1f}" y1="{ground}" x2="{x:.1f}" y2="{ground + 5}" stroke="#666"/>')
            parts.append(f'<text x="{x:.1f}" y="{ground + 20}" font-size="12" text-anchor="middle">{tick:g} ms</text>')
    return parts
