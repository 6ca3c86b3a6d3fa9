"""Keys of the market screens."""

from ibtui.ui.keys.key import Key


def _tape(name: str, keys: str, label: str, about: str) -> Key:
    return Key(f"tape.{name}", keys, label, "Tape", ("tape",), f"tape('{name}')", about, hint=True)


KEYS: tuple[Key, ...] = (
    _tape("pause", "p", "pause", "Hold the tape still, or let it go on; moving away from the newest row holds it too"),
    _tape("time", "t", "time", "Go to a time of the day, on the market's clock"),
    _tape("size", "v", "sizes", "Show only trades of some sizes"),
    _tape("join", "w", "join", "Join the parts of a trade (one price and side within 100 ms), or show every print"),
    _tape(
        "anew",
        "n",
        "count anew",
        "Count delta, highs and lows from now on, as each trading day does (17:00 in New York)",
    ),
)
