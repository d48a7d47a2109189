"""How `pytest -n 2` shares out the tests: file by file, but for those that would disturb or repeat one another.

Tests of a group run one after another in one process, whatever runs beside them in the other.
"""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Any

from xdist.scheduler import LoadScopeScheduling

#: What loads the machine by itself, looks at how quickly something comes, or takes the ports that the documents name.
#: No two of these run beside each other.
HEAVY = ("tests/fault/*", "tests/e2e/*", "tests/integration/test_benchmarks.py", "tests/integration/test_demo.py",
         "tests/integration/test_readme.py")  # fmt: skip
#: Those on the pipeline that is never stopped, which so is started once.
STEADY = tuple(
    f"tests/integration/test_{name}.py"
    for name in ("bad_input", "monitoring", "order_loop", "sql", "telemetry", "whatif_live")
)
#: Likewise those on the brokers that are never stopped.
BROKERS = ("tests/contract/test_broker_*", "tests/integration/test_door_process.py",
           "tests/integration/test_replay_sender.py")  # fmt: skip
GROUPS = {"heavy": HEAVY, "steady": STEADY, "brokers": BROKERS}
#: In the order in which they are begun: what takes long comes first, the short ones fill up the end. Between folders,
#: what all tests of one share is ended.
ORDER = ("heavy", "tests/integration/*", "steady", "brokers", "tests/contract/*", "tests/property/*", "*")


def group_of(nodeid: str) -> str:
    """The group of a test: one of GROUPS, or its file."""
    file = PurePosixPath(nodeid.partition("::")[0])
    return next((name for name, patterns in GROUPS.items() if any(map(file.match, patterns))), str(file))


def rank_of(nodeid: str) -> int:
    """How soon a test is begun, 0 first."""
    group = group_of(nodeid)
    if group in GROUPS:
        return ORDER.index(group)
    return next(rank for rank, pattern in enumerate(ORDER) if "*" in pattern and PurePosixPath(group).match(pattern))


class ByGroup(LoadScopeScheduling):
    """Gives whole groups to whichever process is free."""

    def __init__(self, config: Any, log: Any) -> None:
        super().__init__(config, log)
        config.option.loadscopereorder = False  # ours is the better order

    def _split_scope(self, nodeid: str) -> str:
        return group_of(nodeid)
