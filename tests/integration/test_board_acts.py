"""What the board changes, on a real broker and worker: a report taken off its incident, a dead letter sent again."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

import msgspec
import pytest

from streams.config import Board, Registry
from streams.flow.topics import HOTLINE_CALLS
from streams.wire.files import SchemaFiles
from streams.wire.framing import confluent_prefix
from tests.support.board import board_on
from tests.support.brokers import running
from tests.support.feeding import Raw, call, put
from tests.support.pipeline import Pipeline, pipeline, settings_on
from tests.support.ports import free_port
from tests.support.registry import FakeRegistry, fake_registry
from tests.support.web import Web

PATIENCE_S, UNKNOWN_ID = 60.0, 900
AUDIT = "SELECT account, subject, allowed FROM sanwang.board_audit WHERE act = 'unmerged' OR NOT allowed ORDER BY at"

ORDERED = "SELECT order_id FROM sanwang.orders FINAL WHERE incident_id = 'hotline:B'"
CORRECTED = "SELECT event_id, incident_id, outcome, reason FROM sanwang.incident_corrections FINAL"


class Scene(NamedTuple):
    """A pipeline with its registry, and the board of its figures."""

    pipeline: Pipeline
    registry: FakeRegistry
    url: str
    passwords: Mapping[str, str]

    def send(self, *records: bytes) -> list[int]:
        return asyncio.run(put(self.pipeline.settings.kafka.bootstrap, HOTLINE_CALLS, [Raw(one) for one in records]))

    def signed_in(self, name: str) -> Web:
        web = Web(self.url)
        assert web.sign_in(name, self.passwords[name]).text == "alive\n"
        return web


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory, demo_city_folder: Path) -> Iterator[Scene]:
    folder = tmp_path_factory.mktemp("acts")
    with fake_registry() as registry, running("embedded", folder / "broker") as broker:
        board = Board(port=free_port(), users_file=str(folder / "users.json"), key_file=str(folder / "session.key"))
        settings = msgspec.structs.replace(
            settings_on(broker.servers, folder, demo_city_folder), registry=Registry(registry.url), board=board
        )
        with pipeline(settings, folder) as started, board_on(settings, folder) as passwords:
            yield Scene(started, registry, f"http://127.0.0.1:{board.port}", passwords)


def until(holds: Callable[[], object], told: Callable[[], object]) -> None:
    ends = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < ends, told()
        time.sleep(0.2)


def test_a_report_is_taken_off_its_incident_by_who_may_and_the_page_shows_it_apart(scene: Scene) -> None:
    scene.send(call("A"), call("B"), call("C"))
    dispatcher, supervisor = scene.signed_in("dispatcher"), scene.signed_in("supervisor")

    def page(incident: str) -> str:
        return supervisor.get(f"/incident?id={quote(incident)}").text

    until(lambda: all(f"hotline:{one}" in page("hotline:A") for one in "ABC"), lambda: page("hotline:A"))
    assert "/unmerge" in page("hotline:A")
    assert supervisor.get("/incident?id=hotline:B").status == 404

    refused = dispatcher.post(
        "/unmerge", incident="hotline:A", event="hotline:B", csrf=dispatcher.token("/incidents"), reason="?"
    )
    assert refused.status == 403
    done = supervisor.post(
        "/unmerge", incident="hotline:A", event="hotline:B", csrf=supervisor.token("/incidents"), reason="另一盏灯"
    )
    assert done.status == 200
    assert "/incident?id=hotline" in done.url
    until(lambda: "hotline:B" not in page("hotline:A"), lambda: page("hotline:A"))
    assert "hotline:C" in page("hotline:A")
    until(lambda: supervisor.get("/incident?id=hotline:B").status == 200, lambda: page("hotline:B"))
    assert "hotline:C" not in page("hotline:B")
    until(lambda: scene.pipeline.ask(ORDERED), lambda: page("hotline:B"))
    split = [("hotline:B", "hotline:A", "split", "另一盏灯")]
    until(lambda: scene.pipeline.ask(CORRECTED) == split, lambda: scene.pipeline.ask(CORRECTED))

    expected = [("dispatcher", "unmerge hotline:B", 0), ("supervisor", "hotline:B from hotline:A", 1)]
    told = lambda: [row for row in scene.pipeline.ask(AUDIT) if "hotline:B" in row[1]]  # noqa: E731 - asked twice
    until(lambda: sorted(told()) == expected, told)


def test_a_dead_letter_sent_again_after_the_cause_is_gone_becomes_a_report(scene: Scene) -> None:
    [offset] = scene.send(confluent_prefix(UNKNOWN_ID) + call("late")[10:])
    supervisor = scene.signed_in("supervisor")
    letter = f"hotline/0/{offset}"

    def listed(status: str) -> list[str]:
        return re.findall(r"hotline/\d+/\d+", supervisor.get(f"/dead-letters?status={status}").text)

    until(lambda: letter in listed("open"), lambda: listed("open"))
    assert letter not in listed("replayed")
    assert supervisor.get("/incident?id=hotline:late").status == 404

    scene.registry.schemas[UNKNOWN_ID] = json.dumps(SchemaFiles().current("HotlineCall"))
    done = supervisor.post("/dead-letters", act="replayed", letter=letter, csrf=supervisor.token("/dead-letters"))
    assert done.status == 200
    assert "已完成: 1" in done.text
    until(lambda: "hotline:late" in supervisor.get("/reports?minutes=600").text, lambda: listed("open"))
    until(lambda: letter in listed("replayed"), lambda: listed("open"))
    assert letter not in listed("open")
    assert scene.pipeline.account(PATIENCE_S).closed
    [(account, subject)] = scene.pipeline.ask("SELECT account, subject FROM sanwang.board_audit WHERE act = 'replayed'")
    assert (account, subject) == ("supervisor", letter)
