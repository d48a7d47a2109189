"""Forks of this process: they have what it has loaded, and nothing is loaded or handed over again."""

from __future__ import annotations

import gc
import signal
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any

from streams.errors import SanwangError

_context = get_context("fork")
_End = None  # in place of a question


class Fork:
    """A fork that keeps an object, and answers with its methods, one question after the other.

    It must be made before this process has threads that hold locks; its own begins with the first question.
    """

    def __init__(self, kept: object) -> None:
        self._line, theirs = _context.Pipe()
        self._process = _context.Process(target=_answer, args=(kept, theirs), daemon=True)
        self._process.start()
        theirs.close()
        self._asking = ThreadPoolExecutor(1)

    def ask(self, method: str, *args: object) -> Future[Any]:
        """What a method of the kept object returns; SanwangError where the fork has ended, which says why by itself."""
        return self._asking.submit(self._ask, (method, args))

    def end(self) -> None:
        """End the fork once it has answered what it is at; other questions are dropped."""
        self._asking.shutdown(cancel_futures=True)
        with suppress(OSError):
            self._line.send(_End)
        self._process.join()
        self._line.close()

    def _ask(self, question: tuple[str, tuple[object, ...]]) -> Any:  # noqa: ANN401 - whatever the method returns
        try:
            self._line.send(question)
            return self._line.recv()
        except (EOFError, OSError):
            self._process.join()
            raise SanwangError(f"a process has ended by itself, with {self._process.exitcode}") from None


def _answer(kept: object, line: Connection) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for our parent, which ends us
    gc.disable()  # deciding makes no cycles, and looking for them takes two fifths of the time
    with suppress(EOFError):  # our parent is gone
        while (question := line.recv()) is not _End:
            method, args = question
            line.send(getattr(kept, method)(*args))
