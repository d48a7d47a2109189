"""The board as a process of its own, as `sanwang board` starts it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from streams.board.users import FIRST, first_start
from streams.config import PREFIX, Board, Settings, environment_of
from streams.flow.child import tied

_STOP_S = 5.0


class BoardProcess:
    """Serves the board from `start` to `stop`; it ends with the thread that started it, whatever happens."""

    def __init__(self, settings: Settings, log: Path) -> None:
        """`settings` are the worker's; the first start of its data makes an account."""
        self._settings, self._log = settings, log
        self._password = first_start(Path(settings.board.users_file))
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the process; the page answers some seconds later."""
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                tied([sys.executable, "-m", "streams.cli", "board"]),
                stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
                env={**inherited, **environment_of(self._settings)}, start_new_session=True,
            )  # fmt: skip

    def stop(self) -> None:
        """End it."""
        if self._process is None or self._process.poll() is not None:
            return
        self._process.terminate()
        try:
            self._process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def told(self, sanwang: str) -> str:
        """Where it is and how to get in; a password is told when it is made, and never again."""
        board = self._settings.board
        page = f"Board: http://{board.host}:{board.port}"
        if self._password:
            return f"{page}  (account {FIRST}, password {self._password}; shown this once)"
        usual = Path(board.users_file) == Path(Board().users_file)
        where = "" if usual else f"{PREFIX}BOARD_USERS_FILE={board.users_file} "
        return f"{page}  (account {FIRST}; for a new password: {where}{sanwang} users password {FIRST})"
