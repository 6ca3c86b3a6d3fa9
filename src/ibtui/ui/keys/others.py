"""Keys of the remaining screens."""

from ibtui.ui.keys.key import Key

KEYS: tuple[Key, ...] = (
    Key(
        "desk.next",
        "tab",
        "next pane",
        "Desk",
        ("desk",),
        "pane(1)",
        "The next pane gets the keys",
        priority=True,
        hint=True,
    ),
    Key(
        "desk.previous", "shift+tab", "previous pane", "Desk", ("desk",), "pane(-1)", "The previous pane gets the keys"
    ),
    Key(
        "account.list",
        "tab",
        "positions/executions/currencies",
        "Account",
        ("account",),
        "other_list",
        "From the positions to the executions, to the currencies, and back",
        hint=True,
    ),
    Key("backfill.start", "enter", "start", "Backfill", ("backfill",), "start_job", "Start a download", hint=True),
    Key(
        "backfill.cancel",
        "x",
        "cancel job",
        "Backfill",
        ("backfill",),
        "cancel_job",
        "Cancel the selected job",
        hint=True,
    ),
    Key(
        "connection.try",
        "n",
        "try now",
        "Connection",
        ("connection",),
        "try_now",
        "Connect now, without waiting",
        hint=True,
    ),
    Key(
        "connection.list",
        "tab",
        "events/symbols",
        "Connection",
        ("connection",),
        "other_list",
        "From the timeline to the flow of every symbol, or back",
        hint=True,
    ),
)
