"""What one line of the table of keys says."""

from dataclasses import dataclass

EVERYWHERE = "everywhere"
GRID = "grid"
SYMBOL_SCREENS = ("quotes", "depth", "tape", "chart", "desk")
DESK_PANES = frozenset((*SYMBOL_SCREENS, "orders"))
"""Screens whose panes can stand side by side on the desk, and the desk itself."""


@dataclass(frozen=True, slots=True)
class Key:
    """One action and the keys that do it.

    Attributes:
        id: Name of the action, as in ``[keys]`` of the settings.
        keys: Keys that do it, separated by commas, in Textual's spelling.
        label: One or two words for the footer.
        group: Heading in the help.
        where: Screens on which it works, or :data:`EVERYWHERE`, or :data:`GRID` for every list of rows.
        action: Name of Textual's action, with its arguments.
        help: What it does, as a sentence without its full stop.
        trading: Sends or prepares orders, or takes them back: acts only when the key arrived alone, see
            :mod:`ibtui.ui.keyguard`.
        sends: May send an order at once. Then the key does nothing else on any pane of the desk, where it would be
            pressed for the one pane while the other has the keys.
        priority: Works inside inputs and dialogs too.
        hint: Shown in the footer.
    """

    id: str
    keys: str
    label: str
    group: str
    where: tuple[str, ...]
    action: str
    help: str
    trading: bool = False
    sends: bool = False
    priority: bool = False
    hint: bool = False
