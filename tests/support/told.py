"""Events of one place as hypothesis draws them: redeliveries, repeated callers, several nets, several wordings."""

from hypothesis import strategies as st

from streams.core.event import Event
from tests.support.town import ACCIDENT, BURST_PIPE, FIRE, GRID, MINUTE, NOON, OUTAGE, RUBBISH, event

TEXTS = ("人民路水管爆裂积水很深", "人民路水管破了积水严重", "门口垃圾没人清运很臭", "着火了快来人", "")


@st.composite
def events(draw: st.DrawFn) -> list[Event]:
    """Events of one place within some hours; numbers repeat now and then (redeliveries), so do callers."""
    drawn = []
    for offset in range(draw(st.integers(1, 40))):
        placed = draw(st.booleans())
        drawn.append(
            event(
                str(draw(st.integers(0, 30))),
                draw(st.sampled_from((BURST_PIPE, OUTAGE, ACCIDENT, RUBBISH, FIRE))),
                feed=draw(st.sampled_from(("hotline", "police", "grid"))),
                source_offset=offset,
                at=NOON + draw(st.integers(0, 600)) * MINUTE,
                caller=draw(st.integers(0, 3)),
                area=draw(st.sampled_from((GRID, "990101001001", "990101000000"))),
                lon=114.6 if placed else None,
                lat=33.6 + draw(st.integers(0, 9)) / 1000 if placed else None,
                text=draw(st.sampled_from(TEXTS)),
                parent=draw(st.sampled_from(("", "", "police:3"))),
                self_handled=draw(st.booleans()),
            )
        )
    return drawn
