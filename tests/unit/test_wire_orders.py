"""The order encoder writes what the codec would."""

from hypothesis import given
from hypothesis import strategies as st

from streams.core.decision import Order
from streams.wire.codec import Codec
from streams.wire.orders import OrderEncoder
from streams.wire.source import FileSource

TEXT = st.text(max_size=300)
PLACE = st.none() | st.floats(-180, 180)


@st.composite
def decisions(draw: st.DrawFn) -> list[Order]:
    """Orders of one decision: their own fields differ, the rest is shared."""
    shared = draw(st.tuples(
        st.integers(1, 10**6), st.just("police"), TEXT, TEXT, PLACE, PLACE, st.integers(1, 4), st.booleans(),
        st.integers(1, 10**6), st.integers(0, 2**50), st.integers(0, 2**50), st.integers(0, 2**50), TEXT, TEXT, TEXT,
    ))
    own = st.tuples(TEXT, TEXT, TEXT, st.sampled_from(("lead", "assist")), st.integers(0, 10**6))
    return [Order(*first, *shared) for first in draw(st.lists(own, max_size=4))]


@given(decisions())
def test_it_writes_what_the_codec_would(orders: list[Order]) -> None:
    codec = Codec(FileSource())
    expected = [codec.encode("Order", {n: getattr(o, n) for n in o.__struct_fields__}) for o in orders]
    assert OrderEncoder(FileSource()).encode(orders) == expected
