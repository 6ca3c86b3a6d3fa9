import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibtui.broker.account import Account, Position, choose_account
from ibtui.broker.session import Session
from ibtui.config import GatewaySettings
from ibtui.errors import IbtuiError, LinkDownError, RequestTimeoutError
from ibtui.trading.holdings import Held

from .small_gateway import SmallGateway, frame, settle, virtual, virtual_clock

UNSET = "1.7976931348623157E308"
ACCOUNT = "DU100001"


def position(con_id: int, symbol: str, quantity: float, cost: object, account: str = ACCOUNT) -> bytes:
    return frame(61, 3, account, con_id, symbol, "STK", "", 0, "", "", "", "USD", symbol, "NMS", quantity, cost)


def portfolio(con_id: int, symbol: str, quantity: float, mark: object, unrealized: object) -> bytes:
    contract = (con_id, symbol, "STK", "", 0, "", "", "NASDAQ", "USD", symbol, "NMS")
    return frame(7, 8, *contract, quantity, mark, 0, 190.5, unrealized, 0, ACCOUNT)


@dataclass
class Broker:
    """Answers the account's requests with what it holds."""

    held: list[bytes] = field(default_factory=lambda: [position(265598, "AAPL", 100, 190.5)])
    values: list[tuple[str, str, str]] = field(default_factory=lambda: [("NetLiquidation", "100000.00", "USD")])
    pnl: tuple[object, ...] = (-12.5, 30.0, UNSET)

    def answer(self, fields: list[str], writer: asyncio.StreamWriter) -> bool:
        if fields[0] == "61":
            writer.write(b"".join(self.held) + frame(62, 1))
        elif fields[0] == "6":
            values = b"".join(frame(6, 2, *each, ACCOUNT) for each in self.values)
            writer.write(values + frame(54, 1, ACCOUNT))
        elif fields[0] == "92":
            writer.write(frame(94, fields[1], *self.pnl))
        return fields[0] in ("61", "6", "92")


@dataclass
class Stand:
    gateway: SmallGateway
    broker: Broker
    session: Session
    account: Account
    saved: list[tuple[str, Sequence[Sequence[Any]]]]
    changes: list[int]

    async def sync(self) -> None:
        for _, step in self.account.steps(self.session):
            await step()
        await settle()


@asynccontextmanager
async def attached(wanted: str = "") -> AsyncIterator[Stand]:
    gateway = await SmallGateway().start()
    broker = Broker()
    gateway.answer = broker.answer
    clock = virtual_clock()
    saved: list[tuple[str, Sequence[Sequence[Any]]]] = []
    changes: list[int] = []
    account = Account(wanted, clock, lambda *statements: saved.extend(statements))
    account.on_change.append(lambda: changes.append(1))
    session = Session(GatewaySettings(port=gateway.port), 1, clock)
    await session.open(lambda: account.attach(session))
    try:
        yield Stand(gateway, broker, session, account, saved, changes)
    finally:
        session.abort()
        await settle()
        await gateway.stop()


@virtual
async def test_before_the_first_answer_nothing_is_known_and_nothing_is_zero() -> None:
    async with attached() as stand:
        account = stand.account
        assert account.account == ACCOUNT
        assert account.paper
        assert not account.problem
        assert account.held(265598) is None
        assert account.held(1) is None
        assert account.daily_pnl is account.unrealized_pnl is account.realized_pnl is None
        assert account.number("AvailableFunds") is None


@virtual
async def test_a_sync_brings_positions_values_and_profit() -> None:
    async with attached() as stand:
        await stand.sync()
        account = stand.account
        assert account.positions == {265598: Position(265598, "AAPL", 100, 190.5, currency="USD")}
        assert account.held(265598) == Held(100, 100)
        assert account.held(1) == Held(0, 0)
        assert account.values == {("NetLiquidation", "USD"): "100000.00"}
        assert account.number("NetLiquidation") == account.number("NetLiquidation", "USD") == 100_000
        assert account.number("NetLiquidation", "EUR") is None
        assert (account.daily_pnl, account.unrealized_pnl, account.realized_pnl) == (-12.5, 30.0, None)


@virtual
async def test_what_was_held_and_is_not_reported_again_is_flat() -> None:
    async with attached() as stand:
        await stand.sync()
        stand.broker.held = [position(756733, "SPY", -5, 450)]
        await stand.sync()
        assert {each.symbol: each.quantity for each in stand.account.positions.values()} == {"SPY": -5}
        flat = [row for sql, rows in stand.saved if "positions" in sql for row in rows if row[1] == 265598][-1]
        assert flat[4] == 0


@virtual
async def test_an_answer_that_never_ends_leaves_positions_unknown() -> None:
    async with attached() as stand:
        await stand.sync()
        stand.gateway.muted = {"61"}
        stand.account.detach()
        stand.account.attach(stand.session)
        with pytest.raises(RequestTimeoutError, match="positions"):
            await stand.account.steps(stand.session)[0][1]()
        assert stand.account.held(265598) is None
        assert 265598 in stand.account.positions


