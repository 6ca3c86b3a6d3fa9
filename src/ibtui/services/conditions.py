"""What is wrong for a while: told once when it has lasted, and once when it has been over for as long as it takes."""

from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field

ENDS_AFTER = 10.0
"""Seconds for which something must have been gone to be told as over: what flaps is told once."""

NAMED = 5
"""Who is told by name when many are in the same trouble; the others are counted."""

Key = Hashable


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something that is wrong now.

    Attributes:
        kind: Of the alert that tells it.
        what: In plain words; other words for the same key are news.
        over: Kind and words of the alert that tells its end.
        who: Whom it is about; troubles that begin together and differ in nothing else are one alert.
        detail: Figures, which may change without being news.
        after: Seconds for which it must have lasted to be told.
    """

    kind: str
    what: str
    over: tuple[str, str]
    who: str = ""
    detail: str = field(default="", compare=False)
    after: float = 0.0


@dataclass(slots=True)
class _Lasting:
    trouble: Trouble
    since: float
    told: Trouble | None = None
    gone_since: float | None = None


class Conditions:
    """Turns what is wrong at each look into alerts. Pure: times are monotonic seconds handed in."""

    def __init__(self, tell: Callable[[str, str], object]) -> None:
        self._tell = tell
        self._lasting: dict[Key, _Lasting] = {}

    def look(self, troubles: Mapping[Key, Trouble], now: float) -> None:
        """Takes everything that is wrong now, and tells what began or ended."""
        begun = [self._go_on(key, trouble, now) for key, trouble in troubles.items()]
        gone = [self._fade(key, now) for key in self._lasting.keys() - troubles.keys()]
        for (kind, what), group in _alike(begun, lambda each: (each.kind, each.what)):
            detail = f" ({group[0].detail})" if group[0].detail else ""
            self._tell(kind, f"{_names(group)}{what}{detail}")
        for (kind, what), group in _alike(gone, lambda each: each.over):
            self._tell(kind, f"{_names(group)}{what}")

    def forget(self, wanted: Callable[[Key], bool]) -> None:
        """Drops troubles without a word: nobody can say any more whether they go on."""
        for key in [key for key in self._lasting if wanted(key)]:
            del self._lasting[key]

    def _go_on(self, key: Key, trouble: Trouble, now: float) -> Trouble | None:
        lasting = self._lasting.get(key)
        if lasting is None:
            lasting = self._lasting[key] = _Lasting(trouble, now)
        elif lasting.trouble != trouble:
            lasting.since = now
        lasting.trouble, lasting.gone_since = trouble, None
        if lasting.told == trouble or now - lasting.since < trouble.after:
            return None
        lasting.told = trouble
        return trouble

    def _fade(self, key: Key, now: float) -> Trouble | None:
        lasting = self._lasting[key]
        if lasting.gone_since is None:
            lasting.gone_since = now
        if lasting.told is not None and now - lasting.gone_since < ENDS_AFTER:
            return None
        del self._lasting[key]
        return lasting.told


def _alike(
    found: Iterable[Trouble | None], words: Callable[[Trouble], tuple[str, str]]
) -> Iterable[tuple[tuple[str, str], list[Trouble]]]:
    groups: dict[tuple[str, str], list[Trouble]] = {}
    for each in found:
        if each is not None:
            groups.setdefault(words(each), []).append(each)
    return groups.items()


def _names(group: list[Trouble]) -> str:
    names = [each.who for each in group if each.who]
    if not names:
        return ""
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return f"{', '.join(names[:NAMED])}{more}: "
