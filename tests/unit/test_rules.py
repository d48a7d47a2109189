"""Rules files: what a good one says, and where a bad one is wrong."""

from __future__ import annotations

import pytest

from streams.core.route import Matter, Router
from streams.core.rules import OWN_ASSISTS, OWN_LEAD, Rule, read_rules
from streams.errors import FileFault
from tests.support import small_city
from tests.support.small_city import E1V1, is_workday

MONDAY_NOON = 1_773_633_600_000  # 2026-03-16 12:00 in Shanghai


def read(text: str) -> tuple[tuple[Rule, ...], list[FileFault]]:
    return read_rules(text, "rules.toml", small_city.catalogue(), small_city.units(), small_city.areas())


def only_fault(text: str) -> FileFault:
    _, faults = read(text)
    assert len(faults) == 1, faults
    return faults[0]


def rule(*lines: str) -> str:
    return "\n".join(["[[rule]]", *lines, ""])


def test_a_rule_is_read_with_its_defaults() -> None:
    rules, faults = read(rule('name = "公安"', 'when = "always"', 'lead = "公安局"'))
    assert not faults
    (read_rule,) = rules
    assert (read_rule.name, read_rule.when, read_rule.line) == ("公安", "always", 1)
    assert (read_rule.lead, read_rule.unit, read_rule.assist, read_rule.level) == (
        "公安局",
        "",
        (OWN_ASSISTS,),
        "deepest",
    )


def test_a_rule_may_leave_the_lead_to_the_catalogue() -> None:
    rules, _ = read(rule('name = "a"', 'when = "urgency = 1"', "assist = []"))
    assert (rules[0].lead, rules[0].assist) == (OWN_LEAD, ())


def test_an_empty_file_has_no_rules() -> None:
    assert read("# none\n") == ((), [])


def test_the_demo_has_some_forty_rules_with_names_of_their_own() -> None:
    names = [rule.name for rule in small_city.rules()]
    assert 25 <= len(names) <= 45
    assert len(set(names)) == len(names)


def test_a_rule_may_name_one_unit() -> None:
    rules, faults = read(rule('name = "值班"', 'when = "item = 33001"', 'unit = "E-ZJ"', 'assist = ["主办部门"]'))
    assert not faults
    router = Router(small_city.catalogue(), small_city.units(), small_city.areas(), rules, is_workday)
    route = router.route(Matter("33001", E1V1, 4, "hotline", MONDAY_NOON))
    assert (route.lead, route.assists, route.rule, route.lead_sector) == ("E-ZJ", ("E-HW",), "值班", "住房和城乡建设局")


def test_short_names_of_offices_are_understood() -> None:
    rules, faults = read(
        rule('name = "a"', 'when = "sector = 住建局"', 'lead = "城管局"', 'assist = ["物业", "120急救"]')
    )
    assert not faults
    router = Router(small_city.catalogue(), small_city.units(), small_city.areas(), rules, is_workday)
    route = router.route(Matter("37001", E1V1, 4, "hotline", MONDAY_NOON))
    assert (route.lead, route.assists, route.rule) == ("E-CG", ("C-JZ",), "a；另涉物业")


GOOD = rule('name = "好"', 'when = "item = 33001"', 'lead = "公安局"')

A, U1 = 'name = "a"', 'when = "urgency = 1"'

