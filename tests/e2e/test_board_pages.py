"""Every page: no console errors, accessible, by keyboard, in both languages and lights."""

from __future__ import annotations

import time
from collections.abc import Callable
from urllib.parse import quote

import pytest
from selenium.webdriver import ActionChains, Chrome, Keys
from selenium.webdriver.common.by import By

from tests.support.board import COUNTY, RunningBoard
from tests.support.browser import read_all, wait_for
from tests.support.planted import Rows

#: Page and what is on it when it is whole.
PAGES = {
    "overview": (f"/area/{COUNTY}", ".a-map svg a"), "incidents": ("/incidents?state=open", "tbody tr"),
    "orders": ("/orders?state=overdue", "tbody tr"), "reports": ("/reports?minutes=60", "tbody tr"),
    "warnings": ("/warnings", "tbody tr"),
    "hand-overs": ("/hand-overs", "tbody tr"), "figures": ("/figures", "h2"), "presence": ("/presence", "tbody tr"),
    "changes": ("/changes", "tbody tr"), "letters": ("/dead-letters", "tbody tr"), "audit": ("/audit", "tbody tr"),
    "missing": ("/incident?id=nosuch", ".message"),
}  # fmt: skip


def open_page(chrome: Chrome, board: RunningBoard, page: str) -> None:
    path, whole = PAGES[page]
    chrome.get(board.url + path)
    wait_for(chrome, whole)
    time.sleep(0.5)  # for what comes after it


def busiest(rows: Rows) -> str:
    """The incident with the most reports."""
    last = {row[0]: row for row in rows["incidents"]}
    return str(max(last.values(), key=lambda row: row[8])[0])


def severe(chrome: Chrome, allowed: str = "no such page") -> list[str]:
    return [entry["message"] for entry in chrome.get_log("browser")
            if entry["level"] == "SEVERE" and allowed not in entry["message"]]  # fmt: skip


@pytest.mark.parametrize("page", PAGES)
def test_a_page_has_no_console_errors_and_is_accessible(
    board: RunningBoard, enter: Callable[[str], Chrome], violations: Callable[[Chrome], list[str]], page: str
) -> None:
    chrome = enter("admin")
    for light in ("dark", "light"):
        chrome.get(f"{board.url}/settings?light={light}&next=/healthz")
        open_page(chrome, board, page)
        assert violations(chrome) == [], f"{page}, {light}"
        assert severe(chrome, "404" if page == "missing" else "no such page") == []


def test_the_page_of_an_incident(
    board: RunningBoard, enter: Callable[[str], Chrome], violations: Callable[[Chrome], list[str]]
) -> None:
    chrome = enter("dispatcher")
    incident = busiest(board.rows)
    chrome.get(f"{board.url}/incident?id={quote(incident)}")
    wait_for(chrome, ".order")
    merged = [row for row in board.rows["events"] if row[6] == incident and row[5] != "redelivered"]
    shown = chrome.find_elements(By.CSS_SELECTOR, ".scroll tbody tr")
    assert len(shown) == len(merged) > 1
    orders = {row[0] for row in board.rows["orders"] if row[1] == incident}
    assert len(chrome.find_elements(By.CSS_SELECTOR, ".order")) == len(orders)
    chrome.find_element(By.XPATH, "//button[.='查看']").send_keys(Keys.ENTER)
    wait_for(chrome, "pre")
    assert "派单:" in chrome.find_element(By.TAG_NAME, "pre").text
    assert violations(chrome) == []
    assert severe(chrome) == []


def test_the_sign_in_page_is_accessible(
    board: RunningBoard, chrome: Chrome, violations: Callable[[Chrome], list[str]]
) -> None:
    chrome.get(f"{board.url}/sign-in")
    chrome.delete_all_cookies()
    chrome.get(f"{board.url}/sign-in")
    assert violations(chrome) == []


