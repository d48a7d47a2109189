"""All-clears (无事报平安): what one must be to be counted."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from msgspec import Struct

from streams.core.accept import MAX_AGE_MS, MAX_EARLY_MS
from streams.core.localtime import to_ms
from streams.errors import RefusedError

_NUMBER_CHARS = 128  # as for reports


class AllClear(Struct, frozen=True, gc=False):
    """One grid worker's word that nothing happened; who that was is not kept."""

    number: str
    grid: str
    at: int  # ms UTC, as the source said


def read_all_clear(record: Mapping[str, object], grids: Collection[str], received_at: int) -> AllClear:
    """The all-clear in a decoded `AllClear` record, received at `received_at` (ms UTC).

    `grids` are the codes of the city's grids and micro-grids. Raises RefusedError: missing_field, bad_value,
    unknown_area, bad_time.
    """
    number, grid = str(record["number"]).strip(), str(record["grid_code"]).strip()
    if not number:
        raise RefusedError("missing_field", "number is missing or empty")
    if len(number) > _NUMBER_CHARS:
        raise RefusedError("bad_value", f"number has {len(number)} characters, at most {_NUMBER_CHARS} are taken")
    if grid not in grids:
        raise RefusedError("unknown_area", f"{grid[:20]!r} is no grid of this city")
    try:
        at = to_ms(str(record["report_time"]))
    except ValueError as error:
        raise RefusedError("bad_time", f"report_time: {error}") from None
    if not -MAX_AGE_MS <= at - received_at <= MAX_EARLY_MS:
        raise RefusedError("bad_time", f"report_time is {(at - received_at) // 60_000:+} min from its receipt")
    return AllClear(number, grid, at)
