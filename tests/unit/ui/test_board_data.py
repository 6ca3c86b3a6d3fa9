"""What the board shows besides quotes."""

from ibtui.market.board import Quote
from ibtui.ui.panes.board_data import FLASH, Flashes


def test_a_last_price_flashes_when_it_changes_and_once_for_a_moment():
    flashes, quote = Flashes(), Quote(7, last=10.0)
    flashes.note(quote, 0.0)
    assert flashes.of(7) is None, "the first price is no change"
    quote.last = 10.1
    flashes.note(quote, 1.0)
    assert flashes.of(7) == {"last": 1}
    flashes.note(quote, 1.1)
    assert flashes.ended(1.0 + FLASH / 2) == []
    assert flashes.ended(1.0 + FLASH) == [7]
    assert flashes.of(7) is None
    quote.last = None
    flashes.note(quote, 2.0)
    quote.last = 9.0
    flashes.note(quote, 3.0)
    assert flashes.of(7) is None, "what came out of the unknown neither rose nor fell"
    assert flashes.ended(9.0) == []
