from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibtui.market.bars import Bar, bar_size
from ibtui.market.candles import Candle, State, candles, slots
from ibtui.ui.panes.viewport import ZOOMS, Viewport
from ibtui.ui.rows.chart import Fill, View, fills_by_column, halves, picture, price_axis, readout
from ibtui.ui.text import length

MINUTE = bar_size("1m")
OPENS = 1795185000  # 2026-11-20 09:30 in New York


def columns(count: int, holes: range = range(0), trend: float = 0.05) -> list[Candle]:
    bars = []
    for at in range(count):
        opened, closed = 100 + at * trend, 100 + at * trend + (0.1 if at % 3 else -0.1)
        high, low = max(opened, closed) + 0.05, min(opened, closed) - 0.05
        if at not in holes:
            bars.append(Bar(OPENS + 60 * at, opened, high, low, closed, 100.0 * (at + 1), closed, 5))
    axis = slots(bars, 60, (OPENS, OPENS + 60 * count), [(OPENS, OPENS + 23_400)], [])
    return candles(axis, 60, 1, daily=False, whole=True)


def view(found: list[Candle], **more) -> View:
    usual = {"cells": 1, "width": 70, "rows": 14, "volume_rows": 4, "bar": MINUTE, "per": 1, "min_tick": 0.01}
    return View(candles=found, zone="America/New_York", **(usual | more))


def text(lines) -> list[str]:
    return ["".join(word for word, _ in line) for line in lines]


@pytest.mark.parametrize(("width", "rows", "volume"), [(69, 13, 4), (109, 27, 6), (189, 43, 10)])
def test_the_plot_fills_its_size_and_every_visible_bar_stands_in_its_own_column_once(width, rows, volume):
    found = columns(60)
    shown = view(found, width=width, rows=rows, volume_rows=volume)
    drawn = picture(shown, last=103.0)
    assert [len(line) for line in text(drawn.plot)] == [width] * rows
    assert [len(line) for line in text(drawn.volume)] == [width] * volume
    assert length(drawn.times) == width
    candle = set("╷╻╵│╽╹╿┃▄▀█┼")
    used = [cell for cell in range(width) if any(line[cell] in candle for line in text(drawn.plot))]
    assert used == [shown.cell(index) for index in range(60)]
    assert [cell for cell in range(width) if text(drawn.volume)[-1][cell] != " "] == used
    assert len({shown.cell(index) for index in range(60)}) == 60


@given(st.lists(st.integers(0, 400), min_size=4, max_size=4), st.integers(4, 40))
def test_a_candle_is_drawn_from_its_low_to_its_high_and_nowhere_else(prices, rows):
    low, one, two, high = sorted(prices)
    bar = Bar(OPENS, 100 + one / 100, 100 + high / 100, 100 + low / 100, 100 + two / 100, 1.0, 100.0, 1)
    found = [Candle(OPENS, OPENS, State.BAR, bar, 1, 0, False, None), *columns(8)[1:]]
    drawn = picture(view(found, rows=rows, width=8))
    cells = [line[0] for line in text(drawn.plot)]
    top, bottom = drawn.row(bar.high), drawn.row(bar.low)
    assert all((cells[row] != " ") == (top <= row <= bottom) for row in range(rows))


@given(st.lists(st.integers(0, 60), min_size=4, max_size=4).map(sorted), st.integers(0, 30))
def test_a_half_cell_holds_the_body_the_wick_or_nothing(levels, row):
    low, body_low, body_high, high = levels
    for held, level in zip(halves(low, high, body_low, body_high, 2 * row), (2 * row + 1, 2 * row), strict=True):
        assert held == (2 if body_low <= level <= body_high else 1 if low <= level <= high else 0)


def test_rising_and_falling_differ_without_colour():
    drawn = text(picture(view(columns(3, trend=0))).plot)
    falling = {line[-3] for line in drawn}
    rising = {line[-2] for line in drawn}
    assert "█" in falling
    assert "┃" in rising
    assert "█" not in rising


