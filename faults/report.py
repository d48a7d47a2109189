"""The tables of rounds and outages, written between the marks of docs/reliability.md."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from statistics import median

from faults.kinds import FAULTS
from faults.outage import Outage
from faults.round import Round
from streams.errors import SanwangError


def table_of(rounds: Sequence[Round]) -> str:
    """One line a fault, and all together."""
    by_fault: dict[str, list[Round]] = defaultdict(list)
    for one in rounds:
        by_fault[one.fault].append(one)
    lines = [
        "| fault | rounds | records | lost | doubled | wrong | told again | recovery p50 | max | memory, max |",
        "|---|---|---|---|---|---|---|---|---|---|",
        *(_line(f"{name}: {fault.says}", by_fault[name]) for name, fault in FAULTS.items() if by_fault[name]),
        _line("**all**", rounds),
    ]
    return "\n".join(lines)


def _line(name: str, rounds: Sequence[Round]) -> str:
    found = [one.verdict for one in rounds]
    recovery = [one.recovery_s for one in rounds]
    sums = [sum(getattr(one, what) for one in found) for what in ("records", "lost", "doubled", "wrong", "told_again")]
    return (
        f"| {name} | {len(rounds)} | " + " | ".join(f"{number:,}" for number in sums)
        + f" | {median(recovery):.1f} s | {max(recovery):.1f} s | {max(one.memory_mb for one in rounds)} MB |"
    )


def outages_of(outages: Sequence[Outage]) -> str:
    """One line an outage of ClickHouse."""
    head = "| seconds | records | orders sent in each quarter | memory then, MB | drained in | lost, doubled, wrong |"
    lines = [
        f"| {one.seconds:g} | {one.verdict.records:,} | {', '.join(map(str, one.orders))} | "
        f"{', '.join(map(str, one.memory_mb))} | {one.drained_s:.1f} s | "
        f"{one.verdict.lost}, {one.verdict.doubled}, {one.verdict.wrong} |"
        for one in outages
    ]
    return "\n".join([head, "|---|---|---|---|---|---|", *lines])


def replace_between(page: Path, mark: str, text: str) -> None:
    """Replace what stands between two marks of a page; raises SanwangError where they are missing."""
    begin, end = f"<!-- {mark} -->\n", f"<!-- /{mark} -->"
    before, _, rest = page.read_text("utf-8").partition(begin)
    _, found, after = rest.partition(end)
    if not found:
        raise SanwangError(f"{page} has no place for {mark}: it needs the lines {begin.strip()} and {end}")
    page.write_text(f"{before}{begin}{text}\n{end}{after}", "utf-8")
