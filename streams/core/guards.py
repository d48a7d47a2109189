"""Words of danger that announce no danger: denied, supposed, or the subject of a talk.

"没有着火" and "担心引起火灾" must not send the fire engine, "着火了" must, and so must "好像着火了" and "是不是着火了":
where it is unclear whether there is danger, there is.
"""

from __future__ import annotations

import re
from enum import IntEnum

_CLAUSE = 12  # characters before the word that can deny or suppose it; a clause rarely holds more
_AFTER = 6
_BREAK = re.compile(r"[，。！？；,.!?;\n]")
_DENIED = re.compile(
    r"(?:(?<!有)没有|没(?!有)|并未|尚未|未|并无|(?<!是)不是|并非|不存在|不会|不算)"
    r"(?:再)?(?:发生|出现|造成|引起|看到|看见|发现)?(?:过|什么|任何|人)?$"
)
_TOPIC = re.compile(r"咨询|请教|演练|演习|模拟|宣传|讲座|培训|预防|防止|防范|避免|以防|杜绝|严防|电影|电视剧|游戏里")
_SUPPOSED = re.compile(
    r"担心|害怕|就怕|生怕|怕|万一|如果|假如|要是|一旦|容易|极易|可能[会引造导发]|会[引造导发]|会不会|随时[会可]|"
    r"差点|险些|去年|前年|上个月|曾经|以前|经常|时常|常常|常年|多次|多起|屡次"
)
_TALKED = re.compile(
    r"隐患|风险|危险|演练|演习|预防|防范|知识|宣传|讲座|的可能|报警器|探测器|逃生|保险|应急|培训|课程|"
    r"频发|多发|频频"
)


class Guard(IntEnum):
    """How closely a word is looked at before it counts."""

    NONE = 0
    DENIED = 1  # not if it is denied, or the subject of a talk
    SUPPOSED = 2  # nor if it is only supposed


def guarded(text: str, start: int, end: int, guard: Guard) -> bool:
    """Is the word at text[start:end] denied, talked about, or (`Guard.SUPPOSED`) merely supposed?"""
    if guard is Guard.NONE:
        return False
    before = _BREAK.split(text[max(0, start - _CLAUSE) : start])[-1]
    after = _BREAK.split(text[end : end + _AFTER])[0]
    if _DENIED.search(before) or _TOPIC.search(before) or _TALKED.match(after):
        return True
    return guard is Guard.SUPPOSED and _SUPPOSED.search(before) is not None
