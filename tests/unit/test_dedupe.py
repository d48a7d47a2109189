"""A file's rows through the stream's own door and desk."""

import csv

import pytest

from streams.batch.dedupe import dedupe
from streams.errors import FileFault

HEAD = "id,title,detail,time,where\n"


def run(tmp_path, demo_city, lines, areas=None, place=()):
    file, out = tmp_path / "f.csv", tmp_path / "out.csv"
    file.write_text(HEAD + "".join(f"{line}\n" for line in lines), encoding="utf-8")
    more = {} if areas is None else {"areas": areas}
    found = dedupe(file, ("title", "detail"), "time", out, demo_city.catalogue, place=place, **more)
    with out.open(encoding="utf-8-sig", newline="") as written:
        return found, list(csv.DictReader(written))


def test_rows_stay_in_their_order_and_incidents_begin_with_the_earliest(tmp_path, demo_city) -> None:
    street = next(area for area in demo_city.areas.values() if area.level == "village" and area.aliases)
    where = f"{demo_city.areas[street.parent].name}{street.aliases[0]}"
    found, rows = run(tmp_path, demo_city, [
        f"a,垃圾桶满溢没人清理,满地垃圾很臭,2019/3/1 12:30:00,{where}",
        f"b,垃圾桶满溢没人清理,满地垃圾很臭,2019-03-01 12:10:00,{where}",
        f"c,有人酒后打架,打起来了,2019-03-01 12:20:00,{where}",
    ], areas=list(demo_city.areas.values()), place=("where",))  # fmt: skip
    assert [row["id"] for row in rows] == ["a", "b", "c"]
    assert [row["incident"] for row in rows] == ["hotline:3", "hotline:3", "hotline:4"]
    assert [row["outcome"] for row in rows] == ["linked", "new", "new"]
    assert "same item" in rows[0]["reasons"]
    assert (found.rows, found.incidents, found.linked) == (3, 2, 1)


def test_without_a_city_unlike_rows_stay_apart(tmp_path, demo_city) -> None:
    found, _ = run(tmp_path, demo_city, ["a,路灯不亮,云河路,20190301120000,", "b,路灯不亮,望江路,20190301120100,"])
    assert found.incidents == 2


@pytest.mark.parametrize(
    ("line", "said"),
    [
        pytest.param("a,路灯不亮,云河路,昨天,", ":2:1: bad_time", id="no time that we know"),
        pytest.param("a,路灯不亮", ":2:1: bad_row", id="cells missing"),
    ],
)
def test_faults_name_file_and_line(tmp_path, demo_city, line, said) -> None:
    with pytest.raises(FileFault, match=said):
        run(tmp_path, demo_city, [line])
