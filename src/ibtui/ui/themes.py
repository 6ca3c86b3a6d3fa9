"""The colour themes. Up and down never differ by colour alone, so every theme may choose what it likes."""

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
        success="#5faf5f",
        warning="#ffaf00",
        error="#ff5f5f",
        variables={"up": "#5fd787", "down": "#ff8787", "quiet": "#8a8a8a", "cursor": "#303a4a"},
    ),
    Theme(
        name="light",
        primary="#005faf",
        secondary="#5f87af",
        accent="#875f00",
        foreground="#1c1c1c",
        background="#ffffff",
        surface="#f4f4f4",
        panel="#e4e4e4",
        success="#007000",
        warning="#a05a00",
        error="#c00000",
        dark=False,
        variables={"up": "#006f2f", "down": "#b00020", "quiet": "#6c6c6c", "cursor": "#d0e0f4"},
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
        error="#ff5f5f",
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
        error="#d55e00",
        variables={"up": "#56b4e9", "down": "#e69f00", "quiet": "#8a8a8a", "cursor": "#303a4a"},
    ),
)


def themes(up_color: str) -> tuple[Theme, ...]:
    """The themes, rise and fall swapped where a rise is to be red."""
    if up_color != "red":
        return THEMES
    return tuple(
        replace(each, variables={**each.variables, "up": each.variables["down"], "down": each.variables["up"]})
        for each in THEMES
    )
