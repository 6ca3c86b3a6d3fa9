from datetime import UTC, datetime

import pytest

from ibtui.clock import NS
from ibtui.errors import EnvironmentUnfitError
from ibtui.services.demo import STATE_FILE, DemoState, new_york, read_state, resume_at, start_over, write_state


def ns(text: str) -> int:
    """New York winter time."""
    return int(datetime.fromisoformat(f"{text}-05:00").timestamp()) * NS


@pytest.mark.parametrize(
    ("left_at", "goes_on_at"),
    [
        ("2026-11-20T11:15:30", "2026-11-20T11:15:30"),
        ("2026-11-20T16:00:00", "2026-11-23T10:00:00"),
        ("2026-11-20T08:00:00", "2026-11-20T10:00:00"),
        ("2026-11-25T23:30:00", "2026-11-27T10:00:00"),
        ("2026-11-27T12:59:59", "2026-11-27T12:59:59"),
        ("2026-11-27T13:00:00", "2026-11-30T10:00:00"),
    ],
)
def test_the_clock_goes_on_where_it_was_or_in_the_next_session(left_at, goes_on_at):
    assert resume_at(ns(left_at)) == ns(goes_on_at)


def test_an_instant_is_written_as_the_gateway_reads_it():
    assert new_york(ns("2026-11-20T10:00:05") + 7) == "2026-11-20T10:00:05"
    summer = int(datetime(2026, 7, 1, 14, 0, tzinfo=UTC).timestamp()) * NS
    assert new_york(summer) == "2026-07-01T10:00:00"


def test_the_state_of_a_demo_is_kept(tmp_path):
    write_state(tmp_path / STATE_FILE, DemoState(3, 17))
    assert read_state(tmp_path / STATE_FILE) == DemoState(3, 17)
    assert not list(tmp_path.glob("*.new"))


@pytest.mark.parametrize("text", ["", "{", "[]", '{"seed": "x", "market_ns": 1}', '{"seed": 1}'])
def test_a_state_that_cannot_be_read_is_a_new_demo(tmp_path, text):
    (tmp_path / STATE_FILE).write_text(text)
    assert read_state(tmp_path / STATE_FILE) == DemoState()


def test_starting_over_forgets_what_was_stored_and_opens_another_market(tmp_path):
    write_state(tmp_path / STATE_FILE, DemoState(1, 17))
    for name in ("journal.db", "journal.db-wal", "history.db"):
        (tmp_path / name).write_text("x")
    (tmp_path / "md").mkdir()
    (tmp_path / "md" / "md-20261120.db").write_text("x")
    for kept in ("lock", "ibtui.log"):
        (tmp_path / kept).write_text("x")
    assert start_over(tmp_path) == DemoState(2, None)
    assert {each.name for each in tmp_path.iterdir()} == {"lock", "ibtui.log", STATE_FILE}
    assert read_state(tmp_path / STATE_FILE) == DemoState(2, None)


def test_starting_over_deletes_nothing_that_is_no_demos(tmp_path):
    (tmp_path / "journal.db").write_text("orders")
    with pytest.raises(EnvironmentUnfitError, match="--fresh"):
        start_over(tmp_path)
    assert (tmp_path / "journal.db").read_text() == "orders"
