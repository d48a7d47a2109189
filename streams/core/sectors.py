"""Sectors: the names of those who own a matter, and where to look when no unit bears exactly that name.

People write the same office in several ways (住建局, 住房和城乡建设局), and some names mean "whoever does this work at
the place" (派出所, 村(社区), 街道(乡镇)). This page holds both, so that the catalogue, the rules and the units need not
agree letter by letter.
"""

from __future__ import annotations

from functools import lru_cache

from streams.core.unit import Kind

MEDIATION = "司法局(人民调解)"
PATROL = "巡防"
COMMAND = "社会治理指挥中心"
POLICE = ("派出所", "公安局")  # one force: the station of the township before the bureau of the county

_SHORT = {
    "住建局": "住房和城乡建设局",
    "城管局": "城市管理局",
    "应急局": "应急管理局",
    "市场监管局": "市场监督管理局",
    "交通局": "交通运输局",
    "教体局": "教育体育局",
    "卫健委": "卫生健康委",
    "人社局": "人力资源和社会保障局",
    "文广旅局": "文化广电和旅游局",
    "医保局": "医疗保障局",
    "残联": "残疾人联合会",
    "妇联": "妇女联合会",
    "团委": "共青团",
    "交警支队": "公安局交警支队",
    "120急救": "卫生健康委(120)",
    "供电": "供电公司",
    "供水": "供水公司",
    "热力公司": "供热公司",
    "通信企业": "通信运营企业",
    "通信运营商": "通信运营企业",
    "银行": "银行业机构",
    "物业": "物业服务企业",
    "村": "村(社区)",
    "街道": "街道(乡镇)",
    "乡镇": "街道(乡镇)",
    "乡镇(街道)": "街道(乡镇)",
    "属地乡镇": "街道(乡镇)",
    "属地乡镇(街道)": "街道(乡镇)",
}
_KINDS: dict[str, Kind] = {
    "村(社区)": "committee",
    "街道(乡镇)": "government",
    "网格员": "grid",
    PATROL: "patrol",
    COMMAND: "command",
}
_SPECIAL: dict[str, tuple[tuple[str, ...], ...]] = {
    "公安局": (POLICE,),
    "派出所": (POLICE,),
    "公安局交警支队": (("公安局交警支队",), POLICE),
    PATROL: (("patrol",), POLICE),
    # one ambulance centre serves many counties: it comes before the health commission of any of them
    "卫生健康委(120)": (("卫生健康委(120)",), ("卫生健康委",)),
}


def canonical(sector: str) -> str:
    """The full name of a sector that may be written short."""
    return _SHORT.get(sector, sector)


@lru_cache(maxsize=1024)
def steps(sector: str) -> tuple[tuple[str, ...], ...]:
    """Where to look for a unit of a sector: groups of names, each to be tried from the deepest area to the city.

    Inside a group the names are tried at one area before the area above. A name is a sector, or a kind of unit.
    """
    name = canonical(sector)
    if name in _SPECIAL:
        return _SPECIAL[name]
    if name in _KINDS:
        return ((name, _KINDS[name]),)
    if name.endswith("调解)"):  # a body for one kind of dispute, then the general ladder, then the bureau behind it
        return ((name,), (MEDIATION,), ("司法局",))
    return ((name, base(name)),)


def base(sector: str) -> str:
    """The office behind a branch: 城市管理局 of 城市管理局(环卫)."""
    return sector.partition("(")[0]
