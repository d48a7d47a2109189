"""A running worker is given a model, a newer one, and none again: nothing is lost, and every report names its model."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

import pytest

from streams.city.city import City
from streams.learning.model_file import save_model
from streams.learning.train import train
from tests.integration.test_worker_life import closed, nothing_twice, until
from tests.support.asked import get
from tests.support.brokers import running
from tests.support.history import ITEM_OF, reports
from tests.support.pipeline import Pipeline, pipeline, send, settings_on, storm

RECORDS = 2400
LABELS = "[labels]\n" + "".join(f'"{label}" = "{item}"\n' for label, item in ITEM_OF.items())


def put(city: Path, name: str, content: str | bytes) -> None:
    """A file into a city folder, in one stroke."""
    new = city / f".{name}"
    new.write_bytes(content if isinstance(content, bytes) else content.encode())
    new.replace(city / name)


def versions(started: Pipeline) -> set[str]:
    return {model for (model,) in started.ask("SELECT DISTINCT model FROM sanwang.events FINAL")}


def in_use(started: Pipeline, by: str, other_than: str = "") -> bool:
    """Does the worker say that it classifies so?"""
    said = get(started.settings.telemetry.port, "/metrics")[1]
    lines = [line for line in said.splitlines() if line.startswith(f'sanwang_model_info{{by="{by}"')]
    return bool(lines) and (not other_than or other_than not in lines[0])


@pytest.mark.timeout(240)
def test_models_come_and_go_while_reports_stream_in(tmp_path: Path, demo_city_folder: Path, demo_city: City) -> None:
    city = tmp_path / "city"
    shutil.copytree(demo_city_folder, city)
    texts, labels = reports()
    save_model(train(texts, labels), tmp_path / "one")
    save_model(train([*texts, "东湖小学旁垃圾很多没人清扫"], [*labels, "环卫"]), tmp_path / "two")
    fed = storm(demo_city, 17, RECORDS)
    parts = [fed[start : start + RECORDS // 4] for start in range(0, RECORDS, RECORDS // 4)]
    with running("embedded", tmp_path / "broker") as broker:
        settings = settings_on(broker.servers, tmp_path, city)
        with pipeline(settings, tmp_path) as started:
            asyncio.run(send(settings, parts[0]))
            put(city, "m.zip", (tmp_path / "one").read_bytes())
            put(city, "classes.toml", f'by = "both"\nmodel = "m.zip"\n{LABELS}')
            until(lambda: in_use(started, "both"), 20, "the model is not taken")
            asyncio.run(send(settings, parts[1]))
            until(lambda: len(versions(started)) == 2, 20, "no report under the model arrives")
            [first] = versions(started) - {""}
            put(city, "m.zip", (tmp_path / "two").read_bytes())
            until(lambda: in_use(started, "both", other_than=first), 20, "the newer model is not taken")
            asyncio.run(send(settings, parts[2]))
            put(city, "classes.toml", 'by = "rules"')
            asyncio.run(send(settings, parts[3]))
            closed(started.account(60), RECORDS)
            nothing_twice(started.ask)
            assert len(versions(started)) == 3
            _who_decided(started)


def _who_decided(started: Pipeline) -> None:
    """The model where no code was and no danger; never without a version, never over danger to life in words."""
    by = dict(started.ask("SELECT classified_by, count() FROM sanwang.events FINAL WHERE model != '' GROUP BY 1"))
    assert by["model"] > 0
    assert by["code"] > 0
    none = "SELECT count() FROM sanwang.events FINAL WHERE classified_by = 'model' AND model = ''"
    assert started.ask(none) == [(0,)]
    items = {item for (item,) in started.ask("SELECT DISTINCT item FROM sanwang.events WHERE classified_by = 'model'")}
    assert items <= set(ITEM_OF.values())
