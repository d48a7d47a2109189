"""`sanwang whatif` on recorded reports: events a second of wall time from question to answer, by what is tried."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from pathlib import Path

import msgspec

from benchmarks.drive import Drive
from benchmarks.figures import pile
from benchmarks.places import cache_folder, city_folder
from benchmarks.programs import DriverProcess, ProgramFailedError, broker_of, running
from benchmarks.rows import RowWatch
from benchmarks.scenarios import CALM
from benchmarks.trial import contenders_of, make_topics, scratch
from streams.whatif.command import WhatIf
from streams.whatif.tried import Tried

PARTITIONS = 4
RULE = '[[rule]]\nname = "路灯街道先到"\nwhen = "item = 40001"\nlead = "街道(乡镇)"\n\n'
#: What is tried: file of the city folder, and how it is changed.
TRIED: Mapping[str, tuple[str, Callable[[str], str]]] = {
    "a rule": ("rules.toml", lambda text: text.replace("[[rule]]", f"{RULE}[[rule]]", 1)),
    "a window": ("catalogue.csv", lambda text: text.replace(",7d,", ",3d,", 1)),
    "words": ("catalogue.csv", lambda text: text.replace("|离婚|", "|", 1)),
}


class Asked(msgspec.Struct, frozen=True):
    """What one question came to; `seconds` from starting the processes until the sums are there."""

    tried: str
    reports: int
    differences: int
    seconds: float

    @property
    def events_per_s(self) -> float:
        """Recorded reports a second, both sides included."""
        return self.reports / self.seconds


def measure(records: int, broker_kind: str, tried: Iterable[str], say: Callable[[Asked], None]) -> None:
    """Have a worker record reports of a calm day, and ask about `tried`; raises ProgramFailedError where that fails."""
    with ExitStack() as stack:
        folder = stack.enter_context(scratch())
        broker = stack.enter_context(broker_of(broker_kind, folder / "broker"))
        make_topics(broker.servers, PARTITIONS)
        [worker] = stack.enter_context(running(contenders_of("sanwang", 1, PARTITIONS, broker, folder)))
        driver = DriverProcess(
            Drive(broker.servers, PARTITIONS, str(city_folder()), str(cache_folder()), [pile(CALM.name, records)])
        )
        stack.callback(driver.stop)
        driver.wait_ready()
        driver.go()
        driver.wait_done()
        worker.start()
        with RowWatch([worker.asking], 0.25) as rows:
            if not rows.wait(records, 600, lambda: worker.alive):
                raise ProgramFailedError(f"{rows.rows} of {records} reports were recorded\n{worker.last_words()}")
        for name in tried:
            asking = WhatIf(worker.settings, Tried(_city(name, folder / name)))
            begun = time.perf_counter()
            sums = asking.ask("clickhouse", 0, int(time.time() * 1000))
            say(Asked(name, sums.reports, sums.kinds.total(), round(time.perf_counter() - begun, 2)))


def _city(name: str, to: Path) -> Path:
    """A copy of the city with one change."""
    shutil.copytree(city_folder(), to)
    file, change = TRIED[name]
    text = (to / file).read_text("utf-8")
    changed = change(text)
    if changed == text:
        raise ValueError(f"{file} has nothing that {name!r} would change")
    (to / file).write_text(changed, "utf-8")
    return to
