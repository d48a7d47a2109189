"""A week's report: its figures counted again in plain Python, and every format opened again."""

import csv
from collections.abc import Iterator, Sequence
from datetime import date
from io import BytesIO, StringIO

import openpyxl
import pytest

from streams.core.deadline import DAY
from streams.core.decision import Order
from streams.core.order_state import OrderState
from streams.flow.rows import order_row
from streams.report.figures import ORDER_FIGURES, REPORT_FIGURES, Report, make_report
from streams.report.period import Period, PeriodKind, period_of
from streams.report.render import Format, render
from streams.report.tables import change, sheets_of, shown, title_of
from streams.report.words import FIGURES, LABELS
from streams.warehouse.embedded import EmbeddedWarehouse
from streams.warehouse.loop_rows import step_row
from streams.warehouse.names import load_names
from streams.warehouse.tables import TABLES
from tests.support.embedded_warehouse import AREAS, ITEMS, UNITS, embedded_warehouse, evening
from tests.support.order_loop import lives

LIVES = lives(11, 300)
WEEK = period_of("week", date(2024, 11, 7))


def incidents(area: str, *days_before_the_end: int) -> list[Sequence[object]]:
    """Incidents of one item at one place, so many days before the week's end, and one after it."""
    row, end = evening()["incidents"][0], WEEK.span_ms[1]
    moments = [end - days * DAY for days in days_before_the_end] + [end]
    return [(f"{area}:{n}", row[1], area, *row[3:7], at, *row[8:]) for n, at in enumerate(moments)]


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedWarehouse]:
    with embedded_warehouse(tmp_path_factory.mktemp("report") / "warehouse") as opened:
        opened.insert("orders", [order_row(order, order.issued_at) for order, _ in LIVES])
        opened.insert("order_steps", [step_row(s) for _, states in LIVES for s in states[1:]])
        opened.insert("events", evening()["events"])
        opened.insert("incidents", incidents("419901001001", 1, 5, 20, 80) + incidents("419901001000", 1, 25, 50))
        load_names(opened, ITEMS, AREAS, UNITS)
        yield opened


@pytest.fixture(scope="module")
def report(warehouse: EmbeddedWarehouse) -> Report:
    return make_report(warehouse, WEEK)


def of_the_week(prefix: str = "", unit: str = "") -> list[tuple[Order, OrderState]]:
    begin, end = WEEK.span_ms
    return [
        (order, states[-1]) for order, states in LIVES
        if begin <= order.issued_at < end and order.area.startswith(prefix) and order.unit.startswith(unit)
    ]  # fmt: skip


def share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def quantile(moments: list[tuple[int, int]], q: float) -> float | None:
    """A quantile of minutes between two times, linear between the two values next to it."""
    minutes = sorted((at - since) / 60_000 for since, at in moments)
    if not minutes:
        return None
    below, part = divmod(q * (len(minutes) - 1), 1)
    return minutes[int(below)] + part * (minutes[min(int(below) + 1, len(minutes) - 1)] - minutes[int(below)])


def counted(orders: list[tuple[Order, OrderState]]) -> dict[str, float | None]:
    """The figures of orders without any database."""
    states = [state for _, state in orders]
    done = [(order.received_at, s, max(u.at for u in s.history if u.step == "handled"))
            for order, s in orders if s.stage in ("handled", "verified", "closed")]  # fmt: skip
    arrivals = [(order.received_at, min(u.at for u in s.history if u.step == "arrived"))
                for order, s in orders if any(u.step == "arrived" for u in s.history)]  # fmt: skip
    results = [(at, handled) for at, _, handled in done]
    issues = [(order.received_at, order.issued_at) for order, _ in orders]
    taken = {"accepted", "arrived", "in_hand"}
    said = [s.said for s in states]
    return {
        "orders": len(states),
        "responded": share(sum(any(u.step in taken for u in s.history) for s in states), len(states)),
        "on_time": share(sum(handled <= s.clock.due_at for _, s, handled in done), len(done)),
        "callers_reached": share(sum(s.said.reached for _, s, _ in done), len(done)),
        "solved": share(sum(x.solved is True for x in said), sum(x.solved is not None for x in said)),
        "satisfied": share(sum(x.satisfied is True for x in said), sum(x.satisfied is not None for x in said)),
        "returned": share(sum(any(u.step == "returned" for u in s.history) for s in states), len(states)),
        "reworked": share(sum(s.reworks > 0 for s in states), len(states)),
        "to_order_p50": quantile(issues, 0.5),
        "to_order_p90": quantile(issues, 0.9),
        "to_arrival_p50": quantile(arrivals, 0.5),
        "to_arrival_p90": quantile(arrivals, 0.9),
        "to_result_p50": quantile(results, 0.5),
        "to_result_p90": quantile(results, 0.9),
    }


def approx(figures: dict[str, float | None]) -> dict[str, object]:
    return {name: None if value is None else pytest.approx(value, abs=0.02) for name, value in figures.items()}


def test_the_whole_is_what_python_counts(report: Report) -> None:
    expected = counted(of_the_week())
    assert expected["orders"]
    assert expected["solved"] is not None
    assert set(expected) == set(ORDER_FIGURES)
    assert {name: report.whole[name] for name in expected} == approx(expected)


def test_every_unit_is_what_python_counts_most_orders_first(report: Report) -> None:
    lines = report.parts["unit"]
    orders = [line.figures["orders"] or 0 for line in lines]
    assert orders == sorted(orders, reverse=True)
    for line in lines:
        expected = counted(of_the_week(unit=line.code))
        assert {name: line.figures[name] for name in expected} == approx(expected), line.code


