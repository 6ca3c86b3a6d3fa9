"""What the screens do with scarce data, and what they show where none comes."""

from pathlib import Path

from ibtui.broker.slots import ON_SCREEN
from ibtui.clock import NS
from ibtui.market.rows import Batch
from ibtui.services.last_quotes import show_last_quotes
from ibtui.ui.app import ConsoleApp
from ibtui.ui.screens.ticket import OrderTicket
from tests.conftest import until
from tests.console.harness import ASK, BID, QQQ, SPY, console_parts, nothing
from tests.console.test_screens import settle, text_of


async def test_a_pin_keeps_every_kind_of_data_until_it_is_taken_off(tmp_path: Path):
    async with console_parts(tmp_path) as parts:
        app = ConsoleApp(parts, start=nothing, stop=nothing)
        async with app.run_test(size=(80, 24)) as pilot:

            async def type_in(text: str) -> None:
                await pilot.press(":", *({" ": "space"}.get(each, each) for each in text), "enter")
                await settle(app, pilot)

            await type_in("pin QQQ")
            assert [each.text for each in app.words.standing] == ["· QQQ pinned"]
            assert [
                (each.instrument, each.feed) for each in parts.feeds.subscriptions() if "pinned" in each.owners
            ] == [
                (QQQ, "quotes"),
                (QQQ, "depth"),
                (QQQ, "tape"),
            ]
            await type_in("unpin QQQ")
            await type_in("unpin QQQ")
            assert not parts.feeds.subscriptions()
            told = [each.text for each in app.words.standing]
            assert told == ["· QQQ is pinned no more", "✗ QQQ was not pinned"]  # two are shown at once


async def test_a_slot_is_the_screens_while_it_is_open_and_free_to_go_once_it_is_left(tmp_path: Path):
    async with console_parts(tmp_path) as parts:
        app = ConsoleApp(parts, start=nothing, stop=nothing)
        async with app.run_test(size=(80, 24)) as pilot:

            def on_screen() -> set[str]:
                return {each.feed for each in parts.feeds.subscriptions() if each.shown_at == ON_SCREEN} - {"quotes"}

            await pilot.press("2")
            await settle(app, pilot)
            assert on_screen() == {"depth", "tape"}
            await pilot.press("b")  # a ticket before the ladder leaves the ladder in sight
            await settle(app, pilot)
            assert isinstance(app.screen, OrderTicket)
            assert on_screen() == {"depth", "tape"}
            await pilot.press("escape", "3")
            await settle(app, pilot)
            assert on_screen() == {"tape"}
            await pilot.press("1")
            await settle(app, pilot)
            assert on_screen() == set()
            assert {each.feed for each in parts.feeds.subscriptions()} == {"quotes", "depth", "tape"}


async def test_while_nothing_is_connected_the_board_shows_the_last_stored_values_grey_with_their_age(tmp_path: Path):
    async with console_parts(tmp_path) as parts:
        then = parts.clock.utc_ns() - 7300 * NS
        rows = [(SPY.con_id, then, 1, BID, 450.1, 300.0), (SPY.con_id, then, 2, ASK, 450.2, 300.0)]
        parts.writer.add(Batch(then, 0.0, rows))
        await until(lambda: parts.writer.status.queued == 0)
        await show_last_quotes(parts.writer.directory, parts.market.board, [SPY])
        app = ConsoleApp(parts, start=nothing, stop=nothing)
        async with app.run_test(size=(80, 24)) as pilot:
            await settle(app, pilot)
            (row,) = [line for line in text_of(app).splitlines() if "450.10" in line and "450.20" in line]
            assert row.split()[-2:] == ["STALE", "2h"], row
