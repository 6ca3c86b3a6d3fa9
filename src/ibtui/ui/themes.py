"""The colour themes. Up and down never differ by colour alone, so every theme may choose what it likes.

A test holds every text to WCAG's contrast on every ground, 4.5 and 7 in ``contrast``, on terminals of 256 colours too,
and the colour-blind theme's rise and fall apart under simulated colour blindness.
"""

from dataclasses import replace

from textual.theme import Theme

THEMES = (
    Theme(
        name="dark",
        primary="#5fafff",
        secondary="#87afd7",
        accent="#ffd75f",
        foreground="#d0d0d0",
        background="#121212",
        surface="#1c1c1c",
        panel="#262626",
        success="#6fc46f",
        warning="#ffaf00",
        error="#ff7b7b",
        variables={"up": "#5fd787", "down": "#ff8787", "quiet": "#a2a2a2", "cursor": "#222c50"},
    ),
    Theme(
        name="light",
        primary="#005faf",
        secondary="#5f87af",
        accent="#7a5200",
        foreground="#1c1c1c",
        background="#ffffff",
        surface="#f4f4f4",
        panel="#ececec",
        success="#007000",
        warning="#8c4a00",
        error="#c00000",
        dark=False,
        variables={"up": "#006f2f", "down": "#b00020", "quiet": "#5a5a5a", "cursor": "#c8ecff"},
    ),
    Theme(
        name="contrast",
        primary="#00ffff",
        secondary="#ffffff",
        accent="#ffff00",
        foreground="#ffffff",
        background="#000000",
        surface="#000000",
        panel="#1c1c1c",
        success="#00ff00",
        warning="#ffff00",
        error="#ff8f8f",
        variables={"up": "#00ff00", "down": "#ff8787", "quiet": "#bcbcbc", "cursor": "#00005f"},
    ),
    Theme(
        name="colour-blind",
        primary="#56b4e9",
        secondary="#87afd7",
        accent="#f0e442",
        foreground="#d0d0d0",
        background="#121212",
        surface="#1c1c1c",
        panel="#262626",
        success="#56b4e9",
        warning="#e69f00",
        error="#f57f3d",
        variables={"up": "#56b4e9", "down": "#e69f00", "quiet": "#a2a2a2", "cursor": "#222c50"},
    ),
)


def themes(up_color: str) -> tuple[Theme, ...]:
    """The themes with the rise in the colour of the settings: ``green``, ``red`` as in Asia, or ``blue``.

    The colour-blind theme's rise is blue already; ``red`` swaps it with its fall.
    """
    if up_color == "green":
        return THEMES
    return tuple(replace(each, variables={**each.variables, **_changed(each, up_color)}) for each in THEMES)


def _changed(theme: Theme, up_color: str) -> dict[str, str]:
    up, down = theme.variables["up"], theme.variables["down"]
    if up_color == "red":
        return {"up": down, "down": up}
    return {"up": theme.primary}
