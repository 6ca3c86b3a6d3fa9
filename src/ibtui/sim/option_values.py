"""What an option is worth: the formula of Black and Scholes without interest, and when options expire."""

import math
from datetime import date, datetime, time, timedelta
from typing import NamedTuple

from ibtui.market.nyse import ZONE, session_on

_MINUTES_A_YEAR = 365 * 1440


def option_price(price: float, strike: float, minutes: int, volatility: float, right: str) -> float:
    """The value of an option with so many minutes to live; ``right`` is C or P, ``volatility`` a year's."""
    deviation = volatility * math.sqrt(minutes / _MINUTES_A_YEAR)
    sign = 1 if right == "C" else -1
    if not deviation:
        return max(0.0, sign * (price - strike))
    upper = math.log(price / strike) / deviation + deviation / 2
    return sign * (price * _normal(sign * upper) - strike * _normal(sign * (upper - deviation)))


class Greeks(NamedTuple):
    """How an option's value moves.

    Attributes:
        volatility: A year's, as a fraction.
        delta: Per unit of the underlying's price; ``gamma`` is the change of delta per unit.
        price: The option's value.
        vega: Per point of volatility.
        theta: Per day.
    """

    volatility: float
    delta: float
    price: float
    gamma: float
    vega: float
    theta: float


def greeks(price: float, strike: float, minutes: int, volatility: float, right: str) -> Greeks:
    """Value and greeks of an option that has at least a minute to live; without interest and dividends."""
    years = minutes / _MINUTES_A_YEAR
    deviation = volatility * math.sqrt(years)
    sign = 1 if right == "C" else -1
    upper = math.log(price / strike) / deviation + deviation / 2
    density = math.exp(-upper * upper / 2) / math.sqrt(2 * math.pi)
    return Greeks(
        volatility,
        delta=sign * _normal(sign * upper),
        price=option_price(price, strike, minutes, volatility, right),
        gamma=density / (price * deviation),
        vega=price * density * math.sqrt(years) / 100,
        theta=-price * density * volatility / (2 * math.sqrt(years)) / 365,
    )


def implied_volatility(worth: float, price: float, strike: float, minutes: int, right: str) -> float | None:
    """The volatility at which an option is worth so much; None where there is none between a thousandth and ten."""
    low, high = 0.001, 10.0
    if not option_price(price, strike, minutes, low, right) < worth < option_price(price, strike, minutes, high, right):
        return None
    while high - low > 1e-7:
        middle = (low + high) / 2
        if option_price(price, strike, minutes, middle, right) < worth:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def expiry_minute(last_trade_date: str) -> int:
    """The minute since 1970 in which an option expires: 16:00 New York time of its date."""
    day = date(int(last_trade_date[:4]), int(last_trade_date[4:6]), int(last_trade_date[6:8]))
    return int(datetime.combine(day, time(16), ZONE).timestamp()) // 60


def third_fridays(today: date, months: tuple[int, ...]) -> list[date]:
    """Third Fridays of this and the next twelve months that lie ahead, in those months; a holiday moves it ahead."""
    found = []
    for offset in range(13):
        year, month = divmod(today.year * 12 + today.month - 1 + offset, 12)
        first = date(year, month + 1, 1)
        friday = first + timedelta(days=(4 - first.weekday()) % 7 + 14)
        day = friday if session_on(friday) is not None else friday - timedelta(days=1)
        if month + 1 in months and day >= today:
            found.append(day)
    return found


def _normal(value: float) -> float:
    return 0.5 * math.erfc(-value / math.sqrt(2))
