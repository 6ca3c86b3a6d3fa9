"""Numbers as people mistype them, in the ticket and on the command line: accepted with their meaning, or refused."""

import re
from pathlib import Path

import pytest
from textual.widgets import Input

from ibtui.errors import UsageError
from ibtui.trading.order_line import read_line
from ibtui.ui.app import ConsoleApp
from ibtui.ui.widgets.linebox import LineBox
from tests.console.harness import SPY, console_parts, nothing, quote

FULL_WIDTH = {"100": "\uff11\uff10\uff10", "450": "\uff14\uff15\uff10"}

QUANTITIES = {
    "10k": "BUY 10,000 SPY",
    FULL_WIDTH["100"]: "BUY 100 SPY",
    "1,000": "BUY 1,000 SPY",
    " 7 ": "BUY 7 SPY",
    "1e9": "'1e9' is no quantity",
    "1000000000000": "far too large",
    "-1": "can't be negative",
    "0": "above zero",
    "NaN": "'NaN' is no quantity",
    "inf": "'inf' is no quantity",
    "1/8": "'1/8' is no quantity",
    "1,5": "a comma parts thousands",
    "ten": "'ten' is no quantity",
    "0x10": "is no quantity",
    "1\x000": "'1?0' is no quantity",
    "1\x1b[A": "'1?[A' is no quantity",
    "1\u202e0": "'1?0' is no quantity",
}
"""What the foot of the ticket says of a quantity: the order as it was understood, or why it is none."""

PRICES = {
    FULL_WIDTH["450"]: "@ 450.00",
    "1,450.1": "@ 1,450.10",
    "450 1/4": "@ 450.25",
    "450.001": "between two increments: 450.00 and 450.01",
    "0.001": "between two increments",
    "1/8": "between two increments: 0.12 and 0.13",
    "1e9": "'1e9' is no price",
    "2000000000": "far too large",
    "-1": "can't be negative",
    "NaN": "'NaN' is no price",
    "10k": "'10k' is no price",
    "450,10": "a comma parts thousands",
    "1/0": "divides by zero",
    "450\x00": "'450?' is no price",
    "45\x1b0": "'45?0' is no price",
}
"""The same of a limit."""

UNDERSTOOD = re.compile(r"BUY|@")


async def test_the_ticket_shows_what_it_understood_or_why_not(tmp_path: Path) -> None:
    async with console_parts(tmp_path) as parts:
        app = ConsoleApp(parts, start=nothing, stop=nothing)
        async with app.run_test(size=(80, 24)) as pilot:
            quote(parts, SPY, 450.01, 450.03, 450.02)
            app.select(SPY)
            await pilot.press("b")
            await pilot.pause()
            foot = app.screen.query_one("#ticket-foot", LineBox)
            for name, table, plain in (("quantity", QUANTITIES, "10"), ("limit", PRICES, "450.00")):
                field = app.screen.query_one(f"#{name}", Input)
                for typed, said in table.items():
                    field.value = typed
                    await pilot.pause()
                    text = "".join(words for words, _ in foot.lines[0])
                    assert said in text, (name, typed, text)
                    assert text.isprintable()
                field.value = plain
            app.screen.query_one("#quantity", Input).value = "0.001"
            await pilot.pause()
            checks = [words for line in app.screen.query_one("#ticket-checks", LineBox).lines for words, _ in line]
            assert "multiples of 1" in checks


ON_A_LINE = [(f"SPY {typed}", said) for typed, said in QUANTITIES.items() if typed.strip() == typed]
ON_A_LINE += [(f"SPY 10 @ {typed}", said) for typed, said in PRICES.items() if " " not in typed]


@pytest.mark.parametrize(("text", "said"), [each for each in ON_A_LINE if UNDERSTOOD.search(each[1])], ids=ascii)
def test_the_line_takes_what_the_ticket_takes(text: str, said: str) -> None:
    line = read_line("BUY", text)
    assert text in (f"SPY {line.quantity}", f"SPY 10 @ {line.price}"), said


REFUSED = [each for each in ON_A_LINE if not UNDERSTOOD.search(each[1]) and "increments" not in each[1]]
"""Increments are the contract's: a line that is off them opens a ticket that says so."""


@pytest.mark.parametrize(("text", "said"), REFUSED, ids=ascii)
def test_the_line_refuses_what_the_ticket_refuses_before_a_contract_is_looked_up(text: str, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        read_line("BUY", text)
    assert str(caught.value).isprintable()
    assert said in str(caught.value) or "is the symbol?" in str(caught.value) or "write buy" in str(caught.value)
