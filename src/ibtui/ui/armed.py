"""ARMED: `B` and `S` trade at once, `:buy` sends at once, until one of the things that this stands on gives way."""

from typing import TYPE_CHECKING

from ibtui.market.instruments import Instrument
from ibtui.market.marks import Mark
from ibtui.trading.arming import Footing, Touch, why_disarm, why_not_instant
from ibtui.trading.orders import Action

if TYPE_CHECKING:
    from ibtui.ui.app import ConsoleApp


class Armed:
    """Whether keys send at once, and what the screen showed when they were pressed.

    Attributes:
        until: Monotonic seconds; None while disarmed.
        sent: Whether an order went through a ticket in this run, as ``[orders] confirm = "first"`` wants.
    """

    def __init__(self, app: "ConsoleApp") -> None:
        self.until: float | None = None
        self.sent = False
        self._app = app
        self._key_at = float("-inf")
        self._painted: dict[int, Touch] = {}

    def arm(self) -> None:
        """Arms for ``[orders] arm_minutes``; says why not where something is amiss."""
        now = self._app.parts.clock.monotonic()
        self.key_pressed()
        reason = why_disarm(float("inf"), now, self._footing(now))
        if reason:
            self._app.tell(f"Not armed: {reason}", bad=True)
            return
        minutes = self._app.parts.settings.orders.arm_minutes
        self.until = now + minutes * 60
        first = "" if self.sends_at_once() else "after a first ticket "
        self._app.tell(f"ARMED for {minutes:g} min: {first}B and S trade at once; z disarms")

    def disarm(self, reason: str = "") -> None:
        """Keys open tickets again."""
        if self.until is not None:
            self.until = None
            self._app.tell(f"DISARMED{': ' + reason if reason else ''}")

    def look(self) -> None:
        """Disarms when something gave way."""
        if self.until is not None:
            now = self._app.parts.clock.monotonic()
            reason = why_disarm(self.until, now, self._footing(now))
            if reason:
                self.disarm(reason)

    def key_pressed(self) -> None:
        """Somebody is at the terminal."""
        self._key_at = self._app.parts.clock.monotonic()

    def painted(self, now: float) -> None:
        """A frame went out: what it shows of the symbols on the screen is what an instant key may act on."""
        board = self._app.parts.market.board
        shown = {each.con_id for each in (self._app.selected, self._app.beside) if each is not None}
        quotes = [board.quote(con_id) for con_id in shown]
        self._painted = {each.con_id: Touch(each.bid, each.ask, now) for each in quotes}

    def instant(self, instrument: Instrument, action: Action) -> None:
        """Buys at the ask or sells at the bid now, the default quantity, as a limit order."""
        quote = self._app.parts.market.board.quote(instrument.con_id)
        self.limit_at(instrument, action, quote.ask if action == "BUY" else quote.bid)

    def limit_at(self, instrument: Instrument, action: Action, price: float | None) -> None:
        """Sends a limit order of the default quantity now, if an instant key may act on what the screen shows."""
        app = self._app
        reason = self.why_not(instrument)
        if reason:
            app.tell(f"{action} {instrument.symbol}: {reason}", bad=True)
            return
        intent = app.parts.orders.intent(instrument, action, app.quantity, "LMT", price)
        app.ordering.send_told(intent, instrument)

    def sends_at_once(self) -> bool:
        """Whether an order need not go through a ticket: armed, and the run's first one did where that is wanted."""
        confirm = self._app.parts.settings.orders.confirm
        return self.until is not None and (self.sent or confirm == "armed")

    def why_not(self, instrument: Instrument) -> str:
        """Why no key may trade at once; empty if it may."""
        if self.until is None:
            return "not ARMED; `a` arms, `b` and `s` open a ticket"
        if not self.sends_at_once():
            return "the first order of a run goes through a ticket: press b or s"
        quote = self._app.parts.market.board.quote(instrument.con_id)
        painted = self._painted.get(instrument.con_id)
        now = self._app.parts.clock.monotonic()
        return why_not_instant(painted, quote.bid, quote.ask, instrument.min_tick, now)

    def _footing(self, now: float) -> Footing:
        app = self._app
        live = None if app.selected is None else app.parts.feeds.mark(app.selected.con_id) is Mark.LIVE
        ready = app.parts.supervisor.status.state == "READY"
        return Footing(ready, live, app.parts.loop_lag.recent_ms, now - self._key_at)
