from dataclasses import replace

import pytest

from ibtui.trading.states import TradingState
from ibtui.ui.rows.status import Status, first_line, mode, second_line
from ibtui.ui.text import length

READY = Status(
    account="DUSIM0001",
    state="READY",
    lights=(("GW", "ok"), ("IB", "ok"), ("DATA", "ok")),
    day_pnl=12.3,
    armed=False,
    trading=TradingState.ACTIVE,
    breaker="closed",
    breaker_s=0.0,
    cause="connected to 127.0.0.1:4002",
    lasted_s=60.0,
    next_try_s=None,
    on_hangup="keep",
    shed=0,
    lag_s=0.1,
    loop_ms=1.2,
    messages=5012.0,
    market_ns=1_700_000_000_000_000_000,
    zone="",
    frames="link 3ms",
)


def text(line) -> str:
    return "".join(each for each, _ in line)


def test_the_first_line_says_mode_state_lights_pnl_and_what_may_be_sent():
    assert text(first_line(READY, 80)) == "SIM  READY  GW✓ IB✓ DATA✓  P&L +12.30  DISARMED  ACTIVE"


def test_the_first_line_fits_80_columns_at_its_longest():
    worst = replace(
        READY,
        account="U123",
        state="DISCONNECTED",
        day_pnl=-99_999.99,
        trading=TradingState.REDUCING,
        breaker="open",
        breaker_s=27,
    )
    line = first_line(worst, 80)
    assert length(line) <= 80
    assert "BREAKER 27s" in text(line)


@pytest.mark.parametrize("state", ["DISCONNECTED", "IB LOST"])
def test_a_loss_is_red_and_a_word(state):
    lost = replace(READY, state=state, lights=(("GW", "down"), ("IB", "unknown"), ("DATA", "unknown")))
    line = first_line(lost, 80)
    assert (state, "alarm") in line
    assert "GW✗ IB? DATA?" in text(line)


@pytest.mark.parametrize(
    ("account", "shown"),
    [("DUSIM0001", "SIM"), ("DU1234567", "PAPER"), ("DF12", "PAPER"), ("ULIVE01", "VIEW ONLY"), ("", "VIEW ONLY")],
)
def test_the_mode_follows_the_account(account, shown):
    assert mode(account)[0] == shown


def test_unknown_profit_is_a_dash():
    assert "P&L —" in text(first_line(replace(READY, day_pnl=None), 80))


def test_the_second_line_tells_cause_since_when_and_the_next_try():
    lost = replace(READY, state="DISCONNECTED", cause="connection refused", next_try_s=3.2)
    assert text(second_line(lost, 200)).startswith("connection refused for 60s  next try 4s  DUSIM0001")


def test_the_second_line_tells_clock_with_zone_lag_and_rate():
    line = text(second_line(READY, 200))
    assert "17:13:20 EST" in line
    assert "writer 0.1s  loop 1ms  5,012 msg/s  link 3ms" in line


def test_what_does_not_fit_drops_from_the_right_of_the_second_line():
    wide, narrow = text(second_line(READY, 200)), text(second_line(READY, 60))
    assert wide.startswith(narrow.rstrip())
    assert len(narrow) <= 60


def test_a_long_cause_is_cut_so_that_since_when_and_the_next_try_still_show():
    lost = replace(READY, state="DISCONNECTED", cause="x" * 200, next_try_s=3.2)
    line = text(second_line(lost, 80))
    assert len(line) == 80
    assert line.endswith("x… for 60s  next try 4s")


def test_rows_given_up_are_shown():
    assert "shed 12" in text(second_line(replace(READY, shed=12), 200))
