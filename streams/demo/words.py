"""What the demo says at its beginning and its end."""

from __future__ import annotations

import sys
from pathlib import Path

from streams.city.city import City
from streams.config import ClickHouse, Kafka, Settings
from streams.warehouse.asking import Asking

KEY_FILE = "door.key"  # beside the demo's data: the key of its own that it shows how to use
_FIGURES = "SELECT * FROM account ORDER BY ALL"
_EARLIER = "SELECT count() FROM sanwang.events WHERE received_at < fromUnixTimestamp64Milli({since:Int64})"


def door_told(settings: Settings, data: Path) -> str:
    """Where the door is, and its key."""
    return f"Door:  http://{settings.door.host}:{settings.door.port}  (its API; the key is in {data / KEY_FILE})"


def welcome(settings: Settings, data: Path, asking: Asking, city: City, since_ms: int) -> str:
    """Where we are, what earlier demos left, and how to ask and to feed files in."""
    [(earlier,)] = asking.query(_EARLIER, {"since": since_ms})
    found = f"; {int(earlier):,} reports of earlier runs are there" if int(earlier) else ""
    port, telemetry, items = settings.clickhouse.http_port, settings.telemetry, city.catalogue.items
    return "\n".join(
        [
            f"{city.name}: {len(city.areas):,} areas, {len(city.units):,} units, {len(items)} items{found}.",
            "Ask while it runs, or afterwards:",
            f"  {_asking(settings)}",
            f"  curl 127.0.0.1:{port} -d '{_FIGURES}'   (while it runs)",
            "Push a report by HTTP, and see what becomes of it:",
            f"  {_pushing(settings, data, city)}",
            f"  http://{settings.board.host}:{settings.board.port}/incident?id=ID   (ID as it was answered)",
            "Feed a file of your own in:",
            f"  {_told(settings)}{sanwang()} replay FILE --feed hotline --map MAP.toml",
            f"Metrics: http://{telemetry.host}:{telemetry.port}/metrics",
            "Ctrl-C ends it, with the account.",
        ]
    )


def _pushing(settings: Settings, data: Path, city: City) -> str:
    """How to file a report, with a place of this city and the time of the shell that is asked."""
    place = next((area.name for area in city.areas.values() if area.level == "village"), city.name)
    report = (
        '{"feed": "hotline", "number": "\'$(date +%s)\'", "call_time": "\'$(TZ=Asia/Shanghai date +%Y%m%d%H%M%S)\'", '
        f'"detail": "路灯不亮", "address": "{place}"}}'
    )
    return (
        f"curl -H 'Content-Type: application/json' -H \"Authorization: Bearer $(cat {data / KEY_FILE})\" "
        f"{settings.door.host}:{settings.door.port}/v1/reports -d '{report}'"
    )


def farewell(settings: Settings, status: int | None, last_words: str) -> str:
    """How the worker ended, where that is not well, and how to go on asking."""
    ended = f"The worker ended with status {status}:\n{last_words}\n" if last_words else ""
    return f"{ended}The figures stay: {_asking(settings)}"


def _asking(settings: Settings) -> str:
    """How to type `sanwang sql` here; it needs to be told where the warehouse is, not where the broker is."""
    return f'{_warehouse(settings)}{sanwang()} sql "{_FIGURES}"'


def _told(settings: Settings) -> str:
    """What a command that talks to the broker has to be told here, as it is typed before the command."""
    usual = settings.kafka.bootstrap == Kafka().bootstrap
    return _warehouse(settings) + ("" if usual else f"SANWANG_KAFKA_BOOTSTRAP={settings.kafka.bootstrap} ")


def _warehouse(settings: Settings) -> str:
    usual = settings.clickhouse.url == ClickHouse().url
    return "" if usual else f"SANWANG_CLICKHOUSE_URL={settings.clickhouse.url} "


def sanwang() -> str:
    """How the command is typed here."""
    command = Path(sys.executable).parent / "sanwang"
    return str(command.relative_to(Path.cwd()) if command.is_relative_to(Path.cwd()) else command)
