"""An explanation in words, Chinese or English."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Literal

from streams.core.explain import Candidate, Explanation, ForClass, ForDue, ForItem, ForPlace, ForRoute, ForRule, Named
from streams.explain.read import Decided

Language = Literal["zh", "en"]
RULES_FILE = "rules.toml"
_WORDS: dict[str, tuple[str, str]] = {
    "class": ("事项", "Item"), "place": ("地点", "Place"), "same": ("是否同一事件", "Same incident?"),
    "route": ("派单", "Routing"), "due": ("时限", "Due"), "decided": ("当时的决定", "Decided then"),
    "by code": ("按来源编码", "by the source's code"), "by text": ("按文字", "by text"),
    "by model": ("按模型", "by the model"),
    "by none": ("没有编码也没有足够的词语，归入其他", "neither a code nor enough words: other"),
    "by coordinates": ("按坐标", "by coordinates"), "by address": ("按地址文字", "by address"),
    "place by code": ("按网格或区划编码", "by grid or area code"),
    "place by none": ("没有任何地点信息，归到全市", "nothing places it: the whole city"),
    "ambiguous": ("多个地点相符，取其上一级", "several places fit: the level above"),
    "words": ("词语", "words"), "others": ("其他可能", "alternatives"), "points": ("分", "points"),
    "danger": ("文字显示险情，按险情优先", "the text tells of danger to life, which goes first"),
    "kind": ("类别不同", "another kind"), "time": ("超出时间窗口", "outside the time window"),
    "elsewhere": ("地点不符", "another place"), "evidence": ("证据不足", "not enough evidence"),
    "no candidates": ("附近没有同类的未结事件", "no open incident of its class near it"),
    "not asked": ("没有数据库可查", "there was no warehouse to ask"), "joined": ("并入", "joined"),
    "urgency": ("级别", "urgency"), "life": ("涉及人身安全", "danger to life"),
    "lead": ("主办", "lead"), "assist": ("协办", "assist"), "rule": ("规则", "rule"),
    "default": ("没有规则适用，按事项清单的主办部门", "no rule held: the catalogue's own lead"),
    "passed": ("先看过但不适用", "looked at before, did not hold"), "because": ("不符", "failed in"),
    "limit": ("时限", "limit"), "from": ("起算", "from"), "clock": ("按自然时间计", "counted by the clock"),
    "worked": ("计", "counts"), "skipped": ("不计", "does not count"), "minutes": ("分钟", "min"),
    "placeholder": ("来源：占位，须由本市替换", "source: placeholder, to be replaced by the city"),
    "source": ("来源", "source"), "new": ("新事件", "a new incident"), "linked": ("并入事件", "linked to incident"),
    "now differs": ("与现行城市配置的结果不同", "differs from what today's city says"),
}  # fmt: skip
_EVIDENCE = tuple(  # the evidence as matching and acceptance write it, in Chinese
    (re.compile(pattern), chinese)
    for pattern, chinese in (
        (r"names (\S+)", r"报来时指明 \1"),
        (r"same item (\S+)", r"同一事项 \1"),
        (r"same class (\S+)", r"同一类别 \1"),
        (r"(\d+) m of (\d+) m", r"相距 \1 米（限 \2 米）"),
        (r"(\d+) min of (\d+) min", r"相隔 \1 分钟（限 \2 分钟）"),
        (r"same grid (\S+)", r"同一网格 \1"),
        (r"same micro (\S+)", r"同一微网格 \1"),
        (r"same village (\S+)", r"同一村（社区） \1"),
        (r"same township (\S+)", r"同一乡镇 \1"),
        (r"same county (\S+)", r"同一县 \1"),
        (r"same city (\S+)", r"同一市 \1"),
        (r"text ([\d.]+)", r"文字相同 \1"),
        (r"code (\S+)", r"编码 \1"),
        (r"danger (\S+)", r"险情 \1"),
    )
)


class Teller:
    """Tells explanations in one language."""

    def __init__(self, language: Language) -> None:
        self._column = 0 if language == "zh" else 1

    def tell(self, explanation: Explanation, decided: Decided | None, *, asked: bool) -> Iterator[str]:
        """The lines of an explanation; `asked` says whether a warehouse was asked for candidates."""
        e = explanation
        life = f"，{self._w('life')}" if e.life_safety else ""
        yield f"{e.event_id}（{self._w('urgency')} {e.urgency}{life}）"
        yield from self._part("class", self._class(e.classified))
        yield from self._part("place", self._place(e.placed))
        yield from self._part("same", self._same(e.candidates, asked=asked))
        yield from self._part("route", self._route(e.routed))
        yield from self._part("due", self._due(e.due))
        if decided:
            yield from self._part("decided", self._decided(decided, e))

    def _w(self, key: str) -> str:
        return _WORDS[key][self._column]

    def _part(self, title: str, lines: Iterator[str]) -> Iterator[str]:
        yield ""
        yield f"{self._w(title)}:"
        yield from (f"  {line}" for line in lines)

    def _class(self, c: ForClass) -> Iterator[str]:
        reasons = f": {'、'.join(map(self.evidence, c.reasons))}" if c.reasons else ""
        yield f"{_named(c.item)}，{self._w(f'by {c.by}')}{reasons}（{c.score:.2f}）"
        if c.danger:
            yield f"{self._w('danger')}: {self._for_item(c.danger)}"
        for n, one in enumerate(c.spoken):
            yield f"{self._w('words') if n == 0 else self._w('others')}: {self._for_item(one)}"

    def _for_item(self, one: ForItem) -> str:
        words = "、".join(f"{word} +{points:.2f}" for word, points in one.words)
        return f"{_named(one.item)} {one.points:.2f} {self._w('points')}（{words}）"

    def _place(self, p: ForPlace) -> Iterator[str]:
        how = self._w(f"place by {p.by}" if p.by in ("code", "none") else f"by {p.by}")
        yield f"{' > '.join(area.name or area.code for area in p.areas)}（{p.areas[-1].code}），{how}"
        if p.by == "coordinates" or p.lon is not None:
            yield f"{p.lon}, {p.lat}"
        if p.address:
            yield p.address
        if p.ambiguous:
            yield self._w("ambiguous")

    def _same(self, candidates: tuple[Candidate, ...], *, asked: bool) -> Iterator[str]:
        if not candidates:
            yield self._w("no candidates" if asked else "not asked")
        for one in candidates:
            evidence = "、".join(map(self.evidence, one.reasons))
            why = self._w({"place": "elsewhere", "": "joined"}.get(one.why_not, one.why_not))
            points = f" {one.points}/{one.needed} {self._w('points')}" if one.needed else ""
            yield f"{'✓' if one.same else '✗'} {one.incident_id}（{_named(one.item)}）: {why}{points}" + (
                f"（{evidence}）" if evidence else ""
            )

    def evidence(self, text: str) -> str:
        """One piece of evidence, as matching and acceptance write it."""
        if self._column == 0:
            for pattern, chinese in _EVIDENCE:
                if found := pattern.fullmatch(text):
                    return found.expand(chinese)
        return text

    def _route(self, r: ForRoute) -> Iterator[str]:
        yield f"{self._w('lead')}: {_named(r.lead)}"
        if r.assists:
            yield f"{self._w('assist')}: {'、'.join(map(_named, r.assists))}"
        yield f"{self._w('rule')}: {self._rule(r.rule)}" if r.rule else self._w("default")
        yield r.text
        for rule in r.passed:
            yield f"{self._w('passed')}: {self._rule(rule)}，{self._w('because')} {', '.join(rule.failed)}"

    @staticmethod
    def _rule(rule: ForRule) -> str:
        return f"{rule.name}（{RULES_FILE}:{rule.line}）{rule.when}"

    def _due(self, d: ForDue) -> Iterator[str]:
        source = self._w("placeholder") if d.source == "placeholder" else f"{self._w('source')}: {d.source}"
        yield f"{_local(d.due_at)}，{self._w('limit')} {d.limit}，{self._w('from')} {_local(d.start)}（{source}）"
        if not d.days:
            yield self._w("clock")
        for day in d.days:
            name = f" {day.name}" if day.name else ""
            spent = f"{self._w('worked')} {day.spent_minutes} {self._w('minutes')}"
            yield f"{day.day:%Y-%m-%d}{name}: {spent if day.workday else self._w('skipped')}"

    def _decided(self, d: Decided, e: Explanation) -> Iterator[str]:
        joined = f" {d.incident_id}" if d.outcome == "linked" else ""
        yield f"{self._w(d.outcome)}{joined}（{d.catalogue}）"
        for reasons in filter(None, (d.class_reasons, d.match_reasons)):
            yield "、".join(map(self.evidence, reasons.split("; ")))
        if d.lead:
            yield f"{self._w('lead')}: {d.lead}，{d.rule}，{_local(d.due_at)}"
            if d.outcome == "new" and (d.lead, d.rule, d.due_at) != (e.routed.lead.code, e.routed.text, e.due.due_at):
                yield self._w("now differs")


def _named(one: Named) -> str:
    return f"{one.code} {one.name}" if one.name else one.code


def _local(ms: int) -> str:
    return f"{datetime.fromtimestamp(ms / 1000, UTC) + timedelta(hours=8):%Y-%m-%d %H:%M}"
