"""One pipeline for all tests here that only feed it and look at it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.brokers import running
from tests.support.pipeline import Pipeline, pipeline, settings_on


@pytest.fixture(scope="package")
def steady(tmp_path_factory: pytest.TempPathFactory, demo_city_folder: Path) -> Iterator[Pipeline]:
    """A worker on the embedded broker that is never stopped; the account of everything fed to it has to close."""
    folder = tmp_path_factory.mktemp("steady")
    with (
        running("embedded", folder / "broker") as broker,
        pipeline(settings_on(broker.servers, folder, demo_city_folder), folder) as started,
    ):
        yield started
