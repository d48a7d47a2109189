"""The fields of an all-clear straight from its bytes: the one record that comes by the ten thousand a second.

Only the usual form is read here, ASCII with short fields, written with our own current schema. Whatever else there is,
well-formed or not, is left to the codec.
"""

from __future__ import annotations

_TIME_DIGITS = 14
_TIME_HEAD = 2 * _TIME_DIGITS  # Avro writes a string's length as twice its number
_NULL, _STRING = 0, 2  # which branch of the union, likewise doubled

Fields = tuple[bytes, bytes, bytes]


def quick_fields(data: bytes, prefix: bytes) -> Fields | None:
    """`number`, `grid_code` and `report_time` of an AllClear, None where `data` is not of the usual form."""
    begin = len(prefix)
    if not data.startswith(prefix) or not data[begin:].isascii():
        return None
    # Every head is below 128 now, so each is one byte; an odd one would be a negative length.
    try:
        number = begin + 1 + (data[begin] >> 1)
        grid = number + 1 + (data[number] >> 1)
        time = grid + 1
        worker = data[grid]
        odd = data[begin] | data[number]
        if worker == _STRING:
            odd |= data[time]
            time += 1 + (data[time] >> 1)
        elif worker != _NULL:
            return None
        if odd & 1 or data[time] != _TIME_HEAD or len(data) != time + 1 + _TIME_DIGITS:
            return None
    except IndexError:
        return None
    return data[begin + 1 : number], data[number + 1 : grid], data[time + 1 :]
