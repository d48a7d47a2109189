"""A made-up city small enough to hold in the head, with the demo's catalogue and rules.

    4199            临沅市       every department, no mediation centre, a command centre
      419901        东沅区       a full county: branches, traffic and patrol, special mediation, command
        419901001   河东街道     police station, mediation room, patrol net
          ..001001  槐荫社区     committee, mediation station, patrol cell; grid 001, micro-grid 00101
          ..001002  柳巷社区     committee only
        419901002   临水镇       government only
          ..002201  石桥村       committee and mediation station
      419902        西川县       a poor county: bureaus of police, justice, environment and city management; no command
        419902101   白石乡       government and police station
          ..101201  黄坡村       committee

Unit codes tell area and sector: E-GA is the police bureau of 东沅区, E1V1-TJ the mediation station of 槐荫社区.
"""

from __future__ import annotations

import csv
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import get_args

import chinese_calendar

import streams.city
from streams.core.area import Area, level_of, lineage
from streams.core.catalogue import Catalogue, Item
from streams.core.route import Router
from streams.core.rules import Rule, read_rules
from streams.core.unit import Kind, Unit

DEMO = Path(streams.city.__file__).parent / "demo_data"

CITY, EAST, WEST = "419900000000", "419901000000", "419902000000"
E1, E2, W1 = "419901001000", "419901002000", "419902101000"
E1V1, E1V2, E2V1, W1V1 = "419901001001", "419901001002", "419901002201", "419902101201"
GRID, MICRO = E1V1 + "001", E1V1 + "00101"
NAMES = {
    CITY: "临沅市", EAST: "东沅区", WEST: "西川县", E1: "河东街道", E2: "临水镇", W1: "白石乡", E1V1: "槐荫社区",
    E1V2: "柳巷社区", E2V1: "石桥村", W1V1: "黄坡村", GRID: "槐荫社区第一网格", MICRO: "槐荫社区第一网格一号",
}  # fmt: skip

SECTORS = {
    "GA": "公安局", "PCS": "派出所", "JJ": "公安局交警支队", "XF": "消防救援支队", "JZ": "卫生健康委(120)",
    "WJ": "卫生健康委", "JK": "疾控中心", "ZJ": "住房和城乡建设局", "CG": "城市管理局", "HW": "城市管理局(环卫)",
    "SZ": "城市管理局(市政)", "SJ": "市场监督管理局", "YJ": "应急管理局", "SL": "水利局", "HB": "生态环境局",
    "MZ": "民政局", "NY": "农业农村局", "JY": "教育体育局", "JT": "交通运输局", "RS": "人力资源和社会保障局",
    "ZR": "自然资源局", "LY": "林业局", "SF": "司法局", "JR": "金融工作局", "JW": "纪委监委", "FG": "发展改革委",
    "YB": "医疗保障局", "TR": "退役军人事务局", "YC": "烟草专卖局", "XZ": "行政审批政务信息局",
    "WL": "文化广电和旅游局", "CL": "残疾人联合会", "FL": "妇女联合会", "GH": "总工会", "FY": "法院",
    "DL": "供电公司", "GS": "供水公司", "RQ": "燃气公司", "GR": "供热公司", "PS": "排水公司", "TX": "通信运营企业",
    "YL": "园林绿化中心", "ZH": "社会治理指挥中心", "ZF": "街道(乡镇)", "CW": "村(社区)", "TJ": "司法局(人民调解)",
    "XL": "巡防", "TYL": "司法局(医疗调解)", "TJT": "司法局(交通事故调解)", "TLD": "司法局(劳动争议调解)",
    "THJ": "司法局(环境调解)", "THY": "司法局(婚姻家庭调解)", "TTD": "司法局(土地调解)",
}  # fmt: skip
KINDS: dict[str, Kind] = {
    "GA": "police", "PCS": "police", "JJ": "police", "ZH": "command", "ZF": "government", "CW": "committee",
    "XL": "patrol", "TJ": "mediation", "TYL": "mediation", "TJT": "mediation", "TLD": "mediation", "THJ": "mediation",
    "THY": "mediation", "TTD": "mediation", "DL": "utility", "GS": "utility", "RQ": "utility", "GR": "utility",
    "PS": "utility", "TX": "utility",
}  # fmt: skip
_NOT_IN_CITY = {"PCS", "HW", "SZ", "ZF", "CW", "TJ", "XL", "TYL", "TJT", "TLD", "THJ", "THY", "TTD"}
PRESENT = {
    ("C", CITY): " ".join(sector for sector in SECTORS if sector not in _NOT_IN_CITY),
    ("E", EAST): "GA JJ XF CG HW SZ ZJ SJ YJ HB MZ RS SF NY JW JR ZF ZH TJ XL TYL TJT TLD THJ THY TTD",
    ("E1", E1): "ZF PCS TJ XL",
    ("E1V1", E1V1): "CW TJ XL",
    ("E1V2", E1V2): "CW",
    ("E2", E2): "ZF",
    ("E2V1", E2V1): "CW TJ",
    ("W", WEST): "GA SF HB CG ZF",
    ("W1", W1): "ZF PCS",
    ("W1V1", W1V1): "CW",
}


def areas() -> dict[str, Area]:
    return {code: Area(code, name, level_of(code), (*lineage(code)[1:], "")[0]) for code, name in NAMES.items()}


def units() -> dict[str, Unit]:
    made = {}
    for (short, territory), sectors in PRESENT.items():
        for sector in sectors.split():
            code = f"{short}-{sector}"
            kind = KINDS.get(sector, "department")
            assert kind in get_args(Kind)
            made[code] = Unit(code, NAMES[territory] + SECTORS[sector], kind, SECTORS[sector], territory)
    return made


@lru_cache(maxsize=1)
def catalogue() -> Catalogue:
    with (DEMO / "catalogue.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(line for line in file if not line.startswith("#")))
    return Catalogue("demo", {row["code"]: _item(row) for row in rows}, {})


def _item(row: dict[str, str]) -> Item:
    return Item(
        row["code"], row["name"], row["class_code"], row["class_name"], row["domain"], row["lead"],
        tuple(filter(None, row["assist"].split("|"))), int(row["level"]), row["limit"], row["limit_source"],
        row["channel"], row["self_handle"] == "Y", 0, int(row["distance_m"]), row["life_safety"] == "Y",
    )  # fmt: skip


@lru_cache(maxsize=4096)
def is_workday(day: date) -> bool:
    """The statutory calendar, which ends with 2026; later years by weekends."""
    return chinese_calendar.is_workday(day) if day.year <= 2026 else day.weekday() < 5


@lru_cache(maxsize=1)
def rules() -> tuple[Rule, ...]:
    text = (DEMO / "rules.toml").read_text(encoding="utf-8")
    read, faults = read_rules(text, "rules.toml", catalogue(), units(), areas())
    assert not faults, "\n".join(map(str, faults))
    return read


def router() -> Router:
    return Router(catalogue(), units(), areas(), rules(), is_workday)
