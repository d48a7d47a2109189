"""Every number of the overview is what plain Python counts in the planted rows, and leads to so many rows."""

from __future__ import annotations

import html
import re
import time
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from selenium.webdriver import Chrome

from streams.board.view import SHANGHAI
from streams.warehouse.tables import TABLES
from tests.support.board import COUNTY, RunningBoard
from tests.support.browser import read_all, wait_for
from tests.support.planted import MINUTE
from tests.support.web import Web

Row = dict[str, Any]


def latest(board: RunningBoard, table: str, *identity: str) -> list[Row]:
    """The planted rows as they hold: of each identity the highest revision, the last of those."""
    named = [dict(zip(TABLES[table].columns, row, strict=True)) for row in board.rows[table]]
    named.sort(key=lambda row: row.get("revision", 0))
    return list({tuple(row[name] for name in identity): row for row in named}.values())


def open_orders(board: RunningBoard, digits: str) -> list[Row]:
    closed = {row["incident_id"] for row in latest(board, "incidents", "incident_id") if row["closed"]}
    handled = {row[0] for row in board.rows["order_steps"] if row[3] == "handled"}
    return [
        row for row in latest(board, "orders", "order_id")
        if row["order_id"] not in handled and row["incident_id"] not in closed and row["area"].startswith(digits)
    ]  # fmt: skip


def expected(board: RunningBoard, digits: str) -> dict[str, int]:
    """The tiles, by what they link to."""
    now = time.time() * 1000
    incidents = [row for row in latest(board, "incidents", "incident_id")
                 if not row["closed"] and row["area"].startswith(digits)]  # fmt: skip
    orders, known = open_orders(board, digits), {row[0]: row[2] for row in board.rows["incidents"]}
    pushed = latest(board, "hand_overs", "incident_id", "from_line", "to_line", "reason")
    return {
        "incidents state=open": len(incidents),
        "incidents state=danger": sum(row["life_safety"] for row in incidents),
        "orders state=open": len(orders),
        "orders state=overdue": sum(row["due_at"] < now for row in orders),
        "orders state=soon": sum(now <= row["due_at"] < now + 60 * MINUTE for row in orders),
        "hand-overs": sum(row["acknowledged_at"] is None and row["pushed_at"] < now - 5 * MINUTE
                          and known[row["incident_id"]].startswith(digits) for row in pushed),
    }  # fmt: skip


def tiles(chrome: Chrome) -> dict[str, str]:
    """Number of each tile by page and state."""
    wait_for(chrome, ".a-state .tile")
    shown = {}
    for href, number in read_all(chrome, ".a-state .tile", "[e.href, e.querySelector('b').innerText]"):
        page, state = re.search(r"/([\w-]+)\?", href), re.search(r"state=\w+", href)
        assert page
        shown[f"{page[1]} {state[0]}" if state else page[1]] = number
    return shown


@pytest.mark.parametrize(("area", "digits"), [("990100000000", ""), (COUNTY, "990101")])
def test_tiles_show_what_python_counts(
    board: RunningBoard, enter: Callable[[str], Chrome], area: str, digits: str
) -> None:
    """Orders fall due while we look: what was counted before, or what is counted after."""
    chrome = enter("viewer")
    before = expected(board, digits)
    chrome.get(f"{board.url}/area/{area}")
    shown = {key: int(number.replace(",", "")) for key, number in tiles(chrome).items()}
    after = expected(board, digits)
    assert set(shown) == set(before)
    for key, number in shown.items():
        assert number in range(min(before[key], after[key]), max(before[key], after[key]) + 1), key
    assert shown["incidents state=open"] > 100


@pytest.mark.parametrize(
    "path", ["/incidents?state=open", "/incidents?state=danger", "/orders?state=open", "/hand-overs"]
)
@pytest.mark.parametrize(("area", "digits"), [("990100000000", ""), (COUNTY, "990101")])
def test_a_number_leads_to_so_many_rows(board: RunningBoard, path: str, area: str, digits: str) -> None:
    web = Web(board.url)
    web.sign_in("viewer", board.passwords["viewer"])
    text = web.get(f"{path}{'&' if '?' in path else '?'}area={area}").text
    assert rows_told(text) == expected(board, digits)[path.strip("/").replace("?", " ")]


