"""A book restored from what was made durable goes on as the one that never stopped: same answers, each signal once."""

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from streams.core.deadline import DAY, HOUR
from streams.core.order_book import KEPT_MS, Entry, OrderBook
from streams.core.order_life import Refusal
from streams.core.order_update import Update
from tests.support.order_loop import LIFE, LIMITS, MONDAY, is_workday, lives

Told = list[str]


def day_of_work(seed: int) -> list[tuple[int, object]]:
    """Orders, the updates of their lives, and updates that will be refused, by time."""
    found: list[tuple[int, object]] = []
    for order, states in lives(seed, 12):
        found.append((order.issued_at, order))
        found += [(update.at, update) for update in states[-1].history]
        found.append((order.issued_at + HOUR, Update("x", order.order_id, "closed", order.issued_at, "C-ZH")))
    return sorted(found, key=lambda each: each[0])


def go(book: OrderBook, day: list[tuple[int, object]]) -> Told:
    told: Told = []
    for now, what in day:
        told += [signal.signal_id for signal in book.signals(now)]
        if isinstance(what, Update):
            after = book.take(what, now)
            told.append(f"{what.number} {after.reason if isinstance(after, Refusal) else after.stage}")
        else:
            book.issue(what, MONDAY, LIMITS[what.item])  # type: ignore[attr-defined] # an order
    return told + [signal.signal_id for signal in book.signals(MONDAY + 30 * DAY)]


def new_book() -> OrderBook:
    return OrderBook(LIFE, is_workday)


@given(st.integers(0, 40), st.data())
def test_a_restored_book_goes_on_as_if_nothing_had_happened(seed: int, data: st.DataObject) -> None:
    day = day_of_work(seed)
    cut = data.draw(st.integers(0, len(day)))
    durable: dict[str, Entry] = {}
    steady = new_book()
    before: Told = []
    for now, what in day[:cut]:
        before += [signal.signal_id for signal in steady.signals(now)]
        _ = steady.take(what, now) if isinstance(what, Update) else steady.issue(what, MONDAY, LIMITS[what.item])  # type: ignore[attr-defined] # an order
        durable |= {order_id: entry for order_id, entry in steady.take_changes().items() if entry}
    restored = new_book()
    restored.restore(Random(seed).sample(list(durable.values()), len(durable)))
    after = go(restored, day[cut:])
    assert after == go(steady, day[cut:])
    signals = [each for each in before + after if "#" in each]
    assert len(signals) == len(set(signals))


def test_the_days_of_work_have_signals_refusals_and_ends() -> None:
    told = go(new_book(), day_of_work(1))
    assert sum("#" in each for each in told) > 10
    assert any(each.startswith("x ") and not each.endswith("closed") for each in told)


def test_an_order_nobody_sent_is_refused_and_ended_ones_are_forgotten_in_time() -> None:
    book = new_book()
    refusal = book.take(Update("1", "nobody/1", "accepted", MONDAY, "E-CG"), MONDAY)
    assert isinstance(refusal, Refusal)
    assert refusal.reason == "unknown_order"
    go(book, day_of_work(2))
    entries = len(book)
    assert book.forget(MONDAY) == []
    ended = book.forget(MONDAY + 40 * DAY + KEPT_MS)
    assert 0 < len(ended) < entries
    assert len(book) == entries - len(ended)
    assert all(book.get(order_id) is None for order_id in ended)
