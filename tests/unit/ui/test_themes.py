"""Colours that everybody can read: contrast by WCAG 2, and rise and fall under simulated colour blindness."""

import re
from itertools import product
from pathlib import Path

import pytest
from rich.color import Color, ColorSystem

from ibtui.ui.styles import style_sheet
from ibtui.ui.themes import THEMES, themes

Colour = tuple[float, float, float]
"""Linear light, each from 0 to 1."""

GROUNDS = ("background", "panel", "cursor")
TEXTS = ("foreground", "quiet", "accent", "up", "down", "success", "warning", "error", "primary")

MACHADO = {
    "protanopia": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "deuteranopia": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881)),
}
"""Machado, Oliveira, Fernandes 2009, full severity, on linear light."""


def linear(text: str) -> Colour:
    parts = [int(text[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    r, g, b = (each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in parts)
    return r, g, b


def contrast(one: Colour, other: Colour) -> float:
    """WCAG 2's ratio, 1 to 21."""
    low, high = sorted(0.2126 * r + 0.7152 * g + 0.0722 * b for r, g, b in (one, other))
    return (high + 0.05) / (low + 0.05)


def lab(colour: Colour) -> Colour:
    r, g, b = (max(0.0, each) for each in colour)
    xyz = (
        (0.4124 * r + 0.3576 * g + 0.1805 * b) / 0.9505,
        0.2126 * r + 0.7152 * g + 0.0722 * b,
        (0.0193 * r + 0.1192 * g + 0.9505 * b) / 1.089,
    )
    x, y, z = (each ** (1 / 3) if each > 0.008856 else 7.787 * each + 16 / 116 for each in xyz)
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def seen(colour: Colour, blindness: str) -> Colour:
    r, g, b = (sum(w * c for w, c in zip(row, colour, strict=True)) for row in MACHADO[blindness])
    return r, g, b


def distance(one: Colour, other: Colour) -> float:
    """How far apart two colours look, CIE 1976; 2 is just seen, above 20 is another colour."""
    return sum((a - b) ** 2 for a, b in zip(lab(one), lab(other), strict=True)) ** 0.5


def colours(theme) -> dict[str, str]:
    own = {name: getattr(theme, name) for name in (*TEXTS, *GROUNDS) if getattr(theme, name, None)}
    return {**own, **theme.variables}


@pytest.mark.parametrize(("theme", "up"), [*product([each.name for each in THEMES], ["green", "red", "blue"])])
def test_every_text_can_be_read_on_every_ground(theme, up):
    least = 7.0 if theme == "contrast" else 4.5
    found = colours(next(each for each in themes(up) if each.name == theme))
    ratios = {(text, on): contrast(linear(found[text]), linear(found[on])) for text, on in product(TEXTS, GROUNDS)}
    assert {pair: round(ratio, 2) for pair, ratio in ratios.items() if ratio < least} == {}


@pytest.mark.parametrize("up", ["green", "red", "blue"])
@pytest.mark.parametrize("theme", [each.name for each in THEMES])
def test_every_text_can_be_read_with_256_and_with_16_colours_and_a_rise_is_no_fall(theme, up):
    chosen = colours(next(each for each in themes(up) if each.name == theme))
    least = 7.0 if theme == "contrast" else 4.5
    found = {
        name: Color.parse(each).downgrade(ColorSystem.EIGHT_BIT).get_truecolor().hex for name, each in chosen.items()
    }
    ratios = {(text, on): contrast(linear(found[text]), linear(found[on])) for text, on in product(TEXTS, GROUNDS)}
    assert {pair: round(ratio, 2) for pair, ratio in ratios.items() if ratio < least} == {}
    named = {name: Color.parse(each).downgrade(ColorSystem.STANDARD).number for name, each in chosen.items()}
    assert {named[text] for text in TEXTS} & {named[on] for on in GROUNDS} == set()
    for shades in (found, named):
        assert len({shades["up"], shades["down"], shades["foreground"], shades["quiet"]}) >= 3
        assert shades["up"] not in (shades["down"], shades["foreground"])


@pytest.mark.parametrize("blindness", [*MACHADO])
def test_rise_and_fall_differ_for_the_colour_blind(blindness):
    found = colours(next(each for each in THEMES if each.name == "colour-blind"))
    apart = distance(seen(linear(found["up"]), blindness), seen(linear(found["down"]), blindness))
    assert apart > 40, "green and red of the other themes come as near as a few units"


def test_the_style_sheets_name_no_colour_that_is_no_theme_s():
    for name in ("theme", "dialogs", "chart", "depth", "tape", "quotes"):
        assert not re.findall(r"#[0-9a-f]{6}\b", Path(style_sheet(name)).read_text(encoding="utf-8"))
