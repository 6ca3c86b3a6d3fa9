import pytest

from ibtui.errors import UsageError
from ibtui.trading.order_line import OrderLine
from ibtui.trading.price_alerts import Condition, Relation
from ibtui.ui.commands import COMMANDS, Simple, SimVerb, parse


@pytest.mark.parametrize(
    ("text", "command"),
    [
        (":buy SPY 100 @ 450.10", OrderLine("BUY", "SPY", "100", "450.10")),
        ("buy SPY 100 @450.10", OrderLine("BUY", "SPY", "100", "450.10")),
        (":sell EUR.USD 20,000", OrderLine("SELL", "EUR.USD", "20,000")),
        (":buy SPY @ 450", OrderLine("BUY", "SPY", "", "450")),
        (":sell SPY", OrderLine("SELL", "SPY")),
        (":sim drop how=rst", SimVerb("drop", {"how": "rst"})),
        (":sim price symbol=SPY bid=450.1", SimVerb("price", {"symbol": "SPY", "bid": 450.1})),
        (":quit", Simple("quit")),
        (" : quit", Simple("quit")),
        (":reconnect", Simple("reconnect")),
        (":alert spy > 450.10", Condition("SPY", Relation.ABOVE, 450.10)),
        (":alert EUR.USD<=1.1", Condition("EUR.USD", Relation.AT_MOST, 1.1)),
        (":alert SPY crosses 1,450", Condition("SPY", Relation.CROSSES, 1450.0)),
        (":alert OFF > 5", Condition("OFF", Relation.ABOVE, 5.0)),
        (":alert off 3", Simple("alert off", ("3",))),
        (":alerts", Simple("alerts")),
        (":add AAPL", Simple("add", ("AAPL",))),
    ],
)
def test_a_command_is_read_as_it_is_said(text, command):
    assert parse(text) == command


@pytest.mark.parametrize(
    "text",
    [
        ":",
        ":bye",
        ":buy",
        ":buy SPY ten",
        ":buy SPY 1 2",
        ":buy SPY 10 @",
        ":buy SPY 10 @ x",
        ":buy SPY -5",
        ":buy SPY nan",
        ":quit now",
        ":alert",
        ":alert SPY",
        ":alert SPY = 450",
        ":alert SPY > high",
        ":alert SPY > -1",
        ":alert off",
        ":alert off all",
        ":sim drop how",
    ],
)
def test_what_is_no_command_says_how_it_is_written(text):
    with pytest.raises(UsageError):
        parse(text)


def test_every_command_of_the_table_can_be_written_as_its_usage_begins():
    assert all(usage.usage.split()[0] == name for name, usage in COMMANDS.items())
