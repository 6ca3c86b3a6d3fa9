"""What every view looks like on a market that stands still: no change of it goes unseen.

The files in ``tests/console/snapshots`` are plain text, so that a review shows what moved. After a wanted change write
them anew and look at what differs:
``IBTUI_RENEW_SNAPSHOTS=1 pytest tests/console/test_looks.py && git diff tests/console/snapshots``.
"""

import re
from pathlib import Path

import pytest

from ibtui.services.process import ProcessUse
from ibtui.ui.text import TONES
from ibtui.ui.themes import THEMES
from ibtui.ui.widgets.rowgrid import RowGrid
from tests.console.looks import (
    PROBE,
    VIEWS,
    cells,
    close_view,
    colour_map,
    compare,
    frozen_app,
    open_view,
    text,
    text_file,
    told,
)


@pytest.fixture(autouse=True)
def plain_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of the terminal that the tests run in shows."""
    for name in ("SSH_CONNECTION", "TMUX", "STY", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("ibtui.ui.gather.process_use", lambda: ProcessUse(80_000_000, 30))


@pytest.mark.parametrize(("size", "theme"), [((80, 24), PROBE.name), ((120, 40), "light"), ((200, 60), "contrast")])
async def test_every_view_looks_as_it_did_before(tmp_path: Path, size: tuple[int, int], theme: str) -> None:
    found = {}
    async with frozen_app(tmp_path, size, theme) as (app, pilot):
        for view in VIEWS:
            await open_view(app, pilot, view)
            shown = cells(app)
            assert {len(line) for line in shown} == {size[0]}, f"{view}: a line is too long or too short"
            found[text_file(view, size)] = text(shown)
            if theme == PROBE.name:
                found[f"{view}.colours"] = colour_map(shown)
            await close_view(app, pilot)
    differing = compare(found)
    assert not differing, "\n".join(differing)


async def test_a_theme_changes_the_colours_of_every_tone_and_no_word(tmp_path: Path) -> None:
    table: dict[str, list[str]] = {tone: [] for tone in (*TONES, "plain on the cursor's row")}
    async with frozen_app(tmp_path, (80, 24)) as (app, pilot):
        for theme in THEMES:
            app.theme = theme.name
            await open_view(app, pilot, "quotes")
            assert (theme.name, compare({text_file("quotes", (80, 24)): text(cells(app))})) == (theme.name, [])
            board = app.screen.query_one("#board", RowGrid)
            for tone in TONES:
                table[tone].append(told(board.style_of(tone)))
            table["plain on the cursor's row"].append(told(board.style_of("plain", cursor=True)))
    lines = [
        f"{tone}\n" + "".join(f"  {theme.name:<13}{look}\n" for theme, look in zip(THEMES, looks, strict=True))
        for tone, looks in table.items()
    ]
    assert compare({"tones.colours": "".join(lines)}) == []


async def test_without_colours_nothing_is_coloured_and_no_word_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with frozen_app(tmp_path, (80, 24)) as (app, pilot):
        for view in ("quotes", "depth", "chart", "ticket"):
            await open_view(app, pilot, view)
            shown = cells(app)
            assert compare({text_file(view, (80, 24)): text(shown)}) == []
            colours = {colour for line in shown for _, look in line for colour in re.findall("#(..)(..)(..)", look)}
            assert colours
            assert all(red == green == blue for red, green, blue in colours), (view, colours)
            await close_view(app, pilot)
