"""The gateway's links to IB's servers, upstream of it: what they do to data and orders, and what clients are told."""

import asyncio
from collections.abc import Callable
from typing import Literal, Protocol

from ibtui.sim import data_requests, requests
from ibtui.sim.client import SYSTEM, Client
from ibtui.sim.events import OrderEvent
from ibtui.sim.faults import Faults
from ibtui.sim.schema import Message, Values

Upstream = Literal["lost", "restored", "restored_data_lost"]
FarmState = Literal["broken", "ok", "inactive"]

UPSTREAM: dict[Upstream, tuple[int, str]] = {
    "lost": (1100, "Connectivity between IBKR and Trader Workstation has been lost."),
    "restored": (
        1102,
        "Connectivity between IBKR and Trader Workstation has been restored - data maintained.",
    ),
    "restored_data_lost": (1101, "Connectivity between IBKR and Trader Workstation has been restored - data lost."),
}

FARMS: dict[str, tuple[str, dict[FarmState, int]]] = {
    "data": ("Market data farm", {"broken": 2103, "ok": 2104, "inactive": 2108}),
    "hmds": ("HMDS data farm", {"broken": 2105, "ok": 2106, "inactive": 2107}),
    "secdef": ("Sec-def data farm", {"broken": 2157, "ok": 2158}),
}
"""By kind: what IB calls it, and its codes."""
WORDS: dict[FarmState, str] = {
    "broken": "connection is broken:",
    "ok": "connection is OK:",
    "inactive": "connection is inactive but should be available upon demand.",
}

QUOTE_FARMS, HISTORY_FARMS = frozenset({"usfarm", "usfarm.nj"}), frozenset({"ushmds"})
ORDER_REQUESTS = frozenset({requests.PLACE_ORDER, requests.CANCEL_ORDER, requests.GLOBAL_CANCEL})
HISTORY_REQUESTS = frozenset({data_requests.HISTORICAL_DATA, data_requests.HEAD_TIMESTAMP})
HISTORY_LOST = (
    162,
    "Historical Market Data Service error message:HMDS server disconnect occurred. Attempting reconnection...",
)

COMPETING = 10197, "No market data during competing live session"

FLAPS, FLAP_SECONDS = 3, 0.1
"""How often the data farm goes and comes after a restart, and how long each lasts."""


class Told(Protocol):
    """Sends a system message to every client."""

    def __call__(self, code: int, text: str) -> None:
        """Sends it."""
        ...


class Links:
    """What is up and what is down.

    Args:
        faults: Gets silent while market data can't come in.
        tell: Sends a system message to every client.
        data_back: Called when market data comes in again.
    """

    def __init__(self, faults: Faults, tell: Told, data_back: Callable[[], None]) -> None:
        self._faults = faults
        self._tell = tell
        self._data_back = data_back
        self._farms: dict[str, FarmState] = dict.fromkeys(("usfarm.nj", "usfarm", "ushmds", "secdefnj"), "ok")
        self._flaps_due = False
        self._waiting: list[Callable[[], None]] = []
        self._unheard: list[OrderEvent] = []
        self.lost = False
        self.competing = False
        self.keeps_orders = True

    def set_upstream(self, state: Upstream, keep_orders: bool) -> tuple[list[Callable[[], None]], list[OrderEvent]]:
        """Loses or restores the link to IB.

        Returns:
            What clients asked for of orders meanwhile, to be carried out now, and what they haven't heard of theirs.
        """
        self.lost = state == "lost"
        self.keeps_orders = keep_orders
        self._tell(*UPSTREAM[state])
        self._quieten()
        if self.lost:
            return [], []
        waiting, self._waiting = self._waiting, []
        unheard, self._unheard = self._unheard, []
        return waiting, unheard

    def set_farm(self, name: str, state: FarmState) -> None:
        """Changes one farm's state and says so."""
        self._farms[name] = state
        self._tell(*farm_message(name, state))
        self._quieten()

    def compete(self, on: bool) -> None:
        """Has another session of the same user take the market data, or gives it back."""
        self.competing = on
        self._quieten()

    def greet(self, client: Client) -> None:
        """Tells a client that starts how things are; after a restart the farm flaps."""
        for name, state in self._farms.items():
            client.error(SYSTEM, *farm_message(name, state))
        if self.lost:
            client.error(SYSTEM, *UPSTREAM["lost"])
        if self._flaps_due:
            self._flaps_due = False
            loop = asyncio.get_running_loop()
            for turn in range(2 * FLAPS):
                state = "ok" if turn % 2 else "broken"
                loop.call_later((turn + 1) * FLAP_SECONDS, self.set_farm, "usfarm", state)

    def flap_at_next_start(self) -> None:
        """Has the data farm go and come a few times when the next client has started."""
        self._flaps_due = True

    def takes(self, client: Client, message: Message, ask: Values, answer: Callable[[], None]) -> bool:
        """Whether a request can't be answered now: it waits for the link, is lost with it, or is refused."""
        if self.competing and message is requests.MARKET_DATA:
            client.error(ask["req_id"], *COMPETING)
        if message in HISTORY_REQUESTS and (self.lost or self._broken(HISTORY_FARMS)):
            client.error(ask["req_id"], *HISTORY_LOST)
            return True
        if not self.lost or message not in ORDER_REQUESTS:
            return False
        if self.keeps_orders:
            self._waiting.append(answer)
        return True

    def holds_back(self, event: OrderEvent) -> bool:
        """Whether news of an order can't come in now; it is kept for later."""
        if self.lost:
            self._unheard.append(event)
        return self.lost

    def _broken(self, names: frozenset[str]) -> bool:
        return any(state == "broken" and name in names for name, state in self._farms.items())

    def _quieten(self) -> None:
        before = self._faults.silent
        self._faults.silent = self.lost or self.competing or self._broken(QUOTE_FARMS)
        if before and not self._faults.silent:
            self._data_back()


def farm_message(name: str, state: FarmState) -> tuple[int, str]:
    """IB's code and text about a farm; what kind it is shows in its name."""
    kind = next((each for each in ("hmds", "secdef") if each in name), "data")
    title, codes = FARMS[kind]
    return codes.get(state, codes["ok"]), f"{title} {WORDS[state]}{name}"
