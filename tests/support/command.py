"""The command line as a user meets it: `sanwang` as a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping

from streams.config import PREFIX, Settings, environment_of

PATIENCE_S = 60


def environment(settings: Settings | None) -> dict[str, str]:
    """The environment of a process with these settings, and with none of the settings of whoever runs the tests."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    return inherited | (environment_of(settings) if settings else {})


def sanwang(
    *arguments: str, settings: Settings | None = None, environ: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    return subprocess.run(
        [sys.executable, "-m", "streams.cli", *arguments], capture_output=True, text=True, timeout=PATIENCE_S,
        env=environment(settings) | dict(environ or {}), stdin=subprocess.DEVNULL, check=False,
    )  # fmt: skip


def said(*arguments: str, settings: Settings | None = None) -> str:
    """What a command that has to succeed prints."""
    done = sanwang(*arguments, settings=settings)
    assert done.returncode == 0, f"sanwang {' '.join(arguments)}\n{done.stdout}{done.stderr}"
    return done.stdout
