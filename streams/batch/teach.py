"""Training and judging models on labelled files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from streams.batch.rows import cell, read_rows, text_of
from streams.errors import FileFault
from streams.learning.figures import Figures, measure
from streams.learning.model import Model
from streams.learning.model_file import load_model, save_model
from streams.learning.train import train


def train_file(
    file: Path, text: Sequence[str], label: str, out: Path, group: str = "", seed: int = 0
) -> Model:  # fmt: skip
    """Train on the labelled rows of `file` and write the model to `out`; rows with an empty label are left out.

    Rows with one value in the column `group` are kept in one fold. Raises FileFault for a file that cannot be read or
    has no labels, SanwangError for labels that cannot be learned.
    """
    needed = (*text, label, group) if group else (*text, label)
    data = read_rows(file, needed)
    rows = [row for row in data.rows if cell(row, label)]
    if not rows:
        raise FileFault(data.file, 1, 1, f"column {label} is empty in all rows")
    groups = [cell(row, group) for row in rows] if group else ()
    model = train([text_of(row, text) for row in rows], [cell(row, label) for row in rows], groups, seed)
    save_model(model, out)
    return model


def evaluate_file(model: Path, file: Path, text: Sequence[str], label: str) -> Figures:
    """Judge a model file on the labelled rows of `file`. Raises ModelFileError and FileFault."""
    loaded = load_model(model)
    data = read_rows(file, (*text, label))
    rows = [row for row in data.rows if cell(row, label)]
    if not rows:
        raise FileFault(data.file, 1, 1, f"column {label} is empty in all rows")
    return measure(loaded, [text_of(row, text) for row in rows], [cell(row, label) for row in rows])
