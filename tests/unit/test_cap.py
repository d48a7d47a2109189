"""CAP 1.2 messages against the constraints of the standard's schema and of its text.

The schema's own file is not part of the project. `check_alert` writes its constraints down: names and order of the
elements, how often each may come, the words allowed, the form of times, circles and identifiers.
"""

import re
from xml.etree import ElementTree as ET

import pytest

from streams.core.area import Area
from streams.core.baseline import Usual
from streams.core.cap import NAMESPACE, Source, cap_message
from streams.core.deadline import HOUR, MINUTE
from streams.core.warnings import Colour, ColourWarning, Sight, follow, surge
from streams.errors import SanwangError

AT = 1_730_451_600_000  # 2024-11-01 17:00:00 in Shanghai
AREA = Area("419901001000", "河东街道", "township", "419901000000", 113.2, 33.1)
SOURCE = Source("sanwang.example", "临沅市社会治理指挥中心", "Exercise")
TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[-+]\d\d:\d\d"
ID = r"[^\s,<&]+"
CATEGORIES = "Geo Met Safety Security Rescue Fire Health Env Transport Infra CBRNE Other"

# Element, fewest, most (0: any number), pattern of its text or its own elements.
Part = tuple[str, int, int, "str | list[Part]"]


def words(text: str) -> str:
    return "|".join(text.split())


PAIR: list[Part] = [("valueName", 1, 1, ".+"), ("value", 1, 1, ".*")]
AREA_PARTS: list[Part] = [
    ("areaDesc", 1, 1, ".+"), ("polygon", 0, 0, ".+"), ("circle", 0, 0, r"-?[\d.]+,-?[\d.]+ [\d.]+"),
    ("geocode", 0, 0, PAIR), ("altitude", 0, 1, r"[\d.]+"), ("ceiling", 0, 1, r"[\d.]+"),
]  # fmt: skip
INFO: list[Part] = [
    ("language", 0, 1, r"[a-zA-Z]{2}(-[a-zA-Z]{2})?"), ("category", 1, 0, words(CATEGORIES)), ("event", 1, 1, ".+"),
    ("responseType", 0, 0, words("Shelter Evacuate Prepare Execute Avoid Monitor Assess AllClear None")),
    ("urgency", 1, 1, words("Immediate Expected Future Past Unknown")),
    ("severity", 1, 1, words("Extreme Severe Moderate Minor Unknown")),
    ("certainty", 1, 1, words("Observed Likely Possible Unlikely Unknown")), ("audience", 0, 1, ".+"),
    ("eventCode", 0, 0, PAIR), ("effective", 0, 1, TIME), ("onset", 0, 1, TIME), ("expires", 0, 1, TIME),
    ("senderName", 0, 1, ".+"), ("headline", 0, 1, ".+"), ("description", 0, 1, ".+"), ("instruction", 0, 1, ".+"),
    ("web", 0, 1, ".+"), ("contact", 0, 1, ".+"), ("parameter", 0, 0, PAIR), ("area", 0, 0, AREA_PARTS),
]  # fmt: skip
ALERT: list[Part] = [
    ("identifier", 1, 1, ID), ("sender", 1, 1, ID), ("sent", 1, 1, TIME),
    ("status", 1, 1, words("Actual Exercise System Test Draft")),
    ("msgType", 1, 1, words("Alert Update Cancel Ack Error")), ("source", 0, 1, ".+"),
    ("scope", 1, 1, words("Public Restricted Private")), ("restriction", 0, 1, ".+"), ("addresses", 0, 1, ".+"),
    ("code", 0, 0, ".+"), ("note", 0, 1, ".+"), ("references", 0, 1, rf"{ID},{ID},{TIME}( {ID},{ID},{TIME})*"),
    ("incidents", 0, 1, ".+"), ("info", 0, 0, INFO),
]  # fmt: skip


