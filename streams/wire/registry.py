"""A small client of a Schema Registry's HTTP interface: fetch by id, register under a subject."""

from __future__ import annotations

import json
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any
from urllib.parse import quote, urlsplit

from streams.errors import RefusedError, SanwangError
from streams.wire.files import Schema

_CONTENT_TYPE = "application/vnd.schemaregistry.v1+json"


class RegistryError(SanwangError):
    """The registry could not answer: a reason to try again later, never to refuse a record."""


class Registry:
    """One Schema Registry. Calls block, for at most `timeout_s` seconds each; the codec keeps what it learned."""

    def __init__(self, url: str, timeout_s: float = 5.0) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise RegistryError(f"{url!r} is no schema registry address: expected http://host:port")
        self._url = url
        self._connection = HTTPSConnection if parts.scheme == "https" else HTTPConnection
        self._host, self._port = parts.hostname, parts.port
        self._path = parts.path.rstrip("/")
        self._timeout_s = timeout_s

    def fetch(self, schema_id: int) -> Schema:
        """The record schema with this id. Raises RefusedError("unknown_schema") or RegistryError."""
        status, answer = self._ask("GET", f"/schemas/ids/{schema_id}")
        if status == 404:
            raise RefusedError("unknown_schema", f"the schema registry has no schema with id {schema_id}")
        text = self._expect(status, answer, "schema", str)
        try:
            schema = json.loads(text)
        except json.JSONDecodeError as error:
            raise RefusedError("unknown_schema", f"schema id {schema_id} is no Avro schema") from error
        if answer.get("schemaType", "AVRO") != "AVRO" or not isinstance(schema, dict):
            raise RefusedError("unknown_schema", f"schema id {schema_id} is no Avro record schema")
        return schema

    def register(self, subject: str, schema: Schema) -> int:
        """Id of `schema` under `subject`, the same one each time. Raises RegistryError."""
        body = json.dumps({"schema": json.dumps(schema, ensure_ascii=False)})
        status, answer = self._ask("POST", f"/subjects/{quote(subject, safe='')}/versions", body)
        return int(self._expect(status, answer, "id", int))

    def _expect(self, status: int, answer: dict[str, Any], key: str, kind: type) -> Any:  # noqa: ANN401 - from JSON
        value = answer.get(key)
        if status != 200 or not isinstance(value, kind):
            reason = answer.get("message", "unexpected answer")
            raise RegistryError(f"schema registry {self._url} answered {status}: {reason}")
        return value

    def _ask(self, method: str, path: str, body: str | None = None) -> tuple[int, dict[str, Any]]:
        connection = self._connection(self._host, self._port, timeout=self._timeout_s)
        try:
            connection.request(method, self._path + path, body, {"Content-Type": _CONTENT_TYPE})
            response = connection.getresponse()
            answer = json.loads(response.read() or b"{}")
        except (OSError, HTTPException, ValueError) as error:
            raise RegistryError(f"schema registry {self._url} does not answer: {error}") from error
        finally:
            connection.close()
        return response.status, answer if isinstance(answer, dict) else {}
