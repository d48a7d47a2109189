"""The model of a worker: loaded, watched, replaced between two chunks; a broken one never takes the place of a good."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from streams.city.faults import CityFaults
from streams.core.opinion import Classes, Opinion
from streams.flow.opinions import Opinions
from streams.learning.items import ItemModel, opinion_of
from streams.learning.model_file import ModelFileError, save_model
from streams.learning.train import train
from streams.telemetry.metrics import Metrics
from tests.support.demo_catalogue import catalogue
from tests.support.history import ITEM_OF, reports
from tests.unit.test_opinion import event

CATALOGUE = catalogue()
LABELS = "[labels]\n" + "".join(f'"{label}" = "{item}"\n' for label, item in ITEM_OF.items())
QUIET = "渡口社区夜里施工吵得睡不着"
MIXED = "车停在垃圾桶边"


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Two model files of one history: the second has learned one report more."""
    folder = tmp_path_factory.mktemp("models")
    texts, labels = reports()
    save_model(train(texts, labels), folder / "one")
    save_model(train([*texts, "东湖小学旁垃圾很多没人清扫"], [*labels, "环卫"]), folder / "two")
    return folder / "one", folder / "two"


def put(folder: Path, model: Path | bytes, by: str = "both") -> None:
    """Put a model and its classes.toml into a city folder, each in one stroke as a careful person would."""
    data = model if isinstance(model, bytes) else model.read_bytes()
    for name, content in (("m.zip", data), ("classes.toml", f'by = "{by}"\nmodel = "m.zip"\n{LABELS}'.encode())):
        (folder / "new").write_bytes(content)
        (folder / "new").replace(folder / name)


def value(metrics: Metrics, name: str, **labels: str) -> float:
    return metrics.registry.get_sample_value(name, labels) or 0.0


async def until(true: Callable[[], Any]) -> None:
    async with asyncio.timeout(10):
        while not true():
            await asyncio.sleep(0.01)


def version(opinions: Opinions) -> str:
    return opinions.on([event(QUIET)])[0].model


def test_a_label_without_an_item_and_an_item_without_a_label_are_told(trained: tuple[Path, Path]) -> None:
    for labels, said in (
        ({}, "label '交通' \\(and 3 more\\) of the model is no item"),
        ({**ITEM_OF, "供电": "41002"}, "label '供电' under \\[labels\\] is no label of the model"),
    ):
        with pytest.raises(ModelFileError, match=said) as told:
            opinion_of(Classes("both", str(trained[0]), labels=labels), CATALOGUE)
        assert str(trained[0]) in str(told.value)


def test_items_probabilities_and_versions(trained: tuple[Path, Path]) -> None:
    mapped = opinion_of(Classes("model", str(trained[0]), labels=ITEM_OF), CATALOGUE)
    assert isinstance(mapped, Opinion)
    [found, nothing] = mapped.learned.classify([QUIET, "你好，请尽快处理，谢谢"])
    assert (found.item, found.by, found.reasons) == (ITEM_OF["噪声"], "model", ("label 噪声",))
    assert 0.5 < found.score <= 1
    assert set(found.alternatives) <= set(ITEM_OF.values()) - {found.item}
    assert nothing.by == "none"
    strict = opinion_of(Classes("model", str(trained[0]), 1.0, ITEM_OF), CATALOGUE)
    assert isinstance(strict, Opinion)
    assert mapped.learned.classify([MIXED])[0].by == "model"
    assert strict.learned.classify([MIXED])[0].by == "none"
    file, digest = mapped.version.split("+")
    assert strict.version.startswith(f"{file}+")
    assert not strict.version.endswith(digest)


def test_a_city_with_a_broken_model_does_not_start(tmp_path: Path) -> None:
    put(tmp_path, b"no model")
    with pytest.raises(ModelFileError):
        Opinions(tmp_path, CATALOGUE, Metrics())
    (tmp_path / "classes.toml").write_text('by = "bth"')
    with pytest.raises(CityFaults):
        Opinions(tmp_path, CATALOGUE, Metrics())


async def test_models_and_modes_change_while_it_works(tmp_path: Path, trained: tuple[Path, Path]) -> None:
    metrics = Metrics()
    opinions = Opinions(tmp_path, CATALOGUE, metrics)
    assert version(opinions) == ""
    async with opinions.watched(0.01):
        put(tmp_path, trained[0])
        await until(lambda: version(opinions))
        first = version(opinions)
        assert value(metrics, "sanwang_model_info", by="both", version=first) == 1
        put(tmp_path, trained[1])
        await until(lambda: version(opinions) != first)
        assert value(metrics, "sanwang_model_info", by="both", version=first) == 0
        (tmp_path / "classes.toml").unlink()
        await until(lambda: version(opinions) == "")
        assert value(metrics, "sanwang_model_info", by="rules", version="") == 1


async def test_a_broken_file_leaves_the_model_in_use(tmp_path: Path, trained: tuple[Path, Path]) -> None:
    put(tmp_path, trained[0])
    metrics = Metrics()
    opinions = Opinions(tmp_path, CATALOGUE, metrics)
    first = version(opinions)
    async with opinions.watched(0.01):
        put(tmp_path, b"half a model")
        await until(lambda: value(metrics, "sanwang_model_failures_total", step="load"))
        assert version(opinions) == first
        put(tmp_path, trained[1])
        await until(lambda: version(opinions) != first)


def test_a_model_that_fails_takes_nothing_away(
    tmp_path: Path, trained: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path, trained[0])
    metrics = Metrics()
    opinions = Opinions(tmp_path, CATALOGUE, metrics)

    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(ItemModel, "classify", broken)
    events = [event(QUIET)]
    assert opinions.on(events) == events
    assert value(metrics, "sanwang_model_failures_total", step="classify") == 1


