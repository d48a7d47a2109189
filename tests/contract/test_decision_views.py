"""Whether decisions stay right, counted twice: by ClickHouse's views, and by plain Python over made-up weeks."""

from collections import Counter
from collections.abc import Iterator

import pytest

from streams.core.decision import Decision
from streams.core.event import Event
from streams.flow.rows import event_row, incident_row, order_row
from streams.report.suggest import unknown
from streams.warehouse.embedded import EmbeddedWarehouse
from streams.warehouse.loop_rows import step_row
from streams.warehouse.names import load_names
from tests.support.demo_catalogue import catalogue
from tests.support.embedded_warehouse import (
    AREAS,
    FIRE,
    ITEMS,
    LIGHT,
    LOG,
    UNITS,
    embedded_warehouse,
    event,
    incident,
)
from tests.support.order_loop import lives

LIVES = lives(7, 400)
DAY_MIN = 24 * 60  # `event` counts offsets in minutes
DAYS = 35
WORD = "配送机器狗"


def told_on(day: int, number: int, **changes: object) -> Event:
    """The `number`th report of a day."""
    offset = day * DAY_MIN + number
    return event(offset, event_id=f"hotline:{day}-{number}", **changes)


def weeks() -> list[Event]:
    """Five weeks of lamps with good scores; on the last day fires, no scores, another model; a word that swells."""
    events = []
    for day in range(DAYS):
        last = day == DAYS - 1
        for number in range(10):
            text = f"{WORD}撞人，路灯不亮" if day > DAYS - 8 and number < 2 else f"路灯不亮{'。' * number}"
            classified = {"classified_by": "none", "score": 0.1} if last and number < 6 else {"score": 0.85}
            item = FIRE if last and number < 8 else LIGHT
            model = "m2" if last else "m1"
            events.append(told_on(day, number, text=text, item=item, model=model, **classified))
        events.append(told_on(day, 11, classified_by="code", score=1.0))
    return events


WEEKS = weeks()


def fill(warehouse: EmbeddedWarehouse, times: int) -> None:
    for _ in range(times):
        warehouse.insert("orders", [order_row(one, one.issued_at) for one, _ in LIVES])
        warehouse.insert("order_steps", [step_row(s) for _, states in LIVES for s in states[1:]])
        warehouse.insert("events", [event_row(LOG, e, Decision("new", incident(e)), 0) for e in WEEKS])
        warehouse.insert("incidents", [incident_row(incident(e)) for e in WEEKS])
        load_names(warehouse, ITEMS, AREAS, UNITS)


@pytest.fixture(scope="module", params=[1, 2], ids=["once", "twice"])
def warehouse(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedWarehouse]:
    with embedded_warehouse(tmp_path_factory.mktemp("decisions") / "warehouse") as opened:
        fill(opened, request.param)
        yield opened


def test_orders_that_did_not_stay(warehouse: EmbeddedWarehouse) -> None:
    figures = "sum(orders), sum(returned), sum(handed_over), sum(recategorised), sum(moved)"
    rows = warehouse.query(f"SELECT item, unit, {figures} FROM sanwang.routing_days GROUP BY item, unit")
    expected: dict[tuple[str, str], list[int]] = {}
    for one, states in LIVES:
        steps = {update.step for update in states[-1].history}
        moves = [step in steps for step in ("returned", "handed_over", "recategorised")]
        line = expected.setdefault((one.item, one.unit), [0] * 5)
        for n, figure in enumerate((True, *moves, any(moves))):
            line[n] += figure
    assert {(item, unit): list(counts) for item, unit, *counts in rows} == expected
    assert sum(line[4] for line in expected.values()) > 20


def test_the_models_of_reports_are_kept(warehouse: EmbeddedWarehouse) -> None:
    rows = warehouse.query("SELECT model, count() FROM sanwang.events FINAL GROUP BY model")
    assert dict(rows) == Counter(e.model for e in WEEKS)


def test_scores_and_others_by_day(warehouse: EmbeddedWarehouse) -> None:
    columns = "reports, by_code, by_text, by_model, other, other_share, scores, shift"
    rows = warehouse.query(f"SELECT {columns} FROM sanwang.drift_days ORDER BY day")
    assert len(rows) == DAYS
    calm, last = rows[-2], rows[-1]
    assert calm[:6] == (11, 1, 10, 0, 0, 0)
    assert calm[7] < 0.1
    assert last[:6] == (11, 1, 4, 0, 6, 0.6)
    assert list(last[6]) == [0, 6, 0, 0, 0, 0, 0, 0, 4, 0]
    assert last[7] > 0.25


def test_a_class_that_swells(warehouse: EmbeddedWarehouse) -> None:
    rows = warehouse.query("SELECT class_name, incidents, usual, odd FROM sanwang.swelling_classes ORDER BY odd DESC")
    assert rows[0] == ("消防安全", 8, 0, 8)
    assert rows[1][3] < 4


def test_words_that_nobody_had_in_the_catalogue(warehouse: EmbeddedWarehouse) -> None:
    rows = warehouse.query("SELECT word, incidents, usual FROM sanwang.new_words")
    assert {count for word, count, _ in rows if word in WORD} == {14}
    assert not any("路灯" in word for word, *_ in rows)
    assert [word for word, *_ in unknown(rows, catalogue())] == [f"{WORD}撞人"]


def test_known_words_and_pieces_are_no_news() -> None:
    pieces = [(piece, 9, 0.0) for piece in ("路灯", "路灯不", "灯不亮了", "某某新城", "某新城业", "新城业主")]
    assert unknown(pieces, catalogue()) == [("某某新城业主", 9, 0.0)]
    assert unknown([("某某新城", 90, 0.0), ("某新城业", 9, 0.0)], catalogue()) == [
        ("某某新城", 90, 0.0), ("某新城业", 9, 0.0),
    ]  # fmt: skip
