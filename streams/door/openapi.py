"""The OpenAPI document of the door, made from the Avro schemas."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from streams.core.event import FEEDS
from streams.door.bodies import FORM, JSON, MAX_RECORDS, NDJSON
from streams.door.open311.handlers import BASE
from streams.wire.files import RECORD_OF_FEED, SchemaFiles

Json = dict[str, Any]
_TYPES: Mapping[str, Json] = {
    "string": {"type": "string"},
    "boolean": {"type": "boolean"},
    "double": {"type": "number", "minimum": -1.7e308, "maximum": 1.7e308},
}
_FILES = SchemaFiles()
_FAILURES = {
    400: "The body cannot be read.", 401: "No key, or an unknown one.", 403: "The key lacks the scope.",
    408: "The body came too slowly.", 413: "Too large.", 415: "Another kind of body is needed.",
    422: "Too many records, or some that would be refused: every fault with its field. Nothing was taken.",
    429: "Too many records a second; see Retry-After.",
    503: "Kafka does not confirm, or too much waits; see Retry-After. Send again: what was taken is recognised.",
}  # fmt: skip
_FORM_FIELDS: Mapping[str, str] = {
    "service_code": "As in services.", "lat": "Latitude, WGS84.", "long": "Longitude, WGS84.",
    "address_string": "Where, in words.", "address_id": "Area code of the place.", "description": "What is the matter.",
    "account_id": "Kept as a keyed hash only, as phone, email and device_id are.", "phone": "", "email": "",
    "device_id": "", "jurisdiction_id": "The city's code, or nothing.", "api_key": "Where it is not in a header.",
}  # fmt: skip


def document(version: str, max_body: int) -> Json:
    """The whole document, OpenAPI 3.1."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Sanwang 三网", "version": version,
            "description": "Reports, all-clears and order updates by HTTP. What is answered with 202 is in Kafka. A "
            f"record is known by its number: sent again, it is the same one. A request has at most {max_body} bytes.",
        },
        "security": [{"key": []}, {"header": []}],
        "paths": {**_version1(), **_open311()},
        "components": {
            "securitySchemes": {
                "key": {"type": "http", "scheme": "bearer"},
                "header": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
            },
            "schemas": {**_records(), **_answers()},
        },
    }  # fmt: skip


def _records() -> Json:
    shapes = {record: _record(record, feed) for feed, record in RECORD_OF_FEED.items()}
    mapping = {feed: _ref(RECORD_OF_FEED[feed]) for feed in FEEDS}
    report = {
        "oneOf": [{"$ref": ref} for ref in mapping.values()],
        "discriminator": {"propertyName": "feed", "mapping": mapping},
    }
    update = _record("OrderUpdate")
    update["properties"].pop("order_id")
    update["required"].remove("order_id")
    return shapes | {"Report": report, "AllClear": _record("AllClear"), "OrderUpdate": update}


def _record(name: str, feed: str = "") -> Json:
    schema = _FILES.current(name)
    properties = {field["name"]: {**_type(field["type"]), "description": field["doc"]} for field in schema["fields"]}
    required = [field["name"] for field in schema["fields"] if "default" not in field]
    if feed:
        properties, required = {"feed": {"const": feed}, **properties}, ["feed", *required]
    for name_, shape in properties.items():
        if name_ == "number":
            shape.update(minLength=1, maxLength=128)
        elif name_.endswith("_time") and shape["type"] == "string":
            shape["pattern"] = "^[0-9]{14}$"
    return {"type": "object", "description": schema["doc"], "properties": properties, "required": required,
            "additionalProperties": False}  # fmt: skip


def _type(avro: Any) -> Json:  # noqa: ANN401 - JSON
    if isinstance(avro, list):
        [plain] = [part for part in avro if part != "null"]
        shape = _type(plain)
        return shape | {"type": [shape["type"], "null"]}
    if isinstance(avro, dict):
        return {"type": "array", "items": _type(avro["items"])}
    return dict(_TYPES[avro])


