"""Every figure of the closed loop counted twice: by ClickHouse's views, and by plain Python over the same lives."""

import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from streams.core.area import Area
from streams.core.calm_days import Breach, breach_of, climbed, standing
from streams.core.deadline import DAY, HOUR, MINUTE
from streams.core.order_state import OPEN, OrderState
from streams.core.supervision import signals_due
from streams.core.unit import Unit
from streams.core.warning_book import WarningBook
from streams.core.warnings import Colour, Sight, absence, follow, overdue, recurrence, silence
from streams.flow.rows import order_row
from streams.warehouse.embedded import EmbeddedWarehouse
from streams.warehouse.looks import hours_since, late_desks, recurring
from streams.warehouse.loop_rows import signal_row, step_row, warning_row
from streams.warehouse.names import load_names
from tests.support.embedded_warehouse import AREAS, ITEMS, embedded_warehouse, evening
from tests.support.order_loop import MONDAY, is_workday, lives

COOKBOOK = (Path(__file__).parents[2] / "docs" / "figures.md").read_text("utf-8")
QUERIES = re.findall(r"```sql\n(.*?)```", COOKBOOK, re.DOTALL)
LIVES = lives(7, 400)
WEEK = [(order, states[-1]) for order, states in LIVES]
SIGNALS = [signal for _, state in WEEK for signal in signals_due(state, MONDAY + 30 * DAY, (), is_workday)]
HAND_OVERS = [
    (f"hotline:{n}", "12345", "110", "danger", MONDAY, MONDAY, MONDAY + n * 1000 if n % 3 else None, 2 if n % 3 else 1)
    for n in range(30)
]
EVENING = {name: rows for name, rows in evening().items() if name in ("events", "all_clears", "incidents")}
UNITS = (
    Unit("V-HY", "槐荫社区居委会", "committee", "村(社区)", "419901001001"),
    Unit("E-CG", "东沅区城市管理局", "department", "城市管理局", "419901000000"),
    Unit("E-HW", "河东街道环卫所", "department", "城市管理局(环卫)", "419901001000"),
    Unit("C-ZH", "临沅市社会治理指挥中心", "command", "社会治理指挥中心", "419900000000"),
)
LAND = (*AREAS, Area("419901001009", "新村", "village", "419901001000"))  # nothing ever happened there
AGAIN = recurrence("419901002002", "02001", MONDAY, 3)
TERRITORY = {unit.code: unit.territory for unit in UNITS}


@pytest.fixture(scope="module", params=[1, 2], ids=["once", "twice"])
def warehouse(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedWarehouse]:
    with embedded_warehouse(tmp_path_factory.mktemp("loop") / "warehouse") as opened:
        for _ in range(request.param):
            opened.insert("orders", [order_row(order, order.issued_at) for order, _ in WEEK])
            opened.insert("order_steps", [step_row(s) for _, states in LIVES for s in states[1:]])
            for table, rows in EVENING.items():
                opened.insert(table, rows)
            opened.insert("supervision", [signal_row(signal, signal.unit) for signal in SIGNALS])
            opened.insert("hand_overs", HAND_OVERS)
            opened.insert("warnings", [warning_row(w) for w in WarningBook().take([AGAIN])])
            load_names(opened, ITEMS, LAND, UNITS)
        yield opened


def day(at: int) -> date:
    return (datetime.fromtimestamp(at / 1000, UTC) + timedelta(hours=8)).date()


def last(state: OrderState, *steps: str) -> int | None:
    return max((u.at for u in state.history if u.step in steps), default=None)


def handled_at(state: OrderState) -> int | None:
    return last(state, "handled") if state.stage in ("handled", "verified", "closed") else None


def ms(value: datetime | None) -> int | None:
    return None if value is None else round(value.timestamp() * 1000)


def test_the_lives_are_worth_counting() -> None:
    stages = Counter(state.stage for _, state in WEEK)
    assert len(stages) >= 9
    assert sum(state.said.solved is not None for _, state in WEEK) > 5
    assert sum(state.reworks > 0 for _, state in WEEK) > 5


