"""The board, a browser, and axe, for all tests of this folder."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from selenium.webdriver import Chrome

from streams.city.city import City
from tests.support import axe
from tests.support.board import RunningBoard, running_board
from tests.support.browser import browser, missing, sign_in


@pytest.fixture(scope="package")
def board(
    demo_city: City, demo_city_folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningBoard]:
    """One board over planted figures."""
    with running_board(demo_city, demo_city_folder, tmp_path_factory.mktemp("board")) as running:
        yield running


@pytest.fixture(scope="package")
def chrome() -> Iterator[Chrome]:
    """One browser of 1366x768."""
    if why := missing():
        pytest.skip(why)
    with browser() as running:
        yield running


@pytest.fixture
def enter(board: RunningBoard, chrome: Chrome) -> Callable[[str], Chrome]:
    """The browser, signed in under the name that is given, in Chinese, with an empty log."""

    def entered(name: str) -> Chrome:
        chrome.get(f"{board.url}/sign-in")
        chrome.delete_all_cookies()
        sign_in(chrome, board.url, name, board.passwords[name])
        chrome.get_log("browser")
        return chrome

    return entered


@pytest.fixture(scope="session")
def violations() -> Callable[[Chrome], list[str]]:
    """What axe finds on the page that a browser shows."""
    if why := axe.fetch():
        pytest.skip(why)
    return axe.violations
