"""Endpoints out of the city's units, their secrets, and the signature that receivers check."""

from __future__ import annotations

from pathlib import Path

import pytest

from streams.city.example import new_city
from streams.city.faults import CityFaults
from streams.city.load import load_city
from streams.core.unit import Unit
from streams.errors import SanwangError
from streams.push.endpoints import endpoints_of, read_secret
from streams.push.signing import signature
from tests.support.receiver import SECRET

URL = "https://dept.example/orders"


def unit(code: str, endpoint: str = "") -> Unit:
    return Unit(code, code, "department", "x", "990200000000", endpoint=endpoint)


def test_the_signature_is_that_of_standard_webhooks(tmp_path: Path) -> None:
    """The test vector of its reference libraries (github.com/standard-webhooks/standard-webhooks)."""
    file = tmp_path / "U1"
    file.write_text("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    signed = signature(read_secret(file), "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
    assert signed == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_units_of_one_address_share_a_courier(tmp_path: Path) -> None:
    for code in ("B", "A", "C"):
        (tmp_path / code).write_text(SECRET + "\n")
    units = [unit("B", URL), unit("A", URL), unit("C", URL + "/c"), unit("D")]
    found = endpoints_of(units, tmp_path)
    told = [(one.name, one.url, sorted(one.secrets)) for one in found]
    assert told == [("A", URL, ["A", "B"]), ("C", URL + "/c", ["C"])]


@pytest.mark.parametrize("text", ["", "secret", "whsec_", "whsec_c2hvcnQ=", "whsec_!!!!", "密码"])
def test_a_secret_that_is_none_is_said_with_its_file(tmp_path: Path, text: str) -> None:
    file = tmp_path / "U1"
    file.write_text(text)
    with pytest.raises(SanwangError, match="U1 holds no secret: whsec_ and base64"):
        read_secret(file)


def test_a_missing_secret_is_said_with_its_unit(tmp_path: Path) -> None:
    with pytest.raises(SanwangError, match=r"secret of unit U1: .*No such file"):
        endpoints_of([unit("U1", URL)], tmp_path)


def city_with(folder: Path, endpoint: str) -> Path:
    new_city(folder)
    file = folder / "units.csv"
    lines = file.read_text("utf-8").splitlines()
    header = next(number for number, line in enumerate(lines) if not line.startswith("#"))
    lines[header] += ",endpoint"
    lines[header + 1 :] = [f"{line}," for line in lines[header + 1 :]]
    lines[header + 1] += endpoint
    file.write_text("\n".join(lines) + "\n", "utf-8")
    return folder


def test_a_city_names_endpoints_in_its_units(tmp_path: Path) -> None:
    units = load_city(city_with(tmp_path / "city", URL)).units.values()
    assert [(one.code, one.endpoint) for one in units if one.endpoint] == [("GOV", URL)]


@pytest.mark.parametrize("text", ["dept.example", "ftp://dept.example/x", "https://", "https://me:secret@dept.example/",
                                  "https://dept.example:port/"])  # fmt: skip
def test_an_address_that_is_none_is_a_fault(tmp_path: Path, text: str) -> None:
    with pytest.raises(CityFaults, match=r"units\.csv:\d+:\d+: .* is no address \(write https://HOST/PATH"):
        load_city(city_with(tmp_path / "city", text))
