"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

DATA = Path(".sanwang")
Config = Annotated[Path | None, typer.Option("--config", envvar="SANWANG_CONFIG", help="Settings as a TOML file.")]
City = Annotated[Path | None, typer.Option(help="A city folder; that of the settings if not given.")]
