"""What a dropped SSH link would cost, said once to who runs the console without tmux; dismissed for good by a key."""

from collections.abc import Mapping

from ibtui.ui.text import Line

VIEW = "dropped link"
"""Where it is kept that it was understood."""

_COSTS = {
    "keep": "if this SSH link drops, ibtui ends and working orders stay",
    "cancel": "if this SSH link drops, ibtui ends and cancels our orders",
}


def warning(environment: Mapping[str, str], on_hangup: str, keys: str) -> Line | None:
    """The line that says it; None where the program outlives the link, or is not behind one.

    Args:
        environment: Of this process.
        on_hangup: The setting.
        keys: What dismisses it.
    """
    if not environment.get("SSH_CONNECTION") or environment.get("TMUX") or environment.get("STY"):
        return None
    return (
        (f" {keys}", "key"),
        (" hides  ", "dim"),
        (f"! {_COSTS[on_hangup]}", "warn"),
        ("; in tmux it would go on", "dim"),
    )
