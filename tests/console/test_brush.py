"""Changed cells go straight to the terminal: what stands there is always what Textual would have painted."""

import random
from pathlib import Path

import pyte
from rich.color import ColorSystem
from textual._compositor import ChopsUpdate, CompositorUpdate

from ibtui.market.rows import PrintRow
from ibtui.ui.app import ConsoleApp
from ibtui.ui.brush import Strokes
from ibtui.ui.spans import Spans
from tests.benchmarks.depth_flow import Book
from tests.console.harness import ASK, ASK_SIZE, BID, LAST, QQQ, SPY, console_parts, feed, nothing, quote

SIZE = (80, 24)


class Watched(ConsoleApp):
    """The console, and the terminal that it would have drawn on."""

    terminal = pyte.Screen(*SIZE)
    strokes = 0

    def _display(self, screen, renderable):
        if isinstance(renderable, CompositorUpdate) and not self._batch_count:
            update = Spans(renderable) if isinstance(renderable, ChopsUpdate) else renderable
            self.strokes += isinstance(renderable, Strokes)
            pyte.Stream(self.terminal).feed(update.render_segments(self.console))
        super()._display(screen, renderable)

    def agrees(self) -> bool:
        """Whether the terminal shows what a whole paint shows."""
        fresh = pyte.Screen(*SIZE)
        pyte.Stream(fresh).feed(self.screen._compositor.render_full_update().render_segments(self.console))
        return cells(fresh) == cells(self.terminal)


def cells(screen: pyte.Screen) -> list[list[tuple]]:
    return [[tuple(screen.buffer[y][x]) for x in range(SIZE[0])] for y in range(SIZE[1])]


async def test_the_terminal_shows_what_a_whole_paint_would_show(tmp_path: Path):
    dice, book = random.Random(3), Book()
    async with console_parts(tmp_path) as parts:
        app = Watched(parts, start=nothing, stop=nothing)
        app.console._color_system = ColorSystem.TRUECOLOR

        def prints(count: int) -> list[PrintRow]:
            price = 450 + dice.randrange(100) / 100
            return [(SPY.con_id, at, at, 0, price, 100.0 * at, "ARCA", "I", 1, 2, 1, 0, 20) for at in range(1, count)]

        async def frames(pilot, count: int) -> int:
            before = app.strokes
            for _ in range(count):
                symbol, tick = dice.choice((SPY, QQQ)), dice.randrange(-900, 900) / 100
                ticks = [(symbol, BID, 450 + tick, 300.0), (symbol, ASK, 450.02 + tick, dice.choice((1e3, 20.0)))]
                ticks += [
                    (symbol, LAST, 450.01 + tick, 100.0),
                    (SPY, ASK_SIZE, None, 9.0),
                ]
                feed(parts, ticks=ticks, depth=book.next(), prints=prints(dice.choice((2, 3, 20))))
                app._status_at = float("-inf")
                app.paint()
                await pilot.pause()
            return app.strokes - before

        async with app.run_test(size=SIZE) as pilot:
            quote(parts, SPY, 450.0, 450.02, 450.01)
            feed(parts, depth=book.whole())
            for keys in (("1", "j"), ("2", "down", "down"), ("3",), ("1", "?"), ("escape",), ("2",)):
                await pilot.press(*keys)
                if keys == ("2",):
                    app.tell("words that lie")
                    app.tell("over the last lines of the ladder")
                app.paint_soon()
                await pilot.pause()
                straight = await frames(pilot, 5)
                assert app.agrees(), keys
                assert straight or keys in (("1", "?"), ("2",)), "what something lies over is Textual's to draw"
            before = app.strokes
            app.brush.painted(app._screen_stacks["tape"][0], whole=False)  # a widget that is faster than its screen
            await frames(pilot, 2)
            assert app.strokes == before
