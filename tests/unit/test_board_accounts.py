"""The board's accounts: passwords, the file, sessions, rights."""

from __future__ import annotations

import stat
from itertools import pairwise
from pathlib import Path

import pytest

from streams.board.passwords import hashed, matches
from streams.board.roles import ROLES, User
from streams.board.session import TRIES, Patience, begin, is_ours, token_of, user_of
from streams.board.users import Users, first_start, read_users, remove_user, renew_password, set_user
from streams.errors import FileFault, SanwangError

COUNTY = "990101000000"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "board" / "users.json"


def test_a_password_is_kept_as_a_salted_hash() -> None:
    one, other = hashed("open sesame!"), hashed("open sesame!")
    assert one != other
    assert "sesame" not in one
    assert matches("open sesame!", one)
    assert not matches("open sesame?", one)
    with pytest.raises(SanwangError, match="5 characters"):
        hashed("short")


def test_the_first_start_makes_one_admin_and_tells_the_password_once(file: Path) -> None:
    password = first_start(file)
    assert password
    assert first_start(file) is None
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert password not in file.read_text("utf-8")
    admin = Users(file).proven("admin", password)
    assert admin is not None
    assert admin.role == "admin"


def test_accounts_are_set_changed_and_removed(file: Path) -> None:
    first_start(file)
    password = set_user(file, "wang", "viewer", "")
    assert password
    assert set_user(file, "wang", "dispatcher", COUNTY) is None  # the password stays
    users = Users(file)
    found = users.proven("wang", password)
    assert found is not None
    assert (found.role, found.area) == ("dispatcher", COUNTY)
    renewed = renew_password(file, "wang")
    assert users.proven("wang", password) is None
    assert users.proven("wang", renewed) is not None
    remove_user(file, "wang")
    assert users.get("wang") is None


def test_what_cannot_be_is_said(file: Path) -> None:
    first_start(file)
    with pytest.raises(SanwangError, match="last admin"):
        remove_user(file, "admin")
    with pytest.raises(SanwangError, match="no account 'nobody'"):
        renew_password(file, "nobody")
    with pytest.raises(SanwangError, match="no area code"):
        set_user(file, "wang", "viewer", "99")
    with pytest.raises(SanwangError, match="is no name"):
        set_user(file, "a b", "viewer", "")
    file.write_text('[{"name": "x"}]')
    with pytest.raises(FileFault, match=r"users\.json:1"):
        read_users(file)


def test_a_session_holds_while_account_and_password_stand(file: Path) -> None:
    first_start(file)
    set_user(file, "wang", "viewer", "")
    users, session = Users(file), {"csrf": "of before"}
    user = users.get("wang")
    assert user is not None
    begin(session, user)
    assert session["csrf"] != "of before"
    assert user_of(session, users) == user
    renew_password(file, "wang")
    assert user_of(session, users) is None
    assert user_of({"name": "wang", "stamp": "made up"}, users) is None
    assert user_of({}, users) is None


def test_a_form_has_to_bring_the_sessions_token() -> None:
    session: dict[str, str] = {}
    assert not is_ours(session, "")
    token = token_of(session)
    assert token_of(session) == token
    assert is_ours(session, token)
    assert not is_ours(session, token + "x")


def test_patience_ends_after_some_wrong_passwords_for_one_name() -> None:
    patience = Patience()
    for _ in range(TRIES):
        assert not patience.is_out("wang")
        patience.wrong("wang")
    assert patience.is_out("wang")
    assert not patience.is_out("li")
    patience.right("wang")
    assert not patience.is_out("wang")


@pytest.mark.parametrize("role", ROLES)
def test_an_account_of_an_area_sees_what_lies_in_it(role: str) -> None:
    user = User("wang", role, "", COUNTY)  # type: ignore[arg-type] # parametrised
    assert user.sees(COUNTY)
    assert user.sees("990101001001001")
    assert not user.sees("990102000000")
    assert not user.sees("990100000000")
    assert not user.may("letters")  # they have no place


def test_each_role_holds_the_rights_of_those_before_it() -> None:
    rights = [{right for right in ("look", "texts", "letters", "audit") if User("w", role, "").may(right)}
              for role in ROLES]  # type: ignore[arg-type] # literals  # fmt: skip
    assert all(less < more for less, more in pairwise(rights))
