import json
from dataclasses import replace

import pytest

from ibtui.errors import JournalError
from ibtui.market.instruments import Instrument
from ibtui.storage import queries
from ibtui.storage.files import DataDirectory, open_directory
from ibtui.storage.journal import Journal
from ibtui.trading.checks import Check
from ibtui.trading.orders import Commission, Execution, Order, OrderIntent, Status
from ibtui.trading.restraints import Restraint
from ibtui.trading.states import TradingState

from .conftest import HandClock, running

INTENT = OrderIntent(
    "01ORDER", 1_000, 756733, "SPY", "DU123", "BUY", "LMT", 10.0, limit_price=450.1, outside_rth=True, oca_group="g"
)
NEW = Order(INTENT, Status.NEW, order_id=7, client_id=10)
CHECKS = (Check("quantity", "10", "1000", "pass"), Check("stale quote", "no quote", "60 s", "unknown"))


def fill(exec_id: str, quantity: float, price: float) -> Execution:
    return Execution(exec_id, "01ORDER", 2_000, 756733, "BUY", quantity, price, "ARCA")


async def test_an_intended_order_stands_with_its_checks_and_first_event(
    directory: DataDirectory, hand: HandClock
) -> None:
    async with running(directory, hand.clock) as writer:
        await Journal(writer, hand.clock).intend([(NEW, CHECKS)])
        (row,) = queries.orders(directory)
    assert (row["order_ref"], row["status"], row["order_id"], row["client_id"]) == ("01ORDER", "NEW", 7, 10)
    assert (row["filled"], row["average_price"], row["commission"], row["perm_id"]) == (0.0, None, None, None)
    assert [(c["name"], c["limit_value"], c["verdict"]) for c in queries.checks(directory, "01ORDER")] == [
        ("quantity", "1000", "pass"),
        ("stale quote", "60 s", "unknown"),
    ]
    assert [(e["kind"], e["status"]) for e in queries.order_events(directory, "01ORDER")] == [("intent", "NEW")]


async def test_the_same_reference_is_never_intended_twice(directory: DataDirectory, hand: HandClock) -> None:
    async with running(directory, hand.clock) as writer:
        journal = Journal(writer, hand.clock)
        await journal.intend([(NEW, CHECKS)])
        with pytest.raises(JournalError, match="UNIQUE"):
            await journal.intend([(replace(NEW, order_id=8), CHECKS)])
    assert len(queries.checks(directory, "01ORDER")) == 2


async def test_a_bracket_is_on_disk_whole_or_not_at_all(directory: DataDirectory, hand: HandClock) -> None:
    leg = replace(NEW, intent=replace(INTENT, order_ref="01LEG", parent_ref="01ORDER"), order_id=8)
    async with running(directory, hand.clock) as writer:
        journal = Journal(writer, hand.clock)
        with pytest.raises(JournalError, match="UNIQUE"):
            await journal.intend([(NEW, CHECKS), (leg, CHECKS), (leg, CHECKS)])
        assert queries.orders(directory) == []
        await journal.intend([(NEW, CHECKS), (leg, CHECKS)])
    assert {(row["order_ref"], row["parent_ref"]) for row in queries.orders(directory)} == {
        ("01ORDER", None),
        ("01LEG", "01ORDER"),
    }


async def test_a_change_is_kept_with_its_checks_and_leaves_the_terms(directory: DataDirectory, hand: HandClock) -> None:
    async with running(directory, hand.clock) as writer:
        journal = Journal(writer, hand.clock)
        await journal.intend([(NEW, ())])
        await journal.change(NEW, "change", "limit 450.1 to 449.0", CHECKS)
    assert [each["kind"] for each in queries.order_events(directory, "01ORDER")] == ["intent", "change"]
    assert len(queries.checks(directory, "01ORDER")) == len(CHECKS)
    assert queries.orders(directory)[0]["limit_price"] == 450.1


async def test_events_keep_the_order_as_it_stands_and_its_story(directory: DataDirectory, hand: HandClock) -> None:
    sent = Order(INTENT, Status.SENT, order_id=7, client_id=10, sent_ns=1_500)
    partial = replace(sent, status=Status.PARTIAL, filled=4.0, average_price=450.0, perm_id=99, reason="half")
    async with running(directory, hand.clock) as writer:
        journal = Journal(writer, hand.clock)
        await journal.intend([(NEW, ())])
        journal.event(sent, "sent", "", 1_500)
        journal.event(partial, "reported", "Submitted", 1_600)
    (row,) = queries.orders(directory)
    assert (row["status"], row["filled"], row["perm_id"], row["sent_ns"]) == ("PARTIAL", 4.0, 99, 1_500)
    assert (row["outside_rth"], row["cancel_requested"]) == (True, False)
    events = queries.order_events(directory, "01ORDER")
    assert [(e["ts_ns"], e["kind"], e["status"]) for e in events] == [
        (hand.now_ns, "intent", "NEW"),
        (1_500, "sent", "SENT"),
        (1_600, "reported", "PARTIAL"),
    ]


