import re
from pathlib import Path

import pytest

from ibtui.errors import EnvironmentUnfitError
from ibtui.ui.app import SCREENS
from ibtui.ui.styles import style_sheet
from ibtui.ui.text import TONES
from ibtui.ui.themes import THEMES, themes


@pytest.mark.parametrize("name", ["theme", "dialogs", *SCREENS])
def test_every_screen_has_its_style_sheet(name):
    assert style_sheet(name).name == f"{name}.tcss"


def test_a_missing_style_sheet_says_what_to_do():
    with pytest.raises(EnvironmentUnfitError, match="install ibtui again"):
        style_sheet("nonesuch")


def test_every_tone_has_a_colour():
    sheet = Path(style_sheet("theme")).read_text(encoding="utf-8")
    assert set(re.findall(r"\.tone--(\w+)", sheet)) == {*TONES, "cursor"}


def test_every_theme_defines_what_the_others_do():
    assert len({frozenset(each.variables) for each in THEMES}) == 1


def test_a_rise_can_be_red():
    green, red = themes("green")[0].variables, themes("red")[0].variables
    assert (red["up"], red["down"]) == (green["down"], green["up"])
