"""Six hours of the demo city, decided by the real core, planted in a warehouse for the board to show.

`python -m tests.support.planted CITY FOLDER PORT NOW_MS` serves them over ClickHouse's HTTP interface until SIGTERM.
What nothing decides yet where this runs (steps, warnings) is made up here, always the same for the same `now`.
"""

from __future__ import annotations

import asyncio
import signal
import sys
from collections import defaultdict
from pathlib import Path
from random import Random

from streams.city.city import City
from streams.city.load import load_city
from streams.core.accept import Door, Envelope
from streams.core.classify import Classifier
from streams.core.deadline import DAY, UTC_OFFSET
from streams.core.event import Event
from streams.core.handover import acknowledge, hand_over
from streams.core.normalise import normalise
from streams.core.places import Places
from streams.core.route import Router
from streams.core.triage import Desk
from streams.errors import RefusedError
from streams.flow.dead_letters import DeadLetter
from streams.flow.rows import dead_letter_row, event_row, hand_over_row, incident_row, latency_row, order_row
from streams.flow.topics import RECORDS, REPORT_TOPICS
from streams.intake.simulator import Simulator, profile_named, value_of
from streams.warehouse.embedded import EmbeddedWarehouse
from streams.warehouse.http import HttpInterface
from streams.warehouse.migrate import migrate
from streams.warehouse.names import load_names
from streams.warehouse.port import Row
from streams.warehouse.tables import TABLES
from streams.wire.codec import Codec
from streams.wire.source import FileSource

HOUR, MINUTE = 3_600_000, 60_000
HOURS, RATE = 6, 0.28
LOG = "planted"
Rows = dict[str, list[Row]]


def planted(city: City, now: int) -> Rows:
    """Rows of the tables, those of an identity in order: the last one holds."""
    rows: defaultdict[str, list[Row]] = defaultdict(list)
    _reports(city, now, rows)
    rng = Random(7)
    orders = {row[0]: dict(zip(TABLES["orders"].columns, row, strict=True)) for row in rows["orders"]}
    for order in orders.values():
        rows["order_steps"] += _steps(rng, order, now)
    _warnings(rng, city, now, rows)
    _all_clears(rng, city, now, rows)
    return dict(rows)


def _reports(city: City, now: int, rows: Rows) -> None:
    codec, router = Codec(FileSource()), Router(city.catalogue, city.units, city.areas, city.rules, city.is_workday)
    door = Door(city.catalogue, Places(city.areas.values()), Classifier(city.catalogue), bytes(32))
    desk, rng = Desk(city.catalogue, router), Random(3)
    for offset, fed in enumerate(Simulator(city, 5, now - HOURS * HOUR, profile_named("calm"), RATE)):
        if fed.due_ms >= now - 2_000:
            return
        if fed.topic not in REPORT_TOPICS:
            continue
        try:
            record = codec.decode(RECORDS[fed.topic], value_of(fed, codec))
            report = normalise(REPORT_TOPICS[fed.topic], record)
            event = door.accept(report, Envelope(0, offset, fed.due_ms, replayed=False), fed.due_ms + 4)
        except RefusedError as error:
            feed = REPORT_TOPICS[fed.topic]
            letter = DeadLetter(LOG, feed, 0, offset, error.reason, error.detail, "…", None, None, fed.due_ms)
            rows["dead_letters"].append(dead_letter_row(letter))
            continue
        _decide(city, desk, event, rng, rows)


def _decide(city: City, desk: Desk, event: Event, rng: Random, rows: Rows) -> None:
    ordered = event.received_at + 8 + int(rng.expovariate(1 / 14))
    decision = desk.decide(event, ordered)
    rows["events"].append(event_row(LOG, event, decision, event.source_offset))
    incident = decision.incident
    if decision.outcome == "redelivered" or incident is None:
        return
    rows["incidents"].append(incident_row(incident))
    rows["orders"] += [order_row(order, incident.opened_at) for order in decision.orders]
    rows["latencies"].append(latency_row(event, ordered - 3, ordered if decision.orders else None))
    pushed = hand_over(event, city.catalogue.items[event.item], incident, ordered)
    if pushed:
        rows["hand_overs"].append(hand_over_row(pushed, incident.opened_at))
        if rng.random() < 0.97:
            taken = acknowledge(pushed, ordered + rng.randrange(10_000, 240_000))
            rows["hand_overs"].append(hand_over_row(taken, incident.opened_at))


def _steps(rng: Random, order: dict[str, object], now: int) -> list[Row]:
    """As far as time and chance took the order: nearly all are done in time where the time has come."""
    issued, due = int(str(order["issued_at"])), int(str(order["due_at"]))
    steps: list[Row] = []
    left = max(due - issued, MINUTE)
    at = issued
    quick = rng.random() < 0.95
    for step, share in (("accepted", 0.08), ("in_hand", 0.2), ("handled", 0.35)):
        at += int(left * share * rng.uniform(0.4, 1.0)) if quick else 2 * left
        if at > now:
            break
        id_, position = order["order_id"], len(steps) + 1
        row = (id_, f"{id_}-{position}", position, step, at, order["unit"], "", "", "", "", step, due, issued)
        steps.append(row)
    return steps


def _warnings(rng: Random, city: City, now: int, rows: Rows) -> None:
    townships = [a.code for a in city.areas.values() if a.level == "township"]
    for place, colour in zip(rng.sample(townships, 26), [4, 4, 3, 3, 3, 3, *([2] * 9), *([1] * 11)], strict=True):
        at, item = now - rng.randrange(HOURS * HOUR), rng.choice(sorted(city.catalogue.items))
        what = (f"surge:{place}:{item}@{at}", 1, "raised", "surge", place, item, colour, 4 + 3 * colour, 1.5, at, at)
        rows["warnings"].append(what)
    gone = rows["warnings"][0]
    rows["warnings"].append((gone[0], 2, "cancelled", *gone[3:10], gone[9] + 1))
    units = sorted({row[2] for row in rows["orders"]})
    for unit, colour in zip(rng.sample(units, 3), (3, 2, 1), strict=True):
        what = (f"overdue:{unit}", 1, "raised", "overdue", unit, "", colour, 6, 19.0, now - HOUR, now - HOUR)
        rows["warnings"].append(what)


def _all_clears(rng: Random, city: City, now: int, rows: Rows) -> None:
    """Today's, of most grids; some townships are quieter than others."""
    begin = (now + UTC_OFFSET) // DAY * DAY - UTC_OFFSET
    for offset, code in enumerate(sorted(a.code for a in city.areas.values() if a.level == "grid")):
        if Random(code[:9]).random() * 0.3 < rng.random():
            at = max(begin, now - rng.randrange(4 * HOUR))
            rows["all_clears"].append((LOG, 0, offset, f"A{offset}", code, at, at + 40))


async def serve(city_folder: Path, folder: Path, port: int, now: int) -> None:
    """Plant, answer, and wait for SIGTERM."""
    city, stop = load_city(city_folder), asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    warehouse = EmbeddedWarehouse(folder)
    migrate(warehouse)
    for table, rows in planted(city, now).items():
        warehouse.insert(table, rows)
    load_names(warehouse, city.catalogue.items.values(), city.areas.values(), city.units.values())
    interface = HttpInterface(warehouse)
    print("planted", await interface.start(port), flush=True)
    await stop.wait()
    await interface.stop()
    warehouse.close()


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])))