@pytest.mark.parametrize(("area", "digits"), [("990100000000", ""), (COUNTY, "990101")])
def test_a_warnings_colour_leads_to_those_that_stand(board: RunningBoard, area: str, digits: str) -> None:
    desks = dict(board.warehouse.query("SELECT code, territory FROM sanwang.units FINAL"))
    standing = Counter(row["colour"] for row in latest(board, "warnings", "warning_id")
                       if row["change"] != "cancelled" and desks.get(row["place"], row["place"]).startswith(digits))
    web = Web(board.url)
    web.sign_in("viewer", board.passwords["viewer"])
    assert standing
    for colour in (1, 2, 3, 4):
        assert rows_told(web.get(f"/warnings?colour={colour}&area={area}").text) == standing[colour]


def test_a_reports_figures_lead_to_what_was_counted(board: RunningBoard) -> None:
    """Today's orders and reports: those of the overall table, and of each line of the tables below."""
    web = Web(board.url)
    web.sign_in("viewer", board.passwords["viewer"])
    today = f"{datetime.now(SHANGHAI):%Y-%m-%d}"
    page = web.get(f"/figures?date={today}").text
    found = re.findall(r'<a href="(/(?:orders|reports)\?[^"]+)">([\d,]+)</a>', page)
    assert {path.split("?")[0] for path, _ in found} == {"/orders", "/reports"}
    parts = [(path, number) for path, number in found if re.search("unit=|item=|feed=", path)]
    for path, number in [*found[:4], *parts[:2], *parts[-4:]]:
        assert rows_told(web.get(html.unescape(path)).text) == int(number.replace(",", "")), path


def rows_told(text: str) -> int:
    found = re.search(r"共 ([\d,]+) 条", text)
    assert found
    return int(found[1].replace(",", ""))


def test_the_map_has_the_worst_colour_of_every_township(board: RunningBoard, enter: Callable[[str], Chrome]) -> None:
    chrome = enter("viewer")
    chrome.get(f"{board.url}/area/990100000000")
    wait_for(chrome, ".a-map svg a")
    standing = {row["warning_id"]: row for row in latest(board, "warnings", "warning_id")}.values()
    colours = Counter(row["colour"] for row in standing if row["change"] != "cancelled" and row["subject"] == "surge")
    cells = read_all(chrome, ".a-map svg a path", "e.getAttribute('class')")
    shown = Counter(int(cell[1:]) for cell in cells)
    assert len(cells) == sum(1 for code in {row[0] for row in board.warehouse.query(
        "SELECT code FROM sanwang.areas FINAL WHERE level = 'township'")} if code)  # fmt: skip
    assert {colour: shown[colour] for colour in (1, 2, 3, 4)} == dict(colours)


def test_units_are_ranked_by_overdue_orders(board: RunningBoard, enter: Callable[[str], Chrome]) -> None:
    chrome = enter("viewer")
    wait_for(chrome, ".a-units tbody tr td.r")
    rows = read_all(chrome, ".a-units tbody tr", "[...e.querySelectorAll('td')].map(td => td.innerText)")
    overdue = [int(row[0]) for row in rows]
    now = time.time() * 1000
    counted = Counter(row["unit"] for row in open_orders(board, "") if row["due_at"] < now)
    assert overdue == sorted(overdue, reverse=True)
    assert overdue[0] == max(counted.values())


def test_a_report_is_on_the_screen_within_two_seconds(board: RunningBoard, enter: Callable[[str], Chrome]) -> None:
    """From the moment when ClickHouse has it; `tests.support.freshness` measures the way to there."""
    chrome = enter("viewer")
    wait_for(chrome, ".a-newest li")
    row = dict(latest(board, "incidents", "incident_id")[-1])
    now = int(time.time() * 1000)
    row |= dict.fromkeys(("opened_at", "first_at", "last_at"), now / 1000)
    row |= {"incident_id": f"hotline:LIVE{now}", "reports": 777, "due_at": now / 1000 + 86_400, "closed": False}
    board.warehouse.add("incidents", [row])
    told = time.monotonic()
    while f"LIVE{now}" not in chrome.page_source:
        assert time.monotonic() - told < 10
    took = time.monotonic() - told
    board.warehouse.add("incidents", [row | {"closed": True, "opened_at": now / 1000, "revision": 9}])
    assert took < 2
