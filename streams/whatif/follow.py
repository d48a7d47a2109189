"""A shadow in a terminal: it says how it stands, until time is up or somebody ends it."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path

from streams.report.words import Language
from streams.whatif.compare import Difference, Sums
from streams.whatif.files import difference_files, write_units
from streams.whatif.shadow import Shadow
from streams.whatif.shown import summary


async def follow(shadow: Shadow, seconds: float | None, every_s: float, out: Path | None, language: Language) -> Sums:
    """Follow live events for so long, or until SIGINT or SIGTERM; what it says in between goes to standard error."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    if seconds is not None:
        loop.call_later(seconds, stop.set)

    def tell(sums: Sums) -> None:
        sys.stderr.write(summary(sums, shadow.names, language) + "\n")

    with difference_files(out, shadow.names) if out else nullcontext(_nowhere) as write:
        sums = await shadow.run(stop, asyncio.Event(), tell, every_s, write)
    if out:
        write_units(out, sums, shadow.names)
    return sums


def _nowhere(differences: Sequence[Difference]) -> None:
    """Nobody wants them one by one."""