@virtual
async def test_marks_come_with_the_portfolio_and_unset_ones_stay_unknown() -> None:
    async with attached() as stand:
        await stand.sync()
        stand.gateway.raw(portfolio(265598, "AAPL", 100, 195.25, 475.0))
        await settle()
        assert stand.account.positions[265598] == Position(265598, "AAPL", 100, 190.5, 195.25, 475.0, "USD")
        stand.gateway.raw(portfolio(265598, "AAPL", 100, -1, UNSET))
        await settle()
        assert stand.account.positions[265598] == Position(265598, "AAPL", 100, 190.5, None, None, "USD")


@virtual
async def test_other_accounts_positions_and_values_are_not_ours() -> None:
    async with attached() as stand:
        await stand.sync()
        stand.gateway.raw(position(1, "XYZ", 7, 1, account="DU999999") + frame(6, 2, "Cushion", "1", "", "DU999999"))
        await settle()
        assert list(stand.account.positions) == [265598]
        assert ("Cushion", "") not in stand.account.values


@virtual
async def test_values_that_mean_nothing_are_dropped() -> None:
    async with attached() as stand:
        stand.broker.values = [
            ("AvailableFunds", UNSET, "USD"),
            ("Cushion", "NaN", ""),
            ("AccountType", "INDIVIDUAL", ""),
        ]
        await stand.sync()
        assert stand.account.values == {("AccountType", ""): "INDIVIDUAL"}
        stand.gateway.send(6, 2, "AccountType", UNSET, "", ACCOUNT)
        await settle()
        assert stand.account.values == {}


@virtual
async def test_only_changes_are_kept_and_told_once_a_read() -> None:
    async with attached() as stand:
        await stand.sync()
        stand.saved.clear()
        stand.changes.clear()
        stand.gateway.raw(frame(6, 2, "NetLiquidation", "100000.00", "USD", ACCOUNT) * 3)
        await settle()
        assert (stand.saved, stand.changes) == ([], [])
        two = frame(6, 2, "NetLiquidation", "99999.00", "USD", ACCOUNT) + frame(6, 2, "Cushion", "0.5", "", ACCOUNT)
        stand.gateway.raw(two)
        await settle()
        assert len(stand.changes) == 1
        ((_sql, rows),) = stand.saved
        assert sorted((row[0], row[1], row[2], row[4]) for row in rows) == [
            (ACCOUNT, "Cushion", "", "0.5"),
            (ACCOUNT, "NetLiquidation", "USD", "99999.00"),
        ]


@virtual
async def test_the_end_of_a_session_makes_profit_and_positions_unknown() -> None:
    async with attached() as stand:
        await stand.sync()
        stand.gateway.muted = {"61"}
        waiting = asyncio.ensure_future(stand.account.steps(stand.session)[0][1]())
        await settle()
        stand.gateway.reset()
        with pytest.raises(LinkDownError):
            await waiting
        stand.account.detach()
        assert stand.account.daily_pnl is None
        assert stand.account.held(265598) is None
        assert stand.changes


@virtual
async def test_profit_is_asked_for_once_and_again_by_a_new_number() -> None:
    async with attached() as stand:
        await stand.sync()
        await stand.sync()
        asked = [fields[1] for fields in stand.gateway.requests if fields[0] == "92"]
        assert len(set(asked)) == len(asked) == 2
        assert [fields[1] for fields in stand.gateway.requests if fields[0] == "93"] == asked[:1]
        stand.gateway.send(94, asked[0], 999, 999, 999)
        await settle()
        assert stand.account.daily_pnl == -12.5


@virtual
async def test_an_account_that_is_taken_away_is_used_no_more() -> None:
    async with attached() as stand:
        await stand.sync()
        stand.gateway.send(15, 1, "DU7,DU8")
        await settle()
        assert stand.account.account == ""
        assert "choose one" in stand.account.problem
        assert stand.account.held(265598) is None
        assert stand.account.positions == {}


@virtual
async def test_without_an_account_the_values_are_missing_and_say_why() -> None:
    async with attached(wanted="DU5") as stand:
        with pytest.raises(IbtuiError, match="DU5 is not one of this login's: DU100001"):
            await stand.sync()


@given(
    st.sampled_from(["", "DU1", "U1"]), st.lists(st.sampled_from(["DU1", "DU2", "DF3", "DUSIM0001", "U1"]), unique=True)
)
def test_an_account_is_chosen_only_when_there_is_no_doubt(wanted: str, accounts: list[str]) -> None:
    account, problem = choose_account(wanted, accounts)
    if account:
        assert account in accounts
        assert account == wanted or accounts == [account]
        assert bool(problem) == account.startswith("U")
    else:
        assert problem
