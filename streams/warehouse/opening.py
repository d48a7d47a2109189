"""From settings to a warehouse."""

from __future__ import annotations

from pathlib import Path

from streams.config import ClickHouse
from streams.errors import SanwangError
from streams.warehouse.embedded import EmbeddedWarehouse
from streams.warehouse.server import ServerWarehouse

EMBEDDED = "embedded:"
#: A block is on its shard when its insert returns, and a join or IN asks all shards.
_ON_CLUSTER = "insert_distributed_sync=1&distributed_product_mode=global"


def embedded_folder(settings: ClickHouse) -> Path | None:
    """The folder of an embedded warehouse, None when the settings name a server."""
    return Path(settings.url.removeprefix(EMBEDDED)) if settings.url.startswith(EMBEDDED) else None


def open_warehouse(settings: ClickHouse) -> EmbeddedWarehouse | ServerWarehouse:
    """The warehouse that the settings name; raises as the two do, and `SanwangError` for an unreadable password."""
    folder = embedded_folder(settings)
    if folder is not None:
        return EmbeddedWarehouse(folder)
    url = settings.url
    if settings.cluster:
        url += f"{'&' if '?' in url else '?'}{_ON_CLUSTER}"
    return ServerWarehouse(url, _password(settings.password_file), settings.http_port, settings.ca_file)


def _password(file: str) -> str:
    if not file:
        return ""
    try:
        return Path(file).read_text("utf-8").strip()
    except OSError as error:
        raise SanwangError(f"ClickHouse's password file {file} cannot be read: {error.strerror}") from None
