"""Keys of the market screens."""

from ibtui.ui.keys.key import Key

KEYS: tuple[Key, ...] = (
    Key("symbol.open", "enter", "depth", "Quotes", ("quotes",), "open_depth", "Open the symbol's ladder"),
    Key("ladder.centre", "c", "centre", "Depth", ("depth",), "centre", "Centre the ladder on the market", hint=True),
    Key("tape.pause", "p", "pause", "Tape", ("tape",), "pause", "Hold the tape still, or let it go on", hint=True),
)
