"""Changed cities, as a what-if tries them, and what both sides say of reports, alone and together."""

from collections.abc import Callable, Iterable

from msgspec.structs import replace

from streams.city.city import City
from streams.core.area import Area
from streams.core.catalogue import Item
from streams.core.rules import Rule
from streams.core.unit import Unit
from streams.whatif.asked import Asked
from streams.whatif.pair import Pair, Said
from streams.whatif.side import Side, Told

PARTITIONS = 4
KEY = bytes(16)
WATER, RUBBISH, NOISE, BUILDING_NOISE, JAM, FIRE = "41002", "33001", "44001", "44003", "47002", "21007"
VILLAGE = "荷塘村"  # of the example city


def other_items(city: City, change: Callable[[Item], Item]) -> City:
    return with_items(city, {code: change(item) for code, item in city.catalogue.items.items()})


def one_item(city: City, code: str, **fields: object) -> City:
    items = city.catalogue.items
    return with_items(city, {**items, code: replace(items[code], **fields)})


def with_items(city: City, items: dict[str, Item]) -> City:
    return replace(city, catalogue=replace(city.catalogue, items=items, version="tried"))


def without_item(city: City, code: str) -> City:
    codes = {
        feed: {told: item for told, item in table.items() if item != code}
        for feed, table in city.catalogue.codes.items()
    }
    items = {one: item for one, item in city.catalogue.items.items() if one != code}
    return replace(city, catalogue=replace(city.catalogue, items=items, codes=codes))


def with_code(city: City, feed: str, code: str, item: str) -> City:
    codes = city.catalogue.codes
    return replace(city, catalogue=replace(city.catalogue, codes={**codes, feed: {**codes[feed], code: item}}))


def shorter(item: Item) -> Item:
    return replace(item, limit=f"1{item.limit.lstrip('0123456789')}")


def settled_by_the_grid(item: Item) -> Item:
    return replace(item, self_handle=not item.self_handle)


def renamed(city: City, name: str) -> dict[str, Area]:
    """Areas of which one is called otherwise: who tells its name is somewhere in the city."""
    return {code: replace(area, name="新村") if area.name == name else area for code, area in city.areas.items()}


def without_kind(city: City, kind: str) -> dict[str, Unit]:
    return {code: unit for code, unit in city.units.items() if unit.kind != kind}


NOISE_TO_CENTRE = Rule("噪声先到", "", 1, ({"item": frozenset({"44001", "44003"})},), unit="CMD")
GRID_TO_CENTRE = Rule("网格先到", "", 1, ({"feed": frozenset({"grid"})},), unit="CMD")

CHANGES: dict[str, tuple[Callable[[City], City], bool, bool]] = {  # what is tried, heard alike, matched alike
    "rules": (lambda city: replace(city, rules=()), True, True),
    "assists": (lambda city: replace(city, rules=tuple(replace(r, assist=()) for r in city.rules)), True, True),
    "a rule before all others": (lambda city: replace(city, rules=(NOISE_TO_CENTRE, *city.rules)), True, True),
    "a rule after all others": (lambda city: replace(city, rules=(*city.rules, GRID_TO_CENTRE)), True, True),
    "units": (lambda city: replace(city, units=without_kind(city, "government")), True, True),
    "working days": (lambda city: replace(city, calendar=replace(city.calendar, off=frozenset())), True, True),
    "settled on the spot": (lambda city: other_items(city, settled_by_the_grid), True, True),
    "limits": (lambda city: other_items(city, shorter), True, True),
    "windows": (lambda city: other_items(city, lambda item: replace(item, window_s=600)), True, False),
    "levels": (lambda city: other_items(city, lambda item: replace(item, level=1)), False, False),
    "words": (lambda city: one_item(city, WATER, words=()), False, False),
    "areas": (lambda city: replace(city, areas=dict(list(city.areas.items())[:-5])), False, False),
    "a name": (lambda city: replace(city, areas=renamed(city, VILLAGE)), False, False),
}


#: As `CHANGES`, but of single items, so that most of what is heard and found is the same.
OF_ONE: dict[str, Callable[[City], City]] = {
    "a window": lambda city: one_item(city, NOISE, window_s=900),
    "a longer window": lambda city: one_item(city, JAM, window_s=86_400),
    "a distance": lambda city: one_item(city, RUBBISH, distance_m=2_000),
    "words": lambda city: one_item(city, WATER, words=()),
    "a level": lambda city: one_item(city, NOISE, level=1),
    "danger": lambda city: one_item(city, FIRE, level=2, limit="4h"),
    "a level of danger": lambda city: one_item(city, FIRE, level=2),
    "a window and the rules": lambda city: replace(one_item(city, NOISE, window_s=900), rules=()),
    "a name": lambda city: one_item(city, NOISE, name="噪声扰民"),
    "a class": lambda city: one_item(city, NOISE, class_name="噪声扰民"),
    "a code": lambda city: with_code(city, "grid", WATER, RUBBISH),
    "an item less": lambda city: without_item(city, WATER),
}


def alone(city: City, batches: list[list[Asked]]) -> list[Told]:
    side = Side(city, PARTITIONS, KEY)
    heard = [one for batch in batches for one in side.opined([side.accept(asked) for asked in batch])]
    return [one if isinstance(one, Told) else side.told(one, side.decide(one)) for one in heard]


def together(city: City, tried: City, batches: list[list[Asked]]) -> list[list[Said]]:
    pair, said = Pair(city, tried, PARTITIONS, KEY), []
    for batch in batches:
        lines, refused = pair.hear(range(len(batch)), batch)
        said.append([*pair.decide(lines), *refused])
    return said


def told_by(side: int, said: Iterable[Said]) -> list[Told]:
    return [one.told for one in sorted(said, key=lambda one: one.number) if one.sides & side]


