"""Symbols as people type them, turned into the contract queries worth asking, the likeliest kind first.

The forms::

    AAPL   BRK.B          stock, then future, index and the rest
    EUR.USD   EURUSD      forex
    ES   ESZ6             future: the root of an index future, or one contract of it
    BTC.USD               crypto
    SPX                   index
    AAPL 261218C300       option: expiry, right, strike
    #265598               IB's contract id
    AAPL:LSE:GBP          options after colons: exchange, currency, kind, in any order
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from ibtui.errors import UnknownSymbolError


def _words(text: str) -> list[str]:
    return text.split()


CURRENCIES = frozenset(
    _words(
        "AED AUD BGN BRL CAD CHF CNH CNY CZK DKK EUR GBP HKD HUF IDR ILS INR ISK JPY KRW MXN MYR NOK NZD "
        "PHP PLN RON RUB SAR SEK SGD THB TRY TWD USD ZAR"
    )
)
"""Currencies that IB trades or quotes contracts in."""

CRYPTO = frozenset(_words("AAVE ADA AVAX BCH BTC DOGE DOT ETH LINK LTC MATIC SHIB SOL SUI UNI XRP"))
CRYPTO_EXCHANGES = ("PAXOS", "ZEROHASH")

KINDS = frozenset(_words("STK CASH FUT OPT FOP IND CRYPTO CFD BOND CMDTY FUND WAR CONTFUT"))
"""IB's security types that may be named after a colon."""

FUTURES = {
    **dict.fromkeys(_words("ES NQ RTY MES MNQ M2K EMD NKD"), "CME"),
    **dict.fromkeys(_words("YM MYM ZB ZN ZF ZT UB ZC ZS ZW ZL ZM"), "CBOT"),
    **dict.fromkeys(_words("CL MCL NG HO RB PL PA"), "NYMEX"),
    **dict.fromkeys(_words("GC MGC SI SIL HG"), "COMEX"),
    **dict.fromkeys(_words("DAX FDXM ESTX50 GBL GBM GBS"), "EUREX"),
    "VX": "CFE",
}
"""Roots of futures and where they trade; other roots are searched on all exchanges."""

INDEX_FUTURES = frozenset(_words("ES NQ RTY YM MES MNQ M2K MYM"))
"""Roots that mean the future first, though some are stocks' symbols too: that is what people who type them trade."""

INDICES = {
    **dict.fromkeys(_words("SPX XSP VIX OEX RVX"), "CBOE"),
    **dict.fromkeys(_words("NDX COMP"), "NASDAQ"),
    "RUT": "RUSSELL",
    "INDU": "CME",
    **dict.fromkeys(_words("DAX ESTX50"), "EUREX"),
    "N225": "OSE.JPN",
    "HSI": "HKFE",
    "Z": "ICEEU",
}
"""Indices and where they are computed; others are searched on all exchanges."""

LONGEST = 60
"""Characters of the longest text that is looked at."""

_TEXT = re.compile(r"[A-Z0-9#][A-Z0-9 ./&'+_:-]*")
_PAIR = re.compile(r"([A-Z0-9]{2,6})[./]([A-Z]{3})")
_SHARE_CLASS = re.compile(r"([A-Z]{1,5})[. /]([A-Z]{1,2})")
_CONTRACT_OF_FUTURE = re.compile(r"([A-Z0-9]{1,5}?)([FGHJKMNQUVXZ])(\d{1,2})")
_OPTION = re.compile(r"([A-Z0-9.]{1,6}) +(\d{6}|\d{8})([CP])(\d+(?:\.\d+)?)")
_OCC_STRIKE_DIGITS = 8
_CONTRACT_ID = re.compile(r"#([1-9]\d{0,9})")


