"""The OpenAPI document says what the door does, and its page loads nothing."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from streams.city.city import City
from streams.door.openapi import document
from streams.door.page import page
from streams.wire.files import SchemaFiles
from tests.support.door import Taking, door

DOCUMENT = document("1", 1000)


def refs(part: Any) -> set[str]:
    if isinstance(part, dict):
        own = {part["$ref"]} if "$ref" in part else set()
        return own.union(*(refs(value) for value in part.values()))
    return set().union(*(refs(value) for value in part)) if isinstance(part, list) else set()


def test_every_reference_leads_somewhere() -> None:
    assert {ref.rpartition("/")[2] for ref in refs(DOCUMENT)} == set(DOCUMENT["components"]["schemas"])


def test_fields_are_those_of_the_avro_schemas() -> None:
    shapes = DOCUMENT["components"]["schemas"]
    for name in ("HotlineCall", "PoliceAlert", "GridReport", "AllClear", "OrderUpdate"):
        fields = {field["name"]: field["doc"] for field in SchemaFiles().current(name)["fields"]}
        fields.pop("order_id", None)
        told = {field: shape.get("description") for field, shape in shapes[name]["properties"].items()}
        told.pop("feed", None)
        assert told == fields


async def test_every_path_of_the_document_is_served_and_every_path_served_is_told(
    example_city: City, tmp_path: Path
) -> None:
    async with door(example_city, tmp_path, Taking()) as client:
        app = client.http.server.app  # type: ignore[union-attr]  # a test server has one
        own = {"/", "/openapi.json", "/metrics", "/healthz", "/readyz"}
        served = {
            (route.method, route.resource.canonical.replace("{format}", ".{format}")) for route in app.router.routes()
            if route.resource.canonical not in own and route.method != "HEAD"
        }  # fmt: skip
        told = (await client.get("/openapi.json"))[1]
    paths = {(way.upper(), path) for path, ways in told["paths"].items() for way in ways if way != "parameters"}
    assert paths == served


async def test_the_page_loads_nothing(example_city: City, tmp_path: Path) -> None:
    async with door(example_city, tmp_path, Taking()) as client:
        status, text, headers = await client.get("/")
    assert status == 200
    assert headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert not re.search(r"<(?:script|link|img|iframe)|https?://|url\(", text)
    assert all(f"<code>{way.upper()} {path}" in text for path, ways in DOCUMENT["paths"].items()
               for way in ways if way != "parameters")  # fmt: skip


def test_what_a_schema_says_cannot_break_the_page() -> None:
    told = document("<b>", 1)
    assert "<b>" not in page(told)