def test_order_facts_are_the_states(warehouse: EmbeddedWarehouse) -> None:
    rows = warehouse.query(
        "SELECT order_id, stage, due_at, accepted_at, arrived_at, handled_at, reworks, extensions, returned, reached, "
        "satisfied, solved, on_time FROM sanwang.order_facts ORDER BY order_id"
    )
    expected = []
    for _, state in sorted(WEEK, key=lambda life: life[1].order_id):
        done = handled_at(state)
        accepted = min((u.at for u in state.history if u.step in ("accepted", "arrived", "in_hand")), default=None)
        arrived = min((u.at for u in state.history if u.step == "arrived"), default=None)
        expected.append((
            state.order_id, state.stage, state.clock.due_at, accepted, arrived, done, state.reworks,
            sum(u.step == "extension_granted" for u in state.history), any(u.step == "returned" for u in state.history),
            state.said.reached, state.said.satisfied, state.said.solved,
            None if done is None else done <= state.clock.due_at,
        ))  # fmt: skip
    found = [(r[0], r[1], ms(r[2]), ms(r[3]), ms(r[4]), ms(r[5]), *r[6:8], *(as_flag(v) for v in r[8:])) for r in rows]
    assert found == expected


def as_flag(value: int | None) -> bool | None:
    return None if value is None else bool(value)


def test_order_days_add_up_by_unit(warehouse: EmbeddedWarehouse) -> None:
    columns = ("orders", "returns", "kept", "responded", "handled", "handled_on_time", "reworked", "callers_reached",
               "asked_satisfied", "callers_satisfied", "asked_solved", "callers_solved")  # fmt: skip
    sums = ", ".join(f"sum({c})" for c in columns)
    rows = warehouse.query(f"SELECT day, unit, {sums} FROM sanwang.order_days GROUP BY day, unit ORDER BY day, unit")
    expected: dict[tuple[date, str], list[int]] = {}
    for order, state in WEEK:
        line = expected.setdefault((day(order.issued_at), order.unit), [0] * len(columns))
        for n, figure in enumerate(figures(state)):
            line[n] += figure
    assert [tuple(row) for row in rows] == [(*key, *line) for key, line in sorted(expected.items())]


def figures(state: OrderState) -> list[bool]:
    done = handled_at(state)
    returned = any(u.step == "returned" for u in state.history)
    left = returned or state.stage in ("handed_over", "merged")
    return [
        True, returned, not left, any(u.step in ("accepted", "arrived", "in_hand") for u in state.history),
        done is not None, done is not None and done <= state.clock.due_at, state.reworks > 0, state.said.reached,
        state.said.satisfied is not None, state.said.satisfied is True, state.said.solved is not None,
        state.said.solved is True,
    ]  # fmt: skip


def test_supervision_is_told_once_with_names(warehouse: EmbeddedWarehouse) -> None:
    rows = warehouse.query(
        "SELECT unit, unit_name, kind, count() FROM sanwang.latest_supervision GROUP BY ALL ORDER BY ALL"
    )
    names = {unit.code: unit.name for unit in UNITS}
    counted = Counter((signal.unit, names[signal.unit], signal.kind) for signal in SIGNALS)
    assert len({kind for _, _, kind in counted}) == 3
    assert [tuple(row) for row in rows] == [(*key, counted[key]) for key in sorted(counted)]


def test_hand_overs_are_counted_with_how_long_they_waited(warehouse: EmbeddedWarehouse) -> None:
    seconds = sorted(row[0] for row in enumerate(HAND_OVERS) if row[1][6] is not None)
    rows = warehouse.query("SELECT pushed, acknowledged, p50_seconds, p90_seconds FROM sanwang.hand_overs_per_day")
    assert [tuple(row) for row in rows] == [
        (30, len(seconds), seconds[int(0.5 * len(seconds))], seconds[int(0.9 * len(seconds))])]  # fmt: skip
    stuck = warehouse.query("SELECT incident_id FROM sanwang.stuck_hand_overs ORDER BY incident_id")
    assert [row[0] for row in stuck] == sorted(row[0] for row in HAND_OVERS if row[6] is None)


def test_what_is_open_on_the_desk_is_what_nobody_has_handled(warehouse: EmbeddedWarehouse) -> None:
    rows = warehouse.query("SELECT unit, open_orders, overdue, next_due_at FROM sanwang.open_orders ORDER BY unit")
    desks: dict[str, list[int]] = {}
    for order, state in WEEK:
        if state.stage in OPEN:
            desks.setdefault(order.unit, []).append(state.clock.due_at)
    expected = [(unit, len(due), len(due), min(due)) for unit, due in sorted(desks.items())]
    assert [(row[0], row[1], row[2], ms(row[3])) for row in rows] == expected
    [(open_orders,)] = warehouse.query("SELECT sum(open_orders) FROM sanwang.orders_per_minute")
    assert open_orders == sum(map(len, desks.values()))