async def test_a_refused_order_is_kept_though_it_was_never_intended(directory: DataDirectory, hand: HandClock) -> None:
    async with running(directory, hand.clock) as writer:
        Journal(writer, hand.clock).event(Order(INTENT, Status.REFUSED, reason="too large"), "refused", "too large", 5)
    assert [row["status"] for row in queries.orders(directory)] == ["REFUSED"]


async def test_a_correction_supersedes_its_fill_in_any_order_of_arrival(
    directory: DataDirectory, hand: HandClock
) -> None:
    async with running(directory, hand.clock) as writer:
        journal = Journal(writer, hand.clock)
        for exec_id in ("0001.ab.01.02", "0001.ab.01.01", "0001.ab.01.10", "0001.ab.01.02", "0001.ab.02.01"):
            journal.execution(fill(exec_id, 1.0, 10.0))
    assert {row["exec_id"]: row["superseded_by"] for row in queries.executions(directory)} == {
        "0001.ab.01.01": "0001.ab.01.10",
        "0001.ab.01.02": "0001.ab.01.10",
        "0001.ab.01.10": None,
        "0001.ab.02.01": None,
    }


async def test_a_restart_finds_its_orders_as_they_were(directory: DataDirectory, hand: HandClock) -> None:
    working = Order(
        INTENT,
        Status.PARTIAL,
        order_id=7,
        perm_id=99,
        client_id=10,
        filled=4.0,
        average_price=450.0,
        executions=(fill("a.01", 4.0, 450.0),),
        commissions=(Commission("a.01", 1.25, "USD", None),),
        sent_ns=1_500,
        acknowledged_ns=1_600,
        cancel_requested=True,
    )
    ended = replace(
        working, intent=replace(INTENT, order_ref="00OLD"), status=Status.FILLED, executions=(), commissions=()
    )
    async with running(directory, hand.clock) as writer:
        journal = Journal(writer, hand.clock)
        journal.event(working, "reported", "", 1)
        journal.event(ended, "reported", "", 1)
        journal.execution(working.executions[0])
        journal.commission(working.commissions[0])
    assert queries.load_orders(directory, since_ns=5_000) == [working]
    assert queries.load_orders(directory) == [ended, working]


async def test_a_commission_is_unknown_until_every_fill_has_reported_its_own(
    directory: DataDirectory, hand: HandClock
) -> None:
    async with running(directory, hand.clock) as writer:
        journal = Journal(writer, hand.clock)
        journal.event(Order(INTENT, Status.PARTIAL), "reported", "", 1)
        for exec_id in ("a.01", "b.01"):
            journal.execution(fill(exec_id, 1.0, 10.0))
        journal.commission(Commission("a.01", 1.0, "USD"))
        await writer.durable()
        assert queries.orders(directory)[0]["commission"] is None
        journal.commission(Commission("b.01", 0.5, "USD"))
        await writer.durable()
        assert queries.orders(directory)[0]["commission"] == 1.5


async def test_order_ids_only_rise_and_belong_to_an_endpoint_and_client(
    directory: DataDirectory, hand: HandClock
) -> None:
    def sent(ref: str, client_id: int, order_id: int) -> tuple[Order, tuple[Check, ...]]:
        intent = replace(INTENT, order_ref=ref)
        return Order(intent, Status.NEW, order_id=order_id, client_id=client_id), ()

    async with running(directory, hand.clock) as writer:
        journal = Journal(writer, hand.clock)
        await journal.intend([sent("a", 10, 49), sent("b", 10, 50)], "127.0.0.1:4002")
        await journal.intend([sent("c", 10, 3)], "127.0.0.1:4002")
        await journal.intend([sent("d", 11, 4)], "127.0.0.1:4002")
        await journal.intend([sent("e", 12, 70)])
        await journal.what_if(replace(INTENT, order_ref="f"), 60, 13, "127.0.0.1:4002")
    highest = {each: queries.highest_order_id(directory, "127.0.0.1:4002", each) for each in range(10, 14)}
    assert highest == {10: 50, 11: 4, 12: None, 13: 60}
    assert queries.highest_order_id(directory, "127.0.0.1:7497", 10) is None


