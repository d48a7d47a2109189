"""What personal data looks like in Chinese free text: the patterns that `streams.core.scrub` looks for.

The patterns run over folded text, of the same length as the original: full-width characters as ASCII, and in a second
pass spoken digits (一 幺 两 〇) as digits. Digits may stand apart by a few blanks, dashes or dots. Every repetition is
bounded, so that the time is linear in the length of the text.
"""

from __future__ import annotations

import re

_SPOKEN = {
    "0": "〇零○洞",
    "1": "一幺壹",
    "2": "二两贰",
    "3": "三叁",
    "4": "四肆",
    "5": "五伍",
    "6": "六陆",
    "7": "七柒拐",
    "8": "八捌",
    "9": "九玖勾",
}
SPOKEN_DIGITS = frozenset("".join(_SPOKEN.values()))
_CIRCLED = {"⓪": "0"} | {chr(ord("①") + n): str(n + 1) for n in range(9)}
_FULL_WIDTH = {chr(code + 0xFEE0): chr(code) for code in range(0x21, 0x7F)}
_DASHES = "–—‐‑‒―−─~～"
_BLANKS = "\t\u00a0\u2002\u2003\u2009\u200b\u200c\u200d\u20e3\u2060\u3000\ufe0f\ufeff"
_DOTS = "·•・"

FOLD = str.maketrans(
    _FULL_WIDTH | _CIRCLED | dict.fromkeys(_DASHES, "-") | dict.fromkeys(_BLANKS, " ") | dict.fromkeys(_DOTS, ".")
)
FOLD_SPOKEN = str.maketrans({char: digit for digit, chars in _SPOKEN.items() for char in chars})

_SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘蔡蒋余杜叶程苏魏吕丁任沈姚卢姜崔"
    "钟谭陆汪范金石廖贾夏韦付傅方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔汤康易乔赖文施洪"
    "樊兰殷颜倪温芦俞葛章鲁毕耿齐庞申聂柴褚娄仝晁逯靳郜阎仇晏裴鲍卞裘骆冉甄卓阮"
)
_PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"


_PARTED = r"[ .,、_/*:()-]{1,3}"  # only between the 3, 4 and 4 digits of a mobile number


def _digits(count: str, gap: str, first: str = r"\d") -> str:
    return rf"{first}(?:{gap}\d){{{count}}}"


def _numbers(gap: str) -> re.Pattern[str]:
    """Numbers whose digits stand apart by at most `gap`; to be matched where one may begin."""
    area = rf"(?:1{gap}0|2{gap}\d|[3-9]{gap}\d{gap}\d)"
    month = rf"(?:0{gap}[1-9]|1{gap}[0-2])"
    day = rf"(?:0{gap}[1-9]|[12]{gap}\d|3{gap}[01])"
    birth = rf"(?:1{gap}[89]|2{gap}0){gap}\d{gap}\d{gap}{month}{gap}{day}"
    old_birth = rf"(?:2{gap}[5-9]|[3-9]{gap}\d){gap}{month}{gap}{day}"  # issued until 1999; not a grid's code
    china = rf"(?:(?:0{gap}0{gap})?8{gap}6\)?{gap})"
    patterns = (
        rf"(?P<id>{_digits('5', gap, '[1-8]')}{gap}{birth}{gap}{_digits('2', gap)}{gap}[\dXx])(?![\dA-Za-z])",
        rf"(?P<old_id>{_digits('5', gap, '[1-8]')}{gap}{old_birth}{gap}{_digits('2', gap)})(?!\d)",
        rf"(?P<union_card>6{gap}2(?:{gap}\d){{14,17}})(?!\d)",
        rf"(?P<card>{_digits('15', gap, '[3-6]')})(?!\d)",
        rf"(?P<mobile>{china}?(?:0?1[3-9]\d{{9}}){{1,3}})(?!\d)",
        rf"(?P<parted_mobile>1[3-9]\d{_PARTED}\d{{4}}{_PARTED}\d{{4}})(?!\d)",
        rf"(?P<spaced_mobile>{china}?1{gap}[3-9](?:{gap}\d){{9}})(?!\d)",
        rf"(?P<landline>(?:0{gap}|{china}){area}\)?{gap}{_digits('6,7', gap, '[1-9]')}(?:[-转]\d{{1,5}})?)(?!\d)",
        r"(?P<long>\d{20,})",  # no ordinary number: a caller's may have run into the one beside it
        rf"(?P<stated>{_digits('6,18', gap)}[Xx]?)(?![\dXx])",
    )
    plate = (
        rf"(?P<plate>[{_PROVINCES}][ .-]?[A-Za-z][ .-]?(?=[ A-Za-z]{{0,8}}\d[ A-Za-z]{{0,8}}\d)"
        r"(?:[A-Za-z](?: ?[A-Za-z0-9]){5}|\d(?: ?\d){4} ?[A-Za-z]|[A-Za-z0-9](?: ?[A-Za-z0-9]){4}"
        r"|[A-Za-z0-9](?: ?[A-Za-z0-9]){3} ?[挂学警港澳]))(?![A-Za-z0-9])"
    )
    return re.compile("|".join([*patterns, plate]))


