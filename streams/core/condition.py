"""The condition language of routing rules: read once, kept as a tree of tests.

    condition  = part { "or" part }
    part       = piece { "and" piece }
    piece      = "not" piece | "(" condition ")" | test
    test       = field ( "=" | "!=" | "<" | "<=" | ">" | ">=" ) word
               | field [ "not" ] "in" word { "," word }        a word may be a range: 22001-22006, 22:00-06:00
               | flag
               | "always"

`streams.core.vocabulary` says which fields, flags and words there are.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from msgspec import Struct

from streams.core.vocabulary import ConditionError, Field, Value, Vocabulary

_TOKEN = re.compile(
    r"\s*(?:(?P<symbol><=|>=|!=|[=<>(),])"
    r"|(?P<word>[^\s<>=!(),，（）＝＜＞]*[^\x00-\x7f，（）＝＜＞]\([^\s()]*\)"  # 城市管理局(环卫) is one word
    r"|[^\s<>=!(),，（）＝＜＞]+)"
    r"|(?P<end>$))"
)
_COMPARISONS = ("=", "!=", "<", "<=", ">", ">=")
_DEEPEST = 20  # brackets in brackets


class Test(Struct, frozen=True):
    """One fact must be (or, `negated`, must not be) among `values`."""

    __test__ = False  # no test case, whatever pytest thinks of the name

    fact: str
    values: frozenset[Value]
    negated: bool = False


class All(Struct, frozen=True):
    """All parts hold; with no parts, always."""

    parts: tuple[Node, ...]


class Either(Struct, frozen=True):
    """At least one part holds."""

    parts: tuple[Node, ...]


Node = Test | All | Either


def parse(text: str, vocabulary: Vocabulary) -> Node:
    """Read a condition. Raises ConditionError with the offset of the fault in `text`."""
    parser = _Parser(text, vocabulary)
    node = parser.condition(negated=False)
    if parser.word:
        raise parser.fault(f"expected and, or, or the end, not {parser.word!r}")
    return node


def facts_named(node: Node, fact: str) -> frozenset[Value]:
    """All values of one fact that a condition names."""
    if isinstance(node, Test):
        return node.values if node.fact == fact else frozenset()
    return frozenset[Value]().union(*(facts_named(part, fact) for part in node.parts))


class _Parser:
    """Recursive descent, one token ahead; `not` is pushed down to the tests while reading."""

    def __init__(self, text: str, vocabulary: Vocabulary) -> None:
        self._text = text
        self._vocabulary = vocabulary
        self._next = self._depth = 0
        self.advance()

    def advance(self) -> str:
        """Step to the next token; returns the one left behind."""
        left = getattr(self, "word", "")
        found = _TOKEN.match(self._text, self._next)
        if found is None:
            self.offset = len(self._text) - len(self._text[self._next :].lstrip())
            sign = self._text[self.offset]
            raise self.fault(f"{sign!r} is no part of a condition", "write , ( ) = < > in ASCII")
        self.offset, self._next = found.start(found.lastgroup or 0), found.end()
        self.word = found[found.lastgroup or 0]
        return left

    def fault(self, message: str, suggestion: str = "") -> ConditionError:
        return ConditionError(message, self.offset, suggestion)

    def accept(self, word: str) -> bool:
        if self.word != word:
            return False
        self.advance()
        return True

    def condition(self, *, negated: bool) -> Node:
        return self._chain("or", self._part, negated=negated)

    def _part(self, *, negated: bool) -> Node:
        return self._chain("and", self._piece, negated=negated)

    def _chain(self, joint: str, below: Callable[..., Node], *, negated: bool) -> Node:
        parts = [below(negated=negated)]
        while self.accept(joint):
            parts.append(below(negated=negated))
        if len(parts) == 1:
            return parts[0]
        return All(tuple(parts)) if (joint == "and") != negated else Either(tuple(parts))

    def _piece(self, *, negated: bool) -> Node:
        if self.accept("not"):
            return self._nested(self._piece, negated=not negated)
        if self.accept("("):
            node = self._nested(self.condition, negated=negated)
            if not self.accept(")"):
                raise self.fault("expected )")
            return node
        if self.accept("always"):
            return Either(()) if negated else All(())
        return self._test(negated=negated)

    def _nested(self, below: Callable[..., Node], *, negated: bool) -> Node:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise self.fault(f"more than {_DEEPEST} brackets or nots in one another")
        node = below(negated=negated)
        self._depth -= 1
        return node

    def _test(self, *, negated: bool) -> Test:
        field = self._vocabulary.field(self.word, self.offset)
        self.advance()
        if field.flag:
            return Test(field.fact, field.all, negated)
        if self.word in _COMPARISONS:
            sign = self.advance()
            values = field.compare(sign, self.word, self.offset)
            self.advance()
            return Test(field.fact, values, negated)
        negated ^= self.accept("not")
        if not self.accept("in"):
            raise self.fault(f"expected in, not in, or one of {' '.join(_COMPARISONS)} after {field.name}")
        return Test(field.fact, self._list(field), negated)

    def _list(self, field: Field) -> frozenset[Value]:
        values: frozenset[Value] = frozenset()
        while True:
            values |= field.among(self.word, self.offset)
            self.advance()
            if not self.accept(","):
                return values
