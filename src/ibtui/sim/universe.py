"""Which contracts the simulated gateway knows, with the facts that IB sends about each."""

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from ibtui.market.instruments import Instrument
from ibtui.sim.catalogue import COLUMNS, SECURITIES
from ibtui.sim.option_values import expiry_minute, option_price
from ibtui.sim.trading_days import SHARES, Calendar

TIME_ZONE = "US/Eastern"
MARKET_RULE = 26
"""IB's market rule id of US shares: one cent everywhere."""

MARKET_RULES: dict[int, tuple[tuple[float, float], ...]] = {
    MARKET_RULE: ((0.0, 0.01),),
    67: ((0.0, 0.25),),
    239: ((0.0, 0.00005),),
    240: ((0.0, 0.005),),
    2737: ((0.0, 0.1),),
    3118: ((0.0, 0.25),),
    557: ((0.0, 0.015625),),
}
"""Market rule id to its rows: from this price on, this increment."""

VENUES = (
    "SMART,AMEX,NYSE,CBOE,PHLX,ISE,CHX,ARCA,NASDAQ,DRCTEDGE,BEX,BATS,EDGEA,BYX,IEX,EDGX,FOXRIVER,PEARL,NYSENAT,"
    "LTSE,MEMX,IBEOS,OVERNIGHT,PSX"
)
ORDER_TYPES = (
    "ACTIVETIM,AD,ADJUST,ALERT,ALGO,ALLOC,AON,AVGCOST,BASKET,BENCHPX,CASHQTY,COND,CONDORDER,DAY,DEACT,DEACTDIS,"
    "DEACTEOD,DIS,GAT,GTC,GTD,GTT,HID,IBKRATS,ICE,IOC,LIT,LMT,LOC,MIT,MKT,MOC,MTL,NGCOMB,NONALGO,OCA,OPG,PEGBENCH,"
    "PREOPGRTH,PRICECHK,REL,RTH,SCALE,SIZECHK,SMARTSTG,STP,STPLMT,SWEEP,TRAIL,TRAILLMT,TRAILMIT,WHATIF"
)

_FIRST_CON_ID = 700_000_000
_CON_IDS = 90_000_000


@dataclass(frozen=True, slots=True)
class Listing:
    """One contract: what IB's contract details say, and how its market behaves.

    Attributes:
        instrument: The contract's facts; its hours are filled in by :meth:`Exchange.describe`, which knows the day.
        price: Price at the anchor date of the seeded paths, USD.
        volatility: Of a year, as a fraction.
        beta: How far it moves when the index moves by one.
        daily_volume: Shares that change hands on an ordinary day.
        spread: Usual bid-ask spread in increments.
        listed: First day with trades.
        stock_type: IB's word: ``ETF`` or ``COMMON``; empty for what is no share.
        lot: Sizes in the book are multiples of it.
        least_own: Least part of its volatility that the index doesn't explain.
        quoted: Whether there are bids and asks; an index has none.
        traded: Whether trades are told; in forex there are none.
        underlying: What an option is on.
    """

    instrument: Instrument
    price: float
    volatility: float
    beta: float
    daily_volume: float
    spread: int
    listed: date
    stock_type: str
    industry: str
    category: str
    subcategory: str
    market_name: str
    order_types: str = ORDER_TYPES
    valid_exchanges: str = VENUES
    market_rule_ids: str = ",".join([str(MARKET_RULE)] * (VENUES.count(",") + 1))
    price_magnifier: int = 1
    min_size: float = 1.0
    size_increment: float = 1.0
    suggested_size_increment: float = 100.0
    aggregated_group: int = 1
    calendar: Calendar = SHARES
    lot: int = 100
    least_own: float = 0.25
    quoted: bool = True
    traded: bool = True
    underlying: "Listing | None" = None

    def worth(self, price: float, minute: int) -> float:
        """What an option is worth in a minute since 1970 when its underlying has this price."""
        instrument = self.instrument
        expires = expiry_minute(instrument.last_trade_date)
        assert instrument.strike is not None
        return option_price(price, instrument.strike, max(0, expires - minute), self.volatility, instrument.right)

    def expired_by(self, today: date) -> bool:
        """Whether the last day of trading is over."""
        last = self.instrument.last_trade_date
        return bool(last) and last < f"{today:%Y%m%d}"

    @property
    def con_id(self) -> int:
        """The contract's id."""
        return self.instrument.con_id


