"""What a client may: see live market data of all contracts and send orders, until a control verb says otherwise."""

from ibtui.sim.order_checks import Refusal

DELAYED_SHOWN = Refusal(10167, "Requested market data is not subscribed. Displaying delayed market data.")
NOT_SUBSCRIBED = Refusal(
    354, "Requested market data is not subscribed. Delayed market data is available."
)  # fmt: skip
NO_TICK_BY_TICK = Refusal(10189, "Failed to request tick-by-tick data.No market data permissions")
READ_ONLY = Refusal(
    321, "Error validating request.-'bN' : cause - The API interface is currently in Read-Only mode."
)  # fmt: skip
NO_DEPTH = Refusal(354, "Requested market depth is not subscribed.")


class Permissions:
    """The account's subscriptions to live market data.

    Attributes:
        read_only: The gateway's "Read-Only API" is switched on: orders are neither taken nor listed.
    """

    def __init__(self) -> None:
        self.read_only = False
        self._all = True
        self._other: set[int] = set()

    def live(self, con_id: int) -> bool:
        """Whether a contract's data is live."""
        return self._all != (con_id in self._other)

    def permit(self, live: bool, con_id: int | None) -> None:
        """Gives or takes live data of one contract, or of all."""
        if con_id is None:
            self._all = live
            self._other.clear()
        elif live == self._all:
            self._other.discard(con_id)
        else:
            self._other.add(con_id)
