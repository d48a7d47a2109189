"""Memory that was freed, back to the system.

The C library keeps what it has once had: the buffers through which a state of a million incidents was read would stay
with the process for its life.
"""

from __future__ import annotations

import ctypes


def return_freed() -> None:
    """Have the C library return what is free; nothing where it cannot (only glibc can)."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