class Universe:
    """All listings, by id and by what clients search with."""

    def __init__(self, listings: tuple[Listing, ...]) -> None:
        self._by_con_id = {each.con_id: each for each in listings}
        self._by_symbol: dict[str, list[Listing]] = {}
        for each in listings:
            self._by_symbol.setdefault(each.instrument.symbol, []).append(each)
        self._by_local_symbol = {each.instrument.local_symbol: each for each in listings}

    def __iter__(self) -> Iterator[Listing]:
        return iter(self._by_con_id.values())

    def __len__(self) -> int:
        return len(self._by_con_id)

    def by_con_id(self, con_id: int) -> Listing | None:
        """The listing with this contract id, or None."""
        return self._by_con_id.get(con_id)

    def by_symbol(self, symbol: str) -> Listing | None:
        """The stock or fund of this symbol, else the first contract; case and a dot for a blank don't matter."""
        return next(iter(self._named(symbol)), None)

    def pair(self, one: str, other: str) -> Listing | None:
        """The pair of two currencies, whichever of them it is quoted in; None where none is listed."""
        return self._by_local_symbol.get(f"{one}.{other}") or self._by_local_symbol.get(f"{other}.{one}")

    def options_on(self, con_id: int) -> list[Listing]:
        """The options on a contract."""
        return [each for each in self if each.underlying is not None and each.underlying.con_id == con_id]

    def _named(self, symbol: str) -> list[Listing]:
        """Contracts of a symbol, or the one of a local symbol."""
        wanted = symbol.upper()
        local = self._by_local_symbol.get(wanted)
        return self._by_symbol.get(wanted.replace(".", " ")) or ([local] if local is not None else [])

    def search(
        self, sec_type: str = "", symbol: str = "", exchange: str = "", currency: str = "", primary_exchange: str = ""
    ) -> list[Listing]:
        """Listings that fit everything given, as ``reqContractDetails`` looks for them. Empty means any."""
        candidates = self._named(symbol) if symbol else list(self)
        return [
            each
            for each in candidates
            if sec_type in ("", each.instrument.sec_type)
            and currency in ("", each.instrument.currency)
            and (not exchange or exchange in each.valid_exchanges.split(","))
            and primary_exchange in ("", each.instrument.primary_exchange)
        ]

    def matching(self, pattern: str, limit: int = 16) -> list[Listing]:
        """Listings whose symbol begins with the pattern, then those whose name has it, as ``reqMatchingSymbols``."""
        wanted = pattern.strip().upper()
        if not wanted:
            return []
        first = {(each.instrument.symbol, each.instrument.sec_type): each for each in reversed(list(self))}
        found = [each for each in reversed(first.values()) if each.underlying is None]
        exact = [each for each in found if each.instrument.symbol == wanted]
        begins = [each for each in found if each.instrument.symbol.startswith(wanted) and each not in exact]
        named = [each for each in found if wanted in each.instrument.long_name and each not in exact + begins]
        return (exact + begins + named)[:limit]


def default_universe(more: Sequence[str] = (), today: date = date(2026, 1, 2)) -> Universe:
    """Every security of the catalogue, these symbols besides, and futures, indices, currencies and options.

    Args:
        more: Symbols that get invented facts where the catalogue hasn't got them.
        today: Futures and options that have not expired by then are listed.
    """
    return _listed(tuple(sorted({*map(_upper, more)})), today)


@lru_cache(maxsize=8)
def _listed(more: tuple[str, ...], today: date) -> Universe:
    """One universe for all who name the same: nothing ever changes it, and its options take their time to make."""
    from ibtui.sim.derivatives import other_listings  # it makes listings, and so needs this module first

    lines = SECURITIES.strip().splitlines()
    listed = {line.partition("|")[0] for line in lines}
    shares = [_listing(line) for line in [*lines, *map(_invented, [each for each in more if each not in listed])]]
    return Universe((*shares, *other_listings({each.instrument.symbol: each for each in shares}, today)))


def con_id_of(name: str) -> int:
    """An invented contract id, always the same for the same name."""
    return _FIRST_CON_ID + zlib.crc32(name.encode()) % _CON_IDS


def _upper(symbol: str) -> str:
    return symbol.strip().upper().replace(".", " ")


def _invented(symbol: str) -> str:
    """A line of the catalogue for a symbol that it hasn't got; always the same for the same symbol."""
    luck = zlib.crc32(symbol.encode()) % 1000
    price, volatility, volume = 10 + luck * 0.2, 20 + luck % 40, 1 + luck % 9
    return f"{symbol}|{symbol} CORP|NYSE|{price:.2f}|{volatility}|1.0|{volume}|2|2015-01-02|COMMON|||"


def _listing(line: str) -> Listing:
    facts = dict(zip(COLUMNS, line.split("|"), strict=True))
    nasdaq_or_nyse = "NMS" if facts["primary"] == "NASDAQ" else facts["symbol"]
    instrument = Instrument(
        con_id=con_id_of(facts["symbol"]),
        symbol=facts["symbol"],
        primary_exchange=facts["primary"],
        local_symbol=facts["symbol"],
        trading_class=nasdaq_or_nyse,
        time_zone=TIME_ZONE,
        long_name=facts["long_name"],
    )
    return Listing(
        instrument=instrument,
        price=float(facts["price"]),
        volatility=float(facts["volatility"]) / 100,
        beta=float(facts["beta"]),
        daily_volume=float(facts["volume"]) * 1e6,
        spread=int(facts["spread"]),
        listed=date.fromisoformat(facts["listed"]),
        stock_type=facts["stock_type"],
        industry=facts["industry"],
        category=facts["category"],
        subcategory=facts["subcategory"],
        market_name=nasdaq_or_nyse,
    )
