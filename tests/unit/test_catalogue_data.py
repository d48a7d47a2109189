"""The demo city's catalogue and code tables, as they stand in their files."""

import re
from collections import Counter

import pytest

from streams.core.catalogue import OTHER
from streams.core.event import FEEDS
from streams.core.words import read_word
from tests.support.demo_catalogue import FOLDER, catalogue, listed, rows

ITEMS = rows("catalogue.csv")
BY_CODE = {row["code"]: row for row in ITEMS}
CODES = [(feed, row) for feed in FEEDS for row in rows(f"codes/{feed}.csv")]
FILES = ["catalogue.csv", *(f"codes/{feed}.csv" for feed in FEEDS)]

# What the catalogue must not list: belief, opinion, assembly, petitioning, persons to be watched.
_FORBIDDEN = """
    信访 上访 访民 请愿 集会 游行 示威 聚集人员 静坐 罢工 罢课 维稳
    宗教 教会 邪教 迷信 信教 寺庙 清真 少数民族
    言论 舆情 舆论 政治 反动 煽动 非法出版 非法组织
    重点人员 重点人群 特殊人群 刑满释放 社区矫正 前科 吸毒人员 精神障碍患者 肇事肇祸 艾滋病 可疑分子 布控 管控对象
"""

# Words of danger that a longer word of a harmless item hides, each read and found right: in 火灾隐患 there is no fire.
_HIDDEN = """
    中暑假 中暑期 动物疫情 危房改 危房改建 危房改造 危房补贴 危楼改造 旧危房 变压器爆炸 城管打人 学校里被打 宿舍里被打
    撞了人不赔 没有防溺水 防溺水 火灾后 火灾报警器 火灾隐患 灯杆不亮 私自杀 私自杀猪 粉尘爆炸 被电信 被电力
"""
_SHORT = "城管局 住建局 应急局 教体局 卫健委 医保局 市场监管局 交通局 文广旅局 残联 乡镇 街道 物业 交警支队"
_COARSE = "城乡建设 劳动和社会保障 教育文体 商贸旅游 环境保护 卫生计生 交通运输 城建 政务 三农"
FORBIDDEN, HIDDEN, SHORT, COARSE = (frozenset(terms.split()) for terms in (_FORBIDDEN, _HIDDEN, _SHORT, _COARSE))


def test_there_are_55_classes_of_338_items():
    assert len(ITEMS) == len(BY_CODE) == 338
    assert len({row["class_code"] for row in ITEMS}) == len({row["class_name"] for row in ITEMS}) == 55
    assert all(row["code"].startswith(row["class_code"]) for row in ITEMS)
    assert len({row["name"] for row in ITEMS}) == 338


@pytest.mark.parametrize("name", FILES)
def test_files_are_plain(name):
    raw = (FOLDER / name).read_bytes()
    assert not raw.startswith(b"\xef\xbb\xbf")
    assert b"\r" not in raw
    assert raw.endswith(b"\n")
    assert not [cell for row in rows(name) for cell in row.values() if cell != cell.strip() or "\n" in cell]


def test_every_item_has_what_dispatch_needs():
    for row in ITEMS:
        assert row["lead"], row
        assert row["level"] in "1234"
        assert row["limit_source"], row
        assert re.fullmatch(r"[1-9]\d*(m|h|wh|wd)", row["limit"]), row
        assert re.fullmatch(r"[1-9]\d*[mhd]", row["window"]), row
        assert 0 <= int(row["distance_m"]) <= 10_000


def test_assisting_sectors_are_written_in_full_and_never_the_lead():
    for row in ITEMS:
        assist = listed(row["assist"])
        assert row["lead"] not in assist, row
        assert len(set(assist)) == len(assist), row
        assert not SHORT & {row["lead"], *assist}, row


def test_limits_with_a_source_are_few_and_the_rest_say_placeholder():
    sources = Counter(row["limit_source"] == "placeholder" for row in ITEMS)
    assert sources[False] == 12


def test_danger_to_life_is_never_slow():
    for row in ITEMS:
        if row["life_safety"] == "Y":
            assert row["limit"] in {"5m", "10m", "30m", "1h", "2h", "4h"}, row
            assert row["level"] in "12", row


def test_nothing_is_listed_that_must_not_be():
    for row in ITEMS:
        text = "".join((row["name"], row["class_name"], row["words"], row["lead"], row["assist"]))
        assert not [term for term in FORBIDDEN if term in text], row["code"]
    for feed, row in CODES:
        assert not [term for term in FORBIDDEN if term in row["code"] + row["note"]], (feed, row)


def test_every_item_but_the_rest_has_words_that_can_be_read():
    for row in ITEMS:
        words = [read_word(text) for text in listed(row["words"])]
        speaking = [word for word in words if not word.forbids]
        assert len(speaking) >= 10 or row["code"] == OTHER, row["code"]
        assert len({word.shown for word in words}) == len(words), row["code"]


def test_no_word_hides_a_word_of_danger_unread():
    words = {code: [read_word(text) for text in listed(row["words"])] for code, row in BY_CODE.items()}
    alone = {
        code: [word.shown for word in found if len(word.parts) == 1 and not word.forbids]
        for code, found in words.items()
    }
    danger = {word for code, found in alone.items() if BY_CODE[code]["life_safety"] == "Y" for word in found}
    harmless = {word for code, found in alone.items() if BY_CODE[code]["life_safety"] == "N" for word in found}
    hiding = {word for word in harmless - danger if any(part in word for part in danger)}
    assert hiding <= HIDDEN


@pytest.mark.parametrize("feed", FEEDS)
def test_codes_are_unique_and_lead_to_items(feed):
    codes = [row for name, row in CODES if name == feed]
    assert len({row["code"] for row in codes}) == len(codes)
    assert all(row["code"] and row["note"] and row["item"] in BY_CODE for row in codes)


def test_every_item_is_reached_by_a_grid_code_of_its_own():
    table = catalogue().codes["grid"]
    assert all(table[code] == code for code in BY_CODE)


def test_police_codes_have_six_digits_and_their_blocks():
    codes = [row["code"] for feed, row in CODES if feed == "police"]
    assert 150 <= len(codes) <= 300
    assert all(re.fullmatch(r"\d{6}", code) for code in codes)
    assert {code[:2] for code in codes} == {"10", "20", "30", "40", "50", "60", "65", "70", "80", "90", "95", "99"}


def test_social_services_of_110_are_matters_of_12345():
    social = [row["item"] for feed, row in CODES if feed == "police" and row["code"].startswith("60")]
    on_110 = [item for item in social if BY_CODE[item]["channel"] == "110" and BY_CODE[item]["life_safety"] == "N"]
    assert len(social) > 40
    assert on_110 == ["44001"]  # noise: the police's by the catalogue, on either line


def test_hotline_paths_have_their_upper_levels():
    paths = {row["code"] for feed, row in CODES if feed == "hotline"}
    leaves = [path for path in paths if path.count("/") == 2]
    assert len(leaves) >= 200
    for path in leaves:
        first, second, _ = path.split("/")
        assert {first, f"{first}/{second}"} <= paths


@pytest.mark.parametrize("label", sorted(COARSE))
def test_coarse_labels_ask_for_the_text(label):
    assert catalogue().codes["hotline"][label] == OTHER
