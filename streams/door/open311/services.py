"""The catalogue as Open311's services: an item in force is a service, its class the group."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from streams.city.city import City
from streams.core.catalogue import OTHER, Item


class Services:
    """The services of a city."""

    def __init__(self, city: City) -> None:
        self._items: Mapping[str, Item] = city.catalogue.items
        #: A hotline class code for each item that has one: the inverse of codes/hotline.csv, the first row counts.
        codes = city.catalogue.codes.get("hotline", {})
        self._codes = {item: code for code, item in reversed(list(codes.items())) if item != OTHER}

    def listed(self) -> list[dict[str, Any]]:
        """GET services."""
        return [self._service(item) for item in self._items.values()]

    def definition(self, code: str) -> dict[str, Any] | None:
        """GET services/{code}: no service asks for more than the standard's own fields."""
        return {"service_code": code, "attributes": []} if code in self._items else None

    def name(self, code: str) -> str:
        """Name of an item, "" for one that the catalogue has no more."""
        item = self._items.get(code)
        return item.name if item else ""

    def classes(self, code: str) -> dict[str, str] | None:
        """What a hotline call is given so that it is classified as this item; None for an unknown one."""
        item = self._items.get(code)
        if item is None:
            return None
        labels = {"class_1": item.class_name, "class_3": item.name}
        return labels | ({"class_code": self._codes[code]} if code in self._codes else {})

    def _service(self, item: Item) -> dict[str, Any]:
        return {
            "service_code": item.code, "service_name": item.name, "description": f"{item.class_name} · {item.name}",
            "metadata": False, "type": "realtime", "keywords": "", "group": item.class_name,
        }  # fmt: skip
