"""A headless Chromium of its own profile, that asks nobody but this machine."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from selenium.webdriver import Chrome, ChromeOptions, ChromeService
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

CHROMIUM, DRIVER = "chromium", "chromedriver"
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--disable-dev-shm-usage", "--hide-scrollbars",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)  # fmt: skip
WAIT_S = 30


def missing() -> str:
    """What a browser's tests lack here, "" for nothing."""
    absent = [command for command in (CHROMIUM, DRIVER) if not shutil.which(command)]
    return f"{' and '.join(absent)} missing: apt-get install chromium chromium-driver" if absent else ""


@contextmanager
def browser(width: int = 1366, height: int = 768) -> Iterator[Chrome]:
    """A browser with a window of that size; ended, and its profile removed, whatever happens."""
    profile = Path(tempfile.mkdtemp(prefix="sanwang-browser-"))
    options = ChromeOptions()
    options.binary_location = shutil.which(CHROMIUM) or CHROMIUM
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    for flag in (*FLAGS, f"--user-data-dir={profile}", f"--window-size={width},{height}"):
        options.add_argument(flag)
    chrome = Chrome(options=options, service=ChromeService(shutil.which(DRIVER)))
    try:
        chrome.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride",
            {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False},
        )
        yield chrome
    finally:
        chrome.quit()
        shutil.rmtree(profile, ignore_errors=True)


def sign_in(chrome: Chrome, url: str, name: str, password: str) -> None:
    """Through the form, as people do."""
    chrome.get(f"{url}/sign-in")
    chrome.find_element(By.ID, "name").send_keys(name)
    chrome.find_element(By.ID, "password").send_keys(password + "\n")
    WebDriverWait(chrome, WAIT_S).until(lambda c: "/sign-in" not in c.current_url)


def read_all(chrome: Chrome, css: str, script: str) -> list[Any]:
    """What `script` returns of each element `e`, all read at one moment: a live page may redraw them at any other."""
    look = f"return [...document.querySelectorAll(arguments[0])].map(e => {script})"
    found: list[Any] = chrome.execute_script(look, css)
    return found


def wait_for(chrome: Chrome, css: str) -> None:
    """Until something fits the selector."""
    WebDriverWait(chrome, WAIT_S).until(lambda c: c.find_elements(By.CSS_SELECTOR, css))
