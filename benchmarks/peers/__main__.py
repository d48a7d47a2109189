"""`python -m benchmarks.peers NAME`: a peer's process, told by SANWANG_* variables."""

from __future__ import annotations

import importlib
import sys

from benchmarks.peers import PEERS
from streams.config import load_settings
from streams.errors import SanwangError


def main(name: str) -> None:
    """Run a peer until it is ended; raises SanwangError for a name that is none."""
    if name not in PEERS:
        raise SanwangError(f"there is no peer {name!r}; there are {', '.join(PEERS)}")
    module = name if name == "ceiling" else f"{name}_peer"
    importlib.import_module(f"benchmarks.peers.{module}").run(load_settings())


if __name__ == "__main__":
    main(sys.argv[1])