@dataclass(frozen=True, slots=True)
class Query:
    """One contract query for IB; empty fields are left open.

    Attributes:
        last_trade_date: ``YYYYMMDD`` or ``YYYYMM``.
        right: ``C`` or ``P``.
    """

    sec_type: str = ""
    symbol: str = ""
    exchange: str = ""
    currency: str = ""
    last_trade_date: str = ""
    strike: float | None = None
    right: str = ""
    con_id: int = 0
    local_symbol: str = ""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What was typed and what it may mean.

    Attributes:
        text: The text as typed, spaces around it removed, capital letters.
        candidates: Queries to try in turn; the first kind that has a contract is what was meant.
    """

    text: str
    candidates: tuple[Query, ...]


def parse_symbol(text: str) -> Wanted:
    """Reads a symbol.

    Raises:
        UnknownSymbolError: The text can't be a symbol in any of the forms.
    """
    typed = " ".join(text.upper().split())
    if not typed or len(typed) > LONGEST or _TEXT.fullmatch(typed) is None:
        raise UnknownSymbolError(f"{_printable(text)} is not a symbol. Forms: {_FORMS_SHOWN}.")
    head, *options = (part.strip() for part in typed.split(":"))
    candidates = next(filter(None, (form(head) for form in _FORMS)), ())
    for option in options:
        candidates = _narrowed(candidates, option)
    if not candidates:
        raise UnknownSymbolError(f"{_printable(text)} is not a symbol. Forms: {_FORMS_SHOWN}.")
    return Wanted(typed, candidates)


_FORMS_SHOWN = "AAPL, EUR.USD, ES, ESZ6, BTC.USD, SPX, AAPL 261218C300, #265598, AAPL:LSE:GBP"


def _printable(text: str) -> str:
    kept = "".join(each if each.isprintable() else "?" for each in text[:LONGEST])
    return f"'{kept}{'…' if len(text) > LONGEST else ''}'"


def _contract_id(text: str) -> tuple[Query, ...]:
    match = _CONTRACT_ID.fullmatch(text)
    return (Query(con_id=int(match[1])),) if match else ()


def _option(text: str) -> tuple[Query, ...]:
    match = _OPTION.fullmatch(text)
    if match is None:
        return ()
    symbol, expiry, right, strike_text = match.groups()
    strike = float(strike_text)
    if len(strike_text) == _OCC_STRIKE_DIGITS and strike_text.isdecimal():
        strike /= 1000
    expiry = expiry if len(expiry) == 8 else f"20{expiry}"
    return (Query("OPT", symbol.replace(".", " "), "SMART", "USD", expiry, strike, right),)


def _pair(text: str) -> tuple[Query, ...]:
    match = _PAIR.fullmatch(text)
    base, quote = match.groups() if match else (text[:3], text[3:])
    if {base, quote} <= CURRENCIES and base != quote:
        forex = Query("CASH", base, "IDEALPRO", quote)
        return (forex,) if match else (forex, *_word(text))
    if match is None or quote not in CURRENCIES:
        return ()
    crypto = tuple(Query("CRYPTO", base, exchange, quote) for exchange in CRYPTO_EXCHANGES)
    stock = Query("STK", base, "SMART", quote)
    return (*crypto, stock) if base in CRYPTO else (stock, *crypto)


def _share_class(text: str) -> tuple[Query, ...]:
    match = _SHARE_CLASS.fullmatch(text)
    return (Query("STK", f"{match[1]} {match[2]}", "SMART", "USD"),) if match else ()


def _contract_of_future(text: str) -> tuple[Query, ...]:
    match = _CONTRACT_OF_FUTURE.fullmatch(text)
    if match is None:
        return ()
    root, month, year = match.groups()
    future = Query("FUT", root, FUTURES.get(root, ""), local_symbol=f"{root}{month}{year[-1]}")
    return (future, Query("STK", text, "SMART", "USD"))


def _word(text: str) -> tuple[Query, ...]:
    if "#" in text or " " in text:
        return ()
    stock = Query("STK", text, "SMART", "USD")
    future = Query("FUT", text, FUTURES.get(text, ""))
    first = (future, stock) if text in INDEX_FUTURES else (stock, future)
    crypto = tuple(Query("CRYPTO", text, exchange, "USD") for exchange in CRYPTO_EXCHANGES if text in CRYPTO)
    rest = (Query("IND", text, INDICES.get(text, "")), *crypto, Query("CFD", text, "SMART"), Query("BOND", text))
    return first + rest


def _narrowed(candidates: tuple[Query, ...], option: str) -> tuple[Query, ...]:
    if option in KINDS:
        named = tuple(each for each in candidates if each.sec_type == option)
        return named or tuple(replace(each, sec_type=option, exchange="", currency="") for each in candidates[:1])
    field = "currency" if option in CURRENCIES else "exchange"
    narrowed = (
        replace(each, currency=option) if field == "currency" else replace(each, exchange=option) for each in candidates
    )
    return tuple(dict.fromkeys(narrowed)) if option else ()


_FORMS: tuple[Callable[[str], tuple[Query, ...]], ...] = (
    _contract_id,
    _option,
    _pair,
    _share_class,
    _contract_of_future,
    _word,
)
"""How a text is read; the first form that fits holds."""
