"""Keys of the chart. Those for lists work there too: up and down zoom, page keys and ends move, ``y`` copies."""

from ibtui.ui.keys.key import Key

_ON = ("chart",)

KEYS: tuple[Key, ...] = (
    Key("chart.back", "left,h", "back", "Chart", _ON, "cursor(-1)", "Move the cursor one bar back"),
    Key("chart.on", "right,l", "on", "Chart", _ON, "cursor(1)", "Move the cursor one bar on"),
    Key("chart.now", "escape", "now", "Chart", _ON, "no_cursor", "Take the cursor away and follow the newest bar"),
    Key("chart.larger", "t", "bars", "Chart", _ON, "bar_size(1)", "The next larger size of bars", hint=True),
    Key("chart.smaller", "T", "smaller", "Chart", _ON, "bar_size(-1)", "The next smaller size of bars"),
    Key("chart.hours", "w", "hours", "Chart", _ON, "hours", "Regular hours only, or all hours", hint=True),
    Key("chart.fetch", "enter", "fetch", "Chart", _ON, "fetch", "Fetch the bars that are missing", hint=True),
    Key("chart.previous", "[", "previous", "Chart", _ON, "neighbour(-1)", "Previous symbol"),
    Key("chart.next", "]", "next", "Chart", _ON, "neighbour(1)", "Next symbol"),
)
