"""What is listed besides shares: futures, indices, currency pairs, crypto currencies, and options on a few shares."""

from collections.abc import Mapping
from datetime import date
from typing import NamedTuple

from ibtui.market.instruments import Instrument
from ibtui.sim.night_calendars import CRYPTO, FOREX, FUTURES, REGULAR_ONLY
from ibtui.sim.option_values import third_fridays
from ibtui.sim.trading_days import Calendar
from ibtui.sim.universe import TIME_ZONE, Listing, con_id_of

EASTERN, CENTRAL = TIME_ZONE, "US/Central"
OPTION_VENUES = "SMART,AMEX,CBOE,PHLX,PSE,ISE,BOX,BATS,NASDAQOM,MIAX"
_PLAIN_ORDERS = "ACTIVETIM,ADJUST,ALERT,ALGO,COND,DAY,GTC,GTD,IOC,LIT,LMT,MIT,MKT,STP,STPLMT,TRAIL,TRAILLMT,WHATIF"
_MONTH_LETTERS = "FGHJKMNQUVXZ"
_LISTED = date(2006, 1, 3)


class Line(NamedTuple):
    """One line of the table: facts of a contract, or of a family of futures, and how its market behaves."""

    sec_type: str
    symbol: str
    exchange: str
    currency: str
    long_name: str
    min_tick: float
    rule: int
    multiplier: float
    price: float
    volatility: float
    beta: float
    volume: float
    spread: int
    lot: int
    calendar: Calendar
    zone: str


LINES = (
    Line(
        "IND", "SPX", "CBOE", "USD", "S&P 500 Stock Index",
        0.01, 26, 1, 6890, 0.14, 1.0, 4e6, 20, 1, REGULAR_ONLY, CENTRAL,
    ),
    Line(
        "IND", "NDX", "NASDAQ", "USD", "NASDAQ 100 Stock Index",
        0.01, 26, 1, 25400, 0.19, 1.2, 4e6, 60, 1, REGULAR_ONLY, EASTERN,
    ),
    Line(
        "FUT", "ES", "CME", "USD", "E-mini S&P 500",
        0.25, 67, 50, 6920, 0.14, 1.0, 1.5e6, 1, 1, FUTURES, CENTRAL,
    ),
    Line(
        "FUT", "NQ", "CME", "USD", "E-mini NASDAQ 100",
        0.25, 67, 20, 25600, 0.19, 1.2, 0.6e6, 2, 1, FUTURES, CENTRAL,
    ),
    Line(
        "FUT", "ZN", "CBOT", "USD", "10 Year US Treasury Note",
        0.015625, 557, 1000, 112.5, 0.06, 0.0, 1.4e6, 1, 10, FUTURES, CENTRAL,
    ),
    Line(
        "FUT", "GC", "COMEX", "USD", "Gold",
        0.1, 2737, 100, 4350, 0.17, 0.1, 0.2e6, 2, 1, FUTURES, EASTERN,
    ),
    Line(
        "FUT", "CL", "NYMEX", "USD", "Light Sweet Crude Oil",
        0.01, 26, 1000, 61.5, 0.32, 0.3, 0.35e6, 1, 1, FUTURES, EASTERN,
    ),
    Line(
        "CASH", "EUR", "IDEALPRO", "USD", "European Monetary Union Euro",
        0.00005, 239, 1, 1.172, 0.07, 0.0, 3e6, 1, 1_000, FOREX, EASTERN,
    ),
    Line(
        "CASH", "GBP", "IDEALPRO", "USD", "British pound",
        0.00005, 239, 1, 1.345, 0.08, 0.0, 2e6, 2, 1_000, FOREX, EASTERN,
    ),
    Line(
        "CASH", "USD", "IDEALPRO", "JPY", "US Dollar",
        0.005, 240, 1, 156.7, 0.09, 0.0, 3e6, 1, 100_000, FOREX, EASTERN,
    ),
    Line(
        "CASH", "USD", "IDEALPRO", "CHF", "US Dollar",
        0.00005, 239, 1, 0.793, 0.07, 0.0, 1e6, 2, 1_000, FOREX, EASTERN,
    ),
    Line(
        "CRYPTO", "BTC", "PAXOS", "USD", "Bitcoin cryptocurrency",
        0.25, 3118, 1, 88500, 0.5, 0.0, 0.1e6, 20, 1, CRYPTO, EASTERN,
    ),
    Line(
        "CRYPTO", "ETH", "PAXOS", "USD", "Ethereum cryptocurrency",
        0.01, 26, 1, 2970, 0.65, 0.0, 0.2e6, 30, 1, CRYPTO, EASTERN,
    ),
)  # fmt: skip

