"""The OpenAPI document as one page of HTML: no script, nothing from outside."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import Any

Json = Mapping[str, Any]
_STYLE = """
body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1a1a1a;background:#fff}
table{border-collapse:collapse;width:100%}
td,th{border-bottom:1px solid #ccc;padding:.25rem .5rem;text-align:left;vertical-align:top}
code{background:#f2f2f2;padding:0 .2rem}
h2{margin-top:2rem}
@media(prefers-color-scheme:dark){
body{color:#eee;background:#161616}code{background:#2a2a2a}td,th{border-color:#444}a{color:#9cf}}
"""
_HEAD = (
    "<!doctype html><html lang='en'><head><meta charset='utf-8'><meta name='viewport' content='width=device-width'>"
    "<title>{title}</title><style>{style}</style></head><body><main>"
)


def page(told: Json) -> str:
    """The document for people."""
    info = told["info"]
    parts = [
        _HEAD.format(title=escape(info["title"]), style=_STYLE),
        f"<h1>{escape(info['title'])} {escape(info['version'])}</h1><p>{escape(info['description'])}</p>",
        "<p>The same for machines: <a href='/openapi.json'>openapi.json</a></p>",
        *_paths_shown(told["paths"]),
        *_schemas_shown(told["components"]["schemas"]),
        "</main></body></html>",
    ]
    return "".join(parts)


def _paths_shown(paths: Json) -> Iterator[str]:
    for path, methods in paths.items():
        for method in ("get", "post"):
            if method in methods:
                shown = methods[method]
                yield f"<h2><code>{method.upper()} {escape(path)}</code></h2><p>{escape(shown['summary'])}</p>"
                answers = shown["responses"].items()
                yield _table(("answer", "when"), [(code, one["description"]) for code, one in answers])


def _schemas_shown(schemas: Json) -> Iterator[str]:
    for name, schema in schemas.items():
        if "properties" in schema:
            needed = schema.get("required", ())
            yield f"<h2 id='{escape(name)}'>{escape(name)}</h2><p>{escape(schema.get('description', ''))}</p>"
            yield _table(("member", "type", "needed", "says"), [
                (field, _type_shown(one), "yes" if field in needed else "", one.get("description", ""))
                for field, one in schema["properties"].items()
            ])  # fmt: skip


def _type_shown(shape: Json) -> str:
    kind = shape.get("type", shape.get("const", ""))
    return " or ".join(kind) if isinstance(kind, list) else str(kind)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    cells = "".join(f"<th scope='col'>{escape(name)}</th>" for name in head)
    lines = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table><thead><tr>{cells}</tr></thead><tbody>{lines}</tbody></table>"