def test_down_to_the_grid_and_back_by_keyboard_alone(board: RunningBoard, enter: Callable[[str], Chrome]) -> None:
    chrome = enter("viewer")
    seen = [chrome.current_url]
    for _ in range(4):
        wait_for(chrome, ".a-map svg a")
        press_tab_until(chrome, lambda href: "/area/" in href, inside=".a-map")
        press(chrome, Keys.ENTER)
        wait_until_left(chrome, seen[-1])
        seen.append(chrome.current_url)
    assert [len(url.rsplit("/", 1)[1]) for url in seen] == [12, 12, 12, 12, 15]
    wait_for(chrome, ".crumbs a")
    press_tab_until(chrome, lambda href: href == seen[1], inside=".crumbs")
    press(chrome, Keys.ENTER)
    wait_until_left(chrome, seen[-1])
    assert chrome.current_url == seen[1]


def test_the_keyboards_place_survives_new_figures(board: RunningBoard, enter: Callable[[str], Chrome]) -> None:
    chrome = enter("viewer")
    wait_for(chrome, ".a-feeds a")
    [*_, href] = read_all(chrome, ".a-feeds a", "(e.focus(), e.href)")  # the last has it
    [before] = read_all(chrome, ".a-feeds", "e.innerText")
    ends = time.monotonic() + 15
    while read_all(chrome, ".a-feeds", "e.innerText") == [before]:  # how long ago each was heard counts up
        assert time.monotonic() < ends
        time.sleep(0.1)
    time.sleep(0.2)
    assert read_all(chrome, ":focus", "e.href") == [href]


@pytest.mark.parametrize(("width", "height"), [(1366, 768), (3840, 2160)])
def test_the_overview_fits_desks_and_walls(
    board: RunningBoard, enter: Callable[[str], Chrome], width: int, height: int
) -> None:
    chrome = enter("viewer")
    size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
    chrome.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    try:
        wait_for(chrome, ".a-units tbody tr")
        overflow = "const e = document.documentElement;"
        overflow += "return [e.scrollWidth - e.clientWidth, e.scrollHeight - e.clientHeight]"
        assert chrome.execute_script(overflow) == [0, 0]
        type_ = "return parseFloat(getComputedStyle(document.querySelector('.a-units td')).fontSize)"
        assert chrome.execute_script(type_) >= height / 62  # legible: no more than 62 lines on the screen
    finally:
        chrome.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size | {"width": 1366, "height": 768})


def test_english_by_switch(board: RunningBoard, enter: Callable[[str], Chrome]) -> None:
    chrome = enter("viewer")
    assert "总览" in chrome.find_element(By.TAG_NAME, "header").text
    chrome.find_element(By.LINK_TEXT, "English").click()
    wait_for(chrome, ".a-units thead")
    assert "Overview" in chrome.find_element(By.TAG_NAME, "header").text
    assert "Four-colour map" in read_all(chrome, ".a-map", "e.innerText")[0]
    assert chrome.find_element(By.TAG_NAME, "html").get_attribute("lang") == "en"


def test_nothing_is_loaded_from_outside(board: RunningBoard, enter: Callable[[str], Chrome]) -> None:
    chrome = enter("viewer")
    wait_for(chrome, ".a-map svg a")
    loaded = chrome.execute_script("return performance.getEntriesByType('resource').map(e => e.name)")
    assert loaded
    assert [url for url in loaded if not url.startswith((board.url, "data:"))] == []


def press(chrome: Chrome, key: str) -> None:
    """Wherever the keyboard is; new figures may renew the element under it at any moment."""
    ActionChains(chrome).send_keys(key).perform()


def press_tab_until(chrome: Chrome, wanted: Callable[[str], bool], inside: str) -> None:
    asked = """
        const e = document.activeElement;
        return [!!e.closest(arguments[0]), e.href?.baseVal ?? e.href ?? ""];
    """
    for _ in range(400):
        press(chrome, Keys.TAB)
        where, href = chrome.execute_script(asked, inside)
        if where and wanted(str(href)):
            return
    pytest.fail(f"the keyboard does not get to {inside}")


def wait_until_left(chrome: Chrome, url: str) -> None:
    ends = time.monotonic() + 20
    while chrome.current_url == url:
        assert time.monotonic() < ends
        time.sleep(0.1)
