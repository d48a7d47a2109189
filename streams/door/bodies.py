"""Reading request bodies: bounded in size, in time and in what they may be; JSON to typed values, all faults told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Any

import msgspec
from aiohttp import web

from streams.door.limits import Room
from streams.door.problems import Fault, Problem, malformed

JSON, NDJSON, FORM = "application/json", "application/x-ndjson", "application/x-www-form-urlencoded"
MAX_RECORDS = 5_000  # of one request
_READ_S = 30.0
_SOME = 65_536  # bytes held for a body of which nothing is known
_BLANK = b" \t\r\n"
_BROKEN = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


@asynccontextmanager
async def body_of(request: web.Request, room: Room, most: int, kinds: Sequence[str]) -> AsyncIterator[bytes]:
    """The body of a request while it is dealt with. Raises Problem 408, 413, 415 or 503."""
    if request.content_type not in kinds or (request.charset or "utf-8").lower() not in ("utf-8", "utf8"):
        message = f"the body has to be {' or '.join(kinds)}, in UTF-8"
        raise Problem(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "media_type", message)
    known = request.content_length
    if known is not None and known > most:
        raise _too_large(most)
    packed = request.headers.get("Content-Encoding", "identity") != "identity"
    with room.hold(most if packed or known is None else known + _SOME):
        yield await _read(request, most)


async def _read(request: web.Request, most: int) -> bytes:
    try:
        async with asyncio.timeout(_READ_S):
            return await request.read()
    except TimeoutError:
        raise Problem(HTTPStatus.REQUEST_TIMEOUT, "slow", f"the body did not come within {_READ_S:g} s") from None
    except web.HTTPRequestEntityTooLarge:
        raise _too_large(most) from None
    except web.HTTPException as error:
        raise malformed(f"the body cannot be read: {error.reason}") from None


def _too_large(most: int) -> Problem:
    return Problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too_large", f"a request may have {most} bytes at most")


class Reading:
    """JSON to values of one type: one object, an array of them, or one in each line."""

    def __init__(self, kind: Any) -> None:  # noqa: ANN401 - a type, or a union of types
        self._one: Callable[[bytes], Any] = msgspec.json.Decoder(kind).decode

    def read(self, body: bytes, content_type: str) -> tuple[list[Any], list[Fault], bool]:
        """Values, faults, and whether it was a batch; faulty records are None among the values.

        Raises Problem 400 for what is no JSON, or for an empty batch, and 422 for too many records.
        """
        lines = content_type == NDJSON
        if not lines and body.lstrip(_BLANK)[:1] != b"[":
            values, faults = self._each([body])
            return values, faults, False
        try:
            parts = [line for line in body.split(b"\n") if line.strip(_BLANK)] if lines else _raws.decode(body)
        except _BROKEN as error:
            raise malformed(f"no JSON: {error}") from None
        if not parts:
            raise malformed("the batch is empty")
        if len(parts) > MAX_RECORDS:
            message = f"{len(parts)} records, at most {MAX_RECORDS} are taken at once"
            raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "too_many", message)
        return *self._each(parts), True

    def _each(self, parts: Sequence[bytes]) -> tuple[list[Any], list[Fault]]:
        values: list[Any] = []
        faults: list[Fault] = []
        for index, part in enumerate(parts):
            try:
                values.append(self._one(part))
            except msgspec.ValidationError as error:
                values.append(None)
                faults.append(_fault(str(error), index if len(parts) > 1 else None))
            except _BROKEN as error:
                where = f"record {index}: " if len(parts) > 1 else ""
                raise malformed(f"{where}no JSON: {error}") from None
        return values, faults


_raws = msgspec.json.Decoder(list[msgspec.Raw])




def _fault(message: str, index: int | None) -> Fault:
    """A fault from msgspec's words: "Expected `str`, got `int` - at `$.caller`", "... unknown field `x`"."""
    text, _, path = message.partition(" - at `$")
    field = path.rstrip("`").lstrip(".").partition(".")[0].partition("[")[0]
    if not field and text.endswith("`") and "field `" in text:
        field = text.rpartition("field `")[2].rstrip("`")
    missing = text.startswith("Object missing")
    return Fault("missing_field" if missing else "bad_value", text, field, index)