def test_parts_add_up_to_the_whole(report: Report) -> None:
    for part, lines in report.parts.items():
        assert sum(line.figures["orders"] or 0 for line in lines) == report.whole["orders"], part


def test_an_areas_report_holds_what_lies_in_it(warehouse: EmbeddedWarehouse) -> None:
    of_township = make_report(warehouse, WEEK, "419901001000")
    assert of_township.whole["orders"] == len(of_the_week("419901001")) > 0


def test_the_period_before_has_the_evenings_reports(report: Report) -> None:
    """Five reports, one by a caller who had called before; of two grid reports one was settled on the spot."""
    columns = TABLES["events"].names
    told = [row for row in (dict(zip(columns, r, strict=True)) for r in evening()["events"])
            if row["outcome"] != "redelivered"]  # fmt: skip
    grid = [row for row in told if row["feed"] == "grid"]
    expected = {
        "reports": len(told), "repeated": share(sum(row["repeat"] for row in told), len(told)),
        "self_handled": share(sum(row["self_handled"] for row in grid), len(grid)),
    }  # fmt: skip
    assert set(expected) == set(REPORT_FIGURES)
    assert {name: report.before[name] for name in expected} == expected == {
        "reports": 5, "repeated": 0.2, "self_handled": 0.5}  # fmt: skip
    assert report.whole["reports"] == 0
    assert report.whole["repeated"] is None


def test_history_counts_when_it_happened_not_when_it_was_fed_in(warehouse: EmbeddedWarehouse) -> None:
    names = TABLES["events"].names
    row = dict(zip(names, evening()["events"][0], strict=True))
    old = row["occurred_at"] - 400 * DAY
    fed_in = {**row, "event_id": "hotline:old", "source_offset": 999, "occurred_at": old, "replayed": True}
    warehouse.insert("events", [tuple(fed_in[name] for name in names)])
    day = date.fromordinal(date(2024, 11, 1).toordinal() - 400)
    assert make_report(warehouse, period_of("day", day)).whole["reports"] == 1
    assert make_report(warehouse, WEEK).before["reports"] == 5


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_format_holds_every_figure(report: Report, language: str) -> None:
    sheets, title = sheets_of(report, language), title_of(report, language)  # type: ignore[arg-type] # parametrised
    names = FIGURES[language].values()  # type: ignore[index] # likewise
    texts = {form: render(title, sheets, form) for form in ("table", "md")}  # type: ignore[arg-type] # likewise
    for text in texts.values():
        assert all(name in text.decode() for name in names)
    rows = list(csv.reader(StringIO(render(title, sheets, "csv").decode("utf-8-sig"))))
    book = openpyxl.load_workbook(BytesIO(render(title, sheets, "xlsx")))
    assert rows[0] == [title]
    for sheet in sheets:
        pages = [[str(cell or "") for cell in row] for row in book[sheet.title].iter_rows(min_row=3, values_only=True)]
        assert pages == [list(row) for row in sheet.rows]
        assert all(list(row) in rows for row in sheet.rows)


def test_a_name_never_becomes_a_formula(report: Report) -> None:
    sheet = sheets_of(report, "en")[-1]
    evil = type(sheet)(sheet.title, sheet.columns, [("=1+1", "@x", "-a"), ("-1.5%", "+2", "–")])
    assert b"'=1+1,'@x,'-a" in render("t", [evil], "csv")
    assert b"-1.5%,+2," in render("t", [evil], "csv")


@pytest.mark.parametrize(
    ("kind", "begin", "end", "before"),
    [("day", date(2024, 12, 31), date(2025, 1, 1), date(2024, 12, 30)),
     ("week", date(2024, 12, 30), date(2025, 1, 6), date(2024, 12, 23)),
     ("month", date(2024, 12, 1), date(2025, 1, 1), date(2024, 11, 1)),
     ("quarter", date(2024, 10, 1), date(2025, 1, 1), date(2024, 7, 1))],
)  # fmt: skip
def test_periods(kind: PeriodKind, begin: date, end: date, before: date) -> None:
    period = period_of(kind, date(2024, 12, 31))
    assert period == Period(kind, begin, end)
    assert (period.before.begin, period.before.end) == (before, begin)


def test_words_exist_in_both_languages() -> None:
    assert list(FIGURES["zh"]) == list(FIGURES["en"]) == [*REPORT_FIGURES, *ORDER_FIGURES]
    assert set(LABELS["zh"]) == set(LABELS["en"])


def test_what_came_up_three_times_in_thirty_days(report: Report) -> None:
    """Of the first place three of four lie in 30 days, of the second two of three; what came after is not known yet."""
    found = [(one.area_name, one.item_name, one.incidents) for one in report.recurring]
    assert found == [("槐荫社区", "路灯损坏", 3)]


def test_how_figures_are_shown() -> None:
    assert [shown("solved", 0.5), shown("orders", 1234), shown("to_result_p50", 2.25), shown("solved", None)] == [
        "50.0%", "1,234", "2.2", "–"]  # fmt: skip
    assert [change("solved", 0.5, 0.4), change("orders", 3, 2), change("orders", 3, 0)] == ["+10.0 pp", "+50.0%", "–"]
    formats: tuple[Format, ...] = ("table", "md", "csv", "xlsx")
    assert all(render("t", [], form) for form in formats[:3])
