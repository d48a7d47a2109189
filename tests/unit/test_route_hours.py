"""Offices that are closed, and items that have ended: what routing makes of the moment at which a matter comes in."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace

from streams.core.catalogue import Catalogue
from streams.core.decision import Route
from streams.core.route import Matter, Router
from tests.support import small_city
from tests.support.small_city import E1V1, WEST, is_workday

TEMPORARY = "33901"  # 网吧外电线私拉: admitted for the first quarter


def ms(moment: str) -> int:
    return int(datetime.fromisoformat(moment).replace(tzinfo=ZoneInfo("Asia/Shanghai")).timestamp() * 1000)


def router(closed: str = "", command: str = "24h", **changes: object) -> Router:
    """The small city with the offices of `closed` (unit codes) at work on working days only."""
    units = small_city.units()
    for code in closed.split():
        units[code] = replace(units[code], hours="work")
    units["E-ZH"] = replace(units["E-ZH"], hours=command)
    items = dict(small_city.catalogue().items)
    items[TEMPORARY] = replace(
        items["33001"], code=TEMPORARY, name="临时整治", valid_to="2026-03-31", admitted_by="县指挥中心", **changes
    )
    return Router(
        Catalogue("x", items, {}), units, small_city.areas(), small_city.rules(), is_workday
    )  # fmt: skip


def ask(item: str, moment: str, closed: str = "", area: str = E1V1, command: str = "24h", **flags: bool) -> Route:
    return router(closed, command).route(Matter(item, area, 3, "hotline", ms(moment), **flags))


# The market bureau's food complaint has 4 hours by the clock, the ecology bureau's air complaint days of work.
@pytest.mark.parametrize(("moment", "lead"), [
    ("2026-03-10 10:00", "E-SJ"),
    ("2026-03-10 16:30", "E-SJ"),  # open: it takes the matter, even if that is late
    ("2026-03-10 18:00", "E-ZH"),  # closed until 09:00, due at 22:00
    ("2026-03-10 05:00", "E-ZH"),  # due at 09:00, when the door opens
    ("2026-03-10 05:01", "E-SJ"),  # due at 09:01: it waits for the door
    ("2026-03-10 12:30", "E-SJ"),  # the noon break ends in time
    ("2026-03-14 10:00", "E-ZH"),  # Saturday
    ("2026-02-28 10:00", "E-SJ"),  # a Saturday that is worked
    ("2026-02-17 10:00", "E-ZH"),  # Spring Festival
])  # fmt: skip
def test_a_matter_that_falls_due_before_the_office_opens_goes_to_the_command_centre(moment: str, lead: str) -> None:
    item = next(i.code for i in small_city.catalogue().items.values() if i.lead == "市场监督管理局" and i.limit == "4h"
                and not i.life_safety)  # fmt: skip
    route = ask(item, moment, closed="E-SJ")
    assert route.lead == lead
    if lead == "E-ZH":
        assert route.assists[0] == "E-SJ"
        assert "东沅区市场监督管理局非工作时间，由东沅区社会治理指挥中心值守承接" in route.rule
    assert ask(item, moment).lead == "E-SJ"  # an office that never closes keeps its matters


def test_what_is_counted_in_working_time_waits_for_the_office() -> None:
    assert ask("43001", "2026-03-14 10:00", closed="E-HB").lead == "E-HB"


def test_danger_to_life_does_not_wait_even_for_a_short_break() -> None:
    closed = "E-HB"
    assert ask("43001", "2026-03-10 12:30", closed, life_safety=True).rule.startswith("险情公安先到")
    police = router(closed).route(Matter("43001", E1V1, 1, "police", ms("2026-03-10 12:30"), life_safety=True))
    assert (police.lead, police.assists[0]) == ("E-ZH", "E-HB")
    earlier = router(closed).route(Matter("43001", E1V1, 1, "police", ms("2026-03-10 11:59"), life_safety=True))
    assert earlier.lead == "E-HB"


def test_a_command_centre_that_closes_stands_in_for_nobody() -> None:
    item = "49001"
    route = router("E-SJ C-WJ", command="work").route(Matter(item, E1V1, 1, "hotline", ms("2026-03-14 10:00")))
    assert route.lead == "C-WJ"


def test_a_place_without_a_centre_of_its_own_has_the_citys() -> None:
    units = "C-WJ"
    route = router(units).route(Matter("49001", WEST, 1, "hotline", ms("2026-03-14 10:00")))
    assert (route.lead, route.assists[0]) == ("C-ZH", "C-WJ")


@pytest.mark.parametrize(("moment", "ended"), [
    ("2026-03-10 10:00", False), ("2026-03-31 23:59", False), ("2026-04-01 00:00", True), ("2026-04-02 10:00", True),
])  # fmt: skip
def test_a_temporary_item_that_has_ended_goes_to_admission(moment: str, ended: bool) -> None:  # noqa: FBT001
    route = ask(TEMPORARY, moment)
    assert (route.lead, route.rule.startswith("未列入清单")) == (("E-ZH", True) if ended else ("E-HW", False))
    assert ("临时事项33901临时整治已于2026-03-31到期" in route.rule) == ended


def test_an_ended_item_takes_the_limit_of_admission() -> None:
    trace = router().trace(Matter(TEMPORARY, E1V1, 4, "grid", ms("2026-04-02 10:00")))
    assert (trace.item.code, trace.limit) == ("55005", "1wd")
    assert trace.route.due_at == ms("2026-04-03 10:00")


def test_danger_to_life_is_never_held_up_by_an_end() -> None:
    assert ask(TEMPORARY, "2026-05-06 10:00", life_safety=True).lead == "E-HW"
    dangerous = router(life_safety=True)
    assert "到期" not in dangerous.route(Matter(TEMPORARY, E1V1, 1, "hotline", ms("2026-05-06 10:00"))).rule


def test_a_trace_tells_the_rule_and_those_passed_over() -> None:
    trace = small_city.router().trace(Matter("37002", E1V1, 3, "hotline", ms("2026-03-10 22:00")))
    assert (trace.rule.name, trace.route.rule) == ("夜间施工扰民", "夜间施工扰民")
    assert ("地点不明由指挥中心核实", ("ambiguous",)) in [(one.rule.name, one.failed) for one in trace.passed]
    day = small_city.router().trace(Matter("37002", E1V1, 3, "hotline", ms("2026-03-10 10:00")))
    assert day.rule is None
    assert ("夜间施工扰民", ("minute",)) in [(one.rule.name, one.failed) for one in day.passed]
