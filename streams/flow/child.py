"""Child processes that end with us, however we end."""

from __future__ import annotations

import shutil


def tied(command: list[str]) -> list[str]:
    """Return the command so changed that Linux kills its process when the thread that starts it is gone.

    That covers our own SIGKILL too. Where `setpriv` (util-linux) is absent the command stays as it is.
    """
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", "KILL", *command] if setpriv else command
