"""What stands in an order's frame is what was asked for; what would shift its fields never stands in one."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from ibtui.broker import order_frames
from ibtui.broker.order_frames import frame_problem, order_frame
from ibtui.market.instruments import Instrument
from ibtui.trading.orders import OrderIntent

SPY = Instrument(1, "SPY")
PLAIN = OrderIntent("REF", 1, 1, "SPY", "DU1", "BUY", "LMT", 10.0, 450.1)


def test_every_term_of_an_order_stands_in_its_frame() -> None:
    frame = order_frame(replace(PLAIN, stop_price=449.0, tif="GTC", outside_rth=True, oca_group="G"), 7, 10)
    assert (frame.orderRef, frame.account, frame.orderId, frame.clientId) == ("REF", "DU1", 7, 10)
    assert (frame.action, frame.totalQuantity, frame.orderType) == ("BUY", 10.0, "LMT")
    assert (frame.lmtPrice, frame.auxPrice, frame.tif, frame.outsideRth) == (450.1, 449.0, "GTC", True)
    assert (frame.ocaGroup, frame.ocaType, frame.whatIf, frame.transmit) == ("G", 2, False, True)
    assert order_frame(PLAIN, 7, 10).ocaType == 0
    assert order_frame(PLAIN, 7, 10, what_if=True).whatIf


def test_a_trailing_order_says_how_far_in_its_own_field() -> None:
    trail = replace(PLAIN, order_type="TRAIL", limit_price=None)
    assert order_frame(replace(trail, trail_amount=1.5), 7, 10).auxPrice == 1.5
    assert order_frame(replace(trail, trail_percent=2.0), 7, 10).trailingPercent == 2.0


def problem(monkeypatch: pytest.MonkeyPatch, accounts: tuple[str, ...] = ("DU1",), **changes: Any) -> str | None:
    monkeypatch.setattr(order_frames, "room", lambda _: 45)
    session: Any = SimpleNamespace(accounts=accounts)
    return frame_problem(session, replace(PLAIN, **changes), SPY)


@pytest.mark.parametrize("text", ["DA\0Y", "DA\nY", "D\xc4Y", "\x1b[2J", "DAY\x7f", "\uff24AY"])
def test_what_would_shift_the_fields_never_stands_in_one(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert problem(monkeypatch, tif=text) == "the time in force holds a character that may not be sent"
    assert problem(monkeypatch, oca_group=text) == "the OCA group holds a character that may not be sent"
    assert problem(monkeypatch) is None


@pytest.mark.parametrize(
    ("account", "accounts"), [("U1", ("U1",)), ("DU2", ("DU1",)), ("DU1", ()), ("", ("",)), ("DU1 ", ("DU1 ",))]
)
def test_a_frame_is_for_a_paper_account_of_this_session(
    account: str, accounts: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "not a paper account" in (problem(monkeypatch, accounts, account=account) or "")
