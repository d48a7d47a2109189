"""Made-up place names for the demo city, put together from syllables. Places only, never persons."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from random import Random

CITY = "云河市"
COUNTIES = ("青澜区", "双渚区", "岚溪县", "霁川县", "穗丰县", "墨泽县", "棠泊县", "澄原县", "芦滩县", "沐林县")

_PLANTS = "柳桐槐杏栗枣桑梨桃榆松柏竹荷菱莲茶芦蒲艾葵蓼棠樱枫梓楝椿桂兰菊穗禾麦稻豆"
_LAND = "桥店坡湾渡集岗洼塘沟泉垛坊寨营屯铺台闸堰沱墩"
_SIDES = "东西南北前后上下大小"
_FINE = "锦瑞祥康宁泰华晨旭明朗翠碧澄静雅和润嘉悦景盛安怡"
_VIEWS = "湖园城苑庭澜岸阳峰光泽林汀洲荷桂竹梅枫溪"
_ROAD_ENDS = ("路", "街", "大道", "巷")
_ESTATE_ENDS = ("花园", "小区", "家园", "新村", "公寓", "雅居")

# every county has these
COMMON_ROADS = ("建设路", "文化路", "滨河路", "工农路", "迎宾大道", "育才街", "光明路", "新华街")

_Maker = Callable[[Callable[[str], str]], str]


class Names:
    """An endless supply of names, the same for the same `random`; no township, road or estate has another's name."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._townships = self._shuffled(_PLANTS, _LAND)
        self._roads = self._shuffled(_FINE, _VIEWS, _ROAD_ENDS)
        self._estates = self._shuffled(_FINE, _VIEWS, _ESTATE_ENDS)

    def township(self, *, urban: bool) -> str:
        """街道 in town, 镇 or 乡 in the country."""
        return next(self._townships) + ("街道" if urban else self._random.choice(("镇", "镇", "乡")))

    def villages(self, count: int) -> list[str]:
        """Names of `count` villages, different from one another; other townships may have the same, as in life."""
        return self._several(count, lambda pick: f"{pick(_SIDES)}{pick(_PLANTS)}{pick(_LAND)}村")

    def communities(self, count: int) -> list[str]:
        """Names of `count` urban communities, different from one another."""
        return self._several(count, lambda pick: f"{pick(_FINE)}{pick(_VIEWS)}社区")

    def road(self) -> str:
        """A road that is nowhere else in the city."""
        return next(self._roads)

    def estate(self) -> str:
        """A housing estate that is nowhere else in the city."""
        return next(self._estates)

    def _several(self, count: int, make: _Maker) -> list[str]:
        found: dict[str, None] = {}
        while len(found) < count:
            found[make(self._random.choice)] = None
        return list(found)

    def _shuffled(self, *parts: str | tuple[str, ...]) -> Iterator[str]:
        names = ["".join(name) for name in itertools.product(*parts)]
        self._random.shuffle(names)
        return iter(names)
