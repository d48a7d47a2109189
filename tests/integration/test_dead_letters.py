"""Dead letters as an operator meets them, from the list to the last one dropped, on a worker with a schema registry."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from streams.config import Registry
from streams.errors import SanwangError
from streams.flow.brokers import Broker
from streams.flow.dead_letter_office import LetterId, drop_letters, list_letters, replay_letters, show_letter
from streams.flow.intake import REPLAY_HEADER
from streams.flow.topics import HOTLINE_CALLS, ORDERS
from streams.wire.files import SchemaFiles
from streams.wire.framing import confluent_prefix
from tests.support.brokers import running
from tests.support.command import said, sanwang
from tests.support.feeding import Raw, call, put
from tests.support.pipeline import Pipeline, pipeline, settings_on
from tests.support.ports import free_port
from tests.support.registry import FakeRegistry, fake_registry

UNKNOWN_ID, PHONE = 900, "13712345678"
UNKNOWN, HISTORY, CUT, BOTHERSOME = "hotline/0/0", "hotline/0/1", "hotline/0/2", "hotline/0/3"


@pytest.fixture(scope="module")
def registry() -> Iterator[FakeRegistry]:
    with fake_registry() as running_registry:
        yield running_registry


@pytest.fixture(scope="module")
def letters(
    tmp_path_factory: pytest.TempPathFactory, demo_city_folder: Path, registry: FakeRegistry
) -> Iterator[Pipeline]:
    """A pipeline that has refused two records of a schema nobody knows, two cut ones, and a row of a file."""
    folder = tmp_path_factory.mktemp("letters")
    with running("embedded", folder / "broker") as broker:
        settings = settings_on(broker.servers, folder, demo_city_folder)
        settings = msgspec.structs.replace(settings, registry=Registry(registry.url))
        with pipeline(settings, folder) as started:
            asyncio.run(_send(broker.servers))
            file = folder / "calls.csv"
            file.write_text(f"number,call_time,caller\nN1,20240931000000,{PHONE}\n", "utf-8")
            said("replay", str(file), "--feed", "hotline", "--wait", "30", settings=settings)
            yield started


async def _send(servers: str) -> None:
    prefix = confluent_prefix(UNKNOWN_ID)
    old = call("old", call_time="20200229080000", caller=PHONE)
    records = [
        Raw(prefix + call("new", caller=PHONE)[10:]),
        Raw(prefix + old[10:], headers=[(REPLAY_HEADER, b"1")]),
        Raw(call("cut", caller=PHONE)[:-4]),
        Raw(call("cut again", caller=PHONE)[:-4]),
    ]
    assert await put(servers, HOTLINE_CALLS, records) == [0, 1, 2, 3]


def status_of(pipeline: Pipeline, letter: str) -> str:
    _, partition, offset = letter.split("/")
    [(status,)] = pipeline.ask(
        "SELECT status FROM sanwang.dead_letters FINAL "
        f"WHERE source_partition = {partition} AND source_offset = {offset}"
    )
    return str(status)


def wait_status(pipeline: Pipeline, letter: str, status: str) -> None:
    ends = time.monotonic() + 15
    while status_of(pipeline, letter) != status:
        assert time.monotonic() < ends, f"{letter} is still {status_of(pipeline, letter)}"
        time.sleep(0.1)


def file_letter(pipeline: Pipeline) -> str:
    [(partition, offset)] = pipeline.ask(
        "SELECT source_partition, source_offset FROM sanwang.dead_letters FINAL WHERE file != ''"
    )
    return f"hotline/{partition}/{offset}"


def ids(table: str) -> list[str]:
    return re.findall(r"hotline/\d/\d+", table)


def listed(pipeline: Pipeline, status: str, reason: str = "") -> list[str]:
    return ids(list_letters(pipeline.settings, status, reason, 50).decode())


def test_list_and_show_tell_everything_but_who_called(letters: Pipeline) -> None:
    table = said("dead-letters", "list", settings=letters.settings)
    assert len(ids(table)) == len(set(ids(table))) == 5
    assert {UNKNOWN, HISTORY, CUT, BOTHERSOME} < set(ids(table))
    assert "calls.csv:2" in table
    assert f"the schema registry has no schema with id {UNKNOWN_ID}" in table
    few = said("dead-letters", "list", "--reason", "undecodable", "--limit", "1", settings=letters.settings)
    assert len(ids(few)) == 1
    assert set(listed(letters, "open", "undecodable")) == {CUT, BOTHERSOME}
    assert listed(letters, "replayed") == []
    shown = said("dead-letters", "show", CUT, settings=letters.settings)
    assert re.search(r"reason:\s+undecodable", shown)
    assert "cut" in shown
    of_file = show_letter(letters.settings, LetterId.parse(file_letter(letters))).decode()
    assert "N1" in of_file
    assert not [text for text in (table, shown, of_file) if PHONE in text]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("show", "hotline/0"), "'hotline/0' is no dead letter's id: feed/partition/offset"),
        (("replay", UNKNOWN, "hotline/0/99"), "there is no dead letter hotline/0/99"),
        (("drop",), "name dead letters (feed/partition/offset), or --reason"),
        (("replay", UNKNOWN, "--reason", "undecodable"), "name dead letters (feed/partition/offset), or --reason"),
        (("drop", "--reason", "x' OR 1=1"), "is no status or reason"),
    ],
)
def test_what_cannot_be_done_is_said_and_nothing_is(
    letters: Pipeline, arguments: tuple[str, ...], message: str
) -> None:
    before = letters.ask("SELECT * FROM sanwang.dead_letters ORDER BY ALL")
    done = sanwang("dead-letters", *arguments, settings=letters.settings)
    assert done.returncode == 1
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert letters.ask("SELECT * FROM sanwang.dead_letters ORDER BY ALL") == before


def test_without_a_broker_it_is_said_which_one_does_not_answer(letters: Pipeline) -> None:
    kafka = msgspec.structs.replace(letters.settings.kafka, bootstrap=f"127.0.0.1:{free_port()}")
    done = sanwang("dead-letters", "drop", CUT, settings=msgspec.structs.replace(letters.settings, kafka=kafka))
    assert done.returncode == 1
    assert f"sanwang: no broker answers at {kafka.bootstrap}" in done.stderr
    assert "Traceback" not in done.stderr
    assert status_of(letters, CUT) == "open"


def test_a_row_of_a_file_cannot_be_sent_again(letters: Pipeline) -> None:
    letter = file_letter(letters)
    with pytest.raises(SanwangError, match=f"{letter} is a row of a file that fits no record: mend the file"):
        asyncio.run(replay_letters(letters.settings, [LetterId.parse(CUT), LetterId.parse(letter)]))
    assert status_of(letters, letter) == status_of(letters, CUT) == "open"


def test_replay_makes_an_event_once_the_cause_is_gone(letters: Pipeline, registry: FakeRegistry) -> None:
    registry.schemas[UNKNOWN_ID] = json.dumps(SchemaFiles().current("HotlineCall"))
    assert said("dead-letters", "replay", UNKNOWN, settings=letters.settings) == "1 dead letters sent again\n"
    assert letters.account(30).closed
    event = letters.ask("SELECT outcome, replayed FROM sanwang.events FINAL WHERE event_id = 'hotline:new'")
    assert event == [("new", 0)]
    wait_status(letters, UNKNOWN, "replayed")
    assert status_of(letters, HISTORY) == "open"
    with Broker(letters.settings.kafka.bootstrap) as broker:  # with a registry, orders name the id of their schema
        [known] = [number for number, text in registry.schemas.items() if json.loads(text)["name"] == "Order"]
        assert {(record.value or b"")[:5] for record in broker.records(ORDERS)} == {confluent_prefix(known)}


def test_history_that_is_replayed_stays_history(letters: Pipeline) -> None:
    done = said("dead-letters", "replay", "--reason", "unknown_schema", settings=letters.settings)
    assert done == "1 dead letters sent again\n"
    assert letters.account(30).closed
    rows = letters.ask("SELECT replayed, toYear(occurred_at) FROM sanwang.events FINAL WHERE event_id = 'hotline:old'")
    assert rows == [(1, 2020)]
    wait_status(letters, HISTORY, "replayed")
    assert set(listed(letters, "replayed")) == {UNKNOWN, HISTORY}


def test_a_record_that_is_still_bad_gets_a_letter_of_its_own(letters: Pipeline) -> None:
    asyncio.run(replay_letters(letters.settings, [LetterId.parse(CUT)]))
    assert letters.account(30).closed
    wait_status(letters, CUT, "replayed")
    assert len(listed(letters, "open", "undecodable")) == 2  # the new one and the one that was never replayed


def test_dropped_letters_are_gone_from_the_list_and_stay_in_the_account(letters: Pipeline) -> None:
    done = said("dead-letters", "drop", "--reason", "undecodable", settings=letters.settings)
    assert done == "2 dead letters dropped\n"
    asyncio.run(drop_letters(letters.settings, [LetterId.parse(file_letter(letters))]))
    wait_status(letters, BOTHERSOME, "dropped")
    wait_status(letters, file_letter(letters), "dropped")
    assert listed(letters, "open") == []
    assert len(listed(letters, "all")) == 6
    account = letters.account(5)
    assert account.closed
    assert sum(line.outcomes.dead_letters for line in account.lines) == 6
