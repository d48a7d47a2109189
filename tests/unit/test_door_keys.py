"""API keys: only hashes are kept, scopes are checked, and a change of the file counts without a restart."""

from __future__ import annotations

from pathlib import Path

import pytest

from streams.door import keyring
from streams.door.key_file import new_key, revoke_key
from streams.door.keyring import Key, KeyRing, read_keys
from streams.door.limits import Rates, Room
from streams.door.problems import Problem
from streams.errors import SanwangError
from tests.support.command import said, sanwang


def test_a_key_is_shown_once_and_kept_as_a_hash(tmp_path: Path) -> None:
    file = tmp_path / "new" / "door.keys"
    secret = new_key(file, "hotline platform", ["reports:hotline", "all-clears"], 50)
    assert secret not in file.read_text()
    assert file.stat().st_mode & 0o777 == 0o600
    found = KeyRing(file).find(secret)
    assert found is not None
    assert (found.name, found.scopes, found.rate) == ("hotline platform", ("reports:hotline", "all-clears"), 50)
    assert KeyRing(file).find(secret + "x") is None
    assert KeyRing(file).find(found.sha256) is None


@pytest.mark.parametrize(("name", "scopes", "rate", "message"), [
    ("one", ["reports:hotline"], 1.0, "there is a key 'one' already"),
    ("", ["open311"], 1.0, "a name of 1 to 60"),
    ("two", [], 1.0, "at least one --scope"),
    ("two", ["reports:weather"], 1.0, "'reports:weather' is no scope; scopes are reports:hotline"),
    ("two", ["orders:"], 1.0, "is no scope"),
    ("two", ["open311"], 0.0, "rate 0"),
    ("two", ["open311"], float("nan"), "rate nan"),
])  # fmt: skip
def test_a_key_that_cannot_be_is_said(tmp_path: Path, name: str, scopes: list[str], rate: float, message: str) -> None:
    file = tmp_path / "door.keys"
    new_key(file, "one", ["open311"], 1.0)
    before = file.read_bytes()
    with pytest.raises(SanwangError, match=message):
        new_key(file, name, scopes, rate)
    assert file.read_bytes() == before


def test_a_revoked_key_opens_nothing_any_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keyring, "_LOOK_S", 0.0)
    file = tmp_path / "door.keys"
    ring = KeyRing(file)
    assert ring.find("nothing") is None  # no file yet
    secret, other = (new_key(file, name, ["open311"], 1.0) for name in ("one", "other"))
    assert ring.find(secret)
    revoke_key(file, "one")
    assert ring.find(secret) is None
    assert ring.find(other)
    with pytest.raises(SanwangError, match="no key 'one'"):
        revoke_key(file, "one")
    file.write_text("[{")  # somebody edits it
    assert ring.find(other)


@pytest.mark.parametrize("text", ["{", '[{"name": "x"}]', '[{"name":"x","sha256":"","scopes":["all"]}]', "\udcff"])
def test_a_broken_file_is_said(tmp_path: Path, text: str) -> None:
    file = tmp_path / "door.keys"
    file.write_text(text, errors="surrogateescape")
    with pytest.raises(SanwangError, match=r"door\.keys|is no scope"):
        read_keys(file)


@pytest.mark.parametrize(("scopes", "asked", "may"), [
    (["orders:*"], "orders:U1", True), (["orders:U1"], "orders:U2", False), (["orders:U1"], "orders:U1", True),
    (["orders:*"], "reports:grid", False), (["reports:grid"], "reports:grid", True), (["open311"], "all-clears", False),
])  # fmt: skip
def test_scopes(scopes: list[str], asked: str, *, may: bool) -> None:
    assert Key("x", "", tuple(scopes)).may(asked) is may


def test_the_command_makes_lists_and_revokes(tmp_path: Path) -> None:
    environ = {"SANWANG_DOOR_KEYS_FILE": str(tmp_path / "door.keys")}
    scopes = ("--scope", "orders:U1", "--scope", "open311")
    made = sanwang("door", "keys", "new", "dept", *scopes, "--rate", "5", environ=environ)
    assert made.stdout.startswith("sanwang_")
    assert sanwang("door", "keys", "list", environ=environ).stdout == "dept  orders:U1 open311  5/s\n"
    assert sanwang("door", "keys", "revoke", "dept", environ=environ).returncode == 0
    refused = sanwang("door", "keys", "new", "dept", "--scope", "orders", environ=environ)
    assert (refused.returncode, "is no scope" in refused.stderr) == (1, True)
    assert said("door", "--help")


def test_ten_seconds_worth_may_come_at_once_and_then_its_rate(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    rates, key = Rates(lambda: now[0]), Key("x", "", (), rate=2.0)
    rates.spend(key, 15)
    rates.spend(key, 15)  # five tokens were left: it passes, and leaves a debt of ten
    with pytest.raises(Problem) as slow:
        rates.spend(key, 1)
    assert (slow.value.status, slow.value.headers()["Retry-After"]) == (429, "6")
    now[0] = 6.0
    rates.spend(key, 1)
    rates.spend(Key("y", "", (), rate=2.0), 1)  # another client has a rate of its own
    now[0] = 1e6
    rates.spend(key, 20)
    with pytest.raises(Problem):
        rates.spend(key, 1)


def test_there_is_room_for_so_many_bytes_and_always_for_one_request() -> None:
    room = Room(100)
    with room.hold(300):
        with pytest.raises(Problem, match="too much is waiting") as full, room.hold(1):
            pass
        assert (full.value.status, full.value.headers()["Retry-After"]) == (503, "1")
    with room.hold(60), room.hold(40):
        assert room.taken == 100
    assert room.taken == 0