def test_a_hole_is_dotted_and_has_neither_candle_nor_volume():
    found = columns(20, holes=range(5, 9))
    shown = view(found)
    drawn = picture(shown)
    for index in range(5, 9):
        cell = shown.cell(index)
        assert {line[cell] for line in text(drawn.plot)} == {"·", " "}
        assert {line[cell] for line in text(drawn.volume)} == {" "}
        assert "hole" in "".join(text(readout(found[index], shown)))


def test_own_fills_stand_at_their_price_in_the_column_of_their_time():
    found = columns(20)
    fills = (Fill(OPENS + 60 * 7 + 30, 100.31, True), Fill(OPENS + 60 * 12, 100.6, False))
    elsewhen = (Fill(OPENS - 1, 9.0, True), Fill(OPENS + 60 * 20, 500.0, True))
    shown = view(found, fills=(*elsewhen, *fills))
    drawn = picture(shown)
    assert text(drawn.plot)[drawn.row(100.31)][shown.cell(7)] == "▲"
    assert text(drawn.plot)[drawn.row(100.6)][shown.cell(12)] == "▼"
    assert sum(line.count("▲") + line.count("▼") for line in text(drawn.plot)) == 2
    assert fills_by_column([], fills, 60) == {}


def test_the_forming_bar_is_grey_while_its_data_is_not_vouched_for_and_no_other():
    found = columns(6)
    trusted, doubted = (picture(view(found, live=5, trusted=word)).plot for word in (True, False))
    assert trusted != doubted
    tones = {tone for line in doubted for text, tone in line if text.strip() and text.rstrip()[-1] in "┃│█"}
    assert {"dim", "up"} <= tones
    assert not any(tone == "dim" for line in trusted for _, tone in line)


def test_the_axis_names_round_prices_with_the_contracts_places_and_what_is_marked_on_it():
    drawn = picture(view(columns(30), min_tick=0.0005))
    axis = price_axis(drawn, 12, {3: ("◂ 101.0000", "title")})
    assert axis[3] == ("◂ 101.0000".ljust(12), "title")
    named = [word.strip("┤ ") for word, _ in axis if word.startswith("┤")]
    assert len(named) >= 2
    assert all(len(word.partition(".")[2]) == 4 for word in named)


def test_the_readout_has_what_the_bar_has_and_the_zone():
    found = columns(3)
    said = " ".join("".join(word for word, _ in part) for part in readout(found[1], view(found)))
    assert said.startswith(" Fri Nov 20 09:31 EST O 100.05 H 100.20 L 100.00 C 100.15 V 200 +0.10% VWAP")
    daily = readout(found[1]._replace(start=1795132800, last=1795132800), replace(view(found), bar=bar_size("1d")))
    assert daily[0][0][0] == " Fri Nov 20 2026"


@given(st.integers(1, 300), st.integers(1, 80))
def test_paging_back_from_the_newest_shows_every_column_once(count, page):
    found = columns(count)
    port, seen = Viewport(), []
    first, end = port.window(found, page)
    seen[:0] = range(first, end)
    while first > 0:
        port.page(found, page, -1)
        before, (first, end) = first, port.window(found, page)
        seen[:0] = range(first, min(end, before))
    assert seen == list(range(count))
    for _ in range(count // page + 1):
        port.page(found, page, 1)
    assert port.right is None


@given(st.lists(st.integers(-50, 50), max_size=30), st.integers(1, 40))
def test_the_cursor_is_always_on_a_visible_column(steps, page):
    found = columns(100)
    port = Viewport()
    for each in steps:
        port.move_cursor(found, page, each)
        first, end = port.window(found, page)
        assert first <= port.cursor(found) < end
        assert end - first == min(page, 100)


def test_zoom_ends_at_both_ends_and_the_cursor_stays_on_its_time():
    port = Viewport()
    found = columns(50)
    port.move_cursor(found, 10, 0)
    port.move_cursor(found, 10, -20)
    at = port.under
    for _ in range(20):
        port.zoom_by(1)
    assert (port.cells, port.per) == ZOOMS[-1]
    for _ in range(20):
        port.zoom_by(-1)
    assert (port.cells, port.per) == ZOOMS[0]
    assert port.under == at
