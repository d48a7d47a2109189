"""What may be taken next of a partition, and what may be committed, while several of its chunks are under way."""

from faust.types import TP
from hypothesis import given
from hypothesis import strategies as st

from streams.flow.under_way import MOST, UnderWay

A, B = TP("events", 0), TP("events", 1)


def test_nothing_is_taken_until_the_chunk_is_let_go() -> None:
    under_way = UnderWay()
    under_way.begin({A: 9, B: 4})
    assert under_way.busy == {A, B}
    under_way.let_go({A: 9, B: 4})
    assert not under_way.busy
    assert under_way.done(A) is None


def test_a_chunk_that_ends_does_not_let_the_next_one_go() -> None:
    under_way = UnderWay()
    under_way.begin({A: 9})
    under_way.let_go({A: 9})
    under_way.begin({A: 19})
    under_way.let_go({A: 9})  # a second try of the same step says it again
    under_way.end({A: 9})
    assert under_way.busy == {A}


def test_no_more_than_so_many_are_under_way() -> None:
    under_way = UnderWay()
    for end in range(MOST):
        assert not under_way.busy
        under_way.begin({A: end})
        under_way.let_go({A: end})
    assert under_way.busy == {A}
    under_way.end({A: 1})  # behind one that is not done
    assert under_way.busy == {A}
    under_way.end({A: 0})
    assert not under_way.busy


def test_what_is_forgotten_is_not_under_way() -> None:
    under_way = UnderWay()
    under_way.begin({A: 9})
    under_way.end({A: 9})
    under_way.begin({A: 19})
    under_way.forget()
    assert not under_way.busy
    assert under_way.done(A) is None


def test_a_straggler_from_before_allows_nothing_to_be_committed() -> None:
    under_way = UnderWay()
    under_way.begin({A: 9})
    under_way.let_go({A: 9})
    under_way.begin({A: 19})
    under_way.forget()
    under_way.end({A: 19})
    assert under_way.done(A) is None


@given(st.permutations(range(8)), st.lists(st.integers(1, 50), min_size=8, max_size=8))
def test_done_is_never_beyond_a_chunk_that_is_not(order: list[int], sizes: list[int]) -> None:
    under_way = UnderWay()
    ends = [sum(sizes[: n + 1]) - 1 for n in range(8)]
    for end in ends:
        under_way.begin({A: end})
        under_way.let_go({A: end})
    ended: set[int] = set()
    for n in order:
        under_way.end({A: ends[n]})
        ended.add(n)
        first_left = next((m for m in range(8) if m not in ended), 8)
        assert under_way.done(A) == (ends[first_left - 1] + 1 if first_left else None)
