"""Market data from the socket to the files, on the real simulated gateway."""

import asyncio
import sqlite3
from collections.abc import Callable
from pathlib import Path

from tests.conftest import Gateway, until
from tests.console.rig import Rig, running


def stored(rig: Rig, table: str) -> int:
    count = 0
    for file in sorted((rig.directory.path / "md").glob("md-*.db")):
        connection = sqlite3.connect(f"file:{file}?mode=ro", uri=True)
        count += connection.execute(f"SELECT count(*) FROM {table} WHERE {KEEP[table]}").fetchone()[0]
        connection.close()
    return count


KEEP = {"ticks": "1", "prints": "1", "depth": "op <> 3"}
"""The rows that stand for frames: "book cleared" is our own word."""


async def settled(gateway: Gateway, rig: Rig) -> dict[str, int]:
    """What the gateway says it sent, once the market stands still and every frame has arrived."""
    await gateway.control("market", running=False)
    sent = (await gateway.control("stats"))["sent"]
    wanted = {feed: sum(sent[feed].values()) for feed in ("ticks", "depth", "prints")}
    await until(lambda: received(rig) == wanted, 10, f"{wanted} frames; got {received(rig)}")
    return wanted


def received(rig: Rig) -> dict[str, int]:
    return {
        "ticks": sum(len(batch.ticks) for batch in rig.batches),
        "depth": sum(row[4] != 3 for batch in rig.batches for row in batch.depth),
        "prints": sum(len(batch.prints) for batch in rig.batches),
    }


async def test_every_frame_that_was_sent_is_a_stored_row(gateway: Gateway, tmp_path: Path) -> None:
    async with running(tmp_path, gateway.host, gateway.port) as rig:
        await rig.ready()
        for symbol in ("SPY", "QQQ", "XLK"):
            instrument = await rig.contracts.resolve(symbol)
            rig.feeds.want(instrument, quotes=True, depth=symbol != "XLK", tape=True)
        await until(lambda: min(received(rig).values()) > 50, 20, "frames of every kind")
        wanted = await settled(gateway, rig)
        assert rig.session.decode_errors == 0
    assert {table: stored(rig, table) for table in KEEP} == wanted


async def test_the_board_shows_what_the_gateway_was_told_to_quote(gateway: Gateway, tmp_path: Path) -> None:
    async with running(tmp_path, gateway.host, gateway.port) as rig:
        await rig.ready()
        spy = await rig.quoted("SPY")
        quote = rig.market.board.quote(spy.con_id)
        assert quote.bid
        bid, ask = round(quote.bid - 1, 2), round(quote.bid - 0.98, 2)
        await gateway.control("market", running=False)
        await gateway.control("price", symbol="SPY", bid=bid, ask=ask, bid_size=7, ask_size=9)
        await until(lambda: (quote.bid, quote.ask, quote.bid_size, quote.ask_size) == (bid, ask, 7, 9), 10, str(quote))


async def test_the_book_is_sorted_and_agrees_with_the_quote(gateway: Gateway, tmp_path: Path) -> None:
    async with running(tmp_path, gateway.host, gateway.port) as rig:
        await rig.ready()
        spy = await rig.quoted("SPY")
        rig.feeds.want(spy, depth=True)
        book = rig.market.book(spy.con_id)
        await until(lambda: len(book.bids) >= 5 and len(book.asks) >= 5 and book.operations > 100, 10, "a book")
        await settled(gateway, rig)
        quote = rig.market.board.quote(spy.con_id)
        assert book.check(quote.bid, quote.ask) is None


async def test_subscriptions_come_back_once_each_after_a_lost_link(gateway: Gateway, tmp_path: Path) -> None:
    async with running(tmp_path, gateway.host, gateway.port) as rig:
        await rig.ready()
        spy = await rig.quoted("SPY")
        qqq = await rig.quoted("QQQ")
        rig.feeds.want(spy, depth=True, tape=True)
        await until(lambda: len(rig.market.book(spy.con_id).bids) > 3, 10, "a book")
        before = (await gateway.control("stats"))["received"]
        await gateway.control("drop", how="rst")
        await rig.not_ready()
        assert rig.feeds.mark(spy.con_id) == "STALE"
        assert rig.feeds.reason(spy.con_id) == "not connected"
        await rig.ready()
        await until(lambda: rig.feeds.mark(spy.con_id) == rig.feeds.mark(qqq.con_id) == "LIVE", 10, "both LIVE")
        stats = await gateway.control("stats")
        assert {number: stats["received"][number] - before[number] for number in ("1", "10", "97")} == {
            "1": 2,
            "10": 1,
            "97": 1,
        }
        assert sorted((each["symbol"], each["feed"]) for each in stats["subscriptions"]) == [
            ("QQQ", "ticks"),
            ("SPY", "depth"),
            ("SPY", "prints"),
            ("SPY", "ticks"),
        ]
        await until(lambda: len(rig.market.book(spy.con_id).bids) > 3, 10, "a book again")
        await settled_book(gateway, rig, spy.con_id)
    assert cleared(rig) == 2


async def settled_book(gateway: Gateway, rig: Rig, con_id: int) -> None:
    await gateway.control("market", running=False)
    quote = rig.market.board.quote(con_id)
    book = rig.market.book(con_id)
    await until(lambda: book.check(quote.bid, quote.ask) is None, 10, f"{book.bids[:2]} {book.asks[:2]} {quote}")


