"""Keys of the ladder."""

from ibtui.ui.keys.key import Key


def _ladder(
    name: str, keys: str, label: str, about: str, *, trading: bool = False, sends: bool = False, hint: bool = True
) -> Key:
    action = f"ladder('{name}')"
    return Key(f"ladder.{name}", keys, label, "Ladder", ("depth",), action, about, trading, sends, hint=hint)


KEYS: tuple[Key, ...] = (
    _ladder("centre", "c", "centre", "Centre the ladder on the market; no row is chosen any more"),
    _ladder(
        "buy",
        "i",
        "buy here",
        "Buy at the chosen row, a limit order of the default quantity: at once when ARMED, else through a ticket",
        trading=True,
        sends=True,
    ),
    _ladder(
        "sell",
        "o",
        "sell here",
        "Sell at the chosen row, a limit order of the default quantity: at once when ARMED, else through a ticket",
        trading=True,
        sends=True,
    ),
    _ladder(
        "enter",
        "enter",
        "ticket here",
        "Put down the order that is picked up; else a ticket at the chosen row for the side that would rest there",
        trading=True,
        hint=False,
    ),
    _ladder(
        "move",
        "m",
        "move",
        "When ARMED pick up our order at the chosen row, and put it down at another; else move it in a dialog",
        trading=True,
    ),
    _ladder("cancel", "x", "cancel here", "Cancel all our orders at the chosen row; never asks", trading=True),
    _ladder("release", "escape", "release", "Let go of the order that is picked up, then of the row", hint=False),
    _ladder("group", "u", "group", "Rows of 1, 2, 5 or 10 increments"),
    _ladder("window", "w", "window", "Count trades and pulled or stacked sizes over 2, 5 or 10 seconds", hint=False),
    _ladder("least", "n", "least", "Show changes from 0, 10, 100, 500 or 1,000 on only", hint=False),
    _ladder("anew", "d", "count anew", "Count trades and changes from now on; the profile stays", hint=False),
    _ladder(
        "above",
        "K",
        "anew above",
        "The same above the chosen row only, or above the middle of the market where none is chosen",
        hint=False,
    ),
    _ladder("below", "J", "anew below", "The same below the chosen row or the middle only", hint=False),
    _ladder("venues", "v", "venues", "Show who stands at each price in place of what traded", hint=False),
    Key("ladder.pin", "p", "second", "Depth", ("depth",), "pin", "Keep this symbol's ladder as the second one, or not"),
    Key("ladder.other", "tab", "other ladder", "Depth", ("depth",), "other", "Give the keys to the other ladder"),
)
