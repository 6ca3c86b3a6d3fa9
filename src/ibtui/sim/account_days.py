"""Days of the accounts: by each market's calendar a day begins, a session ends and is settled."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from ibtui.sim.account import Account
from ibtui.sim.events import Event
from ibtui.sim.floor import Later
from ibtui.sim.trading_days import MINUTE_NS, Calendar, next_day_ns, next_end_ns


@dataclass(frozen=True, slots=True)
class AccountDays:
    """Tells accounts when a day begins and when a session ends.

    Args:
        accounts: By name; those that are opened later too.
        expire: Ends the orders in contracts that have expired.
        later: Calls back at a market time.
        now: Market time.
    """

    accounts: Mapping[str, Account]
    expire: Callable[[Calendar, date], list[Event]]
    later: Later
    now: Callable[[], int]

    def begin(self, calendars: Iterable[Calendar]) -> None:
        """Plans the next day and the next end of a session of each calendar, and so on from there."""
        for calendar in calendars:
            self._plan_day(calendar)
            self._plan_end(calendar)

    def _plan_day(self, calendar: Calendar) -> None:
        self.later(next_day_ns(calendar, self.now()), lambda: self._new_day(calendar))

    def _plan_end(self, calendar: Calendar) -> None:
        self.later(next_end_ns(calendar, self.now()), lambda: self._end_session(calendar))

    def _new_day(self, calendar: Calendar) -> list[Event]:
        for account in self.accounts.values():
            account.new_day(calendar)
        self._plan_day(calendar)
        return []

    def _end_session(self, calendar: Calendar) -> list[Event]:
        following = calendar.day_of(self.now() // MINUTE_NS).date
        for account in self.accounts.values():
            account.settle(calendar, following)
        self._plan_end(calendar)
        return self.expire(calendar, following)