def faults(element: ET.Element, parts: list[Part]) -> list[str]:
    """What is wrong with the children of an element."""
    names = [child.tag.removeprefix(f"{{{NAMESPACE}}}") for child in element]
    order = [name for name, *_ in parts]
    found = [f"unknown {name}" for name in names if name not in order]
    if not found and names != sorted(names, key=order.index):
        found.append(f"order {names}")
    for name, fewest, most, content in parts:
        children = [child for child, its in zip(element, names, strict=True) if its == name]
        if len(children) < fewest or (most and len(children) > most):
            found.append(f"{len(children)} times {name}")
        for child in children:
            if isinstance(content, list):
                found += faults(child, content)
            elif not re.fullmatch(content, child.text or "", re.DOTALL):
                found.append(f"{name}: {child.text!r}")
    return found


def check_alert(document: bytes) -> ET.Element:
    alert = ET.fromstring(document)  # noqa: S314 - our own
    assert alert.tag == f"{{{NAMESPACE}}}alert"
    assert faults(alert, ALERT) == []
    if text(alert, "scope") == "Restricted":
        assert text(alert, "restriction")
    if text(alert, "msgType") in ("Update", "Cancel"):
        assert text(alert, "references")
    return alert


def text(element: ET.Element, name: str) -> str:
    found = element.find(f".//{{{NAMESPACE}}}{name}")
    return "" if found is None else found.text or ""


def story() -> list[ColourWarning]:
    """A surge that is raised, gets worse, and is over."""
    standing, told = None, []
    usual = Usual(0.8, 16.0)
    for minutes, count in ((0, 7), (20, 16), (30, 0), (200, 0)):
        standing, changed = follow(standing, surge(AREA.code, "31", AT + minutes * MINUTE, count, usual, 30_000))
        if changed:
            assert standing
            told.append(standing)
    return told


def test_a_warnings_whole_life_is_three_valid_messages() -> None:
    told = story()
    alerts = [check_alert(cap_message(w, AREA, "洪涝", SOURCE, told[:n])) for n, w in enumerate(told)]
    assert [text(a, "msgType") for a in alerts] == ["Alert", "Update", "Cancel"]
    assert [text(a, "severity") for a in alerts][1] == "Extreme"
    assert text(alerts[0], "sent") == "2024-11-01T17:00:00+08:00"
    assert text(alerts[2], "references").count(text(alerts[0], "identifier").rsplit(".", 1)[0]) == 2
    assert (text(alerts[2], "urgency"), text(alerts[2], "responseType")) == ("Past", "AllClear")
    assert len({text(a, "identifier") for a in alerts}) == 3


@pytest.mark.parametrize("colour", [Colour.BLUE, Colour.YELLOW, Colour.ORANGE, Colour.RED])
@pytest.mark.parametrize("subject", ["surge", "overdue", "recurrence", "absence"])
def test_every_subject_and_colour_is_valid(subject: str, colour: Colour) -> None:
    sight = Sight(subject, "E-CG", "", AT + HOUR, colour, 3, 10.0)  # type: ignore[arg-type] # parametrised
    warning, _ = follow(None, sight)
    assert warning
    nowhere = Area("419901000000", "东沅区 <&> 全域", "county", "419900000000")
    alert = check_alert(cap_message(warning, nowhere, "城市管理局", SOURCE))
    assert text(alert, "areaDesc") == nowhere.name
    assert not text(alert, "circle")


@pytest.mark.parametrize("sender", ["", "a b", "a,b", "a<b", "a&b"])
def test_a_sender_that_the_standard_forbids_is_an_error(sender: str) -> None:
    with pytest.raises(SanwangError, match="CAP sender"):
        cap_message(story()[0], AREA, "洪涝", Source(sender, "x"))


def test_the_check_itself_finds_faults() -> None:
    good = cap_message(story()[0], AREA, "洪涝", SOURCE).decode()
    for wrong in (good.replace("Exercise", "Real"), good.replace("+08:00", "Z"), good.replace(">Restricted<", ">All<"),
                  re.sub(r"<event>.*?</event>", "", good), good.replace("<sender>", "<sender> ")):  # fmt: skip
        assert wrong != good
        with pytest.raises(AssertionError):
            check_alert(wrong.encode())
