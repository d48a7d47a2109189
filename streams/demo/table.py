"""What the demo shows while it runs: a table on a terminal, a line elsewhere."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from itertools import pairwise

from msgspec import Struct
from rich import box
from rich.columns import Columns
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from streams.core.event import FEEDS
from streams.demo.scrape import EMPTY, Buckets, Snapshot, quantile, since

_NAMES: Mapping[str, str] = {"police": "110", "hotline": "12345", "grid": "grid"}
_RATE_S, _LATENCY_S = 5.0, 20.0  # how far back rates and latencies look
_UNIT_CELLS = 24  # the widest name of a unit that is shown whole: both tables side by side fit 100 columns


class History:
    """The latest snapshots, for rates and for latencies of late."""

    def __init__(self) -> None:
        self._taken: deque[tuple[float, Snapshot]] = deque([(0.0, EMPTY)])

    @property
    def last(self) -> Snapshot:
        """The latest snapshot."""
        return self._taken[-1][1]

    def add(self, at_s: float, taken: Snapshot) -> None:
        """Remember what was seen `at_s` seconds after the beginning."""
        self._taken.append((at_s, taken))
        while len(self._taken) > 2 and self._taken[1][0] < at_s - _LATENCY_S:
            self._taken.popleft()

    def rates(self) -> dict[str, float]:
        """Records a second by feed, all-clears under `all-clears`, of the last seconds."""
        now, last = self._taken[-1]
        then, before = self._at(now - _RATE_S)
        seconds = max(now - then, 0.001)
        rates: dict[str, float] = {feed: (last.fed(feed) - before.fed(feed)) / seconds for feed in FEEDS}
        cleared = last.of("all_clear") - before.of("all_clear")
        rates["all-clears"] = cleared / seconds
        return rates

    def latency(self, feed: str) -> Buckets:
        """Histogram of call to order of a feed, of the last seconds."""
        return since(self.last.latency.get(feed, {}), self._taken[0][1].latency.get(feed, {}))

    def _at(self, at_s: float) -> tuple[float, Snapshot]:
        for one, other in pairwise(self._taken):
            if other[0] > at_s:
                return one
        return self._taken[0]


class View(Struct, frozen=True):
    """Everything that is shown at one moment."""

    elapsed_s: float
    sent: int  # records that the broker has confirmed
    history: History
    units: Sequence[tuple[str, int]] = ()  # name of the unit, orders


def known_share(taken: Snapshot) -> float:
    """Share of reports whose matter was known already, 0 to 1."""
    linked, new = taken.of("linked"), taken.of("new")
    return linked / (linked + new) if linked + new else 0.0


def milliseconds(buckets: Buckets, q: float) -> str:
    """A quantile in words, – without observations."""
    seconds = quantile(buckets, q)
    return "–" if seconds is None else f"{seconds * 1000:,.0f} ms"


def line(view: View) -> str:
    """The moment in one line, for logs and pipes."""
    last = view.history.last
    p99 = " ".join(f"{_NAMES[feed]} {milliseconds(view.history.latency(feed), 0.99)}" for feed in _NAMES)
    return (
        f"{view.elapsed_s:5.0f} s  sent {view.sent:,}  {sum(view.history.rates().values()):,.0f}/s  "
        f"incidents {last.of('new'):,.0f}  known matters {known_share(last):.0%}  orders {last.orders:,.0f}  "
        f"{_loop(last)}  "
        f"p99 {p99}  dead letters {sum(last.dead_letters.values()):,.0f}  lag {last.lag:,.0f}  "
        f"{last.memory / 2**20:,.0f} MB"
    )


def board(view: View) -> RenderableType:
    """The moment as a table, for a terminal."""
    tables = [_feeds(view), *([_units(view.units)] if view.units else [])]
    last = view.history.last
    return Group(_headline(view), Columns(tables, padding=(0, 3)), _dead_letters(last), Text(_loop(last)))


def _headline(view: View) -> Text:
    last = view.history.last
    facts = (
        f"{view.elapsed_s:.0f} s", f"{view.sent:,} records sent", f"{last.of('new'):,.0f} incidents",
        f"{known_share(last):.0%} of reports told of a known one", f"{last.orders:,.0f} orders",
        f"lag {last.lag:,.0f}", f"{last.memory / 2**20:,.0f} MB",
    )  # fmt: skip
    return Text(" · ".join(facts), style="bold")


def _feeds(view: View) -> Table:
    table = _plain_table("feeds (p50, p99: call to order)")
    table.add_column("feed")
    for name in ("rate", "new", "linked", "redelivered", "dead", "p50", "p99"):
        table.add_column(name, justify="right", no_wrap=True)
    rates, last = view.history.rates(), view.history.last
    for feed, name in _NAMES.items():
        counts = [f"{last.reports.get((feed, how), 0):,.0f}" for how in ("new", "linked", "redelivered", "dead_letter")]
        latency = view.history.latency(feed)
        table.add_row(name, f"{rates[feed]:,.0f}", *counts, *(milliseconds(latency, q) for q in (0.5, 0.99)))
    table.add_row("all-clears", f"{rates['all-clears']:,.0f}")
    return table


def _units(units: Sequence[tuple[str, int]]) -> Table:
    table = _plain_table("orders by unit")
    table.add_column("unit", no_wrap=True, max_width=_UNIT_CELLS)
    table.add_column("orders", justify="right")
    for name, orders in units:
        table.add_row(name, f"{orders:,}")
    return table


def _loop(taken: Snapshot) -> str:
    """What became of the orders."""
    step = taken.steps.get
    return (
        f"units: {step('accepted', 0.0):,.0f} accepted, {step('closed', 0.0):,.0f} closed, {taken.urged:,.0f} overdue, "
        f"{step('returned', 0.0):,.0f} returned"
    )


def _plain_table(title: str) -> Table:
    return Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, show_edge=False, padding=0)


def _dead_letters(taken: Snapshot) -> Text:
    reasons = sorted(taken.dead_letters.items(), key=lambda pair: -pair[1])
    told = ", ".join(f"{reason} {count:,.0f}" for reason, count in reasons) or "none"
    return Text(f"dead letters: {told}")
