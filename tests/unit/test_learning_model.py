"""Features, training and model files, on made-up reports."""

import zipfile
from pathlib import Path

import numpy as np
import pytest

from streams.errors import SanwangError
from streams.learning.calibrate import calibration_error, temperature_of, threshold_of
from streams.learning.features import NO_GRAM, READ, Lookup, grams, vocabulary_of
from streams.learning.figures import measure
from streams.learning.folds import fold_of, near_duplicates
from streams.learning.model import Model, Weights
from streams.learning.model_file import ModelFileError, load_model, save_model, sealed
from streams.learning.train import train
from tests.support.history import reports


@pytest.fixture(scope="module")
def model() -> Model:
    return train(*reports())


def test_quality_on_the_made_up_set(model) -> None:
    assert model.facts.macro_f1 >= 0.95
    assert measure(model, *reports(7)).macro_f1 >= 0.95


def test_same_input_same_bytes(model, tmp_path) -> None:
    save_model(model, tmp_path / "one")
    save_model(train(*reports()), tmp_path / "two")
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_another_text_is_another_version(model) -> None:
    texts, labels = reports()
    assert train([*texts, "东湖小学旁垃圾很多没人清扫"], [*labels, "环卫"]).version != model.version


def test_a_loaded_model_answers_the_same(model, tmp_path) -> None:
    save_model(model, tmp_path / "m")
    loaded = load_model(tmp_path / "m")
    assert loaded.version == model.version
    assert loaded.facts == model.facts
    assert loaded.answers(reports()[0]) == model.answers(reports()[0])


def test_neighbours_in_a_chunk_make_no_difference(model) -> None:
    texts = [*reports()[0], "", "\0\0", "水", "ｗａｔｅｒ 水管", "长" * (READ + 50)] * 30
    assert model.answers(texts) == [model.answers([text])[0] for text in texts]


@pytest.mark.parametrize("text", ["", " \n", "zzz", "\0", "Ω≈ç"])
def test_no_answer_on_nothing(model, text) -> None:
    answer = model.answers([text])[0]
    assert (answer.label, answer.probability) == ("", 0.0)


def test_what_speaks_for_all_alike_is_no_answer(model) -> None:
    answer = model.answers(["你好，请尽快处理，谢谢"])[0]
    assert answer.label == ""
    assert answer.probability < model.facts.threshold
    assert answer.alternatives


def test_probabilities_are_a_distribution(model) -> None:
    assert np.allclose(model.probabilities(reports()[0]).sum(axis=1), 1, atol=1e-5)
    assert model.probabilities([]).shape == (0, 4)


def test_width_case_blanks_and_digits_make_no_difference() -> None:
    one, other = (grams([text])[0] for text in ("ＡＢ路 １２号", "ab路34号"))
    assert np.array_equal(one, other)


def test_no_pair_crosses_two_texts() -> None:
    vocabulary = vocabulary_of(["甲乙", "乙甲"], 1)
    apart = grams(["甲", "乙"])[0]
    assert (Lookup(vocabulary).places(apart)[1] == 0).all()  # NO_GRAM stands first


@pytest.mark.parametrize("many", [1, 2, 500, 20_000])
def test_every_gram_is_found_in_its_place_and_no_other(many) -> None:
    drawn = np.random.default_rng(many).integers(1, 1 << 42, 2 * many, dtype=np.uint64)
    vocabulary = np.unique(np.append(drawn[:many], NO_GRAM))
    strange = np.setdiff1d(drawn, vocabulary)
    lookup = Lookup(vocabulary)
    assert np.array_equal(lookup.places(vocabulary), np.arange(len(vocabulary)))
    assert (lookup.places(strange) == len(vocabulary)).all()


def test_near_duplicates_and_given_groups_stay_together() -> None:
    burst = "云河路自来水管爆裂漏水"
    texts = [f"{burst}请来抢修", "渡口社区停电", f"{burst}快来抢修", "望江花园电梯坏了", "南门有人打架"]
    groups = near_duplicates(texts, ["", "a", "", "", "a"])
    assert groups.tolist() == [0, 1, 0, 3, 1]


def test_folds_keep_groups_whole_and_classes_even() -> None:
    groups = np.arange(100) // 2
    classes = (np.arange(100) // 2) % 2
    fold = fold_of(groups, classes, 5, 0)
    assert all(len(set(fold[groups == group].tolist())) == 1 for group in range(50))
    assert all(8 <= np.sum((fold == n) & (classes == c)) <= 12 for n in range(5) for c in (0, 1))


def test_calibration_knows_the_sure_from_the_unsure() -> None:
    random = np.random.default_rng(1)
    best = random.uniform(0.2, 1, 20_000).astype(np.float32)
    right = random.uniform(size=20_000) < best
    assert calibration_error(best, right) < 0.02
    assert calibration_error(np.full(20_000, 0.99, dtype=np.float32), right) > 0.3
    assert threshold_of(best, right) == pytest.approx(2 / 3, abs=0.05)
    assert threshold_of(best, np.zeros(20_000, dtype=bool)) == 1.0


def test_temperature_sharpens_what_is_always_right() -> None:
    scores = np.array([[1.0, -1.0], [-1.0, 1.0]] * 50, dtype=np.float32)
    classes = np.array([0, 1] * 50)
    assert temperature_of(scores, classes) > temperature_of(scores, np.r_[classes[:70], 1 - classes[70:]])


@pytest.mark.parametrize(
    ("texts", "labels", "said"),
    [
        pytest.param(["水"] * 9, ["a"] * 9, "1 labels", id="one label"),
        pytest.param([*reports()[0], "停水"], [*reports()[1], "少"], "'少' has 1 texts", id="a rare label"),
    ],
)
def test_what_cannot_be_learned_is_said(texts, labels, said) -> None:
    with pytest.raises(SanwangError, match=said):
        train(texts, labels)


def damaged(path: Path, name: str, data: bytes) -> Path:
    """A copy of a model file with one member replaced."""
    copy = path.with_name("damaged")
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(copy, "w") as new:
        for member in old.namelist():
            new.writestr(member, data if member == name else old.read(member))
    return copy


def test_files_that_are_no_whole_model_are_refused(model, tmp_path) -> None:
    path = tmp_path / "m"
    save_model(model, path)
    pickled = b"\x93NUMPY\x01\x00v\x00" + b"{'descr': '|O', 'fortran_order': False, 'shape': (1,), }".ljust(117) + b"\n"
    for name, data in (("table.npy", pickled + b"cos\nsystem\n"), ("bias.npy", b""), ("header.json", b"{}")):
        with pytest.raises(ModelFileError):
            load_model(damaged(path, name, data))
    (tmp_path / "text").write_text("no zip")
    for wrong in (tmp_path / "text", tmp_path / "absent"):
        with pytest.raises(ModelFileError):
            load_model(wrong)


def test_numbers_that_are_none_are_refused(model, tmp_path) -> None:
    weights = Weights(model.weights.vocabulary, np.full_like(model.weights.table, np.nan), model.weights.bias)
    save_model(sealed(model.facts, weights), tmp_path / "m")
    with pytest.raises(ModelFileError, match="numbers that are none"):
        load_model(tmp_path / "m")


def test_a_model_of_two_labels() -> None:
    texts, labels = zip(*[(t, n) for t, n in zip(*reports(), strict=True) if n in ("供水", "噪声")], strict=True)
    two = train(texts, labels)
    assert [a.label for a in two.answers(["云河路自来水管爆裂漏水", "夜里施工噪声扰民吵得睡不着"])] == ["供水", "噪声"]
