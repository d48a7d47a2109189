"""docs/performance.md out of a results file."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from benchmarks.figures import FIGURES
from benchmarks.outcome import Outcome, growth, load, merged, peer_rates
from benchmarks.peers import NOT_DONE
from benchmarks.pictures import picture
from benchmarks.trial import Result

HERE = Path(__file__).parent
DOCS = Path("docs")
COMMANDS = """\
python3 -m venv .venv-bench && .venv-bench/bin/pip install --require-hashes -r requirements/bench.lock
.venv-bench/bin/pip install --no-deps --no-build-isolation -e .
.venv-bench/bin/python -m benchmarks run --short     # make bench
.venv-bench/bin/python -m benchmarks run --full      # make bench-full: writes this page
.venv-bench/bin/python -m benchmarks figures         # the names
.venv-bench/bin/python -m benchmarks figure police-order --broker kafka --seconds 60
.venv-bench/bin/python -m benchmarks peers sanwang faust quix bytewax ceiling --rounds 5 --records 100000
.venv-bench/bin/python -m benchmarks state --incidents 1000000
.venv-bench/bin/python -m benchmarks growth --reports 10000000 --most-open 1000000
.venv-bench/bin/python -m benchmarks core
.venv-bench/bin/python -m benchmarks ratio"""
#: Reports and all-clears a day. A city of 9 to 10 million people: up to 3,000 calls to 12345, 8,000 alerts, 60,000
#: messages of its 19,361 grid workers, a third of these all-clears; the others by their number of grid workers.
_CITY_WORKERS, _CITY_REPORTS = 19_361, 51_000
SIZES = tuple(
    (name, _CITY_REPORTS * workers / _CITY_WORKERS, float(workers))
    for name, workers in (
        ("a city (19,361 grid workers)", 19_361), ("a province (410,000 grid workers)", 410_000),
        ("the nation (4.5 million grid workers)", 4_500_000),
    )
)
STORM = 10.0  # times the day's average rate, in the worst hour that is planned for; some classes swell 20 to 50 times
EVENING_S = 3600.0  # in which all all-clears come


def write_report(files: Sequence[Path]) -> Path:
    """Write the page and its pictures from results, the later ones of a part over the earlier; returns the page."""
    outcome = merged([load(file) for file in files])
    template = (HERE / "performance.md.in").read_text("utf-8")
    page = DOCS / "performance.md"
    parts = {
        "results": "`, `".join(file.name for file in files),
        "machine": _machine(outcome), "figures": _figures(outcome), "latency": _latency(outcome),
        "pictures": _pictures(outcome), "peers": _peers(outcome), "state": _state(outcome), "growth": _growth(outcome),
        "core": _core(outcome), "profile": _profile(outcome), "limits": _limits(outcome), "sizing": _sizing(outcome),
        "commands": COMMANDS, "not_done": "\n".join(f"- {name}: {what}." for name, what in NOT_DONE.items()),
        "rounds": str(max(map(len, outcome.peers.values()), default=0)),
        "peer_records": f"{max((r.plan.records for rs in outcome.peers.values() for r in rs), default=0):,}",
    }
    page.write_text(template.format(**parts), "utf-8")
    return page


def _table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)


def _machine(outcome: Outcome) -> str:
    m = outcome.machine
    packages = ", ".join(f"{name} {version}" for name, version in m.packages.items())
    changed = " with changes" if m.changed else ""
    return (
        f"{m.at}, commit {m.commit}{changed}: {m.cpu}, {m.cores} cores, {m.memory_gb} GB, {m.system}, "
        f"Python {m.python}, Apache Kafka {m.kafka} on {m.java}; {packages}."
    )


def _figures(outcome: Outcome) -> str:
    rows = []
    for name, value in outcome.values.items():
        figure = FIGURES[name.partition(" on ")[0]]
        results = outcome.figures[name]
        bound = f"{figure.bound} {figure.target:,.0f}"
        verdict = "yes" if figure.reached(value) else f"no, {value / figure.target:.2f} of it"
        note = "" if results[-1].drained else ", not drained"
        rows.append([
            figure.title, name.partition(" on ")[2], results[-1].plan.workers,
            f"{value:,.1f} {figure.unit}{note}", bound, verdict,
        ])
    return _table(["figure", "broker", "workers", "measured", "wanted", "reached"], rows)


def _latency(outcome: Outcome) -> str:
    rows = [
        [name, measured, *(f"{value:,.1f}" for value in histogram.summary().values()), f"{histogram.total:,}"]
        for name, results in outcome.figures.items()
        for measured, histogram in sorted(results[-1].latency.items())
    ]
    return _table(["run", "ms until", "p50", "p90", "p99", "p99.9", "max", "values"], rows)


def _pictures(outcome: Outcome) -> str:
    folder = DOCS / "pictures"
    folder.mkdir(parents=True, exist_ok=True)
    links = []
    for name, results in outcome.figures.items():
        drawing = picture(name, results[-1].latency)
        if drawing:
            file = folder / f"{name.replace(' ', '-')}.svg"
            file.write_text(drawing, "utf-8")
            links.append(f"![{name}](pictures/{file.name})")
    return "\n\n".join(links)


def _peers(outcome: Outcome) -> str:
    rates = peer_rates(outcome.peers)
    ours = rates["sanwang"].median if "sanwang" in rates else 0.0
    return _table(
        ["contender", "records/s", "ours is", "worker cores", "peak MB"],
        [[name, rate, f"{ours / rate.median:.2f}x" if rate.median else "-", *_used(outcome.peers[name])]
         for name, rate in rates.items()],
    )


def _used(results: Sequence[Result]) -> list[str]:
    used = [result.usage["worker 1"] for result in results]
    return [f"{sum(u.cores for u in used) / len(used):.2f}", f"{max(u.peak_mb for u in used):,.0f}"]


def _state(outcome: Outcome) -> str:
    return _table(
        ["open incidents", "broker", "worker MB", "peak MB", "without any MB", "bytes each", "recovery s", "ready s"],
        [[f"{s.incidents:,}", s.broker, f"{s.memory_mb:,.0f}", f"{s.peak_mb:,.0f}", f"{s.empty_mb:,.0f}",
          f"{s.bytes_each:,.0f}", f"{s.recovery_s:.1f}", f"{s.ready_s:.1f}"] for s in outcome.state],
    )


def _growth(outcome: Outcome) -> str:
    parts = []
    for title, costs in (("open incidents", outcome.by_open), ("reports gone through", outcome.by_reports)):
        rows = [[f"{c.reports:,}", f"{c.open:,}", c.micros] for c in costs]
        parts.append(f"By {title}, {growth(costs):.2f} times from first to last:\n")
        parts.append(_table(["reports", "open incidents", "µs a report"], rows) + "\n")
    return "\n".join(parts)


def _core(outcome: Outcome) -> str:
    scenarios = list(outcome.core)
    names = [step.name for step in outcome.core[scenarios[0]]] if scenarios else []
    cost = {scenario: {step.name: step.micros for step in steps} for scenario, steps in outcome.core.items()}
    rows = [[name, *(cost[s].get(name, "") for s in scenarios)] for name in names]
    return _table(["µs of CPU a report", *scenarios], rows)


def _profile(outcome: Outcome) -> str:
    return _table(
        ["function", "own", "cumulative"],
        [[f"`{name}`", f"{own:.1%}", f"{whole:.1%}"] for name, own, whole in outcome.profile],
    )


def _limits(outcome: Outcome) -> str:
    """Who was busy in each run: the role next to a whole core is what limits it."""
    return _table(
        ["run", "role", "cores", "peak MB"],
        [[name, role, used.cores, f"{used.peak_mb:,.0f}"]
         for name, results in outcome.figures.items() for role, used in results[-1].usage.items()],
    )


def _sizing(outcome: Outcome) -> str:
    """Cores for the busiest hour, from CPU seconds a record of the sustained run and of the all-clears."""
    mixed, clears = _cpu_each(outcome, "sustained on kafka"), _cpu_each(outcome, "all-clears on kafka")
    if not mixed or not clears:
        return "The runs that this is computed from are missing."
    rows = []
    for name, reports, all_clears in SIZES:
        a_second = reports / 86_400 * STORM, all_clears / EVENING_S
        cores = a_second[0] * mixed + a_second[1] * clears
        have = max(2, round(cores * 2 + 0.5))
        rows.append([name, f"{a_second[0]:,.0f}", f"{a_second[1]:,.0f}", f"{cores:,.2f}", have])
    head = ["place", "reports/s", "all-clears/s", "cores busy", "cores to have (half idle, at least 2)"]
    text = (
        f"One mixed record takes {mixed * 1e6:,.0f} µs of CPU in workers and broker, one all-clear "
        f"{clears * 1e6:,.0f} µs. Planned for: reports at {STORM:.0f} times the day's average rate, while all of the "
        "day's all-clears come within one hour.\n\n"
    )
    return text + _table(head, rows)


def _cpu_each(outcome: Outcome, run: str) -> float:
    """CPU seconds of workers and broker a record."""
    results = outcome.figures.get(run)
    if not results or not results[-1].rows:
        return 0.0
    used = results[-1].usage
    return sum(one.cpu_s for role, one in used.items() if role.startswith(("worker", "broker"))) / results[-1].rows
