"""What can go wrong with a warehouse: a statement that is wrong, or a warehouse that is not there right now."""

from __future__ import annotations

import re

from streams.errors import SanwangError

NO_CODE = 0

#: Codes of ClickHouse's exceptions that pass by themselves or once an operator helped: the same may be tried again.
PASSING_CODES = frozenset({
    3,  # UNEXPECTED_END_OF_FILE
    32,  # ATTEMPT_TO_READ_AFTER_EOF: the connection broke
    74, 75, 76,  # CANNOT_READ_FROM, WRITE_TO, OPEN file: disk
    159,  # TIMEOUT_EXCEEDED
    202,  # TOO_MANY_SIMULTANEOUS_QUERIES
    209, 210,  # SOCKET_TIMEOUT, NETWORK_ERROR
    241,  # MEMORY_LIMIT_EXCEEDED
    242,  # TABLE_IS_READ_ONLY: the replica lost its keeper
    243,  # NOT_ENOUGH_SPACE
    252,  # TOO_MANY_PARTS
    285, 286,  # TOO_FEW_LIVE_REPLICAS, UNSATISFIED_QUORUM
    319,  # UNKNOWN_STATUS_OF_INSERT
    999,  # KEEPER_EXCEPTION
})  # fmt: skip
_CODE = re.compile(r"Code: (\d+)")
_DISK_FULL = re.compile(r"No space left on device|NOT_ENOUGH_SPACE|Cannot reserve", re.IGNORECASE)
_STACK = re.compile(r"\s*Stack trace:.*", re.DOTALL)


class WarehouseError(SanwangError):
    """A statement or a row that the warehouse refuses; the same again would fail the same way.

    `code` is ClickHouse's number of the exception, 0 if it came from elsewhere.
    """

    def __init__(self, message: str, code: int = NO_CODE) -> None:
        super().__init__(message)
        self.code = code


class WarehouseUnavailable(SanwangError):  # noqa: N818 - a state of the warehouse, not a mistake of the caller's
    """The warehouse cannot answer now (unreachable, full, overloaded): the same again may succeed later."""

    def __init__(self, message: str, code: int = NO_CODE) -> None:
        super().__init__(message)
        self.code = code


class FolderInUse(WarehouseError):  # noqa: N818 - as above
    """Another process holds the folder of an embedded warehouse; `pid` and `port` are 0 where not known."""

    def __init__(self, folder: str, pid: int, port: int) -> None:
        who = f"process {pid}" if pid else "another process"
        how = f"; it answers SQL on http://127.0.0.1:{port}/" if port else ""
        super().__init__(f"the warehouse folder {folder} is in use by {who}{how}")
        self.pid = pid
        self.port = port


def engine_error(text: str, where: str) -> WarehouseError | WarehouseUnavailable:
    """The error that an engine's message stands for; `where` names the table or the warehouse."""
    found = _CODE.search(text)
    code = int(found.group(1)) if found else NO_CODE
    message = _STACK.sub("", text).strip()
    if _DISK_FULL.search(text):
        return WarehouseUnavailable(f"{where}: the disk is full: {message}", code)
    if code in PASSING_CODES:
        return WarehouseUnavailable(f"{where}: {message}", code)
    return WarehouseError(f"{where}: {message}", code)
