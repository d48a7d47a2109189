"""axe, the accessibility checker, fetched once through npm; it is not part of the project."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

from selenium.webdriver import Chrome

VERSION = "4.14.1"
CACHE = Path(__file__).parents[2] / ".sanwang" / "axe"
_SCRIPT = CACHE / VERSION / "node_modules" / "axe-core" / "axe.min.js"
_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
_RUN = """
const done = arguments[arguments.length - 1];
axe.run(document, {runOnly: {type: "tag", values: arguments[0]}}).then(found => done(found.violations));
"""


def fetch() -> str:
    """Have axe here; returns why not, "" if it is."""
    if _SCRIPT.exists():
        return ""
    npm = shutil.which("npm")
    if npm is None:
        return "npm missing: apt-get install npm"
    _SCRIPT.parents[2].mkdir(parents=True, exist_ok=True)
    command = [npm, "install", "--no-save", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix",
               str(_SCRIPT.parents[2]), f"axe-core@{VERSION}"]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    return "" if _SCRIPT.exists() else f"npm cannot fetch axe-core {VERSION}: {done.stderr.strip()[-300:]}"


def violations(chrome: Chrome) -> list[str]:
    """What axe finds wrong with the page, in words."""
    chrome.execute_script(_SCRIPT.read_text("utf-8"))
    found: list[dict[str, Any]] = chrome.execute_async_script(_RUN, _TAGS)
    return [
        f"{one['id']} ({one['impact']}): {node['target']} {node['html'][:120]}"
        for one in found for node in one["nodes"]
    ]
