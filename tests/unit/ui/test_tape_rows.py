import pytest

from ibtui.market.instruments import Instrument
from ibtui.market.tape import Print, Tape
from ibtui.ui.rows.tape import print_row, summary

SPY = Instrument(756733, "SPY")


@pytest.mark.parametrize(("side", "sign"), [(1, "▲"), (-1, "▼"), (0, "·"), (None, "?")])
def test_the_inferred_side_is_a_sign_and_not_only_a_colour(side, sign):
    row = print_row(Print(1, 0, 1, 0, 450.1, 100, "ARCA", "", side), SPY, "")
    assert row[1][0] == sign
    assert row[2][0] == "450.10"


def test_a_print_without_exchange_time_shows_its_receipt_greyed():
    assert print_row(Print(1, 10**18 + 5_000_000, 1, None, 1.0, 1, "", "", 0), SPY, "UTC")[0] == ("01:46:40.005", "dim")


def test_a_time_that_ib_sends_in_whole_seconds_is_not_dressed_up():
    assert print_row(Print(1, 10**18 + 5, 1, 10**18, 1.0, 1, "", "", 0), SPY, "UTC")[0] == ("01:46:40", "plain")


def test_the_summary_says_how_much_of_the_side_is_inferred_and_how_far_a_pause_is_behind():
    tape = Tape(1)
    for seq, side in enumerate((1, 1, -1, None)):
        tape.append((1, 0, seq, 0, 450.1, 100.0, "ARCA", "", side, 2, side, 0, 0), 0)
    text = "".join(each for each, _ in summary(tape, 3))
    assert text == " 4 prints  delta +100 (side inferred for 75%)  PAUSED +3"
    assert "no prints" in "".join(each for each, _ in summary(None, None))
