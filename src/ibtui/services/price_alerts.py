"""The user's own alerts: set with ``:alert``, kept in the journal, held against each fresh price, told once."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from ibtui.clock import Clock
from ibtui.errors import UsageError
from ibtui.market.instruments import Instrument
from ibtui.market.marks import Mark
from ibtui.storage import queries
from ibtui.storage.files import DataDirectory
from ibtui.storage.journal import Journal
from ibtui.trading.price_alerts import Condition, PriceAlert, is_met, judged_price

if TYPE_CHECKING:
    from ibtui.broker.feeds import Feeds

OWNER = "price alerts"
"""Under which the subscriptions are wanted."""

FRESH = frozenset({Mark.LIVE, Mark.DELAYED})
"""Marks of quotes that are not grey; on any other a price is no news."""


class PriceAlerts:
    """All alerts that were set and not met yet.

    Args:
        feeds: Where quotes are wanted, and judged by their mark.
        journal: Where alerts are kept.
        tell: Tells an alert of a kind.
    """

    def __init__(self, feeds: "Feeds", journal: Journal, tell: Callable[[str, str], object], clock: Clock) -> None:
        self._feeds = feeds
        self._journal = journal
        self._tell = tell
        self._clock = clock
        self._highest = 0
        self._set: dict[int, dict[int, PriceAlert]] = {}
        self._instruments: dict[int, Instrument] = {}
        self._before: dict[int, float] = {}

    @property
    def all(self) -> list[PriceAlert]:
        """Every alert that waits, by its number."""
        return sorted((each for group in self._set.values() for each in group.values()), key=lambda each: each.number)

    def price(self, alert: PriceAlert) -> float | None:
        """What the alert is held against now; None while unknown."""
        quote = self._feeds.market.board.quote(alert.con_id)
        return judged_price(quote, self._instruments[alert.con_id].sec_type)

    def load(self, highest: int, stored: Sequence[tuple[PriceAlert, Instrument]]) -> None:
        """Takes over what earlier runs left, and the highest number ever given."""
        self._highest = highest
        for alert, instrument in stored:
            self._put(alert, instrument)

    def add(self, instrument: Instrument, condition: Condition) -> PriceAlert:
        """Sets an alert; it is held against the next fresh price, or the one that stands."""
        self._highest += 1
        alert = PriceAlert(self._highest, instrument.con_id, condition, self._clock.utc_ns())
        self._journal.price_alert(alert)
        self._put(alert, instrument)
        self._judge(instrument.con_id)
        return alert

    def remove(self, number: int) -> PriceAlert:
        """Takes an alert back.

        Raises:
            UsageError: There is none of that number.
        """
        alert = next((each for each in self.all if each.number == number), None)
        if alert is None:
            raise UsageError(f"there is no alert {number}; :alerts lists them")
        self._end(alert, None)
        return alert

    def look(self, monotonic: float) -> None:
        """Holds the alerts of what one network read touched against its prices.

        Args:
            monotonic: When that read was made: quotes of that instant are those that it touched.
        """
        quotes = self._feeds.market.board.quotes
        for con_id in tuple(self._set):
            quote = quotes.get(con_id)
            if quote is not None and quote.updated == monotonic:
                self._judge(con_id)

    def _judge(self, con_id: int) -> None:
        """Tells the alerts of a contract that are met."""
        alerts = self._set[con_id]
        price = judged_price(self._feeds.market.board.quote(con_id), self._instruments[con_id].sec_type)
        if price is None or all(self._before.get(number) == price for number in alerts):
            return
        mark = self._feeds.mark(con_id)
        if mark not in FRESH:
            return
        met = [each for each in alerts.values() if is_met(each.condition, self._before.get(each.number), price)]
        self._before.update(dict.fromkeys(alerts, price))
        for alert in met:
            self._end(alert, price)
            grade = "" if mark is Mark.LIVE else f", {mark}"
            self._tell("price", f"{alert.condition}: it is {price:.10g}{grade} (alert {alert.number})")

    def _put(self, alert: PriceAlert, instrument: Instrument) -> None:
        self._instruments[alert.con_id] = instrument
        self._set.setdefault(alert.con_id, {})[alert.number] = alert
        self._feeds.want(instrument, quotes=True, owner=OWNER)

    def _end(self, alert: PriceAlert, price: float | None) -> None:
        self._journal.price_alert_ended(alert.number, price)
        self._before.pop(alert.number, None)
        group = self._set[alert.con_id]
        del group[alert.number]
        if not group:
            del self._set[alert.con_id]
            self._feeds.unwant(self._instruments[alert.con_id], quotes=True, owner=OWNER)


def stored_price_alerts(directory: DataDirectory) -> tuple[int, list[tuple[PriceAlert, Instrument]]]:
    """What :meth:`PriceAlerts.load` takes. Blocking.

    Raises:
        StorageError: A file can't be read.
    """
    highest, alerts = queries.price_alerts(directory)
    # A history file that was lost takes no alert with it: the number is enough to ask for the contract.
    known = {each.con_id: queries.contract(directory, each.con_id) for each in alerts}
    return highest, [(each, known[each.con_id] or Instrument(each.con_id, each.condition.symbol)) for each in alerts]
