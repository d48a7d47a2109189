"""How long a report takes from the door to a screen, stage by stage: `python -m tests.support.freshness`.

Runs the real demo at its usual rate, opens a township's overview in a headless Chromium, files one report after another
as the README's curl line does, each at a village of its own, and waits until its incident is drawn. Prints p50 and max
of each stage in seconds:

- `answer`: the door has said 202, so Kafka has it;
- `order`: the worker has sent the orders (as the pipeline itself writes down);
- `stored`: ClickHouse answers with the incident (asked for ten times a second);
- `screen`: the browser has painted it.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import threading
import time
import urllib.request
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

from selenium.webdriver import Chrome

from streams.city.city import City
from streams.city.load import load_city
from tests.support.browser import browser, missing, sign_in, wait_for
from tests.support.newcomer import RunningDemo, running_demo

USUAL = 20  # reports
LONGEST_S = 60.0
_LOOK_S = 0.1
#: Notes when each incident is painted first, in ms since 1970.
_WATCH = """
window.painted = {};
const look = () => {
  for (const one of document.querySelectorAll(".a-newest a")) {
    const id = new URL(one.href).searchParams.get("id");
    if (id && !(id in painted)) {
      painted[id] = 0;
      requestAnimationFrame(() => setTimeout(() => { painted[id] = Date.now(); }));
    }
  }
};
new MutationObserver(look).observe(document.body, {childList: true, subtree: true, characterData: true});
look();
"""
_STORED = "SELECT count() AS rows FROM sanwang.incidents WHERE incident_id = {id:String}"
_ORDERED = """
SELECT event_id, toUnixTimestamp64Milli(received_at) + ordered_ms AS at FROM sanwang.latencies FINAL
WHERE startsWith(event_id, {run:String}) AND ordered_ms IS NOT NULL
"""


class Times(NamedTuple):
    """Seconds from the moment at which the report was sent off."""

    answer: float
    order: float
    stored: float
    screen: float


def measure(demo: RunningDemo, chrome: Chrome, reports: int) -> list[Times]:
    """File `reports` at the demo and watch each come. The browser is signed in."""
    city = load_city(demo.data / "city")
    township, villages = _largest(city)
    chrome.get(f"{demo.board}/area/{township}")
    wait_for(chrome, ".a-newest")
    chrome.execute_script(_WATCH)
    run = f"F{int(time.time())}-"
    seen = [_one(demo, chrome, f"{run}{place}", village) for place, village in enumerate(villages[:reports])]
    rows = demo.warehouse.rows(_ORDERED, {"run": f"hotline:{run}"})
    ordered = {row["event_id"]: int(row["at"]) for row in rows}
    return [
        Times(*((at - sent) / 1000 for at in (answered, ordered[event], stored, painted)))
        for event, sent, answered, stored, painted in seen
    ]


def _one(demo: RunningDemo, chrome: Chrome, number: str, village: str) -> tuple[str, int, int, int, int]:
    """Event id, and when it was sent, answered, stored and painted, in ms since 1970."""
    event, stored = f"hotline:{number}", [0]
    watching = threading.Thread(target=_watch_stored, args=(demo, event, stored))
    sent = _now()
    watching.start()
    assert _file(demo, number, village) == event
    answered, ends = _now(), time.monotonic() + LONGEST_S
    while not (painted := int(chrome.execute_script("return painted[arguments[0]] || 0", event))):
        assert time.monotonic() < ends, f"{event} is not on the screen after {LONGEST_S} s"
        time.sleep(_LOOK_S)
    watching.join()
    time.sleep(0.5 + int(village) % 97 / 100)  # so as to come at any phase of whatever goes round
    return event, sent, answered, stored[0], painted


def _watch_stored(demo: RunningDemo, event: str, stored: list[int]) -> None:
    ends = time.monotonic() + LONGEST_S
    while not demo.warehouse.rows(_STORED, {"id": event})[0]["rows"]:
        if time.monotonic() > ends:
            return
        time.sleep(_LOOK_S)
    stored[0] = _now()


def _file(demo: RunningDemo, number: str, village: str) -> str:
    report = {
        "feed": "hotline", "number": number, "call_time": f"{datetime.now(ZoneInfo('Asia/Shanghai')):%Y%m%d%H%M%S}",
        "detail": "菜场后门的路灯不亮", "area_code": village,
    }  # fmt: skip
    key = (demo.data / "door.key").read_text("utf-8")
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {key}"}
    asked = urllib.request.Request(f"http://{demo.door}/v1/reports", json.dumps(report).encode(), headers)
    with urllib.request.urlopen(asked, timeout=30) as answer:  # noqa: S310 - loopback
        assert answer.status == 202
        return str(json.load(answer)["id"])


def _largest(city: City) -> tuple[str, list[str]]:
    """The township with the most villages, and those."""
    villages = [code for code, area in city.areas.items() if area.level == "village"]
    [(digits, _)] = Counter(code[:9] for code in villages).most_common(1)
    return f"{digits}000", [code for code in villages if code.startswith(digits)]


def _now() -> int:
    return time.time_ns() // 1_000_000


def told(times: Sequence[Times]) -> str:
    """The table."""
    lines = [f"{len(times)} reports, seconds from sending   p50    max"]
    for stage in Times._fields:
        values = [getattr(one, stage) for one in times]
        lines.append(f"{stage:<32}{statistics.median(values):6.2f} {max(values):6.2f}")
    return "\n".join(lines)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--reports", type=int, default=USUAL)
    parser.add_argument("--rate", type=float, default=50.0, help="the demo's own records a second")
    options = parser.parse_args()
    if why := missing():
        raise SystemExit(why)
    with (
        tempfile.TemporaryDirectory(prefix="sanwang-freshness-") as folder,
        running_demo(Path(folder), "--rate", f"{options.rate:g}") as demo,
        browser() as chrome,
    ):
        sign_in(chrome, demo.board, "admin", demo.password)
        print(told(measure(demo, chrome, options.reports)))


if __name__ == "__main__":
    main()