def climbs() -> list[tuple[str, str, Breach]]:
    """Village, unit and breach of every matter that climbed."""
    return [
        (order.area, order.unit, Breach((day(u.at) - date(1970, 1, 1)).days, "climbed", order.incident_id))
        for order, state in WEEK for u in state.history
        if u.step == "handed_over" and climbed(TERRITORY[order.unit], TERRITORY[u.unit])
    ]  # fmt: skip


@pytest.mark.parametrize("whose", ["village", "unit"])
def test_calm_days_are_the_ledgers(warehouse: EmbeddedWarehouse, whose: str) -> None:
    """Every village and unit has its line, those without a breach too."""
    rows = warehouse.query(
        "SELECT code, last_breach, breaches, days, longest, toDate(now('Asia/Shanghai')) FROM sanwang.calm_days "
        f"WHERE zero = 'climbed' AND whose = '{whose}' ORDER BY code"
    )
    began = (date(2024, 11, 1) - date(1970, 1, 1)).days  # the first incident of all
    today = (rows[0][5] - date(1970, 1, 1)).days
    codes = [area.code for area in LAND if area.level == "village"] if whose == "village" else list(TERRITORY)
    found = {code: [b for village, unit, b in climbs() if code in (village, unit)] for code in codes}
    assert any(found.values())
    assert not all(found.values())
    expected = []
    for code in sorted(codes):
        ledger = standing(found[code], began, today)[2]
        last_day = date(1970, 1, 1) + timedelta(days=ledger.breaches[-1].day) if ledger.breaches else None
        expected.append((code, last_day, len(ledger.breaches), ledger.days, ledger.longest))
    assert [tuple(row[:5]) for row in rows] == expected


def test_the_accidents_of_a_unit_are_those_that_it_leads(warehouse: EmbeddedWarehouse) -> None:
    rows = warehouse.query("SELECT unit, zero, day, incident_id FROM sanwang.unit_breaches WHERE zero != 'climbed'")
    fire = next(row for row in EVENING["incidents"] if row[0] == "police:3")
    assert [tuple(row) for row in rows] == [(fire[13], "accident", date(2024, 11, 1), "police:3")]


def test_standing_warnings_have_names_and_no_cancelled_one_is_there(warehouse: EmbeddedWarehouse) -> None:
    book = WarningBook()
    desk, silent = overdue("E-CG", MONDAY, 6, 8), silence("419901000000", "police", MONDAY, HOUR, 15 * MINUTE)
    surged = Sight("surge", "419901001000", "09", MONDAY, Colour.RED, 12, 0.1)
    told = book.take([desk, silent, surged])
    for minutes in (1, 200):
        told += book.take([overdue("E-CG", MONDAY + minutes * MINUTE, 0, 8)])
    warehouse.insert("warnings", [warning_row(warning) for warning in told])
    columns = "colour, subject, place_name, kind, kind_name, counted"
    these = "subject IN ('overdue', 'silence', 'surge')"
    rows = warehouse.query(f"SELECT {columns} FROM sanwang.standing_warnings WHERE {these}")
    assert [tuple(row) for row in rows] == [
        (4, "silence", "东沅区", "police", "police", 60), (4, "surge", "河东街道", "09", "消防安全", 12)
    ]  # fmt: skip
    assert told[-1].change == "cancelled"


def test_the_bulletin_counts_what_was_handled_and_what_fell_due(warehouse: EmbeddedWarehouse) -> None:
    rows = warehouse.query(
        "SELECT day, township, handled, overdue FROM sanwang.daily_bulletin WHERE day > '2024-11-01' "
        "ORDER BY day, township"
    )
    handled, late = Counter[tuple[date, str]](), Counter[tuple[date, str]]()
    for order, state in WEEK:
        township, done, due = f"{order.area[:9]}000", handled_at(state), state.clock.due_at
        if done is not None:
            handled[day(done), township] += 1
        if not figures(state)[1] and state.stage not in ("handed_over", "merged") and (done is None or done > due):
            late[day(due), township] += 1
    assert late
    assert [tuple(row) for row in rows] == [(*key, handled[key], late[key]) for key in sorted({*handled, *late})]