def _answers() -> Json:
    text = {"type": "string"}
    fault = {
        "type": "object", "required": ["reason", "detail"],
        "properties": {"index": {"type": "integer"}, "field": text, "reason": text, "detail": text},
    }  # fmt: skip
    return {
        "Accepted": {"type": "object", "required": ["id"], "properties": {"id": text}},
        "AcceptedBatch": {
            "type": "object", "required": ["accepted", "ids"],
            "properties": {"accepted": {"type": "integer"}, "ids": {"type": "array", "items": text}},
        },
        "Problem": {
            "type": "object", "required": ["error", "message"],
            "properties": {"error": text, "message": text, "errors": {"type": "array", "items": fault}},
        },
    }  # fmt: skip


def _version1() -> Json:
    order = {"name": "order_id", "in": "path", "required": True, "schema": {"type": "string", "minLength": 1},
             "description": "Id of the order, percent-encoded."}  # fmt: skip
    return {
        "/v1/reports": {"post": _post("Send reports of the feeds that the key has.", "Report")},
        "/v1/all-clears": {"post": _post("Send all-clears (无事报平安).", "AllClear")},
        "/v1/orders/{order_id}/updates": {
            "parameters": [order],
            "post": _post("Say what becomes of an order.", "OrderUpdate", 404),
        },
    }


def _post(summary: str, record: str, *more: int) -> Json:
    one = {"$ref": _ref(record)}
    many = {"type": "array", "items": one, "minItems": 1, "maxItems": MAX_RECORDS}
    accepted = {"oneOf": [{"$ref": _ref("Accepted")}, {"$ref": _ref("AcceptedBatch")}]}
    return {
        "summary": summary,
        "requestBody": {"required": True, "content": {
            JSON: {"schema": {"oneOf": [one, many]}},
            NDJSON: {"schema": {"type": "string", "description": f"One {record} in each line."}},
        }},
        "responses": {"202": _response("Kafka has confirmed it.", accepted), **_failures(*_FAILURES, *more)},
    }  # fmt: skip


def _open311() -> Json:
    suffix = {"name": "format", "in": "path", "required": True, "schema": {"enum": ["json", "xml"]}}
    form = {
        "type": "object", "required": ["service_code"],
        "properties": {name: {"type": "string", "description": text} for name, text in _FORM_FIELDS.items()},
    }  # fmt: skip
    asked = [_query(name) for name in ("service_request_id", "service_code", "status", "start_date", "end_date")]
    ways: Sequence[tuple[str, str, Sequence[Json], Json]] = (
        ("discovery", "Where Open311 GeoReport v2 is.", (), {"security": []}),
        ("services", "The catalogue.", (), {"security": []}),
        ("services/{code}", "One service.", (_path("code"),), {"security": []}),
        ("requests", "Requests, at most 1000 of the last 90 days.", asked, {}),
        ("requests/{id}", "One request.", (_path("id"),), {}),
        ("tokens/{token}", "The request behind a token.", (_path("token"),), {}),
    )  # fmt: skip
    paths: Json = {}
    for path, summary, parameters, more in ways:
        found = {"200": {"description": "As in GeoReport v2."}, **_plain(400, 403, 404, 429, 503)}
        get = {"summary": summary, "parameters": [*parameters, suffix], "responses": found, **more}
        paths[f"{BASE}/{path}.{{format}}"] = {"get": get}
    paths[f"{BASE}/requests.{{format}}"]["post"] = {
        "summary": "File a request.", "parameters": [suffix],
        "requestBody": {"required": True, "content": {FORM: {"schema": form}}},
        "responses": {"201": {"description": "Kafka has confirmed it."},
                      **_plain(400, 403, 404, 408, 413, 415, 429, 503)},
    }  # fmt: skip
    return paths


def _query(name: str) -> Json:
    return {"name": name, "in": "query", "schema": {"type": "string"}}


def _path(name: str) -> Json:
    return {"name": name, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}


def _failures(*codes: int) -> Json:
    return {str(code): _response(_FAILURES.get(code, "Unknown."), {"$ref": _ref("Problem")}) for code in sorted(codes)}


def _plain(*codes: int) -> Json:
    return {str(code): {"description": _FAILURES.get(code, "Unknown.")} for code in codes}


def _response(description: str, schema: Json) -> Json:
    return {"description": description, "content": {JSON: {"schema": schema}}}


def _ref(name: str) -> str:
    return f"#/components/schemas/{name}"
