"""What every test can ask for: brokers, shared data, reproducible property tests."""

import itertools
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from streams.city.city import City
from streams.city.demo import write_demo_city
from streams.city.example import new_city
from streams.city.load import load_city
from tests.support.brokers import KINDS, AnyBroker, running
from tests.support.kafka_python import name_sockets
from tests.support.parallel import ByGroup, rank_of

settings.register_profile("ci", derandomize=True, deadline=None)
settings.register_profile("local", deadline=None)
settings.load_profile("ci" if os.environ.get("CI") == "true" else "local")
name_sockets()

CHECKOUT = Path(__file__).parent.parent
_prefixes = (f"t{number}." for number in itertools.count(1))


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByGroup:
    """With `-n`, tests go to the processes by groups."""
    return ByGroup(config, log)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """In such a process, long ones first."""
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: rank_of(item.nodeid))


@pytest.fixture(scope="session", params=KINDS)
def broker(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[AnyBroker]:
    """One broker of each kind for all tests: use topics of your own, see `prefix`."""
    with running(request.param, tmp_path_factory.mktemp(request.param)) as server:
        yield server


@pytest.fixture(params=KINDS)
def own_broker(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[AnyBroker]:
    """A broker for this test alone, that it may stop and start."""
    with running(request.param, tmp_path / "broker") as server:
        yield server


@pytest.fixture
def prefix() -> str:
    """What to begin the names of topics and groups with, so that tests on one broker do not meet."""
    return next(_prefixes)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real data that is not part of the project; tests that use it skip where it is absent."""
    folder = Path(os.environ.get("SANWANG_SHARED_DATA") or CHECKOUT.parent / "shared" / "data")
    if not folder.is_dir():
        pytest.skip(f"no shared data at {folder}: set SANWANG_SHARED_DATA to its folder")
    return folder


@pytest.fixture(scope="session")
def example_city(tmp_path_factory: pytest.TempPathFactory) -> City:
    """The small example city, loaded."""
    folder = tmp_path_factory.mktemp("city") / "example"
    new_city(folder)
    return load_city(folder)


@pytest.fixture(scope="session")
def demo_city_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo city, written once for all tests; nobody changes it."""
    folder = tmp_path_factory.mktemp("city") / "demo"
    write_demo_city(folder, 1)
    return folder


@pytest.fixture(scope="session")
def demo_city(demo_city_folder: Path) -> City:
    """The demo city, loaded."""
    return load_city(demo_city_folder)
