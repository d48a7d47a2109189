"""Splitting SQL files, loading migrations, reading answers, rows packed, engines' messages to errors."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.warehouse.answer import rows_of
from streams.warehouse.errors import WarehouseError, WarehouseUnavailable, engine_error
from streams.warehouse.migrate import load_migrations, our_migrations
from streams.warehouse.packed import columns_of_packed, join, pack, table_named
from streams.warehouse.statements import split_statements
from streams.warehouse.tables import TABLES


@pytest.mark.parametrize(
    ("sql", "statements"),
    [
        ("SELECT 1; SELECT 2", ["SELECT 1", "SELECT 2"]),
        ("SELECT 1;\n;;  \n", ["SELECT 1"]),
        ("", []),
        ("-- nothing; here\n/* nor; here */", []),
        ("SELECT ';' ; SELECT 2", ["SELECT ';'", "SELECT 2"]),
        (r"SELECT 'it\'s; one', 'it''s; one'; SELECT 2", [r"SELECT 'it\'s; one', 'it''s; one'", "SELECT 2"]),
        ('SELECT `a;b`, "c;d"; SELECT 2', ['SELECT `a;b`, "c;d"', "SELECT 2"]),
        ("SELECT '--', 1 -- it's; a comment\n; SELECT 2", ["SELECT '--', 1", "SELECT 2"]),
        ("SELECT 1/*;*/+2; SELECT 3 - -1", ["SELECT 1 +2", "SELECT 3 - -1"]),
    ],
)
def test_statements_end_at_semicolons_that_stand_outside(sql: str, statements: list[str]) -> None:
    assert list(split_statements(sql)) == statements


def test_our_migrations_are_numbered_and_whole() -> None:
    assert [migration.number for migration in our_migrations()] == list(range(1, len(our_migrations()) + 1))
    for migration in our_migrations():
        for statement in split_statements(migration.sql):
            assert statement.startswith(("CREATE ", "ALTER TABLE ")), migration.file


@pytest.mark.parametrize(
    "names", [["0002_late.sql"], ["0001_a.sql", "0001_b.sql"], ["0001_a.sql", "0003_c.sql"], ["first.sql"]]
)
def test_a_gap_a_double_or_a_wrong_name_is_an_error(tmp_path: Path, names: list[str]) -> None:
    for name in names:
        (tmp_path / name).write_text("SELECT 1")
    with pytest.raises(WarehouseError, match=rf"{names[-1]}: expected a name like 000\d_what_it_does\.sql"):
        load_migrations(tmp_path)


def test_an_answer_becomes_values() -> None:
    answer = (
        b'["a", "t", "n", "d", "l"]\n'
        b'["UInt64", "DateTime64(3, \'Asia/Shanghai\')", "Nullable(DateTime)", "Date", "LowCardinality(String)"]\n'
        b'[18446744073709551615, "2024-11-01T09:00:00.050Z", null, "2024-11-01", "x"]\n'
    )
    at = datetime(2024, 11, 1, 9, 0, 0, 50_000, UTC)
    assert rows_of(answer) == [(2**64 - 1, at, None, date(2024, 11, 1), "x")]
    assert rows_of(b"") == []


@given(st.integers(0, 9000), st.integers(0, 20))
def test_packed_rows_come_back_column_by_column(count: int, split: int) -> None:
    table = table_named("all_clears")
    rows = [("log", 0, n, str(n), "g", n, None) for n in range(count)]
    packed = join([pack(table, rows[:split]), pack(table, rows[split:])])
    assert packed.rows == len(packed) == count
    assert columns_of_packed(table, packed) == [list(column) for column in zip(*rows, strict=True)] or not count


def test_a_row_of_another_width_is_refused_and_named() -> None:
    with pytest.raises(WarehouseError, match="all_clears: row 1 has 2 values, the table has 7 columns"):
        pack(table_named("all_clears"), [("log", 0, 1, "1", "g", 0, 0), ("secret", 1)])


def test_column_names_and_order_of_every_table_are_what_was_released() -> None:
    """A new column goes to the end, with a migration; then this list grows."""
    assert {name: " ".join(table.names) for name, table in TABLES.items()} == {
        "events": "log_id feed source_partition source_offset event_id outcome incident_id repeat occurred_at "
        "received_at area placed_by ambiguous lon lat item classified_by score class_reasons match_reasons urgency "
        "life_safety text address caller self_handled catalogue replayed version wish source_code model",
        "incidents": "incident_id item area lon lat first_at last_at opened_at reports feeds repeats urgency "
        "life_safety lead assists rule due_at closed text address revision",
        "orders": "order_id incident_id unit role round revision feed item area lon lat urgency life_safety reports "
        "opened_at received_at issued_at due_at rule",
        "dead_letters": "log_id feed source_partition source_offset reason detail preview file line received_at status "
        "revision",
        "all_clears": "log_id source_partition source_offset number grid at received_at",
        "latencies": "event_id feed urgency life_safety received_at accepted_ms decided_ms ordered_ms",
        "hand_overs": "incident_id from_line to_line reason opened_at pushed_at acknowledged_at revision",
        "incident_corrections": "log_id source_partition source_offset number event_id incident_id outcome by reason "
        "corrected_at received_at",
        "order_steps": "order_id number position step at by reason to_unit into item stage due_at issued_at",
        "supervision": "signal_id kind order_id unit to_unit level at due_at",
        "warnings": "warning_id revision change subject place kind colour counted expected raised_at at",
        "receipts": "log_id feed source_partition source_offset outcome received_at",
        "items": "code name class_code class_name domain level life_safety",
        "areas": "code name level parent lon lat population",
        "units": "code name kind sector territory parent lon lat",
    }


@pytest.mark.parametrize(
    ("text", "kind", "code"),
    [
        ("Code: 60. DB::Exception: no such table. Stack trace:\n\n0. secret", WarehouseError, 60),
        ("Code: 252. DB::Exception: Too many parts", WarehouseUnavailable, 252),
        ("Code: 243. DB::Exception: Cannot reserve 1.00 MiB, not enough space", WarehouseUnavailable, 243),
        ("filesystem error: No space left on device", WarehouseUnavailable, 0),
        ("something else", WarehouseError, 0),
    ],
)
def test_messages_of_engines(text: str, kind: type[WarehouseError | WarehouseUnavailable], code: int) -> None:
    error = engine_error(text, "events")
    assert type(error) is kind
    assert error.code == code
    assert str(error).startswith("events: ")
    assert "secret" not in str(error)
