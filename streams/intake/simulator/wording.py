"""Words of simulated reports, from `phrases.toml` and the catalogue's own words."""

from __future__ import annotations

import re
import tomllib
from importlib.resources import files
from random import Random
from typing import Any

from streams.core.catalogue import Catalogue, Item
from streams.core.event import FEEDS, Feed

_POOL = 6  # texts held ready for each case of an item and each feed
_SAME_WORDS = 0.7  # share of tellings that call a matter what most others call it
# Shares of appeals: with very many sentences around the matter, with some, with one; and those with a private number.
_VERY_LONG, _LONG, _TOLD, _PRIVATE = 0.004, 0.06, 0.55, 0.05
_FULL_WIDTH = str.maketrans("0123456789", "０１２３４５６７８９")


class Wording:
    """Texts for every item of a catalogue; the same for the same seed."""

    def __init__(self, catalogue: Catalogue, seed: int) -> None:
        self._phrases = load_phrases()
        rng = Random(f"{seed}/wording")  # noqa: S311 - made-up words, the same from the same seed
        self._texts = {
            (feed, code): [[self._text(feed, item, case, rng) for _ in range(_POOL)] for case in self._cases(item)]
            for code, item in catalogue.items.items()
            for feed in FEEDS
        }
        self._open: dict[Feed, list[str]] = {feed: self._phrases["open"][feed] for feed in FEEDS}
        self._settled: list[str] = self._phrases["settled"]["lines"]
        self._story: list[str] = self._phrases["story"]["lines"]
        self._private: list[str] = self._phrases["private"]["lines"]

    def text(self, feed: Feed, item: str, subject: float, place: str, rng: Random, *, settled: bool = False) -> str:
        """What one report says: opening, place, matter, wish; sometimes long, sometimes with private numbers.

        `subject` (0 to 1) says which of the item's cases the matter is.
        """
        opening, body = _pick(self._open[feed], rng), self._body(feed, item, subject, rng)
        if feed != "hotline":
            return f"{opening}{place}{body}{'，' + _pick(self._settled, rng) if settled else ''}。"
        return f"{opening}{place}{body}。{self._more(rng)}"

    def title(self, item: str, subject: float, rng: Random) -> str:
        """What an appeal is about, in a few words."""
        return self._body("hotline", item, subject, rng).partition("，")[0]

    def _body(self, feed: Feed, item: str, subject: float, rng: Random) -> str:
        cases = self._texts[feed, item]
        chosen = subject if rng.random() < _SAME_WORDS else rng.random()
        return _pick(cases[int(chosen * len(cases))], rng)

    def _cases(self, item: Item) -> list[list[str]]:
        """The cases of an item: its own lines one by one, else its words, each in all lines of its class."""
        phrases = self._phrases
        if lines := phrases["item"].get(item.code):
            return [[line] for line in lines]
        lines = phrases["class"].get(item.class_code) or ["有{w}的情况"]
        return [[line.replace("{w}", word) for line in lines] for word in words_of(item)]

    def _text(self, feed: Feed, item: Item, case: list[str], rng: Random) -> str:
        phrases = self._phrases
        effects = phrases["effect"].get(item.domain, []) + phrases["effect"][""]
        parts = [_pick(case, rng), _pick(effects, rng)]
        if feed == "hotline":
            parts.insert(1, _pick(effects, rng))
        return "，".join(dict.fromkeys([*parts, _pick(phrases["ask"][feed], rng)]))

    def _more(self, rng: Random) -> str:
        draw, story = rng.random(), self._story
        if draw < _VERY_LONG:
            return "".join(_pick(story, rng) for _ in range(int(rng.random() * 60) + 12))
        if draw < _LONG:
            return "".join(rng.sample(story, int(rng.random() * 6) + 3))
        if draw < _LONG + _TOLD:
            return _pick(story, rng)
        return _private(_pick(self._private, rng), rng) if draw > 1 - _PRIVATE else ""


def load_phrases() -> dict[str, Any]:
    """The phrases as written in the file beside this module."""
    return tomllib.loads(files("streams.intake.simulator").joinpath("phrases.toml").read_text("utf-8"))


def words_of(item: Item) -> list[str]:
    """What citizens call the item: its single words of two characters or more, else the parts of its name."""
    plain = (word.partition("*")[0] for word in item.words)  # without its weight
    single = [word for word in plain if len(word) > 1 and not re.search(r"[+\-]", word)]
    parts = [part for part in re.split(r"[、,，]", re.sub(r"[（(].*?[)）]", "", item.name)) if len(part) > 1]
    return single or parts or [item.name]


def phone_of(number: int) -> str:
    """A made-up mobile number for a made-up caller, 0 to 999,999."""
    return f"19900{number % 1_000_000:06d}"


def _private(line: str, rng: Random) -> str:
    number = int(rng.random() * 1_000_000)
    phone = phone_of(number)
    filled = {
        "phone": phone,
        "wide": phone.translate(_FULL_WIDTH),
        "spaced": f"{phone[:3]} {phone[3:7]} {phone[7:]}",
        "identity": _identity(number),
        "plate": f"豫Z{number % 100_000:05d}",
    }
    return line.format_map(filled) + "。"


def _identity(number: int) -> str:
    """A made-up identity number with a right check digit (weights of GB 11643)."""
    body = f"000000{1950 + number % 60}{number % 12 + 1:02d}{number % 28 + 1:02d}{number % 1000:03d}"
    total = sum(int(digit) * pow(2, 17 - place, 11) for place, digit in enumerate(body))
    return body + "10X98765432"[total % 11]


def _pick(options: list[str], rng: Random) -> str:
    return options[int(rng.random() * len(options))]
