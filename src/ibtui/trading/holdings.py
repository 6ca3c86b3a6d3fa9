"""What is held: the broker's word, and our own fills that it may not have counted yet.

IB sends a fill and the position that follows from it as two messages, in either order and some time apart. Between
the two nobody knows which positions the broker's figure already counts, so a position is an interval here, and whoever
asks what an order would reduce gets the careful end of it.
"""

import math
from dataclasses import dataclass, field

from ibtui.trading.orders import Action

GRACE = 5.0
"""Seconds that a fill and its position may lie apart; after that the broker is asked for all positions again."""

_TOLERANCE = 1e-9


@dataclass(frozen=True, slots=True)
class Held:
    """Contracts held, negative when short: at least ``least``, at most ``most``; equal once broker and fills agree."""

    least: float
    most: float

    @property
    def agreed(self) -> float | None:
        """The position that broker and fills agree on; None while they don't."""
        return self.least if self.least == self.most else None

    def reducible(self, action: Action) -> float:
        """How much an order on this side can take off the position whichever figure is true; 0 where it may grow."""
        return max(0.0, self.least if action == "SELL" else -self.most)

    def opened(self, action: Action, quantity: float) -> float:
        """How much of such an order opens something whichever figure is true: what closes a position opens nothing."""
        return min(quantity, quantity + (self.least if action == "BUY" else -self.most))

    def after(self, action: Action, quantity: float) -> float:
        """The largest position on the order's side that its fill can lead to; negative while still on the other."""
        return (self.most if action == "BUY" else -self.least) + quantity


@dataclass(slots=True)
class _Contract:
    """One contract's figures.

    Attributes:
        reported: The broker's last word.
        fills: Signed quantities that the broker's word may not count yet, with their monotonic times, oldest first.
        ahead: What the broker's word counts and no fill of ours has explained yet.
        ahead_since: Monotonic seconds of the word that first ran ahead.
    """

    reported: float = 0.0
    fills: list[tuple[float, float]] = field(default_factory=list)
    ahead: float = 0.0
    ahead_since: float = 0.0

    def settle(self) -> None:
        """Drops the fills that the broker's word counts: it counts them in the order in which they happened."""
        counted = 0.0
        for number, (_, fill) in enumerate(self.fills, 1):
            counted += fill
            if self.ahead and abs(counted - self.ahead) <= _TOLERANCE:
                del self.fills[:number]
                self.ahead = 0.0
                return


class Holdings:
    """Positions of one account in one session. All times are monotonic seconds.

    Attributes:
        known: Whether the broker has listed its positions in this session.
    """

    def __init__(self) -> None:
        self.known = False
        self._contracts: dict[int, _Contract] = {}

    def listed(self, positions: dict[int, float], asked_at: float) -> None:
        """All positions, as the broker listed them when asked at that time; fills since then stay in doubt."""
        before = self._contracts
        self._contracts = {con_id: _Contract(quantity) for con_id, quantity in positions.items()}
        for con_id, contract in before.items():
            late = [fill for fill in contract.fills if fill[0] >= asked_at]
            if late:
                self._of(con_id).fills = late
        self.known = True

    def forget(self) -> None:
        """The session ended: nothing is known until the broker lists its positions anew."""
        self._contracts.clear()
        self.known = False

    def reported(self, con_id: int, quantity: float, now: float) -> None:
        """The broker's word on one contract."""
        contract = self._of(con_id)
        contract.ahead_since = contract.ahead_since if contract.ahead else now
        contract.ahead = _clean(contract.ahead + quantity - contract.reported)
        contract.reported = quantity
        contract.settle()

    def filled(self, con_id: int, quantity: float, now: float) -> None:
        """One fill of ours, negative for a sale; not one that a list repeats."""
        contract = self._of(con_id)
        contract.fills.append((now, quantity))
        contract.settle()

    def held(self, con_id: int) -> Held | None:
        """The position in a contract; None while the broker's list is not in."""
        if not self.known:
            return None
        contract = self._contracts.get(con_id)
        if contract is None:
            return Held(0.0, 0.0)
        sold = math.fsum(min(0.0, fill) for _, fill in contract.fills)
        bought = math.fsum(max(0.0, fill) for _, fill in contract.fills)
        return Held(contract.reported + sold, contract.reported + bought)

    @property
    def flat(self) -> bool:
        """Whether nothing is held for certain."""
        return self.known and not any(each.reported or each.fills for each in self._contracts.values())

    def overdue(self, now: float) -> bool:
        """Whether a fill has waited too long for its position: the broker should be asked for all of them."""
        return any(now - at > GRACE for each in self._contracts.values() for at, _ in each.fills[:1])

    def unexplained(self, now: float) -> dict[int, float]:
        """Changes that no fill of ours explains, by contract, each told once: somebody else traded the account."""
        found: dict[int, float] = {}
        for con_id, each in self._contracts.items():
            if each.ahead and now - each.ahead_since > GRACE:
                change = _clean(each.ahead - math.fsum(fill for _, fill in each.fills))
                each.ahead = 0.0
                if change:
                    found[con_id] = change
        return found

    def _of(self, con_id: int) -> _Contract:
        return self._contracts.setdefault(con_id, _Contract())


def _clean(value: float) -> float:
    return 0.0 if abs(value) <= _TOLERANCE else value
