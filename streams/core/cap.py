"""Warnings as CAP 1.2 messages (Common Alerting Protocol, OASIS 2010; ITU-T X.1303bis), for other systems.

One message each time a warning changes: Alert when it is raised, Update when its colour changes, Cancel at its end;
each names the messages of the same warning before it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta, timezone
from typing import Literal
from xml.etree import ElementTree as ET

from msgspec import Struct

from streams.core.area import Area
from streams.core.warnings import Colour, ColourWarning, Subject
from streams.errors import SanwangError

NAMESPACE = "urn:oasis:names:tc:emergency:cap:1.2"
Status = Literal["Actual", "Exercise", "System", "Test", "Draft"]
_CHINA = timezone(timedelta(hours=8))
_FORBIDDEN = " ,<&"  # of identifiers and senders, by the standard
_VALID = timedelta(hours=24)  # a warning that nobody renews lapses

_TYPES = {"raised": "Alert", "changed": "Update", "cancelled": "Cancel"}
_SEVERITY: Mapping[Colour, str] = {
    Colour.BLUE: "Minor", Colour.YELLOW: "Moderate", Colour.ORANGE: "Severe", Colour.RED: "Extreme",
}  # fmt: skip
_CHINESE: Mapping[Colour, str] = {
    Colour.BLUE: "蓝色", Colour.YELLOW: "黄色", Colour.ORANGE: "橙色", Colour.RED: "红色",
}  # fmt: skip
_EVENTS: Mapping[Subject, str] = {
    "surge": "事件激增", "overdue": "工单超期", "recurrence": "问题反复", "absence": "网格未报平安",
    "silence": "渠道无消息",
}  # fmt: skip
_SEEN: Mapping[Subject, str] = {
    "surge": "1小时内新增{count}起，平时约{expected:.2f}起", "overdue": "在办{expected:.0f}件，其中超期{count}件",
    "recurrence": "30天内同一事项{count}起", "absence": "{expected:.0f}个网格中有{count}个未报平安",
    "silence": "已{count}分钟无消息，平时不超过{expected:.0f}分钟",
}  # fmt: skip
#: CAP's categories for classes of the catalogue, where they are not those of public order and service.
_CATEGORIES = {"21": "Fire", "30": "Fire", "31": "Met", "32": "Rescue", "47": "Transport", "48": "Transport",
               "43": "Env", "44": "Env", "45": "Env", "46": "Env", "49": "Health", "53": "Health",
               "11": "Security", "12": "Security", "13": "Security", "14": "Security",
               "22": "Infra", "23": "Infra", "38": "Infra", "39": "Infra", "40": "Infra", "41": "Infra"}  # fmt: skip


class Source(Struct, frozen=True):
    """Who sends, and in which earnest."""

    sender: str  # unique, without spaces, commas, < and &: an address or a domain
    name: str  # for people
    status: Status = "Actual"


def cap_message(
    warning: ColourWarning, area: Area, subject_name: str, source: Source, earlier: Sequence[ColourWarning] = ()
) -> bytes:
    """One CAP 1.2 message in UTF-8.

    `area` is where it is, `subject_name` says of what (an item, a class, a unit), `earlier` are the revisions of this
    warning that were sent before. Raises SanwangError for a sender that the standard forbids.
    """
    if not source.sender or any(c in _FORBIDDEN for c in source.sender):
        raise SanwangError(f"CAP sender {source.sender!r}: must not be empty nor hold spaces, commas, < or &")
    alert = ET.Element("alert", xmlns=NAMESPACE)
    _put(alert, "identifier", _identifier(warning))
    _put(alert, "sender", source.sender)
    _put(alert, "sent", _moment(warning))
    _put(alert, "status", source.status)
    _put(alert, "msgType", _TYPES[warning.change])
    _put(alert, "scope", "Restricted")
    _put(alert, "restriction", "政府部门内部")
    if earlier:
        _put(alert, "references", " ".join(f"{source.sender},{_identifier(w)},{_moment(w)}" for w in earlier))
    _info(alert, warning, area, subject_name, source)
    document: bytes = ET.tostring(alert, encoding="utf-8", xml_declaration=True)
    return document


def _info(alert: ET.Element, warning: ColourWarning, area: Area, subject_name: str, source: Source) -> None:
    sight, over = warning.sight, warning.change == "cancelled"
    event = _EVENTS[sight.subject]
    info = ET.SubElement(alert, "info")
    _put(info, "language", "zh-CN")
    _put(info, "category", _CATEGORIES.get(sight.kind[:2], "Other") if sight.subject == "surge" else "Other")
    _put(info, "event", event)
    if over:
        _put(info, "responseType", "AllClear")
    _put(info, "urgency", "Past" if over else "Immediate" if warning.colour >= Colour.ORANGE else "Expected")
    _put(info, "severity", _SEVERITY[warning.colour])
    _put(info, "certainty", "Observed")
    _pair(info, "eventCode", "sanwang:subject", sight.subject)
    _put(info, "effective", _moment(warning))
    _put(info, "expires", _iso(sight.at + int(_VALID.total_seconds() * 1000)))
    _put(info, "senderName", source.name)
    colour = "解除" if over else _CHINESE[warning.colour] + "预警"
    where = "" if subject_name.startswith(area.name) else area.name  # a unit's name often begins with its area's
    _put(info, "headline", f"{where}{subject_name}{event}{colour}")
    _put(info, "description", _SEEN[sight.subject].format(count=sight.count, expected=sight.expected))
    _pair(info, "parameter", "sanwang:colour", "" if over else _CHINESE[warning.colour])
    _area(info, area)


def _area(info: ET.Element, area: Area) -> None:
    part = ET.SubElement(info, "area")
    _put(part, "areaDesc", area.name)
    if area.lat is not None and area.lon is not None:
        _put(part, "circle", f"{area.lat:.4f},{area.lon:.4f} 0")  # its centre: how far it reaches is not known
    _pair(part, "geocode", "area", area.code)


def _identifier(warning: ColourWarning) -> str:
    return f"{warning.warning_id}.{warning.revision}"


def _moment(warning: ColourWarning) -> str:
    return _iso(warning.sight.at)


def _iso(at: int) -> str:
    """With the offset in digits and without fractions: the standard allows no Z."""
    return datetime.fromtimestamp(at // 1000, UTC).astimezone(_CHINA).isoformat()


def _put(parent: ET.Element, name: str, text: str) -> None:
    ET.SubElement(parent, name).text = text


def _pair(parent: ET.Element, name: str, value_name: str, value: str) -> None:
    pair = ET.SubElement(parent, name)
    _put(pair, "valueName", value_name)
    _put(pair, "value", value)
