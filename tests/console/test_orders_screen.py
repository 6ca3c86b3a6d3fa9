"""Screen 4 on a whole console with a simulated gateway: what it lists, and what its keys and `:cancel` do."""

import re
from pathlib import Path

from ibtui.trading.brackets import bracket
from ibtui.trading.orders import Order, Status
from ibtui.ui.rows.order_list import ExternalKey, Section
from ibtui.ui.screens.orders import OrdersScreen
from ibtui.ui.screens.ticket import OrderTicket
from ibtui.ui.widgets.linebox import LineBox
from ibtui.ui.widgets.rowgrid import RowGrid
from tests.conftest import Gateway, until
from tests.console import rig
from tests.console.test_trading_keys import Desk, bought, trading


def grid(desk: Desk, name: str = "#orders") -> RowGrid:
    return desk.app.screen.query_one(name, RowGrid)


async def placed(desk: Desk, share: float, action: str = "BUY") -> Order:
    """A working order so far from the market that it stays there."""
    quote, orders = desk.console.market.board.quote(desk.spy.con_id), desk.console.orders
    assert quote.bid
    price = round(quote.bid * share, 2)
    order = await orders.submit(orders.intent(desk.spy, action, 10, limit_price=price), desk.spy)  # type: ignore[arg-type]
    await until(lambda: orders.orders[order.intent.order_ref].status is Status.WORKING, 10, "WORKING")
    return orders.orders[order.intent.order_ref]


async def test_orders_of_others_are_listed_as_external_and_x_says_where_they_can_be_cancelled(
    gateway: Gateway, tmp_path: Path
) -> None:
    async with (
        trading(tmp_path / "mine", gateway) as desk,
        rig.running(tmp_path / "other", gateway.host, gateway.port, client_id=11) as other,
    ):
        await other.ready()
        spy = await other.quoted("SPY")
        intent = other.desk.intent(spy, "BUY", 7, limit_price=round(desk.spy.min_tick * 40_000, 2))
        order = await other.desk.submit(intent, spy)
        await until(lambda: other.desk.orders[intent.order_ref].perm_id, 10, f"an answer: {order}")
        desk.console.order_watch._listed_at = float("-inf")
        await until(lambda: desk.console.orders.external, 10, "the list of all clients")
        await desk.press("4")
        await desk.painted()
        (perm_id,) = (each.perm_id for each in desk.console.orders.external)
        assert grid(desk).keys == (Section.EXTERNAL, ExternalKey(perm_id))
        assert re.match(r"EXTERNAL\tBUY\tSPY\tLMT\t—/7\t", grid(desk).row_text(ExternalKey(perm_id)))
        assert "ago" in grid(desk).row_text(Section.EXTERNAL)
        await desk.press("x")
        assert desk.said("by the program with client id 11, or in TWS")
        assert other.desk.orders[intent.order_ref].status in (Status.WORKING, Status.FILLED)


async def test_a_side_a_symbol_and_one_order_are_cancelled_and_a_duplicate_opens_a_filled_ticket(
    gateway: Gateway, tmp_path: Path
) -> None:
    async with trading(tmp_path, gateway) as desk:
        await bought(desk, 20)
        sell, low, lower = [await placed(desk, *each) for each in ((1.03, "SELL"), (0.98,), (0.97,))]
        orders = desk.console.orders

        async def cancelled(order: Order) -> None:
            ref = order.intent.order_ref
            await until(lambda: orders.orders[ref].status is Status.CANCELLED, 10, f"a cancel: {orders.orders[ref]}")

        await desk.press("4")
        await desk.painted()
        refs = [each.intent.order_ref for each in (lower, low, sell)]
        assert grid(desk).keys[:4] == (Section.WORKING, *refs)
        grid(desk).select(low.intent.order_ref)
        await desk.press("d")
        await desk.painted()
        assert isinstance(desk.app.screen, OrderTicket)
        await desk.press("escape", "x")
        await cancelled(low)
        assert grid(desk).selected == low.intent.order_ref
        await desk.type("cancel sells")
        await cancelled(sell)
        assert orders.orders[lower.intent.order_ref].status is Status.WORKING
        desk.app.ordering.cancel_scope(["buys", "spy"])
        await cancelled(lower)


async def test_a_bracket_is_a_family_and_the_keys_reach_what_is_held(gateway: Gateway, tmp_path: Path) -> None:
    async with trading(tmp_path, gateway) as desk:
        orders, spy = desk.console.orders, desk.spy
        quote = desk.console.market.board.quote(spy.con_id)
        assert quote.ask
        price = round(quote.ask * 1.01, 2)
        parent = orders.intent(spy, "BUY", 20, limit_price=price)
        legs = bracket(
            parent,
            lambda **terms: orders.intent(spy, **terms),
            round(price * 1.05, 2),
            round(price * 0.95, 2),
        )
        await orders.submit_bracket(legs, spy)
        await desk.held(20)
        await desk.press("4")
        await desk.painted()
        assert grid(desk).keys == (Section.WORKING, *(each.order_ref for each in legs))
        assert [grid(desk).row_text(each.order_ref).split("\t")[2] for each in legs] == ["SPY", "├SPY", "└SPY"]
        assert grid(desk, "#positions").display
        await desk.press("tab", "f", "enter")
        await desk.held(0)
        await desk.painted()
        assert not grid(desk, "#positions").display
        assert isinstance(desk.app.screen, OrdersScreen)
        assert desk.app.screen.query_one("#order", LineBox).lines
