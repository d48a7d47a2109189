"""Codes before text, words that count and words that do not, and no guess on nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.core.catalogue import OTHER, Catalogue, Item
from streams.core.classify import READ, THRESHOLD, Classifier
from streams.core.event import Classified
from streams.core.words import WordError
from tests.support.demo_catalogue import catalogue


def item(
    code: str, *words: str, limit: str = "1wd", life_safety: bool = False, channel: str = "12345", name: str = ""
) -> Item:
    return Item(
        code=code,
        name=name or f"事项{code}",
        class_code=code[:2],
        class_name=f"类{code[:2]}",
        domain="城市",
        lead="城市管理局",
        assist=(),
        level=4,
        limit=limit,
        limit_source="placeholder",
        channel=channel,
        self_handle=False,
        window_s=3600,
        distance_m=50,
        life_safety=life_safety,
        words=words,
    )


def small(*items: Item, **codes: dict[str, str]) -> Classifier:
    every = (*items, item(OTHER, name="其他"))
    return Classifier(Catalogue("1", {each.code: each for each in every}, codes))


LAMP = item("40001", "路灯", "灯+不亮", name="路灯不亮")
FIRE = item("21007", "着火", "火灾", limit="5m", life_safety=True, channel="110")
BIN = item("33008", "垃圾桶", "垃圾桶满")
HOUSE = item("27001", "危房", "房+要塌", limit="4h", life_safety=True)
GRIEF = item("32003", "自杀!", limit="5m", life_safety=True, channel="110")


@pytest.fixture(scope="module")
def demo() -> Classifier:
    return Classifier(catalogue())


class TestByCode:
    classifier = small(
        LAMP, BIN, hotline={"市政/照明/路灯": "40001", "市政": OTHER, "旧码": "99999"}, police={"600601": "40001"}
    )

    def test_a_known_code_is_taken_at_its_word(self):
        found = self.classifier.classify("police", ("600601",), (), "垃圾桶满了")
        assert found == Classified("40001", "code", 1.0, ("code 600601",))

    def test_the_most_specific_known_code_counts(self):
        found = self.classifier.classify("hotline", ("市政/照明/新码", "市政/照明/路灯", "市政"), (), "")
        assert found.item == "40001"

    def test_a_code_for_the_rest_asks_for_the_text(self):
        found = self.classifier.classify("hotline", ("市政", "市政/照明/路灯"), (), "垃圾桶满了没人倒")
        assert (found.item, found.by) == ("33008", "text")

    @pytest.mark.parametrize("codes", [(), ("无此码",), ("旧码",)])
    def test_without_a_known_code_the_text_counts(self, codes):
        assert self.classifier.classify("hotline", codes, (), "路灯坏了").item == "40001"

    def test_codes_of_another_feed_are_unknown(self):
        assert self.classifier.classify("grid", ("600601",), (), "") == Classified(OTHER, "none", 0.0)


class TestByText:
    @pytest.mark.parametrize("text", ["", "你好", "来电人请求尽快核实处理并回复", "😀\x00" * 50, "a" * 100_000])
    def test_nothing_is_no_guess(self, text):
        assert small(LAMP, FIRE).classify("hotline", (), (), text) == Classified(OTHER, "none", 0.0)

    def test_reasons_are_the_words_that_matched(self):
        found = small(LAMP).classify("hotline", (), (), "门口的路灯一直不亮")
        assert found.item == "40001"
        assert set(found.reasons) == {"路灯", "灯+不亮"}

    def test_words_together_must_stand_near_each_other(self):
        far = "灯" + "很" * 60 + "不亮"
        assert small(item("40001", "灯+不亮")).classify("hotline", (), (), far).item == OTHER

    def test_a_word_inside_a_longer_one_does_not_count(self):
        found = small(item("47003", "机动车"), item("34006", "非机动车")).classify("hotline", (), (), "非机动车停满了")
        assert (found.item, found.alternatives) == ("34006", ())

    def test_a_bar_rules_its_item_out(self):
        classifier = small(item("40001", "路灯", "-交通灯"), item("47005", "交通灯"))
        found = classifier.classify("hotline", (), (), "路灯旁的交通灯")
        assert (found.item, found.alternatives) == ("47005", ())

    def test_weak_words_alone_are_other_with_the_candidate_named(self):
        found = small(item("33001", "垃圾*0.3")).classify("hotline", (), (), "垃圾")
        assert (found.item, found.by, found.alternatives) == (OTHER, "none", ("33001",))
        assert found.score < THRESHOLD

    def test_a_rival_lowers_the_score(self):
        classifier = small(LAMP, BIN)
        alone = classifier.classify("hotline", (), (), "路灯")
        disputed = classifier.classify("hotline", (), (), "路灯 垃圾桶")
        assert disputed.score < alone.score < 1.0

    def test_what_many_items_share_says_less(self):
        shared = small(item("11111", "工地"), item("22222", "工地")).classify("hotline", (), (), "工地")
        assert shared.score < small(item("11111", "工地")).classify("hotline", (), (), "工地").score

    def test_ties_go_to_the_lower_code(self):
        classifier = small(item("22222", "工地很吵"), item("11111", "工地很吵"))
        found = classifier.classify("hotline", (), (), "工地很吵")
        assert (found.item, found.alternatives) == ("11111", ("22222",))

    def test_the_beginning_weighs_more(self):
        classifier = small(LAMP, item("39001", "井盖"))
        assert classifier.classify("hotline", (), (), "井盖" + "，" * 50 + "路灯").item == "39001"
        assert classifier.classify("hotline", (), (), "路灯" + "，" * 50 + "井盖").item == "40001"

    def test_the_usual_channel_breaks_a_tie(self):
        classifier = small(item("11111", "吵闹", channel="12345"), item("22222", "吵闹", channel="110"))
        assert classifier.classify("police", (), (), "吵闹").item == "22222"
        assert classifier.classify("hotline", (), (), "吵闹").item == "11111"

    def test_only_the_first_characters_are_read(self):
        classifier = small(LAMP)
        assert classifier.classify("hotline", (), (), "很" * (READ - 2) + "路灯").item == "40001"
        assert classifier.classify("hotline", (), (), "很" * READ + "路灯").item == OTHER

    def test_at_most_three_alternatives(self):
        found = small(*(item(f"1000{n}", "吵闹很久") for n in range(6))).classify("hotline", (), (), "吵闹很久")
        assert found.alternatives == ("10001", "10002", "10003")

    def test_a_faulty_word_is_refused_when_the_classifier_is_made(self):
        with pytest.raises(WordError, match=r"路灯\+"):
            small(item("40001", "路灯+"))


class TestByLabel:
    def test_an_items_own_name_speaks_for_it(self):
        found = small(LAMP, BIN).classify("hotline", (), ("路灯不亮", "市政"), "垃圾桶旁")
        assert (found.item, found.by, found.reasons) == ("40001", "text", ("路灯不亮",))

    def test_a_class_backs_its_items_but_names_none(self):
        classifier = small(item("11111", "吵闹"), item("22222", "吵闹"))
        assert classifier.classify("hotline", (), ("类22",), "吵闹").item == "22222"
        assert classifier.classify("hotline", (), ("类22",), "").item == OTHER


class TestDanger:
    classifier = small(LAMP, FIRE, BIN, HOUSE, GRIEF)

    def test_a_burning_bin_is_a_fire(self):
        assert self.classifier.classify("grid", (), (), "垃圾桶满了，里面着火").item == "21007"

    @pytest.mark.parametrize("text", ["没有着火", "担心着火", "火灾隐患", "消防演练模拟火灾", "容易引起火灾"])
    def test_talk_of_a_fire_is_no_fire(self, text):
        assert self.classifier.classify("hotline", (), (), text).item == OTHER

    @pytest.mark.parametrize("text", ["着火了", "没有水，着火了", "是不是着火了", "上次没有着火，这次着火了"])
    def test_a_fire_is_a_fire(self, text):
        assert self.classifier.classify("hotline", (), (), text).item == "21007"

    def test_a_hazard_may_be_supposed(self):
        assert self.classifier.classify("hotline", (), (), "担心房子要塌").item == "27001"
        assert self.classifier.classify("hotline", (), (), "不是危房").item == OTHER

    def test_fear_for_a_person_is_an_alarm(self):
        assert self.classifier.classify("police", (), (), "怕他自杀").item == "32003"

    def test_danger_at_the_end_of_a_long_story_does_not_outweigh_it(self):
        story = "垃圾桶满了没人倒" + "，我们已经说过很多遍" * 10 + "，前面那条街着火"
        assert self.classifier.classify("hotline", (), (), story).item == "33008"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("担心引起火灾，楼道停满电动车充电", "21003"),
        ("请问煤气泄漏怎么办", "22001"),
        ("垃圾桶着火了", "21007"),
        ("老人晕倒在垃圾桶旁边", "32005"),
        ("有人私自杀猪卖肉，没有检疫", "49004"),
        ("我们小区的宽带被电信垄断", "50002"),
        ("一中暑假一直在补课", "52002"),
        ("电梯加装困难重重", "17006"),
        ("这个路口经常发生交通事故，希望安装红绿灯", "47005"),
        ("没有人受伤，两车追尾", "47001"),
        ("孩子没有走失，已经找到", OTHER),
        ("投诉", OTHER),
        ("关于咨询的问题", OTHER),
        ("市民来电反映，其居住在幸福小区3栋，希望相关部门尽快核实处理并回复。", OTHER),
    ],
)
def test_demo_catalogue_on_hard_sentences(demo, text, expected):
    assert demo.classify("hotline", (), (), text).item == expected


def test_the_same_report_is_always_classified_the_same(demo):
    text = "楼下饭店油烟大，晚上还占道摆桌子，噪音吵得睡不着，投诉多次没人管"
    assert {demo.classify("hotline", (), (), text) for _ in range(3)} == {
        Classifier(catalogue()).classify("hotline", (), (), text)
    }


_DEMO = Classifier(catalogue())
_WORDS = sorted({part for each in catalogue().items.values() for word in each.words for part in word.split("+")})


@given(st.lists(st.one_of(st.text(max_size=12), st.sampled_from(_WORDS)), max_size=30).map("".join))
def test_any_text_gets_an_item_and_a_score_in_range(text):
    found = _DEMO.classify("hotline", (), (), text)
    assert found.item in catalogue().items
    assert 0.0 <= found.score < 1.0
    assert (found.item == OTHER) == (found.by == "none") == (found.score < THRESHOLD)
    assert found.item not in found.alternatives
    assert bool(found.reasons) == (found.by == "text")
