"""As a newcomer: start the demo, open the link, file the report of its first lines, see the order on the board."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from urllib.parse import quote

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

from tests.support.browser import WAIT_S, read_all, sign_in, wait_for
from tests.support.freshness import LONGEST_S, Times, measure, told
from tests.support.newcomer import RunningDemo, running_demo

pytestmark = pytest.mark.timeout(400)
FEW = 3  # reports; `python -m tests.support.freshness` files more


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory, chrome: Chrome) -> Iterator[RunningDemo]:
    """The demo, and the browser signed in to its board."""
    with running_demo(tmp_path_factory.mktemp("newcomer")) as running:
        chrome.get(f"{running.board}/sign-in")
        chrome.delete_all_cookies()
        sign_in(chrome, running.board, "admin", running.password)
        yield running


def test_the_first_lines_name_board_and_door(demo: RunningDemo) -> None:
    first, second = demo.said.splitlines()[:2]
    assert first.startswith(f"Board: {demo.board} ")
    assert second.startswith(f"Door:  http://{demo.door} ")


def test_a_report_by_curl_becomes_an_order_on_the_board(demo: RunningDemo, chrome: Chrome) -> None:
    done = subprocess.run(["bash", "-c", f"{demo.curl} -sS"], capture_output=True, text=True, timeout=60, check=True)
    event = json.loads(done.stdout)["id"]

    def ordered(chrome: Chrome) -> bool:
        chrome.get(f"{demo.board}/incident?id={quote(event)}")
        return bool(chrome.find_elements(By.CSS_SELECTOR, ".order"))

    WebDriverWait(chrome, LONGEST_S).until(ordered)
    assert event in chrome.find_element(By.TAG_NAME, "h1").text
    assert "主办" in read_all(chrome, ".order", "e.innerText")[0]


def test_the_board_leads_to_the_doors_page(demo: RunningDemo, chrome: Chrome) -> None:
    def led(chrome: Chrome) -> bool:
        chrome.get(f"{demo.board}/incidents")
        return bool(chrome.find_elements(By.LINK_TEXT, "接口"))

    WebDriverWait(chrome, WAIT_S).until(led)
    chrome.find_element(By.LINK_TEXT, "接口").click()
    wait_for(chrome, "h2 code")
    assert chrome.current_url == f"http://{demo.door}/"
    assert "POST /v1/reports" in chrome.find_element(By.TAG_NAME, "body").text


def test_reports_come_to_the_screen(demo: RunningDemo, chrome: Chrome) -> None:
    """How fast depends on the machine, so it is told here and judged by who reads it; each must come, and in order."""
    times = measure(demo, chrome, FEW)
    print(told(times))
    assert len(times) == FEW
    for one in times:
        assert 0 <= one.answer <= one.screen < LONGEST_S, Times._fields