# what is wrong | the rule's lines | line and column of the fault | words of the message | suggestion
FAULTS = [
    ("unknown field", [A, 'when = "urgence = 1"'], (3, 9), "unknown field 'urgence'", "urgency"),
    ("unknown item", [A, 'when = "item = 33091"'], (3, 16), "'33091' is no item", "did you mean 330"),
    ("unknown class", [A, 'when = "item = 33001 or class in 33, 77"'], (3, 38), "'77' is no class", ""),
    ("unknown domain", [A, 'when = "domain = 市容城官"'], (3, 18), "is no domain", "市容城管"),
    ("unknown sector", [A, 'when = "sector = 公安居"'], (3, 18), "is no sector", "公安局"),
    ("unknown area", [A, 'when = "area in 419909"'], (3, 17), "'419909' is no area", ""),
    ("unknown feed", [A, 'when = "feed = hotlin"'], (3, 16), "'hotlin' is no feed", "hotline"),
    ("urgency of five", [A, 'when = "urgency <= 5"'], (3, 20), "'5' is no urgency", ""),
    ("hour of 24", [A, 'when = "hour in 22-24"'], (3, 20), "'24' is no hour", ""),
    ("bad time", [A, 'when = "time in 22:00-25:00"'], (3, 17), "is no time", ""),
    ("backward range", [A, 'when = "item in 33005-33001"'], (3, 17), "runs backwards", "33001-33005"),
    ("feed has no order", [A, 'when = "feed < police"'], (3, 16), "cannot be compared with <", "feed in"),
    ("unfinished", [A, 'when = "item in 33001 and"'], (3, 26), "a condition is missing here", "one of item"),
    ("no value", [A, 'when = "item ="'], (3, 15), "item of what?", ""),
    ("no operator", [A, 'when = "item 33001"'], (3, 14), "expected in, not in, or one of", ""),
    ("bracket left open", [A, 'when = "(item = 33001"'], (3, 22), "expected )", ""),
    ("too much", [A, 'when = "item = 33001 33002"'], (3, 22), "not '33002'", ""),
    ("full-width comma", [A, 'when = "item in 33001，33002"'], (3, 22), "'，' is no part", "ASCII"),
    ("later line", [A, 'when = """', "item = 33002", 'and urgent"""'], (5, 5), "unknown field 'urgent'", "urgency"),
    ("too deep", [A, f'when = "{"(" * 30}item = 33001{")" * 30}"'], (3, 30), "more than 20 brackets", ""),
    ("no name", ['when = "urgency = 1"'], (1, 1), "missing required field `name`", ""),
    ("no condition", ['name = "a"'], (1, 1), "missing required field `when`", ""),
    ("unknown key", [A, U1, 'asist = ["公安局"]'], (4, 1), "unknown key 'asist'", "assist"),
    ("wrong type", [A, U1, 'assist = "公安局"'], (4, 1), "Expected `array`, got `str`", ""),
    ("unknown level", [A, U1, 'level = "town"'], (4, 1), "Invalid enum value 'town'", ""),
    ("two leads", [A, U1, 'lead = "公安局"', 'unit = "E-GA"'], (2, 1), "only one of", ""),
    ("unknown unit", [A, U1, 'unit = "E-GAA"'], (4, 1), "unknown unit 'E-GAA'", "E-GA"),
    ("lead nobody has", [A, U1, 'lead = "水务局"'], (4, 1), "no unit of sector", "水利局"),
    ("assist unheard of", [A, U1, 'assist = ["协办部们"]'], (4, 1), "unknown sector", "协办部门"),
    ("contradiction", [A, 'when = "urgency = 1 and urgency > 2"'], (3, 1), "contradicts itself", ""),
    ("wrong class", [A, 'when = "item = 33002 and class = 34"'], (3, 1), "contradicts itself", ""),
    ("impossible hours", [A, 'when = "hour = 3 and time in 09:00-12:00"'], (3, 1), "contradicts itself", ""),
    ("never", [A, 'when = "not always"'], (3, 1), "contradicts itself", ""),
]  # fmt: skip


@pytest.mark.parametrize(
    ("what", "lines", "place", "message", "suggestion"), FAULTS, ids=[fault[0] for fault in FAULTS]
)
def test_faults(what: str, lines: list[str], place: tuple[int, int], message: str, suggestion: str) -> None:
    fault = only_fault(rule(*lines))
    assert (fault.file, fault.line, fault.column) == ("rules.toml", *place), fault
    assert message in fault.message
    assert suggestion in fault.suggestion


