"""Boxes against brute force: conditions mean what they say, and a rule is called unreachable only if it is."""

from __future__ import annotations

from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from streams.core.condition import All, Either, Node, Test
from streams.core.reach import boxes, holds, left_over
from streams.core.vocabulary import Facts, Value

UNIVERSE: dict[str, frozenset[Value]] = {
    "item": frozenset({"a", "b", "c"}),
    "urgency": frozenset({1, 2, 3}),
    "life_safety": frozenset({True, False}),
    "area": frozenset({"", "41", "4101"}),
}
EVERY: list[Facts] = [dict(zip(UNIVERSE, values, strict=True)) for values in product(*map(list, UNIVERSE.values()))]

tests = st.one_of(
    [
        st.builds(
            Test, st.just(fact), st.frozensets(st.sampled_from(sorted(values, key=str)), min_size=1), st.booleans()
        )
        for fact, values in UNIVERSE.items()
    ]
)
nodes = st.recursive(
    tests,
    lambda parts: st.one_of(
        st.lists(parts, max_size=3).map(lambda found: All(tuple(found))),
        st.lists(parts, max_size=3).map(lambda found: Either(tuple(found))),
    ),
    max_leaves=6,
)


def means(node: Node, facts: Facts) -> bool:
    if isinstance(node, All):
        return all(means(part, facts) for part in node.parts)
    if isinstance(node, Either):
        return any(means(part, facts) for part in node.parts)
    if node.fact == "area":
        inside = str(facts["area"]).startswith(tuple(map(str, node.values)))
        return inside != node.negated
    return (facts[node.fact] in node.values) != node.negated


@given(nodes)
def test_boxes_hold_exactly_where_the_condition_does(node: Node) -> None:
    condition = boxes(node, UNIVERSE)
    assert [holds(condition, facts) for facts in EVERY] == [means(node, facts) for facts in EVERY]


@given(nodes, st.lists(nodes, max_size=4))
def test_what_is_left_over_is_exactly_what_no_earlier_rule_takes(node: Node, earlier: list[Node]) -> None:
    taken = [box for rule in earlier for box in boxes(rule, UNIVERSE)]
    left = left_over(boxes(node, UNIVERSE), taken, UNIVERSE)
    expected = [means(node, facts) and not any(means(rule, facts) for rule in earlier) for facts in EVERY]
    assert [holds(left, facts) for facts in EVERY] == expected
    assert bool(left) == any(expected)
