"""The simulated gateway: one exchange, its clock, and the clients that are connected to it."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import datetime

from ibtui.clock import NS
from ibtui.errors import UsageError
from ibtui.sim import messages, requests
from ibtui.sim.account_feed import AccountFeeds
from ibtui.sim.client import SYSTEM, Client
from ibtui.sim.contract_values import find
from ibtui.sim.depth_feed import DepthFeed
from ibtui.sim.events import DayChanged, DepthChanged, Event, HaltChanged, TopChanged, Traded
from ibtui.sim.exchange import Exchange
from ibtui.sim.faults import Faults, Loss
from ibtui.sim.feeds import Feeds, Refreshed
from ibtui.sim.limits import LIMITED, Limits, too_many_messages
from ibtui.sim.links import COMPETING, Links, Upstream
from ibtui.sim.meetings import Meetings
from ibtui.sim.not_offered import not_offered
from ibtui.sim.order_checks import Refusal
from ibtui.sim.order_desk import OrderDesk
from ibtui.sim.pause import Pause
from ibtui.sim.permissions import Permissions
from ibtui.sim.schema import FieldError, Message, Values
from ibtui.sim.simclock import NEW_YORK, SimClock
from ibtui.sim.stats import Stats

log = logging.getLogger(__name__)

NOT_CONNECTED = 504
BAD_REQUEST = 320
UNKNOWN_REQUEST = 505

MOST_BEHIND_SECONDS = 0.1
"""When the market takes longer than this to come to the present, the present waits for it."""


def account_names(text: str) -> tuple[str, ...]:
    """Account ids from a comma-separated list.

    Raises:
        UsageError: There is none, or one is empty or named twice.
    """
    names = tuple(each.strip() for each in text.split(","))
    if not all(names) or len(set(names)) < len(names):
        raise UsageError("account ids are comma-separated, such as DUSIM0001,DUSIM0002")
    return names


class Gateway:
    """What all connections share. Everything happens in one event loop, one step after the other.

    Args:
        answers: What to do for each request.

    Attributes:
        clients: Open connections, those before their handshake included.
        managed_accounts: Names of the user's accounts.
        changes: Goes up with everything that happens to an order or the account.
        skew_ns: How far the time that clients are told is off, nanoseconds.
    """

    def __init__(
        self, exchange: Exchange, clock: SimClock, answers: "Mapping[Message, Answer]", *, limited: bool = True
    ) -> None:
        self._answers = answers
        self.exchange = exchange
        self.clock = clock
        self.managed_accounts: tuple[str, ...] = tuple(exchange.accounts)
        self.stats = Stats()
        self.faults = Faults()
        self.meetings = Meetings()
        self.permissions = Permissions()
        self.skew_ns = 0
        self.links = Links(self.faults, self.tell_all, self._data_back)
        self.clients: set[Client] = set()
        self.feeds = Feeds(exchange)
        self.limits = Limits(self.feeds) if limited else None
        self.accounts = AccountFeeds(exchange, lambda: self.managed_accounts)
        self.orders = OrderDesk(exchange, self.clients)
        self.changes = 0
        self._later: dict[tuple[Client, int], asyncio.Task[None]] = {}
        self._silence = Pause(self._thaw)
        self._wedge = Pause(self._thaw)

    # what a client sees, see client.Host

    @property
    def frozen(self) -> bool:
        """Whether nothing is read from or written to any client."""
        return self._silence.on

    @property
    def wedged(self) -> bool:
        """Whether new connections get no answer."""
        return self._wedge.on

    def hello_time(self) -> str:
        """Market time as the handshake writes it."""
        return datetime.fromtimestamp(self.told_ns() / NS, NEW_YORK).strftime("%Y%m%d %H:%M:%S %Z")

    def told_ns(self) -> int:
        """The time that clients are told it is, UTC nanoseconds."""
        return self.clock.now_ns() + self.skew_ns

    def joined(self, client: Client) -> None:
        """A client has connected."""
        self.clients.add(client)
        self.stats.connected(len(self.clients))

    def left(self, client: Client) -> None:
        """A client is gone: its subscriptions end, its orders live on."""
        self.clients.discard(client)
        for owner, req_id in [key for key in self._later if key[0] is client]:
            self.forget(owner, req_id)
        self.feeds.close_all(client)
        self.accounts.close_all(client)
        self.faults.left(client)
        if self.limits is not None:
            self.limits.left(client)

    def requested(self, client: Client, fields: list[str]) -> None:
        """Answers one request, at the market's present time. Whatever is wrong with it becomes an IB error."""
        if self.limits is not None and self.limits.too_fast(client):
            client.error(SYSTEM, *too_many_messages())
            client.close()
            return
        trap = self.faults.sprung(int(fields[0]))
        if trap is None or trap.carried_out:
            self._answer(client, fields)
        if trap is not None:
            self.lose(client, trap.how)

    def _answer(self, client: Client, fields: list[str]) -> None:
        message = requests.INCOMING.get(int(fields[0]))
        refusal = None if message is not None else not_offered(fields)
        if refusal is not None:
            number, told = refusal
            client.error(number, told.code, told.text)
            return
        if message is None:
            client.error(SYSTEM, UNKNOWN_REQUEST, f"Fatal Error: Unknown message id. {fields[0]}")
            return
        if client.client_id is None and message is not requests.START_API:
            client.error(SYSTEM, NOT_CONNECTED, "Not connected")
            return
        try:
            ask = message.decode(client.version, fields, exact=False)
            _check_ids(ask)
        except FieldError as error:
            client.error(SYSTEM, BAD_REQUEST, f"Server error when reading an API client request. {error}")
            return
        refused = self._refusal(message, ask)
        if refused is not None:
            client.error(ask["req_id"], *refused)
        elif not self.links.takes(client, message, ask, lambda: self._carry_out(client, message, ask)):
            self._carry_out(client, message, ask)

    def _refusal(self, message: Message, ask: Values) -> Refusal | None:
        """Why a request goes beyond IB's limits; None if it doesn't."""
        if self.limits is None or message not in LIMITED:
            return None
        listings = find(self.exchange.universe, ask)
        return self.limits.refusal(message, ask, listings[0].con_id, len(self._later)) if listings else None

    def _carry_out(self, client: Client, message: Message, ask: Values) -> None:
        try:
            self.advance()
            self._answers[message](self, client, ask)
        except Exception:
            # A fault of ours must not cost the client its session.
            log.exception("%s was not answered", message)
            client.error(ask.get("req_id", SYSTEM), BAD_REQUEST, "Server error when processing an API client request.")

    def later(self, client: Client, req_id: int, answer: Callable[[], Awaitable[None]]) -> None:
        """Answers a request that takes its time, beside everything else."""
        self.forget(client, req_id)
        task = asyncio.get_running_loop().create_task(self._answer_later(client, req_id, answer))
        self._later[client, req_id] = task

    def forget(self, client: Client, req_id: int) -> bool:
        """Gives up an answer that takes its time; False where there is none."""
        task = self._later.pop((client, req_id), None)
        return task is not None and task.cancel()

    async def _answer_later(self, client: Client, req_id: int, answer: Callable[[], Awaitable[None]]) -> None:
        try:
            await answer()
        except Exception:
            log.exception("request %d was not answered", req_id)
            client.error(req_id, BAD_REQUEST, "Server error when processing an API client request.")
        self._later.pop((client, req_id), None)
        client.flush()

    # accounts

    def manage(self, names: Sequence[str]) -> None:
        """Has these accounts from now on and tells every client; one that there wasn't begins with its start's cash."""
        for name in names:
            self.exchange.open_account(name)
        self.managed_accounts = tuple(names)
        for client in self.clients:
            if client.client_id is not None:
                client.send(messages.MANAGED_ACCOUNTS, accounts=",".join(names))

    def account_for(self, named: str | None) -> str | None:
        """The account that a request means, the first where it names none; None for one that isn't the user's."""
        return next((each for each in self.managed_accounts if named in (None, "", each)), None)

    # the market

    def advance(self) -> None:
        """Takes the exchange to the present and hands out what happened on the way."""
        self.deliver(self.exchange.advance(self.clock.now_ns()))
        self.clock.wait_for(self.exchange.now_ns, MOST_BEHIND_SECONDS)
        self.feeds.pass_time(self.exchange.now_ns)

    def deliver(self, events: Iterable[Event]) -> None:
        """Hands events to whom they concern; they go out with the next :meth:`flush`."""
        deliver = self.feeds.deliver
        for event in events:
            if isinstance(event, (TopChanged, Traded, DepthChanged, DayChanged, HaltChanged)):
                deliver(event)
            else:
                self.changes += 1
                if not self.links.holds_back(event):
                    self.orders.deliver(event)
                    self.accounts.deliver(event)

    def flush(self) -> None:
        """Sends what is queued for every client."""
        for client in list(self.clients):
            client.flush()

    # faults

    def freeze(self, seconds: float | None) -> None:
        """Goes silent without closing anything: for a time, or, with None, until :meth:`unfreeze`."""
        self._silence.begin(seconds)

    def unfreeze(self) -> None:
        """Ends a freeze: what came is answered and what had to wait is sent."""
        self._silence.end()

    def wedge(self, seconds: float | None) -> None:
        """Accepts connections and answers none of them, for a time or until :meth:`unwedge`."""
        self._wedge.begin(seconds)

    def unwedge(self) -> None:
        """Answers those who waited."""
        self._wedge.end()

    def _thaw(self) -> None:
        for client in list(self.clients):
            client.thaw()

    def lose(self, client: Client, how: Loss) -> None:
        """Loses a client: ``fin`` closes in order, ``rst`` tears down; what is queued is lost."""
        if how == "fin":
            client.lose()
        else:
            client.reset()

    def set_upstream(self, state: Upstream, keep_orders: bool) -> None:
        """Loses or restores the link to IB."""
        if state == "restored_data_lost":
            for client in self.clients:
                self.feeds.close_all(client)
            self.accounts.end_profits()
        waiting, unheard = self.links.set_upstream(state, keep_orders)
        for event in unheard:
            self.orders.deliver(event)
            self.accounts.deliver(event)
        for carry_out in waiting:
            carry_out()

    def compete(self, on: bool) -> int:
        """Has another session of the same user take the market data, or gives it back; returns how many lines."""
        self.links.compete(on)
        lines = [feed for feed in self.feeds.all() if isinstance(feed, Refreshed)]
        for feed in lines if on else ():
            feed.client.error(feed.subscription.req_id, *COMPETING)
        return len(lines)

    def _data_back(self) -> None:
        """Brings those up to date who saw nothing for a while."""
        for feed in self.feeds.all():
            if isinstance(feed, DepthFeed):
                feed.reset()
            elif isinstance(feed, Refreshed):
                feed.refresh(self.exchange.top(feed.subscription.con_id))

    def tell_all(self, code: int, text: str, req_id: int = SYSTEM) -> None:
        """Sends IB's message number 4 to every client that has started."""
        for client in self.clients:
            if client.client_id is not None:
                client.send(messages.ERROR, req_id=req_id, code=code, text=text)


def _check_ids(ask: Values) -> None:
    """Refuses a request without the number that its answers would carry.

    Raises:
        FieldError: It is empty.
    """
    for name in ("req_id", "order_id"):
        if ask.get(name, 0) is None:
            raise FieldError(f"{name}: it is empty")


Answer = Callable[[Gateway, Client, Values], None]
"""Carries out one request of a client."""