_WRITTEN_GAP, _SPOKEN_GAP = " .-", " .,、。-"
WRITTEN = _numbers(f"[{_WRITTEN_GAP}]{{0,3}}")
SPOKEN = _numbers(f"[{_SPOKEN_GAP}]{{0,3}}")
# Where one of the above may begin, in folded text: a digit that follows no digit, or a province before a letter. The
# pattern starts with one set of characters because the engine skips through these fast.
START = re.compile(
    rf"[0-9{_PROVINCES}](?:(?<=[0-9])(?<![0-9][0-9])[0-9_/*:(){_SPOKEN_GAP}]{{6}}|(?<![0-9])[ .-]?[A-Za-z])"
)

EMAIL = re.compile(
    r"(?<![A-Za-z0-9._%+-])(?P<email>[A-Za-z0-9._%+-]{1,64} ?@ ?[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,4})"
)

_SURNAME = f"(?:欧阳|上官|司马|诸葛|皇甫|尉迟|令狐|慕容|司徒|夏侯|[{_SURNAMES}])"
_GIVEN = r"[^\W\da-zA-Z_的是在住有电手联身男女先某现于和与被把说要请了不没也都就已报反投因方何拖欠骗骂拒]"
_GIVEN_NAME = rf"(?:{_GIVEN}(?=家住|家在|今年|身份|来电)|{_GIVEN}{{1,2}})"
_AFTER_NAME = r"(?=家住|家在|今年|身份|来电|[我是住在电手联先男女和与,。.;!?:()\[\]、\s\d]|$)"
_ROLE = r"(?:(?<=姓名)|(?<=联系人)|(?<=投诉人)|(?<=举报人)|(?<=报警人)|(?<=来电人)|(?<=反映人))"
_FULL_NAME = rf"{_SURNAME}{_GIVEN_NAME}(?:先生|女士|小姐)?"
# Ordinary words that begin like a name, after 我是, 房东 and the like.
_NO_NAME = (
    "(?!高[烧血度空速处温层楼中考龄]|马[上路]|方[便向式案面]|黄[色金河牛]|白[天色]|金[额属融]|石[头块油]|安[全置装排徽]|"
    "常[常年住]|成[年功立]|江[苏西边南]|于[是今]|单[位亲元]|何[时人处]|万[一分]|康[复]|文[化明]|武[汉]|汤|路[边口过]|"
    "时[候间]|党[员]|向[来]|项[目]|施工|段[时]|毛[坯病]|钱[款]|车[主辆]|龙[头])"
)
_NO_NAME_END = "(?<![生人员工户主村路区县市院厂店号室镇街园楼])"
_SELF = "(?:(?<=我是)|(?<=本人)|(?<=本人是)|(?<=本人叫))"
_PARTY = (
    "(?:(?<=当事人)|(?<=患者)|(?<=病人)|(?<=受害人)|(?<=嫌疑人)|(?<=走失老人)|(?<=走失儿童)|(?<=走失人员)|(?<=伤者)"
    "|(?<=死者)|(?<=房东)|(?<=老板))"
)
_CALLED = "(?<=[子儿公婆夫妻亲师居人东板友生名者]叫)"
_AFTER_PARTY = (
    r"(?=家住|家在|住在|今年|身份|来电|走失|失踪|受伤|死亡|住院|拖欠|欠|打|骂|骗|拒|不|没|已|被|在|的|说|要"
    r"|[,。.;!?:()\[\]、\s\d]|$)"
)
_TITLE = "(?:大爷|大妈|大娘|大叔|阿姨|师傅|老师|医生|大夫|经理|主任|书记|校长|警官|律师|护士|老板|奶奶|爷爷|叔叔)"
_ACCOUNT = r"[A-Za-z][A-Za-z0-9_-]{5,19}|[1-9]\d{4,10}"
_NAME = (
    rf"(?:{_ROLE}[: 是为叫]{{1,3}}|(?<=我叫)[: ]?|(?<=名字叫)[: ]?)(?P<name>{_FULL_NAME})",
    rf"{_ROLE}(?P<bare_name>{_FULL_NAME}){_AFTER_NAME}",
    r"(?<=姓名): ?(?P<any_name>(?!保密|不详|匿名)[^\W\da-zA-Z_]{2,4}(?:\.[^\W\da-zA-Z_]{2,8})?)(?=[,。.;\s\d]|$)",
    rf"{_SELF}[: ]?(?P<self_name>{_NO_NAME}{_FULL_NAME}){_NO_NAME_END}{_AFTER_NAME}",
    rf"{_PARTY}(?:[:是为叫]{{1,2}}|名叫)?(?P<party_name>{_NO_NAME}{_FULL_NAME}){_NO_NAME_END}{_AFTER_PARTY}",
    rf"{_CALLED}(?P<called_name>{_NO_NAME}{_FULL_NAME})",
    rf"(?<![\u4e00-\u9fff]任)(?P<addressed_name>{_SURNAME}){_TITLE}",
    rf"(?:微信号?|QQ号?|qq号?|护照号?码?)(?:是|为|:)? ?(?P<account>{_ACCOUNT})(?![A-Za-z0-9])",
    rf"(?<!任)(?P<titled_name>{_SURNAME}(?:(?![色衣龄牌面位名个年轻发]){_GIVEN}){{0,2}}(?:先生|女士|小姐))",
)
# One look at the character at hand rules out most places: a surname, or what stands before one.
_NAME_STARTS = f"{_SURNAMES}欧上司诸皇尉令慕夏: 是为叫名微护Qq"
NAME = re.compile(f"(?=[{_NAME_STARTS}])(?:{'|'.join(_NAME)})")
_NAME_SIGNS = (
    "(?<=姓)名|(?<=我)叫|(?<=名)字叫|(?<=联)系人|(?<=投)诉人|(?<=举)报人|(?<=报)警人|(?<=来)电人|(?<=反)映人"
    "|(?<=先)生|(?<=女)士|(?<=小)姐|(?<=我)是|(?<=本)人|(?<=当)事人|(?<=患)者|(?<=病)人|(?<=受)害人|(?<=嫌)疑人|(?<=走)失"
    "|(?<=伤)者|(?<=死)者|(?<=房)东|(?<=老)[板师]|(?<=叫)(?=[^不到了])(?<=[子儿公婆夫妻亲师居人东板友生名者]叫)"
    "|(?<=大)[爷妈娘叔夫]|(?<=阿)姨|(?<=师)傅|(?<=医)生|(?<=经)理|(?<=主)任|(?<=书)记|(?<=校)长|(?<=警)官|(?<=律)师"
    "|(?<=护)[士照]|(?<=奶)奶|(?<=爷)爷|(?<=叔)叔|(?<=微)信|(?<=[Qq])[Qq]"
)
_SIGN_STARTS = "姓我名联投举报来反先女小本当患病受嫌走伤死房老叫大阿师医经主书校警律护奶爷叔微Qq"
NAME_SIGN = re.compile(f"[{_SIGN_STARTS}](?:{_NAME_SIGNS})")

_SPOKEN_SET = "".join(sorted(SPOKEN_DIGITS))
_DIGIT = "0-9０-９⓪①-⑨" + _SPOKEN_SET
_GAP = rf"\-{_DASHES}{_BLANKS}{_DOTS} .．－,，、。()（）_/*:："
SPOKEN_SIGN = re.compile(f"[{_SPOKEN_SET}](?:[{_DIGIT}{_GAP}]{{4}}|(?<=[{_DIGIT}{_GAP}]{{4}}.))")
# A necessary sign of any of the above in text as it was written, for most texts the only pattern that they see.
SUSPICION = re.compile(
    rf"[{_DIGIT}{_PROVINCES}@＠{_SIGN_STARTS}](?:"
    rf"(?<=[{_DIGIT}])[{_DIGIT}{_GAP}]{{6}}|(?<=[{_PROVINCES}])[{_GAP}]?[A-Za-zＡ-Ｚａ-ｚ]|(?<=[@＠])|{_NAME_SIGNS})"
)
