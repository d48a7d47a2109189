"""What the demo runs on: its folders, ports and city."""

from __future__ import annotations

import shutil
from pathlib import Path

from streams.city.demo import write_demo_city
from streams.config import Board, ClickHouse, Door, Kafka, Privacy, Settings, Telemetry
from streams.demo.worker import free_port
from streams.door.key_file import new_key, revoke_key
from streams.door.keyring import read_keys

CITY_SEED = 1
DEMO_KEY = "demo"
_REBALANCE_S = 2.0  # joining a group takes the whole of it on the embedded broker


def settings_of(data: Path, city: Path, servers: str) -> Settings:
    """Settings of a worker that keeps everything under `data`, on the usual ports where they are free."""
    return Settings(
        city=str(city),
        kafka=Kafka(bootstrap=servers, rebalance_timeout_s=_REBALANCE_S),
        clickhouse=ClickHouse(url=f"embedded:{data / 'clickhouse'}", http_port=free_port(ClickHouse().http_port)),
        telemetry=Telemetry(port=free_port(Telemetry().port)),
        privacy=Privacy(key_file=str(data / "hash.key")),
        board=Board(
            port=free_port(Board().port),
            users_file=str(data / "board" / "users.json"),
            key_file=str(data / "board" / "session.key"),
        ),
        door=Door(port=free_port(Door().port), keys_file=str(data / "door.keys")),
    )


def make_key(settings: Settings, file: Path) -> None:
    """A key of this demo for every report, in `file`, in the place of the one before."""
    keys = Path(settings.door.keys_file)
    if any(key.name == DEMO_KEY for key in read_keys(keys)):
        revoke_key(keys, DEMO_KEY)
    secret = new_key(keys, DEMO_KEY, ("reports:hotline", "reports:police", "reports:grid", "open311"), 1_000.0)
    file.unlink(missing_ok=True)
    file.touch(mode=0o600)
    file.write_text(secret)


def make_city(folder: Path) -> None:
    """Write the demo city where there is none yet; whole, or not at all."""
    if (folder / "city.toml").exists():
        return
    draft = folder.with_name(f"{folder.name}.new")
    shutil.rmtree(draft, ignore_errors=True)
    write_demo_city(draft, CITY_SEED)
    draft.rename(folder)
