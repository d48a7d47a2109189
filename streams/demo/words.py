"""What the demo says at its beginning and its end."""

from __future__ import annotations

import sys
from pathlib import Path

from streams.city.city import City
from streams.config import ClickHouse, Settings
from streams.warehouse.asking import Asking

_FIGURES = "SELECT feed, outcome, count() FROM sanwang.events GROUP BY ALL ORDER BY ALL"
_EARLIER = "SELECT count() FROM sanwang.events WHERE received_at < fromUnixTimestamp64Milli({since:Int64})"


def welcome(settings: Settings, asking: Asking, city: City, since_ms: int) -> str:
    """Where we are, what earlier demos left, and how to ask."""
    [(earlier,)] = asking.query(_EARLIER, {"since": since_ms})
    found = f"; {int(earlier):,} reports of earlier runs are there" if int(earlier) else ""
    port, telemetry, items = settings.clickhouse.http_port, settings.telemetry, city.catalogue.items
    return "\n".join(
        [
            f"{city.name}: {len(city.areas):,} areas, {len(city.units):,} units, {len(items)} items{found}.",
            "Ask while it runs, or afterwards:",
            f'  {sql_command(settings)} "{_FIGURES}"',
            f"  curl 'http://127.0.0.1:{port}/?default_format=PrettyCompact' --data '{_FIGURES}'   (while it runs)",
            f"Metrics: http://{telemetry.host}:{telemetry.port}/metrics   Ctrl-C ends it, with the account.",
        ]
    )


def farewell(settings: Settings, status: int | None, last_words: str) -> str:
    """How the worker ended, where that is not well, and how to go on asking."""
    ended = f"The worker ended with status {status}:\n{last_words}\n" if last_words else ""
    return f'{ended}The figures stay: {sql_command(settings)} "{_FIGURES}"'


def sql_command(settings: Settings) -> str:
    """How to type `sanwang sql` here, with the warehouse where it is not the usual one."""
    command = Path(sys.executable).parent / "sanwang"
    shown = command.relative_to(Path.cwd()) if command.is_relative_to(Path.cwd()) else command
    usual = settings.clickhouse.url == ClickHouse().url
    return ("" if usual else f"SANWANG_CLICKHOUSE_URL={settings.clickhouse.url} ") + f"{shown} sql"
