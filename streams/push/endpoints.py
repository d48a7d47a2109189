"""Where orders are pushed to: the endpoints of a city's units, each with the units behind it and their secrets."""

from __future__ import annotations

import base64
import binascii
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path

from msgspec import Struct

from streams.core.unit import Unit
from streams.errors import SanwangError

PREFIX = "whsec_"
_LEAST_BYTES = 24  # of a secret, after Standard Webhooks


class Endpoint(Struct, frozen=True):
    """One address. `name` is the lowest code of its units: where it has got to is kept under it, whatever its URL."""

    name: str
    url: str
    secrets: Mapping[str, bytes]  # by unit


def endpoints_of(units: Iterable[Unit], folder: Path) -> list[Endpoint]:
    """The endpoints of the units that have one. Raises SanwangError for a unit whose secret is not in `folder`."""
    by_url: dict[str, list[str]] = defaultdict(list)
    for unit in units:
        if unit.endpoint:
            by_url[unit.endpoint].append(unit.code)
    return [
        Endpoint(min(codes), url, {code: read_secret(folder / code) for code in sorted(codes)})
        for url, codes in sorted(by_url.items())
    ]


def read_secret(file: Path) -> bytes:
    """A secret as Standard Webhooks writes it: whsec_ and base64. Raises SanwangError for anything else."""
    try:
        text = file.read_text("ascii").strip()
        secret = base64.b64decode(text.removeprefix(PREFIX), validate=True)
    except OSError as error:
        raise SanwangError(f"secret of unit {file.name}: {file}: {error.strerror}") from None
    except (UnicodeDecodeError, binascii.Error):
        text, secret = "", b""
    if not text.startswith(PREFIX) or len(secret) < _LEAST_BYTES:
        raise SanwangError(f"{file} holds no secret: {PREFIX} and base64 of {_LEAST_BYTES} bytes or more are needed")
    return secret