async def test_a_reset_book_is_cleared_and_built_again(gateway: Gateway, tmp_path: Path) -> None:
    async with running(tmp_path, gateway.host, gateway.port) as rig:
        await rig.ready()
        spy = await rig.quoted("SPY")
        rig.feeds.want(spy, depth=True)
        book = rig.market.book(spy.con_id)
        await until(lambda: len(book.bids) >= 5, 10, "a book")
        subscriptions = (await gateway.control("stats"))["subscriptions"]
        (req_id,) = (each["req_id"] for each in subscriptions if each["feed"] == "depth")
        # The gateway only says so and goes on, so what follows does not fit an empty book, and it is asked for anew.
        await gateway.control("message", code=317, text="Market depth data has been RESET", id=req_id)
        # Cleared as it came, at the reset, and with the new subscription.
        await until(lambda: cleared(rig) == 3 and len(book.bids) >= 5, 25, "a book again")
        await settled_book(gateway, rig, spy.con_id)
        assert reason_of_depth(rig, spy.con_id) == ""


def cleared(rig: Rig) -> int:
    return sum(row[4] == 3 for batch in rig.batches for row in batch.depth)


async def test_one_refused_symbol_says_why_and_touches_no_other(gateway: Gateway, tmp_path: Path) -> None:
    async with running(tmp_path, gateway.host, gateway.port) as rig:
        await rig.ready()
        spy = await rig.quoted("SPY")
        nothing = type(spy)(con_id=999_999_999, symbol="NOPE")
        rig.feeds.want(nothing, quotes=True)
        await until(lambda: "200" in rig.feeds.reason(nothing.con_id), 10, rig.feeds.reason(nothing.con_id))
        ticks = rig.market.board.quote(spy.con_id).ticks
        await until(lambda: rig.market.board.quote(spy.con_id).ticks > ticks, 10, "ticks go on")
        assert rig.feeds.reason(spy.con_id) == ""
        assert rig.feeds.granted() == rig.feeds.wanted() - 1


async def test_a_depth_slot_goes_to_who_waits_when_it_is_given_back(gateway: Gateway, tmp_path: Path) -> None:
    async with running(tmp_path, gateway.host, gateway.port) as rig:
        await rig.ready()
        found = [await rig.contracts.resolve(symbol) for symbol in ("SPY", "QQQ")]
        for each in found:
            rig.feeds.want(each, depth=True)
        last = found[-1].con_id
        await until(lambda: len(rig.market.book(last).bids) > 3, 10, "two books")
        subscriptions = (await gateway.control("stats"))["subscriptions"]
        (req_id,) = (each["req_id"] for each in subscriptions if each["symbol"] == "QQQ")
        await gateway.control("message", code=309, text="Max number (3) of market depth requests", id=req_id)
        await until(lambda: "309" in reason_of_depth(rig, last), 10, "a refusal")
        assert rig.feeds.slots()["depth"] == (1, 2)
        rig.feeds.unwant(found[0], depth=True)
        await until(lambda: rig.feeds.slots()["depth"] == (1, 1), 10, "the slot")
        await until(lambda: len(rig.market.book(last).bids) > 3, 10, "the book")
        assert reason_of_depth(rig, last) == ""


def reason_of_depth(rig: Rig, con_id: int) -> str:
    from ibtui.broker.subscriptions import Feed

    return rig.feeds.reason(con_id, Feed.DEPTH)


async def test_a_hundred_symbols_never_fill_the_librarys_queue(
    gateway_factory: Callable[..., Gateway], tmp_path: Path
) -> None:
    gateway = gateway_factory("--rate", "0.2")
    async with running(tmp_path, gateway.host, gateway.port) as rig:
        await rig.ready()
        spy = await rig.contracts.resolve("SPY")
        session = rig.session
        throttled: list[bool] = []
        session.ib.client.throttleStart += lambda: throttled.append(True)
        for number in range(100):
            rig.feeds.want(type(spy)(con_id=1_000_000 + number, symbol=f"X{number}"), quotes=True)
        rig.feeds.want(spy, quotes=True)
        asked = lambda: sum("200" in rig.feeds.reason(1_000_000 + number) for number in range(100))  # noqa: E731
        await until(lambda: asked() == 100, 20, "all asked for")
        assert not throttled


async def test_closing_gives_every_subscription_back(gateway: Gateway, tmp_path: Path) -> None:
    async with running(tmp_path, gateway.host, gateway.port) as rig:
        await rig.ready()
        spy = await rig.quoted("SPY")
        rig.feeds.want(spy, depth=True, tape=True)
        await until(lambda: rig.feeds.granted() == 3, 10, "three subscriptions")
        await rig.feeds.close()
        for _ in range(500):
            stats = await gateway.control("stats")
            if not stats["subscriptions"]:
                break
            await asyncio.sleep(0.01)
        assert stats["subscriptions"] == []
        assert len(stats["clients"]) == 1


async def test_a_quote_without_a_subscription_is_stale_at_once(gateway: Gateway, tmp_path: Path) -> None:
    async with running(tmp_path, gateway.host, gateway.port) as rig:
        await rig.ready()
        spy = await rig.quoted("SPY")
        rig.feeds.unwant(spy, quotes=True)
        assert rig.feeds.mark(spy.con_id) == "STALE"
        bid = rig.market.board.quote(spy.con_id).bid
        assert bid
        order = await rig.desk.submit(rig.desk.intent(spy, "BUY", 10, limit_price=bid), spy)
        assert "stale quote" in order.reason
        assert "3" not in (await gateway.control("stats"))["received"]


async def test_closing_on_a_link_that_just_went_harms_nothing(gateway: Gateway, tmp_path: Path) -> None:
    async with running(tmp_path, gateway.host, gateway.port) as rig:
        await rig.ready()
        spy = await rig.quoted("SPY")
        rig.session.abort("gone in this very turn")
        await rig.feeds.confirm(spy)
        await rig.feeds.close()
