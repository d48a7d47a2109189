"""Personal data out of free text, at the door: what these functions let through is stored and shown.

Phones, identity numbers, bank cards, car plates, e-mail addresses and stated names are replaced by labels in square
brackets. Ordinary numbers (house numbers, dates, amounts, hotlines such as 12345, order numbers) stay: see the tables
in `tests/unit/test_scrub.py`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from hashlib import blake2b

from streams.core.personal import (
    EMAIL,
    FOLD,
    FOLD_SPOKEN,
    NAME,
    NAME_SIGN,
    SPOKEN,
    SPOKEN_DIGITS,
    SPOKEN_SIGN,
    START,
    SUSPICION,
    WRITTEN,
)

Finding = tuple[int, int, str]  # from, to, label

_LABELS = {
    "id": "[身份证]",
    "old_id": "[身份证]",
    "union_card": "[银行卡]",
    "card": "[银行卡]",
    "mobile": "[手机]",
    "parted_mobile": "[手机]",
    "spaced_mobile": "[手机]",
    "landline": "[电话]",
    "plate": "[车牌]",
    "email": "[邮箱]",
    "name": "[姓名]",
    "bare_name": "[姓名]",
    "any_name": "[姓名]",
    "titled_name": "[姓名]",
    "self_name": "[姓名]",
    "party_name": "[姓名]",
    "called_name": "[姓名]",
    "addressed_name": "[姓名]",
    "account": "[账号]",
    "long": "[号码]",
}
_DATE = re.compile(r"(?:19|20)\d\d([.-])\d{1,2}\1\d{1,2}(?!\d)")
_STATED = re.compile(r"(身份证|银行卡|卡号|账号|账户|电话|座机|手机)(?:号码|号|是|为|[: ]){0,4}$")
_PHONE_NEAR = re.compile(r"电话|手机|联系|致电|拨打|微信|号码|打给")
_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)  # GB 11643
_ID_CHECKS = "10X98765432"
_LATEST_SURE_BIRTH = "2015"  # later "births" with a wrong check digit are order numbers that hold a date


def scrub(text: str) -> str:
    """`text` with every piece of personal data that has a known form replaced by its label, for example [手机].

    Linear in the length of the text; a text without any suspicious sign comes back at once, as it is.
    """
    if SUSPICION.search(text) is None:
        return text
    folded = text.translate(FOLD)
    if "@" in folded:
        text, folded = _replaced(text, folded, _matches(EMAIL, folded))
    if NAME_SIGN.search(folded) is not None:
        text, folded = _replaced(text, folded, _matches(NAME, folded))
    text, folded = _replaced(text, folded, _numbers(WRITTEN, folded))
    if SPOKEN_SIGN.search(text) is not None:
        found = _numbers(SPOKEN, folded.translate(FOLD_SPOKEN))
        text, _ = _replaced(text, folded, (f for f in found if not SPOKEN_DIGITS.isdisjoint(text[f[0] : f[1]])))
    return text


def caller_hash(key: bytes, caller: str) -> int:
    """Keyed hash of a phone number or account, 1 to 2**63 - 1; 0 for an empty one.

    The ways to write one mainland number (blanks, dashes, +86) give one hash. `key` has 16 to 64 bytes (ValueError).
    """
    if not 16 <= len(key) <= 64:
        raise ValueError(f"the key of the caller hash must have 16 to 64 bytes, not {len(key)}")
    plain = caller if len(caller) == 11 and caller.isascii() and caller.isdigit() else _plain_caller(caller)
    if not plain:
        return 0
    digest = blake2b(plain.encode("utf-8", "surrogatepass"), digest_size=8, key=key).digest()
    return int.from_bytes(digest, "big") >> 1 or 1


def _plain_caller(caller: str) -> str:
    compact = re.sub(r"[\s.()-]", "", caller.translate(FOLD))
    return re.sub(r"^(?:\+|00)?86(?=1\d{10}$)", "", compact)


def _replaced(text: str, folded: str, findings: Iterable[Finding]) -> tuple[str, str]:
    """Both texts with the labels in place of the findings: they stay of one length."""
    parts: list[str] = []
    folded_parts: list[str] = []
    end = 0
    for start, stop, label in findings:
        parts += (text[end:start], label)
        folded_parts += (folded[end:start], label)
        end = stop
    if not parts:
        return text, folded
    return "".join(parts) + text[end:], "".join(folded_parts) + folded[end:]


def _matches(pattern: re.Pattern[str], folded: str) -> Iterator[Finding]:
    for match in pattern.finditer(folded):
        kind = match.lastgroup or ""
        yield *match.span(kind), _LABELS[kind]


def _numbers(pattern: re.Pattern[str], folded: str) -> Iterator[Finding]:
    position = 0
    while (start := START.search(folded, position)) is not None:
        position = start.start() + 1
        match = pattern.match(folded, start.start())
        label = _label(match) if match is not None else ""
        if match is not None and label:
            yield *match.span(), label
            position = match.end()


def _label(match: re.Match[str]) -> str:
    """What the number is, "" for an ordinary one: here is all that a pattern cannot say."""
    kind = match.lastgroup or ""
    if kind == "stated":
        return _stated(match)
    if kind == "id":
        ordinary = not _is_identity(re.sub(r"[^\dXx]", "", match[0]).upper())
    elif kind == "card":
        ordinary = not _passes_luhn(re.sub(r"\D", "", match[0]))
    else:
        ordinary = kind == "spaced_mobile" and not _is_grouped_like_a_phone(match)
    return _stated(match) if ordinary else _LABELS[kind]


def _stated(match: re.Match[str]) -> str:
    """The text in front of it says what it is: 身份证号: ..., 卡号 ..., 电话 ...."""
    stated = _STATED.search(match.string, max(0, match.start() - 12), match.start())
    length = len(re.sub(r"[^\dXx]", "", match[0]))
    if stated is None:
        return ""
    if stated[1] == "身份证":
        return "[身份证]" if length >= 15 else ""
    if stated[1] in ("电话", "座机", "手机"):
        mobile = match[0][0] == "1" and match[0][1:2] in "3456789"  # with something run into its end
        return "[电话]" if mobile or (length <= 12 and match[0][0] != "0") else ""
    return "[银行卡]" if length >= 12 else ""


def _is_identity(number: str) -> bool:
    total = sum(weight * int(digit) for weight, digit in zip(_ID_WEIGHTS, number, strict=False))
    return number[6:10] <= _LATEST_SURE_BIRTH or _ID_CHECKS[total % 11] == number[17]


def _passes_luhn(number: str) -> bool:
    doubled = (int(digit) * 2 for digit in number[-2::-2])
    return (sum(int(digit) for digit in number[::-2]) + sum(n - 9 if n > 9 else n for n in doubled)) % 10 == 0


def _is_grouped_like_a_phone(match: re.Match[str]) -> bool:
    found = match["spaced_mobile"]
    groups = [len(group) for group in re.findall(r"\d+", found)]
    if len(groups) >= 10 or _PHONE_NEAR.search(match.string, max(0, match.start() - 10), match.start()):
        return True
    if _DATE.match(found):
        return False
    return groups in ([3, 4, 4], [3, 3, 5], [3, 8], [7, 4], [2] * 5 + [1]) or (len(groups) <= 4 and "." not in found)
