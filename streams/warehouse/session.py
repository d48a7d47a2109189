"""One chDB session with our errors: it does one thing at a time and carries its own settings."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Self

from streams.warehouse.errors import engine_error

#: One thread inserts as fast as several that hand a block to one another, and leaves the other processors to 110.
_ALONE = "SETTINGS max_threads = 1, max_insert_threads = 1"


class EngineSession:
    """A session on `folder`, for one thread; raises as `Warehouse` does. `on_close` is told when it has closed."""

    def __init__(self, folder: Path, on_close: Callable[[EngineSession], None]) -> None:
        from chdb.session import Session  # the engine takes 280 MB: only in processes that own a folder

        self._on_close = on_close
        engine: Any = Session  # chdb says that it is typed, but is not
        try:
            self._session = engine(str(folder))
        except RuntimeError as error:
            raise engine_error(str(error), f"warehouse in {folder}") from None

    def ask(self, sql: str, output_format: str = "Null", params: Mapping[str, str] | None = None) -> bytes:
        """Run statements; parameters are escaped as in ClickHouse's TabSeparated."""
        try:
            answer: bytes = self._live().query(sql, output_format, params=dict(params or {})).bytes()
        except RuntimeError as error:
            raise engine_error(str(error), "warehouse") from None
        return answer

    def insert(self, statement: str, input_format: str, data: bytes, where: str) -> None:
        """Insert `data`, written in `input_format`; `statement` ends before FORMAT, `where` is for the error.

        Through a file in memory: chDB's own `send_insert` reports success when the block could not be written (seen
        with a full disk), while a statement that reads a file fails as it should.
        """
        with _file_in_memory(data) as path:
            sql = f"{statement} FROM INFILE '{path}' COMPRESSION 'none' {_ALONE} FORMAT {input_format}"
            try:
                self._live().query(sql, "Null")
            except RuntimeError as error:
                raise engine_error(str(error), where) from None

    def close(self) -> None:
        """End the session; may be called twice."""
        session, self._session = self._session, None
        if session is not None:
            session.close()
            self._on_close(self)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _live(self) -> Any:  # noqa: ANN401 - chdb is not typed
        if self._session is None:
            raise RuntimeError("the warehouse is closed")
        return self._session


@contextmanager
def _file_in_memory(data: bytes) -> Iterator[str]:
    with _memory_or_temporary_file() as file:
        file.write(data)
        file.flush()
        yield file.name if isinstance(file.name, str) else f"/proc/self/fd/{file.fileno()}"


def _memory_or_temporary_file() -> IO[bytes]:
    if hasattr(os, "memfd_create"):
        return os.fdopen(os.memfd_create("block"), "wb")
    return tempfile.NamedTemporaryFile()  # not Linux
