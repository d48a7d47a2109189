"""What a text names: its runs of characters without the phrases that every report has, and without words of kind.

Two reports whose place is unknown are about one matter when they name the same thing. "Building site at night, noise"
says what kind it is, not which site: such words are cut out before names are compared, and so are the names of the
city, its counties and townships, which say where roughly.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from struct import unpack_from
from zlib import crc32

from msgspec import Struct

from streams.core.area import Area

TEXT_CHARS = 120  # of a report's text that are compared
_REMEMBERED = 1024  # texts: about 30 KB each
_ANCHORS = 6  # runs of the text with the smallest checksums: near copies share one of them
_HEAD_CHARS = 30  # of a text without a sentence's end
_WORDS = re.compile(r"\w+")
_SENTENCE_END = re.compile("[。！？!?]")
_SHORTEST, _SUFFIXES = 2, "市区县"
_CUT = "\0"  # no run crosses it
_COURTESY = (
    "尊敬的?|各位|领导|您好|你好|书记|市长|局长|请问|咨询|反映|投诉|举报|关于|问题|建议|希望|请求|恳请|强烈|我是|我们|本人|小区|业主|居民|政府"
    "|有关|相关|部门|解决|何时|什么时候|为何|为什么|严重"
)
_KIND = re.compile(
    "夜间|凌晨|半夜|深夜|通宵|施工|扰民|噪音|油烟|工地|拖欠|员工|工资|农民工|涉嫌|诈骗|有限公司|公司|集团|开发商|物业|交房|延期|延迟|幼儿园|普惠性?"
    "|公办|小学|中学|学校|学院|招生|入学|购房|资格|补贴|落户|人才|新政|政策|违规|违法|违章|违建|建筑|建设|加快|力度|步伐|刻不容缓|规划|拆迁|征地"
    "|安置|补偿|标准|收费|退款|不退|强制|学生|实习|高压线|公交车?|站牌|地铁|号线|出租车?|停车|占道|经营|门面|夜宵|烧烤|麻将馆|餐饮|饭店|餐厅|停水"
    "|停电|电梯|漏水|质量|安全隐患|存在|消防通道|垃圾|污染|环境|道路|红绿灯|路灯|村民?|农村|集体|经济|组织|成员|社区|街道|新村|办理|楼盘"
    "|精装修?|房屋|房产|培训|驾校|医院|医保|社保|公积金|贷款|退休|养老|保险|教师|老师|待遇|收入|招聘|考试|不公平|没有|不合理|一直|长期|无人|无法"
    "|要求|可以|能否|怎么|多年|国际|花园|广场|中心"
    "|整个|片区|突然|这里|附近|一带|现在|已经|今天|昨天|晚上|早上|白天|每天|经常|周边|里面|外面|多次|至今|目前|尽快|处理|全部|到处"
    "|旁边|什么|很多|再次|谁让|申请|增加|通知|老板|联系不上|推脱|跑路|关门|害怕|看不见|健身房?|年卡|会员|装饰|劳务"
    "|诊所|药店|酒店|宾馆|超市|市场|商场|美容院|网吧|棋牌室|加油站|养猪场|养殖场|砖厂|工厂|民宿|银行|寺庙"
)
#: What is wrong, by the words for it: a title that tells of one is not about the other, whatever else they share.
_TROUBLES = re.compile("|".join(f"({words})" for words in (
    "漏水|渗水|漏雨", "停水|断水|没水|没有水|通水", "停电|断电|没电|没有电|跳闸", "交房|交付",
    "噪音|噪声|扰民|太吵|吵闹|吵得", "油烟", "垃圾", "污染|臭味|异味|恶臭|排污", "收费|费用|涨价",
    "退款|不退|退钱|退费|退定金|退房", "拖欠|工资|欠薪|血汗钱", "违建|违章|违法建|私搭",
    "入学|招生|学位|划片|学校|小学", "停车|占道", "公交|站牌", "麻将", "质量|开裂|裂缝|不达标",
    "拆迁|征地|征收|补偿|安置", "红绿灯|信号灯", "路灯", "电梯", "补贴", "通气|燃气|煤气", "高压线|变电站",
    "态度|服务差", "发票", "蟑螂|苍蝇|变质|过期|不卫生",
)))  # fmt: skip


class Wording(Struct, frozen=True, gc=False):
    """Runs of a text's beginning."""

    pairs: frozenset[str]  # of neighbouring characters
    fours: frozenset[str]  # runs of four
    head: frozenset[str]  # pairs of the title or first sentence
    names: frozenset[str]  # of these, without words of kind
    subject: frozenset[str]  # of these, those of the first name
    lead: str  # the two characters that the first name begins with
    troubles: frozenset[int]  # what its title says is wrong, by number
    anchors: tuple[str, ...]  # a few runs to be filed under