def test_warnings_keep_every_revision_once(warehouse: EmbeddedWarehouse) -> None:
    warning, _ = follow(None, absence("419901001000", MONDAY, 40, 100))
    assert warning
    warehouse.insert("warnings", [warning_row(warning), warning_row(warning)])
    assert warehouse.query(
        "SELECT revision, change, colour, counted FROM sanwang.warnings FINAL WHERE subject = 'absence'"
    ) == [
        (1, "raised", 3, 40)
    ]


def test_what_the_watch_asks_is_what_the_lives_say(warehouse: EmbeddedWarehouse) -> None:
    """Desks in mid-week: who has how many orders open, and how many of them past their due time."""
    now = MONDAY + 5 * DAY
    late, open_orders = Counter[str](), Counter[str]()
    for order, state in WEEK:
        left = figures(state)[1] or state.stage in ("handed_over", "merged")
        if not left and handled_at(state) is None and order.issued_at <= now:
            open_orders[order.unit] += 1
            late[order.unit] += state.clock.due_at < now
    assert 0 < sum(late.values()) < sum(open_orders.values())
    assert sorted(late_desks(warehouse, now)) == sorted((u, n, open_orders[u]) for u, n in late.items() if n)


def test_the_hours_that_the_watch_learns_from(warehouse: EmbeddedWarehouse) -> None:
    latest = {row[0]: row for row in EVENING["incidents"]}.values()
    expected = Counter((f"{row[2][:9]}000", row[1][:2], row[7] // HOUR) for row in latest)
    assert hours_since(warehouse, MONDAY - 30 * DAY) == expected
    assert hours_since(warehouse, MONDAY + 400 * DAY) == {}


def test_the_bulletin_counts_reports_and_all_clears(warehouse: EmbeddedWarehouse) -> None:
    """The evening: six records of which one is a redelivery, one settled on the spot; two all-clears of one grid."""
    rows = warehouse.query(
        "SELECT township, township_name, online, all_clear, reported, self_handled FROM sanwang.daily_bulletin "
        "WHERE day = '2024-11-01'"
    )
    assert [tuple(row) for row in rows] == [("419901001000", "河东街道", 1, 1, 5, 1)]


def test_accidents_are_those_of_the_ledger(warehouse: EmbeddedWarehouse) -> None:
    rows = warehouse.query("SELECT village, zero, day, incident_id FROM sanwang.breaches WHERE zero != 'climbed'")
    fire = next(item for item in ITEMS if breach_of(item, life_safety=True))
    expected = {("419901001001", "accident", date(2024, 11, 1), row[0]) for row in EVENING["incidents"]
                if row[1] == fire.code}  # fmt: skip
    assert {tuple(row) for row in rows} == expected
    assert len(expected) == 1


def test_places_where_a_matter_came_up_three_times(warehouse: EmbeddedWarehouse) -> None:
    """31 days lie between the first and the last: three of four count."""
    lamp = EVENING["incidents"][0]
    days = (0, 10, 20, 31)
    opened = [(f"again:{n}", *lamp[1:2], "419901002001", *lamp[3:7], MONDAY + n * DAY, *lamp[8:]) for n in days]
    warehouse.insert("incidents", opened)
    elsewhere = [(f"once:{n}", row[1], "419901002002", *row[3:]) for n, row in enumerate(opened[:2])]
    warehouse.insert("incidents", elsewhere)
    assert recurring(warehouse, MONDAY + 31 * DAY) == [("419901002001", lamp[1], 3)]
    assert recurring(warehouse, MONDAY + 41 * DAY) == []
    rows = warehouse.query("SELECT area, item_name, incidents FROM sanwang.recurring_places")
    assert [tuple(row) for row in rows] == [("419901002001", "路灯损坏", 3)]


@pytest.mark.parametrize("sql", QUERIES, ids=[sql.split("FROM ")[1].split()[0] for sql in QUERIES])
def test_every_query_of_the_figures_page_finds_something(warehouse: EmbeddedWarehouse, sql: str) -> None:
    assert len(QUERIES) == 12
    assert warehouse.raw(sql, "JSONEachRow")
