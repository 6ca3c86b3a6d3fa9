"""What holds orders back, and how far the limits are, in lines that fit the smallest terminal."""

from ibtui.clock import NS
from ibtui.trading.distances import Distance
from ibtui.trading.restraints import Restraint
from ibtui.trading.states import TradingState
from ibtui.ui.rows.limits import breaker_line, brief_line, distance_lines, restraint_lines, state_line
from ibtui.ui.text import Line, length

DISTANCES = (
    Distance("position", 9_000.0, 10_000.0, about="SPY"),
    Distance("notional", None, 50_000.0, "USD"),
    Distance("orders per minute", 60.0, 60.0),
    Distance("working per side", 1.0, 20.0, about="BUY SPY"),
    Distance("daily loss", 12.5, 500.0, "USD"),
    Distance("buying power", 3_306.3, 996_625.9, "USD"),
)
LOSS = Restraint("daily loss", TradingState.REDUCING, "the day's loss", 1_795_000_000 * NS)


def text(line: Line) -> str:
    return "".join(words for words, _ in line)


def test_each_limit_tells_used_limit_left_and_what_comes_closest():
    lines = distance_lines(DISTANCES)
    assert text(lines[0]).split() == ["position", "SPY", "█████·", "9,000", "of", "10,000", "left", "1,000"]
    assert [tone for _, tone in lines[0]][1] == "warn"
    assert [tone for _, tone in lines[2]][1] == "alarm"
    assert text(lines[1]).count("—") == 3, "bar, used and left are unknown"
    assert all(length(each) <= 80 for each in lines)


def test_every_reason_stands_with_its_source_and_since_when():
    lines = restraint_lines(TradingState.REDUCING, [LOSS], "")
    assert text(lines[0]).split() == ["trading", "REDUCING"]
    assert "by daily loss since" in text(lines[1])
    assert text(lines[1]).endswith("the day's loss")
    assert text(state_line(TradingState.REDUCING, [LOSS], "")) == "".join(text(each) for each in lines)


def test_the_breaker_shows_its_countdown_and_what_it_counts():
    assert text(breaker_line("open", 27.0, ["a", "b", "c"])).split("  ")[1:] == [
        "OPEN, one order probes in 27s",
        "3 of 3 failures: a, b, c",
    ]
    assert "PROBE" in text(breaker_line("probe", 0.0, ["a"]))
    assert text(breaker_line("closed", 0.0, [])).endswith("0 of 3 failures")


def test_the_brief_line_drops_what_is_worth_least_first_and_never_cuts_a_number():
    wide = text(brief_line(TradingState.ACTIVE, "closed", 0.0, 1, DISTANCES, 200))
    assert wide.split("  ") == [
        *(" ACTIVE", "breaker 1/3", "left:", "loss 487.50", "position 1,000", "margin 993,319.60"),
        *("orders/min 0", "side 19", "notional —"),
    ]
    narrow = text(brief_line(TradingState.ACTIVE, "open", 27.0, 3, DISTANCES, 80))
    assert len(narrow) <= 80
    assert "BREAKER 27s 3/3" in narrow
    assert "loss 487.50" in narrow
    assert wide.split("left:")[1].startswith(narrow.split("left:")[1])
