"""The pictures of the README: `python -m tests.support.screenshots` writes docs/images/board-*.png.

Planted figures of the made-up city, in a headless Chromium: nothing in them is real.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from urllib.parse import quote

from selenium.webdriver import Chrome

from streams.city.demo import write_demo_city
from streams.city.load import load_city
from tests.support.board import COUNTY, RunningBoard, running_board
from tests.support.browser import browser, missing, sign_in, wait_for

IMAGES = Path(__file__).parents[2] / "docs" / "images"


def main() -> None:
    """Take them all."""
    if why := missing():
        raise SystemExit(why)
    IMAGES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="sanwang-pictures-") as folder:
        city = Path(folder) / "city"
        write_demo_city(city, 1)
        with running_board(load_city(city), city, Path(folder)) as board, browser() as chrome:
            sign_in(chrome, board.url, "dispatcher", board.passwords["dispatcher"])
            for name, path, whole in _shots(board):
                _take(chrome, board, name, path, whole)


def _shots(board: RunningBoard) -> list[tuple[str, str, str]]:
    """Name, path and what is there when the page is whole."""
    busiest = max(board.rows["incidents"], key=lambda row: row[8])[0]
    return [
        ("board-zh", "/settings?lang=zh&light=dark&next=/area/990100000000", ".a-map svg a"),
        ("board-en", f"/settings?lang=en&light=light&next=/area/{COUNTY}", ".a-map svg a"),
        ("board-incident", f"/settings?lang=zh&light=light&next=/incident?id={quote(busiest)}", ".order"),
    ]


def _take(chrome: Chrome, board: RunningBoard, name: str, path: str, whole: str) -> None:
    chrome.get(board.url + path)
    wait_for(chrome, whole)
    time.sleep(2.0)  # the curve is drawn after the rest
    file = IMAGES / f"{name}.png"
    chrome.save_screenshot(str(file))
    if squeeze := shutil.which("pngquant"):  # a third of the size, where it is at hand
        subprocess.run([squeeze, "--force", "--ext", ".png", "--speed", "1", str(file)], check=False)
    print(file, f"{file.stat().st_size / 1000:,.0f} kB")


if __name__ == "__main__":
    main()
