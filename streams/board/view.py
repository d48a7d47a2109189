"""What a page is shown with: who looks, in which language and light; and how values become words."""

from __future__ import annotations

import time
from datetime import datetime
from functools import cache, partial
from typing import Any, Literal
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from jinja2 import Environment, PackageLoader, StrictUndefined
from msgspec import Struct

from streams.board.names import Names
from streams.board.roles import User
from streams.board.words import WORDS, Language, reason, word
from streams.core.event import FEEDS
from streams.explain.words import Teller

Light = Literal["dark", "light"]
SHANGHAI = ZoneInfo("Asia/Shanghai")
_MINUTE, _HOUR, _DAY = 60, 3600, 86_400
_NO_NAMES = Names({}, {}, {}, {})


class View(Struct, frozen=True):
    """Who looks (None: nobody yet), and how."""

    user: User | None
    language: Language
    light: Light
    names: Names = _NO_NAMES

    def draw(self, template: str, **values: Any) -> str:  # noqa: ANN401 - whatever the template names
        """A template filled in; texts are escaped."""
        return _environment(self.language).get_template(template).render(view=self, names=self.names, **values)

    def word(self, key: str) -> str:
        """The word for a key."""
        return word(self.language, key)

    def reason(self, key: str) -> str:
        """A reason as people say it."""
        return reason(self.language, key)


@cache
def _environment(language: Language) -> Environment:
    environment = Environment(
        loader=PackageLoader("streams.board"), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    environment.globals |= {"w": WORDS[language], "link": link, "now": time.time}
    environment.filters |= {
        "word": partial(word, language), "reason": partial(reason, language), "clock": clock, "moment": moment,
        "span": partial(span, language), "nets": partial(nets, language), "n": count,
        "ms": partial(milliseconds, language),
        "evidence": partial(evidence, language), "pc": lambda share: f"{share:.0%}",
    }  # fmt: skip
    return environment


def link(page: str, **query: object) -> str:
    """The address of a page; what is empty is left out."""
    filled = {name: value for name, value in query.items() if value not in ("", None)}
    return f"/{page}?{urlencode(filled)}" if filled else f"/{page}"


def clock(at: datetime | None) -> str:
    """Hours, minutes, seconds in Shanghai; days before today with their date."""
    if at is None:
        return "–"
    local = at.astimezone(SHANGHAI)
    return f"{local:%H:%M:%S}" if local.date() == datetime.now(SHANGHAI).date() else f"{local:%m-%d %H:%M}"


def moment(at: datetime | float | None) -> str:
    """Date and time in Shanghai."""
    if at is None:
        return "–"
    local = (at if isinstance(at, datetime) else datetime.fromtimestamp(at, SHANGHAI)).astimezone(SHANGHAI)
    return f"{local:%Y-%m-%d %H:%M:%S}"


def span(language: Language, seconds: float) -> str:
    """A length of time in its two largest units."""
    whole, zh = int(abs(seconds)), language == "zh"
    days, rest = divmod(whole, _DAY)
    hours, rest = divmod(rest, _HOUR)
    minutes, secs = divmod(rest, _MINUTE)
    units = ((days, "天", " d"), (hours, "时", " h"), (minutes, "分", " min"), (secs, "秒", " s"))
    told = [f"{value}{chinese if zh else english}" for value, chinese, english in units if value]
    return ("" if zh else " ").join(told[:2]) or ("0秒" if zh else "0 s")


def nets(language: Language, bits: int) -> str:
    """The nets that an incident was reported through, out of its bits."""
    return " · ".join(word(language, feed) for n, feed in enumerate(FEEDS) if bits >> n & 1)


def count(number: float | None) -> str:
    """A number with its thousands set apart, – for none."""
    return "–" if number is None else f"{number:,.0f}"


def milliseconds(language: Language, value: float | None) -> str:
    """Milliseconds as people read them."""
    if value is None:
        return "–"
    if value < 1000:
        return f"{value:,.0f} {'毫秒' if language == 'zh' else 'ms'}"
    return f"{value / 1000:,.1f} {'秒' if language == 'zh' else 's'}"


def evidence(language: Language, reasons: str) -> str:
    """The evidence that was written down with a decision, as people say it."""
    teller = Teller(language)
    return "、".join(teller.evidence(one) for one in reasons.split("; ") if one)
