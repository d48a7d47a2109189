"""Rules tried beside a running worker: on what comes in, on what was recorded, on what the feeds hold."""

from __future__ import annotations

import asyncio
import shutil
import time
from pathlib import Path

from streams.flow.topics import HOTLINE_CALLS
from streams.whatif.command import WhatIf
from streams.whatif.compare import Sums
from streams.whatif.shadow import Shadow
from streams.whatif.tried import Tried
from tests.support.feeding import Raw, call, put
from tests.support.pipeline import Pipeline

RULE = '[[rule]]\nname = "路灯街道先到"\nwhen = "item = 40001"\nlead = "街道(乡镇)"\n\n'


def changed(folder: Path, to: Path) -> Path:
    shutil.copytree(folder, to)
    rules = to / "rules.toml"
    text = rules.read_text("utf-8")
    rules.write_text(text.replace("[[rule]]", f"{RULE}[[rule]]", 1), "utf-8")
    return to


async def shadowed(started: Pipeline, shadow: Shadow, numbers: list[str]) -> tuple[Sums, list[str]]:
    stop, listening = asyncio.Event(), asyncio.Event()
    kinds: list[str] = []
    following = asyncio.create_task(
        shadow.run(stop, listening, lambda _: None, 60, lambda found: kinds.extend(one.kind for one in found))
    )
    await asyncio.wait_for(listening.wait(), 20)
    await put(started.settings.kafka.bootstrap, HOTLINE_CALLS, [Raw(call(number)) for number in numbers])
    for _ in range(100):
        if shadow.metrics.registry.get_sample_value("sanwang_shadow_reports_total") >= len(numbers):
            break
        await asyncio.sleep(0.2)
    stop.set()
    return await following, kinds


def test_a_shadow_tells_what_would_differ(steady: Pipeline, tmp_path: Path) -> None:
    city = changed(Path(steady.settings.city), tmp_path / "city")
    shadow = Shadow(steady.settings, Tried(city))
    sums, kinds = asyncio.run(shadowed(steady, shadow, ["S1", "S2"]))
    assert steady.account(30).closed
    assert sums.reports >= 2
    assert sums.leads.total() >= 1
    assert set(kinds) <= {"lead", "assists", "due"}
    [(lead,)] = steady.ask("SELECT count() FROM sanwang.incidents FINAL WHERE rule LIKE '路灯街道先到%'")
    assert lead == 0


def test_both_sources_say_that_the_same_city_decides_the_same(steady: Pipeline) -> None:
    begin = int(time.time() * 1000)
    calls = [call(number, class_3="燃气泄漏", detail="说不清什么事") for number in ("W1", "W2")]
    # One with a name in place of its code.
    calls.append(call("W3", class_3="燃气泄漏", area_code="九九区人民路社区", detail="说不清什么事"))
    asyncio.run(put(steady.settings.kafka.bootstrap, HOTLINE_CALLS, [Raw(value) for value in calls]))
    assert steady.account(30).closed
    asking = WhatIf(steady.settings, Tried(Path(steady.settings.city)))
    end = int(time.time() * 1000) + 1
    whole, recorded = asking.ask("kafka", begin, end), asking.ask("clickhouse", begin, end)
    assert (whole.reports, whole.kinds, whole.recorded) == (3, {}, 0)
    assert (recorded.reports, recorded.kinds, recorded.recorded) == (3, {}, 3)
    assert recorded.same_item == 0  # the source's class names are in its feed only, and here they decide
