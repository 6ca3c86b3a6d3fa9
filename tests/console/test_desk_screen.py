"""The desk as its user arranges it: all panes of one symbol, the keys where tab put them, layouts that come back."""

from pathlib import Path

import pytest

from ibtui.broker.slots import ON_SCREEN
from ibtui.errors import UsageError
from ibtui.ui.app import ConsoleApp
from ibtui.ui.panes.orders import OrdersPane
from ibtui.ui.panes.tape import TapePane
from ibtui.ui.screens.desk import DeskScreen, Slot
from tests.conftest import until
from tests.console.harness import QQQ, SPY, console_parts, feed, nothing, quote
from tests.console.test_screens import settle, text_of


def shown(app: ConsoleApp) -> dict[str, bool]:
    """The panes that are there, in the order of their places, and whether they have the keys."""
    slots = sorted(
        (each for each in app.screen.query(Slot) if each.display), key=lambda each: (each.region.x, each.region.y)
    )
    return {each.pane_name: "▸" in each.query_one(".pane-title").lines[0][0][0] for each in slots}


def bars(app: ConsoleApp) -> list[str]:
    """The titles that are inverted from edge to edge."""
    titles = [each.query_one(".pane-title") for each in app.screen.query(Slot) if each.display]
    lines = [(title.render_line(0), title.size.width) for title in titles]
    return [
        strip.text.strip()
        for strip, width in lines
        if sum(len(text) for text, style, _ in strip if style is not None and style.reverse) == width
    ]


async def test_the_panes_follow_one_symbol_tab_moves_the_keys_and_a_layout_comes_back_after_a_restart(tmp_path: Path):
    async with console_parts(tmp_path) as parts:
        app = ConsoleApp(parts, start=nothing, stop=nothing)
        async with app.run_test(size=(200, 50)) as pilot:
            quote(parts, SPY, 500.01, 500.03, 500.02)
            quote(parts, QQQ, 400.01, 400.03, 400.02)
            feed(parts, prints=[(QQQ.con_id, 0, 1, 10**18, 400.03, 7.0, "IEX", "", 1, 2, 1, 0, 0)])
            await pilot.press("0")
            await settle(app, pilot)
            await settle(app, pilot)
            assert shown(app) == {"board": True, "ladder": False, "tape": False, "orders": False}
            await pilot.press("i", "o")  # the ladder's keys: here they mean nothing
            assert len(app.screen_stack) == 1
            assert "at once" not in text_of(app)
            assert text_of(app).count(" 500.01 × 300") == 2  # over the ladder and over the tape
            app.select(QQQ)
            await settle(app, pilot)
            assert text_of(app).count(" 400.01 × 300") == 2
            assert "400.03      7" in text_of(app)
            wanted = [
                (each.instrument, each.feed) for each in parts.feeds.subscriptions() if each.shown_at == ON_SCREEN
            ]
            assert {(QQQ, "depth"), (QQQ, "tape")} <= set(wanted)

            await pilot.press("tab", "tab")
            app.armed.look = lambda: None  # without a gateway it would disarm
            app.armed.until, app.armed.sent = float("inf"), True
            await settle(app, pilot)
            assert bars(app) == ["▸ ladder  ARMED: i buys, o sells at once at the chosen row"]
            app.armed.until = None
            await pilot.press("tab")
            await settle(app, pilot)
            assert bars(app) == ["▸ tape"]
            assert shown(app)["tape"]
            await pilot.press("p")  # the tape's key now, not the board's
            assert app.screen.query_one(TapePane).held
            await pilot.press("shift+tab", "shift+tab")
            assert app.focused is app.screen.query_one(OrdersPane)

            await pilot.resize_terminal(80, 24)
            await settle(app, pilot)
            await settle(app, pilot)
            assert shown(app) == {"board": False, "orders": True, "ladder": False}
            assert "tab: tape" in text_of(app)
            await pilot.press("tab", "tab")
            await settle(app, pilot)
            assert shown(app) == {"board": False, "orders": False, "tape": True}

            desk = app.screen
            assert isinstance(desk, DeskScreen)
            await desk.choose(["show", "tape+orders"])
            await desk.choose(["save", "mine"])
            await until(lambda: list(shown(app)) == ["tape", "orders"], 10, "the chosen layout")
            await desk.choose(["usual"])
            assert "board" in shown(app)
            with pytest.raises(UsageError, match="there are: usual, mine"):
                await desk.choose(["nothing"])
            await pilot.press(":", *"layout", "space", *"mine", "enter")
            await until(lambda: list(shown(app)) == ["tape", "orders"], 10, "the layout")
            await pilot.press("1")
            await settle(app, pilot)
            assert not [
                each for each in parts.feeds.subscriptions() if each.feed == "tape" and each.shown_at == ON_SCREEN
            ]

    async with console_parts(tmp_path) as parts:
        app = ConsoleApp(parts, start=nothing, stop=nothing)
        async with app.run_test(size=(80, 24)) as pilot:
            await pilot.press("0")
            await settle(app, pilot)
            await settle(app, pilot)
            assert isinstance(app.screen, DeskScreen)
            await until(lambda: list(shown(app)) == ["tape", "orders"], 10, "the layout of before")
