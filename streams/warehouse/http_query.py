"""What a request to ClickHouse's HTTP interface asks for."""

from __future__ import annotations

import re
from collections.abc import Mapping

from msgspec import Struct

from streams.warehouse.errors import WarehouseError
from streams.warehouse.tables import DATABASE

SYNTAX_ERROR = 62
DEFAULT_FORMAT = "TabSeparated"
CONTENT_TYPES = {
    "TabSeparated": "text/tab-separated-values; charset=UTF-8",
    "TabSeparatedWithNames": "text/tab-separated-values; charset=UTF-8",
    "TabSeparatedWithNamesAndTypes": "text/tab-separated-values; charset=UTF-8",
    "TSV": "text/tab-separated-values; charset=UTF-8",
    "CSV": "text/csv; charset=UTF-8; header=absent",
    "CSVWithNames": "text/csv; charset=UTF-8; header=present",
    "JSON": "application/json; charset=UTF-8",
    "JSONCompact": "application/json; charset=UTF-8",
    "JSONEachRow": "application/x-ndjson; charset=UTF-8",
    "Pretty": "text/plain; charset=UTF-8",
    "PrettyCompact": "text/plain; charset=UTF-8",
    "Vertical": "text/plain; charset=UTF-8",
}
#: Parameters of the interface itself; every other one is a setting of the engine.
OUR_PARAMETERS = frozenset({
    "query", "database", "default_format", "user", "password", "quota_key", "query_id", "session_id", "session_timeout",
    "session_check", "role", "compress", "decompress", "client_protocol_version", "stacktrace", "buffer_size",
    "wait_end_of_query",
})  # fmt: skip
_NAME = re.compile(r"\w+")
_OUTPUT_FORMAT = re.compile(r"\bFORMAT\s+(\w+)\s*(?:SETTINGS\b[^']*)?;?\s*$", re.IGNORECASE)
_INSERT = re.compile(
    rb"(?P<head>\s*INSERT\s+INTO\s+[^']*?)\s+FORMAT\s+(?P<format>\w+)[ \t]*(?:\r?\n|;|$)", re.IGNORECASE
)


class HttpQuery(Struct, frozen=True):
    """One statement to run in a session of its own."""

    sql: str
    output_format: str
    database: str
    params: Mapping[str, str]
    settings: Mapping[str, str]
    read_only: bool
    insert: str | None = None  # an INSERT up to FORMAT, when data come with it
    input_format: str = ""
    data: bytes = b""


def read_query(method: str, parameters: Mapping[str, str], headers: Mapping[str, str], body: bytes) -> HttpQuery | None:
    """The statement of a request, None for a request without one.

    The text is parameter `query` followed by the body; raises `WarehouseError` for what cannot be read.
    """
    statement = b"\n".join(part for part in (parameters.get("query", "").encode(), body) if part)
    if not statement.strip():
        return None
    database = parameters.get("database") or headers.get("X-ClickHouse-Database") or DATABASE
    settings = {name: value for name, value in parameters.items() if _is_setting(name)}
    for name in (database, *settings):
        if not _NAME.fullmatch(name):
            raise WarehouseError(f"{name!r} is no name", SYNTAX_ERROR)
    params = {name.removeprefix("param_"): value for name, value in parameters.items() if name.startswith("param_")}
    wanted = parameters.get("default_format") or headers.get("X-ClickHouse-Format") or DEFAULT_FORMAT
    quoted = {name: value.replace("\\", "\\\\").replace("'", "\\'") for name, value in settings.items()}
    read_only = method == "GET"
    if not read_only and (insert := _INSERT.match(statement)):
        head, data = insert["head"].decode(), statement[insert.end() :]
        return HttpQuery("", wanted, database, params, quoted, read_only, head, insert["format"].decode(), data)
    sql = _text(statement)
    named = _OUTPUT_FORMAT.search(sql)
    return HttpQuery(sql, named[1] if named else wanted, database, params, quoted, read_only)


def _is_setting(name: str) -> bool:
    return name not in OUR_PARAMETERS and not name.startswith("param_")


def _text(statement: bytes) -> str:
    try:
        return statement.decode()
    except UnicodeDecodeError as error:
        raise WarehouseError(f"the statement is no UTF-8: {error}", SYNTAX_ERROR) from None
