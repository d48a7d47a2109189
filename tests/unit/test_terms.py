"""Terms: what counts of a state topic, whoever wrote into it and when it arrived."""

from hypothesis import given
from hypothesis import strategies as st

from streams.flow.terms import Terms, claim_of, stamped, unstamped

Said = tuple[bytes | None, bytes | None]


def read(records: list[Said]) -> tuple[dict[bytes, bytes | None], Terms]:
    terms, found = Terms(), {}
    for key, value in records:
        if terms.count(key, value) and key:
            found[key] = unstamped(value)
    return found, terms


def compacted(records: list[Said]) -> list[Said]:
    last = {key: n for n, (key, _) in enumerate(records)}
    return [record for n, record in enumerate(records) if last[record[0]] == n]


def test_what_a_former_owner_sends_late_does_not_count() -> None:
    records = [claim_of(1), *stamped(1, [(b"a", b"1")]), claim_of(2), *stamped(1, [(b"a", b"late"), (b"b", b"late")])]
    found, terms = read(records)
    assert found == {b"a": b"1"}
    assert terms.hidden == {b"a", b"b"}
    assert terms.latest == 2


def test_a_deletion_counts_and_what_was_hidden_and_written_again_is_not_hidden() -> None:
    records = [claim_of(2), *stamped(1, [(b"a", b"late")]), *stamped(2, [(b"a", b"2"), (b"b", b"2"), (b"b", None)])]
    found, terms = read(records)
    assert found == {b"a": b"2", b"b": None}
    assert not terms.hidden


def test_a_claim_that_comes_twice_or_late_changes_nothing() -> None:
    found, terms = read([claim_of(1), claim_of(3), *stamped(3, [(b"a", b"3")]), claim_of(3), claim_of(2)])
    assert found == {b"a": b"3"}
    assert terms.latest == 3


@given(st.lists(st.tuples(st.integers(1, 5), st.sampled_from([b"a", b"b", b"c"]), st.binary(max_size=3)), max_size=30))
def test_compaction_changes_nothing_once_the_hidden_is_shown_again(sent: list[tuple[int, bytes, bytes]]) -> None:
    """Owners 1 to 5 one after the other; what any of them sends may come in a later one's term."""
    records: list[Said] = []
    term = 0
    for sender, key, value in sent:
        if sender > term:
            term = sender
            records.append(claim_of(term))
        records += stamped(sender, [(key, value)])
    found, terms = read(records)
    records += [claim_of(9), *stamped(9, [(key, found.get(key)) for key in terms.hidden])]
    again, _ = read(compacted(records))
    assert {k: v for k, v in again.items() if v is not None} == found
