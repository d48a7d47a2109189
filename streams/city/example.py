"""The example city: a new folder to start from."""

from __future__ import annotations

import shutil
from pathlib import Path

from streams.errors import SanwangError

_HERE = Path(__file__).parent
_EXAMPLE, _DEMO = _HERE / "example_data", _HERE / "demo_data"
_SHARED = ("catalogue.csv", "codes/hotline.csv", "codes/police.csv", "codes/grid.csv")  # every city starts from these


def new_city(folder: Path) -> None:
    """Write a small commented example city into `folder`. Raises SanwangError if there is something in it already."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise SanwangError(f"{folder} is not an empty folder: nothing was written")
    (folder / "codes").mkdir(parents=True)
    for source in sorted(_EXAMPLE.iterdir()):
        shutil.copyfile(source, folder / source.name)
    for name in _SHARED:
        shutil.copyfile(_DEMO / name, folder / name)
