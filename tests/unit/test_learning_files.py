"""Batch commands on made-up files: train, evaluate, classify."""

import csv
import json

import pytest
from rich.console import Console

from streams.batch.classify import classify_file
from streams.batch.rows import text_of
from streams.batch.shown import facts_json, figures_json, figures_shown, training_shown
from streams.batch.teach import evaluate_file, train_file
from streams.core.catalogue import OTHER
from streams.core.opinion import Classes
from streams.errors import FileFault
from streams.learning.items import ItemModel
from streams.learning.labeller import CityLabeller, ModelLabeller
from streams.learning.model_file import load_model
from tests.support.history import ITEM_OF, reports


@pytest.fixture(scope="module")
def history(tmp_path_factory):
    file = tmp_path_factory.mktemp("history") / "history.csv"
    with file.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(["title", "detail", "label"])
        writer.writerows([text[:6], text[6:], label] for text, label in zip(*reports(), strict=True))
        writer.writerow(["没有标签的一行", "", ""])
    return file


@pytest.fixture(scope="module")
def model_path(history):
    path = history.with_name("model")
    train_file(history, ("title", "detail"), "label", path)
    return path


def rows_of(path):
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_figures_as_table_and_json(history, model_path) -> None:
    figures = evaluate_file(model_path, history, ("title", "detail"), "label")
    assert figures.texts == len(reports()[0])
    assert figures.macro_f1 >= 0.95
    told = json.loads(figures_json(figures))
    assert told["version"] == load_model(model_path).version
    assert sum(map(sum, told["confusion"])) == figures.texts
    console = Console(record=True, width=120)
    console.print(figures_shown(figures), training_shown(load_model(model_path)))
    assert "噪声" in console.export_text()
    assert json.loads(facts_json(load_model(model_path).facts))["labels"] == ["交通", "供水", "噪声", "环卫"]


def test_a_label_that_the_model_does_not_know_is_never_found(history, model_path, tmp_path) -> None:
    file = tmp_path / "f.csv"
    file.write_text("title,detail,label\n云河路停水两天,没有通知,供水\n有人溺水,快来,救援\n", encoding="utf-8")
    figures = evaluate_file(model_path, file, ("title", "detail"), "label")
    assert figures.classes[-1].label == "救援"
    assert figures.classes[-1].recall == 0.0


def test_classify_a_file_by_model_rules_and_both(history, model_path, demo_city, tmp_path) -> None:
    file = tmp_path / "f.csv"
    file.write_text("id,text\n7,渡口社区夜里施工吵得睡不着\n8,三楼着火了有人被困\n9,\n", encoding="utf-8")
    model, out, catalogue = load_model(model_path), tmp_path / "out.csv", demo_city.catalogue
    count = classify_file(file, ("text",), out, ModelLabeller(catalogue, model))
    assert count["model"] >= 1
    assert [row["class_item"] for row in rows_of(out)][::2] == ["噪声", ""]
    classify_file(file, ("text",), out, CityLabeller(catalogue))
    ruled = rows_of(out)
    assert [row["class_by"] for row in ruled] == ["text", "text", "none"]
    learned = ItemModel(model, Classes("both", labels=ITEM_OF), catalogue.items)
    classify_file(file, ("text",), out, CityLabeller(catalogue, learned, "both"))
    both = rows_of(out)
    assert (both[0]["class_by"], both[0]["class_item"]) == ("model", ITEM_OF["噪声"])
    assert both[1]["class_item"] == ruled[1]["class_item"]  # a model has no say where life is in danger
    assert catalogue.items[both[1]["class_item"]].life_safety
    assert (both[2]["class_item"], both[2]["class_by"]) == (OTHER, "none")
    assert [row["id"] for row in both] == ["7", "8", "9"]


def test_quality_of_both_on_the_made_up_set(model_path, demo_city) -> None:
    """Codes of items as the running pipeline gives them, on reports that the model has not seen in these words."""
    texts, labels = reports(7)
    learned = ItemModel(load_model(model_path), Classes("both", labels=ITEM_OF), demo_city.catalogue.items)
    found = CityLabeller(demo_city.catalogue, learned, "both").label(texts)
    right = sum(one.label == ITEM_OF[label] for one, label in zip(found, labels, strict=True))
    assert right >= 0.95 * len(texts)
    assert {one.by for one in found} <= {"model", "text"}


def test_what_is_learned_is_scrubbed() -> None:
    row = {"title": "路灯不亮", "detail": "请打13800138000"}
    assert "13800138000" not in text_of(row, ("title", "detail"))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        pytest.param("title,label\n水,供水\n", "there is no column detail", id="a column is missing"),
        pytest.param("title,detail,label\n水,供水\n", ":2:1: bad_row", id="a cell is missing"),
        pytest.param("title,detail,label\n水,没水,\n", "label is empty in all rows", id="no labels"),
    ],
)
def test_faults_name_file_and_line(tmp_path, content, said) -> None:
    file = tmp_path / "f.csv"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(FileFault, match=said):
        train_file(file, ("title", "detail"), "label", tmp_path / "model")
