"""CAP 1.2 messages against the rules of the standard, see tests/data/cap_1_2_rules.xsd."""

import re

import pytest
from xmlschema import XMLSchemaValidationError

from streams.core.area import Area
from streams.core.baseline import Usual
from streams.core.cap import Source, cap_message
from streams.core.deadline import HOUR, MINUTE
from streams.core.warnings import Colour, ColourWarning, Sight, follow, surge
from streams.errors import SanwangError
from tests.support.cap import check_alert, text

AT = 1_730_451_600_000  # 2024-11-01 17:00:00 in Shanghai
AREA = Area("419901001000", "河东街道", "township", "419901000000", 113.2, 33.1)
SOURCE = Source("sanwang.example", "临沅市社会治理指挥中心", "Exercise")


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
@pytest.mark.parametrize("subject", ["surge", "overdue", "recurrence", "absence", "silence"])
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
    swapped = re.sub(r"(<urgency>.*</urgency>)(<severity>.*</severity>)", r"\2\1", good)
    for wrong in (good.replace("Exercise", "Real"), good.replace("+08:00", "Z"), good.replace(">Restricted<", ">All<"),
                  re.sub(r"<event>.*?</event>", "", good), good.replace("<sender>", "<sender> "), swapped,
                  good.replace(":cap:1.2", ":cap:1.1"), good.replace("<circle>", "<circle>x")):  # fmt: skip
        assert wrong != good
        with pytest.raises(XMLSchemaValidationError):
            check_alert(wrong.encode())
    with pytest.raises(AssertionError):
        check_alert(re.sub(r"<restriction>.*?</restriction>", "", good).encode())
