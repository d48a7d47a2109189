"""One telling of a matter as a record of a feed, with the gaps and slips of real records."""

from __future__ import annotations

from collections import defaultdict
from functools import lru_cache
from random import Random

from streams.city.city import City
from streams.core.area import ancestor
from streams.core.event import FEEDS, Feed
from streams.core.localtime import from_ms
from streams.intake.simulator.matter import Matter
from streams.intake.simulator.wording import Wording, phone_of

Record = dict[str, object]

_CALLERS = 400_000
_REPEATS = 0.12  # share of later calls that come from somebody who had called about the matter before
_PARENTS = 0.3  # share of later alarms that name the first
_KINDS = ("求助", "投诉", "投诉", "投诉", "咨询", "举报", "建议")


@lru_cache(maxsize=4096)
def local_time(second: int) -> str:
    """A second since 1970 UTC as the feeds write it."""
    return from_ms(second * 1000)


class Teller:
    """Writes tellings. `run` goes into every source number, so that two runs share none."""

    def __init__(self, city: City, seed: int, run: str) -> None:
        self._run = run
        self._count = 0
        self._wording = Wording(city.catalogue, seed)
        self._codes = {feed: _codes_by_item(city, feed) for feed in FEEDS}
        self._workers: dict[str, str] = {grid: worker for worker, grid in city.workers.items()}
        self._write = {"hotline": self._call, "police": self._alarm, "grid": self._report}

    def tell(self, matter: Matter, feed: Feed, due_ms: int, rng: Random) -> Record:
        """A record of `feed` about `matter`, sent at `due_ms`."""
        self._count += 1
        return self._write[feed](matter, due_ms // 1000, rng)

    def all_clear(self, grid: str, due_ms: int) -> Record:
        """A grid worker's message that nothing happened."""
        self._count += 1
        return {
            "number": f"PA{self._run}{self._count}",
            "grid_code": grid,
            "worker": self._worker(grid),
            "report_time": local_time(due_ms // 1000 - 1),
        }

    def _call(self, matter: Matter, second: int, rng: Random) -> Record:
        item, scene, draw = matter.item, matter.scene, rng.random()
        place = "" if draw < 0.1 else scene.written(rng)  # published: about 10 % lack an address
        coded = rng.random() < 0.82
        return {
            "number": f"GD{self._run}{self._count}",
            "kind": _KINDS[int(draw * len(_KINDS))] if rng.random() < 0.97 else None,
            "class_code": _slipped(self._code("hotline", item.code, rng), rng) if coded else None,
            "class_1": item.domain if coded else None,
            "class_2": item.class_name if coded else None,
            "class_3": item.name if coded else "其他",
            "title": scene.name + self._wording.title(item.code, matter.subject, rng),
            "detail": self._wording.text("hotline", item.code, matter.subject, place, rng),
            "address": place or None,
            "area_code": _slipped(ancestor(scene.spot.code, "village" if draw < 0.7 else "township"), rng)
            if rng.random() < 0.9
            else None,
            "caller": self._caller(matter, rng),
            "call_time": local_time(second - int(draw * 40)),
        }

    def _alarm(self, matter: Matter, second: int, rng: Random) -> Record:
        item, scene, number = matter.item, matter.scene, f"JQ{self._run}{self._count}"
        parent = matter.first_alarm if rng.random() < _PARENTS else ""
        matter.first_alarm = matter.first_alarm or number
        code, draw = self._code("police", item.code, rng), rng.random()
        tiers = _tiers(code) if code and draw < 0.93 else (None, None, None, None)
        lon, lat = scene.seen_from(rng)
        known = draw < 0.9
        place = scene.written(rng)
        return {
            "number": number,
            "parent_number": parent or None,
            "type_code_1": _slipped(tiers[0], rng),
            "type_code_2": tiers[1],
            "type_code_3": _slipped(tiers[2], rng),
            "type_code_4": tiers[3],
            "alarm_time": local_time(second - 2 - int(draw * 30)),
            "receive_time": local_time(second - int(draw * 2)),
            "caller_lon": lon if draw < 0.5 else 0.0,
            "caller_lat": lat if draw < 0.5 else 0.0,
            "scene_lon": lon if known else 0.0,
            "scene_lat": lat if known else 0.0,
            "jurisdiction_code": _slipped(ancestor(scene.spot.code, "township"), rng),
            "text": self._wording.text("police", item.code, matter.subject, place, rng),
            "address": place,
            "caller_phone": self._caller(matter, rng),
        }

    def _report(self, matter: Matter, second: int, rng: Random) -> Record:
        item, scene, grid, draw = matter.item, matter.scene, matter.scene.spot.code, rng.random()
        settled = item.self_handle and draw < 0.5
        located = draw < 0.85
        lon, lat = scene.seen_from(rng)
        number = f"WG{self._run}{self._count}"
        code = self._code("grid", item.code, rng) or item.code
        return {
            "number": number,
            "item_code": _slipped(code, rng) if rng.random() < 0.92 else None,
            "grid_code": grid,
            "lon": lon if located else None,
            "lat": lat if located else None,
            "photos": [f"photo/{number}/{n}.jpg" for n in range(1, 1 + int(rng.random() * 4))],
            "self_handled": settled,
            "text": self._wording.text("grid", item.code, matter.subject, scene.name, rng, settled=settled),
            "report_time": local_time(second - 1 - int(draw * 20)),
            "worker": self._worker(grid),
        }

    def _caller(self, matter: Matter, rng: Random) -> str | None:
        if rng.random() < 0.03:  # withheld
            return None
        if matter.callers and rng.random() < _REPEATS:
            return phone_of(matter.callers[0])
        caller = int(rng.random() * _CALLERS)
        matter.callers.append(caller)
        return phone_of(caller)

    def _worker(self, grid: str) -> str:
        return self._workers.get(grid) or f"w{grid}"

    def _code(self, feed: Feed, item: str, rng: Random) -> str | None:
        codes = self._codes[feed].get(item)
        return codes[int(rng.random() * len(codes))] if codes else None


def _codes_by_item(city: City, feed: Feed) -> dict[str, list[str]]:
    by_item: dict[str, list[str]] = defaultdict(list)
    for code, item in city.catalogue.codes.get(feed, {}).items():
        by_item[item].append(code)
    return dict(by_item)


def _tiers(code: str) -> tuple[str, str | None, str | None, str | None]:
    """The tiers of a six-digit 110 code that its zeros allow, widest first."""
    if len(code) != 6:
        return code, None, None, None
    wide, middle = code[:2] + "0000", code[:4] + "00"
    deeper = [tier for tier in dict.fromkeys((middle, code)) if tier != wide]
    return (wide, *(*deeper, None, None, None)[:3])  # type: ignore[return-value]  # mypy loses the length


def _slipped(code: str | None, rng: Random) -> str | None:
    """A code with the stray blanks of real tables, now and then."""
    return f" {code} " if code and rng.random() < 0.01 else code