QUARTERS, EVERY_MONTH = (3, 6, 9, 12), tuple(range(1, 13))
OPTIONS_ON = {"SPY": 10.0, "QQQ": 10.0, "AAPL": 5.0, "NVDA": 5.0}
"""Shares with options, and the distance of their strikes."""
STRIKES = 16
"""Strikes on either side of the middle one."""
_OPTION_VOLATILITY = 1.1
"""Implied over the share's own."""


def other_listings(shares: Mapping[str, Listing], today: date) -> list[Listing]:
    """Everything that is no share; futures and options that have not expired by today."""
    found: list[Listing] = []
    for line in LINES:
        if line.sec_type == "FUT":
            months = QUARTERS if line.symbol in ("ES", "NQ", "ZN") else EVERY_MONTH
            found += [_listing(line, day) for day in third_fridays(today, months)[:3]]
        else:
            found.append(_listing(line))
    for symbol, distance in OPTIONS_ON.items():
        if symbol in shares:
            found += _options(shares[symbol], distance, today)
    return found


def _listing(line: Line, expires: date | None = None) -> Listing:
    local_symbol = f"{line.symbol}.{line.currency}" if line.sec_type in ("CASH", "CRYPTO") else line.symbol
    if expires is not None:
        local_symbol = f"{line.symbol}{_MONTH_LETTERS[expires.month - 1]}{expires.year % 10}"
    instrument = Instrument(
        con_id=con_id_of(f"{line.sec_type} {local_symbol} {expires or ''}"),
        symbol=line.symbol,
        sec_type=line.sec_type,
        exchange=line.exchange,
        currency=line.currency,
        local_symbol=local_symbol,
        trading_class=local_symbol if line.sec_type in ("CASH", "CRYPTO") else line.symbol,
        multiplier=line.multiplier,
        min_tick=line.min_tick,
        time_zone=line.zone,
        long_name=line.long_name,
        last_trade_date=f"{expires:%Y%m%d}" if expires is not None else "",
    )
    return Listing(
        instrument=instrument,
        price=line.price,
        volatility=line.volatility,
        beta=line.beta,
        daily_volume=line.volume,
        spread=line.spread,
        listed=_LISTED,
        stock_type="",
        industry="",
        category="",
        subcategory="",
        market_name=instrument.trading_class,
        order_types=_PLAIN_ORDERS,
        valid_exchanges=line.exchange,
        market_rule_ids=str(line.rule),
        min_size=1.0,
        suggested_size_increment=1.0,
        calendar=line.calendar,
        lot=line.lot,
        least_own=0.01 if line.beta >= 1 else 0.25,
        quoted=line.sec_type != "IND",
        traded=line.sec_type != "CASH",
    )


def _options(share: Listing, distance: float, today: date) -> list[Listing]:
    middle = round(share.price / distance) * distance
    strikes = [middle + k * distance for k in range(-STRIKES, STRIKES + 1)]
    expirations = third_fridays(today, EVERY_MONTH)[:4]
    return [_option(share, day, strike, right) for day in expirations for strike in strikes for right in "CP"]


def _option(share: Listing, expires: date, strike: float, right: str) -> Listing:
    symbol = share.instrument.symbol
    local_symbol = f"{symbol:<6}{expires:%y%m%d}{right}{round(strike * 1000):08d}"
    instrument = Instrument(
        con_id=con_id_of(f"OPT {local_symbol}"),
        symbol=symbol,
        sec_type="OPT",
        local_symbol=local_symbol,
        trading_class=symbol,
        multiplier=100,
        time_zone=EASTERN,
        long_name=share.instrument.long_name,
        last_trade_date=f"{expires:%Y%m%d}",
        strike=strike,
        right=right,
    )
    return Listing(
        instrument=instrument,
        price=share.price,
        volatility=share.volatility * _OPTION_VOLATILITY,
        beta=0.0,
        daily_volume=20_000,
        spread=3,
        listed=_LISTED,
        stock_type="",
        industry=share.industry,
        category=share.category,
        subcategory=share.subcategory,
        market_name=symbol,
        order_types=_PLAIN_ORDERS,
        valid_exchanges=OPTION_VENUES,
        market_rule_ids=",".join(["26"] * (OPTION_VENUES.count(",") + 1)),
        suggested_size_increment=1.0,
        calendar=REGULAR_ONLY,
        lot=1,
        underlying=share,
    )
