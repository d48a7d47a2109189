"""A ClickHouse server over TLS, with a user and an authority of its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from streams.config import ClickHouse
from streams.warehouse.errors import WarehouseError, WarehouseUnavailable
from streams.warehouse.opening import open_warehouse
from streams.warehouse.select import select
from streams.warehouse.server import ServerWarehouse
from tests.support.certificates import Certificates, make_certificates
from tests.support.clickhouse_server import PASSWORD, ClickHouseServer, require_server

pytestmark = pytest.mark.server


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return make_certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, certificates: Certificates) -> Iterator[ClickHouseServer]:
    require_server()
    with ClickHouseServer(tmp_path_factory.mktemp("clickhouse"), certificates) as running:
        yield running


def settings(server: ClickHouseServer, folder: Path, authority: Path, password: str = PASSWORD) -> ClickHouse:
    secret = folder / "secret"
    secret.write_text(password)
    url = f"clickhouses://writer@127.0.0.1:{server.secure_port}/sanwang"
    return ClickHouse(url=url, password_file=str(secret), ca_file=str(authority), http_port=server.https_port)


def test_both_ways_in_are_encrypted(server: ClickHouseServer, certificates: Certificates, tmp_path: Path) -> None:
    told = settings(server, tmp_path, certificates.authority)
    with closing(open_warehouse(told)) as warehouse:
        warehouse.execute("CREATE DATABASE IF NOT EXISTS sanwang")
        assert warehouse.query("SELECT 1 + 1") == [(2,)]
    assert select(told, "SELECT 3", "CSV") == b"3\n"


def test_an_unknown_authority_is_refused(server: ClickHouseServer, tmp_path: Path) -> None:
    told = settings(server, tmp_path, make_certificates(tmp_path / "other").authority)
    with closing(open_warehouse(told)) as warehouse, pytest.raises(WarehouseUnavailable, match="certificate"):
        warehouse.query("SELECT 1")
    with pytest.raises(WarehouseUnavailable, match="certificate"):
        select(told, "SELECT 1", "CSV")


def test_plain_text_to_the_tls_port_gets_nowhere(server: ClickHouseServer) -> None:
    url = f"clickhouse://writer@127.0.0.1:{server.secure_port}/sanwang"
    with closing(ServerWarehouse(url, PASSWORD)) as warehouse, pytest.raises(WarehouseUnavailable):
        warehouse.query("SELECT 1")


def test_a_wrong_user_is_refused_and_no_password_shown(
    server: ClickHouseServer, certificates: Certificates, tmp_path: Path
) -> None:
    told = settings(server, tmp_path, certificates.authority, "made-up-guess")
    with closing(open_warehouse(told)) as warehouse, pytest.raises(WarehouseError) as raised:
        warehouse.query("SELECT 1")
    assert "made-up-guess" not in str(raised.value)


@pytest.mark.parametrize("url", ["clickhouse://u:made-up-secret@host/other", "http://u:made-up-secret@host/"])
def test_a_wrong_url_is_shown_without_its_password(url: str) -> None:
    with pytest.raises(WarehouseError) as raised:
        ServerWarehouse(url)
    assert "made-up-secret" not in str(raised.value)


def test_a_missing_authority_is_named(tmp_path: Path) -> None:
    with pytest.raises(WarehouseError, match=r"ca_file .*nowhere\.pem cannot be used"):
        ServerWarehouse("clickhouses://host", ca_file=str(tmp_path / "nowhere.pem"))
