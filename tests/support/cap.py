"""CAP messages held against the rules of the standard: tests/data/cap_1_2_rules.xsd, and what no schema can say."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from xml.etree import ElementTree as ET

from xmlschema import XMLSchema

from streams.core.cap import NAMESPACE


@cache
def rules() -> XMLSchema:
    return XMLSchema(Path(__file__).parents[1] / "data" / "cap_1_2_rules.xsd")


def check_alert(document: bytes) -> ET.Element:
    """The message, if it keeps the rules; XMLSchemaValidationError or AssertionError if not."""
    rules().validate(document.decode())
    alert = ET.fromstring(document)  # noqa: S314 - our own
    assert bool(text(alert, "restriction")) == (text(alert, "scope") == "Restricted")
    assert bool(text(alert, "references")) == (text(alert, "msgType") in ("Update", "Cancel"))
    return alert


def text(element: ET.Element, name: str) -> str:
    found = element.find(f".//{{{NAMESPACE}}}{name}")
    return "" if found is None else found.text or ""
