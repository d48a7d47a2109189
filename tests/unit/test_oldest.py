"""What is oldest is forgotten, many at once, and nothing else."""

from hypothesis import given
from hypothesis import strategies as st

from streams.core.oldest import keep_youngest


@given(st.integers(1, 200), st.integers(0, 600))
def test_of_too_many_the_youngest_are_kept(most: int, entries: int) -> None:
    known: dict[int, int] = {}
    gone: list[int] = []
    for number in range(entries):
        known[number] = number
        gone += keep_youngest(known, most)
    assert gone + list(known) == list(range(entries))
    assert min(entries, most) <= len(known) <= most + most // 20
