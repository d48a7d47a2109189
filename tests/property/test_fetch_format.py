"""Our Fetch, version 11, against aiokafka's own: the same bytes are sent, and what is read of an answer is the same."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from aiokafka.protocol.fetch import FetchRequest, FetchRequest_v10, FetchRequest_v11, FetchResponse_v11
from hypothesis import given
from hypothesis import strategies as st

from streams.flow.fetch_format import QuickFetch

INT32, INT64 = (st.integers(-(1 << bits), (1 << bits) - 1) for bits in (31, 63))
TOPICS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
LONG = st.integers(0, 1 << 40)
NAMED = st.dictionaries(TOPICS, st.dictionaries(st.integers(0, 100), LONG, max_size=6), max_size=4)  # offsets
SAID = st.tuples(  # of a partition: error, end, and so on
    st.sampled_from((0, 0, 1, 6)), LONG, INT64, INT64, st.none() | st.lists(st.tuples(INT64, INT64), max_size=2), INT32,
    st.none() | st.binary(max_size=40),
)  # fmt: skip


def asked_for(named: dict[str, dict[int, int]], wait: int = 10, least: int = 1, rack: str = "") -> FetchRequest:
    topics = [(topic, [(one, offset, 1 << 20) for one, offset in parts.items()]) for topic, parts in named.items()]
    return FetchRequest(wait, least, 50 << 20, 0, topics, rack)


@given(NAMED, INT32, INT32, TOPICS)
def test_what_is_asked_has_the_same_bytes(named, wait, least, rack) -> None:
    theirs = asked_for(named, wait, least, rack)
    ours = QuickFetch(theirs, tell_all=True)
    assert ours.prepare({1: (4, 11)}).encode() == theirs.prepare({1: (4, 11)}).encode()
    header = ours.prepare({1: (4, 18)}).build_request_header(7, "me").encode()
    assert header == FetchRequest_v11().build_request_header(7, "me").encode()


def test_an_older_broker_is_asked_as_aiokafka_asks_it() -> None:
    theirs = asked_for({"orders": {0: 5}})
    request = QuickFetch(theirs, tell_all=True).prepare({1: (4, 10)})
    assert isinstance(request, FetchRequest_v10)
    assert request.encode() == theirs.prepare({1: (4, 10)}).encode()


def answered(named: dict[str, dict[int, int]], data: st.DataObject) -> list[Any]:
    """What a broker might say of the partitions, among it that there is nothing."""
    return [
        (topic, [(one, *data.draw(st.one_of(SAID, st.just((0, at, at, 0, [], -1, b"")))))
                 for one, at in partitions.items()])
        for topic, partitions in named.items()
    ]  # fmt: skip


def plain(topics: Any) -> list[Any]:
    """The same in tuples, with nothing in place of null."""
    return [
        (topic, [(*said, aborted or [], replica, records or b"") for *said, aborted, replica, records in partitions])
        for topic, partitions in topics
    ]


@given(NAMED, st.data(), st.booleans())
def test_what_is_answered_is_read_alike_but_for_partitions_of_which_nothing_is_said(named, data, tell_all) -> None:
    topics = answered(named, data)
    whole = FetchResponse_v11(0, 0, 0, topics).encode()
    request = QuickFetch(asked_for(named), tell_all=tell_all).prepare({1: (4, 11)})
    read = request.RESPONSE_TYPE.decode(BytesIO(whole))
    theirs = plain(FetchResponse_v11.decode(whole).topics)
    assert read.API_VERSION == 11
    kept = [
        (topic, [one for one in parts if tell_all or one[1] or one[-1] or one[2] != named[topic][one[0]]])
        for topic, parts in theirs
    ]
    assert plain(read.topics) == kept
