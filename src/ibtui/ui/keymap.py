"""The one table of keys. Bindings, footer, help, palette and the README's table are all made from it.

The rows stand in :mod:`ibtui.ui.keys`. A key is listed only when it works.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from ibtui.errors import ConfigError
from ibtui.ui.keys import board, chart, general, ladder, market, orders, others
from ibtui.ui.keys.key import DESK_PANES, EVERYWHERE, GRID, Key

if TYPE_CHECKING:
    from textual.binding import Binding

KEYS: tuple[Key, ...] = (
    *general.KEYS,
    *orders.KEYS,
    *board.KEYS,
    *market.KEYS,
    *ladder.KEYS,
    *chart.KEYS,
    *others.KEYS,
)

_NAMED = (
    "enter escape tab space backspace delete insert home end pageup pagedown up down left right comma "
    + " ".join(f"f{number}" for number in range(1, 13))
).split()
_DISPLAY = {"pageup": "page up", "pagedown": "page down", "up": "↑", "down": "↓", "left": "←", "right": "→"}


def keymap(overrides: Mapping[str, str]) -> tuple[Key, ...]:
    """The table with ``[keys]`` of the settings put over it.

    Raises:
        ConfigError: An unknown action, a key's name that is none, or a key that would do two things in one place.
    """
    known = {each.id for each in KEYS}
    for action, keys in overrides.items():
        if action not in known:
            raise ConfigError(f"[keys]: unknown action '{action}'; allowed: {', '.join(sorted(known))}")
        for key in _split(keys):
            if not _is_key(key):
                raise ConfigError(
                    f"[keys] {action} = '{keys}': '{key}' is no key; allowed: one character, ctrl+ and a letter, "
                    f"or {', '.join(_NAMED)}"
                )
    table = tuple(replace(each, keys=overrides.get(each.id, each.keys)) for each in KEYS)
    _refuse_clashes(table)
    return table


def _split(keys: str) -> list[str]:
    return [each.strip() for each in keys.split(",") if each.strip()] or [keys]


def _is_key(key: str) -> bool:
    *modifiers, base = key.split("+") if len(key) > 1 else [key]
    if not set(modifiers) <= {"ctrl", "shift"}:
        return False
    return base in _NAMED or (len(base) == 1 and base.isprintable() and not base.isspace())


def _refuse_clashes(table: tuple[Key, ...]) -> None:
    taken: dict[str, list[Key]] = {}
    for one in table:
        for key in dict.fromkeys(_split(one.keys)):
            for other in taken.setdefault(key, []):
                if _meet(one, other):
                    raise ConfigError(
                        f"[keys]: '{key}' would be both {other.id} and {one.id}; give one of them another key"
                    )
            taken[key].append(one)


def _meet(one: Key, other: Key) -> bool:
    wide = {EVERYWHERE, GRID}
    if wide & {*one.where, *other.where} or set(one.where) & set(other.where):
        return True
    return (one.sends or other.sends) and bool(DESK_PANES & {*one.where}) and bool(DESK_PANES & {*other.where})


def bindings(where: str, group: str = "") -> list["Binding"]:
    """Textual's bindings of one place, or of one group there.

    Their ids are the table's, so that ``App.set_keymap`` can move them.
    """
    from textual.binding import Binding

    return [
        Binding(each.keys, each.action, each.label, id=each.id, priority=each.priority, show=False)
        for each in KEYS
        if where in each.where and group in ("", each.group)
    ]


def on_screen(table: tuple[Key, ...], screen: str) -> Iterator[Key]:
    """What the footer of a screen shows: its own keys first, then those that work everywhere."""
    yield from (each for each in table if each.hint and screen in each.where)
    yield from (each for each in table if each.hint and EVERYWHERE in each.where)


def shown(keys: str) -> str:
    """Keys as people read them: ``↑ k``."""
    return " ".join(_DISPLAY.get(each, each) for each in _split(keys))


def groups(table: tuple[Key, ...]) -> dict[str, list[Key]]:
    """The table by the headings of the help, in the table's order."""
    found: dict[str, list[Key]] = {}
    for each in table:
        found.setdefault(each.group, []).append(each)
    return found


def markdown(table: tuple[Key, ...] = KEYS) -> str:
    """The table as the README shows it."""
    lines = ["| key | where | does |", "|---|---|---|"]
    for each in table:
        keys = " ".join(f"`{key}`" for key in _split(each.keys))
        where = "everywhere" if EVERYWHERE in each.where else "lists" if GRID in each.where else ", ".join(each.where)
        lines.append(f"| {keys} | {where} | {re.sub('[|]', '', each.help)} |")
    return "\n".join(lines) + "\n"
