"""The links behind the gateway, as its messages tell them: IB itself, and IB's data farms by name."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from ibtui.broker.codes import LinkEffect, lookup

LightState = Literal["ok", "warn", "down", "unknown"]
FarmState = Literal["ok", "broken", "idle", "connecting"]


@dataclass(frozen=True, slots=True)
class Light:
    """One link's state; ``since_ns`` in UTC nanoseconds, None while it was never known.

    ``since`` is the same moment in monotonic seconds: what is reckoned from it outlives a wall clock that is set.
    """

    state: LightState = "unknown"
    cause: str = ""
    since_ns: int | None = None
    since: float | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Farm:
    """One of IB's data servers; ``about`` says what it serves: data, history or contract."""

    name: str
    about: str
    state: FarmState
    since_ns: int


_FARM_STATES: Mapping[LinkEffect, FarmState] = {
    "farm ok": "ok",
    "farm broken": "broken",
    "farm idle": "idle",
    "farm connecting": "connecting",
}
_SERVES = {"data": "market data", "history": "history", "contract": "contract"}


class Links:
    """What one session has heard of IB and the farms.

    Attributes:
        ib: The gateway's link to IB; ok until the gateway reports its loss, because it only ever reports losses.
        farms: By name; a loss only ages what the farm serves.
    """

    def __init__(self, since_ns: int) -> None:
        self.ib = Light("ok", "", since_ns)
        self.farms: dict[str, Farm] = {}
        self._data = Light("unknown", "no farm has reported yet", since_ns)

    @property
    def data(self) -> Light:
        """All farms as one light; the cause names those that are down."""
        return self._data

    def hear(self, code: int, text: str, ts_ns: int) -> LinkEffect:
        """Takes one message and says what it did to a link, ``-`` for nothing."""
        known = lookup(code)
        if known.link == "ib lost":
            if self.ib.state != "down":
                self.ib = Light("down", known.meaning, ts_ns)
        elif known.link in ("ib back", "ib back, data lost"):
            self.ib = Light("ok", known.meaning, ts_ns)
        elif known.link in _FARM_STATES:
            name = _farm_name(text)
            before = self.farms.get(name)
            state = _FARM_STATES[known.link]
            if before is None or before.state != state:
                self.farms[name] = Farm(name, known.about, state, ts_ns)
        if known.link != "-":
            self._data = self._data_light(ts_ns)
        return known.link

    def _data_light(self, ts_ns: int) -> Light:
        state, cause = self._judge_data()
        if (state, cause) == (self._data.state, self._data.cause):
            return self._data
        return Light(state, cause, ts_ns)

    def _judge_data(self) -> tuple[LightState, str]:
        if self.ib.state == "down":
            return "down", "no data comes while IB is lost"
        if not self.farms:
            return "unknown", "no farm has reported yet"
        troubled = [farm for farm in self.farms.values() if farm.state in ("broken", "connecting")]
        if not troubled:
            return "ok", ""
        cause = ", ".join(f"{_SERVES[farm.about]} farm {farm.name} is {_WORDS[farm.state]}" for farm in troubled)
        quotes = [farm for farm in self.farms.values() if farm.about == "data"]
        all_quotes_gone = bool(quotes) and all(farm.state == "broken" for farm in quotes)
        return ("down" if all_quotes_gone else "warn"), cause


_WORDS = {"broken": "down", "connecting": "connecting"}


def _farm_name(text: str) -> str:
    """The name at the end of ``Market data farm connection is OK:usfarm``; of 2107's text too, which ends in a dot."""
    return text.rpartition(":")[2].strip(" .") or "unnamed"
