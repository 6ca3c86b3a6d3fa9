"""The tape as its user walks through it: still when held, back over the day from storage, on from where it was left."""

from pathlib import Path

from ibtui.clock import NS
from ibtui.market.rows import Batch
from ibtui.storage import tape_queries
from ibtui.ui.app import ConsoleApp
from ibtui.ui.panes.tape import TapePane
from tests.conftest import Gateway, until
from tests.console.harness import SPY, console_parts, feed, nothing
from tests.console.rig import running
from tests.console.test_screens import settle, text_of

STORED = 3_000
BEGAN_NS = 1_795_186_800 * NS
"""20 November 2026, 10:00 in New York."""


async def test_the_whole_day_can_be_walked_back_from_storage_and_the_tape_goes_on_where_it_is(tmp_path: Path):
    async with console_parts(tmp_path) as parts:
        began_ns = parts.clock.utc_ns() - STORED * NS
        rows = [
            (SPY.con_id, began_ns + at * NS, at, BEGAN_NS + at * NS, 500 + at / 100, 100.0, "N", "", 1, 2, 1, 0, None)
            for at in range(STORED)
        ]
        parts.writer.add(Batch(began_ns, 0.0, prints=rows))
        parts.writer.add_gap("tape SPY", "asked for again", began_ns + 1800 * NS, began_ns + 1800 * NS + 1)
        parts.market_clock.measured(BEGAN_NS + STORED * NS)
        await until(lambda: parts.writer.status.queued == 0)
        app = ConsoleApp(parts, start=nothing, stop=nothing)
        async with app.run_test(size=(120, 40)) as pilot:
            await pilot.press("3")
            await settle(app, pilot)
            await pilot.press("down")  # nothing came in this run yet
            await until(lambda: "529.99" in text_of(app), 10, "the newest that is stored")
            await pilot.press("g")
            feed(parts, prints=rows[-100:])
            await settle(app, pilot)
            pane = app.screen.query_one(TapePane)
            assert not pane.held
            await pilot.press("down")
            feed(
                parts,
                prints=[(SPY.con_id, parts.clock.utc_ns(), STORED, None, 400.0, 7.0, "Q", "I", None, 2) + (None,) * 3],
            )
            await settle(app, pilot)
            assert pane.held
            assert "PAUSED +1" in text_of(app)
            assert "400.00" not in text_of(app)

            await pilot.press("G")
            await until(lambda: len(pane.grid.keys) > 1_500, 10, "an older page")
            await pilot.press("G")
            await until(
                lambda: len(pane.grid.keys) > STORED, 10, "the day's first print"
            )  # and the mark of what is missing
            await pilot.press("G")
            await settle(app, pilot)
            assert "500.00" in text_of(app)

            await pilot.press("t", *"10:30", "enter")
            await until(lambda: "asked for again" in text_of(app), 10, "half past ten")
            (row,) = [line for line in text_of(app).splitlines() if line.startswith("›")]
            assert row.startswith("›10:30:00")
            await pilot.press("g")
            await settle(app, pilot)
            assert "PAUSED" not in text_of(app)
            assert " 400.00 " in text_of(app)


async def test_a_pause_holds_still_sizes_sift_and_parts_are_joined_or_not(tmp_path: Path):
    async with console_parts(tmp_path) as parts:

        def trade(seq: int, price: float, size: float) -> None:
            ts_ns = seq * NS // 100
            feed(parts, prints=[(SPY.con_id, ts_ns, seq, 10**18, price, size, "ARCA", "", 1, 2, 1, 0, 30)])

        app = ConsoleApp(parts, start=nothing, stop=nothing)
        async with app.run_test(size=(80, 24)) as pilot:
            await pilot.press("3")
            trade(1, 500.01, 100)
            trade(2, 500.01, 300)
            trade(3, 500.02, 50)
            await settle(app, pilot)
            rows = [line for line in text_of(app).splitlines() if "ARCA" in line]
            assert [line.split()[3:5] for line in rows] == [["500.02", "50"], ["500.01", "400"]]
            assert " ×2 " in rows[1]
            assert "delta +450 inferred" in text_of(app)

            await pilot.press("w")
            await settle(app, pilot)
            assert text_of(app).count("ARCA") == 3
            await pilot.press("v", *"200", "enter")
            await settle(app, pilot)
            assert text_of(app).count("ARCA") == 1
            await pilot.press("v", "x", "enter")
            await settle(app, pilot)
            assert [each.text for each in app.words.standing] == ["✗ 'x' is no size"]
            await pilot.press("v", "enter", "n")
            trade(4, 500.03, 10)
            await settle(app, pilot)
            assert "delta +10 inferred" in text_of(app)

            await pilot.press("p")
            trade(5, 500.04, 10)
            await settle(app, pilot)
            assert "500.04" not in text_of(app)
            assert "PAUSED +1" in text_of(app)
            await pilot.press("up")  # nothing newer is stored: the way up leads back into the running tape
            await settle(app, pilot)
            await pilot.press("g")
            await settle(app, pilot)
            assert "500.04" in text_of(app)


