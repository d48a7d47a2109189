"""What was measured, for people (tables) and for programs (JSON)."""

from __future__ import annotations

import msgspec
from rich.console import Group
from rich.table import Table

from streams.learning.figures import Figures
from streams.learning.labeller import Labelled
from streams.learning.model import Facts, Model


def labelled_shown(labelled: Labelled) -> Table:
    """What one text is about."""
    table = Table("item", "name", "class", "by", "score", "reasons", "alternatives")
    words, others = "、".join(labelled.reasons), "、".join(labelled.alternatives)
    score = f"{labelled.score:.2f}"
    table.add_row(labelled.label or "-", labelled.name, labelled.class_name, labelled.by, score, words, others)
    return table


def training_shown(model: Model) -> Table:
    """What a model's training found, judged out of fold."""
    table = Table("training", "", title=f"model {model.version}")
    for name, value in msgspec.structs.asdict(model.facts).items():
        table.add_row(name.replace("_", " "), "、".join(value) if name == "labels" else str(value))
    return table


def figures_shown(figures: Figures) -> Group:
    """Overall figures, those of each label, and the confusion of labels."""
    overall = Table("texts", "accuracy", "macro F1", "calibration error", "answered", "right when answered",
                    title=f"model {figures.version}")  # fmt: skip
    values = (figures.accuracy, figures.macro_f1, figures.calibration_error, figures.answered)
    overall.add_row(str(figures.texts), *(f"{value:.4f}" for value in (*values, figures.right_when_answered)))
    classes = Table("label", "texts", "precision", "recall", "F1", title="each label")
    for one in figures.classes:
        classes.add_row(one.label, str(one.texts), f"{one.precision:.3f}", f"{one.recall:.3f}", f"{one.f1:.3f}")
    confusion = Table("true \\ guessed", *(one.label for one in figures.classes), title="confusion")
    for one, row in zip(figures.classes, figures.confusion, strict=True):
        confusion.add_row(one.label, *(str(count) for count in row))
    return Group(overall, classes, confusion)


def figures_json(figures: Figures) -> str:
    """All figures as JSON."""
    return msgspec.json.format(msgspec.json.encode(figures), indent=2).decode()


def facts_json(facts: Facts) -> str:
    """What a model says of its training, as JSON."""
    return msgspec.json.format(msgspec.json.encode(facts), indent=2).decode()
