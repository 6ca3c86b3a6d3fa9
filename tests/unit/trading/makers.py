"""Orders, executions and inputs of checks as most tests want them; each test names only what matters to it."""

from dataclasses import fields, replace

from ibtui.clock import NS
from ibtui.config import RiskSettings
from ibtui.market.instruments import Instrument
from ibtui.market.marks import Mark
from ibtui.trading.checks import CheckInputs
from ibtui.trading.holdings import Held
from ibtui.trading.orders import Execution, Order, OrderIntent, Status

NOW = 1_800_000_000 * NS
SPY = Instrument(con_id=1, symbol="SPY")


def intent(**changes):
    plain = OrderIntent("REF", NOW, 1, "SPY", "DU1", "BUY", "LMT", 10.0, 450.10)
    return replace(plain, **changes)


def order(
    status=Status.SENT, *, filled=0.0, order_id=None, perm_id=None, acknowledged_ns=None, sent_ns=None, **changes
):
    facts = {
        "filled": filled,
        "order_id": order_id,
        "perm_id": perm_id,
        "acknowledged_ns": acknowledged_ns,
        "sent_ns": sent_ns,
    }
    return Order(intent(**changes), status, **facts)


def execution(exec_id="0001.01", quantity=10.0, price=450.10, ts_ns=NOW, order_ref="REF"):
    return Execution(exec_id, order_ref, ts_ns, 1, "BUY", quantity, price)


def held(position):
    """A position that broker and fills agree on; None for an unknown one."""
    return None if position is None else Held(position, position)


def inputs(**changes):
    """Inputs that pass every check; a field of the intent or of the limits may be changed by its name too."""
    own = {each.name for each in fields(CheckInputs)}
    limits = {each.name for each in fields(RiskSettings)}
    plain = CheckInputs(
        intent=intent(**{name: value for name, value in changes.items() if name not in own | limits}),
        instrument=SPY,
        quote_bid=450.09,
        quote_ask=450.10,
        quote_age_s=0.5,
        mark=Mark.LIVE,
        limits=RiskSettings(**{name: value for name, value in changes.items() if name in limits}),
        account="DU1",
        accounts=("DU1",),
        held=held(0.0),
        orders=(),
        now_ns=NOW,
        open_now=True,
        daily_pnl=0.0,
        available=1_000_000.0,
        committed=0.0,
    )
    return replace(plain, **{name: value for name, value in changes.items() if name in own})
