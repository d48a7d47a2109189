"""Who says what a text is about: rules, model, both. By a made-up model that answers from a table."""

from collections.abc import Sequence

import pytest

from streams.core.accept import Door, Envelope
from streams.core.area import Area
from streams.core.catalogue import OTHER
from streams.core.classify import Classifier
from streams.core.event import Classified, Event, Feed, Report
from streams.core.opinion import By, Opinion
from streams.core.places import Places
from tests.support.demo_catalogue import catalogue

NOW = 1_773_108_000_000
CATALOGUE = catalogue()
DOOR = Door(CATALOGUE, Places([Area("990100000000", "云河市", "city", "")]), Classifier(CATALOGUE), bytes(16))
LAMP, NOISE, FIRE = "40001", "44001", "21007"
LAMP_CODE = next(code for code, item in CATALOGUE.codes["hotline"].items() if item == LAMP)


class Told:
    """Says noise of every text with 吵 in it, fire of 火锅, and nothing of others; counts what it was asked."""

    version = "v1"

    def __init__(self) -> None:
        self.asked: list[str] = []

    def classify(self, texts: Sequence[str]) -> list[Classified]:
        self.asked += texts
        return [
            Classified(NOISE, "model", 0.9, ("label 噪",)) if "吵" in text
            else Classified(FIRE, "model", 0.8) if "火锅" in text
            else Classified(OTHER, "none", 0.3)
            for text in texts
        ]  # fmt: skip


def event(text: str, code: str = "", feed: Feed = "hotline") -> Event:
    report = Report(feed, "1", NOW, codes=(code,) if code else (), text=text)
    return DOOR.accept(report, Envelope(0, 0, NOW, replayed=False), NOW)


def opinion(by: By) -> tuple[Opinion, Told]:
    told = Told()
    return Opinion(CATALOGUE, told, by), told


@pytest.mark.parametrize("by", ["model", "both"])
def test_a_code_stands_and_its_danger_too(by: By) -> None:
    lamp = event("路灯不亮，吵得很", LAMP_CODE)
    burning = event("路灯下面的垃圾桶着火了，火势很大，吵醒了", LAMP_CODE)
    heard, told = opinion(by)
    for before, after in zip((lamp, burning), heard.on([lamp, burning]), strict=True):
        assert (after.item, after.classified_by, after.urgency, after.life_safety, after.reasons) == (
            LAMP, "code", before.urgency, before.life_safety, before.reasons,
        )  # fmt: skip
        assert after.model == "v1"
    assert burning.life_safety
    assert told.asked == []


@pytest.mark.parametrize("by", ["model", "both"])
def test_the_model_decides_where_no_code_and_no_danger_is(by: By) -> None:
    before = event("路灯不亮，吵")
    [after] = opinion(by)[0].on([before])
    assert before.item != NOISE
    assert (after.item, after.classified_by, after.score, after.reasons) == (NOISE, "model", 0.9, ("label 噪",))
    assert after.urgency == CATALOGUE.items[NOISE].level
    assert after.text == before.text


def test_both_leaves_danger_to_the_words() -> None:
    before = event("三楼着火了有人被困，楼下吵成一片")
    heard, told = opinion("both")
    [after] = heard.on([before])
    assert (after.item, after.classified_by, after.life_safety) == (before.item, "text", True)
    assert told.asked == []


def test_a_model_alone_names_the_item_but_danger_stays_urgent() -> None:
    before = event("三楼着火了有人被困，楼下吵成一片")
    [after] = opinion("model")[0].on([before])
    assert after.item == NOISE
    assert (after.life_safety, after.urgency) == (True, before.urgency)
    assert after.reasons == ("label 噪", *before.reasons)


@pytest.mark.parametrize(("by", "item", "who"), [("both", LAMP, "text"), ("model", OTHER, "none")])
def test_where_the_model_is_not_sure(by: By, item: str, who: str) -> None:
    [after] = opinion(by)[0].on([event("路灯不亮好几天了")])
    assert (after.item, after.classified_by, after.model) == (item, who, "v1")


def test_danger_by_the_model_is_urgent() -> None:
    [after] = opinion("both")[0].on([event("火锅")])
    assert (after.item, after.life_safety, after.urgency) == (FIRE, True, 1)


def test_a_chunk_is_asked_at_once_and_keeps_its_order() -> None:
    events = [event(text) for text in ("路灯不亮", "吵", "三楼着火了有人被困", "吵死了", "")]
    heard, told = opinion("both")
    after = heard.on(events)
    assert [one.text for one in after] == [one.text for one in events]
    assert told.asked == ["路灯不亮", "吵", "吵死了", ""]
    assert heard.on([]) == []