# what is wrong | earlier rule | later rule
SHADOWED = [
    ("always before", "always", "item = 33001"),
    ("the same", "urgency = 1 and feed = grid", "feed = grid and urgency = 1"),
    ("wider", "class = 33", "item in 33001-33003 and urgency = 1"),
    ("as a class", "item in 01001-01006", "class = 01"),
    ("by domain", "domain = 市容城管", "class = 33 and time in 22:00-06:00"),
    ("by sector", "sector = 公安局", "item = 11001"),
    ("area above", "area in 419901", "area in 419901001001 and item = 33001"),
    ("time around midnight", "time in 21:00-07:00", "hour in 22-5"),
    ("all days named", "weekday in mon-fri or weekday in sat, sun", "workday"),
    ("negation", "not (feed = grid or feed = police)", "feed = hotline and life_safety"),
]


@pytest.mark.parametrize(("what", "earlier", "later"), SHADOWED, ids=[case[0] for case in SHADOWED])
def test_a_rule_that_an_earlier_one_takes_all_of_is_a_fault(what: str, earlier: str, later: str) -> None:
    first = rule('name = "先"', f'when = "{earlier}"')
    fault = only_fault(first + rule('name = "后"', f'when = "{later}"'))
    assert (fault.line, fault.column) == (6, 1)
    assert "后 can never match: 先 (line 1) and those before it take all of it" in fault.message
    assert fault.suggestion == "move it above 先, or drop it"


def test_several_rules_together_may_take_all_of_one() -> None:
    parts = [rule(f'name = "{n}"', f'when = "urgency = {n} and class = 33"') for n in (1, 2, 3, 4)]
    fault = only_fault("".join(parts) + rule('name = "后"', 'when = "item = 33001"'))
    assert "后 can never match: 4 (line 10)" in fault.message


@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        ("item = 33001 and urgency = 1", "item = 33001"),
        ("area in 419901001", "area in 419901"),
        ("area not in 419901", "area in 419901001"),
        ("time in 22:00-06:00", "time in 21:59-06:00"),
        ("workday", "weekday = mon"),
        ("life_safety or ambiguous", "self_handled"),
        ("place in township-micro", "place in city, county"),
    ],
)
def test_a_rule_that_some_matter_can_reach_is_none(earlier: str, later: str) -> None:
    rules, faults = read(rule('name = "先"', f'when = "{earlier}"') + rule('name = "后"', f'when = "{later}"'))
    assert not faults
    assert len(rules) == 2


def test_all_faults_of_a_file_are_reported_at_their_lines() -> None:
    bad = rule('name = "坏"', 'when = "itm = 1"') + GOOD + rule('name = "好"', 'when = "urgency = 1"', 'unit = "X"')
    rules, faults = read("# a comment\n\n" + bad)
    assert [rule.name for rule in rules] == ["好"]
    assert [(fault.line, fault.message.split()[0]) for fault in faults] == [(5, "unknown"), (13, "unknown")]


def test_a_second_rule_of_one_name_is_a_fault() -> None:
    fault = only_fault(GOOD + rule('name = "好"', 'when = "urgency = 1"'))
    assert (fault.line, fault.column) == (6, 1)
    assert "a second rule named '好'" in fault.message


@pytest.mark.parametrize(
    "text", ["[rule]\nname = 1", "rule = [{name = 'a', when = 'always'}]", "[[rules]]\nname = 'a'"]
)
def test_other_shapes_of_file_are_refused(text: str) -> None:
    assert "under a line [[rule]]" in only_fault(text).message


def test_broken_toml_is_reported_where_it_breaks() -> None:
    fault = only_fault('[[rule]]\nname = "a\n')
    assert (fault.line, fault.message.startswith("not TOML")) == (2, True)


def test_too_many_combined_alternatives_are_refused() -> None:
    flags = [f"({flag} or not {flag})" for flag in ("life_safety", "ambiguous", "self_handled", "workday")]
    pairs = ["(urgency = 1 or urgency = 2)", "(feed = grid or feed = police)", "(place = city or place = county)",
             "(hour = 1 or hour = 2)", "(weekday = mon or weekday = tue)", "(class = 33 or class = 34)"]  # fmt: skip
    text = " and ".join(flags + pairs)
    assert "split the rule" in only_fault(rule('name = "a"', f'when = "{text}"')).message
