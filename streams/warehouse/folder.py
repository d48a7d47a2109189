"""Who owns the folder of an embedded warehouse: one process at a time, which may answer HTTP for the others.

The owner holds a lock on `sanwang.lock`; the system lets go of it when the process ends, however it ends. `http.json`
says where the owner answers; it counts only while its process holds the lock.
"""

from __future__ import annotations

import fcntl
import json
import os
import time
from pathlib import Path
from typing import NamedTuple

from streams.warehouse.errors import FolderInUse, WarehouseUnavailable

LOCK_FILE = "sanwang.lock"
HTTP_FILE = "http.json"
#: Looking at a lock takes it for a moment, so a claim that fails looks again for this long.
PATIENCE_SECONDS = 0.5


class Owner(NamedTuple):
    """The process that holds a folder; `port` is 0 while it answers no HTTP."""

    pid: int
    host: str
    port: int


class Claim:
    """The folder is ours until `release`."""

    def __init__(self, folder: Path, descriptor: int) -> None:
        self.folder = folder
        self._descriptor: int | None = descriptor

    def publish(self, host: str, port: int) -> None:
        """Tell other processes where this one answers HTTP."""
        draft = self.folder / f"{HTTP_FILE}.new"
        draft.write_text(json.dumps({"pid": os.getpid(), "host": host, "port": port}), "utf-8")
        draft.replace(self.folder / HTTP_FILE)

    def withdraw(self) -> None:
        """This process answers no HTTP any more."""
        (self.folder / HTTP_FILE).unlink(missing_ok=True)

    def release(self) -> None:
        """Give the folder up; may be called twice."""
        if self._descriptor is not None:
            self.withdraw()
            os.close(self._descriptor)
            self._descriptor = None


def claim(folder: Path) -> Claim:
    """Make `folder` if need be and take it for this process.

    Raises `FolderInUse` when another process (or this one) holds it, `WarehouseUnavailable` when it cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(folder / LOCK_FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise WarehouseUnavailable(f"the warehouse folder {folder} cannot be used: {error.strerror}") from None
    if not _lock(descriptor, fcntl.LOCK_EX, PATIENCE_SECONDS):
        os.close(descriptor)
        owner = owner_of(folder) or Owner(0, "", 0)
        raise FolderInUse(str(folder), owner.pid, owner.port)
    try:
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, str(os.getpid()).encode(), 0)
    except OSError as error:
        os.close(descriptor)
        raise WarehouseUnavailable(f"the warehouse folder {folder} cannot be written: {error.strerror}") from None
    return Claim(folder, descriptor)


def owner_of(folder: Path) -> Owner | None:
    """The process that holds `folder`, or None when it is free."""
    try:
        descriptor = os.open(folder / LOCK_FILE, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        if _lock(descriptor, fcntl.LOCK_SH, 0):
            return None
        pid = int(os.pread(descriptor, 20, 0) or b"0")
    finally:
        os.close(descriptor)
    return _answering(folder, pid)


def _answering(folder: Path, pid: int) -> Owner:
    try:
        told = json.loads((folder / HTTP_FILE).read_text("utf-8"))
    except (FileNotFoundError, json.JSONDecodeError):
        return Owner(pid, "", 0)
    if told["pid"] != pid:  # left behind by a process that was killed
        return Owner(pid, "", 0)
    return Owner(pid, told["host"], told["port"])


def _lock(descriptor: int, kind: int, patience: float) -> bool:
    ends = time.monotonic() + patience
    while True:
        try:
            fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= ends:
                return False
            time.sleep(0.02)
        else:
            return True
