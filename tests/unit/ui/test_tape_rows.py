"""What the tape says: inferred sides as signs, honest times, what is odd dimmed, sums with what they cover."""

import pytest

from ibtui.errors import UsageError
from ibtui.market.blocks import BlockRule, block_rule
from ibtui.market.delta import Delta
from ibtui.market.instruments import Instrument
from ibtui.market.pace import Rate
from ibtui.market.sweeps import Sieve, rows_of
from ibtui.market.tape import Print
from ibtui.storage.tape_queries import Missing, NewRun
from ibtui.ui.rows.tape import COLUMNS, mark_row, nothing_yet, tape_row
from ibtui.ui.rows.tape_head import delta_line, pace_line, paused_span, shown_spans
from ibtui.ui.rows.tape_options import Options
from ibtui.ui.text import fit

SPY = Instrument(756733, "SPY")
PRINT = Print(1, 10**18 + 5_000_000, 1, 10**18, 450.1, 100, "ARCA", "", 1, 2, 1, 0, 250)


def row_of(*prints: Print, block: float | None = None) -> dict[str, tuple[str, str]]:
    """A row's spans by the titles of their columns; the column of marks has none."""
    (row,) = rows_of(prints, Sieve())
    return dict(zip((each.title for each in COLUMNS), tape_row(row, SPY, "UTC", block), strict=True))


def text(line) -> str:
    return "".join(each for each, _ in line)


@pytest.mark.parametrize(
    ("bucket", "side", "sign"),
    [
        (2, 1, "▲▲"),
        (1, 1, "▲"),
        (0, 0, "·"),
        (-1, -1, "▼"),
        (-2, -1, "▼▼"),
        (None, 1, "△"),
        (None, -1, "▽"),
        (None, None, "?"),
    ],
)
def test_the_inferred_side_is_a_sign_that_tells_the_rule_and_not_only_a_colour(bucket, side, sign):
    row = row_of(PRINT._replace(bucket=bucket, side=side))
    assert (row["~"][0], row["PRICE"][0]) == (sign, "450.10")


def test_the_exchange_speaks_in_whole_seconds_and_only_the_receipt_in_milliseconds():
    row = row_of(PRINT)
    assert (row["TIME"][0], row["RECEIVED"][0], row["QUOTE"][0]) == ("01:46:40", "01:46:40.005", "250ms")
    assert row_of(PRINT._replace(exchange_ns=None, quote_ms=None))["TIME"][0] == "—"


def test_odd_lots_and_unreported_prints_are_dimmed_and_say_so():
    plain, odd, unreported = (
        row_of(each) for each in (PRINT, PRINT._replace(conditions="TI", flags=2), PRINT._replace(flags=2))
    )
    assert [each["PRICE"][1] for each in (plain, odd, unreported)] == ["up", "dim", "dim"]
    assert [each["CONDITIONS"][0] for each in (plain, odd, unreported)] == ["", "ext hours, odd lot", "unreported"]


def test_joined_parts_blocks_and_extremes_are_marked_by_letters():
    row = row_of(PRINT, PRINT._replace(seq=2, size=900, venue="EDGX", extreme=1), block=1000)
    assert (row["SIZE"][0], row["×"][0], row["VENUE"][0], row[""]) == ("1,000", "×2", "many", ("HB", "mine"))


def test_all_columns_fit_the_smallest_terminal():
    assert len(fit(COLUMNS, 79)) == len(COLUMNS)
    assert sum(place.width for place in fit(COLUMNS, 79)) + len(COLUMNS) - 1 == 79


def test_what_is_missing_is_said_with_its_time_and_reason():
    assert text(mark_row(Missing(10**18, 10**18 + 3 * 10**9, 12, "the disk can't keep up"), "UTC")) == (
        "── 12 prints missing, received 01:46:40 to 01:46:43: the disk can't keep up ──"
    )
    assert "started at 01:46:40 UTC" in text(mark_row(NewRun(10**18), "UTC"))


def test_the_delta_comes_with_its_band_the_share_it_covers_and_its_begin():
    delta = Delta()
    for side, size in ((1, 300), (1, 50), (-1, 100), (0, 30), (None, 20)):
        delta.add(10**18, side, size)
    assert text(delta_line(delta, "UTC", 120)) == (
        " delta +250 inferred  band +200…+300, 90% of 500 known  since 01:46:40  "
        "<100 +50  ≥100 +200  ≥1,000 0  ≥10.0k 0"
    )
    assert len(text(delta_line(delta, "UTC", 80))) <= 80
    assert text(delta_line(None, "UTC", 80)) == " no prints yet"


def test_the_speed_is_told_against_its_norm_and_a_pause_stands_first():
    line = pace_line(Rate(12.0, 1234.0), Rate(6.0, 500.0), 80, before=paused_span(312), after=())
    assert text(line) == " PAUSED +312   12.0 prints/s 1,234/s ▮▮▮▮▯▯▯▯ 2.0× its 20-min median"
    assert "norm not known yet" in text(pace_line(Rate(1, 1), None, 80))
    assert "quiet" in text(pace_line(Rate(1, 1), Rate(0, 0), 80))
    assert paused_span(None) == ()


def test_what_is_left_out_is_said():
    said = [text(each) for each in shown_spans(Sieve(False, 100, 5000), BlockRule(10_000), 7)]
    assert said == ["+7 not drawn", "size 100 to 5,000", "every print", "B: 10000"]
    assert [text(each) for each in shown_spans(Sieve(), BlockRule(), 0)] == ["parts joined", "B: 10x average"]


def test_sizes_joining_and_blocks_are_chosen_by_words():
    options = Options().chosen(["size", "100", "5,000"]).chosen(["join"]).chosen(["block", "3x"])
    assert (options.sieve, options.block) == (Sieve(False, 100, 5000), BlockRule(times=3))
    assert options.chosen(["size"]).chosen(["join"]).sieve == Sieve()
    assert block_rule("10,000").begins(Delta()) == 10_000
    assert str(block_rule("2,500,000")) == "2500000"
    assert BlockRule().begins(Delta()) is None


@pytest.mark.parametrize(
    "words", [[], ["size", "x"], ["size", "-1"], ["size", "1", "2", "3"], ["block", "0"], ["block"]]
)
def test_what_is_no_choice_is_refused_with_how_it_is_written(words):
    with pytest.raises(UsageError):
        Options().chosen(words)


def test_an_empty_tape_says_when_it_will_stay_empty():
    assert "no trades of EUR.USD" in nothing_yet(Instrument(1, "EUR", "CASH", currency="USD"))
    assert "yet" in nothing_yet(SPY)
