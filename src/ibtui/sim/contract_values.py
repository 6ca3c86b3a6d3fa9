"""Contracts on their way in and out: what a client names, and how a listing is named to it."""

from ibtui.market.instruments import Instrument
from ibtui.sim.schema import Values
from ibtui.sim.universe import Listing, Universe

NO_CONTRACT = 200
NO_CONTRACT_TEXT = "No security definition has been found for the request"

ALIASES = {"ISLAND": "NASDAQ"}
"""Names of venues that IB gave up but clients still use."""


def find(universe: Universe, ask: Values) -> list[Listing]:
    """The listings that fit the contract in a request; a contract id alone is enough."""
    if ask["con_id"]:
        listing = universe.by_con_id(ask["con_id"])
        return [listing] if listing is not None else []
    symbol = ask["symbol"] or ask["local_symbol"]
    if not symbol:
        return []
    found = universe.search(
        ask["sec_type"] or "",
        symbol,
        venue(ask["exchange"]),
        ask["currency"] or "",
        venue(ask["primary_exchange"]),
    )
    if not ask["sec_type"]:
        found = found[:1]  # shares come first; IB itself wants a type to be named
    return [each for each in found if _fits(each.instrument, ask)]


def _fits(instrument: Instrument, ask: Values) -> bool:
    """Whether what a request says besides symbol, type and place is so."""
    return (
        ask["local_symbol"] in (None, "", instrument.local_symbol)
        and instrument.last_trade_date.startswith(ask["last_trade_date"] or "")
        and ask["strike"] in (None, 0, instrument.strike)
        and (ask["right"] or "")[:1] in ("", instrument.right)
        and ask["multiplier"] in (None, "", _multiplier(instrument))
        and (instrument.sec_type == "STK" or ask["trading_class"] in (None, "", instrument.trading_class))
    )


def _multiplier(instrument: Instrument) -> str:
    return "" if instrument.multiplier == 1 else f"{instrument.multiplier:g}"


def venue(name: str | None) -> str:
    """A venue by its present name; empty for none."""
    return ALIASES.get(name or "", name or "")


def contract_values(instrument: Instrument, exchange: str | None = None) -> Values:
    """The contract as orders, fills and positions carry it; its own exchange unless another is given."""
    return {
        "con_id": instrument.con_id,
        "symbol": instrument.symbol,
        "sec_type": instrument.sec_type,
        "last_trade_date": instrument.last_trade_date,
        "strike": instrument.strike or 0.0,
        "right": instrument.right,
        "multiplier": _multiplier(instrument),
        "exchange": instrument.exchange if exchange is None else exchange,
        "primary_exchange": instrument.primary_exchange,
        "currency": instrument.currency,
        "local_symbol": instrument.local_symbol,
        "trading_class": instrument.trading_class,
    }
