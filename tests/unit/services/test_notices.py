"""What headless commands say: each line once, stamped, numbered for whoever follows."""

from ibtui.broker.status import ConnectionStatus
from ibtui.clock import NS, Clock
from ibtui.services.alerts import Alert
from ibtui.services.notices import ConnectionNotices, NoticeBoard

CLOCK = Clock(lambda: 10.0, lambda: 1_800_000_000 * NS)


async def test_each_try_is_a_line_and_what_repeats_is_not():
    board = NoticeBoard(CLOCK)
    notices = ConnectionNotices(CLOCK, board.add)
    for attempt in (1, 1, 2):
        notices(ConnectionStatus(state="DISCONNECTED", cause="refused", attempt=attempt, next_try_at=13.0))
    notices(ConnectionStatus(state="SYNCING"))
    notices(ConnectionStatus(state="READY", cause="connected to h:1"))
    notices(ConnectionStatus(state="DISCONNECTED", cause="as you asked", asked=True))
    assert (await board.after({"after": 0}))["lines"] == [
        "2027-01-15T08:00:00Z DISCONNECTED: refused (try 1; next in 3 s)",
        "2027-01-15T08:00:00Z DISCONNECTED: refused (try 2; next in 3 s)",
        "2027-01-15T08:00:00Z READY: connected to h:1",
        "2027-01-15T08:00:00Z DISCONNECTED: as you asked",
    ]


async def test_whoever_follows_gets_the_last_line_and_then_each_new_one_once():
    board = NoticeBoard(CLOCK)
    assert await board.after({}) == {"lines": [], "last": 0}
    board.add("one")
    board.add("two")
    first = await board.after({})
    assert [line.split()[-1] for line in first["lines"]] == ["two"]
    board.add("three")
    second = await board.after({"after": first["last"]})
    assert [line.split()[-1] for line in second["lines"]] == ["three"]
    assert (await board.after({"after": second["last"]}))["lines"] == []
    said: list[str] = []
    board.follow(said.append, before=True)
    board.add("four")
    assert [line.split()[-1] for line in said] == ["one", "two", "three", "four"]


async def test_other_alerts_are_lines_too_once_each():
    board = NoticeBoard(CLOCK)
    board.alert(Alert("link lost", "DISCONNECTED: refused", "error", 1, 1))
    board.alert(Alert("price", "SPY > 450: it is 451", "warning", 1, 1))
    board.alert(Alert("shed", "again", "warning", 1, 1, count=2))
    assert (await board.after({"after": 0}))["lines"] == ["2027-01-15T08:00:00Z price: SPY > 450: it is 451"]