async def test_at_17_00_in_new_york_delta_marks_and_profile_begin_anew_though_nothing_trades_any_more(tmp_path: Path):
    begins_ns = BEGAN_NS + 7 * 3600 * NS
    async with console_parts(tmp_path) as parts:

        def trade(seq: int, after: int, price: float) -> None:
            """A print of 100, so many seconds after the trading day's begin."""
            row = (SPY.con_id, parts.clock.utc_ns(), seq, begins_ns + after * NS, price, 100.0, "", "", 1, 2, 1, 0, 30)
            feed(parts, prints=[row])

        app = ConsoleApp(parts, start=nothing, stop=nothing)
        async with app.run_test(size=(120, 40)) as pilot:
            parts.market_clock.measured(begins_ns - 60 * NS)
            await pilot.press("2")
            trade(1, -60, 500.01)
            trade(2, -59, 500.09)
            await settle(app, pilot)
            await pilot.press("3")
            await settle(app, pilot)
            assert "delta +200 inferred" in text_of(app)
            parts.market_clock.measured(begins_ns)
            await until(lambda: "no prints since the count began anew" in text_of(app), 10, "the next trading day")
            trade(3, 1, 500.05)
            trade(4, 0, 500.07)
            trade(5, -1, 500.08)  # late
            await settle(app, pilot)
            assert "delta +300 inferred" in text_of(app)
            assert "since 17:00:01" in text_of(app)
            assert [" 100 H" in line for line in text_of(app).splitlines() if " 100 " in line] == [
                True,
                True,
                False,
                True,
                False,
            ]
            await pilot.press("2")
            await settle(app, pilot)
            assert parts.market.flow(SPY.con_id).profile == {500.05: 100.0, 500.07: 100.0}


async def test_whose_a_print_was_is_inferred_from_the_quote_just_before_it_and_stored_so(
    gateway: Gateway, tmp_path: Path
):
    async with running(tmp_path, gateway.host, gateway.port) as rig:
        await rig.ready()
        spy = await rig.quoted("SPY")
        rig.feeds.want(spy, tape=True)
        tape = rig.market.tape(spy.con_id)
        await until(lambda: tape.total, 10, "the tape")
        await gateway.control("market", running=False)
        quote = rig.market.board.quote(spy.con_id)
        assert quote.last
        bid, ask = round(quote.last - 0.02, 2), round(quote.last + 0.02, 2)
        await gateway.control("price", symbol="SPY", bid=bid, ask=ask)
        await until(lambda: (quote.bid, quote.ask) == (bid, ask), 10, str(quote))
        before = tape.total
        prices = [round(bid - 0.01, 2), bid, round(bid + 0.02, 2), ask, round(ask + 0.01, 2)]
        for price in prices:
            await gateway.control("print", symbol="SPY", price=price, size=5)
        await until(lambda: tape.total == before + 5, 10, "the prints")
        made = list(tape.prints)[-5:]
        assert [(each.price, each.bucket, each.side) for each in made] == list(
            zip(prices, (-2, -1, 0, 1, 2), (-1, -1, 0, 1, 1), strict=True)
        )
        assert all(each.conditions == "I" and each.flags == 2 and (each.quote_ms or 0) >= 0 for each in made)
        await until(lambda: rig.writer.status.queued == 0, 10, "all on disk")
        page = tape_queries.older(rig.directory, spy.con_id, "SPY", (2**62, 0), 5)
        assert page.prints == [each._replace(quote_ms=None, extreme=0) for each in made]
