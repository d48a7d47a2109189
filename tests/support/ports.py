"""Free loopback ports below the range that the system hands to clients, so that nothing takes one during a restart."""

import itertools
import os
import socket

LOWEST, HIGHEST = 11_000, 32_000
_numbers = itertools.cycle(range(LOWEST, HIGHEST))
# Test runs beside each other start at different places, and the processes of one run far from each other.
_FAR = 7_001
_run = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
_next = itertools.islice(_numbers, (os.getpid() * 37 + _run * _FAR) % (HIGHEST - LOWEST), None)


def free_port() -> int:
    """A port on 127.0.0.1 that nobody listens on; every call gives another one."""
    for port in itertools.islice(_next, HIGHEST - LOWEST):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise RuntimeError(f"no free port between {LOWEST} and {HIGHEST}")
