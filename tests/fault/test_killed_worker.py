"""A worker killed with SIGKILL in mid-storm and started again: nothing lost, nothing counted twice."""

import asyncio
import time
from pathlib import Path

import pytest

from streams.city.city import City
from streams.flow.brokers import Broker
from streams.flow.topics import FEED_TOPICS, ORDERS
from streams.intake.simulator.play import Fed
from streams.wire.codec import Codec
from streams.wire.source import FileSource
from tests.support.pipeline import Pipeline, pipeline, send, settings_on, storm

RECORDS, SEED = 12_000, 7
KILLS = (0.2, 0.5, 0.8)  # of the records sent


@pytest.fixture
def fed(demo_city: City) -> list[Fed]:
    return storm(demo_city, SEED, RECORDS)


def test_account_closes_after_kills(own_broker, tmp_path: Path, demo_city_folder: Path, fed: list[Fed]) -> None:
    settings = settings_on(own_broker.servers, tmp_path, demo_city_folder)
    with pipeline(settings, tmp_path) as running:
        begun = 0
        for share in KILLS:
            upto = int(share * RECORDS)
            asyncio.run(send(settings, fed[begun:upto]))
            begun = upto
            time.sleep(0.3)  # in the middle of it: some chunks are decided, some told, few committed
            running.kill()
            running.restart()
        asyncio.run(send(settings, fed[begun:]))
        account = running.account(90)
        assert account.closed, account
        assert sum(line.received for line in account.lines) == RECORDS
        _nothing_twice(running, fed)
        _orders_reached_the_topic(running)


def _nothing_twice(running: Pipeline, fed: list[Fed]) -> None:
    """ClickHouse against the input: every good report once, every incident with exactly one lead."""
    reports = {(one.topic, one.key) for one in fed if one.record and not one.spoiled and "allclears" not in one.topic}
    [(events, ids)] = running.ask(
        "SELECT countIf(outcome != 'redelivered'), uniqExact(event_id) FROM sanwang.events FINAL"
    )
    assert events == ids, running.ask(
        "SELECT event_id, groupArray((outcome, source_partition, source_offset, version)) FROM sanwang.events FINAL "
        "WHERE outcome != 'redelivered' GROUP BY event_id HAVING count() > 1"
    )
    known = {f"{FEED_TOPICS[topic]}:{key.decode()}" for topic, key in reports}
    told = {row[0] for row in running.ask("SELECT DISTINCT event_id FROM sanwang.events")}
    assert known <= told
    [(incidents, reported)] = running.ask("SELECT count(), sum(reports) FROM sanwang.incidents FINAL")
    [(new,)] = running.ask("SELECT countIf(outcome = 'new') FROM sanwang.events FINAL")
    assert (incidents, reported) == (new, events)
    assert running.ask("SELECT order_id FROM sanwang.orders FINAL GROUP BY order_id HAVING count() > 1") == []
    without_lead = running.ask(
        "SELECT incident_id FROM sanwang.incidents FINAL WHERE NOT closed AND incident_id NOT IN "
        "(SELECT incident_id FROM sanwang.orders FINAL WHERE role = 'lead')"
    )
    assert without_lead == []


def _orders_reached_the_topic(running: Pipeline) -> None:
    """Every order that ClickHouse knows was confirmed by the broker, and nothing else was."""
    codec = Codec(FileSource())
    with Broker(running.settings.kafka.bootstrap) as broker:
        sent = {codec.decode("Order", record.value or b"")["order_id"] for record in broker.records(ORDERS)}
    assert sent == {row[0] for row in running.ask("SELECT order_id FROM sanwang.orders FINAL")}