class Wordings:
    """Makes the wordings of texts that come from one city; remembers the latest."""

    def __init__(self, areas: Iterable[Area] = ()) -> None:
        """Without `areas`, different matters of a county share its name; `cuts_places` says so, and more is needed."""
        places = sorted(set(_wide_names(areas)), key=lambda name: (-len(name), name))
        self.cuts_places = bool(places)
        self._cut = re.compile("|".join([*map(re.escape, places), _COURTESY]))
        self.of = lru_cache(maxsize=_REMEMBERED)(self._of)
        self.names_of = lru_cache(maxsize=2 * _REMEMBERED)(self._names_of)

    def _of(self, text: str) -> Wording:
        """The wording of the first `TEXT_CHARS` characters of a text."""
        text = text[:TEXT_CHARS]
        head = self._head(text)
        body, names = self._plain(text), _KIND.sub(_CUT, head)
        troubles = frozenset([found.lastindex for found in _TROUBLES.finditer(head) if found.lastindex])
        fours = _runs(body, 4)
        few = sorted(fours, key=lambda run: crc32(run.encode()))[:_ANCHORS]
        first = next((part for part in names.split(_CUT) if len(part) > 1), "")
        anchors = (*sorted(_runs(names, 3)), *few)
        return Wording(
            _runs(body, 2), fours, _runs(head, 2), _runs(names, 2), _runs(first, 2), first[:2], troubles, anchors
        )

    def _names_of(self, text: str) -> frozenset[int]:
        """The names of a text's wording, at a tenth of its price, as `pairs_of` has them.

        Pairs with the mark of a cut are among them: of use to who looks for those of a text, which has none.
        """
        return frozenset(pairs_of(_KIND.sub(_CUT, self._head(text[:TEXT_CHARS]))))

    def _head(self, text: str) -> str:
        end = _SENTENCE_END.search(text, 4, _HEAD_CHARS * 3 // 2)
        return self._plain(text[: end.start() if end else _HEAD_CHARS])

    def _plain(self, text: str) -> str:
        return self._cut.sub(_CUT, without_punctuation(text))


def _wide_names(areas: Iterable[Area]) -> Iterator[str]:
    """Names of the areas too wide to tell matters apart; of cities and counties also without 市, 区, 县."""
    for area in areas:
        if area.level in ("city", "county", "township") and len(area.name) > 1:
            yield area.name
            if area.level != "township" and len(area.name) > _SHORTEST and area.name[-1] in _SUFFIXES:
                yield area.name[:-1]


def share(one: frozenset[str], other: frozenset[str]) -> float:
    """Share of the smaller set that both have, 0 to 1; a single run says nothing."""
    shorter = min(len(one), len(other))
    return len(one & other) / shorter if shorter > 1 else 0.0


def without_punctuation(text: str) -> str:
    """A text's letters and digits alone."""
    return "".join(_WORDS.findall(text))


def pairs_of(text: str) -> tuple[int, ...]:
    """Each two neighbouring characters, as the number that their code points make: half the time of cutting strings."""
    points = text.encode("utf-32-le")
    pairs = len(points) // 4 - 1
    if pairs < 1:
        return ()
    return unpack_from(f"<{(pairs + 1) // 2}Q", points) + unpack_from(f"<{pairs // 2}Q", points, 4)


def _runs(text: str, size: int) -> frozenset[str]:
    return frozenset([part[i : i + size] for part in text.split(_CUT) for i in range(len(part) - size + 1)])
