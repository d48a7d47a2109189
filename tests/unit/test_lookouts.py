"""Lookouts as a worker makes them: settings, records of warnings, the beginning of an incident's record."""

import msgspec
import pytest

from streams.city.city import City
from streams.config import Kafka, Watch
from streams.core.deadline import HOUR
from streams.core.decision import Incident
from streams.core.warnings import Colour, Sight, follow
from streams.errors import SanwangError
from streams.flow.lookouts import _Seen, duties, record_of, warning_of
from streams.flow.topics import partition_of
from streams.wire.codec import Codec
from streams.wire.source import FileSource


def test_every_county_and_grid_has_one_lookout_and_one_tells_of_whole_feeds(demo_city: City) -> None:
    duty_of = duties(demo_city, Kafka(partitions=4), Watch())
    made = [duty_of(partition) for partition in range(4)]
    for level in ("county", "grid"):
        codes = sorted(code for code, area in demo_city.areas.items() if area.level == level)
        found = [code for duty in made for code in (duty.counties if level == "county" else duty.grids)]
        assert sorted(found) == codes
    assert [duty.city for duty in made] == [demo_city.code, "", "", ""]
    assert all(partition_of(grid, 4) == n for n, duty in enumerate(made) for grid in duty.grids)


@pytest.mark.parametrize(
    ("watch", "message"),
    [(Watch(look_s=7), "watch.look_s is 7"), (Watch(look_s=0), "watch.look_s is 0"), (Watch(cutoff="25:00"), "25:00"),
     (Watch(cutoff="soon"), "soon"), (Watch(grid_quiet_min=0), "0 minutes of quiet")],
)  # fmt: skip
def test_settings_that_do_not_fit_are_refused(demo_city: City, watch: Watch, message: str) -> None:
    with pytest.raises(SanwangError, match=message):
        duties(demo_city, Kafka(), watch)(0)


def test_a_warning_comes_back_from_its_record() -> None:
    codec = Codec(FileSource())
    sight = Sight("surge", "419901001000", "09", 5 * HOUR, Colour.ORANGE, 12, 0.25)
    warning, _ = follow(None, sight)
    assert warning
    assert warning_of(codec.decode("Warning", codec.encode("Warning", record_of(warning)))) == warning


def test_what_is_read_of_an_incidents_record_is_its_beginning() -> None:
    names = [field.name for field in msgspec.structs.fields(_Seen)]
    assert names == [field.name for field in msgspec.structs.fields(Incident)][: len(names)]
    assert {"incident_id", "item", "area", "opened_at", "touched"} <= set(names)
