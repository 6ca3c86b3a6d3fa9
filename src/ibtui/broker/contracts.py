"""Contracts: from what people type to what IB trades.

What was found once is remembered in ``history.db``, so that a console that starts with the gateway down still knows its
instruments.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING

from ibtui.broker.market_rules import MarketRules
from ibtui.broker.window import turn
from ibtui.clock import Clock
from ibtui.errors import (
    AmbiguousSymbolError,
    LinkDownError,
    RequestRefusedError,
    RequestTimeoutError,
    UnknownSymbolError,
)
from ibtui.market.instruments import Instrument
from ibtui.market.symbols import Query, parse_symbol
from ibtui.storage import history, queries

if TYPE_CHECKING:
    from ib_insync import Contract, ContractDetails

    from ibtui.broker.session import Session
    from ibtui.storage.files import DataDirectory
    from ibtui.storage.writer import Writer

NO_SUCH_CONTRACT = 200
"""IB's code for "no security definition has been found"."""


class SymbolChoiceError(AmbiguousSymbolError):
    """Several contracts of one kind fit.

    Attributes:
        choices: Them, each of which ``#conId`` names without doubt.
    """

    def __init__(self, text: str, choices: Sequence[Instrument]) -> None:
        listed = "\n".join(f"  #{each.con_id}  {describe(each)}" for each in choices)
        super().__init__(f"'{text}' fits {len(choices)} contracts; name one by its number:\n{listed}")
        self.choices = tuple(choices)


class Contracts:
    """Finds and remembers contracts. A part of a session; lookups end with it.

    Attributes:
        rules: The increments that their prices go by.
    """

    def __init__(self, directory: "DataDirectory", writer: "Writer", clock: Clock) -> None:
        """Args: where contracts are remembered, who writes them there, and when."""
        self._clock = clock
        self._directory = directory
        self._writer = writer
        self._known: dict[int, Instrument] = {}
        self._session: Session | None = None
        self.rules = MarketRules(clock, self.refresh)

    def attach(self, session: "Session") -> None:
        """There is somebody to ask."""
        self._session = session
        self.rules.attach(session)

    def steps(self, session: "Session") -> Sequence[tuple[str, Callable[[], Awaitable[None]]]]:
        """Nothing to restore."""
        return ()

    def detach(self) -> None:
        """The session is gone."""
        self._session = None
        self.rules.detach()

    def known(self, con_id: int) -> Instrument | None:
        """The instrument, if it was found or recalled in this run."""
        return self._known.get(con_id)

    def learn(self, instrument: Instrument) -> None:
        """Takes in an instrument that another part of the program knows, such as one of a stored watchlist."""
        self._known[instrument.con_id] = instrument

    async def resolve(self, text: str) -> Instrument:
        """The contract that a text names.

        Discovery goes from kind to kind, forex first, then stocks and futures; the first kind with a match decides.
        A contract that was found under this text before is asked for by its number, and taken from memory when the
        gateway can't be asked.

        Raises:
            UnknownSymbolError: No contract fits, or the text means nothing.
            SymbolChoiceError: More than one of a kind fits; lists them.
            LinkDownError: Never found before, and there is no session to ask.
            RequestTimeoutError: Never found before, and the gateway does not answer.
            RequestRefusedError: The gateway refused to look it up.
        """
        wanted = parse_symbol(text)
        remembered = await asyncio.to_thread(queries.contract_by_text, self._directory, wanted.text)
        if remembered is not None:
            self._known.setdefault(remembered.con_id, remembered)
        if self._session is None:
            if remembered is None:
                raise LinkDownError(
                    f"'{text}' was never looked up before, and there is no connection to ask the gateway"
                )
            return self._known[remembered.con_id]
        try:
            found = await (
                self._by_number(remembered.con_id) if remembered else self._discover(wanted.candidates, text)
            )
        except (LinkDownError, RequestTimeoutError):
            if remembered is None:
                raise
            return self._known[remembered.con_id]
        self._remember(found, wanted.text)
        return found

    async def search(self, text: str) -> list[Instrument]:
        """Contracts whose symbol begins with a text or whose name has it, as IB's search finds them; few facts.

        Raises:
            LinkDownError: There is no session, or it ended.
            RequestTimeoutError: No answer.
            RequestRefusedError: The gateway refused.
        """
        session = self._session
        if session is None:
            raise LinkDownError(f"searching for '{text}' needs a connection to the gateway, and there is none")
        await turn(session)
        try:
            found = await session.ask(session.ib.reqMatchingSymbolsAsync(text), f"searching for '{text}'")
        except ConnectionError as error:
            raise LinkDownError(f"searching for '{text}': {error}") from None
        contracts = {
            each.contract.conId: each.contract for each in found or () if each.contract and each.contract.conId
        }
        return [
            Instrument(
                con_id=each.conId,
                symbol=each.symbol,
                sec_type=each.secType,
                exchange="",
                primary_exchange=each.primaryExchange,
                currency=each.currency,
                long_name=getattr(each, "description", ""),
            )
            for each in contracts.values()
        ]

    async def choose(self, con_id: int, text: str) -> Instrument:
        """The contract that a user picked among those a text fits; the text means it from now on.

        Raises:
            UnknownSymbolError: The gateway does not know the number (any more).
            LinkDownError: There is no session, or it ended.
            RequestTimeoutError: No answer.
            RequestRefusedError: The gateway refused.
        """
        found = await self._by_number(con_id)
        self._remember(found, text.strip().upper())
        return found

    async def refresh(self, con_id: int) -> Instrument:
        """Asks for a contract's details anew: its hours reach only some days ahead.

        Raises:
            UnknownSymbolError: The gateway does not know the number (any more).
            LinkDownError: There is no session, or it ended.
            RequestTimeoutError: No answer.
            RequestRefusedError: The gateway refused.
        """
        found = await self._by_number(con_id)
        self._remember(found, "")
        return found

    async def _by_number(self, con_id: int) -> Instrument:
        found = await self._ask(_query_contract(Query(con_id=con_id)), f"#{con_id}")
        if not found:
            raise UnknownSymbolError(f"the gateway knows no contract with the number {con_id}")
        return found[0]

    async def _discover(self, candidates: Sequence[Query], text: str) -> Instrument:
        for candidate in candidates:
            found = await self._ask(_query_contract(candidate), text)
            if len(found) > 1:
                for each in found:
                    self._known[each.con_id] = each
                raise SymbolChoiceError(text, found)
            if found:
                return found[0]
        kinds = ", ".join(dict.fromkeys(each.sec_type or f"#{each.con_id}" for each in candidates))
        raise UnknownSymbolError(f"no contract fits '{text}' (looked for: {kinds})")

    async def _ask(self, contract: "Contract", text: str) -> list[Instrument]:
        """All contracts that fit, each once; an empty list when the gateway says there is none."""
        session = self._session
        if session is None:
            raise LinkDownError(f"looking up '{text}' needs a connection to the gateway, and there is none")
        await turn(session)
        try:
            details: list[ContractDetails] = await session.ask(
                session.ib.reqContractDetailsAsync(contract), f"looking up '{text}'"
            )
        except RequestRefusedError as refused:
            if refused.code == NO_SUCH_CONTRACT:
                return []
            raise
        except ConnectionError as error:
            raise LinkDownError(f"looking up '{text}': {error}") from None
        unique = {each.contract.conId: each for each in details if each.contract is not None}
        for each in unique.values():
            if each.contract is not None:
                self.rules.learn(each, each.contract.conId, each.contract.exchange)
        return [from_ib(each) for each in unique.values()]

    def _remember(self, instrument: Instrument, asked_as: str) -> None:
        self._known[instrument.con_id] = instrument
        self._writer.history_soon(*history.upsert_contract(instrument, asked_as, self._clock.utc_ns()))


