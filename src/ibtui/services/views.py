"""How the user arranged the screens, kept in the journal: columns, order, what is looked at."""

from collections.abc import Callable, Mapping
from typing import Any

Document = Mapping[str, Any]
"""What a screen keeps; made of what JSON has."""


class Views:
    """One document a name; each change is saved at once.

    Args:
        stored: What was saved before.
        save: Takes a name and its document, as ``Journal.view`` does.
    """

    def __init__(self, stored: Mapping[str, Any], save: Callable[[str, Document], None]) -> None:
        self._views = {name: each for name, each in stored.items() if isinstance(each, dict)}
        self._save = save

    def get(self, name: str) -> Document:
        """What is kept under a name; empty where nothing is."""
        return self._views.get(name, {})

    def names(self, prefix: str = "") -> tuple[str, ...]:
        """Names that begin so, in order."""
        return tuple(sorted(name for name in self._views if name.startswith(prefix)))

    def put(self, name: str, document: Document) -> None:
        """Keeps it from now on."""
        if self._views.get(name) != document:
            self._views[name] = dict(document)
            self._save(name, document)
