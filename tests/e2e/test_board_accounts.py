"""Who may see and do what: accounts, roles, areas, forms, and the audit of it all."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest

from tests.support.board import COUNTY, RunningBoard, lonely_board
from tests.support.web import Web

OTHER = "990102000000"


def signed_in(board: RunningBoard, name: str) -> Web:
    web = Web(board.url)
    assert web.sign_in(name, board.passwords[name]).text == "alive\n"
    return web


@pytest.mark.parametrize("path", ["/", "/area/990100000000", "/incidents", "/figures/download", "/audit", "/changes"])
def test_without_an_account_there_is_the_sign_in_page_only(board: RunningBoard, path: str) -> None:
    answer = Web(board.url).get(path)
    assert "/sign-in" in answer.url
    assert 'type="password"' in answer.text


def test_a_wrong_password_and_a_foreign_form_let_nobody_in(board: RunningBoard) -> None:
    web = Web(board.url)
    assert web.sign_in("viewer", "guessed it, perhaps").status == 403
    assert web.post("/sign-in", name="viewer", password=board.passwords["viewer"], csrf="", next="/").status == 403
    assert "/sign-in" in web.get("/incidents").url


def test_too_many_wrong_passwords_are_not_looked_at(board: RunningBoard) -> None:
    web = Web(board.url)
    statuses = [web.sign_in("nobody", f"wrong password {n}").status for n in range(7)]
    assert statuses == [403] * 5 + [429] * 2


def test_after_signing_in_one_is_where_one_wanted_to_be(board: RunningBoard) -> None:
    web = Web(board.url)
    wanted = web.get("/orders?state=open&area=990100000000")
    field = re.search(r'name="next" value="([^"]+)"', wanted.text)
    assert field
    assert field[1].startswith("/orders?state=open")
    for elsewhere in ("https://example.org/", "//example.org/", "/\\example.org"):
        answer = web.get(f"/settings?lang=zh&next={elsewhere}")
        assert answer.url.startswith(board.url)


@pytest.mark.parametrize(
    ("name", "letters", "audit", "texts"),
    [("viewer", 403, 403, False), ("dispatcher", 403, 403, True), ("supervisor", 200, 403, True),
     ("admin", 200, 200, True), ("county", 403, 403, True)],
)  # fmt: skip
def test_each_role_sees_what_is_its_own(
    board: RunningBoard, name: str, letters: int, audit: int, *, texts: bool
) -> None:
    web = signed_in(board, name)
    assert web.get("/dead-letters").status == letters
    assert web.get("/audit").status == audit
    incident = next(row for row in board.rows["incidents"] if row[2].startswith("990101") and len(row[18]) > 20)
    page = web.get(f"/incident?id={incident[0]}")
    assert page.status == 200
    assert (incident[18] in page.text) is texts


def test_a_county_sees_its_own_land_and_no_other(board: RunningBoard) -> None:
    web = signed_in(board, "county")
    assert web.get("/").url.endswith(f"/area/{COUNTY}")
    for path in (f"/area/{OTHER}", "/area/990100000000", f"/incidents?area={OTHER}", f"/orders?area={OTHER}",
                 f"/reports?area={OTHER}", f"/hand-overs?area={OTHER}", f"/presence?area={OTHER}",
                 f"/figures?area={OTHER}", f"/figures/download?area={OTHER}", "/area/nonsense"):  # fmt: skip
        assert web.get(path).status == 403, path
    elsewhere = next(row[0] for row in board.rows["incidents"] if row[2].startswith("990102"))
    assert web.get(f"/incident?id={elsewhere}").status == 404


def test_a_countys_rows_are_its_own(board: RunningBoard) -> None:
    web = signed_in(board, "county")
    areas = {row[0]: row[2] for row in board.rows["incidents"]}
    for path in ("/incidents", "/orders?state=open", "/hand-overs", "/incidents?state=open"):
        shown = set(re.findall(r"/incident\?id=([^\"&#]+)", web.get(path).text.replace("%3A", ":")))
        assert {areas[one][:6] for one in shown} <= {"990101"}, path
    assert shown
    of_reports = {row[4]: row[10] for row in board.rows["events"]}
    told = re.findall(r"<td>(?:110|12345|网格)</td><td><a [^>]*>([^<]+)</a>", web.get("/reports?minutes=600").text)
    assert {of_reports[one][:6] for one in told} == {"990101"}


def test_values_in_addresses_are_values_only(board: RunningBoard) -> None:
    web = signed_in(board, "county")
    assert web.get("/orders?unit=%27%20OR%201%3D1%20--%20").text.count("<tr>") == 2  # heading, and that there is none
    assert web.get("/orders?state=1%3D1").status == 404
    assert web.get("/reports?minutes=x").status == 404
    assert web.get("/presence?date=%27").status == 404


def test_a_form_without_our_token_does_nothing(board: RunningBoard) -> None:
    web = signed_in(board, "supervisor")
    letter = re.search(r'name="letter" value="([^"]+)"', web.get("/dead-letters").text)
    assert letter
    assert web.post("/dead-letters", act="dropped", letter=letter[1]).status == 403
    assert letter[1] in web.get("/dead-letters").text


def test_signing_out_ends_it_and_a_new_password_too(board: RunningBoard) -> None:
    web = signed_in(board, "viewer")
    token = re.search(r'name="csrf" value="([^"]+)"', web.get("/incidents").text)
    assert token
    web.post("/sign-out", csrf=token[1])
    assert "/sign-in" in web.get("/incidents").url


def test_everything_is_in_the_audit(board: RunningBoard) -> None:
    web = signed_in(board, "county")
    web.get("/orders?state=overdue")
    web.get(f"/area/{OTHER}")
    web.get("/figures/download?form=csv")
    time.sleep(2.5)
    rows = board.warehouse.query(
        "SELECT act, subject, allowed FROM sanwang.board_audit WHERE account = 'county' ORDER BY at DESC LIMIT 4"
    )
    found = {(act, subject.split(" ")[0], bool(allowed)) for act, subject, allowed in rows}
    assert found == {("signed_in", "", True), ("opened", "orders?state=overdue", True), ("opened", "area", False),
                     ("downloaded", "figures", True)}  # fmt: skip


def test_no_page_shows_who_called(board: RunningBoard) -> None:
    """The hash of a caller is nobody's name, and still nobody's business."""
    web = signed_in(board, "admin")
    callers = {str(row[24]) for row in board.rows["events"] if row[24]}
    incident = max(board.rows["incidents"], key=lambda row: row[8])[0]
    for path in ("/reports?minutes=600", "/incidents", f"/incident?id={incident}", "/dead-letters"):
        text = web.get(path).text
        assert not [caller for caller in callers if caller in text], path


def test_what_cannot_be_written_down_is_not_done(tmp_path: Path) -> None:
    with lonely_board(tmp_path) as (url, password):
        web = Web(url)
        answer = web.sign_in("admin", password)
        assert answer.status == 503
        assert "审计" in answer.text
        assert "/sign-in" in web.get("/").url


def test_only_a_supervisor_may_take_a_report_off_and_only_one_that_was_merged(board: RunningBoard) -> None:
    incident = max(board.rows["incidents"], key=lambda row: row[8])[0]
    for name, status in (("dispatcher", 403), ("supervisor", 404)):
        web = signed_in(board, name)
        page = web.get(f"/incident?id={incident}").text
        assert ("/unmerge" in page) is (name == "supervisor")
        token = web.token("/incidents")
        assert web.post("/unmerge", incident=incident, event=incident, csrf=token).status == status  # it opened it
        assert web.post("/unmerge", incident=incident, event=incident).status == 403
