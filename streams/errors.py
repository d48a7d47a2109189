"""Every error that Sanwang raises on purpose descends from `SanwangError` and says where and why."""

from __future__ import annotations


class SanwangError(Exception):
    """Base of all errors that a user can act on; the command line prints its text without a traceback."""


class RefusedError(SanwangError):
    """A record that cannot become an event.

    `reason` is one of a fixed set of short words (it is a metric label); `detail` says what exactly, without personal
    data.
    """

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail


class FileFault(SanwangError):  # noqa: N818 - a fault in a file that somebody wrote, reported with others of its kind
    """A fault in a file: where it is, what is wrong, and what would be right."""

    def __init__(self, file: str, line: int, column: int, message: str, suggestion: str = "") -> None:
        hint = f" ({suggestion})" if suggestion else ""
        super().__init__(f"{file}:{line}:{column}: {message}{hint}")
        self.file = file
        self.line = line
        self.column = column
        self.message = message
        self.suggestion = suggestion
