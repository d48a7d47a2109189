"""The board as a process of its own, as `sanwang board` starts it."""

from __future__ import annotations

from pathlib import Path

from streams.board.users import FIRST, first_start
from streams.config import PREFIX, Board, Settings
from streams.demo.worker import Worker
from streams.flow.child import tied


class BoardProcess(Worker):
    """The board's process; it ends with the thread that started it, whatever happens."""

    command, name, ready = "board", "board", "/healthz"

    def __init__(self, settings: Settings, log: Path) -> None:
        """`settings` are the worker's; the first start of its data makes an account."""
        super().__init__(settings, log)
        self._password = first_start(Path(settings.board.users_file))

    @property
    def address(self) -> tuple[str, int]:
        """Where it listens."""
        return self.settings.board.host, self.settings.board.port

    def _arguments(self) -> list[str]:
        return tied(super()._arguments())

    def told(self, sanwang: str) -> str:
        """Where it is and how to get in; a password is told when it is made, and never again."""
        board = self.settings.board
        page = f"Board: http://{board.host}:{board.port}"
        if self._password:
            return f"{page}  (account {FIRST}, password {self._password}; shown this once)"
        usual = Path(board.users_file) == Path(Board().users_file)
        where = "" if usual else f"{PREFIX}BOARD_USERS_FILE={board.users_file} "
        return f"{page}  (account {FIRST}; for a new password: {where}{sanwang} users password {FIRST})"