async def test_links_alerts_and_the_trading_state_are_kept(directory: DataDirectory, hand: HandClock) -> None:
    async with running(directory, hand.clock) as writer:
        journal = Journal(writer, hand.clock)
        journal.connection("DISCONNECTED", "GW", "connection refused", None, "127.0.0.1:4002", 5)
        journal.connection("IB LOST", "IB", "IB says so", 1100, "", 6)
        journal.alert("link", "gateway lost", 3)
        halted = Restraint("user", TradingState.HALTED, "by hand", 7)
        await journal.trading_state(TradingState.HALTED, halted)
        for state in (TradingState.REDUCING, TradingState.ACTIVE):
            await journal.trading_state(TradingState.HALTED, replace(halted, source="daily loss", state=state))
    events = queries.connection_events(directory)
    assert [(e["state"], e["link"], e["code"], e["run_id"]) for e in events] == [
        ("IB LOST", "IB", 1100, 1),
        ("DISCONNECTED", "GW", None, 1),
    ]
    assert [(a["text"], a["count"]) for a in queries.alerts(directory)] == [("gateway lost", 3)]
    state = queries.trading_state(directory)
    assert state is not None
    assert (state["state"], state["reason"]) == ("HALTED", "by hand")
    assert queries.restraints(directory) == [halted], "a released one holds nothing back"


async def test_watchlists_keep_their_order_and_an_empty_one_is_not_a_missing_one(
    directory: DataDirectory, hand: HandClock
) -> None:
    async with running(directory, hand.clock) as writer:
        journal = Journal(writer, hand.clock)
        journal.watchlist("benchmarks", 1, [Instrument(756733, "SPY"), "EUR.USD"])
        journal.watchlist("sectors", 0, ["XLK", "XLV"])
        journal.watchlist("sectors", 0, [])
        journal.watchlist("gone", 2, ["A"])
        journal.remove_watchlist("gone")
        journal.watchlist("deleted", -1, ())
        journal.view("board", {"columns": ["bid"], "sort": ""})
        journal.view("board", {"columns": ["bid", "ask"]})
    lists = queries.watchlists(directory)
    assert queries.deleted_watchlists(directory) == {"deleted"}
    assert queries.views(directory) == {"board": {"columns": ["bid", "ask"]}}
    assert list(lists) == ["sectors", "benchmarks"]
    assert lists["sectors"] == []
    assert lists["benchmarks"] == [{"symbol": "SPY", "con_id": 756733}, {"symbol": "EUR.USD", "con_id": None}]


async def test_one_order_tells_its_whole_story(directory: DataDirectory, hand: HandClock) -> None:
    con_id, now = INTENT.con_id, hand.now_ns
    async with running(directory, hand.clock) as writer:
        ticks = [
            (con_id, now - 9, 1, 1, 450.0, 3.0),
            (con_id, now - 8, 2, 2, 450.1, 4.0),
            (con_id, now + 1, 3, 1, 9.9, 1.0),
        ]
        depth = [
            (con_id, now - 7, 4, 0, 0, 0, 1.0, 1.0, "OLD", 13),
            (con_id, now - 6, 5, 0, 3, 0, None, None, "", 13),
            (con_id, now - 6, 6, 1, 0, 0, 450.0, 3.0, "ARCA", 13),
            (con_id, now - 6, 7, 0, 0, 0, 450.1, 4.0, "NSDQ", 13),
            (con_id, now + 1, 8, 1, 2, 0, None, None, "", 13),
        ]
        writer.add(hand.batch(ticks=ticks, depth=depth))
        journal = Journal(writer, hand.clock)
        await journal.intend([(replace(NEW, intent=replace(INTENT, created_ns=now)), CHECKS)])
        journal.execution(fill("a.01", 10.0, 450.1))
    story = queries.why(directory, "01ORDER")
    assert story is not None
    assert json.loads(json.dumps(story)) == story
    assert [check["verdict"] for check in story["checks"]] == ["pass", "unknown"]
    assert (story["quote"]["bid"], story["quote"]["ask"], story["quote"]["last"]) == (450.0, 450.1, None)
    assert story["book"] == {
        "bids": [{"price": 450.0, "size": 3.0, "maker": "ARCA"}],
        "asks": [{"price": 450.1, "size": 4.0, "maker": "NSDQ"}],
    }
    assert len(story["executions"]) == len(story["events"]) == 1
    assert [queries.why(directory, name) is not None for name in ("1order", "7", "8", "", "%")] == [
        *(True, True),
        *(False, False, False),
    ]


def test_a_directory_that_was_never_used_holds_nothing_and_stays_so(tmp_path) -> None:
    nowhere = open_directory(tmp_path / "missing", read_only=True)
    assert queries.orders(nowhere) == queries.load_orders(nowhere) == queries.positions(nowhere) == []
    assert queries.last_run(nowhere) is queries.why(nowhere, "X") is queries.contract(nowhere, 1) is None
    assert queries.status_counts(nowhere, 0) == queries.activity(nowhere, 0) == queries.watchlists(nowhere) == {}
    assert not (tmp_path / "missing").exists()
