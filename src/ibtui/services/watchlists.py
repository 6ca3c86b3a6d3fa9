"""Watchlists: named lists of instruments, kept in the journal, two of them there out of the box."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence

from ibtui.errors import IbtuiError, LinkDownError, StorageError, UsageError
from ibtui.market.instruments import Instrument
from ibtui.storage import queries
from ibtui.storage.files import DataDirectory

DEFAULTS: Mapping[str, tuple[str, ...]] = {
    "sectors": ("XLK", "XLV", "XLF", "XLY", "XLI", "XLP", "XLE", "XLB", "XLRE", "XLU", "XLC"),
    "benchmarks": ("SPY", "QQQ", "IWM", "DIA"),
}

Entry = Instrument | str
"""A text stands for a symbol whose contract isn't known yet."""

LOOKUPS_AT_ONCE = 5

LONGEST_NAME = 24
"""Characters of a list's name: it stands on a tab."""

log = logging.getLogger(__name__)


class Watchlists:
    """The lists as they are now; each change is saved at once.

    Args:
        stored: Lists that were saved before, in their order; the defaults that never were come first. None stands for
            a list that was deleted.
        save: Takes a list's name, its place among the lists and its entries, as ``Journal.watchlist`` does; a place
            below zero for a default list that was deleted.
        forget: Takes the name of a list that is no more.

    Attributes:
        problems: Symbol as typed to why its contract is not known, in plain words.
        on_change: Called after each change with the list's name.
    """

    def __init__(
        self,
        stored: Mapping[str, Sequence[Entry] | None],
        save: Callable[[str, int, Sequence[Entry]], None],
        forget: Callable[[str], None],
    ) -> None:
        untouched: dict[str, list[Entry]] = {
            name: list(symbols) for name, symbols in DEFAULTS.items() if name not in stored
        }
        kept = {name: list(each) for name, each in stored.items() if each is not None}
        self._lists: dict[str, list[Entry]] = {**untouched, **kept}
        self._save = save
        self._forget = forget
        self.problems: dict[str, str] = {}
        self.on_change: list[Callable[[str], None]] = []

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the lists, in order."""
        return tuple(self._lists)

    def entries(self, name: str) -> tuple[Entry, ...]:
        """All of a list, symbols without a known contract included; empty for a list that there isn't."""
        return tuple(self._lists.get(name, ()))

    def instruments(self, name: str) -> tuple[Instrument, ...]:
        """Those of a list whose contract is known."""
        return tuple(each for each in self.entries(name) if isinstance(each, Instrument))

    def all_instruments(self) -> tuple[Instrument, ...]:
        """Every known instrument of any list, once."""
        return tuple({each.con_id: each for name in self._lists for each in self.instruments(name)}.values())

    def unresolved(self) -> tuple[str, ...]:
        """Symbols whose contract isn't known yet, each once."""
        return tuple(
            dict.fromkeys(each for entries in self._lists.values() for each in entries if isinstance(each, str))
        )

    def add(self, name: str, entry: Entry) -> bool:
        """Appends to a list, which is made when there is none; False when it is there already."""
        entries = self._lists.setdefault(name, [])
        if any(_same(each, entry) for each in entries):
            return False
        entries.append(entry)
        self._changed(name)
        return True

    def remove(self, name: str, entry: Entry) -> bool:
        """Takes out of a list; False when it wasn't there."""
        entries = self._lists.get(name, [])
        left = [each for each in entries if not _same(each, entry)]
        if len(left) == len(entries):
            return False
        self._lists[name] = left
        self._changed(name)
        return True

    def add_list(self, name: str) -> None:
        """Makes an empty list, the last one.

        Raises:
            UsageError: There is one of that name, or it is no name.
        """
        self._check_name(name)
        self._lists[name] = []
        self._changed(name)

    def rename_list(self, name: str, new: str) -> None:
        """Gives a list another name; it keeps its place.

        Raises:
            UsageError: There is no such list, or the new name is taken or none.
        """
        self._check_known(name)
        self._check_name(new)
        self._lists = {new if each == name else each: entries for each, entries in self._lists.items()}
        self._delete(name)
        self._save_all()
        self._tell(new)

    def move_list(self, name: str, place: int) -> None:
        """Puts a list at another place among the lists, the first being 0; beyond the last means the last.

        Raises:
            UsageError: There is no such list.
        """
        self._check_known(name)
        names = [each for each in self._lists if each != name]
        names.insert(max(0, place), name)
        self._lists = {each: self._lists[each] for each in names}
        self._save_all()
        self._tell(name)

    def remove_list(self, name: str) -> None:
        """Forgets a list, for good.

        Raises:
            UsageError: There is no such list.
        """
        self._check_known(name)
        del self._lists[name]
        self._delete(name)
        self._tell(name)

    def move(self, name: str, entry: Entry, steps: int) -> bool:
        """Moves an entry up (below zero) or down its list; False where it is not in it or at its end already."""
        entries = self._lists.get(name, [])
        at = next((at for at, each in enumerate(entries) if _same(each, entry)), None)
        if at is None:
            return False
        to = max(0, min(at + steps, len(entries) - 1))
        if to == at:
            return False
        entries.insert(to, entries.pop(at))
        self._changed(name)
        return True

    def resolved(self, text: str, instrument: Instrument) -> None:
        """Puts the contract that was found in the place of a symbol, in every list."""
        self.problems.pop(text, None)
        for name, entries in self._lists.items():
            if text in entries:
                known = {each.con_id for each in self.instruments(name)}
                found = [instrument] if instrument.con_id not in known else []
                at = entries.index(text)
                entries[at : at + 1] = found
                self._changed(name)

    def renew(self, instrument: Instrument) -> None:
        """Takes a contract's newer description, such as its next days' hours; the lists stay as they are."""
        for entries in self._lists.values():
            entries[:] = [instrument if _same(each, instrument) else each for each in entries]

    async def resolve(self, find: Callable[[str], Awaitable[Instrument]]) -> None:
        """Looks up every symbol that isn't known yet; what can't be found is in :attr:`problems`.

        Without a session it gives up at once; call it again when there is one.
        """
        few = asyncio.Semaphore(LOOKUPS_AT_ONCE)

        async def look_up(text: str) -> None:
            async with few:
                try:
                    self.resolved(text, await find(text))
                except LinkDownError:
                    log.debug("%s will be looked up when there is a connection", text)
                except IbtuiError as error:
                    self.problems[text] = str(error)

        await asyncio.gather(*(look_up(text) for text in self.unresolved()))

    def _check_known(self, name: str) -> None:
        if name not in self._lists:
            raise UsageError(f"there is no list '{name}'; there are: {', '.join(self._lists) or 'none'}")

    def _check_name(self, name: str) -> None:
        if not name.strip() or not name.isprintable() or len(name) > LONGEST_NAME:
            raise UsageError(f"a list's name is 1 to {LONGEST_NAME} characters that can be printed")
        if name in self._lists:
            raise UsageError(f"there is a list '{name}' already")

    def _delete(self, name: str) -> None:
        if name in DEFAULTS:  # else it would be back at the next start
            self._save(name, -1, ())
        else:
            self._forget(name)

    def _save_all(self) -> None:
        for place, (name, entries) in enumerate(self._lists.items()):
            self._save(name, place, tuple(entries))

    def _changed(self, name: str) -> None:
        self._save(name, list(self._lists).index(name), tuple(self._lists[name]))
        self._tell(name)

    def _tell(self, name: str) -> None:
        for hook in self.on_change:
            hook(name)


def stored_lists(directory: DataDirectory) -> dict[str, list[Entry] | None]:
    """Saved watchlists in their order, contracts that are remembered as such; None for those deleted. Blocking.

    Raises:
        StorageError: The journal can't be read. A history that can't only means that contracts are looked up again.
        NewerDatabaseError: A newer ibtui wrote one of them.
    """
    try:
        known = {each.con_id: each for each in queries.contracts(directory)}
    except StorageError as error:
        log.warning("The contracts of the watchlists are looked up again: %s", error)
        known = {}
    lists: dict[str, list[Entry] | None] = dict.fromkeys(queries.deleted_watchlists(directory))
    for name, rows in queries.watchlists(directory).items():
        lists[name] = [known.get(row["con_id"]) or row["symbol"] for row in rows]
    return lists


def _same(one: Entry, other: Entry) -> bool:
    if isinstance(one, Instrument) and isinstance(other, Instrument):
        return one.con_id == other.con_id
    return one == other
