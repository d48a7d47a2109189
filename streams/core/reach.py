"""Conditions as boxes: sets of allowed values, fact by fact. Exact, so that a rule that can never match is found.

A condition is a list of boxes, and holds if any box holds; a box holds if every fact that it names has one of the
values that it allows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from streams.core.condition import Either, Node, Test
from streams.core.vocabulary import Facts, Value

Box = Mapping[str, frozenset[Value]]
Universe = Mapping[str, frozenset[Value]]

MOST = 500  # boxes of one condition: far more than a person writes, far less than would hurt


class TooManyBoxesError(ValueError):
    """A condition with so many combined alternatives that it cannot be checked."""


def boxes(node: Node, universe: Universe) -> tuple[Box, ...]:
    """The boxes of a condition; none if it contradicts itself. Raises TooManyBoxesError above `MOST`."""
    if isinstance(node, Test):
        allowed = _allowed(node, universe[node.fact])
        return ({node.fact: allowed},) if allowed else ()
    if isinstance(node, Either):
        return _bounded(box for part in node.parts for box in boxes(part, universe))
    product: tuple[Box, ...] = ({},)
    for part in node.parts:
        right = boxes(part, universe)
        product = _bounded(both for one in product for other in right if (both := _intersect(one, other)) is not None)
    return product


def holds(condition: Iterable[Box], facts: Facts) -> bool:
    """Does any of the boxes hold for these facts."""
    for box in condition:  # plain loops: three times as fast as any(all(...)), and every new matter passes here
        for name, allowed in box.items():
            if facts[name] not in allowed:
                break
        else:
            return True
    return False


def left_over(condition: Iterable[Box], taken: Iterable[Box], universe: Universe) -> list[Box]:
    """What of a condition is left when earlier ones have taken their share; nothing if it can never be reached."""
    left = list(condition)
    for box in taken:
        left = [piece for one in left for piece in _without(one, box, universe)]
    return left


def _allowed(test: Test, every: frozenset[Value]) -> frozenset[Value]:
    values = test.values
    if test.fact == "area":  # whatever lies in a named area is meant too
        values = frozenset(place for place in every if str(place).startswith(tuple(map(str, values))))
    return every - values if test.negated else values & every


def _without(one: Box, other: Box, universe: Universe) -> Iterator[Box]:
    """The parts of a box outside another, as boxes that do not overlap."""
    if _intersect(one, other) is None:
        yield one
        return
    rest = dict(one)
    for name, allowed in other.items():
        mine = rest.get(name, universe[name])
        if outside := mine - allowed:
            yield {**rest, name: outside}
            rest[name] = mine & allowed


def _intersect(one: Box, other: Box) -> Box | None:
    both = dict(one)
    for name, allowed in other.items():
        both[name] = both[name] & allowed if name in both else allowed
        if not both[name]:
            return None
    return both


def _bounded(found: Iterable[Box]) -> tuple[Box, ...]:
    kept: list[Box] = []
    for box in found:
        if len(kept) == MOST:
            raise TooManyBoxesError(f"more than {MOST} combined alternatives: split the rule")
        kept.append(box)
    return tuple(kept)
