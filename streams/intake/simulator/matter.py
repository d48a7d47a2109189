"""Simulated matters: which item, where, told how often and over which nets."""

from __future__ import annotations

from random import Random

from streams.core.catalogue import Catalogue, Item
from streams.core.event import FEEDS, Feed
from streams.intake.simulator.draw import Weighted
from streams.intake.simulator.profile import Profile
from streams.intake.simulator.scene import Scene
from streams.intake.simulator.wording import load_phrases

#: How often a feed hears of items whose usual channel is another one: the 110 line seldom, the hotline of everything.
_HEARS: dict[Feed, dict[str, float]] = {
    "hotline": {"12345": 1.0, "grid": 0.4, "110": 0.1},
    "police": {"110": 1.0, "12345": 0.15, "grid": 0.08},
    "grid": {"grid": 1.0, "12345": 0.35, "110": 0.03},
}
_NO_CODE = 0.2  # a line hears less often of what its own code table has no word for
_SAME_NET = 0.55  # chance that a matter is told again over the net that heard of it first


class Matter:
    """One real-world matter while it is being told."""

    __slots__ = ("callers", "first_alarm", "id", "item", "net", "scene", "subject")

    def __init__(self, number: int, item: Item, scene: Scene, net: Feed, subject: float) -> None:
        self.id = number  # 1, 2, 3 ... within one run: the truth that matching is measured against
        self.item = item
        self.scene = scene
        self.net = net
        self.subject = subject  # which of the item's many cases it is, 0 to 1: most tellings have the same words for it
        self.first_alarm = ""  # number of the first 110 alert about it
        self.callers: list[int] = []


class Matters:
    """Draws new matters of a catalogue as often as a profile says."""

    def __init__(self, catalogue: Catalogue, profile: Profile) -> None:
        self._profile = profile
        weights = load_phrases()["weight"]
        self._items = {
            feed: Weighted(
                (item, _weight(item, feed, weights, profile) * (1.0 if item.code in known else _NO_CODE))
                for item in catalogue.items.values()
            )
            for feed in FEEDS
            for known in [set(catalogue.codes.get(feed, {}).values())]
        }
        crowds = (item for item in catalogue.items.values() if _surge(item, profile) > 1 and item.level <= 2)
        self._crowds = Weighted((item, 1.0) for item in crowds)
        self._made = 0

    def new(self, scene: Scene, rng: Random) -> Matter:
        """A matter that some net is the first to hear of."""
        draw, profile = rng.random(), self._profile
        net: Feed = "hotline" if draw < profile.hotline else "grid"
        if profile.hotline <= draw < profile.hotline + profile.police:
            net = "police"
        return self._matter(self._items[net].draw(rng), scene, net, rng)

    def crowd(self, scene: Scene, rng: Random) -> Matter | None:
        """A large matter of the profile's surge; None where the catalogue has no such item."""
        return self._matter(self._crowds.draw(rng), scene, "hotline", rng) if len(self._crowds) else None

    def _matter(self, item: Item, scene: Scene, net: Feed, rng: Random) -> Matter:
        self._made += 1
        return Matter(self._made, item, scene, net, rng.random())


def next_net(matter: Matter, rng: Random) -> Feed:
    """Over which net a matter is told again."""
    if rng.random() < _SAME_NET:
        return matter.net
    return ("hotline", "police" if matter.item.level <= 2 else "hotline", "grid")[int(rng.random() * 3)]


def _surge(item: Item, profile: Profile) -> float:
    return profile.surge.get(item.code, profile.surge.get(item.class_code, 1.0))


def _weight(item: Item, feed: Feed, weights: dict[str, float], profile: Profile) -> float:
    usual = weights.get(item.code, weights.get(item.class_code, 1.0))
    return usual * _HEARS[feed].get(item.channel, 0.1) * _surge(item, profile)