_FINEST = {"CRYPTO": 1e-8}
"""Steps of quantities where a gateway before version 164 says none: a coin is parted, anything else is whole."""


def to_ib(instrument: Instrument) -> "Contract":
    """The instrument as ib_insync sends it. Its number decides; the rest is what IB itself reported for it."""
    from ib_insync import Contract

    return Contract(
        conId=instrument.con_id,
        symbol=instrument.symbol,
        secType=instrument.sec_type,
        lastTradeDateOrContractMonth=instrument.last_trade_date,
        strike=instrument.strike or 0.0,
        right=instrument.right,
        multiplier="" if instrument.multiplier == 1.0 else f"{instrument.multiplier:g}",
        exchange=instrument.exchange,
        primaryExchange=instrument.primary_exchange,
        currency=instrument.currency,
        localSymbol=instrument.local_symbol,
        tradingClass=instrument.trading_class,
    )


def from_ib(details: "ContractDetails") -> Instrument:
    """IB's description of a contract; unset numbers become their defaults."""
    contract = details.contract
    assert contract is not None
    return Instrument(
        con_id=contract.conId,
        symbol=contract.symbol,
        sec_type=contract.secType,
        exchange=contract.exchange,
        primary_exchange=contract.primaryExchange,
        currency=contract.currency,
        local_symbol=contract.localSymbol,
        trading_class=contract.tradingClass,
        multiplier=_positive(contract.multiplier, 1.0),
        min_tick=_positive(details.minTick, 0.01),
        time_zone=details.timeZoneId,
        trading_hours=details.tradingHours,
        liquid_hours=details.liquidHours,
        long_name=details.longName,
        last_trade_date=contract.lastTradeDateOrContractMonth,
        strike=contract.strike or None,
        right=contract.right,
        size_increment=_positive(details.sizeIncrement, _FINEST.get(contract.secType, 1.0)),
    )


def describe(instrument: Instrument) -> str:
    """One line that tells one contract from its like."""
    parts = (
        instrument.local_symbol or instrument.symbol,
        instrument.sec_type,
        instrument.exchange,
        instrument.primary_exchange,
        instrument.currency,
        instrument.last_trade_date,
        instrument.right,
        f"{instrument.strike:g}" if instrument.strike else "",
        instrument.long_name,
    )
    return "  ".join(part for part in parts if part)


def _positive(value: float | str, default: float) -> float:
    try:
        found = float(value)
    except ValueError:
        return default
    return found if 0 < found < 1e300 else default


def _query_contract(query: Query) -> "Contract":
    from ib_insync import Contract

    return Contract(
        conId=query.con_id or 0,
        secType=query.sec_type,
        symbol=query.symbol,
        exchange=query.exchange,
        currency=query.currency,
        lastTradeDateOrContractMonth=query.last_trade_date,
        strike=query.strike or 0.0,
        right=query.right,
        localSymbol=query.local_symbol,
    )
