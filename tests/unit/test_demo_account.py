"""The account: it closes exactly when every record of every feed left one row."""

from __future__ import annotations

from io import StringIO

from rich.console import Console

from streams.flow.account import account_of, account_table, verdict
from streams.warehouse.account import Outcomes

ENDS = {
    ("police.alerts", 0): 10, ("police.alerts", 1): 5, ("hotline.calls", 0): 4, ("grid.reports", 0): 3,
    ("grid.allclears", 0): 8,
}  # fmt: skip
TOLD = {
    "police": Outcomes(new=9, linked=4, redelivered=1), "police.alerts": Outcomes(dead_letters=1),
    "hotline": Outcomes(new=4), "grid": Outcomes(new=2, linked=1), "allclears": Outcomes(all_clears=7),
    "grid.allclears": Outcomes(dead_letters=1),
}  # fmt: skip


def shown(account: object) -> str:
    text = StringIO()
    Console(file=text, width=120).print(account)
    return text.getvalue()


def test_it_closes_when_feeds_and_topics_together_account_for_every_record() -> None:
    account = account_of(ENDS, TOLD)
    assert account.closed
    assert account.open_records == 0
    assert verdict(account) == "The account closes: 30 records received, lost 0."
    assert "all-clears         8" in shown(account_table(account))


def test_a_missing_row_is_lost_and_named() -> None:
    account = account_of(ENDS, {**TOLD, "hotline": Outcomes(new=3)})
    assert not account.closed
    assert account.open_records == 1
    assert verdict(account) == "The account does not close: 30 records received, unaccounted hotline.calls +1."


def test_a_row_too_many_does_not_close_it_either_and_makes_up_for_no_other() -> None:
    account = account_of(ENDS, {**TOLD, "hotline": Outcomes(new=3), "grid": Outcomes(new=4)})
    assert not account.closed
    assert account.open_records == 1
    assert "hotline.calls +1, grid.reports -1" in verdict(account)


def test_rows_of_a_topic_that_the_broker_does_not_know_do_not_close_it() -> None:
    assert not account_of(ENDS, {**TOLD, "fax": Outcomes(new=1)}).closed


def test_nothing_received_closes() -> None:
    assert account_of({}, {}).closed


def test_a_year_of_a_city_fits_80_columns() -> None:
    account = account_of({("police.alerts", 0): 1_234_567}, {"police": Outcomes(1_200_000, 34_000, 567)})
    text = StringIO()
    Console(file=text, width=80).print(account_table(account))
    assert "…" not in text.getvalue()
    assert "1,234,567  1,200,000  34,000" in text.getvalue()
