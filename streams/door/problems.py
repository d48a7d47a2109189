"""What a client is told instead of "taken": a status, a short code, a sentence, and the fields at fault."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from math import ceil

from msgspec import Struct

from streams.errors import SanwangError

_MOST_FAULTS = 100  # that are told of one request


class Fault(Struct, frozen=True, omit_defaults=True):
    """One thing wrong with a request."""

    reason: str  # one of a fixed set of short words
    detail: str
    field: str = ""
    index: int | None = None  # of the record in a batch, from 0


class Problem(SanwangError):  # noqa: N818 - an answer to a client, no error of ours
    """An answer that is no success. `error` is one of a fixed set of words (it is a metric label)."""

    def __init__(
        self, status: HTTPStatus, error: str, message: str, faults: Sequence[Fault] = (), retry_after_s: float = 0.0
    ) -> None:
        super().__init__(message)
        self.status, self.error, self.message, self.faults = status, error, message, tuple(faults)
        self.retry_after_s = retry_after_s

    def body(self) -> dict[str, object]:
        """As it is sent, in JSON."""
        told: dict[str, object] = {"error": self.error, "message": self.message}
        return told | ({"errors": self.faults} if self.faults else {})

    def headers(self) -> Mapping[str, str]:
        """Headers that belong to it."""
        headers: dict[str, str] = {}
        if self.retry_after_s:
            headers["Retry-After"] = str(ceil(self.retry_after_s))
        if self.status == HTTPStatus.UNAUTHORIZED:
            headers["WWW-Authenticate"] = 'Bearer realm="sanwang"'
        return headers


def malformed(detail: str) -> Problem:
    """The body cannot be read at all."""
    return Problem(HTTPStatus.BAD_REQUEST, "malformed", detail)


def refused(faults: Sequence[Fault], records: int) -> Problem:
    """Records that the pipeline would refuse; nothing of the request was taken."""
    first = faults[0]
    of = f"{len(faults)} of {records} records: " if records > 1 else ""
    field = f"{first.field}: " if first.field and not first.detail.startswith(first.field) else ""
    message = f"nothing was taken; {of}{field}{first.detail}"
    return Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "refused", message, faults[:_MOST_FAULTS])


def busy(message: str, retry_after_s: float) -> Problem:
    """Come again later: Kafka does not confirm, or too much is waiting."""
    return Problem(HTTPStatus.SERVICE_UNAVAILABLE, "busy", message, retry_after_s=retry_after_s)
